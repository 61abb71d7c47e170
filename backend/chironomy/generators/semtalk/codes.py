"""The codes of a take's two layers, kept in a small file beside it: what `hard` and `soft` fusion decode again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ...formats.npz import Header, read_npz, write_npz
from ...formats.take import MAX_FRAMES
from ...motion.skeleton import JOINT_COUNT
from ...nets.config import BODY_PARTS, PARTS, PartName
from ..locked import LockedFrames
from .tokens import Tokens

_LOCKED = tuple(f"locked_{name}" for name in LockedFrames.__dataclass_fields__)
_NAMES = ("weights", *(f"base_{part}" for part in PARTS), *(f"semantic_{part}" for part in BODY_PARTS), *_LOCKED)
_MOST_LEVELS = 64


@dataclass(frozen=True)
class TakeCodes:
    """Codes [N, levels], int16, of both layers; N tokens of four frames cover the take."""

    weights: str
    """SHA-256 of the model that the codes belong to, as in the take's metadata."""
    base: Mapping[PartName, NDArray[np.int16]]
    """Of face, upper body, hands and lower body."""
    semantic: Mapping[PartName, NDArray[np.int16]]
    """Of upper body, hands and lower body."""
    locked: LockedFrames

    @property
    def tokens(self) -> int:
        return len(self.base["upper"])


def codes_of(tokens: Tokens, locked: LockedFrames, weights: str) -> TakeCodes:
    """What is kept of a line's tokens."""
    return TakeCodes(
        weights,
        {part: codes.numpy() for part, codes in tokens.base.items()},
        {part: codes.numpy() for part, codes in tokens.semantic.items()},
        locked,
    )


def codes_path(take: str | os.PathLike[str]) -> Path:
    """Where the codes of a take's file lie: beside it, "line.npz" → "line.codes.npz"."""
    return Path(take).with_suffix(".codes.npz")


def write_codes(path: str | os.PathLike[str], codes: TakeCodes) -> None:
    """Writes the codes. Raises UserError where the file cannot be written."""
    arrays: dict[str, NDArray] = {"weights": np.frombuffer(codes.weights.encode("ascii"), dtype=np.uint8)}
    arrays |= {f"base_{part}": values for part, values in codes.base.items()}
    arrays |= {f"semantic_{part}": values for part, values in codes.semantic.items()}
    arrays |= {name: np.asarray(getattr(codes.locked, name.removeprefix("locked_"))) for name in _LOCKED}
    write_npz(path, arrays)


def read_codes(path: str | os.PathLike[str]) -> TakeCodes:
    """Reads codes, checking every shape. Raises UserError for anything else."""
    content = read_npz(path, "a take's codes", lambda headers: _check(path, headers), only=_NAMES)
    try:
        locked = LockedFrames(*(content[name] for name in _LOCKED))
        weights = content["weights"].tobytes().decode("ascii")
    except (ValueError, TypeError) as error:
        raise UserError(f"{path}: is damaged ({error}): generate the take again") from error
    return TakeCodes(
        weights=weights,
        base={part: content[f"base_{part}"] for part in PARTS},
        semantic={part: content[f"semantic_{part}"] for part in BODY_PARTS},
        locked=locked,
    )


def _check(path: str | os.PathLike[str], headers: Mapping[str, Header]) -> None:
    missing = [name for name in _NAMES if name not in headers]
    if missing:
        raise UserError(f"{path}: holds no codes of a take ({missing[0]} is missing): generate the take again")
    shapes = {headers[name][0] for name in _NAMES if name.startswith(("base_", "semantic_"))}
    types = {headers[name][1] for name in _NAMES if name.startswith(("base_", "semantic_"))}
    shape = shapes.pop()
    if shapes or types != {np.dtype(np.int16)} or len(shape) != 2 or not 0 < shape[1] <= _MOST_LEVELS:
        raise UserError(f"{path}: its codes do not fit together: generate the take again")
    frames = headers["locked_frames"][0]
    if shape[0] > MAX_FRAMES or headers["weights"][0] != (64,) or len(frames) != 1 or frames[0] > MAX_FRAMES:
        raise UserError(f"{path}: is larger than a take's codes ever are: generate the take again")
    if headers["locked_rotations"][0] != (*frames, JOINT_COUNT, 4):
        raise UserError(f"{path}: its locked frames do not fit together: generate the take again")
