"""Rebuilt motion against the recorded one: known errors come out as they were put in."""

from dataclasses import replace

import numpy as np
import pytest
from moving_hands import LEFT_HOME, RIGHT_HOME, resting, stroking, subject

from chironomy.evaluation.reconstruction import peak_speed_ratios, reconstruction_figures
from chironomy.evaluation.subject import Subject
from chironomy.motion import rotations as rot
from chironomy.motion.skeleton import INDEX


def figures(rebuilt: Subject, recorded: Subject) -> dict[str, float]:
    return {figure.name: figure.value for figure in reconstruction_figures([(rebuilt, recorded)])}


def one_hand(reach_m: float = 0.2) -> Subject:
    return subject(resting(6, LEFT_HOME), stroking(6, RIGHT_HOME, [2.0, 4.0], (0.0, reach_m, 0.0)))


def test_motion_rebuilt_exactly_has_no_error_and_ratios_of_one() -> None:
    shown = figures(one_hand(), one_hand())
    assert all(shown[name] == pytest.approx(0, abs=1e-5) for name in shown if "error" in name)
    assert shown["peak speed of strokes against the recorded, median"] == pytest.approx(1)
    assert shown["wrist jerk against the recorded, 95th percentile"] == pytest.approx(1)


def test_a_hand_out_of_place_is_off_by_as_much() -> None:
    away = subject(resting(6, LEFT_HOME), resting(6, RIGHT_HOME + np.array([0, 0, -0.04])))
    shown = figures(away, subject(resting(6, LEFT_HOME), resting(6, RIGHT_HOME)))
    assert shown["wrist error, mean"] == pytest.approx(2, abs=0.01)  # 4 cm of one, 0 of the other
    assert np.isnan(shown["wrist error where the hand moves, mean"])


def test_strokes_averaged_to_half_are_half_as_quick() -> None:
    assert peak_speed_ratios(one_hand(0.1), one_hand(0.2)) == pytest.approx([0.5, 0.5], abs=0.01)
    shown = figures(one_hand(0.1), one_hand(0.2))
    assert shown["wrist jerk against the recorded, 95th percentile"] == pytest.approx(0.5, abs=0.1)
    assert shown["wrist error where the hand moves, mean"] > shown["wrist error, mean"]


def test_bent_fingers_are_told_in_degrees() -> None:
    recorded = one_hand()
    bent = recorded.rotations.copy()
    finger = INDEX["left_index1"]
    bent[:, finger] = rot.multiply(bent[:, finger], rot.about("z", np.radians(15)))
    assert figures(replace(recorded, rotations=bent), recorded)["finger error, mean"] == pytest.approx(15 / 30)


def test_trembling_shows_where_hands_idle() -> None:
    drift = RIGHT_HOME + 0.02 * np.arange(180)[:, None] / 30 * np.array([0, 1.0, 0])
    quick = RIGHT_HOME + 0.06 * np.arange(180)[:, None] / 30 * np.array([0, 1.0, 0])
    recorded, rebuilt = (subject(resting(6, LEFT_HOME), path) for path in (drift, quick))
    assert figures(rebuilt, recorded)["speed of idle hands against the recorded"] == pytest.approx(3, rel=0.01)


def test_the_way_of_the_root_does_not_count() -> None:
    recorded = one_hand()
    walked = replace(recorded, translation=recorded.translation + np.array([1.0, 0, 2.0]))
    assert figures(walked, recorded)["joint error, mean"] == pytest.approx(0, abs=1e-9)


def test_without_pairs_there_is_nothing() -> None:
    assert all(np.isnan(figure.value) for figure in reconstruction_figures([]))
