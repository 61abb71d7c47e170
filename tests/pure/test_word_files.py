"""Files of timed words: written and read again in every format, and refused in one line where they are broken."""

import json
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chironomy.errors import UserError
from chironomy.formats.subtitles import read_subtitles
from chironomy.formats.textgrid import Tier, read_textgrid, write_textgrid
from chironomy.formats.timed_text import Interval, read_text
from chironomy.formats.whisper import whisper_cues
from chironomy.formats.word_files import WRITERS, write_words
from chironomy.formats.words import Phone, TimingMethod, Word
from chironomy.formats.words_json import read_json, words_of

WORDS = (
    Word(
        "Never",
        0.25,
        0.61,
        (Phone("N", 0.25, 0.3), Phone("EH1", 0.3, 0.45), Phone("V", 0.45, 0.61)),
        ",",
        confidence=0.9,
    ),
    Word("U.S.", 0.61, 1.2),
    Word("it’s “so” <b> & 5", 1.5, 2.0, (), "!", TimingMethod.ESTIMATED, 0.25),
)


@st.composite
def timed_words(draw: st.DrawFn) -> tuple[Word, ...]:
    """Words in order, with and without gaps, of any text without line breaks."""
    words: list[Word] = []
    milliseconds = 0
    letters = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs", "Co"))
    for _ in range(draw(st.integers(1, 12))):
        start = milliseconds + draw(st.sampled_from([0, 0, 1, 40, 900]))
        milliseconds = start + draw(st.integers(1, 2000))
        label = draw(st.sampled_from(["AH0", "EY1", "T"]))
        phone = Phone(label, start / 1000, milliseconds / 1000)
        phones = draw(st.sampled_from([(), (phone,)]))
        text, mark = draw(st.text(letters, min_size=1, max_size=8)), draw(st.sampled_from(["", ",", "?"]))
        words.append(Word(text, start / 1000, milliseconds / 1000, phones, mark))
    return tuple(words)


@settings(max_examples=80, deadline=None)
@given(timed_words())
def test_our_json_keeps_everything(tmp_path_factory: pytest.TempPathFactory, words: tuple[Word, ...]) -> None:
    path = tmp_path_factory.mktemp("words") / "a.json"
    write_words(path, words, 30.0)
    assert words_of(path, read_json(path)) == words


@settings(max_examples=80, deadline=None)
@given(timed_words())
def test_a_textgrid_keeps_texts_times_and_phones(
    tmp_path_factory: pytest.TempPathFactory, words: tuple[Word, ...]
) -> None:
    path = tmp_path_factory.mktemp("words") / "a.TextGrid"
    write_words(path, words, 30.0)
    tiers = {tier.name: tier.intervals for tier in read_textgrid(path)}
    for intervals in tiers.values():
        assert intervals[0].start_s == 0
        assert intervals[-1].end_s == 30.0
        assert all(a.end_s == b.start_s for a, b in pairwise(intervals))
    assert [i for i in tiers["words"] if i.text] == [
        Interval(w.start_s, w.end_s, w.text + w.punctuation) for w in words
    ]
    assert [i for i in tiers["phones"] if i.text] == [
        Interval(p.start_s, p.end_s, p.label) for w in words for p in w.phones
    ]


@settings(max_examples=80, deadline=None)
@given(timed_words())
def test_vtt_keeps_texts_and_times_inside_its_cues(
    tmp_path_factory: pytest.TempPathFactory, words: tuple[Word, ...]
) -> None:
    path = tmp_path_factory.mktemp("words") / "a.vtt"
    write_words(path, words, 30.0)
    cues = read_subtitles(path)
    read = [part for cue in cues for part in cue.words or (Interval(cue.start_s, cue.end_s, cue.text),)]
    assert [(i.start_s, i.end_s, i.text) for i in read] == [(w.start_s, w.end_s, w.text + w.punctuation) for w in words]


@settings(max_examples=80, deadline=None)
@given(timed_words())
def test_srt_keeps_texts_and_times(tmp_path_factory: pytest.TempPathFactory, words: tuple[Word, ...]) -> None:
    path = tmp_path_factory.mktemp("words") / "a.srt"
    write_words(path, words, 30.0)
    read = [(cue.start_s, cue.end_s, cue.text) for cue in read_subtitles(path)]
    assert read == [(w.start_s, w.end_s, w.text + w.punctuation) for w in words]


@pytest.mark.parametrize("ending", WRITERS)
def test_writing_is_repeatable_and_leaves_nothing_beside_the_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"words{ending}"
    write_words(path, WORDS, 2.5)
    first = path.read_bytes()
    write_words(path, WORDS, 2.5)
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", [".srt", ".vtt"])
def test_texts_that_look_like_markup_come_back(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"words{ending}"
    write_words(path, WORDS, 2.5)
    read = [part.text for cue in read_subtitles(path) for part in cue.words or (cue,)]
    assert read == [word.text + word.punctuation for word in WORDS]


def test_an_unknown_ending_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"words\.doc: words are written as \.textgrid, \.srt, \.vtt, \.json"):
        write_words(tmp_path / "words.doc", WORDS, 2.5)
    with pytest.raises(UserError, match="cannot be written"):
        write_words(tmp_path / "missing" / "words.srt", WORDS, 2.5)


