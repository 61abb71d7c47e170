"""Losses of motion [B, T, …]: differences in time are always taken along axis 1."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

Distance = Callable[[Tensor, Tensor], Tensor]

#: acos has no gradient at ±1.
_MARGIN = 1e-6
#: Hands idle below this speed.
IDLE_M_S = 0.05


def velocity(values: Tensor) -> Tensor:
    """Change from frame to frame, [B, T − 1, …]."""
    return values.diff(dim=1)


def acceleration(values: Tensor) -> Tensor:
    """Change of the change from frame to frame, [B, T − 2, …]."""
    return values.diff(n=2, dim=1)


def angles_between(rotations: Tensor, target: Tensor) -> Tensor:
    """Angles [...], in radians, between rotation matrices [..., 3, 3] (the geodesic distance)."""
    trace = (rotations * target).sum((-2, -1))
    return torch.acos(((trace - 1) / 2).clamp(-1 + _MARGIN, 1 - _MARGIN))


def movement_losses(name: str, motion: Tensor, target: Tensor, distance: Distance = F.l1_loss) -> dict[str, Tensor]:
    """How far velocity and acceleration of `motion` are from those of `target`."""
    return {
        f"{name}_velocity": distance(velocity(motion), velocity(target)),
        f"{name}_acceleration": distance(acceleration(motion), acceleration(target)),
    }


def idle_loss(points: Tensor, target: Tensor, fps: float) -> Tensor:
    """How far steps [B, T − 1, P, 3] are from those of `target`, in metres, where those are small.

    A step weighs 1 at rest, and half as much at the speed below which a hand idles.
    """
    wanted = velocity(target)
    weight = 1 / (1 + (wanted.norm(dim=-1) * (fps / IDLE_M_S)).square())
    return ((velocity(points) - wanted).norm(dim=-1) * weight).mean()


def standing_feet_loss(feet: Tensor, contacts: Tensor) -> Tensor:
    """Mean speed, in metres per frame, of the four joints [B, T, 4, 3] where contacts [B, T, 4] say that they stand."""
    standing = (contacts[:, :-1] > 0.5) & (contacts[:, 1:] > 0.5)
    return (velocity(feet).norm(dim=-1) * standing).mean()
