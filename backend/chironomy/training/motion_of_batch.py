"""Motion of a batch as networks see it, in one of its two layers."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from ..nets.config import BehaviourConfig
from ..nets.motion_vector import orthonormal
from ..nets.root_channels import with_root_channels
from .corpus_format import FPS
from .windows import Batch

Layer = Literal["base", "semantic"]
#: Fields that motion vectors are made of.
MOTION_FIELDS = ("rotations", "base_rotations", "translation", "contacts")


def layer_rotations(batch: Batch, layer: Layer) -> Tensor:
    """Six numbers of each joint's rotation, [B, T, 55, 6], in the base or the semantic layer."""
    name = "base_rotations" if layer == "base" and "base_rotations" in batch else "rotations"
    return orthonormal(batch[name])


def motion_vectors(rotations: Tensor, batch: Batch) -> Tensor:
    """Motion vectors [B, T, 337] in metres, of rotations [B, T, 55, 6] with the batch's root and contacts."""
    return torch.cat([rotations.flatten(-2), batch["translation"], batch["contacts"].float()], dim=-1)


def seen_motion(rotations: Tensor, batch: Batch, behaviour: BehaviourConfig) -> Tensor:
    """Motion vectors [B, T, 337] with the root's channels as the model's networks see them."""
    return with_root_channels(motion_vectors(rotations, batch), FPS, behaviour.seed_translation)
