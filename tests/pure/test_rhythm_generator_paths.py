"""What the rhythm generator's motion is made of: paths through keys, arm poses, phrases, authored files."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken_lines import speech

from chironomy import presets
from chironomy.errors import UserError
from chironomy.generators.rhythm import arm_pose
from chironomy.generators.rhythm import library as library_module
from chironomy.generators.rhythm.arm_keys import authored_rows
from chironomy.generators.rhythm.library import library
from chironomy.generators.rhythm.phrases import phrases_of, split_into_phrases
from chironomy.generators.rhythm.splines import add_bumps, bump, drift, eased, round_velocities, smooth, through_keys
from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.kinematics import forward
from chironomy.motion.skeleton import INDEX, JOINT_COUNT

BODY = neutral_body()
seeds = st.integers(0, 2**32 - 1)


def random_keys(seed: int, count: int = 8) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return np.cumsum(random.uniform(0.1, 0.8, count)), random.normal(0, 1, (count, 3))


@given(seeds)
def test_paths_pass_their_keys_and_never_overshoot(seed):
    times, values = random_keys(seed)
    assert eased(times, values, times, resting=False) == pytest.approx(values, abs=1e-9)
    between = eased(times, values, np.linspace(times[0], times[-1], 500), resting=False)
    assert np.all(between >= values.min(axis=0) - 1e-9)
    assert np.all(between <= values.max(axis=0) + 1e-9)


def test_a_stroke_between_two_rests_has_the_least_jerk():
    at = np.linspace(0.0, 1.0, 101)
    path = eased([0.0, 1.0], [[0.0], [2.0]], at, resting=True)[:, 0]
    assert path == pytest.approx(2 * (10 * at**3 - 15 * at**4 + 6 * at**5))
    assert np.gradient(path, at).argmax() == 50  # fastest in the middle
    assert np.gradient(path, at).max() == pytest.approx(2 * 1.875, rel=1e-3)


@given(seeds)
def test_velocity_has_no_steps_at_keys(seed):
    times, values = random_keys(seed)
    velocities = round_velocities(times, values, 0.8, np.array([0.0, 0.0, 1.0]))
    at = times[1:-1, None] + np.array([-1e-5, 0.0, 1e-5])
    path = through_keys(times, values, velocities, at.ravel()).reshape(*at.shape, 3)
    steps = np.diff(path, axis=1) / 1e-5
    assert steps[:, 1] == pytest.approx(steps[:, 0], abs=0.02)


def test_a_hand_that_turns_back_goes_around_a_loop():
    times, there_and_back = np.arange(3.0), np.array([[0.0, 0, 0], [1.0, 0, 0], [0.0, 0, 0]])
    velocities = round_velocities(times, there_and_back, 0.8, np.array([0.0, 0.0, 1.0]))
    path = through_keys(times, there_and_back, velocities, np.linspace(0, 2, 101))
    assert np.ptp(path[:, 1]) > 0.1
    assert path[:50, 1].mean() * path[51:, 1].mean() < 0


@given(seeds)
def test_many_bumps_are_the_sum_of_each(seed):
    random = np.random.default_rng(seed)
    spans = np.sort(random.uniform(-0.5, 3.5, (6, 4)), axis=1)
    heights = random.normal(0, 1, 6)
    out, times = np.zeros(90), np.arange(90) / 30
    add_bumps(out, 30.0, spans, heights)
    assert out == pytest.approx(sum(h * bump(times, *span) for h, span in zip(heights, spans, strict=True)), abs=1e-9)


def test_smoothing_delays_by_whole_frames_and_keeps_what_is_constant():
    step = np.repeat([0.0, 1.0], 50)[:, None]
    assert smooth(np.full((40, 2), 3.0), 30.0, 0.2, 0.1) == pytest.approx(3.0)
    middle = [int(np.argmax(smooth(step, 30.0, 0.1, delay)[:, 0] >= 0.5)) for delay in (-0.2, 0.0, 0.2)]
    assert middle[2] - middle[1] == middle[1] - middle[0] == 6


def test_drift_has_no_drift():
    noise = drift(np.random.default_rng(1), np.arange(18000) / 30, 4, 2.0)
    assert noise.mean(axis=0) == pytest.approx(0, abs=0.05)
    assert noise.std(axis=0) == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("side", ["left", "right"])
def test_authored_poses_bring_the_wrist_where_they_say(side):
    arm = arm_pose.arm_of(BODY, side)
    keys = authored_rows(arm, library())
    rows = np.array(list(keys.values()))
    solved = arm_pose.solve(arm, rows[:, :3], rows[:, arm_pose.SWIVEL], rows[:, arm_pose.LIFT])
    local = np.tile(rot.identity(), (len(rows), JOINT_COUNT, 1))
    joints = arm_pose.arm_rotations(arm, solved, rows[:, arm_pose.TURNS], rows[:, arm_pose.PRONATION] / 2)
    local[:, [INDEX[f"{side}_{name}"] for name in ("collar", "shoulder", "elbow", "wrist")]] = joints
    positions, world = forward(local, np.zeros(3), BODY.rest_joints)
    mirror = np.array([1.0 if side == "left" else -1.0, 1.0, 1.0])
    middle = (BODY.rest_joints[INDEX["left_shoulder"]] + BODY.rest_joints[INDEX["right_shoulder"]]) / 2
    wrists = (positions[:, INDEX[f"{side}_wrist"]] - middle) * mirror / arm.length
    assert np.linalg.norm(wrists - rows[:, :3], axis=-1).max() < 0.03
    palms = rot.rotate(world[:, INDEX[f"{side}_wrist"]], np.array([0.0, -1.0, 0.0])) * mirror
    wanted = np.array([key.palm for key in keys])
    wanted /= np.linalg.norm(wanted, axis=-1, keepdims=True)
    off = np.degrees(np.arccos(np.clip(np.sum(palms * wanted, axis=-1), -1, 1)))
    assert np.median(off) < 20  # wrists do not turn everywhere
    assert off.max() < 75


@given(seeds)
def test_charting_a_wrist_and_back_changes_nothing(seed):
    arm = arm_pose.arm_of(BODY, "left")
    wrist = np.random.default_rng(seed).uniform([-0.2, -1.0, 0.1], [1.0, 0.4, 0.9], (20, 3))
    assert arm_pose.unchart(arm, arm_pose.chart(arm, wrist)) == pytest.approx(wrist, abs=1e-9)


def test_arms_are_mirror_images():
    left, right = (arm_pose.arm_of(BODY, side) for side in ("left", "right"))
    rows = [authored_rows(arm, library()) for arm in (left, right)]
    for key, row in rows[0].items():
        assert rows[1][key] == pytest.approx(row, abs=1e-6)


def test_phrases_end_at_signs_and_pauses():
    words = speech("Well, the river froze. Nobody came").words
    assert split_into_phrases(words) == [(0, 4), (4, 6)]


def test_every_word_is_in_one_phrase():
    words = speech("one two three, " * 40).words
    phrases = phrases_of(words, library(), seed=3)
    assert [k for phrase in phrases for k in range(phrase.first, phrase.end)] == list(range(len(words)))
    assert {phrase.lead for phrase in phrases} == {"left", "right"}
    assert len({phrase.stance.name for phrase in phrases}) > 3


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"hand": "claw"}, "claw"),
        ({"phase": "jump"}, "jump"),
        ({"wrist": [1, 2]}, "gestures/offer"),
        ({"time_s": 9.0}, "order of time"),
    ],
)
def test_a_mistake_in_an_edited_gesture_is_told_in_one_line(broken, message, monkeypatch):
    real = presets.load_preset

    def edited(name):
        document = json.loads(json.dumps(real(name)))
        if name == "gestures/offer":
            document["variants"][0]["keys"][0] |= broken
        return document

    monkeypatch.setattr(library_module, "load_preset", edited)
    with pytest.raises(UserError, match=message) as raised:
        library.__wrapped__()
    assert "\n" not in str(raised.value)
