"""SemGes' VQ-VAE: one token per frame, one codebook."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..residual_block import ResidualBlock
from .config import VqConfig


@dataclass(frozen=True)
class VqOutput:
    """What training needs of one pass."""

    motion: Tensor
    """[B, T, D]."""
    loss: Tensor
    """Codebook and commitment loss, a scalar."""
    perplexity: Tensor
    """How many codes are in use, 1 to the codebook's size."""


class Codebook(nn.Module):
    """Nearest codes by squared distance; gradients pass straight through."""

    def __init__(self, codes: int, width: int, commitment_weight: float) -> None:
        super().__init__()
        self.commitment_weight = commitment_weight
        self.embedding = nn.Embedding(codes, width)
        nn.init.uniform_(self.embedding.weight, -1 / codes, 1 / codes)

    def indices(self, latents: Tensor) -> Tensor:
        """[B, T, width] to code numbers [B, T]."""
        with torch.autocast(latents.device.type, enabled=False):
            codes, flat = self.embedding.weight.float(), latents.flatten(0, -2).float()
            distances = flat.square().sum(1, keepdim=True) + codes.square().sum(1) - 2 * flat @ codes.T
            return distances.argmin(1).view(latents.shape[:-1])

    def quantised(self, latents: Tensor) -> Tensor:
        """The nearest codes [B, T, width], through which gradients reach the latents unchanged."""
        return latents + (self.embedding(self.indices(latents)) - latents).detach()

    def loss(self, latents: Tensor) -> Tensor:
        """Draws codes to latents, and latents to codes with the commitment's weight."""
        codes = self.embedding(self.indices(latents))
        return F.mse_loss(codes, latents.detach()) + self.commitment_weight * F.mse_loss(latents, codes.detach())

    def perplexity(self, indices: Tensor) -> Tensor:
        """exp of the entropy of the codes' use."""
        use = torch.bincount(indices.flatten(), minlength=self.embedding.num_embeddings) / indices.numel()
        return torch.exp(-torch.special.xlogy(use, use).sum())


class VqVae(nn.Module):
    """Motion [B, T, D] through a codebook and back; no resampling in time."""

    def __init__(self, motion_width: int, config: VqConfig | None = None) -> None:
        super().__init__()
        config = config or VqConfig()
        width = config.width
        self.encoder = _Stack(
            *_normalised(motion_width, width), ResidualBlock(width), *_normalised(width, width), ResidualBlock(width)
        )
        self.quantizer = Codebook(config.codes, width, config.commitment_weight)
        self.decoder = _Stack(
            ResidualBlock(width),
            ResidualBlock(width),
            *_normalised(width, width),
            *_normalised(width, motion_width),
            nn.Conv1d(motion_width, motion_width, 3, padding=1),
        )

    def latents(self, motion: Tensor) -> Tensor:
        """[B, T, D] to latents before the codebook [B, T, width]."""
        return self.encoder(motion)

    def encode(self, motion: Tensor) -> Tensor:
        """[B, T, D] to code numbers [B, T]."""
        return self.quantizer.indices(self.encoder(motion))

    def decode(self, indices: Tensor) -> Tensor:
        """Code numbers [B, T] to motion [B, T, D]."""
        return self.decode_codes(self.quantizer.embedding(indices))

    def decode_codes(self, codes: Tensor) -> Tensor:
        """Code vectors [B, T, width] to motion [B, T, D]."""
        return self.decoder(codes)

    def forward(self, motion: Tensor) -> VqOutput:
        """Rebuilds motion [B, T, D]."""
        latents = self.encoder(motion)
        perplexity = self.quantizer.perplexity(self.quantizer.indices(latents))
        return VqOutput(self.decoder(self.quantizer.quantised(latents)), self.quantizer.loss(latents), perplexity)


class _Stack(nn.Module):
    """Layers over [B, width, T] that take and give [B, T, width]."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.main = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.main(x.transpose(1, 2)).transpose(1, 2)


def _normalised(width_in: int, width_out: int) -> tuple[nn.Module, nn.Module, nn.Module]:
    return nn.Conv1d(width_in, width_out, 3, padding=1), nn.BatchNorm1d(width_out), nn.LeakyReLU(0.2)
