"""Who may come in, and how much they may bring: token, Host header, sizes, numbers.

Stands before everything else, so that nothing of a refused request is parsed.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Collection
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import Problem, response
from .settings import Limits

#: So much of a refused upload is read and thrown away, so that the client gets to see the answer.
_DRAINED_BYTES, _DRAINED_S = 64 << 20, 5.0


class Gate:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, token: str, hosts: Collection[str], limits: Limits) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = frozenset(hosts)
        self._limits = limits
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        problem = self._objection(headers)
        if problem is not None:
            if "expect" not in headers:  # else the client waits for the answer before it sends
                await _drain(receive)
            await response(problem)(scope, receive, send)
            return
        self._open += 1
        try:
            await self._app(scope, self._bounded(headers, receive), _hardened(send))
        finally:
            self._open -= 1

    def _objection(self, headers: Headers) -> Problem | None:
        if headers.get("host", "").lower() not in self._hosts:
            return Problem(403, "wrong_host", "this server answers to its own address only")
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), self._token):
            challenge = {"WWW-Authenticate": "Bearer"}
            return Problem(
                401, "wrong_token", "the token is missing or wrong: read it from server.json again", challenge
            )
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._largest(headers):
            return self._too_large(headers)
        if self._open >= self._limits.open_requests:
            return Problem(429, "busy", "too many requests at once: try again in a moment", {"Retry-After": "1"})
        return None

    def _largest(self, headers: Headers) -> int:
        upload = headers.get("content-type", "").startswith("multipart/")
        return self._limits.upload_bytes if upload else self._limits.document_bytes

    def _too_large(self, headers: Headers) -> Problem:
        megabytes = self._largest(headers) >> 20
        return Problem(
            413, "too_large", f"the request is larger than {megabytes} MB: send a shorter or compressed file"
        )

    def _bounded(self, headers: Headers, receive: Receive) -> Receive:
        """`receive` that counts, whatever Content-Length said, and does not wait for ever."""
        received, whole = 0, False

        async def bounded() -> Message:
            nonlocal received, whole
            if whole:
                return await receive()  # waits for the client to go away
            try:
                message = await asyncio.wait_for(receive(), self._limits.silence_s)
            except TimeoutError as error:
                raise Problem(408, "too_slow", "the request stopped coming in: send it again") from error
            received += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if received > self._largest(headers):
                whole = True
                await _drain(receive)
                raise self._too_large(headers)
            return message

        return bounded


def _hardened(send: Send) -> Send:
    """Answers are private and are what they say they are."""

    async def hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            names = {name.lower() for name, _ in message["headers"]}
            extra: list[tuple[bytes, bytes]] = [(b"x-content-type-options", b"nosniff")]
            if b"cache-control" not in names:
                extra.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return hardened


async def _drain(receive: Receive) -> None:
    left = _DRAINED_BYTES

    async def rest() -> None:
        nonlocal left
        more: Any = True
        while more and left > 0:
            message = await receive()
            left -= len(message.get("body", b"")) + 1
            more = message.get("more_body", False)

    try:
        await asyncio.wait_for(rest(), _DRAINED_S)
    except TimeoutError:
        return
