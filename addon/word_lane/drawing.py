"""Draws the lane: all boxes in one batch, then the words that fit into theirs."""

from __future__ import annotations

import blf
import bpy
import gpu
from gpu_extras.batch import batch_for_shader

from ..lazy import lazy
from ..properties import settings_of
from ..word_sliders import first_frame, shaped_armature
from .layout import Box, Word, boxes, lane

keyframes = lazy("scene.keyframes")

SPACES = ("SpaceDopeSheetEditor", "SpaceGraphEditor", "SpaceSequenceEditor")
#: Base motion, full gesture, exaggerated: from calm to warm, readable on dark and on light themes.
_CALM, _FULL, _BEYOND = (0.36, 0.46, 0.58), (0.22, 0.68, 0.62), (0.95, 0.55, 0.20)
_ROOM, _EDGE, _SELECTED = (0.5, 0.5, 0.5, 0.16), (0.0, 0.0, 0.0, 0.45), (1.0, 1.0, 1.0, 0.9)
_FONT = 0
_handles: list[tuple[type, object]] = []


def visible_boxes(context: bpy.types.Context) -> list[Box]:
    """The words' boxes in the region of the context."""
    region, scene = context.region, speaking_scene(context)
    words = lane_words(scene) if settings_of(scene).word_lane else []
    if not words:
        return []
    left = region.view2d.view_to_region(0.0, 0.0, clip=False)[0]
    right = region.view2d.view_to_region(1000.0, 0.0, clip=False)[0]
    per_frame = (right - left) / 1000.0  # view_to_region rounds to whole pixels: one long measure is exact enough
    return boxes(words, lambda frame: left + frame * per_frame, region.width, region.height, ui_scale(context))


def lane_words(scene: bpy.types.Scene) -> list[Word]:
    """The scene's words as the lane shows them."""
    settings = settings_of(scene)
    if not settings.words:
        return []
    start, fps = first_frame(scene), keyframes.scene_fps(scene)
    return [
        Word(i, start + word.start_s * fps, start + word.end_s * fps, word.slider, word.text, word.selected)
        for i, word in enumerate(settings.words)
    ]


def speaking_scene(context: bpy.types.Context) -> bpy.types.Scene:
    """The scene that the editor shows: since 5.0 the sequencer may show another one than the window."""
    if context.area is not None and context.area.type == "SEQUENCE_EDITOR":
        return getattr(context, "sequencer_scene", None) or context.scene
    return context.scene


def ui_scale(context: bpy.types.Context) -> float:
    """How much larger than on a plain screen everything is drawn."""
    return context.preferences.system.ui_scale


def redraw(window_manager: bpy.types.WindowManager) -> None:
    """Has every editor with a lane drawn again."""
    for window in window_manager.windows:
        for area in window.screen.areas:
            if area.type in ("DOPESHEET_EDITOR", "GRAPH_EDITOR", "SEQUENCE_EDITOR"):
                area.tag_redraw()


def switch(on: bool) -> None:
    """Adds the drawing to the editors, or takes it away altogether."""
    while _handles and not on:
        space, handle = _handles.pop()
        space.draw_handler_remove(handle, "WINDOW")
    if on and not _handles:
        for name in SPACES:
            space = getattr(bpy.types, name)
            _handles.append((space, space.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL")))


def _draw() -> None:
    context = bpy.context
    space = context.space_data
    if space.type == "SEQUENCE_EDITOR" and space.view_type == "PREVIEW":
        return
    if space.type == "GRAPH_EDITOR" and space.mode == "DRIVERS":
        return
    found = visible_boxes(context)
    if not found:
        return
    scale, height = ui_scale(context), context.region.height
    shaped = shaped_armature(speaking_scene(context)) is not None
    gpu.state.blend_set("ALPHA")
    shader = gpu.shader.from_builtin("SMOOTH_COLOR")
    batch_for_shader(shader, "TRIS", _triangles(found, lane(height, scale) is not None, 1.0 if shaped else 0.45)).draw(
        shader
    )
    gpu.state.blend_set("NONE")
    if lane(height, scale) is not None:
        _write_words(found, scale)


def _triangles(found: list[Box], in_lane: bool, opacity: float) -> dict[str, list[tuple[float, ...]]]:
    places: list[tuple[float, ...]] = []
    colours: list[tuple[float, ...]] = []

    def rectangle(left: float, bottom: float, right: float, top: float, low: tuple, high: tuple) -> None:
        places.extend([(left, bottom), (right, bottom), (right, top), (left, bottom), (right, top), (left, top)])
        colours.extend([low, low, high, low, high, high])

    for box in found:
        colour = (*colour_of(box.word.emphasis), 0.85 * opacity)
        dark = (*(0.6 * part for part in colour[:3]), colour[3])
        if in_lane:
            rectangle(box.left, box.bottom, box.right, box.ceiling, _ROOM, _ROOM)
            edge = _SELECTED if box.word.selected else _EDGE
            rectangle(box.left, box.bottom, box.right, box.top, edge, edge)
            rectangle(box.left + 1, box.bottom + 1, box.right - 1, box.top - 1, dark, colour)
        else:
            rectangle(box.left, box.bottom, box.right, box.top, dark, colour)
    return {"pos": places, "color": colours}


def colour_of(emphasis: float) -> tuple[float, ...]:
    """The colour of an emphasis 0…2."""
    low, high, part = (_CALM, _FULL, emphasis) if emphasis <= 1 else (_FULL, _BEYOND, emphasis - 1)
    return tuple(a + (b - a) * part for a, b in zip(low, high, strict=True))


def _write_words(found: list[Box], scale: float) -> None:
    blf.size(_FONT, 11 * scale)
    blf.enable(_FONT, blf.SHADOW)
    blf.shadow(_FONT, 3, 0.0, 0.0, 0.0, 0.9)
    blf.color(_FONT, 1.0, 1.0, 1.0, 0.95)
    for box in found:
        text = _shortened(box.word.text, box.right - box.left - 4 * scale)
        width, _ = blf.dimensions(_FONT, text)
        blf.position(_FONT, (box.left + box.right - width) / 2, box.bottom + 4 * scale, 0)
        blf.draw(_FONT, text)
    blf.disable(_FONT, blf.SHADOW)


def _shortened(text: str, room: float) -> str:
    """As much of the text as there is room for; nothing where that says nothing."""
    width, _ = blf.dimensions(_FONT, text)
    if width <= room:
        return text
    letters = int(len(text) * room / width) - 1
    return f"{text[:letters]}…" if letters >= 2 else ""
