"""Motion of any skeleton, as a file gave it: what readers return and retargeting starts from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from . import rotations as rot
from .rotations import Array


@dataclass(frozen=True)
class Clip:
    """J joints over T frames, in the file's own axes and unit of length."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    """Parent of every joint, −1 for roots; a parent always stands before its children."""
    offsets: Array
    """[J, 3], where each joint rests in its parent's frame."""
    rotations: Array
    """[T, J, 4], local rotations, those of the rest pose included."""
    frame_time_s: float
    rest_rotations: Array = field(default_factory=lambda: rot.identity((0,)))
    """[J, 4], local rotations of the rest pose; identities where none are given."""
    positions: Mapping[int, Array] = field(default_factory=dict)
    """For joints that travel (the root above all): joint → [T, 3], in its parent's frame, in place of its offset."""
    tips: Mapping[int, Array] = field(default_factory=dict)
    """For joints without a child: joint → [3], the end of its bone in the joint's own frame."""
    marks: Mapping[str, float] = field(default_factory=dict)
    """Named moments, in seconds."""

    def __post_init__(self) -> None:
        if len(self.rest_rotations) != len(self.names):
            object.__setattr__(self, "rest_rotations", rot.identity((len(self.names),)))

    @property
    def frames(self) -> int:
        return len(self.rotations)

    @property
    def fps(self) -> float:
        return 1.0 / self.frame_time_s

    @property
    def duration_s(self) -> float:
        return self.frames * self.frame_time_s


def standard_frame_time(frame_time_s: float) -> float:
    """The exact frame time where a file holds a rounded one: 0.033333 becomes 1/30, 0.033367 becomes 1001/30000."""
    rates = np.concatenate([np.arange(1, 1001), np.array([24, 30, 48, 60, 120]) * 1000 / 1001])
    nearest = float(rates[np.argmin(np.abs(np.log(rates * frame_time_s)))])
    return 1 / nearest if abs(nearest * frame_time_s - 1) < 2e-4 else frame_time_s


def clip_forward(clip: Clip) -> tuple[Array, Array]:
    """Positions [T, J, 3] of all joints and their rotations against the world [T, J, 4]."""
    frames, joints = clip.rotations.shape[:2]
    # joint by joint in memory, not frame by frame: every step then works on one piece
    positions, world = np.empty((joints, frames, 3)), np.empty((joints, frames, 4))
    for joint, parent in enumerate(clip.parents):
        place, own = clip.positions.get(joint, clip.offsets[joint]), clip.rotations[:, joint]
        if parent < 0:
            positions[joint], world[joint] = place, own
        else:
            positions[joint] = positions[parent] + rot.rotate(world[parent], place)
            world[joint] = rot.multiply(world[parent], own)
    return positions.swapaxes(0, 1), world.swapaxes(0, 1)


def clip_rest(clip: Clip) -> tuple[Array, Array]:
    """Positions [J, 3] and rotations against the world [J, 4] of the rest pose."""
    rest = Clip(clip.names, clip.parents, clip.offsets, clip.rest_rotations[None], clip.frame_time_s)
    positions, world = clip_forward(rest)
    return positions[0], world[0]
