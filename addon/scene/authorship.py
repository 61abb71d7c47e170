"""Whose key is it? What *Accept* and *Regenerate* wrote is the product's; all else is the animator's, and holy.

A key counts as generated only if its type is GENERATED **and** it is as it was written: frame, value, interpolation,
handle types, and handles where a hand set them. (Pressing I over a generated key, or moving it, keeps the type.)
Handles that Blender places by itself say nothing: they move when a neighbour does.

What was written is kept on the action itself as one 32-bit fingerprint a key, so it goes into the file, into copies
and through undo with the action.
"""

import json

import bpy
import numpy as np

from ..core.motion.rotations import Array
from . import versions
from .keyframes import key_enum

_CURVES, _PRINTS, _BEFORE = "chironomy_written_curves", "chironomy_written_keys", "chironomy_keys_before"
_PLACED_BY_BLENDER = ("AUTO", "AUTO_CLAMPED", "VECTOR")
#: What a curve is called here: slot, data path, index.
CurveName = tuple[str, str, int]


def curves_by_name(action: bpy.types.Action) -> dict[CurveName, bpy.types.FCurve]:
    """All F-curves of the action."""
    return {
        (slot.identifier, curve.data_path, curve.array_index): curve
        for slot in action.slots
        for curve in versions.curves(action, slot)
    }


def record_generated(action: bpy.types.Action, own: dict[CurveName, Array] | None = None, before: int = 0) -> None:
    """Stores that the action's keys of the type GENERATED were generated, but for those that `own` names.

    own: by curve a mask [n] of the animator's keys. before: how many keys there were before their reduction.
    """
    names, counts, prints = [], [], []
    for name, curve in curves_by_name(action).items():
        generated = _type(curve) == key_enum("type", "GENERATED")
        if own is not None and name in own:
            generated &= ~own[name]
        if generated.any():
            names.append(name)
            prints.append(np.sort(_fingerprints(curve)[generated]))
            counts.append(int(generated.sum()))
    action[_CURVES] = json.dumps([[*name, count] for name, count in zip(names, counts, strict=True)])
    action.pop(_PRINTS, None)  # bytes written over bytes end at their first zero
    action[_PRINTS] = np.concatenate(prints).astype("<u4").tobytes() if prints else b"\0"
    action[_BEFORE] = before or key_count(action)


def has_record(action: bpy.types.Action | None) -> bool:
    """Whether the action came from *Accept*."""
    return action is not None and _PRINTS in action and _CURVES in action


def own_keys(action: bpy.types.Action) -> dict[CurveName, Array]:
    """By curve, which of its keys are the animator's [n]; all of them where the action was never accepted."""
    written = _written(action)
    found = {}
    for name, curve in curves_by_name(action).items():
        own = _type(curve) != key_enum("type", "GENERATED")
        prints = written.get(name)
        found[name] = np.ones(len(own), bool) if prints is None else own | ~np.isin(_fingerprints(curve), prints)
    return found


def own_frames(action: bpy.types.Action) -> list[float]:
    """The frames on which the animator has keys."""
    masks, frames = own_keys(action), set()
    for name, curve in curves_by_name(action).items():
        frames.update(_co(curve)[masks[name], 0].tolist())
    return sorted(frames)


def key_count(action: bpy.types.Action) -> int:
    """How many keys the action has on all its curves."""
    return sum(len(curve.keyframe_points) for curve in curves_by_name(action).values())


def key_counts(action: bpy.types.Action) -> tuple[int, int]:
    """How many keys an accepted action had before they were reduced, and how many it has."""
    now = key_count(action)
    return int(action.get(_BEFORE, now)), now


def _written(action: bpy.types.Action) -> dict[CurveName, Array]:
    """The fingerprints that were stored; a damaged record makes every key the animator's."""
    if not has_record(action):
        return {}
    try:
        rows = json.loads(action[_CURVES])
        prints = np.frombuffer(bytes(action[_PRINTS])[: 4 * sum(row[3] for row in rows)], dtype="<u4")
    except (ValueError, TypeError, IndexError):
        return {}
    ends = np.cumsum([row[3] for row in rows])
    return {(slot, path, index): prints[end - n : end] for (slot, path, index, n), end in zip(rows, ends, strict=True)}


def _fingerprints(curve: bpy.types.FCurve) -> Array:
    """A number for each key [n] that changes when the animator changes the key."""
    points = curve.keyframe_points
    words = [_co(curve)]
    for side in ("left", "right"):
        handle = np.empty(2 * len(points), dtype=np.float32)
        points.foreach_get(f"handle_{side}", handle)
        kinds = _enum(curve, f"handle_{side}_type")
        placed = np.isin(kinds, [key_enum(f"handle_{side}_type", name) for name in _PLACED_BY_BLENDER])
        words += [np.where(placed[:, None], np.float32(0), handle.reshape(-1, 2)), kinds[:, None].astype(np.float32)]
    words.append(_enum(curve, "interpolation")[:, None].astype(np.float32))
    table = np.concatenate(words, axis=1) + np.float32(0)  # no −0
    return _hashed(np.ascontiguousarray(table, dtype="<f4").view("<u4"))


def _hashed(words: Array) -> Array:
    """Rows of 32-bit words [n, m] to one each: FNV's steps, then a last stir."""
    total = np.full(len(words), 2166136261, dtype=np.uint32)
    for column in words.T:
        total = (total ^ column) * np.uint32(16777619)
        total ^= total >> np.uint32(15)
    total = (total ^ (total >> np.uint32(13))) * np.uint32(0x85EBCA6B)
    return total ^ (total >> np.uint32(16))


def _co(curve: bpy.types.FCurve) -> Array:
    values = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
    curve.keyframe_points.foreach_get("co", values)
    return values.reshape(-1, 2)


def _type(curve: bpy.types.FCurve) -> Array:
    return _enum(curve, "type")


def _enum(curve: bpy.types.FCurve, name: str) -> Array:
    values = np.empty(len(curve.keyframe_points), dtype=np.int32)
    curve.keyframe_points.foreach_get(name, values)
    return values
