"""Pelvis, spine, head and breath: what moves while nothing is being shown, and what goes along with gestures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...motion import rotations as rot
from ...motion.body import Body
from ...motion.rotations import Array
from ...motion.skeleton import INDEX
from .legs import Stand, pelvis_height
from .library import Accent, Style
from .phrases import Phrase
from .plan import Performed
from .randomness import stream
from .splines import add_bumps, drift, eased, smooth

#: Columns of a [T, 3] track of angles: bend (forward), turn (to the left), tilt (to the right side).
BEND, TURN, TILT = 0, 1, 2
#: How spine1…3 and neck, head share the angles of torso and head.
_SPINE_SHARE = (("spine1", 0.30), ("spine2", 0.38), ("spine3", 0.32))
_HEAD_SHARE = (("neck", 0.42), ("head", 0.58))


@dataclass(frozen=True)
class Pelvis:
    """[T, 4] rotation and [T, 3] place of the pelvis joint, metres."""

    rotation: Array
    at: Array
    angles: Array
    """[T, 3] bend, turn, tilt of the rotation."""


@dataclass(frozen=True)
class Trunk:
    """Angles of one layer, [T, 3] each: torso against the pelvis, head against the torso; breath [T], 0…1."""

    torso: Array
    head: Array
    lift: Array
    """[T]: shoulders up, radians."""


def _turned(angles: Array) -> Array:
    """[T, 3] bend, turn, tilt to [T, 4]."""
    return rot.from_euler(angles[:, [TURN, BEND, TILT]], "yxz")


def _shift_times(phrases: Sequence[Phrase], chance: np.random.Generator, duration_s: float) -> list[float]:
    """When the weight goes to the other foot: every few seconds, rather between phrases."""
    starts = np.array([phrase.start_s for phrase in phrases])
    times, now = [], chance.uniform(0.8, 3.0)
    while now < duration_s:
        near = starts[np.abs(starts - now) < 1.2] if len(starts) else starts
        times.append(float(near[0]) if len(near) else float(now))
        now = times[-1] + chance.uniform(2.4, 5.6)
    return times


def pelvis_motion(
    body: Body, stand: Stand, phrases: Sequence[Phrase], style: Style, seed: int, times_s: Array
) -> Pelvis:
    """Weight over one foot, then the other, with the hips' tilt and turn that belong to it."""
    chance = stream(seed, "weight")
    scale = float(np.linalg.norm(body.rest_joints[INDEX["left_hip"]] - stand.ankles[0])) / 0.78
    side = chance.choice([-1.0, 1.0])
    keys = [(-2.0, *_weight(side, chance))]
    for time_s in _shift_times(phrases, chance, float(times_s[-1]) if len(times_s) else 0.0):
        side = -side if chance.uniform() < 0.8 else 0.25 * side
        takes_s = chance.uniform(0.8, 1.4)
        start_s = max(time_s - 0.4 * takes_s, keys[-1][0] + 0.3)
        keys.append((start_s, *np.array(keys[-1][1:]) * chance.uniform(0.85, 1.0)))
        keys.append((start_s + takes_s, *_weight(np.sign(side) if abs(side) < 1 else side, chance, abs(side))))
    table = np.array(keys)
    weight = eased(table[:, 0], table[:, 1:], times_s, resting=True) * style.sway
    noise = drift(stream(seed, "sway"), times_s, 5, 3.2) * style.liveliness
    angles = np.stack([weight[:, 2], weight[:, 3], weight[:, 4]], axis=-1)
    angles += np.radians(noise[:, :3] * [0.6, 1.6, 0.7])
    rotation = _turned(angles)
    rest = body.rest_joints[0]
    middle = stand.ankles.mean(axis=0)
    across = np.stack([middle[0] + weight[:, 0], middle[2] + 0.045 * scale + weight[:, 1]], axis=-1)
    across += noise[:, 3:] * 0.006
    height = pelvis_height(body, stand, rotation, across)
    at = np.stack([across[:, 0], np.minimum(height, rest[1]), across[:, 1]], axis=-1)
    return Pelvis(rotation, at, angles)


def _weight(side: float, chance: np.random.Generator, amount: float = 1.0) -> tuple[float, ...]:
    """Sideways and forward place (metres), bend, turn, tilt (radians) with the weight on one side (+1 left)."""
    much = amount * chance.uniform(0.6, 1.15)
    return (
        side * 0.052 * much,
        chance.normal(0.0, 0.014),
        np.radians(chance.normal(0.0, 1.2)),
        np.radians(side * chance.uniform(-2.0, 7.5) * much),
        # the hip that carries is the higher one
        np.radians(side * 3.8 * much),
    )


