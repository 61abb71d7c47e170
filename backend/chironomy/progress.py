"""How long work reports where it is, and how it is cancelled."""

from collections.abc import Callable

#: Called with the name of the stage ("Aligning words") and the fraction of it that is done, 0…1.
#: Work is cancelled by raising from inside the callback: long loops call it at least twice a second.
Progress = Callable[[str, float], None]


class Cancelled(Exception):
    """Raised from inside a progress callback to stop the work that called it."""


def silent(_stage: str, _fraction: float) -> None:
    """Report to nobody."""


def within(progress: Progress, start: float, end: float) -> Progress:
    """A callback for a part of the work: its 0…1 is start…end of the whole."""
    return lambda stage, fraction: progress(stage, start + (end - start) * min(max(fraction, 0.0), 1.0))
