"""Two-bone inverse kinematics for arms and legs: from where the wrist (ankle) shall be to the rotations of the limb.

A limb is two bones with a hinge between them: the middle joint (elbow, knee) only bends about its hinge, the right way
round; the first joint (shoulder, hip) aims. What is left open, the turn of the whole limb about the line from first
joint to target, is the *swivel*: 0 is where a relaxed person carries the elbow (down and a little out) or the knee
(forwards), positive raises the elbow outwards (turns the knee outwards). Everything is vectorised over frames.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from . import rotations as rot
from .kinematics import forward
from .rotations import Array
from .skeleton import INDEX, PARENTS

#: Part of the reach, at either end, over which targets are approached ever more slowly instead of being reached.
SOFTNESS = 0.02


@dataclass(frozen=True)
class Limb:
    """A chain of two bones. Vectors are unit vectors in motion space at rest."""

    first: int
    """Joint that aims: shoulder, hip."""
    middle: int
    """Joint that bends: elbow, knee."""
    end: int
    """Joint that is placed: wrist, ankle."""
    hinge: tuple[float, float, float]
    """Axis about which the middle joint bends by positive angles."""
    ahead: tuple[float, float, float]
    """Direction first joint → end in which `middle_side` is given; its opposite is out of anatomical reach."""
    middle_side: tuple[float, float, float]
    """Where the middle joint points at swivel 0 when the limb is held `ahead`; carried along for other directions."""
    outward: float
    """+1 or −1: which way round positive swivels go, so that they are mirror images and outward in arms and legs."""
    most_bent_rad: float


class LimbRotations(NamedTuple):
    """Local rotations [T, 4] of a limb's three joints."""

    first: Array
    middle: Array
    end: Array


def _unit(x: float, y: float, z: float) -> tuple[float, float, float]:
    length = float(np.sqrt(x * x + y * y + z * z))
    return (x / length, y / length, z / length)


def _arm(side: str, s: float) -> Limb:
    return Limb(
        first=INDEX[f"{side}_shoulder"],
        middle=INDEX[f"{side}_elbow"],
        end=INDEX[f"{side}_wrist"],
        hinge=(0.0, -s, 0.0),
        ahead=_unit(0.25 * s, -0.55, 0.8),
        middle_side=_unit(0.9 * s, -0.8, -0.6),
        outward=-s,  # about a hand held ahead, the elbow below it rises the other way round than a knee turns out
        most_bent_rad=np.radians(150),
    )


def _leg(side: str, s: float) -> Limb:
    return Limb(
        first=INDEX[f"{side}_hip"],
        middle=INDEX[f"{side}_knee"],
        end=INDEX[f"{side}_ankle"],
        hinge=(1.0, 0.0, 0.0),
        ahead=(0.0, -1.0, 0.0),
        middle_side=_unit(0.08 * s, 0.0, 1.0),
        outward=s,
        most_bent_rad=np.radians(150),
    )


LEFT_ARM, RIGHT_ARM = _arm("left", 1.0), _arm("right", -1.0)
LEFT_LEG, RIGHT_LEG = _leg("left", 1.0), _leg("right", -1.0)


def solve(
    limb: Limb,
    rest_joints: Array,
    target: ArrayLike,
    swivel_rad: ArrayLike = 0.0,
    end_rotation: ArrayLike | None = None,
    twist_share: float = 0.5,
) -> LimbRotations:
    """Rotations that bring the limb's end to `target`.

    target [T, 3]: metres, from the first joint, in the frame of its parent (collar, pelvis).
    swivel_rad [T] or one number. end_rotation [T, 4]: the wrist's or ankle's, in the same frame; at rest against the
    middle joint where it is missing. The part `twist_share` of the end's twist goes into the middle joint, as in a
    forearm. Targets out of reach are approached softly (see SOFTNESS): nothing pops near full extension.
    """
    upper, lower = _bones(limb, rest_joints)
    hinge = np.asarray(limb.hinge)
    target = np.asarray(target, dtype=float)
    distance = np.linalg.norm(target, axis=-1)
    direction = target / np.maximum(distance, 1e-9)[..., None]

    bend = _bend(upper, lower, hinge, distance, limb.most_bent_rad, SOFTNESS)
    middle = rot.about(hinge, bend)
    chain = upper + rot.rotate(middle, lower)
    side = _middle_side(limb, direction, np.asarray(swivel_rad, dtype=float))
    first = rot.from_matrix(_frame(direction, np.cross(side, direction)) @ np.swapaxes(_frame(chain, hinge), -1, -2))
    if end_rotation is None:
        return LimbRotations(first, middle, rot.identity(distance.shape))
    end = rot.multiply(rot.inverse(rot.multiply(first, middle)), end_rotation)
    _, twist = rot.swing_twist(end, lower / np.linalg.norm(lower))
    share = rot.power(twist, np.full(distance.shape, twist_share))
    return LimbRotations(first, rot.multiply(middle, share), rot.multiply(rot.inverse(share), end))


