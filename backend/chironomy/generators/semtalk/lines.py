"""Lines of speech as the networks take them: windows of features, of any lines, in one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...nets.front_end.features import Features
from ..locked import LockedFrames
from .planner import Plan
from .windows import Windows


@dataclass(frozen=True)
class Line:
    """One line of speech. T frames in `windows.count` windows."""

    features: Features
    windows: Windows
    sentences: NDArray[np.float32]
    """[windows, C], what is said in each window."""
    identity: int
    """Number of the speaker or style."""
    seed: int
    locked: LockedFrames
    start: Tensor
    """[S, 337], the motion that the first window begins with where nothing is locked, as the networks see it."""
    gesture_class: NDArray[np.int64] | None = None
    """[T], 0 where it is left open."""
    called_class: NDArray[np.int64] | None = None
    """[T]: which class the word calls for, 0 for none."""
    plan: Plan | None = None
    """What a planner says of each frame."""


class Place(NamedTuple):
    """One window of one line."""

    line: int
    window: int


def of_equal_length(lines: Sequence[Line], places: Sequence[Place]) -> dict[int, list[int]]:
    """Which of these windows [numbers of places] are equally long, by their frames, the longest first."""
    lengths = [lines[place.line].windows.length_of(place.window) for place in places]
    return {n: [k for k, own in enumerate(lengths) if own == n] for n in sorted(set(lengths), reverse=True)}


class WindowBatch(NamedTuple):
    """Features of B windows of n frames, on a device."""

    rhythm: Tensor
    """[B, n, R]"""
    speech: Tensor | None
    """[B, n, S], or phones [B, n]; nothing where the model hears neither."""
    words: Tensor | None
    """[B, n] numbers, or [B, n, F] features."""
    sentences: Tensor
    """[B, C]"""
    identity: Tensor
    """[B, n, 1]"""
    gesture_class: Tensor | None
    """[B, n], where the lines have one."""
    called_class: Tensor | None
    """[B, n], likewise."""
    base_plan: Tensor | None
    """[B, n, P], likewise."""
    semantic_plan: Tensor | None
    """[B, n, P]"""


def windows_at_once(frames: int, length: int, device: torch.device) -> int:
    """How many windows of this length make a batch of about so many frames on a CPU, and sixteen times as many on a
    graphics card."""
    return max((frames if device.type == "cpu" else 16 * frames) // length, 1)


def window_batch(
    lines: Sequence[Line], places: Sequence[Place], device: torch.device, dtype: torch.dtype
) -> WindowBatch:
    """The features of these windows, which are equally long. Either all lines have gesture classes, or none has; plans
    likewise."""

    def stacked(values: Callable[[Line], NDArray | None]) -> Tensor | None:
        windows = [_cut(lines[place.line], place.window, values(lines[place.line])) for place in places]
        return None if any(window is None for window in windows) else _on(device, dtype, np.stack(windows))  # type: ignore[arg-type]

    length = length_of(lines, places)
    rhythm = stacked(lambda line: line.features.rhythm)
    words = [_words(lines[place.line], place.window) for place in places]
    assert rhythm is not None
    return WindowBatch(
        rhythm=rhythm,
        speech=stacked(lambda line: line.features.speech if line.features.phones is None else line.features.phones),
        words=None if words[0] is None else _on(device, dtype, np.stack(words)),  # type: ignore[arg-type]
        sentences=_on(device, dtype, np.stack([lines[place.line].sentences[place.window] for place in places])),
        identity=torch.tensor([lines[place.line].identity for place in places], device=device)
        .view(-1, 1, 1)
        .expand(-1, length, 1),
        gesture_class=stacked(lambda line: line.gesture_class),
        called_class=stacked(lambda line: line.called_class),
        base_plan=stacked(lambda line: None if line.plan is None else line.plan.base),
        semantic_plan=stacked(lambda line: None if line.plan is None else line.plan.semantic),
    )


def length_of(lines: Sequence[Line], places: Sequence[Place]) -> int:
    """Frames of windows that are equally long."""
    (length,) = {lines[place.line].windows.length_of(place.window) for place in places}
    return length


def _on(device: torch.device, dtype: torch.dtype, values: NDArray) -> Tensor:
    tensor = torch.from_numpy(values).to(device)
    return tensor.to(dtype) if tensor.is_floating_point() else tensor


def _cut(line: Line, window: int, values: NDArray | None) -> NDArray | None:
    return None if values is None else line.windows.cut(values, window)


def _words(line: Line, window: int) -> NDArray | None:
    start, length = line.windows.start(window), line.windows.length_of(window)
    words = line.features.words(start, min(start + length, line.features.frames))
    return None if words is None else words[np.minimum(np.arange(length), len(words) - 1)]
