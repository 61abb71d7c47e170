"""Loudness and onsets of sound, on a time grid finer than the frames of the animation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import gaussian_filter1d

from ..progress import Progress, silent
from .types import FPS, SAMPLE_RATE, Array, Samples

#: Fine frames per frame of animation; fine frame j is centred at j / FINE_FPS, every OVERSAMPLING-th is a frame.
OVERSAMPLING = 4
FINE_FPS = FPS * OVERSAMPLING

_WINDOW = 512
_BLOCK_FRAMES = 4096
_BAND_COUNT = 24
_LOWEST_HZ, _HIGHEST_HZ = 80.0, 7600.0
_SMALLEST_POWER = 1e-12
#: Sound this far under loud speech is taken for silence, whatever is in it.
_LARGEST_RANGE_DB, _SMALLEST_RANGE_DB = 50.0, 20.0
#: Frames within this of the loudest are counted as speech when its level is measured.
_SPEECH_RANGE_DB = 30.0
#: An onset is a rise within this many fine frames on either side.
_ONSET_REACH = 2
#: Steady sound rises less than this by chance.
_SMALLEST_RISE = 0.02


@dataclass(frozen=True)
class Spectrum:
    """F = T · OVERSAMPLING fine frames."""

    level_db: Array
    """[F], of all bands together."""
    bands_db: Array
    """[F, 24], mel-spaced from 80 to 7600 Hz."""
    floor_db: float
    """The recording's noise floor."""
    loud_db: float
    """The level of its loud speech, 20 to 50 dB above the floor."""


def analyse_spectrum(samples: Samples, frame_count: int, progress: Progress = silent) -> Spectrum:
    """Short-time levels around each fine frame; sound before 0 and after the end counts as silence.

    Works in blocks: besides the result (12 kB per second of sound) some 40 MB are held.
    """
    bands = np.empty((frame_count * OVERSAMPLING, _BAND_COUNT), dtype=np.float32)
    filters = _mel_filters()
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    window /= window.sum()
    for start in range(0, len(bands), _BLOCK_FRAMES):
        progress("Measuring loudness", start / len(bands))
        stop = min(start + _BLOCK_FRAMES, len(bands))
        windows = _windows(samples, np.arange(start, stop)) * window
        spectra = np.asarray(scipy.fft.rfft(windows, axis=1))
        bands[start:stop] = (spectra.real**2 + spectra.imag**2) @ filters
    level_db = _decibels(bands.sum(axis=1))
    return Spectrum(level_db, _decibels(bands), *_speech_range_db(level_db))


def _decibels(power: Samples) -> Samples:
    decibels = np.log10(np.maximum(power, np.float32(_SMALLEST_POWER)))
    decibels *= 10
    return decibels


def _speech_range_db(level_db: Array) -> tuple[float, float]:
    """The noise floor and the level of loud speech of a recording, at least 20 and at most 50 dB apart."""
    peak = np.percentile(level_db, 99.9) if len(level_db) > 1000 else level_db.max()
    loud = float(np.percentile(level_db[level_db > peak - _SPEECH_RANGE_DB], 90))
    floor = float(np.clip(np.percentile(level_db, 10), loud - _LARGEST_RANGE_DB, loud - _SMALLEST_RANGE_DB))
    return floor, loud


def loudness(spectrum: Spectrum) -> Array:
    """[T], 0…1 from the noise floor to loud speech, in decibels, smoothed over half a frame without delay."""
    floor, loud = spectrum.floor_db, spectrum.loud_db
    smooth = gaussian_filter1d(np.maximum(spectrum.level_db, floor), OVERSAMPLING / 2)
    return np.clip((smooth[::OVERSAMPLING] - floor) / (loud - floor), 0.0, 1.0)


def onset_strength(spectrum: Spectrum, progress: Progress = silent) -> Array:
    """[T], 0…1: the rise of loudness around each frame, mean over the bands; 1 is this recording's strong onset."""
    rise = np.empty(len(spectrum.level_db))
    for start in range(0, len(rise), _BLOCK_FRAMES):
        progress("Finding onsets", start / len(rise))
        stop = min(start + _BLOCK_FRAMES, len(rise))
        rise[start:stop] = _rise(spectrum, start, stop)
    rise = gaussian_filter1d(rise, OVERSAMPLING / 2)
    strong = max(float(np.percentile(rise, 99)), 0.5 * float(rise.max()), _SMALLEST_RISE)
    return np.clip(rise[::OVERSAMPLING] / strong, 0.0, 1.0)


def _rise(spectrum: Spectrum, start: int, stop: int) -> Array:
    """[stop - start]: how much louder it is just behind each fine frame than just before it."""
    rows = np.clip(np.arange(start - 2 * _ONSET_REACH, stop + _ONSET_REACH), 0, len(spectrum.level_db) - 1)
    # In each band silence is as far under the floor as bands are many.
    silence_db = spectrum.floor_db - 10 * np.log10(_BAND_COUNT)
    # Loudness as it is heard, about power to the quarter: unlike decibels it rises in the middle of the window, not
    # where the window first touches the sound.
    heard = 10 ** ((np.maximum(spectrum.bands_db[rows], silence_db) - spectrum.loud_db) / 40)
    # held for a moment, so that short sounds are not over before they are compared
    held = sliding_window_view(heard, _ONSET_REACH + 1, axis=0).max(axis=-1)
    return np.maximum(held[2 * _ONSET_REACH :] - held[: -2 * _ONSET_REACH], 0.0).mean(axis=1)


def _windows(samples: Samples, frames: np.ndarray) -> Samples:
    """[len(frames), _WINDOW]: the samples around each fine frame, zeros outside the recording."""
    centres = np.rint(frames * (SAMPLE_RATE / FINE_FPS)).astype(np.int64)
    first, last = int(centres[0]) - _WINDOW // 2, int(centres[-1]) + _WINDOW // 2
    inside = samples[max(first, 0) : max(last, 0)]
    before = max(-first, 0)
    padded = np.pad(inside, (before, max(last - first - before - len(inside), 0)))
    return padded[(centres - first)[:, None] + np.arange(-_WINDOW // 2, _WINDOW // 2)]


def _mel_filters() -> Samples:
    """[_WINDOW / 2 + 1, bands]: triangles, evenly spaced on the mel scale, of equal area."""
    lowest, highest = (2595 * np.log10(1 + hz / 700) for hz in (_LOWEST_HZ, _HIGHEST_HZ))
    mel = np.linspace(lowest, highest, _BAND_COUNT + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    frequencies = np.linspace(0, SAMPLE_RATE / 2, _WINDOW // 2 + 1)[:, None]
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    # neighbouring triangles add up to 1, so the sum of the bands is the power from 80 to 7600 Hz
    return np.maximum(np.minimum(rising, falling), 0.0).astype(np.float32)
