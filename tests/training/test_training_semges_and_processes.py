"""SemGes' stages as a user trains them, and training shared by two processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file
from synthetic import FACTS, RECIPE, recording_arrays, write_synthetic_corpus

from chironomy.errors import UserError
from chironomy.nets.model_folder import read_semges_model
from chironomy.training.shards import CorpusWriter
from chironomy.training.train import SEMGES_MODEL, Wishes, train

SEMGES: dict[str, Any] = {
    "name": "semges-tiny",
    "window_frames": 32,
    "overlap_frames": 4,
    "hand_width": 192,
    "body_width": 66,
    "vq": {"width": 32, "codes": 32},
    "transformer": {
        "audio_width": 12, "speakers": 3, "width": 32, "heads": 2, "layers": 1, "feed_forward": 32, "dropout": 0.0,
        "text": {"vocabulary": 50, "word_width": 8, "widths": [8], "dropout": 0.0},
    },
}  # fmt: skip
SHORT = {"batch_size": 8, "learning_rate": 2e-3, "warm_up_steps": 5, "average_decay": 0.9}


def write_recipe(path: Path, **sections: Any) -> Path:
    document = {"model": yaml.safe_load(RECIPE.read_text())["model"], **sections}
    path.write_text(yaml.safe_dump(document))
    return path


def write_semges_corpus(folder: Path) -> None:
    """As SemGes needs it: speech content, and words as numbers of a vocabulary."""
    writer = CorpusWriter(folder, FACTS)
    for k, split in enumerate(("train", "train", "train", "val")):
        arrays = recording_arrays(k)
        del arrays["word_features"]
        beat = arrays["rhythm"][:, :1]
        speech = np.concatenate([beat, beat**2, np.sin(3 * beat), 1 - beat, arrays["rhythm"][:, 2:4]], axis=1)
        writer.add(f"recording {k}", split, {**arrays, "speech": speech.astype(np.float32)})  # type: ignore[arg-type]
    writer.close()


@pytest.mark.slow
def test_semges_learns_in_three_steps_and_is_read_like_any_other_model(tmp_path: Path) -> None:
    write_semges_corpus(tmp_path / "corpus")
    training = {"semges": {**SHORT, "steps": 40, "validate_every": 20}}
    recipe = write_recipe(tmp_path / "recipe.yaml", semges=SEMGES, training=training)
    histories = train(Wishes(recipe, tmp_path / "corpus", tmp_path / "run", device="cpu"))
    assert list(histories) == ["vq_hand", "vq_body", "transformer"]
    for name, history in histories.items():
        assert history.training[-1][1] < 0.8 * history.training[0][1], name
    model = read_semges_model(tmp_path / "run" / SEMGES_MODEL)
    assert model.config.name == "semges-tiny"


def test_a_corpus_without_what_semges_needs_is_refused(tmp_path: Path) -> None:
    write_synthetic_corpus(tmp_path / "corpus", recordings=4, frames=80)
    recipe = write_recipe(tmp_path / "recipe.yaml", semges=SEMGES)
    with pytest.raises(UserError, match="has no speech, which SemGes needs"):
        train(Wishes(recipe, tmp_path / "corpus", tmp_path / "run", device="cpu"))


@pytest.mark.slow
def test_a_stage_is_not_gone_on_with_when_the_networks_below_it_have_changed(tmp_path: Path) -> None:
    write_semges_corpus(tmp_path / "corpus")

    def trained(**changes: object) -> None:
        settings = {"semges": {**SHORT, "steps": 2, "validate_every": 2}}
        recipe = write_recipe(tmp_path / "recipe.yaml", semges={**SEMGES, **changes}, training=settings)
        train(Wishes(recipe, tmp_path / "corpus", tmp_path / "run", device="cpu"))

    trained()
    trained(name="another-name")  # nothing to learn anew
    with pytest.raises(UserError, match=r"vq_hand.checkpoint\.pt: is of another network"):
        trained(vq={"width": 16, "codes": 16})
    for half in ("hand", "body"):
        shutil.rmtree(tmp_path / "run" / f"vq_{half}")
    with pytest.raises(UserError, match=r"transformer.checkpoint\.pt: .*builds on other ones"):
        trained(vq={"width": 32, "codes": 16})


@pytest.mark.slow
def test_two_processes_learn_what_one_learns_from_the_same_batches(tmp_path: Path) -> None:
    """In the stage without dropout, whose random numbers each process draws for itself."""
    write_synthetic_corpus(tmp_path / "corpus", recordings=4)
    recipe = write_recipe(tmp_path / "recipe.yaml", training={"global": {**SHORT, "steps": 4, "validate_every": 4}})

    def trained(name: str, *launcher: str) -> dict[str, torch.Tensor]:
        run = tmp_path / name
        arguments = ["-m", "chironomy.cli.main", "train", recipe, tmp_path / "corpus", "-o", run, "--stages", "global"]
        done = subprocess.run(
            [sys.executable, *launcher, *map(str, arguments), "--device", "cpu"],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=200,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.count(str(run)) == 1  # one of them speaks
        return load_file(run / "model" / "global_motion.safetensors")

    one = trained("one")
    two = trained("two", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    assert all(torch.allclose(one[name], two[name], atol=1e-5) for name in one)
