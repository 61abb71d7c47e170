"""The face as a flat drawing: loops round eye and mouth, points between, triangulated on one half.

The drawing's plane is the azimuthal equidistant map of directions from the head's centre: (u, v) in radians,
u to the character's left, v up, (0, 0) straight ahead; the angle from straight ahead is the distance from (0, 0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mathutils import Vector
from mathutils.geometry import delaunay_2d_cdt

from ...core.motion.rotations import Array
from .parts import Faces


def flat(directions: Array) -> Array:
    """Directions [n, 3] on the drawing, [n, 2]."""
    unit = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    angle = np.arccos(np.clip(unit[:, 2], -1.0, 1.0))
    return unit[:, :2] * (angle / np.maximum(np.sin(angle), 1e-9))[:, None]


def direction(points: Array) -> Array:
    """Inverse of flat: unit vectors [n, 3]."""
    angle = np.linalg.norm(points, axis=-1, keepdims=True)
    return np.concatenate([points * np.sinc(angle / np.pi), np.cos(angle)], axis=-1)


@dataclass(frozen=True)
class HalfFace:
    """The left half of the drawing, triangulated. Points with u = 0 lie on the midline."""

    points: Array
    """[n, 2]; first the loops round the eye, then those round the mouth."""
    triangles: Faces
    """[m, 3], anticlockwise seen from the front."""
    boundary: np.ndarray
    """Numbers of the points on the outer edge, from the top of the midline over the left to its bottom."""


def triangulate(
    eye_loops: Array, mouth_loops: Array, *, edge_rad: float, spacing_rad: tuple[float, float, float], edge_points: int
) -> HalfFace:
    """Fills half a disc of radius edge_rad round the loops.

    eye_loops [rings, n, 2]: closed, the first is the lids' edge. mouth_loops [rings, n, 2]: open, each from the
    midline above the mouth to the midline below, the first is the lips' edge. spacing_rad: fine, coarse, and the
    angle within which it is fine.
    """
    fixed, edges = _loops(eye_loops, mouth_loops)
    angle = np.linspace(np.pi / 2, -np.pi / 2, edge_points)
    edge = edge_rad * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    edge[[0, -1], 0] = 0.0
    fine, coarse, within = spacing_rad
    above = _between(edge[0], mouth_loops[-1, 0], fine)
    below = _between(mouth_loops[-1, -1], edge[-1], fine)
    boundary = len(fixed) + np.arange(edge_points)
    fixed = np.concatenate([fixed, edge, above, below])
    edges += list(zip(boundary[:-1].tolist(), boundary[1:].tolist(), strict=True))
    filling = _filling(fine, coarse, within, edge_rad)
    holes = (_grown(eye_loops[-1], 0.5 * fine), _grown(_closed(mouth_loops[-1]), 0.5 * fine))
    filling = filling[~inside(filling, holes[0]) & ~inside(filling, holes[1])]
    points = np.concatenate([fixed, filling])
    triangles = _triangles(points, edges, eye_loops[0], _closed(mouth_loops[0]))
    free = np.arange(len(fixed), len(points))
    points = _relaxed(points, triangles, free)
    return HalfFace(points, _triangles(points, edges, eye_loops[0], _closed(mouth_loops[0])), boundary)


def inside(points: Array, polygon: Array) -> np.ndarray:
    """Which points [n, 2] lie inside a polygon [m, 2] (even-odd rule)."""
    x, y = points[:, :1], points[:, 1:]
    after = np.roll(polygon, -1, axis=0)
    crosses = (polygon[:, 1] > y) != (after[:, 1] > y)
    height = np.where(after[:, 1] == polygon[:, 1], 1e-12, after[:, 1] - polygon[:, 1])
    at = polygon[:, 0] + (y - polygon[:, 1]) / height * (after[:, 0] - polygon[:, 0])
    return (np.count_nonzero(crosses & (x < at), axis=1) % 2).astype(bool)


def _loops(eye: Array, mouth: Array) -> tuple[Array, list[tuple[int, int]]]:
    edges: list[tuple[int, int]] = []
    rings, count = eye.shape[:2]
    for ring in range(rings):
        edges += [(ring * count + k, ring * count + (k + 1) % count) for k in range(count)]
    start, (rings, across) = rings * count, mouth.shape[:2]
    for ring in range(rings):
        edges += [(start + ring * across + k, start + ring * across + k + 1) for k in range(across - 1)]
    return np.concatenate([eye.reshape(-1, 2), mouth.reshape(-1, 2)]), edges


def _between(start: Array, end: Array, spacing: float) -> Array:
    """Points strictly between two on the midline."""
    count = max(int(np.linalg.norm(end - start) / spacing), 1)
    return start + np.arange(1, count)[:, None] / count * (end - start)


def _filling(fine: float, coarse: float, within: float, edge: float) -> Array:
    near, far = _lattice(fine, edge), _lattice(coarse, edge)
    radius_near, radius_far = np.linalg.norm(near, axis=1), np.linalg.norm(far, axis=1)
    return np.concatenate([near[radius_near < within], far[(radius_far > within + coarse / 2)]])


def _lattice(spacing: float, radius: float) -> Array:
    """A triangular lattice with u > 0 inside the circle, clear of the midline and of the circle."""
    rows = np.arange(-int(radius / spacing / 0.866), int(radius / spacing / 0.866) + 1)
    columns = np.arange(0, int(radius / spacing) + 1)
    v, u = np.meshgrid(rows * spacing * 0.866, columns * spacing, indexing="ij")
    u = u + np.where(rows % 2 == 0, 1.0, 0.5)[:, None] * spacing
    points = np.stack([u.ravel(), v.ravel()], axis=-1)
    return points[np.linalg.norm(points, axis=1) < radius - 0.5 * spacing]


def _closed(open_loop: Array) -> Array:
    """A loop that starts and ends on the midline, closed over its mirror image."""
    return np.concatenate([open_loop, open_loop[::-1] * [-1.0, 1.0]])


def _grown(polygon: Array, by: float) -> Array:
    centre = polygon.mean(axis=0)
    away = polygon - centre
    return polygon + away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9) * by


def _triangles(points: Array, edges: list[tuple[int, int]], eye: Array, mouth: Array) -> Faces:
    given = [Vector(point) for point in points]
    _, _, faces, origin, _, _ = delaunay_2d_cdt(given, edges, [], 0, 1e-9)
    number = np.array([own[0] if own else -1 for own in origin])
    triangles = number[np.array(faces)]
    centre = points[triangles].mean(axis=1)
    keep = (triangles >= 0).all(axis=1) & ~inside(centre, eye) & ~inside(centre, mouth)
    triangles = triangles[keep]
    a, b, c = (points[triangles[:, k]] for k in range(3))
    turn = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    # slivers between collinear points of the midline are no faces
    real, triangles = np.abs(turn) > 1e-10, np.where(turn[:, None] < 0, triangles[:, ::-1], triangles)
    return triangles[real]


def _relaxed(points: Array, triangles: Faces, free: np.ndarray, rounds: int = 12) -> Array:
    """Moves the free points to the middle of their neighbours, which evens the triangles out."""
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    pairs = np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0)
    count = np.maximum(np.bincount(pairs[:, 0], minlength=len(points)), 1)[:, None]
    points = points.copy()
    for _ in range(rounds):
        total = np.zeros_like(points)
        np.add.at(total, pairs[:, 0], points[pairs[:, 1]])
        points[free] += 0.5 * (total / count - points)[free]
    return points
