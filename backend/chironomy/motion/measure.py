"""Figures of a motion that an animator would notice: how fast, jerky, still, far-reaching; hands in the body."""

import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import rotations as rot
from .body import Body, neutral_body
from .feet import foot_contacts, foot_sliding
from .kinematics import forward
from .limits import violations
from .rotations import Array
from .skeleton import FINGERS, INDEX
from .stretches import in_stretches

WRISTS = (INDEX["left_wrist"], INDEX["right_wrist"])
#: A hand slower than this stands still, as far as the eye can tell.
STILL_M_S = 0.01


def speed(positions: ArrayLike, fps: float) -> Array:
    """Speed [T, ...] of points [T, ..., 3], metres per second, by central differences."""
    points = np.asarray(positions, dtype=float)
    if len(points) < 2:
        return np.zeros(points.shape[:-1])
    return np.linalg.norm(np.gradient(points, 1 / fps, axis=0), axis=-1)


def jerk(positions: ArrayLike, fps: float) -> Array:
    """Size of the third derivative [T − 3, ...] of points [T, ..., 3], metres per second cubed."""
    points = np.asarray(positions, dtype=float)
    return np.linalg.norm(np.diff(points, n=3, axis=0), axis=-1) * fps**3


def frozen(positions: ArrayLike, fps: float) -> NDArray[np.bool_]:
    """[T], where neither wrist moves; positions [T, 55, 3]."""
    wrists = np.asarray(positions, dtype=float)[:, list(WRISTS)]
    return np.all(speed(wrists, fps) < STILL_M_S, axis=1)


def frozen_share(positions: ArrayLike, fps: float) -> float:
    """Part of the frames, 0…1, in which neither wrist moves; positions [T, 55, 3]."""
    return float(np.mean(frozen(positions, fps)))


def extent(positions: ArrayLike) -> Array:
    """How far points [T, ..., 3] get from their median place: the 95th percentile over time, metres, [...]."""
    points = np.asarray(positions, dtype=float)
    away = np.linalg.norm(points - np.median(points, axis=0), axis=-1)
    return np.percentile(away, 95, axis=0)


def hands_in_body(positions: ArrayLike, world: ArrayLike, body: Body) -> Array:
    """How deep the bones of either hand are in the trunk or head, metres, [T, 2]; 0 outside.

    positions [T, 55, 3] and world rotations [T, 55, 4] as forward kinematics gives them. The body's shape is a set of
    ellipsoids, true to about 2 cm; a hand that touches the chest has its bones 1 to 2 cm outside.
    """
    positions, world = np.asarray(positions, dtype=float), np.asarray(world, dtype=float)
    hands = np.stack([_hand_points(positions, world, body, side) for side in ("left", "right")], axis=1)
    scale = _trunk_length(body.rest_joints) / _trunk_length(neutral_body().rest_joints)
    deepest = np.zeros(hands.shape[:2])
    for joint, offset, half_axes in _ellipsoids():
        centre = positions[:, joint] + rot.rotate(world[:, joint], offset * scale)
        turned_back = rot.inverse(world[:, None, None, joint])
        inside = _depth(rot.rotate(turned_back, hands - centre[:, None, None]), half_axes * scale)
        deepest = np.maximum(deepest, inside.max(axis=-1))
    return deepest


def hands_apart(positions: ArrayLike, world: ArrayLike, body: Body) -> Array:
    """The shortest distance between the bones of the two hands, metres, [T]; arguments as for hands_in_body.

    Joints and finger ends stand for the bones. Folded hands lie about 3 cm apart.
    """
    positions, world = np.asarray(positions, dtype=float), np.asarray(world, dtype=float)

    def shortest(positions: Array, world: Array) -> Array:
        left, right = (_hand_points(positions, world, body, side) for side in ("left", "right"))
        return np.linalg.norm(left[:, :, None] - right[:, None], axis=-1).min(axis=(1, 2))

    return in_stretches(shortest, positions, world)


def motion_figures(rotations: ArrayLike, translation: ArrayLike, body: Body, fps: float) -> dict[str, float]:
    """What there is to know about a motion [T, 55, 4], [T, 3] in figures, by name with unit."""
    positions, world = forward(rotations, translation, body.rest_joints)
    wrists = positions[:, list(WRISTS)]
    wrist_speed = speed(wrists, fps)
    jerks = jerk(wrists, fps)
    above_hips = wrists[..., 1] - positions[:, [INDEX["left_hip"], INDEX["right_hip"]], 1]
    sliding = foot_sliding(positions, foot_contacts(positions, fps))
    return {
        "faster wrist, median m/s": float(np.median(wrist_speed.max(axis=1))),
        "faster wrist, 95th percentile m/s": float(np.percentile(wrist_speed.max(axis=1), 95)),
        "wrist jerk, median m/s³": float(np.median(jerks)) if jerks.size else 0.0,
        "frames with still hands, share": frozen_share(positions, fps),
        "wrists above hips, median m": float(np.median(above_hips)),
        "wrist extent, m": float(extent(wrists).max()),
        "head turn, 95th percentile °": float(np.degrees(np.percentile(rot.angle(_head_turn(world)), 95))),
        "foot sliding, worst contact m": float(sliding.max(initial=0.0)),
        "hands in body, deepest m": float(hands_in_body(positions, world, body).max()),
        "joints out of range, worst °": float(np.degrees(violations(rotations).max())),
    }


def _head_turn(world: Array) -> Array:
    """The head's rotation against the pelvis, [T, 4]."""
    return rot.multiply(rot.inverse(world[:, INDEX["pelvis"]]), world[:, INDEX["head"]])


def _hand_points(positions: Array, world: Array, body: Body, side: str) -> Array:
    """Wrist, middle of the palm, all finger joints and finger ends, [T, 22, 3]."""
    wrist, knuckle, first = (INDEX[f"{side}_{name}"] for name in ("wrist", "middle1", "index1"))
    palm = (positions[:, wrist] + positions[:, knuckle]) / 2
    ends = []
    for finger in FINGERS:
        name = f"{side}_{finger}3"
        along = np.asarray(body.tips[name]) - body.rest_joints[INDEX[name]]
        ends.append(positions[:, INDEX[name]] + rot.rotate(world[:, INDEX[name]], along))
    points = [positions[:, wrist], palm, *np.moveaxis(positions[:, first : first + 15], 1, 0), *ends]
    return np.stack(points, axis=1)


@cache
def _ellipsoids() -> tuple[tuple[int, Array, Array], ...]:
    """Joint, centre from it at rest [3], half-axes [3]; neutral body."""
    document = json.loads((Path(__file__).parent / "body_volumes.json").read_text(encoding="utf-8"))
    rest = neutral_body().rest_joints
    return tuple(
        (INDEX[e["joint"]], np.array(e["centre"]) - rest[INDEX[e["joint"]]], np.array(e["half_axes"]))
        for e in document["ellipsoids"]
    )


def _depth(points: Array, half_axes: Array) -> Array:
    """Depth below an ellipsoid's surface, to first order; 0 outside. points [..., 3] from its centre."""
    level = np.linalg.norm(points / half_axes, axis=-1)
    steepness = np.linalg.norm(points / half_axes**2, axis=-1)
    depth = level * (1 - level) / np.maximum(steepness, 1e-9)
    # the approximation fails around the centre, where the shortest way out is the smallest half-axis
    return np.where(level < 1, np.minimum(np.where(level > 1e-6, depth, np.inf), half_axes.min()), 0.0)


def _trunk_length(rest_joints: Array) -> float:
    return float(rest_joints[INDEX["head"], 1] - rest_joints[INDEX["pelvis"], 1])
