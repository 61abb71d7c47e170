"""*Accept*: what a live take shows becomes one clean action, computed with numpy from the layers' keys."""

from collections.abc import Mapping
from types import MappingProxyType

import bpy
import numpy as np

from ..core.motion import rotations as rot
from ..core.motion.arkit import ARKIT_SHAPES
from ..core.motion.rotations import Array
from . import authorship, keep, versions
from .influence import EMPHASIS, EXAGGERATION, sampled_influence
from .keyframes import BODY, EULER_ORDERS, FACE, Motion, bones_of, keys_of_shapes, scene_fps, write_action
from .layers import take_down
from .live import BASE, LiveTake, live_take, refresh
from .reduce_keys import reduce_keys
from .rig_target import rig_of

_QUATERNIONS: Mapping[str, str] = MappingProxyType({})
_ROTATION, _LOCATION = "rotation_quaternion", "location"


def shown_motion(armature: bpy.types.Object, scene: bpy.types.Scene | None = None) -> Motion:
    """The motion that the live take shows on the scene's whole frames, with the animator's edits, fitted to the rig."""
    live = live_take(armature)
    layers = {name: _channels(strip.action, BODY, live) for name, strip in live.strips.items()}
    e = sampled_influence(live.strips[EMPHASIS], live.frames)
    beyond = sampled_influence(live.strips[EXAGGERATION], live.frames)
    weights = {EMPHASIS: np.clip(e, 0.0, 1.0), EXAGGERATION: np.clip(beyond, 0.0, 1.0)}
    edits = _sampled_channels(live.edits, BODY, live.frames)
    edit_weight = np.full(len(live.frames), armature.animation_data.action_influence)

    rig = rig_of(armature)
    pose = rot.identity((len(live.frames), len(rig.bones)))
    for i, bone in enumerate(rig.bones):
        path = _path(bone, _ROTATION)
        q = _quaternions(layers[BASE], path, live)
        for name, weight in weights.items():
            q = rot.multiply(q, rot.power(_quaternions(layers[name], path, live), weight))
        if path in edits:
            q = rot.multiply(q, rot.power(_filled(edits[path], (1.0, 0.0, 0.0, 0.0)), edit_weight))
        pose[:, i] = rot.normalize(q)
    rotations = rig.local(pose)

    path = _path(rig.root, _LOCATION)
    location = layers[BASE].get(path, np.zeros((len(live.frames), 3)))
    for name, weight in weights.items():
        if path in layers[name]:
            location = location + layers[name][path] * weight[:, None]
    if path in edits:
        location = location + _filled(edits[path], (0.0, 0.0, 0.0)) * edit_weight[:, None]
    translation = rig.translation(location)
    fps = scene_fps(scene or bpy.context.scene)
    return Motion(rot.make_continuous(rotations), translation, fps, _shown_face(live))


def bake_take(armature: bpy.types.Object, modes: Mapping[str, str] = _QUATERNIONS) -> bpy.types.Action:
    """A new action, assigned to nothing, that holds what the live take shows; the take stays under review."""
    live = live_take(armature)
    return write_action(live.name, armature, _mesh_of(live.keys), shown_motion(armature), int(live.frames[0]), modes)


def accept_take(
    armature: bpy.types.Object, modes: Mapping[str, str] = _QUATERNIONS, tolerance_deg: float | None = None
) -> bpy.types.Action:
    """*Accept*: the baked action becomes the active one of rig and face, and the layers go.

    modes: the bones' rotation modes from now on, by name; `keep.former_modes(live_take(armature).base)` bakes back to
    those that they had before the take. Where none is given, and for AXIS_ANGLE, quaternions stay.
    tolerance_deg: keys are reduced so far that no joint is further off on any whole frame (see `reduce_keys`; the
    counts are `authorship.key_counts(action)`); without it, every frame keeps its key.
    The action that was in use before stays in the file (with a fake user). What the animator keyed over the take stays
    the animator's: on those frames the keys are of the type KEYFRAME, and what was keyed on channels that no take has
    (scale, other bones) goes into the action as it is.
    """
    live = live_take(armature)
    action = bake_take(armature, modes)
    keyed = keyed_frames(live, modes)
    before = authorship.key_count(action)
    if tolerance_deg is not None:
        reduce_keys(action, tolerance_deg, keyed, orders_by_path(modes))
    _mark_keyed(action, keyed)
    _carry_over(live.edits, action)
    authorship.record_generated(action, before=before)
    for pointer in (keep.FORMER_BODY, keep.FORMER_FACE):
        former = live.base.get(pointer)
        if former is not None:
            former.use_fake_user = True
    bpy.data.batch_remove(take_down(live))
    for animated, kind in ((armature, BODY), (live.keys, FACE)):
        slot = versions.slot_of(action, kind)
        if animated is not None and slot is not None:
            versions.assign_action(animated, action, slot)
            animated.animation_data.action_blend_type = "REPLACE"
            animated.animation_data.action_influence = 1.0
    for bone in bones_of(armature):
        if modes.get(bone) in EULER_ORDERS:
            armature.pose.bones[bone].rotation_mode = modes[bone]
    refresh(armature, live.keys)
    return action


