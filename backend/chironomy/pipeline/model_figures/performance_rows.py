"""Rows of the table for what a model performs: whether it follows the plan, and what the result looks like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from ...evaluation.against_plan import extent_ratios, wrist_errors_m
from ...evaluation.animator import METRICS, measure
from ...evaluation.class_recognition import Recogniser, features
from ...evaluation.compare import SMALL_EXTENT, paper_figures
from ...evaluation.diversity import VISIBLY_APART_M, apart
from ...evaluation.psi_quality import calibration_error, roc_area
from ...evaluation.recipes import RECIPES
from ...evaluation.strokes import REPEAT_S
from ...evaluation.subject import FPS, Subject
from ...evaluation.told_strokes import ToldGesture, ToldStroke, told_gestures, told_strokes
from ...generators.rhythm.lexicon import BEAT
from ...motion import rotations as rot
from ...motion.body import neutral_body
from ...motion.rotations import Array
from ...training.corpus_format import Recording
from ...training.shards import Corpus
from .performed import Performed
from .rows import NOTHING, Row, Target

Layer = Callable[[Performed], Subject]

#: What an animator would notice, and what the figure should be; factors are against the real speaker.
_LIMITS = {
    "foot sliding, worst contact": Target(high=5),
    "frozen while speaking, longest": Target(high=1.5),
    "a joint over 1° out of range": Target(high=0),
    "hands over 2 cm in trunk or head": Target(high=0.1),
    "strokes in silence": Target(high=1),
}
_AGAINST_REAL = {
    "faster hand, median speed": (0.5, 2.0, "within factor 2 of the real speaker"),
    "the same stroke again within 6 s": (-np.inf, 1.0, "≤ the real speaker's"),
    "both hands at once, ± 1 frame": (-np.inf, 1.25, "≤ 1.25 times the real speaker's"),
}
_BESIDE = (
    "faster hand, 95th percentile", "a hand moves", "a hand is above the hips", "wrist jerk, 95th percentile",
    "held (under 0.05 m/s), longest", "foot sliding, median of contacts", "joints out of range, worst",
    "hands in each other", "both hands mirrored", "stressed vowel to a stroke's peak, median",
    "any moment of speech to a stroke's peak, median",
)  # fmt: skip
#: The real monologue is cut into pieces as long as utterances are, where means over a clip are looked at.
_PIECE_S = 12.0


class Classes:
    """What is told apart: all classes but beats, which say nothing."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = ("", *names)
        self._recogniser = Recogniser()

    def learn(self, corpus: Corpus, recordings: Iterable[Recording]) -> None:
        """Takes in the gestures of recordings."""
        for recording in recordings:
            strokes = told_strokes(corpus.read(recording, "plan"), corpus.read(recording, "gesture_class"))
            if not any(self.name(stroke) for stroke in strokes):
                continue
            motion = rot.from_six_d(corpus.read(recording, "rotations"))
            for gesture in self._shaped(strokes):
                own = features(motion, gesture, neutral_body())
                self._recogniser.learn(gesture.hands, own, self.name(gesture))

    def name(self, of: ToldStroke | ToldGesture) -> str:
        """The class; "" for beats and where it is open."""
        name = self._names[of.gesture_class]
        return "" if name == BEAT else name

    def hits(self, motion: Array, strokes: Sequence[ToldStroke]) -> list[bool]:
        """For every gesture in a motion [T, 55, 4] that is no beat, whether its class is recognised."""
        return [
            self._recogniser.recognise(gesture.hands, [features(motion, gesture, neutral_body())])
            == [self.name(gesture)]
            for gesture in self._shaped(strokes)
        ]

    def _shaped(self, strokes: Sequence[ToldStroke]) -> Iterator[ToldGesture]:
        return (gesture for gesture in told_gestures(strokes) if self.name(gesture))


def following_rows(test: Sequence[Performed], unseen: Sequence[Performed], classes: Classes) -> list[Row]:
    """Given the corpus' plan: do strokes become as large, wrists go where the performance has them, classes show?"""
    extents = _extents(test, _semantic)

    def is_shape(stroke: ToldStroke) -> bool:
        return bool(classes.name(stroke))

    def recognised(name: str, those: Sequence[Performed], layer: Layer, target: Target | None = None) -> Row:
        found, of_corpus = (_recognised(those, which, classes) for which in (layer, _of_corpus))
        return Row(name, "% of gestures", target, found, of_corpus, digits=1)

    return [
        Row("stroke extent against the performed, median", "", Target(0.9, 1.1), _median(extents)),
        Row(f"strokes under {SMALL_EXTENT:g} of the performed", "% of strokes", Target(high=5),
            _percent(extents < SMALL_EXTENT), digits=1),
        Row("stroke extent as shown at psi, median", "", None, _median(_extents(test, _shown))),
        Row("stroke extent, gestures never seen, median", "", None, _median(_extents(unseen, _semantic))),
        Row("wrist from the performance at the stroke, mean", "cm", Target(high=5), _wrists_cm(test, is_shape),
            digits=1),
        Row("the same of beats", "cm", None, _wrists_cm(test, lambda stroke: not is_shape(stroke)), digits=1),
        Row("the same of gestures never seen", "cm", None, _wrists_cm(unseen, is_shape), digits=1),
        recognised("class recognised", test, _semantic, Target(low=85)),
        recognised("class recognised as shown at psi", test, _shown),
        recognised("class recognised, gestures never seen", unseen, _semantic),
    ]  # fmt: skip


