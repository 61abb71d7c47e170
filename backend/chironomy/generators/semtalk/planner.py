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
from ..gesture_notices import unmet
from ..request import Request
from ..rhythm.generator import RhythmGenerator
from ..rhythm.library import library, style_named
from ..rhythm.phrases import phrases_of
from ..rhythm.plan import Performed, plan
from .choosing import BASE_AMOUNT, is_in_base, words_for_actors, words_without_our_gesture
from .gesture_plan import SIDES, PlannedStroke, bearing_in, homes_in, plan_channels
from .learned_strokes import choose_gestures, strokes_in, with_movement
from .repertoire import LearnedGesture
from .strokes import described_strokes, strokes_of_beat, strokes_of_gesture, without_covered


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
    chosen = choose_gestures(wanted, repertoire, style, semantic_homes, body, seed)
    small = [one for one in chosen if is_in_base(one.gesture)]
    taken = {p.word for p in without}
    others = [p for p in planned if p.word not in taken]
    base = [s for p in others for s in strokes_of_beat(p, p.base_size)]
    semantic = [
        s for p in others for s in (strokes_of_gesture(p) if p.gesture else strokes_of_beat(p, p.semantic_size))
    ]
    beats = strokes_in(small, take.base_rotations, body, BASE_AMOUNT)
    learned = strokes_in(chosen, take.semantic_rotations, body)
    base = [*beats, *without_covered(described_strokes(base, take.base_rotations, body), beats)]
    semantic = [*learned, *without_covered(described_strokes(semantic, take.semantic_rotations, body), learned)]
    base_bearing = with_movement(bearing_in(take.base_rotations, body), small, BASE_AMOUNT)
    semantic_bearing = with_movement(bearing_in(take.semantic_rotations, body), chosen)
    return Plan(
        base=plan_channels(base, base_homes, base_bearing).astype(np.float32),
        semantic=plan_channels(semantic, semantic_homes, semantic_bearing).astype(np.float32),
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
