"""Feet on the ground: when they stand, how far they slide, and holding them in place.

Contacts are [T, 4], 1 where left ankle, right ankle, left foot (the ball), right foot stand (skeleton.CONTACT_JOINTS).
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import rotations as rot
from .ik import LEFT_LEG, RIGHT_LEG, Limb, limb_vector, reach
from .kinematics import forward
from .rotations import Array
from .skeleton import CONTACT_JOINTS, INDEX, PARENTS
from .stretches import in_stretches

#: A joint starts to stand below the first and goes on standing up to the second (hysteresis).
_SPEED_M_S = (0.12, 0.30)
_HEIGHT_M = (0.025, 0.05)
#: From here on a likely contact is one.
_SURE = 0.6
#: Shorter contacts and shorter gaps between contacts are taken for noise.
_SHORTEST_S = 0.1
#: How long a foot takes to glide from where the motion had it to where it is held, and back.
_BLEND_S = 0.25
#: Part of a leg's reach that is never asked for when feet are held: the pelvis comes down instead.
_SPARE_REACH = 0.002

#: The first joints, up to the feet: what stands above them is not looked at.
_LEG_JOINTS = max(CONTACT_JOINTS) + 1
_SIDES = ((LEFT_LEG, INDEX["left_foot"], 0, 2), (RIGHT_LEG, INDEX["right_foot"], 1, 3))


class _Runs(NamedTuple):
    """Stretches of contact: frames start … end − 1."""

    start: NDArray[np.intp]
    end: NDArray[np.intp]


def foot_contacts(positions: ArrayLike, fps: float) -> Array:
    """Contacts [T, 4] from joint positions [T, 55, 3] in metres.

    A joint stands while it is slow and near its own lowest height. (SemTalk takes every joint under 0.3 m/s to stand,
    however high, which flickers in slow steps.)
    """
    joints = np.asarray(positions, dtype=float)[:, list(CONTACT_JOINTS)]
    if len(joints) < 2:
        return np.ones((len(joints), 4))
    speed = np.linalg.norm(np.gradient(joints, 1 / fps, axis=0), axis=-1)
    height = joints[..., 1] - np.percentile(joints[..., 1], 2, axis=0)
    sure = (speed < _SPEED_M_S[0]) & (height < _HEIGHT_M[0])
    never = (speed > _SPEED_M_S[1]) | (height > _HEIGHT_M[1])
    shortest = max(round(_SHORTEST_S * fps), 1)
    standing = [_without_short_runs(_hold(sure[:, k], never[:, k]), shortest) for k in range(len(CONTACT_JOINTS))]
    return np.stack(standing, axis=1).astype(float)


def settled_contacts(likely: ArrayLike, fps: float) -> Array:
    """Contacts [T, 4], 0 or 1, from how likely each is, [T, 4], 0…1: decided with hysteresis, without short runs."""
    likely = np.asarray(likely, dtype=float)
    on, off = likely > _SURE, likely < 1 - _SURE
    shortest = max(round(_SHORTEST_S * fps), 1)
    settled = [_without_short_runs(_hold(on[:, k], off[:, k]), shortest) for k in range(likely.shape[1])]
    return np.stack(settled, axis=1).astype(float)


def foot_sliding(positions: ArrayLike, contacts: ArrayLike) -> Array:
    """How far, in metres, a joint gets from where its contact began: one number for each contact, in order of time."""
    joints = np.asarray(positions, dtype=float)[:, list(CONTACT_JOINTS)]
    contacts = np.asarray(contacts) > 0.5
    found: list[tuple[int, float]] = []
    for k in range(len(CONTACT_JOINTS)):
        for start, end in zip(*_runs(contacts[:, k]), strict=True):
            away = np.linalg.norm(joints[start:end, k] - joints[start, k], axis=-1)
            found.append((int(start), float(away.max())))
    return np.array([metres for _, metres in sorted(found)])


def lock_feet(
    local: ArrayLike, translation: ArrayLike, rest_joints: Array, contacts: ArrayLike, fps: float
) -> tuple[Array, Array]:
    """Rotations [T, 55, 4] and translation [T, 3] with every standing joint held where it stands on average.

    Knees bend and ankles turn for it; the pelvis comes down where a leg would not reach. Feet glide into and out of
    their places over a quarter of a second, so that nothing jumps where a contact starts or ends.
    """
    local, translation = np.array(local, dtype=float), np.array(translation, dtype=float)
    standing = np.asarray(contacts) > 0.5
    if not standing.any():
        return local, translation
    legs = local[:, :_LEG_JOINTS]
    for _ in range(2):  # places of ankle and ball, found one by one, do not quite fit each other the first time
        legs, translation = _hold_once(legs, translation, rest_joints, standing, fps)
    local[:, :_LEG_JOINTS] = legs
    return local, translation


def _hold_once(
    local: Array, translation: Array, rest_joints: Array, standing: NDArray[np.bool_], fps: float
) -> tuple[Array, Array]:
    # positions and rotations against the world in one array [T, J, 3 + 4]
    placed = in_stretches(lambda q, at: np.concatenate(forward(q, at, rest_joints), axis=-1), local, translation)
    positions, world = placed[..., :3], placed[..., 3:]
    ankles, balls = {}, {}
    for limb, ball, ankle_column, ball_column in _SIDES:
        ankle_shift, ankle_weight = _shift(positions[:, limb.end], standing[:, ankle_column], fps)
        ball_shift, ball_weight = _shift(positions[:, ball], standing[:, ball_column], fps)
        # a joint that does not stand itself goes along with the one that does
        along_with_ball = (1 - ankle_weight) * ball_weight * ball_shift
        along_with_ankle = (1 - ball_weight) * ankle_weight * ankle_shift
        ankle = positions[:, limb.end] + ankle_weight * ankle_shift + along_with_ball
        tip = positions[:, ball] + ball_weight * ball_shift + along_with_ankle
        # both places together may not fit the foot's length: each gives way by half
        foot = tip - ankle
        too_long = 1 - np.linalg.norm(rest_joints[ball] - rest_joints[limb.end]) / np.linalg.norm(foot, axis=1)
        ankles[limb] = ankle + 0.5 * too_long[:, None] * foot
        balls[limb] = tip - 0.5 * too_long[:, None] * foot

    missing = [_missing_height(limb, rest_joints, positions[:, limb.first], ankles[limb]) for limb in ankles]
    drop = _smooth_above(np.max(missing, axis=0), round(_BLEND_S * fps))
    translation = translation - drop[:, None] * np.array([0.0, 1.0, 0.0])
    local = local.copy()
    for limb, ball, _, _ in _SIDES:
        joints, pelvis = [limb.first, limb.middle, limb.end], PARENTS[limb.first]
        hip = positions[:, limb.first] - drop[:, None] * np.array([0.0, 1.0, 0.0])
        local[:, joints] = in_stretches(
            partial(_held_leg, limb, ball, rest_joints),
            local[:, joints], world[:, pelvis], world[:, limb.end], ankles[limb] - hip, balls[limb] - hip,
        )  # fmt: skip
    return local, translation


def _held_leg(
    limb: Limb, ball: int, rest_joints: Array, leg: Array, pelvis: Array, foot: Array, ankle: Array, tip: Array
) -> Array:
    """Local rotations [T, 3, 4] of hip, knee and ankle that bring the ankle and the ball of the foot to their places.

    leg [T, 3, 4]: as they are; pelvis and foot [T, 4]: against the world; ankle and tip [T, 3]: metres, from the hip,
    along the world's axes. The foot keeps its rotation but for the least turn that points it to `tip`.
    """
    target = rot.rotate(rot.inverse(pelvis), ankle)
    first, middle = reach(limb, rest_joints, leg[:, 0], leg[:, 1], target, _SPARE_REACH)
    reached = rot.rotate(pelvis, limb_vector(limb, rest_joints, first, middle))
    along = rot.rotate(foot, rest_joints[ball] - rest_joints[limb.end])
    foot = rot.multiply(rot.between(along, tip - reached), foot)
    shin = rot.multiply(pelvis, rot.multiply(first, middle))
    return np.stack([first, middle, rot.multiply(rot.inverse(shin), foot)], axis=1)


def _shift(joint: Array, standing: NDArray[np.bool_], fps: float) -> tuple[Array, Array]:
    """What moves a joint [T, 3] to its place while it stands [T], and how much of that to do: [T, 3], [T, 1]."""
    stood = np.flatnonzero(standing)
    if len(stood) == 0:
        return np.zeros_like(joint), np.zeros((len(joint), 1))
    runs, frame = _runs(standing), np.arange(len(joint))
    sums = np.add.reduceat(np.where(standing[:, None], joint, 0.0), runs.start, axis=0)
    place = sums / (runs.end - runs.start)[:, None]
    shift = place[np.maximum(np.searchsorted(runs.start, frame, side="right") - 1, 0)] - joint

    # in the air the shift goes over from that of the last frame on the ground to that of the next
    last = stood[np.maximum(np.searchsorted(stood, frame, side="right") - 1, 0)]
    following = stood[np.minimum(np.searchsorted(stood, frame), len(stood) - 1)]
    part = _ease((frame - last) / np.maximum(following - last, 1))[:, None]
    away_s = np.minimum(np.abs(frame - last), np.abs(following - frame)) / fps
    return (1 - part) * shift[last] + part * shift[following], _ease(1 - away_s / _BLEND_S)[:, None]


def _missing_height(limb: Limb, rest_joints: Array, hip: Array, ankle: Array) -> Array:
    """How much lower [T], metres, the hip must be for the leg to reach the ankle's place."""
    bones = np.diff(np.asarray(rest_joints)[[limb.first, limb.middle, limb.end]], axis=0)
    reach = np.linalg.norm(bones, axis=1).sum() * (1 - 2 * _SPARE_REACH)
    sideways = np.linalg.norm((hip - ankle)[:, [0, 2]], axis=1)
    height = np.sqrt(np.maximum(reach**2 - sideways**2, 0.0))
    return np.maximum(hip[:, 1] - ankle[:, 1] - height, 0.0)


