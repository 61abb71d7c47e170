"""Brows: raised on words that the voice stresses, and through the end of a question."""

from typing import Any

import numpy as np

from ..motion.rotations import Array
from ..speech.types import Speech
from .randomness import Stream, generator
from .segments import phrase_ends


def brow_raise(speech: Speech, frames: int, fps: float, seed: int, style: dict[str, Any]) -> Array:
    """[T], 0…1: how far the brows are raised."""
    left = np.ones(frames)  # what is left of "not raised": overlapping raises merge smoothly
    for start_s, end_s, amount in [*_accents(speech, seed, style), *_questions(speech, seed, style)]:
        rise, fall = style["rise_s"], style["fall_s"]
        first = max(int((start_s - rise) * fps), 0)
        stop = min(int((end_s + fall) * fps) + 2, frames)
        time = np.arange(first, stop) / fps
        away = np.clip(np.maximum((start_s - time) / rise, (time - end_s) / fall), 0.0, 1.0)
        left[first:stop] *= 1.0 - amount * (0.5 + 0.5 * np.cos(np.pi * away))
    return 1.0 - left


def _accents(speech: Speech, seed: int, style: dict[str, Any]) -> list[tuple[float, float, float]]:
    """Start, end and amount for stressed words: those that stand out from both neighbours."""
    prominence = np.array(speech.rhythm.prominence)
    if len(prominence) != len(speech.words) or not len(prominence):
        return []
    padded = np.concatenate([[0.0], prominence, [0.0]])
    peaks = (prominence >= padded[:-2]) & (prominence > padded[2:]) & (prominence >= style["prominence_from"])
    low, high = style["amount"]
    out: list[tuple[float, float, float]] = []
    for number in np.flatnonzero(peaks):
        word = speech.words[number]
        random = generator(seed, Stream.BROWS, word.start_s)
        if random.random() < style["share"]:
            strength = (prominence[number] - style["prominence_from"]) / max(1.0 - style["prominence_from"], 1e-6)
            amount = (low + (high - low) * min(strength, 1.0)) * random.uniform(0.8, 1.0)
            lead = random.uniform(0.0, 0.08)
            out.append((word.start_s - lead, word.start_s - lead + random.uniform(0.12, 0.3), float(amount)))
    return out


def _questions(speech: Speech, seed: int, style: dict[str, Any]) -> list[tuple[float, float, float]]:
    words = speech.words
    out: list[tuple[float, float, float]] = []
    for last in phrase_ends(words):
        if "?" in words[last].punctuation:
            first = max(last + 1 - style["question_words"], 0)
            random = generator(seed, Stream.BROWS, words[last].end_s)
            amount = style["question_amount"] * random.uniform(0.85, 1.0)
            out.append((words[first].start_s, words[last].end_s + 0.15, float(amount)))
    return out
