"""Starting the server and ending it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import signal
import socket
import sys
import tempfile
import urllib.request
from logging.handlers import RotatingFileHandler

import uvicorn

from .. import __version__
from ..errors import UserError
from .app import create_app
from .handshake import Handshake, remove_handshake, sole_server, wait_for_handshake, write_handshake
from .protocol import ProblemProtocol
from .settings import LOOPBACK_HOSTS, Settings

_STARTING_S = 15.0
_ENDING_S = 2
_ASKING_S = 10.0
_LOG_BYTES = 1 << 20


def run_serve(settings: Settings) -> None:
    """Serves until the parents end or a signal comes. Where a server runs on the folder already, says so."""
    folder = settings.data_folder
    os.umask(0o077)  # what is made here is for this user alone
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: cannot be made ({error.strerror}): choose another --data-folder") from error
    with sole_server(folder) as sole:
        if not sole:
            _join_running(settings)
            return
        remove_handshake(folder)  # of a server that was killed
        _log_to(settings)
        for number in (signal.SIGINT, signal.SIGTERM):
            # uvicorn ends in order and then raises the signal again, which would end us before we have tidied up
            signal.signal(number, lambda *_: None)
        try:
            asyncio.run(_serve(settings))
        finally:
            remove_handshake(folder)


def _join_running(settings: Settings) -> None:
    running = wait_for_handshake(settings.data_folder, _STARTING_S)
    if running is None:
        raise UserError(f"{settings.data_folder}: another server holds this folder and does not answer: end it first")
    if settings.parent_pid is not None:
        _add_parent(running, settings.parent_pid)
    print(f"chironomy: the server runs already: {running.url} (process {running.pid})", file=sys.stderr)


def _add_parent(running: Handshake, pid: int) -> None:
    headers = {"Authorization": f"Bearer {running.token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{running.url}/parents", json.dumps({"pid": pid}).encode(), headers)  # noqa: S310
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=_ASKING_S):
            return
    except OSError as error:
        raise UserError(f"{running.url}: the running server does not answer ({error}): end it and try again") from error


async def _serve(settings: Settings) -> None:
    listening = _listen(settings)
    port = listening.getsockname()[1]
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    names = {shown, *(("127.0.0.1", "localhost") if settings.host in LOOPBACK_HOSTS else ())}
    token = secrets.token_urlsafe(32)
    server: uvicorn.Server

    def end() -> None:
        server.should_exit = True

    app = create_app(settings, token, {f"{name}:{port}" for name in names}, end, lambda: server.should_exit)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            lifespan="on",
            ws="none",
            http=ProblemProtocol,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=_ENDING_S,
        )
    )
    with listening:
        serving = asyncio.create_task(server.serve([listening]))
        while not (server.started or serving.done()):
            await asyncio.sleep(0.01)
        if server.started and not server.should_exit:
            write_handshake(settings.data_folder, Handshake(f"http://{shown}:{port}", token, os.getpid()))
            print(f"chironomy {__version__}: serving at http://{shown}:{port}; stop it with Ctrl+C", file=sys.stderr)
        await serving


def _listen(settings: Settings) -> socket.socket:
    if settings.host in ("0.0.0.0", "::", ""):  # noqa: S104
        raise UserError(f"--host {settings.host}: give the address of one network interface, not of all")
    if settings.host not in LOOPBACK_HOSTS:
        print(
            f"chironomy: warning: {settings.host} can be reached from other machines; whoever reads the token in "
            "server.json, or the traffic, which is not encrypted, can use this server",
            file=sys.stderr,
        )
    try:
        listening = socket.create_server((settings.host, settings.port), backlog=100, family=_family(settings.host))
        # asyncio leaves sockets as they are that do not name their protocol: answers would wait 40 ms
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{settings.host}:{settings.port}: cannot be listened on ({reason}): choose another") from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _log_to(settings: Settings) -> None:
    """Everything that happens goes to server.log; uploads wait in the data folder, not in the system's."""
    handler = RotatingFileHandler(settings.data_folder / "server.log", maxBytes=_LOG_BYTES, backupCount=1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    tempfile.tempdir = str(settings.data_folder / "incoming")
