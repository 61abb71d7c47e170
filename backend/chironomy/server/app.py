"""The parts of the server put together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Collection

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from .. import __version__
from . import problems
from .gate import Gate
from .jobs import Jobs
from .parents import Parents
from .requests import JobRequest
from .routes import Rooms, create_router
from .settings import Settings
from .store import Store

_CLEANING_INTERVAL_S = 3600.0


def create_app(
    settings: Settings, token: str, hosts: Collection[str], end: Callable[[], None], closing: Callable[[], bool]
) -> FastAPI:
    """The application. `hosts`: what may stand in the Host header; `end` ends the server, which then is `closing`."""
    parents = Parents()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        store = Store(settings.data_folder)
        jobs = Jobs(store, settings)
        app.include_router(create_router(Rooms(store, jobs, parents, settings.limits, closing)))
        if settings.parent_pid is not None and not parents.add(settings.parent_pid):
            end()
        jobs.start()
        tasks = [asyncio.create_task(parents.watch(end)), asyncio.create_task(_clean(store, settings))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await jobs.stop()
            store.close()

    app = FastAPI(title="Chironomy", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    problems.install(app)
    app.add_middleware(Gate, token=token, hosts=hosts, limits=settings.limits)
    app.openapi = lambda: _openapi(app)
    return app


async def _clean(store: Store, settings: Settings) -> None:
    while True:
        removed = store.clean(settings.keep_days * 86_400, settings.keep_bytes)
        if removed:
            logging.getLogger(__name__).info("%d old results removed", removed)
        await asyncio.sleep(_CLEANING_INTERVAL_S)


def _openapi(app: FastAPI) -> dict:
    """The description of the API, with the models that no route mentions by itself."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in (JobRequest, problems.ProblemDocument):
            own = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= own.pop("$defs", {})
            schemas[model.__name__] = own
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)  # the framework's own, which is never sent
        app.openapi_schema = document
    return app.openapi_schema
