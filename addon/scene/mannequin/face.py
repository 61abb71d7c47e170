"""The head's skin: one closed mesh with open eyes and mouth, a bag behind each, symmetric to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.motion.rotations import Array
from .clay import Lump, reach
from .layout import HalfFace, direction, flat, triangulate
from .parts import Faces
from .sculpt import Places, lumps_of

MATERIALS = ("Shell", "Lips", "Lashes", "Mouth")


@dataclass(frozen=True)
class Skin:
    """What the face's shapes and weights need to know of each vertex."""

    vertices: Array
    faces: Faces
    face_materials: np.ndarray
    lip: Array
    """[n]: +1 on the upper lip and round it, −1 on the lower one and round it, 0 at the corners and elsewhere."""


class HeadPlan:
    """Measures of presets/mannequin/head.json on one body, in motion space."""

    def __init__(self, document: Mapping[str, Any], places: Places) -> None:
        self.document, self.places, self.scale = document, places, places.scale
        self.centre = places(document["centre"])
        self.lumps: list[Lump] = lumps_of(document["clay"], document["blend"], places)
        self.eye_centre = places(["left_eye_smplhf"])
        # where the table puts it, on the skin
        self.mouth_centre = self.surface(self.flat(places(document["mouth"]["centre"])[None]))[0]

    def metres(self, *path: str) -> float:
        value = self.document
        for key in path:
            value = value[key]
        return float(value) * self.scale  # type: ignore[arg-type]

    def surface(self, drawing: Array) -> Array:
        """Points on the skin in the directions of the drawing's points."""
        rays = direction(drawing)
        return reach(self.lumps, np.broadcast_to(self.centre, rays.shape), rays)

    def flat(self, points: Array) -> Array:
        return flat(points - self.centre)


def lid_edges(eye: Mapping[str, Any], azimuth: Array) -> tuple[Array, Array]:
    """Elevation (radians) of the upper and the lower lid's edge at azimuths (radians, + is outwards)."""
    half = np.radians(eye["half_width_deg"])
    across = np.clip(azimuth / half, -1.0, 1.0)
    tilt = np.radians(eye["outer_tilt_deg"]) * across
    # the upper lid peaks a little towards the nose, the lower one outwards: almond, not lens
    upper = np.radians(eye["upper_deg"]) * np.maximum(1.0 - (across + 0.10 * (1 - across**2)) ** 2, 0.0) ** 0.62
    lower = np.radians(eye["lower_deg"]) * np.maximum(1.0 - (across - 0.12 * (1 - across**2)) ** 2, 0.0) ** 0.70
    return tilt + upper, tilt + lower


def on_sphere(centre: Array, radius: Array | float, azimuth: Array, elevation: Array) -> Array:
    """Points round an eye: azimuth outwards from straight ahead, elevation upwards."""
    across = np.stack(
        [np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)], axis=-1
    )
    return centre + np.asarray(radius)[..., None] * across


def eye_loops(plan: HeadPlan) -> Array:
    """[rings + 1, points, 2] on the drawing, anticlockwise from the outer corner; the first is the lids' edge."""
    eye = plan.document["eye"]
    turn = np.arange(eye["points"]) * (2 * np.pi / eye["points"])
    azimuth = np.radians(eye["half_width_deg"]) * np.cos(turn)
    upper, lower = lid_edges(eye, azimuth)
    elevation = np.where(np.sin(turn) > 0, upper, lower)
    edge = plan.flat(on_sphere(plan.eye_centre, plan.metres("eye", "lid_radius_m"), azimuth, elevation))
    width, height = np.array(eye["outer_m"]) * plan.scale
    outer = plan.eye_centre + np.stack(
        [width * np.cos(turn), height * np.sin(turn), np.full_like(turn, 0.004)], axis=-1
    )
    return _rings(edge, plan.flat(outer), eye["rings"], 1.15)


def mouth_loops(plan: HeadPlan) -> Array:
    """[rings + 1, points, 2] on the drawing, each from above the mouth round its left corner to below it."""
    mouth = plan.document["mouth"]
    count = mouth["points"]
    turn = np.linspace(np.pi / 2, -np.pi / 2, count)
    across, up = np.cos(turn), np.sin(turn)
    across[[0, -1]] = 0.0
    half = mouth["half_width_m"]
    rise = np.maximum(1.0 - across**2, 0.0)
    bow = 1.0 - 0.16 * np.exp(-((across / 0.16) ** 2))
    lip = np.where(up > 0, mouth["upper_lip_m"] * rise**0.75 * bow, -mouth["lower_lip_m"] * rise**0.8)
    edge = _mouth_points(plan, half * across, 2e-4 * np.sign(np.round(up, 9)))
    border = _mouth_points(plan, half * 1.045 * across, lip)
    width, top, bottom = mouth["outer_m"]
    outer = _mouth_points(plan, width * across, np.where(up > 0, top, bottom) * up)
    lips = _rings(edge, border, mouth["lip_rings"], 1.0)
    return np.concatenate([lips, _rings(border, outer, mouth["rings"] - mouth["lip_rings"], 1.0)[1:]])


