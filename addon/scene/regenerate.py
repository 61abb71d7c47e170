"""A new take for some frames, or all, of the action that was in use before it.

The take is reviewed live like any other, confined to those frames (see `part`). `accept_into_former` then puts what it
shows into the action that was in use before: frames first…last change, all keys outside stay as they are. At both ends
the old motion passes into the new one over BLEND frames. Keys of the animator inside (see `authorship`) stay, and the
new motion comes to them and leaves them again within REACH frames; where two of them follow each other with no
generated key between, the animator made that stretch, and it stays too.

Where a Bezier segment of the old action crosses a border, it is split there, which shortens the handle of its outer
key and changes nothing else outside. Where that outer key is the animator's, it is left alone: the channel changes only
from the segment's other end on.

Over an action that was never accepted all keys are the animator's: there `accept_into_copy` leaves the action as it is
and changes a copy.
"""

from collections.abc import Mapping

import bpy
import numpy as np

from ..core.errors import UserError
from . import authorship, keep, versions
from .bake import bake_take, keyed_frames, orders_by_path
from .curve_keys import read_keys
from .keyframes import BODY, FACE
from .layers import remove_take
from .live import LiveTake, live_take, refresh
from .stretch import Channel, Stretch, free_handles, rewrite


def accept_into_former(
    armature: bpy.types.Object,
    first: int | None = None,
    last: int | None = None,
    tolerance_deg: float | None = None,
) -> bpy.types.Action:
    """*Accept* for frames first…last of the action that was in use before the take.

    Where they are not given, they are those that the take was confined to, or the whole take. The action stays the
    active one of the rig, changed in place; the take goes. What the animator keyed over the live take becomes the
    animator's there as well. Raises UserError where no action was in use, or the range misses the take.
    """
    live, action = live_take(armature), _former(armature)
    own_first, own_last = live.part or (None, None)
    first, last = own_first if first is None else first, own_last if last is None else last
    _accept(live, first, last, tolerance_deg, keeps_own=True)
    return action


def accept_into_copy(armature: bpy.types.Object, tolerance_deg: float | None = None) -> bpy.types.Action:
    """*Accept* of a take that was confined to some frames, over an action that the animator made.

    A copy of the action gets the new motion on those frames, in the place of the keys there, and is the active one from
    now on; the action itself stays in the file as it was. Raises UserError as `accept_into_former` does.
    """
    live, former = live_take(armature), _former(armature)
    first, last = live.part or (None, None)
    copies: dict[bpy.types.Action, bpy.types.Action] = {}
    for pointer in (keep.FORMER_BODY, keep.FORMER_FACE):
        action = live.base.get(pointer)
        if action is not None:
            action.use_fake_user = True
            copies[action] = copies.get(action) or action.copy()
            live.base[pointer] = copies[action]
    copies[former].name = live.name
    _accept(live, first, last, tolerance_deg, keeps_own=False)
    return copies[former]


def can_accept_into_former(armature: bpy.types.Object) -> bool:
    """Whether the action that was in use before the live take was accepted, so that the take can go into it."""
    return authorship.has_record(live_take(armature).base.get(keep.FORMER_BODY))


def can_accept_into_copy(armature: bpy.types.Object) -> bool:
    """Whether the take was confined to some frames of an action that the animator made."""
    live = live_take(armature)
    former = live.base.get(keep.FORMER_BODY)
    return live.part is not None and former is not None and former.library is None


def _former(armature: bpy.types.Object) -> bpy.types.Action:
    """The action in use before the take, fit to be changed. Raises UserError."""
    former = live_take(armature).base.get(keep.FORMER_BODY)
    if former is None:
        raise UserError(f"{armature.name}: no action was in use before the take: accept the take as a whole")
    if former.library is not None:
        raise UserError(f"{former.name}: is linked and cannot be changed: accept the take as a whole")
    return former


def _accept(live: LiveTake, first: int | None, last: int | None, tolerance_deg: float | None, keeps_own: bool) -> None:
    """Puts frames first…last of what the take shows into the actions that were in use; the take goes."""
    begin, end = int(live.frames[0]), int(live.frames[-1])
    first, last = max(begin if first is None else first, begin), min(end if last is None else last, end)
    if first >= last:
        raise UserError(f"{live.name}: has no motion for these frames: choose frames between {begin} and {end}")
    armature, keys, part = live.armature, live.keys, live.part or (begin, end)
    meets = part[0] == first > begin, part[1] == last < end
    former = {BODY: live.base.get(keep.FORMER_BODY), FACE: live.base.get(keep.FORMER_FACE)}
    modes = keep.former_modes(live.base)
    new, keyed = bake_take(armature, modes), keyed_frames(live, modes)
    remove_take(armature)
    if keys is not None and former[FACE] is None and versions.slot_of(new, FACE) is not None:
        former[FACE] = former[BODY]
        versions.assign_action(keys, former[BODY], versions.new_slot(former[BODY], FACE, keys.name))
    for kind, animated in ((BODY, armature), (FACE, keys)):
        action = former[kind]
        if animated is not None and action is not None:
            begin, end = action.frame_range if authorship.key_count(action) else (first, last)
            older = bool(begin < first), bool(end > last)
            stretch = Stretch(first, last, *older, *meets, tolerance_deg, keeps_own)
            _put_in(animated, action, versions.curves(new, versions.slot_of(new, kind)), stretch, modes, keyed)
    bpy.data.actions.remove(new)
    refresh(armature, keys)


def _put_in(
    animated: bpy.types.ID,
    action: bpy.types.Action,
    new: list[bpy.types.FCurve],
    stretch: Stretch,
    modes: Mapping[str, str],
    keyed: Mapping[str, list[int]],
) -> None:
    slot = animated.animation_data.action_slot
    if slot is None:
        return
    bag, own = versions.channels(action, slot), authorship.own_keys(action)
    by_path: dict[str, list[bpy.types.FCurve]] = {}
    for curve in new:
        by_path.setdefault(curve.data_path, []).append(curve)
    orders, before = orders_by_path(modes), authorship.key_counts(action)[0]
    for path, curves in by_path.items():
        old = [_old_curve(bag, animated, curve) for curve in curves]
        names = [(slot.identifier, path, curve.array_index) for curve in old]
        masks = [
            own.get(name, np.zeros(len(curve.keyframe_points), bool)) for name, curve in zip(names, old, strict=True)
        ]
        if not stretch.keeps_own:
            masks = [np.zeros_like(mask) for mask in masks]
            for curve in old:
                free_handles(curve)
        channel = Channel(path, orders.get(path, "XYZ"), old, [read_keys(curve) for curve in old], masks, curves)
        own.update(zip(names, rewrite(channel, stretch, keyed.get(path, [])), strict=True))
    authorship.record_generated(action, own, before)


def _old_curve(bag: versions.ChannelBag, animated: bpy.types.ID, new: bpy.types.FCurve) -> bpy.types.FCurve:
    """The action's curve for the same property; where it has none, a new one that holds what the rig shows."""
    curve = bag.fcurves.find(new.data_path, index=new.array_index)
    if curve is None:
        value = animated.path_resolve(new.data_path)
        curve = bag.fcurves.new(new.data_path, index=new.array_index)
        at = new.keyframe_points[0].co[0]
        point = curve.keyframe_points.insert(at, value[new.array_index] if hasattr(value, "__len__") else value)
        point.type = "GENERATED"
    return curve
