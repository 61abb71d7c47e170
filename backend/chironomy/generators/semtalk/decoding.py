"""From token sequences of any length to motion, a stretch at a time: bounded memory, the same as decoding at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ...nets.rvq import ResidualVQ
from .windows import FRAMES_PER_TOKEN

#: Tokens decoded at a time (34 s): larger stretches are no faster.
STRETCH_TOKENS = 256

DecodeTokens = Callable[[int, int], Tensor]
"""Motion [4n, D] of n tokens first … end − 1, as if there were no others."""


def decoder_of(rvq: ResidualVQ, codes: Tensor) -> DecodeTokens:
    """Decodes codes [N, levels]."""
    return lambda first, end: rvq.decode(_on(rvq, codes[None, first:end].long()))[0]


def blending_decoder_of(rvq: ResidualVQ, base: Tensor, semantic: Tensor, weights: Tensor) -> DecodeTokens:
    """Decodes the latents of two layers' codes [N, levels], blended: weight [N] 0 is the base, 1 the semantic layer."""

    def decode(first: int, end: int) -> Tensor:
        latents = [rvq.codes(_on(rvq, codes[None, first:end].long())).sum(0) for codes in (base, semantic)]
        weight = _on(rvq, weights[None, first:end, None]).to(latents[0].dtype)
        return rvq.decode_codes(torch.where(weight == 1, latents[1], latents[0].lerp(latents[1], weight)))[0]

    return decode


def _on(rvq: ResidualVQ, values: Tensor) -> Tensor:
    return values.to(next(rvq.parameters()).device)


def decode_span(decode: DecodeTokens, first: int, end: int, tokens: int, context: int) -> Tensor:
    """Motion [F, D] of tokens first … end − 1 of `tokens`, decoded with their neighbours, as in the whole sequence."""
    start = max(first - context, 0)
    motion = decode(start, min(end + context, tokens))
    before = (first - start) * FRAMES_PER_TOKEN
    return motion[before : before + (end - first) * FRAMES_PER_TOKEN]


def decode_in_stretches(
    decode: DecodeTokens, tokens: int, context: int, stretch: int = STRETCH_TOKENS
) -> Iterator[tuple[int, Tensor]]:
    """The number of each stretch's first frame, and its motion [F, D]."""
    for first in range(0, tokens, stretch):
        motion = decode_span(decode, first, min(first + stretch, tokens), tokens, context)
        yield first * FRAMES_PER_TOKEN, motion


def filter_in_stretches(
    network: Callable[[Tensor], Tensor],
    motion: Tensor,
    context: int,
    stretch: int = STRETCH_TOKENS * FRAMES_PER_TOKEN,
) -> Iterator[Tensor]:
    """network [1, F, D] → [1, F, E] over motion [T, D], likewise; `context` counts frames."""
    for first in range(0, len(motion), stretch):
        start, end = max(first - context, 0), min(first + stretch, len(motion))
        yield network(motion[None, start : end + context])[0, first - start : end - start]
