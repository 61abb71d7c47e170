"""Jobs that name no generator: a small model by chance stands in for the one that comes along."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from running_server import SHORT_TEXT, RunningServer, wait_for
from test_jobs_with_weights import take_of, write_tiny

from chironomy.progress import Cancelled
from chironomy.server.preloading import Preloading

ANY = {"text": SHORT_TEXT, "generator": ""}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models" / "chironomy-s"
    write_tiny(folder, 1)
    monkeypatch.setenv("CHIRONOMY_BUNDLED_MODELS", str(folder.parent))
    return folder


def has_torch(server: RunningServer) -> bool:
    worker = server.worker()
    try:
        return worker is not None and any("torch" in Path(region.path).name for region in worker.memory_maps())
    except psutil.Error:
        return False


@pytest.mark.skipif(not hasattr(psutil.Process, "memory_maps"), reason="needs to see what a process has loaded")
def test_the_model_that_came_along_is_loaded_before_the_first_job_and_makes_its_takes(
    model: Path, start: Callable[..., RunningServer], speech: bytes, tmp_path: Path
):
    server = start("--device", "cpu")
    default = server.http.get("/health").json()["default"]
    assert default == {"generator": "semtalk", "model": "chironomy-s", "notice": ""}
    wait_for(lambda: has_torch(server), 120, interval_s=0.2)
    take = take_of(server, server.wait(server.submit(speech, **ANY), timeout_s=240), tmp_path)
    assert (take.metadata.generator, take.metadata.settings["model"]) == ("semtalk", "tiny")
    by_rhythm = take_of(server, server.wait(server.submit(speech, text=SHORT_TEXT, generator="rhythm")), tmp_path)
    assert by_rhythm.metadata.generator == "rhythm"


def test_where_it_is_broken_jobs_are_done_by_rhythm_with_a_notice(
    model: Path, start: Callable[..., RunningServer], speech: bytes, tmp_path: Path
):
    (model / "base.safetensors").unlink()
    server = start("--device", "cpu")
    status = server.wait(server.submit(speech, **ANY))
    assert status["notices"][0].startswith("chironomy-s/base.safetensors: is missing")
    take = take_of(server, status, tmp_path)
    assert take.metadata.generator == "rhythm"
    assert take.metadata.notices[0] == status["notices"][0] == server.http.get("/health").json()["default"]["notice"]


def test_weights_with_another_hash_fail_the_job_in_one_line(
    model: Path, start: Callable[..., RunningServer], speech: bytes
):
    content = bytearray((model / "base.safetensors").read_bytes())
    content[-1] ^= 1
    (model / "base.safetensors").write_bytes(content)
    server = start("--device", "cpu")
    detail = server.wait(server.submit(speech, **ANY), "failed", timeout_s=240)["error"]["detail"]
    assert "base.safetensors: is damaged or was changed" in detail
    assert "make it again with `pytest`" in detail


class SlowGenerator:
    """Loads until it may go on."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()

    def load(self, model: Path, device: str) -> None:
        self.may_go_on.wait(10)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowGenerator:
    generator = SlowGenerator()
    monkeypatch.setattr("chironomy.server.preloading.get_generator", lambda _name: generator)
    return generator


def test_a_job_that_needs_the_model_waits_and_says_so(slow: SlowGenerator):
    preloading, told = Preloading("cpu"), []
    preloading.begin("semtalk", Path("model"))

    def progress(stage: str, _fraction: float) -> None:
        told.append(stage)
        slow.may_go_on.set()

    preloading.wait(progress)
    assert set(told) == {"Loading model"}
    told.clear()
    preloading.wait(progress)
    assert not told, "it is loaded"


def test_who_waits_can_be_cancelled(slow: SlowGenerator):
    def cancel(_stage: str, _fraction: float) -> None:
        raise Cancelled

    preloading = Preloading("cpu")
    preloading.begin("semtalk", Path("model"))
    with pytest.raises(Cancelled):
        preloading.wait(cancel)
    slow.may_go_on.set()
