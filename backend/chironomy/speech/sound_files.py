"""Whether a sound file is all there, told from its own headers.

libsndfile silently shortens a cut-off WAV or Ogg file to what is left of it, so these two are checked here. A cut-off
FLAC or MP3 gives fewer samples than its header announces, which the reader notices by itself.
"""

from pathlib import Path
from typing import BinaryIO

from ..errors import UserError

_RIFF_HEADER, _CHUNK_HEADER = 12, 8
#: Programs that write into a pipe cannot know the size and leave one of these.
_UNKNOWN_SIZES = (0, 0xFFFFFFFF, 0x7FFFFFFF)
_OGG_LAST_PAGE_FLAG = 0x04
_OGG_MAX_PAGE = 65_307


def require_whole(path: Path) -> None:
    """Raises UserError where the file is missing, not readable, empty, or shorter than its own header says."""
    try:
        with path.open("rb") as file:
            start = file.read(_RIFF_HEADER)
            if not start:
                raise UserError(f"{path}: is empty: record or export it again")
            if start[:4] == b"RIFF" and start[8:12] == b"WAVE":
                cut_off = _wave_is_cut_off(file, path.stat().st_size)
            elif start[:4] == b"OggS":
                cut_off = _ogg_is_cut_off(file, path.stat().st_size)
            else:
                cut_off = False
    except FileNotFoundError as error:
        raise UserError(f"{path}: there is no such file: check the name and the folder") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{path}: cannot be read ({reason}): give a sound file you may read") from error
    if cut_off:
        raise UserError(f"{path}: is cut off, its end is missing: copy or export it again")


def _wave_is_cut_off(file: BinaryIO, size: int) -> bool:
    position = _RIFF_HEADER
    while position + _CHUNK_HEADER <= size:
        file.seek(position)
        header = file.read(_CHUNK_HEADER)
        length = int.from_bytes(header[4:], "little")
        if header[:4] == b"data":
            return length not in _UNKNOWN_SIZES and position + _CHUNK_HEADER + length > size
        position += _CHUNK_HEADER + length + length % 2
    return True


def _ogg_is_cut_off(file: BinaryIO, size: int) -> bool:
    """Whether the file lacks its last page, or a part of it."""
    file.seek(max(0, size - 2 * _OGG_MAX_PAGE))
    tail = file.read()
    page = tail.rfind(b"OggS")
    if page < 0 or page + 27 > len(tail):
        return True
    segments = tail[page + 26]
    lengths = tail[page + 27 : page + 27 + segments]
    end = page + 27 + segments + sum(lengths)
    return len(lengths) < segments or end > len(tail) or not tail[page + 5] & _OGG_LAST_PAGE_FLAG
