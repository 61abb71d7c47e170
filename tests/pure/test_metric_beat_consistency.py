"""Beat consistency of hand-made clips: joints that slow down at known times, and onsets at known times."""

import numpy as np
import pytest

from chironomy.evaluation import beat_consistency as bc
from chironomy.evaluation.beat_consistency import FPS, JOINTS, SAMPLE_RATE, BeatClip
from chironomy.motion.skeleton import INDEX

ONE = np.ones(55)
SILENCE = np.zeros(12 * SAMPLE_RATE)


def slowing_down(minima: dict[float, float], duration_s: float = 12.0, usual: float = 1.0) -> np.ndarray:
    """Positions of all joints that move along x at `usual` m/s but slow down: time in s → speed there in m/s."""
    times_s = np.arange(round(duration_s * FPS)) / FPS
    speed = np.full(len(times_s), usual)
    for moment_s, slowest in minima.items():
        speed -= (usual - slowest) * np.exp(-(((times_s - moment_s) / 0.2) ** 2))
    place = np.concatenate([[0], np.cumsum((speed[1:] + speed[:-1]) / 2)]) / FPS
    return np.repeat((place[:, None] * np.array([1.0, 0, 0]))[:, None], 55, axis=1)


def onsets_at(*times_s: float):
    """Stands for the search of onsets: times in the recording, given from 2 s on as the search sees the sound."""
    return lambda samples: np.array(times_s) - 2.0


def clip(positions: np.ndarray) -> BeatClip:
    return BeatClip(positions, SILENCE)


def test_onsets_on_the_beat_give_one() -> None:
    assert bc.corrected([clip(slowing_down({5: 0.5, 8: 0.5}))], ONE, onsets_at(5, 8)) == pytest.approx(1, abs=0.01)


def test_an_onset_one_sigma_off_gives_the_gaussian_there() -> None:
    given = bc.corrected([clip(slowing_down({5: 0.5}))], ONE, onsets_at(5.3))
    assert given == pytest.approx(np.exp(-0.5), abs=0.02)


def test_beats_without_onsets_cost_nothing_and_onsets_without_beats_do() -> None:
    assert bc.corrected([clip(slowing_down({5: 0.5, 8: 0.5}))], ONE, onsets_at(5)) == pytest.approx(1, abs=0.01)
    assert bc.corrected([clip(slowing_down({5: 0.5}))], ONE, onsets_at(5, 8)) == pytest.approx(0.5, abs=0.01)


def test_slow_minima_are_beats_for_the_evaluator_of_pantomatrix_alone() -> None:
    slow = [clip(slowing_down({5: 0.2, 8: 0.2}))]
    assert bc.corrected(slow, ONE, onsets_at(5, 8)) == 0
    assert bc.emage_evaltools(slow, ONE, onsets_at(5, 8)) == pytest.approx(1, abs=0.01)


def test_speeds_are_measured_against_the_usual_speed_of_the_joint() -> None:
    slow = [clip(slowing_down({5: 0.2, 8: 0.2}))]
    assert bc.corrected(slow, 0.4 * ONE, onsets_at(5, 8)) == pytest.approx(1, abs=0.01)


def test_the_released_recipes_look_up_the_speed_of_a_beat_two_seconds_too_early() -> None:
    still_before = [clip(slowing_down({3: 0.0, 5: 0.5}))]
    assert bc.corrected(still_before, ONE, onsets_at(5)) == pytest.approx(1, abs=0.01)
    assert bc.emage_evaltools(still_before, ONE, onsets_at(5)) == pytest.approx(0, abs=0.01)
    # a joint at rest counts as a beat where it moved two seconds before
    at_rest = [clip(slowing_down({5: 0.0}))]
    assert bc.corrected(at_rest, ONE, onsets_at(5)) == 0
    assert bc.emage_evaltools(at_rest, ONE, onsets_at(5)) == pytest.approx(1, abs=0.01)


