"""Whether the backend can be reached, from the main thread's point of view, and how a job's thread reaches it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .core.errors import UserError
from .jobs import Connect

if TYPE_CHECKING:
    from .backend.client import Client

#: Names the folder of a server that runs already and is used as it is; for tests, and for several Blenders in a row.
SHARED_FOLDER = "CHIRONOMY_DATA"
_NOT_RUNNING = "The backend is not running: start it in the add-on's preferences"


def why_unavailable() -> str:
    """Why no job can be sent now, and what to do; nothing where one can. Cheap enough for drawing."""
    shared = os.environ.get(SHARED_FOLDER)
    if shared:
        from .backend.process import read_handshake

        return "" if read_handshake(Path(shared)) is not None else _NOT_RUNNING
    from .backend.state import State
    from .preferences import backend

    status = backend().status()
    if status.state in (State.NOT_INSTALLED, State.INSTALLING, State.FAILED):
        return f"The backend is not ready ({status.line[0].lower()}{status.line[1:]}): {status.next_step}"
    return ""


def connector() -> Connect:
    """What a job's thread calls to reach the server; itself it is called in the main thread."""
    shared = os.environ.get(SHARED_FOLDER)
    if shared:
        return _shared(Path(shared))
    from .preferences import backend

    link = backend()
    return lambda _cancelled: link.busy()


def learn_generators() -> None:
    """Lets *Generator* offer what the server said that it has."""
    if os.environ.get(SHARED_FOLDER):
        return
    from .preferences import backend
    from .properties import set_generators

    set_generators(backend().health())


def _shared(folder: Path) -> Connect:
    @contextmanager
    def connect(_cancelled: threading.Event) -> Iterator[Client]:
        from .backend.client import Client
        from .backend.process import read_handshake, require_protocol

        handshake = read_handshake(folder)
        if handshake is None:
            raise UserError(_NOT_RUNNING)
        require_protocol(handshake.protocol, handshake.version)
        yield Client(handshake.url, handshake.token)

    return connect
