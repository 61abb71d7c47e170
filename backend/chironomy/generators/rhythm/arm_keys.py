"""From the plan to keys of each arm: strokes strung together over the places where the hands are held.

A stroke's keys are: where its preparation ends, where it ends, and where it is held. Between strokes the hand goes back
to its stance, where there is time for it, or straight on to the next stroke: so gestures merge instead of popping.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...motion.rotations import Array
from . import arm_pose
from .arm_pose import FINGERS, FLEXION, LIFT, PRONATION, SWIVEL, TURNS, WRIST, Arm
from .library import Beat, BeatEnd, Gesture, HandKey, Library, Stance, Style
from .phrases import HANGING_S, WAITING_S, Phrase
from .plan import Performed
from .randomness import pick, stream

#: Fastest mean speed between two keys that are no stroke, in lengths of the arm per second.
_FASTEST = 2.3
#: The same for strokes whose preparation found no time.
_FASTEST_STROKE = 3.2
_RETRACTION_S, _DEPARTURE_S = 0.55, 0.42
#: Least time from the end of one stroke to the start of the next.
_TURN_S = 0.12
_DRIFT_EVERY_S = 0.75
#: Who has said the last word begins to lower the hands, even where the take ends before they are down.
_SETTLING_S = 0.4
#: Keys closer to the one before than this would be jolts.
_LEAST_STEP_S = 0.08
#: Beats seldom go further out than this, in lengths of the arm.
_WIDE = 0.72
#: Nor does the wrist of a gesture made larger go further from the shoulder: the elbow stays a little bent.
_REACH = 0.94


@dataclass(frozen=True)
class Key:
    time_s: float
    row: Array
    """[28], see arm_pose."""
    phase: str
    """preparation, stroke, rebound, hold, or rest."""


@dataclass(frozen=True)
class Stroke:
    """The keys of one gesture of one hand."""

    keys: tuple[Key, ...]


@dataclass(frozen=True)
class Home:
    """Where a hand is held from a moment on."""

    from_s: float
    row: Array
    travel_s: float
    calm: float
    """How much it moves about there, 0…1."""


Rows = Mapping[HandKey, Array]


def authored_rows(arm: Arm, library: Library) -> Rows:
    """Every authored key of the library as the pose [28] of this arm."""
    keys = list(dict.fromkeys(library.hand_keys()))
    rows = np.zeros((len(keys), arm_pose.CHANNELS))
    rows[:, WRIST] = [key.wrist for key in keys]
    rows[:, FINGERS] = [library.hand_shapes[key.hand] for key in keys]
    palm, fingers, elbow = ([getattr(key, name) for key in keys] for name in ("palm", "fingers", "elbow_rad"))
    for _ in range(3):  # the elbow's place depends on the turn of the forearm, and the turn on the elbow's place
        rows[:, SWIVEL] = elbow + arm_pose.natural_swivel(rows[:, PRONATION])
        pose = arm_pose.solve(arm, rows[:, WRIST], rows[:, SWIVEL], rows[:, LIFT])
        rows[:, TURNS] = arm_pose.hand_turns(arm, pose, palm, fingers)
    return dict(zip(keys, rows, strict=True))


def _varied(row: Array, chance: np.random.Generator, place: float, turn_rad: float) -> Array:
    row = row.copy()
    row[WRIST] += chance.normal(0.0, place, 3) * [1.0, 1.0, 0.7]
    row[TURNS] += chance.normal(0.0, turn_rad, 3) * [1.0, 0.6, 0.35]
    row[SWIVEL] += chance.normal(0.0, turn_rad)
    row[FINGERS] *= 1.0 + chance.normal(0.0, 0.08)
    return row


class Homes:
    """Where one hand is held, over the whole take."""

    def __init__(self, homes: Sequence[Home]) -> None:
        self._homes = sorted(homes, key=lambda home: home.from_s)
        self._starts = np.array([home.from_s for home in self._homes])

    def at(self, time_s: float) -> Home:
        return self._homes[max(int(np.searchsorted(self._starts, time_s, side="right")) - 1, 0)]

    def changes(self, start_s: float, end_s: float) -> list[Home]:
        first, last = np.searchsorted(self._starts, [start_s, end_s])
        return self._homes[first:last]


def homes_of(
    arm: Arm, rows: Rows, phrases: Sequence[Phrase], library: Library, style: Style, seed: int, duration_s: float
) -> Homes:
    """Speaking stances during phrases, hands sinking in pauses and hanging in long ones."""

    def row(stance: Stance, leads: bool, chance: np.random.Generator, height: float) -> Array:
        made = _varied(rows[stance.lead if leads else stance.other], chance, 0.03, np.radians(7.0))
        made[WRIST.start + 1] += height
        return made

    def resting(kind: str, at_s: float, number: int, travel_s: float) -> Home:
        choice = pick(stream(seed, "rest", number), [s.weight for s in library.stances[kind]])
        chance = stream(seed, f"rest {arm.side}", number)
        return Home(at_s, row(library.stances[kind][choice], True, chance, 0.0), travel_s, 0.35)

    homes = [resting("hanging", -1.0, 0, 0.8)]
    end_s = 0.0
    for number, phrase in enumerate(phrases):
        pause_s = phrase.start_s - end_s
        if number and pause_s >= WAITING_S:
            homes.append(resting("waiting" if pause_s < HANGING_S else "hanging", end_s + 0.45, number, 0.9))
        chance = stream(seed, f"stance {arm.side}", phrase.first)
        made = row(phrase.stance, phrase.lead == arm.side, chance, style.stance_height)
        early_s = 0.62 if pause_s >= WAITING_S or not number else 0.28
        homes.append(Home(phrase.start_s - early_s, made, 0.62, 1.0))
        end_s = phrase.end_s
    if phrases and duration_s - end_s >= _SETTLING_S:
        kind = "waiting" if duration_s - end_s < HANGING_S else "hanging"
        early_s = 0.45 if duration_s - end_s >= WAITING_S else 0.1
        homes.append(resting(kind, end_s + early_s, len(phrases), 0.95))
    return Homes(homes)


def _beat_row(home: Array, end: BeatEnd, size: float, open_shape: Array | None) -> Array:
    row = home.copy()
    row[WRIST] += np.array(end.offset) * size
    row[WRIST.start] = min(row[WRIST.start], _WIDE + 0.4 * (row[WRIST.start] - _WIDE))
    strength = min(size / 0.35, 1.4)
    row[PRONATION] -= end.supinate_rad * strength
    row[FLEXION] -= end.extend_rad * strength
    if open_shape is not None:
        row[FINGERS] += (open_shape - row[FINGERS]) * min(0.35 + size, 1.0)
    return row


def beat_stroke(home: Array, beat: Beat, library: Library, nucleus_s: float, size: float, stroke_s: float) -> Stroke:
    shape = library.hand_shapes[beat.hand] if beat.hand else None
    start = _beat_row(home, beat.preparation, size, None)
    end = _beat_row(home, beat.stroke, size, shape)
    settled = home + (end - home) * beat.settle
    half = stroke_s / 2
    return Stroke(
        (
            Key(nucleus_s - half, start, "preparation"),
            Key(nucleus_s + half, end, "stroke"),
            Key(nucleus_s + half + 0.24, settled, "hold"),
        )
    )


def shaped_stroke(keys: Sequence[HandKey], rows: Sequence[Array], nucleus_s: float) -> Stroke:
    """rows: the pose [28] of each key."""
    return Stroke(tuple(Key(nucleus_s + key.time_s, row, key.phase) for key, row in zip(keys, rows, strict=True)))


def _resized(row: Array, home: Array, size: float, arm: Arm) -> Array:
    """A pose [28] with the wrist so many times as far from where the hand is held, within the arm's reach."""
    if size == 1.0:
        return row
    resized = row.copy()
    resized[WRIST] = home[WRIST] + size * (row[WRIST] - home[WRIST])
    if size > 1.0:
        reach, own = (float(np.linalg.norm(r[WRIST] - arm.shoulder)) for r in (resized, row))
        within = min(max(_REACH, own) / reach, 1.0)
        resized[WRIST] = arm.shoulder + within * (resized[WRIST] - arm.shoulder)
    return resized


