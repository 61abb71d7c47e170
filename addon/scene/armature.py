"""The SMPL-X armature: 55 bones that lie along the limbs, with rolls that animators expect.

Every bone bends about its local X axis: +X closes elbow, knee, hand, fingers and thumb, bends spine, neck and head
forward, and opens the jaw. Left and right are mirror images in Blender's sense, so *Paste Flipped* works and one
value means the same on both sides.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import bpy
import numpy as np
from mathutils import Vector

from ..core.motion.body import Body
from ..core.motion.rotations import Array
from ..core.motion.skeleton import FACE_JOINTS, INDEX, JOINTS, LEFT_HAND, PARENTS, RIGHT_HAND
from .axes import points_from_blender, points_to_blender

#: Custom property of the armature data-block; its value is the version of the rig.
RIG_PROPERTY = "chironomy_rig"
RIG_VERSION = 1
#: Blender deletes bones of no length; models with joints that coincide exist.
_SHORTEST_BONE_M = 1e-3
#: Where such a bone points: along no axis, so that a hinge at right angles can be found.
_NOWHERE = np.array([0.6, -0.48, 0.64])

#: The child that a bone points to where it has several, or where the first is not the limb's.
_TOWARDS = {
    "pelvis": "spine1", "spine3": "neck", "head": "", "jaw": "",
    "left_wrist": "left_middle1", "right_wrist": "right_middle1",
}  # fmt: skip

BONE_COLLECTIONS: dict[str, tuple[str, ...]] = {
    "Body": tuple(JOINTS[: INDEX["jaw"]]),
    "Left Hand": tuple(JOINTS[i] for i in LEFT_HAND),
    "Right Hand": tuple(JOINTS[i] for i in RIGHT_HAND),
    "Face": FACE_JOINTS,
}


def create_armature(name: str, body: Body, collection: bpy.types.Collection | None = None) -> bpy.types.Object:
    """A new armature object at the origin, in rest pose, facing −Y, linked to `collection` (default: the scene's).

    Leaves selection, active object and mode as they were, as far as Blender allows (it needs Edit Mode in between).
    """
    data = bpy.data.armatures.new(name)
    armature = bpy.data.objects.new(name, data)
    (collection or bpy.context.scene.collection).objects.link(armature)
    with _editing(armature):
        _add_bones(data, body)
    _assign_collections(data)
    for bone in armature.pose.bones:
        bone.rotation_mode = "QUATERNION"
    data.display_type = "STICK"
    data[RIG_PROPERTY] = RIG_VERSION
    return armature


def is_smplx_armature(candidate: bpy.types.Object | None) -> bool:
    """Whether it is an armature of ours: all 55 bones by name (marked ones that lost bones are ours no longer)."""
    if candidate is None or candidate.type != "ARMATURE":
        return False
    return RIG_PROPERTY in candidate.data and all(name in candidate.data.bones for name in JOINTS)


def rest_rotations(armature: bpy.types.Object, bones: Iterable[str] = JOINTS) -> Array:
    """The bones' rest orientations [n, 3, 3] in armature space, as the functions of `axes` want them."""
    return np.array([armature.data.bones[name].matrix_local.to_3x3() for name in bones])


def body_of(armature: bpy.types.Object) -> Body:
    """The body that the armature was made from, read back from its bones (so from a linked or appended rig too)."""
    bones = armature.data.bones
    heads = np.array([bones[name].head_local for name in JOINTS])
    tips = {name: tuple(points_from_blender(bones[name].tail_local).tolist()) for name in JOINTS if not child_of(name)}
    return Body(points_from_blender(heads), tips)


def child_of(joint: str) -> str:
    """The joint where the bone `joint` ends, or nothing where it ends at the body's tip."""
    if joint in _TOWARDS:
        return _TOWARDS[joint]
    children = [JOINTS[i] for i, parent in enumerate(PARENTS) if parent == INDEX[joint]]
    return children[0] if children else ""


def bone_ends(body: Body) -> tuple[Array, Array]:
    """Heads and tails [55, 3] of the bones at rest, in motion space."""
    heads = np.asarray(body.rest_joints, dtype=float)
    tails = np.array([heads[INDEX[child_of(name)]] if child_of(name) else body.tips[name] for name in JOINTS])
    length = np.linalg.norm(tails - heads, axis=-1, keepdims=True)
    return heads, np.where(length < _SHORTEST_BONE_M, heads + _NOWHERE * _SHORTEST_BONE_M, tails)


def hinge_axis(joint: str, direction: Array) -> Array:
    """The axis about which a joint bends, as a unit vector of motion space at right angles to the bone's direction."""
    mirrored = joint.startswith("right_")
    along = direction * np.array([-1.0, 1.0, 1.0]) if mirrored else direction
    axis = _left_hinge(joint)
    axis = axis - along * np.dot(axis, along)
    axis /= np.linalg.norm(axis)
    # an axis is a pseudo-vector: in the mirror it turns round, and so one angle bends both sides alike
    return axis * np.array([1.0, -1.0, -1.0]) if mirrored else axis


def _left_hinge(joint: str) -> Array:
    part = joint.split("_")[-1].rstrip("123")
    if part in ("collar", "shoulder", "elbow"):
        return np.array([0.0, -1.0, 0.0])  # the forearm swings to the front
    if part == "thumb":
        return np.array([0.58, 0.56, -0.42])  # across the palm, towards the little finger's root
    if part in ("wrist", "index", "middle", "ring", "pinky"):
        return np.array([0.0, 0.0, -1.0])  # palms face the ground in the T-pose
    return np.array([1.0, 0.0, 0.0])


def _add_bones(data: bpy.types.Armature, body: Body) -> None:
    heads, tails = bone_ends(body)
    directions = (tails - heads) / np.linalg.norm(tails - heads, axis=-1, keepdims=True)
    bones = []
    for i, name in enumerate(JOINTS):
        bone = data.edit_bones.new(name)
        bone.head, bone.tail = points_to_blender(heads[i]), points_to_blender(tails[i])
        bone.align_roll(Vector(points_to_blender(np.cross(hinge_axis(name, directions[i]), directions[i]))))
        if PARENTS[i] >= 0:
            bone.parent = bones[PARENTS[i]]
            bone.use_connect = bool(np.allclose(heads[i], tails[PARENTS[i]], atol=1e-7))
        bones.append(bone)


def _assign_collections(data: bpy.types.Armature) -> None:
    for name, members in BONE_COLLECTIONS.items():
        collection = data.collections.new(name)
        for member in members:
            collection.assign(data.bones[member])


@contextmanager
def _editing(armature: bpy.types.Object) -> Iterator[None]:
    """Edit Mode on one armature; afterwards the former active object, selection and mode are back."""
    layer = bpy.context.view_layer
    active, selected = layer.objects.active, [item for item in layer.objects if item.select_get()]
    mode = active.mode if active else "OBJECT"
    if mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        yield
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
        armature.select_set(False)
        for item in selected:
            item.select_set(True)
        layer.objects.active = active
        if mode != "OBJECT":
            bpy.ops.object.mode_set(mode=mode)
