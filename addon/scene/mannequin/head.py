"""The head: skin, eyeballs, brows, ears, teeth and tongue, with the weights that open the jaw and the blend shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ...core.motion.rotations import Array
from .face import MATERIALS, HeadPlan, build_skin
from .face_shapes import Points, shape_offsets
from .parts import Part, mirrored, simple_part
from .sculpt import Places, sculpted, smooth_line, swept, tube_faces


def head_parts(document: Mapping[str, Any], shapes: Mapping[str, Any], places: Places) -> list[Part]:
    """Every part above the neck, with its blend shapes."""
    plan = HeadPlan(document, places)
    skin = build_skin(plan)
    jaw = jaw_share(plan, skin.vertices, skin.lip)
    skin_part = Part(skin.vertices, skin.faces, MATERIALS, skin.face_materials, {"head": 1.0 - jaw, "jaw": jaw})
    points = _points(plan, skin.vertices, skin.lip, jaw, lids=True)
    skin_part = replace(skin_part, shapes=shape_offsets(plan, shapes, points))
    brow, eye, tongue = brow_part(plan), eyeball(plan), tongue_part(plan)
    brow = replace(brow, shapes=shape_offsets(plan, shapes, _still_points(plan, brow.vertices)))
    tongue = replace(tongue, shapes=shape_offsets(plan, shapes, _tongue_points(tongue.vertices)))
    ears = [part for table in document["parts"].values() for part in sculpted(table, places)]
    return [skin_part, brow, mirrored(brow), eye, mirrored(eye), tongue, *teeth_parts(plan), *ears]


def _points(plan: HeadPlan, positions: Array, lip: Array, jaw: Array, *, lids: bool) -> Points:
    lower = jaw_share(plan, positions, lip, throat=False)
    as_upper = jaw_share(plan, positions, np.ones(len(positions)))
    return Points(positions, jaw, lower, as_upper, np.zeros(len(positions)), lids)


def _still_points(plan: HeadPlan, positions: Array) -> Points:
    none = np.zeros(len(positions))
    return _points(plan, positions, none, none, lids=False)


def _tongue_points(positions: Array) -> Points:
    z = positions[:, 2]
    forward = (z - z.min()) / (z.max() - z.min())
    none = np.zeros(len(positions))
    # pushes of the skin do not reach the tongue: it lies behind the teeth
    far = np.full_like(positions, 1e3)
    return Points(far, none, none, none, forward, lids=False)


def jaw_share(plan: HeadPlan, points: Array, lip: Array, *, throat: bool = True) -> Array:
    """How much of each point the jaw carries: all of chin and lower lip, half of the mouth's corners.

    lip [n]: +1 for points of the upper lip's edge, −1 for the lower one's, 0 elsewhere.
    throat: whether it fades out under the chin.
    """
    jaw, scale = plan.document["jaw"], plan.scale
    joint, mouth = plan.places(["jaw"]), plan.mouth_centre
    # the line between upper and lower face runs from the jaw's joint to the mouth's corners
    corner_z = mouth[2] - plan.metres("mouth", "corner_back_m")
    forward = np.clip((points[:, 2] - joint[2]) / (corner_z - joint[2]), 0.0, 1.0)
    spread = jaw["spread_m"] * scale * (1.0 + 1.2 * (1.0 - forward))
    across = np.abs(points[:, 0] - mouth[0]) / plan.metres("mouth", "half_width_m")
    line = joint[1] + forward * (mouth[1] - joint[1])
    line -= forward * plan.metres("mouth", "corner_drop_m") * np.minimum(across, 1.2) ** 2
    above = points[:, 1] - line
    side = np.where(lip != 0, lip, np.sign(above))
    parted = spread * (1.0 - np.minimum(across, 1.0) ** 2.4) * _smooth((forward - 0.2) / 0.5)
    share = _smooth(0.5 - (above + side * parted) / (2.0 * spread))
    if not throat:
        return share
    start, end = (plan.places(place)[2] for place in jaw["throat"])
    return share * _smooth((points[:, 2] - start) / (end - start))


def _smooth(t: Array) -> Array:
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def eyeball(plan: HeadPlan, rings: int = 11, segments: int = 20) -> Part:
    """The left eye: rings from its pupil to its back."""
    radius = plan.metres("eye", "ball_radius_m")
    angle = np.concatenate([np.radians([11.0, 27.0, 29.5]), np.linspace(np.radians(38), np.radians(170), rings - 3)])
    turn = np.arange(segments) * (2 * np.pi / segments)
    across, up = np.sin(angle)[:, None] * np.cos(turn), np.sin(angle)[:, None] * np.sin(turn)
    ring = np.stack([across, up, np.broadcast_to(np.cos(angle)[:, None], across.shape)], axis=-1)
    vertices = np.concatenate([[[0.0, 0.0, 1.0]], ring.reshape(-1, 3), [[0.0, 0.0, -1.0]]]) * radius + plan.eye_centre
    faces = tube_faces(rings, segments)
    faces = np.where(faces[:, 3:] < 0, faces[:, [2, 1, 0, 3]], faces[:, ::-1])
    paint = np.repeat([2, 1, 2], segments)
    paint = np.concatenate([paint, np.zeros(len(faces) - len(paint), dtype=np.int64)])
    weights = {"left_eye_smplhf": np.ones(len(vertices))}
    return Part(vertices, faces, ("Sclera", "Iris", "Pupil"), paint, weights)


def brow_part(plan: HeadPlan) -> Part:
    """The left brow: a strip that lies on the forehead."""
    brow = plan.document["brow"]
    line = smooth_line(np.array(brow["line_m"]) * plan.scale, brow["rings"])
    t = np.linspace(0.0, 1.0, len(line))
    guess = plan.places(["eyes"]) + np.concatenate([line, np.zeros((len(line), 1))], axis=1)
    spine = plan.surface(plan.flat(guess))
    outwards = spine - plan.centre
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    height = np.interp(t, np.linspace(0, 1, len(brow["height_m"])), brow["height_m"]) * plan.scale
    depth = np.full_like(height, brow["depth_m"] * plan.scale)
    vertices, faces = swept(spine + outwards * brow["lift_m"] * plan.scale, outwards, depth, height, brow["segments"])
    return simple_part(vertices, faces, "Brows", {"head": np.ones(len(vertices))})


def teeth_parts(plan: HeadPlan) -> list[Part]:
    """An upper arch that the skull carries and a lower one that the jaw carries."""
    out = []
    for bone, table in plan.document["teeth"].items():
        turn = np.linspace(-np.pi / 2, np.pi / 2, table["rings"])
        width, depth = np.array(table["arch_m"]) * plan.scale
        arch = np.stack([width * np.sin(turn), np.zeros_like(turn), depth * np.cos(turn)], axis=-1)
        away = np.stack([np.sin(turn), np.zeros_like(turn), np.cos(turn)], axis=-1)
        thick, high = (np.full(len(turn), size * plan.scale) for size in table["section_m"])
        vertices, faces = swept(plan.places(table["at"]) + arch, away, thick, high, table["segments"])
        out.append(simple_part(vertices, faces, "Teeth", {bone: np.ones(len(vertices))}))
    return out


def tongue_part(plan: HeadPlan) -> Part:
    """A tongue that the jaw carries."""
    (part,) = sculpted(plan.document["tongue"], plan.places)
    return part
