"""Whether strokes that were asked for are performed: how large, and how near to the motion that shows them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..motion.rotations import Array
from .strokes import LARGE_M, largest_distance
from .subject import Subject
from .told_strokes import ToldStroke


def extent_ratios(generated: Subject, performed: Subject, strokes: Iterable[ToldStroke]) -> Array:
    """How large each stroke is against the performed one, 1 as large: the way of its hand as the chest sees it.

    From preparation to retraction, [strokes]; those performed under 8 cm are left out. Networks that average several
    gestures make them small, however quick they look.
    """
    ratios = []
    for stroke in strokes:
        frames = slice(stroke.first, stroke.end)
        wanted = largest_distance(performed.wrists_from_chest[frames, stroke.side])
        if wanted >= LARGE_M:
            ratios.append(largest_distance(generated.wrists_from_chest[frames, stroke.side]) / wanted)
    return np.array(ratios)


def wrist_errors_m(generated: Subject, performed: Subject, strokes: Iterable[ToldStroke]) -> Array:
    """How far the wrist is from where it is in the performed motion, as the chest sees it, [strokes].

    The mean from the raised hand until it is let go.
    """
    return np.array([_error_m(generated, performed, stroke) for stroke in strokes])


def _error_m(generated: Subject, performed: Subject, stroke: ToldStroke) -> float:
    frames = slice(stroke.raised, stroke.lowering)
    away = generated.wrists_from_chest[frames, stroke.side] - performed.wrists_from_chest[frames, stroke.side]
    return float(np.linalg.norm(away, axis=-1).mean())
