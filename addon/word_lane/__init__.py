"""The words as a lane over Timeline, Dope Sheet, Graph Editor and Sequencer: seen, dragged, jumped to.

The switch is the scene's and goes with the file. Where it is off in all of them, nothing is left behind: no drawing, no
key map.
"""

from __future__ import annotations

import atexit

import bpy
from bpy.app.handlers import persistent

from ..properties import on_lane_switched, settings_of
from . import drag, drawing

_keymap_items: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []
#: In the Sequencer the tools' own key maps come before its general one.
_SEQUENCER_TOOLS = tuple(
    f"Sequencer Tool: Select {tool}{fallback}"
    for tool in ("Box", "Lasso", "Circle")
    for fallback in ("", " (fallback)")
)
_KEYMAPS = (
    ("Dopesheet", "DOPESHEET_EDITOR"),
    ("Graph Editor", "GRAPH_EDITOR"),
    ("Sequencer", "SEQUENCE_EDITOR"),
    *((name, "SEQUENCE_EDITOR") for name in _SEQUENCER_TOOLS),
)


def switch(on: bool) -> None:
    """Shows or hides the lane, with its drawing and its mouse actions."""
    drawing.switch(on)
    while _keymap_items:
        keymap, item = _keymap_items.pop()
        keymap.keymap_items.remove(item)
    keyconfig = bpy.context.window_manager.keyconfigs.addon
    if on and keyconfig is not None:
        for name, space in _KEYMAPS:
            keymap = keyconfig.keymaps.new(name=name, space_type=space)
            for operator, value in (("chironomy.word_drag", "PRESS"), ("chironomy.word_lane_jump", "DOUBLE_CLICK")):
                item = keymap.keymap_items.new(operator, "LEFTMOUSE", value, any=value == "PRESS", head=True)
                _keymap_items.append((keymap, item))


@persistent
def follow_scenes(*_arguments: object) -> None:
    """Switches as the file's scenes say: a lane in any of them."""
    switch(any(settings_of(scene).word_lane for scene in bpy.data.scenes))
    drawing.redraw(bpy.context.window_manager)


def _handlers() -> tuple[list, ...]:
    """What can change the switch without calling its update function."""
    handlers = bpy.app.handlers
    return handlers.load_post, handlers.undo_post, handlers.redo_post


def register() -> None:
    for cls in drag.CLASSES:
        bpy.utils.register_class(cls)
    on_lane_switched.append(follow_scenes)
    for handlers in _handlers():
        handlers.append(follow_scenes)
    atexit.register(_let_go)  # Blender 4.5 as a Python module hangs at exit where a handler is left
    switch(True)  # at Blender's start there are no scenes yet to ask


def unregister() -> None:
    switch(False)
    _let_go()
    atexit.unregister(_let_go)
    for cls in reversed(drag.CLASSES):
        bpy.utils.unregister_class(cls)


def _let_go() -> None:
    for listeners in (on_lane_switched, *_handlers()):
        if follow_scenes in listeners:
            listeners.remove(follow_scenes)
