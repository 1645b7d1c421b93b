"""What the API promises, asked by the official `openai` client of the real application behind a real server."""

from __future__ import annotations

import gzip
import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from retrieval.ingest import index_text
from retrieval.record import sha256
from service import streaming
from service.answering import REFUSAL, Answering
from service.api import create_app
from tests.servers import Server
from tests.waiting import ends_within, until
from tests.workspaces import (
    COUNT, LUNCH, TENTS, UNKNOWN, WARRANTY, Scripted, quoting, three_tickets, tiny_workspace, untrained, untrained_embedder,
)  # fmt: skip
from tools.evidence import Evidence
from tools.language import Program


def script(evidence: Evidence) -> Sequence[Program]:
    """A model that knows four questions."""
    match evidence.question:
        case question if "warranty" in question:
            return quoting("24 months")(evidence)
        case question if "tickets" in question:
            return three_tickets(evidence)
        case question if "orders" in question:
            return [COUNT]
        case "slow":
            time.sleep(0.3)
            return [UNKNOWN]
        case "crash":
            raise RuntimeError("a secret of the inside")
        case _:
            return [UNKNOWN]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    workspace, settings = tiny_workspace(tmp_path_factory.mktemp("api"), max_question_characters=200, max_body_bytes=20_000)
    workspace = replace(workspace, embedder=untrained_embedder())
    with Server(create_app(Answering(workspace, Scripted(script), settings), settings)) as running:
        yield running
    workspace.close()


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def post(server: Server, path: str, **given: Any) -> httpx2.Response:
    return httpx2.post(server.url + path, **given)


# --- Answers ----------------------------------------------------------------------------------------------------------


def test_a_response_is_text_with_its_citation(client: openai.OpenAI) -> None:
    response = client.responses.create(model="reckoner-tiny", input=TENTS, metadata={"ticket": "7"})
    assert response.output_text.startswith("**24 months**: “Tents carry a warranty of **24 months**")
    assert (response.status, response.model, response.metadata) == ("completed", "reckoner-tiny", {"ticket": "7"})
    citation = response.output[0].content[0].annotations[0]
    assert (citation.type, citation.filename, citation.index) == ("file_citation", "warranty.md", 0)
    assert WARRANTY[citation.start : citation.end] == citation.quote == "24 months"
    assert citation.sha256 == sha256(WARRANTY)
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens > 0


def test_the_structured_form_rides_beside_the_text(client: openai.OpenAI) -> None:
    beside = client.responses.create(model="reckoner", input="How many orders were shipped?").reckoner
    assert (beside["kind"], beside["rows"], beside["value"], beside["reason"]) == ("rows", [[2]], 2, None)
    assert beside["sql"][0]["parameters"] == ["shipped"] and "shipped" not in beside["sql"][0]["sql"]
    assert beside["program"].startswith("query select count") and beside["confidence"] == pytest.approx(0.9)


def test_a_chat_completion_is_the_same_answer(client: openai.OpenAI) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": LUNCH},
        {"role": "assistant", "content": "?"},
        {"role": "user", "content": [{"type": "text", "text": "What do 3 day tickets cost?"}]},
    ]
    completion = client.chat.completions.create(model="reckoner", messages=messages, temperature=0, top_p=1, user="me", max_tokens=50)
    choice = completion.choices[0]
    assert (choice.message.content, choice.message.refusal) == ("568.50 EUR (3 × 189.50 EUR; prices.md)", None)
    assert (choice.finish_reason, completion.object, completion.reckoner["value"]) == ("stop", "chat.completion", "1137/2")
    assert completion.reckoner["citations"][0]["document"] == "prices.md"


def test_what_is_not_known_is_a_refusal_in_both_shapes(client: openai.OpenAI) -> None:
    response = client.responses.create(model="reckoner", input=[{"role": "user", "content": [{"type": "input_text", "text": LUNCH}]}])
    part = response.output[0].content[0]
    assert (part.type, part.refusal, response.output_text, response.reckoner["reason"]) == ("refusal", REFUSAL, "", "unknown")
    message = client.chat.completions.create(model="reckoner", messages=[{"role": "user", "content": LUNCH}]).choices[0].message
    assert (message.content, message.refusal) == (None, REFUSAL)


