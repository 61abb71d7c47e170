"""Which words the voice stresses, and when: from pitch, loudness and length of each word's stressed syllable."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..formats.words import Phone, TimingMethod, Word
from .english import english
from .pitch import Pitch
from .spectrum import FINE_FPS
from .types import Array

#: What the parts weigh. Pitch leads in English, loudness and length follow (Kochanski et al. 2005 put loudness first
#: for read speech; the two are near each other here).
_PITCH_WEIGHT, _RANGE_WEIGHT, _LOUDNESS_WEIGHT, _LENGTH_WEIGHT = 0.35, 0.15, 0.35, 0.2
#: The least spread of each part that counts as one unit, so that monotonous speech does not blow up noise.
_PITCH_UNIT, _RANGE_UNIT, _LOUDNESS_UNIT_DB, _LENGTH_UNIT = 1.5, 1.5, 2.5, 0.3
#: The largest spread, in these units: the fall of pitch over a phrase may not hide what is stressed in it.
_LARGEST_UNIT = 1.7
_FUNCTION_WORD = -0.6
_ESTIMATED_TRUST = 0.4
#: The logistic curve that leads from units to 0…1.
_STEEPNESS, _MIDDLE = 1.7, 0.25
#: A word is compared with this many words on either side, the near ones counting most.
_NEIGHBOURS, _NEIGHBOURHOOD_S = 8, 2.5
_FLATNESS_S = 1.0
#: The peak of pitch comes up to this long after the vowel.
_PITCH_DELAY_S = 0.08
_PAUSE_S = 0.15
#: Vowels before a pause are longer by this factor without being stressed.
_FINAL_LENGTHENING = 1.45
_USUAL_SYLLABLE_S = 0.18


def stressed_vowels(words: Sequence[Word], level_db: Array) -> list[Phone | None]:
    """The vowel of each word's stressed syllable: by its stress digit, else the most salient; None without phones."""
    smooth_db = gaussian_filter1d(level_db, 2.0)
    return [_stressed_vowel(word, smooth_db) for word in words]


def nucleus_windows(words: Sequence[Word], vowels: Sequence[Phone | None]) -> Array:
    """[W, 2], seconds: the stressed vowel of each word; the whole word where its phones are unknown."""
    windows = [(v.start_s, v.end_s) if v else (w.start_s, w.end_s) for v, w in zip(vowels, words, strict=True)]
    return np.array(windows, dtype=float).reshape(-1, 2)


def find_nuclei(windows_s: Array, level_db: Array, voicing: Array) -> Array:
    """[W], seconds: the loudest voiced moment of each window; level_db and voicing are on the fine grid [F]."""
    # half a vowel of smoothing: single glottal pulses are no peaks
    salience = gaussian_filter1d(level_db + 6.0 * voicing, 2.0)
    starts, stops = _fine_ranges(windows_s, len(salience))
    peaks = [start + int(np.argmax(salience[start:stop])) for start, stop in zip(starts, stops, strict=True)]
    return np.clip(np.array(peaks, dtype=float) / FINE_FPS, windows_s[:, 0], windows_s[:, 1])


def word_prominence(
    words: Sequence[Word], vowels: Sequence[Phone | None], windows_s: Array, level_db: Array, pitch: Pitch
) -> Array:
    """[W], 0…1, against the words around: 0.45 is a content word like its neighbours. level_db, pitch: fine, [F]."""
    if not words:
        return np.zeros(0)
    semitones: Array = 12.0 * np.log2(pitch.hz)
    height, extent = _pitch_features(words, windows_s, semitones, pitch.voicing > 0)
    loud = _maxima(windows_s, gaussian_filter1d(level_db, 2.0))
    length = np.array([_lengthening(words, k, vowel) for k, vowel in enumerate(vowels)])
    times_s = windows_s.mean(axis=1)
    heard = (
        _PITCH_WEIGHT * _against_neighbours(height, times_s, _PITCH_UNIT)
        + _RANGE_WEIGHT * _against_neighbours(extent, times_s, _RANGE_UNIT)
        + _LOUDNESS_WEIGHT * _against_neighbours(loud, times_s, _LOUDNESS_UNIT_DB)
        + _LENGTH_WEIGHT * _against_neighbours(length, times_s, _LENGTH_UNIT)
    )
    trust = np.array([_ESTIMATED_TRUST if word.method is TimingMethod.ESTIMATED else 1.0 for word in words])
    function = np.array([_is_function_word(word) for word in words])
    units = trust * heard + np.where(function, _FUNCTION_WORD, 0.0)
    return 1 / (1 + np.exp(-_STEEPNESS * (units - _MIDDLE) - _offset()))


def _offset() -> float:
    """So that a content word at the level of its neighbours (0 units) lies at 0.45."""
    return float(np.log(0.45 / 0.55) + _STEEPNESS * _MIDDLE)


