"""What a planner tells the networks of each frame: which hand does what, how far along it is, and where it goes.

Networks that must choose among equally likely gestures average them; told the phase of each stroke and what it looks
like at a few moments (its description), they perform it. Corpora describe their gestures in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from ...motion import rotations as rot
from ...motion.body import Body
from ...motion.kinematics import forward
from ...motion.rotations import Array
from ...motion.skeleton import INDEX, JOINT_COUNT
from ...speech.types import FPS

SIDES = ("left", "right")
_PHASES = 4
#: Envelope, seconds to the apex.
_COURSE = 2
#: Wrist when raised, at the apex, when lowering; where palm and fingers point at the apex; curl of index and others.
_WRISTS = 3 * 3
_DESCRIPTION = _WRISTS + 3 + 3 + 2
DESCRIPTION_CHANNELS = _DESCRIPTION
#: Of one hand without actors' gestures: where the wrist is, where the palm looks, curl of index and others.
HOME_CHANNELS = 3 + 3 + 2
#: Channels of one hand, and of both: left, then right.
HAND_CHANNELS = _PHASES + _COURSE + _DESCRIPTION + HOME_CHANNELS
#: How the chest is turned on the pelvis, and the head on the chest.
BEARING_CHANNELS = 3 + 3
PLAN_CHANNELS = 2 * HAND_CHANNELS + BEARING_CHANNELS
#: Trunk, head and fingers at rest turn little; told in this unit they count as much as wrists do.
_UNIT_RAD = 0.25
#: A gesture made larger takes the wrist no further from the shoulder than this, in lengths of the arm.
_REACH = 0.94


@dataclass(frozen=True)
class StrokeTimes:
    """When one hand does what, in seconds of the recording."""

    start_s: float
    """The preparation begins."""
    raised_s: float
    """The stroke begins."""
    apex_s: float
    lowering_s: float
    """The hand is let go."""
    end_s: float

    def span(self, frames: int) -> tuple[int, int]:
        """First frame and the one after the last."""
        first = int(np.clip(np.ceil(self.start_s * FPS), 0, frames))
        return first, int(np.clip(np.floor(self.end_s * FPS) + 1, first, frames))


@dataclass(frozen=True)
class PlannedStroke:
    """A stroke of one hand as the networks are told of it."""

    side: int
    """0 left, 1 right."""
    gesture_class: str
    times: StrokeTimes
    description: Array
    """[17]: lengths of the arm from the middle between the shoulders, seen from the chest, x away from the body's
    midline; directions; radians. Right hands are told as left ones."""
    word: int = -1
    performance: int = -1
    """Number of the actor's performance, −1 where there is none."""


def plan_channels(strokes: Sequence[PlannedStroke], homes: Array, bearing: Array) -> Array:
    """[T, 68]: zeros where a hand has no stroke; of strokes that overlap, the later one from its start.

    homes: [T, 16], see `homes_in`; bearing: [T, 6], see `bearing_in`. A description of zeros leaves open what the
    stroke looks like.
    """
    frames = len(homes)
    channels = np.zeros((frames, 2, HAND_CHANNELS))
    channels[:, :, -HOME_CHANNELS:] = homes.reshape(frames, 2, HOME_CHANNELS)
    for stroke in sorted(strokes, key=lambda stroke: stroke.times.start_s):
        first, end = stroke.times.span(frames)
        hand = channels[first:end, stroke.side]
        hand[:, : _PHASES + _COURSE] = _course(stroke.times, np.arange(first, end) / FPS)
        hand[:, _PHASES + _COURSE : -HOME_CHANNELS] = stroke.description
    return np.concatenate([channels.reshape(frames, 2 * HAND_CHANNELS), bearing], axis=-1)


def hands_of(plan: ArrayLike) -> Array:
    """[T, 2, 31]: what a plan [T, 68] tells of the left hand and of the right one."""
    plan = np.asarray(plan, dtype=float)
    return plan[:, : 2 * HAND_CHANNELS].reshape(len(plan), 2, HAND_CHANNELS)


