"""Transformer layers (post-norm, ReLU) whose keys and values of a memory can be computed beforehand.

The parameters have the names and shapes of torch's nn.TransformerDecoderLayer and nn.TransformerEncoderLayer.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..linear import Linear, linear

#: Keys and values of one memory, [B, S, 2 · width] for each layer of a stack.
Memories = tuple[Tensor, ...]


class Attention(nn.Module):
    """Multi-head attention; queries, keys and values come from one fused matrix."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def to_itself(self, x: Tensor) -> Tensor:
        """[B, T, width] attends to itself."""
        query, key, value = linear(x, self.in_proj_weight, self.in_proj_bias).chunk(3, dim=-1)
        return self._attend(query, key, value)

    def to_memory(self, x: Tensor, memory: Tensor) -> Tensor:
        """[B, T, width] attends to what `remember` made, [B, S, 2 · width]."""
        width = x.shape[-1]
        query = linear(x, self.in_proj_weight[:width], self.in_proj_bias[:width])
        key, value = memory.chunk(2, dim=-1)
        return self._attend(query, key, value)

    def remember(self, memory: Tensor) -> Tensor:
        """Keys and values [B, S, 2 · width] of a memory [B, S, width]."""
        width = memory.shape[-1]
        return linear(memory, self.in_proj_weight[width:], self.in_proj_bias[width:])

    def _attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        query, key, value = (x.unflatten(-1, (self.heads, -1)).transpose(1, 2) for x in (query, key, value))
        dropout = self.dropout if self.training else 0.0
        attended = F.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        return self.out_proj(attended.transpose(1, 2).flatten(-2))


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward, [B, T, width] to the same."""

    def __init__(self, width: int, heads: int, feed_forward: int, dropout: float) -> None:
        super().__init__()
        self.self_attn = Attention(width, heads, dropout)
        self.linear1 = Linear(width, feed_forward)
        self.linear2 = Linear(feed_forward, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(x + self._some(self.self_attn.to_itself(x)))
        return self.norm2(x + self._some(self.linear2(self._some(F.relu(self.linear1(x))))))

    def _some(self, x: Tensor) -> Tensor:
        return _some(x, self.dropout, self.training)


class DecoderLayer(nn.Module):
    """Self-attention, attention to a memory and feed-forward, [B, T, width] to the same."""

    def __init__(self, width: int, heads: int, feed_forward: int, dropout: float) -> None:
        super().__init__()
        self.self_attn = Attention(width, heads, dropout)
        self.multihead_attn = Attention(width, heads, dropout)
        self.linear1 = Linear(width, feed_forward)
        self.linear2 = Linear(feed_forward, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.norm3 = nn.LayerNorm(width)
        self.dropout = dropout

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        """memory: keys and values [B, S, 2 · width] by this layer's own `multihead_attn.remember`."""
        x = self.norm1(x + self._some(self.self_attn.to_itself(x)))
        x = self.norm2(x + self._some(self.multihead_attn.to_memory(x, memory)))
        return self.norm3(x + self._some(self.linear2(self._some(F.relu(self.linear1(x))))))

    def _some(self, x: Tensor) -> Tensor:
        return _some(x, self.dropout, self.training)


class Encoder(nn.Module):
    """A stack of encoder layers."""

    def __init__(self, layers: int, width: int, heads: int, feed_forward: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer(width, heads, feed_forward, dropout) for _ in range(layers))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


class Decoder(nn.Module):
    """A stack of decoder layers that share one memory."""

    def __init__(self, layers: int, width: int, heads: int, feed_forward: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(DecoderLayer(width, heads, feed_forward, dropout) for _ in range(layers))

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        """Queries [B, T, width] look at a memory [B, S, width]."""
        return self.recall(x, self.remember(memory))

    def remember(self, memory: Tensor) -> Memories:
        """Each layer's keys and values of a memory [B, S, width]; independent of the queries."""
        return tuple(layer.multihead_attn.remember(memory) for layer in self._layers)

    def recall(self, x: Tensor, memories: Memories) -> Tensor:
        """Queries [B, T, width] look at what `remember` made."""
        for layer, memory in zip(self._layers, memories, strict=True):
            x = layer(x, memory)
        return x

    @property
    def _layers(self) -> list[DecoderLayer]:
        return [layer for layer in self.layers if isinstance(layer, DecoderLayer)]


def windows_of(memories: Memories, windows: slice) -> Memories:
    """The memories of some of the batch's windows."""
    return tuple(memory[windows] for memory in memories)


def _some(x: Tensor, dropout: float, training: bool) -> Tensor:
    """Dropout; a module of torch's own would cost a hundredth of a small model's time where it does nothing."""
    return F.dropout(x, dropout) if training and dropout else x
