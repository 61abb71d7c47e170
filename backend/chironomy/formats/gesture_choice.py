"""What the animator chooses for the gesture of a word: its class, its hand, its size; as a value and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

AUTO = "auto"
HANDS = (AUTO, "left", "right", "both")
SMALLEST, LARGEST = 0.3, 1.5
#: Under which takes and jobs keep the choices, and where earlier versions kept classes alone.
_KEY, _CLASSES_ALONE = "gestures", "gesture_classes"


@dataclass(frozen=True)
class GestureChoice:
    """One word's. What is not chosen is the generator's to choose. Raises ValueError for what cannot be meant."""

    gesture_class: str | None = None
    """One of presets/gesture_classes.json, "beat", or "" for no gesture; None where it is open."""
    hand: str = AUTO
    """auto, left, right or both."""
    size: float = 1.0
    """How far the hands go from where they are held, in parts of what the generator would have them do."""

    def __post_init__(self) -> None:
        if self.gesture_class is not None and not isinstance(self.gesture_class, str):
            raise ValueError(f"{self.gesture_class!r:.40} is no gesture class")
        if self.hand not in HANDS:
            raise ValueError(f"{self.hand!r:.40} is no hand: choose one of {', '.join(HANDS)}")
        if not isinstance(self.size, int | float) or not SMALLEST <= self.size <= LARGEST:
            raise ValueError(f"sizes go from {SMALLEST} to {LARGEST}, and this is {self.size!r:.40}")


OPEN = GestureChoice()
NO_GESTURE = GestureChoice("")


def chosen_classes(choices: Mapping[int, GestureChoice]) -> dict[int, str]:
    """Word number → class ("" for none), where one was chosen."""
    return {
        number: choice.gesture_class for number, choice in sorted(choices.items()) if choice.gesture_class is not None
    }


def with_choices(settings: Mapping[str, Any], choices: Mapping[int, GestureChoice]) -> dict[str, Any]:
    """A take's or a job's settings with the choices as JSON has them: {"gestures": {"3": {"hand": "left"}}}."""
    made = {str(number): _entry(choice) for number, choice in sorted(choices.items()) if choice != OPEN}
    return {**settings, _KEY: made}


def choices_in(settings: Mapping[str, Any]) -> dict[int, GestureChoice]:
    """The choices in a take's or a job's settings, of earlier versions too. Raises ValueError for what is none."""
    try:
        choices = {int(number): GestureChoice(name) for number, name in settings.get(_CLASSES_ALONE, {}).items()}
        return choices | {int(number): _choice(entry) for number, entry in settings.get(_KEY, {}).items()}
    except (AttributeError, TypeError) as error:
        raise ValueError(f"these are no choices of gestures ({error})") from error


def _entry(choice: GestureChoice) -> dict[str, Any]:
    entry = {"class": choice.gesture_class, "hand": choice.hand, "size": choice.size}
    return {key: value for key, value in entry.items() if value != _OPEN_ENTRY[key]}


def _choice(entry: Mapping[str, Any]) -> GestureChoice:
    return GestureChoice(*({**_OPEN_ENTRY, **entry}[key] for key in _OPEN_ENTRY))


_OPEN_ENTRY: dict[str, Any] = {"class": OPEN.gesture_class, "hand": OPEN.hand, "size": OPEN.size}