def swivel(limb: Limb, rest_joints: Array, first: ArrayLike, middle: ArrayLike) -> Array:
    """The swivel [T], radians in −π…π, of a limb with these local rotations [T, 4]; inverse of `solve`."""
    upper, lower = _bones(limb, rest_joints)
    chain = rot.rotate(first, upper + rot.rotate(middle, lower))
    direction = chain / np.maximum(np.linalg.norm(chain, axis=-1, keepdims=True), 1e-9)
    hinge = rot.rotate(first, np.asarray(limb.hinge))
    side = np.cross(direction, hinge)
    zero = _middle_side(limb, direction, np.zeros(direction.shape[:-1]))
    sine = np.sum(np.cross(zero, side) * direction, axis=-1)
    return -limb.outward * np.arctan2(sine, np.sum(zero * side, axis=-1))


def place(
    limb: Limb,
    local: ArrayLike,
    translation: ArrayLike,
    rest_joints: Array,
    target: ArrayLike,
    swivel_rad: ArrayLike = 0.0,
    end_rotation: ArrayLike | None = None,
) -> Array:
    """`solve` for a whole body: local rotations [T, 55, 4] with the limb's end at `target` [T, 3] in the world.

    end_rotation [T, 4] against the world; where it is missing the end is at rest against the middle joint.
    """
    positions, world = forward(local, translation, rest_joints)
    parent = world[..., PARENTS[limb.first], :]
    to_target = rot.rotate(rot.inverse(parent), np.asarray(target, dtype=float) - positions[..., limb.first, :])
    if end_rotation is not None:
        end_rotation = rot.multiply(rot.inverse(parent), end_rotation)
    return _with_limb(limb, local, solve(limb, rest_joints, to_target, swivel_rad, end_rotation))


def move_end(
    limb: Limb,
    local: ArrayLike,
    translation: ArrayLike,
    rest_joints: Array,
    target: ArrayLike,
    softness: float = SOFTNESS,
) -> Array:
    """Local rotations [T, 55, 4] with the limb's end at `target` [T, 3] and as little else changed as possible.

    The limb keeps its swivel and its end keeps its rotation against the world. A target that is where the end already
    is changes nothing (within the softness of the reach).
    """
    local = np.asarray(local, dtype=float)
    positions, world = forward(local, translation, rest_joints)
    parent = world[..., PARENTS[limb.first], :]
    to_target = rot.rotate(rot.inverse(parent), np.asarray(target, dtype=float) - positions[..., limb.first, :])
    first, middle = reach(limb, rest_joints, local[..., limb.first, :], local[..., limb.middle, :], to_target, softness)
    end = rot.multiply(rot.inverse(rot.multiply(parent, rot.multiply(first, middle))), world[..., limb.end, :])
    return _with_limb(limb, local, LimbRotations(first, middle, end))


