"""Two motions for one utterance: a base that follows the rhythm of speech, and a semantic one with real gestures.

The rhythm generator gives the ground: stances, small beats, trunk, head and gaze. Words that call for a gesture class
take a performance of that class by an actor, its apex on the stressed syllable; some stressed words take an actor's
beat, in both layers. Legs and root are those of actors standing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...formats.gesture_choice import NO_GESTURE
from ...formats.take import Take
from ...generators.request import Request
from ...generators.rhythm.generator import RhythmGenerator
from ...generators.rhythm.lexicon import BEAT
from ...generators.rhythm.library import Style, library, style_named
from ...generators.rhythm.phrases import phrases_of
from ...generators.rhythm.plan import Performed, plan
from ...generators.rhythm.randomness import stream
from ...generators.semtalk.choosing import (
    BASE_AMOUNT,
    INTO_S,
    NOT_AGAIN_S,
    OUT_S,
    drawn,
    is_in_base,
    varied,
    word_score,
    words_for_actors,
    words_without_our_gesture,
)
from ...generators.semtalk.gesture_plan import homes_in
from ...motion import rotations as rot
from ...motion.body import Body
from ...motion.kinematics import forward
from ...motion.limits import limit
from ...motion.measure import hands_in_body
from ...motion.rotations import Array
from ...motion.skeleton import INDEX
from ...speech.types import FPS, Speech
from .finishing import eased, hurried, misplaced, with_slow_fingers
from .idles import Idle, chain, stood
from .overlay import SIDES, Placed, laid_over
from .performances import Performance, active_sides, wrists_in_chest

#: How deep the bones of a hand may come into the body, as far as corpora go.
_DEEPEST_M = 0.012
_ATTEMPTS = 6
#: Mean speeds of a hand on the way into the stroke, and out of the hold.
_RAISING_M_S, _LOWERING_M_S = 0.9, 0.65


@dataclass(frozen=True)
class Utterance:
    """What is said, and both motions for it."""

    speech: Speech
    style: str
    seed: int
    take: Take
    """base_rotations and semantic_rotations with the actors' gestures; emphasis is the label of the semantic score."""
    placed: tuple[Placed, ...]
    """The actors' gestures of the semantic layer, in order of time."""
    placed_in_base: tuple[Placed, ...]
    """Those of the base layer: small beats."""
    planned: tuple[Performed, ...]
    """What the rhythm generator did for every word."""
    silent: tuple[Performed, ...]
    """Those for which it made nothing, because an actor does or because nobody would."""
    base_homes: Array
    """[T, 16]: how the base's hands are without the actors' gestures (see `homes_in`)."""
    semantic_homes: Array
    """[T, 12]: the same of the semantic layer."""
    given_up: int
    """Words whose gesture found no place free of the body or of another gesture."""


def choreograph(
    speech: Speech,
    body: Body,
    performances: Mapping[str, Sequence[Performance]],
    idles: Sequence[Idle],
    style: str,
    seed: int,
) -> Utterance:
    """Both layers for an utterance. performances: by class, "beat" among them; equal arguments give equal motion."""
    presets = library()
    manner = style_named(style)
    phrases = phrases_of(speech.words, presets, seed)
    planned = plan(speech, phrases, presets, manner, seed, {})
    wanted = words_for_actors(planned, performances, manner, seed)
    without = words_without_our_gesture(planned, wanted, performances)
    silent = {p.word: NO_GESTURE for p in without}
    take = RhythmGenerator().generate(Request(speech, body, seed, style, silent))
    homes = homes_in(take.base_rotations, body), homes_in(take.semantic_rotations, body)
    pelvis = chain(idles, take.frames, [phrase.start_s for phrase in phrases], seed)
    base, translation = stood(take.base_rotations, pelvis, body, seed)
    semantic, _ = stood(take.semantic_rotations, pelvis, body, seed)
    semantic, placed = _performed(wanted, eased(semantic, body), body, performances, manner, seed)
    beats = [replace(p, amount=BASE_AMOUNT * p.amount) for p in placed if is_in_base(p.performance)]
    base, beats = without_hurry(eased(base, body), beats, body)
    score = _score(take, placed)
    take = replace(
        take,
        base_rotations=_finished(base),
        semantic_rotations=_finished(semantic),
        translation=translation,
        semantic_translation=translation.copy(),
        emphasis=score,
    )
    return Utterance(
        speech, style, seed, take, tuple(placed), tuple(beats), tuple(planned), tuple(without), *homes,
        given_up=len(wanted) - len(placed),
    )  # fmt: skip


def without_hurry(ground: Array, placed: Sequence[Placed], body: Body) -> tuple[Array, list[Placed]]:
    """All laid over a motion [T, 55, 4], but for those that together hurry a hand; also which are left."""
    left = list(placed)
    while True:
        motion = ground
        for p in left:
            motion = laid_over(motion, p)
        hurry_s = np.flatnonzero(hurried(motion, body, _in_gesture(len(motion), left))) / FPS
        # of those that overlap, the later one is in the other's way
        hurrying = [p for p in left if np.any((hurry_s >= p.start_s) & (hurry_s <= p.end_s))]
        if not hurrying:
            return motion, left
        left.remove(hurrying[-1])


def by_class(performances: Sequence[Performance]) -> dict[str, list[Performance]]:
    """The performances of each class."""
    result: dict[str, list[Performance]] = {}
    for performance in performances:
        result.setdefault(performance.gesture_class, []).append(performance)
    return result


