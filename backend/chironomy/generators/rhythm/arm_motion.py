"""Keys of an arm to its motion: paths through the keys, life on top, follow-through, clear of the body."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...motion import rotations as rot
from ...motion.body import Body
from ...motion.rotations import Array
from ...motion.skeleton import INDEX, JOINTS
from .arm_keys import Key, key_arrays
from .arm_pose import (
    DEVIATION,
    FINGERS,
    FLEXION,
    LIFT,
    PRONATION,
    SWIVEL,
    TURN_LIMITS,
    TURNS,
    WRIST,
    Arm,
    arm_rotations,
    chart,
    palm_way,
    solve,
    unchart,
)  # fmt: skip
from .hand_pose import finger_rotations
from .library import Style
from .plan import Performed
from .randomness import stream
from .splines import add_bumps, drift, smooth, through_keys

#: The trunk as an upright ellipse in the arm frame, in lengths of the arm: half width, half depth with room for a hand.
_TRUNK_HALF = (0.40, 0.30)
_TRUNK_BACK = 0.02
#: Wrists come no nearer to each other than this.
_HANDS_APART = 0.27


def path_through(arm: Arm, keys: Sequence[Key], style: Style, seed: int, times_s: Array) -> Array:
    """[T, 28]: along arcs from key to key, never quite still."""
    times, rows, stop = key_arrays(keys)
    rows = rows.copy()
    rows[:, WRIST] = chart(arm, rows[:, WRIST])
    path = through_keys(times, rows, stop, times_s)
    path[:, WRIST] = unchart(arm, path[:, WRIST])
    slow = drift(stream(seed, f"arm {arm.side}"), times_s, 8, 2.3) * style.liveliness
    path[:, WRIST] += 0.011 * slow[:, :3]
    path[:, TURNS] += np.radians(2.2) * slow[:, 3:6]
    path[:, SWIVEL] += np.radians(2.5) * slow[:, 6]
    fingers = drift(stream(seed, f"fingers {arm.side}"), times_s, 5, 1.7) * style.liveliness
    path[:, FINGERS] *= 1.0 + 0.055 * np.repeat(fingers, 4, axis=1)
    return path


def add_light_touches(path: Array, side: str, performed: Sequence[Performed], fps: float) -> None:
    """What words without a gesture get in the semantic layer: the leading hand lifts and turns a little."""
    light = [p for p in performed if not p.gesture and not p.beat]
    if not light:
        return
    spans = np.array([p.nucleus_s for p in light])[:, None] + np.array([-0.20, -0.02, 0.05, 0.30])
    much = np.array([(1.0 if p.lead == side else 0.35) * (0.8 + 0.6 * p.prominence) for p in light])
    lifted = np.zeros(len(path))
    add_bumps(lifted, fps, spans, much)
    lifted = np.tanh(lifted)
    path[:, WRIST] += lifted[:, None] * np.array([0.055, 0.085, 0.03])
    path[:, PRONATION] -= np.radians(20.0) * lifted
    path[:, FLEXION] -= np.radians(9.0) * lifted


def clear_of_trunk(path: Array) -> None:
    """Moves wrists forward or outward until hand and wrist are outside the trunk, smoothly."""
    wrist = path[:, WRIST]
    half = np.array(_TRUNK_HALF)
    across = np.stack([wrist[:, 0], wrist[:, 2] + _TRUNK_BACK], axis=-1) / half
    far = np.linalg.norm(across, axis=-1)
    lacking = _soft(1.0 - far, 0.04)
    push = across / np.maximum(far, 0.2)[:, None] * half * lacking[:, None]
    wrist[:, 0] += push[:, 0]
    wrist[:, 2] += push[:, 1]


def keep_hands_apart(left: Array, right: Array) -> None:
    """Moves both wrists sideways where they would meet."""
    gap = left[:, WRIST] - right[:, WRIST] * np.array([-1.0, 1.0, 1.0])
    off = np.linalg.norm(gap[:, 1:], axis=-1)
    needed = np.sqrt(np.maximum(_HANDS_APART**2 - np.minimum(off, _HANDS_APART) ** 2, 0.0))
    lacking = _soft(needed - gap[:, 0], 0.03) * (1.0 / (1.0 + np.exp((off - 0.9 * _HANDS_APART) / 0.03)))
    left[:, 0] += lacking / 2
    right[:, 0] += lacking / 2


def _soft(x: Array, softness: float) -> Array:
    """max(x, 0) without its corner."""
    return softness * np.logaddexp(0.0, np.clip(x / softness, -60.0, None))


def arm_joints(body: Body, arm: Arm, path: Array, lift: Array, fps: float) -> dict[str, Array]:
    """Local rotations [T, 4] of collar to fingers; the hand lags behind the arm as its weight makes it."""
    pose = solve(arm, path[:, WRIST], path[:, SWIVEL], path[:, LIFT] + lift)
    velocity = np.gradient(path[:, WRIST] * arm.length, axis=0) * fps
    palm = palm_way(arm, pose, path[:, PRONATION])
    thumb = np.cross(palm, rot.rotate(pose.forearm, arm.forearm))
    drag = np.stack([np.sum(velocity * palm, axis=-1), np.sum(velocity * thumb, axis=-1)], axis=-1)
    drag = smooth(drag, fps, 0.05, 0.035)
    turns = path[:, TURNS].copy()
    turns[:, FLEXION - PRONATION] -= np.radians(20.0) * np.tanh(drag[:, 0] * 0.9)
    turns[:, DEVIATION - PRONATION] -= np.radians(9.0) * np.tanh(drag[:, 1] * 0.9)
    turns = _within(turns)
    fingers = path[:, FINGERS].copy()
    fingers[:, [0, 4, 8, 12]] -= np.radians(7.0) * np.tanh(drag[:, :1])
    joints = arm_rotations(arm, pose, turns)
    names = ("collar", "shoulder", "elbow", "wrist")
    result = {f"{arm.side}_{name}": joints[:, k] for k, name in enumerate(names)}
    hand = finger_rotations(body, arm.side, fingers)
    first = INDEX[f"{arm.side}_index1"]
    return result | {JOINTS[first + k]: hand[:, k] for k in range(15)}


def _within(turns: Array) -> Array:
    """Turns bent back into the wrist's range without a corner."""
    low, high = TURN_LIMITS.T
    middle, half = (low + high) / 2, (high - low) / 2
    u = (turns - middle) / half
    soft = 0.8 + 0.2 * np.tanh((np.abs(u) - 0.8) / 0.2)
    return middle + half * np.where(np.abs(u) > 0.8, np.sign(u) * soft, u)
