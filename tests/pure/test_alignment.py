"""Words and phones get their times; what is not in the sound is estimated, and the fit says so."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chironomy.errors import UserError
from chironomy.formats.words import TimingMethod
from chironomy.progress import Cancelled
from chironomy.speech.align import align
from chironomy.speech.audio import read_audio
from chironomy.speech.transcript import Passage, transcript_of_text
from chironomy.speech.types import SAMPLE_RATE, Audio
from chironomy.training.corpus.synthesis.voices import Voice, speak

REPOSITORY = Path(__file__).parents[2]
RECORDINGS = REPOSITORY.parent / "shared" / "data" / "speech"

SENTENCES = [
    "In 1961 the President asked what we can do for our country.",
    "Mrs. Rodriguez arrived in Chicago on the 23rd of March, 1998.",
    "They'd rather stay here than go there, wouldn't they?",
    "Please call Stella and ask her to bring 6 spoons of fresh snow peas.",
    "The quick brown fox jumps over the lazy dog; it wasn't tired at all.",
    "Hello everyone, welcome to our little workshop on animation.",
]
OTHER_TEXT = "No, I don't think that's a good idea, but maybe Elizabeth would have told Alexander about it."


@pytest.fixture(scope="module")
def spoken():
    """[(text, sound, its true times)], by a woman and a man."""
    try:
        return [
            (text, *speak(transcript_of_text(text), Voice("flite", name, 1.0)))
            for name in ("slt", "rms")
            for text in SENTENCES
        ]
    except UserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def sentence(spoken):
    text, audio, _ = spoken[4]
    return text, replace(audio, source="fox.wav")


def require_order(result, duration_s, transcript):
    """What holds for every alignment, however bad."""
    assert [w.text for w in result.words] == [t.text for t in transcript.tokens]
    times = [time for word in result.words for time in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= duration_s + 1e-9
    for word in result.words:
        assert word.phones
        assert word.phones[0].start_s == pytest.approx(word.start_s)
        assert word.phones[-1].end_s == pytest.approx(word.end_s)
        assert 0 <= word.confidence <= 1
    assert 0 <= result.fit <= 1


def test_word_onsets_are_where_the_synthesiser_put_them(spoken):
    errors = []
    for text, audio, truth in spoken:
        result = align(audio, transcript_of_text(text))
        assert result.fit > 0.8
        errors += [abs(w.start_s - true.start_s) for w, true in zip(result.words, truth.words, strict=True)]
    assert np.median(errors) <= 0.025
    assert np.quantile(errors, 0.9) <= 0.060


def test_vowels_carry_stress_digits(sentence):
    text, audio = sentence
    words = {w.text: w for w in align(audio, transcript_of_text(text)).words}
    assert [p.label for p in words["lazy"].phones] == ["L", "EY1", "Z", "IY0"]


def test_the_text_of_another_recording_fits_badly_and_still_gets_times(sentence):
    _, audio = sentence
    transcript = transcript_of_text(OTHER_TEXT, "other.txt")
    result = align(audio, transcript)
    require_order(result, audio.duration_s, transcript)
    assert result.fit < 0.4
    assert any(notice.startswith("other.txt: fits the recording badly") for notice in result.notices)
    estimated = [w for w in result.words if w.method is TimingMethod.ESTIMATED]
    assert len(estimated) > len(result.words) / 2
    assert all(w.confidence <= 0.1 for w in estimated)


def test_words_that_nobody_says_are_estimated_and_the_others_stay(sentence):
    text, audio = sentence
    expected = {w.text: w.start_s for w in align(audio, transcript_of_text(text)).words}
    transcript = transcript_of_text(text.replace("over", "absolutely magnificently over"))
    result = align(audio, transcript)
    require_order(result, audio.duration_s, transcript)
    methods = {w.text: w.method for w in result.words}
    assert methods.pop("absolutely") is TimingMethod.ESTIMATED
    assert methods.pop("magnificently") is TimingMethod.ESTIMATED
    assert set(methods.values()) == {TimingMethod.ALIGNED}
    kept = {w.text: w.start_s for w in result.words if w.text in expected and w.text not in ("jumps", "over")}
    assert all(start == pytest.approx(expected[word], abs=0.05) for word, start in kept.items())
    assert any("absolutely" in notice for notice in result.notices)


def test_speech_without_text_is_passed_over_and_named(sentence):
    text, audio = sentence
    expected = {w.text: w.start_s for w in align(audio, transcript_of_text(text)).words}
    result = align(audio, transcript_of_text("The quick brown at all."))
    assert result.words[-1].start_s == pytest.approx(expected["all"], abs=0.05)
    assert any(notice.startswith("speech without text from") for notice in result.notices)


def test_given_times_are_kept_and_get_phones(sentence):
    text, audio = sentence
    plain = transcript_of_text(text)
    aligned = align(audio, plain)
    tokens = tuple(
        replace(token, start_s=word.start_s + 0.01, end_s=word.end_s)
        for token, word in zip(plain.tokens, aligned.words, strict=True)
    )
    result = align(audio, replace(plain, tokens=tokens))
    require_order(result, audio.duration_s, plain)
    assert [(w.start_s, w.end_s, w.method) for w in result.words] == [
        (t.start_s, t.end_s, TimingMethod.GIVEN) for t in tokens
    ]
    apart = [
        abs(p.start_s - q.start_s)
        for own, found in zip(result.words, aligned.words, strict=True)
        for p, q in zip(own.phones[1:], found.phones[1:], strict=False)
    ]
    assert np.median(apart) <= 0.02


def test_words_of_a_timed_line_stay_inside_it(sentence):
    text, audio = sentence
    transcript = transcript_of_text(text)
    middle, count = audio.duration_s / 2, len(transcript.tokens)
    passages = (Passage(0.0, 1.0, 0, 9), Passage(middle, audio.duration_s, 9, count))
    result = align(audio, replace(transcript, passages=passages))
    require_order(result, audio.duration_s, transcript)
    assert all(w.end_s <= 1.0 for w in result.words[:9])
    assert all(w.start_s >= middle for w in result.words[9:])


def test_minutes_of_speech_are_aligned_window_by_window(spoken):
    """Over two minutes, with 25 s of silence at the start."""
    silence = np.zeros(25 * SAMPLE_RATE, np.float32)
    parts, text, truth, position = [silence], [], [], 25.0
    while position < 150:
        sentence, audio, exact = spoken[len(text) % len(spoken)]
        truth += [position + word.start_s for word in exact.words]
        text.append(sentence)
        parts.append(audio.samples)
        position += audio.duration_s
    audio = Audio(np.concatenate(parts))
    transcript = transcript_of_text(" ".join(text))
    fractions = []
    result = align(audio, transcript, lambda _stage, fraction: fractions.append(fraction))
    require_order(result, audio.duration_s, transcript)
    errors = np.abs([w.start_s - start for w, start in zip(result.words, truth, strict=True)])
    assert np.quantile(errors, 0.9) <= 0.060
    assert errors.max() < 1.0
    assert result.fit > 0.8
    assert fractions == sorted(fractions)
    assert len(fractions) > 100  # at twenty-five times real time: more than ten a second


@pytest.mark.parametrize(
    "samples",
    [
        np.random.default_rng(0).normal(0, 0.1, 5 * SAMPLE_RATE),
        np.sin(np.arange(3 * SAMPLE_RATE) * 0.1) * 0.5,
        np.random.default_rng(1).normal(0, 0.1, int(0.3 * SAMPLE_RATE)),
        (np.arange(2 * SAMPLE_RATE) == 9000) * 1.0,
    ],
    ids=["noise", "tone", "shortest", "click"],
)
def test_sound_without_speech_gives_estimates_and_no_error(samples):
    audio, transcript = Audio(samples.astype(np.float32)), transcript_of_text(OTHER_TEXT)
    result = align(audio, transcript)
    require_order(result, audio.duration_s, transcript)
    assert result.fit < 0.3


def test_a_text_far_too_long_for_the_sound_does_no_harm(sentence):
    _, audio = sentence
    transcript = transcript_of_text(OTHER_TEXT * 60)
    result = align(audio, transcript)
    require_order(result, audio.duration_s, transcript)
    assert result.fit < 0.2


def test_work_is_cancelled_from_inside_the_callback(sentence):
    text, audio = sentence

    def cancel(_stage: str, fraction: float) -> None:
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        align(audio, transcript_of_text(text), cancel)


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"{RECORDINGS} is missing")
def test_recordings_of_people_fit_their_own_text_and_no_other():
    rows = [line.split("\t") for line in (RECORDINGS / "index.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    rows = [row for row in rows if row[0].startswith("clips/")] + rows[5::30]
    recordings = [(read_audio(RECORDINGS / name), text) for name, _, _, text in rows]
    own = [align(audio, transcript_of_text(text)).fit for audio, text in recordings]
    others = [text for _, text in recordings[1:] + recordings[:1]]
    wrong = [align(audio, transcript_of_text(text)).fit for (audio, _), text in zip(recordings, others, strict=True)]
    assert min(own) > 0.8
    assert max(wrong) < 0.5