def keyed_frames(live: LiveTake, modes: Mapping[str, str]) -> dict[str, list[int]]:
    """By data path of the baked action, the whole frames on which the animator has keys over the live take."""
    bones = {_path(bone, _ROTATION): bone for bone in bones_of(live.armature)}
    found: dict[str, set[int]] = {}
    for slot in live.edits.slots if live.edits is not None else ():
        for curve in versions.curves(live.edits, slot):
            path = curve.data_path
            if path in bones and modes.get(bones[path]) in EULER_ORDERS:
                path = _path(bones[path], "rotation_euler")
            frames = {round(point.co[0]) for point in curve.keyframe_points}
            found.setdefault(path, set()).update(k for k in frames if live.frames[0] <= k <= live.frames[-1])
    return {path: sorted(frames) for path, frames in found.items()}


def orders_by_path(modes: Mapping[str, str]) -> dict[str, str]:
    """The Euler orders of the channels that have one."""
    return {_path(bone, "rotation_euler"): mode for bone, mode in modes.items() if mode in EULER_ORDERS}


def _mark_keyed(action: bpy.types.Action, keyed: Mapping[str, list[int]]) -> None:
    """Makes these keys the animator's, by their type."""
    for curve in authorship.curves_by_name(action).values():
        frames = keyed.get(curve.data_path, [])
        present = {point.co[0]: point for point in curve.keyframe_points} if frames else {}
        for frame in frames:
            point = present.get(frame) or curve.keyframe_points.insert(frame, curve.evaluate(frame), options={"FAST"})
            point.type = "KEYFRAME"


def _channels(action: bpy.types.Action, kind: str, live: LiveTake) -> dict[str, Array]:
    """The layer's values [T, n] by data path, read from its keys, which stand on every frame (or there is one)."""
    found: dict[str, list[Array]] = {}
    for curve in versions.curves(action, versions.slot_of(action, kind)):
        points = curve.keyframe_points
        values = np.empty(2 * len(points), dtype=np.float32)
        points.foreach_get("co", values)
        column = values[1::2] if len(points) == len(live.frames) else np.full(len(live.frames), values[1])
        found.setdefault(curve.data_path, []).append(column)
    return {path: np.stack(columns, axis=-1).astype(float) for path, columns in found.items()}


def _sampled_channels(action: bpy.types.Action | None, kind: str, frames: Array) -> dict[str, dict[int, Array]]:
    """The animator's curves by data path and index, evaluated [T]."""
    found: dict[str, dict[int, Array]] = {}
    for curve in versions.curves(action, versions.slot_of(action, kind) if action else None):
        if not curve.mute:
            samples = np.array([curve.evaluate(frame) for frame in frames])
            found.setdefault(curve.data_path, {})[curve.array_index] = samples
    return found


def _quaternions(channels: dict[str, Array], path: str, live: LiveTake) -> Array:
    return rot.normalize(channels[path]) if path in channels else rot.identity((len(live.frames),))


def _filled(columns: dict[int, Array], neutral: tuple[float, ...]) -> Array:
    """All components [T, n]; those without a curve have their neutral value."""
    frames = len(next(iter(columns.values())))
    parts = [columns.get(i, np.full(frames, value)) for i, value in enumerate(neutral)]
    values = np.stack(parts, axis=-1)
    return rot.normalize(values) if len(neutral) == 4 else values


def _shown_face(live: LiveTake) -> Array | None:
    if live.keys is None:
        return None
    base = _channels(live.base, FACE, live)
    edits = _sampled_channels(live.edits, FACE, live.frames)
    face = np.zeros((len(live.frames), len(ARKIT_SHAPES)))
    for shape, key in keys_of_shapes(live.keys).items():
        i, path = ARKIT_SHAPES.index(shape), f'key_blocks["{key}"].value'
        if path in base:
            face[:, i] = base[path][:, 0]
        if path in edits:
            face[:, i] += edits[path][0] * live.keys.animation_data.action_influence
    return face


def _carry_over(edits: bpy.types.Action | None, action: bpy.types.Action) -> None:
    """Copies the edits' curves of channels that the take does not have."""
    for kind in (BODY, FACE):
        source = versions.curves(edits, versions.slot_of(edits, kind) if edits else None)
        slot = versions.slot_of(action, kind)
        if slot is None:
            continue
        bag = versions.channels(action, slot)
        taken = {curve.data_path for curve in bag.fcurves}
        for curve in source:
            if curve.data_path not in taken:
                _copy_curve(curve, bag.fcurves.new(curve.data_path, index=curve.array_index))


def _copy_curve(source: bpy.types.FCurve, target: bpy.types.FCurve) -> None:
    target.extrapolation = source.extrapolation
    target.keyframe_points.add(len(source.keyframe_points))
    for old, new in zip(source.keyframe_points, target.keyframe_points, strict=True):
        for name in ("co", "interpolation", "easing", "back", "period", "amplitude", "type"):
            setattr(new, name, getattr(old, name))
        for name in ("handle_left_type", "handle_right_type", "handle_left", "handle_right"):
            setattr(new, name, getattr(old, name))


def _path(bone: str, channel: str) -> str:
    return f'pose.bones["{bone}"].{channel}'


def _mesh_of(keys: bpy.types.Key | None) -> bpy.types.Object | None:
    """An object whose shape keys these are."""
    return next((item for item in bpy.data.objects if keys is not None and item.data == keys.user), None)
