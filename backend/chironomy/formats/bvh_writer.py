"""BVH out: the 55 joints of a body, for Blender, Maya, MotionBuilder and game engines.

The format does not say its unit of length. Blender's importer takes numbers as metres, which is therefore the default;
Maya and MotionBuilder, and Unreal and most BVH libraries with them, take them as centimetres: give unit_m=0.01 for
these. Y is up and the body faces +Z, which all importers expect.
"""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import ArrayLike

from ..errors import UserError
from ..motion import rotations as rot
from ..motion.body import Body
from ..motion.rotations import Array
from ..motion.skeleton import JOINT_COUNT, JOINTS, PARENTS
from .atomic import replacing

METRES = 1.0
CENTIMETRES = 0.01
#: The commonest order in BVH files; the middle angle, which must stay clear of ±90°, is a bend forward or sideways.
_ORDER = "zxy"


def write_bvh(
    path: str | os.PathLike[str],
    rotations: ArrayLike,
    translation: ArrayLike,
    body: Body,
    fps: float,
    unit_m: float = METRES,
) -> None:
    """Writes local rotations [T, 55, 4] and a translation [T, 3] (metres, added to the pelvis at rest) as BVH.

    Angles run on from frame to frame without jumps of 360° or over the poles, so that tools may interpolate them.
    Raises UserError where there is no motion, a number is not finite, or the file cannot be written.
    """
    rotations, translation = np.asarray(rotations, dtype=float), np.asarray(translation, dtype=float)
    if not len(rotations) or not (np.isfinite(rotations).all() and np.isfinite(translation).all()):
        raise UserError(f"{path}: there is no motion of finite numbers to write: generate it again")
    order = _depth_first()
    angles = np.degrees(continuous_euler(rotations[:, order], _ORDER))
    travel = (translation + body.rest_joints[0]) / unit_m
    values = np.concatenate([travel, angles.reshape(len(angles), -1)], axis=1)
    row = " ".join(["%.6f"] * values.shape[1]) + "\n"
    header = "\n".join(_hierarchy(body, unit_m))
    motion = f"MOTION\nFrames: {len(values)}\nFrame Time: {1 / fps:.12f}\n"
    with replacing(path) as temporary:
        # one format for all rows: about ten times as fast as numpy's savetxt
        rows = (row * len(values)) % tuple(values.ravel().tolist())
        temporary.write_text(f"{header}\n{motion}{rows}", encoding="ascii", newline="\n")


def continuous_euler(rotations: Array, order: str) -> Array:
    """Euler angles [T, ..., 3], radians, of rotations [T, ..., 4], free of jumps along time.

    Every rotation has two triples of angles (and those a full turn away); of these the one nearest to the frame before
    is taken.
    """
    angles = rot.to_euler(rotations, order)
    other = np.stack([angles[..., 0] + np.pi, np.pi - angles[..., 1], angles[..., 2] + np.pi], axis=-1)
    stay = np.abs(_wrap(angles[1:] - angles[:-1])).sum(axis=-1)
    switch = np.abs(_wrap(other[1:] - angles[:-1])).sum(axis=-1)
    # the two triples mirror each other, so from one `other` to the next is as far as between the first ones
    switched = np.concatenate([np.zeros_like(stay[:1], dtype=bool), np.cumsum(switch < stay, axis=0) % 2 == 1])
    if len(angles) == 1:
        return angles
    return np.unwrap(np.where(switched[..., None], other, angles), axis=0)


def _wrap(angle: Array) -> Array:
    return (angle + np.pi) % (2 * np.pi) - np.pi


def _children(joint: int) -> list[int]:
    return [child for child in range(JOINT_COUNT) if PARENTS[child] == joint]


def _depth_first() -> list[int]:
    """The joints in the order in which BVH lists them."""
    order: list[int] = []
    waiting = [0]
    while waiting:
        order.append(waiting.pop())
        waiting.extend(reversed(_children(order[-1])))
    return order


def _hierarchy(body: Body, unit_m: float, joint: int = 0, depth: int = 0) -> list[str]:
    tab, inner = "\t" * depth, "\t" * (depth + 1)
    rest = body.rest_joints / unit_m
    angles = " ".join(f"{axis.upper()}rotation" for axis in _ORDER)
    if depth == 0:
        start = ["HIERARCHY", f"ROOT {JOINTS[joint]}"]
        offset, channels = rest[joint], f"6 Xposition Yposition Zposition {angles}"
    else:
        start = [f"{tab}JOINT {JOINTS[joint]}"]
        offset, channels = rest[joint] - rest[PARENTS[joint]], f"3 {angles}"
    lines = [*start, f"{tab}{{", f"{inner}OFFSET {_numbers(offset)}", f"{inner}CHANNELS {channels}"]
    for child in _children(joint):
        lines += _hierarchy(body, unit_m, child, depth + 1)
    if not _children(joint):
        tip = np.asarray(body.tips[JOINTS[joint]]) / unit_m - rest[joint]
        lines += [f"{inner}End Site", f"{inner}{{", f"{inner}\tOFFSET {_numbers(tip)}", f"{inner}}}"]
    return [*lines, f"{tab}}}"]


def _numbers(vector: Array) -> str:
    return " ".join(f"{value:.6f}" for value in vector)
