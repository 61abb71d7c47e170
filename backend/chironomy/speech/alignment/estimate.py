"""Times for words that were not found in the sound: spread over the speech between those that were."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..types import SAMPLE_RATE, Samples

_HOP = SAMPLE_RATE // 100
_SMOOTHED_OVER = 9  # frames
_QUIETEST_DB = -100.0
#: The threshold of speech lies so far up between a recording's floor and its loud speech, but never so far under the
#: latter.
_THRESHOLD, _DEEPEST_DB = 0.4, 35.0
_LONGEST_BREAK = 20  # frames: shorter silences are part of speech
_SYLLABLE_S = 0.2
_SHORTEST_WORD_S = 0.06
#: At most this share of a neighbour's time is given to words that have no room.
_BORROWED = 0.35
_HAIR = 1e-6  # seconds

Span = tuple[float, float]


@dataclass(frozen=True)
class Slot:
    """A word's place: where it was found, or None; its syllables; and the times between which it must be."""

    found: Span | None
    syllables: int
    earliest_s: float
    latest_s: float


def speech_regions(samples: Samples) -> list[Span]:
    """Stretches that are louder than the recording's background, in seconds."""
    frames = samples[: len(samples) // _HOP * _HOP].reshape(-1, _HOP)
    power = np.einsum("ij,ij->i", frames, frames) / _HOP
    window = np.ones(_SMOOTHED_OVER) / _SMOOTHED_OVER
    level = 10 * np.log10(np.convolve(power, window, "same") + 10 ** (_QUIETEST_DB / 10))
    floor, loud = np.quantile(level, [0.1, 0.95])
    loudest = max(loud, float(level.max()) - _DEEPEST_DB / 2)  # where little of the recording is speech
    threshold = max(floor + _THRESHOLD * (loudest - floor), loudest - _DEEPEST_DB)
    edges = np.flatnonzero(np.diff(np.pad(level > threshold, 1).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return []
    apart = starts[1:] - ends[:-1] > _LONGEST_BREAK
    starts, ends = starts[np.append(True, apart)], ends[np.append(apart, True)]
    return [(start / 100, end / 100) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


def placed(slots: Sequence[Slot], regions: Sequence[Span]) -> list[Span]:
    """A span for every word: those found keep theirs, or give a little of it to neighbours that have no room.

    Spans follow one another without overlap and are never empty, where the limits leave room for that.
    """
    spans: list[Span | None] = [slot.found for slot in slots]
    for first, end in _runs(slots):
        start_s, end_s = _room(slots, spans, first, end)
        syllables = np.array([slot.syllables for slot in slots[first:end]], np.float64)
        anchored_left = first > 0 and slots[first - 1].latest_s > slots[first].earliest_s
        spans[first:end] = _spread(syllables, start_s, end_s, regions, anchored_left)
    return [span or (0.0, 0.0) for span in spans]


def _runs(slots: Sequence[Slot]) -> list[tuple[int, int]]:
    """Runs of words that were not found, cut where their limits change."""
    runs: list[tuple[int, int]] = []
    for index, slot in enumerate(slots):
        if slot.found:
            continue
        before = slots[index - 1] if index else None
        same = before and not before.found and (before.earliest_s, before.latest_s) == (slot.earliest_s, slot.latest_s)
        if same and runs:
            runs[-1] = (runs[-1][0], index + 1)
        else:
            runs.append((index, index + 1))
    return runs


def _room(slots: Sequence[Slot], spans: list[Span | None], first: int, end: int) -> Span:
    """The time between the neighbours of a run, made wide enough by shortening them."""
    before = spans[first - 1] if first else None
    after = spans[end] if end < len(spans) else None
    start_s = max(slots[first].earliest_s, before[1] if before else 0.0)
    end_s = min(slots[first].latest_s, after[0] if after else slots[first].latest_s)
    missing = (end - first) * _SHORTEST_WORD_S - (end_s - start_s)
    if missing <= 0:
        return start_s, end_s
    if before and before[1] > slots[first].earliest_s:
        taken = min(missing / 2 if after else missing, _BORROWED * (before[1] - before[0]))
        start_s = max(before[1] - taken, slots[first].earliest_s)
        spans[first - 1] = (before[0], start_s)
    if after and after[0] < slots[first].latest_s:
        taken = min(max(0.0, (end - first) * _SHORTEST_WORD_S - (end_s - start_s)), _BORROWED * (after[1] - after[0]))
        end_s = min(after[0] + taken, slots[first].latest_s)
        spans[end] = (end_s, after[1])
    return start_s, max(start_s, end_s)


def _spread(
    syllables: NDArray[np.float64], start_s: float, end_s: float, regions: Sequence[Span], anchored_left: bool
) -> list[Span]:
    """Words of so many syllables, spread over the speech between two times; where there is none, at a usual pace."""
    inside = [(max(a, start_s), min(b, end_s)) for a, b in regions if a < end_s and b > start_s]
    if sum(b - a for a, b in inside) < len(syllables) * _SHORTEST_WORD_S:
        length = min(end_s - start_s, float(syllables.sum()) * _SYLLABLE_S)
        begin = start_s if anchored_left else end_s - length
        inside = [(begin, begin + length)]
    times = np.array([time for span in inside for time in span])
    spoken = np.concatenate([[0.0], np.cumsum([b - a for a, b in inside])])
    amounts = np.repeat(spoken, 2)[1:-1]  # how much speech there is before each of `times`
    shares = np.concatenate([[0.0], np.cumsum(syllables)]) / syllables.sum() * spoken[-1]
    # before and behind a pause the amount is the same: words end before it and start behind it
    at_ends = np.tile([0.0, _HAIR], len(inside))
    starts = np.interp(shares[:-1] + _HAIR / 2, amounts - at_ends, times)
    ends = np.maximum(np.interp(shares[1:] - _HAIR / 2, amounts + at_ends[::-1], times), starts)
    ends[-1], starts[0] = times[-1], times[0]
    return list(zip(starts.tolist(), ends.tolist(), strict=True))
