"""The user's own SMPL-X model file (`SMPLX_NEUTRAL.npz` and so on), read with the `smplx` package.

That package unpickles whatever a file holds. So a file is never given to it: the arrays that are needed are read
without pickle, checked, and written to a temporary file, which is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..formats.smplx_model import read_arrays, shares, standing_body
from ..motion.body import Body
from ..motion.rotations import Array
from ..nets.smplx_body import shaped_body


@dataclass(frozen=True)
class SmplxModel:
    """A model's surface in the T-pose: motion space, metres, feet on the ground."""

    vertices: Array
    """[V, 3]."""
    faces: NDArray[np.int64]
    """[F, 3]."""
    weights: Array
    """[V, 55], each row sums to 1."""
    body: Body
    expressions: Array
    """[V, 3, E]: how far a coefficient of 1 moves each vertex."""


def read_smplx_model(path: str | os.PathLike[str], betas: ArrayLike | None = None) -> SmplxModel:
    """The model of a `.npz` as distributed, with the shape `betas` [N] (default: the mean body).

    Raises UserError for anything else, `.pkl` among it.
    """
    content = read_arrays(path)
    vertices, joints, expressions = shaped_body(content, betas)
    weights = shares(content["weights"])
    vertices, body = standing_body(path, vertices, joints, weights)
    return SmplxModel(vertices, np.asarray(content["f"], dtype=np.int64), weights, body, expressions)
