"""The convolutional encoder and decoder of the RVQ-VAE, [B, channels, time]; tensor names as published."""

from __future__ import annotations

from math import ceil

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..config import RvqConfig
from ..convolution import Conv1d, Doubling

#: A Gaussian is cut off at this many of its standard deviations.
_GAUSSIAN_REACH = 4.0
#: Size of what a residual block adds at first, against what passes it by.
_ADDED = 0.3
#: Size of the first output: shapes of a face are so small that taking a larger one back would silence the network.
_FIRST_OUTPUT = 0.05


class DilatedResidual(nn.Module):
    """x plus dropout(conv1(relu(dilated conv3(relu(x))))); the length stays."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.conv1 = Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.conv2 = Conv1d(width, width, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.dropout(self.conv2(F.relu(self.conv1(F.relu(x)))))


class DilatedStack(nn.Module):
    """Residual blocks one after the other, one per dilation."""

    def __init__(self, config: RvqConfig) -> None:
        super().__init__()
        blocks = (DilatedResidual(config.width, d, config.dropout) for d in config.dilations)
        self.model = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class Encoder(nn.Module):
    """Motion [B, part_width, T] to latents [B, code_width, N]; each stage halves the length, rounding down.

    So a tail of fewer frames than a token has no latent of its own: pad motion to whole tokens first.
    """

    def __init__(self, part_width: int, config: RvqConfig) -> None:
        super().__init__()
        width = config.width
        stages = (
            nn.Sequential(Conv1d(width, width, 4, stride=2, padding=1), DilatedStack(config))
            for _ in range(config.down_stages)
        )
        self.model = nn.Sequential(_conv3(part_width, width), nn.ReLU(), *stages, _conv3(width, config.code_width))
        begin(self)

    def forward(self, motion: Tensor) -> Tensor:
        return self.model(motion)


class Decoder(nn.Module):
    """Latents [B, code_width, N] to motion [B, part_width, 4N]."""

    def __init__(self, part_width: int, config: RvqConfig) -> None:
        super().__init__()
        width = config.width
        stages = (
            nn.Sequential(DilatedStack(config), Doubling(), _conv3(width, width)) for _ in range(config.down_stages)
        )
        self.model = nn.Sequential(
            _conv3(config.code_width, width),
            nn.ReLU(),
            *stages,
            _conv3(width, width),
            nn.ReLU(),
            output := _conv3(width, part_width),
        )
        begin(self)
        output.weight.data *= _FIRST_OUTPUT
        self.smoothing = GaussianSmoothing(config.smoothing_sigma_frames)

    def forward(self, latents: Tensor) -> Tensor:
        return self.smoothing(self.model(latents))


class GaussianSmoothing(nn.Module):
    """A fixed Gaussian over time for every channel, [B, C, T] to the same; the ends are held. sigma 0 does nothing."""

    kernel: Tensor

    def __init__(self, sigma_frames: float) -> None:
        super().__init__()
        self.reach = smoothing_reach(sigma_frames)
        offsets = torch.arange(-self.reach, self.reach + 1, dtype=torch.float64)
        kernel = torch.exp(-0.5 * (offsets / max(sigma_frames, 1e-6)) ** 2)
        self.register_buffer("kernel", (kernel / kernel.sum()).float(), persistent=False)

    def forward(self, motion: Tensor) -> Tensor:
        if not self.reach:
            return motion
        # weighted copies, added up: torch's convolutions are slow where every channel is alone
        held = F.pad(motion, (self.reach, self.reach), mode="replicate")
        smooth = torch.zeros_like(motion)
        for shift, weight in enumerate(self.kernel.unbind()):
            smooth = smooth.addcmul(held[..., shift : shift + motion.shape[-1]], weight)
        return smooth


def begin(network: nn.Module) -> None:
    """First weights that keep the size of what passes (He et al. 2015): with torch's own it dwindles from layer to
    layer, and training stays at the mean pose for its first hundred steps. What blocks add begins small.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv1d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            assert module.bias is not None
            nn.init.zeros_(module.bias)
    for module in network.modules():
        if isinstance(module, DilatedResidual):
            module.conv2.weight.data *= _ADDED


def smoothing_reach(sigma_frames: float) -> int:
    """How many frames to each side the Gaussian sees."""
    return ceil(_GAUSSIAN_REACH * sigma_frames)


def decoder_context_frames(config: RvqConfig) -> int:
    """How many frames to each side of a decoded frame depend on it (87 at the published sizes)."""
    frames = 2 + smoothing_reach(config.smoothing_sigma_frames)
    for stage in range(config.down_stages):
        frames += 2**stage * (1 + 2 * sum(config.dilations))
    return frames + config.frames_per_token


def _conv3(width_in: int, width_out: int) -> nn.Conv1d:
    return Conv1d(width_in, width_out, 3, padding=1)
