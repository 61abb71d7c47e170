"""SemGes' three losses beside reconstruction, as the paper means them: per frame, and differentiable."""

import torch.nn.functional as F
from torch import Tensor

from .vq import Codebook

#: Where the robust loss turns from squared to absolute; in entries of rotation matrices.
_RELEVANCE_TURN = 0.1


def semantic_coherence(words: Tensor, latents: Tensor) -> Tensor:
    """How little the motion's latents point where the words' features do: 1 − cosine over features, mean of frames.

    words, latents: [B, T, width]. 0 where they are parallel in every frame, 2 where they are opposite.
    """
    return (1 - F.cosine_similarity(words, latents, dim=-1)).mean()


def semantic_relevance(rotations: Tensor, target: Tensor, semantic_score: Tensor) -> Tensor:
    """A robust distance of rotation matrices (smooth L1) that weighs frames by 1 + their semantic score.

    rotations, target: [B, T, J, 3, 3]. semantic_score: [B, T], 0…1.
    """
    distance = F.smooth_l1_loss(rotations, target, beta=_RELEVANCE_TURN, reduction="none").flatten(2).mean(2)
    return ((1 + semantic_score) * distance).mean()


def quantisation_consistency(codebook: Codebook, latents: Tensor, target: Tensor) -> Tensor:
    """Squared distance of the codes chosen for latents and for the true motion's latents, both [B, T, width].

    Gradients reach `latents` straight through the choice, and nothing else.
    """
    return F.mse_loss(codebook.quantised(latents), codebook.quantised(target).detach())
