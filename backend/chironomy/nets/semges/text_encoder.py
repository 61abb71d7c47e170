"""Words to features: an embedding and a temporal convolution network, which looks back only."""

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from .config import TextEncoderConfig


class TextEncoder(nn.Module):
    """Word numbers [B, T] to features [B, T, width]."""

    def __init__(self, config: TextEncoderConfig, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(config.vocabulary, config.word_width)
        self.dropout = nn.Dropout(config.dropout)
        widths = (config.word_width, *config.widths)
        self.blocks = nn.Sequential(
            *(
                TcnBlock(width_in, width_out, config.kernel_frames, 2**k, config.dropout)
                for k, (width_in, width_out) in enumerate(pairwise(widths))
            )
        )
        self.out = nn.Linear(widths[-1], width)

    def forward(self, words: Tensor) -> Tensor:
        embedded = self.dropout(self.embedding(words))
        return self.out(self.blocks(embedded.transpose(1, 2)).transpose(1, 2))


class TcnBlock(nn.Module):
    """Two causal convolutions with a shortcut (Bai et al., 2018), [B, width_in, T] to [B, width_out, T]."""

    def __init__(self, width_in: int, width_out: int, kernel_frames: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.past_frames = (kernel_frames - 1) * dilation
        self.conv1 = weight_norm(nn.Conv1d(width_in, width_out, kernel_frames, dilation=dilation))
        self.conv2 = weight_norm(nn.Conv1d(width_out, width_out, kernel_frames, dilation=dilation))
        self.dropout = nn.Dropout(dropout)
        self.shortcut = nn.Identity() if width_in == width_out else nn.Conv1d(width_in, width_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for conv in (self.conv1, self.conv2):
            y = self.dropout(F.relu(conv(F.pad(y, (self.past_frames, 0)))))
        return F.relu(y + self.shortcut(x))
