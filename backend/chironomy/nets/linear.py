"""Linear maps that are as fast as the processor allows."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: oneDNN's product of matrices. torch takes MKL for single precision, which leaves AVX-512 unused on AMD's processors:
#: half the speed (measured on an EPYC, 99 against 205 GFLOP/s per core). The operator has no gradient.
_ONEDNN_LINEAR = getattr(torch.ops.mkldnn, "_linear_pointwise", None) if torch.backends.mkldnn.is_available() else None


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x [..., in] times weight [out, in] transposed, plus bias [out]; as torch's `linear` to rounding."""
    if _ONEDNN_LINEAR is None or torch.is_grad_enabled() or not _is_single_on_cpu(x, weight):
        return F.linear(x, weight, bias)
    return _ONEDNN_LINEAR(x, weight, bias, "none", [], "")


class Linear(nn.Linear):
    """nn.Linear by `linear`."""

    def forward(self, input: Tensor) -> Tensor:
        return linear(input, self.weight, self.bias)


def _is_single_on_cpu(*tensors: Tensor) -> bool:
    return not torch.is_autocast_enabled("cpu") and all(
        tensor.dtype == torch.float32 and tensor.device.type == "cpu" for tensor in tensors
    )
