"""Motion files of other skeletons, whatever their format."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import UserError
from ..motion.clip import Clip
from .bvh_reader import read_bvh
from .smartbody import read_skm

_READERS = {".bvh": read_bvh, ".skm": read_skm}


def read_clip(path: str | os.PathLike[str]) -> Clip:
    """Reads a BVH file, or a SmartBody motion with the skeleton beside it. Raises UserError for anything else."""
    reader = _READERS.get(Path(path).suffix.lower())
    if reader is None:
        raise UserError(f"{path}: is no motion that can be read: give one of {', '.join(_READERS)}")
    return reader(path)
