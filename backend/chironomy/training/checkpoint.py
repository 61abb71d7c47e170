"""Checkpoints: everything that a stage needs to go on as if it had never stopped.

Random numbers are drawn anew in every step from the seed, the stage and the step (`randomness.py`), and so is the
order of the data: the seed and the step are the random state.
"""

from __future__ import annotations

import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from ..errors import UserError
from ..formats.atomic import replacing

_SCHEMA = "chironomy training checkpoint 1"
_DAMAGE = (OSError, RuntimeError, ValueError, EOFError, KeyError, TypeError, pickle.UnpicklingError)


@dataclass
class History:
    """How the losses went."""

    training: list[tuple[int, float]] = field(default_factory=list)
    """Step, and the mean loss since the entry before."""
    validation: list[tuple[int, float]] = field(default_factory=list)
    """Step, and the loss of the averaged weights on the recordings for validation."""

    @property
    def best(self) -> float:
        """The lowest loss in validation, by the recipe as it was then."""
        return min((loss for _, loss in self.validation), default=float("inf"))


@dataclass
class Checkpoint:
    """A stage after `step` steps."""

    stage: str
    step: int
    seed: int
    based_on: dict[str, Any]
    """The stage's part of the recipe and the networks that it builds on: with others it cannot go on from here."""
    network: dict[str, Any]
    averaged: dict[str, Any]
    optimiser: dict[str, Any]
    scaler: dict[str, Any]
    """Of gradients, in fp16; else empty."""
    history: History


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint in the place of the one before, which stays when this fails (UserError: the disk is full)."""
    content = {"schema": _SCHEMA, **{name: getattr(checkpoint, name) for name in _NAMES}}
    content["history"] = asdict(checkpoint.history)
    with replacing(path) as temporary, temporary.open("wb") as file:
        try:
            torch.save(content, file)
        except RuntimeError as error:  # what torch makes of a file that cannot grow
            raise (error.__context__ if isinstance(error.__context__, OSError) else error) from None


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint, on the CPU and without running anything in it. Raises UserError for anything else."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(content, dict) or content.pop("schema", None) != _SCHEMA:
            raise ValueError("it is no checkpoint of this version")
        return Checkpoint(**{**content, "history": History(**content["history"])})
    except _DAMAGE as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{path}: cannot be read ({reason}): delete it to train this stage again") from error


_NAMES = tuple(Checkpoint.__dataclass_fields__)
