"""What a synthesiser is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass

from ....formats.words import Phone
from ....speech.types import Samples

#: Nothing longer is spoken: lines have sixty words.
LONGEST_CHARACTERS, LONGEST_S = 2000, 120.0


@dataclass(frozen=True)
class Piece:
    """A word as it is spoken, without a blank in it."""

    text: str
    """Of the letters a to z and apostrophes; a letter that is said by its name has a dot behind it."""
    signs: str = ""
    """The punctuation behind it, or nothing."""

    @property
    def written(self) -> str:
        """So that synthesisers read it right: dots behind letters would end sentences, and "a" be an article."""
        word = "eigh" if self.text == "a." else self.text.replace(".", "")
        return word + self.signs


@dataclass(frozen=True)
class Said:
    """Pieces spoken by a synthesiser."""

    samples: Samples
    """[N], −1…1."""
    rate_hz: int
    phones: tuple[tuple[Phone, ...], ...]
    """The phones of each piece; none where the synthesiser said nothing for it."""
