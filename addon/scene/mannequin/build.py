"""From parts to one mesh object in Blender: faces, materials, vertex groups, shape keys, Armature modifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import bpy
import numpy as np

from ...core.motion.rotations import Array
from ..axes import points_to_blender
from .materials import material
from .parts import Part

#: Game engines take four bones per vertex.
MOST_BONES = 4


def build_object(
    name: str, armature: bpy.types.Object, part: Part, materials: Mapping[str, Any], shape_names: Sequence[str]
) -> bpy.types.Object:
    """A mesh object that `armature` deforms, a child of it, in the same collections."""
    mesh = _mesh(name, part, materials)
    made = bpy.data.objects.new(name, mesh)
    for collection in armature.users_collection:
        collection.objects.link(made)
    made.parent = armature
    add_weights(made, part.weights)
    add_shape_keys(made, part.vertices, {shape: part.shapes.get(shape) for shape in shape_names})
    modifier = made.modifiers.new("Armature", "ARMATURE")
    modifier.object = armature
    return made


def _mesh(name: str, part: Part, materials: Mapping[str, Any]) -> bpy.types.Mesh:
    mesh = bpy.data.meshes.new(name)
    fill_mesh(mesh, points_to_blender(part.vertices), part.faces)
    for used in part.materials:
        mesh.materials.append(material(used, materials[used]))
    mesh.polygons.foreach_set("material_index", part.face_materials.astype(np.int32))
    return mesh


def fill_mesh(mesh: bpy.types.Mesh, points: Array, faces: np.ndarray) -> None:
    """Vertices (Blender's axes) and smooth faces, quads [n, 4] with −1 as the last corner of a triangle."""
    used = faces >= 0
    sizes = used.sum(axis=1)
    mesh.vertices.add(len(points))
    mesh.vertices.foreach_set("co", np.ascontiguousarray(points, dtype=np.float32).ravel())
    mesh.loops.add(int(sizes.sum()))
    mesh.loops.foreach_set("vertex_index", faces[used].astype(np.int32))
    mesh.polygons.add(len(faces))
    mesh.polygons.foreach_set("loop_start", np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), dtype=bool))
    mesh.update(calc_edges=True)


def limited(weights: Mapping[str, Array]) -> dict[str, Array]:
    """The four largest weights of every vertex, summing to 1; a trace under 0.1 % is none."""
    table = np.stack(list(weights.values()), axis=1)
    if table.shape[1] > MOST_BONES:
        fourth = -np.partition(-table, MOST_BONES - 1, axis=1)[:, MOST_BONES - 1 : MOST_BONES]
        table = np.where(table >= fourth, table, 0.0)
    table = np.where(table < 1e-3, 0.0, table)
    table /= table.sum(axis=1, keepdims=True)
    return dict(zip(weights, table.T, strict=True))


def add_weights(made: bpy.types.Object, weights: Mapping[str, Array]) -> None:
    """Vertex groups named as the bones. One call per group and weight, most vertices being whole."""
    for bone, own in limited(weights).items():
        group = made.vertex_groups.new(name=bone)
        values, which = np.unique(np.round(own, 4), return_inverse=True)
        for number, value in enumerate(values):
            if value > 0.0:
                group.add(np.flatnonzero(which == number).tolist(), float(value), "REPLACE")


def add_shape_keys(made: bpy.types.Object, rest: Array, offsets: Mapping[str, Array | None]) -> None:
    """A Basis and one key per name, at 0 (new keys start at 1.0 in Blender 5.0)."""
    made.shape_key_add(name="Basis", from_mix=False)
    for name, offset in offsets.items():
        key = made.shape_key_add(name=name, from_mix=False)
        key.value = 0.0
        if offset is not None:
            moved = points_to_blender(rest + offset)
            key.data.foreach_set("co", np.ascontiguousarray(moved, dtype=np.float32).ravel())
