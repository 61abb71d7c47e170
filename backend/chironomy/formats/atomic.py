"""Writing a file so that it is whole or not there at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a path beside `path`, with the same ending, to write to; it takes `path`'s place when all went well.

    An existing file stays as it was until then, and for good when the block raises.
    Raises UserError where the folder is missing or cannot be written, or the disk is full.
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        # a folder of its own, so that writers which make companion files leave nothing behind
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            temporary = Path(folder) / path.name
            yield temporary
            os.replace(temporary, path)
    except OSError as error:
        inside = error.filename is None or temporary is None or str(error.filename).startswith(str(temporary.parent))
        if not inside:
            raise
        reason = error.strerror or str(error)
        raise UserError(f"{path}: cannot be written ({reason}): choose another folder or make room") from error
