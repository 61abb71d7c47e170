"""The strokes that a plan tells networks of, found again in its channels: what corpora keep of a plan.

`generators/semtalk/gesture_plan.plan_channels` makes them: for each hand how far along four phases it is, the stroke's
envelope, seconds to the apex, what it looks like, and where the hand is at home.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..generators.semtalk.gesture_plan import DESCRIPTION_CHANNELS, SIDES, hands_of
from ..motion.rotations import Array
from .subject import FPS

_PREPARATION, _STROKE, _HOLD, _RETRACTION = range(4)
_PHASES, _DESCRIPTION = slice(0, 4), slice(6, 6 + DESCRIPTION_CHANNELS)
#: Strokes of the two hands that begin and have their apex within so many frames are one gesture: those of actors are at
#: once, of our beats the second hand is up to 0.045 s late. What is further apart in corpora are beats that only meet.
_TOGETHER_FRAMES = 2


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
        return "both" if len(self.strokes) == 2 else SIDES[self.strokes[0].side]

    @property
    def gesture_class(self) -> int:
        return self.strokes[0].gesture_class

    @property
    def apex(self) -> int:
        return self.strokes[0].apex

    @property
    def rise_s(self) -> float:
        """From the raised hand to the apex."""
        return (self.strokes[0].apex - self.strokes[0].raised) / FPS

    @property
    def descriptions(self) -> Mapping[int, Array]:
        """[17] for each side (0 left, 1 right) whose description is not left open."""
        return {stroke.side: stroke.description for stroke in self.strokes if stroke.description.any()}


def told_strokes(plan: ArrayLike, gesture_class: ArrayLike) -> list[ToldStroke]:
    """All strokes of a plan [T, 68] that come to their apex, in order of it; gesture_class [T]: numbers of classes."""
    channels = hands_of(plan)
    classes = np.asarray(gesture_class)
    found = [stroke for side in (0, 1) for stroke in _of_hand(channels[:, side], classes, side)]
    return sorted(found, key=lambda stroke: (stroke.apex, stroke.side))


def told_gestures(strokes: Sequence[ToldStroke]) -> list[ToldGesture]:
    """Strokes that both hands make together as one gesture, the others alone, in order of the apex."""
    right = {stroke.first: stroke for stroke in strokes if stroke.side == 1}
    gestures = []
    for left in (stroke for stroke in strokes if stroke.side == 0):
        near = [first for first, stroke in right.items() if _together(left, stroke)]
        partner = [right.pop(min(near, key=lambda first: abs(first - left.first)))] if near else []
        gestures.append(ToldGesture((left, *partner)))
    gestures += [ToldGesture((stroke,)) for stroke in right.values()]
    return sorted(gestures, key=lambda gesture: gesture.apex)


def _together(left: ToldStroke, right: ToldStroke) -> bool:
    apart = max(abs(left.first - right.first), abs(left.apex - right.apex))
    return left.gesture_class == right.gesture_class and apart <= _TOGETHER_FRAMES


def _of_hand(channels: Array, classes: NDArray, side: int) -> list[ToldStroke]:
    progress = channels[:, _PHASES]
    phase = np.where(progress.any(axis=1), progress.argmax(axis=1), -1)
    # grows from a stroke's first frame to its last: where it falls another stroke begins, even if it looks the same
    course = phase + progress.max(axis=1)
    borders = np.flatnonzero((np.diff(course) < 0) | ((phase[:-1] < 0) & (phase[1:] >= 0))) + 1
    strokes = []
    for first, end in pairwise([0, *borders.tolist(), len(phase)]):
        own = phase[first:end]
        if _STROKE not in own or own.max() < _HOLD:
            continue  # nothing, cut off by another stroke before its apex, or seen again only after it
        raised, apex = (first + int(np.argmax(own >= begun)) for begun in (_STROKE, _HOLD))
        lowering = first + int(np.argmax(own == _RETRACTION)) if _RETRACTION in own else end
        # of strokes of both hands at a time, classes tell the one that began last
        number = int(classes[first])
        strokes.append(ToldStroke(side, number, first, raised, apex, lowering, end, channels[first, _DESCRIPTION]))
    return strokes