def _performed(
    wanted: Sequence[Performed],
    ground: Array,
    body: Body,
    performances: Mapping[str, Sequence[Performance]],
    style: Style,
    seed: int,
) -> tuple[Array, list[Placed]]:
    """A performance laid over the ground [T, 55, 4] for each word where one finds its place; also which."""
    motion = ground
    placed: list[Placed] = []
    for k, entry in enumerate(wanted):
        next_s = wanted[k + 1].nucleus_s if k + 1 < len(wanted) else np.inf
        made = _place(entry, motion, body, performances, placed, style, seed, next_s)
        if made is not None:
            placed.append(made)
            motion = laid_over(motion, made)
    return without_hurry(ground, placed, body)


def _finished(rotations: Array) -> Array:
    return rot.make_continuous(limit(with_slow_fingers(rotations)))


def _place(
    entry: Performed,
    motion: Array,
    body: Body,
    performances: Mapping[str, Sequence[Performance]],
    placed: Sequence[Placed],
    style: Style,
    seed: int,
    next_s: float,
) -> Placed | None:
    """A performance for the word that keeps clear of the body; None where none was found in a few attempts."""
    chance = stream(seed, "performance", entry.word)
    recent = {p.performance.number for p in placed if entry.nucleus_s - p.apex_s < NOT_AGAIN_S}
    choices = [p for p in performances[entry.gesture_class] if p.number not in recent]
    for _ in range(_ATTEMPTS if choices else 0):
        performance = drawn(choices, entry, style, chance)
        made = _unhurried(_varied(performance, entry, chance, next_s), motion, body)
        if made.start_s > 0.0 and _is_clear(motion, made, body):
            return made
    return None


def _varied(performance: Performance, entry: Performed, chance: np.random.Generator, next_s: float) -> Placed:
    variation = varied(chance)
    return Placed(
        performance,
        entry.word,
        apex_s=entry.nucleus_s + variation.lag_s,
        speed=variation.speed,
        amount=variation.amount,
        turn_rad=(float(chance.normal(0.0, np.radians(4.0))), float(chance.normal(0.0, np.radians(3.0)))),
        score=word_score(entry),
        release_s=next_s - INTO_S,
        into_s=INTO_S,
        out_s=OUT_S,
    )


def _unhurried(placed: Placed, motion: Array, body: Body) -> Placed:
    """With as much time on the way in and out as hands need for it."""
    last = len(motion) - 1
    sides = active_sides(placed.performance.hands)
    ways = []
    for moment_s, own_s in (
        (placed.raised_s - INTO_S, placed.performance.phases.raised_s),
        (placed.lowering_s + OUT_S, placed.performance.phases.lowering_s),
    ):
        here = motion[[int(np.clip(moment_s * FPS, 0, last))]]
        own = placed.performance.rotations[[min(int(own_s * FPS), len(placed.performance.rotations) - 1)]]
        way = wrists_in_chest(here, body)[0] - wrists_in_chest(own, body)[0]
        ways.append(float(np.linalg.norm(way[sides], axis=-1).max()))
    return replace(placed, into_s=max(INTO_S, ways[0] / _RAISING_M_S), out_s=max(OUT_S, ways[1] / _LOWERING_M_S))


def _is_clear(motion: Array, placed: Placed, body: Body) -> bool:
    first = max(int(placed.start_s * FPS), 0)
    last = min(int(placed.end_s * FPS) + 2, len(motion))
    part = laid_over(motion, placed)[first:last]
    if len(part) < 2:
        return False
    positions, world = forward(part, np.zeros((len(part), 3)), body.rest_joints)
    hurry = hurried(part, body, _in_gesture(len(motion), [placed])[first:last]).any()
    through = hands_in_body(positions, world, body).max() > _DEEPEST_M
    return not (hurry or through or _hands_meet(positions) or misplaced(positions, world))


def _in_gesture(frames: int, placed: Sequence[Placed]) -> NDArray[np.bool_]:
    """[frames]: where a hand is raised for one of these gestures."""
    times_s = np.arange(frames) / FPS
    return np.any([(times_s >= p.raised_s) & (times_s <= p.lowering_s) for p in placed] or [times_s < 0.0], axis=0)


def _hands_meet(positions: Array) -> bool:
    """Whether the palms come so near that fingers would cross."""
    palms = [(positions[:, INDEX[f"{side}_wrist"]] + positions[:, INDEX[f"{side}_middle1"]]) / 2 for side in SIDES]
    return bool(np.linalg.norm(palms[0] - palms[1], axis=-1).min() < 0.10)


def _score(take: Take, placed: Sequence[Placed]) -> Array:
    """[T], 0…1: how much each frame says; the highest of the strokes' scores, with ramps beside them."""
    times_s = np.arange(take.frames) / FPS
    score = np.zeros(take.frames)
    for p in placed:
        score = np.maximum(score, _ramp(times_s, p.start_s, p.raised_s, p.lowering_s, p.end_s) * p.score)
    for word in take.metadata.words:
        if word.gesture_class and word.gesture_class != BEAT:
            w = word.window
            ramp = _ramp(times_s, w.preparation_s, w.stroke_start_s, w.stroke_end_s, w.retraction_s)
            score = np.maximum(score, ramp * word.score)
    return score


def _ramp(times_s: Array, start_s: float, full_s: float, until_s: float, end_s: float) -> Array:
    up = (times_s - start_s) / max(full_s - start_s, 1e-6)
    down = (end_s - times_s) / max(end_s - until_s, 1e-6)
    return np.clip(np.minimum(up, down), 0.0, 1.0)
