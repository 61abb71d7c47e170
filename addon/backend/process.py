"""The server's process, and the file by which a running one is found and shared."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..core.errors import UserError
from ..core.progress import Cancelled
from .children import CREATION_FLAGS, clean_environment, end_with_children, is_alive
from .client import PROTOCOL, Client, Refused, ServerGone

_HANDSHAKE, _OUTPUT = "server.json", "output.log"
_LARGEST_HANDSHAKE = 10_000
_STARTING_S = 90.0
_LOOK_S = 0.05
_ENDING_S = 6.0
_LARGEST_LOG = 1 << 20


@dataclass(frozen=True)
class Handshake:
    """Where the server is and what it wants to hear."""

    url: str
    token: str
    pid: int
    version: str
    protocol: int


@dataclass(frozen=True)
class Launch:
    """How a server is started."""

    executable: Path
    data_folder: Path
    device: str = "auto"
    variables: tuple[tuple[str, str], ...] = ()
    """More environment variables."""


def read_handshake(folder: Path) -> Handshake | None:
    """That of a living process; nothing where there is no file, not a whole one, or no such process."""
    try:
        with (folder / _HANDSHAKE).open(encoding="utf-8") as file:
            found = json.loads(file.read(_LARGEST_HANDSHAKE))
        handshake = Handshake(
            str(found["url"]), str(found["token"]), int(found["pid"]), str(found["version"]), int(found["protocol"])
        )
        port = urlsplit(handshake.url).port
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return handshake if port and handshake.pid > 0 and is_alive(handshake.pid) else None


class Server:
    """One server on one data folder: joined where it runs already, else started. For one thread at a time."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self._process: subprocess.Popen[bytes] | None = None
        self._handshake: Handshake | None = None

    @property
    def output_log(self) -> Path:
        """What the process prints; what happens in the server stands in server.log beside it."""
        return self.launch.data_folder / _OUTPUT

    @property
    def is_ours(self) -> bool:
        """Whether this Blender started it."""
        return self._process is not None

    @property
    def url(self) -> str | None:
        """Where it was last heard."""
        return self._handshake.url if self._handshake else None

    def ending(self) -> str | None:
        """Why a server that was connected is no more; nothing while it lives, or where none was."""
        if self._handshake is None:
            return None
        self._bound_log()
        status = self._process.poll() if self._process else None
        if status is None and is_alive(self._handshake.pid):
            return None
        return f"exit status {status}" if status is not None else "its process has ended"

    def forget(self) -> None:
        """After its end: the next `connect` starts a new one."""
        if self._process is not None and self._process.poll() is None:
            end_with_children(self._process)
        self._process = self._handshake = None

    def connect(self, cancelled: threading.Event) -> tuple[Client, dict[str, Any]]:
        """A client, and what the server says about itself; starts it where none answers.

        Raises UserError (ServerGone where it hangs), Cancelled.
        """
        joined = self._joined()
        if joined is not None:
            return joined
        self.forget()
        self._start()
        try:
            return self._ready(cancelled)
        except BaseException:
            self.forget()
            raise

    def stop(self) -> bool:
        """Ends the server if we started it; whether we did."""
        process, handshake = self._process, self._handshake
        self._process = self._handshake = None
        if process is None:
            return False
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_ENDING_S)
        if process.poll() is None:
            end_with_children(process)
        if os.name == "nt" and handshake is not None and handshake.pid != process.pid and is_alive(handshake.pid):
            os.kill(handshake.pid, signal.SIGTERM)  # the program is a launcher there; its Python is a child of it
        return True

    def _joined(self) -> tuple[Client, dict[str, Any]] | None:
        """A server of this user that runs already, from this or another Blender."""
        handshake = read_handshake(self.launch.data_folder)
        if handshake is None:
            return None
        require_protocol(handshake.protocol, handshake.version)
        client = Client(handshake.url, handshake.token)
        try:
            health = client.health()
            if self._process is None:
                client.add_parent(os.getpid())
        except (ServerGone, Refused):
            return None
        self._handshake = handshake
        return client, health

    def _start(self) -> None:
        launch = self.launch
        command = [
            launch.executable, "serve", "--data-folder", launch.data_folder,
            "--parent-pid", os.getpid(), "--device", launch.device,
        ]  # fmt: skip
        try:
            launch.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._bound_log()
            with self.output_log.open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603
                    [str(part) for part in command],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=launch.data_folder,
                    env={**clean_environment(), **dict(launch.variables)},
                    start_new_session=os.name != "nt",
                    creationflags=CREATION_FLAGS,
                )
        except OSError as error:
            reason = error.strerror or str(error)
            raise UserError(f"{launch.executable}: cannot be started ({reason}): press Repair") from error

    def _ready(self, cancelled: threading.Event) -> tuple[Client, dict[str, Any]]:
        end = time.monotonic() + _STARTING_S
        while time.monotonic() < end:
            if cancelled.is_set():
                raise Cancelled
            process = self._process
            ended = process is not None and process.poll() is not None
            # one that ends well has found another that was starting at the same time, which now is everybody's
            if process is not None and ended and process.returncode == 0:
                self._process = process = None
            joined = self._joined()
            if joined is not None:
                return joined
            if process is not None and ended:
                raise UserError(f"the server ended while it started: {self._last_words()} ({self.output_log})")
            time.sleep(_LOOK_S)
        raise ServerGone(f"the server was not ready within {_STARTING_S:.0f} s: {self.output_log} says more")

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = self.output_log.read_bytes()[-4000:].decode("utf-8", "replace").splitlines()
            return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "it said nothing")
        return "it said nothing"

    def _bound_log(self) -> None:
        """The process writes at the end of the file wherever that is, so it can be emptied under its hands."""
        with contextlib.suppress(OSError):
            if self.output_log.stat().st_size > _LARGEST_LOG:
                os.truncate(self.output_log, 0)


def require_protocol(protocol: int, version: str) -> None:
    """Raises UserError where add-on and backend do not understand each other."""
    if protocol != PROTOCOL:
        older = "backend" if protocol < PROTOCOL else "extension"
        remedy = "press Repair" if older == "backend" else "update the extension"
        raise UserError(
            f"the backend {version} speaks protocol {protocol}, this extension {PROTOCOL}: the {older} is "
            f"too old: {remedy}"
        )
