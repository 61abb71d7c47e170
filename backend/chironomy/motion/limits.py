"""How far human joints turn, and rotations brought back within that.

Every rotation is split into a twist about the bone's axis at rest and a swing. The twist has a range, the swing (a
rotation vector in the plane at right angles to the bone) an ellipse whose half-axes differ by direction: an elbow bends
155° one way and next to nothing the other. The ranges are data: joint_limits.json.
"""

import json
from collections.abc import Sequence
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
_FADE_RAD = np.radians(10.0)
#: In how many steps a joint is turned on from pose to pose and limited: no step of half a turn reaches the fading zone.
_STEPS = 12
#: Turns up to this one are made in one go where they end within range.
_ONE_GO_RAD = np.radians(60.0)


@dataclass(frozen=True)
class _Ranges:
    """Ranges of n joints about their own axes: the twist axis and two at right angles to it."""

    axes: Array  # [n, 3, 3], rows: unit vectors in motion space, right-handed
    lowest: Array  # [n, 3], radians, in the order of `axes`; below 0
    highest: Array  # [n, 3]; above 0

    def of(self, rows: NDArray[np.intp]) -> "_Ranges":
        return _Ranges(self.axes[rows], self.lowest[rows], self.highest[rows])


@cache
def _ranges_of(joints: tuple[int, ...]) -> tuple[NDArray[np.intp], _Ranges]:
    """Which of these joints have limits, as places [n] among them, and their ranges."""
    limited, ranges = _limited_joints()
    row_of = {int(joint): row for row, joint in enumerate(limited)}
    places = [place for place, joint in enumerate(joints) if joint in row_of]
    return np.array(places, dtype=np.intp), ranges.of(np.array([row_of[joints[k]] for k in places], dtype=np.intp))


@cache
def _limited_joints() -> tuple[NDArray[np.intp], _Ranges]:
    """Which joints [n] have limits (all but the pelvis), and their ranges."""
    document = json.loads((Path(__file__).parent / "joint_limits.json").read_text(encoding="utf-8"))
    joints, axes, lowest, highest = [], [], [], []
    for index, name in enumerate(JOINTS):
        entry = document["joints"].get(name.removeprefix("left_").removeprefix("right_"))
        if entry is None:
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
    return np.array(joints), _Ranges(np.array(axes), np.array(lowest), np.array(highest))


def limit(rotations: ArrayLike, joints: Sequence[int] = range(JOINT_COUNT)) -> Array:
    """Local rotations [..., J, 4] of these joints, every one brought within its anatomical range.

    Rotations within range come back unchanged, to the bit; the result is continuous in the input.
    """
    rotations = np.asarray(rotations, dtype=float)
    if rotations.shape[-2:] != (len(joints), 4):
        raise ValueError(f"local rotations of {len(joints)} joints are needed, not an array of {rotations.shape}")
    places, ranges = _ranges_of(tuple(joints))

    def limited(q: Array) -> Array:
        out = q.copy()
        out[..., places, :] = _bounded(ranges, q[..., places, :])
        return out

    return in_stretches(limited, rotations) if rotations.ndim == 3 else limited(rotations)


def extrapolate(start: ArrayLike, end: ArrayLike) -> Array:
    """Local rotations [..., 55, 4] as far beyond `end` as that is from `start`, stopped where joints end.

    This is limit(end · start⁻¹ · end) along the way taken: an elbow that would bend by 220° stops at its limit, where
    the bare rotation, 140° backwards, would count as overstretched.
    """
    start, end = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    turn = rot.multiply(end, rot.inverse(start))  # seen from the parent, where hinges keep their direction
    turn = np.where(turn[..., :1] < 0, -turn, turn)
    out = rot.multiply(turn, end)

    joints, ranges = _limited_joints()
    q, turn = out[..., joints, :], turn[..., joints, :]
    stepwise = ~_inside(ranges, *_split(ranges, q)) | (rot.angle(turn) > _ONE_GO_RAD)
    if stepwise.any():
        own_ranges = ranges.of(np.nonzero(stepwise)[-1])
        turned, part = end[..., joints, :][stepwise], rot.power(turn[stepwise], 1 / _STEPS)
        for _ in range(_STEPS):
            turned = _bounded(own_ranges, rot.multiply(part, turned))
        q[stepwise] = turned
        out[..., joints, :] = q
    return out


def violations(rotations: ArrayLike) -> Array:
    """How far each joint is out of its range, radians, [..., 55]; 0 within."""
    rotations = np.asarray(rotations, dtype=float)
    limited = limit(rotations)
    outside = np.any(limited != rotations, axis=-1)
    return np.where(outside, rot.angle(rot.multiply(rot.inverse(rotations), limited)), 0.0)


