"""Blender's renderers and drivers talk on stdout and stderr, from C, past Python's own streams."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Drops what this process prints meanwhile, on stdout and on stderr, from Python as from C."""
    with contextlib.ExitStack() as undo:
        nowhere = undo.enter_context(open(os.devnull, "w"))  # noqa: PTH123
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # Blender under Windows without a console has none
                stream.flush()
        for number in (1, 2):
            with contextlib.suppress(OSError):
                saved = os.dup(number)
                undo.callback(os.close, saved)
                undo.callback(os.dup2, saved, number)
                os.dup2(nowhere.fileno(), number)
        undo.enter_context(contextlib.redirect_stdout(nowhere))
        undo.enter_context(contextlib.redirect_stderr(nowhere))
        yield
