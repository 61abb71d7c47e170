"""A line of any length as windows for the networks: each begins with the frames that the one before ended with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

#: Motion frames that one token stands for (two halvings in the encoder).
FRAMES_PER_TOKEN = 4
#: What the end of a line needs beyond its last frame, whose motion should not stop with it.
_BEHIND_FRAMES = 8
#: Last windows have at least so many frames, and a multiple of the step: every other length is one more shape for the
#: networks to prepare for.
_SHORTEST_FRAMES, _STEP_FRAMES = 64, 32

_Values = TypeVar("_Values", NDArray, torch.Tensor)


@dataclass(frozen=True)
class Windows:
    """As many windows as cover `frames` frames; the last, which may be shorter, reaches a little beyond them.

    Windows are alike to networks that learned from long ones: their losses on the first frames of one are the same to
    a hundredth, whether it ends soon after them or goes on with the last frame held.
    """

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

    def length_of(self, window: int) -> int:
        """Frames of one window."""
        if window + 1 < self.count:
            return self.length
        wanted = max(self.frames - self.start(window), self.overlap) + _BEHIND_FRAMES
        return min(max(-(-wanted // _STEP_FRAMES) * _STEP_FRAMES, _SHORTEST_FRAMES), self.length)

    @property
    def covered_frames(self) -> int:
        """All that the windows make, `frames` and what is cut off."""
        return self.start(self.count - 1) + self.length_of(self.count - 1)

    @property
    def covered_tokens(self) -> int:
        return self.covered_frames // FRAMES_PER_TOKEN

    def start(self, window: int) -> int:
        """The window's first frame."""
        return window * self.stride

    def cut(self, values: _Values, window: int) -> _Values:
        """One window of values [T, ...]: [n, ...]; the last frame is held beyond the end."""
        places = self.start(window) + np.arange(self.length_of(window))
        return values[np.minimum(places, len(values) - 1)]

    def join(self, tokens: _Values) -> _Values:
        """Tokens [W, N, ...] of all windows as one sequence; where windows overlap, those of the earlier one.

        N is that of whole windows; what stands behind the end of a shorter one is left out.
        """
        numbers = np.arange(tokens.shape[0] * tokens.shape[1]).reshape(tokens.shape[:2])
        kept = np.concatenate([numbers[0], numbers[1:, self.overlap // FRAMES_PER_TOKEN :].ravel()])
        return tokens.reshape(-1, *tokens.shape[2:])[kept[: self.covered_tokens]]
