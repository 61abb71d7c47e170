"""A channel with a value on every frame as few smooth keys, with a stated error on whole frames.

Between two keys runs the cubic with the channel's own slope at both ends: a Bezier curve whose handles lie a third of
the way along. All components of a channel (of a quaternion, say) have their keys on the same frames, and the error is
measured on what they mean together: an angle for a rotation.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import rotations as rot
from .rotations import Array

#: Whole numbers [n].
Indices = NDArray[np.integer]

#: From fitted values [T, n] to how far each frame is off [T].
Deviation = Callable[[Array], Array]


def angle_from(q: ArrayLike) -> Deviation:
    """Measures fitted quaternions [T, 4], normalised as Blender does it, as angles in radians against q [T, 4]."""
    wanted = rot.inverse(rot.normalize(q))
    return lambda fitted: rot.angle(rot.multiply(wanted, rot.normalize(fitted)))


def angle_from_euler(angles_rad: ArrayLike, order: str) -> Deviation:
    """The same for angles [T, 3] about x, y and z, turned in an order as Blender names them ("XYZ": x first)."""
    axes = order[::-1].lower()
    columns = ["xyz".index(axis) for axis in axes]

    def turned(angles: Array) -> Array:
        return rot.from_euler(angles[:, columns], axes)

    wanted = rot.inverse(turned(np.asarray(angles_rad, dtype=float)))
    return lambda fitted: rot.angle(rot.multiply(wanted, turned(fitted)))


def distance_from(values: ArrayLike) -> Deviation:
    """Measures fitted values [T, n] as their distance from values [T, n]."""
    wanted = np.asarray(values, dtype=float)
    return lambda fitted: np.linalg.norm(fitted - wanted, axis=-1)


def reduced_keys(
    values: ArrayLike, deviation: Deviation, tolerance: float, required: Iterable[int] = ()
) -> tuple[Indices, Array]:
    """Frames of the keys [K] and the slopes there [K, n], a frame: off by at most `tolerance` on every whole frame.

    values [T, n]. The first, the last and the `required` frames have keys.
    """
    values = np.asarray(values, dtype=float)
    last = len(values) - 1
    if last < 1:
        return np.arange(len(values)), np.zeros_like(values)
    slopes = np.gradient(values, axis=0)
    frames = np.unique([0, last, *required])
    while True:
        error = deviation(curve_through(values, slopes, frames))
        error[frames] = 0.0  # but for rounding
        bad = np.flatnonzero(np.maximum.reduceat(error, frames[:-1]) > tolerance)
        if not len(bad):
            return frames, slopes[frames]
        worst = [frames[i] + int(np.argmax(error[frames[i] : frames[i + 1]])) for i in bad.tolist()]
        frames = np.union1d(frames, worst)


def curve_through(values: Array, slopes: Array, frames: Indices) -> Array:
    """The curve on all frames [T, n] through values [T, n] with slopes [T, n] at `frames` [K], first and last in."""
    k = np.arange(len(values))
    lengths = np.diff(frames)
    i = np.minimum(np.repeat(np.arange(len(lengths) + 1), np.append(lengths, 1)), len(lengths) - 1)
    a, b = frames[i], frames[i + 1]
    length = (b - a)[:, None]
    u = (k - a)[:, None] / length
    rise = u * u * (3 - 2 * u)
    bend = slopes[a] * (1 - u) * (1 - u) * u - slopes[b] * (1 - u) * u * u
    return values[a] + (values[b] - values[a]) * rise + length * bend
