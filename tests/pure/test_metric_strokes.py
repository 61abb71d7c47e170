"""Strokes of hand-made motions: how many, when, in silence, repeated, at once, how large."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moving_hands import LEFT_HOME, MIRROR, RIGHT_HOME, resting, spoken, stroking, subject

from chironomy.evaluation import strokes
from chironomy.evaluation.nearest import to_nearest
from chironomy.evaluation.strokes import extent_against_plan, find_strokes, largest_distance, stroke_onsets
from chironomy.formats.words import Phone, Word


def one_hand(duration_s: float, peaks_s: list[float], way=(0.0, 0.2, 0.0), **known):
    return subject(resting(duration_s, LEFT_HOME), stroking(duration_s, RIGHT_HOME, peaks_s, way), **known)


def test_strokes_are_found_where_they_are_with_their_hand_and_ends() -> None:
    found = find_strokes(one_hand(6, [2.0, 4.0]))
    assert [stroke.hand for stroke in found] == [1, 1]
    assert [stroke.peak for stroke in found] == pytest.approx([60, 120], abs=1)
    assert [(stroke.end - stroke.start) / 30 for stroke in found] == pytest.approx([0.45, 0.45], abs=0.12)


def test_slow_and_tiny_movements_are_no_strokes() -> None:
    assert find_strokes(one_hand(6, [2.0, 4.0], way=(0.0, 0.03, 0.0))) == []
    assert find_strokes(one_hand(6, [])) == []


def test_strokes_of_both_hands_together_are_counted_once() -> None:
    left, right = stroking(6, LEFT_HOME, [2.0, 4.0]), stroking(6, RIGHT_HOME, [2.1, 3.2, 4.0])
    both = subject(left, right)
    assert len(find_strokes(both)) == 5
    assert stroke_onsets(both).sum() == 3


def test_planned_gestures_are_the_words_that_were_given_one() -> None:
    words = (spoken("one", 1.0, 1.2, "beat"), spoken("and", 2.0, 2.2), spoken("late", 9.0, 9.2, "you"))
    planned = strokes.planned_onsets(one_hand(6, [2.0], words=words))
    assert np.flatnonzero(planned).tolist() == [30, 179]
    assert len(strokes.planned_onsets(one_hand(6, [2.0]))) == 0


def test_timing_is_that_of_peak_and_end_against_the_stressed_vowel() -> None:
    words = (spoken("one", 1.9, 2.1, "beat"), spoken("and", 2.5, 2.7), spoken("two", 3.8, 4.0, "beat"))
    shown = one_hand(6, [2.0, 4.0], words=words)
    assert strokes.from_stress_s(shown, strokes.peaks_s(shown)) == pytest.approx([0.0, 0.1], abs=0.02)
    assert strokes.from_stress_s(shown, strokes.ends_s(shown)) == pytest.approx([0.22, 0.32], abs=0.06)
    assert len(strokes.from_stress_s(one_hand(6, []), np.zeros(0))) == 0


def test_chance_is_how_near_strokes_are_to_any_moment() -> None:
    words = (spoken("on", 1.0, 3.0), spoken("on", 3.2, 5.0))
    shown = one_hand(6, [3.0], words=words)
    by_chance = np.abs(strokes.from_any_time_s(shown, strokes.peaks_s(shown)))
    assert by_chance.max() == pytest.approx(2.0, abs=0.1)
    assert np.median(by_chance) == pytest.approx(1.0, abs=0.1)


@given(st.lists(st.floats(0, 10), max_size=9), st.lists(st.floats(0, 10), min_size=1, max_size=9))
def test_the_nearest_moment_is_the_nearest_of_all(times_s: list[float], moments_s: list[float]) -> None:
    off = to_nearest(np.array(times_s), np.sort(moments_s))
    assert np.abs(off).tolist() == pytest.approx([min(abs(m - t) for m in moments_s) for t in times_s])


def test_stress_is_in_the_primary_vowel_and_in_the_middle_of_a_word_without_phones() -> None:
    phones = (Phone("EH2", 0.0, 0.2), Phone("K", 0.2, 0.4), Phone("AA1", 0.4, 0.6), Phone("IH0", 0.6, 0.8))
    assert strokes.stress_time_s(Word("x", 0.0, 0.8, phones)) == pytest.approx(0.5)
    assert strokes.stress_time_s(Word("x", 0.0, 0.8)) == pytest.approx(0.4)


def test_strokes_in_silence_are_those_that_belong_to_no_word() -> None:
    words = (spoken("one", 0.9, 1.2), spoken("two", 7.0, 7.3))
    rising = (0.05, 0.2, 0.0)
    # with the first word, in the pause, just before the last word (it is its preparation)
    first, pause, last = 1.0, 4.0, 6.6
    shown = subject(
        resting(9, LEFT_HOME), stroking(9, RIGHT_HOME, [first]) + _alone(9, pause, rising) + _alone(9, last, rising),
        words=words,
    )  # fmt: skip
    assert strokes.in_silence(shown).tolist() == [False, True, False]


def _alone(duration_s: float, peak_s: float, way) -> np.ndarray:
    return stroking(duration_s, np.zeros(3), [peak_s], np.array(way) * 0.5)


def test_a_hand_going_to_rest_in_a_pause_is_no_gesture_in_silence() -> None:
    words = (spoken("one", 0.9, 1.2),)
    assert strokes.in_silence(one_hand(6, [1.0, 3.0], words=words)).tolist() == [False, False]
    assert len(strokes.in_silence(one_hand(6, [1.0, 3.0]))) == 0


def test_the_same_stroke_within_six_seconds_is_noticed() -> None:
    # up, down, up again as before, down again as before
    assert strokes.repeated(one_hand(9, [2.0, 3.5, 5.0, 6.5])).tolist() == [False, False, True, True]
    assert strokes.repeated(one_hand(14, [2.0, 5.0, 9.0, 12.5])).tolist() == [False, False, False, False]


def test_another_way_another_hand_or_another_place_is_another_stroke() -> None:
    up_and_aside = stroking(9, RIGHT_HOME, [2.0, 3.5]) + stroking(9, np.zeros(3), [5.0, 6.5], (-0.2, 0.0, 0.0))
    assert not strokes.repeated(subject(resting(9, LEFT_HOME), up_and_aside)).any()
    each_hand_once = subject(stroking(9, LEFT_HOME, [2.0]), stroking(9, RIGHT_HOME, [4.0]))
    assert not strokes.repeated(each_hand_once).any()
    higher = stroking(9, RIGHT_HOME, [2.0])[:, 1:2] - RIGHT_HOME[1] + stroking(9, RIGHT_HOME, [4.0])[:, 1:2]
    stairs = np.concatenate([resting(9, RIGHT_HOME)[:, :1], higher, resting(9, RIGHT_HOME)[:, 2:]], axis=1)
    assert not strokes.repeated(subject(resting(9, LEFT_HOME), stairs)).any()


def test_small_strokes_may_be_alike() -> None:
    assert len(strokes.repeated(one_hand(9, [2.0, 3.5, 5.0, 6.5], way=(0.0, 0.07, 0.0)))) == 0


def test_hands_at_once_are_those_that_peak_on_the_same_frame() -> None:
    together = subject(stroking(6, LEFT_HOME, [2.0, 4.0]), stroking(6, RIGHT_HOME, [2.0, 4.2]))
    assert strokes.at_once(together).tolist() == [True, False, True, False]  # left hand, right hand


def test_one_hand_alone_is_never_at_once() -> None:
    assert strokes.at_once(one_hand(6, [2.0, 4.0])).tolist() == [False, False]
    assert len(strokes.at_once(one_hand(6, []))) == 0


def test_extent_against_the_plan_is_the_ratio_of_what_the_planned_hand_does() -> None:
    words = (spoken("one", 1.9, 2.1, "beat"), spoken("and", 2.9, 3.1), spoken("two", 3.9, 4.1, "beat"))
    plan = one_hand(6, [2.0, 4.0], words=words)
    half = one_hand(6, [2.0, 4.0], way=(0.0, 0.1, 0.0))
    assert extent_against_plan(half, plan, words) == pytest.approx([0.5, 0.5], abs=0.01)
    assert extent_against_plan(plan, plan, words) == pytest.approx([1, 1])
    other_hand = subject(resting(6, LEFT_HOME) + resting(6, RIGHT_HOME) * 0, resting(6, RIGHT_HOME))
    assert extent_against_plan(other_hand, plan, words) == pytest.approx([0, 0], abs=1e-6)


def test_extent_is_the_largest_distance_within_a_path() -> None:
    assert largest_distance([[0, 0, 0], [0.3, 0, 0], [0, 0.4, 0]]) == pytest.approx(0.5)
    assert largest_distance(np.zeros((0, 3))) == 0
    assert largest_distance(np.array([[1.0, 2, 3]]) * MIRROR) == 0
