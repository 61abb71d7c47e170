"""A recipe: what network to train (section `model`) and how (section `training`), in one YAML file.

A section `card` may say what the card of the model is to tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import UserError
from ..formats.atomic import replacing
from ..nets.config import ModelConfig, parse_model_config, read_recipe
from ..nets.model_card import DataSource
from ..nets.semges.config import SemGesConfig
from .settings import TrainingSettings

_SECTIONS = ("model", "semges", "training", "card")


class CardSection(BaseModel):
    """What the card of a model says that the corpus does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    corpus: str
    """Name of the corpus that this is true for: of others nothing is claimed."""
    summary: str
    licence: str
    made_by: str
    """The command that makes the model again, on any machine."""
    repaired_by: str = ""
    """What to do where a file of it is damaged, for a model that comes along."""
    data: tuple[DataSource, ...] = ()
    limits: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """Networks and training."""

    model: ModelConfig
    training: TrainingSettings
    semges: SemGesConfig | None = None
    """Where a recipe is for SemGes."""
    card: CardSection | None = None


def load_recipe(path: Path) -> Recipe:
    """Reads and checks a recipe. Raises UserError that names the first wrong key."""
    sections = read_recipe(path)
    if unknown := sorted(set(sections) - set(_SECTIONS)):
        raise UserError(f"{path}: {', '.join(map(str, unknown))}: a recipe has the sections {', '.join(_SECTIONS)}")
    semges = sections.get("semges")
    if "model" not in sections and semges is None:
        there = ", ".join(map(str, sections)) or "nothing"
        raise UserError(f"{path}: has no section `model:`, but {there}: say which network is to be trained")
    return Recipe(
        model=parse_model_config(sections.get("model", {}), path),
        training=_parsed(TrainingSettings, sections.get("training") or {}, "training", path),
        semges=None if semges is None else _parsed(SemGesConfig, semges, "semges", path),
        card=None if sections.get("card") is None else _parsed(CardSection, sections["card"], "card", path),
    )


def save_recipe(recipe: Recipe, path: Path) -> None:
    """Writes what `load_recipe` reads."""
    sections: dict[str, Any] = {
        "model": recipe.model.model_dump(mode="json", exclude_defaults=True),
        "training": recipe.training.model_dump(mode="json", exclude_defaults=True, by_alias=True),
    }
    if recipe.semges is not None:
        sections["semges"] = recipe.semges.model_dump(mode="json", exclude_defaults=True)
    if recipe.card is not None:
        sections["card"] = recipe.card.model_dump(mode="json", exclude_defaults=True)
    with replacing(path) as temporary:
        text = yaml.safe_dump(sections, sort_keys=False, width=120, allow_unicode=True)
        temporary.write_text(text, encoding="utf-8")


def _parsed(kind: type[Any], section: Any, name: str, path: Path) -> Any:
    try:
        return kind.model_validate(section)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join([name, *(str(key) for key in first["loc"])])
        raise UserError(f"{path}: {place}: {first['msg']}: correct it") from error
