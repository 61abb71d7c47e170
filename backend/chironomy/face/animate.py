"""The face of a take: what it says, and that it is alive."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..motion.arkit import ARKIT_SHAPES, SHAPE_INDEX
from ..motion.rotations import Array
from ..presets import load_preset
from ..speech.types import Speech
from .brows import brow_raise
from .eyes import blink_curve, blink_times, gaze_rad, slow_drift
from .joints import eye_rotations, jaw_rotations, write_gaze
from .mouth import mouth_shapes
from .randomness import Stream, generator
from .segments import phrase_ends, segments_of
from .visemes import shape_vector, visemes

_LEFT = [SHAPE_INDEX[name] for name in ARKIT_SHAPES if name.startswith(("mouth", "brow")) and name.endswith("Left")]
_RIGHT = [SHAPE_INDEX[ARKIT_SHAPES[column][: -len("Left")] + "Right"] for column in _LEFT]


@dataclass(frozen=True)
class FaceTrack:
    """A face over time; the joints say the same as the shapes (see joints.py for the angles)."""

    shapes: Array
    """[T, 52], ARKit's blend shapes, 0…1, in the order of motion.arkit.ARKIT_SHAPES."""
    jaw: Array
    """[T, 4], local rotations in motion space, (w, x, y, z)."""
    left_eye: Array
    """[T, 4]."""
    right_eye: Array
    """[T, 4]."""


def animate_face(speech: Speech, frames: int, fps: float, seed: int) -> FaceTrack:
    """The face for a speech: frame k shows the time k / fps. Equal arguments give equal tracks."""
    style = load_preset("face")
    table = visemes()
    shapes = mouth_shapes(segments_of(speech, table), frames, fps, table)
    shapes += brow_raise(speech, frames, fps, seed, style["brows"])[:, None] * shape_vector(style["brows"]["shapes"])
    _add_life(shapes, fps, seed, style["life"])
    _add_asymmetry(shapes, seed, style["life"]["asymmetry"])
    write_gaze(shapes, *gaze_rad(frames, fps, seed, style["gaze"]))
    _add_blinks(shapes, speech, fps, seed, style["blinks"])
    np.clip(shapes, 0.0, 1.0, out=shapes)
    return FaceTrack(shapes, jaw_rotations(shapes), eye_rotations(shapes, "Left"), eye_rotations(shapes, "Right"))


def _add_life(shapes: Array, fps: float, seed: int, style: dict[str, Any]) -> None:
    random = generator(seed, Stream.LIFE)
    for name, (mean, amplitude) in style["drift"].items():
        shapes[:, SHAPE_INDEX[name]] += mean + amplitude * slow_drift(len(shapes), fps, random)
    for side in ("Left", "Right"):  # a smile reaches the cheeks
        smile = shapes[:, SHAPE_INDEX[f"mouthSmile{side}"]]
        shapes[:, SHAPE_INDEX[f"cheekSquint{side}"]] += style["cheek_squint_with_smile"] * smile


def _add_asymmetry(shapes: Array, seed: int, amount: float) -> None:
    """No face is quite symmetric: the same few per cent throughout a take."""
    factor = generator(seed, Stream.ASYMMETRY).uniform(-amount, amount, len(_LEFT))
    shapes[:, _LEFT] *= 1.0 + factor
    shapes[:, _RIGHT] *= 1.0 - factor


def _add_blinks(shapes: Array, speech: Speech, fps: float, seed: int, style: dict[str, Any]) -> None:
    ends = np.array([speech.words[number].end_s for number in phrase_ends(speech.words)])
    shut = blink_curve(blink_times(ends, len(shapes) / fps, seed, style), len(shapes), fps, style)
    for side in ("Left", "Right"):
        shapes[:, SHAPE_INDEX[f"eyeBlink{side}"]] = shut
        for name in ("eyeSquint", "eyeWide"):  # shut lids are neither narrowed nor widened
            shapes[:, SHAPE_INDEX[name + side]] *= 1.0 - shut
