"""What every word gets: a shaped gesture, a beat in both layers or in the semantic one, or a light touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from ...errors import UserError
from ...formats.gesture_choice import AUTO, OPEN, GestureChoice, chosen_classes
from ...formats.take import StrokeWindow
from ...speech.types import Speech
from .lexicon import BEAT, is_function_word, recognise
from .library import SIDES, Beat, Gesture, Library, Style
from .phrases import Phrase
from .randomness import pick, stream

_Weighted = TypeVar("_Weighted")

#: Strokes of one hand closer than this (their nuclei) would blur into each other.
_CLOSEST_BEATS_S = 0.42
_CLOSEST_SEMANTIC_BEATS_S = 0.30
_CLOSEST_SHAPES_S = 0.50
#: After so many words nobody notices that a gesture comes again.
_REMEMBERED_WORDS = 12
#: A content word stressed less than this is not stressed.
STRESSED = 0.18
#: Two-handed beats: how likely in a stance with both hands alike, and otherwise.
_BOTH_HANDS = (0.62, 0.15)
_PREPARATION_S, _RETRACTION_S = 0.36, 0.48
#: Neither window nor stroke comes closer to the ends of the take than this.
_EDGE_S = 1.0 / 30.0


@dataclass(frozen=True)
class Performed:
    """How one word is performed. Times in seconds, sizes in lengths of the arm."""

    word: int
    nucleus_s: float
    prominence: float
    phrase: Phrase
    gesture_class: str
    """A class of the lexicon, "beat", or nothing."""
    gesture: Gesture | None
    beat: Beat | None
    lead: str
    both: bool
    base_size: float
    """Size of the beat in the base layer, 0 for none."""
    semantic_size: float
    lag_s: float
    """How much the other hand comes after the leading one."""
    stroke_s: float
    score: float
    """The emphasis that psi takes over its window."""
    window: StrokeWindow
    choice: GestureChoice = OPEN
    """The animator's."""


def _kinds(
    speech: Speech, content: Sequence[bool], choices: Mapping[int, GestureChoice]
) -> tuple[dict[int, str], dict[int, str]]:
    """Word number → class, and → name of the gesture where the word asks for one, without those too close together."""
    prominence, nuclei = speech.rhythm.prominence, speech.rhythm.nuclei_s
    recognised = recognise(speech.words, prominence, chosen_classes(choices))
    classes = {index: r.gesture_class for index, r in recognised.items()}
    variants = {index: r.variant for index, r in recognised.items() if r.variant}
    rank = {
        index: prominence[index] + (2.0 if index in choices else 0.0) + (0.3 if content[index] else 0.0)
        for index in classes
    }
    order = sorted(classes, key=lambda k: (-rank[k], k))
    kept = _spaced(order, nuclei, [], _CLOSEST_SHAPES_S)
    return {index: name for index, name in classes.items() if index in kept}, variants


