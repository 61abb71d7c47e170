"""The list of words of `scene.chironomy`, filled from an alignment or from a take."""

from __future__ import annotations

from collections.abc import Sequence

from .core.formats.take import TakeWord
from .core.formats.words import Word
from .properties import AUTOMATIC, ChironomySettings, filling


def fill_aligned(settings: ChironomySettings, words: Sequence[Word]) -> None:
    """Makes the list these words, as far as they are known before there is a take.

    Chosen gestures stay where the words are the same; times corrected by hand do not.
    """
    chosen = [(item.text, item.gesture_class) for item in settings.words]
    with filling():
        settings.words.clear()
        for number, word in enumerate(words):
            item = settings.words.add()
            item.text, item.punctuation = word.text, word.punctuation
            item.start_s, item.end_s = word.start_s, word.end_s
            same = number < len(chosen) and chosen[number][0] == word.text
            item.gesture_class = chosen[number][1] if same else AUTOMATIC
    settings.active_word = min(settings.active_word, max(len(settings.words) - 1, 0))


def fill_performed(settings: ChironomySettings, words: Sequence[TakeWord]) -> None:
    """Makes the list a take's words, with what the take does on each."""
    by_hand = [(item.text, item.times_by_hand) for item in settings.words]
    fill_aligned(settings, [performed.word for performed in words])
    with filling():
        for number, (item, performed) in enumerate(zip(settings.words, words, strict=True)):
            window = performed.window
            item.score = item.slider = performed.score
            item.generated_class = performed.gesture_class
            item.preparation_s, item.retraction_s = window.preparation_s, window.retraction_s
            item.stroke_start_s, item.stroke_end_s = window.stroke_start_s, window.stroke_end_s
            item.times_by_hand = (item.text, True) in by_hand[number : number + 1]
