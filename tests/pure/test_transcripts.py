"""Transcripts: every kind of file becomes the same tokens, with the times it has."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("num2words", reason="needs num2words")

from chironomy.errors import UserError
from chironomy.formats.word_files import write_words
from chironomy.formats.words import Phone, TimingMethod, Word
from chironomy.speech.transcript import Transcript, fit_to_sound, read_transcript, transcript_of_text

WORDS = (
    Word("We", 0.5, 0.7, (Phone("W", 0.5, 0.6), Phone("IY1", 0.6, 0.7)), "", TimingMethod.GIVEN),
    Word(
        "paid", 0.7, 1.0, (Phone("P", 0.7, 0.8), Phone("EY1", 0.8, 0.9), Phone("D", 0.9, 1.0)), "", TimingMethod.GIVEN
    ),
    Word("$20", 1.25, 2.0, (), ",", TimingMethod.GIVEN),
    Word("Dr.", 2.5, 2.75, (), "", TimingMethod.GIVEN),
    Word("Who", 2.75, 3.0, (), "!", TimingMethod.GIVEN),
)


def texts(transcript: Transcript) -> list[str]:
    return [token.text + token.punctuation for token in transcript.tokens]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_plain_text_is_read_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "speech.txt"
    path.write_bytes("Never, at the café\r\nin 1961!".encode(encoding))
    transcript = read_transcript(path)
    assert texts(transcript) == ["Never,", "at", "the", "café", "in", "1961!"]
    assert transcript.tokens[-1].spoken == ("nineteen", "sixty", "one")
    assert not transcript.is_timed
    assert transcript.source == str(path)


@pytest.mark.parametrize("ending", ["TextGrid", "json", "srt", "vtt"])
def test_words_that_we_wrote_come_back_with_their_times(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"words.{ending}"
    write_words(path, WORDS, 4.0)
    transcript = read_transcript(path)
    assert transcript.is_timed
    assert not transcript.passages
    read = transcript.words()
    assert [(w.text, w.punctuation, w.start_s, w.end_s) for w in read] == [
        (w.text, w.punctuation, w.start_s, w.end_s) for w in WORDS
    ]
    if ending in ("TextGrid", "json"):
        assert read == WORDS
    assert transcript.tokens[2].spoken == ("twenty", "dollars")


@pytest.mark.parametrize("ending", ["TextGrid", "json", "srt", "vtt"])
def test_a_wrong_or_missing_ending_does_no_harm(tmp_path: Path, ending: str) -> None:
    write_words(tmp_path / f"words.{ending}", WORDS, 4.0)
    (tmp_path / f"words.{ending}").rename(tmp_path / "words.txt")
    assert read_transcript(tmp_path / "words.txt").is_timed


def test_lines_of_subtitles_become_passages(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_text(
        "1\n00:00:01,000 --> 00:00:02,000\nWorld War\n\n2\n00:00:02,500 --> 00:00:03,000\n[music]\n\n"
        "3\n00:00:03,000 --> 00:00:04,000\nII, my friend.\n"
    )
    transcript = read_transcript(path)
    assert not transcript.is_timed
    assert texts(transcript) == ["World", "War", "II,", "my", "friend."]
    assert transcript.tokens[2].spoken == ("two",)
    assert [(p.start_s, p.end_s, p.first, p.end) for p in transcript.passages] == [(1.0, 2.0, 0, 2), (3.0, 4.0, 2, 5)]


def whisper(words: bool) -> dict:
    segment: dict = {"start": 0.0, "end": 2.0, "text": " In 1961, well-known."}
    if words:
        segment["words"] = [
            {"word": " In", "start": 0.0, "end": 0.5, "probability": 0.75},
            {"word": " 1961,"},
            {"word": " well", "start": 1.0, "end": 1.5},
            {"word": "-known.", "start": 1.5, "end": 2.0},
        ]
    return {"text": "", "segments": [segment], "language": "en"}


def test_whisper_with_words_is_timed(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(whisper(words=True)))
    transcript = read_transcript(path)
    assert [(w.text, w.start_s, w.end_s, w.method, w.confidence) for w in transcript.words()] == [
        ("In", 0.0, 0.5, TimingMethod.GIVEN, 0.75),
        ("1961", 0.5, 1.0, TimingMethod.ESTIMATED, 0.3),
        ("well-known", 1.0, 2.0, TimingMethod.GIVEN, 1.0),
    ]


def test_whisper_without_words_gives_passages(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(whisper(words=False)))
    transcript = read_transcript(path)
    assert texts(transcript) == ["In", "1961,", "well-known."]
    assert [(p.first, p.end) for p in transcript.passages] == [(0, 3)]


def textgrid(tmp_path: Path, **tiers: list[tuple[float, float, str]]) -> Path:
    lines = ['"ooTextFile"', '"TextGrid"', "0", "9", "<exists>", str(len(tiers))]
    for name, intervals in tiers.items():
        lines += ['"IntervalTier"', f'"{name}"', "0", "9", str(len(intervals))]
        lines += [f'{start} {end} "{text}"' for start, end, text in intervals]
    path = tmp_path / "a.TextGrid"
    path.write_text("\n".join(lines))
    return path


def test_a_forced_aligners_textgrid_keeps_arpabet_phones(tmp_path: Path) -> None:
    path = textgrid(
        tmp_path,
        words=[(0, 1, ""), (1, 2, "hi"), (2, 3, "<eps>"), (3, 4, "New York")],
        phones=[(0, 1, "sil"), (1, 1.5, "HH"), (1.5, 2, "ay1"), (2, 3, "sp"), (3, 4, "N")],
    )
    words = read_transcript(path).words()
    assert [word.text for word in words] == ["hi", "New", "York"]
    assert words[0].phones == (Phone("HH", 1, 1.5), Phone("AY1", 1.5, 2))
    assert words[1].start_s == 3
    assert words[1].end_s == words[2].start_s
    assert words[2].end_s == 4


def test_phones_that_are_not_arpabet_are_left_out_with_a_notice(tmp_path: Path) -> None:
    transcript = read_transcript(textgrid(tmp_path, words=[(1, 2, "hi")], phones=[(1, 2, "aɪ")]))
    assert transcript.words()[0].phones == ()
    assert "not in ARPAbet" in transcript.notices[0]


def test_a_single_tier_may_have_any_name_and_hold_sentences(tmp_path: Path) -> None:
    transcript = read_transcript(
        textgrid(tmp_path, Anna=[(0, 1, ""), (1, 3, "Hello my friend"), (4, 5, "I know you.")])
    )
    assert [(p.start_s, p.end_s) for p in transcript.passages] == [(1, 3), (4, 5)]


def test_a_textgrid_whose_tiers_cannot_be_told_apart_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="its interval tiers: “Anna”, “Bob”"):
        read_transcript(textgrid(tmp_path, Anna=[(0, 1, "a")], Bob=[(0, 1, "b")]))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.txt", ""),
        ("blank.txt", " \n\t\n"),
        ("remarks.txt", "[laughs] 😀 — ..."),
        ("empty.srt", ""),
        ("cues.srt", "1\n00:00:01,000 --> 00:00:02,000\n[music]\n"),
        ("empty.TextGrid", ""),
        ("empty.json", ""),
        ("segments.json", '{"segments": []}'),
        ("words.json", '{"schema": "chironomy-words-1", "words": []}'),
        ("other.json", '{"answer": 42}'),
        ("list.json", "[1, 2]"),
        ("schema.json", '{"schema": "chironomy-words-99", "words": []}'),
    ],
)
def test_files_without_words_are_refused_by_name(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=name) as caught:
        read_transcript(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_missing_files_are_refused_by_name(tmp_path: Path) -> None:
    for name in ("a.txt", "a.srt", "a.vtt", "a.json", "a.TextGrid"):
        with pytest.raises(UserError, match=rf"{name}: there is no such file"):
            read_transcript(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "script"), [("Быть или не быть", "Cyrillic"), ("生存还是毁灭", "Chinese"), ("أكون أو لا أكون", "Arabic")]
)
def test_other_scripts_need_a_model_and_are_read_for_one(text: str, script: str) -> None:
    with pytest.raises(UserError, match=rf"play\.txt: is written in {script} script: .*--align-model"):
        transcript_of_text(text, "play.txt")
    assert transcript_of_text(text, "play.txt", language="xx").tokens


def test_a_foreign_name_in_an_english_text_is_spelt_in_latin_letters() -> None:
    assert transcript_of_text("We met Привет there").tokens[2].spoken == ("privet",)


def test_foreign_text_keeps_its_letters_and_says_its_numbers() -> None:
    transcript = transcript_of_text("Où sont les 21 élèves ? 我们", language="fr")
    assert [token.spoken for token in transcript.tokens] == [
        ("où",), ("sont",), ("les",), ("vingt", "et", "un"), ("élèves",), ("我",), ("们",),
    ]  # fmt: skip
    assert transcript.tokens[4].punctuation == "?"


def test_times_a_little_beyond_the_sound_are_shortened_to_it(tmp_path: Path) -> None:
    write_words(tmp_path / "a.json", WORDS, 3.0)
    transcript = fit_to_sound(read_transcript(tmp_path / "a.json"), 2.9)
    assert transcript.words()[-1].end_s == 2.9
    assert fit_to_sound(transcript, 5.0) is transcript


def test_a_transcript_of_a_longer_recording_is_refused(tmp_path: Path) -> None:
    write_words(tmp_path / "a.json", WORDS, 3.0)
    with pytest.raises(UserError, match=r"a\.json: its times go up to 3\.00 s, but the recording lasts 1\.50 s"):
        fit_to_sound(read_transcript(tmp_path / "a.json"), 1.5)


def test_every_transcript_of_the_speech_folder_is_read() -> None:
    index = Path(__file__).parents[3] / "shared" / "data" / "speech" / "index.tsv"
    if not index.is_file():
        pytest.skip(f"{index} is missing")
    rows = [line.split("\t") for line in index.read_text(encoding="utf-8").splitlines()[1:]]
    for row in rows:
        transcript = transcript_of_text(row[3], row[0])
        assert all(set(word) <= set("abcdefghijklmnopqrstuvwxyz'.") for t in transcript.tokens for word in t.spoken)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), ending=st.sampled_from(["TextGrid", "json", "srt", "vtt", "txt"]))
def test_damaged_files_give_a_transcript_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, ending: str
) -> None:
    path = tmp_path_factory.mktemp("damaged") / f"a.{ending}"
    write_words(path.with_suffix(".json" if ending == "txt" else f".{ending}"), WORDS, 4.0)
    content = bytearray(path.with_suffix(".json" if ending == "txt" else f".{ending}").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        content[start : start + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=10))
    path.write_bytes(content)
    try:
        transcript = read_transcript(path)
    except UserError as error:
        message = str(error)
    else:
        message = f"{path}: {len(transcript.tokens)} words"
        assert all(token.spoken for token in transcript.tokens)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
