"""What is said to the server: plain HTTP on this machine, by the standard library.

Each call opens a connection of its own and may be made from any thread. No proxy is ever asked.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from ..core.errors import UserError
from ..core.progress import Progress, silent

PROTOCOL = 1
"""What this add-on speaks; the backend's counterpart is chironomy.server.settings.PROTOCOL."""

_TIMEOUT_S = 10.0
_UPLOAD_TIMEOUT_S = 60.0
_HEARTBEAT_TIMEOUT_S = 20.0
_POLL_S = 0.2
_BLOCK = 1 << 18
_MOST_JSON = 64 << 20
_MOST_NPZ = 1 << 30
_FINISHED = ("done", "failed", "cancelled")


class ServerGone(UserError):
    """Nobody answers: the server has ended, or hangs."""


class Refused(UserError):
    """The server's own answer, in the user's words."""

    def __init__(self, detail: str, status: int, code: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Job:
    """Where a job is."""

    id: str
    state: str
    """queued, running, done, failed, cancelled."""
    stage: str
    fraction: float
    seconds_left: float | None
    error: str | None
    """In the user's words, where it failed."""
    takes: tuple[str, ...]
    notices: tuple[str, ...]

    @property
    def is_finished(self) -> bool:
        """Nothing more will come."""
        return self.state in _FINISHED


class Client:
    """Speaks with one server. Every call raises ServerGone, Refused or, for files of the user's, UserError."""

    def __init__(self, url: str, token: str, timeout_s: float = _TIMEOUT_S) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port
        self._token = token
        self._timeout_s = timeout_s
        self.url = url

    def health(self) -> dict[str, Any]:
        """What the server is: version, protocol, device, generators, styles, gesture_classes, jobs_running, …"""
        answer = self._json("GET", "/health")
        if "protocol" not in answer:
            raise ServerGone(f"{self.url}: something else than Chironomy answers: start the server again")
        return answer

    def add_parent(self, pid: int) -> None:
        """The server lives for this process too."""
        self._bytes("POST", "/parents", {"pid": pid})

    def submit(self, request: Mapping[str, Any], audio: Path, transcript: Path | None = None) -> str:
        """Asks for takes (or, with "kind": "align", for words alone); the job's id. The files are streamed."""
        files = [("audio", audio)] + ([("transcript", transcript)] if transcript else [])
        with contextlib.ExitStack() as stack:
            opened = [(name, path, stack.enter_context(_opened(path))) for name, path in files]
            boundary = f"chironomy-{secrets.token_hex(16)}"
            parts = _multipart(boundary, json.dumps(request), opened)
            length = sum(len(part) if isinstance(part, bytes) else os.fstat(part.fileno()).st_size for part in parts)
            headers = {
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "Content-Length": str(length),
            }
            with self._asked("POST", "/jobs", _blocks(parts), headers, _UPLOAD_TIMEOUT_S) as response:
                return str(_document(response)["id"])

    def job(self, job_id: str) -> Job:
        """Where a job is now."""
        return _job(self._json("GET", f"/jobs/{job_id}"))

    def cancel(self, job_id: str) -> Job:
        """Ends a job; a finished one stays as it is."""
        return _job(self._json("DELETE", f"/jobs/{job_id}"))

    def events(self, job_id: str) -> Iterator[Job]:
        """The job whenever it has got further, until it is finished or the server is closing."""
        with self._asked("GET", f"/jobs/{job_id}/events", None, {}, _HEARTBEAT_TIMEOUT_S) as response:
            while line := response.readline(_MOST_JSON):
                if line.startswith(b"data:"):
                    yield _job(_parsed(line[5:]))

    def wait(self, job_id: str, progress: Progress = silent) -> Job:
        """Polls until the job is finished; an exception raised by `progress` cancels the job and comes through."""
        try:
            while True:
                job = self.job(job_id)
                progress(job.stage, job.fraction)
                if job.is_finished:
                    return job
                time.sleep(_POLL_S)
        except (ServerGone, Refused):
            raise
        except BaseException:
            with contextlib.suppress(UserError):
                self.cancel(job_id)
            raise

    def words(self, job_id: str) -> dict[str, Any]:
        """The words of a job that is done (formats.words_json)."""
        return self._json("GET", f"/jobs/{job_id}/words")

    def take(self, take_id: str) -> bytes:
        """A take's `.npz`."""
        return self._bytes("GET", f"/takes/{take_id}")

    def fuse(
        self, take_id: str, sliders: Mapping[int, float] | None = None, curve: Sequence[float] | None = None
    ) -> bytes:
        """A take's motion at this emphasis: `.npz` with rotations, translation, emphasis."""
        wanted: dict[str, Any] = {}
        if sliders is not None:
            wanted["sliders"] = {str(number): float(value) for number, value in sliders.items()}
        if curve is not None:
            wanted["curve"] = [float(value) for value in curve]
        return self._bytes("POST", f"/takes/{take_id}/fuse", wanted, _UPLOAD_TIMEOUT_S)

    def _json(self, method: str, path: str) -> dict[str, Any]:
        with self._asked(method, path, None, {}, self._timeout_s) as response:
            return _document(response)

    def _bytes(
        self, method: str, path: str, document: Mapping[str, Any] | None = None, timeout_s: float | None = None
    ) -> bytes:
        body = None if document is None else json.dumps(document).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        with self._asked(method, path, body, headers, timeout_s or self._timeout_s) as response:
            return _read(response, _MOST_NPZ)

    @contextlib.contextmanager
    def _asked(
        self, method: str, path: str, body: Any, headers: Mapping[str, str], timeout_s: float
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer, where it is a good one. `timeout_s` is the longest silence."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=min(timeout_s, self._timeout_s))
        try:
            try:
                connection.connect()
                connection.sock.settimeout(timeout_s)
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before it was all sent
                    connection.request(
                        method, path, body, {"Authorization": f"Bearer {self._token}", "Connection": "close", **headers}
                    )
                response = connection.getresponse()
                if response.status >= 300:
                    raise _refusal(response)
                yield response
            except TimeoutError as error:
                raise ServerGone(f"{self.url}: the server does not answer: start it again") from error
            except (OSError, http.client.HTTPException) as error:
                reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
                raise ServerGone(f"{self.url}: the server cannot be reached ({reason}): start it again") from error
        finally:
            connection.close()


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}): choose another file") from error
    with file:
        yield file


