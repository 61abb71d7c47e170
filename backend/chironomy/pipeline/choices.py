"""What a user says about single words: "never=1.5,you#2=0"."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import TypeVar

from ..emphasis.curve import MAX_EMPHASIS
from ..errors import UserError
from ..formats.gesture_choice import AUTO, HANDS, LARGEST, SMALLEST, GestureChoice

_Value = TypeVar("_Value")


def plain(text: str) -> str:
    """A word as it is compared: lower case, without anything but letters and digits."""
    return "".join(character for character in text.lower() if character.isalnum())


def parse_choices(text: str, option: str) -> dict[str, str]:
    """ "never=1.5, you#2=0" to {"never": "1.5", "you#2": "0"}. Raises UserError where a part is no word=value."""
    choices = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        word, sign, value = part.partition("=")
        if not (sign and plain(word) and value.strip()):
            raise UserError(f'{option}: "{part}" is not of the form word=value')
        choices[word.strip()] = value.strip()
    return choices


def numbers_of(word: str, texts: Sequence[str], option: str) -> list[int]:
    """The numbers of the words meant: "you" means every "you", "you#2" the second one alone.

    Raises UserError, with the nearest word that there is, where none is meant.
    """
    name, _, which = word.partition("#")
    found = [number for number, text in enumerate(texts) if plain(text) == plain(name)]
    if not found:
        near = difflib.get_close_matches(plain(name), [plain(text) for text in texts], n=1)
        raise UserError(
            f'{option}: the word "{name}" is not in the transcript' + (f'; is it "{near[0]}"?' if near else "")
        )
    if not which:
        return found
    if not which.isdigit() or not 1 <= int(which) <= len(found):
        raise UserError(f'{option}: "{word}": the word "{name}" is spoken {len(found)} times, so #1 to #{len(found)}')
    return [found[int(which) - 1]]


def read_sliders(text: str, texts: Sequence[str]) -> dict[int, float]:
    """The emphasis sliders meant by "never=1.5,you=0", by word number. Raises UserError."""
    return _by_word(text, texts, "--emphasis", lambda value: _number(value, 0, MAX_EMPHASIS, "emphasis goes"))


def read_gesture_choices(
    gesture: str, hand: str, size: str, texts: Sequence[str], classes: Sequence[str]
) -> dict[int, GestureChoice]:
    """What --gesture "never=negation,you=none", --hand "never=left" and --size "never=1.3" mean together, by word
    number. Raises UserError.
    """
    chosen = _by_word(gesture, texts, "--gesture", lambda value: _class_of(value, classes))
    hands = _by_word(hand, texts, "--hand", _hand)
    sizes = _by_word(size, texts, "--size", lambda value: _number(value, SMALLEST, LARGEST, "sizes go"))
    numbers = sorted({*chosen, *hands, *sizes})
    return {k: GestureChoice(chosen.get(k), hands.get(k, AUTO), sizes.get(k, 1.0)) for k in numbers}


def _by_word(text: str, texts: Sequence[str], option: str, meaning: Callable[[str], _Value]) -> dict[int, _Value]:
    """What an option says, by word number; `meaning` raises ValueError where a value has none. Raises UserError."""
    result: dict[int, _Value] = {}
    for word, value in parse_choices(text, option).items():
        try:
            meant = meaning(value)
        except ValueError as error:
            raise UserError(f'{option}: "{word}={value}": {error}') from error
        result |= dict.fromkeys(numbers_of(word, texts, option), meant)
    return result


def _number(value: str, lowest: float, highest: float, what: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not lowest <= number <= highest:
        raise ValueError(f"{what} from {lowest:g} to {highest:g}")
    return number


def _class_of(value: str, classes: Sequence[str]) -> str:
    """ "" for no gesture."""
    if value not in (*classes, "none"):
        raise ValueError(f"there is no such class; there are: {', '.join(classes)}, none")
    return "" if value == "none" else value


def _hand(value: str) -> str:
    if value not in HANDS:
        raise ValueError(f"there is no such hand; there are: {', '.join(HANDS)}")
    return value