def _stressed_vowel(word: Word, level_db: Array) -> Phone | None:
    vowels = [phone for phone in word.phones if _usual_s(phone)]
    for stress in "12":
        for vowel in vowels:
            if vowel.label.endswith(stress):
                return vowel
    if len(vowels) < 2 or any(vowel.label.endswith("0") for vowel in vowels):
        return vowels[0] if vowels else None
    spans = np.array([(vowel.start_s, vowel.end_s) for vowel in vowels])
    # a vowel at the end of a word is longer without being stressed ("country")
    lengths = np.array([_log_length(v) - (np.log(_FINAL_LENGTHENING) if v is word.phones[-1] else 0) for v in vowels])
    return vowels[int(np.argmax(_maxima(spans, level_db) / _LOUDNESS_UNIT_DB + lengths / _LENGTH_UNIT))]


def _usual_s(phone: Phone) -> float:
    """The usual length of a vowel, 0 for consonants."""
    return english().vowel_durations_ms.get(phone.label.rstrip("012"), 0.0) / 1000


def _log_length(vowel: Phone) -> float:
    return float(np.log(max(vowel.end_s - vowel.start_s, 0.02) / _usual_s(vowel)))


def _is_function_word(word: Word) -> bool:
    return word.text.lower().replace("’", "'") in english().function_words


def _pitch_features(
    words: Sequence[Word], windows_s: Array, semitones: Array, voiced: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """Height of the peak and extent of the movement of pitch in each word, NaN where it has no voice."""
    height, extent = np.full(len(words), np.nan), np.full(len(words), np.nan)
    ends_s = [min(word.end_s, window[1] + _PITCH_DELAY_S) for word, window in zip(words, windows_s, strict=True)]
    starts, stops = _fine_ranges(np.column_stack([windows_s[:, 0], ends_s]), len(semitones))
    for k, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        inside = semitones[start:stop][voiced[start:stop]]
        if len(inside) >= 3:
            low, high = np.percentile(inside, [10, 90])
            height[k], extent[k] = high, high - low
    return height, extent


def _maxima(windows_s: Array, values: Array) -> Array:
    starts, stops = _fine_ranges(windows_s, len(values))
    return np.array([values[start:stop].max() for start, stop in zip(starts, stops, strict=True)])


def _fine_ranges(windows_s: Array, count: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last + 1 fine frame of each window, at least one, all inside 0…count."""
    starts = np.clip(np.ceil(windows_s[:, 0] * FINE_FPS - 1e-6).astype(int), 0, count - 1)
    stops = np.clip(np.floor(windows_s[:, 1] * FINE_FPS + 1e-6).astype(int) + 1, starts + 1, count)
    return starts, stops


def _lengthening(words: Sequence[Word], k: int, vowel: Phone | None) -> float:
    """The logarithm of the vowel's length against what is usual; of the word's where the vowel is unknown."""
    word = words[k]
    before_pause = bool(word.punctuation) or k + 1 == len(words) or words[k + 1].start_s - word.end_s > _PAUSE_S
    final = float(np.log(_FINAL_LENGTHENING)) if before_pause else 0.0
    if vowel:
        return _log_length(vowel) - final
    syllables = max(sum(c.isalpha() for c in word.text) / 3, 1.0)
    return float(np.log(max(word.end_s - word.start_s, 0.02) / (_USUAL_SYLLABLE_S * syllables))) - final


def _against_neighbours(values: Array, times_s: Array, smallest_unit: float) -> Array:
    """How far each value lies above what those around it let one expect, in units of the recording's spread."""
    known = ~np.isnan(values)
    if known.sum() < 2:
        return np.zeros(len(values))
    padded = np.pad(np.where(known, values, 0.0), _NEIGHBOURS)
    padded_times = np.pad(times_s, _NEIGHBOURS)
    counted = np.pad(known.astype(float), _NEIGHBOURS)
    width = 2 * _NEIGHBOURS + 1
    around, around_s, weights = (
        np.lib.stride_tricks.sliding_window_view(x, width) for x in (padded, padded_times, counted)
    )
    distance_s = around_s - times_s[:, None]
    weights = weights * np.exp(-0.5 * (distance_s / _NEIGHBOURHOOD_S) ** 2)
    weights[:, _NEIGHBOURS] = 0.0
    # a line through the neighbours, as voices sink over a phrase; held flat where they lie close together
    total, first, second = (np.sum(weights * distance_s**k, axis=1) for k in range(3))
    second = second + _FLATNESS_S**2 * total
    mean, moment = (np.sum(weights * around * distance_s**k, axis=1) for k in range(2))
    expected = (second * mean - first * moment) / np.maximum(second * total - first**2, 1e-9)
    difference = np.where(known & (total > 1e-6), values - expected, 0.0)
    spread = 1.4826 * float(np.median(np.abs(difference[known])))
    unit = float(np.clip(spread, smallest_unit, _LARGEST_UNIT * smallest_unit))
    return np.clip(difference / unit, -3.0, 3.0)
