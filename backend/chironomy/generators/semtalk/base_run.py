"""The base motion of lines of any length: window after window, each seeded with the end of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...nets.config import BODY_PARTS, PARTS, PartName
from ...nets.model_folder import Model
from ...nets.semtalk import BaseMemory
from ...progress import Progress, silent
from .known_motion import known_motion
from .lines import Line, Place, length_of, of_equal_length, window_batch, windows_at_once
from .sampling import Sampling, choose_codes, choose_near
from .seeds import Seed, seed_after

#: What the network hears is worked out for so many frames at a time (at the published size 11 MB for 64).
_FRAMES_AT_ONCE = 512

Codes = dict[PartName, Tensor]
"""Codes [..., N, levels], int16, of each part, on the CPU."""


@dataclass(frozen=True)
class BaseRun:
    """The base motion of one line."""

    codes: Codes
    seeds: Tensor
    """[W, S, 337], what each window begins with, as the networks see it; semantic motion begins with the same."""


class _Course:
    """One line while its base motion is being made.

    Codes and seeds have their place from the beginning: small pieces that stay, between large ones that go, would
    leave memory full of holes.
    """

    def __init__(self, model: Model, line: Line) -> None:
        config, count = model.config, line.windows.count
        self.line = line
        shape = (count, config.window_tokens, config.rvq.levels)
        self.codes: Codes = {part: torch.zeros(shape, dtype=torch.int16) for part in PARTS}
        self.seeds = line.start.repeat(count, 1, 1)
        self.roots = torch.zeros(count, 3)

    def add(self, model: Model, window: int, codes: Codes) -> None:
        """Takes the body's codes [N, levels] of a window, and seeds the one after it."""
        for part, own in codes.items():
            self.codes[part][window, : len(own)] = own
        if window + 1 < self.line.windows.count:
            before = Seed(self.seeds[window], self.roots[window])
            self.seeds[window + 1], self.roots[window + 1] = seed_after(model, codes, before, self.line.windows.overlap)


def run_base(model: Model, lines: Sequence[Line], sampling: Sampling, progress: Progress = silent) -> list[BaseRun]:
    """All windows of all lines; the k-th windows of all lines are one batch. Raises torch.OutOfMemoryError where not
    even one round of windows fits the device.
    """
    courses = [_Course(model, line) for line in lines]
    whole, ends = _rounds(lines)
    at_once = max(
        windows_at_once(_FRAMES_AT_ONCE, lines[0].windows.length, _device_and_type(model)[0]) // len(lines), 1
    )
    first = 0
    while first < len(whole):
        some = whole[first : first + at_once]
        try:
            _run_rounds(model, courses, some, sampling)
            first += len(some)
            progress("Base motion", first / (len(whole) + len(ends)))
        except torch.OutOfMemoryError:
            if len(some) == 1:
                raise
            at_once = len(some) // 2
            torch.cuda.empty_cache()
    for done, places in enumerate(ends, len(whole) + 1):
        _run_rounds(model, courses, [places], sampling)
        progress("Base motion", done / (len(whole) + len(ends)))
    return [BaseRun(course.codes, course.seeds) for course in courses]


def _rounds(lines: Sequence[Line]) -> tuple[list[list[Place]], list[list[Place]]]:
    """Windows that can be made together: the k-th of all lines; then last ones that are shorter, by their length."""
    whole: list[list[Place]] = []
    shorter: list[Place] = []
    for k in range(max(line.windows.count for line in lines)):
        places = [Place(n, k) for n, line in enumerate(lines) if k < line.windows.count]
        whole.append([place for place in places if length_of(lines, [place]) == lines[0].windows.length])
        shorter += [place for place in places if length_of(lines, [place]) < lines[0].windows.length]
    ends = [[shorter[k] for k in numbers] for numbers in of_equal_length(lines, shorter).values()]
    return [places for places in whole if places], ends


def _run_rounds(
    model: Model, courses: Sequence[_Course], rounds: Sequence[Sequence[Place]], sampling: Sampling
) -> None:
    """What is heard is worked out for all windows at once, motion for one after the other, the face's codes at last."""
    lines = [course.line for course in courses]
    every = [place for places in rounds for place in places]
    memory = _memory(model, lines, every)
    faces, start = [], 0
    for places in rounds:
        own = memory.windows(slice(start, start + len(places)))
        start += len(places)
        seeds = [courses[place.line].seeds[place.window] for place in places]
        latents = model.base.latents(own, *_seen(model, lines, places, seeds))
        chosen: Codes = {part: _choose(model, part, latents[part], own, lines, places, sampling) for part in BODY_PARTS}
        for row, place in enumerate(places):
            courses[place.line].add(model, place.window, {part: chosen[part][row] for part in BODY_PARTS})
        faces.append(latents["face"])
    face = _choose(model, "face", torch.cat(faces), memory, lines, every, sampling)
    for row, place in enumerate(every):
        courses[place.line].codes["face"][place.window, : face.shape[1]] = face[row]


def _memory(model: Model, lines: Sequence[Line], places: Sequence[Place]) -> BaseMemory:
    batch = window_batch(lines, places, *_device_and_type(model))
    return model.base.prepare(batch.rhythm, batch.speech, batch.identity, batch.gesture_class, batch.base_plan)


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
    rows, purpose = [(lines[place.line].seed, place.window) for place in places], f"base {part}"
    if part in memory.told:
        whole = model.base.whole(part, latents, memory.told[part])
        return choose_near(model.rvq[part], whole, sampling, rows, purpose).cpu()
    return choose_codes(model.base.logits(part, latents, memory), sampling, rows, purpose).cpu()


def _device_and_type(model: Model) -> tuple[torch.device, torch.dtype]:
    parameter = next(model.base.parameters())
    return parameter.device, parameter.dtype
