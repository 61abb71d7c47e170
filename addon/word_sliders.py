"""The words of `scene.chironomy` and the emphasis curve of the live take, kept together, both ways."""

from collections.abc import Mapping

import bpy

from .lazy import lazy
from .properties import WordItem, filling, on_slider_moved, settings_of
from .scene.listeners import on_read_back

emphasis_edit, keyframes, live = lazy("scene.emphasis_edit"), lazy("scene.keyframes"), lazy("scene.live")

#: From here on a word counts as emphasised: its slider, or how far it was moved from the word's own score.
_EMPHASISED, _MOVED = 0.35, 0.01


def shaped_armature(scene: bpy.types.Scene) -> bpy.types.Object | None:
    """The character whose live take the list of words shapes; None where there is none."""
    settings = settings_of(scene)
    armature = settings.armature
    if armature is None or not emphasis_edit.has_emphasis_record(armature):
        return None
    return armature if len(emphasis_edit.sliders_of(armature)) == len(settings.words) else None


def slider_moved(scene: bpy.types.Scene, word: WordItem) -> None:
    """Called when a slider was moved: the curve follows, and with a selected word all selected ones, by as much."""
    armature = shaped_armature(scene)
    if armature is None:
        return
    words = settings_of(scene).words
    index = next(i for i, item in enumerate(words) if item == word)
    before = emphasis_edit.sliders_of(armature)
    by = word.slider - before[index]
    targets = {i: before[i] + by for i, item in enumerate(words) if item.selected} if word.selected else {}
    set_sliders(scene, {**targets, index: word.slider})


def set_sliders(scene: bpy.types.Scene, sliders: Mapping[int, float]) -> None:
    """Moves these words' sliders, in the list and on the curve."""
    armature = shaped_armature(scene)
    if armature is not None:
        emphasis_edit.move_sliders(armature, sliders)
        show_sliders(scene)


def show_sliders(scene: bpy.types.Scene) -> None:
    """Lets the list's sliders stand where the curve has them; call it after a take was shown."""
    armature = shaped_armature(scene)
    if armature is None:
        return
    words = settings_of(scene).words
    with filling():
        for word, value in zip(words, emphasis_edit.sliders_of(armature).tolist(), strict=True):
            if abs(word.slider - value) > 1e-6:
                word.slider = value


def follow_drawn_curve(armature: bpy.types.Object) -> None:
    """The curve was drawn over by hand: the sliders of every scene in which this character speaks show it."""
    for scene in bpy.data.scenes:
        if settings_of(scene).armature == armature:
            show_sliders(scene)


def affected_words(scene: bpy.types.Scene, index: int) -> list[int]:
    """The word, and where it is selected, all that are."""
    words = settings_of(scene).words
    if not words[index].selected:
        return [index]
    return [i for i, word in enumerate(words) if word.selected]


def is_emphasised(word: WordItem) -> bool:
    """Whether the word has a gesture worth seeing, or was touched."""
    return word.slider >= _EMPHASISED or abs(word.slider - word.score) > _MOVED


def first_frame(scene: bpy.types.Scene) -> int:
    """The frame of the scene on which the speech begins."""
    armature = shaped_armature(scene)
    return int(live.live_take(armature).frames[0]) if armature else settings_of(scene).speech.start_frame


def frame_of(scene: bpy.types.Scene, seconds: float) -> float:
    """The frame of the scene at a time of the speech."""
    return first_frame(scene) + seconds * keyframes.scene_fps(scene)


def register() -> None:
    for listeners, listener in ((on_read_back, follow_drawn_curve), (on_slider_moved, slider_moved)):
        if listener not in listeners:
            listeners.append(listener)


def unregister() -> None:
    for listeners, listener in ((on_read_back, follow_drawn_curve), (on_slider_moved, slider_moved)):
        if listener in listeners:
            listeners.remove(listener)
