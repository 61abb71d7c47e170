"""What makes the motion where nobody chose it: the model that came along, else the generator without weights.

This is the one place that decides it, for the command line, the server and the panel.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UserError
from .models import FoundModel, find_models

BUNDLED_MODEL = "chironomy-s"
#: Of the model that comes along: it learned from English speech alone.
LANGUAGE = "en"
WITHOUT_WEIGHTS = "rhythm"


@dataclass(frozen=True)
class Choice:
    """A generator, and which of its models."""

    generator: str
    model: str = ""
    """The model's name; "" for the first whole one, where the generator needs one."""
    notice: str = ""
    """One line for a user who did not choose this; without paths, because takes keep it."""


def default_choice(language: str = LANGUAGE) -> Choice:
    """The model that came along, where its files are there (hashes are checked when it is loaded) and it knows the
    language ("en", "de-AT"); else `rhythm`."""
    model = next((model for model in find_models() if model.name == BUNDLED_MODEL), None)
    problem = _problem(model, language)
    if model is not None and not problem:
        return Choice(model.system, model.name)
    instead = f"the generator {WITHOUT_WEIGHTS}, which needs no weights, takes its place"
    return Choice(WITHOUT_WEIGHTS, notice=f"{problem}; {instead}")


def completed(generator: str, model: str, language: str = LANGUAGE) -> Choice:
    """What the user said, and the rest where it is "": a model alone says which generator it is for.

    Raises UserError where there is no such model.
    """
    if generator:
        return Choice(generator, model)
    if not model:
        return default_choice(language)
    found = next((other for other in find_models() if other.name == model), None)
    if found is None:
        names = ", ".join(other.name for other in find_models()) or "none"
        raise UserError(f"{model}: there is no model of this name: there are: {names}")
    return Choice(generator_of(found), model)


def generator_of(model: FoundModel) -> str:
    """Which generator a model is for. Raises UserError where its card cannot be read."""
    if not model.system:
        raise UserError(model.problem)
    return model.system


def _problem(model: FoundModel | None, language: str) -> str:
    if model is None:
        return f"{BUNDLED_MODEL}: this model, which comes along, is missing: install Chironomy again"
    if language.partition("-")[0].lower() != LANGUAGE:
        return f"{BUNDLED_MODEL}: this model knows English alone, and this is another language ({language})"
    return model.problem.replace(str(model.folder), model.name)
