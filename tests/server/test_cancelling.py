"""A cancel takes effect within half a second, wherever the job is."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import psutil
import pytest
from running_server import DEMO, SHORT_TEXT, RunningServer, is_alive, recording, wait_for

SOON_S = 0.5
LONG_REPEATS = 20
TEXT = DEMO.with_suffix(".txt").read_text()


@pytest.fixture(scope="module")
def long_speech() -> bytes:
    """Nearly five minutes: half a minute of work."""
    return recording(LONG_REPEATS * 14.125)


def running_job(server: RunningServer, long_speech: bytes, seed: int) -> tuple[str, psutil.Process]:
    job = server.submit(long_speech, text=LONG_REPEATS * TEXT, seed=seed)
    wait_for(lambda: server.status(job)["fraction"] > 0.02, 30)
    worker = server.worker()
    assert worker is not None
    return job, worker


def test_a_waiting_job_never_starts(server: RunningServer, speech: bytes, long_speech: bytes):
    running, _ = running_job(server, long_speech, 1)
    waiting = server.submit(speech, text=SHORT_TEXT, seed=40)
    assert server.http.delete(f"/jobs/{waiting}").json()["state"] == "cancelled"
    server.http.delete(f"/jobs/{running}")
    assert server.status(waiting)["state"] == "cancelled"
    assert list((server.folder / "jobs").iterdir()) == []


def test_a_running_job_stops_and_its_worker_takes_the_next(server: RunningServer, speech: bytes, long_speech: bytes):
    job, _ = running_job(server, long_speech, 2)
    following = server.submit(speech, text=SHORT_TEXT, seed=41)
    began = time.monotonic()
    assert server.http.delete(f"/jobs/{job}").json()["state"] == "cancelled"
    assert server.status(job)["state"] == "cancelled"
    wait_for(lambda: server.status(following)["state"] != "queued", 5, interval_s=0.005)
    assert time.monotonic() - began < SOON_S
    server.wait(following)


def test_a_worker_that_does_not_look_up_is_ended(server: RunningServer, speech: bytes, long_speech: bytes):
    job, worker = running_job(server, long_speech, 3)
    worker.suspend()  # as good as any stage that never reports
    began = time.monotonic()
    assert server.http.delete(f"/jobs/{job}").json()["state"] == "cancelled"
    wait_for(lambda: not is_alive(worker), 5, interval_s=0.005)
    assert time.monotonic() - began < SOON_S
    server.wait(server.submit(speech, text=SHORT_TEXT, seed=42))


@pytest.mark.parametrize("answer_after_s", [0.30, 0.34, 0.36, 0.40])
def test_the_next_job_is_safe_when_the_answer_to_a_cancel_comes_late(
    server: RunningServer, speech: bytes, long_speech: bytes, answer_after_s: float
):
    job, worker = running_job(server, long_speech, round(1000 * answer_after_s))
    following = server.submit(speech, text=SHORT_TEXT, seed=round(1000 * answer_after_s))
    worker.suspend()
    server.http.delete(f"/jobs/{job}")
    time.sleep(answer_after_s)
    with contextlib.suppress(psutil.NoSuchProcess):
        worker.resume()
    server.wait(following)


def test_cancelling_what_is_finished_changes_nothing(server: RunningServer, speech: bytes):
    done = server.wait(server.submit(speech, text=SHORT_TEXT, seed=43))
    assert server.http.delete(f"/jobs/{done['id']}").json() == done


def test_cancelling_twice_is_the_same_as_once(server: RunningServer, long_speech: bytes):
    job, _ = running_job(server, long_speech, 4)
    answers = [server.http.delete(f"/jobs/{job}").json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["state"] == "cancelled"


def test_a_worker_that_dies_fails_its_job_and_not_the_server(server: RunningServer, speech: bytes, long_speech: bytes):
    job, worker = running_job(server, long_speech, 5)
    worker.kill()
    status = server.wait(job, "failed")
    assert status["error"]["code"] == "crashed"
    server.wait(server.submit(speech, text=SHORT_TEXT, seed=44))


def test_an_idle_worker_is_unloaded_and_comes_back(start: Callable[..., RunningServer], speech: bytes):
    server = start("--idle-unload-s", 1)
    server.wait(server.submit(speech, text=SHORT_TEXT))
    assert server.worker() is not None
    wait_for(lambda: server.worker() is None, 10)
    server.wait(server.submit(speech, text=SHORT_TEXT, seed=2))
