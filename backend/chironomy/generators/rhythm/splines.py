"""Curves in time: minimum-jerk paths through keys, pulses, and smooth noise that never repeats in practice."""

import numpy as np
from numpy.typing import ArrayLike

from ...motion.rotations import Array


def level_velocities(times_s: ArrayLike, values: ArrayLike, stop: ArrayLike) -> Array:
    """[K, C]: how fast each channel passes each key; 0 where it turns round or stops, so that none overshoots.

    times_s [K], ascending; values [K, C]; stop [K], true where everything comes to rest.
    """
    slopes = np.diff(np.asarray(values, dtype=float), axis=0) / np.diff(times_s)[:, None]
    before, after = slopes[:-1], slopes[1:]
    agrees = before * after > 0
    harmonic = 2.0 * before * after / np.where(agrees, before + after, 1.0)
    velocities = np.zeros_like(np.asarray(values, dtype=float))
    velocities[1:-1] = np.where(agrees & ~np.asarray(stop, dtype=bool)[1:-1, None], harmonic, 0.0)
    return velocities


def round_velocities(times_s: ArrayLike, points: Array, loop: float, about: Array) -> Array:
    """[K, 3]: velocities at points [K, 3] that round off corners and open turns back into loops about an axis [3].

    `loop` is how fast a full turn back is gone around, against the mean speed of the slower way to or from there.
    Where the path waits, it comes to rest.
    """
    steps = np.diff(points, axis=0)
    length = np.linalg.norm(steps, axis=-1, keepdims=True)
    way = steps / np.maximum(length, 1e-9)
    pace = length / np.diff(times_s)[:, None]
    slower = np.minimum(pace[:-1], pace[1:])
    before, after = way[:-1], way[1:]
    turned_back = (1.0 - np.sum(before * after, axis=-1, keepdims=True)) / 2.0
    velocities = np.zeros_like(points)
    velocities[1:-1] = slower * ((before + after) / 2.0 + loop * turned_back * np.cross(about, before))
    return velocities


def through_keys(times_s: ArrayLike, values: ArrayLike, velocities: Array, at_s: Array) -> Array:
    """A smooth path through keys, continuous in velocity and acceleration.

    times_s [K], ascending; values and velocities [K, C]; at_s [T]. Returns [T, C]. Between two keys of rest it is the
    minimum-jerk stroke. Constant before the first key and after the last.
    """
    times_s, values = np.asarray(times_s, dtype=float), np.asarray(values, dtype=float)
    if len(times_s) == 1:
        return np.repeat(values, len(at_s), axis=0)
    k = np.clip(np.searchsorted(times_s, at_s, side="right") - 1, 0, len(times_s) - 2)
    span = (times_s[k + 1] - times_s[k])[:, None]
    u = np.clip((at_s - times_s[k])[:, None] / span, 0.0, 1.0)
    u3 = u**3
    rise = u3 * (10.0 + u * (6.0 * u - 15.0))
    leave = u + u3 * (-6.0 + u * (8.0 - 3.0 * u))
    arrive = u3 * (-4.0 + u * (7.0 - 3.0 * u))
    moved = values[k] + rise * (values[k + 1] - values[k])
    return moved + span * (leave * velocities[k] + arrive * velocities[k + 1])


def eased(times_s: ArrayLike, values: ArrayLike, at_s: Array, resting: bool) -> Array:
    """through_keys that stops at every key, or passes those between which it goes on; values [K, C]."""
    values = np.asarray(values, dtype=float)
    stop = np.full(len(values), resting)
    return through_keys(times_s, values, level_velocities(times_s, values, stop), at_s)


def bump(at_s: Array, start_s: ArrayLike, full_s: ArrayLike, falling_s: ArrayLike, end_s: ArrayLike) -> Array:
    """Raised cosine: 0 before start, 1 from full to falling, 0 after end; steps where no time lies between."""
    start, full, falling, end = (np.asarray(x, dtype=float) for x in (start_s, full_s, falling_s, end_s))
    up = np.where(full > start, np.clip((at_s - start) / np.maximum(full - start, 1e-6), 0.0, 1.0), at_s >= start)
    down = np.where(end > falling, np.clip((end - at_s) / np.maximum(end - falling, 1e-6), 0.0, 1.0), at_s <= end)
    return 0.25 * (1.0 - np.cos(np.pi * up)) * (1.0 - np.cos(np.pi * down))


def add_bumps(out: Array, fps: float, spans_s: ArrayLike, heights: ArrayLike, power: float = 1.0) -> None:
    """Adds heights[n] · bump(spans_s[n]), raised to `power`, to out [T]; spans_s [N, 4] as in `bump`.

    The work is proportional to the length of the bumps, not to N · T.
    """
    spans_s, heights = np.asarray(spans_s, dtype=float), np.asarray(heights, dtype=float)
    if len(spans_s) == 0:
        return
    first = np.floor(spans_s[:, 0] * fps).astype(int)
    length = int(np.ceil((spans_s[:, 3] - spans_s[:, 0]).max() * fps)) + 2
    frames = first[:, None] + np.arange(length)
    values = bump(frames / fps, *(spans_s[:, k, None] for k in range(4))) * heights[:, None]
    inside = (frames >= 0) & (frames < len(out))
    np.add.at(out, frames[inside], np.sign(values[inside]) * np.abs(values[inside]) ** power)


def drift(generator: np.random.Generator, at_s: Array, channels: int, period_s: float) -> Array:
    """[T, channels] of smooth noise around 0 with deviation 1: random waves with periods around period_s."""
    waves = 5
    periods = period_s * np.exp(generator.uniform(-0.8, 0.8, (waves, channels)))
    phases = generator.uniform(0.0, 2.0 * np.pi, (waves, channels))
    total = np.zeros((len(at_s), channels))
    for period, phase in zip(periods, phases, strict=True):
        total += np.sin(2.0 * np.pi * at_s[:, None] / period + phase)
    return total * np.sqrt(2.0 / waves)


def smooth(values: Array, fps: float, width_s: float, delay_s: float = 0.0) -> Array:
    """values [T, C] averaged with a raised-cosine window, `delay_s` later (follow-through) or, negative, earlier."""
    half = max(round(width_s * fps), 1)
    window = 1.0 + np.cos(np.pi * np.arange(-half, half + 1) / (half + 1))
    window /= window.sum()
    shift = round(delay_s * fps)
    padded = np.pad(values, ((half + max(shift, 0), half + max(-shift, 0)), (0, 0)), mode="edge")
    padded = padded[: len(values) + 2 * half] if shift >= 0 else padded[-(len(values) + 2 * half) :]
    total = np.zeros_like(values)
    for k, weight in enumerate(window):
        total += weight * padded[k : k + len(values)]
    return total
