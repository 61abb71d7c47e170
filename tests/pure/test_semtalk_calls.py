"""Which words call for a gesture class: what the semantic gate reads beside words and sound."""

import numpy as np
import pytest
import torch
from semtalk_models import TINY, model_of
from spoken_lines import LINE, PLAIN_LINE, request

from chironomy.formats.gesture_choice import GestureChoice
from chironomy.generators.semtalk.calls import called_classes
from chironomy.generators.semtalk.lines import Line
from chironomy.generators.semtalk.sparse_run import gate_logits
from chironomy.generators.semtalk.windows import Windows
from chironomy.nets.config import parse_model_config, read_model_config
from chironomy.nets.front_end.features import Features
from chironomy.speech.types import FPS

NAMES = ("negation", "we", "you", "beat")
SPEECH = request(LINE).speech
FRAMES = int(np.ceil(SPEECH.duration_s * FPS))
_SECTION = read_model_config(TINY).model_dump()
_SECTION["front_end"]["called_classes"] = True
MODEL = model_of(parse_model_config(_SECTION, "test"))


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


def test_words_beside_one_that_the_animator_chose_a_class_for_no_longer_call() -> None:
    never, beside = number_of("never"), number_of("thought")
    nuclei_s = SPEECH.rhythm.nuclei_s
    assert abs(nuclei_s[beside] - nuclei_s[never]) < 2.0
    called = called_classes(SPEECH, FRAMES, NAMES, {beside: GestureChoice("we")})
    assert during(called, never) == {0}
    assert during(called, beside) == {1 + NAMES.index("we")}
    assert during(called_classes(SPEECH, FRAMES, NAMES, {beside: GestureChoice("")}), never) != {0}


def psi_around(said_from: int) -> np.ndarray:
    """Log odds of the tokens around a call that begins at this frame of a silent line of three windows."""
    frames = 3 * MODEL.config.window_frames
    windows = Windows(frames, MODEL.config.window_frames, MODEL.config.seed_frames)
    called = np.zeros(frames, np.int64)
    called[said_from : said_from + 20] = 1
    silence = Features(np.zeros((frames, MODEL.config.front_end.rhythm_width), np.float32), (), np.full(frames, -1))
    line = Line(
        silence, windows, np.zeros((windows.count, MODEL.config.front_end.sentence_width), np.float32), identity=0,
        seed=1, locked=request().locked, start=torch.zeros(4, 337), called_class=called,
    )  # fmt: skip
    (logits,) = gate_logits(MODEL, [line])
    odds = windows.join(logits[..., 1] - logits[..., 0]).numpy()
    return odds[said_from // 4 - 10 : said_from // 4 + 15]


def test_psi_of_a_call_is_the_same_wherever_windows_end_and_where_the_line_begins() -> None:
    length = MODEL.config.window_frames
    inside, across = psi_around(length // 2 + 16), psi_around(length - 8)
    assert np.ptp(inside) > 1e-3
    assert np.allclose(across, inside, atol=1e-5)
    silent = psi_around(2 * length)[0]
    assert psi_around(40)[0] == pytest.approx(silent, abs=1e-5), "silence is silence, also where a line begins"
