"""From what was heard to a take, with its origin written into it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..formats.gesture_choice import GestureChoice
from ..formats.take import Take, as_stored
from ..generators.registry import get_generator
from ..generators.request import CodesGenerator, Request
from ..motion.body import Body
from ..progress import Progress, silent
from .hear import Recording

if TYPE_CHECKING:
    from ..generators.semtalk.codes import TakeCodes


@dataclass(frozen=True)
class Wishes:
    """What the animator asks of a generation, apart from the recording."""

    generator: str
    style: str = "neutral"
    seed: int = 1
    gesture_choices: Mapping[int, GestureChoice] = field(default_factory=dict)
    """By word number; for other words the generator chooses."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of this generator; see its entry in generators/registry.py."""
    model: Path | None = None
    """The folder of the weights, for generators that have some; see generators/models.py."""
    notices: tuple[str, ...] = ()
    """What is known beforehand, for the take's notices."""


class Performed(NamedTuple):
    """A take, and the codes of its layers where networks made it: `hard` and `soft` fusing needs them."""

    take: Take
    codes: TakeCodes | None


def perform(recording: Recording, body: Body, wishes: Wishes, progress: Progress = silent, device: str = "cpu") -> Take:
    """Generates a take. The same recording, body and wishes give the same take. Raises UserError."""
    return perform_with_codes(recording, body, wishes, progress, device).take


def perform_with_codes(
    recording: Recording, body: Body, wishes: Wishes, progress: Progress = silent, device: str = "cpu"
) -> Performed:
    """The same, with what the networks drew."""
    request = Request(
        recording.speech,
        body,
        wishes.seed,
        wishes.style,
        wishes.gesture_choices,
        wishes.settings,
        device,
        recording.audio,
        wishes.model,
    )
    generator = get_generator(wishes.generator)
    if isinstance(generator, CodesGenerator):
        take, codes = generator.generate_lines([request], progress)[0]
    else:
        take, codes = generator.generate(request, progress), None
    metadata = replace(
        take.metadata,
        sources=(*take.metadata.sources, *_origin(Path(recording.audio.source))),
        notices=(*wishes.notices, *recording.speech.alignment.notices, *take.metadata.notices),
    )
    # rounded now, so that files made with the take equal those made from its file later
    return Performed(as_stored(replace(take, metadata=metadata)), codes)


def _origin(audio: Path) -> tuple[str, ...]:
    """The recording's name and hash: enough to find it again, and no path of somebody's disk."""
    if not audio.is_file():
        return ()
    with audio.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return (f"{audio.name} sha256:{digest}",)
