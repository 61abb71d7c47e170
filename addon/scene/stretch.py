"""A stretch of one property's curves written anew, between what stays before it and after it."""

from dataclasses import dataclass
from itertools import pairwise

import bpy
import numpy as np

from ..core.motion import rotations as rot
from ..core.motion.key_reduction import reduced_keys
from ..core.motion.rotations import Array
from .curve_keys import Keys, split_segment, write_keys
from .keyframes import key_enum
from .reduce_keys import free_keys, tolerance_of

#: Frames over which the old motion passes into the new one, at either end.
BLEND = 8
#: Frames within which the new motion comes to a key of the animator's, and leaves it again.
REACH = 6


@dataclass(frozen=True)
class Stretch:
    """What is to change, and how."""

    first: int
    last: int
    blend_first: bool
    """Whether there is older motion before `first` to come from."""
    blend_last: bool
    meets_first: bool
    """Whether the new motion begins as the older one already, so that nothing has to be blended."""
    meets_last: bool
    tolerance_deg: float | None
    """Bound for reducing the new keys; without it, every frame gets one."""
    keeps_own: bool
    """Whether the animator's keys inside stay."""


@dataclass(frozen=True)
class Channel:
    """The curves of one property, old and new. n components."""

    path: str
    order: str
    """Of Euler angles."""
    curves: list[bpy.types.FCurve]
    """Old, n."""
    keys: list[Keys]
    """Theirs."""
    own: list[Array]
    """Which of them are the animator's, n masks."""
    new: list[bpy.types.FCurve]

    @property
    def turns(self) -> bool:
        """Whether this is a quaternion."""
        return self.path.endswith("rotation_quaternion") and len(self.curves) == 4


def rewrite(channel: Channel, stretch: Stretch, keyed: list[int]) -> list[Array]:
    """Rewrites the channel's curves; returns which keys are the animator's, n masks."""
    a, b = _borders(channel, stretch)
    frames = np.arange(int(np.ceil(a)), int(np.floor(b)) + 1)
    if len(frames) < 3:
        return channel.own
    old, new = _sampled(channel.curves, frames), _sampled(channel.new, frames)
    anchors = _anchors(channel, a, b)
    theirs = _theirs(channel, frames, anchors)
    values = _adapted(channel, stretch, frames, old, new, anchors, theirs)
    at_border = np.isin(frames, [a] if stretch.blend_first else []) | np.isin(frames, [b] if stretch.blend_last else [])
    picked, slopes = _picked(channel, stretch, frames, values, [*anchors, *keyed])
    masks = []
    for i, (curve, keys, own) in enumerate(zip(channel.curves, channel.keys, channel.own, strict=True)):
        times = keys["co"][:, 0]
        border = (times == a) & stretch.blend_first | (times == b) & stretch.blend_last
        stays = (times < a) | (times > b) | border | own
        near = times[stays & (times > a - 1) & (times < b + 1)]
        closed = theirs | (np.abs(frames[:, None] - near[None]).min(axis=1, initial=np.inf) < 0.5)
        if stretch.tolerance_deg is None:
            closed |= _level(values[:, i], closed)
        chosen = ~closed[picked]
        at = frames[picked][chosen]
        fresh = free_keys(at, values[picked, i][chosen], slopes[chosen, i])
        if stretch.tolerance_deg is None:
            _make_straight(fresh)
        _cut(keys, fresh, a, b, stretch)
        by_hand = np.isin(at, keyed) & ~at_border[picked][chosen]
        fresh["type"][by_hand] = key_enum("type", "KEYFRAME")
        masks.append(_merge(curve, keys, stays, own, fresh, by_hand))
    return masks


def free_handles(curve: bpy.types.FCurve) -> None:
    """Lets the curve's handles stay where they are whatever its keys become, so that it can be split anywhere."""
    for side in ("handle_left_type", "handle_right_type"):
        curve.keyframe_points.foreach_set(side, [key_enum(side, "FREE")] * len(curve.keyframe_points))


def _borders(channel: Channel, stretch: Stretch) -> tuple[float, float]:
    """Where this channel changes: first…last, or inside of it where Bezier segments cross a border."""
    a, b = float(stretch.first), float(stretch.last)
    again = True
    while again:
        again = False
        for keys, own in zip(channel.keys, channel.own, strict=True):
            times = keys["co"][:, 0]
            i = int(np.searchsorted(times, a))  # the first key that is not before the border
            if stretch.blend_first and 0 < i < len(times) and times[i] > a and not _may_split(keys, own, i - 1, i - 1):
                a, again = float(times[i]), True
            j = int(np.searchsorted(times, b, side="right"))  # the first key after the border
            if stretch.blend_last and 0 < j < len(times) and times[j - 1] < b and not _may_split(keys, own, j - 1, j):
                b, again = float(times[j - 1]), True
    return a, b


