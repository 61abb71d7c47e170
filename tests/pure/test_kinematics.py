"""Forward kinematics: SMPL-X's, against its definition in 4 × 4 matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.kinematics import forward, global_rotations, local_rotations
from chironomy.motion.skeleton import INDEX, JOINTS, MIRROR, PARENTS

REST = neutral_body().rest_joints


def random_pose(seed: int, frames: int = 4, size_rad: float = 1.0) -> np.ndarray:
    return rot.exp(np.random.default_rng(seed).normal(0, size_rad, (frames, 55, 3)))


@given(st.integers(0, 2**32 - 1))
def test_joints_are_where_a_chain_of_matrices_puts_them(seed: int) -> None:
    local, translation = random_pose(seed), np.random.default_rng(seed).normal(size=(4, 3))
    positions, world = forward(local, translation, REST)
    for frame in range(4):
        chain: list[np.ndarray] = []
        for joint, parent in enumerate(PARENTS):
            step = np.eye(4)
            step[:3, :3] = Rotation.from_quat(np.roll(local[frame, joint], -1)).as_matrix()
            step[:3, 3] = REST[joint] - REST[parent] if parent >= 0 else REST[0] + translation[frame]
            chain.append(step if parent < 0 else chain[parent] @ step)
        assert positions[frame] == pytest.approx(np.array([m[:3, 3] for m in chain]), abs=1e-12)
        assert rot.to_matrix(world[frame]) == pytest.approx(np.array([m[:3, :3] for m in chain]), abs=1e-12)


def test_at_rest_every_joint_is_where_it_rests() -> None:
    positions, world = forward(rot.identity((55,)), np.zeros(3), REST)
    assert positions == pytest.approx(REST)
    assert world.tolist() == rot.identity((55,)).tolist()


@given(st.integers(0, 2**32 - 1))
def test_local_rotations_undo_global_rotations(seed: int) -> None:
    local = random_pose(seed)
    back = local_rotations(global_rotations(local))
    assert rot.angle(rot.multiply(rot.inverse(local), back)).max() < 1e-7


def test_bones_keep_their_lengths() -> None:
    positions, _ = forward(random_pose(1, frames=50), np.zeros(3), REST)
    parents = list(PARENTS[1:])
    lengths = np.linalg.norm(positions[:, 1:] - positions[:, parents], axis=-1)
    assert lengths == pytest.approx(np.broadcast_to(np.linalg.norm(REST[1:] - REST[parents], axis=-1), lengths.shape))


def test_a_mirrored_pose_gives_the_mirror_image() -> None:
    local = random_pose(2)
    mirrored = local[:, MIRROR] * [1, 1, -1, -1]
    positions, _ = forward(local, np.zeros(3), REST)
    reflected, _ = forward(mirrored, np.zeros(3), REST)
    assert reflected == pytest.approx(positions[:, MIRROR] * [-1, 1, 1])


def test_turning_the_left_elbow_moves_the_left_hand_alone() -> None:
    local = rot.identity((55,))
    local[INDEX["left_elbow"]] = rot.about("y", -0.5)
    positions, _ = forward(local, np.zeros(3), REST)
    moved = {JOINTS[k] for k in np.flatnonzero(np.linalg.norm(positions - REST, axis=-1) > 1e-9)}
    assert moved == {"left_wrist", *(name for name in JOINTS if name.startswith("left_") and name[-1] in "123")}
    assert positions[INDEX["left_wrist"], 2] > REST[INDEX["left_wrist"], 2] + 0.1  # forwards


def test_parents_stand_before_their_children() -> None:
    assert all(parent < joint for joint, parent in enumerate(PARENTS))
    assert len(JOINTS) == len(PARENTS) == 55
