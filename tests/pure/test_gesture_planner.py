"""Planning gestures for a model: which word gets which learned gesture, and what the networks are told of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import semtalk_models
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from motion_strategies import seeds
from spoken_lines import request

from chironomy.errors import UserError
from chironomy.formats.gesture_choice import LARGEST, SMALLEST, GestureChoice, choices_in
from chironomy.generators.rhythm.arm_pose import arm_of
from chironomy.generators.semtalk.generator import SemTalkGenerator
from chironomy.generators.semtalk.gesture_plan import (
    BEARING_CHANNELS,
    DESCRIPTION_CHANNELS,
    HOME_CHANNELS,
    PLAN_CHANNELS,
    PlannedStroke,
    bearing_in,
    hands_of,
    homes_in,
    on_the_way,
    resized,
)
from chironomy.generators.semtalk.planner import plan_gestures
from chironomy.generators.semtalk.repertoire import (
    FILE,
    LearnedGesture,
    bearing_moments,
    read_repertoire,
    write_repertoire,
)
from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.skeleton import INDEX, JOINT_COUNT
from chironomy.nets.config import read_model_config
from chironomy.nets.model_folder import write_model
from chironomy.speech.types import FPS

CLASSES = ("negation", "we", "you", "beat")


def learned(number: int, name: str, hands: str = "right") -> LearnedGesture:
    hand = tuple(np.linspace(0.1, 0.6, DESCRIPTION_CHANNELS) + number / 100)
    return LearnedGesture(number, name, hands, 0.3, 0.5, 0.4, (hand,) * (2 if hands == "both" else 1))


NEVER = next(k for k, w in enumerate(request().speech.words) if w.text == "never")
REPERTOIRE = {
    name: tuple(learned(10 * k + n, name, "both" if n else "right") for n in (0, 1)) for k, name in enumerate(CLASSES)
}


def test_words_of_a_class_get_one_of_its_learned_gestures_on_their_stressed_syllable() -> None:
    plan = plan_gestures(request(), REPERTOIRE, CLASSES)
    planned = {p.word: p for p in plan.performed}
    strokes = [s for s in plan.strokes if s.performance >= 0]
    assert {s.gesture_class for s in strokes} >= {"negation", "beat"}
    for stroke in strokes:
        assert stroke.performance in {g.number for g in REPERTOIRE[stroke.gesture_class]}
        assert stroke.gesture_class == planned[stroke.word].gesture_class
        assert abs(stroke.times.apex_s - planned[stroke.word].nucleus_s) < 0.1


def test_the_animators_choice_for_a_word_is_planned() -> None:
    word = next(k for k, w in enumerate(request().speech.words) if w.text == "thought")
    plan = plan_gestures(request(gesture_choices={word: GestureChoice("we")}), REPERTOIRE, CLASSES)
    assert any(s.word == word and s.gesture_class == "we" for s in plan.strokes)
    silent = plan_gestures(request(gesture_choices={word: GestureChoice("")}), REPERTOIRE, CLASSES)
    assert not any(s.word == word for s in silent.strokes)


def a_description(seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    palm, fingers = random.normal(size=(2, 3))
    ends = random.uniform(-0.7, 0.7, 9), random.uniform(0, 1, 2)
    return np.concatenate([ends[0], palm / np.linalg.norm(palm), fingers / np.linalg.norm(fingers), ends[1]])


def strokes_on(word: int, choice: GestureChoice, repertoire=REPERTOIRE) -> list[PlannedStroke]:
    plan = plan_gestures(request(gesture_choices={word: choice}), repertoire, CLASSES)
    return [stroke for stroke in plan.strokes if stroke.word == word]


@pytest.mark.parametrize(("hand", "sides"), [("left", {0}), ("right", {1}), ("both", {0, 1})])
@pytest.mark.parametrize("gesture_class", [None, "you", "beat"])
def test_a_word_gets_a_gesture_learned_by_the_chosen_hand(hand: str, sides: set[int], gesture_class) -> None:
    every = {name: tuple(learned(n, name, h) for n, h in enumerate(("right", "left", "both"))) for name in CLASSES}
    strokes = strokes_on(NEVER, GestureChoice(gesture_class, hand), every)
    assert {stroke.side for stroke in strokes} == sides
    assert {stroke.gesture_class for stroke in strokes} == {gesture_class or "negation"}
    assert {every["you"][stroke.performance].hands for stroke in strokes} == {hand}


@pytest.mark.parametrize("hands", ["right", "both"])
def test_a_gesture_that_no_left_hand_learned_is_mirrored_or_loses_its_other_hand(hands: str) -> None:
    only = {name: (learned(0, name, hands),) for name in CLASSES}
    (stroke,) = strokes_on(NEVER, GestureChoice(hand="left"), only)
    assert stroke.side == 0
    assert np.allclose(stroke.description[:9], only["negation"][0].descriptions[0][:9], atol=0.12)


def test_both_hands_do_what_one_learned_side_by_side() -> None:
    only = {name: (learned(0, name, "right"),) for name in CLASSES}
    left, right = strokes_on(NEVER, GestureChoice(hand="both"), only)
    assert np.allclose(left.description, right.description, atol=0.05)
    assert left.description[[0, 3, 6]].min() >= 0.1, "away from the midline, so that they do not meet"


def test_gestures_start_from_where_the_hand_is_and_go_most_of_the_way_to_what_was_learned() -> None:
    plan = plan_gestures(request(), REPERTOIRE, CLASSES)
    learned_ones = {g.number: g for gestures in REPERTOIRE.values() for g in gestures}
    strokes = [stroke for stroke in plan.strokes if stroke.performance >= 0]
    goals = [np.array(learned_ones[s.performance].descriptions[0])[3:6] for s in strokes]
    homes = [hands_of(plan.semantic)[round(s.times.apex_s * FPS), s.side, -HOME_CHANNELS:][:3] for s in strokes]
    left = [
        np.linalg.norm(goal - s.description[3:6]) / np.linalg.norm(goal - home)
        for s, goal, home in zip(strokes, goals, homes, strict=True)
    ]
    assert len(set(np.round(left, 4))) > 1, "no two are alike"
    assert 0 < max(left) < 0.16


@given(seeds, seeds, st.floats(0, 1))
def test_between_two_descriptions_hands_still_point_somewhere(one: int, other: int, amount: float) -> None:
    here, there = a_description(one), a_description(other)
    made = on_the_way(here, there, amount)
    assert np.allclose(np.linalg.norm(made[9:15].reshape(2, 3), axis=-1), 1)
    assert np.allclose(made[:9], (1 - amount) * here[:9] + amount * there[:9])
    assert np.allclose(on_the_way(here, there, 1.0), there)


def test_what_points_to_a_side_stays_with_that_hand_and_the_plan_says_so() -> None:
    only = {"left": (learned(0, "left", "left"),)}
    asked = {NEVER: GestureChoice("left", "right")}
    plan = plan_gestures(request(gesture_choices=asked), only, ("left",))
    assert {stroke.side for stroke in plan.strokes if stroke.word == NEVER} == {0}
    assert plan.notices == (
        "“never”: its gesture is made with the left hand: for the right hand choose another kind of gesture",
    )


def test_homes_tell_how_far_each_hands_fingers_are_bent() -> None:
    fist = rot.identity((2, 55))
    for finger in ("index", "middle", "ring", "pinky"):
        for k in (1, 2, 3):
            angle = 1.0 if finger == "index" else 0.5
            fist[1, INDEX[f"left_{finger}{k}"]] = rot.about("z", np.asarray(-angle))
    open_hand, bent = homes_in(fist, neutral_body()).reshape(2, 2, HOME_CHANNELS)
    assert np.allclose(bent[0, -2:] - open_hand[0, -2:], [1.0 / 0.25, 0.5 / 0.25])
    assert np.allclose(bent[1], open_hand[1])
    assert np.allclose(bent[0, :6], open_hand[0, :6])


def test_size_scales_the_described_gesture_about_the_place_where_the_hand_is_held() -> None:
    def way(size: float) -> float:
        (stroke,) = strokes_on(NEVER, GestureChoice("negation", "right", size))
        plan = plan_gestures(request(), REPERTOIRE, CLASSES)
        home = hands_of(plan.semantic)[round(stroke.times.raised_s * FPS), 1, -HOME_CHANNELS:][:3]
        return float(np.linalg.norm(stroke.description[3:6] - home))

    small, usual, large = (way(size) for size in (0.5, 1.0, 1.4))
    assert small == pytest.approx(0.5 * usual, rel=0.05)
    assert usual * 1.05 < large <= 1.4 * usual * 1.05


@given(
    hnp.arrays(float, (3, 3), elements=st.floats(-0.7, 0.7)),
    hnp.arrays(float, 3, elements=st.floats(-0.5, 0.5)),
    st.floats(SMALLEST, LARGEST),
)
def test_larger_gestures_stay_within_reach_and_smaller_ones_near_the_hands_place(wrists, home, size) -> None:
    body = neutral_body()
    description = np.concatenate([wrists.ravel(), np.arange(DESCRIPTION_CHANNELS - 9.0)])
    made = resized(description, home, size, 0, body)
    assert np.array_equal(made[9:], description[9:])
    new, arm = made[:9].reshape(3, 3), arm_of(body, "left")
    wanted = home + size * (wrists - home)
    reach, own_reach, wanted_reach = (np.linalg.norm(w - arm.shoulder, axis=1) for w in (new, wrists, wanted))
    assert np.all(reach <= np.maximum.reduce([own_reach, np.full(3, 0.94), wanted_reach * (size <= 1)]) + 1e-9)
    if size <= 1:
        assert np.allclose(new - home, size * (wrists - home))


def test_plans_tell_how_trunk_and_head_are_held_apart_from_where_the_whole_body_turns() -> None:
    nod = rot.identity((2, JOINT_COUNT))
    nod[1, INDEX["head"]] = rot.about("x", 0.5)
    told = bearing_in(nod, neutral_body())
    assert told.shape == (2, BEARING_CHANNELS)
    assert not told[0].any()
    assert not told[1, :3].any(), "the chest stays"
    assert told[1, 3] > 1
    assert not told[1, 4:].any()
    turned = nod.copy()
    turned[:, INDEX["pelvis"]] = rot.about("y", 0.8)
    assert np.allclose(bearing_in(turned, neutral_body()), told)


def nodding(number: int, name: str) -> LearnedGesture:
    """The head bows by a quarter of a radian until the apex, and comes up again."""
    still = learned(number, name)
    moments = bearing_moments(still.rise_s, still.hold_s)
    bowed = np.clip(1 - np.abs(moments) / 0.4, 0, 1)
    return replace(still, bearing=tuple((0.0, 0.0, 0.0, float(x), 0.0, 0.0) for x in bowed))


def test_trunk_and_head_go_along_with_a_gesture_as_the_actors_did() -> None:
    nods, still = ({"negation": (make(1, "negation"),)} for make in (nodding, learned))
    moved, quiet = (plan_gestures(request(), repertoire, CLASSES) for repertoire in (nods, still))
    apart = moved.semantic[:, -3:].astype(float) - quiet.semantic[:, -3:]
    outside = np.ones(len(apart), bool)
    for stroke in (stroke for stroke in moved.strokes if stroke.performance == 1):
        outside[slice(*stroke.times.span(len(apart)))] = False
        assert 0.5 < apart[round(stroke.times.apex_s * FPS), 0] <= 0.8, "most of the way, as far as the arms go"
    assert not outside.all()
    assert not apart[outside].any()
    assert not apart[:, 1:].any()
    assert np.array_equal(moved.base, quiet.base), "what a word means is not in the base layer"


def test_open_choices_plan_what_no_choices_plan() -> None:
    free = plan_gestures(request(), REPERTOIRE, CLASSES)
    open_choices = dict.fromkeys(range(len(request().speech.words)), GestureChoice())
    again = plan_gestures(request(gesture_choices=open_choices), REPERTOIRE, CLASSES)
    assert (again.base.tobytes(), again.semantic.tobytes()) == (free.base.tobytes(), free.semantic.tobytes())
    assert again.gesture_class.tobytes() == free.gesture_class.tobytes()
    assert again.notices == free.notices == ()


def test_the_same_seed_plans_the_same_and_another_seed_something_else() -> None:
    one, again, other = (plan_gestures(request(seed=seed), REPERTOIRE, CLASSES) for seed in (1, 1, 2))
    assert one.semantic.tobytes() == again.semantic.tobytes()
    assert not np.array_equal(one.semantic, other.semantic)


def test_the_networks_are_told_of_every_frame_where_the_hands_are_and_of_strokes_what_they_look_like() -> None:
    plan = plan_gestures(request(), REPERTOIRE, CLASSES)
    frames = int(np.ceil(request().speech.duration_s * FPS))
    assert plan.base.shape == plan.semantic.shape == (frames, PLAN_CHANNELS)
    homes = hands_of(plan.semantic)[:, :, -HOME_CHANNELS:]
    assert np.abs(homes).max(axis=(1, 2)).min() > 0.1
    stroke = next(s for s in plan.strokes if s.gesture_class == "negation")
    at = round(stroke.times.apex_s * FPS) + 1
    told = hands_of(plan.semantic)[at, stroke.side, 6:-HOME_CHANNELS]
    assert np.allclose(told, stroke.description)
    assert plan.gesture_class[at] == CLASSES.index("negation") + 1


def test_a_repertoire_is_read_as_it_was_written_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    write_repertoire(tmp_path, [learned(1, "you", "both")])
    assert read_repertoire(tmp_path)["you"][0].hands == "both"
    assert read_repertoire(tmp_path / "nothing") == {}
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / FILE).write_text((tmp_path / FILE).read_text().replace("both", "left"))
    with pytest.raises(UserError, match="damaged"):
        read_repertoire(broken)


def test_how_trunk_and_head_go_along_is_kept_and_must_be_as_long_as_the_gesture(tmp_path: Path) -> None:
    gesture = nodding(1, "you")
    write_repertoire(tmp_path, [gesture])
    (kept,) = read_repertoire(tmp_path)["you"]
    apex, never = kept.bearing_at(np.array([0.0, 9.0]))
    assert apex[3] == pytest.approx(1, abs=0.2)
    assert not never.any()
    (tmp_path / "cut").mkdir()
    write_repertoire(tmp_path / "cut", [replace(gesture, bearing=gesture.bearing[:-1])])
    with pytest.raises(UserError, match="bearing"):
        read_repertoire(tmp_path / "cut")


def test_a_model_with_a_repertoire_is_told_the_plan_and_its_words_say_what_was_planned(tmp_path: Path) -> None:
    config = read_model_config(semtalk_models.TINY)
    front_end = config.front_end.model_copy(update={"plan_width": PLAN_CHANNELS, "gesture_classes": CLASSES})
    config = config.model_copy(update={"front_end": front_end})
    write_model(tmp_path, config, semtalk_models.networks(config).items(), semtalk_models.ORIGIN)
    wanted = replace(request(), model=tmp_path)
    unplanned = SemTalkGenerator().generate(wanted)
    write_repertoire(tmp_path, [gesture for gestures in REPERTOIRE.values() for gesture in gestures])
    read_repertoire.cache_clear()
    planned = SemTalkGenerator().generate(wanted)
    words = {word.word.text: word.gesture_class for word in planned.metadata.words}
    assert words["never"] == "negation"
    assert not any(word.gesture_class for word in unplanned.metadata.words)
    for layer in ("base_rotations", "semantic_rotations"):
        assert not np.array_equal(getattr(planned, layer), getattr(unplanned, layer))
    assert np.array_equal(planned.emphasis, unplanned.emphasis)  # psi comes from what is said, not from the plan
    told = replace(wanted, gesture_choices={NEVER: GestureChoice(hand="left"), 999: GestureChoice("we")})
    made = SemTalkGenerator().generate(told)
    assert choices_in(made.metadata.settings) == told.gesture_choices
    assert not any("by itself" in notice for notice in made.metadata.notices)
    (tmp_path / FILE).unlink()
    read_repertoire.cache_clear()
    assert any("chooses hands" in notice for notice in SemTalkGenerator().generate(told).metadata.notices)
