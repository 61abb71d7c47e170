"""What a take says where it could not do what the animator chose for a word's gesture."""

from __future__ import annotations

from collections.abc import Mapping

from ..formats.gesture_choice import AUTO, OPEN, GestureChoice
from .request import Request


def unmet(request: Request, hands: Mapping[int, str]) -> tuple[str, ...]:
    """A line for each word whose choice was not met. hands: who performs a word (left, right, both), or nothing."""
    words = request.speech.words
    lines = {k: _unmet(choice, hands.get(k, "")) for k, choice in sorted(request.gesture_choices.items())}
    return tuple(f"“{words[k].text}”: {line}" for k, line in lines.items() if line and 0 <= k < len(words))


def unheard(choices: Mapping[int, GestureChoice]) -> tuple[str, ...]:
    """The line for models that choose hands and sizes by themselves."""
    asked = any(choice.hand != AUTO or choice.size != OPEN.size for choice in choices.values())
    return ("This model chooses hands and sizes of gestures by itself: those chosen for words were left out",) * asked


def _unmet(choice: GestureChoice, hands: str) -> str:
    if choice == OPEN or choice.gesture_class == "":
        return ""
    if not hands and choice.gesture_class is None:
        return "gets no gesture by itself, so hand and size have no effect: choose a kind of gesture, too"
    if not hands:
        return f"its gesture ({choice.gesture_class}) is too near to another one: take one of the two away"
    if choice.hand not in (AUTO, hands):
        return f"its gesture is made with {_TOLD[hands]}: for {_TOLD[choice.hand]} choose another kind of gesture"
    return ""


_TOLD = {"left": "the left hand", "right": "the right hand", "both": "both hands"}
