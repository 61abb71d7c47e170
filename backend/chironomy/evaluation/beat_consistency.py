"""Beat consistency (BC): does a joint come to rest near each onset of the sound? 0…1.

For every onset b of the sound exp(−(a − b)² / 2σ²) with the nearest beat a of the motion, averaged over onsets, joints
and clips. A beat is a local minimum of a joint's speed. More movement always raises it: look at it beside the amount.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..motion.measure import speed
from ..motion.resample import resample_linear
from ..motion.rotations import Array
from ..motion.skeleton import INDEX
from .nearest import to_nearest

FPS = 30
SAMPLE_RATE = 16_000
_HOP = 512
#: Spine, neck, collars, head and arms without the fingers.
JOINTS = (3, 6, 9, *range(12, 22))
_SIGMA_S = 0.3
#: A minimum is lower than this many frames on either side.
_ORDER = 7
#: Neither the first nor the last two seconds count.
_MARGIN_S = 2
_MARGIN_FRAMES = _MARGIN_S * FPS
#: Slower minima than this part of the joint's mean speed are no beats.
_SLOWEST, _SLOWEST_EVALTOOLS = 0.3, 0.1
#: Librosa's default, which SemGes takes its 16 kHz sound for; and the rate of SemGes's motion, taken for 30.
_ASSUMED_RATE, _SEMGES_FPS = 22_050, 15

Onsets = Callable[[Array], Array]


@dataclass(frozen=True)
class BeatClip:
    """A motion with its sound; both start at time 0."""

    positions: Array
    """[T, 55, 3] at 30 fps, metres, the root's way removed."""
    samples: Array
    """[N] at 16 kHz."""


def librosa_onsets(samples: Array) -> Array:
    """Times of onsets in sound at 16 kHz, seconds, as librosa finds them with a hop of 512 samples."""
    from librosa.onset import onset_detect

    if len(samples) < 2 * _HOP:
        return np.zeros(0)
    return onset_detect(y=np.asarray(samples, dtype=np.float32), sr=SAMPLE_RATE, hop_length=_HOP, units="time")


def mean_speeds(motions: Iterable[ArrayLike]) -> Array:
    """[55], m/s: the mean speed of every joint over motions [T, 55, 3] at 30 fps; what beats are measured against."""
    return np.concatenate([speed(positions, FPS) for positions in motions]).mean(axis=0)


def corrected(clips: Sequence[BeatClip], speeds: Array, onsets: Onsets = librosa_onsets) -> float:
    """BC with minima and their speeds from the same frames, on the motion as it is; NaN where nothing can be measured.

    speeds [55], m/s: see mean_speeds.
    """
    return _average(clips, lambda clip: _clip(clip.positions, _inner_onsets(clip, onsets), speeds, _own_frame))


def published(clips: Sequence[BeatClip], speeds: Array, onsets: Onsets = librosa_onsets) -> float:
    """BC as SemTalk and EMAGE print it: of positions that L1 diversity, run before on the same array, has folded into
    |x − mean|; with each minimum's speed looked up 60 frames too early; with sound up to 2 s before its own end.
    """

    def of(clip: BeatClip) -> float:
        return _clip(folded(clip.positions), _onsets_to_end_of_sound(clip, onsets), speeds, _frame_too_early)

    return _average(clips, of)


def emage_evaltools(clips: Sequence[BeatClip], speeds: Array, onsets: Onsets = librosa_onsets) -> float:
    """BC of PantoMatrix's evaluator: not folded, slower minima count too, their speeds 60 frames too early."""

    def of(clip: BeatClip) -> float:
        found = _inner_onsets(clip, onsets)
        return _clip(clip.positions, found, speeds, _frame_too_early, slowest=_SLOWEST_EVALTOOLS)

    return _average(clips, of)


