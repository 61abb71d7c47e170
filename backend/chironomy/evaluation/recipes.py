"""By which rules the figures that papers give are measured: corrected, or as one of the releases does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from numpy.typing import ArrayLike

from ..motion.rotations import Array
from . import beat_consistency, diversity, face_error, frechet, gesture_distance, semantic_recall
from .beat_consistency import BeatClip
from .face_error import Pair
from .semantic_recall import ScoredPair


@dataclass(frozen=True)
class Recipe:
    """One function for each metric; the modules they come from say what they take and give."""

    frechet_distance: Callable[[Array, Array], float]
    beat_consistency: Callable[[Sequence[BeatClip], Array], float]
    l1_diversity: Callable[[Sequence[ArrayLike]], float]
    face_mse: Callable[[Iterable[Pair]], float]
    face_lvd: Callable[[Iterable[Pair]], float]
    semantic_recall: Callable[[Sequence[ScoredPair], float], float]


_CORRECTED = Recipe(
    gesture_distance.corrected,
    beat_consistency.corrected,
    diversity.l1_diversity,
    face_error.mean_squared_error,
    face_error.velocity_difference,
    semantic_recall.corrected,
)
_PUBLISHED = replace(
    _CORRECTED,
    frechet_distance=frechet.published,
    beat_consistency=beat_consistency.published,
    face_lvd=face_error.published_velocity_difference,
    semantic_recall=semantic_recall.published,
)
_EMAGE_EVALTOOLS = replace(
    _CORRECTED,
    frechet_distance=frechet.emage_evaltools,
    beat_consistency=beat_consistency.emage_evaltools,
    semantic_recall=semantic_recall.emage_evaltools,
)

RECIPES: Mapping[str, Recipe] = {
    "corrected": _CORRECTED,
    "published": _PUBLISHED,
    "emage_evaltools": _EMAGE_EVALTOOLS,
    "semges": replace(_PUBLISHED, beat_consistency=beat_consistency.semges),
}
