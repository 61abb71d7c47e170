"""What a character was like before a take came, so that *Reject* can leave it exactly so."""

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import bpy

from . import versions

#: Custom property of a take's base action; it goes into the file and out of it with that action.
RECORD = "chironomy_before"
#: Custom properties that point to the actions that were in use (a pointer keeps them in the file).
FORMER_BODY, FORMER_FACE = "chironomy_former_body", "chironomy_former_face"

_ROTATION_MODE = "rotation_mode"
_BONE_VALUES = ("rotation_quaternion", "rotation_euler", "rotation_axis_angle", "location", "scale")
_BLENDING = ("action_blend_type", "action_influence", "action_extrapolation", "use_nla")


def remember(
    base: bpy.types.Action,
    armature: bpy.types.Object,
    mesh: bpy.types.Object | None,
    switches: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> None:
    """Stores the state of rig and face on the take's base action; switches: by bone, custom properties of it too."""
    keys = shape_keys(mesh)
    record = {
        "bones": {bone.name: _bone_state(bone) for bone in armature.pose.bones},
        "switches": {
            bone: {name: armature.pose.bones[bone][name] for name in names} for bone, names in switches.items()
        },
        "body": _animation_state(armature),
        "shapes": {key.name: key.value for key in keys.key_blocks} if keys is not None else {},
        "face": _animation_state(keys) if keys is not None else None,
    }
    base[RECORD] = json.dumps(record)
    for name, animated in ((FORMER_BODY, armature), (FORMER_FACE, keys)):
        former = animated.animation_data.action if animated is not None and animated.animation_data else None
        if former is not None:
            base[name] = former


def restore_animation(base: bpy.types.Action, armature: bpy.types.Object, keys: bpy.types.Key | None) -> None:
    """Gives rig and face the action back that was in use; where there was no AnimData, there is none again."""
    record = recorded(base)
    _restore_animation(armature, record["body"], base.get(FORMER_BODY))
    if keys is not None:
        _restore_animation(keys, record["face"], base.get(FORMER_FACE))


def restore_pose(base: bpy.types.Action, armature: bpy.types.Object, keys: bpy.types.Key | None) -> None:
    """Puts every bone and shape back where it was."""
    record = recorded(base)
    for name, state in record["bones"].items():
        bone = armature.pose.bones.get(name)
        if bone is not None:
            for attribute, value in state.items():
                setattr(bone, attribute, value)
    for name, values in record.get("switches", {}).items():
        bone = armature.pose.bones.get(name)
        for switch, value in values.items() if bone is not None else ():
            bone[switch] = value
    for name, value in record["shapes"].items():
        key = keys.key_blocks.get(name) if keys is not None else None
        if key is not None:
            key.value = value


def former_modes(base: bpy.types.Action) -> dict[str, str]:
    """Each bone's rotation mode before the take."""
    return {name: state[_ROTATION_MODE] for name, state in recorded(base)["bones"].items()}


def recorded(base: bpy.types.Action) -> dict[str, Any]:
    """The record as `remember` wrote it."""
    return json.loads(base[RECORD])


def shape_keys(mesh: bpy.types.Object | None) -> bpy.types.Key | None:
    """The mesh's shape keys, where it has any."""
    return mesh.data.shape_keys if mesh is not None else None


def _bone_state(bone: bpy.types.PoseBone) -> dict[str, Any]:
    return {_ROTATION_MODE: bone.rotation_mode, **{name: list(getattr(bone, name)) for name in _BONE_VALUES}}


def _animation_state(animated: bpy.types.ID) -> dict[str, Any] | None:
    """How the active action plays and which tracks are soloed; nothing where there is no AnimData."""
    data = animated.animation_data
    if data is None:
        return None
    state: dict[str, Any] = {name: getattr(data, name) for name in _BLENDING}
    state["slot"] = data.action_slot.identifier if data.action_slot is not None else ""
    state["last_slot"] = data.last_slot_identifier
    state["active_track"] = data.nla_tracks.active.name if data.nla_tracks.active is not None else ""
    state["solo"] = [track.name for track in data.nla_tracks if track.is_solo]
    return state


def _restore_animation(animated: bpy.types.ID, state: dict[str, Any] | None, former: bpy.types.Action | None) -> None:
    data = animated.animation_data
    if data is None:
        return
    slot = former.slots.get(state["slot"]) if former is not None and state is not None else None
    versions.assign_action(animated, former, slot)
    if state is None:
        if not data.nla_tracks and not data.drivers:
            animated.animation_data_clear()
        return
    for name in _BLENDING:
        setattr(data, name, state[name])
    data.last_slot_identifier = state["last_slot"]
    data.nla_tracks.active = data.nla_tracks.get(state["active_track"])
    for name in state["solo"]:
        if name in data.nla_tracks:
            data.nla_tracks[name].is_solo = True
