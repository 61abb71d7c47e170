"""What the animator chooses for a word's gesture (class, hand, size), and how the rhythm generator obeys."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken_lines import LINE, PLAIN_LINE, perform, speech

from chironomy.formats.gesture_choice import (
    HANDS,
    LARGEST,
    NO_GESTURE,
    OPEN,
    SMALLEST,
    GestureChoice,
    choices_in,
    with_choices,
)
from chironomy.formats.take import Take, read_take, write_take
from chironomy.generators.rhythm.lexicon import gesture_classes
from chironomy.motion.body import neutral_body
from chironomy.motion.kinematics import forward
from chironomy.motion.limits import limit
from chironomy.motion.measure import hands_in_body
from chironomy.motion.skeleton import INDEX

BODY = neutral_body()
SIDES = {"left": 0, "right": 1}
WORDS = [word.text for word in speech(PLAIN_LINE).words]
WORD = WORDS.index("times")


@cache
def chosen(gesture_class: str, hand: str = "auto", size: float = 1.0, seed: int = 1) -> Take:
    """A take with this gesture alone."""
    alone = {**dict.fromkeys(range(len(WORDS)), NO_GESTURE), WORD: GestureChoice(gesture_class, hand, size)}
    return perform(PLAIN_LINE, seed=seed, gesture_choices=alone)


def extents_m(take: Take) -> np.ndarray:
    """[2]: how much room the left and the right wrist take from the gesture's preparation to its end."""
    window = take.metadata.words[WORD].window
    frames = slice(round(30 * window.preparation_s), round(30 * window.stroke_end_s))
    positions, _ = forward(take.semantic_rotations[frames], take.translation[frames], BODY.rest_joints)
    return np.linalg.norm(np.ptp(positions[:, [INDEX["left_wrist"], INDEX["right_wrist"]]], axis=0), axis=-1)


choices = st.builds(
    GestureChoice,
    st.none() | st.sampled_from(["", "negation", "beat"]),
    st.sampled_from(HANDS),
    st.floats(SMALLEST, LARGEST, allow_nan=False),
)


@given(st.dictionaries(st.integers(0, 99), choices, max_size=5))
def test_choices_are_read_from_settings_as_they_were_written(chosen_for):
    kept = choices_in(with_choices({"style": "calm"}, chosen_for))
    assert kept == {number: choice for number, choice in chosen_for.items() if choice != OPEN}


def test_settings_of_earlier_versions_hold_classes_alone():
    settings = {"style": "calm", "gesture_classes": {"3": "negation", "4": ""}}
    assert choices_in(settings) == {3: GestureChoice("negation"), 4: NO_GESTURE}
    assert choices_in({}) == {}


@pytest.mark.parametrize(
    "settings",
    [
        {"gestures": {"3": {"hand": "third"}}},
        {"gestures": {"3": {"size": 9}}},
        {"gestures": {"3": {"size": "large"}}},
        {"gestures": {"3": {"class": 5}}},
        {"gestures": {"three": {}}},
        {"gestures": ["left"]},
        {"gesture_classes": "negation"},
    ],
)
def test_settings_that_hold_something_else_are_refused(settings):
    with pytest.raises(ValueError, match=r"hand|size|class|choices|three"):
        choices_in(settings)


def test_a_take_keeps_what_was_asked_for(tmp_path: Path):
    asked = {WORD: GestureChoice("offer", "left", 1.2), 0: GestureChoice(size=0.5)}
    write_take(tmp_path / "a.npz", perform(PLAIN_LINE, gesture_choices=asked))
    assert choices_in(read_take(tmp_path / "a.npz").metadata.settings) == asked


def test_open_choices_change_nothing():
    free = perform(LINE)
    open_choices = dict.fromkeys(range(len(free.metadata.words)), OPEN)
    again = perform(LINE, gesture_choices=open_choices)
    assert again.metadata == free.metadata
    for layer in ("base_rotations", "semantic_rotations", "emphasis"):
        assert getattr(again, layer).tobytes() == getattr(free, layer).tobytes()


@pytest.mark.parametrize("gesture_class", ["negation", "self", "contrast", "uncertainty", "beat"])
@pytest.mark.parametrize("hand", SIDES)
def test_the_chosen_hand_makes_the_gesture(gesture_class, hand):
    extents = extents_m(chosen(gesture_class, hand))
    assert extents[SIDES[hand]] > 1.5 * extents[1 - SIDES[hand]]


@pytest.mark.parametrize("gesture_class", ["greeting", "you", "contrast", "beat"])
def test_both_hands_make_what_one_would_make(gesture_class):
    extents = extents_m(chosen(gesture_class, "both"))
    assert extents.min() > 0.6 * extents.max()


@pytest.mark.parametrize("gesture_class", ["negation", "big", "beat"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_larger_size_takes_more_room_and_a_smaller_one_less(gesture_class, seed):
    small, usual, large = (extents_m(chosen(gesture_class, "left", size, seed))[0] for size in (0.5, 1.0, 1.4))
    assert 1.1 * small < usual < large / 1.05


@pytest.mark.parametrize("gesture_class", gesture_classes())
def test_the_largest_gestures_stay_clear_of_the_body_and_within_the_joints_limits(gesture_class):
    take = chosen(gesture_class, "both", LARGEST)
    positions, world = forward(take.semantic_rotations, take.translation, BODY.rest_joints)
    assert hands_in_body(positions, world, BODY).max() < 0.012
    assert np.allclose(limit(take.semantic_rotations), take.semantic_rotations, atol=1e-6)


def test_a_size_alone_leaves_the_gesture_and_all_other_words_as_they_were():
    free, large = (perform(LINE, gesture_choices=asked) for asked in ({}, {2: GestureChoice(size=1.4)}))
    assert [w.gesture_class for w in free.metadata.words] == [w.gesture_class for w in large.metadata.words]
    assert free.metadata.words[2].gesture_class == "negation"  # "never"
    late = round(30 * (large.metadata.words[2].window.retraction_s + 1.5))
    same = free.semantic_rotations[late:], large.semantic_rotations[late:]
    assert np.abs(same[0] - same[1]).max() < 1e-3


def test_what_cannot_be_met_is_told():
    assert "“times”: its gesture is made with the left hand" in chosen("left", "right").metadata.notices[0]
    nothing = perform(PLAIN_LINE, gesture_choices={WORDS.index("of"): GestureChoice(hand="left")})
    assert nothing.metadata.notices == (
        "“of”: gets no gesture by itself, so hand and size have no effect: choose a kind of gesture, too",
    )
    crowded = {number: GestureChoice("stop") for number in (0, 1, 2)}
    assert "too near" in perform(PLAIN_LINE, gesture_choices=crowded).metadata.notices[0]
    assert perform(PLAIN_LINE, gesture_choices={999: GestureChoice("stop", "left")}).metadata.notices == ()
    assert chosen("offer", "left").metadata.notices == ()
