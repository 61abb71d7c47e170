"""A real server in a process of its own, and a short recording."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
import soundfile

DEMO = Path(__file__).parents[2] / "presets" / "demo" / "speech.flac"
SHORT_TEXT = "I never said that."
#: The first four words of the bundled recording.
SHORT_S = 1.6


class RunningServer:
    """`chironomy serve` on a folder, and a client that knows its token."""

    def __init__(self, folder: Path, *options: object) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "chironomy.cli.main", "serve", "--data-folder", folder, *options]
        self.process = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True)
        self.handshake = wait_for(lambda: read_handshake(folder, self.process.pid), 30)
        self.http = httpx.Client(
            base_url=self.handshake["url"],
            headers={"Authorization": f"Bearer {self.handshake['token']}"},
            trust_env=False,
            timeout=30,
        )

    def submit(self, audio: bytes, name: str = "speech.flac", path: str = "/jobs", **wishes: Any) -> str:
        """Posts a job, for the generator without weights where none is named; its id."""
        files = {"request": (None, json.dumps({"generator": "rhythm", **wishes})), "audio": (name, audio)}
        answer = self.http.post(path, files=files)
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def status(self, job: str) -> dict[str, Any]:
        return self.http.get(f"/jobs/{job}").raise_for_status().json()

    def wait(self, job: str, state: str = "done", timeout_s: float = 60) -> dict[str, Any]:
        """The job's status once it is in this state; fails when it ends in another one."""

        def reached() -> dict[str, Any] | None:
            status = self.status(job)
            assert status["state"] in (state, "queued", "running"), status
            return status if status["state"] == state else None

        return wait_for(reached, timeout_s)

    def worker(self) -> psutil.Process | None:
        """The worker's process, where there is one."""
        children = psutil.Process(self.process.pid).children()
        return next((child for child in children if is_alive(child)), None)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=20)


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def read_handshake(folder: Path, pid: int) -> dict[str, Any] | None:
    path = folder / "server.json"
    document = json.loads(path.read_text()) if path.is_file() else None
    return document if document and document["pid"] == pid else None


def wait_for(look: Callable[[], Any], timeout_s: float, interval_s: float = 0.02) -> Any:
    """What `look` gives as soon as it is truthy."""
    end = time.monotonic() + timeout_s
    while not (found := look()):
        assert time.monotonic() < end, f"nothing came within {timeout_s} s"
        time.sleep(interval_s)
    return found


def recording(length_s: float, noise: int | None = None) -> bytes:
    """The bundled recording, cut or repeated to this length; `noise` seeds a hiss that makes it another file."""
    samples, rate = soundfile.read(DEMO, dtype="float32")
    samples = np.resize(samples, round(length_s * rate))
    if noise is not None:
        samples = samples + np.random.default_rng(noise).normal(0, 1e-3, len(samples)).astype("float32")
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="FLAC")
    return file.getvalue()


posix_only = pytest.mark.skipif(os.name == "nt", reason="POSIX permissions and signals")
