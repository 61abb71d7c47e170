"""What the parts of `speech` hand to each other and to the generators."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..formats.words import Word

#: All analysis of sound happens at this rate.
SAMPLE_RATE = 16_000
#: All features and all generation happen at this rate.
FPS = 30

Samples = NDArray[np.float32]
Array = NDArray[np.floating]


@dataclass(frozen=True)
class Audio:
    """Mono sound at SAMPLE_RATE; time 0 is time 0 of the file, nothing trimmed."""

    samples: Samples
    """[N], −1…1."""
    source: str = ""
    """The file it came from, for messages."""

    @property
    def duration_s(self) -> float:
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True)
class Alignment:
    """The words of a transcript with their times in a recording."""

    words: tuple[Word, ...]
    fit: float
    """0…1: how well the transcript fits the sound."""
    notices: tuple[str, ...] = ()
    """One line each for the user: words estimated, stretches of sound without text and so on."""


@dataclass(frozen=True)
class Rhythm:
    """The course of the voice at FPS; T = the number of frames of the take, ⌈duration · FPS⌉."""

    loudness: Array
    """[T], 0…1: decibels between this file's noise floor and its loud speech."""
    onset: Array
    """[T], 0…1: how suddenly energy sets in."""
    pitch_hz: Array
    """[T], interpolated over unvoiced frames."""
    voicing: Array
    """[T], 0…1."""
    prominence: tuple[float, ...]
    """0…1 for each word: how much the voice stresses it, against its neighbourhood."""
    nuclei_s: tuple[float, ...]
    """For each word, the time of the nucleus (loudest point of the vowel) of its stressed syllable."""


@dataclass(frozen=True)
class Speech:
    """All that a generator knows about what is said and how."""

    duration_s: float
    alignment: Alignment
    rhythm: Rhythm

    @property
    def words(self) -> tuple[Word, ...]:
        return self.alignment.words
