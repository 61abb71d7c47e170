"""Where the backend is, from the main thread's point of view, and how a job's thread reaches it."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from .core.errors import UserError
from .jobs import Connect

if TYPE_CHECKING:
    from .backend.client import Client

_ROOT = __package__ or ""
_NOT_RUNNING = "The backend is not running: start it in the add-on's preferences"


def data_folder() -> Path:
    """The server's folder: named by the environment (CHIRONOMY_DATA), else in the extension's own user folder."""
    named = os.environ.get("CHIRONOMY_DATA")
    if named:
        return Path(named)
    if _ROOT.startswith("bl_ext"):
        return Path(bpy.utils.extension_path_user(_ROOT, path="server"))
    return Path(bpy.utils.resource_path("USER")) / "chironomy" / "server"


def why_unavailable() -> str:
    """Why no job can be sent now, and what to do; nothing where a server is there."""
    from .backend.process import read_handshake

    return "" if read_handshake(data_folder()) is not None else _NOT_RUNNING


def connector() -> Connect:
    """What a job's thread calls to reach the server; itself it is called in the main thread."""
    folder = data_folder()

    def connect(_cancelled: threading.Event) -> Client:
        from .backend.client import Client
        from .backend.process import read_handshake, require_protocol

        handshake = read_handshake(folder)
        if handshake is None:
            raise UserError(_NOT_RUNNING)
        require_protocol(handshake.protocol, handshake.version)
        return Client(handshake.url, handshake.token)

    return connect
