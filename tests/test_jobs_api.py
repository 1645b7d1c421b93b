"""Files, training jobs and versions over HTTP, driven by the official `openai` client."""

from __future__ import annotations

import io
import json
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest

from service.jobs.ledger import Ledger, Version
from service.jobs.folders import job_folder
from service.jobs.worker import Worker
from service.settings import Settings
from tests.servers import Server, served
from tests.workspaces import TENTS, tiny_workspace, untrained_checkpoint

LINES = b"\n".join(json.dumps({"question": q, "answer": a}).encode() for q, a in ((TENTS, "24 months"), ("And boots?", "6 months")))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("jobs")
    workspace, settings = tiny_workspace(folder, model=untrained_checkpoint(folder / "base"), max_upload_bytes=5000)
    workspace.close()
    return settings


@pytest.fixture(scope="module")
def ledger(settings: Settings) -> Iterator[Ledger]:
    ledger = Ledger(settings.record_address)
    yield ledger
    ledger.close()


@pytest.fixture(scope="module")
def server(settings: Settings, ledger: Ledger) -> Iterator[Server]:
    with served(settings, ledger) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=2, _strict_response_validation=True) as client:
        yield client


@pytest.fixture(autouse=True)
def nothing_waits(ledger: Ledger) -> Iterator[None]:
    yield
    for job in ledger.jobs(100)[0]:
        if job.status in ("queued", "paused"):
            ledger.want(job.id, "cancel")


def test_a_file_is_kept_as_it_was_sent_until_it_is_deleted(client: openai.OpenAI) -> None:
    file = client.files.create(file=("mine.jsonl", LINES), purpose="fine-tune")
    assert (file.filename, file.bytes, file.purpose, file.status) == ("mine.jsonl", len(LINES), "fine-tune", "processed")
    assert client.files.retrieve(file.id) == file and file in list(client.files.list(limit=1))
    assert client.files.content(file.id).read() == LINES
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file.id)


@pytest.mark.parametrize(("content", "error"), [(b"", openai.BadRequestError), (b"x" * 6000, openai.APIStatusError)])
def test_a_file_that_is_empty_or_too_large_is_refused_and_leaves_nothing(
    client: openai.OpenAI, settings: Settings, content: bytes, error: type[openai.APIStatusError]
) -> None:
    folder = settings.workspace / "files"
    before = sorted(folder.glob("*"))
    with pytest.raises(error) as refused:
        client.files.create(file=io.BytesIO(content), purpose="fine-tune")
    assert refused.value.status_code == (400 if not content else 413)
    assert sorted(folder.glob("*")) == before


def test_a_job_is_submitted_done_and_its_model_answers(client: openai.OpenAI, ledger: Ledger, settings: Settings) -> None:
    file = client.files.create(file=("mine.jsonl", LINES), purpose="fine-tune")
    once: Any = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1}}}
    job = client.fine_tuning.jobs.create(model="reckoner-tiny", training_file=file.id, suffix="mine", seed=3, method=once)
    assert (job.status, job.model, job.seed, job.fine_tuned_model) == ("queued", "reckoner-tiny", 3, None)
    Worker(ledger, settings).work_once()
    job = client.fine_tuning.jobs.retrieve(job.id)
    assert job.status == "succeeded" and job.fine_tuned_model is not None and ":mine:" in job.fine_tuned_model
    events = list(client.fine_tuning.jobs.list_events(job.id, limit=3))  # several pages
    assert {"message", "metrics"} == {event.type for event in events}
    assert [e.created_at for e in events] == sorted((e.created_at for e in events), reverse=True)
    (point,) = client.fine_tuning.jobs.checkpoints.list(job.id)
    assert point.fine_tuned_model_checkpoint == job.fine_tuned_model and point.metrics.train_loss is not None
    assert job.fine_tuned_model in [model.id for model in client.models.list()]
    assert client.responses.create(model=job.fine_tuned_model, input=TENTS).model == job.fine_tuned_model


