"""Long motions, a stretch of frames at a time."""

from collections.abc import Callable

import numpy as np

from .rotations import Array

#: 256 frames of 55 joints fit into a processor's cache: half as long as in one piece, and memory stays small. Of fewer
#: joints as many frames more.
_VALUES = 256 * 55 * 4


def in_stretches(function: Callable[..., Array], *arrays: Array) -> Array:
    """function(*arrays) for a function that looks at every frame by itself; axis 0 of every array is time."""
    frames = len(arrays[0])
    stretch = max(_VALUES * frames // max(arrays[0].size, 1), 1)
    if frames <= stretch:
        return function(*arrays)
    parts = [function(*(array[k : k + stretch] for array in arrays)) for k in range(0, frames, stretch)]
    return np.concatenate(parts)
