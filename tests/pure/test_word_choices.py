"""What users write for --emphasis and --gesture."""

import pytest

from chironomy.errors import UserError
from chironomy.pipeline.choices import read_gesture_classes, read_sliders

WORDS = ["You", "never", "said", "you", "don’t"]


def test_a_word_means_every_place_where_it_is_spoken():
    assert read_sliders("you=0, never=1.5", WORDS) == {0: 0.0, 3: 0.0, 1: 1.5}


def test_a_number_behind_the_word_picks_one_place():
    assert read_sliders("you#2=0.5", WORDS) == {3: 0.5}


def test_case_and_apostrophes_do_not_matter():
    assert read_sliders("DON'T=2", WORDS) == {4: 2.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nevr=1", 'is it "never"'),
        ("never", "word=value"),
        ("never=", "word=value"),
        ("never=loud", "0 to 2"),
        ("never=2.5", "0 to 2"),
        ("never=-1", "0 to 2"),
        ("never=nan", "0 to 2"),
        ("you#3=1", "2 times"),
        ("you#x=1", "2 times"),
    ],
)
def test_mistakes_are_named_in_one_line(text: str, message: str):
    with pytest.raises(UserError, match=message) as raised:
        read_sliders(text, WORDS)
    assert "\n" not in str(raised.value)


def test_gesture_classes_are_checked_and_none_means_no_gesture():
    assert read_gesture_classes("never=negation,said=none", WORDS, ["negation"]) == {1: "negation", 2: ""}
    with pytest.raises(UserError, match="there are: negation, none"):
        read_gesture_classes("never=wave", WORDS, ["negation"])
