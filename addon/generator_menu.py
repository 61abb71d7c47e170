"""What the menu *Generator* offers, made of what the server says that it has (GET /health), and what a choice asks for.

An entry's identifier is `DEFAULT`, a generator's name, or "generator/model".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: The server decides: the model that comes along, or `rhythm` where it is missing.
DEFAULT = "DEFAULT"
Entry = tuple[str, str, str]
"""Identifier, name, description."""

#: As long as no server has answered.
BEFORE: list[Entry] = [
    (
        DEFAULT,
        "Chironomy S (learned)",
        "Gestures and face learned from actors and speech. Where this model is missing, Rhythm takes its place",
    ),
    ("rhythm", "Rhythm (no weights, instant)", "Gestures from rules: needs no model and no graphics card"),
]


def entries(health: dict[str, Any]) -> list[Entry]:
    """The default first, then all other generators and models."""
    generators = health.get("generators", [])
    default = health.get("default") or {"generator": "rhythm", "model": "", "notice": ""}
    others = [entry for generator in generators for entry in _of(generator)]
    chosen = next((entry for entry in others if entry[0] == _identifier(default["generator"], default["model"])), None)
    if chosen is None:
        return BEFORE
    if default["model"]:
        others.remove(chosen)
        return [(DEFAULT, *chosen[1:]), *others]
    return [(DEFAULT, f"Default: {chosen[1]}", default["notice"] or chosen[2]), *others]


def asked(identifier: str) -> dict[str, str]:
    """The request's keys that choose this entry; none for the default, and for one that is not offered any more."""
    if identifier in (DEFAULT, ""):
        return {}
    generator, _, model = identifier.partition("/")
    return {"generator": generator, "model": model} if model else {"generator": generator}


def _of(generator: dict[str, Any]) -> Iterator[Entry]:
    """A generator's models, or the generator itself where it has or needs none."""
    for model in generator["models"]:
        told = _sentences(generator["description"], model["summary"], _licence(model), _missing(model["problem"]))
        yield _identifier(generator["name"], model["name"]), f"{_readable(model['name'])} (learned)", told
    if not generator["models"]:
        told = _sentences(generator["description"], _licence(generator), _missing(generator["missing"]))
        yield generator["name"], generator.get("title") or _readable(generator["name"]), told


def _identifier(generator: str, model: str) -> str:
    return f"{generator}/{model}" if model else generator


def _readable(name: str) -> str:
    return name.replace("-", " ").replace("_", " ").title()


def _licence(of: dict[str, Any]) -> str:
    return f"Licence: {of['licence']}" if of["licence"] else ""


def _missing(problem: str) -> str:
    return f"Not usable yet: {problem}" if problem else ""


def _sentences(*parts: str) -> str:
    """Blender puts the last full stop itself."""
    return ". ".join(part.rstrip(".") for part in parts if part)
