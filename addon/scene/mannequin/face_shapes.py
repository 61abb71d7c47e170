"""ARKit's blend shapes as fields of movement over the face, from presets/mannequin/shapes.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.motion.rotations import Array
from .face import HeadPlan, lid_edges, on_sphere
from .sculpt import mirror_item

#: The jaw's angle for which `mouthClose` is exact: half of a wide-open mouth, most of speech lies below.
_CLOSE_AT_RAD = np.radians(11.0)
_CLOSE_AMOUNT = 0.5
#: From this share on, the jaw carries a point alone.
_FULLY = 0.999


@dataclass(frozen=True)
class Points:
    """Points of a part that the face moves."""

    positions: Array
    jaw: Array
    """[n]: what the jaw's joint carries."""
    lower: Array
    """[n]: 1 on the lower lip and below, 0 on the upper and above, ½ at the corners."""
    lower_if_upper: Array
    """[n]: the jaw's share if the point belonged to the upper lip."""
    tongue: Array
    """[n]: 0 at the tongue's root (and everywhere else), 1 at its tip."""
    lids: bool
    """Whether the eyelids' movements apply."""


def shape_offsets(plan: HeadPlan, shapes: Mapping[str, Any], points: Points) -> dict[str, Array]:
    """Offsets [n, 3] for every shape that moves some of the points, right-hand ones included."""
    image = _mirrored(points)
    out: dict[str, Array] = {}
    for name, operations in shapes.items():
        if name == "about":
            continue
        out[name] = _total(plan, operations, points)
        if name.endswith("Left"):
            out[name[:-4] + "Right"] = _total(plan, operations, image) * [-1.0, 1.0, 1.0]
    return {name: offsets for name, offsets in out.items() if np.abs(offsets).max(initial=0.0) > 1e-7}


def _mirrored(points: Points) -> Points:
    return Points(
        points.positions * [-1.0, 1.0, 1.0], points.jaw, points.lower, points.lower_if_upper, points.tongue, points.lids
    )


def _total(plan: HeadPlan, operations: Sequence[Mapping[str, Any]], points: Points) -> Array:
    offsets = np.zeros_like(points.positions)
    for operation in operations:
        kind = next(name for name in _OPERATIONS if name in operation)
        offsets += _OPERATIONS[kind](plan, operation, points)
    return offsets


def _push(plan: HeadPlan, operation: Mapping[str, Any], points: Points) -> Array:
    push = np.array(operation["push"]) * plan.scale
    if operation.get("with_jaw"):
        return points.jaw[:, None] * push
    share = _near(plan, operation["at"], operation, points)
    offsets = share[:, None] * push
    if operation.get("both"):
        other = _near(plan, [mirror_item(item) for item in operation["at"]], operation, points)
        # where left and right overlap at the middle they do not add up
        total = np.maximum(share + other, 1e-9)
        calm = np.maximum(share, other) / total
        offsets = calm[:, None] * (offsets + other[:, None] * push * [-1.0, 1.0, 1.0])
    if "lip" in operation:
        offsets *= (points.lower if operation["lip"] == "lower" else 1.0 - points.lower)[:, None]
    if operation.get("keep_off_jaw"):
        offsets *= np.where(points.jaw > _FULLY, 0.0, 1.0 - points.jaw)[:, None]
    return offsets


def _near(plan: HeadPlan, place: Sequence[Any], operation: Mapping[str, Any], points: Points) -> Array:
    """1 at the place, smoothly 0 at `radius` and beyond."""
    away = (points.positions - plan.places(place)) / (np.array(operation["radius"]) * plan.scale)
    return np.maximum(1.0 - np.sum(away * away, axis=-1), 0.0) ** 2


