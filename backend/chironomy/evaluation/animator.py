"""Figures that an animator would notice: each a statistic over samples that all the motions give together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..motion.feet import foot_contacts, foot_sliding
from ..motion.limits import violations
from ..motion.measure import frozen, hands_apart, hands_in_body, jerk
from ..motion.rotations import Array
from ..motion.skeleton import INDEX
from . import strokes
from .subject import FPS, Subject

#: Deeper than this a hand's bones are in the body for certain: its shape is known to about 2 cm.
_IN_BODY_M = 0.02
#: Folded hands have their bones about 3 cm apart: nearer than this they are in each other.
_IN_EACH_OTHER_M = 0.012
#: What rounding and retargeting leave is no joint out of its range.
_OUT_OF_RANGE_RAD = np.radians(1.0)
#: Hands faster than this are seen to move; slower than the second they are held.
_MOVING_M_S, _HELD_M_S = 0.15, 0.05
#: Hands do the same thing mirrored where their velocities differ by less than this part of the faster one.
_MIRRORED = 0.3
_MIRROR = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Metric:
    """One figure: what each motion contributes to it, and the statistic over all that."""

    name: str
    unit: str
    samples: Callable[[Subject], NDArray]
    statistic: Callable[[Array], float]
    digits: int = 2


def measure(subjects: Sequence[Subject]) -> dict[str, float]:
    """All figures over a set of motions by name, in the units of METRICS; NaN where a set has nothing to measure."""
    return {metric.name: _of(metric, subjects) for metric in METRICS}


def _of(metric: Metric, subjects: Sequence[Subject]) -> float:
    samples = [np.asarray(metric.samples(subject), dtype=float) for subject in subjects]
    together = np.concatenate(samples) if samples else np.zeros(0)
    return metric.statistic(together) if len(together) else float("nan")


def _mean(samples: Array) -> float:
    return float(samples.mean())


def _median(samples: Array) -> float:
    return float(np.median(samples))


def _percentile_95(samples: Array) -> float:
    return float(np.percentile(samples, 95))


def _largest(samples: Array) -> float:
    return float(samples.max())


def _percent(samples: Array) -> float:
    return 100 * float(samples.mean())


def _a_minute(samples: Array) -> float:
    return 60 * FPS * float(samples.mean())


def _faster_hand(subject: Subject) -> Array:
    return subject.hand_speed.max(axis=1)


def _jerk(subject: Subject) -> Array:
    return jerk(subject.wrists, FPS).ravel()


def _above_hips(subject: Subject) -> Array:
    hips = subject.positions[:, [INDEX["left_hip"], INDEX["right_hip"]], 1]
    return subject.wrists[..., 1] - hips


def _raised(subject: Subject) -> NDArray[np.bool_]:
    """Where a wrist is higher than the pelvis; the hip joints are lower than the wrists of hanging arms."""
    return (subject.wrists[..., 1] > subject.positions[:, None, INDEX["pelvis"], 1]).any(axis=1)


def _from_usual_place(subject: Subject) -> Array:
    places = subject.wrists_from_chest
    return np.linalg.norm(places - np.median(places, axis=0), axis=-1).ravel()


def _frozen_while_speaking(subject: Subject) -> NDArray[np.bool_]:
    return frozen(subject.positions, FPS)[subject.speaking]


def runs_s(states: NDArray[np.bool_]) -> Array:
    """Lengths in seconds of all stretches of true frames in [T]; a single 0 where there are none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], states, [False]]).astype(int)))
    return np.append(edges[1::2] - edges[::2], 0) / FPS


def _frozen_stretches(subject: Subject) -> Array:
    return runs_s(frozen(subject.positions, FPS) & subject.speaking)


def _held_stretches(subject: Subject) -> Array:
    return runs_s((_faster_hand(subject) < _HELD_M_S) & subject.speaking)


def _stress_to_peak_ms(subject: Subject) -> Array:
    return 1000.0 * np.abs(strokes.from_stress_s(subject, strokes.peaks_s(subject)))


def _any_time_to_peak_ms(subject: Subject) -> Array:
    return 1000.0 * np.abs(strokes.from_any_time_s(subject, strokes.peaks_s(subject)))


