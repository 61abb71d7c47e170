"""Gestures that a model has learned, put on words: their strokes in each layer, and how trunk and head go along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...motion.body import Body
from ...motion.rotations import Array
from ...speech.types import FPS
from ..rhythm.library import Style
from ..rhythm.plan import Performed
from ..rhythm.randomness import stream
from .choosing import INTO_S, NOT_AGAIN_S, OUT_S, TRUNK_SHARE, Variation, drawn, made_by, varied
from .gesture_plan import (
    HOME_CHANNELS,
    PlannedStroke,
    StrokeTimes,
    describe_strokes,
    on_the_way,
    raised_weight,
    resized,
)
from .repertoire import LearnedGesture, in_hand

#: From where the hand is to where it is raised, and back; lengths of the arm a second.
_RAISING_PER_S, _LOWERING_PER_S = 1.7, 1.2


@dataclass(frozen=True)
class ChosenGesture:
    """A learned gesture on a word."""

    gesture: LearnedGesture
    variation: Variation
    strokes: tuple[PlannedStroke, ...]
    """Of each hand that takes part, as far as they were learned to go."""


def choose_gestures(
    wanted: Sequence[Performed],
    repertoire: Mapping[str, Sequence[LearnedGesture]],
    style: Style,
    homes: Array,
    body: Body,
    seed: int,
) -> list[ChosenGesture]:
    """One for each word. homes [T, 16]: where the hands are without these gestures (`homes_in`)."""
    chosen: list[ChosenGesture] = []
    recent: list[tuple[float, int]] = []
    for k, entry in enumerate(wanted):
        chance = stream(seed, "performance", entry.word)
        done = {number for moment_s, number in recent if entry.nucleus_s - moment_s < NOT_AGAIN_S}
        every = made_by(repertoire[entry.gesture_class], entry.choice.hand)
        gesture = drawn([g for g in every if g.number not in done] or every, entry, style, chance)
        next_s = wanted[k + 1].nucleus_s if k + 1 < len(wanted) else np.inf
        recent.append((entry.nucleus_s, gesture.number))
        made, variation = in_hand(gesture, entry.choice.hand), varied(chance)
        chosen.append(ChosenGesture(made, variation, _strokes(made, entry, next_s, homes, body, variation)))
    return chosen


def strokes_in(chosen: Sequence[ChosenGesture], ground: Array, body: Body, amount: float = 1.0) -> list[PlannedStroke]:
    """The gestures' strokes over a layer's own motion [T, 55, 4], so far on the way from there."""
    strokes = [stroke for one in chosen for stroke in one.strokes]
    amounts = [amount * one.variation.amount for one in chosen for _ in one.strokes]
    before = describe_strokes(ground, body, [stroke.side for stroke in strokes], [stroke.times for stroke in strokes])
    return [
        replace(stroke, description=on_the_way(here, stroke.description, part))
        for stroke, here, part in zip(strokes, before, amounts, strict=True)
    ]


def with_movement(bearing: Array, chosen: Sequence[ChosenGesture], amount: float = 1.0) -> Array:
    """The bearing [T, 6] of a layer (`bearing_in`) with trunk and head going along with the gestures as the actors'."""
    result = bearing.copy()
    for one in chosen:
        times = one.strokes[0].times
        first, end = times.span(len(result))
        times_s = np.arange(first, end) / FPS
        moved = one.gesture.bearing_at((times_s - times.apex_s) * one.variation.speed)
        weight = raised_weight(times_s, times.start_s, times.raised_s, times.lowering_s, times.end_s)
        result[first:end] += (TRUNK_SHARE * amount * one.variation.amount * weight)[:, None] * moved
    return result


def _strokes(
    gesture: LearnedGesture, entry: Performed, next_s: float, homes: Array, body: Body, variation: Variation
) -> tuple[PlannedStroke, ...]:
    apex = entry.nucleus_s + variation.lag_s
    raised = apex - gesture.rise_s / variation.speed
    lowering = max(min(apex + gesture.hold_s / variation.speed, next_s - INTO_S), apex + 0.1)
    frame = int(np.clip(raised * FPS, 0, len(homes) - 1))
    hands = [(side, homes[frame, HOME_CHANNELS * side :][:3], d) for side, d in gesture.by_side()]
    described = [(side, home, resized(d, home, entry.choice.size, side, body)) for side, home, d in hands]
    way = max(float(np.linalg.norm(d[:3] - home)) for _, home, d in described)
    into, out = max(INTO_S, way / _RAISING_PER_S), max(OUT_S, way / _LOWERING_PER_S)
    times = StrokeTimes(raised - into, raised, apex, lowering, lowering + out)
    return tuple(
        PlannedStroke(side, gesture.gesture_class, times, description, entry.word, gesture.number)
        for side, _, description in described
    )
