"""From arrays to a mesh object that an armature deforms: faces, vertex groups, shape keys, Armature modifier."""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core.motion.rotations import Array
from .axes import points_to_blender

#: Game engines take four bones per vertex.
MOST_BONES = 4
#: A share below this is left out.
_LEAST_WEIGHT = 1e-3


def create_mesh_object(
    name: str,
    armature: bpy.types.Object,
    vertices: ArrayLike,
    faces: NDArray[np.integer],
    weights: Mapping[str, Array],
    shapes: Mapping[str, Array | None],
) -> bpy.types.Object:
    """A smooth mesh, child of `armature` and deformed by it, in the same collections.

    vertices [n, 3] in motion space; faces [m, 3], or [m, 4] with −1 as the last corner of a triangle; weights per bone
    [n]; shapes: offsets [n, 3] per shape key, None for one that moves nothing.
    """
    vertices = np.asarray(vertices, dtype=float)
    mesh = bpy.data.meshes.new(name)
    _fill(mesh, points_to_blender(vertices), faces)
    made = bpy.data.objects.new(name, mesh)
    for collection in armature.users_collection:
        collection.objects.link(made)
    made.parent = armature
    _add_weights(made, weights)
    _add_shape_keys(made, vertices, shapes)
    modifier = made.modifiers.new("Armature", "ARMATURE")
    modifier.object = armature
    return made


def _fill(mesh: bpy.types.Mesh, points: Array, faces: NDArray[np.integer]) -> None:
    used = faces >= 0
    sizes = used.sum(axis=1)
    mesh.vertices.add(len(points))
    mesh.vertices.foreach_set("co", _flat(points))
    mesh.loops.add(int(sizes.sum()))
    mesh.loops.foreach_set("vertex_index", faces[used].astype(np.int32))
    mesh.polygons.add(len(faces))
    mesh.polygons.foreach_set("loop_start", np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), dtype=bool))
    mesh.update(calc_edges=True)


def _flat(points: Array) -> NDArray[np.float32]:
    return np.ascontiguousarray(points, dtype=np.float32).ravel()


def limited(weights: Mapping[str, Array]) -> dict[str, Array]:
    """The four largest weights of every vertex, summing to 1."""
    table = np.stack(list(weights.values()), axis=1)
    if table.shape[1] > MOST_BONES:
        # by rank, not by value: equal weights must not let a fifth bone in
        rank = np.argsort(np.argsort(-table, axis=1, kind="stable"), axis=1, kind="stable")
        table = np.where(rank < MOST_BONES, table, 0.0)
    table = np.where(table < _LEAST_WEIGHT, 0.0, table)
    table /= np.maximum(table.sum(axis=1, keepdims=True), 1e-9)
    return dict(zip(weights, table.T, strict=True))


def _add_weights(made: bpy.types.Object, weights: Mapping[str, Array]) -> None:
    for bone, own in limited(weights).items():
        group = made.vertex_groups.new(name=bone)
        # vertices of equal weight go in together: most are 1, and each call has its price
        values, which = np.unique(np.round(own, 4), return_inverse=True)
        order = np.argsort(which, kind="stable")
        members = np.split(order, np.cumsum(np.bincount(which))[:-1])
        for value, numbers in zip(values, members, strict=True):
            if value > 0.0:
                group.add(numbers.tolist(), float(value), "REPLACE")


def _add_shape_keys(made: bpy.types.Object, rest: Array, offsets: Mapping[str, Array | None]) -> None:
    if not offsets:
        return
    made.shape_key_add(name="Basis", from_mix=False)
    for name, offset in offsets.items():
        key = made.shape_key_add(name=name, from_mix=False)
        key.value = 0.0  # it starts at 1.0 in Blender 5.0 and 5.2
        if offset is not None:
            key.data.foreach_set("co", _flat(points_to_blender(rest + offset)))
