"""What follows what in a live take: the exaggeration its emphasis, all layers the one that was moved."""

import atexit

import bpy
import numpy as np
from bpy.app.handlers import persistent

from . import versions
from .emphasis_edit import curve_changed
from .influence import EMPHASIS, EXAGGERATION, influence_curve, keep_in_step, write_points
from .live import FIRST, has_live_take, live_take


def move_take(armature: bpy.types.Object, frames: int) -> None:
    """Moves the live take in time: strips of body and face, the emphasis curve's keys, and the animator's edits.

    Moving a strip in Blender does not move its influence's keys, which stand on frames of the scene.
    """
    live = live_take(armature)
    first = int(live.base[FIRST]) + frames
    for strip in live.all_strips():
        if round(strip.frame_start) != first:
            strip.frame_start_ui = first
    curves = [influence_curve(live.strips[EMPHASIS]), influence_curve(live.strips[EXAGGERATION])]
    for slot in live.edits.slots if live.edits is not None else ():
        curves += versions.curves(live.edits, slot)
    for curve in curves:
        _shift(curve, frames)
    live.base[FIRST] = first
    armature.update_tag(refresh={"TIME"})


def follow_moved_strip(armature: bpy.types.Object) -> bool:
    """Where one of the take's strips was moved by hand, moves all that belongs to it; returns whether it was so."""
    live = live_take(armature)
    first = int(live.base[FIRST])
    moved = [round(strip.frame_start) for strip in live.all_strips() if round(strip.frame_start) != first]
    if moved:
        move_take(armature, moved[0] - first)
    return bool(moved)


@persistent
def follow_takes(_scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    """Handler for depsgraph_update_post: acts whenever an armature with a live take changed.

    (A driver on the exaggeration's influence would come one evaluation late.)
    """
    for update in depsgraph.updates:
        if isinstance(update.id, bpy.types.Object) and update.id.type == "ARMATURE":
            armature = update.id.original
            if has_live_take(armature):
                follow_moved_strip(armature)
                if keep_in_step(armature):
                    curve_changed(armature)


def install_handler() -> None:
    """Adds the handler where it is missing; it survives loading of other files."""
    handlers = bpy.app.handlers.depsgraph_update_post
    if follow_takes not in handlers:
        handlers.append(follow_takes)
        atexit.register(remove_handler)  # Blender 4.5 as a Python module hangs at exit where a handler is left


def remove_handler() -> None:
    """Takes the handler away again."""
    handlers = bpy.app.handlers.depsgraph_update_post
    if follow_takes in handlers:
        handlers.remove(follow_takes)


def _shift(curve: bpy.types.FCurve, frames: int) -> None:
    points = curve.keyframe_points
    for place in ("co", "handle_left", "handle_right"):
        values = np.empty(2 * len(points), dtype=np.float32)
        points.foreach_get(place, values)
        values[::2] += frames
        write_points(curve, {place: values})
