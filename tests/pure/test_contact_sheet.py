"""The contact sheet: which moments it shows, and that nothing on it overlaps."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from chironomy.formats.take import StrokeWindow, TakeWord
from chironomy.formats.words import Word
from chironomy.pipeline.contact_sheet import choose_moments, row_spans
from chironomy.pipeline.sheet_drawing import WIDTH, Curves, Label, Pose, Row, draw_sheet, place_labels, spread


def word(text: str, start_s: float, prominence: float = 0.3, gesture: str = "") -> TakeWord:
    window = StrokeWindow(start_s - 0.4, start_s, start_s + 0.3, start_s + 0.8)
    return TakeWord(Word(text, start_s, start_s + 0.3), prominence, window, gesture, prominence)


def test_short_takes_go_on_one_row_and_longer_ones_on_two() -> None:
    assert row_spans(12.0) == [(0.0, 12.0)]
    assert row_spans(60.0) == [(0.0, 30.0), (30.0, 60.0)]


def test_the_strongest_strokes_are_shown_when_the_gesture_is_there() -> None:
    words = [word(f"w{k}", k * 1.0 + 0.5) for k in range(20)]
    emphasis = np.zeros(21 * 30)
    strong = (2, 7, 11, 16)
    for k in strong:
        window = words[k].window
        emphasis[round(window.stroke_start_s * 30) : round(window.stroke_end_s * 30) + 1] = 1.0
    moments = choose_moments(words, emphasis, 30.0, (0.0, 20.8), 8)
    shown = {text: time for time, text in moments}
    assert set(shown) >= {f"w{k}" for k in strong}
    assert words[7].window.stroke_start_s < shown["w7"] < words[7].window.stroke_end_s


def test_moments_are_spread_and_in_order_even_where_all_strokes_are_in_one_second() -> None:
    words = [word(f"w{k}", 5.0 + k * 0.1) for k in range(10)]
    moments = choose_moments(words, np.ones(600), 30.0, (0.0, 20.0), 8)
    times = [time for time, _ in moments]
    assert len(times) == 8
    assert times == sorted(times)
    assert min(np.diff(times)) > 0.5
    assert times[0] >= 0.0
    assert times[-1] <= 20.0


def test_a_take_without_words_is_shown_evenly() -> None:
    times = [time for time, _ in choose_moments([], np.zeros(300), 30.0, (0.0, 10.0), 8)]
    assert len(times) == 8
    assert max(np.diff(times)) < 2.6


@given(
    st.lists(st.floats(0, 2000), min_size=1, max_size=60).map(sorted),
    st.floats(1, 80),
)
def test_spread_places_keep_their_order_and_distance_and_stay_inside(places: list[float], gap: float) -> None:
    out = spread(places, gap, 0.0, 2000.0)
    possible = min(gap, 2000.0 / max(len(places) - 1, 1))
    assert (np.diff(out) >= possible - 1e-6).all()
    assert out.min() >= -1e-6
    assert out.max() <= 2000.0 + 1e-6


def test_places_that_are_far_enough_apart_stay() -> None:
    np.testing.assert_allclose(spread([10.0, 500.0, 900.0], 100.0, 0.0, 1000.0), [10.0, 500.0, 900.0])


@given(st.lists(st.tuples(st.floats(0, 2000), st.floats(5, 200)), min_size=1, max_size=40))
def test_labels_of_one_lane_never_overlap(labels: list[tuple[float, float]]) -> None:
    labels.sort()
    lanes = place_labels([start for start, _ in labels], [width for _, width in labels], 10.0, 3)
    if lanes is None:
        return
    for lane in set(lanes):
        own = [label for label, chosen in zip(labels, lanes, strict=True) if chosen == lane]
        for (start, width), (following, _) in pairwise(own):
            assert start + width + 10.0 <= following + 1e-9


def figure() -> Image.Image:
    picture = Image.new("RGBA", (300, 400), (0, 0, 0, 0))
    picture.paste((230, 220, 210, 255), (120, 30, 180, 380))
    return picture


@pytest.mark.parametrize("per_second", [2, 5])
def test_a_sheet_shows_poses_curve_and_words(per_second: int) -> None:
    labels = [Label(f"word{k}", k / per_second, (k + 0.8) / per_second, k % 4 == 0) for k in range(14 * per_second)]
    poses = [Pose(1.0 + 1.7 * k, figure(), f"word{k}") for k in range(8)]
    emphasis = 0.8 + 0.7 * np.sin(np.arange(14 * 30) / 20.0)
    curves = Curves(emphasis, 30.0, np.abs(np.sin(np.arange(2000) / 9.0)), 14.0)
    rows = [Row(0.0, 14.0, poses, labels), Row(14.0, 28.0, poses, [])]
    one, two = draw_sheet("speech.wav", "14 s", rows[:1], curves), draw_sheet("speech.wav", "28 s", rows, curves)
    assert one.width == two.width == WIDTH
    assert one.height < two.height < 2 * one.height
    colours = np.asarray(one).reshape(-1, 3).astype(int)
    assert (np.abs(colours - [230, 220, 210]).max(axis=1) < 8).mean() > 0.05  # the figures
    assert (np.abs(colours - [244, 190, 108]).max(axis=1) < 12).sum() > 3000  # curve and bright words


def test_a_sheet_without_words_and_sound_can_be_drawn() -> None:
    curves = Curves(np.zeros(30), 30.0, np.zeros(0), 1.0)
    assert draw_sheet("motion.bvh", "1.0 s", [Row(0.0, 1.0, [], [])], curves).width == WIDTH
