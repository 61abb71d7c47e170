"""The exponential moving average of a network's weights: what is validated and kept."""

from __future__ import annotations

import copy

import torch
from torch import nn


class AveragedWeights:
    """A copy of a network that follows it slowly; its buffers (codebooks, statistics) are the network's own."""

    def __init__(self, network: nn.Module) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)

    @torch.no_grad()
    def follow(self, network: nn.Module, decay: float) -> None:
        """Averaged weights become decay · themselves + (1 − decay) · the network's."""
        for ours, theirs in zip(self.network.parameters(), network.parameters(), strict=True):
            ours.lerp_(theirs.detach(), 1.0 - decay)
        for ours, theirs in zip(self.network.buffers(), network.buffers(), strict=True):
            ours.copy_(theirs)
