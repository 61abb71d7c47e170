"""The residual VQ-VAE of one part of the body."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from torch import Tensor, nn

from ..config import RvqConfig
from .convolutions import Decoder, Encoder, decoder_context_frames
from .quantiser import ResidualQuantiser


class RvqOutput(NamedTuple):
    """Motion [B, T, part_width] after encoding and decoding, with the quantiser's loss and figure."""

    motion: Tensor
    commitment_loss: Tensor
    perplexity: Tensor


class ResidualVQ(nn.Module):
    """Motion [B, T, part_width] to one token per four frames, of `levels` code indices each, and back.

    The encoder rounds down: T frames give floor(floor(T / 2) / 2) tokens, and N tokens decode to exactly 4N frames.
    """

    def __init__(self, part_width: int, config: RvqConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(part_width, config)
        self.decoder = Decoder(part_width, config)
        self.quantizer = ResidualQuantiser(config)

    @property
    def context_tokens(self) -> int:
        """A stretch decoded with this many tokens more on each side equals the same stretch of the whole."""
        return ceil(decoder_context_frames(self.config) / self.config.frames_per_token)

    def forward(self, motion: Tensor) -> RvqOutput:
        """Encodes and decodes; in training mode the codebooks learn."""
        quantised = self.quantizer(self.latents(motion))
        motion = self.decode_codes(quantised.latents)
        return RvqOutput(motion, quantised.commitment_loss, quantised.perplexity)

    def latents(self, motion: Tensor) -> Tensor:
        """Motion [B, T, part_width] to latents [B, N, code_width] before quantisation."""
        return self.encoder(motion.transpose(1, 2)).transpose(1, 2)

    def encode(self, motion: Tensor) -> Tensor:
        """Motion [B, T, part_width] to indices [B, N, levels] of the nearest codes (in eval mode)."""
        return self.quantizer.choose(self.latents(motion))

    def codes(self, indices: Tensor) -> Tensor:
        """Indices [B, N, levels] to the codes of each level [levels, B, N, code_width]."""
        return self.quantizer.codes(indices)

    def nearest(self, latents: Tensor) -> Tensor:
        """Latents [B, N, code_width] in units of `spread` to indices [B, N, levels] of the nearest codes."""
        return self.quantizer.choose(latents * self.spread)

    @property
    def codebooks(self) -> list[Tensor]:
        """The codes [codes, code_width] of each level."""
        return self.quantizer.codebooks

    @property
    def spread(self) -> Tensor:
        """Standard deviation of the first level's codes, one number: generators tell whole latents in this unit."""
        return self.quantizer.spread

    def decode(self, indices: Tensor) -> Tensor:
        """Indices [B, N, levels] to motion [B, 4N, part_width]."""
        return self.decode_codes(self.codes(indices).sum(0))

    def decode_codes(self, latents: Tensor) -> Tensor:
        """Sums of codes, or blends of such sums, [B, N, code_width] to motion [B, 4N, part_width]."""
        return self.decoder(latents.transpose(1, 2)).transpose(1, 2)
