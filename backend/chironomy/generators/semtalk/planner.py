"""Who gestures when and how, chosen before the networks move anything: a small seeded planner.

Timing and beats come from the rhythm generator's plan; words that call for a gesture class, and some that are stressed,
take one of the gestures that the model has learned. The animator's choice for a word is the same input; another seed
is another choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...formats.gesture_choice import NO_GESTURE, OPEN
from ...motion.body import Body
from ...motion.rotations import Array
from ...speech.types import FPS
from ..gesture_notices import unmet
from ..request import Request
from ..rhythm.generator import RhythmGenerator
from ..rhythm.lexicon import BEAT
from ..rhythm.library import Style, library, style_named
from ..rhythm.phrases import phrases_of
from ..rhythm.plan import Performed, plan
from ..rhythm.randomness import stream
from .choosing import (
    NOT_AGAIN_S,
    Variation,
    drawn,
    is_in_base,
    made_by,
    varied,
    words_for_actors,
    words_without_our_gesture,
)
from .gesture_plan import (
    SIDES,
    PlannedStroke,
    StrokeTimes,
    bearing_in,
    describe_strokes,
    homes_in,
    on_the_way,
    plan_channels,
    resized,
)
from .repertoire import LearnedGesture, in_hand
from .strokes import described_strokes, strokes_of_beat, strokes_of_gesture, without_covered

#: From where the hand is to where it is raised, and back; lengths of the arm a second, and at least so long.
_RAISING_PER_S, _LOWERING_PER_S = 1.7, 1.2
_INTO_S, _OUT_S = 0.34, 0.55


@dataclass(frozen=True)
class Plan:
    """What the networks are told; T frames."""

    base: NDArray[np.float32]
    """[T, P]"""
    semantic: NDArray[np.float32]
    """[T, P]"""
    gesture_class: NDArray[np.int16]
    """[T]: number of the class in the model's list, counted from 1; 0 leaves it open."""
    performed: tuple[Performed, ...]
    """Every word with its class and stroke window."""
    strokes: tuple[PlannedStroke, ...]
    """Those of the semantic layer."""
    notices: tuple[str, ...] = ()
    """Choices of the animator's that could not be met."""


def plan_gestures(request: Request, repertoire: Mapping[str, Sequence[LearnedGesture]], classes: Sequence[str]) -> Plan:
    """The same request gives the same plan. Raises UserError for an unknown style or class."""
    speech, seed, body = request.speech, request.seed, request.body
    presets = library()
    phrases = phrases_of(speech.words, presets, seed)
    style = style_named(request.style)
    planned = plan(speech, phrases, presets, style, seed, request.gesture_choices)
    asked = {p.word for p in planned if p.choice != OPEN}
    wanted = words_for_actors(planned, repertoire, style, seed, asked)
    without = words_without_our_gesture(planned, wanted, repertoire)
    silent = {**request.gesture_choices, **{p.word: NO_GESTURE for p in without}}
    take = RhythmGenerator().generate(replace(request, gesture_choices=silent))
    base_homes, semantic_homes = homes_in(take.base_rotations, body), homes_in(take.semantic_rotations, body)
    learned = _learned(wanted, repertoire, style, take.semantic_rotations, semantic_homes, body, seed)
    taken = {p.word for p in without}
    others = [p for p in planned if p.word not in taken]
    base = [s for p in others for s in strokes_of_beat(p, p.base_size)]
    semantic = [
        s for p in others for s in (strokes_of_gesture(p) if p.gesture else strokes_of_beat(p, p.semantic_size))
    ]
    small = {gesture.number for gesture in repertoire.get(BEAT, ()) if is_in_base(gesture)}
    beats = [stroke for stroke in learned if stroke.gesture_class == BEAT and stroke.performance in small]
    base = [*beats, *without_covered(described_strokes(base, take.base_rotations, body), beats)]
    semantic = [*learned, *without_covered(described_strokes(semantic, take.semantic_rotations, body), learned)]
    return Plan(
        base=plan_channels(base, base_homes, bearing_in(take.base_rotations, body)).astype(np.float32),
        semantic=plan_channels(semantic, semantic_homes, bearing_in(take.semantic_rotations, body)).astype(np.float32),
        gesture_class=class_numbers(semantic, take.frames, classes),
        performed=tuple(planned),
        strokes=tuple(semantic),
        notices=unmet(request, _hands(semantic)),
    )


