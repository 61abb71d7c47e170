"""How much motion there is, and how much two takes of the same line differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..motion.measure import WRISTS
from ..motion.rotations import Array

#: Wrists further apart than this are seen to do something else.
VISIBLY_APART_M = 0.10


def l1_diversity(clips: Sequence[ArrayLike]) -> float:
    """Summed distance of all coordinates from their mean over the clip, per frame, metres.

    clips [T, J, 3] without the root's way. The published recipe gives the same number but leaves |x − mean| in the
    array; what that does to BC is in beat_consistency.published.
    """
    away, frames = 0.0, 0
    for clip in clips:
        coordinates = np.asarray(clip, dtype=float)
        away += float(np.abs(coordinates - coordinates.mean(axis=0)).sum())
        frames += len(coordinates)
    return away / frames if frames else float("nan")


def apart(first: ArrayLike, second: ArrayLike) -> Array:
    """[T]: how far apart the wrists of two motions [T, 55, 3] are, the hand that differs more, metres.

    The longer one is cut.
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    frames, wrists = min(len(first), len(second)), list(WRISTS)
    return np.linalg.norm(first[:frames, wrists] - second[:frames, wrists], axis=-1).max(axis=1, initial=0.0)
