"""Operators on words and on the emphasis curve; all work without a window, and each is one undo step."""

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty

from .. import word_sliders
from ..core.errors import UserError
from ..lazy import lazy
from ..properties import settings_of
from ..word_sliders import affected_words, frame_of, is_emphasised, set_sliders, shaped_armature, show_sliders
from .reporting import reporting, requires

emphasis_edit = lazy("scene.emphasis_edit")

_WORD = IntProperty(name="Word", description="The word's number in the list, from 0", min=0)


def _why_no_words(context: bpy.types.Context) -> str:
    return "" if settings_of(context.scene).words else "There are no words yet: align the speech or generate first"


def _why_not_live(context: bpy.types.Context) -> str:
    if shaped_armature(context.scene) is not None:
        return ""
    return "No take is under review on this character: generate one, or show one from the list of takes"


@requires(_why_no_words)
class CHIRONOMY_OT_word_jump(bpy.types.Operator):
    bl_idname = "chironomy.word_jump"
    bl_label = "Jump to Word"
    bl_description = (
        "Go to the frame where this word begins.\nShift-click selects up to here, Ctrl-click adds or removes"
    )
    bl_options = {"UNDO", "INTERNAL"}

    word: _WORD
    extend: EnumProperty(
        items=[
            ("SET", "Set", "Choose this word alone"),
            ("TOGGLE", "Toggle", "Add it to the selected words, or take it off"),
            ("RANGE", "Range", "Select all from the active word to this one"),
        ],
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.extend = "RANGE" if event.shift else "TOGGLE" if event.ctrl or event.oskey else "SET"
        return self.execute(context)

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = settings_of(context.scene)
        _require_word(settings.words, self.word)
        select_words(settings.words, settings.active_word, self.word, self.extend)
        settings.active_word = self.word
        if self.extend == "SET":
            context.scene.frame_set(round(frame_of(context.scene, settings.words[self.word].start_s)))
        return {"FINISHED"}


def select_words(words: bpy.types.bpy_prop_collection, active: int, clicked: int, extend: str) -> None:
    """Selects as a click on a word does."""
    if extend == "TOGGLE":
        words[clicked].selected = not words[clicked].selected
        return
    low, high = sorted((min(active, len(words) - 1), clicked)) if extend == "RANGE" else (clicked, clicked)
    for i, word in enumerate(words):
        word.selected = low <= i <= high


@requires(_why_no_words)
class CHIRONOMY_OT_words_select(bpy.types.Operator):
    bl_idname = "chironomy.words_select"
    bl_label = "Select Words"
    bl_description = "Select words, to move their sliders together"
    bl_options = {"UNDO"}

    action: EnumProperty(
        name="Action",
        items=[
            ("ALL", "All", "Every word"),
            ("NONE", "None", "No word"),
            ("INVERT", "Invert", "The others"),
            ("EMPHASISED", "Emphasised", "Words with a gesture worth seeing, and words whose slider was moved"),
        ],
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        for word in settings_of(context.scene).words:
            word.selected = {
                "ALL": True,
                "NONE": False,
                "INVERT": not word.selected,
                "EMPHASISED": is_emphasised(word),
            }[self.action]
        return {"FINISHED"}


@requires(_why_not_live)
class CHIRONOMY_OT_slider_set(bpy.types.Operator):
    bl_idname = "chironomy.slider_set"
    bl_label = "Set Emphasis"
    bl_description = "Set the emphasis of a word, or of all selected words"
    bl_options = {"REGISTER", "UNDO"}

    word: _WORD
    value: FloatProperty(
        name="Emphasis", description="0: base motion, 1: full gesture, 2: exaggerated", min=0.0, max=2.0
    )
    selected: BoolProperty(name="Selected", description="All selected words instead of one", options={"SKIP_SAVE"})

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        words = settings_of(context.scene).words
        _require_word(words, self.word)
        chosen = [i for i, word in enumerate(words) if word.selected] if self.selected else [self.word]
        set_sliders(context.scene, dict.fromkeys(chosen, self.value))
        return {"FINISHED"}


@requires(_why_not_live)
class CHIRONOMY_OT_slider_reset(bpy.types.Operator):
    bl_idname = "chironomy.slider_reset"
    bl_label = "Reset Word"
    bl_description = (
        "Give this word (or all selected ones, if it is selected) the generated emphasis back, drawn curve included"
    )
    bl_options = {"REGISTER", "UNDO"}

    word: _WORD

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        words = settings_of(context.scene).words
        _require_word(words, self.word)
        emphasis_edit.reset_to_generated(shaped_armature(context.scene), affected_words(context.scene, self.word))
        show_sliders(context.scene)
        return {"FINISHED"}


@requires(_why_not_live)
class CHIRONOMY_OT_curve_reset(bpy.types.Operator):
    bl_idname = "chironomy.curve_reset"
    bl_label = "Reset to Generated"
    bl_description = "Give the emphasis curve back as it was generated, for the whole take or for the selected words"
    bl_options = {"REGISTER", "UNDO"}

    which: EnumProperty(
        name="Which",
        items=[
            ("ALL", "Whole Curve", "Every word, and all that was drawn"),
            ("SELECTED", "Selected Words", "What lies within the windows of the selected words"),
        ],
    )

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        words = settings_of(context.scene).words
        chosen = [i for i, word in enumerate(words) if word.selected] if self.which == "SELECTED" else None
        if chosen == []:
            raise UserError("No word is selected: Ctrl-click words in the list first")
        emphasis_edit.reset_to_generated(shaped_armature(context.scene), chosen)
        show_sliders(context.scene)
        return {"FINISHED"}


@requires(_why_not_live)
class CHIRONOMY_OT_curve_simplify(bpy.types.Operator):
    bl_idname = "chironomy.curve_simplify"
    bl_label = "Simplify Curve"
    bl_description = (
        "Make the emphasis curve a few Bezier keys, to be edited by hand in the Graph Editor. "
        "No frame changes by more than 0.02; sliders go on working"
    )
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        before, after = emphasis_edit.simplify_curve(shaped_armature(context.scene))
        show_sliders(context.scene)
        self.report({"INFO"}, f"Emphasis curve: {before} keys became {after}")
        return {"FINISHED"}


def _require_word(words: bpy.types.bpy_prop_collection, index: int) -> None:
    if index >= len(words):
        raise UserError(f"There is no word {index}: the list has {len(words)}")


CLASSES = (
    CHIRONOMY_OT_word_jump,
    CHIRONOMY_OT_words_select,
    CHIRONOMY_OT_slider_set,
    CHIRONOMY_OT_slider_reset,
    CHIRONOMY_OT_curve_reset,
    CHIRONOMY_OT_curve_simplify,
)


_register, _unregister = bpy.utils.register_classes_factory(CLASSES)


def register() -> None:
    _register()
    word_sliders.register()


def unregister() -> None:
    word_sliders.unregister()
    _unregister()
