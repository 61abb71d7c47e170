"""Any humanoid armature as a rig for our motion, through a rig map (presets/rig_maps): Mixamo, Rigify, Unreal, ….

The target's rest pose (T or A, any bone axes, any unit) is laid on ours: for each joint, Q is the rotation of motion
space that brings our T-pose into the target's rest pose, found from where the bones point. Then a bone with the rest
orientation B points where ours does when its orientation is C · G · Q⁻¹ · C⁻¹ · B (G: the joint's rotation against
the world; C: motion space to armature space). Where the object stands, and how it is scaled, stays the animator's.
"""

from collections.abc import Iterable

import bpy
import numpy as np

from ..core.errors import UserError
from ..core.formats.rig_map import read_rig_maps
from ..core.motion import rotations as rot
from ..core.motion.body import Body, neutral_body
from ..core.motion.retarget import pose_like_rest
from ..core.motion.retarget_source import NEEDED_JOINTS, RigMap, Source, bone_direction, leg_length, stand_up, unit
from ..core.motion.rotations import Array
from ..core.motion.skeleton import INDEX, JOINT_COUNT, JOINTS, PARENTS
from .armature import RIG_PROPERTY, rest_rotations
from .axes import TO_BLENDER
from .presets import presets_folder
from .rig import Rig

#: Joints of the spine and where their bones lead; where a joint is missing, the next one counts.
_SPINE = ("spine1", "spine2", "spine3", "neck", "head")


def rig_of(armature: bpy.types.Object) -> Rig:
    """How this armature plays the 55 joints: an armature of ours as it is, any other through the rig map that fits.

    Raises UserError where no rig map does.
    """
    if RIG_PROPERTY in armature.data:
        return _own_rig(armature)
    return fitted_rig(armature, matching_map(armature, read_rig_maps(presets_folder() / "rig_maps")))


def matching_map(armature: bpy.types.Object, rig_maps: Iterable[RigMap]) -> RigMap:
    """The map that covers most joints with bones of this armature. Raises UserError where none covers those needed."""
    maps = list(rig_maps)
    fitting = [rig_map for rig_map in maps if not _missing(armature, rig_map)]
    if fitting:
        return max(fitting, key=lambda rig_map: _fit(armature, rig_map))
    nearest = min(maps, key=lambda rig_map: len(_missing(armature, rig_map)), default=None)
    lacking = _missing(armature, nearest) if nearest is not None else []
    if nearest is None or len(lacking) > len(NEEDED_JOINTS) // 2:
        kinds = ", ".join(rig_map.name for rig_map in maps)
        raise UserError(f"{armature.name}: no rig map has its bones' names: use one of {kinds}, or add a map")
    raise UserError(f"{armature.name}: looks like {nearest.name}, but has no bone {', '.join(lacking[:3])}: add it")


def fitted_rig(armature: bpy.types.Object, rig_map: RigMap, body: Body | None = None) -> Rig:
    """The armature as a rig through this map. Raises UserError where its rest pose is no standing humanoid."""
    body = body or neutral_body()
    found = {joint: find_bone(armature, rig_map.joints.get(joint)) for joint in JOINTS}
    bones = {joint: bone for joint, bone in found.items() if bone is not None}
    rest = np.array([bones[joint].head_local if joint in bones else [np.nan] * 3 for joint in JOINTS])
    stand = stand_up(rest)
    source = _rest_source(armature, rig_map, bones, rot.rotate(stand, rest), stand)
    scale = leg_length(source.rest_positions) / leg_length(body.rest_joints)
    if not (np.isfinite(scale) and scale > 0):
        raise UserError(f"{armature.name}: its legs have no length at rest: apply its rest pose")
    posed = _laid_on(source, body)
    orientations = rot.from_matrix(np.array([bone.matrix_local.to_3x3() for bone in bones.values()]))
    axes = rot.multiply(stand, orientations)  # C⁻¹ · B
    joints = [INDEX[joint] for joint in bones]
    parents = [_present_parent(joint, source) for joint in joints]
    before = [rot.identity() if parent < 0 else posed[parent] for parent in parents]
    offset, lift = _root_offsets(source, body, float(scale))
    return Rig(
        joints=tuple(bones),
        bones=tuple(bone.name for bone in bones.values()),
        before=rot.multiply(rot.inverse(axes), np.array(before)),
        after=rot.multiply(rot.inverse(posed[joints]), axes),
        root_matrix=scale * rot.to_matrix(rot.inverse(axes[joints.index(0)])),
        hips_offset=offset,
        lift_m=lift,
        switches=_present_switches(armature, rig_map),
    )


