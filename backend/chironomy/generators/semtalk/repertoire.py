"""The gestures that a model has learned, as its planner chooses them: class, hands, timing, and what they look like.

`repertoire.json` in a model's folder. Figures about performances, not the performances themselves.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...formats.atomic import replacing
from ...formats.text_file import read_text
from ...motion.rotations import Array
from ..rhythm.library import is_one_sided
from .gesture_plan import BEARING_CHANNELS, DESCRIPTION_CHANNELS

FILE = "repertoire.json"
_MAX_BYTES = 16 << 20
_SIDES = {"left": (0,), "right": (1,), "both": (0, 1)}
#: How far from the body's midline the wrists of both hands stay, in lengths of the arm.
_BESIDE = 0.12
#: How often it is kept how trunk and head turn along (nods have 3 Hz), and how long before and behind the stroke.
_BEARING_FPS, _BESIDE_S = 10, 0.5


@dataclass(frozen=True)
class LearnedGesture:
    """One gesture that a model knows how to perform."""

    number: int
    """Of the performance; mirror images share it."""
    gesture_class: str
    hands: str
    """left, right or both."""
    rise_s: float
    """From the raised hand to the apex."""
    hold_s: float
    """From the apex until the hand is let go."""
    extent_m: float
    descriptions: tuple[tuple[float, ...], ...]
    """[17] for each hand that takes part, left first."""

    bearing: tuple[tuple[float, ...], ...] = ()
    """[6] at each of `bearing_moments`: how trunk and head turn along, from where they were (see `bearing_in`)."""

    def bearing_at(self, since_apex_s: Array) -> Array:
        """[T, 6] so many seconds after the apex; zeros where it was not learned."""
        if not self.bearing:
            return np.zeros((len(since_apex_s), BEARING_CHANNELS))
        moments = bearing_moments(self.rise_s, self.hold_s)
        return np.stack([np.interp(since_apex_s, moments, course) for course in np.transpose(self.bearing)], axis=-1)

    def by_side(self) -> list[tuple[int, Array]]:
        """0 left or 1 right, and the description."""
        return [(side, np.array(d)) for side, d in zip(_SIDES[self.hands], self.descriptions, strict=True)]


def bearing_moments(rise_s: float, hold_s: float) -> Array:
    """Seconds from the apex on, from before the hand is raised until it has been let go."""
    count = int(np.ceil((rise_s + hold_s + 2 * _BESIDE_S) * _BEARING_FPS)) + 1
    return np.arange(count) / _BEARING_FPS - rise_s - _BESIDE_S


def in_hand(gesture: LearnedGesture, hand: str) -> LearnedGesture:
    """The gesture by this hand (left, right or both; else as it is), though it was learned by another.

    One hand of two does its part, one does what the other did, two do the same side by side. What points to a side
    stays with the hand that it was learned by.
    """
    sides, learned = _SIDES.get(hand, ()), dict(gesture.by_side())
    if not sides or hand == gesture.hands or is_one_sided(gesture.gesture_class):
        return gesture
    any_hand = next(iter(learned.values()))
    made = [learned.get(side, any_hand) for side in sides]
    if len(sides) > len(learned):
        made = [_on_its_own_side(description) for description in made]
    return replace(gesture, hands=hand, descriptions=tuple(tuple(description) for description in made))


def _on_its_own_side(description: Array) -> Array:
    """So that hands which do the same do not meet."""
    beside = description.copy()
    beside[[0, 3, 6]] = np.maximum(beside[[0, 3, 6]], _BESIDE)
    return beside


@lru_cache(maxsize=4)
def read_repertoire(folder: Path) -> dict[str, tuple[LearnedGesture, ...]]:
    """The gestures of each class; none where the model has no such file. Raises UserError where it is damaged."""
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        gestures = [_gesture(entry) for entry in json.loads(read_text(path, _MAX_BYTES))["gestures"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(f"{path}: is damaged ({error}): fetch the model again") from error
    names = sorted({gesture.gesture_class for gesture in gestures})
    return {name: tuple(g for g in gestures if g.gesture_class == name) for name in names}


def write_repertoire(folder: Path, gestures: Sequence[LearnedGesture]) -> None:
    """Writes what `read_repertoire` reads."""
    entries = [
        {
            **gesture.__dict__,
            "descriptions": [[round(x, 3) for x in d] for d in gesture.descriptions],
            "bearing": [[round(x, 2) for x in moment] for moment in gesture.bearing],
        }
        for gesture in gestures
    ]
    with replacing(folder / FILE) as temporary:
        temporary.write_text(json.dumps({"gestures": entries}, separators=(",", ":")), encoding="utf-8")


def _gesture(entry: dict) -> LearnedGesture:
    made = LearnedGesture(
        number=int(entry["number"]),
        gesture_class=str(entry["gesture_class"]),
        hands=str(entry["hands"]),
        rise_s=float(entry["rise_s"]),
        hold_s=float(entry["hold_s"]),
        extent_m=float(entry["extent_m"]),
        descriptions=tuple(tuple(float(x) for x in d) for d in entry["descriptions"]),
        bearing=tuple(tuple(float(x) for x in moment) for moment in entry.get("bearing", ())),
    )
    sides = _SIDES.get(made.hands, ())
    if len(made.descriptions) != len(sides) or any(len(d) != DESCRIPTION_CHANNELS for d in made.descriptions):
        raise ValueError(f"gesture {made.number} has descriptions that do not fit")
    moments = len(bearing_moments(made.rise_s, made.hold_s)) if made.bearing else 0
    if len(made.bearing) != moments or any(len(moment) != BEARING_CHANNELS for moment in made.bearing):
        raise ValueError(f"gesture {made.number} has a bearing that does not fit")
    return made
