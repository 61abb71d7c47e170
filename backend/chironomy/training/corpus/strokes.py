"""The strokes that are in an utterance's two layers, described as a planner would ask for them."""

from __future__ import annotations

from ...generators.rhythm.plan import Performed
from ...generators.semtalk.gesture_plan import PlannedStroke, StrokeTimes
from ...generators.semtalk.strokes import (
    Stroke,
    described_strokes,
    strokes_of_beat,
    strokes_of_gesture,
    without_covered,
)
from ...motion.body import Body
from ...motion.rotations import Array
from .choreography import Utterance
from .overlay import Placed
from .performances import active_sides


def base_strokes(utterance: Utterance, body: Body) -> list[PlannedStroke]:
    """Beats of the base layer."""
    ours = [s for p in _not_silent(utterance) for s in strokes_of_beat(p, p.base_size)]
    actors = [s for p in utterance.placed_in_base for s in _of_actor(p)]
    return _together(ours, actors, utterance.take.base_rotations, body)


def semantic_strokes(utterance: Utterance, body: Body) -> list[PlannedStroke]:
    """Gestures and beats of the semantic layer."""
    ours = [
        s
        for p in _not_silent(utterance)
        for s in (strokes_of_gesture(p) if p.gesture else strokes_of_beat(p, p.semantic_size))
    ]
    actors = [s for p in utterance.placed for s in _of_actor(p)]
    return _together(ours, actors, utterance.take.semantic_rotations, body)


def _together(ours: list[Stroke], actors: list[Stroke], rotations: Array, body: Body) -> list[PlannedStroke]:
    over = described_strokes(actors, rotations, body)
    return [*over, *without_covered(described_strokes(ours, rotations, body), over)]


def _not_silent(utterance: Utterance) -> list[Performed]:
    silent = {p.word for p in utterance.silent}
    return [p for p in utterance.planned if p.word not in silent]


def _of_actor(placed: Placed) -> list[Stroke]:
    times = StrokeTimes(placed.start_s, placed.raised_s, placed.apex_s, placed.lowering_s, placed.end_s)
    performance = placed.performance
    return [
        Stroke(side, performance.gesture_class, times, placed.word, performance.number)
        for side in active_sides(performance.hands)
    ]
