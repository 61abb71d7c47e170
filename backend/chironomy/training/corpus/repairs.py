"""What is wrong with some of the clips, and what is done about it."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfiltfilt

from ...motion import rotations as rot
from ...motion.rotations import Array
from ...motion.skeleton import LEFT_HAND, MIRROR

#: Recorded with a suit of inertial sensors: what is faster than this is noise.
_JERKY_HZ = 5.0
_FINGER_STEPS_HZ = 4.0


def repaired(rotations: Array, fps: float, defect: str) -> Array | None:
    """Rotations [T, 55, 4] without the defect that the table names; None where the clip is better left out."""
    if not defect:
        return rotations
    if "jerky" in defect:
        smooth = low_passed(rotations, fps, _JERKY_HZ)
        return _with_left_hand_of_right(smooth) if "left fingers" in defect else smooth
    if "finger steps" in defect:
        fingers = [*LEFT_HAND, *MIRROR[list(LEFT_HAND)]]
        result = rotations.copy()
        result[:, fingers] = low_passed(rotations[:, fingers], fps, _FINGER_STEPS_HZ)
        return result
    return None


def low_passed(rotations: Array, fps: float, cutoff_hz: float) -> Array:
    """Rotations [T, ..., 4] without what is faster; not delayed."""
    if len(rotations) < 16:
        return rotations
    sections = butter(2, cutoff_hz, fs=fps, output="sos")
    return rot.normalize(sosfiltfilt(sections, rot.make_continuous(rotations), axis=0, padlen=12))


def _with_left_hand_of_right(rotations: Array) -> Array:
    """The left fingers as the right ones are, seen in a mirror."""
    result = rotations.copy()
    left = list(LEFT_HAND)
    result[:, left] = rotations[:, MIRROR[left]] * np.array([1.0, 1.0, -1.0, -1.0])
    return result
