"""What can be asked of the server."""

from __future__ import annotations

import asyncio
import pathlib
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import psutil
from fastapi import APIRouter, Path, Request, Security
from fastapi.responses import FileResponse, Response, StreamingResponse
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from .. import __version__
from ..generators.default import default_choice
from ..generators.models import find_models, missing
from ..generators.registry import GENERATORS
from .fuse import Unfit, frames_of, fused_by_pose
from .intake import gesture_classes, styles, take_in
from .jobs import Jobs, as_event
from .parents import Parents
from .problems import MEDIA_TYPE as PROBLEM_TYPE
from .problems import Problem, ProblemDocument
from .requests import (
    DefaultModel,
    FuseRequest,
    GeneratorModel,
    Health,
    JobCreated,
    JobRequest,
    JobStatus,
    ModelModel,
    ParentRequest,
)
from .settings import PROTOCOL, Limits
from .store import Store

NPZ_TYPE = "application/x-npz"
_EVENTS_PER_S = 10
_HEARTBEAT_S = 5.0
_LOOKING_S = 0.1

_Result = TypeVar("_Result")
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


@dataclass
class Rooms:
    """What the routes work with."""

    store: Store
    jobs: Jobs
    parents: Parents
    limits: Limits
    closing: Callable[[], bool]
    event_streams: int = 0
    fusing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))


def create_router(rooms: Rooms) -> APIRouter:
    """All routes."""
    problem = {
        "description": "A problem (RFC 9457)",
        "content": {PROBLEM_TYPE: {"schema": _reference(ProblemDocument)}},
    }
    router = APIRouter(
        dependencies=[Security(HTTPBearer(auto_error=False))], responses={"4XX": problem, "5XX": problem}
    )
    _add_job_routes(router, rooms)
    _add_take_routes(router, rooms)
    _add_server_routes(router, rooms)
    return router


def _add_job_routes(router: APIRouter, rooms: Rooms) -> None:
    async def submitted(request: Request, kind: str | None) -> JobCreated:
        rooms.jobs.require_room()
        job = await take_in(request, rooms.store, rooms.limits, kind)
        try:
            rooms.jobs.submit(job)
        except BaseException:
            shutil.rmtree(rooms.store.jobs / job.id, ignore_errors=True)
            raise
        return JobCreated(id=job.id)

    @router.post("/jobs", status_code=202, openapi_extra=_upload(), summary="Generate takes, or align")
    async def create_job(request: Request) -> JobCreated:
        return await submitted(request, None)

    @router.post("/align", status_code=202, openapi_extra=_upload(), summary="Find the times of the words")
    async def align(request: Request) -> JobCreated:
        return await submitted(request, "align")

    @router.get("/jobs/{id}", summary="Where a job is")
    async def job_status(id: Id) -> JobStatus:
        return _found(rooms.jobs.status(id), "job")

    @router.delete("/jobs/{id}", summary="Cancel a job; a finished one stays as it is")
    async def cancel_job(id: Id) -> JobStatus:
        rooms.jobs.cancel(id)
        return _found(rooms.jobs.status(id), "job")

    @router.get("/jobs/{id}/events", response_class=StreamingResponse, responses=_content("text/event-stream"))
    async def job_events(id: Id, request: Request) -> StreamingResponse:
        """Server-sent events with the same objects as GET /jobs/{id}, until the job is finished."""
        _found(rooms.jobs.status(id), "job")
        if rooms.event_streams >= rooms.limits.event_streams:
            raise Problem(429, "busy", "too many are listening: ask with GET /jobs/{id} instead", {"Retry-After": "1"})
        return StreamingResponse(_events(rooms, id, request), media_type="text/event-stream")

    @router.get("/jobs/{id}/words", summary="The words with their times", responses=_content("application/json"))
    async def job_words(id: Id) -> FileResponse:
        stored = _found(rooms.store.get(id), "job")
        if stored.state != "done":
            raise Problem(409, "not_done", f"the job is {stored.state}: its words are there once it is done")
        path = _found(rooms.store.result(f"{stored.job.words_id}.json"), "words")
        return FileResponse(path, media_type="application/json")


def _add_take_routes(router: APIRouter, rooms: Rooms) -> None:
    @router.get("/takes/{id}", summary="A take's file", responses=_content(NPZ_TYPE))
    async def take_file(id: Id) -> FileResponse:
        return FileResponse(_found(rooms.store.result(f"{id}.npz"), "take"), media_type=NPZ_TYPE)

    @router.post("/takes/{id}/fuse", summary="A take's motion at another emphasis", responses=_content(NPZ_TYPE))
    async def fuse_take(id: Id, wanted: FuseRequest, request: Request) -> Response:
        """`soft` and `hard` wait for the job that is running; who goes away cancels."""
        path = _found(rooms.store.result(f"{id}.npz"), "take")
        await run_in_threadpool(_require_short, path, rooms.limits.fused_frames)
        if wanted.mode == "pose":
            content = await _fused_by_pose(rooms, path, wanted)
        else:
            content = await run_in_threadpool(_taken, await _while_asked(rooms, request, rooms.jobs.fuse(id, wanted)))
        return Response(content, media_type=NPZ_TYPE)


