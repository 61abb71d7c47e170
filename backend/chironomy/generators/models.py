"""The models (folders of weights) on this machine, and which one a generator takes.

They are looked for in the folder that CHIRONOMY_MODELS names, which is the user's, and among those that came along.
A model is a folder with a card; see nets/model_card.py. Nothing here loads torch.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..nets.config import read_model_config
from ..nets.front_end.needs import missing_of, missing_of_semges
from ..nets.model_card import CARD, Card, read_card, remedy, verified
from .registry import entry_of

MODELS_VARIABLE = "CHIRONOMY_MODELS"
#: Names another folder for the models that came along: for those who package Chironomy, and for tests.
BUNDLED_VARIABLE = "CHIRONOMY_BUNDLED_MODELS"
_INSTALLED = Path(__file__).parents[1] / "models"
_REPOSITORY = Path(__file__).parents[3] / "models"


@dataclass(frozen=True)
class FoundModel:
    """One model."""

    name: str
    folder: Path
    system: str
    """The generator that it is for; "" where its card cannot be read."""
    licence: str = ""
    summary: str = ""
    problem: str = ""
    """What is missing, and what to do: one line; "" where all is there."""


def models_folders() -> tuple[Path, ...]:
    """Where models are looked for: the user's folder first, then those that came along."""
    own = os.environ.get(MODELS_VARIABLE)
    return (*((Path(own),) if own else ()), bundled_folder())


def bundled_folder() -> Path:
    """Where the models that came along lie: inside the installed package, or at the root of the repository."""
    chosen = os.environ.get(BUNDLED_VARIABLE)
    return Path(chosen) if chosen else _INSTALLED if _INSTALLED.is_dir() else _REPOSITORY


def find_models(generator: str = "") -> tuple[FoundModel, ...]:
    """All models, or those for one generator; where two have one name, the user's own counts."""
    found: dict[str, FoundModel] = {}
    for place in models_folders():
        for folder in sorted(path.parent for path in place.glob(f"*/{CARD}")):
            found.setdefault(folder.name, examine(folder))
    return tuple(model for model in found.values() if generator in ("", model.system))


def examine(folder: Path) -> FoundModel:
    """What lies in a folder, judged by its card and the sizes of its files; hashes are checked when it is loaded."""
    try:
        card = read_card(folder)
        origin = card.origin
        problem = _damage(folder, card) or next(iter(_missing(folder, card)), "")
    except UserError as error:
        return FoundModel(folder.name, folder, "", problem=str(error))
    except OSError as error:
        problem = f"{folder}: cannot be read ({error.strerror or error}): check its permissions"
        return FoundModel(folder.name, folder, "", problem=problem)
    return FoundModel(folder.name, folder, origin.system, origin.licence, origin.summary, problem)


def damage_of(model: FoundModel) -> str:
    """The first file of a model that is missing or, by its hash, another: one line; "" where all are as they were."""
    try:
        card = read_card(model.folder)
        for name in card.files:
            verified(model.folder, card, name)
    except UserError as error:
        return str(error)
    return ""


def choose_model(generator: str, name: str = "") -> Path | None:
    """The folder that a generator takes its weights from; None for a generator that needs none.

    name: of a model that `find_models` gives; "": the first of them that is whole. Raises UserError, one line, which
    says what is missing and how it is repaired.
    """
    entry = entry_of(generator)
    if not entry.weights:
        if name:
            raise UserError(f"{name}: the generator {generator} needs no model: leave it out")
        return None
    candidates = find_models(generator)
    if name:
        candidates = tuple(model for model in candidates if model.name == name)
        if not candidates:
            names = ", ".join(model.name for model in find_models(generator)) or "none"
            raise UserError(f"{name}: {generator} has no model of this name: there are: {names}")
    if not candidates:
        places = " or ".join(str(folder) for folder in models_folders())
        raise UserError(f"{generator}: its weights are missing (there is no model of it in {places}): {entry.weights}")
    return _whole(min(candidates, key=lambda model: bool(model.problem)))


def model_at(generator: str, folder: Path) -> Path:
    """The same folder, where it holds a whole model of this generator. Raises UserError."""
    if not entry_of(generator).weights:
        raise UserError(f"{folder}: the generator {generator} needs no model: leave it out")
    model = examine(folder)
    if model.system and model.system != generator:
        raise UserError(f"{folder}: is a model for the generator {model.system}, not {generator}: choose another")
    return _whole(model)


def missing(generator: str) -> str:
    """Why a generator cannot be used: one line, "" where it can."""
    try:
        choose_model(generator)
    except UserError as error:
        return str(error)
    return ""


def _whole(model: FoundModel) -> Path:
    if model.problem:
        raise UserError(model.problem)
    return model.folder


def _damage(folder: Path, card: Card) -> str:
    for name, record in card.files.items():
        path = folder / name
        if not path.is_file():
            return f"{path}: is missing: {remedy(card)}"
        if path.stat().st_size != record.size_bytes:
            return f"{path}: is not whole: {remedy(card)}"
    return ""


def _missing(folder: Path, card: Card) -> tuple[str, ...]:
    """What the model listens and reads with and is not there."""
    if card.origin.system == "semtalk":
        return missing_of(read_model_config(folder / "config.yaml").front_end, folder)
    return missing_of_semges(folder)
