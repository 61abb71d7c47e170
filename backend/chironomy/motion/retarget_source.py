"""A clip as retargeting sees it: the joints that play the parts of the 55, standing in motion space."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from . import rotations as rot
from .clip import Clip, clip_forward, clip_rest
from .rotations import Array
from .skeleton import INDEX, JOINT_COUNT, JOINTS

#: Without these a skeleton is no humanoid that could be retargeted.
NEEDED_JOINTS = (
    "pelvis", "head",
    "left_hip", "left_knee", "left_ankle", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "right_shoulder", "right_elbow", "right_wrist",
)  # fmt: skip


@dataclass(frozen=True)
class RigMap:
    """Which joint of a kind of skeleton plays the part of which of the 55."""

    name: str
    joints: Mapping[str, str]
    """Our joint → the source's joint. Joints without a counterpart keep still against their parent."""
    tips: Mapping[str, str]
    """Our finger ends (…3) → the source's joint at the end of that finger, where it has one."""
    switches: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Of control rigs: bone → its custom properties that must have these values for the mapped bones to rule."""


@dataclass(frozen=True)
class Source:
    """The mapped joints of a clip, in the order of JOINTS, standing in motion space (any unit); NaN where missing."""

    positions: Array  # [T, 55, 3]
    world: Array  # [T, 55, 4]
    tips: Array  # [T, 55, 3], ends of the last finger bones
    rest_positions: Array  # [55, 3]
    rest_world: Array  # [55, 4]
    upper_arm_turn: Array  # [T, 2, 4], left and right: from rest, everything that turns the upper arm
    present: NDArray[np.bool_]  # [55]


def find_joint(clip: Clip, name: str | None) -> int:
    """The number of a clip's joint, −1 where it has none of that name; namespaces ("mixamorig:") do not matter."""
    if name is None:
        return -1
    plain = name.rpartition(":")[2]
    exact = (k for k, own in enumerate(clip.names) if own == name)
    similar = (k for k, own in enumerate(clip.names) if own.rpartition(":")[2] == plain)
    return next(exact, next(similar, -1))


def missing_joints(clip: Clip, rig_map: RigMap) -> list[str]:
    """Names of the source's joints that retargeting with this map would need and the clip lacks."""
    needed = {name: rig_map.joints.get(name) for name in NEEDED_JOINTS}
    return [source or name for name, source in needed.items() if find_joint(clip, source) < 0]


def read_source(clip: Clip, rig_map: RigMap) -> Source:
    if missing := missing_joints(clip, rig_map):
        raise KeyError(", ".join(missing))
    chosen = np.array([find_joint(clip, rig_map.joints.get(name)) for name in JOINTS])
    positions, world = clip_forward(clip)
    rest_positions, rest_world = clip_rest(clip)
    stand = stand_up(rest_positions[chosen])
    tips = np.full((clip.frames, JOINT_COUNT, 3), np.nan)
    for joint, name in enumerate(JOINTS):
        end = find_joint(clip, rig_map.tips.get(name))
        if end >= 0:
            tips[:, joint] = positions[:, end]
        elif chosen[joint] in clip.tips and chosen[joint] >= 0:
            bone = rot.rotate(world[:, chosen[joint]], clip.tips[chosen[joint]])
            tips[:, joint] = positions[:, chosen[joint]] + bone
    above_elbows = [clip.parents[chosen[INDEX[f"{side}_elbow"]]] for side in ("left", "right")]
    arm_turn = rot.multiply(world[:, above_elbows], rot.inverse(rest_world[above_elbows]))
    return Source(
        positions=rot.rotate(stand, positions[:, chosen]),
        world=rot.multiply(stand, world[:, chosen]),
        tips=rot.rotate(stand, tips),
        rest_positions=rot.rotate(stand, rest_positions[chosen]),
        rest_world=rot.multiply(stand, rest_world[chosen]),
        upper_arm_turn=rot.multiply(rot.multiply(stand, arm_turn), rot.inverse(stand)),
        present=chosen >= 0,
    )


def stand_up(rest: Array) -> Array:
    """The rotation that makes a rest pose [55, 3] stand along Y and face +Z; along the axes where it nearly does."""
    up = rest[INDEX["head"]] - rest[INDEX["pelvis"]]
    left = rest[INDEX["left_hip"]] - rest[INDEX["right_hip"]]
    for snap in (True, False):
        y = _axis(up) if snap else unit(up)
        x = left - np.dot(left, y) * y
        x = _axis(x) if snap else unit(x)
        matrix = np.stack([x, y, np.cross(x, y)])
        if abs(np.linalg.det(matrix) - 1) < 1e-6 and (not snap or min(unit(left) @ x, unit(up) @ y) > 0.9):
            return rot.from_matrix(matrix)
    return rot.identity()


def _axis(v: Array) -> Array:
    k = int(np.argmax(np.abs(v)))
    return np.eye(3)[k] * np.sign(v[k])


def unit(v: Array) -> Array:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12)


def bone_direction(points: Array, joint: str, end: str) -> Array:
    return unit(points[..., INDEX[end], :] - points[..., INDEX[joint], :])


def leg_length(points: Array) -> np.floating:
    chains = [[INDEX[f"{side}_{joint}"] for joint in ("hip", "knee", "ankle")] for side in ("left", "right")]
    return np.mean([np.linalg.norm(np.diff(points[chain], axis=0), axis=-1).sum() for chain in chains])


def frame_of(first: Array, towards: Array) -> Array:
    """Right-handed axes as columns [..., 3, 3]: first, then the part of `towards` at right angles to it."""
    second = unit(towards - np.sum(towards * first, axis=-1, keepdims=True) * first)
    return np.stack([first, second, np.cross(first, second)], axis=-1)
