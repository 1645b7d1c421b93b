"""What the log promises: one line a record, the id of the request on each, and nothing in it that was asked or that opens a door."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service import logs
from service.answering import Answering
from service.api import create_app
from service.engine import Engine
from tests.servers import Server
from tests.test_api import post, script
from tests.waiting import until
from tests.workspaces import TENTS, Scripted, tiny_workspace, untrained_checkpoint
from tools.evidence import Evidence
from tools.language import Program

KEY = "rk-0123456789ab-" + "sEcr3t_-" * 5 + "abc"


class Log:
    """What a process would write to stderr."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines()]

    def of(self, request_id: str) -> list[dict[str, Any]]:
        return [record for record in self.records() if record.get("request_id") == request_id]

    def wait_for(self, true: Callable[[], object]) -> None:
        """The last line of a request is written when its response has been sent already."""
        until(true, seen=self.stream.getvalue)


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[logs.Format, logs.Level], Log]]:
    """Sets up the logging of this process, and takes it back."""
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", "reckoner", "uvicorn", "uvicorn.error")}
    handlers = root.handlers
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    for name in ("uvicorn", "uvicorn.error"):  # as in a process of its own: other tests let uvicorn set up its logging
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)

    def configure(form: logs.Format, level: logs.Level) -> Log:
        log = Log()
        monkeypatch.setattr(sys, "stderr", log.stream)
        logs.configure(form, level)
        return log

    yield configure
    root.handlers = handlers
    logging.captureWarnings(False)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def json_log(configured: Callable[[logs.Format, logs.Level], Log]) -> Log:
    return configured("json", "info")


def leaking(evidence: Evidence) -> Sequence[Program]:
    """A model whose error repeats what it was asked."""
    if "crash" in evidence.question:
        try:
            raise KeyError(evidence.question)
        except KeyError as error:
            raise RuntimeError(f"cannot read {evidence.question}") from error
    if evidence.question == "say":
        logging.getLogger("reckoner.model").warning("a remark")
    return script(evidence)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    workspace, settings = tiny_workspace(tmp_path)
    with Server(create_app(Answering(workspace, Scripted(leaking), settings), settings)) as running:
        yield running
    workspace.close()


def ask(server: Server, question: str, id: str, **more: Any) -> httpx2.Response:
    return post(server, "/v1/responses", json={"input": question, **more}, headers={"x-request-id": id})


# --- Requests ---------------------------------------------------------------------------------------------------------


def test_a_request_is_one_record_with_its_fields(json_log: Log, server: Server) -> None:
    assert ask(server, TENTS, "mine-1").status_code == 200
    json_log.wait_for(lambda: json_log.of("mine-1"))
    (record,) = json_log.of("mine-1")
    assert (record["method"], record["path"], record["status"]) == ("POST", "/v1/responses", 200)
    assert 0 < record["milliseconds"] < 10_000
    assert (record["level"], record["logger"]) == ("info", "reckoner.api") and record["message"].startswith("POST /v1/responses 200 ")
    told = datetime.fromisoformat(record["time"])
    assert told.utcoffset() == timedelta(0) and abs(datetime.now(UTC) - told) < timedelta(minutes=1)


def test_a_failing_request_is_logged_under_its_id(json_log: Log, server: Server) -> None:
    answer = ask(server, "crash", "mine-2")
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "mine-2")
    json_log.wait_for(lambda: len(json_log.of("mine-2")) == 2)
    failed, access = json_log.of("mine-2")
    assert failed["level"] == "error" and "in leaking" in failed["error"] and "RuntimeError" in failed["error"]
    assert access["status"] == 500


@pytest.mark.parametrize(("path", "asked"), [
    ("/v1/responses", {"input": "crash"}), ("/v1/chat/completions", {"messages": [{"role": "user", "content": "crash"}]}),
])  # fmt: skip
def test_a_stream_that_breaks_is_logged_under_its_id(json_log: Log, server: Server, path: str, asked: dict[str, Any]) -> None:
    post(server, path, json={**asked, "stream": True}, headers={"x-request-id": "mine-3"})
    json_log.wait_for(lambda: len(json_log.of("mine-3")) == 2)
    failed, access = json_log.of("mine-3")
    assert (failed["level"], failed["message"]) == ("error", "an answer that was being streamed failed")
    assert "in leaking" in failed["error"] and access["status"] == 200


