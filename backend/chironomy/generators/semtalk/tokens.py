"""From lines to tokens: codes of the base and of the semantic motion, and the gate's probability of each token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...motion.rotations import Array
from ...nets.config import BODY_PARTS, PARTS
from ...nets.model_folder import Model
from ...progress import Progress, silent, within
from .base_run import BaseRun, Codes, run_base
from .gate import gate_probability
from .lines import Line, Place
from .settings import Settings
from .sparse_run import gate_logits, run_sparse
from .windows import FRAMES_PER_TOKEN

#: With `lazy`: psi below this asks for no semantic motion.
_LEAST_PSI = 0.1


@dataclass(frozen=True)
class Tokens:
    """What the networks made of one line, as sequences over the whole of it."""

    base: Codes
    """[N, levels] of all four parts."""
    semantic: Codes
    """[N, levels] of upper body, hands and lower body."""
    probability: Array
    """[N], of being semantic, calibrated."""


def make_tokens(model: Model, lines: Sequence[Line], settings: Settings, progress: Progress = silent) -> list[Tokens]:
    """Tokens of all lines. The gate does not depend on the motion, nor the base on the gate."""
    gates = gate_logits(model, lines, within(progress, 0.0, 0.05))
    behaviour = model.config.behaviour
    likely = [gate_probability(gate.numpy(), behaviour.gate_scale, behaviour.gate_offset) for gate in gates]
    runs = run_base(model, lines, settings.sampling, within(progress, 0.05, 0.6))
    asked = [
        Place(n, k)
        for n, line in enumerate(lines)
        for k in range(line.windows.count)
        if not settings.lazy or _psi_asks(line, k, likely[n][k]) or _slider_asks(line, k, settings)
    ]
    semantic = _semantic(model, lines, runs, asked, settings, within(progress, 0.6, 1.0))
    return [
        Tokens(
            base={part: line.windows.join(run.codes[part]) for part in PARTS},
            semantic={part: line.windows.join(codes[part]) for part in BODY_PARTS},
            probability=line.windows.join(probability),
        )
        for line, run, codes, probability in zip(lines, runs, semantic, likely, strict=True)
    ]


def _semantic(
    model: Model, lines: Sequence[Line], runs: Sequence[BaseRun], asked: Sequence[Place], settings: Settings,
    progress: Progress,
) -> list[Codes]:  # fmt: skip
    """Semantic codes [W, N, levels] of each line: those of the base in windows and parts that are not asked for."""
    out: list[Codes] = [{part: run.codes[part].clone() for part in BODY_PARTS} for run in runs]
    if asked:
        seeds = [runs[place.line].seeds[place.window] for place in asked]
        codes = run_sparse(model, lines, asked, seeds, settings.sampling, progress)
        for row, place in enumerate(asked):
            for part, own in codes.items():
                out[place.line][part][place.window] = own[row]
    return out


def _psi_asks(line: Line, window: int, probability: Array) -> bool:
    """probability [N]: of a whole window's tokens; what stands behind the end of a shorter one says nothing."""
    return probability[: line.windows.length_of(window) // FRAMES_PER_TOKEN].max() >= _LEAST_PSI


def _slider_asks(line: Line, window: int, settings: Settings) -> bool:
    start = line.windows.start(window)
    spoken = set(line.features.spoken_index[start : start + line.windows.length_of(window)].tolist())
    return any(value > 0 and number in spoken for number, value in settings.sliders.items())
