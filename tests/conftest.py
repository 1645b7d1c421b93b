"""What tests of several files share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.record import Record
from service.jobs.ledger import Ledger
from service.settings import Settings
from tests import postgres
from tests.workspaces import tiny_workspace, untrained_checkpoint


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The folder of the socket of a real PostgreSQL server."""
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres.running() as socket:
        yield socket


@pytest.fixture(params=["sqlite", "postgresql"])
def record_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty record, in each of the two databases that hold one."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'record.sqlite'}"
    return postgres.new_database(request.getfixturevalue("postgres_server"))


@pytest.fixture
def record(record_url: str) -> Iterator[Record]:
    record = Record(record_url)
    yield record
    record.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A workspace with a database, two documents, and a model that has learned nothing."""
    workspace, settings = tiny_workspace(tmp_path, model=untrained_checkpoint(tmp_path / "base"))
    workspace.close()
    return settings


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    ledger = Ledger(settings.record_address)
    yield ledger
    ledger.close()
