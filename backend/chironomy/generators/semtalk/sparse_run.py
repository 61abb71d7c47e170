"""The semantic gate and the semantic motion: all windows in batches, for none depends on another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...nets.batches import in_batches
from ...nets.config import PartName
from ...nets.model_folder import Model
from ...nets.semtalk import Heard
from ...progress import Progress, silent
from .base_run import Codes
from .known_motion import known_motion
from .lines import Line, Place, of_equal_length, window_batch, windows_at_once
from .sampling import Sampling, choose_codes, choose_near
from .windows import FRAMES_PER_TOKEN

#: Frames in a batch; larger ones are no faster on a CPU.
_GATE_FRAMES, _MOTION_FRAMES = 1024, 512


class _Asked(NamedTuple):
    place: Place
    seed: Tensor


def gate_logits(model: Model, lines: Sequence[Line], progress: Progress = silent) -> list[Tensor]:
    """The gate's logits [W, N, 2] of each line, float32, on the CPU; without meaning behind a shorter window's end."""
    if model.sparse.calls is not None:
        return [_called_logits(model, line) for line in lines]
    places = [Place(n, k) for n, line in enumerate(lines) for k in range(line.windows.count)]
    device = next(model.sparse.parameters()).device
    out, done = torch.zeros(len(places), model.config.window_tokens, 2), 0
    for length, rows in of_equal_length(lines, places).items():
        equal, most = [places[row] for row in rows], windows_at_once(_GATE_FRAMES, length, device)
        for start, logits in in_batches(lambda batch: _hear(model, lines, batch).gate.float().cpu(), equal, most):
            out[rows[start : start + len(logits)], : logits.shape[1]] = logits
            done += len(logits)
            progress("Semantic gate", done / len(places))
    return list(out.split([line.windows.count for line in lines]))


def _called_logits(model: Model, line: Line) -> Tensor:
    """Of the whole line at once, with silence before and behind it: a window's ends would hide words that are near."""
    network, windows = model.sparse, line.windows
    assert network.calls is not None
    assert line.called_class is not None
    beside = network.calls.reach_tokens * FRAMES_PER_TOKEN
    behind = windows.start(windows.count - 1) + windows.length - len(line.called_class) + beside
    parameter = next(network.parameters())
    called = torch.from_numpy(np.pad(line.called_class, (beside, behind)))
    rhythm = torch.from_numpy(np.pad(line.features.rhythm, ((beside, behind), (0, 0))))
    logits = network.called(called[None].to(parameter.device), rhythm[None].to(parameter))[0].float().cpu()
    first = torch.arange(windows.count)[:, None] * (windows.stride // FRAMES_PER_TOKEN) + network.calls.reach_tokens
    return logits[first + torch.arange(windows.length // FRAMES_PER_TOKEN)]


def run_sparse(
    model: Model,
    lines: Sequence[Line],
    places: Sequence[Place],
    seeds: Sequence[Tensor],
    sampling: Sampling,
    progress: Progress = silent,
) -> Codes:
    """Codes [P, N, levels] of the model's semantic parts for these windows, which begin with `seeds`."""
    asked = [_Asked(place, seed) for place, seed in zip(places, seeds, strict=True)]
    config = model.config
    # made before all else: small pieces that stay, between large ones that go, would leave memory full of holes
    shape = (len(asked), config.window_tokens, config.rvq.levels)
    out: Codes = {part: torch.zeros(shape, dtype=torch.int16) for part in config.sparse.parts}
    device, done = next(model.sparse.parameters()).device, 0
    for length, rows in of_equal_length(lines, places).items():
        equal, most = [asked[row] for row in rows], windows_at_once(_MOTION_FRAMES, length, device)
        for start, codes in in_batches(lambda batch: _perform(model, lines, batch, sampling), equal, most):
            own_rows = rows[start : start + len(codes["upper"])]
            for part, own in codes.items():
                out[part][own_rows, : own.shape[1]] = own
            done += len(own_rows)
            progress("Semantic motion", done / len(asked))
    return out


def _hear(model: Model, lines: Sequence[Line], places: Sequence[Place]) -> Heard:
    parameter = next(model.sparse.parameters())
    batch = window_batch(lines, places, parameter.device, parameter.dtype)
    return model.sparse.hear(batch.words, batch.sentences, batch.speech, batch.called_class, batch.rhythm)


def _perform(model: Model, lines: Sequence[Line], asked: Sequence[_Asked], sampling: Sampling) -> Codes:
    parameter = next(model.sparse.parameters())
    places = [window.place for window in asked]
    batch = window_batch(lines, places, parameter.device, parameter.dtype)
    heard = model.sparse.hear(batch.words, batch.sentences, batch.speech, batch.called_class, batch.rhythm)
    motion, mask = known_motion(
        lines, places, [window.seed for window in asked], model.config.behaviour.seed_translation
    )
    made = model.sparse.perform(
        heard,
        motion.to(parameter.device, parameter.dtype),
        mask.to(parameter.device),
        batch.identity,
        gesture_class=batch.gesture_class,
        plan=batch.semantic_plan,
    )
    rows = [(lines[place.line].seed, place.window) for place in places]

    def codes(part: PartName) -> Tensor:
        purpose = f"semantic {part}"
        if (whole := made.get(f"whole_{part}")) is not None:
            return choose_near(model.rvq[part], whole, sampling, rows, purpose)
        return choose_codes(made[f"cls_{part}"], sampling, rows, purpose)

    return {part: codes(part).cpu() for part in model.config.sparse.parts}
