"""The service over a PostgreSQL database: answers from it, and a server that is down at the start and comes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2
import psycopg
import pytest

from service.answering import Answering
from service.api import create_app
from service.settings import Settings
from service.workspace import Workspace
from tests import postgres
from tests.servers import Server
from tests.workspaces import COUNT, TENTS, UNKNOWN, Scripted, quoting, tiny_workspace
from tools import postgres_database
from tools.errors import Unreachable
from tools.evidence import Evidence, Schema
from tools.language import Program

pytestmark = pytest.mark.skipif(postgres.binaries() is None, reason="PostgreSQL is not installed")
ORDERS = "How many orders were shipped?"


def script(evidence: Evidence) -> Sequence[Program]:
    if evidence.question == TENTS:
        return quoting("24 months")(evidence)
    return [COUNT] if any(isinstance(block, Schema) for block in evidence.blocks) else [UNKNOWN]


@pytest.fixture(scope="module")
def socket() -> Iterator[Path]:
    with postgres.running() as folder:
        yield Path(folder)


@pytest.fixture
def away(socket: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Workspace, Settings]]:
    """A workspace over a database whose server is behind a door that is shut: linking `door` to the socket's folder opens it."""
    monkeypatch.setattr(postgres_database, "_DOWN_SECONDS", 0.0)
    address = postgres.new_database(str(socket))
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE orders (id int PRIMARY KEY, status text, total real)")
        connection.execute("INSERT INTO orders VALUES (1, 'shipped', 20.5), (2, 'shipped', 9), (3, 'processing', 4)")
    door = tmp_path / "door"
    workspace, settings = tiny_workspace(tmp_path, databases={"shop": address.replace(str(socket), str(door)) + "&password=s3cret"})
    yield door, workspace, settings
    workspace.close()


def test_a_server_that_is_down_at_the_start_is_said_and_its_return_noticed(socket: Path, away: tuple[Path, Workspace, Settings]) -> None:
    door, workspace, settings = away
    with Server(create_app(Answering(workspace, Scripted(script), settings), settings)) as server:

        def ask(question: str) -> httpx2.Response:
            return httpx2.post(f"{server.url}/v1/responses", json={"input": question})

        (listed,) = httpx2.get(f"{server.url}/v1/databases").json()["data"]
        assert (listed["id"], listed["engine"], listed["status"]) == ("shop", "postgresql", "unavailable")
        assert "not reachable" in listed["reason"]
        refused = ask(ORDERS)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "database_unavailable")
        assert "'shop'" in refused.text
        assert ask(TENTS).status_code == 200, "documents answer without it"
        assert httpx2.get(f"{server.url}/v1/databases/shop/schema").status_code == 503

        door.symlink_to(socket)
        assert "2 (count of orders where status = shipped)" in ask(ORDERS).text
        (listed,) = httpx2.get(f"{server.url}/v1/databases").json()["data"]
        assert listed == {"id": "shop", "object": "database", "engine": "postgresql", "status": "available"}

        door.unlink()
        workspace.databases["shop"].close()
        assert ask(ORDERS).status_code == 503
        door.symlink_to(socket)
        answered = ask(ORDERS)
        assert answered.status_code == 200
        assert "s3cret" not in refused.text + answered.text + repr(listed)


def test_an_answer_from_elsewhere_says_which_database_was_not_looked_at(away: tuple[Path, Workspace, Settings]) -> None:
    _, workspace, settings = away
    answering = Answering(workspace, Scripted(script), settings)
    (said,) = answering.answer(TENTS).trace["unreachable"]
    assert "'shop'" in said
    with pytest.raises(Unreachable, match="'shop'"):
        answering.answer(ORDERS)