SHORT_TEXTGRID = """File type = "ooTextFile"
Object class = "TextGrid"

0
2
<exists>
2
"IntervalTier"
"words"
0
2
3
0
0.5
""
0.5
1
"say ""hi"" 3 ! <x>"
1
2
"yes"
"TextTier"
"marks"
0
2
1
0.5
"here"
"""


def test_a_short_textgrid_is_read_and_its_point_tiers_left_out(tmp_path: Path) -> None:
    path = tmp_path / "short.TextGrid"
    path.write_text(SHORT_TEXTGRID)
    intervals = (Interval(0, 0.5, ""), Interval(0.5, 1, 'say "hi" 3 ! <x>'), Interval(1, 2, "yes"))
    assert read_textgrid(path) == (Tier("words", intervals),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_texts_are_read_in_the_encodings_that_programs_write(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "text.TextGrid"
    path.write_bytes(SHORT_TEXTGRID.replace("yes", "déjà “vu”").replace("\n", "\r\n").encode(encoding))
    (tier,) = read_textgrid(path)
    assert tier.intervals[2].text == "déjà “vu”"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('1\n2\n"yes"', '0.9\n2\n"yes"', "overlaps"),
        ('0\n0.5\n""', '1\n1.5\n""', "stands behind a later one"),
        ('0\n0.5\n""', '-1\n0.5\n""', "before time 0"),
        ('0.5\n1\n"say', '0.5\n0.4\n"say', "ends before it starts"),
        ('"here"\n', "", "damaged or cut off"),
        ('"words"\n0', '"words"\nzero', "damaged or cut off"),
        ("\n3\n", "\n99999999\n", "damaged or cut off"),
        ('"TextGrid"', '"Pitch"', "is not a TextGrid"),
        ('"IntervalTier"', '"OtherTier"', "damaged or cut off"),
    ],
)
def test_a_broken_textgrid_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in SHORT_TEXTGRID
    path = tmp_path / "broken.TextGrid"
    path.write_text(SHORT_TEXTGRID.replace(old, new, 1))
    with pytest.raises(UserError, match=rf"broken\.TextGrid: .*{message}"):
        read_textgrid(path)


@settings(max_examples=150, deadline=None)
@given(position=st.integers(0, len(SHORT_TEXTGRID)), junk=st.text(max_size=5))
def test_a_damaged_textgrid_never_gives_another_error(
    tmp_path_factory: pytest.TempPathFactory, position: int, junk: str
) -> None:
    path = tmp_path_factory.mktemp("textgrid") / "a.TextGrid"
    path.write_text(SHORT_TEXTGRID[:position] + junk + SHORT_TEXTGRID[position + 3 :], encoding="utf-8")
    with suppress(UserError):
        read_textgrid(path)


def test_intervals_that_overlap_by_rounding_are_written_without_overlap(tmp_path: Path) -> None:
    tier = Tier("words", (Interval(0.1, 0.5004, "a"), Interval(0.5, 0.5, "nothing"), Interval(0.5, 0.9, "b")))
    write_textgrid(tmp_path / "a.TextGrid", [tier], 1.0)
    (read,) = read_textgrid(tmp_path / "a.TextGrid")
    assert [interval.text for interval in read.intervals] == ["", "a", "b", ""]


SRT = """1
00:00:01,000 --> 00:00:02,500 X1:100
<i>Hello there,</i>
{\\an8}my friend &amp; co.

2
00:00:02,400 --> 00:00:04,000

3
00:00:05,5 --> 00:00:06,000
1984
"""


def test_subtitles_are_read_without_markup_and_end_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_text(SRT)
    cues = [(cue.start_s, cue.end_s, cue.text) for cue in read_subtitles(path)]
    assert cues == [(1.0, 2.4, "Hello there, my friend & co."), (5.5, 6.0, "1984")]


