"""Files, vector stores and their search over HTTP, driven by the official `openai` client with strict validation."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import openai
import pytest

from retrieval.paging import Page
from retrieval.search import Searcher
from retrieval.stores import Given, Stores
from service.answering import Answering
from service.api import create_app
from service.ingestion import Ingestion
from service.jobs.folders import file_path
from service.jobs.ledger import Ledger
from service.settings import Settings
from service.workspace import Workspace
from tests import postgres
from tests.files import hello, lines, pdf
from tests.servers import Server
from tests.workspaces import UNKNOWN, WARRANTY, Scripted, quoting, tiny_workspace, untrained_embedder
from tools.evidence import Evidence
from tools.language import Program

CANOES = "# Canoes\n\nA canoe carries three people. Its warranty is 9 months.\n"
KAYAKS = "Kayaks carry one person. They have no warranty.\n"
STATIC = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
WAIT: dict[str, Any] = {"poll_interval_ms": 20, "max_wait_seconds": 20}


def answering(workspace: Workspace, settings: Settings) -> Answering:
    """Answers with the warranty of whatever it is shown."""

    def script(evidence: Evidence) -> Sequence[Program]:
        words = [words for words in ("9 months", "24 months") if words in str(evidence.blocks)]
        return quoting(words[0])(evidence) if words else [UNKNOWN]

    return Answering(workspace, Scripted(script), settings)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    url = "" if request.param == "sqlite" else postgres.new_database(request.getfixturevalue("postgres_server"))
    workspace, settings = tiny_workspace(tmp_path_factory.mktemp("stores"), record_url=url)
    workspace.close()
    return settings


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[Server]:
    workspace, ledger = Workspace.open(settings), Ledger(settings.record_address)
    with Server(create_app(answering(workspace, settings), settings, ledger)) as running:
        yield running
    workspace.close()
    ledger.close()


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, _strict_response_validation=True) as client:
        yield client


def upload(client: openai.OpenAI, name: str, text: str | bytes = CANOES) -> str:
    return client.files.create(file=(name, text if isinstance(text, bytes) else text.encode()), purpose="assistants").id


@pytest.fixture
def store(client: openai.OpenAI) -> Iterator[str]:
    """Two read files, about canoes of the year 2024 and about kayaks of 2020."""
    store = client.vector_stores.create(name="boats")
    for name, text, year in (("canoes.md", CANOES, 2024), ("kayaks.txt", KAYAKS, 2020)):
        file = upload(client, name, text)
        client.vector_stores.files.create_and_poll(file, vector_store_id=store.id, attributes={"year": year, "kind": name[:5]}, **WAIT)
    yield store.id
    client.vector_stores.delete(store.id)


def names(page: Any) -> list[str]:
    return [found.filename for found in page.data]


# --- Stores -----------------------------------------------------------------------------------------------------------


def test_a_store_is_made_changed_listed_and_deleted(client: openai.OpenAI) -> None:
    made = client.vector_stores.create(name="boats", metadata={"team": "sea"}, expires_after={"anchor": "last_active_at", "days": 3})
    assert (made.name, made.status, made.metadata, made.file_counts.total) == ("boats", "completed", {"team": "sea"}, 0)
    assert made.expires_after and made.expires_after.days == 3 and made.expires_at == made.last_active_at + 3 * 86_400  # type: ignore[operator]
    changed = client.vector_stores.update(made.id, name="ships", expires_after=None, metadata=None)
    assert (changed.name, changed.expires_at, changed.metadata) == ("ships", None, {})
    assert client.vector_stores.retrieve(made.id) == changed
    assert client.vector_stores.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError, match=made.id):
        client.vector_stores.retrieve(made.id)


def test_stores_are_listed_a_page_at_a_time_in_either_order(client: openai.OpenAI) -> None:
    made = [client.vector_stores.create(name=str(number)).id for number in range(3)]
    latest = [store.id for store in client.vector_stores.list(limit=2)]  # the client turns the pages
    assert latest[:3] == made[::-1] and latest[-1] == "vs_workspace"
    assert [store.id for store in client.vector_stores.list(limit=1, order="asc")] == latest[::-1]
    assert [store.id for store in client.vector_stores.list(limit=1, before=made[0]).data] == [made[1]]
    with pytest.raises(openai.NotFoundError) as error:
        client.vector_stores.list(after="vs_none")
    assert error.value.param == "after"
    for id in made:
        client.vector_stores.delete(id)


def test_the_workspace_is_a_store_that_is_read_and_not_written_to(client: openai.OpenAI) -> None:
    files = client.vector_stores.files.list("vs_workspace", order="asc").data
    assert [file.filename for file in files] == ["warranty.md", "prices.md"]  # type: ignore[attr-defined]
    assert client.vector_stores.retrieve("vs_workspace").file_counts.completed == 2
    assert client.vector_stores.files.content(files[0].id, vector_store_id="vs_workspace").data[0].text == WARRANTY
    assert client.files.content(files[0].id).read() == WARRANTY.encode() and client.files.retrieve(files[0].id).filename == "warranty.md"
    assert names(client.vector_stores.search("vs_workspace", query="day ticket"))[0] == "prices.md"
    for attempt in (
        lambda: client.vector_stores.delete("vs_workspace"),
        lambda: client.vector_stores.files.delete(files[0].id, vector_store_id="vs_workspace"),
        lambda: client.vector_stores.files.create("vs_workspace", file_id=upload(client, "canoes.md")),
    ):
        with pytest.raises(openai.ConflictError, match="cannot be written to"):
            attempt()
    with pytest.raises(openai.NotFoundError):
        client.files.delete(files[0].id)


# --- Files of a store -------------------------------------------------------------------------------------------------


def test_a_file_is_read_and_its_text_and_attributes_come_back(client: openai.OpenAI, store: str) -> None:
    canoes, kayaks = client.vector_stores.files.list(store, order="asc").data
    assert (canoes.status, canoes.usage_bytes, canoes.last_error) == ("completed", len(CANOES), None)
    assert canoes.attributes == {"year": 2024, "kind": "canoe"}
    assert client.vector_stores.files.content(kayaks.id, vector_store_id=store).data[0].text == KAYAKS
    changed = client.vector_stores.files.update(kayaks.id, vector_store_id=store, attributes={"old": True})
    assert changed.attributes == {"old": True} and client.vector_stores.files.retrieve(kayaks.id, vector_store_id=store) == changed
    about = client.vector_stores.retrieve(store)
    assert (about.file_counts.completed, about.file_counts.total, about.usage_bytes) == (2, 2, len(CANOES) + len(KAYAKS))


@pytest.mark.parametrize(
    ("name", "content", "code", "reason"),
    [
        ("picture.png", b"\x89PNG", "unsupported_file", "not .png"),
        ("manual", b"text", "unsupported_file", "without an ending"),
        ("binary.txt", bytes(range(1, 256)), "invalid_file", "UTF-8"),
        ("lease.pdf", b"%PDF-1.7 and nothing else", "invalid_file", "damaged"),
        ("page.md", b"<!doctype html><p>It is HTML", "invalid_file", "holds HTML"),
        ("blank.md", b" \n", "invalid_file", "empty"),
    ],
)
def test_what_cannot_be_read_fails_with_a_reason_that_stays(
    client: openai.OpenAI, settings: Settings, name: str, content: bytes, code: str, reason: str
) -> None:
    store = client.vector_stores.create(file_ids=[upload(client, name, content)])
    (file,) = client.vector_stores.files.list(store.id).data
    file = client.vector_stores.files.poll(file.id, vector_store_id=store.id, **WAIT)
    assert file.status == "failed" and file.last_error and file.last_error.code == code and reason in file.last_error.message
    workspace, ledger = Workspace.open(settings), Ledger(settings.record_address)
    with Server(create_app(answering(workspace, settings), settings, ledger)) as another:
        again = client.with_options(base_url=f"{another.url}/v1").vector_stores.files.list(store.id, filter="failed").data
    assert again == [file] and client.vector_stores.files.list(store.id, filter="completed").data == []
    assert client.vector_stores.files.content(file.id, vector_store_id=store.id).data == []
    workspace.close()
    ledger.close()


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("rafts.pdf", pdf([lines("A raft carries nine people.")]), "###### Page 1\n\nA raft carries nine people.\n"),
        ("rafts.docx", hello("A raft carries nine people."), "A raft carries nine people.\n"),
        ("rafts.HTML", b"<title>Rafts</title><p>A raft carries nine people.", "A raft carries nine people.\n"),
        ("rafts.csv", b"Boat,People\nraft,nine\n", "Boat: raft; People: nine\n"),
    ],
)
def test_files_of_every_format_are_read_and_found(client: openai.OpenAI, store: str, name: str, content: bytes, text: str) -> None:
    file = client.vector_stores.files.upload_and_poll(vector_store_id=store, file=(name, content), poll_interval_ms=20)
    assert (file.status, file.last_error, file.usage_bytes) == ("completed", None, len(text))
    assert client.vector_stores.files.content(file.id, vector_store_id=store).data[0].text == text
    found = client.vector_stores.search(store, query="raft nine people").data[0]
    assert found.file_id == file.id and found.content[0].text in text


def test_a_batch_counts_its_files_and_lists_them(client: openai.OpenAI, store: str) -> None:
    good, bad = upload(client, "rafts.md", "A raft floats."), upload(client, "raft.pdf", "%PDF")
    batch = client.vector_stores.file_batches.create_and_poll(
        store, files=[{"file_id": good, "attributes": {"kind": "raft"}}, {"file_id": bad}], poll_interval_ms=20
    )
    assert (batch.status, batch.file_counts.completed, batch.file_counts.failed, batch.file_counts.total) == ("completed", 1, 1, 2)
    files = {file.id: file for file in client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store)}
    assert set(files) == {good, bad} and files[good].attributes == {"kind": "raft"}
    cancelled = client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store)
    assert cancelled.status == "completed"  # nothing was left to cancel
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.file_batches.retrieve("vsfb_none", vector_store_id=store)


def test_files_that_waited_when_the_service_ended_are_read_by_the_next(tmp_path: Path) -> None:
    workspace, settings = tiny_workspace(tmp_path)
    ledger = Ledger(settings.record_address)
    app = create_app(answering(workspace, settings), settings, ledger)
    with Server(app) as server, openai.OpenAI(base_url=f"{server.url}/v1", api_key="none") as client:
        file = upload(client, "canoes.md")
        store = client.vector_stores.create()
    Stores(workspace.record).attach_all(store.id, [Given(file, "canoes.md")])  # what a killed service leaves
    with Server(create_app(answering(workspace, settings), settings, ledger)) as server:
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none") as client:
            assert client.vector_stores.files.poll(file, vector_store_id=store.id, **WAIT).status == "completed"
    workspace.close()
    ledger.close()


def test_files_are_read_with_vectors_and_one_that_cannot_be_holds_up_no_other(tmp_path: Path) -> None:
    workspace, settings = tiny_workspace(tmp_path)
    stores, embedder = Stores(workspace.record), untrained_embedder()
    for id, text in (("file-1", CANOES), ("file-3", KAYAKS)):
        file_path(settings, id).parent.mkdir(exist_ok=True)
        file_path(settings, id).write_text(text)
    store = stores.create("boats", [Given("file-1", "1.md"), Given("file-2", "gone.md"), Given("file-3", "3.md")])
    Ingestion(stores, settings, lambda: embedder).read_all()
    assert [(file.status, file.code) for file in stores.files(store.id, Page(ascending=True))[0]] == [
        ("completed", ""), ("failed", "invalid_file"), ("completed", ""),
    ]  # fmt: skip
    hits = Searcher(workspace.record, embedder).search("canoe", 10, stores.searchable([store.id]))
    assert {hit.document for hit in hits} == {"file-1", "file-3"} and all(hit.dense_rank for hit in hits)

    class Broken:
        """One whose weights do not fit what it says of itself."""

        id, dimension = "broken", 4

        def embed(self, texts: Sequence[str], kind: str) -> np.ndarray:
            return np.zeros((len(texts) + 1, 4), np.float32)

    other = stores.create("broken", [Given("file-4", "4.md")])
    file_path(settings, "file-4").write_text(CANOES)
    Ingestion(stores, settings, Broken).read_all()
    assert (stores.file(other.id, "file-4").code, stores.searchable([other.id])) == ("server_error", {})  # type: ignore[union-attr]
    workspace.close()


def test_files_are_listed_in_either_order(client: openai.OpenAI) -> None:
    made = [upload(client, f"{number}.md") for number in range(3)]
    assert [file.id for file in client.files.list(limit=2)][:3] == made[::-1]
    assert [file.id for file in client.files.list(limit=2, order="asc")][-3:] == made
    with pytest.raises(openai.BadRequestError) as error:
        client.files.create(file=("a.md", b"a"), purpose="assistants", expires_after={"anchor": "created_at", "seconds": 3600})
    assert error.value.param == "expires_after[anchor]"
    for id in made:
        client.files.delete(id)


# --- Search -----------------------------------------------------------------------------------------------------------


def test_search_finds_passages_of_the_store_alone_best_first(client: openai.OpenAI, store: str) -> None:
    page = client.vector_stores.search(store, query="How many people does a canoe carry?")
    assert names(page)[0] == "canoes.md" and "warranty.md" not in names(page)
    best = page.data[0]
    assert best.content[0].text == "A canoe carries three people. Its warranty is 9 months."
    assert best.attributes == {"year": 2024, "kind": "canoe"}
    scores = [found.score for found in page.data]
    assert scores == sorted(scores, reverse=True) and all(0 <= score <= 1 for score in scores)
    assert names(client.vector_stores.search(store, query="canoe warranty", max_num_results=1)) == names(page)[:1]
    several = client.vector_stores.search(store, query=["canoe", "kayaks"])
    assert sorted(names(several)) == ["canoes.md", "kayaks.txt"] and several.search_query == ["canoe", "kayaks"]  # type: ignore[attr-defined]
    sure = client.vector_stores.search(store, query="canoe with a warranty", ranking_options={"score_threshold": 0.9})
    assert names(sure) == ["canoes.md"]


def comparison(type: str, key: str, value: Any) -> dict[str, Any]:
    return {"type": type, "key": key, "value": value}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (comparison("eq", "year", 2024), "c"), (comparison("ne", "year", 2024), "k"), (comparison("gt", "year", 2020), "c"),
        (comparison("gte", "year", 2020), "ck"), (comparison("lt", "year", 2024), "k"), (comparison("lte", "year", 2019.5), ""),
        (comparison("in", "kind", ["canoe", "raft"]), "c"), (comparison("nin", "kind", ["canoe"]), "k"),
        (comparison("gt", "kind", "d"), "k"),
        (comparison("eq", "colour", "red"), ""), (comparison("ne", "colour", "red"), "ck"), (comparison("eq", "year", "2024"), ""),
        (comparison("eq", "year", True), ""),
        ({"type": "and", "filters": [comparison("gte", "year", 2020), comparison("eq", "kind", "kayak")]}, "k"),
        ({"type": "or", "filters": [comparison("eq", "kind", "canoe"), {"type": "and", "filters": [comparison("lt", "year", 9)]}]}, "c"),
    ],
)  # fmt: skip
def test_filters_choose_files_by_their_attributes(client: openai.OpenAI, store: str, filters: Any, found: str) -> None:
    page = client.vector_stores.search(store, query="canoe kayaks warranty", filters=filters)
    assert "".join(sorted(name[0] for name in names(page))) == found


def test_what_is_deleted_is_not_found_by_the_next_search(client: openai.OpenAI, store: str) -> None:
    canoes, kayaks = client.vector_stores.files.list(store, order="asc").data
    assert client.vector_stores.files.delete(canoes.id, vector_store_id=store).deleted
    assert names(client.vector_stores.search(store, query="canoe kayaks")) == ["kayaks.txt"]
    assert client.files.retrieve(canoes.id).filename == "canoes.md"  # still among the files, and can be added again
    client.vector_stores.files.create_and_poll(canoes.id, vector_store_id=store, **WAIT)
    assert client.files.delete(canoes.id).deleted and client.files.delete(kayaks.id).deleted
    assert client.vector_stores.search(store, query="canoe kayaks").data == []
    assert client.vector_stores.retrieve(store).file_counts.total == 0


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("", {"name": "x", "chunking_strategy": STATIC}, "chunking_strategy"),
        ("", {"expires_after": {"anchor": "created_at", "days": 1}}, "anchor"),
        ("", {"metadata": {"a": 1}}, "metadata"),
        ("", {"surprise": 1}, "surprise"),
        ("/{}/files", {}, "file_id"),
        ("/{}/files", {"file_id": "f", "attributes": {"a": [1]}}, "attributes"),
        ("/{}/files", {"file_id": "f", "attributes": {str(n): n for n in range(17)}}, "attributes"),
        ("/{}/file_batches", {}, "file_ids"),
        ("/{}/search", {}, "query"),
        ("/{}/search", {"query": ""}, "query"),
        ("/{}/search", {"query": []}, "query"),
        ("/{}/search", {"query": "x", "max_num_results": 51}, "max_num_results"),
        ("/{}/search", {"query": "x", "rewrite_query": True}, "rewrite_query"),
        ("/{}/search", {"query": "x", "ranking_options": {"ranker": "default-2024-11-15"}}, "ranker"),
        ("/{}/search", {"query": "x", "ranking_options": {"score_threshold": 2}}, "score_threshold"),
        ("/{}/search", {"query": "x", "filters": {"type": "like", "key": "a", "value": "b"}}, "filters"),
        ("/{}/search", {"query": "x", "filters": {"type": "in", "key": "a", "value": "b"}}, "filters"),
        ("/{}/search", {"query": "x", "filters": {"type": "and", "filters": [{"type": "gt", "key": "a", "value": True}]}}, "filters"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(server: Server, store: str, path: str, body: Any, param: str) -> None:
    answer = httpx2.post(f"{server.url}/v1/vector_stores{path.format(store)}", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.text


def test_a_number_beyond_all_numbers_is_no_attribute(server: Server, store: str) -> None:
    body = b'{"file_id": "f", "attributes": {"n": 1e999}}'
    answer = httpx2.post(f"{server.url}/v1/vector_stores/{store}/files", content=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "attributes")


def test_a_store_that_has_expired_is_not_searched(client: openai.OpenAI, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client.vector_stores.update(store, expires_after={"anchor": "last_active_at", "days": 1})
    later = time.time() + 2 * 86_400
    with monkeypatch.context() as clock:
        clock.setattr("retrieval.stores.time.time", lambda: later)
        assert client.vector_stores.retrieve(store).status == "expired"
        with pytest.raises(openai.BadRequestError, match="expired"):
            client.vector_stores.search(store, query="canoe")
    client.vector_stores.update(store, expires_after=None)
    assert names(client.vector_stores.search(store, query="canoe")) == ["canoes.md"]
