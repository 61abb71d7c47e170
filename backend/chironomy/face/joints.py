"""Jaw and eyes as joints: how far the shapes' full movements turn them. The one place for these angles."""

import numpy as np

from ..motion import rotations as rot
from ..motion.arkit import SHAPE_INDEX
from ..motion.rotations import Array

#: jawOpen = 1 turns the jaw by this about +X (the chin goes down and back).
JAW_OPEN_RAD = np.radians(22.0)
#: jawLeft = 1 turns it by this about +Y, towards the body's left; jawRight by its opposite.
JAW_SIDE_RAD = np.radians(6.0)
#: eyeLookIn and eyeLookOut = 1 turn an eye by this about ±Y.
LOOK_SIDE_RAD = np.radians(30.0)
#: eyeLookUp = 1 turns an eye by this about −X.
LOOK_UP_RAD = np.radians(25.0)
#: eyeLookDown = 1 turns an eye by this about +X.
LOOK_DOWN_RAD = np.radians(30.0)


def jaw_rotations(shapes: Array) -> Array:
    """Local rotations [T, 4] of the jaw for blend shapes [T, 52]."""
    side = _column(shapes, "jawLeft") - _column(shapes, "jawRight")
    return rot.multiply(rot.about("y", JAW_SIDE_RAD * side), rot.about("x", JAW_OPEN_RAD * _column(shapes, "jawOpen")))


def eye_rotations(shapes: Array, side: str) -> Array:
    """Local rotations [T, 4] of the "Left" or "Right" eye for blend shapes [T, 52]."""
    outwards = _column(shapes, f"eyeLookOut{side}") - _column(shapes, f"eyeLookIn{side}")
    yaw = LOOK_SIDE_RAD * outwards * (1.0 if side == "Left" else -1.0)
    pitch = LOOK_DOWN_RAD * _column(shapes, f"eyeLookDown{side}") - LOOK_UP_RAD * _column(shapes, f"eyeLookUp{side}")
    return rot.multiply(rot.about("y", yaw), rot.about("x", pitch))


def write_gaze(shapes: Array, yaw_rad: Array, pitch_rad: Array) -> None:
    """Writes one gaze for both eyes into shapes [T, 52]; yaw [T] to the body's left, pitch [T] downwards.

    The shapes carry the lids too: ARKit's eyeLookUp and eyeLookDown mean the lids that follow such a gaze.
    """
    left, up = yaw_rad / LOOK_SIDE_RAD, -pitch_rad / LOOK_UP_RAD
    for side, outwards in (("Left", left), ("Right", -left)):
        shapes[:, SHAPE_INDEX[f"eyeLookOut{side}"]] = np.clip(outwards, 0.0, 1.0)
        shapes[:, SHAPE_INDEX[f"eyeLookIn{side}"]] = np.clip(-outwards, 0.0, 1.0)
        shapes[:, SHAPE_INDEX[f"eyeLookUp{side}"]] = np.clip(up, 0.0, 1.0)
        shapes[:, SHAPE_INDEX[f"eyeLookDown{side}"]] = np.clip(pitch_rad / LOOK_DOWN_RAD, 0.0, 1.0)


def _column(shapes: Array, name: str) -> Array:
    return shapes[:, SHAPE_INDEX[name]]
