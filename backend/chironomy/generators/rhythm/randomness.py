"""Chance that is the same for the same seed, and independent for every purpose and word.

A word draws from a stream of its own, so choosing another gesture for one word leaves all others as they were.
"""

import zlib

import numpy as np


def stream(seed: int, purpose: str, number: int = 0) -> np.random.Generator:
    """Random numbers for one purpose ("stance", "beat") and one word or phrase."""
    return np.random.default_rng([seed & 0xFFFFFFFF, zlib.crc32(purpose.encode()), number & 0xFFFFFFFF])


def pick(generator: np.random.Generator, weights: list[float]) -> int:
    """The number of one of several possibilities."""
    total = np.cumsum(weights)
    return int(np.searchsorted(total, generator.uniform(0.0, total[-1]), side="right"))
