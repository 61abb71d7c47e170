"""Any file that holds motion becomes a performance."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..formats.rig_map import read_rig_maps, retarget_clip
from ..formats.take import EXPRESSION_COUNT, read_take
from ..motion.body import Body
from ..motion.rotations import Array
from ..presets import presets_folder
from .performance import Performance, of_motion, of_take, stored_sliders


def read_motion(path: Path, body: Body, audio: Path | None = None) -> Performance:
    """A take (with the sliders it was written with), an SMPL-X `.npz` or a BVH. Raises UserError."""
    if not path.exists():
        raise UserError(f"{path}: there is no such file: check the path")
    ending = path.suffix.lower()
    if ending == ".npz":
        if _is_smplx(path):
            return _of_smplx(path, body)
        take = read_take(path)
        return of_take(take, body, stored_sliders(take), audio)
    if ending == ".bvh":
        return _of_bvh(path, body)
    raise UserError(f"{path}: motion is read from takes (.npz), SMPL-X files (.npz) and .bvh")


def _is_smplx(path: str | os.PathLike[str]) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "poses.npy" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def _of_smplx(path: Path, body: Body) -> Performance:
    from ..formats.smplx_npz import read_smplx

    motion = read_smplx(path)
    performance = of_motion(motion.rotations, motion.translation, motion.fps, body, path.name)
    return replace(performance, take=replace(performance.take, expressions=_expressions(motion.expressions)))


def _expressions(coefficients: Array) -> Array:
    """[T, 100]: the coefficients that there are, and zeros."""
    known = coefficients[:, :EXPRESSION_COUNT]
    return np.pad(known, ((0, 0), (0, EXPRESSION_COUNT - known.shape[1])))


def _of_bvh(path: Path, body: Body) -> Performance:
    from ..formats.bvh_reader import read_bvh

    clip = read_bvh(path)
    motion = retarget_clip(clip, read_rig_maps(presets_folder() / "rig_maps"), body, str(path))
    return of_motion(motion.rotations, motion.translation, motion.fps, body, path.name)
