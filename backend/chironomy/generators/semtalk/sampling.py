"""From the networks' logits to codes: the likeliest, or drawn, the same for the same seed on every device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from ...nets.rvq import ResidualVQ
from ..rhythm.randomness import stream

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Sampling:
    """How freely codes are drawn, residual level by residual level; the last value holds for all levels behind it."""

    temperature: tuple[float, ...] = (0.0,)
    """0 takes the likeliest code, 1 draws as the network believes."""
    top_k: tuple[int, ...] = (0,)
    """Only so many of the likeliest codes are drawn from; 0: all."""

    @property
    def draws(self) -> bool:
        """Whether any level is drawn by chance."""
        return any(self.temperature)

    def at(self, level: int) -> tuple[float, int]:
        """Temperature and top-k of a residual level."""
        return _at(self.temperature, level), _at(self.top_k, level)


def _at(values: Sequence[_Value], level: int) -> _Value:
    return values[min(level, len(values) - 1)]


def choose_codes(logits: Tensor, sampling: Sampling, windows: Sequence[tuple[int, int]], purpose: str) -> Tensor:
    """Codes [W, N, L], int16, from logits [W, N, codes, L] of windows, each given by its line's seed and its number.

    Drawing adds Gumbel noise and takes the largest (Gumbel-max). Noise comes from numpy, by seed, purpose and window,
    so neither the device nor how windows are batched changes it.
    """
    scores = logits.float()
    noise = _noise(scores.shape[1:], sampling, windows, purpose, logits.device)
    chosen = [_drawn(scores[..., level], level, sampling, noise) for level in range(logits.shape[-1])]
    return torch.stack(chosen, dim=-1).to(torch.int16)


def choose_near(
    rvq: ResidualVQ, whole: Tensor, sampling: Sampling, windows: Sequence[tuple[int, int]], purpose: str
) -> Tensor:
    """Codes [W, N, L], int16, near whole latents [W, N, code width] in units of the RVQ-VAE's spread: the nearest, or
    drawn as if the latents were known up to a Gaussian as wide as the level's own codes are spread.
    """
    if not sampling.draws:
        return rvq.nearest(whole).to(torch.int16)
    left, chosen = whole.float() * rvq.spread, []
    books = rvq.codebooks
    noise = _noise((whole.shape[1], len(books[0]), len(books)), sampling, windows, purpose, whole.device)
    for level, book in enumerate(books):
        scores = -torch.cdist(left, book.expand(len(left), -1, -1)).square() / (2 * book.var())
        chosen.append(_drawn(scores, level, sampling, noise))
        left = left - book[chosen[-1]]
    return torch.stack(chosen, dim=-1).to(torch.int16)


def _noise(
    shape: Sequence[int], sampling: Sampling, windows: Sequence[tuple[int, int]], purpose: str, device: torch.device
) -> Tensor | None:
    """Gumbel noise [W, N, codes, L] of windows, or nothing where codes are not drawn."""
    if not sampling.draws:
        return None
    noise = [stream(seed, purpose, window).gumbel(size=tuple(shape)).astype(np.float32) for seed, window in windows]
    return torch.from_numpy(np.stack(noise)).to(device)


def _drawn(scores: Tensor, level: int, sampling: Sampling, noise: Tensor | None) -> Tensor:
    """The likeliest code [W, N] of a residual level by its scores [W, N, codes], with noise where there is any."""
    temperature, top_k = sampling.at(level)
    if 0 < top_k < scores.shape[-1]:
        least = scores.topk(top_k, dim=-1).values[..., -1:]
        scores = scores.masked_fill(scores < least, -torch.inf)
    return (scores if noise is None else scores + temperature * noise[..., level]).argmax(dim=-1)
