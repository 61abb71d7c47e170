"""Phones as numbers per frame: speech content without any network, from the alignment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...formats.words import Word
from ...speech.types import FPS, Rhythm
from .frames import frames_within

SILENCE, NOISE = "SIL", "NOISE"
#: What a model's config names under `phones`: silence, noise (and speech whose phones are unknown), ARPAbet.
PHONES = (
    SILENCE, NOISE,
    "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH", "IY", "JH", "K",
    "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH",
)  # fmt: skip

#: Sound between words that is louder than this (see Rhythm.loudness) is noise: a breath, a laugh, a cough.
_NOISE_LOUDNESS = 0.4


def phone_numbers(words: Sequence[Word], rhythm: Rhythm, phones: Sequence[str]) -> NDArray[np.int64]:
    """[T]: which of `phones` (names without stress digits) sounds in each frame.

    A word without phones, and a phone that is not among them, is noise: something is said, it is not known what.
    """
    numbers = {name: number for number, name in enumerate(phones)}
    silence, noise = numbers[SILENCE], numbers[NOISE]
    out = np.where(rhythm.loudness > _NOISE_LOUDNESS, noise, silence).astype(np.int64)
    for word in words:
        out[frames_within(word.start_s, word.end_s, len(out), FPS)] = noise
        for phone in word.phones:
            frames = frames_within(phone.start_s, phone.end_s, len(out), FPS)
            out[frames] = numbers.get(phone.label.rstrip("012"), noise)
    return out
