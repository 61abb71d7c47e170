"""The rhythm generator's motion: timing, anatomy, contact and continuity, at every emphasis."""

from functools import cache

import numpy as np
import pytest
from spoken_lines import LINE, PLAIN_LINE, perform, speech

from chironomy.emphasis.fuse import MAX_APART_RAD, fuse
from chironomy.formats.take import Take
from chironomy.generators.request import Request
from chironomy.generators.rhythm import RhythmGenerator
from chironomy.motion import rotations as rot
from chironomy.motion.body import Body, neutral_body
from chironomy.motion.feet import foot_sliding
from chironomy.motion.kinematics import forward
from chironomy.motion.limits import violations
from chironomy.motion.measure import WRISTS, frozen_share, hands_in_body, jerk
from chironomy.motion.skeleton import INDEX, JOINTS, LEGS

BODY = neutral_body()
EMPHASES = ("psi", 0.0, 0.3, 1.0, 1.6)
#: Face joints move as fast as eyes do.
SKELETAL = [k for k, name in enumerate(JOINTS) if name not in ("jaw", "left_eye_smplhf", "right_eye_smplhf")]


@cache
def take(seed: int = 1, style: str = "neutral", text: str = LINE) -> Take:
    return perform(text, seed=seed, style=style)


def at_emphasis(shown: Take, emphasis) -> np.ndarray:
    e = shown.emphasis if emphasis == "psi" else np.full(shown.frames, emphasis)
    return fuse(shown.base_rotations, shown.semantic_rotations, e)


def placed(shown: Take, emphasis) -> tuple[np.ndarray, np.ndarray]:
    return forward(at_emphasis(shown, emphasis), shown.translation, BODY.rest_joints)


def wrist_speeds(positions: np.ndarray) -> np.ndarray:
    return np.linalg.norm(np.gradient(positions[:, list(WRISTS)], 1 / 30, axis=0), axis=-1)


def from_nearest_peak(speeds: np.ndarray, time_s: float) -> float:
    """Seconds from a time to the nearest local maximum of either wrist's speed over 0.15 m/s."""
    inner = speeds[1:-1]
    peaks = (inner >= speeds[:-2]) & (inner > speeds[2:]) & (inner > 0.15)
    frames = np.flatnonzero(peaks.any(axis=1)) + 1
    return float(np.abs(frames / 30 - time_s).min())


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("emphasis", ["psi", 1.0])
def test_strokes_land_on_the_stressed_syllable(seed, emphasis):
    shown, nuclei = take(seed), speech(LINE).rhythm.nuclei_s
    speeds = wrist_speeds(placed(shown, emphasis)[0])
    late = [from_nearest_peak(speeds, nuclei[k]) for k, word in enumerate(shown.metadata.words) if word.gesture_class]
    assert len(late) > 20
    assert max(late) <= 0.08


@pytest.mark.parametrize("emphasis", EMPHASES)
def test_no_joint_leaves_its_range(emphasis):
    worst = max(violations(at_emphasis(take(seed, style), emphasis)).max() for seed, style in _VARIETY)
    # between two poses in range a joint may cut a corner of its range, hardly visibly
    assert np.degrees(worst) < (0.01 if emphasis in (0.0, 1.0) else 2.0)


@pytest.mark.parametrize("emphasis", EMPHASES)
def test_feet_do_not_slide(emphasis):
    for seed, style in _VARIETY:
        positions, _ = placed(take(seed, style), emphasis)
        assert foot_sliding(positions, take(seed, style).contacts).max() < 0.001


def test_feet_stand_on_the_ground():
    positions, _ = placed(take(), "psi")
    assert positions[:, INDEX["left_ankle"], 1] == pytest.approx(BODY.rest_joints[INDEX["left_ankle"], 1], abs=1e-3)


def test_legs_and_root_are_the_same_in_both_layers():
    shown = take()
    same = [0, *LEGS]
    assert np.array_equal(shown.base_rotations[:, same], shown.semantic_rotations[:, same])
    assert np.array_equal(shown.translation, shown.semantic_translation)


@pytest.mark.parametrize("emphasis", ["psi", 0.0, 0.3, 1.0])
def test_hands_stay_out_of_the_body(emphasis):
    for seed, style in _VARIETY:
        assert hands_in_body(*placed(take(seed, style), emphasis), BODY).max() < 0.005


@pytest.mark.parametrize(("emphasis", "deepest_m"), [(1.6, 0.012), (2.0, 0.03)])
def test_exaggeration_does_not_carry_hands_into_the_body(emphasis, deepest_m):
    for seed, style in _VARIETY:
        depth = hands_in_body(*placed(take(seed, style), emphasis), BODY)
        assert depth.max() < deepest_m
        assert np.mean(depth > 0.005) < 0.005


def test_hands_stay_out_of_each_other():
    for seed, style in _VARIETY:
        positions, _ = placed(take(seed, style), "psi")
        fingers = [positions[:, [INDEX[f"{side}_wrist"], *_hand(side)]] for side in ("left", "right")]
        gap = np.linalg.norm(fingers[0][:, :, None] - fingers[1][:, None], axis=-1).min(axis=(1, 2))
        assert np.mean(gap < 0.02) < 0.02  # fingers may touch for a moment


