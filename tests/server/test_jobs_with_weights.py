"""Jobs for a generator with networks: a small model by chance in the folder that the server is told of."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import torch
from running_server import SHORT_TEXT, RunningServer, is_alive, wait_for

from chironomy.emphasis.curve import emphasis_curve
from chironomy.formats.take import read_take
from chironomy.generators.semtalk.codes import read_codes
from chironomy.generators.semtalk.fusing import Fuser
from chironomy.generators.semtalk.loading import loaded
from chironomy.motion.body import neutral_body
from chironomy.nets.config import read_model_config
from chironomy.nets.global_motion import GlobalMotion
from chironomy.nets.model_card import Origin
from chironomy.nets.model_folder import write_model
from chironomy.nets.rvq import ResidualVQ
from chironomy.nets.semtalk import BaseNetwork, SparseNetwork
from chironomy.server.store import Store

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


@pytest.fixture(scope="module")
def fusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server with a model for all tests that leave both as they are."""
    folder = tmp_path_factory.mktemp("fusing")
    write_tiny(folder / "models" / "tiny", 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHIRONOMY_MODELS", str(folder / "models"))
        running = RunningServer(folder / "data", "--device", "cpu")
    yield running
    running.close()


@pytest.fixture(scope="module")
def made(fusing: RunningServer, speech: bytes) -> str:
    return make_take(fusing, speech)


def make_take(server: RunningServer, speech: bytes, seed: int = 1) -> str:
    """The id of a take with codes."""
    job = server.submit(speech, text=SHORT_TEXT, generator="semtalk", seed=seed)
    return server.wait(job, timeout_s=240)["takes"][0]


def fuse(server: RunningServer, take: str, **wishes) -> dict[str, np.ndarray]:
    answer = server.http.post(f"/takes/{take}/fuse", json=wishes, timeout=240)
    assert answer.status_code == 200, answer.text
    return dict(np.load(io.BytesIO(answer.content), allow_pickle=False))


def test_soft_and_hard_are_mixed_by_the_model_that_made_the_take(fusing: RunningServer, made: str):
    results = fusing.folder / "results"
    take, codes = read_take(results / f"{made}.npz"), read_codes(results / f"{made}.codes.npz")
    model = loaded(fusing.folder.parent / "models" / "tiny", "cpu", "auto")
    worker = fusing.worker()
    for mode in ("soft", "hard"):
        fuser = Fuser(model, take, codes, neutral_body(), mode)
        for sliders in ({}, {1: 1.6}, {1: 0.0}):
            emphasis = emphasis_curve(take.emphasis, take.metadata.words, sliders, 30.0)
            rotations, translation = fuser(emphasis)
            fused = fuse(fusing, made, mode=mode, sliders={str(number): value for number, value in sliders.items()})
            np.testing.assert_allclose(fused["rotations"], rotations, atol=1e-5)
            np.testing.assert_allclose(fused["translation"], translation, atol=1e-5)
            np.testing.assert_array_equal(fused["emphasis"], emphasis.astype(np.float32))
    assert fusing.worker() == worker  # which has the model in memory
    assert not [path for path in (fusing.folder / "incoming").iterdir() if path.is_file()]


def test_fusing_waits_for_no_job_in_the_queue(fusing: RunningServer, made: str, speech: bytes):
    queued = [fusing.submit(speech, text=SHORT_TEXT, generator="semtalk", seed=seed) for seed in range(20, 26)]
    fuse(fusing, made, mode="soft")
    assert fusing.status(queued[-1])["state"] in ("queued", "running")
    for job in queued:
        fusing.wait(job, timeout_s=240)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"mode": "soft", "curve": [1.0]}, "wrong_length"),
        ({"mode": "hard", "sliders": {"99": 1.0}}, "no_such_word"),
        ({"mode": "loud"}, "invalid_request"),
    ],
)
def test_wishes_that_do_not_fit_are_refused_in_every_mode(fusing: RunningServer, made: str, body: dict, code: str):
    answer = fusing.http.post(f"/takes/{made}/fuse", json=body, timeout=240)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_take_without_codes_is_mixed_by_pose_alone(fusing: RunningServer, speech: bytes):
    take = fusing.wait(fusing.submit(speech, text=SHORT_TEXT))["takes"][0]
    answer = fusing.http.post(f"/takes/{take}/fuse", json={"mode": "soft"})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_codes")


def test_a_take_whose_model_is_gone_is_refused_in_one_line(server: RunningServer, speech: bytes, tmp_path: Path):
    take = make_take(server, speech)
    write_tiny(tmp_path / "models" / "tiny", 3)
    answer = server.http.post(f"/takes/{take}/fuse", json={"mode": "soft"}, timeout=240)
    assert (answer.status_code, answer.json()["code"]) == (422, "unusable")
    assert "is not here any more" in answer.json()["detail"]


def test_damaged_codes_are_told_without_a_path(fusing: RunningServer, speech: bytes):
    take = make_take(fusing, speech, seed=2)
    (fusing.folder / "results" / f"{take}.codes.npz").write_bytes(b"no codes")
    answer = fusing.http.post(f"/takes/{take}/fuse", json={"mode": "hard"}, timeout=240)
    assert (answer.status_code, answer.json()["code"]) == (422, "unusable")
    assert str(fusing.folder) not in answer.text


def test_a_client_that_goes_away_frees_the_worker(fusing: RunningServer, made: str, speech: bytes):
    worker = fusing.worker()
    assert worker is not None
    worker.suspend()  # as good as any mixing that takes long
    with pytest.raises(httpx.TimeoutException):
        fusing.http.post(f"/takes/{made}/fuse", json={"mode": "soft"}, timeout=0.3)
    began = time.monotonic()
    wait_for(lambda: not is_alive(worker), 5, interval_s=0.005)
    assert time.monotonic() - began < 0.6
    assert fuse(fusing, made, mode="soft")["rotations"].shape[1:] == (55, 4)


def test_take_and_codes_outlive_kill_9_and_go_together(
    server: RunningServer, start: Callable[..., RunningServer], speech: bytes
):
    take = make_take(server, speech)
    server.kill()
    again = start("--device", "cpu")
    fuse(again, take, mode="soft")
    (again.folder / "results" / f"{take}.codes.npz").unlink()
    again.kill()
    third = start("--device", "cpu")
    assert third.http.get(f"/takes/{take}").status_code == 404


def test_take_and_codes_are_cleaned_together(tmp_path: Path):
    store, names = Store(tmp_path), ["a.npz", "a.codes.npz", "b.npz", "b.codes.npz"]
    (store.jobs / "job").mkdir()
    for name in names:
        (store.jobs / "job" / name).write_bytes(bytes(100))
    store.keep("job", dict.fromkeys(names, ()))
    time.sleep(0.01)
    store.result("a.npz")  # used last, and its codes with it
    assert store.clean(keep_s=60, keep_bytes=399) == 2
    assert sorted(path.name for path in store.results.iterdir()) == ["a.codes.npz", "a.npz"]
    store.close()
