"""Schemathesis over the OpenAPI description: whatever is sent, no 5xx, and answers are as described."""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from running_server import SHORT_TEXT, RunningServer
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

OPERATIONS = [
    "GET /health", "POST /parents", "POST /jobs", "POST /align", "GET /jobs/{id}", "DELETE /jobs/{id}",
    "GET /jobs/{id}/events", "GET /jobs/{id}/words", "GET /takes/{id}", "POST /takes/{id}/fuse",
]  # fmt: skip
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def description(server: RunningServer) -> Any:
    # whatever process ids are made up below, the server has one parent that lives
    server.http.post("/parents", json={"pid": os.getpid()}).raise_for_status()
    loaded = schemathesis.openapi.from_dict(server.http.get("/openapi.json").json())
    loaded.config.update(base_url=server.handshake["url"])
    return loaded


@pytest.fixture(scope="module")
def made(server: RunningServer, speech: bytes) -> dict[str, str]:
    """Ids of a job and of its take, which no made-up request would hit."""
    job = server.wait(server.submit(speech, text=SHORT_TEXT))
    return {"jobs": job["id"], "takes": job["takes"][0]}


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", OPERATIONS)
def test_no_request_makes_the_server_fail(
    server: RunningServer, description: Any, made: dict[str, str], name: str, mode: GenerationMode
):
    method, path = name.split()
    authorised = {"Authorization": f"Bearer {server.handshake['token']}"}
    answers = []

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=description[path][method].as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        if mode is GenerationMode.POSITIVE and "{id}" in path:
            case.path_parameters["id"] = made[path.split("/")[1]]
        answers.append(case.call_and_validate(headers=authorised, checks=CHECKS))

    check()
    assert answers


def test_the_description_holds_every_operation(server: RunningServer):
    paths = server.http.get("/openapi.json").json()["paths"]
    assert {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations} == set(
        OPERATIONS
    )
