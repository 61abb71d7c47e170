"""What users write for --emphasis, --gesture, --hand and --size."""

import pytest

from chironomy.errors import UserError
from chironomy.formats.gesture_choice import GestureChoice
from chironomy.pipeline.choices import read_gesture_choices, read_sliders

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


def test_class_hand_and_size_of_a_word_are_one_choice():
    assert read_gesture_choices("never=negation,said=none", "never=left", "you#2=1.3", WORDS, ["negation"]) == {
        1: GestureChoice("negation", "left"),
        2: GestureChoice(""),
        3: GestureChoice(size=1.3),
    }


@pytest.mark.parametrize(
    ("gesture", "hand", "size", "message"),
    [
        ("never=wave", "", "", "--gesture: .*there are: negation, none"),
        ("", "never=third", "", "--hand: .*there are: auto, left, right, both"),
        ("", "nevr=left", "", 'is it "never"'),
        ("", "", "never=2", "--size: .*from 0.3 to 1.5"),
        ("", "", "never=large", "--size: .*from 0.3 to 1.5"),
        ("", "", "never=nan", "--size: .*from 0.3 to 1.5"),
    ],
)
def test_choices_that_cannot_be_meant_are_named(gesture: str, hand: str, size: str, message: str):
    with pytest.raises(UserError, match=message):
        read_gesture_choices(gesture, hand, size, WORDS, ["negation"])
