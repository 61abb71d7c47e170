"""The product's own feature network for FGD: a small convolutional autoencoder of rotations, learned from any corpus.

Its distances can be compared with others of the same network only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from safetensors.torch import save_file
from torch import Tensor, nn

from ..errors import UserError
from ..formats.atomic import replacing
from ..motion.skeleton import JOINT_COUNT
from ..progress import Progress, silent

INPUT_WIDTH = JOINT_COUNT * 6
#: Rotations and, so that trembling is seen, their steps from frame to frame.
_CHANNELS = 2 * INPUT_WIDTH
#: One latent for so many frames.
FRAMES_PER_LATENT = 8
#: What a file says that it holds.
KIND = "chironomy motion features 1"
_WIDTH, _LATENT_WIDTH = 96, 32
_WINDOW_FRAMES, _BATCH, _LEARNING_RATE = 64, 32, 1e-3
#: Channels that hardly move (eyes, toes) are not blown up beyond this; rotations, steps.
_LEAST_DEVIATION = (0.02, 0.002)


class MotionFeatures(nn.Module):
    """Rotations [B, T, 330] (six numbers a joint, two rows of the matrix) to latents [B, T / 8, 32] and back."""

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(_CHANNELS))
        self.register_buffer("deviation", torch.ones(_CHANNELS))
        self.encoder = nn.Sequential(
            nn.Conv1d(_CHANNELS, _WIDTH, 3, padding=1), nn.LeakyReLU(0.2),
            *_halving(), *_halving(), *_halving(),
            nn.Conv1d(_WIDTH, _LATENT_WIDTH, 1),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Conv1d(_LATENT_WIDTH, _WIDTH, 1), nn.LeakyReLU(0.2),
            *_doubling(), *_doubling(), *_doubling(),
            nn.Conv1d(_WIDTH, _CHANNELS, 3, padding=1),
        )  # fmt: skip

    def encode(self, motion: Tensor) -> Tensor:
        """[B, T, 330] to [B, T / 8, 32]; T is a multiple of 8."""
        return self.encoder(self._normalised(motion).transpose(1, 2)).transpose(1, 2)

    def forward(self, motion: Tensor) -> tuple[Tensor, Tensor]:
        """The motion with its steps as it is encoded and as it was decoded again, both [B, T, 660], normalised."""
        wanted = self._normalised(motion)
        return wanted, self.decoder(self.encoder(wanted.transpose(1, 2))).transpose(1, 2)

    def _normalised(self, motion: Tensor) -> Tensor:
        return (_with_steps(motion) - self.mean) / self.deviation


def learn_motion_features(
    motions: Sequence[ArrayLike], seed: int = 0, steps: int = 1500, progress: Progress = silent
) -> MotionFeatures:
    """The network learned from motions [T, 330] at 30 fps, on the CPU: the same motions and seed give the same network.

    Raises UserError where no motion is at least 64 frames long.
    """
    clips = [torch.as_tensor(np.asarray(motion), dtype=torch.float32) for motion in motions]
    clips = [clip for clip in clips if len(clip) >= _WINDOW_FRAMES]
    if not clips:
        raise UserError(f"no motion is {_WINDOW_FRAMES} frames long: a feature network needs longer ones")
    frames = torch.cat(clips)
    # every place where a window can start, in all clips, is as likely
    starts = torch.cat([torch.arange(len(clip) - _WINDOW_FRAMES + 1) + end for clip, end in _with_offsets(clips)])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = MotionFeatures()
        channels = torch.cat([_with_steps(clip) for clip in clips])
        least = torch.tensor(_LEAST_DEVIATION).repeat_interleave(INPUT_WIDTH)
        network.mean.copy_(channels.mean(dim=0))
        network.deviation.copy_(channels.std(dim=0).maximum(least))
        _fit(network, frames, starts, steps, progress)
    return network.eval()


def write_motion_features(path: str | os.PathLike[str], network: MotionFeatures, source: str) -> None:
    """Writes the network as `.safetensors` with the name of what it was learned from."""
    with replacing(path) as temporary:
        save_file(network.state_dict(), temporary, metadata={"kind": KIND, "learned_from": json.dumps(source)})


def _halving() -> tuple[nn.Module, ...]:
    return nn.Conv1d(_WIDTH, _WIDTH, 4, stride=2, padding=1), nn.LeakyReLU(0.2)


def _doubling() -> tuple[nn.Module, ...]:
    return nn.Upsample(scale_factor=2), nn.Conv1d(_WIDTH, _WIDTH, 3, padding=1), nn.LeakyReLU(0.2)


def _with_steps(motion: Tensor) -> Tensor:
    """[..., T, 330] to [..., T, 660]; the first step is zero."""
    steps = motion.diff(dim=-2, prepend=motion[..., :1, :])
    return torch.cat([motion, steps], dim=-1)


def _with_offsets(clips: Sequence[Tensor]) -> list[tuple[Tensor, int]]:
    """Every clip with the frames that lie before it."""
    lengths = np.cumsum([0, *(len(clip) for clip in clips)])
    return [(clip, int(before)) for clip, before in zip(clips, lengths, strict=False)]


def _fit(network: MotionFeatures, frames: Tensor, starts: Tensor, steps: int, progress: Progress) -> None:
    """Learns to decode what was encoded."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=_LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _LEARNING_RATE, total_steps=steps)
    window = torch.arange(_WINDOW_FRAMES)
    for step in range(steps):
        chosen = starts[torch.randint(len(starts), (_BATCH,))]
        wanted, decoded = network(frames[chosen[:, None] + window])
        loss = (decoded - wanted).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        progress("Learning features", (step + 1) / steps)
