"""BEAT2's layout becomes a corpus: each recording as it is, broken ones left out and named."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from synthetic import RECIPE

from chironomy.cli.main import main
from chironomy.errors import UserError
from chironomy.formats.smplx_npz import SmplxMotion, write_smplx
from chironomy.formats.textgrid import Tier, write_textgrid
from chironomy.formats.timed_text import Interval
from chironomy.motion import rotations as rot
from chironomy.motion.skeleton import INDEX
from chironomy.nets.config import ModelConfig
from chironomy.training.beat2 import prepare_beat2, semantic_scores, spoken_words
from chironomy.training.recipe import load_recipe
from chironomy.training.shards import Corpus

SECONDS = 3
WORDS = [("hello", 0.4, 0.9), ("there", 0.9, 1.4), ("friend", 2.0, 2.6)]
PHONES = [
    ("HH", 0.4, 0.5),
    ("AH0", 0.5, 0.6),
    ("L", 0.6, 0.75),
    ("OW1", 0.75, 0.9),
    ("DH", 0.9, 1.1),
    ("EH1", 1.1, 1.4),
]
SCORES = "beat\t0.0\t0.5\t0.5\t0.1\tbeat\niconic\t1.0\t1.5\t0.5\t0.6\tbig\ndeictic\t1.2\t2.0\t0.8\t0.3\tthere\n"


def write_recording(folder: Path, name: str, fps: float = 30) -> None:
    frames = round(SECONDS * fps)
    rotations = rot.identity((frames, 55))
    rotations[:, INDEX["left_elbow"]] = rot.about("y", -0.02 * np.arange(frames) * 30 / fps)
    motion = SmplxMotion(rotations, np.zeros((frames, 3)), fps, expressions=np.full((frames, 100), 0.25))
    for part in ("smplxflame_30", "wave16k", "textgrid", "sem"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    write_smplx(folder / "smplxflame_30" / f"{name}.npz", motion)
    time_s = np.arange(SECONDS * 16000) / 16000
    loud = 0.5 + 0.5 * np.sin(2 * np.pi * 2 * time_s)
    soundfile.write(folder / "wave16k" / f"{name}.wav", 0.3 * loud * np.sin(2 * np.pi * 150 * time_s), 16000)
    words, phones = ([Interval(start, end, text) for text, start, end in rows] for rows in (WORDS, PHONES))
    write_textgrid(
        folder / "textgrid" / f"{name}.TextGrid", [Tier("words", tuple(words)), Tier("phones", tuple(phones))], SECONDS
    )
    (folder / "sem" / f"{name}.txt").write_text(SCORES)


@pytest.fixture
def beat2(tmp_path: Path) -> Path:
    folder = tmp_path / "beat_english_v2.0.0"
    for name in ("2_scott_0_1_1", "2_scott_0_2_2", "30_katya_0_1_1"):
        write_recording(folder, name)
    (folder / "train_test_split.csv").write_text(
        "id,type\n2_scott_0_1_1,train\n2_scott_0_2_2,val\n30_katya_0_1_1,additional\n"
    )
    return folder


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny recipe for BEAT2's speakers, without text, whose network takes seconds to load."""
    document = yaml.safe_load(RECIPE.read_text())
    document["model"]["front_end"] |= {"text": "none", "styles": [], "gesture_classes": []}
    path = tmp_path_factory.mktemp("recipes") / "beat2.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.fixture(scope="module")
def config(recipe: Path) -> ModelConfig:
    return load_recipe(recipe).model


def test_each_recording_has_its_motion_sound_and_scores(beat2: Path, tmp_path: Path, config: ModelConfig) -> None:
    prepare_beat2(beat2, tmp_path / "corpus", config, tmp_path)
    corpus = Corpus(tmp_path / "corpus")
    first, second, third = corpus.recordings
    assert [r.split for r in corpus.recordings] == ["train", "val", "train"]
    assert [r.speaker for r in corpus.recordings] == [1, 1, 7]  # 30 stands in 8's place
    assert first.frames == SECONDS * 30
    elbow = rot.from_six_d(corpus.read(first, "rotations")[:, INDEX["left_elbow"]])
    assert rot.angle(elbow) == pytest.approx(0.02 * np.arange(90), abs=1e-3)
    assert (corpus.read(first, "face") == 0.25).all()
    assert corpus.read(first, "rhythm").shape == (90, 5)
    assert [word.text for word in corpus.words(second)] == ["hello", "there", "friend"]
    names = [config.front_end.phones[k] for k in corpus.read(third, "phones")]
    assert names[20] == "L"
    assert "base_rotations" not in corpus.fields  # BEAT2 has one motion


@pytest.mark.slow
def test_words_and_sentences_are_read_by_the_recipes_text_network(beat2: Path, tmp_path: Path) -> None:
    config = load_recipe(RECIPE).model
    prepare_beat2(beat2, tmp_path / "corpus", config, tmp_path)
    corpus = Corpus(tmp_path / "corpus")
    for recording in corpus.recordings:
        words = corpus.read(recording, "word_features").astype(float)
        assert words.shape == (90, 384)
        assert not words[:12].any()  # nothing is said before 0.4 s
        assert words[15].any()
        assert np.array_equal(words[15], words[20])  # "hello"
        assert not np.array_equal(words[15], words[35])  # "there"
        sentences = corpus.read(recording, "sentence_features").astype(float)
        assert np.linalg.norm(sentences[0]) == pytest.approx(1, abs=1e-2)
        assert np.array_equal(sentences[0], sentences[10])
        assert not sentences[85].any()  # in windows from there on nothing is said


