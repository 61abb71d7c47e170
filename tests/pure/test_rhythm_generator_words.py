"""The rhythm generator and words: gesture classes, scores, sliders, seeds and styles."""

import dataclasses
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from spoken_lines import LINE, PLAIN_LINE, perform, request, speech

from chironomy.emphasis.curve import emphasis_curve, word_bump
from chironomy.emphasis.fuse import fuse, fused_take
from chironomy.errors import UserError
from chironomy.formats.gesture_choice import GestureChoice
from chironomy.formats.take import Take, write_take
from chironomy.generators.registry import generator_names, get_generator
from chironomy.generators.rhythm import RhythmGenerator
from chironomy.generators.rhythm.lexicon import gesture_classes, recognise
from chironomy.motion.body import neutral_body
from chironomy.motion.kinematics import forward
from chironomy.motion.skeleton import INDEX

BODY = neutral_body()
CLASSES = (
    "negation", "question", "contrast", "obligation", "inclusiveness", "uncertainty", "self", "you", "we", "here",
    "there", "left", "right", "stop", "greeting", "counting", "big", "small", "offer",
)  # fmt: skip
IN_A_SENTENCE = {
    "never": "They never came back to the village.",
    "question": "So where did people sleep?",
    "however": "The road, however, went on.",
    "must": "People must wear a helmet.",
    "everybody": "They asked everybody in town.",
    "perhaps": "The weather perhaps improves.",
    "myself": "Nobody but myself saw the house.",
    "you": "The prize goes to you and the team.",
    "our": "The birds like our garden.",
    "here": "The houses stood here once.",
    "beyond": "The hills beyond were blue.",
    "left": "Turn to the left behind the church.",
    "right": "Turn to the right behind the church.",
    "stop": "The drivers stop before the bridge.",
    "hello": "Then say hello to the teacher.",
    "three": "The farmer had three horses.",
    "huge": "The storm was huge that night.",
    "tiny": "The boat was tiny that night.",
    "give": "Then give the letter to the captain.",
}


@cache
def take(text: str = LINE, seed: int = 1) -> Take:
    return perform(text, seed=seed)


def classes_of(shown: Take) -> dict[str, str]:
    return {word.word.text.lower(): word.gesture_class for word in shown.metadata.words}


def found_in(text: str) -> dict[str, str]:
    """Word → class for a text, without any motion."""
    spoken = speech(text)
    recognised = recognise(spoken.words, spoken.rhythm.prominence, {})
    return {spoken.words[k].text.lower(): r.gesture_class for k, r in recognised.items()}


def test_the_lexicon_has_every_class():
    assert gesture_classes() == CLASSES


@pytest.mark.parametrize(("gesture_class", "text"), list(zip(CLASSES, IN_A_SENTENCE.values(), strict=True)))
def test_words_of_every_class_are_recognised(gesture_class, text):
    assert gesture_class in found_in(text).values()


@pytest.mark.parametrize(
    ("phrase", "gesture_class"),
    [
        ("Honestly I don't know.", "uncertainty"),
        ("But on the other hand it rains.", "contrast"),
        ("It is not only cold.", "negation"),
        ("The neighbours help each other.", "inclusiveness"),
        ("So how many came?", "question"),
        ("The children have to sleep.", "obligation"),
    ],
)
def test_phrases_are_read_as_a_whole(phrase, gesture_class):
    found = found_in(phrase)
    assert gesture_class in found.values()
    assert not {"self", "negation"} & set(found.values()) - {gesture_class}


@pytest.mark.parametrize(
    "phrase",
    ["There is a river.", "That's right.", "One of the horses slept.", "Tell the people what happened."],
)
def test_words_that_only_look_like_a_class_are_left_alone(phrase):
    assert not {"there", "right", "counting", "question"} & set(found_in(phrase).values())


def test_a_question_without_a_question_word_ends_in_an_open_hand():
    assert found_in("Did the children sleep?")["sleep"] == "question"


@cache
def shown_alone(gesture_class: str) -> np.ndarray:
    """Places of hands, fingers and head [n, 3] at the end of a stroke: the same sentence, one word, seed 1."""
    shown = RhythmGenerator().generate(
        dataclasses.replace(
            request("people really thought something would happen there"),
            gesture_choices={3: GestureChoice(gesture_class)},
        )
    )
    window = shown.metadata.words[3].window
    frame = round(30 * (0.35 * window.stroke_start_s + 0.65 * window.stroke_end_s))
    q = fuse(shown.base_rotations, shown.semantic_rotations, shown.emphasis)[frame : frame + 1]
    positions, _ = forward(q, shown.translation[frame : frame + 1], BODY.rest_joints)
    return positions[0, [INDEX["head"], *range(20, 22), *range(25, 55)]]


@pytest.mark.parametrize(("one", "other"), list(combinations(CLASSES, 2)))
def test_classes_look_different(one, other):
    assert np.linalg.norm(shown_alone(one) - shown_alone(other), axis=-1).max() > 0.06