def psi_rows(performed: Sequence[Performed], semantic_above: float) -> list[Row]:
    """psi against the corpus' semantic score, by the threshold that the gate learned."""
    psi = _joined(one.take.emphasis for one in performed)
    labels = _joined(_score(one) for one in performed) > semantic_above
    return [
        Row("psi, area under the ROC curve", "", Target(low=0.9), roc_area(psi, labels), digits=3),
        Row("psi, expected calibration error", "", Target(high=0.05), calibration_error(psi, labels), digits=3),
        Row("psi, mean; corpus: share of semantic frames", "", None, float(psi.mean()), float(labels.mean())),
    ]


def look_rows(own: Sequence[Performed], real: Sequence[Subject]) -> list[Row]:
    """What the product shows with its own planner, beside the corpus' motion of the same utterances, mixed likewise."""
    ours, theirs, speaker = (
        measure(motions) for motions in ([one.shown for one in own], [one.utterance.mixed for one in own], real)
    )
    rows = []
    for metric in METRICS:
        target = _LIMITS.get(metric.name)
        if metric.name in _AGAINST_REAL and real:
            low, high, text = _AGAINST_REAL[metric.name]
            target = Target(low * speaker[metric.name], high * speaker[metric.name], text)
        if target is not None or metric.name in (*_BESIDE, *_AGAINST_REAL):
            values = (found[metric.name] for found in (ours, theirs, speaker))
            rows.append(Row(metric.name, metric.unit, target, *values, digits=metric.digits))
    return [*_paper_rows(own, real), *rows]


def planner_rows(own: Sequence[Performed], other_seed: Sequence[Performed]) -> list[Row]:
    """What the planner is asked for: no performance twice in a row, another seed something else."""
    again = [hit for one in own for hit in planned_again(one)]
    by_name = {one.shown.name: one for one in own}
    pairs = [(by_name[one.shown.name].shown, one.shown) for one in other_seed if one.shown.name in by_name]
    away = _joined(apart(a.positions, b.positions) for a, b in pairs)
    visible = f"hands over {100 * VISIBLY_APART_M:.0f} cm apart between seeds"
    return [
        Row(
            "the same performance planned again within 6 s", "% of gestures", Target(high=0), _percent(again), digits=1
        ),
        Row("hands apart between seeds, mean", "cm", Target(low=100 * VISIBLY_APART_M), 100 * _mean(away), digits=1),
        Row(visible, "% of frames", None, _percent(away > VISIBLY_APART_M), digits=1),
    ]


def planned_again(one: Performed) -> list[bool]:
    """For every gesture of an actor that was planned, whether the same was planned less than 6 s before."""
    apexes = sorted({(s.times.apex_s, s.performance) for s in one.plan.strokes if s.performance >= 0})
    return [any(n == number and 0 < apex_s - other_s <= REPEAT_S for other_s, n in apexes) for apex_s, number in apexes]


def _paper_rows(own: Sequence[Performed], real: Sequence[Subject]) -> list[Row]:
    """L1 diversity and BC: what is shown beside the corpus mixed, the semantic layer beside that of the corpus."""
    pieces = [piece for subject in real for piece in _pieces(subject)]
    speaker = paper_figures(pieces, [], RECIPES["corrected"])[0].value if pieces else NOTHING
    kinds = (
        ("shown", [one.shown for one in own], [one.utterance.mixed for one in own]),
        ("semantic layer", [one.semantic for one in own], [one.utterance.subject for one in own]),
    )
    rows = []
    for kind, ours, theirs in kinds:
        diversity, beats, chance, *_ = paper_figures(ours, theirs, RECIPES["corrected"])
        near = Target(0.8 * diversity.reference, 1.2 * diversity.reference, "within 20 % of the corpus")
        as_high = Target(low=beats.reference, text="≥ the corpus'")
        rows += [
            Row(f"L1 diversity, {kind}", diversity.unit, near, diversity.value, diversity.reference, speaker),
            Row(f"beat consistency, {kind}", "", as_high, beats.value, beats.reference, digits=3),
            Row("the same by chance", "", None, chance.value, chance.reference, digits=3),
        ]
    return rows


def _pieces(subject: Subject) -> list[Subject]:
    length = round(_PIECE_S * FPS)
    return [
        replace(subject, rotations=subject.rotations[first : first + length],
                translation=subject.translation[first : first + length])
        for first in range(0, subject.frames - length + 1, length)
    ]  # fmt: skip


def _extents(performed: Sequence[Performed], layer: Layer) -> Array:
    return _joined(extent_ratios(layer(one), one.utterance.subject, one.utterance.strokes) for one in performed)


def _wrists_cm(performed: Sequence[Performed], counts: Callable[[ToldStroke], bool]) -> float:
    errors = []
    for one in performed:
        strokes = [stroke for stroke in one.utterance.strokes if counts(stroke)]
        errors.append(wrist_errors_m(one.semantic, one.utterance.subject, strokes))
    return 100 * _mean(_joined(errors))


def _recognised(performed: Sequence[Performed], layer: Layer, classes: Classes) -> float:
    return _percent([hit for one in performed for hit in classes.hits(layer(one).rotations, one.utterance.strokes)])


def _semantic(one: Performed) -> Subject:
    return one.semantic


def _shown(one: Performed) -> Subject:
    return one.shown


def _of_corpus(one: Performed) -> Subject:
    return one.utterance.subject


def _score(one: Performed) -> Array:
    score = one.utterance.subject.semantic_score
    return np.zeros(one.take.frames) if score is None else score


def _joined(arrays: Iterable[Array]) -> Array:
    return np.concatenate([*arrays, np.zeros(0)])


def _mean(samples: Array) -> float:
    return float(samples.mean()) if len(samples) else NOTHING


def _median(samples: Array) -> float:
    return float(np.median(samples)) if len(samples) else NOTHING


def _percent(states: ArrayLike) -> float:
    return 100 * _mean(np.asarray(states, dtype=float))
