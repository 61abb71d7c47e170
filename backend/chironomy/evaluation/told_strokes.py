"""The strokes that a plan tells networks of, found again in its channels: what corpora keep of a plan.

`generators/semtalk/gesture_plan.plan_channels` makes them: for each hand how far along four phases it is, the stroke's
envelope, seconds to the apex, what it looks like, and where the hand is at home.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..generators.semtalk.gesture_plan import DESCRIPTION_CHANNELS, HAND_CHANNELS
from ..motion.rotations import Array

_PREPARATION, _STROKE, _HOLD, _RETRACTION = range(4)
_PHASES, _DESCRIPTION = slice(0, 4), slice(6, 6 + DESCRIPTION_CHANNELS)
#: Strokes of the two hands that begin and have their apex within so many frames are one gesture.
_TOGETHER_FRAMES = 1


@dataclass(frozen=True)
class ToldStroke:
    """A stroke of one hand: from which frame on what happens; `end` is the frame after the last."""

    side: int
    """0 left, 1 right."""
    gesture_class: int
    """Number of the class, 0 where it is open."""
    first: int
    raised: int
    apex: int
    lowering: int
    end: int
    description: Array
    """[17], zeros where it is left open."""


@dataclass(frozen=True)
class ToldGesture:
    """What one hand does, or both together."""

    strokes: tuple[ToldStroke, ...]

    @property
    def hands(self) -> str:
        return "both" if len(self.strokes) == 2 else ("left", "right")[self.strokes[0].side]

    @property
    def gesture_class(self) -> int:
        return self.strokes[0].gesture_class


def told_strokes(plan: ArrayLike, gesture_class: ArrayLike) -> list[ToldStroke]:
    """All strokes of a plan [T, 58] that come to their apex, in order of it; gesture_class [T]: numbers of classes."""
    channels = np.asarray(plan, dtype=float).reshape(len(np.asarray(plan)), 2, HAND_CHANNELS)
    classes = np.asarray(gesture_class)
    found = [stroke for side in (0, 1) for stroke in _of_hand(channels[:, side], classes, side)]
    return sorted(found, key=lambda stroke: (stroke.apex, stroke.side))


def told_gestures(strokes: Sequence[ToldStroke]) -> list[ToldGesture]:
    """Strokes that both hands make together as one gesture, the others alone."""
    right = {(s.gesture_class, s.first, s.apex): s for s in strokes if s.side == 1}
    gestures = []
    for left in (s for s in strokes if s.side == 0):
        near = range(-_TOGETHER_FRAMES, _TOGETHER_FRAMES + 1)
        keys = ((left.gesture_class, left.first + a, left.apex + b) for a in near for b in near)
        key = next((key for key in keys if key in right), None)
        gestures.append(ToldGesture((left,) if key is None else (left, right.pop(key))))
    gestures += [ToldGesture((stroke,)) for stroke in right.values()]
    return sorted(gestures, key=lambda gesture: gesture.strokes[0].apex)


def _of_hand(channels: Array, classes: NDArray, side: int) -> list[ToldStroke]:
    phase = np.where(channels[:, _PHASES].any(axis=1), channels[:, _PHASES].argmax(axis=1), -1)
    another = (channels[1:, _DESCRIPTION] != channels[:-1, _DESCRIPTION]).any(axis=1)
    borders = np.flatnonzero((np.diff(phase) < 0) | another | (phase[:-1] < 0)) + 1
    strokes = []
    for first, end in pairwise([0, *borders.tolist(), len(phase)]):
        own = phase[first:end]
        if _STROKE not in own or _HOLD not in own:
            continue  # nothing, or cut off by another stroke before its apex
        raised, apex = (first + int(np.argmax(own >= begun)) for begun in (_STROKE, _HOLD))
        lowering = first + int(np.argmax(own == _RETRACTION)) if _RETRACTION in own else end
        # of strokes of both hands at a time, classes tell the one that began last
        number = int(classes[first])
        strokes.append(ToldStroke(side, number, first, raised, apex, lowering, end, channels[first, _DESCRIPTION]))
    return strokes
