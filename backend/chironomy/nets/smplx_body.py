"""The body of an SMPL-X model, shaped by the `smplx` package.

That package unpickles whatever a file holds, so it never sees the user's file: it gets a temporary one, written here
from arrays that were read without pickle.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..formats.take import EXPRESSION_COUNT
from ..motion.rotations import Array
from ..motion.skeleton import JOINT_COUNT, PARENTS

#: Models whose file has fewer directions than 300 shapes and 100 expressions carry 10 of each.
_ALL_DIRECTIONS, _FEW, _ALL_SHAPES = 400, 10, 300
_HANDS = (("components", (45, 45)), ("mean", (45,)))


def shaped_body(content: Mapping[str, NDArray], betas: ArrayLike | None) -> tuple[Array, Array, Array]:
    """Vertices [V, 3], joints [55, 3] and expression directions [V, 3, E] of the shaped body, by `smplx`.

    content: the model file's arrays, read without pickle and checked. betas: the shape, or nothing for the mean body.
    """
    import smplx
    import torch
    from smplx.lbs import blend_shapes, vertices2joints

    most = _ALL_SHAPES if content["shapedirs"].shape[-1] >= _ALL_DIRECTIONS else _FEW
    shape = np.zeros(most)
    given = np.asarray([] if betas is None else betas, dtype=float).ravel()[:most]
    shape[: len(given)] = given
    with tempfile.TemporaryDirectory(prefix="chironomy-") as folder, contextlib.redirect_stdout(io.StringIO()):
        file = Path(folder) / "SMPLX_NEUTRAL.npz"
        np.savez(file, **_for_smplx(content))  # type: ignore[arg-type]
        model: Any = smplx.SMPLX(
            str(file), num_betas=most, num_expression_coeffs=EXPRESSION_COUNT, use_pca=False, dtype=torch.float64
        )
    with torch.no_grad():
        coefficients: Any = torch.from_numpy(shape)[None]
        vertices: Any = model.v_template[None] + blend_shapes(coefficients, model.shapedirs)
        joints = vertices2joints(model.J_regressor, vertices)
    return vertices[0].numpy(), joints[0].numpy(), model.expr_dirs.numpy()


def _for_smplx(content: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """What the package looks for: of hands, landmarks and pose correctives nothing is used, so nothing is in them."""
    arrays = {name: np.asarray(content[name], dtype=np.float64) for name in ("v_template", "shapedirs", "J_regressor")}
    hands = {f"hands_{what}{side}": np.zeros(size) for side in "lr" for what, size in _HANDS}
    return {
        **arrays,
        **hands,
        "weights": np.asarray(content["weights"], dtype=np.float64),
        "f": np.asarray(content["f"], dtype=np.int64),
        "kintree_table": np.asarray([PARENTS, range(JOINT_COUNT)], dtype=np.int64),
        "posedirs": np.zeros((len(content["v_template"]), 3, 1)),
        "lmk_faces_idx": np.zeros(1, dtype=np.int64),
        "lmk_bary_coords": np.zeros((1, 3)),
    }
