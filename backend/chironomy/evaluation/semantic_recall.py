"""Semantic relevance gesture recall (SRGR): how often a joint is where it was in the recording, where that matters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..motion.rotations import Array

#: BEAT's mean semantic score, by which the published recipes divide whatever corpus they measure.
_BEAT_MEAN_SCORE = 0.165


@dataclass(frozen=True)
class ScoredPair:
    """A generated motion beside the recorded one, in any coordinates: joint positions in metres, angles in degrees."""

    generated: Array
    """[T, J, D]."""
    real: Array
    """[T, J, D]."""
    scores: Array
    """[T], 0…1: how much each frame means."""


def corrected(clips: Sequence[ScoredPair], threshold: float) -> float:
    """0…1: the part of the meaning in frames and joints nearer than the threshold; NaN where nothing means anything."""
    hits = sum(float((_by_distance(clip) < threshold).mean(axis=1) @ clip.scores) for clip in clips)
    meaning = sum(float(clip.scores.sum()) for clip in clips)
    return hits / meaning if meaning else float("nan")


def published(clips: Sequence[ScoredPair], threshold: float) -> float:
    """CaMN's and SemTalk's release (SemGes: degrees of 47 joints, threshold 4): summed differences of the coordinates
    for a distance; scores over BEAT's mean, so that it may exceed 1.
    """
    return _mean_weighted(clips, threshold, _by_sum)


def emage_evaltools(clips: Sequence[ScoredPair], threshold: float) -> float:
    """PantoMatrix's evaluator: the same with the Euclidean distance."""
    return _mean_weighted(clips, threshold, _by_distance)


def _mean_weighted(clips: Sequence[ScoredPair], threshold: float, distance: Callable[[ScoredPair], Array]) -> float:
    total, frames = 0.0, 0
    for clip in clips:
        success = (distance(clip) < threshold).mean(axis=1)
        total += float(success @ clip.scores) / _BEAT_MEAN_SCORE
        frames += len(clip.scores)
    return total / frames if frames else float("nan")


def _by_distance(clip: ScoredPair) -> Array:
    return np.linalg.norm(clip.generated - clip.real, axis=-1)


def _by_sum(clip: ScoredPair) -> Array:
    return np.abs(clip.generated - clip.real).sum(axis=-1)
