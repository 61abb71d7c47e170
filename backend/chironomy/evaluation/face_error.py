"""Faces against recorded ones: pairs of vertices [T, V, 3] (metres) or weights [T, K], generated and real.

A pair is one clip, equally long in both. Units are written for vertices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike

from ..motion.rotations import Array

Pair = tuple[ArrayLike, ArrayLike]


def mean_squared_error(pairs: Iterable[Pair]) -> float:
    """Mean squared difference of all coordinates, m²: the same in every recipe."""
    return _mean_by_frames(pairs, lambda generated, real: np.square(generated - real))


def velocity_difference(pairs: Iterable[Pair]) -> float:
    """LVD: mean |Δgenerated − Δreal| of all coordinates from frame to frame, m."""
    return _mean_by_frames(pairs, lambda generated, real: np.abs(np.diff(generated, axis=0) - np.diff(real, axis=0)))


def published_velocity_difference(pairs: Iterable[Pair]) -> float:
    """What SemTalk and EMAGE print as LVD: |(generated[t] − real[t−1]) − (real[t] − real[t−1])|, whose real[t−1]
    cancels, so that it is an error of position and sees no velocity.
    """
    return _mean_by_frames(pairs, lambda generated, real: np.abs((generated[1:] - real[:-1]) - np.diff(real, axis=0)))


def _mean_by_frames(pairs: Iterable[Pair], error: Callable[[Array, Array], Array]) -> float:
    total, count = 0.0, 0
    for generated, real in pairs:
        generated, real = np.asarray(generated, dtype=float), np.asarray(real, dtype=float)
        if generated.shape != real.shape:
            raise ValueError(f"faces of {generated.shape} and {real.shape} cannot be compared")
        errors = error(generated, real)
        total, count = total + float(errors.sum()), count + errors.size
    return total / count if count else float("nan")
