"""Any humanoid armature as a rig for our motion, through a rig map (presets/rig_maps): Mixamo, Rigify, Unreal, ….

The target's rest pose (T or A, any bone axes, any unit) is laid on ours: for each joint, Q is the rotation of motion
space that brings our T-pose into the target's rest pose, found from where the bones point. Then a bone with the rest
orientation B points where ours does when its orientation is C · G · Q⁻¹ · C⁻¹ · B (G: the joint's rotation against
the world; C: motion space to armature space). Where the object stands, and how it is scaled, stays the animator's.
"""

import bpy
import numpy as np

from ..core.errors import UserError
from ..core.formats.rig_map import read_rig_maps
from ..core.motion import rotations as rot
from ..core.motion.body import Body, neutral_body
from ..core.motion.fit import Figure, present_parent, unposed
from ..core.motion.retarget import pose_like_rest
from ..core.motion.retarget_source import Source, leg_length, stand_up, unit
from ..core.motion.rotations import Array
from ..core.motion.skeleton import FINGERS, INDEX, JOINT_COUNT, JOINTS, PARENTS
from .armature import RIG_PROPERTY, rest_rotations
from .axes import TO_BLENDER
from .presets import presets_folder
from .rig import Rig
from .rig_names import NamedBones, named_bones

#: Their shape at rest is the character's own: only how they move from there is taken over.
_TRUNK = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
_FINGER_ENDS = tuple(f"{side}_{finger}3" for side in ("left", "right") for finger in FINGERS)
_ANKLES = [INDEX["left_ankle"], INDEX["right_ankle"]]
_HIPS = [INDEX["left_hip"], INDEX["right_hip"]]
#: Bones that point so near to ours at rest stand in the T-pose.
_SAME_REST_RAD = np.radians(15)
#: A fingertip bends no further at rest: a bone that does is an importer's, which point anywhere.
_MOST_BENT_TIP_RAD = np.radians(50)


def rig_of(armature: bpy.types.Object) -> Rig:
    """How this armature plays the 55 joints: an armature of ours as it is, any other through the rig map that fits.

    Found out anew at each call (some milliseconds), so it is right whatever was done to the bones meanwhile.
    Raises UserError where no rig map fits, and where the rest pose is no standing humanoid.
    """
    if RIG_PROPERTY in armature.data:
        return _own_rig(armature)
    return mapped_rig(armature, named_bones(armature, read_rig_maps(presets_folder() / "rig_maps")))


def mapped_rig(armature: bpy.types.Object, named: NamedBones, body: Body | None = None) -> Rig:
    """The armature as a rig through these bones. Raises UserError where its rest pose is no standing humanoid."""
    body = body or neutral_body()
    bones = {joint: armature.data.bones[name] for joint, name in named.joints.items()}
    if bones[JOINTS[0]].use_connect:
        raise UserError(
            f"{armature.name}: the bone {bones[JOINTS[0]].name} is connected to its parent and cannot travel: "
            "switch Connected off in Edit Mode"
        )
    rest = np.array([bones[joint].head_local if joint in bones else [np.nan] * 3 for joint in JOINTS])
    stand = stand_up(rest)
    units = float(leg_length(rest) / leg_length(body.rest_joints))
    if not (np.isfinite(units) and units > 0):
        raise UserError(f"{armature.name}: its legs have no length at rest: correct its bones in Edit Mode")
    source = _rest_source(armature, named, rot.rotate(stand, rest) / units, stand, units)
    posed = _laid_on(source, body)
    orientations = rot.from_matrix(np.array([bone.matrix_local.to_3x3() for bone in bones.values()]))
    axes = rot.multiply(stand, orientations)  # C⁻¹ · B
    joints = [INDEX[joint] for joint in bones]
    parents = [present_parent(joint, source.present) for joint in joints]
    before = [rot.identity() if parent < 0 else posed[parent] for parent in parents]
    return Rig(
        joints=tuple(bones),
        bones=tuple(bone.name for bone in bones.values()),
        before=rot.multiply(rot.inverse(axes), np.array(before)),
        after=rot.multiply(rot.inverse(posed[joints]), axes),
        root_matrix=units * rot.to_matrix(rot.inverse(axes[0])),
        stand=stand,
        units_per_metre=units,
        figure=_figure(source, posed, body),
        switches=_present_switches(armature, named),
    )


