"""Generators by name."""

from dataclasses import dataclass
from importlib import import_module

from ..errors import UserError
from .request import Generator


@dataclass(frozen=True)
class GeneratorEntry:
    """What is known about a generator before its module is imported."""

    module: str
    attribute: str
    licence: str
    description: str
    needs_torch: bool = False


GENERATORS = {
    "rhythm": GeneratorEntry(
        "rhythm",
        "RhythmGenerator",
        "GPL-3.0-or-later",
        "Gestures from the rhythm of the voice and the meaning of words; needs no weights",
    )
}
DEFAULT_GENERATOR = "rhythm"


def generator_names() -> tuple[str, ...]:
    """All that get_generator knows."""
    return tuple(GENERATORS)


def any_needs_torch() -> bool:
    """Whether a graphics card could be of use."""
    return any(entry.needs_torch for entry in GENERATORS.values())


def get_generator(name: str) -> Generator:
    """The generator of this name; its module is imported only now. Raises UserError for an unknown name."""
    if name not in GENERATORS:
        raise UserError(f"{name}: there is no such generator: choose one of {', '.join(GENERATORS)}")
    entry = GENERATORS[name]
    return getattr(import_module(f"{__package__}.{entry.module}"), entry.attribute)()