def test_the_released_recipe_finds_beats_where_folded_motion_turns_back() -> None:
    steady = [clip(slowing_down({}))]
    middle_s = 6.0  # |x − mean| turns round there, x does not
    assert bc.corrected(steady, ONE, onsets_at(middle_s)) == 0
    assert bc.published(steady, ONE, onsets_at(middle_s)) == pytest.approx(1, abs=0.01)


def test_folding_leaves_the_given_positions_alone() -> None:
    positions = slowing_down({5: 0.5})
    before = positions.copy()
    assert bc.folded(positions).min() >= 0
    bc.published([clip(positions)], ONE, onsets_at(5))
    assert np.array_equal(positions, before)


def test_semges_hears_onsets_early_sees_twice_the_tempo_and_one_wrist_alone() -> None:
    positions = slowing_down({6: 0.5})
    # 15 fps read as 30: what happens at 6 s is taken to be at 3 s, 1 s behind the margin; onsets come at 0.726 of that
    heard_s = (6 / 2 - 2) * 22_050 / 16_000
    half_speed = 0.5 * ONE
    assert bc.semges([clip(positions)], half_speed, onsets_at(2 + heard_s)) == pytest.approx(1, abs=0.02)
    positions[:, INDEX["right_wrist"]] = 0
    assert bc.semges([clip(positions)], half_speed, onsets_at(2 + heard_s)) == 0


def test_chance_is_higher_for_a_motion_with_more_beats() -> None:
    few, many = (bc.by_chance([clip(slowing_down(dict.fromkeys(at_s, 0.5)))], ONE) for at_s in ([6], range(3, 10)))
    assert few == pytest.approx(0.3 * np.sqrt(2 * np.pi) / 8, abs=0.02)  # the Gaussian's area over the eight seconds
    assert many > 2 * few


def test_fingers_and_legs_do_not_count() -> None:
    positions = slowing_down({5: 0.5})
    others = [joint for joint in range(55) if joint not in JOINTS]
    positions[:, others] = 0
    assert bc.corrected([clip(positions)], ONE, onsets_at(5)) == pytest.approx(1, abs=0.01)


def test_clips_count_by_their_length_and_those_without_onsets_not_at_all() -> None:
    def first_only(samples: np.ndarray) -> np.ndarray:
        return np.array([3.0]) if samples.any() else np.zeros(0)

    good = BeatClip(slowing_down({5: 0.5}), SILENCE + 1)
    long_and_still = BeatClip(slowing_down({}, duration_s=20.0), np.ones(20 * SAMPLE_RATE))
    unheard = BeatClip(slowing_down({}), SILENCE)
    expected = (12 - 4) / (12 - 4 + 20 - 4)
    assert bc.corrected([good, long_and_still, unheard], ONE, first_only) == pytest.approx(expected, abs=0.01)
    assert np.isnan(bc.corrected([unheard], ONE, first_only))


def test_clips_too_short_for_their_margins_give_nothing() -> None:
    assert np.isnan(bc.corrected([clip(slowing_down({1: 0.5}, duration_s=3.9))], ONE, onsets_at(3)))


def test_mean_speeds_are_those_of_the_joints() -> None:
    assert bc.mean_speeds([slowing_down({}, usual=0.7)]) == pytest.approx(np.full(55, 0.7))


def test_clicks_are_heard_where_they_are() -> None:
    sound = np.zeros(6 * SAMPLE_RATE)
    random = np.random.default_rng(1)
    for moment in (1.0, 2.5, 4.0):
        start = round(moment * SAMPLE_RATE)
        sound[start : start + 8000] = random.normal(0, 0.3, 8000) * np.exp(-np.arange(8000) / 1000)
    heard = bc.librosa_onsets(sound)
    assert bc.nearness(np.array([1.0, 2.5, 4.0]), heard) == pytest.approx(1, abs=0.02)
    assert bc.nearness(heard, np.array([1.0, 2.5, 4.0])) == pytest.approx(1, abs=0.02)
    assert len(bc.librosa_onsets(np.zeros(100))) == 0
