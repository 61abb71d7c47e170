"""Strokes found again in the channels that tell networks of them, and measured in what was made of them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moving_hands import LEFT_HOME, RIGHT_HOME, resting, stroking, subject

from chironomy.evaluation.against_plan import extent_ratios, wrist_errors_m
from chironomy.evaluation.subject import FPS
from chironomy.evaluation.told_strokes import ToldStroke, told_gestures, told_strokes
from chironomy.generators.semtalk.gesture_plan import (
    DESCRIPTION_CHANNELS,
    HOME_CHANNELS,
    PlannedStroke,
    StrokeTimes,
    plan_channels,
)
from chironomy.generators.semtalk.planner import class_numbers

CLASSES = ("negation", "you", "beat")


def planned(
    side: int, start_s: float, gesture_class: str = "you", mark: float = 1.0, **lengths: float
) -> PlannedStroke:
    """A stroke of 0.4 s preparation, 0.5 s stroke, 0.3 s hold, 0.6 s retraction where nothing else is said."""
    times = [start_s]
    for name, usual in (("into", 0.4), ("rise", 0.5), ("hold", 0.3), ("out", 0.6)):
        times.append(times[-1] + lengths.get(name, usual))
    return PlannedStroke(side, gesture_class, StrokeTimes(*times), np.full(DESCRIPTION_CHANNELS, mark))


def told(strokes: list[PlannedStroke], duration_s: float = 12.0) -> list[ToldStroke]:
    frames = round(duration_s * FPS)
    channels = plan_channels(strokes, np.zeros((frames, 2 * HOME_CHANNELS)), np.zeros((frames, 6))).astype(np.float16)
    return told_strokes(channels, class_numbers(strokes, frames, CLASSES))


def test_a_stroke_is_told_with_its_hand_class_and_frames() -> None:
    (found,) = told([planned(1, 2.0, "negation", 0.25)])
    assert (found.side, CLASSES[found.gesture_class - 1]) == (1, "negation")
    assert [found.first, found.raised, found.apex, found.lowering, found.end] == pytest.approx(
        [60, 72, 87, 96, 114], abs=1
    )
    assert np.all(found.description == 0.25)


def test_strokes_that_follow_or_cut_one_another_are_apart() -> None:
    one, next_one, cutting = planned(0, 1.0), planned(0, 2.8), planned(0, 4.2, mark=0.5)
    found = told([one, next_one, cutting])
    assert [stroke.first for stroke in found] == pytest.approx([30, 84, 126], abs=1)
    assert found[1].end == found[2].first
    assert [stroke.description[0] for stroke in found] == [1, 1, 0.5]


def test_strokes_cut_off_before_their_apex_are_none() -> None:
    found = told([planned(0, 1.0), planned(0, 1.6, mark=0.5)])
    assert [stroke.description[0] for stroke in found] == [0.5]


def test_strokes_that_look_alike_are_apart_where_one_cuts_off_the_other() -> None:
    (found,) = told([planned(0, 1.0, "negation", mark=0), planned(0, 1.2, "you", mark=0)])  # left open, as beats are
    assert found.first == pytest.approx(36, abs=1)
    assert CLASSES[found.gesture_class - 1] == "you"


def test_strokes_whose_apex_another_covers_are_none_even_if_their_hold_is_seen_again() -> None:
    covering = planned(0, 1.5, mark=0.5, into=0.1, rise=0.2, hold=0.15, out=0.1)
    assert [stroke.description[0] for stroke in told([planned(0, 1.0, hold=1.5), covering])] == [0.5]


def test_of_both_hands_at_a_time_each_has_its_own_class() -> None:
    found = told([planned(0, 1.0, "negation"), planned(1, 1.2, "beat", rise=0.2)])
    assert {stroke.side: CLASSES[stroke.gesture_class - 1] for stroke in found} == {0: "negation", 1: "beat"}


def test_what_both_hands_do_together_is_one_gesture() -> None:
    strokes = told([planned(0, 1.0), planned(1, 1.0), planned(1, 5.0), planned(0, 8.0), planned(1, 8.5)])
    assert [gesture.hands for gesture in told_gestures(strokes)] == ["both", "right", "left", "right"]


def test_of_a_beat_with_both_hands_the_second_may_be_late() -> None:
    (gesture,) = told_gestures(told([planned(0, 1.0, "beat"), planned(1, 1.045, "beat")]))
    assert gesture.hands == "both"
    assert gesture.apex == gesture.strokes[0].apex
    assert gesture.rise_s == pytest.approx(0.5, abs=0.05)
    assert list(gesture.descriptions) == [0, 1]


@pytest.mark.parametrize("other", [planned(1, 1.15, "beat"), planned(1, 1.0, "beat", rise=0.35)])
def test_beats_of_both_hands_that_only_meet_are_two(other: PlannedStroke) -> None:
    assert [gesture.hands for gesture in told_gestures(told([planned(0, 1.0, "beat"), other]))].count("both") == 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0.2, 1.0), st.floats(0.2, 1.0), st.floats(0.15, 0.8), st.floats(0.2, 1.0)),
                min_size=1, max_size=6), st.sampled_from([0, 1]))  # fmt: skip
def test_whatever_is_planned_is_found_again(lengths: list[tuple[float, float, float, float]], side: int) -> None:
    strokes, start_s = [], 0.5
    for into, rise, hold, out in lengths:
        strokes.append(planned(side, start_s, into=into, rise=rise, hold=hold, out=out))
        start_s = strokes[-1].times.end_s + 0.1
    found = told(strokes, start_s + 1)
    assert len(found) == len(strokes)
    for stroke, wanted in zip(found, strokes, strict=True):
        assert stroke.apex / FPS == pytest.approx(wanted.times.apex_s, abs=0.05)
        assert stroke.end / FPS == pytest.approx(wanted.times.end_s, abs=0.05)


RIGHT_STROKE = ToldStroke(1, 1, 40, 48, 68, 80, 100, np.zeros(DESCRIPTION_CHANNELS))


def raising(reach_m: float):
    return subject(resting(6, LEFT_HOME), stroking(6, RIGHT_HOME, [2.0], (0.0, reach_m, 0.0)))


def test_extent_is_that_of_the_strokes_hand_against_the_performed() -> None:
    assert extent_ratios(raising(0.1), raising(0.2), [RIGHT_STROKE]) == pytest.approx([0.5], abs=0.01)
    still_hand = replace(RIGHT_STROKE, side=0)
    assert len(extent_ratios(raising(0.1), raising(0.2), [still_hand])) == 0


def test_the_wrist_error_is_the_mean_distance_while_the_hand_is_raised() -> None:
    away = subject(resting(6, LEFT_HOME), resting(6, RIGHT_HOME + np.array([0, 0, -0.03])))
    home = subject(resting(6, LEFT_HOME), resting(6, RIGHT_HOME))
    assert wrist_errors_m(away, home, [RIGHT_STROKE, replace(RIGHT_STROKE, side=0)]) == pytest.approx(
        [0.03, 0], abs=1e-3
    )
