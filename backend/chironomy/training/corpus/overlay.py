"""A performance laid over a motion: arms and hands become the actor's, trunk and head go along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...generators.semtalk.choosing import TRUNK_SHARE
from ...generators.semtalk.gesture_plan import raised_weight
from ...motion import rotations as rot
from ...motion.rotations import Array
from ...motion.skeleton import FINGERS, INDEX
from ...speech.types import FPS
from .performances import Performance, active_sides

SIDES = ("left", "right")
ARM_JOINTS = tuple(
    [
        *(INDEX[f"{side}_{name}"] for name in ("collar", "shoulder", "elbow", "wrist")),
        *(INDEX[f"{side}_{finger}{k}"] for finger in FINGERS for k in (1, 2, 3)),
    ]
    for side in SIDES
)
_TRUNK = [INDEX[name] for name in ("spine1", "spine2", "spine3", "neck", "head")]


@dataclass(frozen=True)
class Placed:
    """A performance on a word. Times in seconds of the recording."""

    performance: Performance
    word: int
    apex_s: float
    speed: float
    """1 is the actor's own."""
    amount: float
    """0…1: how far the arms go from where they were to where the actor's are."""
    turn_rad: tuple[float, float]
    """The shoulders turned by so much about the vertical and forward: no two are at the same place."""
    score: float
    """Emphasis of the stroke, 0…1."""
    release_s: float
    """The hand is let go here at the latest: another stroke follows."""
    into_s: float
    """From where the hand happens to be until it is raised."""
    out_s: float
    """From where it is let go until it is where it would be anyway."""

    def at(self, own_s: float) -> float:
        """A moment of the performance as one of the recording."""
        return self.apex_s + (own_s - self.performance.phases.apex_s) / self.speed

    @property
    def raised_s(self) -> float:
        return self.at(self.performance.phases.raised_s)

    @property
    def start_s(self) -> float:
        return self.raised_s - self.into_s

    @property
    def lowering_s(self) -> float:
        return max(min(self.at(self.performance.phases.lowering_s), self.release_s), self.apex_s + 0.1)

    @property
    def end_s(self) -> float:
        return self.lowering_s + self.out_s


def laid_over(rotations: Array, placed: Placed) -> Array:
    """Rotations [T, 55, 4] at FPS with the performance in its place; frames outside of it stay as they were."""
    first = max(int(np.floor(placed.start_s * FPS)), 0)
    last = min(int(np.ceil(placed.end_s * FPS)) + 1, len(rotations))
    if last - first < 2:
        return rotations
    times_s = np.arange(first, last) / FPS
    weight = raised_weight(times_s, placed.start_s, placed.raised_s, placed.lowering_s, placed.end_s)
    actor = _sampled(placed, times_s)
    result = rotations.copy()
    part = result[first:last]
    for side in active_sides(placed.performance.hands):
        joints = ARM_JOINTS[side]
        goal = actor[:, joints]
        goal[:, 1] = rot.multiply(_turn(placed.turn_rad, side), goal[:, 1])
        part[:, joints] = rot.slerp(part[:, joints], goal, (placed.amount * weight)[:, None])
    rest = placed.performance.rotations[:3, _TRUNK]
    movement = rot.multiply(rot.inverse(rot.normalize(rest.mean(axis=0))), actor[:, _TRUNK])
    part[:, _TRUNK] = rot.multiply(
        part[:, _TRUNK], rot.power(movement, (TRUNK_SHARE * placed.amount * weight)[:, None])
    )
    return result


def _sampled(placed: Placed, times_s: Array) -> Array:
    """The actor's rotations [T, 55, 4] at moments of the recording; still before the first and after the last frame."""
    source = placed.performance.rotations
    own_s = placed.performance.phases.apex_s + (times_s - placed.apex_s) * placed.speed
    places = np.clip(own_s * FPS, 0, len(source) - 1)
    before = np.minimum(places.astype(int), len(source) - 2)
    return rot.slerp(source[before], source[before + 1], (places - before)[:, None])


def _turn(turn_rad: tuple[float, float], side: int) -> Array:
    outward = turn_rad[0] if side == 0 else -turn_rad[0]
    return rot.multiply(rot.about("y", np.asarray(outward)), rot.about("x", np.asarray(turn_rad[1])))
