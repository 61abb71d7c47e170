"""Blinks and gaze: what the eyes do while somebody speaks."""

from typing import Any

import numpy as np

from ..motion.rotations import Array
from .randomness import Stream, generator, interval


def blink_times(phrase_ends_s: Array, duration_s: float, seed: int, style: dict[str, Any]) -> list[float]:
    """When the lids are shut, in seconds, 2–8 s apart: at their own pace, drawn to the ends of phrases nearby.

    The pace itself does not depend on what is said, so an edited phrase moves only the blinks beside it.
    """
    random = generator(seed, Stream.BLINKS)
    low, high = style["apart_s"]
    reach = style["phrase_end_reach_s"]
    pace = float(random.uniform(*style["first_s"]))
    times: list[float] = []
    while pace < duration_s:
        following = pace + interval(random, style["median_apart_s"], style["spread"], (low + 0.1, high - 0.1))
        delay = float(random.uniform(0.0, 0.15))
        drawn = phrase_ends_s[np.abs(phrase_ends_s - pace) < reach] + delay
        for time in drawn[np.argsort(np.abs(drawn - pace))]:
            if (not times or low <= time - times[-1] <= high) and low <= following - time <= high:
                times.append(float(time))
                break
        else:
            times.append(pace)
        pace = following
    return times


def blink_curve(times: list[float], frames: int, fps: float, style: dict[str, Any]) -> Array:
    """[T], 0…1: lids shut at the times; they close faster than they open."""
    out = np.zeros(frames)
    half_closed = max(style["closed_s"], 1.0 / fps) / 2.0 + 1e-6  # shut on one frame at least
    for time in times:
        first = max(int((time - half_closed - style["closing_s"]) * fps), 0)
        stop = min(int((time + half_closed + style["opening_s"]) * fps) + 2, frames)
        away = np.arange(first, stop) / fps - time
        before = np.maximum(-away - half_closed, 0.0) / style["closing_s"]
        after = np.maximum(away - half_closed, 0.0) / style["opening_s"]
        open_part = np.clip(np.maximum(before, after), 0.0, 1.0)
        out[first:stop] = np.maximum(out[first:stop], 0.5 + 0.5 * np.cos(np.pi * open_part))
    return out


def gaze_rad(frames: int, fps: float, seed: int, style: dict[str, Any]) -> tuple[Array, Array]:
    """Yaw and pitch [T] of the eyes in the head, in radians: fixations near straight ahead, quick jumps between."""
    random = generator(seed, Stream.GAZE)
    duration_s = frames / fps
    starts, points = [0.0], [np.zeros(2)]
    while starts[-1] < duration_s:
        low, high = style["fixation_s"]
        starts.append(starts[-1] + interval(random, style["median_fixation_s"], style["spread"], (low, high)))
        spread = style["glance_deg"] if random.random() < style["glance_share"] else style["near_deg"]
        points.append(np.clip(random.standard_normal(2), -2.0, 2.0) * spread)
    places = np.array(points)
    jump = np.linalg.norm(np.diff(places, axis=0), axis=1)
    takes_s = style["saccade_base_s"] + style["saccade_per_deg_s"] * jump

    time = np.arange(frames) / fps
    current = np.searchsorted(starts, time, side="right") - 1
    previous = np.maximum(current - 1, 0)
    took = np.concatenate([[1.0], takes_s])[current]
    done = np.clip((time - np.array(starts)[current]) / took, 0.0, 1.0)
    done = done * done * (3.0 - 2.0 * done)
    degrees = places[previous] + (places[current] - places[previous]) * done[:, None]
    degrees = degrees + style["drift_deg"] * np.stack([slow_drift(frames, fps, random) for _ in range(2)], axis=1)
    return np.radians(degrees[:, 0]), np.radians(degrees[:, 1])


def slow_drift(frames: int, fps: float, random: np.random.Generator) -> Array:
    """[T], about −1…1: slow movement without a period that the eye could find."""
    time: Array = np.arange(frames) / fps
    rates_hz = np.array([0.061, 0.139, 0.31]) * random.uniform(0.8, 1.25, 3)
    phases = random.uniform(0.0, 2.0 * np.pi, 3)
    waves: Array = np.sin(2.0 * np.pi * time[:, None] * rates_hz + phases)
    return waves @ np.array([0.5, 0.3, 0.2])
