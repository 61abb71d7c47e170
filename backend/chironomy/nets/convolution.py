"""Convolutions over time that are as fast as the processor allows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .linear import is_single_on_cpu


class Conv1d(nn.Conv1d):
    """nn.Conv1d, without gradients by oneDNN at every size.

    torch itself leaves single short motions, those that seeds are decoded from, to slower ways: on one core of an EPYC
    64 steps of 256 channels, nine apart, take 0.49 instead of 0.18 ms.
    """

    def forward(self, input: Tensor) -> Tensor:
        fits = input.dim() == 3 and input.numel() and is_single_on_cpu(input, self.weight)
        if (
            not (fits and torch.backends.mkldnn.is_available())
            or torch.is_grad_enabled()
            or isinstance(self.padding, str)
        ):
            return super().forward(input)
        (padding,), (stride,), (dilation,) = self.padding, self.stride, self.dilation
        out = torch.mkldnn_convolution(
            input.unsqueeze(-2), self.weight.unsqueeze(-2), self.bias,
            (0, padding), (1, stride), (1, dilation), self.groups,
        )  # fmt: skip
        return out.squeeze(-2)