@pytest.mark.parametrize("emphasis", ["psi", 0.0, 1.0])
def test_nothing_pops(emphasis):
    for seed, style in _VARIETY:
        q = at_emphasis(take(seed, style), emphasis)[:, SKELETAL]
        turning = rot.log(rot.multiply(rot.inverse(q[:-1]), q[1:])) * 30
        assert np.linalg.norm(turning, axis=-1).max() < 25  # rad/s
        assert np.linalg.norm(np.diff(turning, axis=0) * 30, axis=-1).max() < 800  # rad/s²


def test_quaternions_are_continuous():
    for layer in (take().base_rotations, take().semantic_rotations):
        assert np.all(np.sum(layer[1:] * layer[:-1], axis=-1) > 0)


def test_layers_are_near_enough_to_be_mixed():
    for seed, style in _VARIETY:
        shown = take(seed, style)
        apart = rot.angle(rot.multiply(rot.inverse(shown.base_rotations), shown.semantic_rotations))
        assert apart.max() <= MAX_APART_RAD


def test_hands_are_up_while_speaking_and_never_frozen():
    for seed, style in _VARIETY:
        shown = take(seed, style, PLAIN_LINE)
        positions, _ = placed(shown, "psi")
        assert frozen_share(positions, 30) < 0.02
        spoken = slice(int(30 * shown.metadata.words[2].word.start_s), int(30 * shown.metadata.words[-1].word.end_s))
        higher = positions[spoken][:, list(WRISTS), 1].max(axis=1)
        above = higher - positions[spoken][:, [INDEX["left_hip"], INDEX["right_hip"]], 1].mean(axis=1)
        assert np.mean(above > 0.10) > 0.95


def test_hands_hang_in_a_long_pause():
    shown = _with_long_end()
    positions, _ = placed(shown, "psi")
    wrists = positions[-1, list(WRISTS), 1] - positions[-1, INDEX["left_hip"], 1]
    assert wrists.max() < 0.08


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hands_do_not_jump_where_words_with_gestures_crowd(seed):
    crowded = "Now, as all books not primarily never everybody must you all not here."
    positions = placed(take(seed, "lively", crowded), 1.0)[0][:, list(WRISTS)]
    assert jerk(positions, 30).max() < 3500  # m/s³


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hands_are_down_at_the_end_of_a_take_that_ends_soon_after_the_last_word(seed):
    shown = RhythmGenerator().generate(Request(speech(PLAIN_LINE, tail_s=0.8), BODY, seed))
    heights = placed(shown, "psi")[0][:, list(WRISTS), 1].max(axis=1)
    assert heights[-1] < np.median(heights[30:-30]) - 0.05


def test_the_body_lives():
    positions, world = placed(take(), "psi")
    pelvis = positions[:, 0]
    assert 0.03 < np.ptp(pelvis[:, 0]) < 0.25
    head = np.degrees(rot.log(world[:, INDEX["head"]]))
    assert np.all(np.ptp(head, axis=0)[:2] > 8)  # nods and turns
    chest = np.degrees(rot.log(world[:, INDEX["spine3"]]))
    assert np.ptp(chest[:, 1]) > 5


def test_fingers_curl_more_towards_the_little_finger_when_relaxed():
    first = take().base_rotations[0]
    bends = [rot.angle(first[INDEX[f"right_{finger}2"]]) for finger in ("index", "middle", "ring", "pinky")]
    assert bends == sorted(bends)


@pytest.mark.parametrize("unlike", ["tall", "small", "uneven"])
def test_other_bodies_stand_on_their_feet_and_keep_clear_of_themselves(unlike):
    own = np.asarray(BODY.rest_joints)
    bumpy = np.random.default_rng(1).normal(0.0, 0.005, own.shape)
    joints = {"tall": own * 1.25, "small": own * 0.7, "uneven": own + bumpy}[unlike]
    tips = {name: tuple(np.array(tip) - own[INDEX[name]] + joints[INDEX[name]]) for name, tip in BODY.tips.items()}
    body = Body(joints, tips)
    shown = RhythmGenerator().generate(Request(speech(LINE), body))
    positions, world = forward(at_emphasis(shown, "psi"), shown.translation, joints)
    assert np.ptp(positions[:, [INDEX["left_ankle"], INDEX["right_ankle"]]], axis=0).max() < 0.001
    assert hands_in_body(positions, world, body).max() < 0.01
    assert np.degrees(violations(at_emphasis(shown, "psi")).max()) < 1.0


def _with_long_end() -> Take:
    return RhythmGenerator().generate(Request(speech("People sing songs.", tail_s=6.0), BODY))


def _hand(side: str) -> range:
    first = INDEX[f"{side}_index1"]
    return range(first, first + 15)


_VARIETY = ((1, "neutral"), (2, "lively"), (3, "calm"), (4, "neutral"))
