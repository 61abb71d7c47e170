"""Generators by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module

from ..errors import UserError
from .request import Generator


@dataclass(frozen=True)
class GeneratorEntry:
    """What is known about a generator before its module is imported."""

    module: str
    attribute: str
    title: str
    """As people read it."""
    licence: str
    """Of the code; weights have their own, which their card names."""
    description: str
    weights: str = ""
    """What to do where there are no weights for it; "" for a generator that needs neither weights nor torch."""
    settings: tuple[str, ...] = ()
    """The keys of Request.settings that it knows."""


GENERATORS = {
    "rhythm": GeneratorEntry(
        "rhythm",
        "RhythmGenerator",
        "Rhythm (no weights, instant)",
        "GPL-3.0-or-later",
        "Gestures from the rhythm of the voice and the meaning of words; needs no weights",
    ),
    "semtalk": GeneratorEntry(
        "semtalk.generator",
        "SemTalkGenerator",
        "SemTalk (learned)",
        "GPL-3.0-or-later",
        "Gestures and face learned from people who speak: rhythmic motion, and semantic motion where words call for it",
        weights="make them with `chironomy convert-weights semtalk FOLDER -o models/semtalk-official`, or train some",
        settings=("temperature", "top_k", "lazy", "sliders", "speaker", "precision", "compile"),
    ),
    "semges": GeneratorEntry(
        "semges.generator",
        "SemGesGenerator",
        "SemGes (learned)",
        "GPL-3.0-or-later",
        "Gestures of arms and hands learned from people who speak; legs stand, and there is one layer only",
        weights="make them with `chironomy convert-weights semges FOLDER -o models/semges-official`, or train some",
        settings=("speaker",),
    ),
}


def generator_names() -> tuple[str, ...]:
    """All that get_generator knows."""
    return tuple(GENERATORS)


def get_generator(name: str) -> Generator:
    """The generator of this name; its module is imported only now. Raises UserError for an unknown name."""
    entry = entry_of(name)
    return getattr(import_module(f"{__package__}.{entry.module}"), entry.attribute)()


def entry_of(name: str) -> GeneratorEntry:
    """What is known about the generator of this name. Raises UserError for an unknown name."""
    if name not in GENERATORS:
        raise UserError(f"{name}: there is no such generator: choose one of {', '.join(GENERATORS)}")
    return GENERATORS[name]


def check_settings(generator: str, settings: Iterable[str]) -> None:
    """Raises UserError where one of the settings' names is none of this generator's."""
    known = entry_of(generator).settings
    for name in settings:
        if name not in known:
            raise UserError(
                f"{name}: the generator {generator} has no such setting; it has: {', '.join(known) or 'none'}"
            )
