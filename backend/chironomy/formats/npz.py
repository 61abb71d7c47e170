"""`.npz` files: read from anywhere, checked before any of it is unpacked; written whole or not at all."""

from __future__ import annotations

import lzma
import os
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .atomic import replacing

#: What an array claims to be, before it is read: shape and type of its elements.
Header = tuple[tuple[int, ...], np.dtype]

_MAX_FILE_BYTES = 2 << 30
_MAX_MEMBERS = 1_000
#: All that zipfile, its compressions and numpy raise for damaged or hostile files.
_DAMAGE = (
    ValueError, EOFError, KeyError, TypeError, SyntaxError, RecursionError, RuntimeError, MemoryError, OverflowError,
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, tokenize.TokenError,
)  # fmt: skip


def write_npz(path: str | os.PathLike[str], arrays: Mapping[str, NDArray]) -> None:
    """Writes the arrays; the same arrays give the same bytes. Raises UserError where the file cannot be written.

    Closes its archive where numpy's own writer leaves that to the garbage collector, which prints a traceback when the
    disk is full.
    """
    with (
        replacing(path) as temporary,
        zipfile.ZipFile(temporary, "w", compression=zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, array in arrays.items():
            # a ZipInfo of its own has the same date always
            member = zipfile.ZipInfo(f"{name}.npy")
            member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def read_npz(
    path: str | os.PathLike[str],
    kind: str,
    check: Callable[[Mapping[str, Header]], None],
    only: Collection[str] | None = None,
) -> dict[str, NDArray]:
    """The arrays of a file for whose headers `check` raises nothing; it raises UserError where one is amiss.

    `kind` ("a Chironomy take") is for messages; `only` names the arrays to look at where others may stand beside.
    No pickled object is ever read, and nothing is unpacked that `check` has not seen: a small file cannot become a
    large one unnoticed. Raises UserError for anything but a whole `.npz`.
    """
    try:
        if Path(path).stat().st_size > _MAX_FILE_BYTES:
            raise UserError(f"{path}: is larger than {_MAX_FILE_BYTES >> 30} GiB, which {kind} never is")
        with zipfile.ZipFile(path) as archive:
            members = {name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")}
            members = {key: name for key, name in members.items() if only is None or key in only}
            if len(members) > _MAX_MEMBERS:
                raise ValueError(f"{len(members)} arrays")
            headers = {key: _header(archive, name) for key, name in members.items()}
            check(headers)
            return {key: _array(archive, name) for key, name in members.items()}
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}): check the path") from error
    except _DAMAGE as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{path}: cannot be read as {kind} ({reason}): make or copy it again") from error


def _header(archive: zipfile.ZipFile, name: str) -> Header:
    with archive.open(name) as file:
        shape, dtype = _parse_header(file)
        size = int(np.prod(shape, dtype=object)) * dtype.itemsize
        if dtype.hasobject:
            raise ValueError(f"{name[:60]} holds pickled objects, which are never read")
        if archive.getinfo(name).file_size != file.tell() + size:
            raise ValueError(f"{name[:60]} is not as long as its header says")
    return shape, dtype


def _parse_header(file: IO[bytes]) -> Header:
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise ValueError(f"unknown npy version {version}")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    if any(n < 0 for n in shape):
        raise ValueError("an array has a negative length")
    return shape, dtype


def _array(archive: zipfile.ZipFile, name: str) -> NDArray:
    with archive.open(name) as file:
        return np.lib.format.read_array(file, allow_pickle=False)
