"""Synthesisers read the corpus' lines, and their own times of words and phones go into it."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

from chironomy.errors import UserError
from chironomy.formats.words import TimingMethod
from chironomy.nets.front_end.phones import PHONES
from chironomy.speech.transcript import transcript_of_text
from chironomy.speech.types import SAMPLE_RATE
from chironomy.training.corpus import build, lines
from chironomy.training.corpus.lines import Line, hear_line, spoken_lines
from chironomy.training.corpus.synthesis import espeak, flite
from chironomy.training.corpus.synthesis.said import Piece
from chironomy.training.corpus.synthesis.voices import VOICES, Voice, is_synthetic, require_synthesisers, speak

SLT, AMERICAN = Voice("flite", "slt", 1.0), Voice("espeak-ng", "en-us", 1.0)
NAMES = sorted({(voice.synthesiser, voice.name) for voice in VOICES})
TEXTS = (
    "In 1848, 3 of 10 U.S. farmers didn't hurry away: why? Because of the A.B.C.'s rules!",
    "Hello there. Well, all of us know it's the end of an age … isn't it?",
    "“Don't,” said Dr. Smith – he owed £5.50 – “or I'll go to St. Paul's.”",
)


def line(said_by: Path | Voice = SLT, text: str = TEXTS[0], name: str = "speech-0001-slt-0") -> Line:
    return Line(name, "speech", "train", text, "public domain", said_by)


@pytest.mark.parametrize(("synthesiser", "name"), NAMES)
@pytest.mark.parametrize("text", TEXTS)
def test_words_and_phones_cover_the_text_in_order(synthesiser: str, name: str, text: str) -> None:
    transcript = transcript_of_text(text)
    audio, alignment = speak(transcript, Voice(synthesiser, name, 1.0))
    assert [(w.text, w.punctuation) for w in alignment.words] == [(t.text, t.punctuation) for t in transcript.tokens]
    assert {word.method for word in alignment.words} == {TimingMethod.GIVEN}
    assert alignment.words[0].start_s >= 0.0
    assert alignment.words[-1].end_s <= audio.duration_s
    assert all(word.end_s <= after.start_s + 1e-9 for word, after in pairwise(alignment.words))
    for word in alignment.words:
        assert (word.start_s, word.end_s) == (word.phones[0].start_s, word.phones[-1].end_s)
        assert all(phone.end_s == after.start_s for phone, after in pairwise(word.phones))
        assert all(phone.start_s < phone.end_s for phone in word.phones)
        assert {phone.label.rstrip("012") for phone in word.phones} <= set(PHONES)


@pytest.mark.parametrize("voice", [SLT, AMERICAN])
def test_a_number_is_one_word_with_the_phones_of_all_that_is_said(voice: Voice) -> None:
    _, alignment = speak(transcript_of_text("In 1848, 3 of 10."), voice)
    said = {word.text: " ".join(phone.label.rstrip("012") for phone in word.phones) for word in alignment.words}
    assert said == {"In": "IH N", "1848": "EY T IY N F AO R T IY EY T", "3": "TH R IY", "of": "AH V", "10": "T EH N"}


@pytest.mark.parametrize("voice", [SLT, AMERICAN])
def test_the_vowels_say_which_syllable_is_stressed(voice: Voice) -> None:
    _, alignment = speak(transcript_of_text("The country began again."), voice)
    stresses = ["".join(phone.label[-1] for phone in w.phones if phone.label[-1].isdigit()) for w in alignment.words]
    assert stresses[1:] == ["10", "01", "01"]


def test_words_that_espeak_says_as_one_are_told_apart() -> None:
    _, alignment = speak(transcript_of_text("One of the best of an age."), AMERICAN)
    said = [" ".join(phone.label.rstrip("012") for phone in word.phones) for word in alignment.words]
    assert said[1:3] == ["AH V", "DH AH"]
    assert said[4:6] == ["AH V", "AH N"]


@pytest.mark.parametrize("voice", [SLT, AMERICAN])
def test_sound_is_loud_inside_words_and_quiet_after_the_last(voice: Voice) -> None:
    audio, alignment = speak(transcript_of_text("Mama, no."), voice)
    power = audio.samples.astype(float) ** 2

    def level(start_s: float, end_s: float) -> float:
        return float(power[int(start_s * SAMPLE_RATE) : int(end_s * SAMPLE_RATE)].mean())

    mama, no = alignment.words
    assert min(level(w.start_s, w.end_s) for w in (mama, no)) > 20 * level(mama.end_s + 0.03, no.start_s - 0.03)


@pytest.mark.parametrize(("synthesiser", "name"), NAMES)
def test_a_faster_pace_takes_less_time(synthesiser: str, name: str) -> None:
    slow, usual, fast = (
        speak(transcript_of_text(TEXTS[1]), Voice(synthesiser, name, pace))[1].words[-1].end_s
        for pace in (0.8, 1.0, 1.25)
    )
    assert slow > 1.1 * usual > 1.2 * fast


@pytest.mark.parametrize("voice", [SLT, AMERICAN])
def test_what_was_said_before_does_not_change_the_sound(voice: Voice) -> None:
    first, _, again = (speak(transcript_of_text(text), voice)[0].samples for text in (*TEXTS[:2], TEXTS[0]))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("voice", [SLT, AMERICAN])
def test_the_quiet_before_a_line_moves_its_words(voice: Voice) -> None:
    _, exact = speak(transcript_of_text(TEXTS[0]), voice)
    audio, speech = hear_line(line(voice))
    later = [heard.start_s - word.start_s for heard, word in zip(speech.words, exact.words, strict=True)]
    assert np.ptp(later) < 1e-9
    assert 0.25 <= later[0] <= 1.1
    assert np.abs(audio.samples[: int(later[0] * SAMPLE_RATE)]).max() < 1e-3
    first = speech.words[0].phones[0]
    assert first.start_s == speech.words[0].start_s
    assert all(w.start_s <= nucleus <= w.end_s for w, nucleus in zip(speech.words, speech.rhythm.nuclei_s, strict=True))


def test_both_synthesisers_read_and_a_lines_name_says_which_voice(tmp_path: Path) -> None:
    (tmp_path / "1961-Kennedy.txt").write_text("We meet here today, my friends. " * 60, encoding="utf-8")
    found = [spoken for spoken, _ in zip(spoken_lines(tmp_path, 1), range(400), strict=False)]
    voices = [spoken.said_by for spoken in found if isinstance(spoken.said_by, Voice)]
    assert len(voices) == len(found)
    assert 0.6 < np.mean([voice.synthesiser == "flite" for voice in voices]) < 0.8
    assert len({voice.pace for voice in voices if voice.synthesiser == "espeak-ng"}) > 2
    assert all(f"-{voice.name}-" in spoken.id for spoken, voice in zip(found, voices, strict=True))
    assert all(is_synthetic(voice.label) for voice in voices)
    assert not is_synthetic("LJ001-0001.flac")


@pytest.mark.parametrize("voice", [SLT, AMERICAN])
def test_a_text_that_cannot_be_matched_is_named(voice: Voice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Piece, "written", property(lambda piece: "" if piece.text == "farmers" else piece.text))
    with pytest.raises(UserError, match=r"^speech-0001-slt-0: (flite|eSpeak NG): "):
        hear_line(line(voice))


def test_a_line_that_cannot_be_spoken_is_left_out_of_the_corpus_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "speak", lambda transcript, voice: _refuse(transcript.source))
    job = build._Job(build.Order(Path(), 1.0, 1, None, 150), line(), 0)  # pyright: ignore[reportArgumentType]
    made = build._make(job)
    assert made.problem == "speech-0001-slt-0: says other words"
    skipped: list[tuple[str, str]] = []
    writer = type("Writer", (), {"skip": lambda self, *what: skipped.append(what)})()
    assert build._add(writer, made) == 0  # pyright: ignore[reportArgumentType]
    assert skipped == [("speech-0001-slt-0-0", "speech-0001-slt-0: says other words")]


def _refuse(source: str) -> None:
    raise UserError(f"{source}: says other words")


def test_a_text_that_is_too_long_is_refused_before_it_is_spoken() -> None:
    with pytest.raises(UserError, match="at once"):
        speak(transcript_of_text("word " * 1000), SLT)


def test_a_sound_that_no_table_knows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [{"character": 0}, {"sample": 0, "ipa": "ʘ"}]
    monkeypatch.setattr(espeak, "_spoken", lambda *_: (np.zeros(100, np.float32), 22050, events))
    with pytest.raises(UserError, match=r"“ʘ” is no known sound: put it into presets/letter_sounds\.json"):
        espeak.say_with_espeak([Piece("tut")], "en-us", 1.0)


def test_a_missing_synthesiser_is_told_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    require_synthesisers()

    def not_there(*_args: object, **_options: object) -> None:
        raise OSError("cannot open shared object file")

    with monkeypatch.context() as context:
        flite.load_voice.cache_clear()
        context.setattr(flite.ctypes, "CDLL", not_there)
        with pytest.raises(UserError, match=r"flite: is not installed.*: sudo apt-get install flite"):
            require_synthesisers()
    monkeypatch.setattr("espeakng_loader.get_library_path", lambda: str(tmp_path / "libespeak-ng.so"))
    with pytest.raises(UserError, match=r"eSpeak NG: cannot be loaded.*: pip install espeakng-loader"):
        require_synthesisers()
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(UserError, match=r"eSpeak NG: cannot be loaded.*: pip install espeakng-loader"):
        require_synthesisers()


def test_a_voice_that_does_not_exist_is_told() -> None:
    with pytest.raises(UserError, match="lacks one of the voices"):
        speak(transcript_of_text("Hello."), replace(AMERICAN, name="xx-none"))


def test_letters_are_said_by_their_names() -> None:
    for voice, (letter, name) in product((SLT, AMERICAN), {"A.": "EY", "U.": "Y UW", "W.": "D AH B AH L Y UW"}.items()):
        _, alignment = speak(transcript_of_text(f"the {letter} {letter} Smith"), voice)
        said = [phone.label.rstrip("012") for phone in alignment.words[1].phones]
        assert " ".join(said) == name, voice.label
