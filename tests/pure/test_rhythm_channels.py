"""What networks read of the rhythm: the published channels against their definition, ours against known sounds."""

from __future__ import annotations

import time
from math import ceil

import numpy as np
import pytest

from chironomy.formats.words import Word
from chironomy.speech.rhythm import analyse_rhythm
from chironomy.speech.rhythm_channels import (
    NORMALISED_CHANNELS,
    PUBLISHED_CHANNELS,
    normalised_channels,
    published_channels,
)
from chironomy.speech.types import FPS, SAMPLE_RATE, Audio, Rhythm

librosa = pytest.importorskip("librosa")


def syllables(duration_s: float) -> np.ndarray:
    """Four syllables a second, each setting in suddenly, each of another loudness."""
    rng = np.random.default_rng(0)
    t = np.arange(round(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    loud = rng.uniform(0.05, 0.5, int(4 * duration_s) + 1)[(4 * t).astype(int)]
    voice = sum(np.sin(2 * np.pi * 130 * k * t) / k for k in range(1, 9))
    return (0.3 * loud * np.exp(-8 * (t % 0.25)) * voice + rng.normal(0, 1e-3, len(t))).astype(np.float32)


def by_definition(x: np.ndarray) -> np.ndarray:
    """The three channels, written down as plainly as their definition."""
    count = len(x) // 512
    sliding_maximum = [np.abs(x[i : i + 1024]).max() for i in range(count)]
    energy = [np.sum(np.abs(x[512 * k : 512 * k + 1024].astype(np.float64)) ** 2) for k in range(count)]
    onset = np.zeros(count)
    found = librosa.onset.onset_detect(y=x, sr=16000, hop_length=512, units="frames")
    onset[found[found < count]] = 1
    at = np.linspace(0, count - 1, int(30 * len(x) / 16000))
    return np.stack([np.interp(at, np.arange(count), column) for column in (sliding_maximum, energy, onset)], axis=1)


@pytest.mark.parametrize("samples", [4800, 16_000, 16_383, 5 * SAMPLE_RATE + 17, 12 * SAMPLE_RATE])
def test_the_published_channels_are_those_of_their_definition(samples: int) -> None:
    sound = syllables(12.5)[:samples]
    found, expected = published_channels(sound), by_definition(sound)
    assert found.shape == (int(30 * samples / 16000), len(PUBLISHED_CHANNELS))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    assert samples < SAMPLE_RATE or expected[:, 2].any()


def test_onsets_do_not_depend_on_the_blocks_they_are_found_in(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = syllables(9.0)
    whole = published_channels(sound)
    monkeypatch.setattr("chironomy.speech.rhythm_channels._BLOCK_FRAMES", 31)
    np.testing.assert_allclose(published_channels(sound), whole, rtol=1e-5)


def test_the_published_amplitude_hears_the_first_samples_only() -> None:
    sound = syllables(8.0)
    changed = sound.copy()
    changed[2 * SAMPLE_RATE :] *= 0.1
    np.testing.assert_array_equal(published_channels(sound)[:, 0], published_channels(changed)[:, 0])


def test_the_published_channels_fit_the_takes_frames() -> None:
    sound = syllables(4.01)
    frames = ceil(len(sound) * FPS / SAMPLE_RATE)
    assert published_channels(sound, frames).shape == (frames, 3)
    np.testing.assert_allclose(published_channels(sound, frames)[[0, -1]], published_channels(sound)[[0, -1]])


def test_ten_minutes_of_published_channels_take_little_time() -> None:
    published_channels(syllables(1.0))  # librosa compiles
    sound = np.tile(syllables(60.0), 10)
    before = time.perf_counter()
    published_channels(sound)
    assert time.perf_counter() - before < 20  # the published code takes 90 s and 38 GB for its envelope alone


def test_our_channels_know_when_a_syllable_sounds_and_how_much_it_is_stressed() -> None:
    frames = 60
    quiet = np.zeros(frames)
    rhythm = Rhythm(quiet, quiet, quiet + 120.0, quiet, prominence=(0.4, 0.9), nuclei_s=(0.5, 1.5))
    prominence = normalised_channels(rhythm)[:, NORMALISED_CHANNELS.index("prominence")]
    assert prominence[15] == pytest.approx(0.4)
    assert prominence[45] == pytest.approx(0.9)
    np.testing.assert_array_equal(np.flatnonzero(prominence > 1e-6), [*range(12, 19), *range(42, 49)])


def test_our_channels_do_not_depend_on_the_recordings_gain() -> None:
    sound = syllables(6.0)
    words = [Word("one", 1.0, 1.25), Word("two", 2.0, 2.25)]
    loud, soft = (normalised_channels(analyse_rhythm(Audio(gain * sound), words)) for gain in np.float32([1.0, 0.1]))
    np.testing.assert_allclose(soft, loud, atol=0.05)
    assert np.abs(loud).max() <= 1.0
    assert np.isfinite(loud).all()


def test_pitch_is_told_in_octaves_of_the_speaker() -> None:
    frames = 30
    quiet = np.zeros(frames)
    pitch_hz = np.full(frames, 200.0)
    pitch_hz[20:] = 400.0
    rhythm = Rhythm(quiet, quiet, pitch_hz, np.ones(frames), (), ())
    pitch = normalised_channels(rhythm)[:, NORMALISED_CHANNELS.index("pitch")]
    np.testing.assert_allclose(pitch, [0.0] * 20 + [1.0] * 10)
