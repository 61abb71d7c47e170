"""Actors' gestures put to speech: two layers, strokes on words, feet that stay, nothing through the body."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_actors import raised_arm, standing
from spoken_lines import LINE, perform, speech

from chironomy.errors import UserError
from chironomy.generators.semtalk.gesture_plan import (
    HOME_CHANNELS,
    PLAN_CHANNELS,
    PlannedStroke,
    StrokeTimes,
    describe_strokes,
    hands_of,
    plan_channels,
)
from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.kinematics import forward
from chironomy.motion.skeleton import INDEX
from chironomy.speech.types import FPS
from chironomy.training.corpus.choreography import Utterance, by_class, choreograph, without_hurry
from chironomy.training.corpus.finishing import eased, hurried, misplaced, with_slow_fingers
from chironomy.training.corpus.idles import chain, stood
from chironomy.training.corpus.lines import Line, recorded_lines, spoken_lines
from chironomy.training.corpus.overlay import ARM_JOINTS, Placed, laid_over
from chironomy.training.corpus.performances import (
    mirrored,
    mirrored_rotations,
    read_performances,
)
from chironomy.training.corpus.repairs import low_passed, repaired
from chironomy.training.corpus.strokes import base_strokes, semantic_strokes

DATA = Path(__file__).parents[3] / "shared" / "data"
BODY = neutral_body()
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the actors' gestures are not part of the repository")


def utterance(seed: int = 1, text: str = LINE) -> Utterance:
    performances = by_class([raised_arm(k, name) for k, name in enumerate(["negation", "negation", "we", "beat"])])
    return choreograph(speech(text), BODY, performances, standing(), "neutral", seed)


def placed(apex_s: float = 3.0) -> Placed:
    return Placed(raised_arm(), 0, apex_s, 1.0, 1.0, (0.0, 0.0), 0.8, np.inf, 0.4, 0.5)


def test_the_same_seed_gives_the_same_motion_and_another_seed_another() -> None:
    one, again, other = utterance(1), utterance(1), utterance(2)
    assert one.take.semantic_rotations.tobytes() == again.take.semantic_rotations.tobytes()
    assert not np.allclose(one.take.semantic_rotations, other.take.semantic_rotations)


def test_gestures_of_actors_fall_on_the_stressed_syllable_of_words_of_their_class() -> None:
    made = utterance()
    planned = {p.word: p for p in made.planned}
    assert {p.performance.gesture_class for p in made.placed} >= {"negation"}
    for p in made.placed:
        assert p.performance.gesture_class == planned[p.word].gesture_class
        assert abs(p.apex_s - planned[p.word].nucleus_s) < 0.1


def test_legs_and_root_are_the_same_in_both_layers_and_feet_stay() -> None:
    take = utterance().take
    legs = [0, *(k for k, name in enumerate(INDEX) if name.split("_")[-1] in ("hip", "knee", "ankle", "foot"))]
    assert np.allclose(take.base_rotations[:, legs], take.semantic_rotations[:, legs], atol=1e-9)
    positions, _ = forward(take.semantic_rotations, take.translation, BODY.rest_joints)
    ankles = positions[:, [INDEX["left_ankle"], INDEX["right_ankle"]]]
    assert np.ptp(ankles, axis=0).max() < 0.002


def test_no_performance_comes_twice_within_ten_seconds() -> None:
    made = utterance()
    for k, p in enumerate(made.placed):
        assert all(
            p.performance.number != q.performance.number or q.apex_s - p.apex_s >= 10.0 for q in made.placed[k + 1 :]
        )


def test_the_score_is_high_on_strokes_and_nothing_where_nothing_is_said() -> None:
    made = utterance()
    strong = [p for p in made.placed if p.performance.gesture_class != "beat"]
    assert strong
    for p in strong:
        assert made.take.emphasis[round(p.apex_s * FPS)] >= p.score - 1e-6
    assert made.take.emphasis[0] == 0.0


def test_a_performance_changes_its_own_time_alone_and_its_own_arm() -> None:
    motion = perform().base_rotations
    laid = laid_over(motion, placed())
    changed = np.flatnonzero(np.abs(laid - motion).max(axis=(1, 2)) > 0)
    assert placed().start_s * FPS - 1 <= changed[0]
    assert changed[-1] <= placed().end_s * FPS + 1
    right = ARM_JOINTS[1]
    assert laid[:, right].tobytes() == motion[:, right].tobytes()


def test_at_the_apex_the_arm_is_the_actors() -> None:
    laid = laid_over(perform().base_rotations, placed())
    elbow = INDEX["left_elbow"]
    difference = rot.multiply(rot.inverse(laid[90, elbow]), raised_arm().rotations[30, elbow])
    assert np.degrees(rot.angle(difference)) < 0.01


def test_mirroring_swaps_hands_and_sides_and_twice_is_nothing() -> None:
    left = replace(raised_arm(), gesture_class="left")
    right = mirrored(left)
    assert (right.hands, right.gesture_class, right.number) == ("right", "right", left.number)
    assert np.allclose(mirrored_rotations(right.rotations), left.rotations)
    wrists = [
        forward(p.rotations[30:31], np.zeros((1, 3)), BODY.rest_joints)[0][0, INDEX[f"{p.hands}_elbow"]]
        for p in (left, right)
    ]
    assert np.allclose(wrists[0] * [-1, 1, 1], wrists[1], atol=0.02)


def test_repairs_take_jitter_away_and_keep_the_movement() -> None:
    motion = raised_arm().rotations
    noise = rot.exp(np.random.default_rng(1).normal(0, 0.03, (72, 55, 3)))
    smooth = low_passed(rot.multiply(motion, noise), FPS, 5.0)
    off = np.degrees(rot.angle(rot.multiply(rot.inverse(motion), smooth)))
    assert off.mean() < 0.6 * np.degrees(rot.angle(noise)).mean()
    assert repaired(motion, FPS, "arm jumps") is None
    assert repaired(motion, FPS, "") is motion


def test_idles_follow_each_other_without_a_step() -> None:
    pelvis = chain(standing(), 900, [4.0, 9.0, 15.0], seed=3)
    steps = np.abs(np.diff(pelvis[:, 3:], axis=0)) * FPS
    assert steps.max() < 0.35
    assert np.abs(np.diff(steps, axis=0)).max() < 0.12
    assert np.ptp(pelvis[:, 3]) > 0.02


def test_standing_keeps_the_chest_upright_over_a_moving_pelvis() -> None:
    take = perform()
    pelvis = chain(standing(), take.frames, [], seed=5)
    rotations, translation = stood(take.base_rotations, pelvis, BODY, 5)
    chest = INDEX["spine3"]
    before = forward(take.base_rotations, take.translation, BODY.rest_joints)[1][:, chest]
    after = forward(rotations, translation, BODY.rest_joints)[1][:, chest]
    assert np.degrees(rot.angle(rot.multiply(rot.inverse(before), after))).max() < 1.5


@given(st.integers(0, 1), st.floats(0.1, 2.0), st.floats(0.1, 1.0), st.floats(0.1, 1.0))
def test_a_plan_says_nothing_outside_of_strokes_nor_of_the_other_hand(
    side: int, start: float, up: float, held: float
) -> None:
    times = StrokeTimes(start, start + 0.3, start + 0.3 + up, start + 0.4 + up + held, start + 0.9 + up + held)
    plan = plan_channels(
        [PlannedStroke(side, "you", times, np.ones(17))], np.zeros((180, 2 * HOME_CHANNELS)), np.zeros((180, 6))
    )
    assert plan.shape == (180, PLAN_CHANNELS)
    hands = hands_of(plan)
    assert not hands[:, 1 - side].any()
    seconds = np.arange(180) / FPS
    assert not hands[(seconds < start - 1e-9) | (seconds > times.end_s + 1e-9)].any()
    phases = hands[:, side, :4] > 0
    assert phases.sum(axis=1).max() <= 1


def test_a_description_tells_where_the_hand_is_and_is_the_same_for_both_hands() -> None:
    left, right = raised_arm(), mirrored(raised_arm())
    times = [StrokeTimes(0.3, 0.7, 1.0, 1.5, 2.1)]
    one, other = (describe_strokes(p.rotations, BODY, [side], times)[0] for side, p in enumerate((left, right)))
    assert np.abs(one - other).max() < 0.05
    higher = describe_strokes(raised_arm(height_rad=1.2).rotations, BODY, [0], times)[0]
    assert np.abs(one[3:6] - higher[3:6]).max() > 0.1


def test_strokes_of_the_base_layer_are_beats_alone() -> None:
    made = utterance()
    assert {s.gesture_class for s in base_strokes(made, BODY)} == {"beat"}
    assert {"negation", "beat"} <= {s.gesture_class for s in semantic_strokes(made, BODY)}


def test_large_beats_are_in_the_semantic_layer_alone() -> None:
    def described(extent_m: float) -> tuple[Utterance, set[int]]:
        beat = replace(raised_arm(3, "beat"), extent_m=extent_m)
        made = choreograph(speech(LINE), BODY, by_class([beat]), standing(), "lively", 1)
        assert made.placed
        return made, {s.performance for s in base_strokes(made, BODY)}

    (small, in_base), (large, not_in_base) = described(0.3), described(0.45)
    assert 3 in in_base
    assert 3 not in not_in_base
    apex = round(large.placed[0].apex_s * FPS)
    elbow = INDEX["left_elbow"]
    assert np.allclose(small.take.semantic_rotations[apex, elbow], large.take.semantic_rotations[apex, elbow])
    assert not np.allclose(small.take.base_rotations[apex, elbow], large.take.base_rotations[apex, elbow], atol=0.05)


def fastest_m_s(rotations: np.ndarray, wrist: str = "left_wrist") -> float:
    positions, _ = forward(rotations, np.zeros((len(rotations), 3)), BODY.rest_joints)
    return float(np.linalg.norm(np.diff(positions[:, INDEX[wrist]], axis=0), axis=-1).max() * FPS)


def turned(joint: str, axis: str, angles_rad: np.ndarray) -> np.ndarray:
    """Somebody who stands still but for one joint, [T, 55, 4]."""
    motion = np.tile(perform("Well.").base_rotations[0], (len(angles_rad), 1, 1))
    motion[:, INDEX[joint]] = rot.multiply(motion[:, INDEX[joint]], rot.about(axis, angles_rad))
    return motion


def test_gestures_that_together_hurry_a_hand_are_taken_out() -> None:
    ground = np.tile(perform("Well.").base_rotations[0], (300, 1, 1))
    high, low = raised_arm(1, height_rad=1.4), raised_arm(2, height_rad=0.1)
    one, far = replace(placed(3.0), performance=high), replace(placed(8.0), word=2)
    clashing = replace(placed(3.4), performance=low, into_s=0.05, word=1)
    assert len(without_hurry(ground, [clashing, far], BODY)[1]) == 2
    motion, left = without_hurry(ground, [one, clashing, far], BODY)
    assert [p.word for p in left] == [0, 2]
    assert motion.tobytes() == laid_over(laid_over(ground, one), far).tobytes()


def test_no_hand_hurries_in_either_layer() -> None:
    for style in ("neutral", "lively"):
        performances = by_class([raised_arm(k, "beat") for k in range(4)])
        take = choreograph(speech(LINE), BODY, performances, standing(), style, 2).take
        for layer in (take.base_rotations, take.semantic_rotations):
            assert max(fastest_m_s(layer, f"{side}_wrist") for side in ("left", "right")) < 3.4


def test_a_hand_may_be_faster_in_a_gesture_than_on_its_way() -> None:
    swing = turned("left_shoulder", "z", 0.9 - 0.9 * np.cos(np.interp(np.arange(60), [22, 37], [0.0, np.pi])))
    assert 2.5 < fastest_m_s(swing) < 3.3
    assert hurried(swing, BODY, np.zeros(60, bool)).any()
    assert not hurried(swing, BODY, np.ones(60, bool)).any()


def test_an_arm_that_is_too_fast_is_eased_where_it_is_and_nowhere_else() -> None:
    swing = turned("left_shoulder", "z", 0.5 - 0.5 * np.cos(np.interp(np.arange(240), [105, 115], [0.0, 2 * np.pi])))
    calmer = eased(swing, BODY)
    assert fastest_m_s(calmer) < 0.75 * fastest_m_s(swing)
    assert np.abs(calmer - swing)[:70].max() < 1e-6
    assert np.abs(calmer - swing)[150:].max() < 1e-6


def test_fingers_do_not_snap_and_keep_their_pose_while_they_hold() -> None:
    fist = np.interp(np.arange(120), [40, 43, 80, 83], [0.0, 1.2, 1.2, 0.0])
    snapping = turned("left_middle1", "z", fist)
    slow, joint = with_slow_fingers(snapping), INDEX["left_middle1"]

    def steps_deg(motion: np.ndarray) -> np.ndarray:
        return np.degrees(rot.angle(rot.multiply(rot.inverse(motion[:-1, joint]), motion[1:, joint])))

    assert steps_deg(slow).max() < 0.65 * steps_deg(snapping).max()
    assert np.degrees(rot.angle(rot.multiply(rot.inverse(slow[60, joint]), snapping[60, joint]))) < 3.0
    body = [k for k in range(55) if k < 25]
    assert slow[:, body].tobytes() == snapping[:, body].tobytes()


@pytest.mark.parametrize(
    ("place", "wrong"),
    [((0.03, 0.02, 0.25), True), ((0.3, 0.02, 0.25), False), ((0.03, -0.3, 0.25), False), ((0.25, -0.6, -0.2), True)],
)
def test_hands_stay_out_of_the_face_and_do_not_go_behind_the_hip(place: tuple[float, ...], wrong: bool) -> None:
    positions, world = forward(perform("Well.").base_rotations[:1], np.zeros((1, 3)), BODY.rest_joints)
    assert not misplaced(positions, world)
    positions[:, [INDEX["left_wrist"], INDEX["left_middle1"]]] = positions[:, [INDEX["head"]]] + place
    assert misplaced(positions, world) is wrong


def test_speeches_are_cut_at_sentences_and_one_speech_is_in_one_split(tmp_path: Path) -> None:
    sentence = "We meet here today, my friends, to speak of what this nation owes to those who built it."
    for name in ("1801-Jefferson", "1933-Roosevelt", "1961-Kennedy"):
        (tmp_path / f"{name}.txt").write_text(f"[Applause] {sentence} " * 12, encoding="utf-8")
    lines = [line for line, _ in zip(spoken_lines(tmp_path, 1), range(40), strict=False)]
    speeches = [line for line in lines if "dialogue" not in line.id]
    assert len(speeches) == 30
    assert all(line.text.endswith("built it.") and "Applause" not in line.text for line in speeches)
    assert all(len({line.split for line in lines if line.group == group}) == 1 for group in {x.group for x in lines})
    assert len({line.id for line in lines}) == len(lines)


def test_speeches_of_one_name_in_two_folders_are_two_speeches(tmp_path: Path) -> None:
    for folder in ("inaugural", "state_of_the_union"):
        (tmp_path / folder).mkdir()
        text = f"We meet here today, my friends, to speak of the {folder} and of nothing else at all. "
        (tmp_path / folder / "1961-Kennedy.txt").write_text(text * 12, encoding="utf-8")
    lines = [line for line, _ in zip(spoken_lines(tmp_path, 1), range(30), strict=False) if "dialogue" not in line.id]
    assert len({line.id for line in lines}) == len(lines) > 10
    assert len({(line.group, line.split) for line in lines}) == 1


def test_a_sentence_of_dialogue_is_in_one_split(tmp_path: Path) -> None:
    (tmp_path / "1961-Kennedy.txt").write_text("We meet here today. " * 30, encoding="utf-8")
    lines = [line for line, _ in zip(spoken_lines(tmp_path, 1), range(800), strict=False) if "dialogue" in line.id]
    splits: dict[str, set[str]] = {}
    for line in lines:
        for sentence in re.split(r"(?<=[.?]) ", line.text):
            splits.setdefault(sentence, set()).add(line.split)
    assert all(len(found) == 1 for found in splits.values())
    assert {"train", "val", "test", "unseen"} == {line.split for line in lines}


def test_missing_data_is_told_in_one_line(tmp_path: Path) -> None:
    for read in (lambda: recorded_lines(tmp_path), lambda: read_performances(tmp_path, BODY)):
        with pytest.raises(UserError, match="cannot be read"):
            read()


@needs_data
def test_the_actors_gestures_are_read_one_copy_of_each_with_phases_in_order() -> None:
    performances = read_performances(DATA / "gestures", BODY)
    assert len(performances) > 150
    assert len({(p.number, p.gesture_class) for p in performances}) == len(performances)
    for p in performances:
        f = p.phases
        assert 0 <= f.start_s < f.raised_s <= f.apex_s <= f.lowering_s < f.end_s <= p.duration_s + 0.1, p.source


@needs_data
def test_recordings_of_one_sentence_by_two_people_are_in_one_split() -> None:
    lines: list[Line] = recorded_lines(DATA / "speech")
    splits = {group: {line.split for line in lines if line.group == group} for group in {line.group for line in lines}}
    assert all(len(found) == 1 for found in splits.values())
    assert {"train", "val", "test"} <= {line.split for line in lines}
