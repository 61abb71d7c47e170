"""The rhythm of the voice as networks read it: our channels, and the three of the published SemTalk weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .types import FPS, SAMPLE_RATE, Array, Rhythm, Samples

Channels = NDArray[np.float32]

#: The columns of `normalised_channels`.
NORMALISED_CHANNELS = ("loudness", "onset", "pitch", "voicing", "prominence")
#: The columns of `published_channels`.
PUBLISHED_CHANNELS = ("amplitude", "energy", "onset")

#: Half the length of a syllable's bump of prominence; syllables of speech last about 0.2 s.
_HALF_SYLLABLE_S = 0.12
#: The grid of the published channels.
_HOP, _WINDOW = 512, 1024
_FFT = 2048
_BLOCK_FRAMES = 4096


def normalised_channels(rhythm: Rhythm) -> Channels:
    """[T, 5], frame k at k / 30 s, each against this recording alone: nothing depends on gain, room or voice.

    loudness: 0…1, level in decibels from the noise floor to loud speech; onset: 0…1, how suddenly energy sets in;
    pitch: octaves from the median of the voice, at most ±1; voicing: 0…1; prominence: 0…1, of the stressed syllables,
    each a bump around its nucleus.
    """
    columns = (
        rhythm.loudness,
        rhythm.onset,
        _octaves(rhythm.pitch_hz, rhythm.voicing),
        rhythm.voicing,
        _syllable_prominence(rhythm),
    )
    return np.stack(columns, axis=1).astype(np.float32)


def _octaves(pitch_hz: Array, voicing: Array) -> Array:
    voiced = pitch_hz[voicing > 0]
    middle = np.median(voiced) if len(voiced) else np.median(pitch_hz)
    return np.clip(np.log2(pitch_hz / middle), -1.0, 1.0)


def _syllable_prominence(rhythm: Rhythm) -> Array:
    """[T]: a raised cosine of the word's prominence around each nucleus, the highest where they overlap."""
    out = np.zeros(len(rhythm.loudness))
    reach = int(np.ceil(_HALF_SYLLABLE_S * FPS))
    for prominence, nucleus_s in zip(rhythm.prominence, rhythm.nuclei_s, strict=True):
        centre = round(nucleus_s * FPS)
        frames = np.arange(max(centre - reach, 0), min(centre + reach + 1, len(out)))
        distance = np.minimum(np.abs(frames / FPS - nucleus_s) / _HALF_SYLLABLE_S, 1.0)
        out[frames] = np.maximum(out[frames], prominence * 0.5 * (1.0 + np.cos(np.pi * distance)))
    return out


def published_channels(samples: Samples, frames: int | None = None) -> Channels:
    """[frames, 3], as the published weights of SemTalk were trained with, for sound [N] at 16 kHz.

    amplitude: with the published defect, the envelope of the first ⌊N / 512⌋ **samples** stretched over the whole
    recording, so it tells nothing of time; energy: sums of squares, not normalised; onset: 1 where librosa finds one.
    All three lie 31.25 times a second and are interpolated onto `frames` frames (published: ⌊30 N / 16000⌋), the first
    and the last value staying in place.
    """
    count = len(samples) // _HOP
    columns = (_envelope_of_the_start(samples, count), _energy(samples, count), _onsets(samples, count))
    positions = np.linspace(0, count - 1, FPS * len(samples) // SAMPLE_RATE if frames is None else frames)
    return np.stack([np.interp(positions, np.arange(count), c) for c in columns], axis=1).astype(np.float32)


def _envelope_of_the_start(samples: Samples, count: int) -> Array:
    """[count]: for each of the first `count` samples the largest magnitude among it and the 1023 behind it."""
    from scipy.ndimage import maximum_filter1d

    start = np.abs(samples[: count + _WINDOW - 1])
    return maximum_filter1d(start, _WINDOW, mode="constant", origin=-(_WINDOW // 2))[:count]


def _energy(samples: Samples, count: int) -> Array:
    """[count]: the sum of squares over 1024 samples from each 512th on; fewer at the end."""
    padded = np.pad(samples[: (count + 1) * _HOP], (0, max((count + 1) * _HOP - len(samples), 0)))
    halves = np.einsum("ij,ij->i", *2 * (padded.reshape(count + 1, _HOP).astype(np.float64),))
    return halves[:-1] + halves[1:]


def _onsets(samples: Samples, count: int) -> Array:
    """[count]: 1 where librosa's onset_detect finds one in sound at 16 kHz with a hop of 512.

    The spectrum is made in blocks: librosa itself would hold 1.4 GB for an hour.
    """
    import librosa

    bands_db = librosa.power_to_db(_mel_power(samples))
    strength = librosa.onset.onset_strength(S=bands_db, sr=SAMPLE_RATE, n_fft=_FFT, hop_length=_HOP)
    found = librosa.onset.onset_detect(onset_envelope=strength, sr=SAMPLE_RATE, hop_length=_HOP, units="frames")
    onsets = np.zeros(count)
    onsets[found[found < count]] = 1.0
    return onsets


def _mel_power(samples: Samples) -> Samples:
    """[128, 1 + ⌊N / 512⌋], librosa's mel spectrogram with its defaults for onsets, made block by block."""
    import librosa

    frames = 1 + len(samples) // _HOP
    padded = np.pad(samples, _FFT // 2)
    out = np.empty((128, frames), dtype=np.float32)
    for start in range(0, frames, _BLOCK_FRAMES):
        stop = min(start + _BLOCK_FRAMES, frames)
        block = padded[start * _HOP : (stop - 1) * _HOP + _FFT]
        out[:, start:stop] = librosa.feature.melspectrogram(
            y=block, sr=SAMPLE_RATE, n_fft=_FFT, hop_length=_HOP, center=False, fmax=SAMPLE_RATE / 2
        )
    return out
