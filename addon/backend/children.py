"""Child processes: they inherit nothing of Blender's Python, can be cancelled, and leave a log."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from ..core.progress import Cancelled

_LOOK_S = 0.1
_ENDING_S = 3.0
_LONGEST_LINE = 300
#: Settings of pip that would put packages somewhere else than into the environment it runs in.
_MISLEADING = {
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_USER",
    "PIP_ROOT",
    "PIP_REQUIRE_VIRTUALENV",
}

CREATION_FLAGS = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


def clean_environment() -> dict[str, str]:
    """This process's environment variables without those that belong to Blender's own Python."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("PYTHON", "__PYVENV")) and name.upper() not in _MISLEADING
    }
    return {
        **kept,
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
    }


def answer_of(command: Sequence[str | Path], timeout_s: float) -> str | None:
    """What a short command prints; nothing where it fails, is missing or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            env=clean_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def run_logged(
    command: Sequence[str | Path], log: IO[str], on_line: Callable[[str], None], cancelled: threading.Event
) -> int:
    """Runs a command to its end; its exit status.

    Every line of its output goes to the log and, as it comes and again ten times a second, to `on_line`.
    Raises Cancelled within a moment of `cancelled` being set, with the command and its children ended; OSError where
    there is no such command.
    """
    process = subprocess.Popen(  # noqa: S603
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=clean_environment(),
        start_new_session=os.name != "nt",
        creationflags=CREATION_FLAGS,
    )
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(process.stdout, lines), daemon=True)
    reader.start()
    try:
        last = ""
        while True:
            if cancelled.is_set():
                raise Cancelled
            with contextlib.suppress(queue.Empty):
                line = lines.get(timeout=_LOOK_S)
                if line is None:
                    return process.wait()
                log.write(line + "\n")
                last = line[:_LONGEST_LINE].strip() or last
            on_line(last)
    finally:
        if process.poll() is None:
            end_with_children(process)
        reader.join(_ENDING_S)


def end_with_children(process: subprocess.Popen[bytes]) -> None:
    """Ends a process that leads its own group, and what it started."""
    if os.name == "nt":
        answer_of(["taskkill", "/T", "/F", "/PID", str(process.pid)], _ENDING_S)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_ENDING_S)


def is_alive(pid: int) -> bool:
    """Whether there is such a process (of anybody's)."""
    if os.name == "nt":
        import ctypes

        kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
        handle = kernel.OpenProcess(0x1000, False, pid)  # os.kill(pid, 0) would end the process here
        if handle:
            kernel.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


def _read(pipe: IO[bytes] | None, lines: queue.SimpleQueue[str | None]) -> None:
    with contextlib.suppress(OSError, ValueError):
        for line in pipe or ():
            lines.put(line.decode("utf-8", "replace").rstrip("\r\n"))
    lines.put(None)