def _own_rig(armature: bpy.types.Object) -> Rig:
    joints = [joint for joint in JOINTS if joint in armature.data.bones]
    turns = np.swapaxes(rest_rotations(armature, joints), -1, -2) @ TO_BLENDER
    before = rot.from_matrix(turns)
    return Rig(tuple(joints), tuple(joints), before, rot.inverse(before), turns[0], rot.from_matrix(TO_BLENDER.T))


def _rest_source(armature: bpy.types.Object, named: NamedBones, rest: Array, stand: Array, units: float) -> Source:
    """The rest pose, standing in motion space, in the form that retargeting reads: one frame."""
    bones = armature.data.bones
    tips = np.full((JOINT_COUNT, 3), np.nan)
    for joint, name in named.joints.items():
        end = bones.get(named.bone(named.rig_map.tips.get(joint, "")))
        tips[INDEX[joint]] = rot.rotate(stand, np.array(end.head_local if end else bones[name].tail_local)) / units
    still = rot.identity((JOINT_COUNT,))
    present = np.array([joint in named.joints for joint in JOINTS])
    return Source(rest[None], still[None], tips[None], rest, still, rot.identity((1, 2)), present)


def _laid_on(source: Source, body: Body) -> Array:
    """Q [55, 4]: our T-pose in the target's rest pose."""
    if _rests_like(source, body):
        return rot.identity((JOINT_COUNT,))
    posed = pose_like_rest(source, body)
    for joint in _TRUNK:
        posed[INDEX[joint]] = rot.identity()
    for joint in _FINGER_ENDS:
        k = INDEX[joint]
        if source.present[k]:
            posed[k] = rot.multiply(_tip_turn(source, body, joint, posed[PARENTS[k]]), posed[PARENTS[k]])
    return posed


def _rests_like(source: Source, body: Body) -> bool:
    """Whether it has all of the 55 joints and rests as our body does: then its rotations are ours."""
    if not source.present.all():
        return False
    parents = list(PARENTS[1:])
    own, other = (unit(rest[1:] - rest[parents]) for rest in (body.rest_joints, source.rest_positions))
    limbs = [k - 1 for k, name in enumerate(JOINTS) if name.split("_")[-1] in ("elbow", "wrist", "knee", "ankle")]
    return bool((np.sum(own * other, axis=-1)[limbs] > np.cos(_SAME_REST_RAD)).all())


def _tip_turn(source: Source, body: Body, joint: str, base: Array) -> Array:
    """From where our fingertip, held on like its finger, would point to where the target's does."""
    k = INDEX[joint]
    own = rot.rotate(base, unit(np.array(body.tips[joint]) - body.rest_joints[k]))
    turn = rot.between(own, unit(source.tips[0, k] - source.rest_positions[k]))
    return turn if rot.angle(turn) < _MOST_BENT_TIP_RAD else rot.identity()


def _figure(source: Source, posed: Array, body: Body) -> Figure:
    rest = source.rest_positions
    hips = rest[_HIPS].mean(axis=0) - body.rest_joints[_HIPS].mean(axis=0)
    ankles = rest[_ANKLES].mean(axis=0) - body.rest_joints[_ANKLES].mean(axis=0)
    return Figure(unposed(rest, posed, source.present, body), source.present, np.array([hips[0], ankles[1], hips[2]]))


def _present_switches(armature: bpy.types.Object, named: NamedBones) -> dict[str, dict[str, float]]:
    found = {}
    for name, values in named.rig_map.switches.items():
        bone = armature.pose.bones.get(named.bone(name))
        present = {key: value for key, value in values.items() if bone is not None and key in bone}
        if present:
            found[bone.name] = present
    return found
