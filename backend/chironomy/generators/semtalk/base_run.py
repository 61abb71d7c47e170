"""The base motion of lines of any length: window after window, each seeded with the end of the one before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...nets.config import BODY_PARTS, PARTS, PartName
from ...nets.model_folder import Model
from ...nets.semtalk import BaseMemory
from ...progress import Progress, silent
from .known_motion import known_motion
from .lines import Line, Place, window_batch
from .sampling import Sampling, choose_codes
from .seeds import Seed, seed_after

#: What the network hears is worked out for so many windows at a time (at the published size 9 MB each).
_WINDOWS_AT_ONCE = 16

Codes = dict[PartName, Tensor]
"""Codes [..., N, levels], int16, of each part, on the CPU."""


@dataclass(frozen=True)
class BaseRun:
    """The base motion of one line."""

    codes: Codes
    seeds: list[Tensor]
    """What each window begins with, [S, 337] as the networks see it; semantic motion begins with the same."""


class _Course:
    """One line while its base motion is being made."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.seeds = [Seed(line.start, torch.zeros(3))]
        self.codes: list[Codes] = []

    def add(self, model: Model, codes: Codes) -> None:
        """Takes the body's codes [N, levels] of the next window, and seeds the one after it."""
        self.codes.append(codes)
        if len(self.codes) < self.line.windows.count:
            self.seeds.append(seed_after(model, codes, self.seeds[-1], self.line.windows.overlap))

    def back_to(self, window: int) -> None:
        """Forgets the windows from this one on."""
        del self.codes[window:], self.seeds[window + 1 :]

    def finished(self) -> BaseRun:
        codes: Codes = {part: torch.stack([own[part] for own in self.codes]) for part in PARTS}
        return BaseRun(codes, [seed.motion for seed in self.seeds])


def run_base(model: Model, lines: Sequence[Line], sampling: Sampling, progress: Progress = silent) -> list[BaseRun]:
    """All windows of all lines; the k-th windows of all lines are one batch. Raises torch.OutOfMemoryError where not
    even one window fits the device.
    """
    courses = [_Course(line) for line in lines]
    windows, at_once, first = max(line.windows.count for line in lines), _WINDOWS_AT_ONCE, 0
    while first < windows:
        end = min(first + max(at_once // len(lines), 1), windows)
        try:
            _run_windows(model, courses, range(first, end), sampling, lambda k: progress("Base motion", k / windows))
            first = end
        except torch.OutOfMemoryError:
            if end - first == 1:
                raise
            at_once = (end - first) // 2 * len(lines)
            for course in courses:
                course.back_to(first)
            torch.cuda.empty_cache()
    return [course.finished() for course in courses]


def _run_windows(
    model: Model, courses: Sequence[_Course], windows: range, sampling: Sampling, done: Callable[[int], None]
) -> None:
    """What is heard is worked out for all windows at once, motion for one after the other, the face's codes at last."""
    lines = [course.line for course in courses]
    rounds = [[Place(n, k) for n, line in enumerate(lines) if k < line.windows.count] for k in windows]
    memory = _memory(model, lines, [place for places in rounds for place in places])
    faces, start = [], 0
    for k, places in zip(windows, rounds, strict=True):
        own = memory.windows(slice(start, start + len(places)))
        start += len(places)
        seeds = [courses[place.line].seeds[place.window].motion for place in places]
        latents = model.base.latents(own, *_seen(model, lines, places, seeds))
        chosen: Codes = {part: _choose(model, part, latents[part], own, lines, places, sampling) for part in BODY_PARTS}
        for row, place in enumerate(places):
            body: Codes = {part: chosen[part][row] for part in BODY_PARTS}
            courses[place.line].add(model, body)
        faces.append(latents["face"])
        done(k + 1)
    every = [place for places in rounds for place in places]
    face = _choose(model, "face", torch.cat(faces), memory, lines, every, sampling)
    for row, place in enumerate(every):
        courses[place.line].codes[place.window]["face"] = face[row]


def _memory(model: Model, lines: Sequence[Line], places: Sequence[Place]) -> BaseMemory:
    batch = window_batch(lines, places, *_device_and_type(model))
    return model.base.prepare(batch.rhythm, batch.speech, batch.identity, batch.gesture_class, batch.plan)


def _seen(
    model: Model, lines: Sequence[Line], places: Sequence[Place], seeds: Sequence[Tensor]
) -> tuple[Tensor, Tensor]:
    device, dtype = _device_and_type(model)
    motion, mask = known_motion(lines, places, seeds, model.config.behaviour.seed_translation)
    return motion.to(device, dtype), mask.to(device)


def _choose(
    model: Model, part: PartName, latents: Tensor, memory: BaseMemory, lines: Sequence[Line], places: Sequence[Place],
    sampling: Sampling,
) -> Tensor:  # fmt: skip
    logits = model.base.logits(part, latents, memory)
    rows = [(lines[place.line].seed, place.window) for place in places]
    return choose_codes(logits, sampling, rows, f"base {part}").cpu()


def _device_and_type(model: Model) -> tuple[torch.device, torch.dtype]:
    parameter = next(model.base.parameters())
    return parameter.device, parameter.dtype
