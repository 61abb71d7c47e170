"""Joint limits: identity inside, on the border outside, without jumps, right for elbows, knees, fingers and heads."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chironomy.motion import rotations as rot
from chironomy.motion.limits import extrapolate, limit, violations
from chironomy.motion.skeleton import INDEX, MIRROR

seeds = st.integers(0, 2**32 - 1)


def posed(**turns: tuple[str, float]) -> np.ndarray:
    """The T-pose with some joints turned: left_elbow=("y", −90)."""
    local = rot.identity((55,))
    for name, (axis, degrees) in turns.items():
        local[INDEX[name]] = rot.about(axis, np.radians(degrees))
    return local


def degrees_out(local: np.ndarray, name: str) -> float:
    return float(np.degrees(violations(local)[INDEX[name]]))


@given(seeds, st.floats(0, np.pi))
@settings(max_examples=40)
def test_limited_rotations_are_within_limits_and_stay_as_they_are(seed: int, size: float) -> None:
    limited = limit(rot.exp(np.random.default_rng(seed).normal(0, size, (20, 55, 3))))
    assert violations(limited).max() < 1e-9
    assert rot.angle(rot.multiply(rot.inverse(limit(limited)), limited)).max() < 1e-9


@given(seeds)
@settings(max_examples=20)
def test_rotations_within_range_come_back_bit_for_bit(seed: int) -> None:
    local = rot.exp(np.random.default_rng(seed).uniform(-0.04, 0.04, (20, 55, 3))) * [1, 1, 1, 1]
    assert limit(local).tobytes() == local.tobytes()
    assert limit(-local).tobytes() == (-local).tobytes()
    assert not violations(local).any()


def test_some_joints_are_limited_as_among_all() -> None:
    local = rot.exp(np.random.default_rng(5).normal(0, 1, (20, 55, 3)))
    some = [INDEX[name] for name in ("right_elbow", "pelvis", "head")]
    np.testing.assert_array_equal(limit(local[:, some], some), limit(local)[:, some])


@given(seeds)
@settings(max_examples=5, deadline=None)
def test_limiting_is_continuous_even_through_whole_turns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    start = rot.normalize(rng.normal(size=(55, 4)))
    axis = rng.normal(size=(55, 3))
    axis /= np.linalg.norm(axis, axis=-1, keepdims=True)

    def steps(angle: np.ndarray) -> np.ndarray:
        limited = limit(rot.multiply(start, rot.exp(axis * angle[:, None, None])))
        return rot.angle(rot.multiply(rot.inverse(limited[1:]), limited[:-1]))

    coarse = np.linspace(0, 2 * np.pi, 2000)
    # half a turn away from rest the way back changes sides within a few degrees, but never at once: look closer there
    for worst in np.argsort(steps(coarse).max(axis=1))[-5:]:
        fine = np.linspace(coarse[worst], coarse[worst + 1], 500)
        assert steps(fine).max() < 0.02


@given(seeds)
@settings(max_examples=20)
def test_quaternion_signs_do_not_matter(seed: int) -> None:
    local = rot.normalize(np.random.default_rng(seed).normal(size=(10, 55, 4)))
    assert rot.angle(rot.multiply(rot.inverse(limit(local)), limit(-local))).max() < 1e-6


@given(seeds)
@settings(max_examples=20)
def test_left_and_right_have_the_same_limits(seed: int) -> None:
    local = rot.normalize(np.random.default_rng(seed).normal(size=(10, 55, 4)))
    mirrored = local[:, MIRROR] * [1, 1, -1, -1]
    assert violations(mirrored) == pytest.approx(violations(local)[:, MIRROR], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "axis", "degrees"),
    [
        ("left_elbow", "y", 40),  # backwards
        ("left_elbow", "z", 60),  # sideways
        ("left_knee", "x", -30),  # forwards
        ("left_knee", "z", 40),
        ("head", "y", 120),  # an owl
        ("neck", "y", -100),
        ("left_index2", "z", 60),  # upwards
        ("left_index3", "z", 60),
        ("left_middle1", "z", 90),
        ("left_pinky2", "z", 50),
        ("left_middle2", "y", 50),  # sideways
        ("left_wrist", "z", 120),
        ("left_shoulder", "y", 110),  # straight back
        ("jaw", "x", -30),  # into the skull
        ("spine2", "x", 80),
    ],
)
def test_what_bodies_cannot_do_is_out_of_range(name: str, axis: str, degrees: float) -> None:
    assert degrees_out(posed(**{name: (axis, degrees)}), name) > 10
    mirrored = name.replace("left", "right")
    other = degrees if axis == "x" else -degrees
    assert degrees_out(posed(**{mirrored: (axis, other)}), mirrored) > 10


@pytest.mark.parametrize(
    ("name", "axis", "degrees"),
    [
        ("left_elbow", "y", -145),
        ("left_elbow", "x", 80),  # turned palm
        ("left_shoulder", "z", -85),  # hanging arm
        ("left_shoulder", "z", 90),  # overhead
        ("left_shoulder", "y", -130),  # hand on the other shoulder
        ("left_knee", "x", 130),
        ("head", "y", 40),
        ("left_index1", "z", -90),  # a fist
        ("left_index2", "z", -100),
        ("left_index3", "z", -70),
        ("left_wrist", "z", 70),
        ("left_wrist", "z", -75),
        ("jaw", "x", 25),
        ("left_hip", "x", -90),  # sitting
    ],
)
def test_what_bodies_do_is_within_range(name: str, axis: str, degrees: float) -> None:
    assert degrees_out(posed(**{name: (axis, degrees)}), name) == 0


def test_the_pelvis_turns_freely() -> None:
    assert degrees_out(posed(pelvis=("y", 180)), "pelvis") == 0


def test_a_limited_joint_keeps_its_direction() -> None:
    limited = limit(posed(head=("y", 100)))[INDEX["head"]]
    assert np.degrees(rot.log(limited)) == pytest.approx([0, 45, 0], abs=1e-6)


@given(seeds)
@settings(max_examples=20)
def test_extrapolation_within_range_is_the_same_turn_again(seed: int) -> None:
    rng = np.random.default_rng(seed)
    start = rot.exp(rng.uniform(-0.015, 0.015, (5, 55, 3)))
    end = rot.multiply(start, rot.exp(rng.uniform(-0.01, 0.01, (5, 55, 3))))
    again = rot.multiply(end, rot.multiply(rot.inverse(start), end))
    assert rot.angle(rot.multiply(rot.inverse(again), extrapolate(start, end))).max() < 1e-9


@given(seeds)
@settings(max_examples=20)
def test_extrapolation_ends_at_the_limits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    start, end = (limit(rot.exp(rng.normal(0, 1.0, (5, 55, 3)))) for _ in range(2))
    assert violations(extrapolate(start, end)).max() < 1e-9


def test_a_joint_extrapolated_past_half_a_turn_comes_to_rest_at_its_limit_without_a_pop() -> None:
    frames = 200
    start, end = rot.identity((frames, 55)), rot.identity((frames, 55))
    elbow = INDEX["left_elbow"]
    start[:, elbow] = rot.multiply(rot.about("y", np.full(frames, -0.5)), rot.about("x", np.full(frames, -0.4)))
    end[:, elbow] = rot.multiply(rot.about("y", np.linspace(-0.5, -2.6, frames)), rot.about("x", np.full(frames, -0.3)))
    beyond = extrapolate(start, end)[:, elbow]
    steps = np.degrees(rot.angle(rot.multiply(rot.inverse(beyond[1:]), beyond[:-1])))
    assert steps.max() < 3
    assert np.degrees(rot.angle(beyond))[-1] == pytest.approx(155, abs=5)


def test_an_array_of_the_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="55 joints"):
        limit(np.zeros((3, 24, 4)))


GESTURES = Path(__file__).parents[2].parent / "shared" / "data" / "gestures"


@pytest.mark.skipif(not GESTURES.is_dir(), reason=f"the recorded gestures are not at {GESTURES}")
@pytest.mark.parametrize(
    "clip",
    [
        "Gestures/ChrBrad@Idle01_YouLf01.skm",
        "Gestures2/ChrBrad@Idle01_YouLf01.skm",
        "MaleGestures/ChrGarza@IdleStand01_NegateForwardMidBt01.skm",
        "FemaleGestures/*Neg*.skm",
        "ChrRachelIdles/ChrRachel_ChrBrad@Idle01_MeLf01.skm",
    ],
)
def test_recorded_gestures_are_within_limits(clip: str) -> None:
    from chironomy.formats.rig_map import read_rig_maps, retarget_clip
    from chironomy.formats.smartbody import read_skm
    from chironomy.motion.body import neutral_body
    from chironomy.presets import presets_folder

    path = sorted(GESTURES.glob(clip))[0]
    motion = retarget_clip(read_skm(path), read_rig_maps(presets_folder() / "rig_maps"), neutral_body())
    out = np.degrees(violations(motion.rotations))
    # thumbs are left out: the actors' rest poses put them in very different places
    out[:, [k for name, k in INDEX.items() if "thumb" in name]] = 0
    assert np.mean(out > 1) < 0.01
    assert np.percentile(out, 99.5) < 10
