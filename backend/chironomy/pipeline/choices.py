"""What a user says about single words: "never=1.5,you#2=0"."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from ..emphasis.curve import MAX_EMPHASIS
from ..errors import UserError


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
    sliders = {}
    for word, value in parse_choices(text, "--emphasis").items():
        try:
            slider = float(value)
        except ValueError:
            slider = float("nan")
        if not 0 <= slider <= MAX_EMPHASIS:
            raise UserError(f'--emphasis: "{word}={value}": emphasis goes from 0 to {MAX_EMPHASIS:g}')
        sliders |= dict.fromkeys(numbers_of(word, texts, "--emphasis"), slider)
    return sliders


def read_gesture_classes(text: str, texts: Sequence[str], classes: Sequence[str]) -> dict[int, str]:
    """The gesture classes meant by "never=negation,you=none", by word number; "" for none. Raises UserError."""
    chosen = {}
    for word, value in parse_choices(text, "--gesture").items():
        if value not in (*classes, "none"):
            raise UserError(f'--gesture: there is no class "{value}"; there are: {", ".join(classes)}, none')
        name = "" if value == "none" else value
        chosen |= dict.fromkeys(numbers_of(word, texts, "--gesture"), name)
    return chosen
