"""Writing a file, or several at once, so that they are whole or not there at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a path beside `path`, with the same ending, to write to; it takes `path`'s place when all went well.

    An existing file stays as it was until then, and for good when the block raises; a link stays, and what it points to
    is replaced. Raises UserError where the folder is missing or cannot be written, or the disk is full.
    """
    path = Path(path)
    target = Path(os.path.realpath(path))
    temporary: Path | None = None
    try:
        # a folder of its own, so that writers which make companion files leave nothing behind
        with tempfile.TemporaryDirectory(prefix=".chironomy-", dir=target.parent) as folder:
            temporary = Path(folder) / path.name
            yield temporary
            _settle(temporary, target)
            temporary.replace(target)
    except OSError as error:
        inside = error.filename is None or temporary is None or str(error.filename).startswith(str(temporary.parent))
        if not inside:
            raise
        reason = error.strerror or str(error)
        raise UserError(f"{path}: cannot be written ({reason}): choose another folder or make room") from error


@contextmanager
def replacing_files_in(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives an empty folder inside `folder` to write files to; they all move into `folder` when all went well.

    Until then, and for good when the block raises, what is in `folder` stays as it was; files of other names stay
    anyhow. Raises UserError where the folder cannot be made or written, or the disk is full.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".chironomy-", dir=target) as place:
            yield Path(place)
            files = list(Path(place).iterdir())
            for file in files:
                _settle(file, target / file.name)
            for file in files:
                file.replace(target / file.name)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{folder}: cannot be written ({reason}): choose another folder or make room") from error


def _settle(temporary: Path, target: Path) -> None:
    """Brings the new file onto the disk, with the permissions of the file whose place it takes."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    if target.is_file():
        shutil.copymode(target, temporary)
