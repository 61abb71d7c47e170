"""Where points of the body are, with gradients: joints, or the skin of an SMPL-X model where there is one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..motion.body import neutral_body
from ..motion.skeleton import JOINT_COUNT, PARENTS

#: Of a model's 10 475 vertices, so many are looked at.
_MOST_VERTICES = 600


@dataclass(frozen=True)
class Skin:
    """Vertices of a body model in the T-pose, metres."""

    vertices: NDArray[np.floating]
    """[V, 3]."""
    weights: NDArray[np.floating]
    """[V, 55], each row sums to 1."""
    rest_joints: NDArray[np.floating]
    """[55, 3]."""
    expressions: NDArray[np.floating]
    """[V, 3, E]: how far a coefficient of 1 moves each vertex."""


def _levels() -> list[list[int]]:
    """Joints by their distance from the pelvis."""
    depth: list[int] = []
    for parent in PARENTS:
        depth.append(0 if parent < 0 else depth[parent] + 1)
    return [[j for j in range(JOINT_COUNT) if depth[j] == d] for d in range(max(depth) + 1)]


_LEVELS = _levels()
_ORDER = [joint for level in _LEVELS for joint in level]
_PLACE = [_ORDER.index(joint) for joint in range(JOINT_COUNT)]


def joint_frames(local: Tensor, rest_joints: Tensor) -> tuple[Tensor, Tensor]:
    """Local rotations [..., 55, 3, 3] and rest joints [55, 3] to world rotations and positions [..., 55, 3].

    The pelvis stays where it rests. One step for each generation of joints, not for each joint.
    """
    world = local[..., :1, :, :]
    positions = rest_joints[:1].expand(*local.shape[:-3], 1, 3)
    for level in _LEVELS[1:]:
        parents = [PARENTS[joint] for joint in level]
        places = [_PLACE[parent] for parent in parents]
        turned = world[..., places, :, :]
        offsets = (turned @ (rest_joints[level] - rest_joints[parents])[..., None])[..., 0]
        positions = torch.cat([positions, positions[..., places, :] + offsets], dim=-2)
        world = torch.cat([world, turned @ local[..., level, :, :]], dim=-3)
    return world[..., _PLACE, :, :], positions[..., _PLACE, :]


class BodyPoints:
    """Points of a posed body: its 55 joints, or vertices of its skin."""

    def __init__(self, skin: Skin | None = None) -> None:
        rest = neutral_body().rest_joints if skin is None else skin.rest_joints
        self._rest = torch.tensor(rest, dtype=torch.float32)
        self._skin: tuple[Tensor, Tensor, Tensor] | None = None
        if skin is not None:
            chosen = np.linspace(0, len(skin.vertices) - 1, min(_MOST_VERTICES, len(skin.vertices))).astype(int)
            arrays = (skin.vertices[chosen], skin.weights[chosen], skin.expressions[chosen])
            vertices, weights, expressions = (torch.tensor(array, dtype=torch.float32) for array in arrays)
            self._skin = vertices, weights, expressions

    @property
    def has_skin(self) -> bool:
        """Whether expressions move the points."""
        return self._skin is not None

    def joints(self, local: Tensor) -> Tensor:
        """Positions [..., 55, 3] in metres for local rotations [..., 55, 3, 3]; the pelvis is at rest."""
        return joint_frames(local, self._rest.to(local.device))[1]

    def points(self, local: Tensor, expressions: Tensor | None = None) -> Tensor:
        """Positions [..., P, 3] in metres for local rotations [..., 55, 3, 3] and, with skin, expressions [..., E]."""
        rest = self._rest.to(local.device)
        world, positions = joint_frames(local, rest)
        if self._skin is None:
            return positions
        vertices, weights, directions = (tensor.to(local.device) for tensor in self._skin)
        shaped = vertices
        if expressions is not None:
            count = min(expressions.shape[-1], directions.shape[-1])
            shaped = vertices + torch.einsum("vce,...e->...vc", directions[..., :count], expressions[..., :count])
        # each joint moves a vertex v to R·(v − rest) + position (linear blend skinning, without pose correctives)
        moved = positions - (world @ rest[..., None])[..., 0]
        turn = torch.einsum("vj,...jab->...vab", weights, world)
        return (turn @ shaped[..., None])[..., 0] + torch.einsum("vj,...ja->...va", weights, moved)
