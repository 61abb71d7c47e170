"""The sidebar's tab *Chironomy*: sub-panels in the order of work. They only draw."""

from importlib import import_module

_PARTS = ("speech", "character", "generate", "emphasis", "takes", "export")


def register() -> None:
    for name in _PARTS:
        import_module(f".{name}", __package__).register()


def unregister() -> None:
    for name in reversed(_PARTS):
        import_module(f".{name}", __package__).unregister()
