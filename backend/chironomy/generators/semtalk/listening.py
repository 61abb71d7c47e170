"""From requests to lines: what the networks hear and read, and what is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ...formats.gesture_choice import chosen_classes
from ...nets.config import FrontEndConfig, ModelConfig
from ...nets.front_end.features import Features, FrontEnd, front_end
from ...nets.front_end.frames import frames_within
from ...progress import Progress, silent, within
from ..request import Request
from .calls import called_classes
from .gesture_plan import PLAN_CHANNELS
from .lines import Line
from .planner import Plan, plan_gestures
from .repertoire import LearnedGesture, read_repertoire
from .settings import Settings
from .start_pose import start_motion
from .windows import Windows


def front_end_of(config: ModelConfig, folder: Path, device: str) -> FrontEnd:
    """What a model hears and reads with; the last one stays in memory. Raises UserError."""
    # frozen, so it is hashable
    return front_end(config.front_end, folder, device, config.behaviour.silence)  # type: ignore[arg-type]


def listen(
    config: ModelConfig,
    folder: Path,
    requests: Sequence[Request],
    settings: Settings,
    device: str,
    progress: Progress = silent,
) -> list[Line]:
    """A line for each request. Raises UserError, also where a style or speaker is not one of the model's."""
    hearing = front_end_of(config, folder, device)
    lines = []
    for number, request in enumerate(requests):
        part = within(progress, number / len(requests), (number + 1) / len(requests))
        features = hearing.features(request.speech, request.audio, part)
        windows = Windows(features.frames, config.window_frames, config.seed_frames)
        starts = [windows.start(k) for k in range(windows.count)]
        sentences = hearing.sentence_vectors(features, starts, windows.length)
        plan = plan_of(config.front_end, request, read_repertoire(folder))
        lines.append(line_of(config, features, sentences, request, settings, plan))
    return lines


def line_of(
    config: ModelConfig, features: Features, sentences: NDArray[np.float32], request: Request, settings: Settings,
    plan: Plan | None = None,
) -> Line:  # fmt: skip
    """A request whose features are known. Raises UserError."""
    windows = Windows(features.frames, config.window_frames, config.seed_frames)
    return Line(
        features=features,
        windows=windows,
        sentences=sentences,
        identity=_identity(config.front_end, request.style, settings.speaker),
        seed=request.seed,
        locked=request.locked.before(features.frames),
        start=start_motion(request, config.seed_frames),
        gesture_class=_classes(config.front_end, request, features.frames, config.fps) if plan is None else _of(plan),
        called_class=_called(config.front_end, request, features.frames),
        plan=plan,
    )


def plan_of(
    config: FrontEndConfig, request: Request, repertoire: Mapping[str, Sequence[LearnedGesture]]
) -> Plan | None:
    """What this model's planner chooses for a request; nothing for models that were not trained with one."""
    if config.plan_width != PLAN_CHANNELS or not repertoire:
        return None
    return plan_gestures(request, repertoire, config.gesture_classes)


def _of(plan: Plan) -> NDArray[np.int64]:
    return plan.gesture_class.astype(np.int64)


def _called(config: FrontEndConfig, request: Request, frames: int) -> NDArray[np.int64] | None:
    if not config.called_classes:
        return None
    names, choices = config.gesture_classes, request.gesture_choices
    return called_classes(request.speech, frames, names, choices).astype(np.int64)


def _identity(config: FrontEndConfig, style: str, speaker: int) -> int:
    if config.styles:
        if style not in config.styles:
            raise UserError(f"{style}: this model has no such style: choose one of {', '.join(config.styles)}")
        return config.styles.index(style)
    if speaker >= config.speakers:
        raise UserError(f"speaker {speaker}: this model knows the speakers 0 to {config.speakers - 1}")
    return speaker


def _classes(config: FrontEndConfig, request: Request, frames: int, fps: float) -> NDArray[np.int64] | None:
    """[frames]: the classes that the animator chose, over their words; all else is open."""
    if not config.gesture_classes:
        return None
    numbers = {name: number for number, name in enumerate(config.gesture_classes, start=1)}
    out = np.zeros(frames, dtype=np.int64)
    chosen = chosen_classes(request.gesture_choices)
    for number, word in enumerate(request.speech.words):
        if number in chosen:
            out[frames_within(word.start_s, word.end_s, frames, fps)] = numbers.get(chosen[number], 0)
    return out
