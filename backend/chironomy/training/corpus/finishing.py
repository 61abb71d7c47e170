"""The last look at a motion: hands that hurry or go where none should, fingers that snap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from ...motion import rotations as rot
from ...motion.body import Body
from ...motion.kinematics import forward
from ...motion.measure import WRISTS, speed
from ...motion.rotations import Array
from ...motion.skeleton import INDEX, LEFT_HAND, RIGHT_HAND
from ...speech.types import FPS
from .overlay import ARM_JOINTS, SIDES
from .repairs import low_passed

#: Faster or jerkier hands look pulled; on the way to a gesture and back they may be less fast than in it.
_FASTEST_M_S, _FASTEST_WAY_M_S, _HARDEST_M_S2 = 3.3, 2.5, 70.0
#: Arms whose wrist is faster than this are smoothed around it: what comes below the cutoff, so many frames each way.
_EASED_FROM_M_S, _EASED_HZ, _EASED_FRAMES = 2.6, 2.0, 8
#: Fingers open and close no faster. At the apex they hold still, so that their pose stays (within 3°).
_FINGERS_HZ = 3.0
#: In front of the face: so near the midline, above the chin (seen from the head joint).
_BESIDE_FACE_M, _CHIN_M = 0.12, -0.06
#: A wrist further back than this from the pelvis is behind the hip.
_BEHIND_M = -0.05


def eased(rotations: Array, body: Body) -> Array:
    """Rotations [T, 55, 4] with the arms smoothed where a wrist is too fast; all else as it was."""
    fast = speed(_wrists(rotations, body), FPS) > _EASED_FROM_M_S
    result = rotations.copy()
    for side in np.flatnonzero(fast.any(axis=0)):
        near = maximum_filter1d(fast[:, side].astype(float), 2 * _EASED_FRAMES + 1)
        weight = gaussian_filter1d(near, _EASED_FRAMES / 3)
        arm = ARM_JOINTS[side][:4]
        result[:, arm] = rot.slerp(rotations[:, arm], low_passed(rotations[:, arm], FPS, _EASED_HZ), weight[:, None])
    return result


def with_slow_fingers(rotations: Array) -> Array:
    """Rotations [T, 55, 4] with fingers that do not snap open or shut."""
    fingers = [*LEFT_HAND, *RIGHT_HAND]
    result = rotations.copy()
    result[:, fingers] = low_passed(rotations[:, fingers], FPS, _FINGERS_HZ)
    return result


def hurried(rotations: Array, body: Body, in_gesture: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """[T], where a wrist is too fast or jolted. in_gesture [T]: between raised and lowering, where more is allowed."""
    wrists = _wrists(rotations, body)
    allowed = np.where(in_gesture, _FASTEST_M_S, _FASTEST_WAY_M_S)
    found = np.zeros(len(wrists), bool)
    found[1:] = np.linalg.norm(np.diff(wrists, axis=0), axis=-1).max(axis=1) * FPS > allowed[1:]
    found[1:-1] |= np.linalg.norm(np.diff(wrists, n=2, axis=0), axis=-1).max(axis=1) * FPS**2 > _HARDEST_M_S2
    return found


def misplaced(positions: Array, world: Array) -> bool:
    """Whether a hand is before the face or behind the hip; [T, 55, 3] and [T, 55, 4] as `forward` gives them."""
    hands = [INDEX[f"{side}_{joint}"] for side in SIDES for joint in ("wrist", "middle1")]
    chest, pelvis = INDEX["spine3"], INDEX["pelvis"]
    head = rot.rotate(rot.inverse(world[:, [chest]]), positions[:, hands] - positions[:, [INDEX["head"]]])
    before_face = (np.abs(head[..., 0]) < _BESIDE_FACE_M) & (head[..., 1] > _CHIN_M) & (head[..., 2] > 0.0)
    hip = rot.rotate(rot.inverse(world[:, [pelvis]]), positions[:, list(WRISTS)] - positions[:, [pelvis]])
    return bool(before_face.any() or (hip[..., 2] < _BEHIND_M).any())


def _wrists(rotations: Array, body: Body) -> Array:
    """[T, 2, 3], over a pelvis that stays."""
    return forward(rotations, np.zeros((len(rotations), 3)), body.rest_joints)[0][:, list(WRISTS)]
