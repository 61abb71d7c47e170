"""Phrases: what is said in one breath, with one stance of the hands and one hand leading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...formats.words import Word
from .library import Library, Stance
from .randomness import pick, stream

#: A pause this long ends a phrase even without punctuation.
_PAUSE_S = 0.35
#: Phrases of more words than this are split at their longest pause.
_LONGEST_WORDS = 14
#: Pauses from here on let the hands sink before the body, and hang.
WAITING_S, HANGING_S = 1.3, 3.0


@dataclass(frozen=True)
class Phrase:
    first: int
    """Number of its first word."""
    end: int
    """Number of the word after its last."""
    start_s: float
    end_s: float
    lead: str
    """left or right: the hand that leads."""
    stance: Stance


def split_into_phrases(words: Sequence[Word]) -> list[tuple[int, int]]:
    """[first, end) of every phrase."""
    bounds = [0]
    for k in range(1, len(words)):
        if words[k - 1].punctuation or words[k].start_s - words[k - 1].end_s > _PAUSE_S:
            bounds.append(k)
    bounds.append(len(words))
    pieces = []
    for first, end in pairwise(bounds):
        count = -(-(end - first) // _LONGEST_WORDS) if end > first else 0
        cuts = [first + (end - first) * k // count for k in range(count + 1)] if count else []
        pieces += list(pairwise(cuts))
    return [piece for piece in _joined(pieces, words) if piece[1] > piece[0]]


def _joined(pieces: list[tuple[int, int]], words: Sequence[Word]) -> list[tuple[int, int]]:
    """Very short phrases ("well,") belong to the next one unless a pause follows."""
    result: list[tuple[int, int]] = []
    for first, end in pieces:
        if result:
            before, last_end = result[-1]
            short = words[last_end - 1].end_s - words[before].start_s < 0.7
            if short and words[first].start_s - words[last_end - 1].end_s < _PAUSE_S:
                result[-1] = (before, end)
                continue
        result.append((first, end))
    return result


def phrases_of(words: Sequence[Word], library: Library, seed: int) -> list[Phrase]:
    """All phrases, each with the hand that leads and the stance."""
    stances = library.stances["speaking"]
    lead = "right" if stream(seed, "handedness").uniform() < 0.62 else "left"
    previous = -1
    result = []
    for number, (first, end) in enumerate(split_into_phrases(words)):
        chance = stream(seed, "phrase", first)
        if number and chance.uniform() < 0.42:
            lead = "left" if lead == "right" else "right"
        weights = [0.15 * s.weight if k == previous else s.weight for k, s in enumerate(stances)]
        previous = pick(chance, weights)
        result.append(Phrase(first, end, words[first].start_s, words[end - 1].end_s, lead, stances[previous]))
    return result
