"""A take under review, live: three NLA layers whose blend is the emphasis curve.

*Base* (REPLACE) plays the base motion, *Emphasis* (COMBINE) adds δ = base⁻¹ · semantic as far as e(t) says, and
*Exaggeration* (COMBINE) goes on from the semantic motion where e(t) is above 1. The face plays as one REPLACE strip on
the mesh's shape keys. On top lies an empty active action, *<take> · edits* (COMBINE): what the animator keys goes in
there as an offset. Accept (see `bake`) and `remove_take` end the review.
"""

from dataclasses import replace

import bpy
import numpy as np

from ..core.emphasis.fuse import layer_deltas, within_reach
from ..core.errors import UserError
from ..core.formats.take import Take
from ..core.motion import rotations as rot
from ..core.motion.rotations import Array
from . import keep, versions
from .emphasis_edit import begin_editing
from .follow import install_handler
from .influence import EMPHASIS, EXAGGERATION, LAYER, keep_in_step, layer_strips, write_influence
from .keyframes import BODY, FACE, Motion, resampled, scene_fps, set_rotation_mode, write_action
from .live import BASE, EDITS, FIRST, FRAMES, NAME, LiveTake, has_live_take, live_take, mark_part, refresh
from .part import confined
from .played import played_motion
from .rig import Rig
from .rig_target import rig_of

_FACE_TRACK = "Face"


def apply_take(
    armature: bpy.types.Object,
    mesh: bpy.types.Object | None,
    take: Take,
    *,
    name: str = "Take",
    first_frame: int | None = None,
    emphasis: Array | None = None,
    scene: bpy.types.Scene | None = None,
    part: tuple[int, int] | None = None,
) -> LiveTake:
    """Puts a take on the rig for review, from first_frame (the scene's first frame where it is not given).

    emphasis [T] is e(t) at the take's frame rate, 0…2; the generator's psi where it is not given. part: the first and
    the last frame of the scene that the take is for; on all others the character goes on as before (see `part.py`).
    Raises UserError where a take is under review already, the NLA is in tweak mode, or the part misses the take.
    """
    scene = scene or bpy.context.scene
    _refuse_where_busy(armature, mesh)
    first = scene.frame_start if first_frame is None else first_frame
    rig = rig_of(armature)
    base, semantic = fitted_layers(take, scene_fps(scene), rig)
    if part is not None:
        before = played_motion(armature, mesh, first + np.arange(base.frames), base.fps)
        base, semantic = confined(base, semantic, before, first, part)
    base, delta, beyond = layer_motions(base, semantic)
    steps = rig.for_steps()
    base_action = write_action(f"{name} · base", armature, mesh, base, first, rig=rig)
    layers = {BASE: base_action}
    layers[EMPHASIS] = write_action(f"{name} · emphasis", armature, None, delta, first, rig=steps)
    layers[EXAGGERATION] = write_action(f"{name} · exaggeration", armature, None, beyond, first, rig=steps)
    layers[EDITS] = bpy.data.actions.new(f"{name} · edits")
    for layer, action in layers.items():
        action[LAYER] = layer
    keep.remember(base_action, armature, mesh, rig.switches)
    base_action[NAME], base_action[FIRST], base_action[FRAMES] = name, first, base.frames
    _build_tracks(armature, layers, first, base.frames)
    _build_face(keep.shape_keys(mesh), base_action, layers[EDITS], first, base.frames)
    _make_active(armature, layers[EDITS], BODY, "COMBINE")
    set_rotation_mode(armature, rig.bones)
    set_emphasis(armature, take.emphasis if emphasis is None else emphasis, take.metadata.fps, scene)
    psi = _on_scene_frames(take.emphasis, take.metadata.fps, base.frames, scene)
    begin_editing(armature, psi, take.metadata.words, scene_fps(scene))
    install_handler()
    if part is not None:
        mark_part(armature, *part)
    refresh(armature, keep.shape_keys(mesh))
    return live_take(armature)


def set_emphasis(armature: bpy.types.Object, emphasis: Array, fps: float, scene: bpy.types.Scene | None = None) -> None:
    """Makes e(t) [T], 0…2 at `fps`, the influence curve of the live take; the viewport follows at once."""
    live = live_take(armature)
    values = _on_scene_frames(emphasis, fps, len(live.frames), scene or bpy.context.scene)
    write_influence(live.strips[EMPHASIS], live.frames, values)
    keep_in_step(armature)
    armature.update_tag(refresh={"TIME"})


def _on_scene_frames(emphasis: Array, fps: float, frames: int, scene: bpy.types.Scene) -> Array:
    """e(t) at `fps` as values on `frames` frames of the scene."""
    at = np.arange(frames) * (fps / scene_fps(scene))
    return np.clip(np.interp(at, np.arange(len(emphasis)), emphasis), 0.0, 2.0)


def remove_take(armature: bpy.types.Object) -> None:
    """*Reject*: takes tracks, actions and edits away; rig, face and the action in use are as before the take."""
    live = live_take(armature)
    actions = take_down(live)
    keep.restore_animation(live.base, armature, live.keys)
    keep.restore_pose(live.base, armature, live.keys)
    bpy.data.batch_remove(actions)
    refresh(armature, live.keys)