def _bounded(ranges: _Ranges, q: Array) -> Array:
    """Rotations [..., n, 4] brought within the ranges of n joints; those within stay as they are."""
    parts = _split(ranges, q)
    outside = ~_inside(ranges, *parts)
    if not outside.any():
        return q
    twist, across, upward = (part[outside] for part in parts)
    ranges = ranges.of(np.nonzero(outside)[-1])
    fade = _fade(twist) * _fade(np.hypot(across, upward))
    across, upward = _nearest_swing(ranges, across, upward)
    twist = np.clip(twist, ranges.lowest[:, 0], ranges.highest[:, 0])
    out = q.copy()
    out[outside] = _join(ranges, twist * fade, across * fade, upward * fade)
    return out


def _nearest_swing(ranges: _Ranges, across: Array, upward: Array) -> tuple[Array, Array]:
    """The points of the ellipses nearest to m swings; those inside stay.

    The nearest, not that on the way to the centre: else an elbow, bent to its limit and a little aside, would open.
    With half-axes a it is p·a² / (t + a²), where t ≥ 0 brings it onto the ellipse. Newton's method on one over its
    reach, which is nearly a straight line in t, finds t in a few steps.
    """
    first, second = (half_axis**2 for half_axis in _half_axes(ranges, across, upward))
    t = np.zeros(len(across))
    for _ in range(5):
        first_part = first * (across / (t + first)) ** 2
        second_part = second * (upward / (t + second)) ** 2
        level = np.maximum(first_part + second_part, 1.0)
        slope = first_part / (t + first) + second_part / (t + second)
        t += level * (np.sqrt(level) - 1) / np.maximum(slope, 1e-12)
    across, upward = across * first / (t + first), upward * second / (t + second)
    beyond = np.maximum(_swing_reach(ranges, across, upward), 1.0)
    return across / beyond, upward / beyond


def _inside(ranges: _Ranges, twist: Array, across: Array, upward: Array) -> NDArray[np.bool_]:
    twist_inside = (twist >= ranges.lowest[:, 0]) & (twist <= ranges.highest[:, 0])
    return twist_inside & (_swing_reach(ranges, across, upward) <= 1.0)


def _swing_reach(ranges: _Ranges, across: Array, upward: Array) -> Array:
    """How far out in its ellipse a swing is: 1 on the border."""
    first, second = _half_axes(ranges, across, upward)
    return np.hypot(across / first, upward / second)


def _half_axes(ranges: _Ranges, across: Array, upward: Array) -> tuple[Array, Array]:
    """Of the ellipse in the quarter in which a swing lies; with the sign of the swing."""
    return (
        np.where(across < 0, ranges.lowest[:, 1], ranges.highest[:, 1]),
        np.where(upward < 0, ranges.lowest[:, 2], ranges.highest[:, 2]),
    )


def _fade(angle_rad: Array) -> Array:
    return np.clip((np.pi - np.abs(angle_rad)) / _FADE_RAD, 0.0, 1.0)


def _split(ranges: _Ranges, q: Array) -> tuple[Array, Array, Array]:
    """Twist angles and the swing vectors' two components, radians, [..., n] each; q [..., n, 4] = swing · twist."""
    w, vector = q[..., 0], (q[..., 1], q[..., 2], q[..., 3])
    x, y, z = (_combined(ranges.axes[:, row], vector) for row in range(3))
    half = np.arctan2(x, w)
    cosine, sine = np.cos(half), np.sin(half)
    sine_of_half_swing = np.hypot(y, z)
    swing_angle = 2 * np.arctan2(sine_of_half_swing, np.hypot(w, x))
    factor = np.where(sine_of_half_swing > 1e-9, swing_angle / np.maximum(sine_of_half_swing, 1e-12), 2.0)
    twist = 2 * (half - np.pi * np.round(half / np.pi))  # q and −q are one rotation: half a turn either way at most
    return twist, (y * cosine - z * sine) * factor, (y * sine + z * cosine) * factor


def _join(ranges: _Ranges, twist: Array, across: Array, upward: Array) -> Array:
    """Inverse of _split: quaternions [..., n, 4]."""
    cosine, sine = np.cos(twist / 2), np.sin(twist / 2)
    half_swing = np.hypot(across, upward) / 2
    factor, cosine_of_swing = 0.5 * np.sinc(half_swing / np.pi), np.cos(half_swing)
    across, upward = across * factor, upward * factor
    turned = (np.multiply(cosine_of_swing, sine), across * cosine + upward * sine, upward * cosine - across * sine)
    out = np.empty((*twist.shape, 4))
    out[..., 0] = cosine_of_swing * cosine
    for k in range(3):
        out[..., 1 + k] = _combined(ranges.axes[:, :, k], turned)
    return out


def _combined(weights: Array, vector: tuple[Array, Array, Array]) -> Array:
    """weights [n, 3] times components [..., n] each: numpy takes several times as long for products of tiny arrays."""
    x, y, z = vector
    return weights[:, 0] * x + weights[:, 1] * y + weights[:, 2] * z
