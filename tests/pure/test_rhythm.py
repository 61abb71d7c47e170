"""The course of the voice: sounds with known times and pitch, and sentences in which one word is stressed by hand."""

import shutil
import subprocess
from itertools import pairwise
from math import ceil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="needs scipy")
pytest.importorskip("parselmouth", reason="needs praat-parselmouth")
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from chironomy.formats.words import Phone, TimingMethod, Word
from chironomy.progress import Cancelled
from chironomy.speech.audio import read_audio
from chironomy.speech.rhythm import analyse_rhythm, frames_of
from chironomy.speech.types import FPS, SAMPLE_RATE, Audio

HALF_FRAME_S = 0.5 / FPS


def noise(duration_s: float, level: float = 1e-4) -> np.ndarray:
    return np.random.default_rng(0).normal(0, level, round(duration_s * SAMPLE_RATE))


def tone(samples: np.ndarray, start_s: float, end_s: float, hz: float, level: float = 0.1) -> None:
    """Adds a voice-like tone with seven harmonics."""
    t = np.arange(len(samples)) / SAMPLE_RATE
    inside = (t >= start_s) & (t < end_s)
    samples[inside] += level * sum(np.sin(2 * np.pi * hz * k * t[inside]) / k for k in range(1, 8))


def audio(samples: np.ndarray) -> Audio:
    return Audio(samples.astype(np.float32))


def peak_near(values: np.ndarray, time_s: float) -> float:
    """The time of the highest value within 0.15 s of time_s, to a fraction of a frame (parabola through three)."""
    frames = np.arange(max(ceil((time_s - 0.15) * FPS), 1), int((time_s + 0.15) * FPS) + 1)
    k = frames[np.argmax(values[frames])]
    before, at, after = values[k - 1 : k + 2]
    return (k + 0.5 * (before - after) / min(before - 2 * at + after, -1e-9)) / FPS


@settings(max_examples=25, deadline=None)
@given(st.floats(0.3, 1.6))
def test_a_click_is_loud_and_sets_in_when_it_sounds(time_s: float) -> None:
    samples = noise(2.0)
    first = round(time_s * SAMPLE_RATE)
    samples[first : first + 64] += 0.5
    rhythm = analyse_rhythm(audio(samples))
    assert abs(peak_near(rhythm.loudness, time_s) - time_s) < HALF_FRAME_S
    assert abs(peak_near(rhythm.onset, time_s) - time_s) < HALF_FRAME_S


@settings(max_examples=25, deadline=None)
@given(st.floats(0.3, 1.0), st.floats(0.3, 0.8), st.floats(90, 350))
def test_a_tone_has_its_onset_loudness_and_pitch_in_its_own_frames(start_s: float, length_s: float, hz: float) -> None:
    samples = noise(2.2)
    tone(samples, start_s, start_s + length_s, hz)
    rhythm = analyse_rhythm(audio(samples))
    times_s = np.arange(len(rhythm.loudness)) / FPS
    inside = (times_s > start_s + 0.06) & (times_s < start_s + length_s - 0.06)
    outside = (times_s < start_s - 0.06) | (times_s > start_s + length_s + 0.06)
    assert rhythm.loudness[inside].min() > 0.9
    assert rhythm.loudness[outside].max() < 0.1
    loud = times_s[rhythm.loudness > 0.5]
    assert abs(loud[0] - start_s) < 1 / FPS
    assert abs(loud[-1] - start_s - length_s) < 1 / FPS
    assert abs(peak_near(rhythm.onset, start_s) - start_s) < HALF_FRAME_S
    np.testing.assert_allclose(rhythm.pitch_hz[inside], hz, rtol=0.01)
    assert rhythm.voicing[inside].min() > 0.9
    assert rhythm.voicing[outside].max() < 0.1


@pytest.mark.parametrize("length", [4_800, 16_000, 16_001, 15_999, 16_533, 16_534, 47_999])
def test_there_is_a_frame_for_every_thirtieth_begun(length: int) -> None:
    sound = audio(noise(4)[:length])
    rhythm = analyse_rhythm(sound)
    frames = ceil(length * 30 / 16_000)
    assert frames_of(sound) == frames
    for course in (rhythm.loudness, rhythm.onset, rhythm.pitch_hz, rhythm.voicing):
        assert course.shape == (frames,)
        assert np.isfinite(course).all()


def test_loudness_does_not_depend_on_the_recordings_level_or_its_pauses() -> None:
    samples = noise(3.0)
    for k in range(4):
        tone(samples, 0.3 + 0.6 * k, 0.7 + 0.6 * k, 150, 0.05 + 0.05 * k)
    rhythm = analyse_rhythm(audio(samples))
    np.testing.assert_allclose(analyse_rhythm(audio(samples * 0.02)).loudness, rhythm.loudness, atol=0.02)
    padded = analyse_rhythm(audio(np.concatenate([samples, noise(6.0)])))
    np.testing.assert_allclose(padded.loudness[:88], rhythm.loudness[:88], atol=0.05)


