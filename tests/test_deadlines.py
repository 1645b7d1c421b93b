"""Work ends when nobody waits for it any more: at its deadline, and when its caller leaves; over real sockets."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest

from models.embedder import Embedder
from service.answering import Answering
from service.api import create_app
from service.engine import Engine
from tests.servers import Server
from tests.test_api import post, script
from tests.test_metrics_api import scrape, value
from tests.waiting import until
from tests.workspaces import TENTS, UNKNOWN, Scripted, tiny_workspace, untrained, untrained_embedder
from tools.evidence import Evidence
from tools.language import Program
from tools.patience import Expired, GivenUp, Gone, Patience, check, patience

NO_DEADLINE = 3600.0


class Held:
    """A model whose answers to "held" take until they are let go on, or nobody waits for them: it looks between its steps, as ours does.
    To "deaf" it does not look."""

    def __init__(self) -> None:
        self.go_on, self.asked = threading.Event(), list[str]()

    def __call__(self, evidence: Evidence) -> Sequence[Program]:
        self.asked.append(evidence.question)
        if not evidence.question.startswith(("held", "deaf")):
            return script(evidence)
        while not self.go_on.wait(0.01):
            if evidence.question != "deaf":
                check()
        return [UNKNOWN]


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def serve(tmp_path: Path, held: Held) -> Iterator[Callable[..., Server]]:
    opened: list[tuple[Server, Any]] = []

    def serve(**changes: Any) -> Server:
        workspace, settings = tiny_workspace(tmp_path, **{"workers": 1, "queue": 2, **changes})
        server = Server(create_app(Answering(workspace, Scripted(held), settings), settings)).__enter__()
        opened.append((server, workspace))
        return server

    yield serve
    held.go_on.set()
    for server, workspace in opened:
        server.__exit__()
        workspace.close()


def send(server: Server, question: str, path: str = "/v1/responses", **more: Any) -> socket.socket:
    """A request whose answer nobody has read yet."""
    asked = {"input": question} if path != "/v1/chat/completions" else {"messages": [{"role": "user", "content": question}]}
    body = json.dumps({**asked, **more}).encode()
    connection = socket.create_connection(server.socket.getsockname())
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return connection


def load(server: Server) -> tuple[float, float]:
    """How many are worked on, and how many wait."""
    found = scrape(server)
    return value(found, "questions_running"), value(found, "questions_waiting")


def given_up(server: Server, reason: str) -> float:
    return value(scrape(server), "questions_given_up_total", reason=reason)


# --- Deadlines --------------------------------------------------------------------------------------------------------


def test_work_that_takes_longer_than_its_deadline_is_stopped_and_said_so(serve: Callable[..., Server]) -> None:
    server = serve(deadline_seconds=0.2)
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none") as client, pytest.raises(openai.InternalServerError) as error:
        client.responses.create(model="reckoner", input="held")
    assert (error.value.status_code, error.value.code, error.value.type) == (504, "deadline_exceeded", "server_error")
    assert "0.2 s" in str(error.value) and error.value.request_id
    assert error.value.response.headers["x-should-retry"] == "false"
    until(lambda: load(server) == (0, 0))
    assert given_up(server, "deadline") == 1  # so the client, which tries again by itself, has not


def test_a_question_that_waits_is_dropped_at_its_deadline_and_never_begun(serve: Callable[..., Server], held: Held) -> None:
    server = serve(deadline_seconds=0.2)
    for question in ("deaf", TENTS):
        answer = post(server, "/v1/responses", json={"input": question})
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "deadline_exceeded")
        assert load(server) == (1, 0)  # the place of the second is free, though the thread that it waited for is not
    held.go_on.set()
    until(lambda: load(server) == (0, 0))
    assert held.asked == ["deaf"] and given_up(server, "deadline") == 2


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/chat/completions"])
def test_a_stream_ends_at_its_deadline_with_the_error(serve: Callable[..., Server], path: str) -> None:
    server = serve(deadline_seconds=0.2)
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none") as client:
        if path == "/v1/responses":
            *_, last = client.responses.create(model="reckoner", input="held", stream=True)
            assert last.type == "response.failed" and last.response.error is not None and "0.2 s" in last.response.error.message
        else:
            with pytest.raises(openai.APIError, match="0.2 s"):
                list(client.chat.completions.create(model="reckoner", messages=[{"role": "user", "content": "held"}], stream=True))
    until(lambda: load(server) == (0, 0))
    assert given_up(server, "deadline") == 1


def test_the_deadline_counts_from_the_arrival_of_the_request(serve: Callable[..., Server]) -> None:
    """A body that comes slowly uses it up."""
    server = serve(deadline_seconds=0.2)
    with socket.create_connection(server.socket.getsockname()) as connection:
        connection.sendall(b"POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{")
        connection.settimeout(10)
        assert connection.recv(100).startswith(b"HTTP/1.1 504 ")


def test_what_is_done_in_time_is_not_disturbed(serve: Callable[..., Server]) -> None:
    server = serve(deadline_seconds=5)
    assert post(server, "/v1/responses", json={"input": TENTS}).status_code == 200
    assert given_up(server, "deadline") == given_up(server, "disconnected") == 0


# --- Callers that leave -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/chat/completions"])
@pytest.mark.parametrize("stream", [False, True])
def test_the_work_of_a_caller_who_left_is_stopped(serve: Callable[..., Server], path: str, stream: bool) -> None:
    server = serve(deadline_seconds=NO_DEADLINE)
    caller = send(server, "held", path, stream=stream)
    until(lambda: load(server) == (1, 0))
    caller.close()
    until(lambda: load(server) == (0, 0))
    assert given_up(server, "disconnected") == 1
    assert value(scrape(server), "answers_total", kind="failed") == 0


@pytest.mark.parametrize("stream", [False, True])
def test_a_caller_who_leaves_frees_its_place_in_the_queue(serve: Callable[..., Server], held: Held, stream: bool) -> None:
    server = serve(deadline_seconds=NO_DEADLINE)
    working = send(server, "held")
    until(lambda: load(server) == (1, 0))
    waiting = [send(server, f"held {number}", stream=stream) for number in range(2)]
    until(lambda: load(server) == (1, 2))
    assert post(server, "/v1/responses", json={"input": TENTS}).status_code == 429
    for caller in waiting:
        caller.close()
    until(lambda: load(server) == (1, 0))
    last = send(server, "held last")  # there is room again
    until(lambda: load(server) == (1, 1))
    held.go_on.set()
    for caller in (working, last):
        assert caller.recv(100).startswith(b"HTTP/1.1 200 ")
        caller.close()
    assert held.asked == ["held", "held last"]


def test_whoever_leaves_while_texts_are_embedded_frees_the_work_too(tmp_path: Path) -> None:
    """The real embedder, between two of its batches."""
    workspace, settings = tiny_workspace(tmp_path, workers=1, max_body_bytes=10_000_000, deadline_seconds=NO_DEADLINE)
    begun, go_on = threading.Event(), threading.Event()
    embedder = untrained_embedder()

    class Slow(Embedder):
        def embed(self, texts: Sequence[str], kind: Any = "passage") -> Any:
            begun.set()
            go_on.wait(10)
            return super().embed(texts, kind)

    workspace = replace(workspace, embedder=Slow(embedder.network, embedder.tokenizer, "slow"))
    with Server(create_app(Answering(workspace, Scripted(script), settings), settings)) as server:
        caller = send(server, ["Tents"] * 130, "/v1/embeddings")  # type: ignore[arg-type]
        assert begun.wait(10)
        caller.close()
        left = ("requests_total", frozenset({("method", "POST"), ("route", "/v1/embeddings"), ("status", "none")}))
        until(lambda: left in scrape(server))
        go_on.set()
        until(lambda: given_up(server, "disconnected") == 1)
    workspace.close()


# --- Between steps ----------------------------------------------------------------------------------------------------


class Counted(Patience):
    """Ends after a number of looks."""

    def __init__(self, looks: int) -> None:
        super().__init__(NO_DEADLINE)
        self.looks = looks

    def check(self) -> None:
        self.looks -= 1
        if not self.looks:
            self.leave()
        super().check()


def test_decoding_and_every_stage_of_an_answer_look_whether_anybody_waits(tmp_path: Path) -> None:
    """However many looks it takes until nobody does, the answer stops there; with one more it is given."""
    workspace, settings = tiny_workspace(tmp_path)
    answering = Answering(workspace, untrained(), settings)
    counted = Counted(1_000_000)
    token = patience.set(counted)
    try:
        answering.answer(TENTS)
        looks = 1_000_000 - counted.looks
        for allowed in {1, 2, 3, looks // 2, looks}:
            patience.set(Counted(allowed))
            with pytest.raises(Gone):
                answering.answer(TENTS)
        patience.set(Counted(looks + 1))
        assert answering.answer(TENTS).question == TENTS
    finally:
        patience.reset(token)
    workspace.close()


def test_patience_ends_once() -> None:
    lasting, short = Patience(NO_DEADLINE), Patience(0.0)
    lasting.check()
    with pytest.raises(Expired):
        short.check()
    lasting.leave()
    with pytest.raises(Gone):
        lasting.check()
    assert short.left == 0 and lasting.left > 0


def test_work_is_not_taken_for_whom_nobody_waits() -> None:
    engine = Engine(workers=1, queue=1)
    token = patience.set(Patience(0.0))
    try:
        with pytest.raises(GivenUp):
            engine.run(lambda: pytest.fail("it was begun"))
    finally:
        patience.reset(token)
    assert engine.load == (0, 0) and engine.run(lambda: 7).result(10) == 7
    engine.close()
