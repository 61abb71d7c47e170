"""The queue: one worker for each device, jobs in the order of their coming."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from dataclasses import dataclass, field
from typing import Any

from .intake import presets_digest
from .problems import Problem, document
from .requests import JobStatus
from .settings import Settings
from .store import Job, Store, Stored
from .worker import Worker, WorkerDied

_log = logging.getLogger(__name__)
#: Before that much is done, the time left is a guess.
_TELLING_FRACTION, _TELLING_S = 0.03, 0.5


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
        self._queue: asyncio.Queue[_Live] = asyncio.Queue()
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
                self._enqueue(stored.job)
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
        self._enqueue(job)

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

    def _enqueue(self, job: Job) -> None:
        live = _Live(job)
        self._live[job.id] = live
        self._queue.put_nowait(live)

    async def _work(self, worker: Worker) -> None:
        try:
            await worker.prepare(presets_digest())
        except (WorkerDied, OSError) as error:
            _log.warning("the worker could not be started ahead of the first job: %s", error)
        while True:
            live = await self._next(worker)
            if live.state != "queued":
                continue
            try:
                await self._run(live, worker)
            except Exception:
                _log.exception("job %s", live.job.id)
                self._fail(live, 500, "defect", "the server met a defect of its own; its log (server.log) says more")

    async def _next(self, worker: Worker) -> _Live:
        """The next job; meanwhile the worker is unloaded once it was idle for long enough."""
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._queue.get(), self._idle_unload_s)
        await worker.stop()
        return await self._queue.get()

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
            detail = f"{job.audio_name}: the worker's process ended unexpectedly (is there enough memory?): try again"
            outcome = {"failed": {"code": "crashed", "detail": detail}}
        finally:
            live.worker = None
        if live.state == "cancelled":
            self._store.finish(job.id, "cancelled")  # once more: the worker may have written until now
        elif "done" in outcome:
            self._store.keep(job.id, outcome["done"])
            self._end(live, "done")
        else:
            failed = outcome.get("failed", {"code": "defect", "detail": "the worker gave up"})
            self._fail(live, 422 if failed["code"] == "unusable" else 500, failed["code"], failed["detail"])

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


def as_event(status: JobStatus) -> str:
    """A server-sent event."""
    return f"data: {json.dumps(status.model_dump())}\n\n"
