"""What a model's planner is to know of the performances that the model is trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...generators.semtalk.gesture_plan import StrokeTimes, bearing_in, describe_strokes
from ...generators.semtalk.repertoire import LearnedGesture, bearing_moments
from ...motion.body import Body
from ...motion.rotations import Array
from ...speech.types import FPS
from .performances import Performance, active_sides


def learned_gestures(performances: Sequence[Performance], body: Body) -> list[LearnedGesture]:
    """One entry for each performance that is not held out; descriptions as they are in the performance itself."""
    return [_learned(performance, body) for performance in performances if not performance.held_out]


def _learned(performance: Performance, body: Body) -> LearnedGesture:
    f = performance.phases
    sides = active_sides(performance.hands)
    times = [StrokeTimes(f.start_s, f.raised_s, f.apex_s, f.lowering_s, f.end_s)] * len(sides)
    found = describe_strokes(performance.rotations, body, sides, times)
    rise_s, hold_s = round(f.apex_s - f.raised_s, 3), round(f.lowering_s - f.apex_s, 3)
    return LearnedGesture(
        number=performance.number,
        gesture_class=performance.gesture_class,
        hands=performance.hands,
        rise_s=rise_s,
        hold_s=hold_s,
        extent_m=round(performance.extent_m, 3),
        descriptions=tuple(tuple(float(x) for x in description) for description in found),
        bearing=_bearing(performance, f.apex_s + bearing_moments(rise_s, hold_s), body),
    )


def _bearing(performance: Performance, moments_s: Array, body: Body) -> tuple[tuple[float, ...], ...]:
    """How trunk and head are turned at these moments, from how they were in the first three frames."""
    turned = bearing_in(performance.rotations, body)
    turned -= turned[:3].mean(axis=0)
    courses = [np.interp(moments_s * FPS, np.arange(len(turned)), course) for course in turned.T]
    return tuple(tuple(float(x) for x in moment) for moment in np.transpose(courses))
