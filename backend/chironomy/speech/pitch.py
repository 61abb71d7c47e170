"""The pitch of the voice, by Praat's autocorrelation method (Boersma 1993), through parselmouth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_opening

from ..progress import Progress, silent
from .types import SAMPLE_RATE, Array, Samples

_STEP_S = 1 / 60
_BLOCK_S, _MARGIN_S = 20.0, 0.5
_RANGE_S = 60.0
_SHORTEST_VOICE_S = 0.05
#: The range of human voices in speech; each speaker's own range lies inside and is found first.
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 600.0
#: Where nothing is voiced the pitch is that of a voice between a man's and a woman's, so that its logarithm exists.
DEFAULT_PITCH_HZ = 150.0


@dataclass(frozen=True)
class Pitch:
    """At some moments of a recording."""

    hz: Array
    """Interpolated (in its logarithm) where there is no voice; never 0."""
    voicing: Array
    """0…1: how periodic the sound is, 0 where there is no voice."""


def analyse_pitch(samples: Samples, times_s: Array, audible: NDArray[np.bool_], progress: Progress = silent) -> Pitch:
    """Pitch and voicing at times_s [N], from 0 in even steps; audible [N] says where sound enough is for a voice.

    Works in blocks of some seconds, so memory does not grow with the recording.
    """
    hz = np.zeros(len(times_s))
    voicing = np.zeros(len(times_s))
    lowest, highest = _voice_range(samples)
    duration_s = len(samples) / SAMPLE_RATE
    for start_s in np.arange(0.0, duration_s, _BLOCK_S):
        progress("Finding pitch", start_s / duration_s)
        inside = slice(*np.searchsorted(times_s, [start_s, start_s + _BLOCK_S]))
        first_s = max(start_s - _MARGIN_S, 0.0)
        block = samples[int(first_s * SAMPLE_RATE) : int((start_s + _BLOCK_S + _MARGIN_S) * SAMPLE_RATE)]
        found_s, found_hz, strength = _track(block, _STEP_S, lowest, highest)
        if len(found_s):
            nearest = _nearest(found_s + first_s, times_s[inside])
            hz[inside], voicing[inside] = found_hz[nearest], strength[nearest]
    # a few periods by chance in a fricative or a release are no voice
    shortest = int(np.searchsorted(times_s, _SHORTEST_VOICE_S))
    voiced: NDArray[np.bool_] = np.asarray(binary_opening((hz > 0) & audible, np.ones(shortest)), dtype=np.bool_)
    return Pitch(_filled(hz, voiced), np.where(voiced, np.clip(voicing, 0.0, 1.0), 0.0))


def _voice_range(samples: Samples) -> tuple[float, float]:
    """The pitch range of this speaker (De Looze and Hirst 2008: from 0.75 of the lower to 1.5 of the upper quartile).

    Found from the middle minute at most; raised to 2 × the upper quartile, as lively speech goes higher.
    """
    middle, half = len(samples) // 2, int(_RANGE_S / 2 * SAMPLE_RATE)
    _, hz, _ = _track(samples[max(middle - half, 0) : middle + half], 4 * _STEP_S, _LOWEST_HZ, _HIGHEST_HZ)
    voiced = hz[hz > 0]
    if len(voiced) < 10:
        return _LOWEST_HZ, _HIGHEST_HZ
    lower, upper = np.percentile(voiced, [25, 75])
    return max(_LOWEST_HZ, 0.7 * float(lower)), min(_HIGHEST_HZ, 2.0 * float(upper))


def _track(samples: Samples, step_s: float, lowest_hz: float, highest_hz: float) -> tuple[Array, Array, Array]:
    """Times, pitch (0 = unvoiced) and strength of the periodicity; nothing where the sound is too short."""
    import parselmouth

    # Praat needs three periods of the lowest pitch
    if len(samples) / SAMPLE_RATE < 3.1 / lowest_hz:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    sound = parselmouth.Sound(samples.astype(np.float64), SAMPLE_RATE)
    pitch = sound.to_pitch_ac(time_step=step_s, pitch_floor=lowest_hz, pitch_ceiling=highest_hz)
    selected = pitch.selected_array
    return pitch.xs(), selected["frequency"], selected["strength"]


def _nearest(times_s: Array, wanted_s: Array) -> np.ndarray:
    """For each wanted time, the number of the nearest of times_s."""
    behind = np.clip(np.searchsorted(times_s, wanted_s), 1, max(len(times_s) - 1, 1))
    nearest = behind - (wanted_s - times_s[behind - 1] < times_s[np.minimum(behind, len(times_s) - 1)] - wanted_s)
    return np.clip(nearest, 0, len(times_s) - 1)


def _filled(hz: Array, voiced: NDArray[np.bool_]) -> Array:
    if not voiced.any():
        return np.full(len(hz), DEFAULT_PITCH_HZ)
    moments = np.flatnonzero(voiced)
    return np.exp(np.interp(np.arange(len(hz)), moments, np.log(hz[moments])))
