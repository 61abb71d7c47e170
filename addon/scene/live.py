"""The take under review, looked up on the rig: which strips, actions and frames belong to it."""

from dataclasses import dataclass

import bpy
import numpy as np

from ..core.errors import UserError
from ..core.motion.rotations import Array
from .influence import LAYER, layer_strips

BASE, EDITS = "Base", "Edits"
#: Custom properties of the base action: the take's name, the frame it starts on, and how many it has.
NAME, FIRST, FRAMES = "chironomy_take", "chironomy_first_frame", "chironomy_frames"
#: Where the take is for some frames only: the first and the last of them, counted from the frame it starts on.
_PART = "chironomy_part"


@dataclass(frozen=True)
class LiveTake:
    """What a live take consists of. Look it up anew each time (`live_take`): undo makes all references stale."""

    name: str
    armature: bpy.types.Object
    keys: bpy.types.Key | None
    """The shape keys that the face plays on."""
    strips: dict[str, bpy.types.NlaStrip]
    """Base, Emphasis and Exaggeration on the armature."""
    base: bpy.types.Action
    edits: bpy.types.Action | None
    frames: Array
    """[T], the whole frames of the scene that the take has keys on."""
    part: tuple[int, int] | None = None
    """The frames that it was confined to, where it was."""

    def all_strips(self) -> list[bpy.types.NlaStrip]:
        """The strips of body and face."""
        tracks = self.keys.animation_data.nla_tracks if self.keys is not None else ()
        face = [strip for track in tracks for strip in track.strips if strip.action == self.base]
        return [*self.strips.values(), *face]


def live_take(armature: bpy.types.Object) -> LiveTake:
    """The take under review on this armature. Raises UserError where there is none."""
    strips = layer_strips(armature)
    if BASE not in strips:
        raise UserError(f"{armature.name}: no take is under review")
    base = strips[BASE].action
    active = armature.animation_data.action
    edits = active if active is not None and active.get(LAYER) == EDITS else None
    first, count = round(strips[BASE].frame_start), int(base[FRAMES])
    part = (first + base[_PART][0], first + base[_PART][1]) if _PART in base else None
    return LiveTake(base[NAME], armature, _keys_of(base), strips, base, edits, np.arange(first, first + count), part)


def mark_part(armature: bpy.types.Object, first: int, last: int) -> None:
    """Notes that the live take was confined to these frames (see `part`); the note moves with the take."""
    live = live_take(armature)
    start = int(live.frames[0])
    live.base[_PART] = [first - start, last - start]


def has_live_take(armature: bpy.types.Object) -> bool:
    """Whether a take is under review on this armature."""
    return BASE in layer_strips(armature)


def refresh(armature: bpy.types.Object, keys: bpy.types.Key | None) -> None:
    """Has Blender evaluate the animation on the current frame again."""
    armature.update_tag(refresh={"OBJECT", "DATA", "TIME"})
    if keys is not None:
        keys.update_tag()
    bpy.context.view_layer.update()


def _keys_of(base: bpy.types.Action) -> bpy.types.Key | None:
    for keys in bpy.data.shape_keys:
        tracks = keys.animation_data.nla_tracks if keys.animation_data else ()
        if any(strip.action == base for track in tracks for strip in track.strips):
            return keys
    return None
