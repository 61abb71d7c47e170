"""Blender's exporters talk on stdout, which belongs to the command line's own results."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drops what Python and C code print to stdout meanwhile; stderr stays."""
    sys.stdout.flush()
    try:
        saved = os.dup(1)
    except OSError:  # Blender under Windows without a console has no stdout
        saved = -1
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
        try:
            if saved >= 0:
                os.dup2(nowhere.fileno(), 1)
            yield
        finally:
            if saved >= 0:
                os.dup2(saved, 1)
                os.close(saved)
