"""From the networks' logits to codes: the likeliest, or drawn, the same for the same seed on every device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch

from ..rhythm.randomness import stream

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Sampling:
    """How freely codes are drawn, residual level by residual level; the last value holds for all levels behind it."""

    temperature: tuple[float, ...] = (0.0,)
    """0 takes the likeliest code, 1 draws as the network believes."""
    top_k: tuple[int, ...] = (0,)
    """Only so many of the likeliest codes are drawn from; 0: all."""

    def at(self, level: int) -> tuple[float, int]:
        """Temperature and top-k of a residual level."""
        return _at(self.temperature, level), _at(self.top_k, level)


def _at(values: Sequence[_Value], level: int) -> _Value:
    return values[min(level, len(values) - 1)]


def choose_codes(logits: torch.Tensor, sampling: Sampling, seed: int, purpose: str, first_window: int) -> torch.Tensor:
    """Codes [W, N, L] from logits [W, N, codes, L] of the windows first_window, first_window + 1, …

    Drawing adds Gumbel noise and takes the largest (Gumbel-max). Noise comes from numpy, by seed, purpose and window,
    so neither the device nor how windows are batched changes it.
    """
    levels = logits.shape[-1]
    if all(sampling.at(level)[0] == 0 for level in range(levels)):
        return logits.argmax(dim=-2)
    noise = np.stack(
        [
            stream(seed, purpose, first_window + w).gumbel(size=logits.shape[1:]).astype(np.float32)
            for w in range(len(logits))
        ]
    )
    scores = logits.float().clone()
    drawn = torch.from_numpy(noise).to(logits.device)
    for level in range(levels):
        temperature, top_k = sampling.at(level)
        if temperature == 0:
            continue
        own = scores[..., level]
        if 0 < top_k < own.shape[-1]:
            least = own.topk(top_k, dim=-1).values[..., -1:]
            own.masked_fill_(own < least, -torch.inf)
        own += temperature * drawn[..., level]
    return scores.argmax(dim=-2)
