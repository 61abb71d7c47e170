"""Strokes: quick movements of a hand, found in the motion itself; how many, when, how alike, how large.

Preparations and retractions count among them where they are quick: nothing in the motion alone tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..formats.take import TakeWord
from ..formats.words import Phone, Word
from ..motion.rotations import Array
from .nearest import to_nearest
from .subject import FPS, Subject

#: A stroke is a peak of the wrist's speed of this height, standing out by this much, after light smoothing.
_PEAK_M_S, _PROMINENCE_M_S, _SMOOTHING_FRAMES = 0.25, 0.2, 1.5
#: It begins and ends where the speed is below this part of its peak.
_FADED = 0.2
#: Strokes of both hands whose peaks are this near belong together; this near they are at once, as far as one sees.
_TOGETHER_FRAMES, _AT_ONCE_FRAMES = 6, 1
#: How long after a word a gesture may start, and how long before one it may reach its peak.
_AFTER_WORD_S, _BEFORE_WORD_S = 0.4, 0.8
#: A hand that ends this much lower is going to rest.
_LOWER_M = 0.02
#: What is compared of two strokes: this much time before and after the peak, if the hand gets this far in it.
_BEFORE_FRAMES, _AFTER_FRAMES, LARGE_M = 12, 18, 0.08
#: Paths whose distance (root mean square) is below this part of their size look the same.
_ALIKE = 0.2
REPEAT_S = 6.0


@dataclass(frozen=True)
class Stroke:
    """Frames at 30 fps; hand 0 is the left."""

    hand: int
    start: int
    peak: int
    end: int


def find_strokes(subject: Subject) -> list[Stroke]:
    """All strokes of both hands in the order of their peaks."""
    found = [stroke for hand in (0, 1) for stroke in _of_hand(subject.hand_speed[:, hand], hand)]
    return sorted(found, key=lambda stroke: (stroke.peak, stroke.hand))


def stroke_onsets(subject: Subject) -> NDArray[np.bool_]:
    """[T], true on the frame of each stroke's peak; strokes of both hands within 0.2 s are one."""
    out = np.zeros(subject.frames, dtype=bool)
    last = -_TOGETHER_FRAMES - 1
    for stroke in find_strokes(subject):
        if stroke.peak - last > _TOGETHER_FRAMES:
            out[stroke.peak] = True
            last = stroke.peak
    return out


def planned_onsets(subject: Subject) -> NDArray[np.bool_]:
    """[T], true on the first frame of every word that was given a gesture; empty where no words are known."""
    out = np.zeros(subject.frames if subject.words else 0, dtype=bool)
    for entry in subject.words:
        if entry.gesture_class:
            out[min(round(entry.word.start_s * FPS), subject.frames - 1)] = True
    return out


def peaks_s(subject: Subject) -> Array:
    """Times of all strokes' peaks, in order."""
    return np.array([stroke.peak / FPS for stroke in find_strokes(subject)])


def ends_s(subject: Subject) -> Array:
    """Times at which strokes come to their end (a gesture's apex, for those that do not go back), in order."""
    return np.array(sorted(stroke.end / FPS for stroke in find_strokes(subject)))


def from_stress_s(subject: Subject, moments_s: Array) -> Array:
    """From the stressed vowel of each word that was given a gesture to the nearest moment, seconds; later is positive.

    moments_s: in order, as peaks_s and ends_s give them. Empty where no word has a gesture or the hands do nothing.
    """
    stressed = [stress_time_s(entry.word) for entry in subject.words if entry.gesture_class]
    return to_nearest(np.array(stressed), moments_s)


def from_any_time_s(subject: Subject, moments_s: Array) -> Array:
    """The same for every frame while speaking, empty without words: what chance would give."""
    return to_nearest(np.flatnonzero(subject.speaking) / FPS, moments_s) if subject.words else np.zeros(0)


def stress_time_s(word: Word) -> float:
    """The middle of a word's primarily stressed vowel; of the word where its phones are unknown."""
    by_stress = sorted((phone for phone in word.phones if phone.label[-1:] in ("1", "2", "0")), key=_stress)
    span = by_stress[0] if by_stress else word
    return (span.start_s + span.end_s) / 2


