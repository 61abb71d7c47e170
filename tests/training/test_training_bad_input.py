"""What a user may hand to `chironomy train` by mistake: one clear line each, before any training."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from synthetic import RECIPE, write_synthetic_corpus

from chironomy.cli.main import main


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpora") / "corpus"
    write_synthetic_corpus(folder, recordings=4, frames=80)
    return folder


@pytest.fixture
def train(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["chironomy", "train", *map(str, arguments), "--device", "cpu"])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return run


def recipe_with(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    document = yaml.safe_load(RECIPE.read_text())
    change(document)
    path.write_text(yaml.safe_dump(document))
    return path


def front_end(**values: object) -> Callable[[dict[str, Any]], object]:
    return lambda document: document["model"]["front_end"].update(values)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (front_end(rhythm="published", rhythm_width=3), "normalised"),
        (front_end(rhythm_width=3), "channels of rhythm 5"),
        (front_end(speech="hubert-base", phones=[]), "hubert-base"),
        (front_end(phones=["SIL", "NOISE", "AA"]), "set of phones"),
        (front_end(word_width=8), "width of words 384"),
        (front_end(sentence_width=8), "width of sentences 384"),
        (front_end(styles=["loud"]), "loud"),
        (front_end(gesture_classes=["self"]), "gesture classes"),
        (front_end(plan_width=7), "width of plan 4"),
        (lambda document: document["model"].update(window_frames=32), "length of windows"),
        (lambda document: document["model"].update(parts={"face": {"joints": ["jaw"], "extra": "arkit"}}), "face"),
        (lambda document: document["model"].update(colour="red"), "model.colour"),
        (lambda document: document["training"].update(colour="red"), "training.colour"),
        (lambda document: document["training"].update(base={"steps": 0}), "training.base.steps"),
        (lambda document: document["training"].update(base={"learning_rate": float("nan")}), "base.learning_rate"),
        (lambda document: document.update(models={}), "models"),
        (lambda document: document.update(semges={}), "semges"),
        (lambda document: document.pop("model"), "has no section `model:`, but training"),
        (lambda document: document["model"]["base"].update(width=10**9), "model.base.width"),
    ],
)
def test_a_recipe_that_does_not_fit_says_in_what(
    corpus: Path, tmp_path: Path, train: Callable[..., tuple[int, str]], change: Callable, named: str
) -> None:
    status, message = train(recipe_with(tmp_path / "recipe.yaml", change), corpus, "-o", tmp_path / "run")
    assert status == 1, message
    assert message.count("\n") == 1
    assert named in message
    assert not (tmp_path / "run").exists()


def test_a_stage_whose_forerunners_are_missing_names_them(
    corpus: Path, tmp_path: Path, train: Callable[..., tuple[int, str]]
) -> None:
    status, message = train(RECIPE, corpus, "-o", tmp_path / "run", "--stages", "base")
    assert status == 1
    assert "train the stage rvq_face first" in message


def test_a_stage_that_does_not_exist_is_wrong_use(
    corpus: Path, tmp_path: Path, train: Callable[..., tuple[int, str]]
) -> None:
    status, message = train(RECIPE, corpus, "-o", tmp_path / "run", "--stages", "rvq,bass")
    assert status == 2
    assert "bass" in message


def test_a_folder_that_is_no_corpus_is_refused(tmp_path: Path, train: Callable[..., tuple[int, str]]) -> None:
    status, message = train(RECIPE, tmp_path, "-o", tmp_path / "run")
    assert status == 1
    assert "no prepared corpus" in message


def test_broken_recordings_are_left_out_named_and_counted(
    tmp_path: Path, train: Callable[..., tuple[int, str]]
) -> None:
    write_synthetic_corpus(tmp_path / "corpus", recordings=5, frames=80)
    path = tmp_path / "corpus" / "shard_0000" / "rotations.npy"
    rotations = np.load(path)
    rotations[100] = np.nan
    np.save(path, rotations)
    short = recipe_with(tmp_path / "short.yaml", lambda document: document["training"]["global"].update(steps=2))
    status, message = train(short, tmp_path / "corpus", "-o", tmp_path / "run", "--stages", "global")
    assert status == 0, message
    lines = message.splitlines()
    assert "skipped: recording 1: rotations holds values that are no numbers" in lines[0]
    assert lines[1].endswith("1 of 5 recordings are broken and left out")
