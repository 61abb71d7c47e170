"""Locked frames are met exactly, and motion is as generated a few frames away from them."""

import numpy as np
import pytest

from chironomy.generators.locked import BLEND_FRAMES, LockedFrames, meet_rotations, meet_translation
from chironomy.motion import rotations as rot
from chironomy.motion.skeleton import INDEX, JOINT_COUNT

FRAMES = 120
HEAD, WRIST = INDEX["head"], INDEX["left_wrist"]


@pytest.fixture
def generated():
    wave = np.sin(np.arange(FRAMES)[:, None] / 15 + np.arange(JOINT_COUNT))
    return rot.about("x", 0.5 * wave)


def locked_at(frames, joints, angle_rad=0.8, root=False):
    held = np.zeros((len(frames), JOINT_COUNT), dtype=bool)
    held[:, joints] = True
    goals = np.broadcast_to(rot.about("z", angle_rad), (len(frames), JOINT_COUNT, 4))
    places = np.arange(3 * len(frames)).reshape(-1, 3) / 10.0
    return LockedFrames(np.array(frames), held, goals, np.full(len(frames), root), places)


def test_nothing_locked_changes_nothing(generated):
    assert np.array_equal(meet_rotations(generated, LockedFrames()), generated)
    assert np.array_equal(meet_translation(np.ones((5, 3)), LockedFrames()), np.ones((5, 3)))


@pytest.mark.parametrize("frames", [[0], [FRAMES - 1], [0, 1, 2, 3], [10, 13, 60], [5, 6, 14, 22, 31]])
def test_locked_joints_are_met_exactly_and_others_are_left_alone(generated, frames):
    locked = locked_at(frames, [HEAD, WRIST])
    met = meet_rotations(generated, locked)
    turned = rot.angle(rot.multiply(rot.inverse(met[frames][:, [HEAD, WRIST]]), locked.rotations[:, [HEAD, WRIST]]))
    assert turned.max() < 1e-7
    others = [joint for joint in range(JOINT_COUNT) if joint not in (HEAD, WRIST)]
    assert np.array_equal(met[:, others], generated[:, others])


def test_the_motion_is_as_generated_eight_frames_away(generated):
    met = meet_rotations(generated, locked_at([40, 50], [HEAD]))
    untouched = np.r_[0 : 40 - BLEND_FRAMES + 1, 50 + BLEND_FRAMES : FRAMES]
    turned = rot.angle(rot.multiply(rot.inverse(met[untouched, HEAD]), generated[untouched, HEAD]))
    assert turned.max() < 1e-7
    assert np.array_equal(met[: 40 - BLEND_FRAMES], generated[: 40 - BLEND_FRAMES])


def test_the_way_there_has_no_jump(generated):
    met = meet_rotations(generated, locked_at([40], [HEAD]))
    steps = rot.angle(rot.multiply(rot.inverse(met[:-1, HEAD]), met[1:, HEAD]))
    assert steps.max() < 0.3  # about a radian in eight frames


def test_a_joint_locked_on_two_frames_stays_near_them_between(generated):
    still = np.broadcast_to(rot.identity(), generated.shape)
    met = meet_rotations(still, locked_at([40, 46], [HEAD]))
    assert rot.angle(met[40:47, HEAD]).min() == pytest.approx(0.8)


def test_the_root_is_met_too(generated):
    locked = locked_at([0, 30], [], root=True)
    met = meet_translation(np.zeros((FRAMES, 3)), locked)
    assert np.array_equal(met[[0, 30]], locked.translation)
    assert not met[9:22].any()


def test_locked_frames_say_when_they_do_not_fit_together():
    with pytest.raises(ValueError, match="increase"):
        locked_at([3, 3], [HEAD])
    with pytest.raises(ValueError, match="joints"):
        LockedFrames(np.array([1]))


def test_locked_frames_behind_the_take_are_left_out():
    assert locked_at([3, 30], [HEAD]).before(10).frames.tolist() == [3]
