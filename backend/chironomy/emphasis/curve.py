"""The emphasis curve e(t): the generator's psi, raised and lowered around words by their sliders.

    e(t) = clip(psi(t) + Σ_w (s(w) − p(w)) · bump_w(t), 0, 2)

s(w) is a word's slider, p(w) its own score, where the slider starts; bump_w is 1 while the word's gesture makes its
stroke. So untouched sliders give psi itself, bit for bit, and a slider moves nothing outside its word's window.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..motion.rotations import Array

if TYPE_CHECKING:
    from ..formats.take import StrokeWindow, TakeWord

#: The highest emphasis: 0 is base motion alone, 1 semantic motion alone, above 1 exaggerated.
MAX_EMPHASIS = 2.0


def word_bump(window: StrokeWindow, times_s: ArrayLike) -> Array:
    """bump_w at `times_s` [...]: 1 during the stroke, raised-cosine ramps in preparation and retraction, else 0."""
    times = np.asarray(times_s, dtype=float)
    rising = _ramp(times - window.preparation_s, window.stroke_start_s - window.preparation_s)
    falling = _ramp(window.retraction_s - times, window.retraction_s - window.stroke_end_s)
    return rising * falling


def word_frames(window: StrokeWindow, fps: float, frames: int) -> slice:
    """The frames that a word's slider can change: those between preparation and retraction."""
    first = math.floor(window.preparation_s * fps)
    end = math.ceil(window.retraction_s * fps) + 1
    return slice(min(max(first, 0), frames), min(max(end, 0), frames))


def emphasis_curve(psi: ArrayLike, words: Sequence[TakeWord], sliders: Mapping[int, float], fps: float) -> Array:
    """e [T] from psi [T] and the sliders that were touched, by the number of the word in `words`.

    A slider that stands at the word's own score counts as untouched.
    """
    e = np.array(psi, dtype=float)
    moved = {n: value - words[n].score for n, value in sorted(sliders.items()) if value != words[n].score}
    windows = {n: word_frames(words[n].window, fps, len(e)) for n in moved}
    for n, by in moved.items():
        times = np.arange(windows[n].start, windows[n].stop) / fps
        e[windows[n]] += by * word_bump(words[n].window, times)
    for frames in windows.values():  # after all sums, so that neighbours which overlap do not depend on their order
        e[frames] = np.clip(e[frames], 0.0, MAX_EMPHASIS)
    return e


def _ramp(since_s: Array, duration_s: float) -> Array:
    """0 up to time 0, half a cosine up to 1 at duration_s; a step where there is no duration."""
    if duration_s <= 0:
        return np.where(since_s >= 0, 1.0, 0.0)
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(since_s / duration_s, 0.0, 1.0))
