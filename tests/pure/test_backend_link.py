"""The link to the backend with a real server: shared, noticed when it dies, started again, stopped by its owner."""

import hashlib
import json
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from chironomy_blender.backend import install
from chironomy_blender.backend.client import Client
from chironomy_blender.backend.link import Backend, Settings
from chironomy_blender.backend.process import read_handshake, require_protocol
from chironomy_blender.backend.state import NEXT_STEP, State
from chironomy_blender.core.errors import UserError

PROGRAM = Path(sys.executable).with_name("chironomy")
needs_server = pytest.mark.skipif(
    not PROGRAM.is_file() or sys.version_info[:2] != (3, 11), reason="no chironomy beside this Python"
)
try:
    import fastapi  # noqa: F401
except ImportError:
    needs_server = pytest.mark.skip(reason="this environment lacks the server's packages")


@pytest.fixture
def make(tmp_path):
    """Makes links on one folder; they are stopped after the test."""
    made = []

    def link(executable=PROGRAM, **changes):
        made.append(Backend(replace(Settings(tmp_path / "root", tmp_path, str(executable)), **changes)))
        return made[-1]

    yield link
    for each in made:
        each.stop()


def wait_until(look, timeout_s=20.0):
    end = time.monotonic() + timeout_s
    while not look():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_every_state_says_what_to_do_next():
    assert set(NEXT_STEP) == set(State)


def test_without_an_installation_nothing_is_started(make):
    link = make(executable="")
    assert link.status().state is State.NOT_INSTALLED
    with pytest.raises(UserError, match="not installed"):
        link.client()
    assert link.status().state is State.FAILED


def test_a_wrong_path_is_a_failure_with_its_reason(make, tmp_path):
    status = make(executable=tmp_path / "gone").status()
    assert status.state is State.FAILED
    assert "no chironomy here" in status.line


def test_a_server_that_ends_at_once_tells_its_last_words(make, tmp_path):
    program = tmp_path / "chironomy"
    program.write_text("#!/bin/sh\necho the port is taken >&2\nexit 3\n")
    program.chmod(0o755)
    link = make(executable=program)
    with pytest.raises(UserError, match="the port is taken"):
        link.client()
    assert link.status().state is State.FAILED


def test_starting_can_be_cancelled(make, tmp_path):
    program = tmp_path / "chironomy"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    link = make(executable=program)
    link.start()
    wait_until(lambda: link.status().state is State.STARTING)
    begun = time.monotonic()
    link.cancel()
    link.join(5)
    assert link.status().state is State.STOPPED
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("handshake", ["", "{", "[]", '{"url": 1}', '{"pid": 999999999}'])
def test_a_damaged_handshake_is_none(tmp_path, handshake):
    (tmp_path / "server.json").write_text(handshake)
    assert read_handshake(tmp_path) is None


def test_the_handshake_of_a_process_that_is_no_more_is_none(tmp_path):
    document = {"url": "http://127.0.0.1:5", "token": "t", "pid": 2**22 + 5, "version": "1", "protocol": 1}
    (tmp_path / "server.json").write_text(json.dumps(document))
    assert read_handshake(tmp_path) is None


@pytest.mark.parametrize(("protocol", "remedy"), [(0, "press Repair"), (2, "update the extension")])
def test_another_protocol_is_refused_with_the_remedy(protocol, remedy):
    with pytest.raises(UserError, match=remedy):
        require_protocol(protocol, "9")


@needs_server
@pytest.mark.skipif(os.name == "nt", reason="kills by POSIX signal")
def test_a_killed_server_is_noticed_and_started_again(make):
    link = make()
    assert link.status().state is State.STOPPED
    first = link.client()
    assert link.status().state is State.READY
    assert link.health()["protocol"] == 1
    with link.busy():
        assert link.status().state is State.BUSY
    os.kill(read_handshake(link._settings.root / "server").pid, signal.SIGKILL)
    wait_until(lambda: link.status().state is State.STOPPED)
    assert any("has ended" in notice for notice in link.take_notices())
    second = link.client()
    assert second.url != first.url
    assert second.health()["jobs_running"] == 0


@needs_server
def test_one_server_is_shared_and_ended_by_who_started_it(make):
    owner, guest = make(), make(automatic_start=False)
    with pytest.raises(UserError, match="press Start"):
        guest.client()
    client = owner.client()
    assert guest.client().url == client.url
    assert not guest.stop()
    assert client.health()
    assert owner.stop()
    with pytest.raises(UserError):
        Client(client.url, "x", 1.0).health()
    assert owner.status().state is State.STOPPED


def test_a_backend_of_another_version_of_the_extension_is_outdated(tmp_path):
    own = tmp_path / "root"
    program = install.executable_in(own / "environment-1")
    program.parent.mkdir(parents=True)
    program.touch()
    wheel = tmp_path / "backend" / "chironomy-0.1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.write_bytes(b"this version")
    stamp = {"environment": "environment-1", "wheel": wheel.name, "sha256": "of another", "python": "3.11"}
    (own / "installed.json").write_text(json.dumps(stamp))
    assert Backend(Settings(own, tmp_path)).is_outdated()
    assert not Backend(Settings(own, tmp_path, executable="/own/chironomy")).is_outdated()
    (own / "installed.json").write_text(json.dumps({**stamp, "sha256": hashlib.sha256(b"this version").hexdigest()}))
    assert not Backend(Settings(own, tmp_path)).is_outdated()
