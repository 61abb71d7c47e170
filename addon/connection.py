"""Where the backend is, from the main thread's point of view, and how a job's thread reaches it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import bpy

from .core.errors import UserError
from .server_link import Server, find_server

_ROOT = __package__ or ""


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
    if find_server(data_folder()) is None:
        return "The backend is not running: start it in the add-on's preferences"
    return ""


def connector() -> Callable[[threading.Event], Server]:
    """What a job's thread calls to reach the server; itself it is called in the main thread."""
    folder = data_folder()

    def connect(_cancelling: threading.Event) -> Server:
        server = find_server(folder)
        if server is None:
            raise UserError("The backend is not running: start it in the add-on's preferences")
        return server

    return connect
