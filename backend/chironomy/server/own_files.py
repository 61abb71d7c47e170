"""Files of the user's own that the server was told of when it started: a body, and models for other languages.

They come through the environment, as the add-on's preferences name them: CHIRONOMY_SMPLX_MODEL is a file,
CHIRONOMY_MODELS a folder in which `align/de` holds a CTC model that hears German, and every other folder with a card a
model of a generator (generators/models.py).
"""

from __future__ import annotations

import os
from pathlib import Path

from ..generators.models import MODELS_VARIABLE


def smplx_model_file() -> Path | None:
    """The user's SMPL-X model, whose body takes are made for; nothing: the neutral body."""
    chosen = os.environ.get("CHIRONOMY_SMPLX_MODEL")
    return Path(chosen) if chosen else None


def alignment_model(language: str) -> Path | None:
    """The folder of the CTC model for a language ("de", "de-AT"), where there is one; English needs none."""
    folder, code = os.environ.get(MODELS_VARIABLE), language.lower()
    if not folder or code.partition("-")[0] == "en":
        return None
    places = (Path(folder) / "align" / name for name in (code, code.partition("-")[0]))
    return next((place for place in places if place.is_dir()), None)


def alignment_model_place(language: str) -> str:
    """Where `alignment_model` looks, for messages."""
    folder = os.environ.get(MODELS_VARIABLE) or "the model folder of the add-on's preferences"
    return f"{folder}/align/{language.lower().partition('-')[0]}"


def state_of(path: Path | None) -> list[str | int]:
    """What changes when a file or folder is exchanged, so that results made with it are not mistaken for new ones."""
    if path is None or not path.exists():
        return []
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    facts = [(file.name, file.stat()) for file in files if file.is_file()]
    return [fact for name, stat in facts for fact in (name, stat.st_size, stat.st_mtime_ns)]
