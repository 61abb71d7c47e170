"""Implicit surfaces to model with: balls and cones, blended softly into each other.

A surface is where a signed distance (negative inside) is zero. Distances need to be good near the surface only.
Method after I. Quílez' published distance functions (ellipsoid bound, polynomial smooth minimum).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...core.motion.rotations import Array


@dataclass(frozen=True)
class Ball:
    """An ellipsoid: centre [3]; radii [3] along the columns of `axes` [3, 3]."""

    centre: Array
    radii: Array
    axes: Array

    def distance(self, points: Array) -> Array:
        local = (points - self.centre) @ self.axes
        k0 = np.linalg.norm(local / self.radii, axis=-1)
        k1 = np.linalg.norm(local / self.radii**2, axis=-1)
        return np.where(k1 > 1e-9, k0 * (k0 - 1.0) / np.maximum(k1, 1e-9), -self.radii.min())


@dataclass(frozen=True)
class Cone:
    """Round-ended: from `start` to `end` [3], a radius at each, stretched by `stretch` [3] along the world's axes."""

    start: Array
    end: Array
    start_radius: float
    end_radius: float
    stretch: Array

    def distance(self, points: Array) -> Array:
        local, along = (points - self.start) / self.stretch, (self.end - self.start) / self.stretch
        length_squared = max(float(along @ along), 1e-12)
        # exact where the radii are equal; elsewhere the slope leans the foot of the perpendicular to the thick end
        slope = (self.start_radius - self.end_radius) / np.sqrt(length_squared)
        t = local @ along / length_squared
        across = np.linalg.norm(local - t[..., None] * along, axis=-1)
        lean = across * slope / np.sqrt(length_squared) / np.sqrt(max(1.0 - slope * slope, 1e-6))
        t = np.clip(t - lean, 0.0, 1.0)
        radius = self.start_radius + t * (self.end_radius - self.start_radius)
        return (np.linalg.norm(local - t[..., None] * along, axis=-1) - radius) * self.stretch.min()


@dataclass(frozen=True)
class Lump:
    """One piece of clay, added (or cut away) with its own softness in metres.

    It may be a left and a right solid, which go in together: blending does not depend on their order then.
    """

    solids: tuple[Ball | Cone, ...]
    blend_m: float
    cut: bool = False

    def distance(self, points: Array) -> Array:
        own = self.solids[0].distance(points)
        for solid in self.solids[1:]:
            own = smooth_minimum(own, solid.distance(points), self.blend_m)
        return own


def distance(lumps: Sequence[Lump], points: ArrayLike) -> Array:
    """Signed distance [...] of points [..., 3] to the blended surface; lumps act in their order."""
    points = np.asarray(points, dtype=float)
    total = lumps[0].distance(points)
    for lump in lumps[1:]:
        own = lump.distance(points)
        total = -smooth_minimum(-total, own, lump.blend_m) if lump.cut else smooth_minimum(total, own, lump.blend_m)
    return total


def smooth_minimum(a: Array, b: Array, softness: float) -> Array:
    """The smaller of the two, rounded where they differ by less than `softness`."""
    h = np.maximum(softness - np.abs(a - b), 0.0) / max(softness, 1e-9)
    return np.minimum(a, b) - h * h * softness * 0.25


def reach(lumps: Sequence[Lump], origins: Array, directions: Array, farthest_m: float = 0.4) -> Array:
    """Where rays that start inside leave the surface: points [n, 3] (sphere tracing from within)."""
    travelled = np.zeros(len(origins))
    for _ in range(48):
        inside = -distance(lumps, origins + travelled[:, None] * directions)
        travelled = np.clip(travelled + 0.9 * inside, 0.0, farthest_m)
        if np.abs(inside).max() < 2e-5:
            break
    return origins + travelled[:, None] * directions
