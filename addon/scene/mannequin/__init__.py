"""The mannequin: the product's own figure, built in code for any body's proportions."""

from __future__ import annotations

import bpy
import numpy as np

from ...core.motion.arkit import ARKIT_SHAPES
from ...core.motion.body import Body
from ..materials import material
from ..mesh import create_mesh_object
from ..presets import load_preset
from .figure import body_parts
from .head import head_parts
from .parts import Part, joined
from .sculpt import Places


def create_mannequin(armature: bpy.types.Object, body: Body) -> bpy.types.Object:
    """The figure for this body as one mesh object: child of `armature`, deformed by it, with ARKit's 52 shape keys."""
    whole = build_mannequin(body)
    shapes = {name: whole.shapes.get(name) for name in ARKIT_SHAPES}
    name = f"{armature.name} Mannequin"
    made = create_mesh_object(name, armature, whole.vertices, whole.faces, whole.weights, shapes)
    table = load_preset("mannequin/materials")
    for used in whole.materials:
        made.data.materials.append(material(used, table[used]))
    made.data.polygons.foreach_set("material_index", whole.face_materials.astype(np.int32))
    return made


def build_mannequin(body: Body) -> Part:
    """The figure as arrays, in motion space: closed pieces, their weights, materials and blend shapes."""
    places = Places(body)
    head = head_parts(load_preset("mannequin/head"), load_preset("mannequin/shapes"), places)
    return joined(body_parts(load_preset("mannequin/body"), places) + head)
