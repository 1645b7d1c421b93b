"""The contract with OpenAI's client: every endpoint of OpenAI's that the service has, driven by the pinned `openai` with its strict
validation of responses on; and for each what it does not take, by name.

What the answers say is tested elsewhere, and so are vector stores (`test_vector_stores.py`) and functions (`test_function_tools.py`).
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai.resources.chat.completions import Completions
from openai.resources.embeddings import Embeddings
from openai.resources.responses import Responses

from service.jobs.ledger import Ledger
from service.jobs.worker import Worker
from service.parameters import RESULTS, ChatRequest, EmbeddingsRequest, ResponsesRequest
from service.settings import Settings
from tests.servers import Server, served
from tests.test_metrics_api import scrape
from tests.workspaces import TENTS, tiny_workspace, untrained_checkpoint, untrained_embedder

LINES = b"\n".join(json.dumps({"question": q, "answer": a}).encode() for q, a in ((TENTS, "24 months"), ("And boots?", "6 months")))
MESSAGES: Any = [{"role": "user", "content": TENTS}]
JOB: Any = {"model": "reckoner", "training_file": "practice"}
# What OpenAI's client has no word for, and what other files of tests drive.
OTHERS = ("/v1/answers", "/v1/feedback", "/v1/learning", "/v1/serving", "/v1/databases", "/v1/tools", "/v1/vector_stores", "/docs",
          "/openapi.json", "/metrics", "/health", "/v1/models/{name:path}/promote")  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("contract")
    workspace, settings = tiny_workspace(folder, model=untrained_checkpoint(folder / "base"))
    workspace.close()
    return settings


@pytest.fixture(scope="module")
def ledger(settings: Settings) -> Iterator[Ledger]:
    ledger = Ledger(settings.record_address)
    yield ledger
    ledger.close()


@pytest.fixture(scope="module")
def server(settings: Settings, ledger: Ledger) -> Iterator[Server]:
    with served(settings, ledger, untrained_embedder()) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", _strict_response_validation=True) as client:
        yield client


def test_every_endpoint_answers_the_client_that_checks_its_types(
    client: openai.OpenAI, server: Server, ledger: Ledger, settings: Settings
) -> None:
    """In the order of somebody's first day."""
    model, embedder = [model.id for model in client.models.list()]
    assert client.models.retrieve(model).owned_by == "reckoner"

    response = client.responses.create(model=model, input=TENTS, metadata={"ticket": "7"}, temperature=0, store=False)
    assert (response.status, response.metadata) == ("completed", {"ticket": "7"})
    assert client.responses.retrieve(response.id) == response
    client.responses.delete(response.id)
    assert list(client.responses.create(model=model, input=TENTS, stream=True))[-1].type == "response.completed"
    completion = client.chat.completions.create(model=model, messages=MESSAGES, max_completion_tokens=100)
    assert completion.choices[0].finish_reason == "stop" and completion.usage is not None
    chunks = list(client.chat.completions.create(model=model, messages=MESSAGES, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].usage is not None

    # As numbers: strict validation refuses the client's own default, base64, before the client has read it (test_api.py reads it).
    assert len(client.embeddings.create(model=embedder, input=["Tents", "Boots"], encoding_format="float").data) == 2

    file = client.files.create(file=("mine.jsonl", LINES), purpose="fine-tune")
    assert client.files.retrieve(file.id) in list(client.files.list(limit=1, purpose="fine-tune"))
    assert client.files.content(file.id).read() == LINES

    jobs = client.fine_tuning.jobs
    once: Any = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1, "batch_size": 1}}}
    waiting = jobs.create(**JOB)
    paused = httpx2.post(f"{server.url}/v1/fine_tuning/jobs/{waiting.id}/pause").json()  # the types of the client have no such status
    assert (paused["status"], jobs.resume(waiting.id).status, jobs.cancel(waiting.id).status) == ("paused", "queued", "cancelled")
    job = jobs.create(model=model, training_file=file.id, suffix="mine", seed=3, method=once, metadata={"why": "contract"})
    Worker(ledger, settings).work_once()
    job = jobs.retrieve(job.id)
    assert job.status == "succeeded" and job in list(jobs.list(limit=1)) and job.metadata == {"why": "contract"}
    events = list(jobs.list_events(job.id, limit=2))
    assert len({event.id for event in events}) == len(events) > 2
    (checkpoint,) = jobs.checkpoints.list(job.id)
    assert checkpoint.fine_tuned_model_checkpoint == job.fine_tuned_model
    assert client.models.retrieve(str(job.fine_tuned_model)).id == job.fine_tuned_model
    assert client.files.delete(file.id).deleted

    answered = {dict(labels)["route"] for name, labels in scrape(server) if name == "requests_total" and dict(labels)["status"] == "200"}
    routes = {route.path for route in server.server.config.app.routes}  # type: ignore[union-attr]
    assert {route for route in routes if route != "/" and not route.startswith(OTHERS)} <= answered
    assert {"/v1/responses", "/v1/fine_tuning/jobs/{id}/checkpoints"} <= answered


