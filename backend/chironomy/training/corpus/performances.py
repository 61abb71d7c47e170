"""Single gestures of real actors, ready to be placed on a word.

Read from a folder of SmartBody motions with a table `curated.tsv` that says which clips to use, as which class, with
which hands, and where the wrist is furthest out (the apex).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...formats.rig_map import read_rig_maps, retarget_clip
from ...formats.smartbody import read_skm
from ...motion import rotations as rot
from ...motion.body import Body
from ...motion.kinematics import forward
from ...motion.resample import resample_rotations
from ...motion.retarget import facing_front
from ...motion.rotations import Array
from ...motion.skeleton import INDEX, MIRROR
from ...presets import presets_folder
from ...speech.types import FPS
from .repairs import repaired

#: Classes of the table that are no gestures of speech.
_NO_GESTURES = frozenset({"idle", "transition", "none", "fidget", "think"})
#: The table's classes that are others of ours under another name.
_RENAMED = {"plea": "offer", "example": "offer", "frame": "big"}
_MIRRORED_CLASS = {"left": "right", "right": "left"}
#: The same performance may be there several times, retargeted or resampled: folders from the cleanest on.
_FOLDERS = ("Gestures2", "Gestures", "MaleGestures", "FemaleGestures", "PNGestures", "ChrRachelIdles")
#: A hand counts as raised once it is so much of its whole way up, and as lowering once it falls below.
_RAISED, _LOWERING = 0.60, 0.72
#: Gestures that move a wrist less than this say nothing.
_LEAST_EXTENT_M = 0.06
#: Both hands at the temples for "we": reads as a headache.
_MISREAD = frozenset({240})


@dataclass(frozen=True)
class Phases:
    """When what happens, in seconds from the performance's first frame."""

    start_s: float
    raised_s: float
    """The hand has come up: what goes before is preparation."""
    apex_s: float
    """The wrist is furthest out: this falls on the stressed syllable."""
    lowering_s: float
    """The hand begins to go back: until here it strokes on or is held."""
    end_s: float


@dataclass(frozen=True)
class Performance:
    """One gesture, as one actor performed it once."""

    number: int
    """Copies and mirror images of one performance share it."""
    source: str
    gesture_class: str
    hands: str
    """left, right or both."""
    rotations: Array
    """[T, 55, 4] at FPS, local rotations."""
    phases: Phases
    extent_m: float
    held_out: bool

    @property
    def duration_s(self) -> float:
        return len(self.rotations) / FPS


def held_out(number: int) -> bool:
    """One performance in ten is never trained on, with all its copies."""
    return number % 10 == 7


def read_performances(folder: Path, body: Body) -> list[Performance]:
    """All usable gestures below `folder`, one copy of each, in the table's order. Raises UserError."""
    found: dict[tuple[int, str], tuple[int, dict[str, str]]] = {}
    for row in read_table(folder):
        if row["use"] == "no" or row["class"] in _NO_GESTURES or not row["hand"]:
            continue
        rank = _FOLDERS.index(row["file"].split("/")[0])
        key = int(row["performance"]), row["class"]
        if key[0] in _MISREAD:
            continue
        if key not in found or rank < found[key][0]:
            found[key] = rank, row
    read = (_read(folder, row, body) for _, row in found.values())
    return [performance for performance in read if performance is not None]


def read_table(folder: Path) -> list[dict[str, str]]:
    """The rows of curated.tsv. Raises UserError where it is missing or another table."""
    path = folder / "curated.tsv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}): give the folder that holds the gestures"
        ) from error
    if not rows or not rows[0].keys() >= {"file", "use", "why", "performance", "class", "hand", "apex_s"}:
        raise UserError(f"{path}: is no table of gestures (file, use, why, performance, class, hand, apex_s, …)")
    return rows


