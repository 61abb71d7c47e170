"""The report on a corpus of gestures: what it counts is what was put in."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from chironomy.cli.main import main
from chironomy.evaluation.told_strokes import ToldGesture, told_gestures, told_strokes
from chironomy.generators.semtalk.gesture_plan import DESCRIPTION_CHANNELS, PlannedStroke, StrokeTimes, plan_channels
from chironomy.generators.semtalk.planner import class_numbers
from chironomy.generators.semtalk.repertoire import LearnedGesture, write_repertoire
from chironomy.motion import rotations as rot
from chironomy.motion.skeleton import INDEX
from chironomy.pipeline.corpus_sheets import different, moments
from chironomy.training.corpus.content import count_gestures, skipped_by_reason
from chironomy.training.corpus.recognised_performances import performances_of
from chironomy.training.corpus_format import CorpusFacts, SkippedRecording, Split
from chironomy.training.shards import Corpus, CorpusWriter

CLASSES = ("negation", "you", "beat")
FRAMES = 150


def description(seed: int) -> NDArray:
    return np.random.default_rng(seed).normal(0.0, 0.5, DESCRIPTION_CHANNELS)


def stroke(side: int, name: str, start_s: float, told: NDArray | None = None) -> PlannedStroke:
    """Half a second up, 0.3 s to the apex, 0.2 s held, half a second down."""
    times = StrokeTimes(start_s, start_s + 0.5, start_s + 0.8, start_s + 1.0, start_s + 1.5)
    return PlannedStroke(side, name, times, description(1) if told is None else told)


def found_in(*strokes: PlannedStroke) -> list[ToldGesture]:
    plan = plan_channels(strokes, np.full((FRAMES, 16), 0.3), np.zeros((FRAMES, 6))).astype(np.float16)
    return told_gestures(told_strokes(plan, class_numbers(strokes, FRAMES, CLASSES)))


def learned(number: int, name: str, hands: str, seed: int) -> LearnedGesture:
    told = [tuple(description(seed + side)) for side in range(2 if hands == "both" else 1)]
    return LearnedGesture(number, name, hands, 0.3, 0.2, 0.4, tuple(told))


@settings(deadline=None)
@given(side=st.sampled_from([0, 1]), name=st.sampled_from(CLASSES), start_s=st.floats(0.0, 3.0))
def test_a_planned_stroke_is_found_with_its_class_hand_and_apex(side: int, name: str, start_s: float) -> None:
    (gesture,) = found_in(stroke(side, name, start_s))
    assert CLASSES[gesture.gesture_class - 1] == name
    assert gesture.hands == ("left", "right")[side]
    assert gesture.apex == pytest.approx((start_s + 0.8) * 30, abs=1.01)
    assert gesture.rise_s == pytest.approx(0.3, abs=0.035)
    np.testing.assert_allclose(gesture.descriptions[side], description(1), atol=2e-3)


def test_both_hands_together_are_one_gesture_and_another_class_beside_is_a_second() -> None:
    pair = found_in(stroke(0, "you", 1.0), stroke(1, "you", 1.04))
    assert [gesture.hands for gesture in pair] == ["both"]
    two = found_in(stroke(0, "you", 1.0), stroke(1, "negation", 1.1))
    assert [(CLASSES[g.gesture_class - 1], g.hands) for g in two] == [("you", "left"), ("negation", "right")]


def test_of_strokes_that_follow_at_once_each_is_found_but_none_that_is_covered_before_its_apex() -> None:
    assert len(found_in(stroke(0, "you", 0.5), stroke(0, "you", 1.6))) == 2
    covering = found_in(stroke(0, "you", 1.0), stroke(0, "beat", 1.4))
    assert [CLASSES[gesture.gesture_class - 1] for gesture in covering] == ["beat"]


def test_performances_are_told_by_their_descriptions() -> None:
    repertoire = {"you": (learned(3, "you", "left", 10), learned(8, "you", "left", 20), learned(9, "you", "both", 30))}
    varied = description(20) + np.random.default_rng(0).normal(0.0, 0.03, DESCRIPTION_CHANNELS)
    nobodys, left_open = description(99), np.zeros(DESCRIPTION_CHANNELS)
    numbers = [
        int(performances_of(found_in(stroke(0, "you", 1.0, told)), repertoire, CLASSES)[0])
        for told in (description(10), varied, nobodys, left_open)
    ]
    assert numbers == [3, 8, -1, -1]
    pair = found_in(stroke(0, "you", 1.0, left_open), stroke(1, "you", 1.0, description(31)))
    assert performances_of(pair, repertoire, CLASSES).tolist() == [9]


def test_reasons_are_counted_without_names_and_numbers() -> None:
    skipped = [
        SkippedRecording(id="a-0", reason="a: its text does not fit its sound (fit 0.41)"),
        SkippedRecording(id="b-0", reason="b: its text does not fit its sound (fit 0.52)"),
        SkippedRecording(id="c-0", reason="c: lasts 43 s"),
    ]
    assert skipped_by_reason(skipped) == {"its text does not fit its sound": 2, "lasts … s": 1}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A person's recording and three of a synthesiser; each with a gesture by performance 3 and one left open."""
    facts = CorpusFacts(name="made", speakers=("calm", "lively"), gesture_classes=CLASSES, seed=5)
    writer = CorpusWriter(tmp_path / "corpus", facts)
    recordings: tuple[tuple[str, Split, str, int], ...] = (
        ("reader-1-0", "train", "1.flac", 0),
        ("speech-0001-slt-0", "train", "flite slt", 1),
        ("dialogue-0001-rms-0", "val", "flite rms", 1),
        ("dialogue-0002-rms-0", "unseen", "flite rms", 1),
    )
    for name, split, audio, style in recordings:
        writer.add(name, split, arrays(), speaker=style, audio=audio)
    writer.skip("speech-0002-slt-0", "speech-0002-slt-0: lasts 50 s")
    writer.close()
    write_repertoire(tmp_path / "corpus", [learned(3, "you", "left", 10), learned(8, "you", "left", 20)])
    return tmp_path / "corpus"


