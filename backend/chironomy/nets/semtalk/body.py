"""The body's stream: from hints of motion and what is heard to one latent per token of each of its three parts."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from ..config import BODY_PARTS, BaseConfig, ModelConfig, PartName, SparseConfig
from ..linear import Linear
from .attention import Decoder, Encoder, Memories, windows_of
from .layers import Halving, Positions, mlp

Latents = dict[PartName, Tensor]


@dataclass(frozen=True)
class BodyMemory:
    """What of the body's stream does not depend on the motion that a window begins with."""

    conditions: Tensor
    """[B, T, width]."""
    half_conditions: Tensor
    """[B, T / 2, width]."""
    heard: Memories
    """[B, T, 2 · width] per layer."""

    def windows(self, windows: slice) -> BodyMemory:
        """The memory of some of the batch's windows."""
        heard = windows_of(self.heard, windows)
        return BodyMemory(self.conditions[windows], self.half_conditions[windows], heard)


class BodyStream(nn.Module):
    """Hint [B, T, latent] to prepared latents [B, N, latent] of upper body, hands and lower body."""

    def __init__(self, config: ModelConfig, sizes: BaseConfig | SparseConfig) -> None:
        super().__init__()
        width, latent = sizes.width, config.rvq.code_width
        layer = (width, sizes.heads, sizes.feed_forward, sizes.dropout)
        self.positions = Positions(width, config.window_frames, sizes.dropout)
        self.hint = mlp(latent, width, latent)
        self.from_hint = Linear(latent, width)
        self.encoder = Encoder(1, *layer)
        self.from_heard = Linear(latent, width)
        self.listener = Decoder(sizes.body_layers, *layer)
        self.halve = Halving(width)
        self.halve_conditions = Halving(width)
        self.parts = nn.ModuleDict({part: _PartStream(width, latent, Decoder(1, *layer)) for part in BODY_PARTS})

    def prepare(self, heard: Tensor, conditions: Tensor) -> BodyMemory:
        """heard [B, T, latent] and conditions [B, T, width] of any number of windows."""
        memories = self.listener.remember(self.from_heard(heard))
        return BodyMemory(conditions, self.halve_conditions(conditions), memories)

    def forward(self, hint: Tensor, memory: BodyMemory, listen: bool = True) -> Latents:
        """With listen=False the motion follows from the hint and the conditions alone (a training pass)."""
        motion = self.encoder(self.positions(self.from_hint(self.hint(hint)) + memory.conditions))
        if listen:
            motion = motion + self.listener.recall(self.positions(motion), memory.heard)
        motion = self.halve(motion)
        streams = {part: self._stream(part) for part in BODY_PARTS}
        split = {part: stream.split(motion) for part, stream in streams.items()}
        latents: Latents = {}
        for part in BODY_PARTS:
            first, second = (split[other] for other in BODY_PARTS if other != part)
            query = self.positions(split[part] + memory.half_conditions)
            latents[part] = streams[part](split[part], query, first + second)
        return latents

    def _stream(self, part: PartName) -> _PartStream:
        stream = self.parts[part]
        assert isinstance(stream, _PartStream)
        return stream


class _PartStream(nn.Module):
    """One part's share of the body's motion, mixed with the other two."""

    def __init__(self, width: int, latent: int, mix: Decoder) -> None:
        super().__init__()
        self.split = mlp(width, width, width)
        self.mix = mix
        self.narrow = Linear(width, latent)
        self.halve = Halving(latent)

    def forward(self, own: Tensor, query: Tensor, others: Tensor) -> Tensor:
        """Steps of two frames, [B, T / 2, width] each, to tokens [B, N, latent]."""
        return self.halve(self.narrow(own + self.mix(query, others)))
