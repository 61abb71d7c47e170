"""The rhythm generator's own beats and gestures as strokes that can be described."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...motion.body import Body
from ...motion.rotations import Array
from ...speech.types import FPS
from ..rhythm.lexicon import BEAT
from ..rhythm.plan import Performed
from .gesture_plan import PlannedStroke, StrokeTimes, describe_strokes

#: A beat's preparation, and how long it settles and fades.
_BEAT_UP_S, _BEAT_SETTLE_S, _BEAT_DOWN_S = 0.26, 0.12, 0.34
#: The same for shapes, which are held as their keys say.
_SHAPE_UP_S, _SHAPE_DOWN_S = 0.36, 0.55
#: Beats smaller than this (lengths of the arm) are small motion, no strokes.
_LEAST_BEAT = 0.12
#: A stroke that ends in the last moments of another's retraction is seen.
_SEEN_S = 0.15


@dataclass(frozen=True)
class Stroke:
    """A stroke of one hand, not yet described."""

    side: int
    gesture_class: str
    times: StrokeTimes
    word: int
    performance: int = -1
    """Number of the actor's performance, −1 where there is none."""


def strokes_of_beat(entry: Performed, size: float) -> list[Stroke]:
    """A beat of this size (lengths of the arm) in the hands that make it."""
    if not entry.beat or size < _LEAST_BEAT:
        return []
    lead, half = _lead(entry), entry.stroke_s / 2
    strokes = []
    for side in (0, 1) if entry.both else (lead,):
        nucleus = entry.nucleus_s + (entry.lag_s if side != lead else 0.0)
        raised, apex = nucleus - half, nucleus + half
        lowering = apex + _BEAT_SETTLE_S
        times = StrokeTimes(raised - _BEAT_UP_S, raised, apex, lowering, lowering + _BEAT_DOWN_S)
        strokes.append(Stroke(side, BEAT, times, entry.word))
    return strokes


def strokes_of_gesture(entry: Performed) -> list[Stroke]:
    """A shaped gesture, by its authored keys."""
    gesture, lead = entry.gesture, _lead(entry)
    if gesture is None:
        return []
    strokes = []
    for side in (0, 1):
        keys = list(gesture.keys if side == lead or gesture.hands == "both" else ())
        keys = list(gesture.other) if side != lead and gesture.other else keys
        ends = [key.time_s for key in keys if key.phase == "stroke"]
        if not ends:
            continue
        apex = entry.nucleus_s + ends[0]
        raised = min(entry.nucleus_s + keys[0].time_s, apex - 0.05)
        lowering = entry.nucleus_s + max(keys[-1].time_s, ends[0] + 0.1)
        times = StrokeTimes(raised - _SHAPE_UP_S, raised, apex, lowering, lowering + _SHAPE_DOWN_S)
        strokes.append(Stroke(side, entry.gesture_class, times, entry.word))
    return strokes


def described_strokes(strokes: Sequence[Stroke], rotations: Array, body: Body) -> list[PlannedStroke]:
    """Those within a motion [T, 55, 4], as they look in it."""
    found = [s for s in strokes if s.times.end_s > 0 and s.times.start_s < len(rotations) / FPS]
    descriptions = describe_strokes(rotations, body, [s.side for s in found], [s.times for s in found])
    return [
        PlannedStroke(s.side, s.gesture_class, s.times, description, s.word, s.performance)
        for s, description in zip(found, descriptions, strict=True)
    ]


def without_covered(strokes: Sequence[PlannedStroke], over: Sequence[PlannedStroke]) -> list[PlannedStroke]:
    """Without those whose apex other strokes of the same hand cover."""
    return [
        stroke
        for stroke in strokes
        if not any(
            other.side == stroke.side and other.times.start_s < stroke.times.apex_s < other.times.end_s - _SEEN_S
            for other in over
        )
    ]


def _lead(entry: Performed) -> int:
    return 0 if entry.lead == "left" else 1
