"""A scene of its own with copies of the character: exporters work there and cannot touch the animator's work."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from ...core.motion import rotations as rot
from .. import versions
from ..axes import TO_BLENDER
from ..keyframes import BODY, FACE, Motion, set_scene_fps, write_action
from ..rig import Rig
from ..rig_target import rig_of
from .profiles import Profile


@dataclass(frozen=True)
class Stage:
    """Copies of the character, alone in a scene, at the origin, with the motion as the active, baked action."""

    scene: bpy.types.Scene
    armature: bpy.types.Object
    mesh: bpy.types.Object | None
    """The mesh with the face."""
    has_controls: bool
    """Whether bones that animators move carry those that deform the skin, which alone belong into a file."""


@contextmanager
def staged(
    name: str,
    armature: bpy.types.Object,
    mesh: bpy.types.Object | None,
    motion: Motion,
    profile: Profile,
    units_per_metre: float = 1.0,
) -> Iterator[Stage]:
    """Sets the stage, with the context switched to it; afterwards everything is as it was.

    The scene is called `name` (FBX calls its animation so), plays at the motion's frame rate and lasts exactly as long,
    from frame 0 = time 0 of the sound. The copies bear the originals' names.
    """
    with ExitStack() as undo:
        scene = bpy.data.scenes.new(name)
        undo.callback(bpy.data.scenes.remove, scene)
        set_scene_fps(scene, motion.fps)
        scene.frame_start, scene.frame_end = 0, motion.frames - 1
        scene.unit_settings.scale_length = 1.0 / units_per_metre
        rig = rig_of(armature)
        body = _copy(armature, undo, profile.object_name, keep_constraints=rig.figure is not None)
        meshes = [mesh, *_other_meshes(armature, mesh)] if mesh is not None else []
        skins = [_copy(item, undo, shapes=profile.face_shapes) for item in meshes]
        for item in (body, *skins):
            scene.collection.objects.link(item)
        undo.enter_context(bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]))
        matrix = _place(body, armature, rig, units_per_metre)
        for skin, item in zip(skins, meshes, strict=True):
            _dress(body, skin, matrix @ armature.matrix_world.inverted_safe() @ item.matrix_world)
        skin = skins[0] if skins else None
        if profile.root_bone:
            _add_root_bone(scene, body, profile.root_bone)
        _animate(body, skin, motion, rig.enlarged(matrix.median_scale), undo, name)
        scene.frame_set(0)
        yield Stage(scene, body, skin, bool(rig.switches))


def _copy(
    original: bpy.types.Object,
    undo: ExitStack,
    name: str = "",
    shapes: bool = True,
    keep_constraints: bool = False,
) -> bpy.types.Object:
    """A copy of the object and its data that bears the original's name (or `name`) as long as the stage stands.

    shapes: whether it keeps its shape keys. keep_constraints: whether its bones keep constraints and drivers, now
    among themselves: on a control rig they carry the bones that deform.
    """
    copy, data = original.copy(), original.data.copy()
    copy.data = data
    collection = bpy.data.armatures if original.type == "ARMATURE" else bpy.data.meshes
    undo.callback(collection.remove, data)
    undo.callback(bpy.data.objects.remove, copy)
    if keep_constraints:
        _clear_animation_but_drivers(copy)
        _point_to_itself(copy, original)
    else:
        copy.animation_data_clear()
    copy.constraints.clear()
    if original.type == "ARMATURE":
        data.pose_position = "POSE"
        for bone in copy.pose.bones if copy.pose and not keep_constraints else ():
            for constraint in list(bone.constraints):
                bone.constraints.remove(constraint)
    elif data.shape_keys is not None:
        data.shape_keys.animation_data_clear()
    if original.type == "MESH" and not shapes and data.shape_keys is not None:
        keys = data.shape_keys.name
        copy.shape_key_clear()
        # Blender leaves the keys behind in the file
        bpy.data.batch_remove([left for left in bpy.data.shape_keys if left.name == keys and left.library is None])
    _lend_name(copy, name or original.name, undo)
    _lend_name(data, original.data.name, undo)
    if original.type == "MESH" and data.shape_keys is not None:
        _lend_name(data.shape_keys, original.data.shape_keys.name, undo)
    return copy


def _lend_name(copy: bpy.types.ID, name: str, undo: ExitStack) -> None:
    """Two data-blocks cannot have one name: who has it gives it to the copy and gets it back in the end."""
    blocks = getattr(bpy.data, _COLLECTIONS[copy.id_type])
    holder = next((block for block in blocks if block.name == name and block.library is None), None)
    if holder is not None and holder != copy:
        undo.callback(setattr, holder, "name", name)
        holder.name = f"{name[:40]}.lent"
        undo.callback(setattr, copy, "name", f"{name[:40]}.copy")
    copy.name = name


_COLLECTIONS = {"ARMATURE": "armatures", "MESH": "meshes", "OBJECT": "objects", "KEY": "shape_keys"}


def _other_meshes(armature: bpy.types.Object, face: bpy.types.Object) -> list[bpy.types.Object]:
    """What else the armature deforms, in its own scenes: bodies beside heads, clothes."""
    scenes = armature.users_scene
    found = {item.name: item for scene in scenes for item in scene.objects if item.type == "MESH"}
    return [item for item in found.values() if item != face and item.find_armature() == armature]


def _place(body: bpy.types.Object, armature: bpy.types.Object, rig: Rig, units_per_metre: float) -> Matrix:
    """Puts the armature's copy at the origin, keeping its size; returns by what its bones were moved.

    They are in the unit of length afterwards, so that no node of the file needs a scale. Those of other programs stand
    upright then, too, and have their object's scale in the bones.
    """
    size = armature.matrix_world.to_scale()
    turned, factor = Matrix.Identity(4), units_per_metre
    body.parent = None
    if rig.figure is None:
        body.matrix_world = Matrix.Diagonal(size).to_4x4()
    else:
        body.matrix_world = Matrix.Identity(4)
        turned = Matrix((TO_BLENDER @ rot.to_matrix(rig.stand)).tolist()).to_4x4()
        factor *= float(np.mean(size))
    matrix = turned @ Matrix.Scale(factor, 4)
    if matrix != Matrix.Identity(4):
        body.data.transform(matrix)
        _scale_constraints(body, factor)
    for bone in body.pose.bones:
        bone.matrix_basis.identity()
        bone.rotation_mode = "QUATERNION"
    return matrix


def _dress(body: bpy.types.Object, skin: bpy.types.Object, relative: Matrix) -> None:
    """Puts a mesh's copy on the armature's, in this place in relation to it."""
    # bones and shape values are what is exported: bending the skin on every frame would take most of the time
    skin.show_only_shape_key, skin.active_shape_key_index = True, 0
    for modifier in skin.modifiers:
        if modifier.type == "ARMATURE":
            modifier.object = body
            modifier.show_viewport = False
    skin.parent, skin.parent_type = body, "OBJECT"
    skin.matrix_parent_inverse = Matrix.Identity(4)
    place, turn, scale = relative.decompose()
    skin.data.transform(Matrix.LocRotScale(None, turn, scale), shape_keys=True)
    skin.matrix_basis = Matrix.Translation(place)


def _clear_animation_but_drivers(copy: bpy.types.Object) -> None:
    data = copy.animation_data
    if data is None:
        return
    versions.assign_action(copy, None)
    for track in list(data.nla_tracks):
        data.nla_tracks.remove(track)


def _point_to_itself(copy: bpy.types.Object, original: bpy.types.Object) -> None:
    """What the original's constraints and drivers read from the original, the copy's read from the copy."""
    for bone in copy.pose.bones if copy.pose else ():
        for constraint in bone.constraints:
            targets = [constraint] if hasattr(constraint, "target") else list(getattr(constraint, "targets", ()))
            for target in targets:
                if target.target == original:
                    target.target = copy
            if getattr(constraint, "pole_target", None) == original:
                constraint.pole_target = copy
    drivers = [driver for block in (copy, copy.data) if block.animation_data for driver in block.animation_data.drivers]
    for target in (target for curve in drivers for variable in curve.driver.variables for target in variable.targets):
        if target.id == original:
            target.id = copy


def _scale_constraints(body: bpy.types.Object, factor: float) -> None:
    """Lengths that constraints hold on to become those of the enlarged bones."""
    for constraint in (constraint for bone in body.pose.bones for constraint in bone.constraints):
        for name in ("rest_length", "distance"):
            if hasattr(constraint, name):
                setattr(constraint, name, getattr(constraint, name) * factor)


def _add_root_bone(scene: bpy.types.Scene, body: bpy.types.Object, name: str) -> None:
    scene.view_layers[0].objects.active = body
    with bpy.context.temp_override(object=body, active_object=body):
        bpy.ops.object.mode_set(mode="EDIT")
        bones = body.data.edit_bones
        root = next((bone for bone in bones if bone.name == name and bone.parent is None), None)
        if root is None:
            root = bones.new(name)
            root.head, root.tail = (0.0, 0.0, 0.0), (0.0, 0.1, 0.0)
        for bone in bones:
            if bone.parent is None and bone != root:
                bone.parent = root
        bpy.ops.object.mode_set(mode="OBJECT")


def _animate(
    body: bpy.types.Object,
    skin: bpy.types.Object | None,
    motion: Motion,
    rig: Rig,
    undo: ExitStack,
    name: str,
) -> None:
    action = write_action(name, body, skin, motion, first_frame=0, rig=rig)
    undo.callback(bpy.data.actions.remove, action)
    versions.assign_action(body, action, versions.slot_of(action, BODY))
    face = versions.slot_of(action, FACE)
    if face is not None and skin is not None:
        for key in skin.data.shape_keys.key_blocks:
            key.value = 0.0
        versions.assign_action(skin.data.shape_keys, action, face)
