"""Errors as HTTP: the one place that knows status codes, and OpenAI's shape for what went wrong."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from retrieval.record import RecordError
from service.engine import Draining, Overloaded
from service.parameters import InvalidRequest
from service.serving import UnknownModel
from tools.errors import DatabaseError
from tools.patience import GivenUp


_log = logging.getLogger("reckoner.api")
_NOWHERE = {"unknown_url": "There is no such URL here", "method_not_allowed": "This URL does not take this method"}


class _Coded(Exception):
    """`code` says to a program what is wrong, `param` with which part of the request."""

    def __init__(self, message: str, code: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code, self.param = code, param


class NotFound(_Coded):
    """A model or an answer that is not here."""


class Conflict(_Coded):
    """What is asked for contradicts how things stand. Clients retry a 409 unless they are told not to."""


class Unauthenticated(Exception):
    """The request needs a key, and bears none or a wrong one. The message must hold nothing of what it bears."""


class Forbidden(Exception):
    """The key of the request is not for this."""


class StrangeHost(Exception):
    """The request came under a name, or from a page, that is not of this service."""


class TooOften(Exception):
    """The caller has asked as often as it may. `retry_after` is in whole seconds."""

    def __init__(self, limit: int, retry_after: int) -> None:
        super().__init__(f"This caller may send {limit} requests a minute; try again in {retry_after} s.")
        self.retry_after = retry_after


class TooLarge(Exception):
    """A request body beyond the limit."""


class Encoded(Exception):
    """A request body that is packed in a way that is not unpacked here: a small one could become a large one."""


@dataclass(frozen=True, slots=True)
class Problem:
    status: int
    message: str
    type: str
    param: str | None = None
    code: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def body(self) -> dict[str, Any]:
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}

    def response(self) -> JSONResponse:
        return JSONResponse(self.body(), self.status, dict(self.headers))


def log_unexpected(error: Exception) -> None:
    """Where it is too late for a status: an error that we did not expect goes to the log."""
    if problem(error).code == "internal_error":
        _log.error("an answer that was being streamed failed", exc_info=error)


def problem(error: Exception) -> Problem:
    """What a caller is told. Of an error we did not expect, nothing but that it happened."""
    match error:
        case InvalidRequest():
            return Problem(400, str(error), "invalid_request_error", error.param, error.code)
        case Unauthenticated():
            challenge = (("www-authenticate", "Bearer"),)
            return Problem(401, str(error), "invalid_request_error", None, "invalid_api_key", challenge)
        case Forbidden():
            return Problem(403, str(error), "invalid_request_error", None, "missing_scope")
        case StrangeHost():
            return Problem(403, str(error), "invalid_request_error", None, "host_not_allowed")
        case UnknownModel():
            return Problem(404, str(error), "invalid_request_error", "model", "model_not_found")
        case NotFound():
            return Problem(404, str(error), "invalid_request_error", error.param, error.code)
        case Conflict():
            again = (("x-should-retry", "false"),)
            return Problem(409, str(error), "invalid_request_error", error.param, error.code, again)
        case TooLarge():
            return Problem(413, str(error), "invalid_request_error", None, "body_too_large", (("connection", "close"),))
        case Encoded():
            return Problem(415, str(error), "invalid_request_error", None, "unsupported_encoding", (("accept-encoding", "identity"),))
        case Overloaded():
            return Problem(429, str(error), "rate_limit_error", None, "overloaded", (("retry-after", str(error.retry_after)),))
        case TooOften():
            return Problem(429, str(error), "rate_limit_error", None, "rate_limit_exceeded", (("retry-after", str(error.retry_after)),))
        case Draining():
            return Problem(503, str(error), "server_error", None, "stopping", (("retry-after", "1"),))
        case GivenUp():  # asked again at once, it would most likely take as long, and a busy service be busier
            return Problem(504, str(error), "server_error", None, "deadline_exceeded", (("x-should-retry", "false"),))
        case DatabaseError():
            return Problem(503, _sentence(str(error)), "server_error", None, "database_unavailable")
        case RecordError():
            return Problem(503, "The record of documents cannot be read just now.", "server_error", None, "record_unavailable")
        case HTTPException():
            headers = tuple((error.headers or {}).items())
            return Problem(error.status_code, str(error.detail), "invalid_request_error", None, _code(error.status_code), headers)
        case _:
            message = "Something went wrong in the service; the request id names it in its log."
            return Problem(500, message, "server_error", None, "internal_error")


def install(app: FastAPI) -> None:
    """Answers every error above by its problem. What is not expected is left to the web layer, which also logs it."""

    async def answer(request: Request, error: Exception) -> JSONResponse:
        told = problem(error)
        if told.code in _NOWHERE:
            asked = f"{request.method} {request.url.path[:200]}"
            told = replace(told, message=f"{_NOWHERE[told.code]}: {asked}. /docs shows all there is, most of it below /v1.")
        return told.response()

    ours = (InvalidRequest, Forbidden, NotFound, UnknownModel, Conflict, TooLarge, Encoded, Overloaded, Draining, GivenUp)
    for kind in (*ours, DatabaseError, RecordError, HTTPException):
        app.add_exception_handler(kind, answer)


def _code(status: int) -> str | None:
    return {404: "unknown_url", 405: "method_not_allowed"}.get(status)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
