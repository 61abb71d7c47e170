"""The user's own SMPL-X model file (`SMPLX_NEUTRAL.npz` and so on), read with the `smplx` package.

That package unpickles whatever a file holds. So a file is never given to it: the arrays that are needed are read
without pickle, checked, and written to a temporary file, which is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import UserError
from ..formats.npz import Header, read_npz
from ..motion.body import Body
from ..motion.rotations import Array
from ..motion.skeleton import INDEX, JOINT_COUNT, JOINTS, PARENTS
from ..nets.smplx_body import FEWEST_DIRECTIONS, shaped_body

_NEEDED = ("v_template", "f", "shapedirs", "J_regressor", "weights", "kintree_table")
_MOST_VERTICES = 200_000
_MOST_DIRECTIONS = 1_000
_STATURE_M = (0.3, 3.0)


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
    if Path(path).suffix.lower() == ".pkl":
        raise UserError(f"{path}: pickled models can run any code and are not opened: use the .npz of the same model")
    content = read_npz(path, "an SMPL-X model", lambda headers: _check_headers(path, headers), _NEEDED)
    _check_content(path, content)
    vertices, joints, expressions = shaped_body(content, betas)
    stature = float(np.ptp(vertices[:, 1]))
    if not _STATURE_M[0] <= stature <= _STATURE_M[1]:
        raise UserError(f"{path}: the body is {stature:.2f} m tall: SMPL-X models stand along Y and are in metres")
    ground = np.array([0.0, vertices[:, 1].min(), 0.0])
    vertices, joints = vertices - ground, joints - ground
    weights = np.asarray(content["weights"], dtype=float)
    weights /= weights.sum(axis=1, keepdims=True)
    body = Body(joints, _tips(vertices, joints, weights))
    return SmplxModel(vertices, np.asarray(content["f"], dtype=np.int64), weights, body, expressions)


def _check_headers(path: str | os.PathLike[str], headers: Mapping[str, Header]) -> None:
    for name in _NEEDED:
        if name not in headers:
            raise UserError(f"{path}: is no SMPL-X model ({name} is missing)")
    count = headers["v_template"][0][0] if headers["v_template"][0] else 0
    directions = headers["shapedirs"][0][-1] if headers["shapedirs"][0] else 0
    faces = headers["f"][0][0] if headers["f"][0] else 0
    if not (3 < count <= _MOST_VERTICES and 0 < faces <= 4 * _MOST_VERTICES and directions <= _MOST_DIRECTIONS):
        raise UserError(f"{path}: has {count} vertices, {faces} faces, {directions} shapes, which no SMPL-X model has")
    expected = {
        "v_template": (count, 3),
        "f": (faces, 3),
        "shapedirs": (count, 3, directions),
        "J_regressor": (JOINT_COUNT, count),
        "weights": (count, JOINT_COUNT),
        "kintree_table": (2, JOINT_COUNT),
    }
    for name, shape in expected.items():
        if headers[name][0] != shape or headers[name][1].kind not in "fiu":
            raise UserError(f"{path}: {name} has the shape {headers[name][0]} where {shape} is needed: no SMPL-X model")
    if directions < FEWEST_DIRECTIONS:
        raise UserError(f"{path}: has {directions} shape directions: SMPL-X models have 20 or 400")


def _check_content(path: str | os.PathLike[str], content: Mapping[str, NDArray]) -> None:
    for name in ("v_template", "shapedirs", "J_regressor", "weights"):
        if not np.isfinite(content[name]).all():
            raise UserError(f"{path}: {name} holds values that are no numbers: download the model again")
    if tuple(int(parent) for parent in content["kintree_table"][0, 1:]) != PARENTS[1:]:
        raise UserError(f"{path}: its joints hang together in another way than SMPL-X's: choose an SMPL-X model")
    faces, weights = content["f"], content["weights"]
    if int(faces.min()) < 0 or int(faces.max()) >= len(content["v_template"]):
        raise UserError(f"{path}: its faces use vertices that it does not have: download the model again")
    if (weights < 0).any() or (weights.sum(axis=1) < 0.5).any():
        raise UserError(f"{path}: some vertices belong to no joint: download the model again")


def _tips(vertices: Array, joints: Array, weights: Array) -> dict[str, tuple[float, float, float]]:
    """Where the last bones end: on the skin, as far from the joint as the bone's own skin reaches."""
    owner = np.argmax(weights, axis=1)
    childless = [name for i, name in enumerate(JOINTS) if name in ("head", "jaw") or i not in PARENTS]
    tips = {}
    for name in childless:
        joint = joints[INDEX[name]]
        skin = vertices[owner == INDEX[name]]
        if len(skin) == 0:
            tip = joint + 0.5 * (joint - joints[PARENTS[INDEX[name]]])
        elif name == "head":
            tip = np.array([joint[0], skin[:, 1].max(), joint[2]])
        elif "eye" in name:
            tip = np.array([joint[0], joint[1], skin[:, 2].max()])
        else:
            tip = skin[np.argmax(np.linalg.norm(skin - joint, axis=1))]
        tips[name] = (float(tip[0]), float(tip[1]), float(tip[2]))
    return tips
