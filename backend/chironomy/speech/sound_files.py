"""Whether a sound file is all there, told from its own headers.

libsndfile silently shortens a cut-off WAV or Ogg file to what is left of it, and prints lines of its own about a
cut-off MP3, so these are checked here. A cut-off FLAC gives fewer samples than announced, which the reader notices.
"""

from pathlib import Path
from typing import BinaryIO

from ..errors import UserError

_RIFF_HEADER, _CHUNK_HEADER = 12, 8
#: Programs that write into a pipe cannot know the size and leave one of these.
_UNKNOWN_SIZES = (0, 0xFFFFFFFF, 0x7FFFFFFF)
_OGG_LAST_PAGE_FLAG = 0x04
_OGG_MAX_PAGE = 65_307
#: Some recorders announce a little more than they write.
_TOLERATED_BYTES = 2048


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
            elif start[:3] == b"ID3" or (start[0] == 0xFF and start[1:2] >= b"\xe0"):
                cut_off = _mp3_is_cut_off(file, path.stat().st_size)
            elif path.suffix.lower() == ".mp3":
                # libsndfile would look for frames in it, and print what it meets
                raise not_sound(path)
            else:
                cut_off = False
    except FileNotFoundError as error:
        raise UserError(f"{path}: there is no such file: check the name and the folder") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{path}: cannot be read ({reason}): give a sound file you may read") from error
    if cut_off:
        raise UserError(f"{path}: is cut off, its end is missing: copy or export it again")


def not_sound(path: Path) -> UserError:
    """For a file that libsndfile cannot make anything of."""
    return UserError(f"{path}: cannot be read as sound, it is damaged or of an unknown kind: export it as WAV or FLAC")


def _wave_is_cut_off(file: BinaryIO, size: int) -> bool:
    position = _RIFF_HEADER
    while position + _CHUNK_HEADER <= size:
        file.seek(position)
        header = file.read(_CHUNK_HEADER)
        length = int.from_bytes(header[4:], "little")
        if header[:4] == b"data":
            return length not in _UNKNOWN_SIZES and position + _CHUNK_HEADER + length > size + _TOLERATED_BYTES
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


def _mp3_is_cut_off(file: BinaryIO, size: int) -> bool:
    """Whether the file is smaller than the Xing or Info header in its first frame says; False where it has none."""
    file.seek(0)
    head = file.read(10)
    # the size of an ID3 tag has seven bits per byte
    tag = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=False))
    file.seek(tag if head[:3] == b"ID3" else 0)
    frame = file.read(200)
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    if at < 0 or len(frame) < at + 16 or not frame[at + 7] & 0x02:
        return False
    position = at + 8 + (4 if frame[at + 7] & 0x01 else 0)
    return int.from_bytes(frame[position : position + 4], "big") > size + _TOLERATED_BYTES
