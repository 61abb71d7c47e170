"""Rows of the table for what the RVQ-VAEs make of recordings that they were not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...evaluation.reconstruction import reconstruction_figures
from ...evaluation.subject import FPS, Subject
from ...motion.feet import foot_contacts
from ...nets.config import ModelConfig
from ...training.rebuilding import Rvqs, config_of, read_rvqs, rebuilt_rotations
from .rows import Row, Target

#: In the order of `reconstruction_figures`.
_TARGETS = (
    Target(high=1.0), Target(high=2.0), Target(high=3.0), Target(high=3.0), Target(0.9, 1.1), Target(high=1.3),
    Target(high=1.5),
)  # fmt: skip


def rebuilt_rows(
    folder: Path, test: Sequence[Subject], unseen: Sequence[Subject], real: Sequence[Subject]
) -> list[Row]:
    """Figures of all held-out recordings; beside them of those whose gestures were never seen, and of real motion.

    folder: a model, or a run of training with its RVQ-VAEs. Raises UserError.
    """
    networks, config = read_rvqs(folder), config_of(folder)
    columns = [
        reconstruction_figures([(rebuilt(recorded, networks, config), recorded) for recorded in recordings])
        for recordings in ([*test, *unseen], unseen, real)
    ]
    return [
        Row(whole.name, whole.unit, target, whole.value, never_seen.value, speaker.value, whole.digits)
        for target, whole, never_seen, speaker in zip(_TARGETS, *columns, strict=True)
    ]


def rebuilt(recorded: Subject, networks: Rvqs, config: ModelConfig) -> Subject:
    """A motion as its RVQ-VAEs give it back; the root stays as it was."""
    contacts = foot_contacts(recorded.positions, FPS)
    rotations = rebuilt_rotations(recorded.rotations, recorded.translation, contacts, recorded.face, networks, config)
    return replace(recorded, rotations=rotations, translation=recorded.translation[: len(rotations)])
