"""A model in memory, in the precision that its device is good at."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import torch

from ...nets.model_card import CARD, Card
from ...nets.model_folder import Model, read_model
from .settings import Precision

_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def loaded(folder: Path, device: str, precision: Precision, compiled: bool = False) -> Model:
    """The model of a folder; the last one stays in memory. Raises UserError."""
    card = (folder / CARD).read_bytes() if (folder / CARD).is_file() else b""
    return _loaded(folder, card, device, data_type(device, precision), compiled)


def data_type(device: str, precision: Precision) -> torch.dtype:
    """Of base and sparse network; decoders stay in fp32, where they cost nothing."""
    if precision == "auto":
        precision = "fp32" if device == "cpu" else "bf16"
    return _TYPES[precision]


@lru_cache(maxsize=1)
def _loaded(folder: Path, _card: bytes, device: str, dtype: torch.dtype, compiled: bool) -> Model:
    model = read_model(folder, device, dtype)
    if compiled and device != "cpu":
        for network, name in ((model.base, "latents"), (model.base, "logits"), (model.sparse, "perform")):
            setattr(network, name, torch.compile(getattr(network, name)))
    return model


def weights_digest(card: Card) -> str:
    """SHA-256 over the hashes of all files of a model, as takes record it."""
    lines = [f"{name} {record.sha256}" for name, record in sorted(card.files.items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
