"""Fingers: five times four numbers, from named hand shapes, to the rotations of fifteen joints."""

import numpy as np

from ...motion import rotations as rot
from ...motion.body import Body
from ...motion.rotations import Array
from ...motion.skeleton import FINGERS, INDEX

#: The order of fingers in a hand shape; each has four numbers in radians:
#: bend of the three joints and spread (away from the middle finger); for the thumb: opposition (the thumb swings
#: under the palm), bend of the second and third joint, and closing (towards the index finger).
SHAPE_FINGERS = ("index", "middle", "ring", "pinky", "thumb")
SHAPE_NUMBERS = 4 * len(SHAPE_FINGERS)

_SPREAD_SIGN = {"index": -1.0, "middle": -0.3, "ring": 1.0, "pinky": 1.0}


def _bone(body: Body, side: str, start: str, end: str) -> Array:
    bone = body.rest_joints[INDEX[f"{side}_{end}"]] - body.rest_joints[INDEX[f"{side}_{start}"]]
    return bone / np.linalg.norm(bone)


def _bend_axis(bone: Array, towards: Array) -> Array:
    axis = np.cross(bone, towards)
    return axis / np.linalg.norm(axis)


def finger_rotations(body: Body, side: str, shape: Array) -> Array:
    """shape [T, 20] to local rotations [T, 15, 4] in SMPL-X's order of fingers."""
    mirror = 1.0 if side == "left" else -1.0
    out = np.empty((len(shape), 15, 4))
    for place, finger in enumerate(FINGERS):
        number = 4 * SHAPE_FINGERS.index(finger)
        first, second, third, fourth = shape[:, number : number + 4].T
        if finger == "thumb":
            bone = _bone(body, side, "thumb1", "thumb2")
            # the pad of the thumb looks down and towards the fingers
            axis = _bend_axis(bone, np.array([0.55 * mirror, -0.70, -0.45]))
            opposition = rot.about(np.array([mirror, 0.0, 0.0]), first * mirror)
            closing = rot.about(np.array([0.0, mirror, 0.0]), fourth)
            joints = [rot.multiply(opposition, closing), rot.about(axis, second), rot.about(axis, third)]
        else:
            axis = _bend_axis(_bone(body, side, f"{finger}1", f"{finger}2"), np.array([0.0, -1.0, 0.0]))
            spread = rot.about(np.array([0.0, mirror * _SPREAD_SIGN[finger], 0.0]), fourth)
            joints = [rot.multiply(spread, rot.about(axis, first)), rot.about(axis, second), rot.about(axis, third)]
        out[:, 3 * place : 3 * place + 3] = np.stack(joints, axis=1)
    return out
