"""From token sequences of any length to motion, a stretch at a time: bounded memory, the same as decoding at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch import Tensor

from ...nets.config import GlobalMotionConfig, RvqConfig
from .windows import FRAMES_PER_TOKEN

#: Tokens decoded at a time (34 s): larger stretches are no faster.
STRETCH_TOKENS = 256

DecodeTokens = Callable[[int, int], Tensor]
"""Motion [4n, D] of n tokens first … end − 1, as if there were no others."""


def decoder_context(config: RvqConfig) -> int:
    """How many tokens on either side the decoder sees (22 for the published one)."""
    stack, frames = sum(config.dilations), 0
    for stage in range(config.down_stages):
        # a stage works at its own rate; the convolution behind its doubling at twice that
        frames += stack * 2 ** (config.down_stages - stage) + 2 ** (config.down_stages - stage - 1)
    frames += FRAMES_PER_TOKEN + 2  # the first convolution, and the last two
    return -(-(frames + smoothing_radius(config)) // FRAMES_PER_TOKEN)


def smoothing_radius(config: RvqConfig) -> int:
    """Frames on either side that the Gaussian at the decoder's end sees, or more."""
    return round(4 * config.smoothing_sigma_frames + 0.5) if config.smoothing_sigma_frames else 0


def global_motion_context(config: GlobalMotionConfig) -> int:
    """How many frames on either side the global-motion network sees (21 for the published one)."""
    encoder, decoder = 3 * config.stages, 2 * 2 + config.stages + 1
    return encoder + decoder


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
) -> Iterator[tuple[int, Tensor]]:
    """network [1, F, D] → [1, F, E] over motion [T, D], likewise; `context` counts frames."""
    for first in range(0, len(motion), stretch):
        start, end = max(first - context, 0), min(first + stretch, len(motion))
        yield first, network(motion[None, start : end + context])[0, first - start : end - start]
