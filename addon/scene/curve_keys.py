"""Keys of an F-curve as arrays: read, replaced in a stretch without a trace outside it, written back."""

from collections.abc import Mapping

import bpy
import numpy as np

from ..core.motion.rotations import Array
from .influence import make_room, write_points
from .keyframes import key_enum

#: All that a key is, by property: how many numbers, and of what kind.
_PARTS: Mapping[str, tuple[int, type]] = {
    "co": (2, np.float32),
    "handle_left": (2, np.float32),
    "handle_right": (2, np.float32),
    "back": (1, np.float32),
    "period": (1, np.float32),
    "amplitude": (1, np.float32),
    "interpolation": (1, np.int32),
    "easing": (1, np.int32),
    "type": (1, np.int32),
    "handle_left_type": (1, np.int32),
    "handle_right_type": (1, np.int32),
    "select_control_point": (1, np.bool_),
    "select_left_handle": (1, np.bool_),
    "select_right_handle": (1, np.bool_),
}

#: Arrays by property, [n] or [n, 2], in the order of time.
Keys = dict[str, Array]


def read_keys(curve: bpy.types.FCurve) -> Keys:
    """All keys of the curve."""
    points = curve.keyframe_points
    keys: Keys = {}
    for name, (width, kind) in _PARTS.items():
        flat = np.empty(width * len(points), dtype=kind)
        points.foreach_get(name, flat)
        keys[name] = flat.reshape(-1, width) if width > 1 else flat
    return keys


def write_keys(curve: bpy.types.FCurve, keys: Keys) -> None:
    """Makes these the curve's keys."""
    make_room(curve, keys["co"][:, 0])
    present = read_keys(curve)
    changed = [name for name in _PARTS if not np.array_equal(present[name], keys[name])]
    write_points(curve, {name: keys[name].ravel() for name in changed})
    curve.update()


def straight_keys(frames: Array, values: Array) -> Keys:
    """Generated keys [n], straight lines between them; those inside level stretches are left out."""
    needed = np.ones(len(values), dtype=bool)
    values = values.astype(np.float32)
    needed[1:-1] = (values[1:-1] != values[:-2]) | (values[1:-1] != values[2:])
    return _new_keys(frames[needed], values[needed], np.zeros(int(needed.sum())), "LINEAR", "AUTO_CLAMPED")


def smooth_keys(frames: Array, values: Array, slopes: Array, by_hand: Array) -> Keys:
    """Bezier keys [n] with these slopes, a frame; those `by_hand` [n] keep the type of an animator's key."""
    keys = _new_keys(frames, values, slopes, "BEZIER", "ALIGNED")
    keys["type"][by_hand] = key_enum("type", "KEYFRAME")
    return keys


def replaced(keys: Keys, first: float, last: float, new: Keys) -> Keys:
    """The keys with those from frame `first` to `last` replaced by the new ones, which begin and end there.

    Outside, the curve runs as before: a Bezier stretch that crosses a border is split there, and handles that Blender
    would place anew for their new neighbours keep their places. Values at the borders are for the caller to keep.
    """
    times = keys["co"][:, 0]
    before, after = int(np.searchsorted(times, first)), int(np.searchsorted(times, last, side="right"))
    left, right = _part(keys, slice(0, before)), _part(keys, slice(after, None))
    new = {name: values.copy() for name, values in new.items()}
    bezier = key_enum("interpolation", "BEZIER")
    at_first = _key_at(keys, first)
    if before and left["interpolation"][-1] == bezier:
        if at_first is None:
            near, _, here, _ = split_segment(keys, before - 1, first)
            left["handle_right"][-1] = near
        else:
            here = keys["handle_left"][at_first]
        new["handle_left"][0], new["handle_left_type"][0] = here, key_enum("handle_left_type", "FREE")
    if before and bezier in left["interpolation"][-2:]:
        _freeze(left, -1)
    if len(right["co"]):
        goes_on = after - 1  # the key whose interpolation leads over the right border
        if goes_on >= 0:
            for name in ("interpolation", "easing", "back", "period", "amplitude"):
                new[name][-1] = keys[name][goes_on]
        if goes_on >= 0 and keys["interpolation"][goes_on] == bezier:
            if times[goes_on] == last:
                here = keys["handle_right"][goes_on]
            else:
                _, far, _, here = split_segment(keys, goes_on, last)
                right["handle_left"][0] = far
            new["handle_right"][-1], new["handle_right_type"][-1] = here, key_enum("handle_right_type", "FREE")
        if bezier in (new["interpolation"][-1], right["interpolation"][0]):
            _freeze(right, 0)
    return {name: np.concatenate([left[name], new[name], right[name]]) for name in _PARTS}


