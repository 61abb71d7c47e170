"""Praat's TextGrid, long and short: the same values in the same order, with or without names before them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..errors import UserError
from .atomic import replacing
from .timed_text import Interval, read_text, require_order

#: Praat reads free-standing numbers, quoted strings and <flags>; everything else is comment (its manual, "TextGrid
#: file formats"). A quote inside a string is doubled.
_VALUE = re.compile(r'"((?:[^"]|"")*)"|(?<!\S)(<\w+>)|(?<!\S)([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)(?!\S)|![^\n]*')
_MAX_TIERS = 1000


@dataclass(frozen=True)
class Tier:
    """One interval tier; stretches without a label have the text ""."""

    name: str
    intervals: tuple[Interval, ...]


def read_textgrid(path: str | os.PathLike[str]) -> tuple[Tier, ...]:
    """The interval tiers of a file, point tiers left out.

    Raises UserError for a file that is no TextGrid or is cut off, and for intervals that overlap or are not in order.
    """
    values = _values(read_text(path))
    try:
        if next(values) != "ooTextFile" or next(values) != "TextGrid":
            raise UserError(f"{path}: is not a TextGrid in text form: save it in Praat with “Save as text file…”")
        _skip(values, 2)
        tiers = tuple(_tiers(path, values) if next(values) == "<exists>" else ())
    except (StopIteration, RuntimeError, ValueError) as error:
        raise UserError(f"{path}: is damaged or cut off: save the TextGrid again") from error
    return tiers


def write_textgrid(path: str | os.PathLike[str], tiers: Sequence[Tier], duration_s: float) -> None:
    """Writes the long form in UTF-8, gaps filled with empty intervals; intervals must be in order.

    Raises UserError where the file cannot be written.
    """
    end_s = max([duration_s, *(interval.end_s for tier in tiers for interval in tier.intervals)])
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0 ", f"xmax = {_time(end_s)} "]
    lines += ["tiers? <exists> ", f"size = {len(tiers)} ", "item []: "]
    for k, tier in enumerate(tiers, start=1):
        intervals = _without_gaps(tier.intervals, end_s)
        lines += [f"    item [{k}]:", '        class = "IntervalTier" ', f"        name = {_quoted(tier.name)} "]
        lines += [
            "        xmin = 0 ",
            f"        xmax = {_time(end_s)} ",
            f"        intervals: size = {len(intervals)} ",
        ]
        for n, interval in enumerate(intervals, start=1):
            lines += [f"        intervals [{n}]:", f"            xmin = {_time(interval.start_s)} "]
            lines += [f"            xmax = {_time(interval.end_s)} ", f"            text = {_quoted(interval.text)} "]
    with replacing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _values(text: str) -> Iterator[str]:
    for match in _VALUE.finditer(text):
        string, flag, number = match.groups()
        if string is not None:
            yield string.replace('""', '"')
        elif flag or number:
            yield flag or number


def _tiers(path: str | os.PathLike[str], values: Iterator[str]) -> Iterator[Tier]:
    count = int(next(values))
    if not 0 <= count <= _MAX_TIERS:
        raise ValueError(f"{count} tiers")
    for _ in range(count):
        kind, name = next(values), next(values)
        _skip(values, 2)
        size = int(next(values))
        if kind == "IntervalTier":
            tier = Tier(name, tuple(_intervals(values, size)))
            require_order(path, tier.intervals)
            yield tier
        elif kind == "TextTier":
            _skip(values, 2 * size)
        else:
            raise ValueError(kind)


def _intervals(values: Iterator[str], size: int) -> Iterator[Interval]:
    for _ in range(size):
        yield Interval(float(next(values)), float(next(values)), next(values))


def _skip(values: Iterator[str], count: int) -> None:
    for _ in range(count):
        next(values)


def _without_gaps(intervals: Sequence[Interval], end_s: float) -> list[Interval]:
    """As Praat wants it: intervals of some length that follow each other without gaps from 0 to the end."""
    filled: list[Interval] = []
    time_s = 0.0
    for interval in intervals:
        start_s = max(interval.start_s, time_s)
        if interval.end_s <= start_s:
            continue
        if start_s > time_s:
            filled.append(Interval(time_s, start_s, ""))
        filled.append(Interval(start_s, interval.end_s, interval.text))
        time_s = interval.end_s
    if time_s < end_s:
        filled.append(Interval(time_s, end_s, ""))
    return filled


def _time(seconds: float) -> str:
    return f"{seconds:.6f}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
