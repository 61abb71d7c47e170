"""Gestures, stances, hand shapes and styles as they stand in presets/: data that animators may edit and add to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from ...errors import UserError
from ...motion.rotations import Array
from ...presets import load_preset, presets_folder
from .hand_pose import SHAPE_FINGERS

SIDES = ("left", "right")
PHASES = ("preparation", "stroke", "rebound", "hold")


@dataclass(frozen=True)
class HandKey:
    """One key of a hand, seconds from the nucleus of its word; places in the arm frame (see arm_pose)."""

    time_s: float
    phase: str
    wrist: tuple[float, float, float]
    palm: tuple[float, float, float]
    """Where the palm looks."""
    fingers: tuple[float, float, float]
    """Where the hand points, from wrist to knuckles."""
    hand: str
    """A hand shape."""
    elbow_rad: float = 0.0
    """How far the elbow is swung out of its natural place."""


@dataclass(frozen=True)
class Accent:
    """Where head, torso or shoulders are at a moment, as offsets from what they do anyway; radians.

    Turns and leans are towards the hand that leads.
    """

    time_s: float
    bend_rad: float
    """Forward: a nod, or the torso bending."""
    turn_rad: float
    tilt_rad: float


@dataclass(frozen=True)
class Gesture:
    """A shaped gesture."""

    name: str
    hands: str
    """one (the hand that leads), both, left or right."""
    keys: tuple[HandKey, ...]
    other: tuple[HandKey, ...]
    """Keys of the other hand, where it does not do the same."""
    head: tuple[Accent, ...]
    torso: tuple[Accent, ...]
    shoulders: tuple[Accent, ...]
    """bend_rad is the lift."""


@dataclass(frozen=True)
class BeatEnd:
    """One end of a beat's stroke, relative to where the hand is held: offset in lengths of the beat."""

    offset: tuple[float, float, float]
    supinate_rad: float
    extend_rad: float


@dataclass(frozen=True)
class Beat:
    """A stroke through the place where the hand is held."""

    name: str
    weight: float
    preparation: BeatEnd
    stroke: BeatEnd
    hand: str
    """The hand shape at the end of the stroke; nothing: as it was."""
    settle: float
    """How much of the stroke remains after it."""


@dataclass(frozen=True)
class Stance:
    """How the hands are held: the leading hand, and the other one (the same where there is one entry)."""

    name: str
    weight: float
    lead: HandKey
    other: HandKey


@dataclass(frozen=True)
class Style:
    """One of presets/styles.json."""

    beat_size: float
    beats: float
    """The share of stressed words that get a beat in the base layer."""
    head: float
    sway: float
    stance_height: float
    """How much higher the hands are held, in lengths of the arm."""
    liveliness: float
    """Small motion of everything between gestures."""
    stroke_s: float
    """How long a stroke takes."""


@dataclass(frozen=True)
class Library:
    gestures: dict[str, tuple[Gesture, ...]]
    beats: tuple[Beat, ...]
    stances: dict[str, tuple[Stance, ...]]
    """speaking, waiting (pauses), hanging (long pauses)."""
    hand_shapes: dict[str, Array]
    """[20] radians each, as hand_pose reads them."""

    def hand_keys(self) -> Iterator[HandKey]:
        """Every authored key, of gestures and stances."""
        for gesture in (gesture for variants in self.gestures.values() for gesture in variants):
            yield from (*gesture.keys, *gesture.other)
        for stance in (stance for stances in self.stances.values() for stance in stances):
            yield from (stance.lead, stance.other)


def _numbers(values: Any) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return x, y, z


def _hand_key(entry: dict[str, Any], shapes: dict[str, Array]) -> HandKey:
    if entry["hand"] not in shapes:
        raise ValueError(f"there is no hand shape {entry['hand']!r} in hand_shapes.json")
    phase = entry.get("phase", "hold")
    if phase not in PHASES:
        raise ValueError(f"{phase!r} is no phase (there are {', '.join(PHASES)})")
    return HandKey(
        time_s=float(entry.get("time_s", 0.0)),
        phase=phase,
        wrist=_numbers(entry["wrist"]),
        palm=_numbers(entry["palm"]),
        fingers=_numbers(entry["fingers"]),
        hand=entry["hand"],
        elbow_rad=float(np.radians(entry.get("elbow_deg", 0.0))),
    )


