"""A variational autoencoder with skeleton convolutions over whole-body rotations; its encoder gives FGD's features."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...motion.skeleton import JOINT_COUNT, PARENTS
from ..residual_block import ResidualBlock
from .skeleton import edges_of, neighbourhoods, pooled_edges, pooled_pairs

#: Channels per edge before every layer and after the last.
_CHANNELS = (6, 6, 6, 12, 12)
_NEIGHBOUR_DISTANCE = 2
MOTION_WIDTH = 6 * JOINT_COUNT
#: Frames that become one feature vector.
FRAMES_PER_FEATURE = 16


@dataclass(frozen=True)
class EvaluatorOutput:
    """What training the evaluator needs."""

    motion: Tensor
    """[B, T, 330]."""
    mean: Tensor
    """[B, T / 16, 240]."""
    log_variance: Tensor


class Evaluator(nn.Module):
    """Local rotations as rot6d, [B, T, 55 · 6] in SMPL-X's order; T a multiple of 16."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = _Encoder()
        width = self.encoder.width
        self.fc_mu = nn.Linear(width, width)
        self.fc_logvar = nn.Linear(width, width)
        self.decoder = _Decoder(width)

    def encode(self, motion: Tensor) -> Tensor:
        """FGD's features [B, T / 16, 240]: the encoder alone."""
        return self.encoder(motion)

    def forward(self, motion: Tensor) -> EvaluatorOutput:
        """Rebuilds motion; draws latents in training, takes their mean otherwise."""
        features = self.encoder(motion)
        mean, log_variance = self.fc_mu(features), self.fc_logvar(features)
        latents = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance) if self.training else mean
        return EvaluatorOutput(self.decoder(latents), mean, log_variance)


class SkeletonConv(nn.Module):
    """A convolution in which every edge sees its neighbours alone; [B, edges · in, T] to [B, edges · out, T / 2]."""

    def __init__(self, near: Tensor, channels_in: int, channels_out: int, kernel_frames: int, padding: int) -> None:
        super().__init__()
        self.padding = padding
        mask = near.repeat_interleave(channels_out, 0).repeat_interleave(channels_in, 1)
        mask = mask.float()[:, :, None].expand(-1, -1, kernel_frames).contiguous()
        whole = nn.Conv1d(mask.shape[1], mask.shape[0], kernel_frames)
        self.weight, self.bias = whole.weight, whole.bias
        self.mask: Tensor
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv1d(x, self.weight * self.mask, self.bias, stride=2, padding=self.padding)


class SkeletonPool(nn.Module):
    """Means of groups of edges; [B, edges · channels, T] to [B, groups · channels, T]."""

    def __init__(self, groups: Sequence[Sequence[int]], edges: int, channels: int) -> None:
        super().__init__()
        means = torch.zeros(len(groups), edges)
        for row, group in enumerate(groups):
            means[row, list(group)] = 1 / len(group)
        self.weight: Tensor
        self.register_buffer("weight", torch.kron(means, torch.eye(channels)))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight @ x


class SkeletonResidual(nn.Module):
    """Half as many frames: a normalised skeleton convolution plus a shortcut, pooled where groups are given, tanh."""

    def __init__(self, near: Tensor, channels_in: int, channels_out: int, groups: Sequence[Sequence[int]]) -> None:
        super().__init__()
        edges = len(near)
        self.residual = nn.Sequential(
            SkeletonConv(near, channels_in, channels_out, 4, 1), nn.GroupNorm(10, edges * channels_out)
        )
        self.shortcut = SkeletonConv(near, channels_in, channels_out, 1, 0)
        pool = [SkeletonPool(groups, edges, channels_out)] if len(groups) < edges else []
        self.common = nn.Sequential(*pool, nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        return self.common(self.residual(x) + self.shortcut(x))


class _Encoder(nn.Module):
    """55 edges become 35, then 20; each layer halves the frames."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        edges = edges_of(PARENTS)
        for channels_in, channels_out in pairwise(_CHANNELS):
            near = torch.from_numpy(neighbourhoods(edges, _NEIGHBOUR_DISTANCE))
            groups = pooled_pairs(edges)
            layers.append(nn.Sequential(SkeletonResidual(near, channels_in, channels_out, groups)))
            edges = pooled_edges(edges, groups)
        self.layers = nn.ModuleList(layers)
        self.width = len(edges) * _CHANNELS[-1]

    def forward(self, motion: Tensor) -> Tensor:
        x = motion.transpose(1, 2)
        for layer in self.layers:
            x = layer(x)
        return x.transpose(1, 2)


class _Decoder(nn.Module):
    """Plain convolutions back to all joints; each stage doubles the frames."""

    def __init__(self, width: int) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        for width_out in (*[width] * (len(_CHANNELS) - 2), MOTION_WIDTH):
            stages += [nn.Upsample(scale_factor=2), nn.Conv1d(width, width_out, 3, padding=1), nn.LeakyReLU(0.2)]
        self.main = nn.Sequential(
            ResidualBlock(width),
            ResidualBlock(width),
            *stages,
            nn.Conv1d(MOTION_WIDTH, MOTION_WIDTH, 3, padding=1),
        )

    def forward(self, latents: Tensor) -> Tensor:
        return self.main(latents.transpose(1, 2)).transpose(1, 2)
