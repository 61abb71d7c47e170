"""From what was heard to a take, with its origin written into it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..formats.take import Take, as_stored
from ..generators.registry import get_generator
from ..generators.request import Request
from ..motion.body import Body
from ..progress import Progress, silent
from .hear import Recording


@dataclass(frozen=True)
class Wishes:
    """What the animator asks of a generation, apart from the recording."""

    generator: str = "rhythm"
    style: str = "neutral"
    seed: int = 1
    gesture_classes: Mapping[int, str] = field(default_factory=dict)
    """By word number; "" for no gesture; other words are automatic."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of this generator; see its entry in generators/registry.py."""
    model: Path | None = None
    """The folder of the weights, for generators that have some; see generators/models.py."""


def perform(recording: Recording, body: Body, wishes: Wishes, progress: Progress = silent, device: str = "cpu") -> Take:
    """Generates a take. The same recording, body and wishes give the same take. Raises UserError."""
    request = Request(
        recording.speech,
        body,
        wishes.seed,
        wishes.style,
        wishes.gesture_classes,
        wishes.settings,
        device,
        recording.audio,
        wishes.model,
    )
    take = get_generator(wishes.generator).generate(request, progress)
    metadata = replace(
        take.metadata,
        sources=(*take.metadata.sources, *_origin(Path(recording.audio.source))),
        notices=(*recording.speech.alignment.notices, *take.metadata.notices),
    )
    # rounded now, so that files made with the take equal those made from its file later
    return as_stored(replace(take, metadata=metadata))


def _origin(audio: Path) -> tuple[str, ...]:
    """The recording's name and hash: enough to find it again, and no path of somebody's disk."""
    if not audio.is_file():
        return ()
    with audio.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return (f"{audio.name} sha256:{digest}",)
