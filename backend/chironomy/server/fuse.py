"""A take's motion at the animator's emphasis, as bytes of an `.npz`: `pose` here, `soft` and `hard` by the worker."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ..emphasis.curve import emphasis_curve
from ..emphasis.fuse import fuse, fused_translation
from ..errors import UserError
from ..formats.npz import read_npz
from ..formats.take import Take, read_take
from ..motion.rotations import Array


class Unfit(UserError):
    """A wish that does not fit the take."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def fused_by_pose(path: Path, sliders: Mapping[str, float] | None, curve: Sequence[float] | None) -> bytes:
    """The layers' rotations mixed by slerp, as the viewport does. Raises UserError."""
    take = read_take(path)
    emphasis = emphasis_of(take, sliders, curve)
    rotations = fuse(take.base_rotations, take.semantic_rotations, emphasis)
    return motion_npz(rotations, fused_translation(take, emphasis), emphasis)


def motion_npz(rotations: ArrayLike, translation: ArrayLike, emphasis: ArrayLike) -> bytes:
    """`rotations` [T, 55, 4], `translation` [T, 3], `emphasis` [T], float32."""
    arrays = {"rotations": rotations, "translation": translation, "emphasis": emphasis}
    out = io.BytesIO()
    np.savez(out, **{name: np.asarray(values, dtype=np.float32) for name, values in arrays.items()})
    return out.getvalue()


def frames_of(path: Path) -> int:
    """How long a take is; little of it is read."""
    return len(read_npz(path, "a take", lambda _: None, only=("emphasis",))["emphasis"])


def emphasis_of(take: Take, sliders: Mapping[str, float] | None, curve: Sequence[float] | None) -> Array:
    """e [T] of sliders (word number → value) or of a curve with a value for each frame. Raises Unfit."""
    if curve is not None:
        if len(curve) != take.frames:
            detail = f"the curve has {len(curve)} values where the take has {take.frames} frames"
            raise Unfit("wrong_length", detail)
        return np.array(curve, dtype=float)
    by_number = {int(number): value for number, value in (sliders or {}).items()}
    words = take.metadata.words
    if by_number and max(by_number) >= len(words):
        detail = f"there is no word number {max(by_number)}: the take has {len(words)} words"
        raise Unfit("no_such_word", detail)
    return emphasis_curve(take.emphasis, words, by_number, take.metadata.fps)
