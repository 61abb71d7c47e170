"""A line of any length as windows for the networks: each begins with the frames that the one before ended with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

#: Motion frames that one token stands for (two halvings in the encoder).
FRAMES_PER_TOKEN = 4

_Values = TypeVar("_Values", NDArray, torch.Tensor)


@dataclass(frozen=True)
class Windows:
    """As many windows as cover `frames` frames; the last reaches beyond them, and what it makes there is cut off."""

    frames: int
    length: int = 64
    """Frames of a window."""
    overlap: int = 4
    """Frames that a window shares with the one before: its seed."""

    @property
    def stride(self) -> int:
        return self.length - self.overlap

    @property
    def count(self) -> int:
        return max(-(-(self.frames - self.overlap) // self.stride), 1)

    @property
    def covered_frames(self) -> int:
        """All that the windows make, `frames` and what is cut off."""
        return self.count * self.stride + self.overlap

    @property
    def covered_tokens(self) -> int:
        return self.covered_frames // FRAMES_PER_TOKEN

    def start(self, window: int) -> int:
        """The window's first frame."""
        return window * self.stride

    def cut(self, values: _Values, first: int = 0, end: int | None = None) -> _Values:
        """Windows first … end − 1 of values [T, ...]: [W, length, ...]; the last frame is held beyond the end."""
        numbers = np.arange(first, self.count if end is None else end)
        places = numbers[:, None] * self.stride + np.arange(self.length)
        return values[np.minimum(places, len(values) - 1)]

    def join(self, tokens: _Values) -> _Values:
        """Tokens [W, N, ...] of all windows as one sequence; where windows overlap, those of the earlier one."""
        numbers = np.arange(tokens.shape[0] * tokens.shape[1]).reshape(tokens.shape[:2])
        kept = np.concatenate([numbers[0], numbers[1:, self.overlap // FRAMES_PER_TOKEN :].ravel()])
        return tokens.reshape(-1, *tokens.shape[2:])[kept]
