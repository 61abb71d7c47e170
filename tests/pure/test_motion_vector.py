"""The motion vector: poses in and out, parts in and out."""

import numpy as np
import torch

from chironomy.motion.rotations import angle, exp, inverse, multiply, normalize
from chironomy.nets.config import ModelConfig, PartConfig
from chironomy.nets.motion_vector import (
    CONTACTS,
    MOTION_WIDTH,
    TRANSLATION,
    from_parts,
    from_pose,
    orthonormal,
    part_of,
    quaternions,
    rotation_matrices,
)

_PARTS = ModelConfig().parts


def _motion() -> torch.Tensor:
    rng = np.random.default_rng(1)
    rotations = normalize(rng.standard_normal((2, 5, 55, 4)))
    return from_pose(rotations, rng.standard_normal((2, 5, 3)), rng.integers(0, 2, (2, 5, 4)))


def test_a_vector_has_337_channels_with_the_root_behind_the_joints():
    assert (MOTION_WIDTH, TRANSLATION.start, CONTACTS.start) == (337, 330, 333)


def test_rotations_come_back():
    rotations = exp(np.random.default_rng(2).standard_normal((4, 55, 3)))
    again = quaternions(from_pose(rotations, np.zeros((4, 3)), np.zeros((4, 4))))
    assert angle(multiply(inverse(rotations), again)).max() < 1e-3


def test_parts_join_to_the_motion_they_were_taken_from():
    motion = _motion()
    eyes = slice(6 * 23, 6 * 25)
    motion[..., eyes] = torch.tensor([1.0, 0, 0, 0, 1, 0] * 2)
    face = torch.zeros(2, 5, 100)
    parts = {name: part_of(motion, part, face) for name, part in _PARTS.items()}
    assert {name: values.shape[-1] for name, values in parts.items()} == {n: p.width for n, p in _PARTS.items()}
    torch.testing.assert_close(from_parts(parts, _PARTS), motion)


def test_joints_of_no_part_stand_still():
    lower = part_of(_motion(), _PARTS["lower"])
    motion = from_parts({"lower": lower}, _PARTS)
    jaw = motion[..., 6 * 22 : 6 * 23]
    assert torch.equal(jaw, torch.tensor([1.0, 0, 0, 0, 1, 0]).expand_as(jaw))


def test_a_face_of_arkit_shapes_stands_behind_the_jaw():
    part = PartConfig(joints=("jaw",), extra="arkit")
    shapes = torch.rand(2, 5, 52)
    assert torch.equal(part_of(_motion(), part, shapes)[..., 6:], shapes)


def test_any_two_rows_become_a_rotation():
    matrices = rotation_matrices(torch.randn(7, 6))
    torch.testing.assert_close(matrices @ matrices.mT, torch.eye(3).expand(7, 3, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.linalg.det(matrices), torch.ones(7))


def test_orthonormal_rows_are_the_first_two_of_the_matrix():
    six = torch.randn(7, 6)
    torch.testing.assert_close(orthonormal(six), rotation_matrices(six)[..., :2, :].flatten(-2))
