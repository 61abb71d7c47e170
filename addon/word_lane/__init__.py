"""The words as a lane over Timeline, Dope Sheet, Graph Editor and Sequencer: seen, dragged, jumped to.

Switched off, it leaves nothing behind: no drawing, no key map.
"""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty

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


def _switched(manager: bpy.types.WindowManager, _context: bpy.types.Context) -> None:
    switch(manager.chironomy_word_lane)
    drawing.redraw(manager)


def register() -> None:
    for cls in drag.CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.WindowManager.chironomy_word_lane = BoolProperty(
        name="Word Lane",
        description="Show the words in Timeline, Dope Sheet, Graph Editor and Sequencer: "
        "drag one up or down to change its emphasis, double-click to go there",
        default=True,
        update=_switched,
    )
    switch(True)


def unregister() -> None:
    switch(False)
    del bpy.types.WindowManager.chironomy_word_lane
    for cls in reversed(drag.CLASSES):
        bpy.utils.unregister_class(cls)
