"""SRT and WebVTT.

SRT is written with one cue per word, as it has no other way to hold the words' times. WebVTT is written with one cue
per phrase and the words' times inside it (its "timestamp tags"), which players show word by word.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Sequence
from itertools import takewhile

from ..errors import UserError
from .atomic import replacing
from .timed_text import Cue, Interval, ending_before_next, read_text, require_order
from .words import Word

_CLOCK = r"(?:(\d{1,4}):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})"
_TIMES = re.compile(rf"^[ \t]*{_CLOCK}[ \t]*-+>[ \t]*{_CLOCK}(?:[ \t].*)?$", re.MULTILINE)
_TIMESTAMP_TAG = re.compile(rf"<{_CLOCK}>")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>|</>|\{\\[^{}]{0,200}\}")
#: A cue holds so many words at most, and so many at least before it ends at a comma.
_CUE_WORDS, _SHORT_CUE_WORDS = 14, 4
_CUE_PAUSE_S = 0.5


def read_subtitles(path: str | os.PathLike[str]) -> tuple[Cue, ...]:
    """The cues of an SRT or WebVTT file, markup removed; with `words` where the cue has timestamps inside.

    Raises UserError where there is no cue, and for cues that run backwards in time or are not in order.
    """
    text = read_text(path)
    matches = list(_TIMES.finditer(text))
    if not matches:
        raise UserError(f"{path}: holds no subtitles (no line like 00:00:01,000 --> 00:00:02,500)")
    ends = [match.start() for match in matches[1:]] + [len(text)]
    cues = [_cue(match.groups(), text[match.end() : end]) for match, end in zip(matches, ends, strict=True)]
    # cues that are shown together (two speakers, scrolling captions) end where the next one starts
    cues = ending_before_next(cues)
    require_order(path, cues, "subtitle")
    return tuple(cue for cue in cues if cue.text)


def write_srt(path: str | os.PathLike[str], words: Sequence[Word]) -> None:
    """One cue per word, times in milliseconds. Raises UserError where the file cannot be written."""
    blocks = [
        f"{number}\n{_clock(word.start_s, ',')} --> {_clock(word.end_s, ',')}\n{_srt_text(word)}\n"
        for number, word in enumerate(words, start=1)
    ]
    _write(path, "\n".join(blocks))


def write_vtt(path: str | os.PathLike[str], words: Sequence[Word]) -> None:
    """One cue per phrase with timestamps inside, in milliseconds. Raises UserError where it cannot be written."""
    blocks = ["WEBVTT\n"]
    for phrase in _phrases(words):
        times = f"{_clock(phrase[0].start_s)} --> {_clock(phrase[-1].end_s)}"
        blocks.append(f"{times}\n{_with_timestamps(phrase)}\n")
    _write(path, "\n".join(blocks))


def _write(path: str | os.PathLike[str], text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def _cue(times: Sequence[str | None], body: str) -> Cue:
    """A cue from the eight numbers of its time line and all that follows up to the next time line."""
    start_s, end_s = _seconds(times[:4]), _seconds(times[4:])
    # behind the empty line that ends the cue come the next one's number, comments, styles
    payload = "\n".join(takewhile(str.strip, body.split("\n")[1:]))
    words = _timed_words(payload, start_s, end_s) if _TIMESTAMP_TAG.search(payload) else ()
    return Cue(start_s, end_s, _plain(_TIMESTAMP_TAG.sub("", payload)), words=words)


def _timed_words(payload: str, start_s: float, end_s: float) -> tuple[Interval, ...]:
    """The pieces between timestamps; each runs to the next timestamp, empty pieces are gaps."""
    starts = [start_s, *(_seconds(match.groups()) for match in _TIMESTAMP_TAG.finditer(payload))]
    texts = [_plain(piece) for piece in _TIMESTAMP_TAG.sub("\0", payload).split("\0")]
    pieces = zip(starts, [*starts[1:], end_s], texts, strict=True)
    return tuple(Interval(start_s, end_s, text) for start_s, end_s, text in pieces if text)


def _srt_text(word: Word) -> str:
    """As it is; escaped only where it would be taken for markup, as most players show escapes as they stand."""
    text = word.text + word.punctuation
    return text if _plain(text) == text else html.escape(text, quote=False)


def _plain(text: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", text)).split())


def _seconds(clock: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = clock
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    # one division, so that written times are read back exactly
    return (whole * 1000 + int((fraction or "0").ljust(3, "0"))) / 1000


def _clock(seconds: float, mark: str = ".") -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{milliseconds // 1000:02d}{mark}{milliseconds % 1000:03d}"


def _phrases(words: Sequence[Word]) -> list[list[Word]]:
    phrases: list[list[Word]] = []
    for word in words:
        if not phrases or _ends_before(phrases[-1], word):
            phrases.append([])
        phrases[-1].append(word)
    return phrases


def _ends_before(phrase: Sequence[Word], word: Word) -> bool:
    last = phrase[-1]
    return (
        any(mark in ".?!…" for mark in last.punctuation)
        or bool(last.punctuation and len(phrase) >= _SHORT_CUE_WORDS)
        or len(phrase) >= _CUE_WORDS
        or word.start_s - last.end_s > _CUE_PAUSE_S
    )


def _with_timestamps(phrase: Sequence[Word]) -> str:
    text = ""
    for k, word in enumerate(phrase):
        text += html.escape(word.text + word.punctuation, quote=False)
        if k + 1 < len(phrase):
            after = phrase[k + 1]
            gap = round(after.start_s * 1000) > round(word.end_s * 1000)
            text += f"<{_clock(word.end_s)}> <{_clock(after.start_s)}>" if gap else f" <{_clock(after.start_s)}>"
    return text
