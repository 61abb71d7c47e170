"""How far moments are from the nearest of others."""

from __future__ import annotations

import numpy as np

from ..motion.rotations import Array


def to_nearest(times_s: Array, moments_s: Array) -> Array:
    """For each time the way to the nearest moment, seconds, positive where that is later; [n] for times [n].

    Moments are in order. Empty where there are no moments.
    """
    if len(moments_s) == 0:
        return np.zeros(0)
    after = np.clip(np.searchsorted(moments_s, times_s), 1, max(len(moments_s) - 1, 1))
    earlier, later = moments_s[after - 1], moments_s[np.minimum(after, len(moments_s) - 1)]
    nearest = np.where(np.abs(later - times_s) < np.abs(earlier - times_s), later, earlier)
    return nearest - times_s
