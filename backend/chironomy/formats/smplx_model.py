"""The user's own SMPL-X model file (`SMPLX_NEUTRAL.npz` and so on) as arrays, read without pickle and checked.

The mean body needs no more than numpy; other shapes are for `pipeline.smplx_model`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import UserError
from ..motion.body import Body
from ..motion.rotations import Array
from ..motion.skeleton import INDEX, JOINT_COUNT, JOINTS, PARENTS
from .npz import Header, read_npz

_NEEDED = ("v_template", "f", "shapedirs", "J_regressor", "weights", "kintree_table")
_MOST_VERTICES = 200_000
_MOST_DIRECTIONS = 1_000
#: Models without 300 shapes and 100 expressions carry 10 of each.
FEWEST_DIRECTIONS = 20
_STATURE_M = (0.3, 3.0)
#: What the mean body needs of them; the rest is large.
_OF_MEAN_BODY = ("v_template", "J_regressor", "weights", "kintree_table")


def read_arrays(path: str | os.PathLike[str]) -> Mapping[str, NDArray]:
    """All that makes a body of a `.npz` as distributed. Raises UserError for anything else, `.pkl` among it."""
    return _read(path, _NEEDED)


def mean_body(path: str | os.PathLike[str]) -> Body:
    """The rest pose of the model's mean body. Raises UserError as `read_arrays` does."""
    content = _read(path, _OF_MEAN_BODY)
    vertices = np.asarray(content["v_template"], dtype=float)
    joints: Array = np.matmul(np.asarray(content["J_regressor"], dtype=float), vertices)
    return standing_body(path, vertices, joints, shares(content["weights"]))[1]


def standing_body(path: str | os.PathLike[str], vertices: Array, joints: Array, weights: Array) -> tuple[Array, Body]:
    """Vertices [V, 3] and body with the feet on the ground; weights [V, 55]. Raises UserError for no human stature."""
    stature = float(np.ptp(vertices[:, 1]))
    if not _STATURE_M[0] <= stature <= _STATURE_M[1]:
        raise UserError(f"{path}: the body is {stature:.2f} m tall: SMPL-X models stand along Y and are in metres")
    ground = np.array([0.0, vertices[:, 1].min(), 0.0])
    vertices, joints = vertices - ground, joints - ground
    return vertices, Body(joints, _tips(vertices, joints, weights))


def shares(weights: ArrayLike) -> Array:
    """Skinning weights [V, 55], each row made to sum to 1."""
    weights = np.asarray(weights, dtype=float)
    return weights / weights.sum(axis=1, keepdims=True)


def _read(path: str | os.PathLike[str], names: tuple[str, ...]) -> Mapping[str, NDArray]:
    if Path(path).suffix.lower() == ".pkl":
        raise UserError(f"{path}: pickled models can run any code and are not opened: use the .npz of the same model")
    content = read_npz(path, "an SMPL-X model", lambda headers: _check_headers(path, headers, names), names)
    _check_content(path, content)
    return content


def _check_headers(path: str | os.PathLike[str], headers: Mapping[str, Header], names: tuple[str, ...]) -> None:
    for name in names:
        if name not in headers:
            raise UserError(f"{path}: is no SMPL-X model ({name} is missing)")
    count, faces, directions = (
        headers[name][0][axis] if name in names and headers[name][0] else least
        for name, axis, least in (("v_template", 0, 0), ("f", 0, 1), ("shapedirs", -1, FEWEST_DIRECTIONS))
    )
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
    for name in names:
        shape, kind = headers[name]
        if shape != expected[name] or kind.kind not in "fiu":
            raise UserError(f"{path}: {name} has the shape {shape} where {expected[name]} is needed: no SMPL-X model")
    if directions < FEWEST_DIRECTIONS:
        raise UserError(f"{path}: has {directions} shape directions: SMPL-X models have 20 or 400")


def _check_content(path: str | os.PathLike[str], content: Mapping[str, NDArray]) -> None:
    for name in ("v_template", "shapedirs", "J_regressor", "weights"):
        if name in content and not np.isfinite(content[name]).all():
            raise UserError(f"{path}: {name} holds values that are no numbers: download the model again")
    if tuple(int(parent) for parent in content["kintree_table"][0, 1:]) != PARENTS[1:]:
        raise UserError(f"{path}: its joints hang together in another way than SMPL-X's: choose an SMPL-X model")
    faces, weights = content.get("f"), content["weights"]
    if faces is not None and (int(faces.min()) < 0 or int(faces.max()) >= len(content["v_template"])):
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
