"""The motion vector [..., 337] that generators see: rot6d of the 55 joints, root translation and foot contacts.

rot6d is the first two rows of the rotation matrix, row by row (Zhou et al. 2019). Translation is in metres; contacts,
0…1, are of left ankle, right ankle, left foot and right foot.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ..motion.rotations import from_six_d, to_six_d
from ..motion.skeleton import JOINT_COUNT
from .config import PartConfig, PartName

ROTATIONS = slice(0, 6 * JOINT_COUNT)
TRANSLATION = slice(ROTATIONS.stop, ROTATIONS.stop + 3)
CONTACTS = slice(TRANSLATION.stop, TRANSLATION.stop + 4)
MOTION_WIDTH = CONTACTS.stop
_NO_ROTATION = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def from_pose(
    rotations: NDArray[np.floating], translation: NDArray[np.floating], contacts: NDArray[np.floating]
) -> Tensor:
    """Quaternions [..., 55, 4], translation [..., 3] and contacts [..., 4] to motion vectors [..., 337], float32."""
    six = to_six_d(rotations)
    vector = np.concatenate([six.reshape(*six.shape[:-2], -1), translation, contacts], axis=-1)
    return torch.from_numpy(vector.astype(np.float32))


def quaternions(motion: Tensor) -> NDArray[np.floating]:
    """The joints' local rotations [..., 55, 4] of motion vectors [..., 337]."""
    six = motion[..., ROTATIONS].detach().float().cpu().numpy()
    return from_six_d(six.reshape(*six.shape[:-1], JOINT_COUNT, 6))


def part_of(motion: Tensor, part: PartConfig, face: Tensor | None = None) -> Tensor:
    """What this part's RVQ-VAE sees, [..., part.width], of motion vectors [..., 337] and the face's channels."""
    six = motion[..., ROTATIONS].unflatten(-1, (JOINT_COUNT, 6))
    rotations = six[..., list(part.joint_numbers), :].flatten(-2)
    match part.extra:
        case "none":
            return rotations
        case "root":
            return torch.cat([rotations, motion[..., ROTATIONS.stop :]], dim=-1)
        case _:
            if face is None:
                raise ValueError(f"a part with {part.extra} needs the face's channels")
            return torch.cat([rotations, face], dim=-1)


def from_parts(decoded: Mapping[PartName, Tensor], parts: Mapping[PartName, PartConfig]) -> Tensor:
    """Motion vectors [..., 337] of decoded parts [..., part.width]; rotations are made orthonormal again.

    Joints of no given part stand still (identity); translation and contacts are zero where no part has the root.
    """
    first = next(iter(decoded.values()))
    six = first.new_tensor(_NO_ROTATION).repeat(*first.shape[:-1], JOINT_COUNT, 1)
    root = first.new_zeros(*first.shape[:-1], 7)
    for name, values in decoded.items():
        part = parts[name]
        joints = list(part.joint_numbers)
        six[..., joints, :] = orthonormal(values[..., : 6 * len(joints)].unflatten(-1, (len(joints), 6)))
        if part.extra == "root":
            root = values[..., 6 * len(joints) :]
    return torch.cat([six.flatten(-2), root], dim=-1)


def orthonormal(six: Tensor) -> Tensor:
    """rot6d [..., 6] of the rotation that two rows of any length and angle stand for (Gram-Schmidt)."""
    first = F.normalize(six[..., :3], dim=-1)
    second = six[..., 3:] - (first * six[..., 3:]).sum(-1, keepdim=True) * first
    return torch.cat([first, F.normalize(second, dim=-1)], dim=-1)


def rotation_matrices(six: Tensor) -> Tensor:
    """rot6d [..., 6] to matrices [..., 3, 3]; with a gradient."""
    rows = orthonormal(six)
    first, second = rows[..., :3], rows[..., 3:]
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=-2)
