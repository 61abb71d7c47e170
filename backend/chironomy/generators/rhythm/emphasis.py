"""psi: where the semantic layer takes over by itself, from the plan's windows and scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...formats.take import TakeWord
from ...formats.words import Word
from ...motion.rotations import Array
from .plan import Performed
from .splines import add_bumps

#: Overlapping words: nearly the larger of both, without its corner.
_POWER = 6.0


def psi(performed: Sequence[Performed], frames: int, fps: float) -> Array:
    """[T] float32, 0…1."""
    total = np.zeros(frames)
    spans = np.array(
        [
            (p.window.preparation_s, p.window.stroke_start_s, p.window.stroke_end_s, p.window.retraction_s)
            for p in performed
        ]
    )
    add_bumps(total, fps, spans, np.array([p.score for p in performed]), _POWER)
    return np.minimum(total ** (1.0 / _POWER), 1.0).astype(np.float32)


def take_words(
    words: Sequence[Word], performed: Sequence[Performed], emphasis: Array, fps: float
) -> tuple[TakeWord, ...]:
    """What the take says of each word; its score is the maximum of psi over its stroke window."""
    return tuple(
        TakeWord(word, _highest(emphasis, p, fps), p.window, p.gesture_class, p.prominence)
        for word, p in zip(words, performed, strict=True)
    )


def _highest(emphasis: Array, performed: Performed, fps: float) -> float:
    first = int(np.ceil(performed.window.stroke_start_s * fps - 1e-9))
    last = int(np.floor(performed.window.stroke_end_s * fps + 1e-9))
    first = min(first, len(emphasis) - 1)
    return float(emphasis[first : max(last, first) + 1].max())
