"""What a model's planner is to know of the performances that the model is trained on."""

from __future__ import annotations

from collections.abc import Sequence

from ...generators.semtalk.gesture_plan import StrokeTimes, describe_strokes
from ...generators.semtalk.repertoire import LearnedGesture
from ...motion.body import Body
from .performances import Performance, active_sides


def learned_gestures(performances: Sequence[Performance], body: Body) -> list[LearnedGesture]:
    """One entry for each performance that is not held out; descriptions as they are in the performance itself."""
    return [_learned(performance, body) for performance in performances if not performance.held_out]


def _learned(performance: Performance, body: Body) -> LearnedGesture:
    f = performance.phases
    sides = active_sides(performance.hands)
    times = [StrokeTimes(f.start_s, f.raised_s, f.apex_s, f.lowering_s, f.end_s)] * len(sides)
    found = describe_strokes(performance.rotations, body, sides, times)
    return LearnedGesture(
        number=performance.number,
        gesture_class=performance.gesture_class,
        hands=performance.hands,
        rise_s=round(f.apex_s - f.raised_s, 3),
        hold_s=round(f.lowering_s - f.apex_s, 3),
        extent_m=round(performance.extent_m, 3),
        descriptions=tuple(tuple(float(x) for x in description) for description in found),
    )
