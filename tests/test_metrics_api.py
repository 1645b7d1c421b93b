"""What operators see of the service: that what happened is counted, and that nobody who asks can make the counts grow without bound."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.proof import LINKS
from service.answering import Answering
from service.api import create_app
from service.engine import Engine, Overloaded
from service.jobs.ledger import Ledger
from service.keys import Keys
from tests.servers import Server
from tests.test_api import post, script
from tests.waiting import until
from tests.workspaces import COUNT, LUNCH, TENTS, UNKNOWN, Scripted, tiny_workspace, untrained_embedder
from tools.evidence import QUESTION, Evidence, Number
from tools.language import Program

Scrape = dict[tuple[str, frozenset[tuple[str, str]]], float]


def failing_first(evidence: Evidence) -> Sequence[Program]:
    """A division by zero, which no tool can do, before what is meant."""
    if evidence.question != "What is 5 by 0?":
        return script(evidence)
    places = [(evidence.question.index(digit), digit) for digit in "50"]
    return [("calc", "div", *(Number(digit, QUESTION, at, at + 1) for at, digit in places), "give", "r1"), UNKNOWN]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    workspace, settings = tiny_workspace(tmp_path)
    workspace = replace(workspace, embedder=untrained_embedder())
    ledger = Ledger(settings.record_address)
    with Server(create_app(Answering(workspace, Scripted(failing_first), settings), settings, ledger)) as running:
        running.ledger, running.settings = ledger, settings  # type: ignore[attr-defined]
        yield running
    workspace.close()
    ledger.close()


def scrape(server: Server) -> Scrape:
    answer = httpx2.get(f"{server.url}/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=")
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    return {(sample.name.removeprefix("reckoner_"), frozenset(sample.labels.items())): sample.value for sample in samples}


def value(found: Scrape, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def ask(server: Server, question: str) -> httpx2.Response:
    return post(server, "/v1/responses", json={"input": question})


# --- Answers ----------------------------------------------------------------------------------------------------------


def test_answers_are_counted_by_what_came_of_them(server: Server) -> None:
    before = scrape(server)
    for question in (TENTS, TENTS, "How many orders were shipped?", "What do 3 day tickets cost?", LUNCH, "crash"):
        ask(server, question)
    after = scrape(server)
    for kind, count in (("quote", 2), ("rows", 1), ("number", 1), ("refused", 1), ("failed", 1)):
        assert value(before, "answers_total", kind=kind) == 0
        assert value(after, "answers_total", kind=kind) == count


def test_a_streamed_answer_counts_like_any_other(server: Server) -> None:
    assert "response.completed" in post(server, "/v1/responses", json={"input": TENTS, "stream": True}).text
    assert value(scrape(server), "answers_total", kind="quote") == 1


def test_times_are_in_seconds_for_the_whole_and_for_every_stage(server: Server) -> None:
    ask(server, "slow")  # its model takes 0.3 s
    found = scrape(server)
    assert value(found, "answer_seconds_count") == 1
    assert 0.3 <= value(found, "answer_stage_seconds_sum", stage="model") <= value(found, "answer_seconds_sum") < 5
    for stage in ("retrieval", "model", "tools"):
        assert value(found, "answer_stage_seconds_count", stage=stage) == 1
    for stage in ("rendering", "proof"):  # of a refusal there is nothing to render, and nothing to prove
        assert value(found, "answer_stage_seconds_count", stage=stage) == 0
    assert value(found, "answer_seconds_bucket", le="0.2") == 0 and value(found, "answer_seconds_bucket", le="10.0") == 1


def test_an_answer_that_is_given_is_rendered_and_proven(server: Server) -> None:
    ask(server, TENTS)
    found = scrape(server)
    assert [value(found, "answer_stage_seconds_count", stage=stage) for stage in ("rendering", "proof")] == [1, 1]
    assert sum(value(found, "unproven_answers_total", link=link) for link in LINKS) == 0


def test_tokens_are_those_that_the_caller_is_told(server: Server) -> None:
    usage = ask(server, TENTS).json()["usage"]
    embedded = post(server, "/v1/embeddings", json={"input": "Tents are repaired."}).json()["usage"]["prompt_tokens"]
    found = scrape(server)
    assert value(found, "tokens_read_total") == usage["input_tokens"] + embedded
    assert value(found, "tokens_written_total") == usage["output_tokens"] > 0


def test_programs_that_could_not_be_executed_are_counted_by_kind(server: Server) -> None:
    trace = httpx2.get(server.url + ask(server, "What is 5 by 0?").json()["reckoner"]["trace"]).json()
    (failed,) = [candidate["failed"] for candidate in trace["candidates"] if candidate["failed"]]
    found = scrape(server)
    assert value(found, "program_failures_total", kind=failed.partition(":")[0]) == 1
    assert ("program_failures_total", frozenset({("kind", "other")})) not in found


# --- Requests ---------------------------------------------------------------------------------------------------------


def test_requests_are_counted_by_the_template_of_their_route(server: Server) -> None:
    for id in ("0" * 32, "1" * 32):
        httpx2.get(f"{server.url}/v1/answers/{id}/trace")
    ask(server, TENTS)
    for path in ("/docs", "/openapi.json", "/health/live"):
        assert httpx2.get(server.url + path).status_code == 200
    found = scrape(server)
    for path in ("/docs", "/openapi.json", "/health/live"):
        assert value(found, "requests_total", method="GET", route=path, status="200") == 1
    assert value(found, "requests_total", method="GET", route="/v1/answers/{id}/trace", status="404") == 2
    assert value(found, "requests_total", method="POST", route="/v1/responses", status="200") == 1


def test_nothing_that_a_caller_makes_up_becomes_a_label(server: Server) -> None:
    def made_up(count: int) -> None:
        for number in range(count):
            httpx2.get(f"{server.url}/made-up/{number}")
            httpx2.request(f"VERB{number}", f"{server.url}/made-up")
            httpx2.get(f"{server.url}/v1/models/made-up-{number}")
            httpx2.request("DELETE", f"{server.url}/v1/answers/{number}/trace")
            post(server, "/v1/responses", json={"input": f"made up {number}?", "model": f"made-up-{number}"})

    made_up(1)
    scrape(server)
    few = scrape(server)
    made_up(5)
    many = scrape(server)
    assert set(many) == set(few)
    assert value(many, "requests_total", method="GET", route="none", status="404") == 6
    assert value(many, "requests_total", method="other", route="none", status="404") == 6
    assert not [labels for _, labels in many if any("made-up" in text or "VERB" in text for _, text in labels)]


def test_who_is_not_let_in_is_counted_too(server: Server) -> None:
    keys = Keys(server.settings.record_address)  # type: ignore[attr-defined]
    bearers = {scope: {"authorization": f"Bearer {keys.create(scope, [scope])[1]}"} for scope in ("ask", "manage")}  # type: ignore[list-item]
    keys.close()
    time.sleep(1.05)  # a look at the keys holds for a second
    assert httpx2.get(f"{server.url}/metrics").status_code == 401
    assert httpx2.get(f"{server.url}/metrics", headers=bearers["ask"]).status_code == 403
    seen = httpx2.get(f"{server.url}/metrics", headers=bearers["manage"])
    assert 'reckoner_requests_total{method="GET",route="none",status="401"} 1.0' in seen.text


# --- States -----------------------------------------------------------------------------------------------------------


def test_the_queue_is_seen_as_it_is_and_who_found_it_full_is_counted(tmp_path: Path) -> None:
    hold = threading.Event()

    def wait(_: Evidence) -> Sequence[Program]:
        hold.wait(10)
        return [COUNT]

    workspace, settings = tiny_workspace(tmp_path, workers=1, queue=2)
    with Server(create_app(Answering(workspace, Scripted(wait), settings), settings)) as server:
        threads = [threading.Thread(target=ask, args=(server, TENTS)) for _ in range(3)]
        for thread in threads:
            thread.start()
        until(lambda: (value(scrape(server), "questions_running"), value(scrape(server), "questions_waiting")) == (1, 2))
        assert value(scrape(server), "requests_turned_away_total") == 0
        assert ask(server, TENTS).status_code == 429
        assert value(scrape(server), "requests_turned_away_total") == 1
        hold.set()
        for thread in threads:
            thread.join(10)
        until(lambda: (value(scrape(server), "questions_running"), value(scrape(server), "questions_waiting")) == (0, 0))
        assert ("training_jobs", frozenset({("status", "queued")})) not in scrape(server)  # there is no ledger
    workspace.close()


def test_work_that_is_given_up_before_its_turn_waits_no_more() -> None:
    engine, hold = Engine(workers=1, queue=1), threading.Event()
    running = engine.run(lambda: hold.wait(10))
    until(lambda: engine.load == (0, 1))
    waiting = engine.run(lambda: None)
    with pytest.raises(Overloaded):
        engine.run(lambda: None)
    assert (engine.load, engine.turned_away) == ((1, 1), 1)
    waiting.cancel()
    assert engine.load == (0, 1)
    hold.set()
    assert running.result(10)
    engine.close()
    assert engine.load == (0, 0)


def test_training_jobs_are_counted_by_status(server: Server) -> None:
    ledger: Ledger = server.ledger  # type: ignore[attr-defined]
    assert value(scrape(server), "training_jobs", status="queued") == 0
    first, second = (ledger.submit({"model": model}) for model in ("reckoner-tiny", "reckoner-embedder"))
    assert value(scrape(server), "training_jobs", status="queued") == 2
    ledger.want(first.id, "cancel")
    ledger.want(second.id, "pause")
    found = scrape(server)
    assert [value(found, "training_jobs", status=status) for status in ("queued", "paused", "cancelled", "failed")] == [0, 1, 1, 0]


def test_a_record_that_cannot_be_read_hides_the_jobs_alone(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger: Ledger = server.ledger  # type: ignore[attr-defined]
    with ledger._storage.transaction(writes=True) as connection:
        connection.exec_driver_sql("ALTER TABLE jobs RENAME TO gone")
    found = scrape(server)
    assert ("training_jobs", frozenset({("status", "queued")})) not in found
    assert value(found, "questions_waiting") == 0


def test_the_models_that_serve_are_named(server: Server) -> None:
    found = scrape(server)
    assert value(found, "model_info", part="answerer", model="reckoner-tiny", checkpoint="scripted") == 1
    assert value(found, "model_info", part="embedder", model="reckoner-embedder", checkpoint="untrained") == 1


def test_every_metric_is_explained_and_says_its_unit(server: Server) -> None:
    text = httpx2.get(f"{server.url}/metrics").text
    for family in text_string_to_metric_families(text):
        assert len(family.documentation) > 5, family.name
    timed = re.findall(r"^# TYPE reckoner_(\S+) histogram$", text, re.MULTILINE)
    assert timed and all(name.endswith("_seconds") for name in timed)


def test_two_applications_count_apart(server: Server, tmp_path_factory: pytest.TempPathFactory) -> None:
    workspace, settings = tiny_workspace(tmp_path_factory.mktemp("other"))
    with Server(create_app(Answering(workspace, Scripted(script), settings), settings)) as other:
        ask(other, TENTS)
        assert (value(scrape(other), "answers_total", kind="quote"), value(scrape(server), "answers_total", kind="quote")) == (1, 0)
    workspace.close()