def test_motion_at_another_rate_is_brought_to_30_frames_a_second(tmp_path: Path, config: ModelConfig) -> None:
    write_recording(tmp_path / "beat2", "2_scott_0_1_1", fps=120)
    prepare_beat2(tmp_path / "beat2", tmp_path / "corpus", config, tmp_path)
    corpus = Corpus(tmp_path / "corpus")
    assert corpus.recordings[0].frames == 90
    elbow = rot.from_six_d(corpus.read(corpus.recordings[0], "rotations")[:, INDEX["left_elbow"]])
    assert rot.angle(elbow) == pytest.approx(0.02 * np.arange(90), abs=1e-3)


def test_scores_are_those_of_the_first_interval_and_beats_mean_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sem.txt"
    path.write_text(SCORES)
    scores = semantic_scores(path, 90)
    assert scores[6] == 0.0  # a beat
    assert scores[36] == pytest.approx(0.6)  # at 1.2 s both have begun, the first one counts
    assert scores[45] == pytest.approx(0.6)  # its end, 1.5 s, belongs to it
    assert scores[46] == pytest.approx(0.3)
    assert scores[61] == 0.0


def test_words_have_the_phones_that_lie_in_them(beat2: Path) -> None:
    words = spoken_words(beat2 / "textgrid" / "2_scott_0_1_1.TextGrid")
    assert [[phone.label for phone in word.phones] for word in words] == [["HH", "AH0", "L", "OW1"], ["DH", "EH1"], []]


def without(part: str, ending: str) -> Callable[[Path, str], None]:
    return lambda folder, name: (folder / part / f"{name}{ending}").unlink()


def with_nan(folder: Path, name: str) -> None:
    path = folder / "smplxflame_30" / f"{name}.npz"
    content = dict(np.load(path))
    content["poses"][5, 5] = np.nan
    np.savez(path, **content)


def cut_off(folder: Path, name: str) -> None:
    path = folder / "smplxflame_30" / f"{name}.npz"
    path.write_bytes(path.read_bytes()[:500])


def pickled(folder: Path, name: str) -> None:
    np.savez(folder / "smplxflame_30" / f"{name}.npz", poses=np.array([{"a": 1}], dtype=object), trans=np.zeros((1, 3)))


def with_a_long_sound(folder: Path, name: str) -> None:
    soundfile.write(folder / "wave16k" / f"{name}.wav", np.random.default_rng(1).normal(0, 0.1, 16000 * 9), 16000)


def with_strange_scores(folder: Path, name: str) -> None:
    (folder / "sem" / f"{name}.txt").write_text("beat\tzero\tone\n")


@pytest.mark.parametrize(
    "damage",
    [
        without("wave16k", ".wav"),
        without("textgrid", ".TextGrid"),
        without("sem", ".txt"),
        with_nan,
        cut_off,
        pickled,
        with_a_long_sound,
        with_strange_scores,
    ],
)
def test_a_broken_recording_is_left_out_named_and_counted(
    beat2: Path, tmp_path: Path, config: ModelConfig, damage: Callable[[Path, str], None]
) -> None:
    damage(beat2, "30_katya_0_1_1")
    index = prepare_beat2(beat2, tmp_path / "corpus", config, tmp_path)
    assert [recording.id for recording in index.recordings] == ["2_scott_0_1_1", "2_scott_0_2_2"]
    assert [skipped.id for skipped in index.skipped] == ["30_katya_0_1_1"]
    assert "\n" not in index.skipped[0].reason


def test_a_speaker_that_beat2_does_not_have_is_left_out(beat2: Path, tmp_path: Path, config: ModelConfig) -> None:
    write_recording(beat2, "8_catherine_0_1_1")
    index = prepare_beat2(beat2, tmp_path / "corpus", config, tmp_path)
    assert [skipped.id for skipped in index.skipped] == ["8_catherine_0_1_1"]


def test_a_folder_of_something_else_is_refused(tmp_path: Path, config: ModelConfig) -> None:
    with pytest.raises(UserError, match="give the folder of BEAT2"):
        prepare_beat2(tmp_path, tmp_path / "corpus", config, tmp_path)


def test_the_command_says_how_much_there_is_and_what_was_left_out(
    beat2: Path, tmp_path: Path, recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cut_off(beat2, "30_katya_0_1_1")
    arguments = ["chironomy", "prepare", "beat2", beat2, "-o", tmp_path / "corpus", "-r", recipe, "--json"]
    monkeypatch.setattr(sys, "argv", [str(argument) for argument in arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    document = json.loads(capsys.readouterr().out)
    assert document["recordings"] == 2
    assert document["minutes"] == 0.1
    assert len(document["notices"]) == 2
    assert document["notices"][1] == "1 of 3 recordings were left out"
