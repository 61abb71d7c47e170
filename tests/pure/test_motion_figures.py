"""Figures of motion: right for motions whose figures are known."""

import numpy as np
import pytest

from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.ik import LEFT_ARM, RIGHT_ARM, place
from chironomy.motion.kinematics import forward
from chironomy.motion.measure import extent, frozen_share, hands_in_body, jerk, motion_figures, speed
from chironomy.motion.skeleton import INDEX

BODY = neutral_body()
FPS = 30.0


def with_hands_at(left: tuple[float, float, float], right: tuple[float, float, float]) -> np.ndarray:
    """One frame with the wrists at these places in the world, palms towards the body."""
    local = rot.identity((1, 55))
    inwards = rot.about("y", -np.pi / 2)[None]
    local = place(LEFT_ARM, local, np.zeros(3), BODY.rest_joints, np.array([left]), end_rotation=inwards)
    return place(RIGHT_ARM, local, np.zeros(3), BODY.rest_joints, np.array([right]), end_rotation=rot.inverse(inwards))


def depth(local: np.ndarray) -> np.ndarray:
    return hands_in_body(*forward(local, np.zeros(3), BODY.rest_joints), BODY)[0]


def test_a_point_on_a_circle_has_its_speed_and_jerk() -> None:
    radius, turns_per_s = 0.2, 0.5
    angle = 2 * np.pi * turns_per_s * np.arange(120) / FPS
    circle = radius * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=-1)
    omega = 2 * np.pi * turns_per_s
    assert speed(circle, FPS)[1:-1] == pytest.approx(np.full(118, radius * omega), rel=0.01)
    assert jerk(circle, FPS) == pytest.approx(np.full(117, radius * omega**3), rel=0.01)
    assert extent(circle) == pytest.approx(radius, rel=0.05)


def test_frozen_frames_are_those_in_which_no_hand_moves() -> None:
    positions = np.zeros((100, 55, 3))
    positions[50:, INDEX["right_wrist"], 0] = 0.02 * np.arange(50) / FPS
    assert frozen_share(positions, FPS) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("height", [0.95, 1.1, 1.25])
def test_hands_in_the_trunk_are_found_and_hands_before_it_are_not(height: float) -> None:
    inside, _ = depth(with_hands_at((0.03, height, 0.0), (-0.3, 0.9, 0.2)))
    assert inside > 0.05
    assert depth(with_hands_at((0.10, height, 0.25), (-0.10, height, 0.25))).max() == 0


def test_each_hand_is_measured_by_itself() -> None:
    left, right = depth(with_hands_at((0.30, 0.9, 0.2), (-0.02, 1.1, 0.0)))
    assert left == 0
    assert right > 0.05


def test_a_finger_alone_in_the_face_counts() -> None:
    local = with_hands_at((0.0, 1.58, 0.20), (-0.3, 0.9, 0.2))
    wrist_turned_at_the_face = rot.multiply(rot.about("y", np.pi / 2), rot.about("z", 0.0))[None]
    local = place(
        LEFT_ARM,
        local,
        np.zeros(3),
        BODY.rest_joints,
        np.array([[0.0, 1.58, 0.22]]),
        end_rotation=wrist_turned_at_the_face,
    )
    positions, _ = forward(local, np.zeros(3), BODY.rest_joints)
    assert positions[0, INDEX["left_middle3"], 2] < positions[0, INDEX["left_wrist"], 2]  # fingers point backwards
    assert depth(local)[0] > 0.01


def test_depth_moves_with_the_body() -> None:
    local = with_hands_at((0.03, 1.1, 0.0), (-0.3, 0.9, 0.2))
    turned = local.copy()
    turned[:, 0] = rot.exp(np.array([0.4, 1.3, -0.2]))
    assert depth(turned) == pytest.approx(depth(local), abs=1e-9)


def test_arms_out_and_arms_hanging_are_outside() -> None:
    assert depth(rot.identity((1, 55))).max() == 0
    assert depth(with_hands_at((0.26, 0.87, 0.0), (-0.26, 0.87, 0.0))).max() == 0


def test_the_figures_of_a_still_pose() -> None:
    figures = motion_figures(rot.identity((30, 55)), np.zeros((30, 3)), BODY, FPS)
    assert figures["frames with still hands, share"] == 1
    assert figures["faster wrist, median m/s"] == 0
    assert figures["foot sliding, worst contact m"] == 0
    assert figures["joints out of range, worst °"] == 0
    assert all(np.isfinite(value) for value in figures.values())


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_figures_of_hardly_any_frames_are_finite(frames: int) -> None:
    figures = motion_figures(rot.identity((frames, 55)), np.zeros((frames, 3)), BODY, FPS)
    assert all(np.isfinite(value) for value in figures.values())
