"""The table of mouth targets: presets/visemes.json as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ..motion.arkit import ARKIT_SHAPES, SHAPE_INDEX
from ..motion.rotations import Array
from ..presets import load_preset

REST = "(rest)"
BREATH = "(breath)"
UNKNOWN = "(unknown)"


@dataclass(frozen=True)
class Contact:
    """Lips that touch each other or the teeth during a phone."""

    hold: tuple[float, float]
    """The part of the phone during which they touch, as fractions of its duration."""
    closes: float
    """How much of the gap which the open jaw leaves is closed (mouthClose as a part of jawOpen), 0…1."""
    shapes: Array
    """[52], the blend shapes of the full contact."""


@dataclass(frozen=True)
class Visemes:
    """A row for every viseme, a column for every articulator."""

    articulators: tuple[str, ...]
    before_s: Array
    """[A], how early an articulator starts towards a target (standard deviation of the dominance)."""
    after_s: Array
    """[A], how long it lingers."""
    shapes: Array
    """[A, 52], what each articulator's full movement is in blend shapes."""
    rows: dict[str, int]
    targets: Array
    """[V, A]."""
    dominance: Array
    """[V, A]."""
    vowels: frozenset[str]
    contact_of: dict[str, str]
    contacts: dict[str, Contact]
    sequences: dict[str, tuple[tuple[str, float], ...]]
    aliases: dict[str, str]
    silences: frozenset[str]
    spelling: dict[str, tuple[str, ...]]
    syllable: tuple[str, ...]
    openness: dict[str, tuple[float, float]]


@cache
def visemes() -> Visemes:
    """The table, read once."""
    document = load_preset("visemes")
    moves = document["articulators"]
    entries = {
        REST: document["rest"],
        BREATH: document["breath"],
        UNKNOWN: document["unknown"],
        **document["phones"],
    }
    targets, dominance = _matrices(tuple(moves), entries)
    return Visemes(
        articulators=tuple(moves),
        before_s=np.array([move["before_s"] for move in moves.values()]),
        after_s=np.array([move["after_s"] for move in moves.values()]),
        shapes=np.stack([shape_vector(move["shapes"]) for move in moves.values()]),
        rows={name: row for row, name in enumerate(entries)},
        targets=targets,
        dominance=dominance,
        vowels=frozenset(name for name, entry in entries.items() if entry.get("vowel")),
        contact_of={name: entry["contact"] for name, entry in entries.items() if "contact" in entry},
        contacts={
            name: Contact((entry["hold"][0], entry["hold"][1]), entry["closes"], shape_vector(entry["shapes"]))
            for name, entry in document["contacts"].items()
        },
        sequences={
            name: tuple((part, share) for part, share in parts) for name, parts in document["sequences"].items()
        },
        aliases=document["aliases"],
        silences=frozenset(document["silences"]),
        spelling={letters: tuple(phones) for letters, phones in document["spelling"].items()},
        syllable=tuple(document["syllable"]),
        openness={name: (pair[0], pair[1]) for name, pair in document["openness"].items() if name != "about"},
    )


def shape_vector(amounts: dict[str, float]) -> Array:
    """[52] from the blend shapes' names."""
    vector = np.zeros(len(ARKIT_SHAPES))
    for name, amount in amounts.items():
        vector[SHAPE_INDEX[name]] = amount
    return vector


def _matrices(articulators: tuple[str, ...], entries: dict[str, Any]) -> tuple[Array, Array]:
    targets = np.zeros((len(entries), len(articulators)))
    dominance = np.zeros_like(targets)
    for row, entry in enumerate(entries.values()):
        dominance[row] = entry["others"]
        for name, (value, weight) in entry["targets"].items():
            column = articulators.index(name)
            targets[row, column], dominance[row, column] = value, weight
    return targets, dominance
