"""Blender's renderers and drivers talk on stdout and stderr, from C, past Python's own streams."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Drops what C code of this process prints meanwhile, on stdout and on stderr."""
    sys.stdout.flush()
    sys.stderr.flush()
    with contextlib.ExitStack() as undo:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        undo.callback(os.close, nowhere)
        for stream in (1, 2):
            with contextlib.suppress(OSError):  # Blender under Windows without a console has no such streams
                saved = os.dup(stream)
                undo.callback(os.close, saved)
                undo.callback(os.dup2, saved, stream)
                os.dup2(nowhere, stream)
        yield
