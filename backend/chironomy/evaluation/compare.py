"""Figures of a set of takes, beside those of a reference: what `chironomy evaluate` shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ..formats.take import TakeWord
from ..motion.rotations import Array
from . import psi_quality
from .animator import METRICS, measure
from .beat_consistency import BeatClip, by_chance, mean_speeds
from .diversity import VISIBLY_APART_M, apart
from .face_error import Pair
from .figure import NOTHING, Figure
from .gesture_distance import Encode, pooled_latents
from .recipes import Recipe
from .reconstruction import reconstruction_figures
from .semantic_recall import ScoredPair
from .strokes import extent_against_plan
from .subject import Subject

#: SRGR counts a joint that is nearer than this to the recorded one.
RECALL_M = 0.10
#: Gestures smaller than this part of the plan look averaged away.
SMALL_EXTENT = 0.7
#: A covariance of d dimensions wants about so many latents for each.
_LATENTS_PER_DIMENSION = 10


def animator_figures(takes: Sequence[Subject], reference: Sequence[Subject]) -> list[Figure]:
    """What an animator would notice, of the takes and of the reference."""
    ours, theirs = measure(takes), measure(reference)
    return [Figure(m.name, m.unit, ours[m.name], theirs[m.name], m.digits) for m in METRICS]


@dataclass(frozen=True)
class Face:
    """What faces are compared by."""

    unit: str
    of: Callable[[Subject], NDArray | None]


#: Weights of blend shapes or of expressions: needs no model.
FACE_WEIGHTS = Face("weights", lambda subject: subject.face)


def paper_figures(
    takes: Sequence[Subject], reference: Sequence[Subject], recipe: Recipe, face: Face = FACE_WEIGHTS
) -> list[Figure]:
    """L1 diversity and BC of either set, then what needs pairs of a take and the recording of its name.

    Beats of both sets are measured against the reference's mean speeds, those of takes alone against their own.
    """
    compared = reference or takes
    speeds = mean_speeds([subject.without_way for subject in compared])
    pairs = list(_pairs(takes, reference))

    def faces() -> Iterator[Pair]:
        for take, real in pairs:
            generated, recorded = face.of(take), face.of(real)
            if generated is not None and recorded is not None and generated.shape[1:] == recorded.shape[1:]:
                yield _equally_long(generated, recorded)

    scored = [_scored(take, real) for take, real in pairs if real.semantic_score is not None]
    return [
        Figure("L1 diversity", "m", _diversity(takes, recipe), _diversity(reference, recipe)),
        Figure(
            "beat consistency",
            "",
            _beats(takes, speeds, recipe.beat_consistency),
            _beats(reference, speeds, recipe.beat_consistency),
            3,
        ),
        Figure(
            "beat consistency (corrected) by chance",
            "",
            _beats(takes, speeds, by_chance),
            _beats(reference, speeds, by_chance),
            3,
        ),
        Figure("face MSE", f"{face.unit}²", recipe.face_mse(faces()), digits=9),
        Figure("face LVD", face.unit, recipe.face_lvd(faces()), digits=6),
        Figure(f"SRGR within {100 * RECALL_M:.0f} cm", "", recipe.semantic_recall(scored, RECALL_M), digits=3),
    ]


def plan_figures(takes: Sequence[Subject], reference: Sequence[Subject]) -> list[Figure]:
    """Extent against the plan, psi against its labels, and how much takes of one line with other seeds differ."""
    pairs = list(_pairs(takes, reference))
    extents = _joined([extent_against_plan(take, plan, _with_gestures(plan) or take.words) for take, plan in pairs])
    labelled = [(take.psi, real.semantic_score) for take, real in pairs]
    rated = [_equally_long(psi, score) for psi, score in labelled if psi is not None and score is not None]
    psi, labels = _joined([psi for psi, _ in rated]), _joined([score for _, score in rated]) > 0
    differences = _joined([apart(a.positions, b.positions) for a, b in _seeds_of_one_line(takes)])
    return [
        Figure("stroke extent against the plan, median", "", _statistic(np.median, extents)),
        Figure(f"strokes under {SMALL_EXTENT:g} of the plan", "%", 100 * _statistic(np.mean, extents < SMALL_EXTENT)),
        Figure("psi, area under the ROC curve", "", psi_quality.roc_area(psi, labels), digits=3),
        Figure("psi, expected calibration error", "", psi_quality.calibration_error(psi, labels), digits=3),
        Figure("hands apart between seeds, median", "cm", 100 * _statistic(np.median, differences), digits=1),
        Figure(
            f"hands over {100 * VISIBLY_APART_M:.0f} cm apart between seeds",
            "% of frames",
            100 * _statistic(np.mean, differences > VISIBLY_APART_M),
            digits=1,
        ),
    ]


def paired_figures(takes: Sequence[Subject], reference: Sequence[Subject]) -> list[Figure]:
    """How true takes are to the recordings of their names."""
    return reconstruction_figures(list(_pairs(takes, reference)))


def distance_figure(
    takes: Sequence[Subject], reference: Sequence[Subject], recipe: Recipe, encode: Encode
) -> tuple[Figure, list[str]]:
    """FGD of the takes to the reference and, beside, of one half of the reference to the other; notices."""
    ours = pooled_latents([subject.rotations for subject in takes], encode)
    theirs = pooled_latents([subject.rotations for subject in reference], encode)
    middle = len(theirs) // 2
    figure = Figure("FGD; reference: between its halves", "", _distance(ours, theirs, recipe),
                    _distance(theirs[:middle], theirs[middle:], recipe), 3)  # fmt: skip
    fewest = min(len(ours), len(theirs) // 2)
    wanted = _LATENTS_PER_DIMENSION * (theirs.shape[1] if len(theirs) else 0)
    if fewest >= wanted:
        return figure, []
    return figure, [f"FGD rests on {fewest} latents where {wanted} are wanted: take longer motions to compare it"]


def _distance(first: Array, second: Array, recipe: Recipe) -> float:
    return recipe.frechet_distance(first, second) if min(len(first), len(second)) > 1 else NOTHING


def _diversity(subjects: Sequence[Subject], recipe: Recipe) -> float:
    return recipe.l1_diversity([subject.without_way for subject in subjects])


def _beats(
    subjects: Sequence[Subject], speeds: Array, consistency: Callable[[Sequence[BeatClip], Array], float]
) -> float:
    clips = [BeatClip(subject.without_way, subject.samples) for subject in subjects if len(subject.samples)]
    return consistency(clips, speeds) if clips else NOTHING


def _pairs(takes: Sequence[Subject], reference: Sequence[Subject]) -> Iterator[tuple[Subject, Subject]]:
    """Takes with the recordings of the same names."""
    by_name = {subject.name: subject for subject in reference}
    return ((take, by_name[take.name]) for take in takes if take.name in by_name)


def _with_gestures(subject: Subject) -> list[TakeWord]:
    return [entry for entry in subject.words if entry.gesture_class]


def _seeds_of_one_line(takes: Sequence[Subject]) -> Iterator[tuple[Subject, Subject]]:
    for first, second in combinations(takes, 2):
        same_words = [e.word for e in first.words] == [e.word for e in second.words]
        if first.words and same_words and first.seed != second.seed:
            yield first, second


def _equally_long(first: NDArray, second: NDArray) -> tuple[NDArray, NDArray]:
    frames = min(len(first), len(second))
    return first[:frames], second[:frames]


def _scored(take: Subject, real: Subject) -> ScoredPair:
    frames = min(take.frames, real.frames)
    scores = np.zeros(real.frames) if real.semantic_score is None else real.semantic_score
    return ScoredPair(take.without_way[:frames], real.without_way[:frames], scores[:frames])


def _joined(arrays: Sequence[NDArray]) -> NDArray:
    return np.concatenate(arrays) if arrays else np.zeros(0)


def _statistic(function: Callable[[NDArray], float], samples: NDArray) -> float:
    return float(function(samples)) if len(samples) else NOTHING
