"""Snapshots over HTTP and on the command line: what an answer came from is gone, and back, and an old answer says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from retrieval.ingest import index_text
from retrieval.record import Record
from retrieval.stores import WORKSPACE
from service.answering import Answering
from service.api import create_app
from service.cli import main
from service.jobs.ledger import Ledger
from service.settings import Settings
from service.workspace import Workspace
from tests.servers import Server
from tests.workspaces import TENTS, WARRANTY, Scripted, quoting

CANOES = "# Canoes\n\nA canoe carries three people. Its warranty is 24 months.\n"


@pytest.fixture
def server(settings: Settings, ledger: Ledger) -> Iterator[Server]:
    workspace = Workspace.open(settings)
    with Server(create_app(Answering(workspace, Scripted(quoting("24 months")), settings), settings, ledger)) as running:
        yield running
    workspace.close()


def ask(server: Server, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = httpx2.request(method, f"{server.url}/v1{path}", json=body, timeout=60)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_an_old_answer_stands_again_when_its_document_is_back(server: Server, settings: Settings) -> None:
    id = ask(server, "POST", "/responses", {"model": "reckoner", "input": TENTS})["id"]
    snapshot = ask(server, "POST", f"/vector_stores/{WORKSPACE}/snapshots", {"name": "spring"})
    assert (snapshot["object"], snapshot["name"], snapshot["documents"], snapshot["kept_documents"]) == (
        "vector_store.snapshot", "spring", 2, 0,
    )  # fmt: skip
    record = Record(settings.record_address)
    index_text(record, None, "warranty.md", WARRANTY.replace("24", "12"))
    record.close()
    verified = ask(server, "POST", f"/answers/{id}/verify")
    assert not verified["stands"] and "24 months" in verified["differences"][0]
    back = ask(server, "POST", f"/vector_stores/{WORKSPACE}/snapshots/{snapshot['id']}/rollback")
    assert (back["restored"], back["removed"], back["undo"]["kept_documents"]) == (1, 1, 1)
    assert ask(server, "POST", f"/answers/{id}/verify") == {**verified, "stands": True, "differences": []}
    assert "24 months" in str(ask(server, "POST", "/responses", {"model": "reckoner", "input": TENTS})["output"])


def test_a_store_goes_back_and_a_file_that_is_deleted_altogether_does_not(server: Server) -> None:
    sent = {"file": ("canoes.md", CANOES.encode()), "purpose": (None, "assistants")}
    file = httpx2.post(f"{server.url}/v1/files", files=sent).json()["id"]
    store = ask(server, "POST", "/vector_stores", {"file_ids": [file]})["id"]
    while ask(server, "GET", f"/vector_stores/{store}/files/{file}")["status"] == "in_progress":
        pass
    path = f"/vector_stores/{store}/snapshots"
    snapshot = ask(server, "POST", path, {})["id"]
    ask(server, "DELETE", f"/vector_stores/{store}/files/{file}")
    assert ask(server, "POST", f"/vector_stores/{store}/search", {"query": "canoe"})["data"] == []
    ask(server, "POST", f"{path}/{snapshot}/rollback")
    [found] = ask(server, "POST", f"/vector_stores/{store}/search", {"query": "canoe"})["data"]
    assert found["file_id"] == file
    ask(server, "DELETE", f"/files/{file}")
    ask(server, "POST", f"{path}/{snapshot}/rollback")
    assert ask(server, "POST", f"/vector_stores/{store}/search", {"query": "canoe"})["data"] == []
    listed = ask(server, "GET", path)
    assert [one["documents"] for one in listed["data"]] == [0, 0, 0] and listed["data"][-1]["id"] == snapshot
    assert ask(server, "DELETE", f"{path}/{snapshot}") == {"id": snapshot, "object": "vector_store.snapshot.deleted", "deleted": True}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "param"),
    [
        ("POST", "/vector_stores/vs_none/snapshots", {}, 404, "vector_store_id"),
        ("POST", f"/vector_stores/{WORKSPACE}/snapshots", {"name": 7}, 400, "name"),
        ("POST", f"/vector_stores/{WORKSPACE}/snapshots", {"title": "x"}, 400, "title"),
        ("GET", f"/vector_stores/{WORKSPACE}/snapshots/snap_none", None, 404, "snapshot"),
        ("GET", f"/vector_stores/{WORKSPACE}/snapshots?after=snap_none", None, 404, "after"),
        ("POST", f"/vector_stores/{WORKSPACE}/snapshots/%00/rollback", None, 404, "snapshot"),
        ("DELETE", f"/vector_stores/{WORKSPACE}/snapshots/snap_none", None, 404, "snapshot"),
    ],
)
def test_what_is_not_there_or_wrong_is_named(server: Server, method: str, path: str, body: Any, status: int, param: str) -> None:
    assert ask(server, method, path, body, status)["error"]["param"] == param


def run(capsys: pytest.CaptureFixture[str], settings: Settings, *arguments: str, code: int = 0) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--workspace", str(settings.workspace)])
    assert (ended.value.code or 0) == code
    return capsys.readouterr().out


def test_the_command_line_takes_lists_goes_back_and_deletes(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    record = Record(settings.record_address)
    before = record.documents()
    snapshot = run(capsys, settings, "snapshots", "create", "--name", "spring").strip()
    assert run(capsys, settings, "delete", "warranty.md") == "1 deleted\n" and record.document("warranty.md") is None
    run(capsys, settings, "delete", "warranty.md", code=2)
    listed = run(capsys, settings, "snapshots", "list")
    assert listed.startswith(snapshot) and "2 documents  1 of them kept  spring" in listed
    assert run(capsys, settings, "snapshots", "rollback", snapshot) == "1 documents came back, 0 went\n"
    assert record.documents() == before
    assert run(capsys, settings, "delete", "warranty.md", "--everywhere") == "1 deleted\n"
    assert run(capsys, settings, "snapshots", "rollback", snapshot) == "0 documents came back, 0 went\n"
    assert [document.name for document in record.documents()] == ["prices.md"]
    assert run(capsys, settings, "snapshots", "delete", snapshot) == f"{snapshot} is deleted\n"
    run(capsys, settings, "snapshots", "delete", snapshot, code=2)
    run(capsys, settings, "snapshots", "list", "--store", "vs_none", code=2)
    record.close()
