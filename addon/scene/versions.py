"""All that differs between Blender 4.5 LTS, 5.0 and 5.2 LTS, and the traps that all of them share.

All three store curves in an action's slots: action › layer › strip › channel bag (one for each slot) › F-curves.
`action.fcurves`, gone since 5.0, is never used.
"""

import bpy

#: bpy.types.bpy_prop_array and the like take no annotations that hold in every version; these names say what is meant.
ChannelBag = bpy.types.ActionChannelbag
Slot = bpy.types.ActionSlot


def new_slot(action: bpy.types.Action, id_type: str, name: str) -> Slot:
    """A slot of the action for one object ("OBJECT") or for the shape keys of one mesh ("KEY")."""
    return action.slots.new(id_type, name)


def slot_of(action: bpy.types.Action, id_type: str) -> Slot | None:
    """The action's first slot of that kind."""
    return next((slot for slot in action.slots if slot.target_id_type == id_type), None)


def channels(action: bpy.types.Action, slot: Slot) -> ChannelBag:
    """The place of the slot's F-curves, made where it is missing (Blender supports one layer and one strip so far)."""
    layer = action.layers[0] if action.layers else action.layers.new("Layer")
    strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(slot, ensure=True)


def curves(action: bpy.types.Action | None, slot: Slot | None) -> list[bpy.types.FCurve]:
    """The slot's F-curves, none where it has none."""
    if action is None or slot is None:
        return []
    bags = (strip.channelbag(slot) for layer in action.layers for strip in layer.strips)
    return [curve for bag in bags if bag is not None for curve in bag.fcurves]


def assign_action(animated: bpy.types.ID, action: bpy.types.Action | None, slot: Slot | None = None) -> None:
    """Makes the action the active one of an object or of shape keys, with exactly this slot."""
    if isinstance(animated, bpy.types.Object) and animated.type == "ARMATURE" and animated.pose is None:
        bpy.context.view_layer.update()  # without a pose, setting the slot crashes 4.5.15 and 5.0.1
    data = animated.animation_data or animated.animation_data_create()
    data.action = action
    if action is not None:
        data.action_slot = slot


def assign_strip_slot(strip: bpy.types.NlaStrip, slot: Slot) -> None:
    """Makes the NLA strip play this slot of its action."""
    strip.action_slot = slot


def sound_strip(scene: bpy.types.Scene, name: str, path: str, frame: int) -> bpy.types.Strip:
    """A new sound strip in the scene's sequencer that starts on the frame, in the first channel that is free."""
    editor = scene.sequence_editor or scene.sequence_editor_create()
    channel = 1 + max((strip.channel for strip in editor.strips_all), default=0)
    return editor.strips.new_sound(name, path, channel, frame)


def has_usd() -> bool:
    """Some distributions (Debian's among them) build Blender without USD."""
    return bool(bpy.app.build_options.usd)


def set_film_format(scene: bpy.types.Scene) -> None:
    """Makes the scene's animation render an .mp4 with H.264 and AAC; since 5.0 the kind of medium is chosen first."""
    settings, ffmpeg = scene.render.image_settings, scene.render.ffmpeg
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"
    ffmpeg.format, ffmpeg.codec, ffmpeg.audio_codec = "MPEG4", "H264", "AAC"
