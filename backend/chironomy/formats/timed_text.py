"""What all files with text and times have in common: stretches of text, reading with bounds, checking the order."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import TypeVar

from ..errors import UserError

#: A transcript of two hours is some 200 kB; beyond this a file is taken for a mistake and not read.
MAX_BYTES = 50_000_000
#: Times in files are rounded; neighbours may overlap by so much without being in disorder.
ROUNDING_S = 0.002

#: Control characters that no text has, and every archive, picture and word processor's file.
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")

_Stretch = TypeVar("_Stretch", bound="Interval")


@dataclass(frozen=True)
class Interval:
    """A stretch of text with its times."""

    start_s: float
    end_s: float
    text: str
    confidence: float = 1.0
    """0…1: how sure the program was that made it."""
    estimated: bool = False
    """The file has no time for it; it shares the time between its neighbours."""


@dataclass(frozen=True)
class Cue(Interval):
    """A line of subtitles, or a segment of a recogniser's result."""

    words: tuple[Interval, ...] = ()
    """Its words with their times where the file has them, else nothing."""


def read_text(path: str | os.PathLike[str]) -> str:
    """A text file as a string with plain line ends: UTF-8 or UTF-16 with or without a mark, else Latin-1.

    Raises UserError where it is missing, unreadable, too large, or no text at all.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(
                f"{path}: is larger than {MAX_BYTES // 1_000_000} MB: give the transcript of this recording"
            )
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise UserError(f"{path}: there is no such file: check the name and the folder") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}): give a text file") from error
    text = _decode(content)
    if _NO_TEXT.search(text):
        raise UserError(f"{path}: is not a text file: give the transcript as plain text, TextGrid, SRT, VTT or JSON")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    sample = content[:1000]
    # without a mark: in UTF-16 every second byte of Latin text is zero
    if sample.count(0) > len(sample) // 3:
        return content.decode("utf-16-le" if sample[1:2] == b"\0" else "utf-16-be", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def require_order(path: str | os.PathLike[str], intervals: Sequence[Interval], what: str = "interval") -> None:
    """Raises UserError for negative times, ends before starts, and stretches that overlap or are not in order."""
    before: Interval | None = None
    for interval in intervals:
        name = f"{what} “{interval.text[:30]}” at {interval.start_s:.2f} s"
        if not (isfinite(interval.start_s) and isfinite(interval.end_s)):
            raise UserError(f"{path}: {what} “{interval.text[:30]}” has no usable time: correct it")
        if interval.start_s < 0:
            raise UserError(f"{path}: {name} starts before time 0: shift the times so that the file starts at 0")
        if interval.end_s < interval.start_s:
            raise UserError(f"{path}: {name} ends before it starts: correct its times")
        if before and interval.start_s < before.start_s:
            raise UserError(f"{path}: {name} stands behind a later one: sort the {what}s by time")
        if before and interval.start_s < before.end_s - ROUNDING_S:
            raise UserError(f"{path}: {name} overlaps “{before.text[:30]}” before it: correct their times")
        before = interval


def ending_before_next(intervals: Sequence[_Stretch]) -> list[_Stretch]:
    """The same stretches; one that reaches into the next one ends where that starts."""
    shortened = [
        replace(interval, end_s=after.start_s) if interval.start_s <= after.start_s < interval.end_s else interval
        for interval, after in pairwise(intervals)
    ]
    return [*shortened, *intervals[-1:]]