def test_what_is_logged_while_a_question_is_answered_bears_the_id_of_its_request(json_log: Log, server: Server) -> None:
    """On another thread than that of the web server."""
    threads = [threading.Thread(target=ask, args=(server, "say", f"mine-{number}")) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    json_log.wait_for(lambda: all(len(json_log.of(f"mine-{number}")) == 2 for number in range(4)))
    for number in range(4):
        assert json_log.of(f"mine-{number}")[0]["message"] == "a remark"


def test_an_id_ends_with_its_request(json_log: Log) -> None:
    """A thread of the engine serves one request after the other."""
    engine = Engine(workers=1, queue=1)
    logs.request_id.set("mine-4")
    engine.run(lambda: logging.getLogger("reckoner").info("within")).result(10)
    logs.request_id.set("")
    engine.run(lambda: logging.getLogger("reckoner").info("without")).result(10)
    engine.close()
    within, without = json_log.records()
    assert within["request_id"] == "mine-4" and "request_id" not in without


def test_who_is_refused_is_logged_too(json_log: Log, server: Server) -> None:
    httpx2.get(f"{server.url}/none", headers={"x-request-id": "mine-5"})
    json_log.wait_for(lambda: json_log.of("mine-5"))
    assert [record["status"] for record in json_log.of("mine-5")] == [404]


# --- What must not be in it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_question_is_in_the_log_even_where_an_error_repeats_it(
    configured: Callable[[logs.Format, logs.Level], Log], server: Server, form: logs.Format
) -> None:
    log = configured(form, "debug")
    for number, stream in enumerate((False, True)):
        ask(server, "crash of the Winterbourne account", f"mine-{number}", stream=stream)
        log.wait_for(lambda number=number, status=200 if stream else 500: f"POST /v1/responses {status}" in log.stream.getvalue())
    ask(server, "How long is the Winterbourne warranty?", "mine-7")
    log.wait_for(lambda: log.stream.getvalue().count("POST /v1/responses 200") == 2)
    said = log.stream.getvalue()
    assert "Winterbourne" not in said and "24 months" not in said
    assert "KeyError (its message is not logged)" in said and "RuntimeError (its message is not logged)" in said


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_key_is_in_the_log_wherever_a_caller_puts_it(
    configured: Callable[[logs.Format, logs.Level], Log], server: Server, form: logs.Format
) -> None:
    log = configured(form, "debug")
    httpx2.get(f"{server.url}/v1/models/{KEY}?key={KEY}", headers={"x-request-id": KEY, "authorization": f"Bearer {KEY}"})
    log.wait_for(lambda: "GET /v1/models/" in log.stream.getvalue())
    assert "sEcr3t" not in log.stream.getvalue() and "rk-0123456789ab-..." in log.stream.getvalue()


@pytest.mark.parametrize("path", ["a\nINFO:     forged", "a\r\x1b[31m", "a\u2028b"])
def test_a_path_cannot_forge_a_line(configured: Callable[[logs.Format, logs.Level], Log], path: str) -> None:
    for form in ("text", "json"):
        log = configured(form, "info")  # type: ignore[arg-type]
        logging.getLogger("reckoner.api").info("GET %s 404", path)
        (line,) = log.lines()
        assert line.isprintable()


# --- Formats and levels -----------------------------------------------------------------------------------------------


def test_every_kind_of_record_is_json(json_log: Log) -> None:
    log = logging.getLogger("reckoner.odd")
    log.info("%s", "two\nlines, “quotes”, a lone \ud800 and \x00")
    log.info("fields", extra={"status": object()})
    try:
        raise FileNotFoundError(2, "No such file or directory", "record.sqlite")
    except OSError:
        log.exception("the disk")
    warnings.warn("soon gone", UserWarning, stacklevel=1)
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    odd, _, disk, warned, died = json_log.records()
    assert odd["message"] == "two\nlines, “quotes”, a lone \ud800 and \x00"
    assert disk["error"].endswith("FileNotFoundError: [Errno 2] No such file or directory: 'record.sqlite'")
    assert "soon gone" in warned["message"] and warned["level"] == "warning"
    assert died["message"] == "a thread failed" and "ZeroDivisionError" in died["error"]


def test_text_is_a_level_and_a_message(configured: Callable[[logs.Format, logs.Level], Log]) -> None:
    log = configured("text", "info")
    logging.getLogger("reckoner.api").info("GET / 200")
    logs.request_id.set("mine-8")
    logging.getLogger("uvicorn.error").warning("closed")
    logs.request_id.set("")
    assert log.lines() == ["INFO:     GET / 200", "WARNING:  mine-8 closed"]


def test_the_level_is_for_the_service_and_other_libraries_warn(configured: Callable[[logs.Format, logs.Level], Log]) -> None:
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)
    for level, expected in (("debug", 4), ("info", 3), ("error", 1)):
        log = configured("text", level)  # type: ignore[arg-type]
        for number in (logging.DEBUG, logging.INFO, logging.ERROR):
            logging.getLogger("reckoner.some").log(number, "x")
        logging.getLogger("sqlalchemy.engine").info("SELECT")
        logging.getLogger("uvicorn.error").info("started")
        assert len(log.lines()) == expected


# --- The commands -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_serve_writes_nothing_but_json_to_stderr(tmp_path: Path, stop: signal.Signals) -> None:
    """From its start to its end, requests and the web server's own words included."""
    workspace, settings = tiny_workspace(tmp_path, model=untrained_checkpoint(tmp_path / "model"))
    workspace.close()
    given = {
        "WORKSPACE": tmp_path, "MODEL": settings.model, "EMBEDDER": "", "PORT": 0, "TRAINING_JOBS": 0, "WORKERS": 1,
        "LOG_FORMAT": "json", "DEVICE": "cpu",
    }  # fmt: skip
    environment = {**os.environ, **{f"RECKONER_{name}": str(value) for name, value in given.items()}}
    command = [sys.executable, "-m", "service.cli", "serve"]
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, env=environment, cwd=root, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        records = []
        for line in process.stderr:
            records.append(json.loads(line))
            if "running on http://" in records[-1]["message"]:
                url = records[-1]["message"].split()[3]
                assert httpx2.get(f"{url}/health/live", headers={"x-request-id": "mine-9"}).status_code == 200
                process.send_signal(stop)
        assert process.wait(30) == 0
    assert [record["message"] for record in records if record.get("request_id") == "mine-9"][0].startswith("GET /health/live 200")
    assert len([record for record in records if "/health/live" in record["message"]]) == 1  # the web server does not say it again
    assert {record["logger"] for record in records} >= {"reckoner", "reckoner.api", "reckoner.workspace", "uvicorn.error"}
