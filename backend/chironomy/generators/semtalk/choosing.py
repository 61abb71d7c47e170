"""Which words an actor's gesture is for, and which gesture: the same for corpora and for the planner."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from ...formats.gesture_choice import OPEN
from ..rhythm.lexicon import BEAT
from ..rhythm.library import Style
from ..rhythm.plan import Performed
from ..rhythm.randomness import pick, stream

#: Nobody makes the very same gesture again so soon.
NOT_AGAIN_S = 10.0
#: Nor one of the same class, be it by another hand.
_CLASS_AGAIN_S = 5.0
#: From one apex to the next that an actor performs, at least.
APART_S = 2.0
#: From there to a beat of our own, and from one of those to the next: each moves the hands up, through and back.
_OURS_APART_S = 0.85
#: Who says "I", "you" or "we" in passing does not point.
_PRONOUNS, _POINTED_FROM = ("self", "you", "we"), 0.22
#: An actor's beat for a stressed word, instead of a small one of our own: how likely where the style has a beat on
#: every stressed word, and from which prominence on.
_ACTOR_BEAT, _ACTOR_BEAT_FROM = 0.45, 0.30
#: How far a gesture reaches on a word without stress, and how much further on the most stressed one, in a style whose
#: beats are of size 1. Beats reach no further, others more or less so.
_REACH_M, _REACH_BY_STRESS_M, _REACH_MORE_OR_LESS_M = 0.2, 0.4, 0.25
#: From where the hand happens to be into the stroke, and out of the hold, at the shortest.
INTO_S, OUT_S = 0.34, 0.55
#: How far trunk and head go along with an actor's gesture.
TRUNK_SHARE = 0.8
#: How much of a beat is in the base layer.
BASE_AMOUNT = 0.85
#: Larger beats are in the semantic motion alone: who turns emphasis down wants quiet hands.
_LARGEST_BASE_BEAT_M = 0.35


@dataclass(frozen=True)
class Variation:
    """How a performance differs this time from what the actor did."""

    speed: float
    """1 is the actor's own."""
    amount: float
    """0…1: how far the arms go from where they were to where the actor's are."""
    lag_s: float
    """Of the apex behind the stressed syllable."""


class Choice(Protocol):
    """What there is to know of a performance to choose it."""

    @property
    def gesture_class(self) -> str: ...
    @property
    def hands(self) -> str: ...
    @property
    def extent_m(self) -> float: ...


_Choice = TypeVar("_Choice", bound=Choice)


def words_for_actors(
    planned: Sequence[Performed], classes: Container[str], style: Style, seed: int, asked: Container[int] = ()
) -> list[Performed]:
    """Words that get an actor's gesture, in order of time, far enough apart; those asked for by hand come first."""
    by_hand = [p for p in planned if p.word in asked and p.gesture_class in classes]
    shown = [p for p in planned if p.gesture_class in classes and p.gesture_class != BEAT and _is_shown(p)]
    beats = [p for p in planned if p.gesture_class == BEAT and BEAT in classes and p.prominence >= _ACTOR_BEAT_FROM]
    beats = [p for p in beats if stream(seed, "actor's beat", p.word).uniform() < style.beats * _ACTOR_BEAT]
    chosen: list[Performed] = []
    for group in (by_hand, *(sorted(some, key=lambda p: -p.prominence) for some in (shown, beats))):
        for p in group:
            if all(p.word != o.word and abs(p.nucleus_s - o.nucleus_s) >= _apart_s(p, o, asked) for o in chosen):
                chosen.append(p)
    return sorted(chosen, key=lambda p: p.nucleus_s)


def words_without_our_gesture(
    planned: Sequence[Performed], for_actors: Sequence[Performed], classes: Container[str]
) -> list[Performed]:
    """Words for which the rhythm generator is to make nothing: an actor does, nobody would, or it would be too much."""
    shapes = [p for p in planned if p.gesture_class in classes and p.gesture_class != BEAT]
    return list({p.word: p for p in (*shapes, *_crowded_beats(planned, for_actors), *for_actors)}.values())


def drawn(choices: Sequence[_Choice], entry: Performed, style: Style, chance: np.random.Generator) -> _Choice:
    """One of several: the hand that leads is likelier; so is a gesture as large as the word is stressed.

    No beat reaches further than style and stress allow; where all would, it is the smallest.
    """
    fitting = [choice for choice in choices if _fits(choice, entry, style)] or [min(choices, key=lambda c: c.extent_m)]
    return fitting[pick(chance, [_weight(choice, entry, style) for choice in fitting])]


def varied(chance: np.random.Generator) -> Variation:
    """By chance a little faster or slower, larger or smaller, earlier or later."""
    speed = float(np.clip(np.exp(chance.normal(0.05, 0.1)), 0.85, 1.2))
    return Variation(speed, float(chance.uniform(0.86, 1.0)), float(chance.normal(0.0, 0.02)))


def is_in_base(gesture: Choice) -> bool:
    """Whether the base layer has the gesture too: small beats alone."""
    return gesture.gesture_class == BEAT and gesture.extent_m <= _LARGEST_BASE_BEAT_M


def made_by(choices: Sequence[_Choice], hand: str) -> Sequence[_Choice]:
    """Those made by this hand (left, right, both); all of them where there are none, or where any hand will do."""
    return [choice for choice in choices if choice.hands == hand] or choices


def word_score(entry: Performed) -> float:
    """0…1: beats say little, shapes much, and stressed words more than others."""
    return 0.15 + 0.3 * entry.prominence if entry.gesture_class == BEAT else 0.72 + 0.28 * entry.prominence


def _fits(choice: Choice, entry: Performed, style: Style) -> bool:
    return choice.gesture_class != BEAT or choice.extent_m <= _reach_m(entry, style)


def _reach_m(entry: Performed, style: Style) -> float:
    """How far a gesture for the word should reach."""
    return style.beat_size * (_REACH_M + _REACH_BY_STRESS_M * entry.prominence)


def _weight(choice: Choice, entry: Performed, style: Style) -> float:
    by_both = entry.both or choice.gesture_class != BEAT
    leads = 1.0 if choice.hands == entry.lead or (choice.hands == "both" and by_both) else 0.25
    size = np.exp(-(((choice.extent_m - _reach_m(entry, style)) / _REACH_MORE_OR_LESS_M) ** 2))
    return float(leads * (0.15 + size))


def _crowded_beats(planned: Sequence[Performed], for_actors: Sequence[Performed]) -> list[Performed]:
    """Beats too near an actor's gesture or a beat on a word with more stress; those asked for by hand are none."""
    crowded: list[Performed] = []
    taken_s = [p.nucleus_s for p in for_actors]
    for p in sorted(planned, key=lambda p: -p.prominence):
        if p.gesture_class != BEAT or p.choice != OPEN:
            continue
        if any(abs(p.nucleus_s - other_s) < _OURS_APART_S for other_s in taken_s):
            crowded.append(p)
        else:
            taken_s.append(p.nucleus_s)
    return crowded


def _is_shown(entry: Performed) -> bool:
    return entry.gesture_class not in _PRONOUNS or entry.prominence >= _POINTED_FROM


def _apart_s(a: Performed, b: Performed, asked: Container[int]) -> float:
    if a.word in asked and b.word in asked:
        return 0.0  # who asks for both gets both
    return _CLASS_AGAIN_S if a.gesture_class == b.gesture_class != BEAT and a.word not in asked else APART_S