def test_without_a_voice_there_is_a_pitch_but_no_voicing() -> None:
    rhythm = analyse_rhythm(audio(noise(2.0, 0.05)))
    assert rhythm.voicing.max() < 0.1
    assert (rhythm.pitch_hz > 0).all()


def test_pitch_is_carried_over_what_is_unvoiced() -> None:
    samples = noise(2.0)
    tone(samples, 0.2, 0.8, 100)
    tone(samples, 1.2, 1.8, 200)
    pitch_hz = analyse_rhythm(audio(samples)).pitch_hz
    assert abs(pitch_hz[30] - np.sqrt(100 * 200)) < 5
    assert (np.diff(pitch_hz[20:40]) > -0.1).all()


def test_blocks_leave_no_seams(monkeypatch) -> None:
    samples = noise(6.0, 0.001)
    for k in range(9):
        tone(samples, 0.2 + 0.6 * k, 0.6 + 0.6 * k, 110 + 15 * k)
    whole = analyse_rhythm(audio(samples))
    monkeypatch.setattr("chironomy.speech.pitch._BLOCK_S", 0.97)
    monkeypatch.setattr("chironomy.speech.spectrum._BLOCK_FRAMES", 37)
    pieces = analyse_rhythm(audio(samples))
    np.testing.assert_allclose(pieces.loudness, whole.loudness, atol=1e-5)
    np.testing.assert_allclose(pieces.onset, whole.onset, atol=1e-5)
    voiced = (whole.voicing > 0.9) & (pieces.voicing > 0.9)
    assert voiced.sum() > 60
    np.testing.assert_allclose(pieces.pitch_hz[voiced], whole.pitch_hz[voiced], rtol=0.01)


def test_the_nucleus_is_the_loudest_moment_of_the_stressed_vowel() -> None:
    samples = noise(2.0)
    t = np.arange(len(samples)) / SAMPLE_RATE
    tone(samples, 0.3, 1.5, 140, 0.1)
    samples *= 1 + 3 * np.exp(-0.5 * ((t - 1.1) / 0.04) ** 2) + 6 * np.exp(-0.5 * ((t - 0.5) / 0.04) ** 2)
    phones = (Phone("AH0", 0.4, 0.7), Phone("L", 0.7, 0.9), Phone("AW1", 0.9, 1.3))
    stressed = Word("allow", 0.4, 1.3, phones)
    unknown = Word("allow", 0.4, 1.3)
    rhythm = analyse_rhythm(audio(samples), [stressed])
    assert rhythm.nuclei_s == pytest.approx([1.1], abs=0.02)
    assert analyse_rhythm(audio(samples), [unknown]).nuclei_s == pytest.approx([0.5], abs=0.02)


def test_words_at_the_edges_and_of_no_length_are_dealt_with() -> None:
    words = [Word("a", 0.0, 0.0), Word("b", 0.0, 0.5), Word("c", 0.9, 1.0), Word("d", 1.0, 1.4)]
    rhythm = analyse_rhythm(audio(noise(1.0, 0.1)), words)
    assert len(rhythm.prominence) == len(rhythm.nuclei_s) == 4
    assert all(0 <= p <= 1 for p in rhythm.prominence)
    assert all(0 <= t <= 1 for t in rhythm.nuclei_s)
    assert analyse_rhythm(audio(noise(1.0, 0.1)), []).prominence == ()


