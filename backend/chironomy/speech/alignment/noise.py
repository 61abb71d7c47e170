"""Takes steady noise out of mel spectra, as PocketSphinx's front end does (`fe_noise.c`).

The acoustic model was trained on such spectra.

After G. Doblinger, "Computationally efficient speech enhancement by spectral minima tracking" (1995), and the temporal
masking of C. Kim and R. Stern's power-normalised cepstra.
"""

import numpy as np
from numpy.typing import NDArray

_SMOOTHING = 0.7
_RISE, _FALL = 0.995, 0.5
"""How slowly an estimate of the floor follows what is above it, and what is below it."""
_MASKING, _MASKED = 0.85, 0.2
_MOST_GAIN = 20.0
_FAINTEST = 1e-6
_NEIGHBOURS = 4
_PIECE = 2000  # frames
#: So many frames before a stretch are needed to judge its noise as if all that came before were known.
WARM_UP = 500


def without_noise(mel: NDArray[np.float32]) -> NDArray[np.float32]:
    """[T, F] mel powers without their steady part.

    The method goes from frame to frame. Long recordings are cut into pieces that are worked on side by side, each
    warmed up on the 5 s before it, so that the loop is never longer than a piece.
    """
    count = len(mel)
    if count <= _PIECE + WARM_UP:
        return mel * _smoothed(_gains(mel[:, None])[:, 0])
    pieces = -(-count // _PIECE)
    padded = np.concatenate(
        [np.repeat(mel[:1], WARM_UP, axis=0), mel, np.repeat(mel[-1:], pieces * _PIECE - count, axis=0)]
    )
    cut = np.stack([padded[k * _PIECE : (k + 1) * _PIECE + WARM_UP] for k in range(pieces)], axis=1)
    gains = np.swapaxes(_gains(cut)[WARM_UP:], 0, 1).reshape(-1, mel.shape[1])[:count]
    return mel * _smoothed(gains)


def _gains(mel: NDArray[np.float32]) -> NDArray[np.float32]:
    """[T, B, F]: by how much each power is to be weighted, for B pieces at once."""
    gains = np.empty_like(mel)
    power = mel[0].astype(np.float64)
    noise, floor, peak = power / _MOST_GAIN, power / _MOST_GAIN, np.zeros_like(power)
    for frame, now in enumerate(mel):
        power = _SMOOTHING * power + (1 - _SMOOTHING) * now
        noise = _followed(noise, power)
        signal = np.maximum(power - noise, 1.0)
        floor = _followed(floor, signal)
        peak *= _MASKING
        masked = np.where(signal < _MASKING * peak, peak * _MASKED, signal)
        peak = np.maximum(peak, signal)
        gains[frame] = np.maximum(masked, floor) / np.maximum(power, _FAINTEST)
    return np.clip(gains, 1 / _MOST_GAIN, _MOST_GAIN)


def _followed(floor: NDArray[np.float64], value: NDArray[np.float64]) -> NDArray[np.float64]:
    rate = np.where(value >= floor, _RISE, _FALL)
    return rate * floor + (1 - rate) * value


def _smoothed(gains: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each gain becomes the mean of those of the neighbouring bands."""
    bands = np.arange(gains.shape[1])
    near = (np.abs(bands[:, None] - bands) <= _NEIGHBOURS).astype(np.float32)
    return gains @ (near / near.sum(axis=0))