def _may_split(keys: Keys, own: Array, segment: int, outer: int) -> bool:
    """Whether a border may cut the segment after this key so that the curve beyond its outer key stays as it is."""
    kind = keys["interpolation"]
    straight = np.isin(kind, [key_enum("interpolation", name) for name in ("CONSTANT", "LINEAR")])
    free = all(keys[side][outer] == key_enum(side, "FREE") for side in ("handle_left_type", "handle_right_type"))
    beyond = outer - 1 if outer == segment else outer
    calm = free or beyond < 0 or bool(straight[beyond])
    smooth = kind[segment] == key_enum("interpolation", "BEZIER") and free and not own[outer]
    return calm and bool(straight[segment] or smooth)


def _cut(keys: Keys, fresh: Keys, a: float, b: float, stretch: Stretch) -> None:
    """Lets the curve outside run as before where a border cuts a segment: handles, and the last key's kind."""
    times, bezier = keys["co"][:, 0], key_enum("interpolation", "BEZIER")
    if stretch.blend_last and len(fresh["co"]) and fresh["co"][-1, 0] == b:
        j = int(np.searchsorted(times, b, side="right"))
        if 0 < j < len(times):
            for name in ("interpolation", "easing", "back", "period", "amplitude"):
                fresh[name][-1] = keys[name][j - 1]
            if keys["interpolation"][j - 1] == bezier:
                _, keys["handle_left"][j], _, fresh["handle_right"][-1] = split_segment(keys, j - 1, b)
                fresh["handle_right_type"][-1] = key_enum("handle_right_type", "FREE")
    if stretch.blend_first and len(fresh["co"]) and fresh["co"][0, 0] == a:
        i = int(np.searchsorted(times, a))
        if 0 < i < len(times) and keys["interpolation"][i - 1] == bezier:
            keys["handle_right"][i - 1], _, fresh["handle_left"][0], _ = split_segment(keys, i - 1, a)
            fresh["handle_left_type"][0] = key_enum("handle_left_type", "FREE")


def _anchors(channel: Channel, a: float, b: float) -> list[float]:
    """Frames inside on which the animator has keys."""
    times = [keys["co"][own, 0] for keys, own in zip(channel.keys, channel.own, strict=True)]
    times = np.unique(np.concatenate(times))
    return times[(times >= a) & (times <= b)].tolist()


def _theirs(channel: Channel, frames: Array, anchors: list[float]) -> Array:
    """Frames [T] strictly between two keys of the animator's with no generated key between: made by the animator."""
    times = [keys["co"][~own, 0] for keys, own in zip(channel.keys, channel.own, strict=True)]
    generated = np.unique(np.concatenate(times))
    found = np.zeros(len(frames), dtype=bool)
    for left, right in pairwise(anchors):
        if not np.any((generated > left) & (generated < right)):
            found |= (frames > left) & (frames < right)
    return found


