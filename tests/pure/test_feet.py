"""Feet: when they stand, how far they slide, and that held feet stay and nothing jumps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.feet import foot_contacts, foot_sliding, lock_feet
from chironomy.motion.kinematics import forward
from chironomy.motion.skeleton import CONTACT_JOINTS, INDEX, LEGS

REST = neutral_body().rest_joints
FPS = 30.0
seeds = st.integers(0, 2**32 - 1)


def wave(frames: int, period_s: float, phase: float = 0.0) -> np.ndarray:
    return np.sin(2 * np.pi * np.arange(frames) / FPS / period_s + phase)


def swaying(frames: int = 300, size: float = 0.02, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Standing with bent knees while the root sways, which drags the feet along."""
    local = rot.identity((frames, 55))
    for side in ("left", "right"):
        local[:, INDEX[f"{side}_hip"]] = rot.about("x", -0.15)
        local[:, INDEX[f"{side}_knee"]] = rot.about("x", 0.3)
        local[:, INDEX[f"{side}_ankle"]] = rot.about("x", -0.15)
    phases = np.random.default_rng(seed).uniform(0, 6.28, 3)
    sway = np.stack(
        [wave(frames, 5, phases[0]), 0.3 * wave(frames, 4, phases[1]), 0.6 * wave(frames, 7, phases[2])], axis=1
    )
    return local, size * sway + [0, -0.012, 0]


def stepping(frames: int = 180) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Standing still but for the right leg, which lifts and comes down 8° further out, from second 2 to 3."""
    local, translation = swaying(frames, size=0.0)
    start, end = 60, 90
    part = np.clip((np.arange(frames) - start) / (end - start), 0, 1)
    lift = np.radians(45) * np.sin(np.pi * part) ** 2
    out = np.radians(-8) * (0.5 - 0.5 * np.cos(np.pi * part))
    local[:, INDEX["right_hip"]] = rot.multiply(rot.about("z", out), rot.about("x", -0.15 - lift))
    local[:, INDEX["right_knee"]] = rot.about("x", 0.3 + 2 * lift)
    return local, translation, start, end


def feet(local: np.ndarray, translation: np.ndarray) -> np.ndarray:
    return forward(local, translation, REST)[0][:, list(CONTACT_JOINTS)]


def test_someone_who_stands_still_stands_on_both_feet() -> None:
    positions, _ = forward(*swaying(size=0.0), REST)
    assert foot_contacts(positions, FPS).all()
    assert foot_sliding(positions, foot_contacts(positions, FPS)).tolist() == [0, 0, 0, 0]


def test_a_step_lifts_one_foot_once() -> None:
    local, translation, start, end = stepping()
    contacts = foot_contacts(forward(local, translation, REST)[0], FPS)
    assert contacts[:, [0, 2]].all()
    for column in (1, 3):
        lifted = np.flatnonzero(contacts[:, column] == 0)
        assert np.all(np.diff(lifted) == 1)  # one stretch, no flicker
        assert start <= lifted[0] < start + 10
        assert end - 10 < lifted[-1] <= end + 2


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0, 120.0])
def test_contacts_do_not_depend_on_the_frame_rate(fps: float) -> None:
    local, translation, _, _ = stepping()
    positions, _ = forward(local, translation, REST)
    times = np.arange(int(len(positions) / FPS * fps)) / fps
    at_rate = np.apply_along_axis(
        lambda column: np.interp(times, np.arange(len(positions)) / FPS, column), 0, positions
    )
    share = foot_contacts(at_rate, fps).mean(axis=0)
    assert share == pytest.approx(foot_contacts(positions, FPS).mean(axis=0), abs=0.03)


def test_sliding_is_the_way_from_where_the_contact_began() -> None:
    positions = np.broadcast_to(REST, (40, 55, 3)).copy()
    positions[:, INDEX["left_foot"], 0] += np.linspace(0, 0.039, 40)
    contacts = np.ones((40, 4))
    contacts[10:20, 2] = 0
    assert sorted(foot_sliding(positions, contacts)) == pytest.approx([0, 0, 0, 0.009, 0.019])
    assert foot_sliding(positions, np.zeros((40, 4))).size == 0


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_held_feet_stay_within_a_centimetre(seed: int) -> None:
    local, translation = swaying(seed=seed, size=0.03)
    contacts = np.ones((300, 4))
    assert foot_sliding(forward(local, translation, REST)[0], contacts).max() > 0.03
    held, moved = lock_feet(local, translation, REST, contacts, FPS)
    assert foot_sliding(forward(held, moved, REST)[0], contacts).max() < 0.003
    others = [k for k in range(55) if k not in LEGS]
    assert np.array_equal(held[:, others], local[:, others])
    bend = rot.log(held[:, [INDEX["left_knee"], INDEX["right_knee"]]])[..., 0]
    assert bend.min() > 0  # knees never bend backwards


def test_holding_a_foot_through_a_step_does_not_jump_where_contacts_end_and_begin() -> None:
    local, translation, _, _ = stepping()
    translation = translation + 0.02 * np.stack([wave(180, 3), 0 * wave(180, 3), wave(180, 4)], axis=1)
    contacts = foot_contacts(forward(local, translation, REST)[0], FPS)
    held, moved = lock_feet(local, translation, REST, contacts, FPS)
    after = feet(held, moved)
    assert foot_sliding(forward(held, moved, REST)[0], contacts).max() < 0.01
    step_before, step_after = (
        np.linalg.norm(np.diff(x, axis=0), axis=-1).max() for x in (feet(local, translation), after)
    )
    assert step_after < step_before + 0.01
    turns = rot.angle(rot.multiply(rot.inverse(held[1:]), held[:-1]))
    assert np.degrees(turns.max()) < np.degrees(rot.angle(rot.multiply(rot.inverse(local[1:]), local[:-1])).max()) + 2


def test_the_pelvis_comes_down_where_a_leg_would_not_reach() -> None:
    frames = 120
    local = rot.identity((frames, 55))  # straight legs
    translation = np.zeros((frames, 3))
    translation[:, 0] = 0.12 * wave(frames, 4)
    contacts = np.ones((frames, 4))
    held, moved = lock_feet(local, translation, REST, contacts, FPS)
    assert (moved - translation)[:, 1].min() < -0.005
    assert foot_sliding(forward(held, moved, REST)[0], contacts).max() < 0.005
    assert np.abs(np.diff(moved[:, 1], n=2)).max() < 0.002  # it comes down smoothly


def test_feet_that_already_stay_are_left_alone() -> None:
    local, translation = swaying(size=0.0)
    held, moved = lock_feet(local, translation, REST, np.ones((300, 4)), FPS)
    assert rot.angle(rot.multiply(rot.inverse(local), held)).max() < 1e-6
    assert moved == pytest.approx(translation)


def test_without_contacts_nothing_changes() -> None:
    local, translation = swaying(size=0.1)
    held, moved = lock_feet(local, translation, REST, np.zeros((300, 4)), FPS)
    assert held.tobytes() == local.tobytes()
    assert moved.tobytes() == translation.tobytes()


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_hardly_any_frames_are_no_trouble(frames: int) -> None:
    positions = np.broadcast_to(REST, (frames, 55, 3))
    contacts = foot_contacts(positions, FPS)
    assert contacts.shape == (frames, 4)
    if frames:
        held, _ = lock_feet(rot.identity((frames, 55)), np.zeros((frames, 3)), REST, contacts, FPS)
        assert held.shape == (frames, 55, 4)