def _mouth_points(plan: HeadPlan, x: Array, y: Array) -> Array:
    mouth = plan.document["mouth"]
    across = (x / mouth["half_width_m"]) ** 2
    offset = np.stack([x, y - mouth["corner_drop_m"] * across, -mouth["corner_back_m"] * across], axis=-1)
    return plan.flat(plan.mouth_centre + offset * plan.scale)


def _rings(inner: Array, outer: Array, count: int, power: float) -> Array:
    step = (np.arange(count + 1) / count) ** power
    return inner + step[:, None, None] * (outer - inner)


def build_skin(plan: HeadPlan) -> Skin:
    """Draws the left half, lays it on the clay, mirrors it, closes skull, eyes and mouth."""
    eye, mouth, patch = eye_loops(plan), mouth_loops(plan), plan.document["patch"]
    degrees = [np.radians(patch[key]) for key in ("fine_deg", "coarse_deg", "fine_within_deg")]
    half = triangulate(
        eye, mouth, edge_rad=float(np.radians(patch["angle_deg"])), spacing_rad=(degrees[0], degrees[1], degrees[2]),
        edge_points=patch["boundary_points"],
    )  # fmt: skip
    mesh = _Mesh(plan, half, eye.shape[:2])
    mesh.add_skull(patch["skull_rings"])
    for side in (0, 1):
        mesh.add_eye_bag(side, eye.shape[1])
    mesh.add_mouth_bag(eye.shape[0] * eye.shape[1], mouth.shape[:2])
    mesh.paint(eye.shape[:2], mouth.shape[:2], plan.document["mouth"]["lip_rings"])
    return mesh.finished()


