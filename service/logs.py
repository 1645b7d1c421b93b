"""The log of a process: a line a record on stderr, as text or as JSON, each with the id of the request that it belongs to.

It promises that a record of JSON is one line, that no line holds an API key, and that of an error there is the kind and the place alone:
messages of errors that nobody expected may repeat a question, a row or a passage, so they are left out, but for those of the operating
system. Whoever logs must keep questions and answers out of its own messages.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal

Format = Literal["text", "json"]
Level = Literal["debug", "info", "warning", "error"]

request_id: ContextVar[str] = ContextVar("request_id", default="")  # of the request that is being handled; "" outside of one
_ACCESS = ("method", "path", "status", "milliseconds")  # fields of their own on the line that tells of a request
_PLAIN = (OSError, MemoryError)  # errors whose message comes from the operating system
_KEY = re.compile(r"(rk-[0-9a-f]{12})-[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_log = logging.getLogger("reckoner")


def configure(form: Format, level: Level) -> None:
    """Sets up the logging of the whole process; to be called once, by whoever starts it. `level` is for the service and its web server;
    of other libraries warnings are logged. In JSON, Python's own warnings and errors that end the process or a thread are records, too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in ("reckoner", "uvicorn"):
        logging.getLogger(name).setLevel(level.upper())
    if form == "json":
        logging.captureWarnings(True)
        sys.excepthook = _process_failed
        threading.excepthook = _thread_failed


def in_json() -> bool:
    """Whether this process writes JSON alone to stderr."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers)


class TextLines(logging.Formatter):
    """`INFO:     req_… GET /v1/models 200 1.2 ms`, and the lines of an error below it."""

    def format(self, record: logging.LogRecord) -> str:
        # A path that holds a line break must not be able to forge a record.
        message = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), record.getMessage())
        id = request_id.get()
        line = f"{record.levelname + ':':<10}{id + ' ' if id else ''}{message}"
        failure = _failure(record)
        return _without_keys(f"{line}\n{failure}" if failure else line)


class JsonLines(logging.Formatter):
    """One object a line: time (ISO 8601, UTC), level, logger, message, and where there are any the request id, the fields of a request
    (`milliseconds` is the time until its response was sent) and the error."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if id := request_id.get():
            line["request_id"] = id
        line |= {name: getattr(record, name) for name in _ACCESS if hasattr(record, name)}
        if failure := _failure(record):
            line["error"] = failure
        return _without_keys(json.dumps(line, default=str))


def _failure(record: logging.LogRecord) -> str:
    """The traceback of the record's error and of those that led to it, the first one first, without their messages."""
    error = record.exc_info[1] if record.exc_info else None
    return "\nwhich led to\n".join(reversed([_place(error) for error in _chain(error)]))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()  # a chain may be a ring
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _place(error: BaseException) -> str:
    kind = type(error).__qualname__
    said = f"{kind}: {error}" if isinstance(error, _PLAIN) else f"{kind} (its message is not logged)"
    return "".join(traceback.format_tb(error.__traceback__)) + said


def _without_keys(line: str) -> str:
    """A caller may put its key where none belongs: into a path, or into the request id."""
    return _KEY.sub(r"\1-...", line)


def _process_failed(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, where)
    else:
        _log.critical("the process failed", exc_info=(kind, error, where))


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None and not isinstance(failed.exc_value, SystemExit):
        _log.critical("a thread failed", exc_info=failed.exc_value)
