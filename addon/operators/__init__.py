"""What the panel's buttons and scripts call: thin operators over functions."""

from importlib import import_module
from importlib.util import find_spec

_WANTED = ("backend", "speech", "character", "generate", "emphasis", "takes", "export")
_PARTS = [name for name in _WANTED if find_spec(f".{name}", __package__) is not None]


def register() -> None:
    for name in _PARTS:
        import_module(f".{name}", __package__).register()


def unregister() -> None:
    for name in reversed(_PARTS):
        import_module(f".{name}", __package__).unregister()
