"""How far human joints turn, and rotations brought back within that.

Every rotation is split into a twist about the bone's axis at rest and a swing. The twist has a range, the swing (a
rotation vector in the plane at right angles to the bone) an ellipse whose half-axes differ by direction: an elbow bends
155° one way and next to nothing the other. The ranges are data: joint_limits.json.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import rotations as rot
from .rotations import Array
from .skeleton import JOINT_COUNT, JOINTS
from .stretches import in_stretches

#: Rotations this close to half a turn from the T-pose lie between both ends of every range: there the limited rotation
#: fades to the T-pose, so that it has no jump where the way back changes sides.
_FADE_RAD = np.radians(20.0)


@dataclass(frozen=True)
class _Limits:
    """Ranges of the n joints that have limits, about their own axes: the twist axis and two at right angles to it."""

    joints: NDArray[np.intp]  # [n]
    axes: Array  # [n, 3, 3], rows: unit vectors in motion space, right-handed
    lowest: Array  # [n, 3], radians, in the order of `axes`; 0 or less
    highest: Array  # [n, 3]; 0 or more


@cache
def _limits() -> _Limits:
    document = json.loads((Path(__file__).parent / "joint_limits.json").read_text(encoding="utf-8"))
    joints, axes, lowest, highest = [], [], [], []
    for index, name in enumerate(JOINTS):
        entry = document["joints"].get(name.removeprefix("left_").removeprefix("right_"))
        if entry is None:  # the pelvis turns freely
            continue
        low, high = np.array([entry[axis] for axis in "xyz"], dtype=float).T
        turned = np.radians(entry.get("turned", 0.0))
        if name.startswith("right_"):  # the mirror image turns the other way about y and z
            low, high, turned = np.array([low[0], -high[1], -high[2]]), np.array([high[0], -low[1], -low[2]]), -turned
        order = np.roll(np.arange(3), -"xyz".index(entry["twist"]))
        joints.append(index)
        axes.append(rot.rotate(rot.about("y", turned), np.eye(3))[order])
        lowest.append(np.radians(low[order]))
        highest.append(np.radians(high[order]))
    return _Limits(np.array(joints), np.array(axes), np.array(lowest), np.array(highest))


def limit(rotations: ArrayLike) -> Array:
    """Local rotations [..., 55, 4], every joint brought within its anatomical range.

    Rotations within range come back unchanged, to the bit; the result is continuous in the input.
    """
    rotations = np.asarray(rotations, dtype=float)
    if rotations.shape[-2:] != (JOINT_COUNT, 4):
        raise ValueError(f"local rotations of {JOINT_COUNT} joints are needed, not an array of {rotations.shape}")
    return in_stretches(_limit, rotations) if rotations.ndim == 3 else _limit(rotations)


def extrapolate(start: ArrayLike, end: ArrayLike) -> Array:
    """Local rotations [..., 55, 4] as far beyond `end` as that is from `start`, stopped where joints end.

    This is limit(end · start⁻¹ · end) with the way taken in mind: an elbow that would bend by 220° stops at its limit,
    where the bare rotation, 140° backwards, would count as overstretched. Where that rotation is well out of range,
    twist and swing are carried on each by itself: bending and turning a forearm at once, doubled as one rotation,
    breaks the elbow sideways, and brought back from there it would unbend.
    """
    start, end = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    delta = rot.multiply(rot.inverse(start), end)
    beyond = rot.multiply(end, np.where(delta[..., :1] < 0, -delta, delta))
    limits = _limits()
    (twist, swing), (start_twist, start_swing), (end_twist, end_swing) = (
        _split(limits, q) for q in (beyond, start, end)
    )
    twist = twist + 2 * np.pi * np.round((2 * end_twist - start_twist - twist) / (2 * np.pi))
    expected = 2 * end_swing - start_swing
    other_way = swing * (1 - 2 * np.pi / np.maximum(_length(swing), 1e-9))[..., None]
    swing = np.where((_length(other_way - expected) < _length(swing - expected))[..., None], other_way, swing)
    apart = _share_apart(limits, swing)
    twist = twist + apart * (2 * end_twist - start_twist - twist)
    swing = swing + apart[..., None] * (expected - swing)
    rejoined = _join(limits, twist, swing)
    beyond[..., limits.joints, :] = np.where(apart[..., None] > 0, rejoined, beyond[..., limits.joints, :])
    return _bounded(limits, beyond, twist, swing, np.ones_like(twist))


def _share_apart(limits: _Limits, swing: Array) -> Array:
    """0 for swings [..., n, 2] in range, rising smoothly to 1 half as far out again."""
    reach = _length(swing / np.where(swing < 0, -limits.lowest[:, 1:], limits.highest[:, 1:]))
    share = np.clip((reach - 1.0) / 0.5, 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def violations(rotations: ArrayLike) -> Array:
    """How far each joint is out of its range, radians, [..., 55]; 0 within."""
    rotations = np.asarray(rotations, dtype=float)
    limited = limit(rotations)
    outside = np.any(limited != rotations, axis=-1)
    return np.where(outside, rot.angle(rot.multiply(rot.inverse(rotations), limited)), 0.0)


def _bounded(limits: _Limits, rotations: Array, twist: Array, swing: Array, fade: Array) -> Array:
    """Rotations with the twist [..., n] and swing [..., n, 2] of their joints brought into range, times `fade`."""
    bounded_twist = np.clip(twist, limits.lowest[:, 0], limits.highest[:, 0])
    reach = _length(swing / np.where(swing < 0, -limits.lowest[:, 1:], limits.highest[:, 1:]))
    outside = (reach > 1.0) | (bounded_twist != twist)
    out = rotations.copy()
    if outside.any():
        limited = _join(limits, bounded_twist * fade, swing * (fade / np.maximum(reach, 1.0))[..., None])
        out[..., limits.joints, :] = np.where(outside[..., None], limited, rotations[..., limits.joints, :])
    return out


def _length(vectors: Array) -> Array:
    return np.hypot(vectors[..., 0], vectors[..., 1])


def _limit(rotations: Array) -> Array:
    limits = _limits()
    twist, swing = _split(limits, rotations)
    return _bounded(limits, rotations, twist, swing, _fade(twist) * _fade(_length(swing)))


def _fade(angle_rad: Array) -> Array:
    return np.clip((np.pi - np.abs(angle_rad)) / _FADE_RAD, 0.0, 1.0)


def _split(limits: _Limits, rotations: Array) -> tuple[Array, Array]:
    """Twist angles [..., n] and swing vectors [..., n, 2], radians, such that rotation = swing · twist."""
    q = rotations[..., limits.joints, :]
    w, (x, y, z) = q[..., 0], np.moveaxis((limits.axes @ q[..., 1:, None])[..., 0], -1, 0)
    half = np.arctan2(x, w)
    cosine, sine = np.cos(half), np.sin(half)
    y, z = y * cosine - z * sine, y * sine + z * cosine
    sine_of_half_swing = np.hypot(y, z)
    swing_angle = 2 * np.arctan2(sine_of_half_swing, np.hypot(w, x))
    factor = np.where(sine_of_half_swing > 1e-9, swing_angle / np.maximum(sine_of_half_swing, 1e-12), 2.0)
    twist = 2 * (half - np.pi * np.round(half / np.pi))  # q and −q are one rotation: half a turn either way at most
    return twist, np.stack([y * factor, z * factor], axis=-1)


def _join(limits: _Limits, twist: Array, swing: Array) -> Array:
    """Inverse of _split: quaternions [..., n, 4]."""
    swing_part = rot.exp(np.concatenate([np.zeros((*twist.shape, 1)), swing], axis=-1))
    turned = rot.multiply(swing_part, rot.about("x", twist))
    turned[..., 1:] = (np.swapaxes(limits.axes, -1, -2) @ turned[..., 1:, None])[..., 0]
    return turned