def strokes_of(
    arm: Arm, rows: Rows, performed: Sequence[Performed], homes: Homes, library: Library, seed: int, semantic: bool
) -> list[Stroke]:
    """All gestures of one arm in one layer, in order of time."""
    result = []
    for entry in performed:
        late = entry.lag_s if arm.side != entry.lead else 0.0
        gesture_keys = _keys_for(entry.gesture, entry.lead, arm.side) if semantic and entry.gesture else None
        if gesture_keys:
            chance = stream(seed, f"shape {arm.side}", entry.word)
            vary = _varied(np.zeros(arm_pose.CHANNELS), chance, 0.022, np.radians(3.0))
            home, size = homes.at(entry.nucleus_s).row, entry.choice.size
            poses = [_resized(rows[key] + vary, home, size, arm) for key in gesture_keys]
            result.append(shaped_stroke(gesture_keys, poses, entry.nucleus_s + late))
            continue
        size = _beat_size(entry, arm.side, semantic)
        if entry.beat and size > 0:
            chance = stream(seed, f"beat {arm.side}", entry.word)
            home = _varied(homes.at(entry.nucleus_s).row, chance, 0.035, np.radians(5.0))
            result.append(beat_stroke(home, entry.beat, library, entry.nucleus_s + late, size, entry.stroke_s))
    return sorted(result, key=lambda stroke: stroke.keys[0].time_s)


