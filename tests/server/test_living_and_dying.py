"""The server's life: handshake, one for all, the end of its parents, kill -9."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from running_server import DEMO, SHORT_TEXT, RunningServer, is_alive, posix_only, recording, wait_for

from chironomy.formats.take import read_take
from chironomy.server.handshake import Handshake, read_handshake, wait_for_handshake, write_handshake

Start = Callable[..., RunningServer]


def serve(folder: Path, *options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chironomy.cli.main", "serve", "--data-folder", folder, *options]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])


def test_the_handshake_comes_when_the_first_request_can_be_served(start: Start):
    server = start()
    assert server.http.get("/health").status_code == 200
    assert set(server.handshake) == {"protocol", "version", "url", "token", "pid"}
    assert server.handshake["url"].startswith("http://127.0.0.1:")


@posix_only
def test_everything_is_readable_by_the_user_alone(start: Start, speech: bytes):
    server = start()
    server.wait(server.submit(speech, text=SHORT_TEXT))
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [server.folder, *server.folder.rglob("*")]}
    assert {path.name for path, mode in modes.items() if mode & 0o077} == set()
    assert modes[server.folder / "server.json"] == 0o600


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@posix_only
def test_a_stopped_server_removes_its_handshake_and_ends_well(start: Start, number: int):
    server = start()
    server.process.send_signal(number)
    assert server.process.wait(10) == 0
    assert not (server.folder / "server.json").exists()


def test_the_port_is_closed_to_other_machines(start: Start):
    server = start()
    listening = [
        c.laddr for c in psutil.Process(server.process.pid).net_connections() if c.status == psutil.CONN_LISTEN
    ]
    assert [address.ip for address in listening] == ["127.0.0.1"]


@posix_only
def test_another_address_comes_with_a_warning(start: Start):
    server = start("--host", "127.0.0.2")
    assert server.http.get("/health").status_code == 200
    server.process.terminate()
    assert "can be reached from other machines" in server.process.communicate()[1]


def test_a_second_server_on_the_folder_reports_the_first(start: Start):
    server = start()
    second = serve(server.folder)
    assert second.returncode == 0
    assert server.handshake["url"] in second.stderr
    assert server.http.get("/health").status_code == 200


def test_the_server_ends_when_its_parent_does(start: Start):
    with sleeper() as parent:
        server = start("--parent-pid", parent.pid)
        time.sleep(1)
        assert server.process.poll() is None
        parent.kill()
    assert server.process.wait(10) == 0
    assert not (server.folder / "server.json").exists()


def test_the_server_ends_with_the_last_of_several_blenders(start: Start):
    with sleeper() as first, sleeper() as second:
        server = start("--parent-pid", first.pid)
        assert serve(server.folder, "--parent-pid", second.pid).returncode == 0
        first.kill()
        first.wait()
        time.sleep(1.5)
        assert server.http.get("/health").status_code == 200
        second.kill()
    assert server.process.wait(10) == 0


def test_the_handshake_of_a_dead_process_counts_as_none(tmp_path: Path):
    with sleeper() as dead:
        dead.kill()
    write_handshake(tmp_path, Handshake("http://127.0.0.1:1", "token", dead.pid))
    assert read_handshake(tmp_path) is None
    write_handshake(tmp_path, Handshake("http://127.0.0.1:1", "token", os.getpid()))
    assert wait_for_handshake(tmp_path, 1) is not None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"pid": 99999999999999999999, "url": "", "token": ""}'])
def test_a_damaged_handshake_counts_as_none(tmp_path: Path, content: str):
    (tmp_path / "server.json").write_text(content)
    assert read_handshake(tmp_path) is None


def test_after_kill_9_takes_are_there_and_running_jobs_are_run_again(start: Start, speech: bytes):
    server = start()
    done = server.wait(server.submit(speech, text=SHORT_TEXT))
    take = server.http.get(f"/takes/{done['takes'][0]}").content
    running = server.submit(recording(3 * 14.125), text=3 * DEMO.with_suffix(".txt").read_text())
    waiting = server.submit(speech, text=SHORT_TEXT, seed=2)
    wait_for(lambda: server.status(running)["fraction"] > 0.05, 30)
    worker = server.worker()
    assert worker is not None
    server.kill()
    wait_for(lambda: not is_alive(worker), 5)

    again = start()
    assert again.status(done["id"]) == done
    assert again.http.get(f"/takes/{done['takes'][0]}").content == take
    for job in (running, waiting):
        assert len(again.wait(job)["takes"]) == 1
    assert list((again.folder / "jobs").iterdir()) == []
    for path in (again.folder / "results").glob("*.npz"):
        read_take(path)
    assert {path.suffix for path in (again.folder / "results").iterdir()} == {".npz", ".json"}


def test_a_job_that_takes_the_server_down_every_time_is_given_up(start: Start, tmp_path: Path):
    server = start()
    job = server.submit(recording(10 * 14.125), text=10 * DEMO.with_suffix(".txt").read_text())
    wait_for(lambda: server.status(job)["state"] == "running", 30)
    server.kill()
    with sqlite3.connect(tmp_path / "data" / "jobs.sqlite") as database:
        database.execute("UPDATE jobs SET attempts = 8")
    database.close()
    status = start().status(job)
    assert (status["state"], status["error"]["code"]) == ("failed", "crashed")


def test_a_damaged_database_does_not_keep_the_server_from_starting(start: Start, tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "jobs.sqlite").write_bytes(b"no database" * 1000)
    server = start()
    assert server.http.get("/health").json()["jobs_queued"] == 0
    assert (tmp_path / "data" / "damaged-jobs.sqlite").exists()


def test_old_results_go_and_are_made_again_on_demand(start: Start, speech: bytes):
    server = start()
    done = server.wait(server.submit(speech, text=SHORT_TEXT))
    server.close()
    later = start("--keep-gb", 0)
    missing = wait_for(lambda: (a := later.http.get(f"/takes/{done['takes'][0]}")).status_code == 404 and a, 10)
    assert json.loads(missing.text)["code"] == "no_such_take"
    assert list((later.folder / "results").iterdir()) == []
    again = later.wait(later.submit(speech, text=SHORT_TEXT))
    assert again["takes"] == done["takes"]
