"""Arms clear of the body where emphasis above 1 carries a gesture on.

Exaggeration turns every joint on by itself, so a path that is clear at 1 may lead into the chest beyond. There the base
layer is brought nearer to the semantic one: what is carried on becomes less, and the motion at 1 stays as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...emphasis.fuse import exaggerated
from ...motion import rotations as rot
from ...motion.body import Body
from ...motion.kinematics import forward
from ...motion.limits import limit
from ...motion.measure import hands_in_body
from ...motion.rotations import Array
from ...motion.skeleton import INDEX
from .library import SIDES
from .splines import smooth

#: How much nearer the base is brought at the most, in how many trials, and the emphases above 1 that must be clear.
_TRIALS = (0.3, 0.55, 0.8, 1.0)
_BEYOND = (0.6, 1.0)
#: Looked at every so many frames: the neighbourhood is brought nearer too.
_EVERY = 4
#: What is seen of a hand in the body or in the other hand, metres.
_DEEP_M, _NEAR_M = 0.002, 0.028
_WRISTS_NEAR_M = 0.40
#: Arms come nearer and go away again over this time: sooner would be a movement of its own.
_REACH_S, _EASE_S = 0.13, 0.22


def _arm(side: str) -> list[int]:
    first = INDEX[f"{side}_index1"]
    return [*(INDEX[f"{side}_{name}"] for name in ("collar", "shoulder", "elbow", "wrist")), *range(first, first + 15)]


_ARMS = tuple(_arm(side) for side in SIDES)
#: Where in those the wrist stands; the fingers follow.
_WRIST = 3


def clear_when_exaggerated(base: Array, semantic: Array, body: Body, fps: float) -> Array:
    """The base layer [T, 55, 4] with arms so near to the semantic layer's that hands stay clear above emphasis 1."""
    wanted = np.zeros((len(base), 2))
    suspects = np.arange(0, len(base), _EVERY)
    result = base
    for trial in _TRIALS:
        hit = _hits(result[suspects], semantic[suspects], body)
        if not hit.any():
            break
        wanted[suspects] = np.where(hit, trial, wanted[suspects])
        share = _eased(wanted, fps)
        result = _nearer(base, semantic, share)
        suspects = suspects[share[suspects].any(axis=1)]
    return result


def _eased(wanted: Array, fps: float) -> Array:
    reach = max(round(_REACH_S * fps), 1)
    padded = np.pad(wanted, ((reach, reach), (0, 0)), mode="edge")
    widened = np.max([padded[k : k + len(wanted)] for k in range(2 * reach + 1)], axis=0)
    share = np.clip(smooth(widened, fps, _EASE_S), 0.0, 1.0)
    return np.where(share > 1e-3, share, 0.0)


def _nearer(base: Array, semantic: Array, share: Array) -> Array:
    result = base.copy()
    for side, joints in enumerate(_ARMS):
        moved = np.flatnonzero(share[:, side])
        at = moved[:, None], np.array(joints)
        result[at] = rot.slerp(base[at], semantic[at], np.repeat(share[moved, side, None], len(joints), axis=1))
    moved = np.flatnonzero(share.any(axis=1))
    result[moved] = limit(result[moved])
    return result


def _hits(base: Array, semantic: Array, body: Body) -> NDArray[np.bool_]:
    """[T, 2]: whose hand is in the body, or in the other hand, above emphasis 1."""
    goal = exaggerated(base, semantic)
    hit = np.zeros((len(base), 2), dtype=bool)
    for part in _BEYOND:
        q = rot.slerp(semantic, goal, np.full(semantic.shape[:2], part))
        positions, world = forward(q, np.zeros(3), body.rest_joints)
        hit |= hands_in_body(positions, world, body) > _DEEP_M
        hit |= _hands_meet(positions)[:, None]
    return hit


def _hands_meet(positions: Array) -> NDArray[np.bool_]:
    """[T]: whether any two joints of the hands are too near each other."""
    left, right = (positions[:, joints[_WRIST:]] for joints in _ARMS)
    near = np.flatnonzero(np.linalg.norm(left[:, 0] - right[:, 0], axis=-1) < _WRISTS_NEAR_M)
    left, right = left[near], right[near]
    gap = np.linalg.norm(left[:, :, None] - right[:, None], axis=-1).min(axis=(1, 2))
    meet = np.zeros(len(positions), dtype=bool)
    meet[near] = gap < _NEAR_M
    return meet
