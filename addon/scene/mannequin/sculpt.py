"""From a table of clay to closed, ring-topology meshes: rays leave an axis and stop at the blended surface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...core.motion.body import Body
from ...core.motion.rotations import Array
from ...core.motion.skeleton import INDEX, JOINTS
from .clay import Ball, Cone, Lump, reach
from .parts import Faces, Part, mirrored, simple_part

#: The stature that the tables' lengths are written for.
_TABLE_STATURE_M = 1.70


class Places:
    """Turns the tables' places into points of motion space for one body.

    A place is `[joint]`, `[joint, other, fraction]` (between two joints) or either with an offset `[x, y, z]` at the
    end: metres on a body of 1.70 m, in motion space, on the left side. `"tip:left_foot"` is where that bone ends.
    """

    def __init__(self, body: Body) -> None:
        self._points = {name: np.asarray(body.rest_joints[INDEX[name]], dtype=float) for name in JOINTS}
        self._points |= {f"tip:{name}": np.asarray(tip, dtype=float) for name, tip in body.tips.items()}
        self._points["eyes"] = (self._points["left_eye_smplhf"] + self._points["right_eye_smplhf"]) / 2
        self.scale = float(body.tips["head"][1]) / _TABLE_STATURE_M

    def __call__(self, place: Sequence[Any]) -> Array:
        names = [item for item in place if isinstance(item, str)]
        fraction = next((item for item in place if isinstance(item, int | float)), 0.0)
        offset = place[-1] if isinstance(place[-1], list) else [0.0, 0.0, 0.0]
        start, end = self._points[names[0]], self._points[names[-1]]
        return start + fraction * (end - start) + np.array(offset, dtype=float) * self.scale


def lumps_of(table: Sequence[Mapping[str, Any]], blend_m: float, places: Places) -> list[Lump]:
    """Clay of a table: {"ball": place, "radii": …, "tilt": degrees} and {"cone": [place, place], "radii": [a, b]}."""
    return [_lump(entry, float(entry.get("blend", blend_m)) * places.scale, places) for entry in table]


def _lump(entry: Mapping[str, Any], blend_m: float, places: Places) -> Lump:
    entries = (entry, _other_side(entry)) if entry.get("both") else (entry,)
    return Lump(tuple(_solid(each, places) for each in entries), blend_m, bool(entry.get("cut", False)))


def _solid(entry: Mapping[str, Any], places: Places) -> Ball | Cone:
    radii = np.asarray(entry["radii"], dtype=float) * places.scale
    if "ball" in entry:
        axes = _tilted(entry.get("tilt", [0.0, 0.0, 0.0]))
        return Ball(places(entry["ball"]), np.broadcast_to(radii, (3,)), axes)
    start, end = (places(place) for place in entry["cone"])
    stretch = np.asarray(entry.get("stretch", [1.0, 1.0, 1.0]), dtype=float)
    return Cone(start, end, float(radii[0]), float(radii[1]), stretch)


def _tilted(degrees: Sequence[float]) -> Array:
    """Columns: the axes x, y, z turned about the world's x, then y, then z."""
    (sx, sy, sz), (cx, cy, cz) = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def sculpted(table: Mapping[str, Any], places: Places) -> list[Part]:
    """The part that a table describes: one, or a left and a right one where it has "mirror": true."""
    vertices, faces = _tube(table, places) if "tube" in table else _cast(table, places)
    part = simple_part(vertices, faces, table["material"], weights_of(table, vertices, places))
    return [part, mirrored(part)] if table.get("mirror") else [part]


def _cast(table: Mapping[str, Any], places: Places) -> tuple[Array, Faces]:
    lumps = lumps_of(table["clay"], table["blend"], places)
    start, end = (places(place) for place in table["axis"])
    origins, directions, faces = capsule_rays(start, end, table["rings"], table["segments"], table["cap_rings"])
    return reach(lumps, origins, directions), faces


def _tube(table: Mapping[str, Any], places: Places) -> tuple[Array, Faces]:
    spine = smooth_line(np.array([places(place) for place in table["tube"]]), table["rings"])
    given = np.linspace(0.0, 1.0, len(table["radii"]))
    radii = np.interp(np.linspace(0.0, 1.0, len(spine)), given, table["radii"]) * places.scale
    return swept(spine, np.broadcast_to([1.0, 0.0, 0.0], spine.shape), radii, radii, table["segments"])


def smooth_line(points: Array, count: int) -> Array:
    """`count` points on a smooth curve through given ones [n, d] (Catmull-Rom)."""
    ends = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    at = np.linspace(0.0, len(points) - 1.0, count)
    k = np.minimum(at.astype(int), len(points) - 2)
    t = (at - k)[:, None]
    p0, p1, p2, p3 = (ends[k + i] for i in range(4))
    return 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)


