"""psi from the semantic gate: how likely the moment is to carry meaning, one value a frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import PchipInterpolator

from ...motion.rotations import Array
from .windows import FRAMES_PER_TOKEN

#: Where the published system switches to the semantic layer.
THRESHOLD = 0.5


def gate_probability(logits: ArrayLike, scale: float = 1.0, offset: float = 0.0) -> Array:
    """Probabilities [...] of the second class from logits [..., 2], calibrated: sigmoid(scale · difference + offset).

    Scale and offset are fitted on held-out recordings (Platt scaling); 1 and 0 give the network's own softmax.
    """
    logits = np.asarray(logits, dtype=float)
    return 1 / (1 + np.exp(-np.clip(scale * (logits[..., 1] - logits[..., 0]) + offset, -50, 50)))


def psi_of_tokens(probability: ArrayLike, frames: int) -> Array:
    """psi [T], 0…1, through the tokens' probabilities [N] at the middle of each token's frames.

    Monotone cubics between (Fritsch and Carlson 1980): smooth, and nowhere beyond the values beside.
    """
    probability = np.asarray(probability, dtype=float)
    middle = (FRAMES_PER_TOKEN - 1) / 2 + FRAMES_PER_TOKEN * np.arange(len(probability))
    places = np.clip(np.arange(frames), middle[0], middle[-1])
    if len(probability) == 1:
        return np.full(frames, probability[0])
    return np.clip(PchipInterpolator(middle, probability)(places), 0.0, 1.0)


def emphasis_of_tokens(emphasis: ArrayLike, tokens: int) -> Array:
    """e of each token [N], the mean over its frames, from e [T]; the last value is held beyond the end."""
    emphasis = np.asarray(emphasis, dtype=float)
    places = np.minimum(np.arange(tokens * FRAMES_PER_TOKEN), len(emphasis) - 1)
    return emphasis[places].reshape(tokens, FRAMES_PER_TOKEN).mean(axis=1)


def switched_on(emphasis: ArrayLike, on: float = THRESHOLD, off: float = THRESHOLD) -> np.ndarray:
    """Which tokens [N] are semantic under a hard switch: from above `on` until not above `off` (hysteresis).

    With both at 0.5 this is the published rule; a lower `off` keeps single tokens from flickering.
    """
    emphasis = np.asarray(emphasis, dtype=float)
    decided = np.where(emphasis > on, 1, np.where(emphasis <= off, 0, -1))
    latest = np.maximum.accumulate(np.where(decided >= 0, np.arange(len(decided)), -1))
    return np.where(latest < 0, False, decided[np.maximum(latest, 0)] == 1)
