"""From any frame rate to any other. Frame k is always at k / fps seconds: time 0 stays time 0, the length stays.

Where a frame of the new rate falls on one of the old, it is that frame, bit for bit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import rotations as rot
from .rotations import Array

if TYPE_CHECKING:
    from ..formats.take import Take

#: Frames nearer than this (in old frames) count as the same moment.
_SAME = 1e-6


def frame_count(frames: int, fps: float, new_fps: float) -> int:
    """How many frames at new_fps are as long as `frames` at fps; one at least where there was one."""
    return max(round(frames * new_fps / fps), min(frames, 1))


def resample_rotations(q: ArrayLike, fps: float, new_fps: float) -> Array:
    """Quaternions [T, ..., 4] at another rate, by slerp between neighbours; continuous in time where q is."""
    q = np.asarray(q, dtype=float)
    before, after, part = _places(len(q), fps, new_fps)
    out = q[before]
    between = part > 0
    a, b = q[before[between]], q[after[between]]
    out[between] = rot.slerp(a, b, part[between].reshape(-1, *(1,) * (q.ndim - 2)))
    return out


def resample_linear(values: ArrayLike, fps: float, new_fps: float) -> Array:
    """Values [T, ...] at another rate, by straight lines: never beyond those beside, as weights and psi need it."""
    values = np.asarray(values, dtype=float)
    before, after, part = _places(len(values), fps, new_fps)
    a = values[before]
    return a + part.reshape(-1, *(1,) * (values.ndim - 1)) * (values[after] - a)


def resample_smooth(values: ArrayLike, fps: float, new_fps: float) -> Array:
    """Values [T, ...] at another rate, by cubic curves whose speed has no step (Catmull-Rom), as a path needs it."""
    values = np.asarray(values, dtype=float)
    before, after, part = _places(len(values), fps, new_fps)
    if len(values) < 2:
        return values[before]
    speed = np.gradient(values, axis=0)
    t = part.reshape(-1, *(1,) * (values.ndim - 1))
    rise = values[after] - values[before]
    bow = (1 - t) * (speed[before] - rise) + t * (rise - speed[after])
    return values[before] + t * rise + t * (1 - t) * bow


def resample_nearest(values: ArrayLike, fps: float, new_fps: float) -> Array:
    """Values [T, ...] at another rate, each the nearest old one: for states such as contacts."""
    values = np.asarray(values)
    before, after, part = _places(len(values), fps, new_fps)
    return values[np.where(part < 0.5, before, after)]


def take_at(take: Take, fps: float) -> Take:
    """The same take at another frame rate. Words keep their times."""
    old = take.metadata.fps

    def rotations(q: Array) -> Array:
        return rot.make_continuous(resample_rotations(q, old, fps))

    return replace(
        take,
        base_rotations=rotations(take.base_rotations),
        semantic_rotations=rotations(take.semantic_rotations),
        translation=resample_smooth(take.translation, old, fps),
        semantic_translation=resample_smooth(take.semantic_translation, old, fps),
        face=resample_linear(take.face, old, fps),
        emphasis=resample_linear(take.emphasis, old, fps),
        contacts=resample_nearest(take.contacts, old, fps),
        expressions=resample_linear(take.expressions, old, fps),
        metadata=replace(take.metadata, fps=float(fps)),
    )


def _places(frames: int, fps: float, new_fps: float) -> tuple[NDArray[np.int_], NDArray[np.int_], Array]:
    """For every new frame: the old frames before and after it, and how far it is from the one to the other, 0…1.

    Behind the last old frame that one is held.
    """
    place = np.arange(frame_count(frames, fps, new_fps)) * (fps / new_fps)
    nearest = np.round(place)
    place = np.clip(np.where(np.abs(place - nearest) < _SAME, nearest, place), 0.0, max(frames - 1, 0))
    before = np.floor(place).astype(int)
    return before, np.minimum(before + 1, max(frames - 1, 0)), place - before
