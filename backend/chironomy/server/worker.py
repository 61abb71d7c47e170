"""One worker's process, as the server sees it.

The work is done in a process of its own, so that a cancel takes effect wherever the job is (a stage that does not look
up is ended with its process), a crash takes nothing else down, unloading really gives the memory back, and the server
answers while numbers are crunched.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

_LONGEST_LINE = 1 << 20
_STOPPING_S = 2.0

OnProgress = Callable[[str, float], None]


class WorkerDied(Exception):
    """The process ended in the middle of a job."""


class Worker:
    """Starts its process when there is work, keeps it for the next job."""

    def __init__(self, device: str, temporary: Path, log: Path, cancel_s: float) -> None:
        self.device = device
        """As it was asked for; as the process found it, once it runs."""
        self._asked = device
        self._temporary = temporary
        self._log = log
        self._cancel_s = cancel_s
        self._process: asyncio.subprocess.Process | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._presets = ""

    async def run(self, order: Mapping[str, Any], presets: str, on_progress: OnProgress) -> dict[str, Any]:
        """The outcome of one job; see work.py. A changed `presets` makes for a new process, which reads them anew.

        Raises WorkerDied, also where the process was ended by `cancel`.
        """
        if presets != self._presets:
            await self.stop()
        self._presets = presets
        self._idle.clear()
        try:
            process = await self._started()
            _send(process, dict(order))
            while True:
                message = await _message(process)
                if "progress" not in message:
                    return message
                on_progress(*message["progress"])
        except (ConnectionError, ValueError, WorkerDied) as error:
            await self.stop()
            raise WorkerDied(str(error)) from error
        finally:
            self._idle.set()

    async def cancel(self) -> None:
        """The running job ends: by itself where it looks up soon enough, else with the process."""
        process = self._process
        if process is None or self._idle.is_set():
            return
        with contextlib.suppress(ConnectionError):
            _send(process, {"cancel": True})
        try:
            await asyncio.wait_for(self._idle.wait(), self._cancel_s)
        except TimeoutError:
            _kill(process)

    async def stop(self) -> None:
        """Ends the process: all that it has loaded is unloaded."""
        process, self._process = self._process, None
        if process is None:
            return
        _kill(process)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _STOPPING_S)

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        with self._log.open("wb") as log:
            process = await self._spawned(log)
        self._process = process
        self.device = (await _message(process))["ready"]
        return process

    async def _spawned(self, log: IO[bytes]) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "chironomy.server.work", self._asked,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, limit=_LONGEST_LINE,
            env={**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self._temporary))},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip


def _send(process: asyncio.subprocess.Process, message: dict[str, Any]) -> None:
    if process.stdin is None or process.stdin.is_closing():
        raise BrokenPipeError("the worker's process has ended")
    process.stdin.write(json.dumps(message).encode() + b"\n")


async def _message(process: asyncio.subprocess.Process) -> dict[str, Any]:
    if process.stdout is None:
        raise WorkerDied("no pipe")
    line = await process.stdout.readline()
    if not line.endswith(b"\n"):
        raise WorkerDied(f"status {await process.wait()}")
    return json.loads(line)


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