def test_a_class_word_is_emphasised_by_itself():
    scores = {w.word.text: w.score for w in take().metadata.words}
    assert min(scores[word] for word in ("never", "three", "hello", "stop")) > 0.7


def test_scores_are_the_highest_psi_of_the_stroke_window():
    for text in (LINE, PLAIN_LINE):
        shown = take(text)
        assert shown.emphasis.dtype == np.float32
        for word in shown.metadata.words:
            times = np.arange(shown.frames) / 30
            inside = (times >= word.window.stroke_start_s - 1e-9) & (times <= word.window.stroke_end_s + 1e-9)
            assert word.score == float(shown.emphasis[inside].max())


def test_every_word_has_a_window_around_its_nucleus():
    shown, nuclei = take(), speech(LINE).rhythm.nuclei_s
    for word, nucleus in zip(shown.metadata.words, nuclei, strict=True):
        window = word.window
        assert 0 <= window.preparation_s <= window.stroke_start_s < window.stroke_end_s
        assert window.stroke_end_s <= window.retraction_s <= shown.duration_s
        assert window.stroke_start_s <= nucleus <= window.stroke_end_s


@pytest.mark.parametrize("text", [LINE, PLAIN_LINE])
def test_raising_any_slider_is_visible_and_stays_near_its_word(text):
    shown = take(text)
    still, _ = forward(fused_take(shown)[0], shown.translation, BODY.rest_joints)
    for number, word in enumerate(shown.metadata.words):
        e = emphasis_curve(shown.emphasis, shown.metadata.words, {number: min(word.score + 1.0, 2.0)}, 30.0)
        moved = np.flatnonzero(e != shown.emphasis)
        q = fuse(shown.base_rotations[moved], shown.semantic_rotations[moved], e[moved])
        positions, _ = forward(q, shown.translation[moved], BODY.rest_joints)
        assert np.linalg.norm(positions - still[moved], axis=-1).max() > 0.025, word.word.text
        assert np.all(word_bump(word.window, moved / 30) > 0)


def test_the_same_seed_gives_the_same_file(tmp_path):
    for name in ("a", "b"):
        write_take(tmp_path / name, perform(LINE, seed=5))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_another_seed_is_another_performance():
    takes = [take(LINE, seed) for seed in (1, 2, 3, 4)]
    wrists = [
        forward(fused_take(t)[0], t.translation, BODY.rest_joints)[0][:, [INDEX["left_wrist"], INDEX["right_wrist"]]]
        for t in takes
    ]
    for one, other in combinations(wrists, 2):
        assert np.median(np.linalg.norm(one - other, axis=-1)) > 0.06


def test_livelier_styles_move_more():
    def median_speed(style: str) -> float:
        shown = perform(PLAIN_LINE, style=style)
        positions, _ = forward(fused_take(shown)[0], shown.translation, BODY.rest_joints)
        wrists = positions[:, [INDEX["left_wrist"], INDEX["right_wrist"]]]
        return float(np.median(np.linalg.norm(np.diff(wrists, axis=0) * 30, axis=-1).max(axis=1)))

    calm, neutral, lively = (median_speed(style) for style in ("calm", "neutral", "lively"))
    assert 1.15 * calm < neutral < lively


def test_the_animator_chooses_a_class_and_nothing_far_away_changes():
    number = 9
    before = take()
    after = perform(LINE, gesture_choices={number: GestureChoice("stop")})
    assert after.metadata.words[number].gesture_class == "stop"
    window = after.metadata.words[number].window
    far = np.abs(np.arange(after.frames) / 30 - window.stroke_start_s) > 5
    assert np.abs(after.semantic_rotations[far] - before.semantic_rotations[far]).max() < 0.05


def test_the_animator_takes_a_gesture_away():
    words = speech(LINE).words
    number = next(k for k, word in enumerate(words) if word.text == "never")
    assert perform(LINE, gesture_choices={number: GestureChoice("")}).metadata.words[number].gesture_class == ""
    assert perform(LINE, gesture_choices={number: GestureChoice("beat")}).metadata.words[number].gesture_class == "beat"


@pytest.mark.parametrize("choices", [{"style": "angry"}, {"gesture_choices": {0: GestureChoice("dance")}}])
def test_unknown_names_are_told_with_what_there_is(choices):
    with pytest.raises(UserError, match="choose one of"):
        perform(LINE, **choices)


def test_generators_are_found_by_name():
    assert all(get_generator(name).name == name for name in generator_names())
    with pytest.raises(UserError, match="rhythm"):
        get_generator("nothing")


def test_silence_is_an_idle_take():
    shown = RhythmGenerator().generate(dataclasses.replace(request(), speech=speech("", tail_s=4.0)))
    assert shown.metadata.words == ()
    assert not shown.emphasis.any()
    assert np.ptp(shown.base_rotations, axis=0).max() > 0.01


def test_one_word_in_a_third_of_a_second():
    shown = RhythmGenerator().generate(dataclasses.replace(request(), speech=speech("No.", start_s=0.0, tail_s=0.1)))
    assert shown.frames == len(shown.emphasis) >= 9
    assert shown.metadata.words[0].gesture_class == "negation"
