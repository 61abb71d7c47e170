"""What an animator would notice: known figures of hand-made motions."""

from dataclasses import replace

import numpy as np
import pytest
from moving_hands import BODY, LEFT_HOME, MIRROR, RIGHT_HOME, frames, resting, spoken, stroking, subject

from chironomy.evaluation.animator import BY_NAME, METRICS, measure, runs_s
from chironomy.evaluation.subject import Subject, at_common_rate
from chironomy.motion import rotations as rot
from chironomy.motion.skeleton import INDEX


def figure(name: str, *subjects: Subject) -> float:
    assert name in BY_NAME
    return measure(subjects)[name]


def swinging(duration_s: float, home: np.ndarray, amplitude_m: float = 0.1, turns_per_s: float = 1.0) -> np.ndarray:
    angle = 2 * np.pi * turns_per_s * np.arange(frames(duration_s)) / 30
    return home + amplitude_m * np.stack([np.sin(angle), np.cos(angle), 0 * angle], axis=-1)


def test_a_hand_on_a_circle_has_its_speed_and_jerk() -> None:
    shown = subject(resting(6, LEFT_HOME), swinging(6, RIGHT_HOME, 0.05))
    omega = 2 * np.pi
    assert figure("faster hand, median speed", shown) == pytest.approx(0.05 * omega, rel=0.01)
    assert figure("wrist jerk, 95th percentile", shown) == pytest.approx(0.05 * omega**3, rel=0.02)
    assert figure("a hand moves", shown) == 100


def test_reach_is_how_far_hands_get_from_where_they_usually_are() -> None:
    away = RIGHT_HOME + np.array([-0.1, 0.0, 0.0])
    shown = subject(resting(10, LEFT_HOME), np.concatenate([resting(8, RIGHT_HOME), resting(2, away)]))
    assert figure("wrist from its median place, 95th percentile", shown) == pytest.approx(0.1, abs=0.001)


def test_one_hand_above_the_hips_is_enough_and_hanging_arms_are_below() -> None:
    hanging = np.array([-0.22, 0.87, 0.0])
    shown = subject(np.concatenate([resting(3, LEFT_HOME), resting(1, hanging * MIRROR)]), resting(4, hanging))
    assert figure("a hand is above the hips", shown) == pytest.approx(75)
    hips_m = BODY.rest_joints[INDEX["left_hip"], 1]
    assert figure("hands above the hip joints, median", shown) == pytest.approx(0.87 - hips_m, abs=0.01)


def test_frozen_counts_while_speaking_alone_and_short_pauses_belong_to_speaking() -> None:
    words = (spoken("one", 1.0, 2.0), spoken("two", 2.3, 3.0), spoken("three", 5.0, 6.0))
    moving_late = np.concatenate([resting(5.5, RIGHT_HOME), swinging(1.5, RIGHT_HOME)])
    moving_late[:165] = moving_late[165]
    shown = subject(resting(7, LEFT_HOME), moving_late, words=words)
    assert figure("frozen while speaking, longest", shown) == pytest.approx(2.0, abs=0.05)
    assert figure("frozen while speaking", shown) == pytest.approx(100 * 2.5 / 3, abs=2)
    assert figure("frozen while speaking, longest", replace(shown, words=())) == pytest.approx(5.5, abs=0.1)


def test_a_moving_hold_is_not_frozen() -> None:
    drifting = RIGHT_HOME + 0.02 * np.arange(120)[:, None] / 30 * np.array([0, 1.0, 0])
    shown = subject(resting(4, LEFT_HOME), drifting)
    assert figure("frozen while speaking", shown) == 0
    assert figure("held (under 0.05 m/s), longest", shown) == pytest.approx(4)


def test_stretches_are_as_long_as_their_frames() -> None:
    assert runs_s(np.array([True, True, False, True])).tolist() == pytest.approx([2 / 30, 1 / 30, 0])
    assert runs_s(np.zeros(5, dtype=bool)).tolist() == [0]