def has_smooth_keys(keys: Keys, first: float, last: float) -> bool:
    """Whether the curve is shaped by Bezier keys anywhere between the frames."""
    times = keys["co"][:, 0]
    begin = max(int(np.searchsorted(times, first, side="right")) - 1, 0)
    end = int(np.searchsorted(times, last))
    return bool(np.any(keys["interpolation"][begin:end] == key_enum("interpolation", "BEZIER")))


def whole_segments(keys: Keys, first: int, last: int) -> tuple[int, int]:
    """The stretch widened to whole frames around segments that cannot be split (bounces, sines and the like)."""
    plain = [key_enum("interpolation", name) for name in ("CONSTANT", "LINEAR", "BEZIER")]
    times, kinds = keys["co"][:, 0], keys["interpolation"]
    begin, end = int(np.searchsorted(times, first)), int(np.searchsorted(times, last, side="right"))
    if 0 < begin < len(times) and times[begin] > first and kinds[begin - 1] not in plain:
        first = int(np.floor(times[begin - 1]))
    if 0 < end < len(times) and kinds[end - 1] not in plain and times[end - 1] < last:
        last = int(np.ceil(times[end]))
    return first, last


def keys_by_hand(keys: Keys, first: int, last: int) -> Array:
    """The whole frames nearest to keys that the animator set between the frames (ours are of the type GENERATED)."""
    times = np.round(keys["co"][:, 0]).astype(int)
    own = keys["type"] != key_enum("type", "GENERATED")
    return np.unique(times[own & (times >= first) & (times <= last)])


def _new_keys(frames: Array, values: Array, slopes: Array, interpolation: str, handles: str) -> Keys:
    count = len(frames)
    co = np.column_stack([frames, values]).astype(np.float32)
    reach = np.diff(frames) / 3 if count > 1 else np.zeros(0)
    lengths = (np.concatenate([reach[:1], reach]), np.concatenate([reach, reach[-1:]])) if count > 1 else (1 / 3,) * 2
    left = np.column_stack([frames - lengths[0], values - slopes * lengths[0]])
    right = np.column_stack([frames + lengths[1], values + slopes * lengths[1]])
    keys: Keys = {name: np.zeros((count, width)[:width], dtype=kind) for name, (width, kind) in _PARTS.items()}
    keys.update(co=co, handle_left=left.astype(np.float32), handle_right=right.astype(np.float32))
    enums = {"interpolation": interpolation, "handle_left_type": handles, "handle_right_type": handles}
    for name, value in {**enums, "easing": "AUTO", "type": "GENERATED"}.items():
        keys[name][:] = key_enum(name, value)
    return keys


def _part(keys: Keys, which: slice) -> Keys:
    return {name: values[which].copy() for name, values in keys.items()}


def _key_at(keys: Keys, frame: float) -> int | None:
    found = np.flatnonzero(keys["co"][:, 0] == frame)
    return int(found[0]) if len(found) else None


def _freeze(keys: Keys, at: int) -> None:
    """Lets the key's handles stay where they are, whatever its neighbours become."""
    for side in ("handle_left_type", "handle_right_type"):
        free, aligned = key_enum(side, "FREE"), key_enum(side, "ALIGNED")
        if keys[side][at] == key_enum(side, "VECTOR"):
            keys[side][at] = free
        elif keys[side][at] != free:
            keys[side][at] = aligned


def split_segment(keys: Keys, i: int, frame: float) -> tuple[Array, Array, Array, Array]:
    """The Bezier stretch after key i, split at the frame.

    Returns key i's new right handle, key i + 1's new left handle, and the left and right handle of a key at the frame.
    """
    p0, p3 = keys["co"][i].astype(float), keys["co"][i + 1].astype(float)
    reach = p3[0] - p0[0]
    p1 = _within(p0, keys["handle_right"][i].astype(float), reach)
    p2 = _within(p3, keys["handle_left"][i + 1].astype(float), reach)
    low, high = 0.0, 1.0
    for _ in range(50):
        t = (low + high) / 2
        x = (1 - t) ** 3 * p0[0] + 3 * (1 - t) ** 2 * t * p1[0] + 3 * (1 - t) * t * t * p2[0] + t**3 * p3[0]
        low, high = (t, high) if x < frame else (low, t)
    q0, q1, q2 = p0 + (p1 - p0) * t, p1 + (p2 - p1) * t, p2 + (p3 - p2) * t
    return q0, q2, q0 + (q1 - q0) * t, q1 + (q2 - q1) * t


def _within(key: Array, handle: Array, reach: float) -> Array:
    """The handle as Blender takes it: no longer than its segment."""
    length = abs(handle[0] - key[0])
    return key + (handle - key) * (reach / length) if length > reach else handle