def test_practice_needs_no_file(client: openai.OpenAI) -> None:
    job = client.fine_tuning.jobs.create(model="reckoner", training_file="practice")
    assert (job.status, job.training_file) == ("queued", "practice")


def test_a_job_that_waits_is_paused_resumed_and_cancelled(client: openai.OpenAI) -> None:
    job = client.fine_tuning.jobs.create(model="reckoner", training_file="practice")
    with openai.OpenAI(base_url=client.base_url, api_key="none") as lenient:  # the client's types know no "paused"
        assert lenient.fine_tuning.jobs.pause(job.id).status == "paused"
    assert client.fine_tuning.jobs.resume(job.id).status == "queued"
    assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"


def test_a_job_that_has_ended_cannot_be_cancelled_and_the_client_does_not_try_again(server: Server, client: openai.OpenAI) -> None:
    job = client.fine_tuning.jobs.create(model="reckoner", training_file="practice")
    client.fine_tuning.jobs.cancel(job.id)
    answer = httpx2.post(f"{server.url}/v1/fine_tuning/jobs/{job.id}/cancel")
    assert (answer.status_code, answer.headers["x-should-retry"]) == (409, "false")
    with pytest.raises(openai.ConflictError, match="has ended already"):
        client.fine_tuning.jobs.cancel(job.id)


def test_two_jobs_cannot_go_on_from_one_model_at_once(client: openai.OpenAI) -> None:
    first = client.fine_tuning.jobs.create(model="reckoner", training_file="practice")
    with pytest.raises(openai.ConflictError, match=first.id):
        client.fine_tuning.jobs.create(model="reckoner", training_file="practice")


PRACTICE = {"model": "reckoner", "training_file": "practice"}


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"model": "gpt-4", "training_file": "practice"}, 404, "model"),
        ({"training_file": "practice"}, 400, "model"),
        ({"model": "reckoner", "training_file": "file-none"}, 404, "training_file"),
        (PRACTICE | {"hyperparameters": {"n_epochs": -1}}, 400, "n_epochs"),
        (PRACTICE | {"hyperparameters": {"batch_size": "large"}}, 400, "batch_size"),
        (PRACTICE | {"hyperparameters": {"learning_rate_multiplier": 1e9}}, 400, "learning_rate_multiplier"),
        (PRACTICE | {"method": {"type": "dpo"}}, 400, "type"),
        (PRACTICE | {"suffix": "a b"}, 400, "suffix"),
        (PRACTICE | {"colour": "red"}, 400, "colour"),
        ([], 400, None),
    ],
)
def test_a_bad_request_names_its_parameter_and_submits_nothing(
    server: Server, ledger: Ledger, body: object, status: int, param: str | None
) -> None:
    before = len(ledger.jobs(1000)[0])
    answer = httpx2.post(f"{server.url}/v1/fine_tuning/jobs", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param)
    assert len(ledger.jobs(1000)[0]) == before


def test_a_hundred_swaps_under_load_fail_no_request(server: Server, client: openai.OpenAI, ledger: Ledger, settings: Settings) -> None:
    for name in ("left", "right"):
        folder = job_folder(settings, name) / "model"
        shutil.copytree(settings.model, folder, dirs_exist_ok=True)
        ledger.add_version(Version(f"ft:reckoner-tiny:x:{name}", "reckoner-tiny", name, "x", {"why": ""}, 0))
    seen: list[str] = []
    failed: list[Exception] = []
    done = threading.Event()

    def ask() -> None:
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as mine:
            while not done.is_set():
                try:
                    seen.append(mine.responses.create(model="reckoner", input=TENTS).model)
                except Exception as error:
                    failed.append(error)

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    for number in range(100):
        answer = httpx2.post(f"{server.url}/v1/models/ft:reckoner-tiny:x:{('left', 'right')[number % 2]}/promote")
        assert answer.status_code == 200
    assert httpx2.post(f"{server.url}/v1/serving/rollback").json()["model"].endswith(":left")
    done.set()
    for asker in askers:
        asker.join()
    assert failed == [] and len(set(seen)) >= 2
    httpx2.post(f"{server.url}/v1/models/reckoner-tiny/promote")
