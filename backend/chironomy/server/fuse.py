"""A take's motion at the animator's emphasis, as bytes of an `.npz`."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from ..emphasis.curve import emphasis_curve
from ..emphasis.fuse import fuse, fused_translation
from ..formats.npz import read_npz
from ..formats.take import Take, read_take
from .problems import Problem
from .requests import FuseRequest


def fused_npz(path: Path, wanted: FuseRequest, most_frames: int) -> bytes:
    """`rotations` [T, 55, 4], `translation` [T, 3], `emphasis` [T], float32. Raises Problem."""
    _require_short(path, most_frames)
    take = read_take(path)
    emphasis = _emphasis(take, wanted)
    arrays = {
        "rotations": fuse(take.base_rotations, take.semantic_rotations, emphasis),
        "translation": fused_translation(take, emphasis),
        "emphasis": emphasis,
    }
    out = io.BytesIO()
    np.savez(out, **{name: np.asarray(values, dtype=np.float32) for name, values in arrays.items()})
    return out.getvalue()


def _require_short(path: Path, most_frames: int) -> None:
    frames = len(read_npz(path, "a take", lambda _: None, only=("emphasis",))["emphasis"])
    if frames > most_frames:
        detail = f"the take has {frames} frames; takes of more than {most_frames} are mixed in Blender alone"
        raise Problem(413, "take_too_long", detail)


def _emphasis(take: Take, wanted: FuseRequest) -> np.ndarray:
    if wanted.curve is not None:
        if len(wanted.curve) != take.frames:
            detail = f"the curve has {len(wanted.curve)} values where the take has {take.frames} frames"
            raise Problem(422, "wrong_length", detail)
        return np.array(wanted.curve, dtype=float)
    sliders = {int(number): value for number, value in (wanted.sliders or {}).items()}
    words = take.metadata.words
    if sliders and max(sliders) >= len(words):
        raise Problem(422, "no_such_word", f"there is no word number {max(sliders)}: the take has {len(words)} words")
    return emphasis_curve(take.emphasis, words, sliders, take.metadata.fps)
