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
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import IO, Any

from ..generators.default import default_choice
from ..generators.devices import known_device

_LONGEST_LINE = 1 << 20
_STOPPING_S = 2.0

OnProgress = Callable[[str, float], None]


class WorkerDied(Exception):
    """The process ended in the middle of a job."""


class _Run:
    """One job in the process."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.cancelled = False


class Worker:
    """Starts its process when there is work, keeps it for the next job."""

    def __init__(self, device: str, temporary: Path, log: Path, cancel_s: float) -> None:
        self.device = known_device(device) or device
        """As it was asked for; as the process found it, once it runs."""
        self._asked = device
        self._temporary = temporary
        self._log = log
        self._cancel_s = cancel_s
        self._process: asyncio.subprocess.Process | None = None
        self._run: _Run | None = None
        self._presets = ""

    async def prepare(self, presets: str) -> None:
        """Starts the process ahead of the first job, where a model can be loaded meanwhile, or where only the process
        can tell what the device is. Raises WorkerDied."""
        self._presets = presets
        if default_choice().model:
            await self.run({"kind": "prepare"}, presets, lambda _stage, _fraction: None)
        elif not known_device(self._asked):
            await self._started()

    async def run(self, order: Mapping[str, Any], presets: str, on_progress: OnProgress) -> dict[str, Any]:
        """The outcome of one job; see work.py. A changed `presets` makes for a new process, which reads them anew.

        Raises WorkerDied, also where the process was ended by `cancel`.
        """
        own = self._run = _Run()
        try:
            if presets != self._presets:
                await self.stop()
            self._presets = presets
            process = await self._started()
            if own.cancelled:
                return {"cancelled": True}
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
            self._run = None
            own.ended.set()

    def cancel(self) -> Coroutine[Any, Any, None]:
        """Tells the running job to end, now; awaited, ends the process where the job does not look up soon enough."""
        own, process = self._run, self._process
        if own is not None:
            own.cancelled = True
            if process is not None:
                with contextlib.suppress(ConnectionError):
                    _send(process, {"cancel": True})
        return self._ensure_ended(own)

    async def _ensure_ended(self, own: _Run | None) -> None:
        if own is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(own.ended.wait(), self._cancel_s)
        if self._run is own and self._process is not None:
            # let go of first: its last answer may be on its way, and the next job must not be given to a dying process
            process, self._process = self._process, None
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
