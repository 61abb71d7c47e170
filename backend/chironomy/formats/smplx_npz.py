"""The SMPL-X `.npz`, as BEAT2 and AMASS store it: axis-angle poses of the 55 joints, one file per motion.

poses [T, 165] (55 × axis times angle, radians, in SMPL-X's order), trans [T, 3] (metres, added to the pelvis at rest),
betas [N], expressions [T, E] (BEAT2), gender, mocap_frame_rate (older AMASS files: mocap_framerate).
Fingers are stored as full rotations from the flat hand.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..errors import UserError
from ..motion import rotations as rot
from ..motion.body import neutral_body
from ..motion.rotations import Array
from ..motion.skeleton import JOINT_COUNT
from .npz import Header, read_npz, write_npz
from .take import EXPRESSION_COUNT, MAX_FRAMES

_POSE = 3 * JOINT_COUNT
_RATES = ("mocap_frame_rate", "mocap_framerate")
#: What is read; files carry other arrays (markers, labels), which are left alone.
_KEYS = ("poses", "trans", "betas", "expressions", "gender", *_RATES)
_GENDERS = ("neutral", "female", "male")  # "female" before "male", which it contains
#: The most that shapes and expressions have.
_MAX_COEFFICIENTS = 1_000
_BETA_COUNT = 300


@dataclass(frozen=True)
class SmplxMotion:
    """What an SMPL-X file holds."""

    rotations: Array
    """[T, 55, 4], local rotations."""
    translation: Array
    """[T, 3], metres, added to the pelvis at rest."""
    fps: float
    betas: Array = field(default_factory=lambda: np.zeros(_BETA_COUNT))
    """[N], the body's shape."""
    expressions: Array = field(default_factory=lambda: np.zeros((0, EXPRESSION_COUNT)))
    """[T, E], or [0, E] where there are none."""
    gender: str = "neutral"


def write_smplx(path: str | os.PathLike[str], motion: SmplxMotion) -> None:
    """Writes a motion; the same motion gives the same bytes. Raises UserError where the file cannot be written."""
    frames = len(motion.rotations)
    expressions = motion.expressions if len(motion.expressions) else np.zeros((frames, EXPRESSION_COUNT))
    write_npz(
        path,
        {
            "poses": rot.log(motion.rotations).reshape(frames, _POSE).astype(np.float32),
            "trans": np.asarray(motion.translation, dtype=np.float32),
            "betas": np.asarray(motion.betas, dtype=np.float32),
            "expressions": np.asarray(expressions, dtype=np.float32),
            "gender": np.array(motion.gender),
            "model": np.array("smplx2020"),
            "mocap_frame_rate": np.array(motion.fps, dtype=np.float64),
        },
    )


def read_smplx(path: str | os.PathLike[str]) -> SmplxMotion:
    """Reads a motion. AMASS files, which stand along Z, are turned to stand along Y and face +Z like all others.

    Raises UserError for anything that is not a whole SMPL-X motion of finite numbers.
    """
    content = read_npz(path, "an SMPL-X motion", lambda headers: _check_headers(path, headers), _KEYS)
    poses, translation = (np.asarray(content[key], dtype=float) for key in ("poses", "trans"))
    fps = next((float(content[key].reshape(())) for key in _RATES if key in content), np.nan)
    betas = np.asarray(content.get("betas", np.zeros(_BETA_COUNT)), dtype=float).ravel()
    expressions = np.asarray(content.get("expressions", np.zeros((0, EXPRESSION_COUNT))), dtype=float)
    for name, values in (("poses", poses), ("trans", translation), ("betas", betas), ("expressions", expressions)):
        if not np.isfinite(values).all():
            raise UserError(f"{path}: {name} holds values that are no numbers: export it again")
    if not 1 <= fps <= 1000:
        raise UserError(f"{path}: has no frame rate that makes sense ({fps:g}): add mocap_frame_rate")
    rotations = rot.make_continuous(rot.exp(poses.reshape(len(poses), JOINT_COUNT, 3)))
    rotations, translation = _upright(rotations, translation)
    return SmplxMotion(rotations, translation, fps, betas, expressions, _gender(content.get("gender")))


def _check_headers(path: str | os.PathLike[str], headers: Mapping[str, Header]) -> None:
    for key in ("poses", "trans"):
        if key not in headers:
            raise UserError(f"{path}: is not an SMPL-X motion ({key} is missing): choose another file")
    shape = headers["poses"][0]
    if len(shape) != 2 or shape[1] != _POSE:
        raise UserError(f"{path}: poses has the shape {shape} where (T, {_POSE}) is needed: convert it to SMPL-X")
    frames = shape[0]
    if not 0 < frames <= MAX_FRAMES:
        raise UserError(f"{path}: has {frames} frames, where 1 to {MAX_FRAMES} can be read: cut it into pieces")
    _need_shapes(path, headers, frames)


def _need_shapes(path: str | os.PathLike[str], headers: Mapping[str, Header], frames: int) -> None:
    shapes = {key: shape for key, (shape, _) in headers.items()}
    numbers = [key for key in ("poses", "trans", "betas", "expressions", *_RATES) if key in headers]
    right = {
        "poses": True,
        "trans": shapes["trans"] == (frames, 3),
        "betas": int(np.prod(shapes.get("betas", ()), dtype=object)) <= _MAX_COEFFICIENTS,
        "expressions": _are_expressions(shapes.get("expressions"), frames),
        **{key: int(np.prod(shapes.get(key, ()), dtype=object)) == 1 for key in _RATES},
    }
    for key in numbers:
        if not right[key]:
            raise UserError(f"{path}: {key} has the shape {shapes[key]}, which fits no {frames} frames: convert it")
        if headers[key][1].kind not in "fiu":
            raise UserError(f"{path}: {key} holds {headers[key][1]} where numbers are needed: convert it")


def _are_expressions(shape: tuple[int, ...] | None, frames: int) -> bool:
    return shape is None or (len(shape) == 2 and shape[0] in (0, frames) and shape[1] <= _MAX_COEFFICIENTS)


def _gender(value: np.ndarray | None) -> str:
    """AMASS stores it as text, as bytes, or as the bytes' name."""
    text = "" if value is None or value.size != 1 else str(value.reshape(())[()]).lower()
    return next((gender for gender in _GENDERS if gender in text), "neutral")


def _upright(rotations: Array, translation: Array) -> tuple[Array, Array]:
    up = rot.rotate(rotations[:, 0], [0.0, 1.0, 0.0]).mean(axis=0)
    if up[2] <= abs(up[1]):
        return rotations, translation
    turn = rot.about("x", np.asarray(-np.pi / 2))
    pelvis = neutral_body().rest_joints[0]
    turned = np.concatenate([rot.multiply(turn, rotations[:, :1]), rotations[:, 1:]], axis=1)
    return rot.make_continuous(turned), rot.rotate(turn, translation + pelvis) - pelvis
