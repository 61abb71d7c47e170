"""Random numbers that do not depend on each other's number: one stream for each kind of movement and each event.

An edited word changes what happens at that word; blinks and glances elsewhere stay as they were.
"""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """The kinds of movement; their numbers are part of what a seed means, so they never change."""

    BLINKS = 1
    BROWS = 2
    GAZE = 3
    LIFE = 4
    ASYMMETRY = 5


def generator(seed: int, stream: Stream, event_s: float | None = None) -> np.random.Generator:
    """The random numbers of one kind of movement, or of one event in it by the time at which it happens."""
    key = [abs(seed), int(seed < 0), int(stream)]
    if event_s is not None:
        key.append(max(round(event_s * 1000), 0))
    return np.random.default_rng(key)


def interval(random: np.random.Generator, median_s: float, spread: float, limits_s: tuple[float, float]) -> float:
    """A log-normal time within limits."""
    low, high = limits_s
    return float(np.clip(median_s * np.exp(spread * random.standard_normal()), low, high))
