"""From a part's latent to the codes of all residual levels: every level is told from those before it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..config import BaseConfig, ModelConfig, SparseConfig
from ..linear import Linear
from .attention import Decoder, Memories
from .layers import mlp


class _Level(nn.Module):
    """A residual level after the first: listens once more, and classifies."""

    def __init__(self, before: int, latent: int, codes: int, decoder: Decoder) -> None:
        super().__init__()
        self.gather = Linear(before * latent, latent) if before > 1 else None
        self.decoder = decoder
        self.classifier = mlp(latent, latent, codes)

    def forward(self, before: list[Tensor], memories: Memories) -> Tensor:
        query = before[0] if self.gather is None else self.gather(torch.cat(before, dim=-1))
        return self.decoder.recall(query, memories) + query


class PartHead(nn.Module):
    """Logits of one part's codes on all levels, in one pass (no chosen code is fed back)."""

    def __init__(self, config: ModelConfig, sizes: BaseConfig | SparseConfig) -> None:
        super().__init__()
        latent, codes = config.rvq.code_width, config.rvq.codes
        layer = (sizes.residual_layers, latent, sizes.residual_heads, sizes.residual_feed_forward, sizes.dropout)
        self.first = mlp(latent, sizes.width, codes)
        self.levels = nn.ModuleList(
            _Level(before, latent, codes, Decoder(*layer)) for before in range(1, config.rvq.levels)
        )

    def remember(self, heard: Tensor) -> tuple[Memories, ...]:
        """What the levels hear, [B, T, latent], for any number of windows; independent of the latents."""
        return tuple(level.decoder.remember(heard) for level in self._levels)

    def forward(self, latent: Tensor, memories: tuple[Memories, ...]) -> tuple[Tensor, Tensor]:
        """Latent [B, N, latent] to logits [B, N, codes, levels] and all levels' vectors [B, levels, 1, N, latent].

        The vectors are trained to be near the codes that the part's RVQ-VAE chose.
        """
        vectors, logits = [latent], [self.first(latent)]
        for level, memory in zip(self._levels, memories, strict=True):
            vectors.append(level(vectors, memory))
            logits.append(level.classifier(vectors[-1]))
        return torch.stack(logits, dim=-1), torch.stack(vectors, dim=1)[:, :, None]

    @property
    def _levels(self) -> list[_Level]:
        return [level for level in self.levels if isinstance(level, _Level)]