def breath(phrases: Sequence[Phrase], seed: int, times_s: Array) -> Array:
    """[T], 0…1: in before a phrase, out while speaking, and by itself in pauses."""
    chance = stream(seed, "breath")
    last = float(times_s[-1]) if len(times_s) else 0.0
    peaks: list[float] = []
    for phrase in phrases:
        if phrase.start_s - (peaks[-1] if peaks else -9.0) > 1.8:
            peaks.append(phrase.start_s - 0.05)
    filled, now = [], -2.5
    for peak in [*peaks, last + 4.0]:
        while peak - now > 4.8:
            now += chance.uniform(3.2, 4.2)
            filled.append(now)
        filled.append(peak)
        now = peak
    keys: list[tuple[float, float]] = []
    for peak, following in zip(filled, [*filled[1:], filled[-1] + 4.0], strict=True):
        if keys and peak - 0.75 <= keys[-1][0]:
            continue
        deep = chance.uniform(0.75, 1.0)
        keys += [(peak - 0.7, chance.uniform(0.0, 0.12)), (peak, deep), (peak + 0.7 * (following - peak), 0.25 * deep)]
    table = np.array([key for k, key in enumerate(keys) if k == 0 or key[0] > keys[k - 1][0]])
    return eased(table[:, 0], table[:, 1:], times_s, resting=False)[:, 0]


def posture(phrases: Sequence[Phrase], style: Style, seed: int, times_s: Array) -> Array:
    """[T, 3]: how the torso is held, another way for every phrase."""
    keys = [(-1.0, 0.0, 0.0, 0.0)]
    for phrase in phrases:
        chance = stream(seed, "posture", phrase.first)
        start_s = max(phrase.start_s - 0.25, keys[-1][0] + 0.1)
        leading = 1.0 if phrase.lead == "left" else -1.0
        held = [chance.normal(1.0, 2.0), -leading * chance.uniform(-1.0, 7.0), leading * chance.uniform(-1.0, 3.0)]
        keys.append((start_s, *keys[-1][1:]))
        keys.append((start_s + chance.uniform(0.6, 0.9), *(np.radians(held) * style.sway)))
    table = np.array(keys)
    return eased(table[:, 0], table[:, 1:], times_s, resting=False)


def gaze(phrases: Sequence[Phrase], style: Style, seed: int, times_s: Array) -> Array:
    """[T, 3]: where the head is held, from phrase to phrase and now and then within one."""
    chance = stream(seed, "gaze")
    moments = [phrase.start_s - 0.1 for phrase in phrases]
    moments += [
        phrase.start_s + chance.uniform(0.4, 0.7) * (phrase.end_s - phrase.start_s)
        for phrase in phrases
        if phrase.end_s - phrase.start_s > 1.6
    ]
    last = float(times_s[-1]) if len(times_s) else 0.0
    moments += list(np.arange(chance.uniform(0.5, 2.0), last, 3.7) + chance.uniform(-0.8, 0.8))
    keys = [(-1.0, 0.0, 0.0, 0.0)]
    for moment in sorted(moments):
        takes_s = chance.uniform(0.35, 0.6)
        if moment < keys[-1][0] + 0.35:
            continue
        away = chance.uniform() < 0.45
        turn = chance.normal(0.0, 11.0 if away else 4.0)
        pose = np.radians([chance.normal(1.0, 3.0), turn, -0.18 * turn + chance.normal(0.0, 2.6)]) * style.head
        keys.append((moment, *(0.9 * np.array(keys[-1][1:]))))
        keys.append((moment + takes_s, *pose))
    table = np.array(keys)
    return eased(table[:, 0], table[:, 1:], times_s, resting=False)


def _accents(entries: Sequence[tuple[float, float, float, Sequence[Accent]]], times_s: Array, fps: float) -> Array:
    """[T, 3]: authored accents (start_s, ±1 for the side of the lead, size), each starting and ending at nothing."""
    out = np.zeros((len(times_s), 3))
    for at_s, side, size, accents in entries:
        rows = [
            (0.0, 0.0, 0.0),
            *((a.bend_rad, side * a.turn_rad, -side * a.tilt_rad) for a in accents),
            (0.0, 0.0, 0.0),
        ]
        moments = [
            at_s + accents[0].time_s - 0.24,
            *(at_s + a.time_s for a in accents),
            at_s + accents[-1].time_s + 0.42,
        ]
        first, last = max(int(moments[0] * fps), 0), min(int(moments[-1] * fps) + 2, len(times_s))
        if last > first:
            out[first:last] += size * eased(moments, rows, times_s[first:last], resting=False)
    return out


def _nods(performed: Sequence[Performed], style: Style, seed: int, frames: int, fps: float, semantic: bool) -> Array:
    """[T] radians: the head dips on stressed syllables, a little up before."""
    entries = []
    for p in performed:
        chance = stream(seed, "nod", p.word)
        stressed = p.base_size > 0 or p.prominence > 0.45
        depth = (2.0 + 6.5 * p.prominence) * chance.uniform(0.6, 1.3) if stressed and chance.uniform() < 0.85 else 0.0
        if semantic and not p.gesture:
            depth = max(1.5 * depth, 2.6 + 6.0 * p.prominence)
        entries.append((p.nucleus_s + chance.uniform(-0.01, 0.05), depth))
    table = np.radians(style.head) * np.array([depth for _, depth in entries])
    moments = np.array([moment for moment, _ in entries])
    out = np.zeros(frames)
    if len(entries):
        dips = moments[:, None] + np.array([-0.15, 0.0, 0.03, 0.34])
        rises = moments[:, None] + np.array([-0.34, -0.18, -0.16, 0.02])
        add_bumps(out, fps, dips, table)
        add_bumps(out, fps, rises, -0.28 * table)
    return out