def test_vtt_is_read_with_names_notes_settings_and_short_clocks(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    path.write_text(
        "WEBVTT - title\n\nSTYLE\n::cue { color: red }\n\nNOTE not said\n\nintro\n"
        "00:01.000 --> 00:02.500 align:start\n<v Anna>Hello <00:00:01.600><c.loud>there</c>\n"
    )
    (cue,) = read_subtitles(path)
    assert cue.text == "Hello there"
    assert cue.words == (Interval(1.0, 1.6, "Hello"), Interval(1.6, 2.5, "there"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Hello, no times here", "holds no subtitles"),
        ("1\n00:00:03,000 --> 00:00:02,000\nBack\n", "ends before it starts"),
        ("1\n00:00:03,000 --> 00:00:04,000\nA\n\n2\n00:00:01,000 --> 00:00:02,000\nB\n", "stands behind a later one"),
    ],
)
def test_broken_subtitles_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.srt").write_text(text)
    with pytest.raises(UserError, match=message):
        read_subtitles(tmp_path / "a.srt")


def test_whisper_words_in_pieces_are_joined() -> None:
    words = [
        {"word": " well", "start": 0.0, "end": 0.4, "probability": 0.9},
        {"word": "-known", "start": 0.4, "end": 0.8, "probability": 0.8},
        {"word": " fact.", "start": 0.8, "end": 1.2},
    ]
    (cue,) = whisper_cues("a.json", {"segments": [{"start": 0, "end": 1.2, "text": " x", "words": words}]})
    assert [(w.text, w.start_s, w.end_s) for w in cue.words] == [("well-known", 0.0, 0.8), ("fact.", 0.8, 1.2)]


def test_whisperx_words_without_times_share_the_gap_and_say_so() -> None:
    words = [
        {"word": "In", "start": 0.0, "end": 0.2, "score": 0.9},
        {"word": "1961"},
        {"word": "we", "start": 1.2, "end": 1.5},
    ]
    (cue,) = whisper_cues("a.json", {"segments": [{"start": 0, "end": 1.5, "text": "x", "words": words}]})
    assert [(w.start_s, w.end_s, w.estimated) for w in cue.words] == [
        (0.0, 0.2, False),
        (0.2, 1.2, True),
        (1.2, 1.5, False),
    ]


def test_words_at_the_top_of_the_document_and_whisper_cpp_are_read() -> None:
    top = {"segments": [{"start": 0, "end": 1, "text": "Hi you"}], "words": [{"word": "Hi", "start": 0.1, "end": 0.4}]}
    assert whisper_cues("a.json", top)[0].words == (Interval(0.1, 0.4, "Hi"),)
    cpp = {"transcription": [{"offsets": {"from": 500, "to": 1500}, "text": " Hi you"}]}
    (cue,) = whisper_cues("a.json", cpp)
    assert (cue.start_s, cue.end_s, cue.text) == (0.5, 1.5, "Hi you")


@pytest.mark.parametrize(
    "document",
    [
        {"segments": [{"start": "soon", "end": 1, "text": "x"}]},
        {"segments": [{"text": "x"}]},
        {"segments": ["x"]},
        {"segments": [{"start": -1, "end": 1, "text": "x"}]},
        {"segments": [{"start": 2, "end": 1, "text": "x"}]},
        {"segments": [{"start": 5, "end": 6, "text": "x"}, {"start": 1, "end": 2, "text": "x"}]},
        {"segments": [{"start": 0, "end": 1, "text": "x", "words": [{"start": 0, "end": 1}]}]},
        {"segments": [{"start": 1e999, "end": 1e999, "text": "x"}]},
        {"transcription": [{}]},
    ],
)
def test_broken_whisper_results_are_refused(document: dict) -> None:
    with pytest.raises(UserError, match=r"a\.json: "):
        whisper_cues("a.json", document)


@pytest.mark.parametrize("text", ["", "{", '{"a": NaN}', "[" * 100_000, '{"a": "\\ud800"}', '{"words": }'])
def test_what_is_no_json_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UserError, match=r"a\.json: "):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize(
    "change",
    [
        {"start_s": "0"},
        {"start_s": -1},
        {"end_s": 0.1},
        {"text": None},
        {"method": "guessed"},
        {"phones": [{}]},
        {"start_s": True},
    ],
)
def test_a_damaged_word_in_our_json_is_refused(tmp_path: Path, change: dict) -> None:
    path = tmp_path / "a.json"
    write_words(path, WORDS[:1], 2.5)
    document = json.loads(path.read_text())
    document["words"][0].update(change)
    with pytest.raises(UserError, match=r"a\.json: "):
        words_of(path, document)


def test_huge_and_binary_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(51_000_000)
    with pytest.raises(UserError, match="larger than 50 MB"):
        read_text(path)
    path.write_bytes(b"text\0\x01\x02more text here")
    with pytest.raises(UserError, match="is not a text file"):
        read_text(path)
    with pytest.raises(UserError, match="no such file"):
        read_text(tmp_path / "none.txt")


def test_vtt_cues_end_with_sentences_pauses_and_longer_phrases(tmp_path: Path) -> None:
    text = "And so, my fellow Americans, ask not what. Yes! But | after a pause this goes on"
    words, time_s = [], 0.0
    for chunk in text.split():
        if chunk == "|":
            time_s += 1.0
            continue
        word = chunk.rstrip(",.!")
        words.append(Word(word, time_s, time_s + 0.25, (), chunk[len(word) :]))
        time_s += 0.25
    write_words(tmp_path / "a.vtt", words, 30.0)
    assert [cue.text for cue in read_subtitles(tmp_path / "a.vtt")] == [
        "And so, my fellow Americans,",
        "ask not what.",
        "Yes!",
        "But",
        "after a pause this goes on",
    ]