def test_strokes_are_counted_by_the_minute_over_all_motions() -> None:
    busy = subject(resting(10, LEFT_HOME), stroking(10, RIGHT_HOME, [2.0, 4.0, 6.0]))
    still = subject(resting(20, LEFT_HOME), resting(20, RIGHT_HOME))
    assert figure("strokes, those of both hands together as one", busy) == pytest.approx(18)
    assert figure("strokes, those of both hands together as one", busy, still) == pytest.approx(6)


def test_mirrored_hands_are_told_from_parallel_and_from_single_ones() -> None:
    left = stroking(6, LEFT_HOME, [2.0, 3.0, 4.0], (0.1, 0.2, 0.05))
    assert figure("both hands mirrored", subject(left, left * MIRROR)) > 95
    beside = left - LEFT_HOME + RIGHT_HOME
    assert figure("both hands mirrored", subject(stroking(6, LEFT_HOME, [2, 3], (0.2, 0, 0)),
                                                 stroking(6, RIGHT_HOME, [2, 3], (0.2, 0, 0)))) == 0  # fmt: skip
    assert figure("both hands mirrored", subject(left, resting(6, RIGHT_HOME))) == 0
    assert figure("both hands at once, ± 1 frame", subject(left, beside)) == 100


def test_sliding_is_told_in_millimetres_a_contact() -> None:
    still = resting(4, LEFT_HOME), resting(4, RIGHT_HOME)
    sliding = subject(*still)
    along = np.linspace(0, 0.03, sliding.frames)[:, None] * np.array([1.0, 0, 0])
    assert figure("foot sliding, worst contact", sliding) == pytest.approx(0, abs=1e-6)
    assert figure("foot sliding, worst contact", replace(sliding, translation=along)) == pytest.approx(30, abs=0.1)
    assert figure("foot sliding, median of contacts", replace(sliding, translation=along)) == pytest.approx(30, abs=0.1)


def test_overstretched_elbows_are_out_of_range() -> None:
    shown = subject(resting(4, LEFT_HOME), resting(4, RIGHT_HOME))
    assert figure("a joint over 1° out of range", shown) == 0
    bent = shown.rotations.copy()
    bent[:30, INDEX["left_knee"]] = rot.about("x", -np.radians(60))
    broken = replace(shown, rotations=bent)
    assert figure("a joint over 1° out of range", broken) == pytest.approx(25)
    assert figure("joints out of range, worst", broken) > 30


def test_hands_in_the_belly_are_found_with_their_share_of_frames() -> None:
    inside = np.array([-0.03, 1.05, 0.0])
    path = np.concatenate([resting(3, RIGHT_HOME), resting(1, inside)])
    shown = subject(resting(4, LEFT_HOME), path)
    assert figure("hands over 2 cm in trunk or head", shown) == pytest.approx(25)
    assert figure("hands in trunk or head, deepest", shown) > 5


def test_hands_through_each_other_are_found_and_hands_beside_each_other_are_not() -> None:
    middle = np.array([0.0, 1.05, 0.3])
    crossed = np.concatenate([resting(3, RIGHT_HOME), resting(1, middle)])
    shown = subject(resting(4, middle), crossed)
    assert figure("hands in each other", shown) == pytest.approx(25)
    apart = subject(resting(4, np.array([0.12, 1.05, 0.3])), resting(4, np.array([-0.12, 1.05, 0.3])))
    assert figure("hands in each other", apart) == 0


@pytest.mark.parametrize("count", [1, 2, 5, 30])
def test_hardly_any_frames_give_figures_or_none_and_no_error(count: int) -> None:
    shown = subject(resting(1, LEFT_HOME)[:count], resting(1, RIGHT_HOME)[:count])
    assert set(measure([shown])) == {metric.name for metric in METRICS}
    assert all(np.isnan(value) for value in measure([]).values())


def test_motions_of_other_rates_are_measured_at_thirty() -> None:
    quick = rot.about("y", np.linspace(0, 1, 120))[:, None].repeat(55, axis=1)
    rotations, translation = at_common_rate(quick, np.zeros((120, 3)), 60)
    assert len(rotations) == len(translation) == 60
    assert at_common_rate(quick, translation, 30)[0] is quick