async def _fused_by_pose(rooms: Rooms, path: pathlib.Path, wanted: FuseRequest) -> bytes:
    try:
        async with rooms.fusing:
            return await run_in_threadpool(fused_by_pose, path, wanted.sliders, wanted.curve)
    except Unfit as error:
        raise Problem(422, error.code, str(error)) from error


def _require_short(path: pathlib.Path, most_frames: int) -> None:
    frames = frames_of(path)
    if frames > most_frames:
        detail = f"the take has {frames} frames; takes of more than {most_frames} are mixed in Blender alone"
        raise Problem(413, "take_too_long", detail)


def _taken(path: pathlib.Path) -> bytes:
    """A file's content; the file is gone then."""
    try:
        return path.read_bytes()
    finally:
        path.unlink(missing_ok=True)


async def _while_asked(rooms: Rooms, request: Request, work: Coroutine[Any, Any, _Result]) -> _Result:
    """What the work gives; it is cancelled where the client goes away or the server ends."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=_LOOKING_S))[0]:
            if rooms.closing():
                raise Problem(503, "closing", "the server is ending: start it again")
            if await request.is_disconnected():
                raise ClientDisconnect
        return task.result()
    finally:
        task.cancel()


def _add_server_routes(router: APIRouter, rooms: Rooms) -> None:
    @router.get("/health", summary="What the server is and does")
    async def health() -> Health:
        generators = await run_in_threadpool(_generators)
        default = await run_in_threadpool(default_choice)
        return Health(
            version=__version__,
            protocol=PROTOCOL,
            device=rooms.jobs.devices,
            memory_mb=_memory_mb(),
            generators=generators,
            default=DefaultModel(generator=default.generator, model=default.model, notice=default.notice),
            styles=styles(),
            gesture_classes=gesture_classes(),
            jobs_queued=rooms.jobs.count("queued"),
            jobs_running=rooms.jobs.count("running"),
        )

    @router.post("/parents", status_code=204, response_class=Response, summary="Live for this process too")
    async def add_parent(wanted: ParentRequest) -> None:
        """The server ends when the last of its parents has. Without any it runs until it is stopped."""
        if not rooms.parents.add(wanted.pid):
            raise Problem(422, "no_such_process", f"there is no process {wanted.pid}")


def _generators() -> list[GeneratorModel]:
    """All of them, also those whose weights are missing, with the models that are there."""
    return [
        GeneratorModel(
            name=name,
            title=entry.title,
            licence=entry.licence,
            description=entry.description,
            settings=list(entry.settings),
            models=[
                ModelModel(name=model.name, licence=model.licence, summary=model.summary, problem=model.problem)
                for model in (find_models(name) if entry.weights else ())
            ],
            missing=missing(name),
        )
        for name, entry in GENERATORS.items()
    ]


async def _events(rooms: Rooms, job_id: str, request: Request) -> AsyncIterator[str]:
    rooms.event_streams += 1
    try:
        last, waited_s = None, 0.0
        while not (rooms.closing() or await request.is_disconnected()):
            status = rooms.jobs.status(job_id)
            if status is None:
                return
            if status != last:
                yield as_event(status)
                last, waited_s = status, 0.0
            elif waited_s > _HEARTBEAT_S:
                yield ": still here\n\n"
                waited_s = 0.0
            if status.state not in ("queued", "running"):
                return
            await asyncio.sleep(1 / _EVENTS_PER_S)
            waited_s += 1 / _EVENTS_PER_S
    finally:
        rooms.event_streams -= 1


def _found(value: Any, kind: str) -> Any:
    if value is None:
        raise Problem(404, f"no_such_{kind}", f"there is no such {kind} here (any more): generate it again")
    return value


def _memory_mb() -> float:
    """Of the server and its workers."""
    own = psutil.Process()
    total = own.memory_info().rss
    for child in own.children(recursive=True):
        try:
            total += child.memory_info().rss
        except psutil.Error:
            continue
    return round(total / 1e6, 1)


def _reference(model: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _content(media_type: str) -> dict[int | str, dict[str, Any]]:
    """How an answer that is no model is described."""
    kind: dict[str, Any] = {"type": "string", "format": "binary"}
    if media_type == "application/json":
        kind = {"type": "object"}
    elif media_type == "text/event-stream":
        kind = {"type": "object", "required": ["data"], "properties": {"data": {"type": "string"}}}
    return {200: {"description": "Successful Response", "content": {media_type: {"schema": kind}}}}


def _upload() -> dict[str, Any]:
    """The multipart body, which is read by hand, for the API's description."""
    file = {"type": "string", "format": "binary"}
    schema = {
        "type": "object",
        "required": ["request", "audio"],
        "properties": {"request": _reference(JobRequest), "audio": file, "transcript": file},
    }
    content = {"schema": schema, "encoding": {"request": {"contentType": "application/json"}}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": content}}}
