"""Linear maps that are as fast as the processor allows."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

#: oneDNN's product of matrices. torch takes MKL for single precision, which leaves AVX-512 unused on AMD's processors:
#: half the speed (measured on an EPYC, 101 against 231 GFLOP/s per core). The operator has no gradient of its own.
_ONEDNN_LINEAR = getattr(torch.ops.mkldnn, "_linear_pointwise", None) if torch.backends.mkldnn.is_available() else None


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x [..., in] times weight [out, in] transposed, plus bias [out]; as torch's `linear` to rounding."""
    if _ONEDNN_LINEAR is None or not x.numel() or not is_single_on_cpu(x, weight):
        # torch multiplies a batch that is not contiguous by another operator, in bf16 four to eight times as slow
        return F.linear(x.contiguous(), weight, bias)
    if torch.is_grad_enabled():
        return _LinearWithGradient.apply(x, weight, bias)  # pyright: ignore[reportReturnType] (torch has no types for it)
    return _product(x, weight, bias)


class _LinearWithGradient(torch.autograd.Function):
    """The gradients are products of matrices too, two for each forward one: training gains as much as generation."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _product(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Any) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (gradient,), (x, weight) = grad_outputs, ctx.saved_tensors
        rows, inputs = gradient.reshape(-1, gradient.shape[-1]), x.reshape(-1, x.shape[-1])
        for_x, for_weight, for_bias = ctx.needs_input_grad
        return (
            _product(rows, weight.t()).view(x.shape) if for_x else None,
            _product(rows.t(), inputs.t()) if for_weight else None,
            rows.sum(0) if for_bias else None,
        )


def _product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    assert _ONEDNN_LINEAR is not None
    return _ONEDNN_LINEAR(x, weight, bias, "none", [], "")


class Linear(nn.Linear):
    """nn.Linear by `linear`."""

    def forward(self, input: Tensor) -> Tensor:
        return linear(input, self.weight, self.bias)


def is_single_on_cpu(*tensors: Tensor) -> bool:
    """Whether oneDNN's own operators may take these."""
    for tensor in tensors:  # thousands of calls a second: `all` would take as long as a small product
        if tensor.dtype != torch.float32 or not tensor.is_cpu:
            return False
    return not torch.is_autocast_enabled("cpu")
