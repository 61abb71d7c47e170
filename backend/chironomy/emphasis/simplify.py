"""A curve of one value a frame as few Bezier keys that a hand can edit, with a stated error on whole frames.

Between two keys the curve is a cubic whose handles lie a third of the way along (so time runs evenly and the cubic is a
Hermite one); its slope at a key is the curve's own, so it runs smoothly through its keys.
"""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..motion.rotations import Array

Frames = NDArray[np.integer]

#: What *Simplify curve* may change on any whole frame.
TOLERANCE = 0.02


def simplified(values: ArrayLike, tolerance: float = TOLERANCE, required: Iterable[int] = ()) -> tuple[Frames, Array]:
    """Frames of the keys [K] and the slopes there [K], a frame: within `tolerance` of values [T] on every frame.

    The first, the last and the `required` frames have keys; others stand at peaks, valleys and corners.
    """
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return np.arange(len(values)), np.zeros(len(values))
    slopes = np.gradient(values)
    fixed = {0, len(values) - 1, *required}
    frames = np.array(sorted(fixed | set(_turning_points(values).tolist())))
    while True:
        error = np.abs(through_keys(values, slopes, frames) - values)
        error[frames] = 0.0  # but for rounding
        worst = [a + int(np.argmax(error[a : b + 1])) for a, b in pairwise(frames)]
        missing = [k for k in worst if error[k] > tolerance]
        if not missing:
            break
        frames = np.union1d(frames, missing)
    frames = _without_needless(values, slopes, frames, fixed, tolerance)
    return frames, slopes[frames]


def through_keys(values: ArrayLike, slopes: ArrayLike, frames: Frames) -> Array:
    """The curve [T] on whole frames through the values [T] and with the slopes [T] at `frames` [K], first to last."""
    values, slopes = np.asarray(values, dtype=float), np.asarray(slopes, dtype=float)
    k = np.arange(frames[0], frames[-1] + 1)
    i = np.clip(np.searchsorted(frames, k, side="right") - 1, 0, len(frames) - 2)
    a, b = frames[i], frames[i + 1]
    length, u = b - a, (k - a) / (b - a)
    rise = u * u * (3 - 2 * u)
    bend = slopes[a] * (1 - u) * (1 - u) * u - slopes[b] * (1 - u) * u * u
    return values[a] + (values[b] - values[a]) * rise + length * bend


def _turning_points(values: Array) -> Frames:
    """Where the curve turns round, and where level stretches begin and end."""
    way = np.sign(np.diff(values))
    return np.flatnonzero(way[1:] != way[:-1]) + 1


def _without_needless(values: Array, slopes: Array, frames: Frames, fixed: set[int], tolerance: float) -> Frames:
    kept = [int(frames[0])]
    for frame, following in pairwise(frames[1:]):
        stretch = np.array([kept[-1], following])
        error = np.abs(through_keys(values, slopes, stretch) - values[kept[-1] : following + 1])[1:-1]
        if frame in fixed or error.max() > tolerance:
            kept.append(int(frame))
    return np.array([*kept, int(frames[-1])])