def homes_in(rotations: Array, body: Body) -> Array:
    """[T, 16]: for each hand, where wrist and palm are in a motion [T, 55, 4] and how far the fingers are bent.

    The motion is that of a layer without the actors' gestures, as the rhythm generator makes it. Frame by frame: a
    smoothed one left the networks to guess when hands rise, and they were 7 cm off between strokes. Wrist and palm tell
    half of what fingers do at rest, their curl nearly all of it.
    """
    positions, world = forward(rotations, np.zeros((len(rotations), 3)), body.rest_joints)
    hands = [(*_wrist_and_palm(positions, world, k, body), _curl(rotations, SIDES[k]) / _UNIT_RAD) for k in (0, 1)]
    return np.concatenate([part for hand in hands for part in hand], axis=-1)


def bearing_in(rotations: Array, body: Body) -> Array:
    """[T, 6]: how the chest is turned on the pelvis and the head on the chest in a motion [T, 55, 4]: rotation vectors.

    Nothing that is heard or planned of hands says it: left to guess, heads moved half as far as in the recordings.
    """
    _, world = forward(rotations, np.zeros((len(rotations), 3)), body.rest_joints)
    pelvis, chest, head = (world[:, INDEX[joint]] for joint in ("pelvis", "spine3", "head"))
    turns = [rot.log(rot.multiply(rot.inverse(below), above)) for below, above in ((pelvis, chest), (chest, head))]
    return np.concatenate(turns, axis=-1) / _UNIT_RAD


def raised_weight(times_s: ArrayLike, start_s: float, raised_s: float, lowering_s: float, end_s: float) -> Array:
    """[T]: 0 before and after a gesture, 1 from the raised hand until it lowers; no corner in its speed."""
    times_s = np.asarray(times_s, dtype=float)
    x = np.clip(np.minimum((times_s - start_s) / (raised_s - start_s), (end_s - times_s) / (end_s - lowering_s)), 0, 1)
    return x * x * x * (x * (6.0 * x - 15.0) + 10.0)


def _course(times: StrokeTimes, times_s: Array) -> Array:
    """[T, 6]: progress through preparation, stroke, hold and retraction, envelope, seconds to the apex."""
    borders = (times.start_s, times.raised_s, times.apex_s, times.lowering_s, times.end_s)
    columns = []
    for begin, end in pairwise(borders):
        progress = (times_s - begin) / max(end - begin, 1e-3)
        columns.append(np.where((progress >= 0) & (progress < 1), 0.2 + 0.8 * progress, 0.0))
    up = (times_s - times.start_s) / max(times.raised_s - times.start_s, 1e-3)
    down = (times.end_s - times_s) / max(times.end_s - times.lowering_s, 1e-3)
    x = np.clip(np.minimum(up, down), 0.0, 1.0)
    envelope = x * x * (3.0 - 2.0 * x)
    return np.stack([*columns, envelope, np.clip(times.apex_s - times_s, -1.0, 1.0)], axis=-1)


def describe_strokes(rotations: Array, body: Body, hands: Sequence[int], times: Sequence[StrokeTimes]) -> list[Array]:
    """The description [17] of each stroke as it is in a motion [T, 55, 4]."""
    if not times:
        return []
    last = len(rotations) - 1
    moments = np.array([[t.raised_s, t.apex_s, t.lowering_s] for t in times])
    frames = np.clip(np.round(moments * FPS).astype(int), 0, last)
    positions, world = forward(rotations[frames.ravel()], np.zeros((frames.size, 3)), body.rest_joints)
    positions, world = positions.reshape(-1, 3, JOINT_COUNT, 3), world.reshape(-1, 3, JOINT_COUNT, 4)
    return [_description(positions[k], world[k], rotations[frames[k, 1]], side, body) for k, side in enumerate(hands)]