def _keys_for(gesture: Gesture, lead: str, side: str) -> tuple[HandKey, ...]:
    if side == lead:
        return gesture.keys
    if gesture.other:
        return gesture.other
    return gesture.keys if gesture.hands == "both" else ()


def _beat_size(entry: Performed, side: str, semantic: bool) -> float:
    size = entry.semantic_size if semantic and not entry.gesture else entry.base_size
    if side == entry.lead:
        return size
    return size * (0.85 if entry.both else 0.28)


def thread(strokes: Sequence[Stroke], homes: Homes, arm: Arm, seed: int, style: Style, end_s: float) -> list[Key]:
    """Strings strokes together: back to the stance between them where there is time, else straight on."""
    keys = [Key(-1.0, homes.at(-1.0).row, "rest")]
    keys += _resting(keys[-1], strokes[0].keys[0].time_s if strokes else end_s + 1.0, homes, arm.side, seed, style)
    for k, stroke in enumerate(strokes):
        keys = _trimmed(keys, stroke.keys[0].time_s)
        keys += _fitted(keys[-1], stroke)
        next_s = strokes[k + 1].keys[0].time_s if k + 1 < len(strokes) else end_s + 1.0
        keys += _resting(keys[-1], next_s, homes, arm.side, seed, style)
    return keys


def _trimmed(keys: list[Key], next_s: float) -> list[Key]:
    """Without holds and rests that the next stroke leaves no time for."""
    end = len(keys)
    while end > 1 and keys[end - 1].time_s > next_s - _TURN_S and _may_go(keys, end - 1):
        end -= 1
    return keys[:end]


def _may_go(keys: list[Key], at: int) -> bool:
    """Holds and rests, and strokes that come after another one: a gesture repeated once less is still itself."""
    return keys[at].phase in ("hold", "rest", "rebound") or (
        keys[at].phase == "stroke" and keys[at - 1].phase in ("stroke", "rebound")
    )


def _fitted(before: Key, stroke: Stroke) -> list[Key]:
    """The stroke's keys after `before`, smaller or later where there is too little time to get to its start."""
    keys = list(stroke.keys)
    while len(keys) > 2 and keys[1].phase != "hold" and keys[0].time_s <= before.time_s + _LEAST_STEP_S:
        keys = keys[1:]
    keys = [key for key in keys if key.time_s > before.time_s + _LEAST_STEP_S]
    if not keys:
        return []
    first = keys[0]
    distance = float(np.linalg.norm(first.row[WRIST] - before.row[WRIST]))
    reachable = (_FASTEST_STROKE if first.phase == "stroke" else _FASTEST) * (first.time_s - before.time_s)
    if first.phase in ("preparation", "stroke") and distance > reachable:
        keys[0] = replace(first, row=before.row + (first.row - before.row) * (reachable / distance))
    return keys


def _resting(before: Key, next_s: float, homes: Homes, side: str, seed: int, style: Style) -> list[Key]:
    """Keys between the end of a stroke and the departure to the next, living on the stance."""
    start = before.time_s + (_RETRACTION_S if before.phase != "rest" else 0.3)
    end = next_s - _DEPARTURE_S
    if end < start:
        return []
    keys: list[Key] = []
    wander = stream(seed, f"wander {side}", round(1000 * (before.time_s + 1.0)))

    def add(time_s: float, home: Home) -> None:
        amount = 0.045 * style.liveliness * home.calm
        row = _varied(home.row, wander, amount, np.radians(5.0) * style.liveliness * home.calm)
        if not keys or time_s > keys[-1].time_s + 0.2:
            keys.append(Key(time_s, row, "rest"))

    time_s = start
    while time_s <= end:
        changes = homes.changes(time_s, time_s + _DRIFT_EVERY_S)
        if changes and changes[0].from_s <= end:
            change = changes[0]
            add(max(change.from_s, time_s), homes.at(change.from_s - 1e-6))
            arrival = max(change.from_s, time_s + 0.2) + change.travel_s
            if arrival <= next_s - 0.2:
                add(arrival, change)
            time_s = arrival + _DRIFT_EVERY_S * wander.uniform(0.7, 1.2)
            continue
        add(time_s, homes.at(time_s))
        time_s += _DRIFT_EVERY_S * wander.uniform(0.7, 1.3)
    return keys


def key_arrays(keys: Sequence[Key]) -> tuple[Array, Array, Array]:
    """times [K], rows [K, 28], stop [K]."""
    times = np.array([key.time_s for key in keys])
    stop = np.array([key.phase in ("preparation", "stroke") for key in keys])
    return times, np.stack([key.row for key in keys]), stop
