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


class Doubling(nn.Module):
    """Every step twice: [B, C, T] to [B, C, 2T]. In memory channels stay as near to each other as they were."""

    def forward(self, input: Tensor) -> Tensor:
        twice = input.transpose(1, 2).unsqueeze(2).expand(-1, -1, 2, -1).flatten(1, 2)
        return twice.transpose(1, 2)


def lay_out(network: nn.Module) -> None:
    """Puts the channels of a convolution's weights next to each other in memory, where those of its input are too.

    For networks that no longer learn: oneDNN then turns neither weights nor motion round, and decodes in two thirds of
    the time. Weights stay where they are in memory: there is never more than one of them twice.
    """
    for module in network.modules():
        if isinstance(module, Conv1d) and module.weight.is_contiguous():
            whole = module.weight.data
            laid = whole.transpose(1, 2).clone(memory_format=torch.contiguous_format)
            module.weight.data = whole.view_as(laid).copy_(laid).transpose(1, 2)