class _Mesh:
    """Both halves of the face, growing by skull and bags."""

    def __init__(self, plan: HeadPlan, half: HalfFace, eye: tuple[int, ...]) -> None:
        self._plan, self._half = plan, half
        left = _hugging(plan, plan.surface(half.points), eye)
        self._middle = np.abs(half.points[:, 0]) < 1e-9
        left[self._middle, 0] = 0.0
        self._on_right = np.where(self._middle, np.arange(len(left)), 0)
        self._on_right[~self._middle] = len(left) + np.arange(np.count_nonzero(~self._middle))
        self._vertices = [np.concatenate([left, left[~self._middle] * [-1.0, 1.0, 1.0]])]
        self._count = len(self._vertices[0])
        right = self._on_right[half.triangles[:, ::-1]]
        triangles = np.concatenate([half.triangles, right])
        self._faces = [np.concatenate([triangles, np.full((len(triangles), 1), -1)], axis=1)]
        self._materials = [np.zeros(len(triangles), dtype=np.int64)]
        self._lip = np.zeros(self._count)

    def _positions(self) -> Array:
        return np.concatenate(self._vertices)

    def _add(self, vertices: Array) -> np.ndarray:
        numbers = self._count + np.arange(len(vertices))
        self._vertices.append(vertices)
        self._count += len(vertices)
        return numbers

    def _bridge(self, first: np.ndarray, second: np.ndarray, material: int) -> None:
        """Quads between two closed loops of equal length; facing outwards where `first` runs anticlockwise inside."""
        quads = np.stack([first, np.roll(first, -1), np.roll(second, -1), second], axis=-1)
        self._faces.append(quads)
        self._materials.append(np.full(len(quads), material))

    def _close(self, loop: np.ndarray, pole: Array, material: int) -> None:
        tip = self._add(pole[None])
        fan = np.stack([loop, np.roll(loop, -1), np.full_like(loop, tip[0]), np.full_like(loop, -1)], axis=-1)
        self._faces.append(fan)
        self._materials.append(np.full(len(fan), material))

    def add_skull(self, rings: int) -> None:
        """Rings from the drawing's edge to the back of the head."""
        left = self._half.boundary
        loop = np.concatenate([left, self._on_right[left[1:-1]][::-1]])
        drawn = self._half.points[left]
        drawn = np.concatenate([drawn, drawn[1:-1][::-1] * [-1.0, 1.0]])
        angle = np.linalg.norm(drawn[0])
        steps = (angle + (np.pi - angle) * np.arange(1, rings) / rings) / angle
        points = self._plan.surface((steps[:, None, None] * drawn).reshape(-1, 2)).reshape(rings - 1, -1, 3)
        for ring in points:
            numbers = self._add((ring + _swapped(ring)) / 2)
            self._bridge(loop, numbers, 0)
            loop = numbers
        self._close(loop, self._plan.surface(np.array([[0.0, np.pi]]))[0] * [0.0, 1.0, 1.0], 0)

    def add_eye_bag(self, side: int, points: int) -> None:
        """From the lids' edge over their thickness into the eyeball, which hides the rest."""
        flip = np.array([1.0 - 2.0 * side, 1.0, 1.0])
        loop = np.arange(points)
        centre = self._plan.eye_centre * flip
        loop = self._on_right[loop][::-1] if side else loop
        edge = self._positions()[loop]
        away = (edge - centre) / np.linalg.norm(edge - centre, axis=1, keepdims=True)
        for radius, paint in ((0.0125, 2), (0.009, 3)):
            numbers = self._add(centre + away * radius * self._plan.scale)
            self._bridge(loop, numbers, paint)
            loop = numbers
        self._close(loop, centre, 3)

    def _ring(self, left: np.ndarray) -> np.ndarray:
        """The whole loop round the mouth, anticlockwise, from its left half, which runs from top to bottom."""
        return np.concatenate([left, self._on_right[left[1:-1]][::-1]])[::-1]

    def add_mouth_bag(self, start: int, shape: tuple[int, ...]) -> None:
        """From the lips' edge over the inner lips, round the teeth, into the cavity."""
        loop = self._ring(start + np.arange(shape[1]))
        edge = self._positions()[loop]
        half = np.linspace(np.pi / 2, -np.pi / 2, shape[1])
        turn = np.concatenate([half, (np.pi - half)[1:-1][::-1]])[::-1]
        lip = np.sign(np.round(np.sin(turn), 9))
        for first in start + np.arange(shape[0]) * shape[1]:
            self._lip[self._ring(first + np.arange(shape[1]))] = lip
        mouth, scale = self._plan.document["mouth"], self._plan.scale
        for ring in mouth["bag"]:
            width, height, back, corner = np.array(ring["oval_m"]) * scale
            offset = [width * np.cos(turn), height * np.sin(turn), -back - corner * np.cos(turn) ** 2]
            oval = self._plan.mouth_centre + np.stack(offset, axis=-1)
            numbers = self._add(ring["of_lips"] * edge + (1 - ring["of_lips"]) * oval)
            self._lip = np.concatenate([self._lip, np.zeros(self._count - len(self._lip))])
            self._lip[numbers] = lip
            self._bridge(loop, numbers, MATERIALS.index(ring["material"]))
            loop = numbers
        self._close(loop, oval.mean(axis=0), MATERIALS.index("Mouth"))

    def paint(self, eye: tuple[int, ...], mouth: tuple[int, ...], lip_rings: int) -> None:
        """Colours the lips, which lie within the first rings round the mouth, and a line along the upper lids."""
        first = eye[0] * eye[1]
        self._colour(np.arange(first, first + (lip_rings + 1) * mouth[1]), MATERIALS.index("Lips"))
        upper = np.arange(eye[1] // 2 + 1)
        self._colour(np.concatenate([upper, eye[1] + upper]), MATERIALS.index("Lashes"))

    def _colour(self, drawn: np.ndarray, material: int) -> None:
        """Colours the faces of the drawing, left and right, between points of it."""
        both = np.union1d(drawn, self._on_right[drawn])
        self._materials[0][np.isin(self._faces[0][:, :3], both).all(axis=1)] = material

    def finished(self) -> Skin:
        vertices = self._positions()
        lip = np.concatenate([self._lip, np.zeros(len(vertices) - len(self._lip))])
        return Skin(vertices, np.concatenate(self._faces), np.concatenate(self._materials), lip)


def _hugging(plan: HeadPlan, points: Array, eye: tuple[int, ...]) -> Array:
    """Lays the edges of the lids on the eyeball, and the rings round them less and less."""
    lid = plan.metres("eye", "lid_radius_m")
    away = points[: eye[0] * eye[1]].reshape(*eye, 3) - plan.eye_centre
    radius = np.linalg.norm(away, axis=-1, keepdims=True)
    free = np.linspace(0.0, 1.0, eye[0])[:, None, None] ** 0.8
    laid = plan.eye_centre + away / radius * (lid + free * (radius - lid))
    return np.concatenate([laid.reshape(-1, 3), points[eye[0] * eye[1] :]])


def _swapped(ring: Array) -> Array:
    """A symmetric ring (top first), mirrored and put back into its own order."""
    return np.concatenate([ring[:1], ring[1:][::-1]]) * [-1.0, 1.0, 1.0]
