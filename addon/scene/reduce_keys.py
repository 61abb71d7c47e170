"""*Accept* with fewer keys: those that an animator can work with, off by no more than was asked for.

The bound is an angle, and holds for every joint's own rotation on every whole frame. What is no rotation has bounds
of its own: LOCATION_M for places, SHAPE for the face.
"""

from collections.abc import Mapping
from types import MappingProxyType

import bpy
import numpy as np

from ..core.motion.key_reduction import Deviation, angle_from, angle_from_euler, distance_from, reduced_keys
from ..core.motion.rotations import Array
from . import versions
from .authorship import key_count
from .curve_keys import Keys, smooth_keys, write_keys
from .keyframes import key_enum

#: Degrees that a joint may be off, where nothing else is asked for.
TOLERANCE_DEG = 0.5
LOCATION_M, SHAPE = 0.001, 0.01
#: Room for Blender's single precision and for the way it solves Bezier curves.
_MARGIN = 0.97


def reduce_keys(
    action: bpy.types.Action,
    tolerance_deg: float = TOLERANCE_DEG,
    required: Mapping[str, list[int]] = MappingProxyType({}),
    modes: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, int]:
    """Makes an action with a key on every frame one of few Bezier keys; returns the counts before and after.

    required: by data path, frames that keep their keys. modes: by data path, the Euler order of its rotations.
    """
    before = key_count(action)
    for slot in action.slots:
        channels: dict[str, list[bpy.types.FCurve]] = {}
        for curve in versions.curves(action, slot):
            channels.setdefault(curve.data_path, []).append(curve)
        for path, curves in channels.items():
            _reduce_channel(path, curves, tolerance_deg, required.get(path, []), modes.get(path, "XYZ"))
    return before, key_count(action)


def tolerance_of(path: str, values: Array, tolerance_deg: float, order: str = "XYZ") -> tuple[Deviation, float]:
    """How a channel's error is measured, and how large it may be. values [T, n]; order: of Euler angles."""
    if path.endswith("rotation_quaternion") and values.shape[1] == 4:
        return angle_from(values), np.radians(tolerance_deg) * _MARGIN
    if path.endswith("rotation_euler") and values.shape[1] == 3:
        return angle_from_euler(values, order), np.radians(tolerance_deg) * _MARGIN
    return distance_from(values), (LOCATION_M if path.endswith("location") else SHAPE) * _MARGIN


def _reduce_channel(
    path: str, curves: list[bpy.types.FCurve], tolerance_deg: float, required: list[int], order: str
) -> None:
    keys = [_keys(curve) for curve in curves]
    frames = max((co[:, 0] for co in keys), key=len)
    if len(frames) < 3:
        return
    columns = [co[:, 1] if len(co) == len(frames) else np.full(len(frames), co[0, 1]) for co in keys]
    values = np.stack(columns, axis=-1).astype(float)
    deviation, tolerance = tolerance_of(path, values, tolerance_deg, order)
    first = int(frames[0])
    picked, slopes = reduced_keys(
        values, deviation, tolerance, [k - first for k in required if first <= k <= frames[-1]]
    )
    for i, curve in enumerate(curves):
        if len(keys[i]) == len(frames):
            write_keys(curve, free_keys(frames[picked], values[picked, i], slopes[:, i]))


def free_keys(frames: Array, values: Array, slopes: Array) -> Keys:
    """Bezier keys [n] with these slopes, a frame, whose handles Blender lets be: aligned ones it computes anew."""
    keys = smooth_keys(frames, values, slopes, np.zeros(len(frames), dtype=bool))
    for side in ("handle_left_type", "handle_right_type"):
        keys[side][:] = key_enum(side, "FREE")
    return keys


def _keys(curve: bpy.types.FCurve) -> Array:
    values = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
    curve.keyframe_points.foreach_get("co", values)
    return values.reshape(-1, 2)
