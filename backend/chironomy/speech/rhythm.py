"""The course of the voice at 30 fps, and which words it stresses."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..formats.words import Word
from ..progress import Progress, silent, within
from .pitch import analyse_pitch
from .prominence import find_nuclei, nucleus_windows, stressed_vowels, word_prominence
from .spectrum import FINE_FPS, OVERSAMPLING, analyse_spectrum, loudness, onset_strength
from .types import FPS, SAMPLE_RATE, Audio, Rhythm

#: Sound this far above the noise floor may be a voice.
_AUDIBLE_DB = 6.0


def analyse_rhythm(audio: Audio, words: Sequence[Word] = (), progress: Progress = silent) -> Rhythm:
    """Loudness, onsets, pitch and voicing of T = ⌈duration · 30⌉ frames, frame k centred at k / 30 s; and of each word
    its prominence and the nucleus of its stressed syllable.

    Time and memory grow linearly with the recording; everything is measured against this recording alone.
    """
    frame_count = frames_of(audio)
    spectrum = analyse_spectrum(audio.samples, frame_count, within(progress, 0.0, 0.25))
    times_s = np.arange(len(spectrum.level_db)) / FINE_FPS
    audible = spectrum.level_db > spectrum.floor_db + _AUDIBLE_DB
    pitch = analyse_pitch(audio.samples, times_s, audible, within(progress, 0.25, 0.85))
    vowels = stressed_vowels(words, spectrum.level_db)
    windows_s = np.clip(nucleus_windows(words, vowels), 0.0, audio.duration_s)
    return Rhythm(
        loudness=loudness(spectrum),
        onset=onset_strength(spectrum, within(progress, 0.85, 0.95)),
        pitch_hz=pitch.hz[::OVERSAMPLING],
        voicing=np.clip(gaussian_filter1d(pitch.voicing, OVERSAMPLING / 2)[::OVERSAMPLING], 0.0, 1.0),
        prominence=tuple(float(p) for p in word_prominence(words, vowels, windows_s, spectrum.level_db, pitch)),
        nuclei_s=tuple(float(t) for t in find_nuclei(windows_s, spectrum.level_db, pitch.voicing)),
    )


def frames_of(audio: Audio) -> int:
    """How many frames at FPS a recording has; exact, as its samples are counted in whole numbers."""
    return ceil(len(audio.samples) * FPS / SAMPLE_RATE)
