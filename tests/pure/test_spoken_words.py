"""How written English is said, and how it falls apart into tokens."""

import pytest

pytest.importorskip("num2words", reason="needs num2words")
pytest.importorskip("anyascii", reason="needs anyascii")
from hypothesis import given, settings
from hypothesis import strategies as st

from chironomy.speech.tokens import split_pieces, split_tokens


def said(text: str) -> str:
    return " ".join(word for token in split_tokens(text) for word in token.spoken)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("in 1961", "in nineteen sixty one"),
        ("in 1905 and 2005", "in nineteen oh five and two thousand five"),
        ("the 1960s, the '60s, the ’90s", "the nineteen sixties the sixties the nineties"),
        ("3.5 %", "three point five percent"),
        ("3.5%", "three point five percent"),
        ("-5°C", "minus five degrees celsius"),
        ("1,250 people", "one thousand two hundred fifty people"),
        ("the 1st, 2nd and 23rd", "the first second and twenty third"),
        ("$20", "twenty dollars"),
        ("$1", "one dollar"),
        ("$3.50", "three dollars and fifty cents"),
        ("$3.5 million", "three point five million dollars"),
        ("€2bn", "two billion euros"),
        ("at 10:30 or 10:00", "at ten thirty or ten o'clock"),
        ("at 3pm", "at three p. m."),
        ("at 9:05 a.m.", "at nine oh five a. m."),
        ("1/2, 3/4, 1½", "one half three quarters one and a half"),
        ("24/7", "twenty four seven"),
        ("5 km or 100mph", "five kilometers or one hundred miles per hour"),
        ("pages 10–20", "pages ten to twenty"),
        ("1939-1945", "nineteen thirty nine to nineteen forty five"),
        ("call 555-1234", "call five five five one two three four"),
        ("agent 007", "agent oh oh seven"),
        ("#1 and No. 5", "number one and number five"),
        ("I said no. Go.", "i said no go"),
        (
            "123456789012345678",
            "one two three four five six seven eight nine zero one two three four five six seven eight",
        ),
        ("World War II", "world war two"),
        ("Henry VIII", "henry the eighth"),
    ],
)
def test_numbers_are_said(written: str, spoken: str) -> None:
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Dr. Smith and Mrs. Jones vs. Mr O'Neill", "doctor smith and missus jones versus mister o'neill"),
        ("e.g. this, i.e. that, etc.", "for example this that is that et cetera"),
        ("the U.S. and the U.S.A.'s army", "the u. s. and the u. s. a.'s army"),
        ("the FBI, NASA's TVs", "the f. b. i. nasa's t. v.'s"),
        ("AT&T, R&D, Q&A", "a. t. and t. r. and d. q. and a."),
        ("ChatGPT-4 on my iPhone", "chat g. p. t. four on my i. phone"),
        ("mp3, 3D, B2B, COVID-19, F-16", "m. p. three three d. b. two b. covid nineteen f. sixteen"),
        ("an X-ray, an e-mail, a T-shirt", "an x. ray an e. mail a t. shirt"),
        ("don't, don’t, DON'T and I’m", "don't don't don't and i'm"),
        ("’cause ‘em rock 'n' roll goin'", "'cause 'em rock 'n roll goin'"),
        ("you & me @ home + more", "you and me at home plus more"),
        ("example.com, anna@example.com", "example dot com anna at example dot com"),
        ("a well-known twenty-one-year-old", "a well known twenty one year old"),
        ("café, naïve, Straße, Ｗide", "cafe naive strasse wide"),
        ("He did NOT say NO to A or I", "he did not say no to a or i"),
        ("and/or", "and or"),
    ],
)
def test_short_forms_are_said_in_full(written: str, spoken: str) -> None:
    assert said(written) == spoken


def test_a_text_in_capitals_is_read_as_words() -> None:
    assert said("WE CHOOSE TO GO, AND THE US IS WITH US.") == "we choose to go and the us is with us"


@pytest.mark.parametrize(
    "unsaid", ["[laughs]", "(laughter)", "😀👍🏽", "♪", "<i>", "{\\an8}", "—", "* * *", "™", "\u200b"]
)
def test_what_nobody_says_is_left_out(unsaid: str) -> None:
    assert [token.text for token in split_tokens(f"Well {unsaid} yes {unsaid}")] == ["Well", "yes"]
    assert split_tokens(unsaid) == []


def test_speakers_names_are_left_out_and_round_brackets_are_said() -> None:
    assert said("ANNA: Hello (my friend).\n- Hi!\n>> BOB 2: Fine.") == "hello my friend hi fine"


def test_tokens_keep_the_written_word_and_the_punctuation_behind_it() -> None:
    tokens = split_tokens("“Never”, said Dr. Who—twice… in the U.S.! Why? ‘Players’ play - ok")
    assert [(token.text, token.punctuation) for token in tokens] == [
        ("Never", ","),
        ("said", ""),
        ("Dr.", ""),
        ("Who", "–"),
        ("twice", "…"),
        ("in", ""),
        ("the", ""),
        ("U.S.", "!"),
        ("Why", "?"),
        ("Players", ""),
        ("play", "–"),
        ("ok", ""),
    ]


def test_pieces_of_one_text_are_read_on() -> None:
    pieces = split_pieces(["5", "km", "[door", "slams]", "World War", "II"])
    assert [[word for token in piece for word in token.spoken] for piece in pieces] == [
        ["five"],
        ["kilometers"],
        [],
        [],
        ["world", "war"],
        ["two"],
    ]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_tokens_that_can_be_spoken(text: str) -> None:
    for token in split_tokens(text):
        assert token.text
        assert token.text in text.replace("\ue000", "")
        assert token.spoken
        for word in token.spoken:
            assert set(word) <= set("abcdefghijklmnopqrstuvwxyz'.")


@settings(max_examples=300, deadline=None)
@given(st.text("0123456789.,:/-–$€%#°½stndrhkmpaMB'+ ", max_size=25))
def test_any_string_of_figures_and_signs_can_be_spoken(text: str) -> None:
    assert all(word.strip("'.").isascii() for token in split_tokens(text) for word in token.spoken)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**15 - 1))
def test_every_whole_number_is_said_in_words(value: int) -> None:
    (token,) = split_tokens(f"{value:,}")
    assert all(word.isalpha() for word in token.spoken)


def test_a_huge_chunk_without_blanks_takes_no_time() -> None:
    assert split_tokens("a1-" * 100_000)
    assert split_tokens("9" * 100_000)
