"""*Emphasis*: the list of words with their sliders, and what can be done to the curve."""

from __future__ import annotations

import bpy

from ..properties import settings_of
from ..word_sliders import is_emphasised
from .sidebar import Sidebar
from .status import draw_reason


class CHIRONOMY_UL_words(bpy.types.UIList):
    """Two lines a word, to be read at the sidebar's usual width: time, word and gesture; score, slider and reset."""

    bl_idname = "CHIRONOMY_UL_words"

    def draw_item(self, _context, layout, _data, word, _icon, _active_data, _active, index=0, _flag=0) -> None:
        lines = layout.column(align=True)
        split = lines.split(factor=0.16)
        time = split.row()
        time.enabled = False
        time.label(text=f"{word.start_s:.2f}")
        split = split.split(factor=0.5)
        jump = split.operator(
            "chironomy.word_jump",
            text=f"{word.text}{word.punctuation}",
            emboss=word.selected,
            depress=word.selected,
        )
        jump.word = index
        split.prop(word, "gesture_class", text="")
        split = lines.split(factor=0.16)
        split.progress(factor=word.score, text="")
        row = split.row(align=True)
        row.prop(word, "slider", text="", slider=True)
        row.operator("chironomy.slider_reset", text="", icon="LOOP_BACK").word = index

    def filter_items(self, _context, data, collection) -> tuple[list[int], list[int]]:
        words = getattr(data, collection)
        flags = [self.bitflag_filter_item] * len(words)
        if self.filter_name:
            flags = bpy.types.UI_UL_list.filter_items_by_name(
                self.filter_name, self.bitflag_filter_item, words, "text", flags
            )
        if data.only_emphasised:
            flags = [
                flag if is_emphasised(word) else flag & ~self.bitflag_filter_item
                for flag, word in zip(flags, words, strict=True)
            ]
        return flags, []


class CHIRONOMY_PT_emphasis(Sidebar, bpy.types.Panel):
    bl_idname = "CHIRONOMY_PT_emphasis"
    bl_label = "Emphasis"
    bl_order = 3

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = settings_of(context.scene)
        if not settings.words:
            layout.label(text="Words appear here once they are aligned", icon="INFO")
            return
        row = layout.row()
        row.prop(settings, "only_emphasised", toggle=True)
        row.prop(settings, "word_lane", toggle=True)
        layout.template_list("CHIRONOMY_UL_words", "", settings, "words", settings, "active_word", rows=4, maxrows=8)
        if 0 <= settings.active_word < len(settings.words):
            self._draw_chosen(settings.words[settings.active_word])
        layout.operator_menu_enum("chironomy.words_select", "action", text="Select Words")
        column = layout.column(align=True)
        column.operator("chironomy.curve_simplify", icon="IPO_BEZIER")
        row = column.row(align=True)
        row.operator("chironomy.curve_reset", text="Reset Selected").which = "SELECTED"
        row.operator("chironomy.curve_reset", text="Reset All").which = "ALL"

    def _draw_chosen(self, word: bpy.types.PropertyGroup) -> None:
        """What the take does on the chosen word, and what the next one is to do.

        When it is spoken can be corrected after a bad alignment.
        """
        self.layout.label(text=performed(word))
        asked = self.layout.column(align=True)
        asked.use_property_split, asked.use_property_decorate = True, False
        asked.prop(word, "gesture_class")
        asked.prop(word, "hand")
        asked.prop(word, "size")
        row = self.layout.row(align=True)
        row.prop(word, "start_s", text="")
        row.prop(word, "end_s", text="")
        if word.times_by_hand:
            draw_reason(self.layout, "Corrected times take effect with the next Generate; Align finds them anew")


def performed(word: bpy.types.PropertyGroup) -> str:
    """The word and the class of gesture that the take has on it, which *Auto* leaves to the generator."""
    return f"{word.text}: {word.generated_class.replace('_', ' ')}" if word.generated_class else word.text


CLASSES = (CHIRONOMY_UL_words, CHIRONOMY_PT_emphasis)
register, unregister = bpy.utils.register_classes_factory(CLASSES)