def reach(
    limb: Limb, rest_joints: Array, first: Array, middle: Array, target: Array, softness: float = SOFTNESS
) -> tuple[Array, Array]:
    """Rotations [T, 4] of a limb's first and middle joint that bring its end to `target`, its swivel kept.

    target [T, 3]: metres, from the first joint, in the frame of its parent, as for `solve`.
    """
    upper, lower = _bones(limb, rest_joints)
    seen_from_middle = rot.rotate(rot.inverse(middle), upper)
    distance = np.linalg.norm(target, axis=-1)
    more = _bend(seen_from_middle, lower, np.asarray(limb.hinge), distance, limb.most_bent_rad, softness)
    middle = rot.multiply(middle, rot.about(limb.hinge, more))
    return rot.multiply(rot.between(limb_vector(limb, rest_joints, first, middle), target), first), middle


def limb_vector(limb: Limb, rest_joints: Array, first: Array, middle: Array) -> Array:
    """From the first joint to the end [T, 3], metres, in the frame of the first joint's parent."""
    upper, lower = _bones(limb, rest_joints)
    return rot.rotate(first, upper + rot.rotate(middle, lower))


def soft_clamp(value: ArrayLike, low: ArrayLike, high: ArrayLike, softness: ArrayLike) -> Array:
    """`value` kept within low…high: unchanged up to `softness` from either end, from there approaching it for ever.

    Smooth (its slope has no step) and never decreasing.
    """
    value, low, high = (np.asarray(a, dtype=float) for a in (value, low, high))
    softness = np.maximum(np.minimum(softness, (high - low) / 2), 1e-9)
    over, under = value - (high - softness), (low + softness) - value
    soft_high = high - softness * np.exp(-np.maximum(over, 0.0) / softness)
    soft_low = low + softness * np.exp(-np.maximum(under, 0.0) / softness)
    return np.where(over > 0, soft_high, np.where(under > 0, soft_low, value))


def _bones(limb: Limb, rest_joints: Array) -> tuple[Array, Array]:
    first, middle, end = (np.asarray(rest_joints, dtype=float)[joint] for joint in (limb.first, limb.middle, limb.end))
    return middle - first, end - middle


def _bend(upper: Array, lower: Array, hinge: Array, distance: Array, most_bent_rad: float, softness: float) -> Array:
    """Angles [T] about `hinge` after which |upper + lower| = distance, bent the right way.

    With θ the angle, |u + R(θ)·l|² = |u|² + |l|² + 2·(parallel + across·cos(θ − straight)).
    """
    parallel = (upper @ hinge) * (lower @ hinge)
    cosine = np.sum(upper * lower, axis=-1) - parallel
    sine = np.sum(upper * np.cross(hinge, lower), axis=-1)
    across, straight = np.hypot(cosine, sine), np.arctan2(sine, cosine)
    constant = np.sum(upper * upper, axis=-1) + np.sum(lower * lower, axis=-1) + 2 * parallel
    longest = np.sqrt(constant + 2 * across)
    shortest = np.sqrt(np.maximum(constant + 2 * across * np.cos(most_bent_rad), 0.0))
    reached = soft_clamp(distance, shortest, longest, softness * longest)
    return straight + np.arccos(np.clip((reached**2 - constant) / (2 * across), -1.0, 1.0))


def _middle_side(limb: Limb, direction: Array, swivel_rad: Array) -> Array:
    """Unit vectors [T, 3] at right angles to `direction`, on the side to which elbow or knee points."""
    ahead = np.asarray(limb.ahead)
    side = np.asarray(limb.middle_side)
    side = side - (side @ ahead) * ahead
    carried = rot.rotate(rot.between(ahead, direction), side / np.linalg.norm(side))
    return rot.rotate(rot.about(direction, -limb.outward * swivel_rad), carried)


def _frame(along: Array, across: Array) -> Array:
    """Rotation matrices [..., 3, 3] whose first column is `along`, the second `across` made square to it."""
    along = along / np.linalg.norm(along, axis=-1, keepdims=True)
    across = across - np.sum(across * along, axis=-1, keepdims=True) * along
    across = across / np.linalg.norm(across, axis=-1, keepdims=True)
    return np.stack([along, across, np.cross(along, across)], axis=-1)


def _with_limb(limb: Limb, local: ArrayLike, new: LimbRotations) -> Array:
    out = np.array(local, dtype=float)
    for joint, rotations in zip((limb.first, limb.middle, limb.end), new, strict=True):
        out[..., joint, :] = rotations
    return out
