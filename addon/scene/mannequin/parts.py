"""A closed piece of mesh with its weights, its mirror image, and many pieces as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...core.motion.rotations import Array

Faces = NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """Vertices in motion space; faces as quads [n, 4], triangles with the last corner −1."""

    vertices: Array
    faces: Faces
    materials: tuple[str, ...]
    """Names of the materials used."""
    face_materials: NDArray[np.int64]
    """Per face, which of `materials`."""
    weights: dict[str, Array]
    """Per bone [n], summing to 1 over the bones."""
    shapes: dict[str, Array] = field(default_factory=dict)
    """Per shape key, offsets [n, 3]; a shape that is not here does not move the part."""


def simple_part(vertices: Array, faces: Faces, material: str, weights: dict[str, Array]) -> Part:
    """A part of one material."""
    return Part(vertices, faces, (material,), np.zeros(len(faces), dtype=np.int64), weights)


def other_side(name: str) -> str:
    """left_… to right_… and …Left to …Right."""
    if name.startswith("left_"):
        return "right_" + name[5:]
    return name[:-4] + "Right" if name.endswith("Left") else name


def mirrored(part: Part) -> Part:
    """The right-hand image of a left-hand part, faces still facing outwards."""
    turned = np.where(part.faces[:, 3:] < 0, part.faces[:, [2, 1, 0, 3]], part.faces[:, ::-1])
    flip = np.array([-1.0, 1.0, 1.0])
    return Part(
        part.vertices * flip,
        turned,
        part.materials,
        part.face_materials,
        {other_side(bone): weight for bone, weight in part.weights.items()},
        {other_side(shape): offsets * flip for shape, offsets in part.shapes.items()},
    )


def joined(parts: Sequence[Part]) -> Part:
    """All parts as one, in their order."""
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    total = int(starts[-1])
    materials = tuple(dict.fromkeys(name for part in parts for name in part.materials))
    weights: dict[str, Array] = {}
    shapes: dict[str, Array] = {}
    for part, start in zip(parts, starts, strict=False):
        here = slice(start, start + len(part.vertices))
        for bone, own in part.weights.items():
            weights.setdefault(bone, np.zeros(total))[here] = own
        for shape, own in part.shapes.items():
            shapes.setdefault(shape, np.zeros((total, 3)))[here] = own
    return Part(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([np.where(part.faces < 0, -1, part.faces + start) for part, start in zip(parts, starts)]),  # noqa: B905
        materials,
        np.concatenate([np.array([materials.index(m) for m in p.materials])[p.face_materials] for p in parts]),
        weights,
        shapes,
    )
