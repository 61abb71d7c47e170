"""Two-bone IK: wrists and ankles where they shall be, bent the right way, no pops near full extension."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.ik import (
    LEFT_ARM,
    LEFT_LEG,
    RIGHT_ARM,
    RIGHT_LEG,
    Limb,
    move_end,
    place,
    soft_clamp,
    solve,
    swivel,
)
from chironomy.motion.kinematics import forward
from chironomy.motion.limits import violations
from chironomy.motion.skeleton import MIRROR

REST = neutral_body().rest_joints
LIMBS = st.sampled_from([LEFT_ARM, RIGHT_ARM, LEFT_LEG, RIGHT_LEG])
FRAMES = 50
seeds = st.integers(0, 2**32 - 1)


def length(limb: Limb) -> float:
    return float(np.linalg.norm(np.diff(REST[[limb.first, limb.middle, limb.end]], axis=0), axis=1).sum())


def random_poses(seed: int) -> np.ndarray:
    return rot.exp(np.random.default_rng(seed).normal(0, 0.3, (FRAMES, 55, 3)))


def random_targets(limb: Limb, local: np.ndarray, seed: int) -> np.ndarray:
    """Within reach in every direction, in the world."""
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=(FRAMES, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    first = forward(local, np.zeros(3), REST)[0][:, limb.first]
    return first + direction * rng.uniform(0.35, 0.97, (FRAMES, 1)) * length(limb)


def step(q: np.ndarray) -> float:
    return float(rot.angle(rot.multiply(rot.inverse(q[1:]), q[:-1])).max())


@given(LIMBS, seeds)
@settings(max_examples=40)
def test_the_end_reaches_its_target_with_its_rotation_and_swivel(limb: Limb, seed: int) -> None:
    local, rng = random_poses(seed), np.random.default_rng(seed + 1)
    target = random_targets(limb, local, seed)
    turned, end_rotation = rng.uniform(-2, 2, FRAMES), rot.normalize(rng.normal(size=(FRAMES, 4)))
    out = place(limb, local, np.zeros(3), REST, target, turned, end_rotation)
    positions, world = forward(out, np.zeros(3), REST)
    assert positions[:, limb.end] == pytest.approx(target, abs=1e-9)
    assert rot.angle(rot.multiply(rot.inverse(world[:, limb.end]), end_rotation)).max() < 1e-7
    assert swivel(limb, REST, out[:, limb.first], out[:, limb.middle]) == pytest.approx(turned, abs=1e-7)
    others = [k for k in range(55) if k not in (limb.first, limb.middle, limb.end)]
    assert np.array_equal(out[:, others], local[:, others])


@given(LIMBS, seeds)
@settings(max_examples=20)
def test_elbows_and_knees_bend_about_their_hinge_and_the_right_way(limb: Limb, seed: int) -> None:
    local = random_poses(seed)
    out = place(limb, local, np.zeros(3), REST, random_targets(limb, local, seed))
    bend = rot.log(out[:, limb.middle])
    assert np.cross(bend, limb.hinge) == pytest.approx(np.zeros((FRAMES, 3)), abs=1e-9)
    assert (bend @ np.array(limb.hinge)).min() > 0
    assert np.degrees(violations(out)[:, limb.middle]).max() < 1e-6


def test_half_of_the_turn_of_the_hand_is_in_the_forearm() -> None:
    target = np.array([[0.2, -0.2, 0.3]])
    still = solve(LEFT_ARM, REST, target)
    palm_down = rot.multiply(still.first, still.middle)
    turned = rot.multiply(palm_down, rot.about((REST[20] - REST[18]) / np.linalg.norm(REST[20] - REST[18]), 1.2))
    arm = solve(LEFT_ARM, REST, target, end_rotation=turned)
    assert rot.angle(rot.multiply(rot.inverse(still.middle), arm.middle)) == pytest.approx(0.6)
    assert rot.angle(arm.end) == pytest.approx(0.6)


@pytest.mark.parametrize("limb", [LEFT_ARM, LEFT_LEG])
@pytest.mark.parametrize("toward", [(0.2, -0.9, 0.1), (0.3, -0.3, 0.9), (0.9, 0.1, 0.3)])
def test_nothing_pops_while_a_target_moves_out_of_reach(limb: Limb, toward: tuple[float, float, float]) -> None:
    direction = np.array(toward) / np.linalg.norm(toward)
    distance = np.linspace(0.7, 1.3, 600) * length(limb)  # 0.5 mm a frame on the arm
    out = solve(limb, REST, distance[:, None] * direction)
    assert np.degrees(max(step(out.first), step(out.middle))) < 0.8
    reached = np.linalg.norm(
        REST[limb.middle] - REST[limb.first] + rot.rotate(out.middle, REST[limb.end] - REST[limb.middle]), axis=1
    )
    assert np.all(np.diff(reached) > -1e-12)
    assert reached[-1] > 0.99 * length(limb)


def test_nothing_pops_while_a_target_comes_through_the_shoulder() -> None:
    out = solve(RIGHT_ARM, REST, np.linspace(0.3, 0.001, 300)[:, None] * np.array([-0.3, -0.2, 0.93]))
    assert np.degrees(max(step(out.first), step(out.middle))) < 1.0


@pytest.mark.parametrize(
    ("target", "low", "high"),
    [
        ((0.08, -0.50, 0.03), (-0.5, -0.5, -1.0), (0.5, 0.5, -0.6)),  # hanging: elbow to the back
        ((0.0, -0.25, 0.35), (0.1, -1.0, -1.0), (0.8, -0.5, 0.0)),  # hand before the belly: down and out
        ((-0.3, -0.15, 0.3), (0.0, -1.0, -0.6), (0.7, -0.6, 0.3)),  # across the body: down
        ((0.5, 0.0, 0.0), (-0.2, -1.0, -1.0), (0.2, -0.4, -0.4)),  # out to the side: down and back
        ((0.1, 0.45, 0.1), (0.4, -0.6, 0.0), (1.0, 0.2, 0.9)),  # overhead: out and forwards
    ],
)
def test_relaxed_elbows_point_where_people_carry_them(target: tuple, low: tuple, high: tuple) -> None:
    out = solve(LEFT_ARM, REST, np.array([target]))
    direction = np.array(target) / np.linalg.norm(target)
    elbow = rot.rotate(out.first, REST[18] - REST[16])[0]
    side = elbow - (elbow @ direction) * direction
    side /= np.linalg.norm(side)
    assert np.all(side >= low), side
    assert np.all(side <= high), side


def test_left_and_right_are_mirror_images() -> None:
    rng = np.random.default_rng(0)
    target, turned = rng.normal(0, 0.25, (40, 3)), rng.uniform(-1, 1, 40)
    for left, right in ((LEFT_ARM, RIGHT_ARM), (LEFT_LEG, RIGHT_LEG)):
        assert MIRROR[left.end] == right.end
        a, b = solve(left, REST, target, turned), solve(right, REST, target * [-1, 1, 1], turned)
        for mine, other in zip(a, b, strict=True):
            assert rot.angle(rot.multiply(rot.inverse(mine), other * [1, 1, -1, -1])).max() < 1e-6


@given(LIMBS, seeds)
@settings(max_examples=20)
def test_moving_the_end_to_where_it_is_changes_nothing(limb: Limb, seed: int) -> None:
    local = random_poses(seed)
    posed = place(limb, local, np.zeros(3), REST, random_targets(limb, local, seed), 0.4)
    here = forward(posed, np.zeros(3), REST)[0][:, limb.end]
    moved = move_end(limb, posed, np.zeros(3), REST, here)
    assert rot.angle(rot.multiply(rot.inverse(posed), moved)).max() < 1e-6


@given(LIMBS, seeds)
@settings(max_examples=20)
def test_moving_the_end_a_little_keeps_swivel_and_the_ends_rotation(limb: Limb, seed: int) -> None:
    local = random_poses(seed)
    posed = place(limb, local, np.zeros(3), REST, random_targets(limb, local, seed), 0.4)
    positions, world = forward(posed, np.zeros(3), REST)
    inwards = positions[:, limb.first] - positions[:, limb.end]
    target = positions[:, limb.end] + 0.05 * inwards
    moved = move_end(limb, posed, np.zeros(3), REST, target)
    after, world_after = forward(moved, np.zeros(3), REST)
    near = np.linalg.norm(target - positions[:, limb.first], axis=1) > 0.4 * length(limb)
    assert after[near, limb.end] == pytest.approx(target[near], abs=1e-9)
    assert rot.angle(rot.multiply(rot.inverse(world[:, limb.end]), world_after[:, limb.end])).max() < 1e-6
    assert swivel(limb, REST, moved[:, limb.first], moved[:, limb.middle])[near] == pytest.approx(0.4, abs=0.03)


@given(st.floats(-5, 5), st.floats(0.01, 2), st.floats(0.001, 0.4))
def test_soft_clamp_never_leaves_its_range_and_leaves_the_middle_alone(x: float, width: float, softness: float) -> None:
    y = float(soft_clamp(x, 0.0, width, softness))
    assert 0 <= y <= width
    if softness <= x <= width - softness and softness <= width / 2:
        assert y == x
    assert y <= float(soft_clamp(x + 1e-6, 0.0, width, softness)) <= y + 1.001e-6


@pytest.mark.parametrize(("limb", "target"), [(LEFT_ARM, (0.0, -0.25, 0.35)), (LEFT_LEG, (0.05, -0.6, 0.1))])
def test_positive_swivels_take_elbows_and_knees_outwards(limb: Limb, target: tuple[float, float, float]) -> None:
    swivels = np.array([0.0, 0.5])
    out = solve(limb, REST, np.array([target, target]), swivels)
    middle = rot.rotate(out.first, REST[limb.middle] - REST[limb.first])
    assert middle[1, 0] > middle[0, 0] + 0.02