def _following_hands(hands: Array, fps: float) -> tuple[Array, Array, Array]:
    """How the chest goes along with both wrists [T, 2, 3]: turn and tilt [T], and how high the hands are [T]."""
    reach = smooth(np.concatenate([hands[:, 0], hands[:, 1]], axis=-1), fps, 0.22, -0.06)
    sideways, height, forward = reach[:, 0] - reach[:, 3], reach[:, 1] - reach[:, 4], reach[:, 5] - reach[:, 2]
    turn = np.radians(19.0) * np.tanh(sideways) + np.radians(17.0) * np.tanh(forward)
    return turn, np.radians(6.5) * np.tanh(height), (reach[:, 1] + reach[:, 4]) / 2 + 0.5


def _strokes_in_torso(performed: Sequence[Performed], frames: int, fps: float, semantic: bool) -> tuple[Array, Array]:
    """[T] bend and [T] turn of the torso with strokes: the shoulder of a hand that strokes alone goes along."""
    dips, turns = np.zeros(frames), np.zeros(frames)
    if performed:
        sizes = np.array([p.semantic_size if semantic else p.base_size for p in performed])
        strokes = np.array([p.nucleus_s for p in performed])[:, None] + np.array([-0.28, 0.04, 0.10, 0.62])
        sides = np.array([0.0 if p.both else -1.0 if p.lead == "left" else 1.0 for p in performed])
        add_bumps(dips, fps, strokes, np.radians(7.5) * sizes)
        add_bumps(turns, fps, strokes, np.radians(9.0) * sizes * sides)
    return dips, turns


def trunk_motion(
    performed: Sequence[Performed], phrases: Sequence[Phrase], pelvis: Pelvis, breathing: Array, hands: Array,
    style: Style, seed: int, times_s: Array, fps: float, semantic: bool,
) -> Trunk:  # fmt: skip
    """hands [T, 2, 3]: both wrists in the arm frame of their arm (left, right), which the torso follows."""
    frames = len(times_s)
    noise = drift(stream(seed, "torso"), times_s, 7, 3.2) * style.liveliness
    torso = np.zeros((frames, 3))
    # the chest stays more upright and more to the front than the pelvis, and goes along with the hands
    torso[:, TILT] = -1.15 * pelvis.angles[:, TILT]
    torso[:, TURN] = -0.55 * pelvis.angles[:, TURN]
    turn, tilt, raised = _following_hands(hands, fps)
    torso[:, TURN] += turn
    torso[:, TILT] += tilt
    torso[:, BEND] += np.radians(1.0) - np.radians(4.0) * raised - np.radians(1.3) * (breathing - 0.4)
    torso += np.radians(noise[:, :3] * [0.7, 1.6, 0.9]) + posture(phrases, style, seed, times_s)
    dips, turns = _strokes_in_torso(performed, frames, fps, semantic)
    torso[:, TURN] += turns
    torso[:, BEND] += dips

    head = gaze(phrases, style, seed, times_s)
    head[:, TURN] -= 0.75 * (torso[:, TURN] + pelvis.angles[:, TURN])
    head[:, TILT] -= 0.5 * (torso[:, TILT] + pelvis.angles[:, TILT])
    head[:, BEND] -= 0.8 * (torso[:, BEND] + pelvis.angles[:, BEND]) - np.radians(1.0)
    head += np.radians(noise[:, 3:6] * [1.1, 1.6, 1.0])
    head[:, BEND] += _nods(performed, style, seed, frames, fps, semantic)
    lift = np.radians(2.2) * breathing + np.radians(0.5) * noise[:, 6] + 0.5 * dips
    if semantic:
        shown = [
            (p.nucleus_s, 1.0 if p.lead == "left" else -1.0, p.choice.size, p.gesture) for p in performed if p.gesture
        ]
        head += _accents([(t, s, size, g.head) for t, s, size, g in shown if g.head], times_s, fps)
        torso += _accents([(t, s, size, g.torso) for t, s, size, g in shown if g.torso], times_s, fps)
        lifts = [(t, s, size, g.shoulders) for t, s, size, g in shown if g.shoulders]
        lift = lift + _accents(lifts, times_s, fps)[:, BEND]
    return Trunk(torso, head, lift)


def trunk_rotations(pelvis: Pelvis, trunk: Trunk) -> dict[str, Array]:
    """Local rotations [T, 4] of pelvis, spine, neck and head."""
    result = {"pelvis": pelvis.rotation}
    result |= {name: _turned(trunk.torso * share) for name, share in _SPINE_SHARE}
    result |= {name: _turned(trunk.head * share) for name, share in _HEAD_SHARE}
    return result