def _stress_to_end_ms(subject: Subject) -> Array:
    return 1000.0 * np.abs(strokes.from_stress_s(subject, strokes.ends_s(subject)))


def _sliding_mm(subject: Subject) -> Array:
    return 1000 * foot_sliding(subject.positions, foot_contacts(subject.positions, FPS))


def _depth_in_body(subject: Subject) -> Array:
    return hands_in_body(*subject.placed, subject.body).max(axis=1)


def _out_of_range(subject: Subject) -> Array:
    return violations(subject.rotations).max(axis=1)


def _mirrored(subject: Subject) -> NDArray[np.bool_]:
    """Of the frames in which a hand moves, those in which the other does the same, mirrored; as the chest sees them."""
    velocity = np.diff(subject.wrists_from_chest, axis=0) * FPS
    faster = np.linalg.norm(velocity, axis=-1).max(axis=1)
    apart = np.linalg.norm(velocity[:, 0] - _MIRROR * velocity[:, 1], axis=-1)
    return (apart < _MIRRORED * faster)[faster > _MOVING_M_S]


METRICS: tuple[Metric, ...] = (
    Metric("faster hand, median speed", "m/s", _faster_hand, _median),
    Metric("faster hand, 95th percentile", "m/s", _faster_hand, _percentile_95),
    Metric("a hand moves", "% of frames", lambda s: _faster_hand(s) > _MOVING_M_S, _percent, 1),
    Metric("a hand is above the hips", "% of frames", _raised, _percent, 1),
    Metric("hands above the hip joints, median", "m", lambda s: _above_hips(s).ravel(), _median),
    Metric("wrist from its median place, 95th percentile", "m", _from_usual_place, _percentile_95),
    Metric("wrist jerk, median", "m/s³", _jerk, _median, 0),
    Metric("wrist jerk, 95th percentile", "m/s³", _jerk, _percentile_95, 0),
    Metric("frozen while speaking", "% of frames", _frozen_while_speaking, _percent, 1),
    Metric("frozen while speaking, longest", "s", _frozen_stretches, _largest),
    Metric("held (under 0.05 m/s), longest", "s", _held_stretches, _largest),
    Metric("strokes, those of both hands together as one", "a minute", strokes.stroke_onsets, _a_minute, 0),
    Metric("words given a gesture", "a minute", strokes.planned_onsets, _a_minute, 0),
    Metric("stressed vowel to a stroke's peak, median", "ms", _stress_to_peak_ms, _median, 0),
    Metric("any moment of speech to a stroke's peak, median", "ms", _any_time_to_peak_ms, _median, 0),
    Metric("stressed vowel to a stroke's end, median", "ms", _stress_to_end_ms, _median, 0),
    Metric("strokes in silence", "% of strokes", strokes.in_silence, _percent, 1),
    Metric("the same stroke again within 6 s", "% of large strokes", strokes.repeated, _percent, 1),
    Metric("both hands at once, ± 1 frame", "% of strokes", strokes.at_once, _percent, 1),
    Metric("both hands mirrored", "% of moving frames", _mirrored, _percent, 1),
    Metric("foot sliding, median of contacts", "mm", _sliding_mm, _median, 1),
    Metric("foot sliding, worst contact", "mm", _sliding_mm, _largest, 1),
    Metric("a joint over 1° out of range", "% of frames", lambda s: _out_of_range(s) > _OUT_OF_RANGE_RAD, _percent, 1),
    Metric("joints out of range, worst", "°", lambda s: np.degrees(_out_of_range(s)), _largest, 1),
    Metric("hands over 2 cm in trunk or head", "% of frames", lambda s: _depth_in_body(s) > _IN_BODY_M, _percent),
    Metric("hands in trunk or head, deepest", "cm", lambda s: 100 * _depth_in_body(s), _largest, 1),
    Metric(
        "hands in each other",
        "% of frames",
        lambda s: hands_apart(*s.placed, s.body) < _IN_EACH_OTHER_M,
        _percent,
    ),
)  # fmt: skip
#: By name, for what prints them.
BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}
