"""Which words call for a gesture class: what the semantic gate reads beside words and sound."""

import numpy as np
from spoken_lines import LINE, PLAIN_LINE, request

from chironomy.formats.gesture_choice import GestureChoice
from chironomy.generators.semtalk.calls import called_classes
from chironomy.speech.types import FPS

NAMES = ("negation", "we", "you", "beat")
SPEECH = request(LINE).speech
FRAMES = int(np.ceil(SPEECH.duration_s * FPS))


def number_of(text: str) -> int:
    return next(k for k, word in enumerate(SPEECH.words) if word.text == text)


def during(called: np.ndarray, word: int) -> set[int]:
    start_s, end_s = SPEECH.words[word].start_s, SPEECH.words[word].end_s
    return set(called[int(np.ceil(start_s * FPS)) : int(np.floor(end_s * FPS))].tolist())


def test_words_of_the_table_call_for_their_class_as_long_as_they_are_spoken() -> None:
    called = called_classes(SPEECH, FRAMES, NAMES)
    assert called.shape == (FRAMES,)
    assert during(called, number_of("never")) == {1 + NAMES.index("negation")}
    assert during(called, number_of("thought")) == {0}


def test_a_line_without_such_words_calls_for_nothing_and_so_do_classes_that_a_model_does_not_know() -> None:
    plain = request(PLAIN_LINE).speech
    assert not called_classes(plain, FRAMES, NAMES).any()
    assert not called_classes(SPEECH, FRAMES, ("greeting",))[: int(SPEECH.words[number_of("we")].end_s * FPS)].any()


def test_the_animators_choice_takes_the_tables_place() -> None:
    never, thought = number_of("never"), number_of("thought")
    chosen = {never: GestureChoice(""), thought: GestureChoice("we")}
    called = called_classes(SPEECH, FRAMES, NAMES, chosen)
    assert during(called, never) == {0}
    assert during(called, thought) == {1 + NAMES.index("we")}