def test_a_streamed_response_is_the_same_answer_in_the_order_of_openai(server: Server) -> None:
    """By the client that checks every event against its own types."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, _strict_response_validation=True) as strict:
        whole = strict.responses.create(model="reckoner", input=TENTS)
        with strict.responses.create(model="reckoner", input=TENTS, stream=True) as stream:
            events = list(stream)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type.removeprefix("response.") for event in events]
    assert [kind for kind, before in zip(kinds, ["", *kinds], strict=False) if kind != before] == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta", "output_text.annotation.added",
        "output_text.done", "content_part.done", "output_item.done", "completed",
    ]  # fmt: skip
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == whole.output_text
    (last,) = (event.response for event in events if event.type == "response.completed")
    assert last.output_text == whole.output_text and last.id == events[0].response.id
    assert last.output[0].content[0].annotations == whole.output[0].content[0].annotations
    assert httpx2.get(f"{server.url}/v1/answers/{last.id}/trace").status_code == 200


def test_a_streamed_chat_completion_is_the_same_answer(server: Server) -> None:
    asked: dict[str, Any] = {"model": "reckoner", "messages": [{"role": "user", "content": "What do 3 day tickets cost?"}]}
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, _strict_response_validation=True) as strict:
        whole = strict.chat.completions.create(**asked)
        chunks = list(strict.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    assert deltas[0].role == "assistant" and len(deltas) > 4
    assert "".join(delta.content or "" for delta in deltas) == whole.choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 2) + ["stop"]
    assert (chunks[-1].choices, chunks[-1].usage) == ([], whole.usage)


def test_a_streamed_refusal_is_a_refusal(client: openai.OpenAI) -> None:
    events = list(client.responses.create(model="reckoner", input=LUNCH, stream=True))
    assert "".join(event.delta for event in events if event.type == "response.refusal.delta") == REFUSAL
    chunks = list(client.chat.completions.create(model="reckoner", messages=[{"role": "user", "content": LUNCH}], stream=True))
    assert "".join(chunk.choices[0].delta.refusal or "" for chunk in chunks) == REFUSAL
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == ""


def test_an_answer_that_fails_ends_its_stream_with_the_error(client: openai.OpenAI) -> None:
    *_, last = client.responses.create(model="reckoner", input="crash", stream=True)
    assert last.type == "response.failed" and last.response.error is not None
    assert "request id" in last.response.error.message and "secret" not in last.response.error.message
    with pytest.raises(openai.APIError, match="request id"):
        list(client.chat.completions.create(model="reckoner", messages=[{"role": "user", "content": "crash"}], stream=True))


def test_a_stream_shows_life_while_its_answer_is_worked_out(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_ALIVE", 0.05)
    with httpx2.stream("POST", f"{server.url}/v1/responses", json={"input": "slow"}) as plain:
        assert plain.read()
    with httpx2.stream("POST", f"{server.url}/v1/responses", json={"input": "slow", "stream": True}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = list(response.iter_lines())
    assert lines[0] == "event: response.created" and lines.index(": working") < lines.index("event: response.completed")


def test_the_asynchronous_client_works_as_well(server: Server) -> None:
    import asyncio

    async def ask() -> str:
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none") as client:
            answers = await asyncio.gather(*(client.responses.create(model="reckoner", input=TENTS) for _ in range(8)))
            return {answer.output_text for answer in answers}.pop()

    assert "24 months" in asyncio.run(ask())


def test_models_are_listed_and_found(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["reckoner-tiny", "reckoner-embedder"]
    assert client.models.retrieve("reckoner").id == "reckoner-tiny"
    with pytest.raises(openai.NotFoundError) as error:
        client.models.retrieve("gpt-4")
    assert error.value.code == "model_not_found"


def test_texts_are_embedded_as_the_client_asks_for_it(client: openai.OpenAI, server: Server) -> None:
    texts = ["Tents are repaired.", "Day tickets"]
    given = client.embeddings.create(model="reckoner-embedder", input=texts)  # the client asks for base64, and reads it
    vectors = untrained_embedder().embed(texts)
    assert [item.index for item in given.data] == [0, 1] and given.usage.prompt_tokens > 0
    for item, vector in zip(given.data, vectors, strict=True):
        assert item.embedding == pytest.approx(vector.tolist(), abs=1e-6)
    plain = client.embeddings.create(model="reckoner-embedder", input=texts[0], encoding_format="float", dimensions=len(vectors[0]))
    assert plain.data[0].embedding == pytest.approx(vectors[0].tolist(), abs=1e-6)
    asked = post(server, "/v1/embeddings", json={"input": texts[0], "input_type": "question"}).json()
    assert asked["data"][0]["embedding"] != plain.data[0].embedding


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"input": ""}, "input"), ({"input": []}, "input"), ({"input": ["a", " "]}, "input"), ({"input": [[1, 2]]}, "input"),
        ({"input": ["a"] * 513}, "input"), ({"input": "a", "dimensions": 7}, "dimensions"), ({"input": "a", "top_p": 1}, "top_p"),
        ({"input": "a", "encoding_format": "int8"}, "encoding_format"), ({}, "input"), ({"input": "a", "model": "reckoner"}, "model"),
    ],
)  # fmt: skip
def test_what_cannot_be_embedded_is_named(server: Server, given: dict[str, Any], param: str) -> None:
    answer = post(server, "/v1/embeddings", json=given)
    assert answer.status_code in (400, 404) and answer.json()["error"]["param"] == param


@pytest.mark.parametrize("stream", [False, True])
def test_a_response_can_be_fetched_until_it_is_deleted(client: openai.OpenAI, server: Server, stream: bool) -> None:
    if stream:
        given = next(event.response for event in client.responses.create(model="reckoner", input=TENTS, stream=True, user="Ann")
                     if event.type == "response.completed")  # fmt: skip
    else:
        given = client.responses.create(model="reckoner", input=TENTS, user="Ann")
    assert client.responses.retrieve(given.id) == given and given.user == "Ann"
    client.responses.delete(given.id)
    for path in (f"/v1/responses/{given.id}", f"/v1/answers/{given.id}/trace"):
        assert httpx2.get(server.url + path).json()["error"]["code"] == "answer_not_found"
    with pytest.raises(openai.NotFoundError):
        client.responses.delete(given.id)


def test_the_trace_of_an_answer_can_be_fetched(client: openai.OpenAI, server: Server) -> None:
    response = client.responses.create(model="reckoner", input=TENTS)
    trace = httpx2.get(server.url + response.reckoner["trace"]).json()
    assert (trace["question"], trace["kind"], trace["outcome"]["quotes"][0]["text"]) == (TENTS, "quote", "24 months")
    assert httpx2.get(f"{server.url}/v1/answers/{response.id}/trace").json() == trace
    assert httpx2.get(f"{server.url}/v1/answers/{'0' * 32}/trace").json()["error"]["code"] == "answer_not_found"


def test_an_answer_can_be_verified_later_and_what_changed_is_named(tmp_path: Path) -> None:
    workspace, settings = tiny_workspace(tmp_path)
    with Server(create_app(Answering(workspace, Scripted(script), settings), settings)) as server:
        ids = [post(server, "/v1/responses", json={"input": text}).json()["id"] for text in (TENTS, "How many orders were shipped?", LUNCH)]
        for id in ids:
            assert post(server, f"/v1/answers/{id}/verify").json()["stands"] is True
        index_text(workspace.record, None, "warranty.md", WARRANTY.replace("24", "12"))
        connection = sqlite3.connect(settings.databases["shop"])
        connection.execute("DELETE FROM orders WHERE id = 1")
        connection.commit()
        connection.close()
        quote, count, refusal = (post(server, f"/v1/answers/{id}/verify").json() for id in ids)
    assert quote["differences"] == ["warranty.md does not say '24 months' there any more"]
    assert any("was" in difference for difference in count["differences"]) and not count["stands"]
    assert refusal["stands"]
    workspace.close()


# --- Mistakes ---------------------------------------------------------------------------------------------------------

PIXEL = {"type": "image_url", "image_url": {"url": "data:,"}}


@pytest.mark.parametrize(
    ("given", "param", "code"),
    [
        ({"messages": [{"role": "user", "content": "  "}]}, "messages", "empty_question"),
        ({"messages": [{"role": "user", "content": "x" * 201}]}, "messages", "question_too_long"),
        ({"messages": [{"role": "user", "content": [PIXEL]}]}, "messages[0].content[0].type", "unsupported_content"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "assistant", "content": "hello"}]}, "messages", "invalid_value"),
        ({"messages": []}, "messages", "invalid_type"),
        ({"messages": "hello"}, "messages", "invalid_type"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "invalid_value"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type", "unsupported_tool"),
        ({"n": 2}, "n", "unsupported_parameter"),
        ({"response_format": {"type": "json_object"}}, "response_format", "unsupported_parameter"),
        ({"metadata": {"a": 1}}, "metadata", "invalid_type"),
        ({"extra_body": {"colour": "red"}}, "colour", "unknown_parameter"),
    ],
)
def test_a_mistake_is_named(client: openai.OpenAI, given: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(**{"model": "reckoner", "messages": [{"role": "user", "content": TENTS}], **given})
    assert (error.value.param, error.value.code, error.value.type) == (param, code, "invalid_request_error")
    assert error.value.request_id


def test_an_unknown_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as error:
        client.responses.create(model="gpt-4", input=TENTS)
    assert (error.value.code, error.value.param) == ("model_not_found", "model")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1]",
        b'{"input": NaN}',
        b"\xff\xfe",
        b"[" * 9000,
        b'{"input": 1' + b"1" * 6000 + b"}",
        b'{"temperature": 1e999, "input": "x"}',
    ],
)
def test_what_is_no_request_is_refused(server: Server, body: bytes) -> None:
    answer = post(server, "/v1/responses", content=body)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_a_missing_question_is_named(server: Server) -> None:
    error = post(server, "/v1/responses", json={"model": "reckoner"}).json()["error"]
    assert (error["param"], error["code"]) == ("input", "missing_required_parameter")


def test_half_a_surrogate_pair_is_refused(server: Server) -> None:
    assert post(server, "/v1/responses", content=b'{"input": "\\ud800 tents?"}').status_code == 400


def test_a_body_that_is_too_large_is_refused_whether_announced_or_not(server: Server) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(50):
            yield b" " * 1000

    for content in (b" " * 20_001, chunks()):
        answer = post(server, "/v1/responses", content=content)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")


def test_urls_and_methods_that_are_not_there_answer_in_the_same_shape(server: Server) -> None:
    error = post(server, "/audio/speech", json={}).json()["error"]
    assert error["code"] == "unknown_url" and "POST /audio/speech" in error["message"] and "/v1" in error["message"]
    wrong = httpx2.get(server.url + "/v1/responses")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/v1/models", "/docs", "/metrics"])
def test_what_may_be_got_may_be_asked_for_its_head(server: Server, path: str) -> None:
    head, whole = httpx2.head(server.url + path), httpx2.get(server.url + path)
    assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", whole.headers["content-type"])
    assert httpx2.head(server.url + "/v1/responses").status_code == 405


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/chat/completions", "/v1/embeddings"])
def test_a_body_that_is_packed_is_refused(server: Server, path: str) -> None:
    answer = post(server, path, content=gzip.compress(b'{"input": "x"}'), headers={"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_encoding")
    assert answer.headers["accept-encoding"] == "identity"
    assert post(server, path, content=b"{}", headers={"content-encoding": "identity"}).status_code == 400


def test_every_response_has_a_request_id(server: Server) -> None:
    assert httpx2.get(server.url + "/health/live").headers["x-request-id"].startswith("req_")
    named = httpx2.get(server.url + "/health/live", headers={"x-request-id": "mine-7"})
    assert named.headers["x-request-id"] == "mine-7"
    assert httpx2.get(server.url + "/none", headers={"x-request-id": "not plain!"}).headers["x-request-id"].startswith("req_")


def test_an_error_of_ours_tells_nothing_of_the_inside(client: openai.OpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as error:
        client.responses.create(model="reckoner", input="crash")
    assert "secret" not in str(error.value) and error.value.request_id


# --- Load and health --------------------------------------------------------------------------------------------------


def test_a_full_queue_is_429_with_the_time_to_come_again(tmp_path: Path) -> None:
    hold = threading.Event()

    def wait(_: Evidence) -> Sequence[Program]:
        hold.wait(10)
        return [COUNT]

    workspace, settings = tiny_workspace(tmp_path, workers=1, queue=1)
    with Server(create_app(Answering(workspace, Scripted(wait), settings), settings)) as server:
        done: list[int] = []
        asking = [
            threading.Thread(target=lambda: done.append(post(server, "/v1/responses", json={"input": TENTS}).status_code)) for _ in range(2)
        ]
        for thread in asking:
            thread.start()
        until(lambda: "\nreckoner_questions_waiting 1.0\n" in httpx2.get(f"{server.url}/metrics").text)
        with ends_within(1):
            refused = post(server, "/v1/responses", json={"input": TENTS})
        assert (refused.status_code, refused.json()["error"]["type"]) == (429, "rate_limit_error")
        assert int(refused.headers["retry-after"]) >= 1
        hold.set()
        for thread in asking:
            thread.join(10)
    assert done == [200, 200]
    workspace.close()


def test_ready_says_what_serves(server: Server) -> None:
    assert httpx2.get(server.url + "/health/ready").json() == {"status": "ok", "model": "reckoner-tiny", "checkpoint": "scripted"}


def test_a_database_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    workspace, settings = tiny_workspace(tmp_path)
    settings.databases["shop"].unlink()
    with Server(create_app(Answering(workspace, Scripted(script), settings), settings)) as server:
        answer = post(server, "/v1/responses", json={"input": "How many orders were shipped?"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_unavailable")
    assert str(tmp_path) not in answer.text
    workspace.close()


def test_a_network_that_learned_nothing_is_served_like_any_other(tmp_path: Path) -> None:
    workspace, settings = tiny_workspace(tmp_path, threshold=0.0)
    with Server(create_app(Answering(workspace, untrained(), settings), settings)) as server:
        answer = post(server, "/v1/chat/completions", json={"messages": [{"role": "user", "content": TENTS}]})
    assert answer.status_code == 200, answer.text
    assert json.loads(answer.text)["reckoner"]["kind"] in ("quote", "rows", "number", "call", "refusal")
    workspace.close()
