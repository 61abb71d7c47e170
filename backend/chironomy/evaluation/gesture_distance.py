"""Fréchet gesture distance (FGD): how alike two sets of motion are, as a feature network sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..motion import rotations as rot
from ..motion.rotations import Array
from . import frechet

#: Motions are cut to a multiple of this, as the published evaluation does; all networks in use divide it.
CUT_FRAMES = 32

#: Gives the latents [n, d] of one motion [T, 330].
Encode = Callable[[Array], Array]


def as_input(rotations: ArrayLike) -> Array:
    """Local rotations [T, 55, 4] as feature networks take them: [T, 330], the first two rows of every matrix."""
    six = rot.to_six_d(rotations)
    return six.reshape(len(six), -1)


def pooled_latents(motions: Sequence[ArrayLike], encode: Encode) -> Array:
    """Latents [n, d] of all motions [T, 55, 4] at 30 fps, one behind another; motions under 32 frames give none."""
    latents = []
    for motion in motions:
        rotations = np.asarray(motion, dtype=float)
        whole = len(rotations) - len(rotations) % CUT_FRAMES
        if whole:
            latents.append(encode(as_input(rotations[:whole])))
    return np.concatenate(latents) if latents else np.zeros((0, 0))


def corrected(first: Array, second: Array) -> float:
    """Fréchet distance of equally many latents: with fewer latents it is larger, whatever the motion."""
    return frechet.corrected(*equally_many(first, second))


def equally_many(first: Array, second: Array) -> tuple[Array, Array]:
    """As many latents of either set, evenly chosen over the longer one."""
    count = min(len(first), len(second))
    return first[_evenly(len(first), count)], second[_evenly(len(second), count)]


def _evenly(length: int, count: int) -> NDArray[np.int_]:
    return np.linspace(0, max(length - 1, 0), count).round().astype(int)
