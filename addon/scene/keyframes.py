"""Motion as F-curves, written in bulk: 60 s of 55 bones and 52 shape keys in a fraction of a second.

Keys stand on whole frames of the scene, one on every frame, LINEAR, of the type GENERATED; a channel that does not
move has one key. Body and face are two slots of one action.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import bpy
import numpy as np

from ..core.formats.bvh_writer import continuous_euler
from ..core.motion import rotations as rot
from ..core.motion.arkit import ARKIT_SHAPES
from ..core.motion.rotations import Array
from . import versions
from .rig import Rig
from .rig_target import rig_of

BODY, FACE = "OBJECT", "KEY"
EULER_ORDERS = ("XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX")
#: Float32 keeps seven digits: what moves less than this does not move.
_STILL = 1e-6


@dataclass(frozen=True)
class Motion:
    """One layer of motion, in motion space: what a rig shows."""

    rotations: Array
    """[T, 55, 4], local rotations, continuous in time."""
    translation: Array
    """[T, 3], metres, added to the pelvis at rest."""
    fps: float
    face: Array | None = None
    """[T, 52], ARKit's blend shapes, or nothing where the face is not animated."""

    @property
    def frames(self) -> int:
        return len(self.rotations)

    @property
    def duration_s(self) -> float:
        return self.frames / self.fps


def scene_fps(scene: bpy.types.Scene) -> float:
    """Frames per second, as the scene plays them: 29.97 is 30 / 1.001."""
    return scene.render.fps / scene.render.fps_base


def set_scene_fps(scene: bpy.types.Scene, fps: float) -> None:
    """Sets the frame rate; the rates of film and television (23.976, 29.97, 59.94) become exactly n / 1.001."""
    whole = round(fps)
    drop = abs(fps - whole / 1.001) < 5e-3
    scene.render.fps = max(whole, 1)
    scene.render.fps_base = 1.001 if drop else max(whole, 1) / fps


def resampled(motion: Motion, fps: float) -> Motion:
    """The same motion with keys 1 / fps apart: slerp for rotations, straight lines for the rest.

    Time 0 and the duration stay; after the last key of the source its pose is held.
    """
    if fps == motion.fps:
        return motion
    frames = max(1, int(np.ceil(motion.frames * fps / motion.fps - 1e-6)))
    at = np.minimum(np.arange(frames) * (motion.fps / fps), motion.frames - 1)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, motion.frames - 1)
    part = at - low
    rotations = rot.slerp(motion.rotations[low], motion.rotations[high], part[:, None])

    def line(values: Array) -> Array:
        return values[low] + (values[high] - values[low]) * part[:, None]

    face = None if motion.face is None else line(motion.face)
    return replace(
        motion, rotations=rot.make_continuous(rotations), translation=line(motion.translation), fps=fps, face=face
    )


def write_action(
    name: str,
    armature: bpy.types.Object,
    mesh: bpy.types.Object | None,
    motion: Motion,
    first_frame: int,
    modes: Mapping[str, str] = MappingProxyType({}),
    rig: Rig | None = None,
) -> bpy.types.Action:
    """A new action that holds the motion (body slot, and face slot where there is a face), assigned to nothing.

    motion has the scene's frame rate (see `resampled`) and is fitted to the rig (`Rig.fitted`); its time 0 falls on
    first_frame. modes: by bone, the Euler order in which it is animated ("XYZ"); all other bones have quaternions.
    rig: how the armature's bones play the joints, where it is not to be found out (`rig_of`), and `rig.for_steps()`
    for what is combined onto a motion.
    """
    rig = rig or rig_of(armature)
    action = bpy.data.actions.new(name)
    body = versions.channels(action, versions.new_slot(action, BODY, armature.name))
    frames = np.arange(first_frame, first_frame + motion.frames)
    for bone, values in zip(rig.bones, np.moveaxis(rig.pose(motion.rotations), 1, 0), strict=True):
        channel, values = rotation_channel(values, modes.get(bone, ""))
        write_channels(body, f'pose.bones["{bone}"].{channel}', values, frames, bone)
    if rig.root:
        write_channels(body, f'pose.bones["{rig.root}"].location', rig.location(motion.translation), frames, rig.root)
    for bone, values in rig.switches.items():
        for name, value in values.items():
            path = f'pose.bones["{bone}"]["{name}"]'
            write_channels(body, path, np.full((1, 1), value), frames[:1], bone, index=-1)
    shapes = face_shapes(mesh)
    if motion.face is not None and shapes:
        face = versions.channels(action, versions.new_slot(action, FACE, mesh.data.shape_keys.name))
        for shape, key in shapes.items():
            values = motion.face[:, [ARKIT_SHAPES.index(shape)]]
            write_channels(face, f'key_blocks["{key}"].value', values, frames, "", index=-1)
    return action


