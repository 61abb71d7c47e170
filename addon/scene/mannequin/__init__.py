"""The mannequin: the product's own figure, built in code for any body's proportions."""

from __future__ import annotations

import bpy

from ...core.motion.arkit import ARKIT_SHAPES
from ...core.motion.body import Body
from ..presets import load_preset
from .build import build_object
from .figure import body_parts
from .head import head_parts
from .parts import joined
from .sculpt import Places


def create_mannequin(armature: bpy.types.Object, body: Body) -> bpy.types.Object:
    """The figure for this body as one mesh object: child of `armature`, deformed by it, with ARKit's 52 shape keys."""
    places = Places(body)
    head = head_parts(load_preset("mannequin/head"), load_preset("mannequin/shapes"), places)
    parts = body_parts(load_preset("mannequin/body"), places) + head
    materials = load_preset("mannequin/materials")
    return build_object(f"{armature.name} Mannequin", armature, joined(parts), materials, ARKIT_SHAPES)
