"""The surface of the user's own SMPL-X model, in the mannequin's place."""

from typing import Protocol

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core.motion.rotations import Array
from ..core.motion.skeleton import JOINTS
from .materials import material
from .mesh import create_mesh_object
from .presets import load_preset

#: Expression coefficients are standard deviations: ±3 is usual, shape keys stop at ±10.
_EXPRESSION_RANGE = 5.0


class Surface(Protocol):
    """What is needed of a model; motion space, metres."""

    @property
    def vertices(self) -> Array:
        """[V, 3], in rest pose."""
        ...

    @property
    def faces(self) -> NDArray[np.integer]:
        """[F, 3]."""
        ...

    @property
    def weights(self) -> Array:
        """[V, 55]."""
        ...

    @property
    def expressions(self) -> Array:
        """[V, 3, E], how far a coefficient of 1 moves each vertex."""
        ...


def create_surface(armature: bpy.types.Object, surface: Surface) -> bpy.types.Object:
    """One mesh object: child of `armature` (made from the same model's body), with shape keys Exp000, Exp001, …"""
    weights = {name: surface.weights[:, i] for i, name in enumerate(JOINTS) if surface.weights[:, i].any()}
    shapes = {expression_key(number): shape for number, shape in enumerate(np.moveaxis(surface.expressions, -1, 0))}
    name = f"{armature.name} Surface"
    made = create_mesh_object(name, armature, surface.vertices, surface.faces, weights, shapes)
    made.data.materials.append(material("Skin", load_preset("mannequin/materials")["Skin"]))
    for shape in shapes:
        key = made.data.shape_keys.key_blocks[shape]
        key.slider_min, key.slider_max = -_EXPRESSION_RANGE, _EXPRESSION_RANGE
    return made


def expression_key(number: int) -> str:
    """The name of an expression's shape key."""
    return f"Exp{number:03d}"
