"""What every way of finding words in sound gives: words with phones and confidence, in seconds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ...formats.words import Phone

Report = Callable[[float], None]
Span = tuple[float, float]


@dataclass(frozen=True)
class SpokenWord:
    """A word to be found."""

    text: str
    """As it is said: lower case, no digits."""
    variants: tuple[tuple[str, ...], ...]
    """Its phones with stress digits, the usual way first."""

    @property
    def syllables(self) -> int:
        return max(1, sum(phone[-1].isdigit() for phone in self.variants[0]))


@dataclass(frozen=True)
class HeardWord:
    """A word that was found."""

    phones: tuple[Phone, ...]
    """At least one; they follow each other without gaps."""
    confidence: float

    @property
    def span(self) -> Span:
        return self.phones[0].start_s, self.phones[-1].end_s


@dataclass(frozen=True)
class Heard:
    """What was found of a text."""

    words: list[HeardWord | None]
    """One for each word; None where it is not in the sound."""
    foreign: list[Span]
    """Speech that the text does not have."""


class Listener(Protocol):
    """Knows a recording and finds words in it."""

    def find(self, words: Sequence[SpokenWord], start_s: float, end_s: float, report: Report) -> Heard:
        """Where each of the words is between two times. Reports 0…1."""
        ...


def spread_phones(labels: Sequence[str], start_s: float, end_s: float) -> tuple[Phone, ...]:
    """Phones of equal length."""
    step = (end_s - start_s) / max(1, len(labels))
    edges = [start_s + step * number for number in range(len(labels))] + [end_s]
    return tuple(Phone(label, a, b) for label, a, b in zip(labels, edges, edges[1:], strict=False))


def fitted_phones(phones: Sequence[Phone], start_s: float, end_s: float) -> tuple[Phone, ...]:
    """The phones stretched or squeezed so that they fill the time between start_s and end_s."""
    first, last = phones[0].start_s, phones[-1].end_s
    if last <= first:
        return spread_phones([phone.label for phone in phones], start_s, end_s)
    edges = [start_s + (phone.start_s - first) * (end_s - start_s) / (last - first) for phone in phones] + [end_s]
    return tuple(Phone(p.label, a, b) for p, a, b in zip(phones, edges, edges[1:], strict=False))
