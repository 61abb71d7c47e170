"""How the server is run, and its limits."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

#: Raised when requests, answers or the handshake change so that older clients would misread them.
PROTOCOL = 1

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Limits:
    """What one client can make the server hold."""

    upload_bytes: int = 512 << 20
    document_bytes: int = 8 << 20
    """Of JSON bodies that come without a file."""
    request_part_bytes: int = 32 << 20
    """Of the JSON part of an upload: two hours of words with their phones."""
    silence_s: float = 60.0
    """An upload that brings nothing for so long is given up."""
    open_requests: int = 100
    event_streams: int = 32
    queued_jobs: int = 200
    fused_frames: int = 54_000
    """Half an hour at 30 fps: 50 MB in one answer."""
    attempts: int = 8
    """A job that took the server down so often is not tried again."""
    cancel_s: float = 0.35
    """A worker that goes on for so long after a cancel is ended."""


@dataclass(frozen=True)
class Settings:
    """Everything that `chironomy serve` can be told."""

    data_folder: Path
    host: str = "127.0.0.1"
    port: int = 0
    parent_pid: int | None = None
    idle_unload_s: float = 600.0
    device: str = "auto"
    keep_days: float = 30.0
    keep_bytes: int = 4 << 30
    limits: Limits = Limits()


def default_data_folder() -> Path:
    """CHIRONOMY_DATA, else the place where this system keeps programs' data."""
    chosen = os.environ.get("CHIRONOMY_DATA")
    return Path(chosen) if chosen else platformdirs.user_data_path("chironomy")