def _adapted(
    channel: Channel, stretch: Stretch, frames: Array, old: Array, new: Array, anchors: list[float], theirs: Array
) -> Array:
    """The new motion [T, n], which begins and ends as the old one and meets the animator's keys."""
    if channel.turns:
        new = _continued(rot.normalize(old[0]), rot.normalize(new))
    elif channel.path.endswith("rotation_euler"):
        new = new + 2 * np.pi * np.round((old[0] - new[0]) / (2 * np.pi))
    width = min(BLEND, (len(frames) - 1) // 2)
    weight = np.ones(len(frames))
    if stretch.blend_first and not stretch.meets_first:
        weight = np.minimum(weight, _smooth((frames - frames[0]) / width))
    if stretch.blend_last and not stretch.meets_last:
        weight = np.minimum(weight, _smooth((frames[-1] - frames) / width))
    values = _mixed(channel, old, new, weight)
    stops = [*frames[:1][[stretch.blend_first]], *anchors, *frames[-1:][[stretch.blend_last]]]
    for anchor in anchors:
        here = np.array([curve.evaluate(anchor) for curve in channel.curves])
        there = _at(channel, values, frames, anchor)
        before = max((stop for stop in stops if stop < anchor), default=-np.inf)
        after = min((stop for stop in stops if stop > anchor), default=np.inf)
        reach = np.where(frames < anchor, min(REACH, anchor - before), min(REACH, after - anchor))
        weight = _smooth(1 - np.abs(frames - anchor) / reach)
        near = weight > 0
        if channel.turns:
            offset = rot.multiply(rot.inverse(there), rot.normalize(here))
            values[near] = rot.multiply(values[near], rot.power(offset, weight[near]))
        else:
            values[near] = values[near] + (here - there) * weight[near, None]
    exact = theirs | np.isin(frames, anchors)
    exact |= (frames == frames[0]) & stretch.blend_first | (frames == frames[-1]) & stretch.blend_last
    if channel.turns:
        values = _signed(values, old, exact)
    values[exact] = old[exact]
    return values


def _mixed(channel: Channel, old: Array, new: Array, weight: Array) -> Array:
    if channel.turns:
        return rot.slerp(rot.normalize(old), new, weight)
    return old + (new - old) * weight[:, None]


def _at(channel: Channel, values: Array, frames: Array, anchor: float) -> Array:
    at = float(np.clip(anchor - frames[0], 0, len(frames) - 1))
    low = int(at)
    high = min(low + 1, len(frames) - 1)
    if channel.turns:
        return rot.slerp(values[low], values[high], np.array(at - low))
    return values[low] + (values[high] - values[low]) * (at - low)


def _smooth(t: Array) -> Array:
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3 - 2 * t)


def _continued(before: Array, q: Array) -> Array:
    return rot.make_continuous(np.concatenate([before[None], q]))[1:]


def _signed(values: Array, old: Array, exact: Array) -> Array:
    """Quaternions with the signs of the old curve wherever they must meet it, continuous between."""
    values = _continued(rot.normalize(old[0]), values)
    for k in np.flatnonzero(exact).tolist():
        if np.dot(values[k], old[k]) < 0:
            values[k:] = -values[k:]
    return values


def _picked(channel: Channel, stretch: Stretch, frames: Array, values: Array, held: list[float]) -> tuple[Array, Array]:
    """Which of the frames get keys, and the slopes there: all, or as few as the bound allows."""
    if stretch.tolerance_deg is None:
        return np.arange(len(frames)), np.zeros_like(values)
    deviation, tolerance = tolerance_of(channel.path, values, stretch.tolerance_deg, channel.order)
    # segments that meet a key which stays are one frame long: what that key does with them shows on no whole frame
    required = {1, len(frames) - 2}
    for frame in held:
        at = frame - frames[0]
        required |= {int(np.floor(at)) - 1, int(np.floor(at)), int(np.ceil(at)), int(np.ceil(at)) + 1}
    return reduced_keys(values, deviation, tolerance, [k for k in required if 0 <= k < len(frames)])


def _level(values: Array, closed: Array) -> Array:
    """Frames [T] whose key changes nothing: like both neighbours, which have keys of the same kind."""
    values = values.astype(np.float32)
    level = np.zeros(len(values), dtype=bool)
    level[1:-1] = (values[1:-1] == values[:-2]) & (values[1:-1] == values[2:]) & ~closed[:-2] & ~closed[2:]
    return level


def _make_straight(keys: Keys) -> None:
    keys["interpolation"][:] = key_enum("interpolation", "LINEAR")
    for side in ("handle_left_type", "handle_right_type"):
        keys[side][:] = key_enum(side, "AUTO_CLAMPED")


def _merge(curve: bpy.types.FCurve, keys: Keys, stays: Array, own: Array, fresh: Keys, by_hand: Array) -> Array:
    """Writes the keys that stay and the fresh ones, in the order of time; returns which are the animator's."""
    times = np.concatenate([keys["co"][stays, 0], fresh["co"][:, 0]])
    order = np.argsort(times, kind="stable")
    merged = {name: np.concatenate([values[stays], fresh[name]])[order] for name, values in keys.items()}
    write_keys(curve, merged)
    # Blender has placed automatic handles anew, also of keys that are not to change
    for name in ("handle_left", "handle_right"):
        curve.keyframe_points.foreach_set(name, merged[name].ravel())
    return np.concatenate([own[stays], by_hand])[order]


def _sampled(curves: list[bpy.types.FCurve], frames: Array) -> Array:
    """The curves' values [T, n]."""
    return np.array([[curve.evaluate(frame) for frame in frames.tolist()] for curve in curves]).T
