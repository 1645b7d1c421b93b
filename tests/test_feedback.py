"""Corrections: what people say the right answer is, kept for the next training job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest

from models.examples import read_examples
from service.jobs.ledger import Ledger
from service.jobs.folders import job_folder
from service.jobs.worker import Worker
from service.settings import Settings
from tests.servers import Server, served
from tests.test_jobs import REQUEST, messages, now
from tests.workspaces import TENTS

SQL = "SELECT COUNT(*) FROM orders WHERE status = 'shipped'"


@pytest.fixture
def server(settings: Settings, ledger: Ledger) -> Iterator[Server]:
    with served(settings, ledger) as running:
        yield running


@pytest.fixture
def http(server: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server.url) as client:
        yield client


def test_a_correction_of_an_answer_is_kept_with_its_question_until_it_is_deleted(server: Server, http: httpx2.Client) -> None:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none") as client:
        answer = client.responses.create(model="reckoner", input=TENTS)
    kept = http.post("/v1/feedback", json={"answer_id": answer.id, "answer": "24 months", "comment": "see Warranty"}).json()
    assert (kept["question"], kept["answer"], kept["usable"], kept["reason"]) == (TENTS, "24 months", True, None)
    assert http.get("/v1/feedback").json()["data"] == [http.get(f"/v1/feedback/{kept['id']}").json()]
    assert http.delete(f"/v1/feedback/{kept['id']}").json()["deleted"]
    assert http.get("/v1/feedback").json()["data"] == []
    assert http.delete(f"/v1/feedback/{kept['id']}").status_code == 404


def test_whoever_corrects_is_told_at_once_what_cannot_be_learned_from(http: httpx2.Client) -> None:
    kept = http.post("/v1/feedback", json={"question": "What is shipped?", "sql": "DROP TABLE orders"}).json()
    assert not kept["usable"] and kept["reason"].startswith("the query: ")
    assert [c["id"] for c in http.get("/v1/feedback").json()["data"]] == [kept["id"]]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"answer": "24 months"}, "question"),
        ({"question": TENTS}, "answer"),
        ({"question": TENTS, "answer": "24 months", "sql": SQL}, "sql"),  # one too many
        ({"question": TENTS, "sql": SQL, "database": "moon"}, "database"),
        ({"question": "", "answer": "24 months"}, "question"),
        ({"question": TENTS, "answer": {"months": 24}}, "answer"),
        ({"question": TENTS, "answer": "24 months", "stars": 5}, "stars"),
        ({"question": "?" * 3000, "answer": "24 months"}, "question"),
    ],
)
def test_what_is_no_correction_is_refused_by_name(http: httpx2.Client, body: dict[str, Any], param: str | None) -> None:
    refused = http.post("/v1/feedback", json=body)
    assert refused.status_code == 400 and refused.json()["error"]["param"] == param
    assert http.get("/v1/feedback").json()["data"] == []


def test_an_answer_that_is_not_kept_any_more_is_not_found(http: httpx2.Client) -> None:
    assert http.post("/v1/feedback", json={"answer_id": "resp_" + "0" * 32, "answer": "6"}).status_code == 404


def learned(ledger: Ledger, settings: Settings, training_file: str) -> tuple[list[str], list[str]]:
    """Questions that a job learned from, and those that it was examined on."""
    job = ledger.submit({**REQUEST, "training_file": training_file})
    Worker(ledger, settings).work_once()
    assert now(ledger, job).status == "succeeded", messages(ledger, job)
    data = job_folder(settings, job.id) / "data"
    train, held = ([e.evidence.question for e in read_examples(data / f"own.{part}.jsonl")] for part in ("train", "valid"))
    return train, held


def test_practice_learns_corrections_too_the_latest_of_each_question(ledger: Ledger, settings: Settings) -> None:
    ledger.add_correction({"question": "How many went out?", "sql": "SELECT COUNT(*) FROM orders"})
    ledger.add_correction({"question": "how many  went out?", "sql": SQL})
    ledger.add_correction({"question": "And the moon?", "sql": "SELECT 1 FROM moon"})
    train, held = learned(ledger, settings, "")
    assert train.count("how many  went out?") == 4 and "How many went out?" not in train + held
    told = messages(ledger, ledger.jobs(1)[0][0])
    assert any(m.startswith("The correction fb-") and "cannot be used" in m for m in told)
    assert "Corrections that are learned from: 1." in told


def test_corrections_alone_can_be_learned_and_one_is_too_few(ledger: Ledger, settings: Settings) -> None:
    ledger.add_correction({"question": "How many went out?", "sql": SQL})
    few = ledger.submit({**REQUEST, "training_file": "corrections"})
    Worker(ledger, settings).work_once()
    assert now(ledger, few).outcome["error"]["code"] == "too_few_corrections"
    ledger.add_correction({"question": TENTS, "answer": "24 months"})
    train, held = learned(ledger, settings, "corrections")
    assert sorted(train + held) == sorted(["How many went out?", TENTS])


def test_a_job_on_corrections_is_submitted_like_any_other_once_there_are_some(server: Server, http: httpx2.Client) -> None:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none") as client:
        with pytest.raises(openai.BadRequestError, match="no corrections"):
            client.fine_tuning.jobs.create(model="reckoner", training_file="corrections")
        http.post("/v1/feedback", json={"question": TENTS, "answer": "24 months"})
        job = client.fine_tuning.jobs.create(model="reckoner", training_file="corrections")
        assert (job.status, job.training_file) == ("queued", "corrections")
