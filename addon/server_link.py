"""Requests to the local server, as the jobs need them. For threads: makes no bpy call."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .core.errors import UserError

HANDSHAKE = "server.json"
PROTOCOL = 1
_TIMEOUT_S = 30.0
_MOST_BYTES = 512 << 20


class ServerGone(UserError):
    """The server does not answer (any more)."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    host: str
    port: int
    token: str

    def submit(self, request: Mapping[str, Any], audio: bytes, audio_name: str, transcript: Path | None) -> str:
        """Sends a job; returns its id. Raises UserError with the server's words."""
        parts = [("request", "", json.dumps(request).encode()), ("audio", audio_name, audio)]
        if transcript is not None:
            parts.append(("transcript", transcript.name, transcript.read_bytes()))
        boundary = uuid.uuid4().hex
        body = b"".join(_part(boundary, *part) for part in parts) + f"--{boundary}--\r\n".encode()
        content_type = f"multipart/form-data; boundary={boundary}"
        return str(json.loads(self._ask("POST", "/jobs", body, content_type))["id"])

    def status(self, job_id: str) -> dict[str, Any]:
        """Where the job is (see the server's JobStatus)."""
        return json.loads(self._ask("GET", f"/jobs/{job_id}"))

    def cancel(self, job_id: str) -> None:
        """Stops the job."""
        self._ask("DELETE", f"/jobs/{job_id}")

    def take(self, take_id: str) -> bytes:
        """A take's `.npz`."""
        return self._ask("GET", f"/takes/{take_id}")

    def words(self, job_id: str) -> list[dict[str, Any]]:
        """The words with their times that the job found."""
        return json.loads(self._ask("GET", f"/jobs/{job_id}/words"))["words"]

    def health(self) -> dict[str, Any]:
        """What the server is and does."""
        return json.loads(self._ask("GET", "/health"))

    def _ask(self, method: str, path: str, body: bytes | None = None, content_type: str = "") -> bytes:
        # http.client, not urllib: a proxy that the system names must not see what goes to this machine
        connection = http.client.HTTPConnection(self.host, self.port, timeout=_TIMEOUT_S)
        headers = {"Authorization": f"Bearer {self.token}"}
        if content_type:
            headers["Content-Type"] = content_type
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read(_MOST_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise ServerGone(f"The backend does not answer ({error}): start it again in the preferences") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise UserError(_detail(content, answer.status))
        return content


def find_server(data_folder: Path) -> Server | None:
    """The server whose handshake file lies in the folder; None where there is none (readable). It may have died."""
    try:
        handshake = json.loads((data_folder / HANDSHAKE).read_text(encoding="utf-8"))
        address = urlsplit(handshake["url"])
        if handshake["protocol"] != PROTOCOL or not address.hostname or not address.port:
            return None
        return Server(address.hostname, address.port, str(handshake["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _part(boundary: str, name: str, file_name: str, content: bytes) -> bytes:
    disposition = f'form-data; name="{name}"'
    if file_name:
        plain = "".join("_" if character in '"\r\n\\' else character for character in file_name)
        disposition += f'; filename="{plain}"'
    return f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"


def _detail(content: bytes, status: int) -> str:
    try:
        return str(json.loads(content)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"The backend refused ({status}): its log says more"