def _smooth_above(values: Array, radius: int) -> Array:
    """A smooth curve [T] that is nowhere below `values` [T]: the moving mean of the moving maximum."""
    if radius < 1 or not values.any():
        return values
    window = 2 * radius + 1
    padded = np.pad(values, 2 * radius, mode="edge")
    highest = np.lib.stride_tricks.sliding_window_view(padded, window).max(axis=1)
    weights = np.hanning(window + 2)[1:-1]
    return np.convolve(highest, weights / weights.sum(), mode="valid")


def _ease(x: ArrayLike) -> Array:
    """0 below 0, 1 above 1, half a cosine between."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(x, 0.0, 1.0))


def _hold(on: NDArray[np.bool_], off: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The state [T] after the last frame that said `on` or `off`; before the first of them, what that one says."""
    decided = on | off
    if not decided.any():
        return np.zeros(len(on), dtype=bool)
    latest = np.maximum.accumulate(np.where(decided, np.arange(len(on)), -1))
    return on[np.where(latest < 0, np.argmax(decided), latest)]


def _runs(standing: NDArray[np.bool_]) -> _Runs:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], standing, [False]]).astype(int)))
    return _Runs(edges[::2], edges[1::2])


def _without_short_runs(standing: NDArray[np.bool_], shortest: int) -> NDArray[np.bool_]:
    """Gaps under `shortest` frames closed, then contacts under `shortest` frames removed."""
    out = standing.copy()
    for state in (False, True):
        runs = _runs(out == state)
        inside = (runs.start > 0) & (runs.end < len(out))
        for start, end in zip(runs.start, runs.end, strict=True):
            if end - start < shortest and inside[runs.start == start].all():
                out[start:end] = not state
    return out
