"""How words are said: from the dictionary, by rules for all others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chironomy.speech import pronounce_unknown
from chironomy.speech.alignment.acoustic_model import english
from chironomy.speech.pronounce import is_known, pronunciations
from chironomy.speech.pronounce_unknown import arpabet, by_letters, by_rules

needs_espeak = pytest.mark.skipif(not by_rules("hello"), reason="eSpeak NG's library cannot be loaded here")


def usual(word: str) -> str:
    return " ".join(pronunciations(word)[0])


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("country", "K AH1 N T R IY0"),
        ("can't", "K AE1 N T"),
        ("u.", "Y UW1"),
        ("w.", "D AH1 B AH0 L Y UW0"),
        ("'tis", "T IH1 Z"),
    ],
)
def test_words_of_the_dictionary_come_with_stress(word, phones):
    assert is_known(word)
    assert usual(word) == phones


def test_words_with_several_readings_have_them_all():
    assert {("R", "EH1", "D"), ("R", "IY1", "D")} <= set(pronunciations("read"))


@pytest.mark.parametrize(
    ("word", "ending"),
    [("dictionary's", "R IY0 Z"), ("workshop's", "AA2 P S"), ("tax's", "K S IH0 Z"), ("dictionaries'", "R IY0 Z")],
)
def test_possessives_of_known_words_get_the_right_s(word, ending):
    assert usual(word).endswith(ending)


@needs_espeak
@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("zelenskyy", "Z EH1 L AH0 N S K IH0 IY0"),
        ("chironomy", "K AY0 R AA1 N AH0 M IY0"),
        ("kubernetes", "K UW2 B ER0 N EH1 T IY0 Z"),
        ("gpt's", "JH IY2 P IY1 T IY1 Z"),
    ],
)
def test_unknown_words_and_names_are_read_by_rules(word, phones):
    assert not is_known(word)
    assert usual(word) == phones


@needs_espeak
def test_words_of_another_language_come_in_the_nearest_english_phones():
    assert pronunciations("schön", "de")[0] == ("SH", "ER1", "N")


def test_without_espeak_every_letter_still_has_its_sound(monkeypatch):
    monkeypatch.setattr(pronounce_unknown, "_espeak", lambda: None)
    assert by_rules("blorfing") == ()
    assert " ".join(by_letters("blorfing")[0]) == "B L AO1 R F IH1 NG"


def test_ipa_becomes_arpabet_with_the_stress_on_the_vowel():
    assert arpabet("tʃˈætɹuːm") == ("CH", "AE1", "T", "R", "UW0", "M")


@given(st.text(max_size=30))
def test_any_text_can_be_said_with_phones_that_the_model_knows(text):
    known = set(english().phones)
    for phones in pronunciations(text):
        assert phones
        assert {phone.rstrip("012") for phone in phones} <= known
