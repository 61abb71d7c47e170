"""Rhythmic consistency: each token's motion shall be nearest to its own sound."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

_TEMPERATURE = 0.1


def rhythmic_consistency(motion: Tensor, sound: Tensor) -> Tensor:
    """The contrastive loss (InfoNCE) between motion and sound tokens [B, N, width] of the same clip.

    For every sound token, the motion tokens of its clip compete.
    """
    similarity = F.normalize(motion, dim=-1) @ F.normalize(sound, dim=-1).mT / _TEMPERATURE
    own = torch.arange(motion.shape[1], device=motion.device).expand(len(motion), -1)
    # axis 1, the motion, is what cross_entropy takes for classes
    return F.cross_entropy(similarity, own)
