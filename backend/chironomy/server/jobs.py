"""The queue: one worker for each device, jobs in the order of their coming; before them takes that are to be mixed."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .intake import presets_digest
from .problems import Problem, document
from .requests import FuseRequest, JobStatus
from .settings import Settings
from .store import Job, Store, Stored
from .worker import Worker, WorkerDied

_log = logging.getLogger(__name__)
#: Before that much is done, the time left is a guess.
_TELLING_FRACTION, _TELLING_S = 0.03, 0.5
_FIRST, _LATER = 0, 1
#: Faults of the server's, not of what was asked.
_OWN_FAULTS = ("crashed", "defect", "memory")
_DIED = "the worker's process ended unexpectedly (is there enough memory?): try again"
_DEFECT = "the server met a defect of its own; its log (server.log) says more"


@dataclass
class _Live:
    """A job that is not finished."""

    job: Job
    state: str = "queued"
    stage: str = "Waiting"
    fraction: float = 0.0
    started_s: float = field(default_factory=time.monotonic)
    worker: Worker | None = None

    def report(self, stage: str, fraction: float) -> None:
        """A bar never runs backwards."""
        self.stage, self.fraction = stage, max(self.fraction, min(fraction, 1.0))

    def seconds_left(self) -> float | None:
        elapsed = time.monotonic() - self.started_s
        if self.state != "running" or self.fraction < _TELLING_FRACTION or elapsed < _TELLING_S:
            return None
        return round(elapsed * (1.0 - self.fraction) / self.fraction, 1)


@dataclass
class _Fusing:
    """A take that somebody waits for to be mixed. It is no job: it is gone with the server, or with who asked."""

    order: dict[str, Any]
    outcome: asyncio.Future[dict[str, Any]]
    worker: Worker | None = None


class Jobs:
    """All jobs of this server. For the event loop's thread alone."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._limits = settings.limits
        self._idle_unload_s = settings.idle_unload_s
        devices = [name.strip() for name in settings.device.split(",") if name.strip()]
        self._workers = [
            Worker(name, store.incoming, settings.data_folder / f"worker{number}.log", settings.limits.cancel_s)
            for number, name in enumerate(devices, start=1)
        ]
        self._queue: asyncio.PriorityQueue[tuple[int, int, _Live | _Fusing]] = asyncio.PriorityQueue()
        self._numbers = itertools.count()
        self._live: dict[str, _Live] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def devices(self) -> str:
        """What the workers run on."""
        return ", ".join(worker.device for worker in self._workers)

    def count(self, state: str) -> int:
        """How many jobs are "queued" or "running"."""
        return sum(live.state == state for live in self._live.values())

    def start(self) -> None:
        """Takes up what an earlier server left unfinished, and begins to work."""
        for stored in self._store.unfinished():
            if stored.attempts >= self._limits.attempts:
                detail = (
                    f"{stored.job.audio_name}: the server ended {stored.attempts} times while at it: try a shorter one"
                )
                self._store.finish(stored.job.id, "failed", document(500, "crashed", detail))
            else:
                self._begin(stored.job)
        for worker in self._workers:
            self._spawn(self._work(worker))

    async def stop(self) -> None:
        """What is running stays so in the store: the next server runs it again."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    def require_room(self) -> None:
        """Raises Problem where the queue is full."""
        if self.count("queued") >= self._limits.queued_jobs:
            detail = "too many jobs are waiting: cancel some, or try again later"
            raise Problem(429, "queue_full", detail, {"Retry-After": "10"})

    def submit(self, job: Job) -> None:
        """A new job; done at once where its results are there already."""
        if self._store.holds(job.results):
            self._store.add(job, "done")
            self._store.finish(job.id, "done")
            return
        self._store.add(job, "queued")
        self._begin(job)

    def status(self, job_id: str) -> JobStatus | None:
        """Where a job is."""
        live = self._live.get(job_id)
        if live is None:
            stored = self._store.get(job_id)
            return None if stored is None else self._finished(stored)
        return JobStatus(
            id=job_id, state=live.state, stage=live.stage, fraction=round(live.fraction, 3),  # type: ignore[arg-type]
            seconds_left=live.seconds_left(), error=None, takes=[], notices=[],
        )  # fmt: skip

    def cancel(self, job_id: str) -> None:
        """The job is cancelled at once; its worker is free soon after. Finished jobs stay as they are."""
        live = self._live.pop(job_id, None)
        if live is None:
            return
        worker, live.state = live.worker, "cancelled"
        self._store.finish(job_id, "cancelled")
        if worker is not None:
            self._spawn(worker.cancel())

    async def fuse(self, take_id: str, wanted: FuseRequest) -> Path:
        """A take mixed by its networks: a file for the caller to remove. Raises Problem.

        Waits for the job that is running, not for those in the queue. Cancelled, it cancels what the worker does.
        """
        codes = self._store.result(f"{take_id}.codes.npz")
        if codes is None:
            raise Problem(422, "no_codes", f"this take has no codes to be mixed by {wanted.mode}: mix it by pose")
        result = self._store.incoming / uuid.uuid4().hex
        order = {
            "kind": "fuse", "take_id": take_id, "take": str(self._store.results / f"{take_id}.npz"),
            "codes": str(codes), "result": str(result), **wanted.model_dump(),
        }  # fmt: skip
        fusing = _Fusing(order, asyncio.get_running_loop().create_future())
        self._enqueue(fusing, _FIRST)
        try:
            outcome = await fusing.outcome
        except asyncio.CancelledError:
            if fusing.worker is not None:
                self._spawn(fusing.worker.cancel())
            result.unlink(missing_ok=True)
            raise
        if "done" not in outcome:
            raise Problem(*_fault(outcome))
        return result

    def _finished(self, stored: Stored) -> JobStatus:
        job, done = stored.job, stored.state == "done"
        stage = {"done": "Done", "failed": "Failed", "cancelled": "Cancelled"}.get(stored.state, stored.state)
        return JobStatus(
            id=job.id, state=stored.state, stage=stage, fraction=1.0 if done else 0.0, seconds_left=None,  # type: ignore[arg-type]
            error=stored.error, takes=[take for take, _ in job.takes] if done else [],
            notices=list(self._store.notices(job.results)) if done else [],
        )  # fmt: skip

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _begin(self, job: Job) -> None:
        live = _Live(job)
        self._live[job.id] = live
        self._enqueue(live, _LATER)

    def _enqueue(self, work: _Live | _Fusing, priority: int) -> None:
        self._queue.put_nowait((priority, next(self._numbers), work))

    async def _work(self, worker: Worker) -> None:
        try:
            await worker.prepare(presets_digest())
        except (WorkerDied, OSError) as error:
            _log.warning("the worker could not be started ahead of the first job: %s", error)
        while True:
            live = await self._next(worker)
            if isinstance(live, _Fusing):
                await self._fuse(live, worker)
                continue
            if live.state != "queued":
                continue
            try:
                await self._run(live, worker)
            except Exception:
                _log.exception("job %s", live.job.id)
                self._fail(live, 500, "defect", _DEFECT)

    async def _next(self, worker: Worker) -> _Live | _Fusing:
        """What is to be done next; meanwhile the worker is unloaded once it was idle for long enough."""
        with contextlib.suppress(TimeoutError):
            return (await asyncio.wait_for(self._queue.get(), self._idle_unload_s))[-1]
        await worker.stop()
        return (await self._queue.get())[-1]

    async def _fuse(self, fusing: _Fusing, worker: Worker) -> None:
        if fusing.outcome.done():  # nobody waits any more
            return
        fusing.worker, result = worker, Path(fusing.order["result"])
        try:
            outcome = await worker.run(fusing.order, presets_digest(), lambda _stage, _fraction: None)
        except WorkerDied as error:
            if not fusing.outcome.done():
                _log.warning("the worker ended while mixing a take: %s", error)
            outcome = {"failed": {"code": "crashed", "detail": f"the take: {_DIED}"}}
        except Exception:
            _log.exception("mixing a take")
            outcome = {"failed": {"code": "defect", "detail": _DEFECT}}
        finally:
            fusing.worker = None
        if fusing.outcome.done() or "done" not in outcome:
            result.unlink(missing_ok=True)
        if not fusing.outcome.done():
            fusing.outcome.set_result(outcome)

    async def _run(self, live: _Live, worker: Worker) -> None:
        job = live.job
        if self._store.holds(job.results):  # made meanwhile, for another client
            self._end(live, "done")
            return
        live.state, live.stage, live.started_s, live.worker = "running", "Starting", time.monotonic(), worker
        self._store.start(job.id)
        try:
            outcome = await worker.run(self._order(job), presets_digest(), live.report)
        except WorkerDied as error:
            _log.warning("the worker ended while at job %s: %s", job.id, error)
            outcome = {"failed": {"code": "crashed", "detail": f"{job.audio_name}: {_DIED}"}}
        finally:
            live.worker = None
        if live.state == "cancelled":
            self._store.finish(job.id, "cancelled")  # once more: the worker may have written until now
        elif "done" in outcome:
            self._store.keep(job.id, outcome["done"])
            self._end(live, "done")
        else:
            self._fail(live, *_fault(outcome))

    def _order(self, job: Job) -> dict[str, Any]:
        return {
            "folder": str(self._store.jobs / job.id), "kind": job.kind,
            "words_id": job.words_id, "takes": self._missing(job),
            "audio": job.audio, "audio_name": job.audio_name,
            "transcript": job.transcript, "transcript_name": job.transcript_name, **job.settings,
        }  # fmt: skip

    def _missing(self, job: Job) -> list[tuple[str, int]]:
        """The takes that are not there already."""
        return [(take, seed) for take, seed in job.takes if self._store.result(f"{take}.npz") is None]

    def _fail(self, live: _Live, status: int, code: str, detail: str) -> None:
        self._end(live, "failed", document(status, code, detail))

    def _end(self, live: _Live, state: str, error: dict[str, Any] | None = None) -> None:
        live.state = state
        self._store.finish(live.job.id, state, error)
        self._live.pop(live.job.id, None)


def _fault(outcome: Mapping[str, Any]) -> tuple[int, str, str]:
    """Status, code and detail of the problem that a worker tells of."""
    failed = outcome.get("failed", {"code": "defect", "detail": "the worker gave up"})
    return 500 if failed["code"] in _OWN_FAULTS else 422, failed["code"], failed["detail"]


def as_event(status: JobStatus) -> str:
    """A server-sent event."""
    return f"data: {json.dumps(status.model_dump())}\n\n"
