"""*Emphasis*: the list of words with their sliders, and what can be done to the curve."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty

from ..properties import settings_of
from ..word_sliders import is_emphasised


class CHIRONOMY_UL_words(bpy.types.UIList):
    """One row a word: word and time, score, slider, gesture, reset."""

    bl_idname = "CHIRONOMY_UL_words"

    def draw_item(self, _context, layout, _data, word, _icon, _active_data, _active, index=0, _flag=0) -> None:
        split = layout.split(factor=0.34, align=True)
        name = split.row(align=True)
        mark = name.row(align=True)
        mark.alignment = "LEFT"
        jump = name.operator(
            "chironomy.word_jump",
            text=f"{word.text}{word.punctuation}",
            emboss=word.selected,
            depress=word.selected,
        )
        jump.word = index
        mark.label(text=f"{word.start_s:.2f}")
        rest = split.split(factor=0.18, align=True)
        rest.progress(factor=word.score, text=f"{word.score:.2f}")
        rest = rest.split(factor=0.46, align=True)
        rest.prop(word, "slider", text="", slider=True)
        rest = rest.row(align=True)
        rest.prop(word, "gesture_class", text="")
        rest.operator("chironomy.slider_reset", text="", icon="LOOP_BACK").word = index

    def filter_items(self, context, data, collection) -> tuple[list[int], list[int]]:
        words = getattr(data, collection)
        flags = [self.bitflag_filter_item] * len(words)
        if self.filter_name:
            flags = bpy.types.UI_UL_list.filter_items_by_name(
                self.filter_name, self.bitflag_filter_item, words, "text", flags
            )
        if context.window_manager.chironomy_only_emphasised:
            flags = [
                flag if is_emphasised(word) else flag & ~self.bitflag_filter_item
                for flag, word in zip(flags, words, strict=True)
            ]
        return flags, []


class CHIRONOMY_PT_emphasis(bpy.types.Panel):
    bl_idname = "CHIRONOMY_PT_emphasis"
    bl_label = "Emphasis"
    bl_order = 3
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Chironomy"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings, manager = settings_of(context.scene), context.window_manager
        if not settings.words:
            layout.label(text="Words appear here once they are aligned", icon="INFO")
            return
        row = layout.row()
        row.prop(manager, "chironomy_only_emphasised", toggle=True)
        row.prop(manager, "chironomy_word_lane", toggle=True)
        layout.template_list("CHIRONOMY_UL_words", "", settings, "words", settings, "active_word", rows=6, maxrows=16)
        layout.operator_menu_enum("chironomy.words_select", "action", text="Select Words")
        column = layout.column(align=True)
        column.operator("chironomy.curve_simplify", icon="IPO_BEZIER")
        row = column.row(align=True)
        row.operator("chironomy.curve_reset", text="Reset Selected").which = "SELECTED"
        row.operator("chironomy.curve_reset", text="Reset All").which = "ALL"


CLASSES = (CHIRONOMY_UL_words, CHIRONOMY_PT_emphasis)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.WindowManager.chironomy_only_emphasised = BoolProperty(
        name="Only Emphasised", description="List only words with a gesture worth seeing, or whose slider was moved"
    )


def unregister() -> None:
    del bpy.types.WindowManager.chironomy_only_emphasised
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
