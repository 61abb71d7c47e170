"""The head: skin, eyeballs, brows, ears, teeth and tongue, with the weights that open the jaw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...core.motion.rotations import Array
from .face import MATERIALS, HeadPlan, Skin, build_skin
from .parts import Part, mirrored
from .sculpt import Places, tube_faces


def head_parts(document: Mapping[str, Any], places: Places) -> list[Part]:
    """Every part above the neck."""
    plan = HeadPlan(document, places)
    skin = build_skin(plan)
    jaw = jaw_share(plan, skin.vertices, skin.lip)
    skin_part = Part(skin.vertices, skin.faces, MATERIALS, skin.face_materials, {"head": 1.0 - jaw, "jaw": jaw})
    eye = eyeball(plan)
    return [skin_part, eye, mirrored(eye)]


def jaw_share(plan: HeadPlan, points: Array, lip: Array) -> Array:
    """How much of each point the jaw carries: all of chin and lower lip, half of the mouth's corners."""
    jaw, scale = plan.document["jaw"], plan.scale
    joint, mouth = plan.places(["jaw"]), plan.mouth_centre
    # the line between upper and lower face runs from the jaw's joint to the mouth's corners
    corner_z = mouth[2] - plan.metres("mouth", "corner_back_m")
    forward = np.clip((points[:, 2] - joint[2]) / (corner_z - joint[2]), 0.0, 1.0)
    line = joint[1] + forward * (mouth[1] - joint[1])
    spread = jaw["spread_m"] * scale * (1.0 + 1.2 * (1.0 - forward))
    across = np.abs(points[:, 0] - mouth[0]) / plan.metres("mouth", "half_width_m")
    above = points[:, 1] - line
    side = np.where(lip != 0, lip, np.sign(above))
    parted = spread * (1.0 - _smooth(across)) * (forward > 0.5)
    share = _smooth(0.5 - (above + side * parted) / (2.0 * spread))
    start, end = (plan.places(place)[2] for place in jaw["throat"])
    return share * _smooth((points[:, 2] - start) / (end - start))


def _smooth(t: Array) -> Array:
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def eyeball(plan: HeadPlan, rings: int = 16, segments: int = 24) -> Part:
    """The left eye: rings from its pupil to its back."""
    radius = plan.metres("eye", "ball_radius_m")
    angle = np.concatenate([np.radians([11.0, 27.0, 29.5]), np.linspace(np.radians(38), np.radians(170), rings - 3)])
    turn = np.arange(segments) * (2 * np.pi / segments)
    ring = np.stack(
        [
            np.sin(angle)[:, None] * np.cos(turn),
            np.sin(angle)[:, None] * np.sin(turn),
            np.broadcast_to(np.cos(angle)[:, None], (rings, segments)),
        ],
        axis=-1,
    )
    vertices = np.concatenate([[[0.0, 0.0, 1.0]], ring.reshape(-1, 3), [[0.0, 0.0, -1.0]]]) * radius + plan.eye_centre
    faces = tube_faces(rings, segments)
    faces = np.where(faces[:, 3:] < 0, faces[:, [2, 1, 0, 3]], faces[:, ::-1])
    paint = np.concatenate([np.full(segments, 2), np.full(segments, 1), np.full(segments, 2)])
    paint = np.concatenate([paint, np.zeros(len(faces) - len(paint), dtype=np.int64)])
    weights = {"left_eye_smplhf": np.ones(len(vertices))}
    return Part(vertices, faces, ("Sclera", "Iris", "Pupil"), paint, weights)