def test_the_asynchronous_client_reads_pages_too(server: Server) -> None:
    import asyncio

    async def names() -> list[str]:
        strict = {"api_key": "none", "_strict_response_validation": True}
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", **strict) as client:  # type: ignore[arg-type]
            for name in ("a", "b", "c"):
                await client.files.create(file=(name, b"{}"), purpose="user_data")
            return [file.filename async for file in client.files.list(limit=2, purpose="user_data")]

    assert asyncio.run(names())[:3] == ["c", "b", "a"]


# --- What is not taken ------------------------------------------------------------------------------------------------


def responses(**given: Any) -> Callable[[openai.OpenAI], Any]:
    return lambda client: client.responses.create(**{"model": "reckoner", "input": TENTS, **given})


def chat(**given: Any) -> Callable[[openai.OpenAI], Any]:
    return lambda client: client.chat.completions.create(**{"model": "reckoner", "messages": MESSAGES, **given})


def embeddings(**given: Any) -> Callable[[openai.OpenAI], Any]:
    return lambda client: client.embeddings.create(**{"model": "reckoner-embedder", "input": "Tents", **given})


def job(**given: Any) -> Callable[[openai.OpenAI], Any]:
    return lambda client: client.fine_tuning.jobs.create(**{**JOB, **given})


IMAGE = {"type": "input_image", "image_url": "data:,"}
SCHEMA: Any = {"type": "json_schema", "name": "n", "schema": {"type": "object"}}


