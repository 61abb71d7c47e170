"""From a recording to files with a model's weights (made by chance), as a user does it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from semtalk_models import ORIGIN, TINY, networks, write_tiny_model
from small_pretrained import saved_clip, small_hubert
from transformers import HubertModel

from chironomy.cli.main import app
from chironomy.errors import UserError
from chironomy.formats.smplx_npz import read_smplx
from chironomy.formats.take import read_take
from chironomy.nets.config import ModelConfig, read_model_config
from chironomy.nets.front_end.vocabulary import Vocabulary
from chironomy.nets.model_folder import write_model

DEMO = Path(__file__).parents[2] / "presets" / "demo" / "speech.flac"
TEXT = "I never said that."
SEMTALK = ("--generator", "semtalk")


def chironomy(*arguments: object) -> None:
    app(list(map(str, arguments)), standalone_mode=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a recording, and a model."""
    folder = tmp_path_factory.mktemp("semtalk")
    samples, rate = soundfile.read(DEMO, dtype="float32")
    soundfile.write(folder / "line.wav", samples[: int(1.6 * rate)], rate)
    write_tiny_model(folder / "models" / "tiny")
    return folder


@pytest.fixture(autouse=True)
def models(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHIRONOMY_MODELS", str(folder / "models"))


@pytest.fixture(scope="module")
def made(folder: Path) -> Path:
    """A take, its codes, and its motion fused by pose."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHIRONOMY_MODELS", str(folder / "models"))
        outputs = ("-o", folder / "take.npz", "-o", folder / "pose.smplx.npz")
        chironomy("generate", folder / "line.wav", "--text", TEXT, *SEMTALK, *outputs)
    return folder


def test_a_take_is_made_with_the_first_model_and_again_the_same_by_its_name(made: Path, tmp_path: Path) -> None:
    take = read_take(made / "take.npz")
    assert take.metadata.generator == "semtalk"
    assert take.frames == 48
    wanted = (*SEMTALK, "--model", "tiny")
    chironomy("generate", made / "line.wav", "--text", TEXT, *wanted, "-o", tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (made / "take.npz").read_bytes()


def test_temperature_makes_variations(made: Path, tmp_path: Path) -> None:
    wanted = (*SEMTALK, "--model", made / "models" / "tiny", "--temperature", 1, "--top-k", 8, "--seed", 2)
    chironomy("generate", made / "line.wav", "--text", TEXT, *wanted, "-o", tmp_path / "varied.npz")
    varied, likeliest = read_take(tmp_path / "varied.npz"), read_take(made / "take.npz")
    assert not np.array_equal(varied.base_rotations, likeliest.base_rotations)


@pytest.mark.parametrize("mode", ["soft", "hard"])
def test_layers_are_fused_by_the_network_when_generated_and_when_exported_alike(
    made: Path, tmp_path: Path, mode: str
) -> None:
    at_once, later = tmp_path / "at_once.smplx.npz", tmp_path / "later.smplx.npz"
    chironomy("generate", made / "line.wav", "--text", TEXT, *SEMTALK, "--fusion", mode, "-o", at_once)
    chironomy("export", made / "take.npz", "--fusion", mode, "-o", later)
    fused, again, pose = (read_smplx(path).rotations for path in (at_once, later, made / "pose.smplx.npz"))
    np.testing.assert_allclose(again, fused, atol=1e-6)
    assert np.abs(fused - pose).max() > 1e-3


def test_fused_motion_keeps_its_length_at_another_rate(made: Path, tmp_path: Path) -> None:
    chironomy("export", made / "take.npz", "--fusion", "soft", "--fps", 24, "-o", tmp_path / "film.smplx.npz")
    film = read_smplx(tmp_path / "film.smplx.npz")
    assert (film.fps, len(film.rotations)) == (24, round(48 * 24 / 30))


def test_without_its_codes_a_take_can_be_fused_by_pose_alone(made: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.npz"
    alone.write_bytes((made / "take.npz").read_bytes())
    with pytest.raises(
        UserError, match=r"alone\.codes\.npz: is missing; generate the take again, or use --fusion pose"
    ):
        chironomy("export", alone, "--fusion", "soft", "-o", tmp_path / "x.bvh")
    chironomy("export", alone, "-o", tmp_path / "x.bvh")


def test_the_report_names_the_codes_and_the_sliders_are_used_lazily(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = (*SEMTALK, "--lazy", "--emphasis", "never=2", "-o", tmp_path / "lazy.npz", "--json")
    chironomy("generate", made / "line.wav", "--text", TEXT, *wanted)
    outputs = json.loads(capsys.readouterr().out)["outputs"]
    assert [Path(path).name for path in outputs] == ["lazy.npz", "lazy.codes.npz"]
    assert (tmp_path / "lazy.codes.npz").is_file()


def test_weights_that_were_changed_are_not_used(made: Path, tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path / "changed")
    weights = folder / "base.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    wanted = (*SEMTALK, "--model", folder, "-o", tmp_path / "x.npz")
    with pytest.raises(UserError, match=r"base\.safetensors: is damaged or was changed.*make it again"):
        chironomy("generate", made / "line.wav", "--text", TEXT, *wanted)


def test_a_model_with_the_published_front_ends_hears_and_reads(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    front_end = {"rhythm": "published", "speech": "hubert-large-22050", "text": "vocabulary+clip", "vocabulary": 10}
    sections = read_model_config(TINY).model_dump()
    config = ModelConfig.model_validate({**sections, "front_end": front_end, "window_frames": 64})
    write_model(
        tmp_path / "published", config, networks(config).items(), ORIGIN, vocabulary=Vocabulary({"never": 4, "that": 5})
    )
    torch.manual_seed(1)
    HubertModel(small_hubert(1024)).save_pretrained(tmp_path / "hubert-large")
    saved_clip(tmp_path / "clip-vit-base-patch32")
    wanted = (*SEMTALK, "--model", tmp_path / "published", "-o", tmp_path / "take.npz", "--json")
    chironomy("generate", made / "line.wav", "--text", TEXT, *wanted)
    assert read_take(tmp_path / "take.npz").frames == 48
    assert json.loads(capsys.readouterr().out)["notices"] == []
