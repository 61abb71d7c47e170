"""Jobs for a generator with networks: a small model by chance in the folder that the server is told of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from running_server import SHORT_TEXT, RunningServer

from chironomy.formats.take import read_take
from chironomy.nets.config import read_model_config
from chironomy.nets.global_motion import GlobalMotion
from chironomy.nets.model_card import Origin
from chironomy.nets.model_folder import write_model
from chironomy.nets.rvq import ResidualVQ
from chironomy.nets.semtalk import BaseNetwork, SparseNetwork

TINY = Path(__file__).parents[2] / "models" / "recipes" / "tiny.yaml"


def write_tiny(folder: Path, seed: int) -> None:
    torch.manual_seed(seed)
    config = read_model_config(TINY)
    networks = {f"rvq_{name}": ResidualVQ(part.width, config.rvq) for name, part in config.parts.items()}
    networks["global_motion"] = GlobalMotion(config.parts["lower"].width, config.global_motion)
    networks |= {"base": BaseNetwork(config), "sparse": SparseNetwork(config)}
    origin = Origin(system="semtalk", name="Tiny", summary="Chance.", licence="For tests.", made_by="pytest")
    write_model(folder, config, networks.items(), origin)


@pytest.fixture
def server(start: Callable[..., RunningServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunningServer:
    write_tiny(tmp_path / "models" / "tiny", 1)
    monkeypatch.setenv("CHIRONOMY_MODELS", str(tmp_path / "models"))
    return start("--device", "cpu", "--idle-unload-s", 60)


def take_of(server: RunningServer, status: dict, folder: Path):
    path = folder / "take.npz"
    path.write_bytes(server.http.get(f"/takes/{status['takes'][0]}").content)
    return read_take(path)


def test_a_take_is_made_with_the_model_its_settings_and_a_worker_that_keeps_it(
    server: RunningServer, speech: bytes, tmp_path: Path
):
    wishes = {"text": SHORT_TEXT, "generator": "semtalk", "model": "tiny", "settings": {"temperature": 1.0, "top_k": 8}}
    first = server.wait(server.submit(speech, **wishes, seed=1), timeout_s=240)
    worker = server.worker()
    second = server.wait(server.submit(speech, **wishes, seed=2), timeout_s=240)
    assert server.worker() == worker  # the model stayed loaded
    assert first["takes"] != second["takes"]
    take = take_of(server, first, tmp_path)
    assert take.metadata.generator == "semtalk"
    assert take.metadata.settings["temperature"] in (1.0, [1.0])
    assert str(tmp_path) not in str(take.metadata)


def test_exchanged_weights_make_other_takes(server: RunningServer, speech: bytes, tmp_path: Path):
    wishes = {"text": SHORT_TEXT, "generator": "semtalk"}
    before = server.wait(server.submit(speech, **wishes), timeout_s=240)
    assert server.wait(server.submit(speech, **wishes))["takes"] == before["takes"]
    old = take_of(server, before, tmp_path)
    write_tiny(tmp_path / "models" / "tiny", 2)
    after = server.wait(server.submit(speech, **wishes), timeout_s=240)
    assert after["takes"] != before["takes"]
    assert take_of(server, after, tmp_path).metadata.weights != old.metadata.weights


def test_a_setting_that_cannot_be_fails_the_job_in_one_line(server: RunningServer, speech: bytes):
    job = server.submit(speech, text=SHORT_TEXT, generator="semtalk", settings={"temperature": -1.0})
    assert "temperature" in server.wait(job, "failed", timeout_s=240)["error"]["detail"]
