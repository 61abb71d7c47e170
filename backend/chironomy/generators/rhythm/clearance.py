"""Hands clear of trunk, thighs and each other: paths of wrists moved aside, smoothly, where they would not be."""

from __future__ import annotations

import numpy as np

from ...motion.rotations import Array
from .arm_pose import LIFT, SWIVEL, TURNS, WRIST, Arm, hand_way, solve
from .splines import smooth

#: Points of a hand that are kept clear, metres from the wrist along it.
_POINTS_M = np.array([0.0, 0.07, 0.125, 0.175])
#: The trunk as an upright ellipse in the arm frame, in lengths of the arm, with room for the thickness of a hand:
#: half width and half depth at the chest and at the hips, and how far before the shoulders its middle is.
_CHEST_HALF, _HIPS_HALF, _TRUNK_FORWARD = np.array([0.40, 0.31]), np.array([0.49, 0.36]), 0.05
_CHEST_Y, _HIPS_Y = -0.60, -0.85
#: The middle lines of two hands come no nearer than this.
_HANDS_APART_M = 0.118
#: How far beyond the semantic layer hands are to stay clear (emphasis 1.7), and how much nearer bases may be brought.
_BEYOND, _NEARER = 0.7, 0.7
#: Layers with hands further apart than this, in lengths of the arm, would be exaggerated past what arms can do.
_FARTHEST = 0.72
_MIRROR = np.array([-1.0, 1.0, 1.0])


def _soft(x: Array, softness: float) -> Array:
    """max(x, 0) without its corner."""
    return softness * np.logaddexp(0.0, np.clip(x / softness, -60.0, 60.0)) + np.maximum(x - 60.0 * softness, 0.0)


def _most(pushes: Array) -> Array:
    """About the largest of several pushes [T, n] ≥ 0, without the corners of a maximum."""
    return np.sum(pushes**6, axis=-1) ** (1 / 6)


def hand_points(arm: Arm, path: Array) -> Array:
    """[T, 4, 3]: from the wrist to the ends of the fingers, in the arm frame."""
    pose = solve(arm, path[:, WRIST], path[:, SWIVEL], path[:, LIFT])
    along = hand_way(arm, pose, path[:, TURNS])
    return path[:, None, WRIST] + _POINTS_M[:, None] / arm.length * along[:, None]


def _from_body(path: Array, arm: Arm) -> Array:
    """[T, 2]: how far outward and forward a hand must move to be outside trunk and thighs, arm lengths."""
    points = hand_points(arm, path)
    low = np.clip((_CHEST_Y - points[..., 1]) / (_CHEST_Y - _HIPS_Y), 0.0, 1.0)[..., None]
    half = _CHEST_HALF + low * (_HIPS_HALF - _CHEST_HALF)
    across = np.stack([points[..., 0], points[..., 2] - _TRUNK_FORWARD], axis=-1)
    level = np.linalg.norm(across / half, axis=-1)
    way = across / half**2
    way /= np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-6)
    # behind the middle the way out is sideways, never through the back
    way = np.where(across[..., 1:] < 0, np.array([1.0, 0.0]), way)
    depth = _soft((1.0 - level) * half.min(axis=-1), 0.012)
    return np.stack([_most(depth * np.maximum(way[..., k], 0.0)) for k in range(2)], axis=-1)


def _from_each_other(arms: tuple[Arm, Arm], left: Array, right: Array) -> Array:
    """[T, 1]: how far each hand must move outward so that they do not meet."""
    apart = _HANDS_APART_M / arms[0].length
    here, there = hand_points(arms[0], left), hand_points(arms[1], right) * _MIRROR
    gap = (here[:, :, None] - there[:, None]).reshape(len(left), -1, 3)
    off = np.linalg.norm(gap[..., 1:], axis=-1)
    needed = np.sqrt(np.maximum(apart**2 - np.minimum(off, apart) ** 2, 0.0))
    beside = 1.0 / (1.0 + np.exp((off - 0.95 * apart) / 0.02))
    return _most(_soft(needed - gap[..., 0], 0.012) * beside)[:, None] / 2


def _eased(push: Array, fps: float) -> Array:
    """A push [T, n] spread over its neighbourhood: never smaller than asked for, without corners."""
    reach = max(round(0.1 * fps), 1)
    padded = np.pad(push, ((reach, reach), (0, 0)), mode="edge")
    widened = np.max([padded[k : k + len(push)] for k in range(2 * reach + 1)], axis=0)
    return smooth(widened, fps, 0.1)


def clear_of_body(path: Array, arm: Arm, fps: float) -> None:
    """Moves the wrists of a path [T, 28] forward or outward until the hand is outside trunk and thighs."""
    push = _eased(_from_body(path, arm), fps)
    path[:, 0] += push[:, 0]
    path[:, 2] += push[:, 1]


def keep_hands_apart(arms: tuple[Arm, Arm], left: Array, right: Array, fps: float) -> None:
    """Moves both wrists of two paths [T, 28] sideways where the hands would meet."""
    for _ in range(3):
        push = _eased(_from_each_other(arms, left, right), fps)
        left[:, :1] += push
        right[:, :1] += push


def leave_room_beyond(arms: tuple[Arm, Arm], base: list[Array], semantic: list[Array], fps: float) -> None:
    """Brings base paths nearer to semantic ones where, as far again beyond, hands would be in the body or each other.

    Emphasis above 1 carries a gesture on in the direction from base to semantic: a hand on the chest would go in,
    and one raised high from hanging would come down behind the head.
    """
    beyond = [s + _BEYOND * (s - b) for s, b in zip(semantic, base, strict=True)]
    meet = _from_each_other(arms, beyond[0], beyond[1])[:, 0]
    for arm, b, s, x in zip(arms, base, semantic, beyond, strict=True):
        needed = np.linalg.norm(_from_body(x, arm), axis=-1) + meet
        apart = np.maximum(np.linalg.norm((s - b)[:, WRIST], axis=-1), 0.05)
        share = np.maximum(needed / (_BEYOND * apart), 1.0 - _FARTHEST / apart)
        share = _eased(np.clip(share, 0.0, _NEARER)[:, None], fps)
        b += share * (s - b)