def _lids(plan: HeadPlan, operation: Mapping[str, Any], points: Points) -> Array:
    """Turns the lids' skin round the eye: the edge by its share of the gap, the rest by less."""
    if not points.lids:
        return np.zeros_like(points.positions)
    eye = plan.document["eye"]
    radius, azimuth, elevation, belongs = _round_the_eye(plan, points)
    upper, lower = lid_edges(eye, azimuth)
    middle = np.clip(0.5 * (upper + lower), -1.0, 1.0)
    above = elevation > middle
    edge, gap = np.where(above, upper, lower), upper - lower
    rim = np.where(above, np.radians(58.0), np.radians(-52.0))
    down = operation["lids"][0] * np.where(above, -gap, 0.0) + operation["lids"][1] * np.where(above, 0.0, gap)
    inside = np.abs(elevation - middle) <= np.abs(edge - middle) + 1e-3
    left = np.clip((rim - elevation) / (rim - edge), 0.0, 1.0)
    share = np.where(inside, 1.0, left * left * (3.0 - 2.0 * left)) * belongs
    moved = on_sphere(plan.eye_centre, radius, azimuth, elevation + share * down)
    # closed lids curve over the eyeball: never nearer to it than they are
    return np.where((share > 0)[:, None], moved - points.positions, 0.0)


def _turn(plan: HeadPlan, operation: Mapping[str, Any], points: Points) -> Array:
    """Carries the lids sideways with the eyeball."""
    if not points.lids:
        return np.zeros_like(points.positions)
    radius, azimuth, elevation, belongs = _round_the_eye(plan, points)
    share = (
        belongs
        * np.clip(1.0 - (azimuth / np.radians(75)) ** 2, 0, 1)
        * np.clip(1.0 - (elevation / np.radians(50)) ** 2, 0, 1)
    )
    moved = on_sphere(plan.eye_centre, radius, azimuth + np.radians(operation["turn_deg"]) * share, elevation)
    return np.where((share > 0)[:, None], moved - points.positions, 0.0)


def _round_the_eye(plan: HeadPlan, points: Points) -> tuple[Array, Array, Array, Array]:
    """Radius, azimuth, elevation of points as seen from the left eye, and 1…0: how much they belong to its lids."""
    away = points.positions - plan.eye_centre
    radius = np.linalg.norm(away, axis=-1)
    elevation = np.arcsin(np.clip(away[:, 1] / np.maximum(radius, 1e-9), -1.0, 1.0))
    azimuth = np.arctan2(away[:, 0], away[:, 2])
    lid = plan.metres("eye", "lid_radius_m")
    beyond = np.clip((radius - 1.15 * lid) / (0.55 * lid), 0.0, 1.0)
    corner = np.radians(plan.document["eye"]["half_width_deg"])
    sideways = np.clip((np.abs(azimuth) - corner) / np.radians(24), 0.0, 1.0)
    return radius, azimuth, elevation, (1.0 - beyond) ** 2 * (1.0 - sideways) ** 2


def _close(plan: HeadPlan, operation: Mapping[str, Any], points: Points) -> Array:
    """Lips meet while the jaw is open by as much as the shape is on: the lower ones come up against the jaw's turn."""
    joint = plan.places(["jaw"])
    away = (points.positions - plan.mouth_centre) / (np.array(operation["reach"]) * plan.scale)
    share = np.maximum(1.0 - np.sum(away * away, axis=-1) ** 2, 0.0)[:, None]
    cos, sin = np.cos(_CLOSE_AT_RAD), np.sin(_CLOSE_AT_RAD)
    turn = np.array([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])
    local = points.positions - joint
    drop = (local @ turn.T - local) * operation["close"]
    here = np.eye(3) + points.jaw[:, None, None] * (turn - np.eye(3))
    there = np.eye(3) + points.lower_if_upper[:, None, None] * (turn - np.eye(3))
    # the upper lip goes down by a part of the gap, and the lower one to where the upper one then is
    lowered = np.einsum("nij,nj->ni", there, local) + drop * (1.0 - points.lower_if_upper)[:, None]
    target = np.linalg.solve(here, lowered[..., None])[..., 0]
    return share * (target - local) / _CLOSE_AMOUNT


def _tongue(plan: HeadPlan, operation: Mapping[str, Any], points: Points) -> Array:
    """Bends the tongue along a curve from its root, which stays, by its middle to its tip."""
    middle, tip = np.array(operation["tongue"]) * plan.scale
    along = points.tongue[:, None]
    return 2.0 * along * (1.0 - along) * middle + along * along * tip


_OPERATIONS: dict[str, Callable[[HeadPlan, Mapping[str, Any], Points], Array]] = {
    "push": _push,
    "lids": _lids,
    "turn_deg": _turn,
    "close": _close,
    "tongue": _tongue,
}
