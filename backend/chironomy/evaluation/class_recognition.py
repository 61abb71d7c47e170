"""Which class a gesture is of, told from what the hands do: by the most alike of gestures whose class is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..motion import rotations as rot
from ..motion.body import Body
from ..motion.kinematics import forward
from ..motion.rotations import Array
from ..motion.skeleton import FINGERS, INDEX
from .told_strokes import ToldGesture

#: Moments from half of the preparation until the hand is let go.
_MOMENTS = 10
#: So many known gestures are asked, the nearest first; a class counts by how near they are.
_NEIGHBOURS = 5
#: What a difference of 1 weighs: of places in metres, of directions, of fingers' bends in radians.
_PLACE, _DIRECTION, _BEND = 4.0, 0.5, 0.25
_PALM = np.array([0.0, -1.0, 0.0])


def features(rotations: ArrayLike, gesture: ToldGesture, body: Body) -> Array:
    """What the gesture's hands do in a motion [T, 55, 4]: places of wrists, directions of palms and hands, fingers.

    Places and directions as the chest sees them. [n], as long for all gestures of as many hands.
    """
    lead = gesture.strokes[0]
    last = len(np.asarray(rotations)) - 1
    span = np.linspace((lead.first + lead.raised) / 2, max(lead.lowering, lead.apex + 1), _MOMENTS)
    pose = np.asarray(rotations, dtype=float)[np.clip(span.round().astype(int), 0, last)]
    positions, world = forward(pose, np.zeros((len(pose), 3)), body.rest_joints)
    chest = rot.inverse(world[:, INDEX["spine3"]])
    return np.concatenate(
        [_of_hand(positions, world, pose, chest, body, ("left", "right")[stroke.side]) for stroke in gesture.strokes]
    )


@dataclass
class Recogniser:
    """Knows gestures by their features; gestures of the left hand, the right or both are compared among themselves."""

    _known: dict[str, list[tuple[Array, str]]] = field(default_factory=dict)

    def learn(self, hands: str, gesture_features: Array, gesture_class: str) -> None:
        """Adds a gesture whose class is known."""
        self._known.setdefault(hands, []).append((gesture_features, gesture_class))

    def recognise(self, hands: str, gesture_features: Sequence[Array]) -> list[str]:
        """The class of each gesture; "" where none of such hands is known."""
        known = self._known.get(hands, [])
        if not known or not len(gesture_features):
            return [""] * len(gesture_features)
        table = np.stack([own for own, _ in known])
        classes = [name for _, name in known]
        return [_vote(np.linalg.norm(table - asked, axis=1), classes) for asked in gesture_features]


def _vote(distances: Array, classes: Sequence[str]) -> str:
    votes: Counter[str] = Counter()
    for k in np.argsort(distances)[:_NEIGHBOURS]:
        votes[classes[k]] += 1 / max(distances[k], 1e-9)  # type: ignore[assignment]
    return votes.most_common(1)[0][0]


def _of_hand(positions: Array, world: Array, pose: Array, chest: Array, body: Body, side: str) -> Array:
    wrist, knuckle = INDEX[f"{side}_wrist"], INDEX[f"{side}_middle1"]
    place = rot.rotate(chest, positions[:, wrist] - positions[:, INDEX["spine3"]])
    hand = rot.multiply(chest, world[:, wrist])
    along = body.rest_joints[knuckle] - body.rest_joints[wrist]
    directions = [rot.rotate(hand, axis / np.linalg.norm(axis)) for axis in (_PALM, along)]
    bends = np.stack([_bend(pose, side, finger) for finger in FINGERS], axis=-1)
    parts = [_PLACE * place, *(_DIRECTION * direction for direction in directions), _BEND * bends]
    return np.concatenate([part.ravel() for part in parts])


def _bend(pose: Array, side: str, finger: str) -> NDArray:
    return np.sum([rot.angle(pose[:, INDEX[f"{side}_{finger}{k}"]]) for k in (1, 2, 3)], axis=0)
