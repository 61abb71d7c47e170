"""What a character does by its active action, read from the curves: the motion that a take comes to and leaves.

NLA tracks, constraints and drivers are not looked at.
"""

from collections.abc import Iterable

import bpy
import numpy as np

from ..core.motion import rotations as rot
from ..core.motion.arkit import ARKIT_SHAPES
from ..core.motion.rotations import Array
from . import versions
from .keyframes import BODY, FACE, Motion, face_shapes
from .rig_target import rig_of

#: Values [T] by data path and index.
_Curves = dict[tuple[str, int], Array]


def played_motion(armature: bpy.types.Object, mesh: bpy.types.Object | None, frames: Array, fps: float) -> Motion:
    """The motion on the frames [T] of the scene, fitted to the rig; what has no curve keeps the value that it has."""
    rig = rig_of(armature)
    curves = _sampled(armature, BODY, frames)
    pose = np.stack([_rotation(armature.pose.bones[bone], curves, len(frames)) for bone in rig.bones], axis=1)
    rotations = rig.local(pose)
    path = f'pose.bones["{rig.root}"].location'
    location = _columns(curves, path, armature.pose.bones[rig.root].location, len(frames))
    return Motion(rot.make_continuous(rotations), rig.translation(location), fps, _face(mesh, frames))


def _sampled(animated: bpy.types.ID, kind: str, frames: Array) -> _Curves:
    data = animated.animation_data
    if data is None or data.action is None:
        return {}
    slot = data.action_slot or versions.slot_of(data.action, kind)
    return {
        (curve.data_path, curve.array_index): np.array([curve.evaluate(frame) for frame in frames.tolist()])
        for curve in versions.curves(data.action, slot)
        if not curve.mute
    }


def _columns(curves: _Curves, path: str, still: Iterable[float], frames: int) -> Array:
    return np.stack([curves.get((path, i), np.full(frames, part)) for i, part in enumerate(still)], axis=-1)


def _rotation(bone: bpy.types.PoseBone, curves: _Curves, frames: int) -> Array:
    """The bone's rotation as quaternions [T, 4], whatever mode it is keyed in."""
    path = f'pose.bones["{bone.name}"].'
    if bone.rotation_mode == "QUATERNION":
        return rot.normalize(_columns(curves, path + "rotation_quaternion", bone.rotation_quaternion, frames))
    if bone.rotation_mode == "AXIS_ANGLE":
        turns = _columns(curves, path + "rotation_axis_angle", bone.rotation_axis_angle, frames)
        axes = turns[:, 1:] / np.maximum(np.linalg.norm(turns[:, 1:], axis=-1, keepdims=True), 1e-9)
        return rot.exp(axes * turns[:, :1])
    angles = _columns(curves, path + "rotation_euler", bone.rotation_euler, frames)
    turned = rot.identity((frames,))
    for axis in bone.rotation_mode:  # "XYZ" turns about X first: Rz · Ry · Rx
        turned = rot.multiply(rot.about(np.eye(3)["XYZ".index(axis)], angles[:, "XYZ".index(axis)]), turned)
    return turned


def _face(mesh: bpy.types.Object | None, frames: Array) -> Array | None:
    shapes = face_shapes(mesh)
    if not shapes:
        return None
    keys = mesh.data.shape_keys
    curves, face = _sampled(keys, FACE, frames), np.zeros((len(frames), len(ARKIT_SHAPES)))
    for shape, key in shapes.items():
        still = np.full(len(frames), keys.key_blocks[key].value)
        face[:, ARKIT_SHAPES.index(shape)] = curves.get((f'key_blocks["{key}"].value', 0), still)
    return face