def shape_names(mesh: bpy.types.Object | None) -> list[str]:
    """The ARKit shapes that the mesh has, in ARKit's order."""
    return list(face_shapes(mesh))


def face_mesh_of(
    armature: bpy.types.Object, scene: bpy.types.Scene, active: bpy.types.Object | None = None
) -> bpy.types.Object | None:
    """The mesh that the armature deforms and that has most of ARKit's shapes; the active one where none has more."""
    meshes = [item for item in scene.objects if item.type == "MESH" and item.find_armature() == armature]
    return max(meshes, key=lambda mesh: (len(shape_names(mesh)), mesh == active), default=None)


def face_shapes(mesh: bpy.types.Object | None) -> dict[str, str]:
    """The mesh's shape key for each ARKit shape that it has, in ARKit's order; small and big letters are the same."""
    return keys_of_shapes(mesh.data.shape_keys if mesh is not None and mesh.type == "MESH" else None)


def keys_of_shapes(keys: bpy.types.Key | None) -> dict[str, str]:
    """The same for shape keys at hand."""
    names = {key.name.lower(): key.name for key in reversed(keys.key_blocks)} if keys is not None else {}
    return {shape: names[shape.lower()] for shape in ARKIT_SHAPES if shape.lower() in names}


def bones_of(armature: bpy.types.Object) -> list[str]:
    """The bones that a take moves."""
    return list(rig_of(armature).bones)


def rotation_channel(pose: Array, mode: str) -> tuple[str, Array]:
    """The property that holds a rotation in this mode and its values: Euler angles [T, 3] without jumps, or pose."""
    if mode not in EULER_ORDERS:
        return "rotation_quaternion", pose
    order = mode[::-1].lower()  # "XYZ" turns about X first: Rz · Ry · Rx
    angles = continuous_euler(pose, order)
    return "rotation_euler", angles[:, [order.index(axis) for axis in "xyz"]]


def write_channels(
    bag: versions.ChannelBag, data_path: str, values: Array, frames: Array, group: str, index: int = 0
) -> None:
    """One F-curve for each column of values [T, n]; index −1: the property is no array."""
    for column, channel in enumerate(np.asarray(values, dtype=np.float32).T):
        curve = bag.fcurves.new(data_path, index=max(index, 0) + column)
        if group:
            curve.group = bag.groups.get(group) or bag.groups.new(group)
        still = np.ptp(channel) < _STILL
        write_keys(curve, frames[:1] if still else frames, channel[:1] if still else channel)


def write_keys(curve: bpy.types.FCurve, frames: Array, values: Array) -> None:
    """Fills an empty F-curve with keys [n], all LINEAR and of the type GENERATED."""
    points = curve.keyframe_points
    count = len(frames)
    points.add(count)
    points.foreach_set("co", np.column_stack([frames, values]).astype(np.float32).ravel())
    # lists of one number go in three times faster than arrays do
    for attribute, value in _KEY_ATTRIBUTES:
        points.foreach_set(attribute, [key_enum(attribute, value)] * count)
    curve.update()


_KEY_ATTRIBUTES = (
    ("interpolation", "LINEAR"),
    ("type", "GENERATED"),
    ("handle_left_type", "AUTO_CLAMPED"),
    ("handle_right_type", "AUTO_CLAMPED"),
)


def key_enum(attribute: str, value: str) -> int:
    """The number that stands for an enumeration's value in foreach_get and foreach_set on keyframe points."""
    return bpy.types.Keyframe.bl_rna.properties[attribute].enum_items[value].value


def set_rotation_mode(armature: bpy.types.Object, bones: Iterable[str], mode: str = "QUATERNION") -> None:
    """Sets the mode in which the bones' rotations are read."""
    for bone in bones:
        armature.pose.bones[bone].rotation_mode = mode
