"""Whose performance each gesture of a corpus is, told by its description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from ...evaluation.told_strokes import ToldGesture
from ...generators.semtalk.gesture_plan import DESCRIPTION_CHANNELS
from ...generators.semtalk.repertoire import LearnedGesture

#: Where wrists are and how long they rise tells performances apart better than how palm and fingers stand.
_WEIGHTS = np.concatenate([np.full(9, 2.0), np.ones(DESCRIPTION_CHANNELS - 9), [2.0]])
#: Weighted distance up to which a description is a performance's; variations come to 0.5, other gestures begin there.
_ALIKE = 0.6


def performances_of(
    gestures: Sequence[ToldGesture], repertoire: Mapping[str, Sequence[LearnedGesture]], names: Sequence[str]
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