def in_silence(subject: Subject) -> NDArray[np.bool_]:
    """[strokes], true for those that begin and end with nobody speaking; hands that go to rest are not meant.

    Empty where no words are known.
    """
    if not subject.words:
        return np.zeros(0, dtype=bool)
    starts_s = np.array([entry.word.start_s for entry in subject.words])
    ends_s = np.array([entry.word.end_s for entry in subject.words])

    def silent(stroke: Stroke) -> bool:
        before, after = stroke.start / FPS - _AFTER_WORD_S, stroke.peak / FPS + _BEFORE_WORD_S
        height = subject.wrists[:, stroke.hand, 1]
        rising = height[stroke.end] > height[stroke.start] - _LOWER_M
        return bool(rising and not np.any((starts_s < after) & (ends_s > before)))

    return np.array([silent(stroke) for stroke in find_strokes(subject)], dtype=bool)


def repeated(subject: Subject) -> NDArray[np.bool_]:
    """[large strokes], true where the hand did the same, in the same place and tempo, less than 6 s before."""
    kept: list[tuple[Stroke, Array, float]] = []
    out: list[bool] = []
    for stroke in find_strokes(subject):
        first, last = stroke.peak - _BEFORE_FRAMES, stroke.peak + _AFTER_FRAMES
        if first < 0 or last > subject.frames:
            continue
        path = subject.wrists_from_chest[first:last, stroke.hand]
        size = largest_distance(path)
        if size < LARGE_M:
            continue
        kept = [other for other in kept if (stroke.peak - other[0].peak) / FPS <= REPEAT_S]
        out.append(any(_same(stroke, path, size, *other) for other in kept))
        kept.append((stroke, path, size))
    return np.array(out, dtype=bool)


def at_once(subject: Subject) -> NDArray[np.bool_]:
    """For the left hand's strokes, then the right's: true where one of the other hand has its peak within a frame."""
    left, right = _peak_frames(subject, 0), _peak_frames(subject, 1)
    return np.concatenate([_beside(left, right), _beside(right, left)])


def largest_distance(path: ArrayLike) -> float:
    """The largest distance between any two places of a path [T, 3]: how far a stroke reaches, wherever it starts."""
    path = np.asarray(path, dtype=float)
    return float(np.linalg.norm(path[:, None] - path[None], axis=-1).max()) if len(path) else 0.0


def extent_against_plan(subject: Subject, plan: Subject, words: Sequence[TakeWord]) -> Array:
    """How large each gesture is against the planned one: 1 as large, below 1 smaller. [gestures].

    Looks, from the preparation to the retraction of every word with a gesture, at the hand that the plan moves more;
    gestures planned under 8 cm are left out.
    """
    ratios = []
    for entry in words:
        if not entry.gesture_class:
            continue
        window = entry.window
        frames = slice(round(window.preparation_s * FPS), round(window.retraction_s * FPS) + 1)
        planned = [largest_distance(plan.wrists_from_chest[frames, hand]) for hand in (0, 1)]
        hand = int(np.argmax(planned))
        if planned[hand] >= LARGE_M:
            ratios.append(largest_distance(subject.wrists_from_chest[frames, hand]) / planned[hand])
    return np.array(ratios)


def _of_hand(speed: Array, hand: int) -> list[Stroke]:
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks

    smooth = gaussian_filter1d(speed, _SMOOTHING_FRAMES)
    peaks, _ = find_peaks(smooth, height=_PEAK_M_S, prominence=_PROMINENCE_M_S)
    between = [a + int(np.argmin(smooth[a:b])) for a, b in pairwise(peaks)]
    borders = [0, *between, len(speed) - 1]
    strokes = []
    for k, peak in enumerate(peaks):
        slow = np.flatnonzero(smooth < _FADED * smooth[peak])
        start = max(borders[k], int(slow[slow < peak].max(initial=0)))
        end = min(borders[k + 1], int(slow[slow > peak].min(initial=len(speed) - 1)))
        strokes.append(Stroke(hand, start, int(peak), end))
    return strokes


def _peak_frames(subject: Subject, hand: int) -> Array:
    return np.array([stroke.peak for stroke in find_strokes(subject) if stroke.hand == hand], dtype=float)


def _beside(own: Array, other: Array) -> NDArray[np.bool_]:
    if len(other) == 0:
        return np.zeros(len(own), dtype=bool)
    return np.abs(to_nearest(own, other)) <= _AT_ONCE_FRAMES


def _stress(phone: Phone) -> int:
    """Primary stress first, none last."""
    return "120".index(phone.label[-1])


def _same(stroke: Stroke, path: Array, size: float, other: Stroke, other_path: Array, other_size: float) -> bool:
    if stroke.hand != other.hand:
        return False
    apart = np.sqrt(np.mean(np.sum((path - other_path) ** 2, axis=-1)))
    return bool(apart < _ALIKE * max(size, other_size))
