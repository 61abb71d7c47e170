"""The curves that blend a take's layers: e(t) itself, and e(t) − 1, kept in step with it.

The influence curve of *Emphasis* is e(t), 0…2, to be edited like any other curve; Blender clamps influence to 0…1
after evaluating the curve. What lies above 1 is the business of *Exaggeration*, whose curve is the same, one lower.
"""

import bpy
import numpy as np

from ..core.motion.rotations import Array
from .keyframes import key_enum

EMPHASIS, EXAGGERATION = "Emphasis", "Exaggeration"
#: Custom property of the layers' actions that says which layer they are.
LAYER = "chironomy_layer"

_ENUMS = ("interpolation", "easing", "type", "handle_left_type", "handle_right_type")
_PLACES = ("co", "handle_left", "handle_right")
_SHAPES = ("back", "period", "amplitude")
_NEW_KEYS = {
    "interpolation": "LINEAR",
    "type": "GENERATED",
    "handle_left_type": "AUTO_CLAMPED",
    "handle_right_type": "AUTO_CLAMPED",
}


def influence_curve(strip: bpy.types.NlaStrip) -> bpy.types.FCurve:
    """The strip's influence as a curve, made animated where it is not."""
    if not strip.use_animated_influence or strip.fcurves.find("influence") is None:
        strip.use_animated_influence = False  # switched on, Blender makes the curve where it was deleted
        strip.use_animated_influence = True
    return strip.fcurves.find("influence")


def write_influence(strip: bpy.types.NlaStrip, frames: Array, values: Array) -> None:
    """Makes the strip's influence the values [T] on whole frames [T], straight between them.

    Keys inside level stretches are left out, which changes no value.
    """
    keep = np.ones(len(values), dtype=bool)
    keep[1:-1] = (values[1:-1] != values[:-2]) | (values[1:-1] != values[2:])
    count = int(keep.sum())
    curve = influence_curve(strip)
    make_room(curve, frames[keep])
    level = {name: np.full(count, key_enum(name, value)) for name, value in _NEW_KEYS.items()}
    write_points(curve, {"co": np.column_stack([frames[keep], values[keep]]).astype(np.float32).ravel(), **level})
    curve.update()


def write_points(curve: bpy.types.FCurve, values: dict[str, Array]) -> None:
    """Writes attributes of all keys of an influence curve, flat, as foreach_set takes them.

    On a strip of a library override foreach_set writes nothing, and says nothing; one by one the keys take values.
    """
    points = curve.keyframe_points
    if curve.id_data.override_library is None:
        for name, array in values.items():
            points.foreach_set(name, array)
        return
    for name, array in values.items():
        rows = array.reshape(len(points), -1)
        items = bpy.types.Keyframe.bl_rna.properties[name]
        names = {item.value: item.identifier for item in items.enum_items} if items.type == "ENUM" else {}
        present = np.empty(array.size, dtype=array.dtype)
        points.foreach_get(name, present)
        for i in np.flatnonzero(np.any(present.reshape(rows.shape) != rows, axis=1)).tolist():
            row = rows[i].tolist()
            setattr(points[i], name, names[row[0]] if names else row if len(row) > 1 else row[0])


def sampled_influence(strip: bpy.types.NlaStrip, frames: Array) -> Array:
    """The strip's influence [T] on the frames [T], as its curve stands, not clamped."""
    curve = influence_curve(strip)
    return np.array([curve.evaluate(frame) for frame in frames])


def keep_in_step(armature: bpy.types.Object) -> bool:
    """Makes the exaggeration's curve e(t) − 1 again; returns whether it was not."""
    strips = layer_strips(armature)
    if EMPHASIS not in strips or EXAGGERATION not in strips:
        return False
    source, target = influence_curve(strips[EMPHASIS]), influence_curve(strips[EXAGGERATION])
    wanted = _read(source)
    for name in wanted.keys() & set(_PLACES):
        wanted[name] = wanted[name] - np.tile(np.array([0.0, 1.0], dtype=np.float32), len(source.keyframe_points))
    if source.extrapolation == target.extrapolation and _same(wanted, _read(target)):
        return False
    # first, since setting it makes Blender drop keys that share a frame, as new ones do
    target.extrapolation = source.extrapolation
    make_room(target, wanted["co"][::2])
    write_points(target, wanted)
    if "handle_left" not in wanted:
        target.update()  # gives the new keys handles
    armature.update_tag(refresh={"TIME"})
    return True


def layer_strips(armature: bpy.types.Object) -> dict[str, bpy.types.NlaStrip]:
    """The strips of the live take's layers by the layers' names; empty where no take is live."""
    data = armature.animation_data
    tracks = data.nla_tracks if data is not None else ()
    strips = (strip for track in tracks for strip in track.strips)
    return {strip.action[LAYER]: strip for strip in strips if strip.action is not None and LAYER in strip.action}


def make_room(curve: bpy.types.FCurve, frames: Array) -> None:
    """Gives the curve as many keys as there are frames [n]; what they are is for `write_points` to say.

    On a library override, where each key is written by itself, those that stay on their frames are kept.
    """
    points = curve.keyframe_points
    if len(points) == len(frames):
        return
    if curve.id_data.override_library is not None:
        present = np.empty(2 * len(points), dtype=np.float32)
        points.foreach_get("co", present)
        wanted = np.asarray(frames, dtype=np.float32)
        for i in np.flatnonzero(~np.isin(present[::2], wanted))[::-1].tolist():
            points.remove(points[i], fast=True)
        for frame in wanted[~np.isin(wanted, present[::2])].tolist():
            points.insert(frame, 0.0, options={"FAST"})
    if len(points) != len(frames):
        points.clear()
        points.add(len(frames))


def _read(curve: bpy.types.FCurve) -> dict[str, Array]:
    """All that shapes the curve; where every key is LINEAR, as a take brings them, that is their places alone."""
    points = curve.keyframe_points
    values: dict[str, Array] = {
        "co": np.empty(2 * len(points), dtype=np.float32),
        "interpolation": np.empty(len(points), dtype=np.int32),
    }
    for name, array in values.items():
        points.foreach_get(name, array)
    if np.all(values["interpolation"] == key_enum("interpolation", "LINEAR")):
        return values
    for name in (*_PLACES[1:], *_SHAPES, *_ENUMS[1:]):
        size, kind = (2 if name in _PLACES else 1) * len(points), np.int32 if name in _ENUMS else np.float32
        values[name] = np.empty(size, dtype=kind)
        points.foreach_get(name, values[name])
    return values


def _same(a: dict[str, Array], b: dict[str, Array]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)
