"""The list of words of `scene.chironomy`, filled from an alignment or from a take."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from .core.formats.gesture_choice import OPEN, GestureChoice, choices_in
from .core.formats.take import TakeMetadata
from .core.formats.words import Word
from .properties import AUTOMATIC, NO_GESTURE, ChironomySettings, WordItem, filling, gesture_class_items


def choice_of(item: WordItem) -> GestureChoice:
    """What is chosen for the word's gesture."""
    named = {AUTOMATIC: OPEN.gesture_class, NO_GESTURE: ""}.get(item.gesture_class, item.gesture_class)
    return GestureChoice(named, item.hand.lower(), round(item.size, 3))


def fill_aligned(settings: ChironomySettings, words: Sequence[Word]) -> None:
    """Makes the list these words, as far as they are known before there is a take.

    What was chosen for gestures stays where the words are the same; times corrected by hand do not.
    """
    _fill(settings, words, _chosen_before(settings, words))


def fill_performed(settings: ChironomySettings, metadata: TakeMetadata, same_line: bool) -> None:
    """Makes the list a take's words, with what the take does on each.

    What is chosen for the gestures of the same line stays; that for another line is what its take was asked for.
    """
    by_hand = [(item.text, item.times_by_hand) for item in settings.words]
    words = [performed.word for performed in metadata.words]
    _fill(settings, words, _chosen_before(settings, words) if same_line else _asked_for(metadata))
    with filling():
        for number, (item, performed) in enumerate(zip(settings.words, metadata.words, strict=True)):
            window = performed.window
            item.score = item.slider = performed.score
            item.generated_class = performed.gesture_class
            item.preparation_s, item.retraction_s = window.preparation_s, window.retraction_s
            item.stroke_start_s, item.stroke_end_s = window.stroke_start_s, window.stroke_end_s
            item.times_by_hand = (item.text, True) in by_hand[number : number + 1]


def _fill(settings: ChironomySettings, words: Sequence[Word], choices: Mapping[int, GestureChoice]) -> None:
    known = {identifier for identifier, *_ in gesture_class_items(None, None)}
    with filling():
        settings.words.clear()
        for number, word in enumerate(words):
            item = settings.words.add()
            item.text, item.punctuation = word.text, word.punctuation
            item.start_s, item.end_s = word.start_s, word.end_s
            choice = choices.get(number, OPEN)
            named = {OPEN.gesture_class: AUTOMATIC, "": NO_GESTURE}.get(choice.gesture_class, choice.gesture_class)
            item.gesture_class = named if named in known else AUTOMATIC
            item.hand, item.size = choice.hand.upper(), choice.size
    settings.active_word = min(settings.active_word, max(len(settings.words) - 1, 0))


def _chosen_before(settings: ChironomySettings, words: Sequence[Word]) -> dict[int, GestureChoice]:
    pairs = enumerate(zip(settings.words, words, strict=False))
    return {number: choice_of(item) for number, (item, word) in pairs if item.text == word.text}


def _asked_for(metadata: TakeMetadata) -> dict[int, GestureChoice]:
    with contextlib.suppress(ValueError):  # takes may come from anywhere
        return choices_in(metadata.settings)
    return {}
