"""All stages of the tiny recipe, as a user trains them: losses fall, and a killed run goes on as if never stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from synthetic import RECIPE, write_synthetic_corpus
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from chironomy.nets.model_folder import read_model
from chironomy.training.checkpoint import read_checkpoint

NETWORKS = ("rvq_face", "rvq_upper", "rvq_hands", "rvq_lower", "global_motion", "base", "sparse")
#: On one thread sums are added up in one order, and several runs beside each other do not disturb each other.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
TOO_LONG_S = 300


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpora") / "corpus"
    write_synthetic_corpus(folder)
    return folder


def started(corpus: Path, run: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "chironomy.cli.main", "train", RECIPE, corpus, "-o", run, "--device", "cpu"]
    return subprocess.Popen(
        [*map(str, command), *options],
        env={**os.environ, **ONE_THREAD},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=TOO_LONG_S)
    assert process.returncode == 0, errors
    return output


def wait_for_checkpoint(run: Path, stage: str, process: subprocess.Popen[str]) -> None:
    path = run / stage / "checkpoint.pt"
    deadline = time.monotonic() + TOO_LONG_S
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, f"no {path}"
        time.sleep(0.01)


@pytest.mark.slow
def test_a_run_that_is_killed_in_the_middle_of_stages_ends_as_one_that_never_stopped(
    corpus: Path, tmp_path: Path
) -> None:
    whole, run = tmp_path / "whole", tmp_path / "killed"
    beside = started(corpus, whole)
    for stage in ("rvq_upper", "base"):
        process = started(corpus, run)
        wait_for_checkpoint(run, stage, process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert read_checkpoint(run / stage / "checkpoint.pt").step < 40  # so it was in the middle
    finished(started(corpus, run))
    finished(beside)
    expect_equal_bits(whole, run)
    expect_falling_losses(whole)
    expect_a_model(run)
    expect_figures_for_tensorboard(run)
    report = json.loads(finished(started(corpus, whole, "--json")))  # nothing is left to do
    assert set(report["validation_loss"]) == set(NETWORKS)


def expect_equal_bits(one: Path, other: Path) -> None:
    for name in NETWORKS:
        first, second = (load_file(folder / "model" / f"{name}.safetensors") for folder in (one, other))
        assert first.keys() == second.keys()
        assert all(torch.equal(first[key], second[key]) for key in first), name


def expect_falling_losses(run: Path) -> None:
    for name in NETWORKS:
        history = read_checkpoint(run / name / "checkpoint.pt").history
        assert history.validation[-1][1] < history.validation[0][1], name
        assert history.training[-1][1] < 0.85 * history.training[0][1], name


def expect_a_model(run: Path) -> None:
    model = read_model(run / "model")
    assert set(model.rvq) == {"face", "upper", "hands", "lower"}
    assert model.card.origin.licence == "CC0-1.0"
    assert "chironomy train" in model.card.origin.made_by
    # psi is fitted to the recordings for validation
    assert (model.config.behaviour.gate_scale, model.config.behaviour.gate_offset) != (1.0, 0.0)


def expect_figures_for_tensorboard(run: Path) -> None:
    events = EventAccumulator(str(run / "base"))
    events.Reload()
    assert {"base/training/choice", "base/validation/total"} <= set(events.Tags()["scalars"])
    # also of the steps that were made twice, each counts once
    assert [event.step for event in events.Scalars("base/training/total")] == list(range(40))


@pytest.mark.slow
def test_sigterm_saves_and_says_how_to_go_on(corpus: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = started(corpus, run, "--stages", "rvq")
    wait_for_checkpoint(run, "rvq_face", process)
    process.terminate()
    _, errors = process.communicate(timeout=TOO_LONG_S)
    assert process.returncode == 130
    assert errors.count("\n") == 1
    assert f"go on with: chironomy train {RECIPE} {corpus} -o {run}" in errors
