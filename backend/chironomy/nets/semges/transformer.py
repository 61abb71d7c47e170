"""SemGes' second stage: speech, words and a speaker become latents of the two codebooks.

One transformer runs twice, once for hands and once for the body; only the speaker's embedding differs.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import TransformerConfig
from .text_encoder import TextEncoder


class SemanticTransformer(nn.Module):
    """Latents for hands and body in the codebooks' space, and the words' features in the same space."""

    def __init__(self, config: TransformerConfig | None = None, code_width: int = 512) -> None:
        super().__init__()
        config = config or TransformerConfig()
        width = config.width
        self.text_encoder = TextEncoder(config.text, width)
        self.audio = nn.Linear(config.audio_width, width)
        self.speaker_hands = _speaker_encoder(config.speakers, width)
        self.speaker_body = _speaker_encoder(config.speakers, width)
        self.join = nn.Linear(2 * width, width)
        self.local = nn.Conv1d(width, width, 5, padding=2, padding_mode="replicate")
        self.entry = nn.Linear(width, width)
        self.dropout = nn.Dropout(config.dropout)
        self.steps = nn.ModuleList(step for _ in range(config.layers) for step in _layer(config))
        self.to_codes = nn.Linear(width, code_width)

    def forward(self, in_audio: Tensor, in_word: Tensor, in_id: Tensor) -> dict[str, Tensor]:
        """Both passes as one batch.

        in_audio: speech content [B, T, audio width]. in_word: word numbers [B, T]. in_id: speakers [B, 1, 1].
        Gives poses_feat_hands, poses_feat_body and word_feat_seq, each [B, T, code width].
        """
        words = self.text_encoder(in_word)
        audio = self.audio(in_audio)
        speaker = in_id.reshape(len(in_id), 1)
        passes = [
            torch.cat([audio, encoder(speaker).expand(-1, audio.shape[1], -1)], dim=2)
            for encoder in (self.speaker_hands, self.speaker_body)
        ]
        x = self._entered(self.join(torch.cat(passes)))
        memory = torch.cat([words, words])
        for step in self.steps:
            x = step(x, memory)
        hands, body = self.to_codes(x).chunk(2)
        return {"poses_feat_hands": hands, "poses_feat_body": body, "word_feat_seq": self.to_codes(words)}

    def _entered(self, x: Tensor) -> Tensor:
        """Neighbouring frames joined, normalised over the window, with positions: [B, T, width]."""
        local = F.instance_norm(F.leaky_relu(self.local(x.transpose(1, 2)), 0.2)).transpose(1, 2)
        entered = self.entry(local)
        return self.dropout(entered + _positions(entered.shape[1], entered.shape[2]).to(entered))


class Attention(nn.Module):
    """Multi-head attention; scores are divided by the square root of the whole width, not of a head's."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.to_out = nn.Linear(config.width, config.width)

    def attended(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """query [B, T, width], key and value [B, S, width] to [B, T, width]."""
        q, k, v = (x.unflatten(2, (self.heads, -1)).transpose(1, 2) for x in (query, key, value))
        y = F.scaled_dot_product_attention(q, k, v, scale=query.shape[2] ** -0.5)
        return self.to_out(y.transpose(1, 2).flatten(2))


class SelfAttention(Attention):
    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config)
        self.to_qkv = nn.Linear(config.width, 3 * config.width, bias=False)

    def forward(self, x: Tensor, _memory: Tensor) -> Tensor:
        return self.attended(*self.to_qkv(x).chunk(3, dim=2))


class CrossAttention(Attention):
    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config)
        self.to_q = nn.Linear(config.width, config.width, bias=False)
        self.to_kv = nn.Linear(config.width, 2 * config.width, bias=False)

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        return self.attended(self.to_q(x), *self.to_kv(memory).chunk(2, dim=2))


class FeedForward(nn.Module):
    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.l1 = nn.Linear(config.width, config.feed_forward)
        self.l2 = nn.Linear(config.feed_forward, config.width)

    def forward(self, x: Tensor, _memory: Tensor) -> Tensor:
        return self.l2(F.gelu(self.l1(x)))


class Step(nn.Module):
    """One residual step of a layer, normalised before it."""

    def __init__(self, width: int, inner: nn.Module) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inner = inner

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        return x + self.inner(self.norm(x), memory)


def _layer(config: TransformerConfig) -> tuple[Step, Step, Step]:
    inner = (SelfAttention(config), CrossAttention(config), FeedForward(config))
    return tuple(Step(config.width, part) for part in inner)  # type: ignore[return-value]


def _speaker_encoder(speakers: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Embedding(speakers, width), nn.Linear(width, width), nn.LeakyReLU(0.1))


def _positions(count: int, width: int) -> Tensor:
    """Sines and cosines [count, width] (Vaswani et al., 2017)."""
    angles = torch.arange(count)[:, None] * torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)
