"""From token sequences of any length to motion, a stretch at a time: bounded memory, the same as decoding at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from .windows import FRAMES_PER_TOKEN

#: Tokens decoded at a time (34 s): larger stretches are no faster.
STRETCH_TOKENS = 256


def decode_in_stretches(
    decode: Callable[[torch.Tensor], torch.Tensor],
    latents: torch.Tensor,
    context: int,
    stretch: int = STRETCH_TOKENS,
) -> Iterator[tuple[int, torch.Tensor]]:
    """First frame and motion [F, D] of each stretch, for latents [N, C] and decode [1, N, C] → [1, 4N, D].

    Every stretch is decoded with `context` tokens on either side, as many as the decoder sees, which are cut off again.
    """
    for start in range(0, len(latents), stretch):
        first, end = max(start - context, 0), min(start + stretch, len(latents))
        motion = decode(latents[None, first : end + context])[0]
        before = (start - first) * FRAMES_PER_TOKEN
        yield start * FRAMES_PER_TOKEN, motion[before : before + (end - start) * FRAMES_PER_TOKEN]


def filter_in_stretches(
    network: Callable[[torch.Tensor], torch.Tensor],
    motion: torch.Tensor,
    context: int,
    stretch: int = STRETCH_TOKENS * FRAMES_PER_TOKEN,
) -> torch.Tensor:
    """network [1, T, D] → [1, T, E] over motion [T, D], likewise; `context` counts frames."""
    parts = []
    for start in range(0, len(motion), stretch):
        first, end = max(start - context, 0), min(start + stretch, len(motion))
        parts.append(network(motion[None, first : end + context])[0, start - first : end - first])
    return torch.cat(parts)
