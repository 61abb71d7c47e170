"""Dragging in the lane: up and down moves the word's slider; a double click goes to the word."""

from __future__ import annotations

import bpy

from ..core.emphasis.curve import MAX_EMPHASIS
from ..lazy import lazy
from ..operators.emphasis import select_words
from ..properties import settings_of
from ..word_sliders import affected_words, frame_of, set_sliders, shaped_armature, show_sliders
from .drawing import redraw, speaking_scene, ui_scale, visible_boxes
from .layout import Box, box_at, emphasis_after

emphasis_edit = lazy("scene.emphasis_edit")

#: A press that moves less than this is a click.
_CLICK_PX = 3


class CHIRONOMY_OT_word_drag(bpy.types.Operator):
    bl_idname = "chironomy.word_drag"
    bl_label = "Drag Word Emphasis"
    bl_description = "Drag a word up or down. Shift: finer, Ctrl: in steps, Esc or right mouse button: back"
    bl_options = {"UNDO", "BLOCKING", "INTERNAL"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        box = _box_under(context, event)
        if box is None:
            return {"PASS_THROUGH"}
        scene = speaking_scene(context)
        settings, index = settings_of(scene), box.word.index
        if event.shift or event.ctrl or event.oskey:
            select_words(settings.words, settings.active_word, index, "RANGE" if event.shift else "TOGGLE")
            settings.active_word = index
            redraw(context.window_manager)
            return {"FINISHED"}
        if not settings.words[index].selected:
            select_words(settings.words, index, index, "SET")
        settings.active_word = index
        redraw(context.window_manager)
        armature = shaped_armature(scene)
        if armature is None:
            return {"FINISHED"}
        self._scene, self._armature, self._height = scene.name, armature.name, context.region.height
        self._saved = emphasis_edit.saved_emphasis(armature)
        sliders = emphasis_edit.sliders_of(armature)
        self._start = {i: float(sliders[i]) for i in affected_words(scene, index)}
        self._word, self._pressed_y, self._last_y, self._travel, self._moved = (
            index,
            event.mouse_y,
            event.mouse_y,
            0.0,
            False,
        )
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        scene, armature = bpy.data.scenes.get(self._scene), bpy.data.objects.get(self._armature)
        if scene is None or armature is None or not emphasis_edit.has_emphasis_record(armature):
            return self._ended(context, {"CANCELLED"})
        if event.type in ("ESC", "RIGHTMOUSE") and event.value == "PRESS":
            if self._moved:
                emphasis_edit.restore_emphasis(armature, self._saved)
                show_sliders(scene)
            return self._ended(context, {"CANCELLED"})
        if event.type == "LEFTMOUSE" and event.value == "RELEASE":
            return self._ended(context, {"FINISHED"})
        if event.type in ("MOUSEMOVE", "LEFT_SHIFT", "RIGHT_SHIFT", "LEFT_CTRL", "RIGHT_CTRL"):
            self._drag(context, event, scene)
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        self._ended(context, set())

    def _drag(self, context: bpy.types.Context, event: bpy.types.Event, scene: bpy.types.Scene) -> None:
        # summed up, so that pressing Shift halfway makes no jump
        self._travel += (event.mouse_y - self._last_y) * (0.1 if event.shift else 1.0)
        self._last_y = event.mouse_y
        self._moved = self._moved or abs(event.mouse_y - self._pressed_y) >= _CLICK_PX
        if not self._moved:
            return
        scale = ui_scale(context)
        start = self._start[self._word]
        value = emphasis_after(start, self._travel, self._height, scale, event.shift, event.ctrl)
        by = min(max(value, 0.0), MAX_EMPHASIS) - start
        set_sliders(scene, {i: min(max(was + by, 0.0), MAX_EMPHASIS) for i, was in self._start.items()})
        word = settings_of(scene).words[self._word]
        context.workspace.status_text_set(
            f"{word.text}: emphasis {word.slider:.2f}   Shift: finer   Ctrl: steps of 0.1   Esc: back"
        )
        redraw(context.window_manager)

    def _ended(self, context: bpy.types.Context, result: set[str]) -> set[str]:
        context.workspace.status_text_set(None)
        redraw(context.window_manager)
        return result


class CHIRONOMY_OT_word_lane_jump(bpy.types.Operator):
    bl_idname = "chironomy.word_lane_jump"
    bl_label = "Jump to Word in Lane"
    bl_description = "Go to the frame where the word under the pointer begins"
    bl_options = {"UNDO", "INTERNAL"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        box = _box_under(context, event)
        if box is None:
            return {"PASS_THROUGH"}
        scene = speaking_scene(context)
        settings = settings_of(scene)
        select_words(settings.words, box.word.index, box.word.index, "SET")
        settings.active_word = box.word.index
        scene.frame_set(round(frame_of(scene, settings.words[box.word.index].start_s)))
        redraw(context.window_manager)
        return {"FINISHED"}


def _box_under(context: bpy.types.Context, event: bpy.types.Event) -> Box | None:
    region = context.region
    if region is None or region.type != "WINDOW":
        return None
    x, y = event.mouse_x - region.x, event.mouse_y - region.y
    return box_at(visible_boxes(context), x, y, region.height, ui_scale(context))


CLASSES = (CHIRONOMY_OT_word_drag, CHIRONOMY_OT_word_lane_jump)