def _other_side(lump: Mapping[str, Any]) -> dict[str, Any]:
    def place(value: Sequence[Any]) -> list[Any]:
        return [mirror_item(item) for item in value]

    out = dict(lump)
    if "ball" in out:
        out["ball"] = place(out["ball"])
        x, y, z = out.get("tilt", [0.0, 0.0, 0.0])
        out["tilt"] = [x, -y, -z]
    else:
        out["cone"] = [place(item) for item in out["cone"]]
    return out


def mirror_item(item: Any) -> Any:
    if isinstance(item, str):
        return item.replace("left_", "right_")
    return [-item[0], item[1], item[2]] if isinstance(item, list) else item


def weights_of(table: Mapping[str, Any], vertices: Array, places: Places) -> dict[str, Array]:
    """The bone's weight, from which each entry of "follow" takes its share: none at "from", all at "to", smooth."""
    weights = {table["bone"]: np.ones(len(vertices))}
    for follow in table.get("follow", ()):
        for entry in (follow, _mirror_follow(follow)) if follow.get("both") else (follow,):
            start, end = places(entry["from"]), places(entry["to"])
            along = np.clip((vertices - start) @ (end - start) / ((end - start) @ (end - start)), 0.0, 1.0)
            share = along * along * (3.0 - 2.0 * along) * float(entry.get("most", 1.0))
            weights = {bone: own * (1.0 - share) for bone, own in weights.items()}
            weights[entry["bone"]] = weights.get(entry["bone"], 0.0) + share
    return weights


def _mirror_follow(follow: Mapping[str, Any]) -> dict[str, Any]:
    ends = {end: [mirror_item(item) for item in follow[end]] for end in ("from", "to")}
    return {**follow, **ends, "bone": mirror_item(follow["bone"])}


def capsule_rays(start: Array, end: Array, rings: int, segments: int, cap_rings: int) -> tuple[Array, Array, Faces]:
    """Origins and directions [n, 3] of rays in rings round an axis, fanned out at its ends, and the faces between.

    The first vertex is the pole at the start, the last the pole at the end.
    """
    axis = (end - start) / np.linalg.norm(end - start)
    front = np.array([0.0, 0.0, 1.0]) if abs(axis[2]) < 0.8 else np.array([0.0, 1.0, 0.0])
    front = front - axis * (front @ axis)
    front /= np.linalg.norm(front)
    side = np.cross(axis, front)
    fan = np.arange(1, cap_rings) * (np.pi / 2 / cap_rings)
    lean = np.concatenate([fan - np.pi / 2, np.zeros(rings), fan])
    along = np.concatenate([np.zeros(cap_rings - 1), np.linspace(0.0, 1.0, rings), np.ones(cap_rings - 1)])
    angle = np.arange(segments) * (2 * np.pi / segments)
    around = np.cos(angle)[:, None] * front + np.sin(angle)[:, None] * side
    directions = np.cos(lean)[:, None, None] * around + np.sin(lean)[:, None, None] * axis
    origins = np.broadcast_to((start + along[:, None] * (end - start))[:, None], directions.shape)
    all_origins = np.concatenate([start[None], origins.reshape(-1, 3), end[None]])
    all_directions = np.concatenate([-axis[None], directions.reshape(-1, 3), axis[None]])
    return all_origins, all_directions, tube_faces(len(along), segments)


def tube_faces(rings: int, segments: int) -> Faces:
    """Faces of a closed tube: pole, rings, pole (vertices in that order), facing outwards."""
    column = np.arange(segments)
    after = (column + 1) % segments
    ring = 1 + np.arange(rings - 1)[:, None] * segments
    quads = np.stack([ring + column, ring + after, ring + segments + after, ring + segments + column], axis=-1)
    last = 1 + (rings - 1) * segments
    none = np.full(segments, -1)
    first_fan = np.stack([np.zeros(segments, dtype=int), 1 + after, 1 + column, none], axis=-1)
    last_fan = np.stack([np.full(segments, last + segments), last + column, last + after, none], axis=-1)
    return np.concatenate([first_fan, quads.reshape(-1, 4), last_fan])


def swept(spine: Array, outwards: Array, depth: Array, height: Array, segments: int) -> tuple[Array, Faces]:
    """A closed strip along a spine [n, 3] with elliptical sections; returns vertices and faces.

    depth [n]: their half-axis along outwards [n, 3]; height [n]: the other one.
    """
    along = np.gradient(spine, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    out = outwards - along * np.sum(outwards * along, axis=1, keepdims=True)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    across = np.cross(along, out)
    turn = np.arange(segments) * (2 * np.pi / segments)
    ring = (
        spine[:, None]
        + np.cos(turn)[:, None] * (out * depth[:, None])[:, None]
        + np.sin(turn)[:, None] * (across * height[:, None])[:, None]
    )
    poles = spine[[0, -1]] + along[[0, -1]] * [[-0.5], [0.5]] * height[[0, -1]][:, None]
    return np.concatenate([poles[:1], ring.reshape(-1, 3), poles[1:]]), tube_faces(len(spine), segments)
