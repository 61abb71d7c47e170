"""Servers for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running_server import SHORT_S, RunningServer, recording


@pytest.fixture(scope="session")
def speech() -> bytes:
    return recording(SHORT_S)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for the tests of a module that leave it as it was."""
    running = RunningServer(tmp_path_factory.mktemp("server") / "data")
    yield running
    running.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RunningServer]]:
    """Starts servers; they are ended after the test."""
    started: list[RunningServer] = []

    def begin(*options: object, folder: Path = tmp_path / "data") -> RunningServer:
        started.append(RunningServer(folder, *options))
        return started[-1]

    yield begin
    for running in started:
        running.close()