def find_bone(armature: bpy.types.Object, name: str | None) -> bpy.types.Bone | None:
    """The bone of that name; namespaces ("mixamorig:") do not matter."""
    if not name:
        return None
    bones = armature.data.bones
    plain = name.rpartition(":")[2]
    return bones.get(name) or next((bone for bone in bones if bone.name.rpartition(":")[2] == plain), None)


def _own_rig(armature: bpy.types.Object) -> Rig:
    joints = [joint for joint in JOINTS if joint in armature.data.bones]
    turns = np.swapaxes(rest_rotations(armature, joints), -1, -2) @ TO_BLENDER
    before = rot.from_matrix(turns)
    return Rig(tuple(joints), tuple(joints), before, rot.inverse(before), turns[0])


def _missing(armature: bpy.types.Object, rig_map: RigMap) -> list[str]:
    names = {joint: rig_map.joints.get(joint) for joint in NEEDED_JOINTS}
    return [name or joint for joint, name in names.items() if find_bone(armature, name) is None]


def _fit(armature: bpy.types.Object, rig_map: RigMap) -> tuple[int, bool]:
    """How many joints have a bone; and, where that is equal, whether the neck stands on the spine's end."""
    neck, chest = (find_bone(armature, rig_map.joints.get(joint)) for joint in ("neck", "spine3"))
    covered = sum(find_bone(armature, name) is not None for name in rig_map.joints.values())
    return covered, neck is not None and chest is not None and neck.parent == chest


def _rest_source(
    armature: bpy.types.Object, rig_map: RigMap, bones: dict[str, bpy.types.Bone], rest: Array, stand: Array
) -> Source:
    """The rest pose, standing in motion space, in the form that retargeting reads: one frame."""
    tips = np.full((JOINT_COUNT, 3), np.nan)
    for joint, bone in bones.items():
        end = find_bone(armature, rig_map.tips.get(joint))
        tips[INDEX[joint]] = rot.rotate(stand, np.array(end.head_local if end else bone.tail_local))
    still = rot.identity((JOINT_COUNT,))
    present = np.array([joint in bones for joint in JOINTS])
    return Source(rest[None], still[None], tips[None], rest, still, rot.identity((1, 2)), present)


def _laid_on(source: Source, body: Body) -> Array:
    """Q [55, 4]: our T-pose in the target's rest pose, joints without a neighbour included."""
    posed = pose_like_rest(source, body)
    for joint in _SPINE[:-1]:
        following = _SPINE[_SPINE.index(joint) + 1 :]
        end = next(name for name in following if source.present[INDEX[name]])
        if source.present[INDEX[joint]] and end != following[0]:
            own, other = (bone_direction(rest, joint, end) for rest in (body.rest_joints, source.rest_positions))
            posed[INDEX[joint]] = rot.between(own, other)
    for joint, tip in body.tips.items():
        k = INDEX[joint]
        if source.present[k] and joint.endswith("3") and PARENTS[k] >= 0:
            base = posed[PARENTS[k]]
            own = rot.rotate(base, unit(np.array(tip) - body.rest_joints[k]))
            posed[k] = rot.multiply(rot.between(own, unit(source.tips[0, k] - source.rest_positions[k])), base)
    return posed


def _present_parent(joint: int, source: Source) -> int:
    parent = PARENTS[joint]
    while parent >= 0 and not source.present[parent]:
        parent = PARENTS[parent]
    return parent


def _root_offsets(source: Source, body: Body, scale: float) -> tuple[Array, float]:
    """By how much the hips lie otherwise to the root, and how far the root rises for straight legs, in metres."""
    hips, ankles = ([INDEX[f"{side}_{joint}"] for side in ("left", "right")] for joint in ("hip", "ankle"))
    own = body.rest_joints[hips].mean(axis=0) - body.rest_joints[0]
    rest = source.rest_positions
    other = (rest[hips].mean(axis=0) - rest[0]) / scale
    legs = 0.0
    for side in ("left", "right"):
        for upper, lower in (("hip", "knee"), ("knee", "ankle")):
            length = np.linalg.norm(rest[INDEX[f"{side}_{lower}"]] - rest[INDEX[f"{side}_{upper}"]])
            legs += 0.5 * length * bone_direction(body.rest_joints, f"{side}_{upper}", f"{side}_{lower}")[1]
    height_at_rest = rest[ankles, 1].mean() - rest[hips, 1].mean()
    return own - other, float(height_at_rest - legs) / scale


def _present_switches(armature: bpy.types.Object, rig_map: RigMap) -> dict[str, dict[str, float]]:
    bones = armature.pose.bones
    found = {bone: {k: v for k, v in values.items() if k in bones[bone]}
             for bone, values in rig_map.switches.items() if bone in bones}  # fmt: skip
    return {bone: values for bone, values in found.items() if values}
