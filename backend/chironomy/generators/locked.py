"""Locked frames: what the animator holds while the rest is generated around it (start pose, end pose, keys)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..motion import rotations as rot
from ..motion.rotations import Array
from ..motion.skeleton import JOINT_COUNT

#: How many frames the generated motion takes to leave a locked frame, and to come to one.
BLEND_FRAMES = 8


@dataclass(frozen=True)
class LockedFrames:
    """Any subset of joints on any subset of a take's frames, to be met exactly."""

    frames: NDArray[np.int_] = field(default_factory=lambda: np.zeros(0, dtype=int))
    """[K], increasing, at the generator's rate."""
    joints: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, JOINT_COUNT), dtype=bool))
    """[K, 55], which joints are held."""
    rotations: Array = field(default_factory=lambda: rot.identity((0, JOINT_COUNT)))
    """[K, 55, 4], local rotations; those of joints that are not held do not matter."""
    root: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    """[K], whether the translation is held too."""
    translation: Array = field(default_factory=lambda: np.zeros((0, 3)))
    """[K, 3], metres."""

    def __post_init__(self) -> None:
        count = len(self.frames)
        wanted = {"joints": (count, JOINT_COUNT), "rotations": (count, JOINT_COUNT, 4), "root": (count,)}
        for name, shape in {**wanted, "translation": (count, 3)}.items():
            if np.shape(getattr(self, name)) != shape:
                raise ValueError(f"locked {name} {np.shape(getattr(self, name))}: {shape} is needed")
        if count and (self.frames[0] < 0 or np.any(np.diff(self.frames) <= 0)):
            raise ValueError("locked frames count from 0 and increase")

    def __len__(self) -> int:
        return len(self.frames)

    def before(self, frames: int) -> LockedFrames:
        """Those within a take of so many frames."""
        kept = self.frames < frames
        return LockedFrames(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))


def meet_rotations(rotations: Array, locked: LockedFrames) -> Array:
    """Local rotations [T, 55, 4] that are the locked ones on their frames, and unchanged BLEND_FRAMES away from them.

    Between, the way from the generated to the locked rotation fades in and out by half a cosine.
    """
    if not len(locked):
        return rotations
    out = np.array(rotations, dtype=float)
    for joint in np.flatnonzero(locked.joints.any(axis=0)):
        held = locked.joints[:, joint]
        frames, goals = locked.frames[held], rot.normalize(locked.rotations[held, joint])
        turns = rot.log(rot.multiply(rot.inverse(out[frames, joint]), goals))
        near, correction = _faded(frames, turns, len(out))
        out[near, joint] = rot.multiply(out[near, joint], rot.exp(correction))
        out[frames, joint] = _same_side(out[frames, joint], goals)
    return out


def meet_translation(translation: Array, locked: LockedFrames) -> Array:
    """The same for the translation [T, 3]."""
    out = np.array(translation, dtype=float)
    if locked.root.any():
        frames, goals = locked.frames[locked.root], locked.translation[locked.root]
        near, correction = _faded(frames, goals - out[frames], len(out))
        out[near] += correction
        out[frames] = goals
    return out


def _faded(frames: NDArray[np.int_], corrections: Array, count: int) -> tuple[NDArray[np.int_], Array]:
    """The frames near locked ones, and the corrections there: whole on locked frames, fading from each to the next."""
    around = np.unique(frames[:, None] + np.arange(-BLEND_FRAMES, BLEND_FRAMES + 1))
    near = around[(around >= 0) & (around < count)]
    last = np.searchsorted(frames, near, side="right")
    ends = np.concatenate([[-np.inf], frames, [np.inf]])  # nothing is locked before the first and behind the last
    since, until = near - ends[last], ends[last + 1] - near
    fade = np.minimum(since + until, BLEND_FRAMES)
    padded = np.pad(corrections, ((1, 1), (0, 0)))
    leaving, coming = _ease(1 - since / fade), _ease(1 - until / fade)
    return near, leaving[:, None] * padded[last] + coming[:, None] * padded[last + 1]


def _ease(part: Array) -> Array:
    """0 below 0, 1 above 1, half a cosine between."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(part, 0.0, 1.0))


def _same_side(reference: Array, q: Array) -> Array:
    return np.where(np.sum(reference * q, axis=-1, keepdims=True) < 0, -q, q)
