"""Pretrained networks of `transformers`, from folders on this machine; nothing is ever downloaded."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...errors import UserError


@dataclass(frozen=True)
class Pretrained:
    """One network that a front end needs: what it is called and where a user gets it."""

    folder: str
    """Its folder's name, inside the model's folder or beside it."""
    architecture: str
    """The class of `transformers`."""
    origin: str
    """Its name on the Hugging Face hub, for messages alone."""
    tokenizer: bool = False


HUBERT_LARGE = Pretrained("hubert-large", "HubertModel", "facebook/hubert-large-ls960-ft")
HUBERT_BASE = Pretrained("hubert-base", "HubertModel", "facebook/hubert-base-ls960")
CLIP_TEXT = Pretrained("clip-vit-base-patch32", "CLIPTextModelWithProjection", "openai/clip-vit-base-patch32", True)

_FILES = "config.json and model.safetensors (or pytorch_model.bin)"
#: Parameters that only training reads; checkpoints leave them out.
_UNUSED = frozenset({"masked_spec_embed"})
#: Hearing and reading: at most these stay loaded between jobs.
_MOST_LOADED = 4


def find_pretrained(wanted: Pretrained, model_folder: Path) -> Path | None:
    """The folder inside the model's folder, or beside it; nothing where it is in neither."""
    places = (model_folder / wanted.folder, model_folder.parent / wanted.folder)
    return next((place for place in places if (place / "config.json").is_file()), None)


def missing_pretrained(wanted: Pretrained, model_folder: Path) -> str:
    """One line that says what to put where."""
    files = _FILES + (", tokenizer.json" if wanted.tokenizer else "")
    return f"{model_folder.parent / wanted.folder}: is missing: put {wanted.origin} there: {files}"


def load_pretrained(wanted: Pretrained, model_folder: Path, device: str) -> tuple[Any, Any]:
    """The network, ready to run on `device`, and its tokenizer or None. Raises UserError where it cannot be had."""
    folder = find_pretrained(wanted, model_folder)
    if folder is None:
        raise UserError(missing_pretrained(wanted, model_folder))
    return load_folder(wanted, folder, device)


def load_hubert(wanted: Pretrained, model_folder: Path, device: str, width: int) -> Any:
    """A HuBERT whose states have `width` channels. Raises UserError."""
    network, _ = load_pretrained(wanted, model_folder, device)
    if (found := network.config.hidden_size) != width:
        raise UserError(
            f"{model_folder}: needs {wanted.folder} with {width} channels, but the HuBERT found has {found}: "
            f"put {wanted.origin} there"
        )
    return network


def load_folder(wanted: Pretrained, folder: Path, device: str) -> tuple[Any, Any]:
    """As `load_pretrained`, from this very folder. What was loaded last stays loaded until its files change."""
    state = tuple((file.name, file.stat().st_mtime_ns) for file in sorted(folder.iterdir()) if file.is_file())
    return _loaded(wanted, folder, device, state)


@lru_cache(maxsize=_MOST_LOADED)
def _loaded(wanted: Pretrained, folder: Path, device: str, _state: tuple[tuple[str, int], ...]) -> tuple[Any, Any]:
    import transformers

    local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        with _quiet():
            architecture = getattr(transformers, wanted.architecture)
            network, report = architecture.from_pretrained(str(folder), output_loading_info=True, **local)
            tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), **local) if wanted.tokenizer else None
    except Exception as error:  # whatever transformers meets in files that are none of its own
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(f"{folder}: cannot be read ({reason}): copy {wanted.origin} there again: {_FILES}") from error
    missing = sorted(set(report["missing_keys"]) - _UNUSED)
    if missing:
        raise UserError(
            f"{folder}: holds no whole {wanted.architecture} ({missing[0]} and {len(missing) - 1} more are missing): "
            f"copy {wanted.origin} there again: {_FILES}"
        )
    return network.eval().requires_grad_(False).float().to(device), tokenizer


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the table of weights that are in the file but not in the network, which is as it should be."""
    from transformers.utils import logging as transformers_logging

    before = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(before)
        if bars:
            transformers_logging.enable_progress_bar()
