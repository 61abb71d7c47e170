"""The Blenders that the server works for: it ends when the last of them has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psutil

_INTERVAL_S = 0.5


class Parents:
    """Processes by id and start, as ids are used again. Without any, the server runs until it is stopped."""

    def __init__(self) -> None:
        self._alive: dict[int, psutil.Process] = {}

    def add(self, pid: int) -> bool:
        """Whether there is such a process."""
        try:
            process = psutil.Process(pid)
        except (psutil.Error, ValueError, OverflowError):
            return False
        if _has_ended(process):
            return False
        self._alive[pid] = process
        return True

    def all_ended(self) -> bool:
        """Whether there were some and all are gone."""
        if not self._alive:
            return False
        return all(_has_ended(process) for process in self._alive.values())

    async def watch(self, end: Callable[[], None]) -> None:
        """Calls `end` once all have ended."""
        while not self.all_ended():
            await asyncio.sleep(_INTERVAL_S)
        end()


def _has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
