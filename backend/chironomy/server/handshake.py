"""The file by which others find the running server, and the lock by which a second one notices the first."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from .. import __version__
from ..errors import UserError
from .settings import PROTOCOL

_FILE, _LOCK = "server.json", "server.lock"
_LARGEST = 10_000


@dataclass(frozen=True)
class Handshake:
    """Where the server is and what it wants to hear."""

    url: str
    token: str
    pid: int
    version: str = __version__
    protocol: int = PROTOCOL


def write_handshake(folder: Path, handshake: Handshake) -> None:
    """Readable by this user alone from its first byte on; there is never half of it."""
    path, temporary = folder / _FILE, folder / f".{_FILE}.{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(handshake), file)
    temporary.replace(path)


def read_handshake(folder: Path) -> Handshake | None:
    """The running server's, or nothing: no file, not a whole one, or that of a process which is no more."""
    try:
        with (folder / _FILE).open(encoding="utf-8") as file:
            handshake = Handshake(**json.loads(file.read(_LARGEST)))
        return handshake if psutil.pid_exists(handshake.pid) else None
    except (OSError, ValueError, TypeError, OverflowError):
        return None


def remove_handshake(folder: Path) -> None:
    """For the server that holds the lock."""
    (folder / _FILE).unlink(missing_ok=True)


def wait_for_handshake(folder: Path, timeout_s: float) -> Handshake | None:
    """That of a server which may be starting just now."""
    end = time.monotonic() + timeout_s
    while (found := read_handshake(folder)) is None and time.monotonic() < end:
        time.sleep(0.05)
    return found


@contextlib.contextmanager
def sole_server(folder: Path) -> Iterator[bool]:
    """Whether this process is the only server on the folder while the block runs.

    The lock is the system's, which gives it back however a process ends.
    """
    try:
        file = (folder / _LOCK).open("a+b")
    except OSError as error:
        raise UserError(f"{folder}: cannot be used ({error.strerror}): choose another --data-folder") from error
    with file:
        yield _lock(file.fileno())


def _lock(descriptor: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
