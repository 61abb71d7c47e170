"""The small pieces that both generators are made of; time is axis 1."""

from __future__ import annotations

from math import ceil, log

import torch
from torch import Tensor, nn

from ..convolution import Conv1d
from ..linear import Linear, linear


def mlp(width_in: int, hidden: int, width_out: int) -> nn.Sequential:
    """Two linear maps with a leaky ReLU (0.2) between them."""
    return nn.Sequential(Linear(width_in, hidden), nn.LeakyReLU(0.2), Linear(hidden, width_out))


class Positions(nn.Module):
    """Adds fixed sine and cosine waves (Vaswani et al. 2017) that begin anew every `period` steps; [B, T, width]."""

    table: Tensor

    def __init__(self, width: int, period: int, dropout: float) -> None:
        super().__init__()
        rates = torch.exp(torch.arange(0, width, 2) * (-log(10_000.0) / width))
        angles = torch.arange(period)[:, None] * rates
        table = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)
        self.register_buffer("table", table, persistent=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        repeats = ceil(x.shape[1] / len(self.table))
        table = self.table if repeats == 1 else self.table.repeat(repeats, 1)
        return self.dropout(x + table[: x.shape[1]])


class PairFusion(nn.Module):
    """Two features of one frame, each [B, T, width], mixed channel by channel with weights that add up to 1."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = Linear(2 * width, 2 * width)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        scores = self.score(torch.cat([first, second], dim=-1))
        # neighbouring outputs belong to one channel: the first for `second`, the next for `first`; of two, the sigmoid
        # of their difference is the softmax, in a tenth of the time
        weight = torch.sigmoid(scores[..., 1::2] - scores[..., ::2])
        return second + weight * (first - second)


class Halving(Conv1d):
    """A convolution of two steps with stride two: [B, T, width] to [B, T / 2, width]."""

    def __init__(self, width: int) -> None:
        super().__init__(width, width, 2, stride=2)

    def forward(self, input: Tensor) -> Tensor:
        # two steps side by side, once through a matrix: a convolution is slower; weights laid out need not be copied
        pairs = input[:, : input.shape[1] // 2 * 2].reshape(len(input), -1, 2 * self.in_channels)
        return linear(pairs, self.weight.transpose(1, 2).flatten(1), self.bias)


def mean_of_tokens(x: Tensor, frames_per_token: int) -> Tensor:
    """[B, T, width] averaged over the frames of each token, [B, N, width]."""
    return x.unflatten(1, (-1, frames_per_token)).mean(dim=2)