def read_motion(folder: Path, row: dict[str, str], body: Body) -> tuple[Array, Array] | None:
    """Rotations [T, 55, 4] and translation [T, 3] of a row's clip at FPS, repaired; None where it is beyond that."""
    path = folder / row["file"]
    clip = read_skm(path)
    motion = facing_front(retarget_clip(clip, read_rig_maps(presets_folder() / "rig_maps"), body, str(path)), body)
    rotations = repaired(motion.rotations, motion.fps, row["why"] if row["use"] == "repair" else "")
    if rotations is None:
        return None
    times_s = np.arange(int(len(rotations) / motion.fps * FPS)) / FPS
    old_s = np.arange(len(rotations)) / motion.fps
    translation = np.stack([np.interp(times_s, old_s, motion.translation[:, k]) for k in range(3)], axis=-1)
    resampled = resample_rotations(rotations, motion.fps, FPS) if motion.fps != FPS else rotations
    return rot.make_continuous(resampled[: len(times_s)]), translation


def mirrored(performance: Performance) -> Performance:
    """The same with the other hand."""
    other = {"left": "right", "right": "left"}
    return replace(
        performance,
        source=f"{performance.source} mirrored",
        gesture_class=_MIRRORED_CLASS.get(performance.gesture_class, performance.gesture_class),
        hands=other.get(performance.hands, performance.hands),
        rotations=mirrored_rotations(performance.rotations),
    )


def mirrored_rotations(rotations: Array) -> Array:
    """Local rotations [T, 55, 4] seen in a mirror: left becomes right."""
    return rotations[:, MIRROR] * np.array([1.0, 1.0, -1.0, -1.0])


def with_mirror_images(performances: Iterable[Performance]) -> list[Performance]:
    """Each performance followed by its mirror image."""
    return [image for performance in performances for image in (performance, mirrored(performance))]


def wrists_in_chest(rotations: Array, body: Body) -> Array:
    """Both wrists [T, 2, 3] as the chest sees them, metres: what torso and legs do does not count."""
    positions, world = forward(rotations, np.zeros((len(rotations), 3)), body.rest_joints)
    chest = INDEX["spine3"]
    wrists = positions[:, [INDEX["left_wrist"], INDEX["right_wrist"]]] - positions[:, [chest]]
    return rot.rotate(rot.inverse(world[:, [chest]]), wrists)


def active_sides(hands: str) -> list[int]:
    """0 for the left hand, 1 for the right one."""
    return {"left": [0], "right": [1], "both": [0, 1]}[hands]


def _read(folder: Path, row: dict[str, str], body: Body) -> Performance | None:
    motion = read_motion(folder, row, body)
    if motion is None:
        return None
    rotations, _ = motion
    wrists = wrists_in_chest(rotations, body)[:, active_sides(row["hand"])]
    away = np.linalg.norm(wrists - wrists[0], axis=-1).max(axis=1)
    if away.max() < _LEAST_EXTENT_M:
        return None
    number = int(row["performance"])
    return Performance(
        number=number,
        source=row["file"],
        gesture_class=_RENAMED.get(row["class"], row["class"]),
        hands=row["hand"],
        rotations=rotations,
        phases=_phases(away, float(row["apex_s"]), float(row["active_start_s"]), float(row["active_end_s"])),
        extent_m=float(away.max()),
        held_out=held_out(number),
    )


def _phases(away: Array, apex_s: float, start_s: float, end_s: float) -> Phases:
    """away [T]: how far the active wrist is from where it rested at the beginning."""
    last = len(away) - 1
    apex = int(np.clip(round(apex_s * FPS), 1, last))
    top = away[max(apex - 3, 0) : apex + 4].max()
    raised = _first(away[: apex + 1] >= _RAISED * top, apex)
    lowering = apex + _last(away[apex:] >= _LOWERING * top, 0)
    end = int(np.clip(round(end_s * FPS), lowering + 1, max(last, lowering + 1)))
    start = int(np.clip(round(start_s * FPS), 0, max(raised - 1, 0)))
    return Phases(*(frame / FPS for frame in (start, raised, apex, lowering, end)))


def _first(states: Sequence[bool] | Array, otherwise: int) -> int:
    found = np.flatnonzero(states)
    return int(found[0]) if len(found) else otherwise


def _last(states: Sequence[bool] | Array, otherwise: int) -> int:
    found = np.flatnonzero(states)
    return int(found[-1]) if len(found) else otherwise
