"""The panel with the real server, started as its preferences start it: killed in the middle of a job."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import bpy
import pytest
from panel import finish, start_in_background

from chironomy_blender import jobs, preferences
from chironomy_blender.backend.process import read_handshake
from chironomy_blender.scene.live import has_live_take

PROGRAM = Path(__file__).parents[2] / ".venv" / "bin" / "chironomy"
DEMO = Path(__file__).parents[2] / "presets" / "demo"


def can_run() -> bool:
    try:
        return subprocess.run([PROGRAM, "--version"], capture_output=True, timeout=60).returncode == 0
    except OSError:
        return False


pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not can_run(), reason="no chironomy that runs in .venv, or no signals"
)


@pytest.fixture
def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a server that the add-on starts itself; it ends when the add-on is switched off."""
    monkeypatch.setenv("CHIRONOMY_EXECUTABLE", str(PROGRAM))
    monkeypatch.setattr(preferences, "user_folder", lambda: tmp_path / "own")
    return tmp_path / "own" / "server"


@pytest.fixture
def speaking(own_server, scene, armature, monkeypatch) -> bpy.types.Object:
    monkeypatch.delenv("CHIRONOMY_DATA")
    speech = scene.chironomy.speech
    speech.sound_path, speech.text_source = str(DEMO / "speech.flac"), "FILE"
    speech.text_path = str(DEMO / "speech.txt")
    scene.chironomy.generate.generator = "rhythm"
    return armature


def wait_for_stage(job: jobs.Job, stage: str) -> None:
    end = time.monotonic() + 60
    while not job.stage.startswith(stage):
        assert job.state == "running", job.error
        assert time.monotonic() < end, job.stage
        time.sleep(0.01)


def test_a_server_killed_in_a_job_is_told_and_generate_works_again(speaking, own_server, scene) -> None:
    job = start_in_background()
    wait_for_stage(job, "Aligning")
    killed = read_handshake(own_server).pid
    os.kill(killed, signal.SIGKILL)
    finish(job)
    assert jobs.running() is None
    assert jobs.notice("generate")[0] == "ERROR"
    assert not has_live_take(speaking)
    assert not scene.chironomy.takes

    assert bpy.ops.chironomy.generate() == {"FINISHED"}
    assert read_handshake(own_server).pid != killed
    assert has_live_take(speaking)
    assert len(scene.chironomy.takes) == 1
    assert jobs.notice("generate") is None or jobs.notice("generate")[0] != "ERROR"


def test_corrected_times_are_those_of_the_next_take(speaking, scene) -> None:
    bpy.ops.chironomy.align()
    word = next(word for word in scene.chironomy.words if word.text == "never")
    word.end_s = 0.7
    bpy.ops.chironomy.generate()
    word = next(word for word in scene.chironomy.words if word.text == "never")
    assert word.end_s == pytest.approx(0.7, abs=1e-3)
    assert word.times_by_hand
