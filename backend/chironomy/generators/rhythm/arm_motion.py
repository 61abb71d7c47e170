"""Keys of an arm to its motion: paths through the keys, life on top, follow-through of hand and fingers."""

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
from .splines import add_bumps, drift, level_velocities, round_velocities, smooth, through_keys

#: Hands seldom go back the way they came: they turn back around a loop, mostly seen from the front (chart of arm_pose).
_LOOP, _LOOP_ABOUT = 0.8, np.array([0.25, 0.15, 0.95])


def path_through(arm: Arm, keys: Sequence[Key], style: Style, seed: int, times_s: Array) -> Array:
    """[T, 28]: along arcs from key to key, never quite still."""
    times, rows, stop = key_arrays(keys)
    rows = rows.copy()
    rows[:, WRIST] = chart(arm, rows[:, WRIST])
    velocities = level_velocities(times, rows, stop)
    velocities[:, WRIST] = round_velocities(times, rows[:, WRIST], _LOOP, _LOOP_ABOUT)
    path = through_keys(times, rows, velocities, times_s)
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
    leads = [p.lead == side or p.choice.hand == "both" for p in light]
    share = [(1.0 if lead else 0.35) * p.choice.size for p, lead in zip(light, leads, strict=True)]
    much = np.array([s * (0.8 + 0.6 * p.prominence) for p, s in zip(light, share, strict=True)])
    lifted = np.zeros(len(path))
    add_bumps(lifted, fps, spans, much)
    lifted = np.tanh(lifted)
    path[:, WRIST] += lifted[:, None] * np.array([0.055, 0.085, 0.03])
    path[:, PRONATION] -= np.radians(20.0) * lifted
    path[:, FLEXION] -= np.radians(9.0) * lifted


def arm_joints(body: Body, arm: Arm, path: Array, elbow_turn: Array, lift: Array, fps: float) -> dict[str, Array]:
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
    joints = arm_rotations(arm, pose, turns, elbow_turn)
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