def class_numbers(strokes: Sequence[PlannedStroke], frames: int, names: Sequence[str]) -> NDArray[np.int16]:
    """[T]: number of the class that is performed, counted from 1; 0 for none."""
    numbers = np.zeros(frames, np.int16)
    for stroke in sorted(strokes, key=lambda stroke: stroke.times.start_s):
        first, end = stroke.times.span(frames)
        numbers[first:end] = names.index(stroke.gesture_class) + 1 if stroke.gesture_class in names else 0
    return numbers


def _hands(strokes: Sequence[PlannedStroke]) -> dict[int, str]:
    """Word number → left, right or both."""
    sides: dict[int, set[int]] = {}
    for stroke in strokes:
        sides.setdefault(stroke.word, set()).add(stroke.side)
    return {word: "both" if len(found) == 2 else SIDES[found.pop()] for word, found in sides.items()}


def _learned(
    wanted: Sequence[Performed],
    repertoire: Mapping[str, Sequence[LearnedGesture]],
    style: Style,
    ground: Array,
    homes: Array,
    body: Body,
    seed: int,
) -> list[PlannedStroke]:
    """Of the motion without actors' gestures: ground [T, 55, 4], and homes [T, 12] in it."""
    strokes: list[PlannedStroke] = []
    amounts: list[float] = []
    recent: list[tuple[float, int]] = []
    for k, entry in enumerate(wanted):
        chance = stream(seed, "performance", entry.word)
        done = {number for moment_s, number in recent if entry.nucleus_s - moment_s < NOT_AGAIN_S}
        every = made_by(repertoire[entry.gesture_class], entry.choice.hand)
        gesture = drawn([g for g in every if g.number not in done] or every, entry, style, chance)
        next_s = wanted[k + 1].nucleus_s if k + 1 < len(wanted) else np.inf
        recent.append((entry.nucleus_s, gesture.number))
        variation = varied(chance)
        made = _strokes(in_hand(gesture, entry.choice.hand), entry, next_s, homes, body, variation)
        strokes, amounts = [*strokes, *made], [*amounts, *[variation.amount] * len(made)]
    before = describe_strokes(ground, body, [stroke.side for stroke in strokes], [stroke.times for stroke in strokes])
    return [
        replace(stroke, description=on_the_way(here, stroke.description, amount))
        for stroke, here, amount in zip(strokes, before, amounts, strict=True)
    ]


def _strokes(
    gesture: LearnedGesture, entry: Performed, next_s: float, homes: Array, body: Body, variation: Variation
) -> list[PlannedStroke]:
    apex = entry.nucleus_s + variation.lag_s
    raised = apex - gesture.rise_s / variation.speed
    lowering = max(min(apex + gesture.hold_s / variation.speed, next_s - _INTO_S), apex + 0.1)
    frame = int(np.clip(raised * FPS, 0, len(homes) - 1))
    hands = [(side, homes[frame, 6 * side : 6 * side + 3], d) for side, d in gesture.by_side()]
    described = [(side, home, resized(d, home, entry.choice.size, side, body)) for side, home, d in hands]
    way = max(float(np.linalg.norm(d[:3] - home)) for _, home, d in described)
    into, out = max(_INTO_S, way / _RAISING_PER_S), max(_OUT_S, way / _LOWERING_PER_S)
    times = StrokeTimes(raised - into, raised, apex, lowering, lowering + out)
    return [
        PlannedStroke(side, gesture.gesture_class, times, description, entry.word, gesture.number)
        for side, _, description in described
    ]
