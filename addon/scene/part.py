"""A take for some frames only: before and after them the character goes on as it did."""

from dataclasses import replace

import numpy as np

from ..core.emphasis.fuse import within_reach
from ..core.errors import UserError
from ..core.motion import rotations as rot
from ..core.motion.rotations import Array
from .keyframes import Motion
from .stretch import BLEND

#: Fewer frames are no motion.
_FEWEST = 3


def confined(
    base: Motion, semantic: Motion, before: Motion, first_frame: int, part: tuple[int, int]
) -> tuple[Motion, Motion]:
    """Both layers of a take that begins on first_frame, with its motion on the frames of `part` alone.

    Elsewhere both are what the character did before, so that sliders move nothing there. At the borders inside the take
    the one passes into the other over BLEND frames, and the take is moved on the ground to where the character stands.
    All three motions have the scene's frame rate. Raises UserError where the part misses the take.
    """
    frames = first_frame + np.arange(base.frames)
    first, last = part
    if min(last, frames[-1]) - max(first, first_frame) + 1 < _FEWEST:
        raise UserError(f"Frames {first} to {last}: the take runs from {first_frame} to {frames[-1]}: choose others")
    weight = _weight(frames, first, last)
    shift = _shift(before.translation - base.translation, frames, first, last)
    rotations = _passing(before.rotations, base.rotations, weight)
    goal = within_reach(rotations, _passing(before.rotations, semantic.rotations, weight))
    goal[weight == 1] = semantic.rotations[weight == 1]

    def mixed(old: Array, new: Array) -> Array:
        return old + (new - old) * weight[:, None]

    face = base.face
    if face is not None and before.face is not None:
        face = mixed(before.face, face)
    place, travel = (mixed(before.translation, layer.translation + shift) for layer in (base, semantic))
    return (
        replace(base, rotations=rotations, translation=place, face=face),
        replace(semantic, rotations=goal, translation=travel),
    )


def _weight(frames: Array, first: int, last: int) -> Array:
    """How much of the take shows [T]: nothing at a border inside the take and beyond, all from BLEND frames on."""
    width = min(BLEND, (min(last, frames[-1]) - max(first, frames[0])) / 2)
    risen = np.where(first > frames[0], (frames - first) / width, 1.0)
    falling = np.where(last < frames[-1], (last - frames) / width, 1.0)
    t = np.clip(np.minimum(risen, falling), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def _shift(apart: Array, frames: Array, first: int, last: int) -> Array:
    """By how much the take is moved on the ground [T, 3], so that it begins and ends where the character stands."""
    borders = [frame for frame in (first, last) if frames[0] < frame < frames[-1]]
    if not borders:
        return np.zeros_like(apart)
    on_ground = np.array([1.0, 0.0, 1.0])
    at_borders = apart[np.array(borders) - frames[0]] * on_ground
    return np.stack([np.interp(frames, borders, column) for column in at_borders.T], axis=-1)


def _passing(old: Array, new: Array, weight: Array) -> Array:
    """Rotations [T, 55, 4] from one motion to another; where the weight is 0 or 1, theirs to the bit."""
    values = rot.slerp(old, new, weight[:, None])
    values[weight == 0], values[weight == 1] = old[weight == 0], new[weight == 1]
    return values
