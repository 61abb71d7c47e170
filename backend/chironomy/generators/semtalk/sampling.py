"""From the networks' logits to codes: the likeliest, or drawn, the same for the same seed on every device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from ...nets.config import PartName
from ...nets.semtalk.plan_shortcut import PLANNED_PARTS
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


def told(planned: bool, part: PartName, sampling: Sampling) -> bool:
    """Whether a part's codes are those nearest to what the plan's shortcut tells; drawn they are by their logits."""
    return planned and part in PLANNED_PARTS and not sampling.draws


def _at(values: Sequence[_Value], level: int) -> _Value:
    return values[min(level, len(values) - 1)]


def choose_codes(logits: Tensor, sampling: Sampling, windows: Sequence[tuple[int, int]], purpose: str) -> Tensor:
    """Codes [W, N, L], int16, from logits [W, N, codes, L] of windows, each given by its line's seed and its number.

    Drawing adds Gumbel noise and takes the largest (Gumbel-max). Noise comes from numpy, by seed, purpose and window,
    so neither the device nor how windows are batched changes it.
    """
    scores = logits.float()
    if any(sampling.at(level)[0] for level in range(logits.shape[-1])):
        shape = logits.shape[1:]
        noise = [stream(seed, purpose, window).gumbel(size=shape).astype(np.float32) for seed, window in windows]
        scores = _noisy(scores, torch.from_numpy(np.stack(noise)).to(logits.device), sampling)
    return scores.argmax(dim=-2).to(torch.int16)


def _noisy(scores: Tensor, noise: Tensor, sampling: Sampling) -> Tensor:
    levels = []
    for level in range(scores.shape[-1]):
        temperature, top_k = sampling.at(level)
        own = scores[..., level]
        if 0 < top_k < own.shape[-1]:
            least = own.topk(top_k, dim=-1).values[..., -1:]
            own = own.masked_fill(own < least, -torch.inf)
        levels.append(own + temperature * noise[..., level])
    return torch.stack(levels, dim=-1)