def arrays() -> dict[str, NDArray]:
    strokes = [stroke(0, "you", 0.5, description(10)), stroke(1, "beat", 2.5, np.zeros(DESCRIPTION_CHANNELS))]
    motion = rot.identity((FRAMES, 55))
    swing = 0.5 * np.sin(np.arange(FRAMES) / 10)
    motion[:, INDEX["left_elbow"]] = rot.about("y", swing)
    return {
        "rotations": rot.to_six_d(motion).astype(np.float16),
        "base_rotations": rot.to_six_d(rot.identity((FRAMES, 55))).astype(np.float16),
        "translation": np.zeros((FRAMES, 3), np.float32),
        "contacts": np.ones((FRAMES, 4), np.uint8),
        "face": np.zeros((FRAMES, 52), np.float16),
        "rhythm": np.zeros((FRAMES, 5), np.float16),
        "semantic_score": np.zeros(FRAMES, np.float16),
        "gesture_class": class_numbers(strokes, FRAMES, CLASSES),
        "plan": plan_channels(strokes, np.zeros((FRAMES, 16)), np.zeros((FRAMES, 6))).astype(np.float16),
        "plan_given": np.ones(FRAMES, np.uint8),
    }


def test_gestures_are_counted_and_held_out_performances_are_nobodys(folder: Path) -> None:
    counts = count_gestures(Corpus(folder))
    assert counts.by_class == {"you": 4, "beat": 4}
    assert counts.by_performance == {3: 3}  # the split of unseen gestures does not count
    assert counts.left_open == 3


def test_the_command_writes_both_reports_with_a_reference_beside(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    still = {"poses": np.zeros((90, 165)), "trans": np.zeros((90, 3)), "betas": np.zeros(10), "mocap_frame_rate": 30.0}
    np.savez(tmp_path / "still.smplx.npz", **still)
    command = ["chironomy", "prepare", "report", str(folder), "--reference", str(tmp_path / "still.smplx.npz")]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit, match="0"):
        main()
    assert capsys.readouterr().out.split() == [str(folder / "report.json"), str(folder / "report.md")]
    report = json.loads((folder / "report.json").read_text())
    assert report["hours_by_split"] == pytest.approx({"train": 10 / 3600, "val": 5 / 3600, "unseen": 5 / 3600})
    assert set(report["hours_by_voice"]) == {"reader", "flite slt", "flite rms"}
    assert set(report["hours_by_text"]) == {"recorded sentences", "speeches", "lines of dialogue"}
    assert report["by_recorded_people"] == 0.25
    assert report["skipped"] == {"lasts … s": 1}
    assert report["gestures"]["performances_used"] == 1
    assert report["gestures"]["performances_known"] == 2
    assert report["gestures"]["most_frequent"] == {"3": 3}
    speeds = next(f for f in report["measured"]["figures"] if f["name"] == "faster hand, 95th percentile")
    assert speeds["semantic"] > 0.1 > speeds["base"] == pytest.approx(0.0, abs=1e-6) == speeds["reference"]
    text = (folder / "report.md").read_text()
    assert "| you | 4 | 3 |" in text
    assert "still" in text


def test_pictures_are_of_utterances_as_different_as_there_are(folder: Path) -> None:
    first, second, third = different(Corpus(folder), 3)
    assert first.split != second.split
    assert first.speaker != second.speaker
    assert len({first.audio, second.audio, third.audio}) == 3
    assert len(different(Corpus(folder), 9)) == 4


def test_pictures_are_taken_at_apexes_where_they_are_near() -> None:
    gestures = found_in(stroke(0, "you", 0.5), stroke(1, "beat", 2.5))
    assert moments(gestures, FRAMES, 3) == [39, 99, 125]
    assert moments([], FRAMES, 3) == [25, 75, 125]


def test_sheets_without_a_folder_are_wrong_use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["chironomy", "prepare", "report", str(folder), "--sheets", "2"])
    with pytest.raises(SystemExit, match="2"):
        main()