def resized(description: Array, home: Array, size: float, side: int, body: Body) -> Array:
    """A description [17] with the wrist so many times as far from where the hand is held [3].

    Larger gestures stay within the arm's reach, and come no nearer to chest and midline.
    """
    if size == 1.0:
        return description
    own = description[:_WRISTS].reshape(3, 3)
    wrists = home + size * (own - home)
    if size > 1.0:
        wrists[:, [0, 2]] = np.maximum(wrists, np.minimum(own, home))[:, [0, 2]]
        shoulder = np.array([_shoulder_out(body, SIDES[side]), 0.0, 0.0])
        reach, own_reach = (np.linalg.norm(w - shoulder, axis=-1, keepdims=True) for w in (wrists, own))
        wrists = shoulder + np.minimum(np.maximum(own_reach, _REACH) / reach, 1.0) * (wrists - shoulder)
    return np.concatenate([wrists.ravel(), description[_WRISTS:]])


def on_the_way(here: Array, there: Array, amount: float) -> Array:
    """The description [17] that is so far (0…1) on the way from one to another."""
    mixed = here + amount * (there - here)
    directions = mixed[_WRISTS : _WRISTS + 6].reshape(2, 3)
    mixed[_WRISTS : _WRISTS + 6] = (directions / np.linalg.norm(directions, axis=-1, keepdims=True)).ravel()
    return mixed


def _description(positions: Array, world: Array, apex_local: Array, side: int, body: Body) -> Array:
    name = SIDES[side]
    wrists, palms = _wrist_and_palm(positions, world, side, body)
    hand = rot.multiply(rot.inverse(world[1, INDEX["spine3"]]), world[1, INDEX[f"{name}_wrist"]])
    rest = body.rest_joints
    along = rest[INDEX[f"{name}_middle1"]] - rest[INDEX[f"{name}_wrist"]]
    fingers = rot.rotate(hand, along / np.linalg.norm(along)) * _outward(side)
    return np.concatenate([wrists.ravel(), palms[1], fingers, _curl(apex_local, name)])


def _curl(local: Array, side: str) -> Array:
    """[..., 2], radians: how far the joints of the index finger are bent, and of the other three, on average."""
    index, *others = (
        np.mean([rot.angle(local[..., INDEX[f"{side}_{finger}{k}"], :]) for k in (1, 2, 3)], axis=0)
        for finger in ("index", "middle", "ring", "pinky")
    )
    return np.stack([index, np.mean(others, axis=0)], axis=-1)


def _wrist_and_palm(positions: Array, world: Array, side: int, body: Body) -> tuple[Array, Array]:
    """[T, 3] each, seen from the chest: the wrist in lengths of the arm, and where the palm looks."""
    name = SIDES[side]
    chest = rot.inverse(world[:, INDEX["spine3"]])
    shoulders = (positions[:, INDEX["left_shoulder"]] + positions[:, INDEX["right_shoulder"]]) / 2
    wrist = rot.rotate(chest, positions[:, INDEX[f"{name}_wrist"]] - shoulders) / _arm_length(body, name)
    palm = rot.rotate(rot.multiply(chest, world[:, INDEX[f"{name}_wrist"]]), np.array([0.0, -1.0, 0.0]))
    return wrist * _outward(side), palm * _outward(side)


def _outward(side: int) -> Array:
    return np.array([1.0 if side == 0 else -1.0, 1.0, 1.0])


def _shoulder_out(body: Body, side: str) -> float:
    """How far the shoulder is from the middle between both, in lengths of the arm."""
    shoulders = body.rest_joints[[INDEX["left_shoulder"], INDEX["right_shoulder"]]]
    return float(np.linalg.norm(shoulders[0] - shoulders[1])) / 2 / _arm_length(body, side)


def _arm_length(body: Body, side: str) -> float:
    points = body.rest_joints[[INDEX[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist")]]
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
