"""Which words get an actor's gesture and which gesture: sizes and numbers follow style and stress."""

from dataclasses import replace

import numpy as np
import pytest
from spoken_lines import LINE, PLAIN_LINE, speech

from chironomy.formats.gesture_choice import GestureChoice
from chironomy.generators.rhythm.library import library, style_named
from chironomy.generators.rhythm.phrases import phrases_of
from chironomy.generators.rhythm.plan import Performed, plan
from chironomy.generators.semtalk.choosing import drawn, is_in_base, words_for_actors, words_without_our_gesture
from chironomy.generators.semtalk.repertoire import LearnedGesture

STYLES = ("calm", "neutral", "lively")


def planned(style: str, text: str = PLAIN_LINE, seed: int = 1) -> list[Performed]:
    said, presets = speech(text), library()
    return plan(said, phrases_of(said.words, presets, seed), presets, style_named(style), seed, {})


def beat(extent_m: float, hands: str = "right") -> LearnedGesture:
    return LearnedGesture(round(100 * extent_m), "beat", hands, 0.3, 0.5, extent_m, ())


BEATS = [beat(extent_m) for extent_m in np.arange(0.1, 0.7, 0.05)]


def extents_m(style: str, prominence: float) -> list[float]:
    entry = next(p for p in planned(style) if p.gesture_class == "beat")
    entry, chance = replace(entry, prominence=prominence), np.random.default_rng(1)
    return [drawn(BEATS, entry, style_named(style), chance).extent_m for _ in range(100)]


def test_beats_are_larger_in_livelier_styles_and_on_stressed_words() -> None:
    calm, neutral, lively = (np.mean(extents_m(style, 0.4)) for style in STYLES)
    assert calm < neutral < lively
    assert np.mean(extents_m("neutral", 0.3)) < np.mean(extents_m("neutral", 0.9))


def test_nobody_makes_a_large_beat_calmly_or_on_a_weak_word() -> None:
    assert max(extents_m("calm", 0.35)) < 0.25
    assert max(extents_m("neutral", 0.35)) < 0.4
    entry = next(p for p in planned("calm") if p.gesture_class == "beat")
    only_large = [beat(0.6), beat(0.5)]
    assert drawn(only_large, entry, style_named("calm"), np.random.default_rng(1)).extent_m == 0.5


def test_beats_of_both_hands_come_where_both_are_planned() -> None:
    entry = next(p for p in planned("neutral") if p.gesture_class == "beat")
    hands = [beat(0.2, "both"), beat(0.2, entry.lead)]

    def share(both: bool) -> float:
        chance = np.random.default_rng(1)
        among = [drawn(hands, replace(entry, both=both), style_named("neutral"), chance).hands for _ in range(200)]
        return among.count("both") / len(among)

    assert share(both=False) < 0.3 < share(both=True)


def test_calm_speakers_make_fewer_beats_than_lively_ones() -> None:
    calm, lively = (
        sum(len(words_for_actors(planned(style, seed=seed), ("beat",), style_named(style), seed)) for seed in range(8))
        for style in ("calm", "lively")
    )
    assert calm < 0.8 * lively


@pytest.mark.parametrize("style", STYLES)
def test_words_with_a_gesture_are_apart(style: str) -> None:
    wanted = words_for_actors(planned(style, LINE), ("beat", "negation", "we", "you"), style_named(style), 1)
    assert len(wanted) > 2
    assert np.diff([p.nucleus_s for p in wanted]).min() >= 2.0


def test_small_beats_alone_are_in_the_base_layer() -> None:
    assert is_in_base(beat(0.3))
    assert not is_in_base(beat(0.4))
    assert not is_in_base(replace(beat(0.3), gesture_class="negation"))


def test_our_own_beats_keep_apart_from_each_other_and_from_actors_gestures() -> None:
    every = planned("lively")
    actors = words_for_actors(every, ("beat",), style_named("lively"), 1)
    silent = {p.word for p in words_without_our_gesture(every, actors, ("beat",))}
    ours = [p.nucleus_s for p in every if p.gesture_class == "beat" and p.word not in silent]
    assert actors
    assert len(ours) > 3
    assert np.diff(ours).min() >= 0.8
    assert min(abs(own_s - p.nucleus_s) for own_s in ours for p in actors) >= 0.8


def test_a_beat_asked_for_by_hand_stays_however_crowded() -> None:
    every = [replace(p, choice=GestureChoice("beat")) if p.gesture_class == "beat" else p for p in planned("neutral")]
    assert not words_without_our_gesture(every, (), ("beat",))


def test_who_says_i_in_passing_does_not_point_and_who_stresses_it_does() -> None:
    entry = replace(planned("neutral")[3], gesture_class="self")

    def points(prominence: float) -> bool:
        return bool(words_for_actors([replace(entry, prominence=prominence)], ("self",), style_named("neutral"), 1))

    assert (points(0.1), points(0.4)) == (False, True)