def _spaced(order: Sequence[int], times: Sequence[float], taken: Sequence[float], apart_s: float) -> set[int]:
    """Takes numbers in the given order as long as each stays `apart_s` from all taken before it."""
    occupied: dict[int, list[float]] = {}

    def cell(t: float) -> int:
        return int(t // apart_s)

    def add(t: float) -> None:
        occupied.setdefault(cell(t), []).append(t)

    for t in taken:
        add(t)
    result: set[int] = set()
    for k in order:
        near = [t for c in (-1, 0, 1) for t in occupied.get(cell(times[k]) + c, ())]
        if all(abs(times[k] - t) >= apart_s for t in near):
            result.add(k)
            add(times[k])
    return result


def plan(
    speech: Speech, phrases: Sequence[Phrase], library: Library, style: Style, seed: int,
    choices: Mapping[int, GestureChoice],
) -> list[Performed]:  # fmt: skip
    """One entry for every word, in order."""
    choices = {k: choice for k, choice in choices.items() if choice != OPEN}
    chosen = chosen_classes(choices)
    words, prominence, nuclei = speech.words, speech.rhythm.prominence, speech.rhythm.nuclei_s
    content = [not is_function_word(word.text) for word in words]
    classes, variants = _kinds(speech, content, choices)
    by_stress = sorted(range(len(words)), key=lambda k: (-prominence[k] - 0.25 * content[k], k))
    gestures = _gestures(library, classes, variants, choices, seed)
    shaped = [t for k, gesture in gestures.items() for t in _busy(gesture, nuclei[k])]
    forced = [k for k, name in chosen.items() if name == BEAT and 0 <= k < len(words)]
    stressed = [
        k
        for k in by_stress
        if k not in classes and chosen.get(k) is None and prominence[k] >= (STRESSED if content[k] else 0.60)
    ]
    semantic = _spaced(stressed, nuclei, [*shaped, *(nuclei[k] for k in forced)], _CLOSEST_SEMANTIC_BEATS_S) | set(
        forced
    )
    lucky = [
        k
        for k in by_stress
        if chosen.get(k) in (None, BEAT)
        and (k in semantic or k in classes)
        and stream(seed, "base beat", k).uniform() < style.beats * (0.45 + 0.75 * prominence[k])
    ]
    base = _spaced(lucky, nuclei, [], _CLOSEST_BEATS_S)
    phrase_of = {k: phrase for phrase in phrases for k in range(phrase.first, phrase.end)}
    return [
        _perform(
            k, speech, phrase_of[k], library, style, seed, classes.get(k, ""), gestures.get(k), k in base,
            k in semantic, choices.get(k, OPEN),
        )
        for k in range(len(words))
    ]  # fmt: skip


def _perform(
    k: int, speech: Speech, phrase: Phrase, library: Library, style: Style, seed: int, gesture_class: str,
    gesture: Gesture | None, in_base: bool, in_semantic: bool, choice: GestureChoice,
) -> Performed:  # fmt: skip
    chance = stream(seed, "word", k)
    prominence = float(speech.rhythm.prominence[k])
    nucleus = float(np.clip(speech.rhythm.nuclei_s[k], _EDGE_S, max(speech.duration_s - _EDGE_S, _EDGE_S)))
    beat = _unlike_before(library.beats, seed, "beat", k, k - 1) if in_base or in_semantic else None
    spread = float(np.exp(chance.normal(0.0, 0.18))) * choice.size
    base_size = style.beat_size * (0.23 + 0.27 * prominence) * spread if in_base else 0.0
    semantic_size = style.beat_size * (0.38 + 0.36 * prominence) * spread if beat and not gesture else 0.0
    alike = phrase.stance.lead == phrase.stance.other
    lead = phrase.lead if chance.uniform() < 0.9 or not alike else _other(phrase.lead)
    both = bool(chance.uniform() < _BOTH_HANDS[0 if alike else 1])
    lead = choice.hand if choice.hand in SIDES else lead
    both = both if choice.hand == AUTO else choice.hand == "both"
    lag_s = float(chance.uniform(0.0, 0.045))
    stroke_s = style.stroke_s * (0.86 + 0.5 * min(base_size + semantic_size, 0.6)) * float(chance.uniform(0.92, 1.08))
    if gesture:
        lead = gesture.hands if gesture.hands in SIDES else lead
        # an unstressed pronoun is pointed at in passing
        score = 0.68 + 0.30 * prominence if is_function_word(speech.words[k].text) else 0.74 + 0.24 * prominence
        first, last = _span(gesture)
    elif beat:
        score = 0.20 + 0.34 * prominence
        first, last = -stroke_s / 2, stroke_s / 2 + 0.07
    else:
        score = 0.04 + 0.10 * prominence
        first, last = -0.11, 0.14
    return Performed(
        word=k, nucleus_s=nucleus, prominence=prominence, phrase=phrase,
        gesture_class=gesture_class or (BEAT if beat else ""), gesture=gesture, beat=beat, lead=lead, both=both,
        base_size=base_size, semantic_size=semantic_size, lag_s=lag_s, stroke_s=stroke_s, score=score,
        window=_window(nucleus, first, last, speech.duration_s, light=not (gesture or beat)), choice=choice,
    )  # fmt: skip


def _other(side: str) -> str:
    return "left" if side == "right" else "right"


def _busy(gesture: Gesture, nucleus_s: float) -> list[float]:
    """Moments that a shaped gesture keeps free of beats: from its preparation until it has been seen."""
    first, last = _span(gesture)
    shown = max(key.time_s for key in (*gesture.keys, *gesture.other) if key.phase == "stroke")
    count = max(int((min(shown + 0.16, last) - first) / _CLOSEST_SEMANTIC_BEATS_S) + 1, 2)
    return list(nucleus_s + np.linspace(first, min(shown + 0.16, last), count))


def _span(gesture: Gesture) -> tuple[float, float]:
    keys = [*gesture.keys, *gesture.other]
    return min(key.time_s for key in keys), max(key.time_s for key in keys)


def _window(nucleus_s: float, first_s: float, last_s: float, duration_s: float, light: bool) -> StrokeWindow:
    """Within the take, and at least two frames long, so that psi has a value in it."""
    part = 0.5 if light else 1.0
    latest = max(duration_s - _EDGE_S, 0.0)
    start = float(np.clip(nucleus_s + first_s, 0.0, max(latest - 2 * _EDGE_S, 0.0)))
    end = float(np.clip(nucleus_s + last_s, min(start + 2 * _EDGE_S, latest), latest))
    return StrokeWindow(
        max(start - part * _PREPARATION_S, 0.0), start, end, min(end + part * _RETRACTION_S, duration_s)
    )


def hands_of(entry: Performed) -> str:
    """Who performs the word: left, right, both; nothing where it gets a light touch alone."""
    if entry.gesture:
        return "both" if entry.gesture.hands == "both" or entry.gesture.other else entry.lead
    if entry.beat:
        return "both" if entry.both else entry.lead
    return ""


def _gestures(
    library: Library, classes: Mapping[int, str], variants: Mapping[int, str],
    choices: Mapping[int, GestureChoice], seed: int,
) -> dict[int, Gesture]:  # fmt: skip
    """Word number → gesture of its class, the one its word asks for or any, in the hand that was chosen."""
    result: dict[int, Gesture] = {}
    previous: dict[str, int] = {}
    for k, name in classes.items():
        if name not in library.gestures:
            raise UserError(f"{name}: has no gestures: write presets/gestures/{name}.json or take the class away")
        hand = choices.get(k, OPEN).hand
        among = [g for g in library.gestures[name] if g.name == variants.get(k)] or library.gestures[name]
        among = [g for g in among if _is_made_with(g, hand)] or among
        result[k] = _made_with(_unlike_before(among, seed, f"gesture {name}", k, previous.get(name, -1)), hand)
        previous[name] = k
    return result


def _is_made_with(gesture: Gesture, hand: str) -> bool:
    return hand in (AUTO, gesture.hands) or (gesture.hands == "one" and hand in SIDES)


def _made_with(gesture: Gesture, hand: str) -> Gesture:
    """The gesture in the chosen hand; what points to one side stays with that side's hand."""
    if hand == AUTO or gesture.hands in SIDES:
        return gesture
    return replace(gesture, hands=hand, other=gesture.other if hand == "both" else ())


def _unlike_before(choices: Sequence[_Weighted], seed: int, purpose: str, k: int, before: int) -> _Weighted:
    """One of several for word k, preferably not what `before` drew at first: no chain, so changes stay local."""
    weights = [getattr(choice, "weight", 1.0) for choice in choices]
    chance = stream(seed, purpose, k)
    drawn = pick(chance, weights)
    remembered = before >= max(k - _REMEMBERED_WORDS, 0)
    if remembered and len(choices) > 1 and pick(stream(seed, purpose, before), weights) == drawn:
        weights[drawn] = 0.0
        drawn = pick(chance, weights)
    return choices[drawn]
