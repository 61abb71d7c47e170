"""Which values of the motion a generator is shown; masks are 1 where motion is hidden."""

from __future__ import annotations

import torch
from torch import Tensor

from ..motion.skeleton import FACE_JOINTS, INDEX, JOINT_COUNT
from ..nets.motion_vector import MOTION_WIDTH, ROTATIONS
from .settings import ConditionSettings

#: Of all frames, the largest share that keys show.
_MOST_KEYS = 0.1
#: The published three passes: the hidden share starts here, and is held from here on.
_FIRST_HIDDEN, _HELD_HIDDEN = 0.05, 0.35875


def seed_alone(like: Tensor, seed_frames: int) -> Tensor:
    """A mask [B, T, 337] for motion `like` that shows the body's first frames, as generation does.

    Jaw and eyes are hidden in them: generation makes the face after the body.
    """
    mask = torch.ones_like(like)
    mask[:, :seed_frames] = 0.0
    for name in FACE_JOINTS:
        mask[..., 6 * INDEX[name] : 6 * INDEX[name] + 6] = 1.0
    return mask


def some_hidden(like: Tensor, share: Tensor | float) -> Tensor:
    """A mask that hides values at random: `share` of them, one number or one for each window [B]."""
    share = torch.as_tensor(share, device=like.device, dtype=like.dtype)
    return (torch.rand_like(like) < share.view(-1, 1, 1)).to(like)


def keys_alone(like: Tensor, seed_frames: int) -> Tensor:
    """A mask that shows the seed and, in a few frames at random, the rotations of joints drawn for the window."""
    batch, frames, _ = like.shape
    shown_share = _MOST_KEYS * torch.rand(batch, 1, device=like.device)
    key_frames = torch.rand(batch, frames, device=like.device) < shown_share
    joints = torch.rand(batch, JOINT_COUNT, device=like.device) < torch.rand(batch, 1, device=like.device)
    mask = seed_alone(like, seed_frames)
    shown = key_frames[:, :, None] & joints.repeat_interleave(6, dim=1)[:, None]
    mask[..., ROTATIONS] = torch.where(shown, torch.zeros_like(mask[..., ROTATIONS]), mask[..., ROTATIONS])
    return mask


def drawn_mask(like: Tensor, seed_frames: int, settings: ConditionSettings) -> Tensor:
    """A mask [B, T, 337] of a kind drawn for each window: the seed alone, keys too, or values at random."""
    assert like.shape[-1] == MOTION_WIDTH
    kind = torch.rand(len(like), device=like.device)[:, None, None]
    share = settings.least_hidden + (1 - settings.least_hidden) * torch.rand(len(like), device=like.device)
    with_keys = torch.where(
        kind < settings.seed_only + settings.keys, keys_alone(like, seed_frames), some_hidden(like, share)
    )
    return torch.where(kind < settings.seed_only, seed_alone(like, seed_frames), with_keys)


def published_share(epoch: float, epochs: int) -> float:
    """How much the published training hides in the passes that hide at random."""
    return min(_FIRST_HIDDEN + (1 - _FIRST_HIDDEN) * epoch / epochs, _HELD_HIDDEN)
