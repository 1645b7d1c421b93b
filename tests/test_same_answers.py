"""On a CPU the same question has the same answer, to the last bit, however many are asked beside it: the model that ships, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx2
import pytest

from service.answering import Answering
from service.api import create_app
from service.sample import EXAM
from service.settings import Settings
from service.terminal import searching
from service.workspace import Workspace, load_answerer, open_embedder, prepare_sample
from tests.servers import Server

AT_ONCE = 16
QUESTIONS = [json.loads(line)["question"] for line in EXAM.read_text(encoding="utf-8").splitlines()][::8]
OF_ITS_OWN = {"id", "created", "created_at", "timings_ms", "elapsed_ms", "trace"}  # of every answer, whatever it says


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("sample")
    shipped = Settings(_env_file=None, workspace=folder, device="cpu")  # type: ignore[call-arg]
    databases = prepare_sample(folder, embedder=open_embedder(shipped.embedder))
    settings = shipped.model_copy(update={"databases": databases, "workers": AT_ONCE, "requests_per_minute": 0})
    workspace = Workspace.open(settings)
    with searching(settings.model_copy(update={"workers": 2})) as processes:  # as `reckoner serve` does
        answerer = load_answerer(settings.model, settings, processes)
        with Server(create_app(Answering(workspace, answerer, settings), settings)) as running:
            yield running
    workspace.close()


def asked(server: Server, question: str) -> bytes:
    """All that is said of an answer: its text, its structured form, and its trace with every candidate and every probability."""
    answer = httpx2.post(f"{server.url}/v1/responses", json={"input": question}, timeout=120).json()
    trace = httpx2.get(server.url + answer["reckoner"]["trace"], timeout=120).json()
    assert trace["candidates"] and {"text", "confidence", "evidence", "outcome"} <= trace.keys()
    return json.dumps([_without(answer), _without(trace)]).encode()


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without(inner) for name, inner in value.items() if name not in OF_ITS_OWN}
    return [_without(inner) for inner in value] if isinstance(value, list) else value


def test_an_answer_is_the_same_alone_and_beside_fifteen_others(server: Server) -> None:
    alone = {question: asked(server, question) for question in QUESTIONS}
    assert len(set(alone.values())) == len(QUESTIONS) >= 15
    together = Barrier(AT_ONCE)

    def one_of_many(number: int) -> tuple[str, bytes]:
        question = QUESTIONS[number % len(QUESTIONS)]
        together.wait(60)
        return question, asked(server, question)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for question, said in pool.map(one_of_many, range(AT_ONCE)):
            assert said == alone[question], question
