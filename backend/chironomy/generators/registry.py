"""Generators by name."""

from importlib import import_module

from ..errors import UserError
from .request import Generator

_GENERATORS = {"rhythm": ("rhythm", "RhythmGenerator")}
DEFAULT_GENERATOR = "rhythm"


def generator_names() -> tuple[str, ...]:
    """All that get_generator knows."""
    return tuple(_GENERATORS)


def get_generator(name: str) -> Generator:
    """The generator of this name; its module is imported only now. Raises UserError for an unknown name."""
    if name not in _GENERATORS:
        raise UserError(f"{name}: there is no such generator: choose one of {', '.join(_GENERATORS)}")
    module, attribute = _GENERATORS[name]
    return getattr(import_module(f"{__package__}.{module}"), attribute)()
