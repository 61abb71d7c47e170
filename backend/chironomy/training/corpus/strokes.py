"""The strokes that are in an utterance's two layers, described as a planner would ask for them."""

from __future__ import annotations

from collections.abc import Iterable

from ...generators.rhythm.plan import Performed
from ...generators.semtalk.gesture_plan import PlannedStroke, StrokeTimes, describe_strokes
from ...motion.body import Body
from ...motion.rotations import Array
from .choreography import BEAT, Utterance
from .overlay import Placed
from .performances import active_sides

#: A beat's preparation, and how long it settles.
_BEAT_UP_S, _BEAT_SETTLE_S, _BEAT_DOWN_S = 0.26, 0.12, 0.34
#: Beats smaller than this (lengths of the arm) are small motion, no strokes.
_LEAST_BEAT = 0.12


def base_strokes(utterance: Utterance, body: Body) -> list[PlannedStroke]:
    """Beats of the base layer."""
    strokes = [stroke for p in utterance.placed if p.performance.gesture_class == BEAT for stroke in _of_actor(p)]
    taken = {p.word for p in utterance.silent}
    for entry in utterance.planned:
        if entry.word not in taken:
            strokes += _of_beat(entry, entry.base_size)
    return _described(_seen(strokes), utterance.take.base_rotations, body)


def semantic_strokes(utterance: Utterance, body: Body) -> list[PlannedStroke]:
    """Gestures and beats of the semantic layer."""
    strokes = [stroke for p in utterance.placed for stroke in _of_actor(p)]
    taken = {p.word for p in utterance.silent}
    for entry in utterance.planned:
        if entry.word not in taken:
            strokes += _of_gesture(entry) if entry.gesture else _of_beat(entry, entry.semantic_size)
    return _described(_seen(strokes), utterance.take.semantic_rotations, body)


_Stroke = tuple[int, str, StrokeTimes, int, int]


def _seen(strokes: list[_Stroke]) -> list[_Stroke]:
    """Without those that are made while an actor's stroke covers them."""
    actors = [(side, times) for side, _, times, _, number in strokes if number >= 0]
    return [
        stroke
        for stroke in strokes
        if stroke[4] >= 0
        or not any(side == stroke[0] and t.start_s < stroke[2].apex_s < t.end_s - 0.15 for side, t in actors)
    ]


def _described(strokes: Iterable[_Stroke], rotations: Array, body: Body) -> list[PlannedStroke]:
    found = [stroke for stroke in strokes if stroke[2].end_s > 0 and stroke[2].start_s < len(rotations) / 30]
    descriptions = describe_strokes(rotations, body, [s[0] for s in found], [s[2] for s in found])
    return [
        PlannedStroke(side, name, times, description, word, performance)
        for (side, name, times, word, performance), description in zip(found, descriptions, strict=True)
    ]


def _of_actor(placed: Placed) -> list[_Stroke]:
    times = StrokeTimes(placed.start_s, placed.raised_s, placed.apex_s, placed.lowering_s, placed.end_s)
    performance = placed.performance
    return [
        (side, performance.gesture_class, times, placed.word, performance.number)
        for side in active_sides(performance.hands)
    ]


def _of_beat(entry: Performed, size: float) -> list[_Stroke]:
    if not entry.beat or size < _LEAST_BEAT:
        return []
    half = entry.stroke_s / 2
    sides = [0, 1] if entry.both else [0 if entry.lead == "left" else 1]
    result = []
    for side in sides:
        nucleus = entry.nucleus_s + (entry.lag_s if side != (0 if entry.lead == "left" else 1) else 0.0)
        raised, apex = nucleus - half, nucleus + half
        lowering = apex + _BEAT_SETTLE_S
        times = StrokeTimes(raised - _BEAT_UP_S, raised, apex, lowering, lowering + _BEAT_DOWN_S)
        result.append((side, BEAT, times, entry.word, -1))
    return result


def _of_gesture(entry: Performed) -> list[_Stroke]:
    gesture = entry.gesture
    assert gesture is not None
    result = []
    lead = 0 if entry.lead == "left" else 1
    for side in (0, 1):
        keys = list(gesture.keys if side == lead or gesture.hands == "both" else ())
        keys = list(gesture.other) if side != lead and gesture.other else keys
        strokes = [key.time_s for key in keys if key.phase == "stroke"]
        if not strokes:
            continue
        raised, apex = entry.nucleus_s + keys[0].time_s, entry.nucleus_s + strokes[0]
        lowering = entry.nucleus_s + max(keys[-1].time_s, strokes[0] + 0.1)
        times = StrokeTimes(raised - 0.36, min(raised, apex - 0.05), apex, lowering, lowering + 0.55)
        result.append((side, entry.gesture_class, times, entry.word, -1))
    return result
