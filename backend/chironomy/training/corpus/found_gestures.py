"""Gestures found again in a corpus' shards: when, which class, which hands, and whose performance each of them is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from ...generators.semtalk.gesture_plan import DESCRIPTION_CHANNELS, HAND_CHANNELS, SIDES
from ...generators.semtalk.repertoire import LearnedGesture
from ...motion.rotations import Array
from ..corpus_format import FPS

#: Where in a hand's channels the stroke, the hold and the retraction are, the way to the apex, and the description.
_STROKE, _AFTER_APEX, _TO_APEX = 1, slice(2, 4), 5
_COURSE, _DESCRIPTION = slice(0, 4), slice(6, 6 + DESCRIPTION_CHANNELS)
#: Half-precision numbers that stay the same differ by less.
_ROUNDING = 0.01
#: Strokes of both hands that begin this near belong together.
_TOGETHER_FRAMES = 6
#: Where wrists are and how long they rise tells performances apart better than how palm and fingers stand.
_WEIGHTS = np.concatenate([np.full(9, 2.0), np.ones(DESCRIPTION_CHANNELS - 9), [2.0]])
#: Weighted distance up to which a description is a performance's; variations come to 0.5, other gestures begin there.
_ALIKE = 0.6


@dataclass(frozen=True)
class FoundGesture:
    """One gesture of an utterance."""

    gesture_class: int
    """Number of its class, counted from 1."""
    hands: str
    """left, right or both."""
    start_frame: int
    apex_frame: int
    rise_s: float
    """From the raised hand to the apex."""
    descriptions: Mapping[int, Array]
    """[17] for each side (0 left, 1 right) whose description is not left open."""


@dataclass(frozen=True)
class _HandStroke:
    side: int
    gesture_class: int
    start: int
    apex: int
    rise_s: float
    description: Array


def gestures_in(plan: NDArray, classes: NDArray) -> list[FoundGesture]:
    """The gestures of one utterance, in order of time, from its plan [T, 58] and gesture classes [T].

    Strokes that others cover before their apex are none.
    """
    hands = np.asarray(plan, dtype=float).reshape(len(plan), len(SIDES), HAND_CHANNELS)
    left, right = (list(_strokes_of(hands[:, side], classes, side)) for side in (0, 1))
    found = []
    for stroke in left:
        partner = next((other for other in right if _together(stroke, other)), None)
        if partner is not None:
            right.remove(partner)
        found.append(_gesture(stroke, partner))
    found += [_gesture(stroke, None) for stroke in right]
    return sorted(found, key=lambda gesture: gesture.start_frame)


def performances_of(
    gestures: Sequence[FoundGesture], repertoire: Mapping[str, Sequence[LearnedGesture]], names: Sequence[str]
) -> NDArray[np.int32]:
    """[gestures]: number of the actor's performance whose description is nearest; −1 where none is alike.

    names: of the classes, from 1 on. Gestures whose description is left open get −1, as do beats of our own.
    """
    numbers = np.full(len(gestures), -1, np.int32)
    groups: dict[tuple[int, str, int], list[int]] = {}
    for k, gesture in enumerate(gestures):
        if gesture.descriptions:
            groups.setdefault((gesture.gesture_class, gesture.hands, min(gesture.descriptions)), []).append(k)
    for (number, hands, side), members in groups.items():
        known = [entry for entry in repertoire.get(names[number - 1], ()) if entry.hands == hands]
        if not known:
            continue
        theirs = np.array([[*dict(entry.by_side())[side], entry.rise_s] for entry in known])
        ours = np.array([[*gestures[k].descriptions[side], gestures[k].rise_s] for k in members])
        apart = cdist(ours * _WEIGHTS, theirs * _WEIGHTS)
        nearest = np.array([entry.number for entry in known])[apart.argmin(axis=1)]
        numbers[members] = np.where(apart.min(axis=1) < _ALIKE, nearest, -1)
    return numbers


def _strokes_of(hand: Array, classes: NDArray, side: int) -> Iterator[_HandStroke]:
    """hand: [T, 29], the plan of one hand."""
    active = hand[:, _COURSE].any(axis=1)
    # the time to the apex falls within a stroke: where it rises another one begins
    risen = np.diff(hand[:, _TO_APEX], prepend=hand[:1, _TO_APEX]) > _ROUNDING
    begins = active & (risen | ~np.concatenate([[False], active[:-1]]))
    borders = [*np.flatnonzero(begins), len(hand)]
    for start, limit in pairwise(borders):
        part = hand[start:limit][active[start:limit]]
        after = np.flatnonzero(part[:, _AFTER_APEX].any(axis=1))
        if len(after):
            rise_s = float(np.count_nonzero(part[:, _STROKE])) / FPS
            apex = int(start + after[0])
            yield _HandStroke(side, int(classes[start]), int(start), apex, rise_s, part[0, _DESCRIPTION])


def _together(stroke: _HandStroke, other: _HandStroke) -> bool:
    return stroke.gesture_class == other.gesture_class and abs(stroke.start - other.start) <= _TOGETHER_FRAMES


def _gesture(stroke: _HandStroke, partner: _HandStroke | None) -> FoundGesture:
    strokes = [stroke] if partner is None else [stroke, partner]
    return FoundGesture(
        gesture_class=stroke.gesture_class,
        hands=SIDES[stroke.side] if partner is None else "both",
        start_frame=min(s.start for s in strokes),
        apex_frame=stroke.apex,
        rise_s=stroke.rise_s,
        descriptions={s.side: s.description for s in strokes if s.description.any()},
    )