@pytest.mark.parametrize(("call", "param"), [
    (responses(previous_response_id="resp_1"), "previous_response_id"), (responses(conversation="conv_1"), "conversation"),
    (responses(background=True), "background"), (responses(prompt={"id": "p"}), "prompt"), (responses(text={"format": SCHEMA}), "text"),
    (responses(tools=[{"type": "web_search"}]), "tools[0].type"), (responses(top_logprobs=3), "top_logprobs"),
    (responses(input=[]), "input"), (responses(extra_body={"colour": "red"}), "colour"), (responses(metadata={"a": 1}), "metadata"),
    (responses(temperature="hot"), "temperature"), (responses(temperature=9), "temperature"), (responses(top_p=-1), "top_p"),
    (responses(max_output_tokens=0), "max_output_tokens"), (responses(store="yes"), "store"), (responses(user=5), "user"),
    (responses(parallel_tool_calls=7), "parallel_tool_calls"), (responses(truncation="half"), "truncation"),
    (responses(instructions=5), "instructions"), (responses(include=["message.output_text.logprobs"]), "include"),
    (responses(include=["everything"]), "include"), (responses(metadata={str(i): "a" for i in range(17)}), "metadata"),
    (responses(text={"format": {"type": "text"}, "colour": "red"}), "text"), (responses(extra_body={"max_tokens": 5}), "max_tokens"),
    (responses(input=[{"role": "robot", "content": TENTS}]), "input[0].role"),
    (responses(input=[{"type": "item_reference", "id": "msg_1"}, *MESSAGES]), "input[0].type"),
    (responses(input=[{"role": "user", "content": [{"type": "input_text", "text": TENTS}, IMAGE]}]), "input[0].content[1].type"),
    (responses(input=[{"role": "user", "content": [IMAGE]}, *MESSAGES]), "input[0].content[0].type"),  # of an earlier turn, too
    (responses(input=[{"role": "user", "content": [{"type": "input_text"}]}]), "input[0].content[0].text"),
    (chat(n=0), "n"), (chat(seed="a"), "seed"), (chat(max_tokens=-1), "max_tokens"), (chat(frequency_penalty=5), "frequency_penalty"),
    (chat(messages=[{"role": "system", "content": 5}, *MESSAGES]), "messages[0].content"),
    (chat(messages=[{"content": TENTS}, *MESSAGES]), "messages[0].role"), (chat(extra_body={"include": [RESULTS]}), "include"),
    (chat(n=2), "n"), (chat(stop=["."]), "stop"), (chat(logprobs=True), "logprobs"), (chat(logit_bias={"5": 1}), "logit_bias"),
    (chat(response_format={"type": "json_object"}), "response_format"), (chat(modalities=["audio"]), "modalities"),
    (chat(audio={"voice": "alloy", "format": "wav"}), "audio"), (chat(prediction={"type": "content", "content": "5"}), "prediction"),
    (chat(web_search_options={}), "web_search_options"), (chat(functions=[{"name": "f"}]), "functions"), (chat(messages=[]), "messages"),
    (embeddings(dimensions=7), "dimensions"), (embeddings(input=[[1, 2]]), "input"),
    (embeddings(extra_body={"colour": "red"}), "colour"),
    (lambda client: client.files.create(file=("a", b"a"), purpose="vision"), "purpose"),
    (lambda client: client.files.create(file=("a", b"a"), purpose="evals"), "purpose"),  # the client's own list knows no such file
    (lambda client: client.fine_tuning.jobs.list(metadata={"why": "contract"}), "metadata[why]"),
    (lambda client: client.files.list(extra_query={"colour": "red"}), "colour"),
    (lambda client: client.fine_tuning.jobs.list(extra_query={"order": "asc"}), "order"),
    (lambda client: client.files.list(limit=0), "limit"), (lambda client: client.fine_tuning.jobs.list(limit=101), "limit"),
    (job(integrations=[{"type": "wandb", "wandb": {"project": "p"}}]), "integrations"), (job(method={"type": "dpo"}), "type"),
    (job(hyperparameters={"n_epochs": 99}), "n_epochs"), (job(suffix="a b"), "suffix"), (job(seed=-1), "seed"),
    (job(metadata={"a": "b" * 513}), "metadata"),
])  # fmt: skip
def test_what_an_endpoint_does_not_take_is_named(client: openai.OpenAI, call: Callable[[openai.OpenAI], Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as error:
        call(client)
    assert error.value.param == param
    assert error.value.type == "invalid_request_error" and error.value.code and error.value.request_id


@pytest.mark.parametrize(("method", "kind"), [
    (Responses, ResponsesRequest), (Completions, ChatRequest), (Embeddings, EmbeddingsRequest),
])  # fmt: skip
def test_every_parameter_of_the_client_is_known(method: Any, kind: Any) -> None:
    """Taken, or refused as what it is; none is told to be unknown because nobody here has heard of it."""
    theirs = set(inspect.signature(method.create).parameters) - {"self", "extra_headers", "extra_query", "extra_body", "timeout"}
    assert theirs <= kind.model_fields.keys() | kind.anyway.keys()
    assert not kind.model_fields.keys() & kind.anyway.keys()


def test_parameters_without_meaning_here_are_taken_and_said_again(client: openai.OpenAI) -> None:
    sampling: Any = {"temperature": 1, "top_p": 0.5, "user": "u", "store": False, "parallel_tool_calls": True, "service_tier": "auto"}
    plain = client.responses.create(model="reckoner", input=TENTS)
    response = client.responses.create(
        model="reckoner", input=TENTS, instructions="Be brief.", max_output_tokens=4096, text={"verbosity": "low"}, truncation="auto",
        reasoning={"effort": "low"}, include=["reasoning.encrypted_content"], safety_identifier="u", prompt_cache_key="k", **sampling,
    )  # fmt: skip
    assert said(response) == said(plain)
    assert (response.instructions, response.max_output_tokens, response.truncation, response.user) == ("Be brief.", 4096, "auto", "u")
    assert (response.temperature, response.top_p, response.parallel_tool_calls) == (1, 0.5, False)
    completion = client.chat.completions.create(
        model="reckoner", seed=1, max_tokens=4096, presence_penalty=0, frequency_penalty=0.5, stop=None, n=1, logprobs=False,
        reasoning_effort="low", verbosity="low", response_format={"type": "text"}, **sampling,
        messages=[{"role": "system", "content": "Be brief."}, {"role": "developer", "content": [{"type": "text", "text": "Please."}]},
                  {"role": "user", "content": "Hello"}, {"role": "assistant", "content": None, "refusal": "No."}, *MESSAGES],
    )  # fmt: skip
    assert (completion.choices[0].message.content or completion.choices[0].message.refusal) == said(plain)


def said(response: Any) -> str:
    (part,) = response.output[0].content
    return part.refusal if part.type == "refusal" else part.text


def test_an_answer_that_may_not_be_so_long_is_cut_and_says_so(client: openai.OpenAI) -> None:
    whole = client.responses.create(model="reckoner", input=TENTS)
    assert whole.usage is not None and (tokens := whole.usage.output_tokens) > 4
    asked: Any = {"model": "reckoner", "input": TENTS, "max_output_tokens": tokens - 1}
    cut = client.responses.create(**asked)
    assert (cut.status, cut.output[0].status) == ("incomplete", "incomplete")
    assert cut.incomplete_details is not None and cut.incomplete_details.reason == "max_output_tokens"
    assert said(whole).startswith(said(cut)) and 0 < len(said(cut)) < len(said(whole))
    assert cut.usage is not None and cut.usage.output_tokens <= tokens - 1
    last = list(client.responses.create(**asked, stream=True))[-1]
    assert last.type == "response.incomplete" and said(last.response) == said(cut)
    (choice,) = client.chat.completions.create(model="reckoner", messages=MESSAGES, max_tokens=tokens - 1).choices
    assert choice.finish_reason == "length" and (choice.message.content or choice.message.refusal) == said(cut)
    assert client.responses.create(**{**asked, "max_output_tokens": tokens}).status == "completed"


@pytest.mark.parametrize(("call", "param"), [
    (responses(model="gpt-4"), "model"), (chat(model="gpt-4"), "model"), (embeddings(model="gpt-4"), "model"),
    (job(model="gpt-4"), "model"),
    (lambda client: client.models.retrieve("gpt-4"), "model"), (lambda client: client.files.retrieve("file-none"), "id"),
    (lambda client: client.files.content("file-none"), "id"), (lambda client: client.files.delete("file-none"), "id"),
    (lambda client: client.files.list(after="file-none"), "after"), (job(training_file="file-none"), "training_file"),
    (lambda client: client.fine_tuning.jobs.retrieve("ftjob-none"), "id"),
    (lambda client: client.fine_tuning.jobs.cancel("ftjob-none"), "id"),
    (lambda client: client.fine_tuning.jobs.list_events("ftjob-none"), "id"),
    (lambda client: client.fine_tuning.jobs.list(after="ftjob-none"), "after"),
    (lambda client: client.fine_tuning.jobs.checkpoints.list("ftjob-none"), "id"), (lambda client: client.batches.list(), None),
    (lambda client: client.moderations.create(input="a"), None), (lambda client: client.models.delete("reckoner"), None),
])  # fmt: skip
def test_what_is_not_there_is_named(client: openai.OpenAI, call: Callable[[openai.OpenAI], Any], param: str | None) -> None:
    with pytest.raises(openai.APIStatusError) as error:
        call(client)
    status = 405 if error.value.code == "method_not_allowed" else 404
    assert (error.value.status_code, error.value.param) == (status, param)
    assert error.value.type == "invalid_request_error" and error.value.code and error.value.request_id


@pytest.mark.parametrize("wish", ["cancel", "pause", "resume"])
def test_what_contradicts_how_things_stand_is_not_tried_again(client: openai.OpenAI, server: Server, wish: str) -> None:
    """The client tries a 409 again unless it is told not to; how often it was asked is counted by the server."""
    ended = client.fine_tuning.jobs.cancel(client.fine_tuning.jobs.create(**JOB).id)

    def asked() -> float:
        return sum(count for (name, labels), count in scrape(server).items() if name == "requests_total" and ("status", "409") in labels)

    before = asked()
    with pytest.raises(openai.ConflictError) as error:
        getattr(client.fine_tuning.jobs, wish)(ended.id)
    assert (error.value.code, error.value.param, error.value.response.headers["x-should-retry"]) == ("job_over", "id", "false")
    assert error.value.request_id and asked() == before + 1


def test_the_client_is_the_pinned_one() -> None:
    pinned = (Path(__file__).parents[1] / "constraints.txt").read_text(encoding="utf-8")
    assert f"openai=={openai.__version__}\n" in pinned
