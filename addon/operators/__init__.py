"""What the panel's buttons and scripts call: thin operators over functions."""

from importlib import import_module

_PARTS = ("backend", "speech", "character", "generate", "emphasis", "takes", "export")


def register() -> None:
    for name in _PARTS:
        import_module(f".{name}", __package__).register()


def unregister() -> None:
    for name in reversed(_PARTS):
        import_module(f".{name}", __package__).unregister()