def semges(clips: Sequence[BeatClip], speeds: Array, onsets: Onsets = librosa_onsets) -> float:
    """BC as SemGes's release measures it: the right wrist alone, 15 fps motion taken for 30, onsets at 0.726 of their
    times. (What its specification leaves open is as in `corrected`.)
    """

    def of(clip: BeatClip) -> float:
        slow = resample_linear(clip.positions, FPS, _SEMGES_FPS)
        early = _inner_onsets(clip, onsets) * SAMPLE_RATE / _ASSUMED_RATE
        return _clip(slow, early, speeds, _own_frame, joints=(INDEX["right_wrist"],))

    return _average(clips, of)


def by_chance(clips: Sequence[BeatClip], speeds: Array) -> float:
    """The corrected BC that onsets anywhere would give: what of it comes from the amount of movement alone."""
    return corrected(clips, speeds, lambda samples: np.arange(len(samples) * FPS // SAMPLE_RATE) / FPS)


def folded(positions: ArrayLike) -> Array:
    """|x − mean over time|: what the published L1 diversity leaves in the array that it was given."""
    positions = np.asarray(positions, dtype=float)
    return np.abs(positions - positions.mean(axis=0))


def nearness(onsets_s: Array, beats_s: Array) -> float:
    """0…1: how near the nearest beat is to each onset, on average; NaN without onsets, 0 without beats."""
    if len(onsets_s) == 0:
        return float("nan")
    if len(beats_s) == 0:
        return 0.0
    off = to_nearest(onsets_s, beats_s)
    return float(np.mean(np.exp(-(off**2) / (2 * _SIGMA_S**2))))


def _own_frame(minima: NDArray[np.int_]) -> NDArray[np.int_]:
    return minima + _MARGIN_FRAMES


def _frame_too_early(minima: NDArray[np.int_]) -> NDArray[np.int_]:
    return minima


def _clip(
    positions: Array,
    onsets_s: Array,
    speeds: Array,
    frame_of: Callable[[NDArray[np.int_]], NDArray[np.int_]],
    slowest: float = _SLOWEST,
    joints: Sequence[int] = JOINTS,
) -> float:
    """BC of one clip; `frame_of` says at which frame of the clip a minimum's speed is read. Times from 2 s on."""
    from scipy.signal import argrelmin

    relative = speed(positions, FPS) / np.maximum(speeds, 1e-9)
    inner = relative[_MARGIN_FRAMES : len(relative) - _MARGIN_FRAMES]
    found = []
    for joint in joints:
        minima = argrelmin(inner[:, joint], order=_ORDER)[0]
        beats = minima[relative[frame_of(minima), joint] > slowest]
        found.append(nearness(onsets_s, beats / FPS))
    return float(np.mean(found))


def _inner_onsets(clip: BeatClip, onsets: Onsets) -> Array:
    """Onsets of the sound from 2 s to 2 s before the motion's end, from 2 s on."""
    end = round((len(clip.positions) / FPS - _MARGIN_S) * SAMPLE_RATE)
    return onsets(clip.samples[_MARGIN_S * SAMPLE_RATE : max(end, 0)])


def _onsets_to_end_of_sound(clip: BeatClip, onsets: Onsets) -> Array:
    """The same up to 2 s before the end of the sound, or the motion's own end where that comes first."""
    of_motion = clip.samples[: round(len(clip.positions) / FPS * SAMPLE_RATE)]
    return onsets(of_motion[_MARGIN_S * SAMPLE_RATE : max(len(clip.samples) - _MARGIN_S * SAMPLE_RATE, 0)])


def _average(clips: Sequence[BeatClip], of: Callable[[BeatClip], float]) -> float:
    """The mean over clips that are long enough and have onsets, by the frames that count."""
    total, weights = 0.0, 0.0
    for clip in clips:
        weight = len(clip.positions) - 2 * _MARGIN_FRAMES
        value = of(clip) if weight > 0 else float("nan")
        if np.isfinite(value):
            total, weights = total + weight * value, weights + weight
    return total / weights if weights else float("nan")
