"""Motion for figures with fewer joints and other proportions: bones face as before, feet stand where ours do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motion_strategies import random_motion, seeds

from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.fit import Figure, absorb_missing, fit_motion, unposed
from chironomy.motion.ik import LEFT_LEG, RIGHT_LEG, place
from chironomy.motion.kinematics import forward, global_rotations
from chironomy.motion.skeleton import INDEX, JOINT_COUNT, JOINTS, LEGS, PARENTS

BODY = neutral_body()
LIMBS = (LEFT_LEG, RIGHT_LEG)
left_out = st.sets(st.sampled_from(["spine1", "spine2", "spine3", "neck", "left_collar", "right_collar", "jaw"]))


def without(names: set[str]) -> np.ndarray:
    return np.array([name not in names for name in JOINTS])


def figure(factors: dict[str, float], offset: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Figure:
    """Our body with other lengths of the bones that end at these joints."""
    rest = BODY.rest_joints.copy()
    for k in range(1, JOINT_COUNT):
        factor = factors.get(JOINTS[k].split("_")[-1], 1.0)
        rest[k] = rest[PARENTS[k]] + factor * (BODY.rest_joints[k] - BODY.rest_joints[PARENTS[k]])
    return Figure(rest, np.ones(JOINT_COUNT, dtype=bool), np.array(offset))


def standing(seed: int, frames: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Upper bodies that do anything, hips that sway, feet on one spot."""
    rotations, _ = random_motion(seed, frames, 0.3)
    rotations[:, [0, *LEGS]] = rot.identity()
    sway = np.random.default_rng(seed).uniform([-0.05, -0.08, -0.05], [0.05, -0.03, 0.05], (frames, 3))
    for limb in LIMBS:
        spot = np.tile(BODY.rest_joints[limb.end], (frames, 1))
        rotations = place(limb, rotations, sway, BODY.rest_joints, spot, end_rotation=rot.identity((frames,)))
    return rotations, sway


@settings(deadline=None, max_examples=25)
@given(seeds, left_out)
def test_joints_that_are_there_face_as_before(seed: int, missing: set[str]) -> None:
    rotations, _ = random_motion(seed, 4, 0.5)
    present = without(missing)
    halved = {"spine1"} if "spine2" in missing else set()
    halved |= {"spine2"} if "spine3" in missing else set()
    kept = [INDEX[name] for name in JOINTS if name not in missing | halved]
    after = absorb_missing(rotations, present)
    apart = rot.angle(rot.multiply(rot.inverse(global_rotations(rotations)), global_rotations(after)))
    assert apart[:, kept].max() < 1e-6
    np.testing.assert_array_equal(after[:, ~present], rot.identity((4, int((~present).sum()))))


@settings(deadline=None, max_examples=25)
@given(
    seeds,
    st.floats(0.85, 1.15),
    st.floats(0.85, 1.15),
    st.tuples(st.floats(-0.1, 0.1), st.floats(-0.05, 0.1), st.floats(-0.1, 0.1)),
)
def test_feet_stand_where_ours_do(seed: int, shin: float, hips: float, offset: tuple[float, float, float]) -> None:
    thigh = 1.0 + (1.0 - shin) * _length("knee", "ankle") / _length("hip", "knee")  # as long as ours altogether
    other = figure({"ankle": shin, "knee": thigh, "hip": hips}, offset)
    rotations, translation = standing(seed)
    fitted, travel = fit_motion(rotations, translation, BODY, other)
    positions, world = forward(fitted, travel, other.rest_joints)
    for limb in LIMBS:
        spot = BODY.rest_joints[limb.end] + offset
        assert np.linalg.norm(positions[:, limb.end] - spot, axis=-1).max() < 0.002
        assert rot.angle(world[:, limb.end]).max() < 1e-6  # soles stay flat


def test_arms_and_hands_keep_their_rotations_to_the_bit_where_nothing_is_missing() -> None:
    rotations, translation = standing(3)
    fitted, _ = fit_motion(rotations, translation, BODY, figure({"ankle": 1.1, "elbow": 0.8}))
    above = [k for k in range(JOINT_COUNT) if k not in LEGS]
    apart = rot.angle(rot.multiply(rot.inverse(rotations[:, above]), fitted[:, above]))
    assert apart.max() < 1e-7


def test_layers_with_the_same_legs_keep_the_same_legs_to_the_bit() -> None:
    rotations, translation = standing(3)
    other = rotations.copy()
    other[:, INDEX["left_shoulder"]] = rot.exp([0.0, 0.4, 0.2])
    target = figure({"ankle": 1.1, "knee": 0.93})
    (one, place_one), (two, place_two) = (fit_motion(layer, translation, BODY, target) for layer in (rotations, other))
    np.testing.assert_array_equal(one[:, list(LEGS)], two[:, list(LEGS)])
    np.testing.assert_array_equal(place_one, place_two)


@settings(deadline=None, max_examples=25)
@given(seeds)
def test_a_rest_pose_is_undone(seed: int) -> None:
    local, _ = random_motion(seed, 1, 0.5)
    points, world = forward(local, np.zeros((1, 3)), BODY.rest_joints)
    found = unposed(points[0], world[0], np.ones(JOINT_COUNT, dtype=bool), BODY)
    np.testing.assert_allclose(found, BODY.rest_joints, atol=1e-9)


@pytest.mark.parametrize("size", [0.5, 1.0, 2.0])
def test_a_figure_is_a_body_of_its_size(size: float) -> None:
    body = figure({}).body(size)
    np.testing.assert_allclose(body.rest_joints, BODY.rest_joints * size)
    np.testing.assert_allclose(body.tips["head"], np.array(BODY.tips["head"]) * size)


def _length(start: str, end: str) -> float:
    return float(np.linalg.norm(BODY.rest_joints[INDEX[f"left_{end}"]] - BODY.rest_joints[INDEX[f"left_{start}"]]))
