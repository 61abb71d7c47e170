"""Words with their times into a file, whose ending says the format."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import UserError
from .subtitles import write_srt, write_vtt
from .textgrid import Tier, write_textgrid
from .timed_text import Interval
from .words import Word
from .words_json import write_words_json


def write_words(path: str | os.PathLike[str], words: Sequence[Word], duration_s: float) -> None:
    """Writes words that are in order and do not overlap as .TextGrid, .srt, .vtt or .json.

    TextGrids have the tiers `words` and `phones`, as long as the recording (duration_s).
    Raises UserError for another ending, and where the file cannot be written.
    """
    write = WRITERS.get(Path(path).suffix.lower())
    if write is None:
        raise UserError(f"{path}: words are written as {', '.join(WRITERS)}: choose one of these endings")
    write(path, words, duration_s)


def _write_textgrid(path: str | os.PathLike[str], words: Sequence[Word], duration_s: float) -> None:
    phones = [Interval(phone.start_s, phone.end_s, phone.label) for word in words for phone in word.phones]
    intervals = [Interval(word.start_s, word.end_s, word.text + word.punctuation) for word in words]
    write_textgrid(path, (Tier("words", tuple(intervals)), Tier("phones", tuple(phones))), duration_s)


#: Every ending that words can be written to.
WRITERS: dict[str, Callable[[str | os.PathLike[str], Sequence[Word], float], None]] = {
    ".textgrid": _write_textgrid,
    ".srt": lambda path, words, _duration_s: write_srt(path, words),
    ".vtt": lambda path, words, _duration_s: write_vtt(path, words),
    ".json": write_words_json,
}
