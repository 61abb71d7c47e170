"""Reading text files that others wrote."""

import os
from pathlib import Path

from ..errors import UserError


def read_text(path: str | os.PathLike[str], max_bytes: int) -> str:
    """The text of a file; bytes that are no UTF-8 (old exporters' names) are replaced.

    Raises UserError where it is missing, is a folder, may not be read, is empty, or is larger than max_bytes.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}): check the path") from error
    if not data.strip():
        raise UserError(f"{path}: is empty: export it again")
    if len(data) > max_bytes:
        raise UserError(f"{path}: is larger than {max_bytes >> 20} MiB: cut it into pieces")
    return data.decode("utf-8-sig", errors="replace")
