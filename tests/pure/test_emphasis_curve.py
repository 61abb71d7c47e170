"""The emphasis curve: psi as it is until a slider moves, and then only around that slider's word."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chironomy.emphasis.curve import emphasis_curve, word_bump, word_frames
from chironomy.formats.take import StrokeWindow, TakeWord
from chironomy.formats.words import Word

FPS = 30.0
FRAMES = 300


def word(start_s: float, end_s: float, score: float, ramp_s: float = 0.3) -> TakeWord:
    window = StrokeWindow(start_s - ramp_s, start_s, end_s, end_s + ramp_s)
    return TakeWord(Word("word", start_s, end_s), score, window)


@st.composite
def takes(draw: st.DrawFn) -> tuple[np.ndarray, list[TakeWord]]:
    """psi, and words whose scores are the maximum of psi over their stroke windows; windows may overlap."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    psi = np.clip(np.cumsum(rng.normal(0, 0.05, FRAMES)) + 0.4, 0, 1)
    words = []
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.floats(-0.5, 10))
        end = start + draw(st.floats(0.05, 1.5))
        inside = psi[max(int(start * FPS), 0) : int(end * FPS) + 1]
        words.append(word(start, end, float(inside.max(initial=0.0)), draw(st.floats(0.05, 0.8))))
    return psi, words


@given(takes())
def test_untouched_sliders_give_psi_bit_for_bit(take: tuple[np.ndarray, list[TakeWord]]) -> None:
    psi, words = take
    assert emphasis_curve(psi, words, {}, FPS).tobytes() == psi.tobytes()
    back_again = {number: w.score for number, w in enumerate(words)}
    assert emphasis_curve(psi, words, back_again, FPS).tobytes() == psi.tobytes()


@given(takes(), st.data())
def test_a_slider_changes_nothing_outside_its_word(
    take: tuple[np.ndarray, list[TakeWord]], data: st.DataObject
) -> None:
    psi, words = take
    values = st.floats(0, 2)
    others = data.draw(st.dictionaries(st.integers(0, len(words) - 1), values))
    number = data.draw(st.integers(0, len(words) - 1))
    before = emphasis_curve(psi, words, others, FPS)
    after = emphasis_curve(psi, words, {**others, number: data.draw(values)}, FPS)
    window = words[number].window
    times = np.arange(FRAMES) / FPS
    outside = (times <= window.preparation_s) | (times >= window.retraction_s)
    assert after[outside].tobytes() == before[outside].tobytes()


@given(takes(), st.data())
def test_emphasis_stays_between_0_and_2(take: tuple[np.ndarray, list[TakeWord]], data: st.DataObject) -> None:
    psi, words = take
    sliders = data.draw(st.dictionaries(st.integers(0, len(words) - 1), st.floats(-1, 3)))
    e = emphasis_curve(psi, words, sliders, FPS)
    assert e.min() >= 0
    assert e.max() <= 2


@pytest.mark.parametrize("value", [0.0, 0.25, 1.0, 1.6, 2.0])
def test_the_peak_of_a_word_reaches_its_slider(value: float) -> None:
    psi = 0.5 * word_bump(StrokeWindow(3, 3.3, 4, 4.5), np.arange(FRAMES) / FPS)
    e = emphasis_curve(psi, [word(3.3, 4.0, 0.5)], {0: value}, FPS)
    assert e[100:120].max() == pytest.approx(value)


@given(takes(), st.data())
def test_neighbours_do_not_jump(take: tuple[np.ndarray, list[TakeWord]], data: st.DataObject) -> None:
    psi, words = take
    sliders = data.draw(st.dictionaries(st.integers(0, len(words) - 1), st.floats(0, 2)))
    e = emphasis_curve(psi, words, sliders, FPS)
    # the steepest that the ramps allow: π/2 · height / duration, for every word at once, beside psi's own steps
    ramps = sum(np.pi / 2 * 2 / (w.window.stroke_start_s - w.window.preparation_s) / FPS for w in words)
    assert np.abs(np.diff(e)).max() <= np.abs(np.diff(psi)).max() + ramps


def test_the_bump_is_one_over_the_stroke_and_a_half_cosine_beside_it() -> None:
    window = StrokeWindow(1.0, 1.4, 2.0, 2.6)
    times = [0.9, 1.0, 1.2, 1.4, 1.7, 2.0, 2.3, 2.6, 2.7]
    assert word_bump(window, times) == pytest.approx([0, 0, 0.5, 1, 1, 1, 0.5, 0, 0])


def test_a_window_without_ramps_is_a_box() -> None:
    assert word_bump(StrokeWindow(1, 1, 2, 2), [0.99, 1, 1.5, 2, 2.01]).tolist() == [0, 1, 1, 1, 0]


@pytest.mark.parametrize(("start", "end"), [(-2.0, -1.0), (0.0, 0.1), (9.9, 12.0), (50.0, 51.0)])
def test_words_at_and_beyond_the_ends_are_cut_off(start: float, end: float) -> None:
    frames = word_frames(word(start, end, 0).window, FPS, FRAMES)
    assert 0 <= frames.start <= frames.stop <= FRAMES
    assert len(emphasis_curve(np.zeros(FRAMES), [word(start, end, 0)], {0: 1.0}, FPS)) == FRAMES
