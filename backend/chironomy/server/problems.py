"""Errors as RFC 9457 problem documents: a code for programs, a line for people, no traceback."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from ..errors import UserError

MEDIA_TYPE = "application/problem+json"
_LONGEST_DETAIL = 1000
_MOST_FAULTS = 3
_NESTED = "it is nested too deeply: send it as /openapi.json describes"
_FRAMEWORKS_OWN = {
    400: ("bad_request", "the request cannot be read"),
    404: ("not_found", "there is nothing at this address"),
    405: ("method_not_allowed", "this cannot be done at this address"),
}


class ProblemDocument(BaseModel):
    """What every error looks like."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str


class Problem(HTTPException):
    """An answer other than the one asked for. `detail` is one line in the user's words."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.code = code


def document(status: int, code: str, detail: str) -> dict[str, Any]:
    """The JSON object of a problem."""
    line = " ".join(detail.split())[:_LONGEST_DETAIL]
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "detail": line or title, "code": code}


def response(problem: HTTPException) -> Response:
    """The answer for a problem, or for the framework's own kind."""
    status = problem.status_code
    if isinstance(problem, Problem):
        code, detail = problem.code, str(problem.detail)
    else:
        phrase = HTTPStatus(status).phrase
        code, detail = _FRAMEWORKS_OWN.get(status, (phrase.lower().replace(" ", "_"), phrase))
        if problem.detail == "There was an error parsing the body":  # FastAPI's, after any error but a wrong syntax
            detail = f"{detail}: {_NESTED}"
        elif problem.detail not in ("", phrase):
            detail = f"{detail}: {problem.detail}"
    headers = {"Cache-Control": "no-store", **(problem.headers or {})}
    return JSONResponse(document(status, code, detail), status, headers, MEDIA_TYPE)


def of_validation(errors: Sequence[Mapping[str, Any]], subject: str) -> Problem:
    """ "request: seed: Input should be greater than or equal to 0", the first few of them."""
    faults = []
    for error in errors[:_MOST_FAULTS]:
        place = ".".join(str(part)[:40] for part in error["loc"] if part not in ("body", "path", "query"))
        told = _NESTED if "recursion limit" in error["msg"] else str(error["msg"])
        faults.append(f"{place}: {told}" if place else told)
    more = f" (and {len(errors) - _MOST_FAULTS} more)" if len(errors) > _MOST_FAULTS else ""
    return Problem(422, "invalid_request", f"{subject}: {'; '.join(faults)}{more}")


def install(app: FastAPI) -> None:
    """Every error that leaves the app is a problem document."""

    async def expected(_request: Request, error: Exception) -> Response:
        if isinstance(error, RequestValidationError | ValidationError):
            return response(of_validation(error.errors(), "the request"))
        if isinstance(error, HTTPException):
            return response(error)
        if isinstance(error, UserError):
            return response(Problem(422, "unusable", str(error)))
        return response(Problem(400, "disconnected", "the connection ended before the request was complete"))

    async def unexpected(request: Request, error: Exception) -> Response:
        logging.getLogger(__name__).error("%s %s failed", request.method, request.url.path, exc_info=error)
        if isinstance(error, OSError):
            reason = error.strerror or "unknown"
            return response(
                Problem(507, "disk", f"the server's data folder cannot be used ({reason}): make room there")
            )
        return response(Problem(500, "defect", "the server met a defect of its own; its log (server.log) says more"))

    for kind in (RequestValidationError, ValidationError, HTTPException, UserError, ClientDisconnect):
        app.add_exception_handler(kind, expected)
    app.add_exception_handler(OSError, unexpected)
    app.add_exception_handler(Exception, unexpected)
