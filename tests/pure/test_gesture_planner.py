"""Planning gestures for a model: which word gets which learned gesture, and what the networks are told of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import semtalk_models
from spoken_lines import request

from chironomy.errors import UserError
from chironomy.generators.semtalk.generator import SemTalkGenerator
from chironomy.generators.semtalk.gesture_plan import DESCRIPTION_CHANNELS, HAND_CHANNELS, PLAN_CHANNELS
from chironomy.generators.semtalk.planner import plan_gestures
from chironomy.generators.semtalk.repertoire import FILE, LearnedGesture, read_repertoire, write_repertoire
from chironomy.nets.config import read_model_config
from chironomy.nets.model_folder import write_model
from chironomy.speech.types import FPS

CLASSES = ("negation", "we", "you", "beat")


def learned(number: int, name: str, hands: str = "right") -> LearnedGesture:
    hand = tuple(np.linspace(0.1, 0.6, DESCRIPTION_CHANNELS) + number / 100)
    return LearnedGesture(number, name, hands, 0.3, 0.5, 0.4, (hand,) * (2 if hands == "both" else 1))


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
    plan = plan_gestures(request(gesture_classes={word: "we"}), REPERTOIRE, CLASSES)
    assert any(s.word == word and s.gesture_class == "we" for s in plan.strokes)
    silent = plan_gestures(request(gesture_classes={word: ""}), REPERTOIRE, CLASSES)
    assert not any(s.word == word for s in silent.strokes)


def test_the_same_seed_plans_the_same_and_another_seed_something_else() -> None:
    one, again, other = (plan_gestures(request(seed=seed), REPERTOIRE, CLASSES) for seed in (1, 1, 2))
    assert one.semantic.tobytes() == again.semantic.tobytes()
    assert not np.array_equal(one.semantic, other.semantic)


def test_the_networks_are_told_of_every_frame_where_the_hands_are_and_of_strokes_what_they_look_like() -> None:
    plan = plan_gestures(request(), REPERTOIRE, CLASSES)
    frames = int(np.ceil(request().speech.duration_s * FPS))
    assert plan.base.shape == plan.semantic.shape == (frames, PLAN_CHANNELS)
    homes = plan.semantic.reshape(frames, 2, HAND_CHANNELS)[:, :, -6:]
    assert np.abs(homes).max(axis=(1, 2)).min() > 0.1
    stroke = next(s for s in plan.strokes if s.gesture_class == "negation")
    at = round(stroke.times.apex_s * FPS) + 1
    told = plan.semantic.reshape(frames, 2, HAND_CHANNELS)[at, stroke.side, 6:-6]
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