def test_progress_is_told_and_can_cancel() -> None:
    told: list[float] = []
    analyse_rhythm(audio(noise(3.0)), [], lambda _stage, fraction: told.append(fraction))
    assert told
    assert all(a <= b for a, b in pairwise(told))
    assert 0 <= told[0] <= told[-1] <= 1

    def cancel(_stage: str, _fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        analyse_rhythm(audio(noise(3.0)), [], cancel)


#: Flite's phones for a sentence of content words, word by word, with the dictionary's stress.
SENTENCE = {
    "seven": "S EH1 V AX0 N",
    "yellow": "Y EH1 L OW0",
    "birds": "B ER1 D Z",
    "carry": "K AE1 R IY0",
    "heavy": "HH EH1 V IY0",
    "stones": "S T OW1 N Z",
}


@pytest.fixture(scope="module")
def sentence(tmp_path_factory: pytest.TempPathFactory) -> tuple[Audio, list[Word]]:
    """Spoken by flite, with its own phone times."""
    flite = shutil.which("flite")
    if flite is None:
        pytest.skip("flite is not installed")
    path = tmp_path_factory.mktemp("flite") / "sentence.wav"
    run = subprocess.run(
        [flite, "-voice", "rms", "-psdur", "-t", " ".join(SENTENCE), "-o", str(path)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    ends = [(phone, float(end)) for phone, end in (item.split(":") for item in run.stdout.split())]
    timed = [(phone, start, end) for (_, start), (phone, end) in pairwise([("", 0.0), *ends]) if phone != "pau"]
    words, k = [], 0
    for text, labels in SENTENCE.items():
        own = [Phone(label.replace("AX", "AH"), *timed[k + n][1:]) for n, label in enumerate(labels.split())]
        assert [label.lower().strip("012") for label in labels.split()] == [p for p, _, _ in timed[k : k + len(own)]]
        words.append(Word(text, own[0].start_s, own[-1].end_s, tuple(own)))
        k += len(own)
    return read_audio(path), words


def test_nuclei_lie_in_the_stressed_vowels_of_a_sentence(sentence: tuple[Audio, list[Word]]) -> None:
    sound, words = sentence
    for word, nucleus_s in zip(words, analyse_rhythm(sound, words).nuclei_s, strict=True):
        (vowel,) = [phone for phone in word.phones if phone.label.endswith("1")]
        assert vowel.start_s <= nucleus_s <= vowel.end_s


def louder(sound: Audio, word: Word, decibels: float) -> Audio:
    samples = sound.samples.copy()
    samples[int(word.start_s * SAMPLE_RATE) : int(word.end_s * SAMPLE_RATE)] *= 10 ** (decibels / 20)
    return Audio(samples)


def higher(sound: Audio, word: Word, factor: float) -> Audio:
    """The word's pitch times factor, its length kept (Praat's overlap-add)."""
    import parselmouth
    from parselmouth.praat import call

    manipulation = call(parselmouth.Sound(sound.samples.astype(float), SAMPLE_RATE), "To Manipulation", 0.01, 60, 400)
    tier = call(manipulation, "Extract pitch tier")
    call(tier, "Multiply frequencies", word.start_s, word.end_s, factor)
    call([tier, manipulation], "Replace pitch tier")
    return Audio(call(manipulation, "Get resynthesis (overlap-add)").values[0].astype(np.float32))


@pytest.mark.parametrize("k", range(len(SENTENCE)))
@pytest.mark.parametrize(
    "stress", [lambda a, w: louder(a, w, 8.0), lambda a, w: higher(a, w, 1.35)], ids=["loud", "high"]
)
def test_a_word_said_louder_or_higher_gains_prominence_and_becomes_the_first(sentence, stress, k: int) -> None:
    sound, words = sentence
    plain = higher(sound, words[k], 1.0)
    before = analyse_rhythm(plain, words).prominence
    after = analyse_rhythm(stress(plain, words[k]), words).prominence
    assert after[k] > before[k] + 0.1
    assert after[k] > 0.5
    gains = [b - a for a, b in zip(before, after, strict=True)]
    assert np.argmax(gains) == k


def test_a_function_word_needs_more_to_be_prominent(sentence: tuple[Audio, list[Word]]) -> None:
    sound, words = sentence
    as_function_word = [*words[:2], Word("the", words[2].start_s, words[2].end_s, words[2].phones), *words[3:]]
    plain, lowered = analyse_rhythm(sound, words).prominence, analyse_rhythm(sound, as_function_word).prominence
    assert lowered[2] < plain[2] - 0.1
    assert analyse_rhythm(louder(sound, words[2], 10.0), as_function_word).prominence[2] > lowered[2] + 0.1


def test_estimated_words_are_judged_with_less_trust(sentence: tuple[Audio, list[Word]]) -> None:
    sound, words = sentence
    estimated = [Word(w.text, w.start_s, w.end_s, w.phones, method=TimingMethod.ESTIMATED) for w in words]
    plain = analyse_rhythm(sound, words).prominence
    careful = analyse_rhythm(sound, estimated).prominence
    assert np.std(careful) < np.std(plain)


def test_a_real_recording_stresses_the_words_one_hears() -> None:
    path = Path(__file__).parents[3] / "shared" / "data" / "speech" / "clips" / "jfk.flac"
    if not path.is_file():
        pytest.skip(f"{path} is missing")
    sound = read_audio(path)
    # read off the spectrogram: "ask not" and "for you" of the first part, with "can" and "for" between them
    words = [
        Word("ask", 3.25, 4.0),
        Word("not", 4.0, 4.3),
        Word("country", 5.87, 6.42),
        Word("can", 6.42, 6.66),
        Word("do", 6.66, 6.92),
        Word("for", 6.92, 7.05),
        Word("you", 7.05, 7.68),
    ]
    prominence = dict(zip((w.text for w in words), analyse_rhythm(sound, words).prominence, strict=True))
    assert min(prominence["ask"], prominence["not"], prominence["country"]) > prominence["can"]
    assert prominence["you"] > prominence["for"]


def test_the_shortest_recording_that_is_read_can_be_analysed(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    soundfile.write(path, noise(0.31, 0.1), SAMPLE_RATE)
    rhythm = analyse_rhythm(read_audio(path), [Word("hm", 0.1, 0.2)])
    assert np.isfinite(rhythm.prominence[0])
    assert len(rhythm.loudness) == ceil(0.31 * 30)
