"""A server for tests of the add-on alone: speaks the protocol, holds ready-made takes, makes nothing."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from chironomy.formats.take import Take, write_take

_WORDS = [
    {"text": "never", "start_s": 0.2, "end_s": 0.6, "punctuation": ","},
    {"text": "again", "start_s": 0.7, "end_s": 1.1, "punctuation": "."},
]


@dataclass
class FakeServer:
    """What tests set, and what they look at afterwards."""

    take: bytes
    seconds: float = 0.0
    """How long a job takes."""
    error: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    started: dict[str, float] = field(default_factory=dict)
    http: ThreadingHTTPServer | None = None

    def die(self) -> None:
        """As after kill -9: the port is closed."""
        self.http.shutdown()
        self.http.server_close()

    def status(self, job_id: str) -> dict[str, Any]:
        request = self.requests[int(job_id)]
        part = min((time.monotonic() - self.started[job_id]) / max(self.seconds, 1e-9), 1.0)
        state = (
            "cancelled" if job_id in self.cancelled else "running" if part < 1 else "failed" if self.error else "done"
        )
        takes = [f"{job_id}-{n}" for n in range(request.get("variations", 1))] if request["kind"] == "generate" else []
        error = {"detail": self.error, "code": "unusable"} if state == "failed" else None
        return {
            "id": job_id, "state": state, "stage": "Generating", "fraction": part, "seconds_left": None,
            "error": error, "takes": takes if state == "done" else [], "notices": [],
        }  # fmt: skip


@contextmanager
def fake_server(folder: Path, take: Take) -> Iterator[FakeServer]:
    """Runs until the end of the block, with its handshake file in the folder."""
    path = folder / "ready.npz"
    write_take(path, take)
    server = FakeServer(path.read_bytes())
    server.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    threading.Thread(target=server.http.serve_forever, args=(0.02,), daemon=True).start()
    port = server.http.server_address[1]
    handshake = {"protocol": 1, "version": "0", "url": f"http://127.0.0.1:{port}", "token": "t", "pid": os.getpid()}
    (folder / "server.json").write_text(json.dumps(handshake))
    try:
        yield server
    finally:
        (folder / "server.json").unlink(missing_ok=True)
        server.die()


def _handler(server: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = json.loads(body.split(b'name="request"\r\n\r\n')[1].split(b"\r\n")[0])
            job_id = str(len(server.requests))
            server.requests.append(request)
            server.started[job_id] = time.monotonic()
            self._answer(202, json.dumps({"id": job_id}).encode())

        def do_GET(self) -> None:
            kind, item, *rest = self.path.strip("/").split("/")
            if kind == "takes":
                self._answer(200, server.take)
            elif rest == ["words"]:
                self._answer(200, json.dumps({"schema": "chironomy-words-1", "words": _WORDS}).encode())
            else:
                self._answer(200, json.dumps(server.status(item)).encode())

        def do_DELETE(self) -> None:
            item = self.path.split("/")[-1]
            server.cancelled.append(item)
            self._answer(200, json.dumps(server.status(item)).encode())

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            pass

    return Handler
