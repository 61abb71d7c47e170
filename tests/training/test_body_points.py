"""Points of the body in training: where motion's own kinematics put them, with gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.kinematics import forward
from chironomy.motion.skeleton import INDEX
from chironomy.training.body_points import BodyPoints, Skin
from chironomy.training.motion_losses import angles_between, idle_loss, standing_feet_loss

REST = neutral_body().rest_joints
BESIDE = np.array([0.05, 0.0, 0.0])


def pose(seed: int) -> np.ndarray:
    return rot.exp(np.random.default_rng(seed).normal(0, 0.8, (2, 55, 3)))


def matrices(rotations: np.ndarray) -> torch.Tensor:
    return torch.tensor(rot.to_matrix(rotations), dtype=torch.float32)


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_joints_are_where_motions_kinematics_put_them(seed: int) -> None:
    expected, _ = forward(pose(seed), np.zeros(3), REST)
    assert BodyPoints().joints(matrices(pose(seed))).numpy() == pytest.approx(expected, abs=1e-5)


def skin_on_joints() -> Skin:
    """Two vertices beside every joint that move with it alone; the first expression lifts the jaw's."""
    vertices = np.concatenate([REST + BESIDE, REST - BESIDE])
    expressions = np.zeros((110, 3, 4))
    expressions[INDEX["jaw"], 1, 0] = 0.01
    return Skin(vertices, np.tile(np.eye(55), (2, 1)), REST, expressions)


def test_skin_moves_with_its_joints() -> None:
    rotations = pose(4)
    expected, world = forward(rotations, np.zeros(3), REST)
    points = BodyPoints(skin_on_joints()).points(matrices(rotations)).numpy()
    offset = rot.rotate(world, BESIDE)
    assert points[:, :55] == pytest.approx(expected + offset, abs=1e-5)
    assert points[:, 55:] == pytest.approx(expected - offset, abs=1e-5)


def test_expressions_move_the_skin_before_the_joints_turn_it() -> None:
    identity = matrices(rot.identity((1, 55)))
    body = BodyPoints(skin_on_joints())
    moved = body.points(identity, torch.tensor([[2.0, 0.0]])) - body.points(identity)
    assert moved[0, INDEX["jaw"]].tolist() == pytest.approx([0, 0.02, 0], abs=1e-6)
    assert moved[0, INDEX["head"]].abs().max() < 1e-6


def test_points_have_gradients_to_the_joints_above_them() -> None:
    local = matrices(pose(1)).requires_grad_()
    BodyPoints().points(local)[..., INDEX["left_wrist"], 1].sum().backward()
    assert local.grad is not None
    moving = {int(j) for j in local.grad.abs().sum((0, 2, 3)).nonzero().flatten()}
    assert INDEX["left_elbow"] in moving
    assert INDEX["left_wrist"] not in moving
    assert INDEX["right_elbow"] not in moving


@pytest.mark.parametrize("angle_rad", [0.01, 0.5, 2.0, 3.1])
def test_the_angle_between_rotations_is_what_it_says(angle_rad: float) -> None:
    start = pose(2)
    turned = rot.multiply(rot.about("y", angle_rad), start)
    assert angles_between(matrices(turned), matrices(start)).numpy() == pytest.approx(angle_rad, abs=2e-3)


def test_equal_rotations_have_a_finite_gradient() -> None:
    local = matrices(pose(3)).requires_grad_()
    angles_between(local, matrices(pose(3))).mean().backward()
    assert local.grad is not None
    assert torch.isfinite(local.grad).all()


def test_where_points_rest_a_tremble_weighs_far_more_than_where_they_move() -> None:
    tremble = 0.001 * torch.randn(1, 60, 3, 3, generator=torch.Generator().manual_seed(1))
    still = torch.zeros(1, 60, 3, 3)
    moving = (0.3 / 30 * torch.arange(60.0))[None, :, None, None].expand(1, 60, 3, 3)
    at_rest, on_the_way = (idle_loss(path + tremble, path, fps=30).item() for path in (still, moving))
    assert at_rest == pytest.approx(tremble.diff(dim=1).norm(dim=-1).mean().item())
    assert on_the_way < 0.02 * at_rest


def test_feet_that_stand_must_not_move_and_others_may() -> None:
    feet = torch.zeros(1, 10, 4, 3)
    feet[0, :, 0, 0] = 0.02 * torch.arange(10)
    assert standing_feet_loss(feet, torch.tensor([0.0, 1, 1, 1]).expand(1, 10, 4)).item() == 0
    assert standing_feet_loss(feet, torch.ones(1, 10, 4)).item() == pytest.approx(0.02 / 4)
