"""Random numbers of a training step, from the seed and the step alone: stopping and going on changes nothing."""

from __future__ import annotations

import hashlib

import torch


def seed_step(seed: int, stage: str, step: int, process: int = 0) -> None:
    """Sets torch's random numbers, on every device, to those of one step of one stage."""
    text = f"{seed} {stage} {step} {process}".encode()
    torch.manual_seed(int.from_bytes(hashlib.sha256(text).digest()[:8], "little") >> 1)
