"""From local rotations to where the joints are, and back."""

import numpy as np
from numpy.typing import ArrayLike

from . import rotations as rot
from .rotations import Array
from .skeleton import PARENTS


def global_rotations(local: ArrayLike) -> Array:
    """Local rotations [..., 55, 4] to rotations against the world, [..., 55, 4]; or of the first joints alone."""
    local = np.asarray(local, dtype=float)
    out = np.empty_like(local)
    for joint, parent in enumerate(PARENTS[: local.shape[-2]]):
        own = local[..., joint, :]
        out[..., joint, :] = own if parent < 0 else rot.multiply(out[..., parent, :], own)
    return out


def local_rotations(world: ArrayLike) -> Array:
    """Inverse of global_rotations."""
    world = np.asarray(world, dtype=float)
    local = rot.multiply(rot.inverse(world[..., list(PARENTS), :]), world)
    local[..., 0, :] = world[..., 0, :]
    return local


def forward(local: ArrayLike, translation: ArrayLike, rest_joints: ArrayLike) -> tuple[Array, Array]:
    """Forward kinematics, as SMPL-X does it.

    local [..., 55, 4]; translation [..., 3] in metres, added to the pelvis at rest; rest_joints [55, 3].
    Returns positions [..., 55, 3] and rotations against the world [..., 55, 4]. Where only the first J joints are given
    (parents stand before their children), those of these.
    """
    rest = np.asarray(rest_joints, dtype=float)
    world = global_rotations(local)
    positions = np.empty((*world.shape[:-1], 3))
    positions[..., 0, :] = rest[0] + np.asarray(translation, dtype=float)
    for joint, parent in enumerate(PARENTS[1 : world.shape[-2]], start=1):
        offset = rot.rotate(world[..., parent, :], rest[joint] - rest[parent])
        positions[..., joint, :] = positions[..., parent, :] + offset
    return positions, world
