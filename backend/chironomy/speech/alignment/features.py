"""Mel cepstra as the acoustic model was trained on them: 100 frames a second, three streams of 13.

Follows the settings in the model's `feat.params` and PocketSphinx's front end (`fe_sigproc.c`, `feat.c`).
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from ..types import SAMPLE_RATE, Samples
from .noise import WARM_UP, without_noise

FRAMES_PER_S = 100
CEPSTRA = 13
#: Frames on each side that the differences of a frame look at.
CONTEXT = 3

_SHIFT = SAMPLE_RATE // FRAMES_PER_S
_WINDOW = 410
_FFT = 512
_FILTERS = 25
_LOWEST_HZ, _HIGHEST_HZ = 130.0, 6800.0
_LIFTER = 22
_PRE_EMPHASIS = 0.97
_FULL_SCALE = np.float32(32767)  # the model was trained on 16-bit samples
_FLOOR = 1e-4
#: Frames are silent that are so much quieter (35 dB, in the first cepstrum) than the loudest 1/200.
_LOUD_SHARE, _LOUD_RANGE = 0.995, 40.0
_BLOCK, _SMALL_BLOCK = 20_000, 2000  # frames at a time, so that memory does not grow with the length


def cepstra(samples: Samples, report: Callable[[float], None] = lambda _: None) -> NDArray[np.float32]:
    """[T, 13] of samples −1…1; T = one frame for every 10 ms that a whole window fits in, at least one."""
    sound = np.pad(samples, (1, max(0, _WINDOW - len(samples))))  # one before, for the pre-emphasis
    windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW + 1)[::_SHIFT]
    result = np.empty((len(windows), CEPSTRA), np.float32)
    for start in range(0, len(windows), _BLOCK):
        warm_up = min(start, WARM_UP)
        mel: list[NDArray[np.float32]] = []
        for first in range(start - warm_up, min(start + _BLOCK, len(windows)), _SMALL_BLOCK):
            report(max(first, 0) / len(windows))
            mel.append(_mel_powers(windows[first : min(first + _SMALL_BLOCK, start + _BLOCK)]))
        result[start : start + _BLOCK] = _cepstra_of(without_noise(np.concatenate(mel))[warm_up:])
    return result


def _cepstra_of(mel: NDArray[np.float32]) -> NDArray[np.float32]:
    cosines = np.asarray(scipy.fft.dct(np.log(mel + _FLOOR), norm="ortho", axis=1))
    lifter = 1 + _LIFTER / 2 * np.sin(np.arange(CEPSTRA) * np.pi / _LIFTER)
    return (cosines[:, :CEPSTRA] * lifter).astype(np.float32)


def speech_mean(cepstra: NDArray[np.float32]) -> NDArray[np.float32]:
    """[13] the mean over frames that are not silent: what the voice and the room have in common."""
    loudness = cepstra[:, 0]
    return cepstra[loudness >= np.quantile(loudness, _LOUD_SHARE) - _LOUD_RANGE].mean(axis=0)


def _mel_powers(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    emphasised = (windows[:, 1:] - np.float32(_PRE_EMPHASIS) * windows[:, :-1]) * _FULL_SCALE
    spectrum: NDArray[np.complex64] = np.asarray(
        scipy.fft.rfft(emphasised * np.hamming(_WINDOW).astype(np.float32), _FFT, axis=1)
    )
    power = spectrum.real**2 + spectrum.imag**2
    return power @ _mel_filters()


@cache
def _mel_filters() -> NDArray[np.float32]:
    """[257, 25] triangles of equal area, equally spaced on the mel scale, their corners on lines of the spectrum."""

    def to_mel(hz: float) -> float:
        return 2595 * np.log10(1 + hz / 700)

    mels = np.linspace(to_mel(_LOWEST_HZ), to_mel(_HIGHEST_HZ), _FILTERS + 2)
    line_hz = SAMPLE_RATE / _FFT
    corners = np.floor(700 * (10 ** (mels / 2595) - 1) / line_hz + 0.5) * line_hz
    frequency = np.arange(_FFT // 2 + 1)[:, None] * line_hz
    left, centre, right = corners[:-2], corners[1:-1], corners[2:]
    rising = (frequency - left) / (centre - left)
    falling = (right - frequency) / (right - centre)
    return (np.maximum(np.minimum(rising, falling), 0) * 2 / (right - left)).astype(np.float32)


def streams(cepstra: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """[3, T, 13]: cepstra less the recording's mean, their first and their second differences."""
    padded = np.pad(cepstra, ((CONTEXT, CONTEXT), (0, 0)), mode="edge")
    count = len(cepstra)

    def at(offset: int) -> NDArray[np.float32]:
        return padded[CONTEXT + offset : CONTEXT + offset + count]

    first = at(2) - at(-2)
    second = (at(3) - at(-1)) - (at(1) - at(-3))
    return np.stack([cepstra - mean, first, second])