def _multipart(boundary: str, request: str, files: Sequence[tuple[str, Path, BinaryIO]]) -> list[bytes | BinaryIO]:
    edge = f"--{boundary}\r\n".encode()
    parts: list[bytes | BinaryIO] = [
        edge + b'Content-Disposition: form-data; name="request"\r\n\r\n' + request.encode() + b"\r\n"
    ]
    for name, path, file in files:
        disposition = f'Content-Disposition: form-data; name="{name}"; filename="{_quoted(path.name)}"\r\n'
        parts += [edge + disposition.encode() + b"Content-Type: application/octet-stream\r\n\r\n", file, b"\r\n"]
    return [*parts, f"--{boundary}--\r\n".encode()]


def _quoted(name: str) -> str:
    """A file name inside quotes, as browsers write it."""
    encodable = name.encode("utf-8", "replace").decode("utf-8")
    return encodable.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").replace("\\", "_")


def _blocks(parts: Sequence[bytes | BinaryIO]) -> Iterator[bytes]:
    for part in parts:
        if isinstance(part, bytes):
            yield part
        else:
            while block := part.read(_BLOCK):
                yield block


def _read(response: http.client.HTTPResponse, most: int) -> bytes:
    content = response.read(most + 1)
    if len(content) > most:
        raise ServerGone("the server's answer is too large: start it again")
    if response.length:  # announced and not sent: read(n) does not complain
        raise http.client.IncompleteRead(content, response.length)
    return content


def _document(response: http.client.HTTPResponse) -> dict[str, Any]:
    return _parsed(_read(response, _MOST_JSON))


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError as error:
        raise ServerGone("the server's answer cannot be understood: start it again") from error
    if not isinstance(document, dict):
        raise ServerGone("the server's answer cannot be understood: start it again")
    return document


def _job(document: Mapping[str, Any]) -> Job:
    try:
        problem = document["error"]
        left = document["seconds_left"]
        return Job(
            id=str(document["id"]),
            state=str(document["state"]),
            stage=str(document["stage"]),
            fraction=float(document["fraction"]),
            seconds_left=None if left is None else float(left),
            error=None if problem is None else str(problem["detail"]),
            takes=tuple(map(str, document["takes"])),
            notices=tuple(map(str, document.get("notices", ()))),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ServerGone("the server's answer cannot be understood: start it again") from error


def _refusal(response: http.client.HTTPResponse) -> Refused:
    """RFC 9457's `detail`; for other answers the status."""
    try:
        problem = json.loads(response.read(1 << 16))
        detail, code = " ".join(str(problem["detail"]).split()), str(problem.get("code", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        detail, code = f"the server answered with {response.status} {response.reason}: start it again", ""
    return Refused(detail, response.status, code)
