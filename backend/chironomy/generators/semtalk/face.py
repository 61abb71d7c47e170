"""The face: what the network says of it, and what it leaves open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...face.animate import animate_face
from ...face.joints import JAW_OPEN_RAD, JAW_SIDE_RAD, jaw_rotations
from ...formats.take import EXPRESSION_COUNT
from ...motion import rotations as rot
from ...motion.arkit import SHAPE_INDEX
from ...motion.rotations import Array
from ...nets.config import PartConfig
from ...speech.types import Speech

_EYES = [number for name, number in SHAPE_INDEX.items() if name.startswith(("eyeLook", "eyeBlink"))]


@dataclass(frozen=True)
class Face:
    """The face of T frames; joints and shapes say the same."""

    shapes: Array
    """[T, 52]"""
    expressions: Array
    """[T, 100], or [0, 100] where the model makes none."""
    jaw: Array
    """[T, 4]"""
    left_eye: Array
    right_eye: Array


def face_of(layout: PartConfig, jaw: Array, extra: Array, speech: Speech, fps: float, seed: int) -> Face:
    """SMPL-X expressions and jaw, or ARKit's shapes, from the network; eyes and blinks, and for a model of SMPL-X the
    shapes too, from the phones (face.animate).

    jaw [T, 4] and extra [T, E] are what the network says.
    """
    track = animate_face(speech, len(extra), fps, seed)
    shapes, expressions = track.shapes, np.zeros((0, EXPRESSION_COUNT))
    if layout.extra == "arkit":
        eyes = shapes[:, _EYES]
        shapes = np.clip(extra, 0.0, 1.0)
        shapes[:, _EYES] = eyes
        jaw = jaw_rotations(shapes)
    elif layout.extra == "expressions":
        expressions = extra
        _open_jaw(shapes, jaw)
    else:
        jaw = track.jaw
    return Face(shapes, expressions, jaw, track.left_eye, track.right_eye)


def _open_jaw(shapes: Array, jaw: Array) -> None:
    """Writes the jaw's rotation [T, 4] into the shapes [T, 52] that stand for it; inverse of face.joints."""
    turn = rot.to_euler(jaw, "yxz")
    shapes[:, SHAPE_INDEX["jawOpen"]] = np.clip(turn[:, 1] / JAW_OPEN_RAD, 0.0, 1.0)
    shapes[:, SHAPE_INDEX["jawLeft"]] = np.clip(turn[:, 0] / JAW_SIDE_RAD, 0.0, 1.0)
    shapes[:, SHAPE_INDEX["jawRight"]] = np.clip(-turn[:, 0] / JAW_SIDE_RAD, 0.0, 1.0)