def take_down(live: LiveTake) -> list[bpy.types.Action]:
    """Removes the take's tracks and its active action from rig and face; returns the take's actions, now in no use."""
    actions = [strip.action for strip in live.strips.values()]
    if live.edits is not None:
        actions.append(live.edits)
    for animated in (live.armature, live.keys):
        data = animated.animation_data if animated is not None else None
        if data is None:
            continue
        if data.action in actions:
            versions.assign_action(animated, None)
        for track in list(data.nla_tracks):
            if any(strip.action in actions for strip in track.strips):
                data.nla_tracks.remove(track)
    return actions


def fitted_layers(take: Take, fps: float, rig: Rig) -> tuple[Motion, Motion]:
    """Base and semantic layer at the scene's frame rate, as the rig can perform them.

    Joints without a bone are taken over by others, feet stand.
    """
    base = resampled(Motion(take.base_rotations, take.translation, take.metadata.fps, take.face), fps)
    semantic = resampled(Motion(take.semantic_rotations, take.semantic_translation, take.metadata.fps), fps)
    rotations, translation = rig.fitted(base.rotations, base.translation)
    goal, place = rig.fitted(semantic.rotations, semantic.translation)
    if rig.figure is not None:
        goal = within_reach(rotations, goal)  # several joints in one turn further than each
    return replace(base, rotations=rotations, translation=translation), Motion(goal, place, fps)


def layer_motions(base: Motion, semantic: Motion) -> tuple[Motion, Motion, Motion]:
    """Base, δ and what exaggeration adds, as COMBINE needs them: w ≥ 0 on every frame."""
    delta, beyond = layer_deltas(base.rotations, semantic.rotations)
    travel, fps = semantic.translation - base.translation, base.fps
    return (
        replace(base, rotations=rot.make_continuous(base.rotations)),
        Motion(_upper_half(delta), travel, fps),
        Motion(_upper_half(beyond), np.zeros_like(travel), fps),
    )


def _upper_half(q: Array) -> Array:
    # COMBINE raises a quaternion to the power of the influence without taking the short way
    return np.where(q[..., :1] < 0, -q, q)


def _refuse_where_busy(armature: bpy.types.Object, mesh: bpy.types.Object | None) -> None:
    if has_live_take(armature):
        raise UserError(f"{armature.name}: a take is under review already: accept or reject it first")
    for animated in (armature, keep.shape_keys(mesh)):
        if animated is not None and animated.animation_data and animated.animation_data.use_tweak_mode:
            raise UserError(f"{animated.name}: an NLA strip is being tweaked: leave tweak mode (Tab in the NLA) first")


def _build_tracks(armature: bpy.types.Object, layers: dict[str, bpy.types.Action], first: int, frames: int) -> None:
    data = armature.animation_data or armature.animation_data_create()
    data.use_nla = True
    for track in data.nla_tracks:
        track.is_solo = False  # a soloed track would silence the take; Reject solos it again
    for layer in (BASE, EMPHASIS, EXAGGERATION):
        track = data.nla_tracks.new()
        track.name = layer
        _add_strip(track, layers[layer], BODY, first, frames, "REPLACE" if layer == BASE else "COMBINE")
    track.lock = True
    exaggeration = layer_strips(armature)[EXAGGERATION]
    curve = exaggeration.fcurves.find("influence")
    if curve is not None:
        curve.hide = curve.lock = True


def _build_face(
    keys: bpy.types.Key | None, base: bpy.types.Action, edits: bpy.types.Action, first: int, frames: int
) -> None:
    if keys is None or versions.slot_of(base, FACE) is None:
        return
    data = keys.animation_data or keys.animation_data_create()
    data.use_nla = True
    for track in data.nla_tracks:
        track.is_solo = False
    track = data.nla_tracks.new()
    track.name = _FACE_TRACK
    _add_strip(track, base, FACE, first, frames, "REPLACE")
    # COMBINE on shape keys is broken in 5.0
    _make_active(keys, edits, FACE, "ADD")


def _add_strip(
    track: bpy.types.NlaTrack, action: bpy.types.Action, kind: str, first: int, frames: int, blend: str
) -> None:
    strip = track.strips.new(action.name, first, action)
    versions.assign_strip_slot(strip, versions.slot_of(action, kind))
    strip.use_sync_length = False
    # an action in which nothing moves has no length of its own
    strip.action_frame_start, strip.action_frame_end = first, first + max(frames - 1, 1)
    strip.frame_start, strip.frame_end = first, first + max(frames - 1, 1)
    strip.extrapolation = "HOLD"
    strip.use_auto_blend = False
    strip.blend_in = strip.blend_out = 0.0
    strip.blend_type = blend
    if blend == "COMBINE":
        strip.use_animated_influence = True


def _make_active(animated: bpy.types.ID, action: bpy.types.Action, kind: str, blend: str) -> None:
    """An empty active action in which new keys become offsets, since Blender inverts the NLA below it."""
    versions.assign_action(animated, action, versions.new_slot(action, kind, animated.name))
    data = animated.animation_data
    data.action_blend_type, data.action_influence, data.action_extrapolation = blend, 1.0, "HOLD"
