"""Where the root goes, from what the legs do: convolutions over the lower body, [B, T, 61] to the same layout.

Channels 54:57 of the output are (v_x in m/s, y in m, v_z in m/s); contacts stand behind them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .config import GlobalMotionConfig
from .convolution import Conv1d
from .motion_vector import orthonormal
from .residual_block import ResidualBlock

_SLOPE = 0.2
#: The lower body's rotations stand before the root's three channels and the four contacts.
_ROOT = slice(-7, -4)


class GlobalMotion(nn.Module):
    """A convolutional autoencoder without bottleneck in time; tensor names as published."""

    def __init__(self, width_in: int, config: GlobalMotionConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = MotionConvolutions(width_in, config.width, config.stages)
        self.decoder = _Decoder(width_in, config)

    @property
    def context_frames(self) -> int:
        """A stretch computed with this many frames more on each side equals the same stretch of the whole (21)."""
        return 3 * self.config.stages + 4 + self.config.stages + 1

    def forward(self, lower: Tensor) -> Tensor:
        """Lower body motion as `global_input` gives it, [B, T, width_in], to the same with the root's velocity."""
        return self.decoder(self.encoder(lower).transpose(1, 2)).transpose(1, 2)


class MotionConvolutions(nn.Module):
    """[B, T, width_in] to [B, T, width]: stages of convolution, leaky ReLU and residual block, all frames kept."""

    def __init__(self, width_in: int, width: int, stages: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for stage in range(stages):
            layers += [_conv3(width if stage else width_in, width), nn.LeakyReLU(_SLOPE), ResidualBlock(width)]
        self.main = nn.Sequential(*layers)

    def forward(self, motion: Tensor) -> Tensor:
        return self.main(motion.transpose(1, 2)).transpose(1, 2)


class _Decoder(nn.Module):
    def __init__(self, width_out: int, config: GlobalMotionConfig) -> None:
        super().__init__()
        width = config.width
        layers: list[nn.Module] = [ResidualBlock(width), ResidualBlock(width)]
        for stage in range(config.stages):
            last = stage == config.stages - 1
            layers += [_conv3(width, width_out if last else width), nn.LeakyReLU(_SLOPE)]
        self.main = nn.Sequential(*layers, _conv3(width_out, width_out))

    def forward(self, latents: Tensor) -> Tensor:
        return self.main(latents)


def _conv3(width_in: int, width_out: int) -> nn.Conv1d:
    return Conv1d(width_in, width_out, 3, padding=1)


def global_input(lower: Tensor, contacts: bool = True) -> Tensor:
    """Decoded lower body [..., 61] as the network takes it: orthonormal, no translation, contacts or zeros."""
    six = orthonormal(lower[..., : _ROOT.start].unflatten(-1, (-1, 6))).flatten(-2)
    feet = lower[..., _ROOT.stop :]
    return torch.cat([six, torch.zeros_like(lower[..., _ROOT]), feet if contacts else torch.zeros_like(feet)], dim=-1)


def root_velocity(lower: Tensor) -> Tensor:
    """(v_x, y, v_z) [..., 3] of the network's output [..., 61]."""
    return lower[..., _ROOT]


def to_translation(velocity: Tensor, start: Tensor, fps: float) -> Tensor:
    """(v_x, y, v_z) [B, T, 3] and the first frame's translation [B, 3] to translations [B, T, 3] in metres.

    Forward Euler: the velocity of a frame moves to the next one. The height is taken as it is.
    """
    moved = torch.cat([torch.zeros_like(velocity[:, :1]), velocity[:, :-1].cumsum(1) / fps], dim=1)
    level = moved + start[:, None]
    return torch.stack([level[..., 0], velocity[..., 1], level[..., 2]], dim=-1)


def to_velocity(translation: Tensor, fps: float) -> Tensor:
    """Translations [B, T, 3] in metres to (v_x, y, v_z) [B, T, 3]: central differences, one-sided at both ends."""
    rates = torch.gradient(translation, spacing=1.0 / fps, dim=1)[0]
    return torch.stack([rates[..., 0], translation[..., 1], rates[..., 2]], dim=-1)
