"""The one contract between generators and the rest: a request goes in, a take comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ..formats.gesture_choice import GestureChoice
from ..formats.take import Take
from ..motion.body import Body
from ..progress import Progress, silent
from ..speech.types import Audio, Speech
from .locked import LockedFrames

if TYPE_CHECKING:
    from .semtalk.codes import TakeCodes


@dataclass(frozen=True)
class Request:
    """All that one generation needs. Equal requests give equal takes."""

    speech: Speech
    body: Body
    seed: int = 1
    style: str = "neutral"
    """One of presets/styles.json."""
    gesture_choices: Mapping[int, GestureChoice] = field(default_factory=dict)
    """What the animator chose for words, by their numbers: class, hand, size; for all others the generator chooses."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    device: str = "cpu"
    """Where networks run ("cuda", "cuda:1"): no part of the result."""
    audio: Audio | None = None
    """The sound itself, for networks that listen to it."""
    model: Path | None = None
    """The folder of the weights, for generators that have some; the take records their hash, never this path."""
    locked: LockedFrames = field(default_factory=LockedFrames)
    """What the animator holds: joints and frames to be met exactly (generators with networks)."""


class Generator(Protocol):
    """Makes a take of ⌈duration · 30⌉ frames at 30 fps: base and semantic layer, psi, face, contacts."""

    name: str

    def generate(self, request: Request, progress: Progress = silent) -> Take: ...


@runtime_checkable
class LoadingGenerator(Protocol):
    """A generator with networks, which take a while to load."""

    def load(self, model: Path, device: str) -> None:
        """Has in memory what the first take with this model would wait for. Raises UserError."""
        ...


@runtime_checkable
class CodesGenerator(Protocol):
    """A generator with networks: makes several lines at once, and keeps what it drew for each."""

    def generate_lines(
        self, requests: Sequence[Request], progress: Progress = silent
    ) -> Sequence[tuple[Take, TakeCodes]]: ...
