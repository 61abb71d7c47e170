"""Chironomy's extension for Blender; as a Python package it is called `chironomy_blender`.

Registering only makes Blender know classes: it starts nothing and loads nothing heavy.
"""

from importlib import import_module

#: In the order in which they are registered. Each has register() and unregister().
_PARTS = ("properties", "preferences", "operators", "panels", "word_lane", "jobs")


def register() -> None:
    """Called by Blender when the add-on is switched on."""
    done = []
    try:
        for name in _PARTS:
            import_module(f".{name}", __package__).register()
            done.append(name)
    except BaseException:
        _unregister(done)
        raise


def unregister() -> None:
    """Called by Blender when the add-on is switched off."""
    _unregister(_PARTS)


def _unregister(names: list[str]) -> None:
    for name in reversed(names):
        import_module(f".{name}", __package__).unregister()
