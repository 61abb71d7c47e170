"""All of the mannequin below the head: the body's table, and the fingers along their joints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...core.motion.rotations import Array
from .clay import Cone, Lump, reach
from .parts import Part, mirrored, simple_part
from .sculpt import Places, capsule_rays, sculpted


def body_parts(document: Mapping[str, Any], places: Places) -> list[Part]:
    """Every part of presets/mannequin/body.json, both sides."""
    parts = [part for table in document["parts"].values() for part in sculpted(table, places)]
    return parts + finger_parts(document["fingers"], places)


def finger_parts(table: Mapping[str, Any], places: Places) -> list[Part]:
    """Three phalanges a finger (the thumb's first lies in its mount), round at the joints: a fist has no gaps."""
    left = []
    for finger, radii in table["radii"].items():
        for number in (1, 2, 3):
            if radii[number - 1] is not None:
                start, end = _phalanx(finger, number, places)
                thickness = np.array(radii[number - 1 : number + 1]) * places.scale
                if number > 1:  # round ends of one size would lie in each other, and their seam be ragged
                    thickness[0] *= table["root"]
                left.append(_phalanx_part(f"left_{finger}{number}", start, end, thickness, table))
    return left + [mirrored(part) for part in left]


def _phalanx(finger: str, number: int, places: Places) -> tuple[Array, Array]:
    joint = f"left_{finger}{number}"
    return places([joint]), places([f"left_{finger}{number + 1}" if number < 3 else f"tip:{joint}"])


def _phalanx_part(bone: str, start: Array, end: Array, radii: Array, table: Mapping[str, Any]) -> Part:
    along = (end - start) / np.linalg.norm(end - start)
    if bone.endswith("3"):
        end = end - along * radii[1]  # the tip is where the skin ends
    cone = Lump((Cone(start, end, float(radii[0]), float(radii[1]), np.ones(3)),), 0.0)
    origins, directions, faces = capsule_rays(start, end, table["rings"], table["segments"], table["cap_rings"])
    vertices = reach([cone], origins, directions)
    return simple_part(vertices, faces, table["material"], {bone: np.ones(len(vertices))})