def _accents(entries: list[dict[str, float]]) -> tuple[Accent, ...]:
    def radians(entry: dict[str, float], *names: str) -> float:
        return float(np.radians(sum(entry.get(f"{name}_deg", 0.0) for name in names)))

    return tuple(
        Accent(e["time_s"], radians(e, "nod", "bend", "lift"), radians(e, "turn"), radians(e, "tilt", "lean"))
        for e in entries
    )


def _gesture(entry: dict[str, Any], shapes: dict[str, Array]) -> Gesture:
    keys, other = (tuple(_hand_key(key, shapes) for key in entry.get(part, ())) for part in ("keys", "other"))
    for hand in (keys, other):
        if any(a.time_s >= b.time_s for a, b in pairwise(hand)):
            raise ValueError(f"the keys of {entry['name']!r} are not in the order of time")
    if not keys or entry["hands"] not in ("one", "both", *SIDES):
        raise ValueError(f"{entry['name']!r} needs keys, and hands: one, both, left or right")
    if not any(key.phase == "stroke" for key in (*keys, *other)):
        raise ValueError(f"{entry['name']!r} has no key of the phase stroke")
    accents = (_accents(entry.get(part, [])) for part in ("head", "torso", "shoulders"))
    return Gesture(entry["name"], entry["hands"], keys, other, *accents)


def _beat_end(entry: dict[str, Any]) -> BeatEnd:
    turns = (float(np.radians(entry[name])) for name in ("supinate_deg", "extend_deg"))
    return BeatEnd(_numbers(entry["offset"]), *turns)


def _beat(entry: dict[str, Any]) -> Beat:
    stroke = entry["stroke"]
    ends = _beat_end(entry["preparation"]), _beat_end(stroke)
    return Beat(entry["name"], float(entry["weight"]), *ends, stroke.get("hand", ""), float(entry["settle"]))


def _stance(entry: dict[str, Any], shapes: dict[str, Array]) -> Stance:
    hands = [_hand_key(hand, shapes) for hand in entry["hands"]]
    return Stance(entry["name"], float(entry["weight"]), hands[0], hands[-1])


def _read(name: str, build: Any) -> Any:
    """build(document) with every mistake in an edited file told as one line."""
    try:
        return build(load_preset(name))
    except (KeyError, TypeError, ValueError, OSError) as error:
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else error
        raise UserError(
            f"{presets_folder() / name}.json: cannot be used ({reason}): correct it or restore it"
        ) from error


@cache
def library() -> Library:
    """All presets of the rhythm generator, read once. Raises UserError for a file that does not fit."""

    def shape(entry: dict[str, list[float]]) -> Array:
        return np.radians([number for finger in SHAPE_FINGERS for number in entry[finger]])

    shapes = _read("hand_shapes", lambda d: {name: shape(entry) for name, entry in d["shapes"].items()})
    names = sorted(path.stem for path in (presets_folder() / "gestures").glob("*.json") if path.stem != "beat")
    gestures = {
        name: _read(f"gestures/{name}", lambda d: tuple(_gesture(entry, shapes) for entry in d["variants"]))
        for name in names
    }
    beats = _read("gestures/beat", lambda d: tuple(_beat(entry) for entry in d["variants"]))
    kinds = ("speaking", "waiting", "hanging")
    stances = _read("stances", lambda d: {kind: tuple(_stance(e, shapes) for e in d[kind]) for kind in kinds})
    return Library(gestures, beats, stances, shapes)


def is_one_sided(gesture_class: str) -> bool:
    """Whether the gestures of a class mean a side, so that the other hand cannot make them."""
    gestures = library().gestures.get(gesture_class, ())
    return bool(gestures) and all(gesture.hands in SIDES for gesture in gestures)


def style_named(name: str) -> Style:
    """One of presets/styles.json. Raises UserError for a name that is not there."""
    styles = _read("styles", lambda d: {key: Style(**entry) for key, entry in d.items()})
    if name not in styles:
        raise UserError(f"{name}: is no style: choose one of {', '.join(styles)}")
    return styles[name]
