"""The two locks of a database under attack, each alone: nothing is written, reached or left behind, and nothing learned but rows.

What is looked at is the world (tests/attacks/), not the error. `python -m tests.locks` measures how soon runaways are cut.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.attacks.corpus import categories, generated, spelled_out, written
from tests.attacks.postgres_world import ROLES, PostgresWorld, session
from tests.attacks.siege import lay_siege
from tests.attacks.sqlite_world import SqliteWorld
from tools.database import Limits
from tools.errors import Unanswerable
from tools.postgres_database import PostgresDatabase
from tools.sqlite_database import SqliteDatabase

LOCKS = {"statement lock alone": {"_engine_lock": False}, "engine lock alone": {"_statement_lock": False}}
LIMITS = Limits(seconds=0.05)  # runaways are many here

# The statement lock cannot see into a view of the operator's own; these are the engine's to stop.
VIEWS = ("leak", "scribbling")
# SQLite tells how it would carry out a statement to whoever may carry it out. A plan holds no value of a table.
PLANS = ("EXPLAIN SELECT", "EXPLAIN QUERY PLAN SELECT", "EXPLAIN VACUUM")


def attacks(engine: str, category: str, lock: str) -> list[str]:
    found = generated(engine) if category == "generated" else written(engine, category)
    if lock == "statement lock alone":
        return [attack for attack in found if not any(f" {view}" in attack for view in VIEWS)]
    return found


def doubled(cell: str) -> bool:
    """Whether a flood made this text out of one letter, perhaps with the number of an order behind it."""
    return len(set(cell.rstrip("0123456789") or cell)) == 1


def test_there_are_more_than_five_hundred_different_attacks_on_each_engine() -> None:
    for engine in ("sqlite", "postgres"):
        statements = [" ".join(attack.split()) for category in categories(engine) for attack in written(engine, category)]
        assert len(set(statements)) == len(statements) > 500
        assert len(set(generated(engine))) > 500


# --- SQLite


@pytest.fixture(scope="module")
def sqlite_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteWorld]:
    world = SqliteWorld(tmp_path_factory.mktemp("sqlite"))
    yield world
    world.close()


@pytest.mark.parametrize("category", [*categories("sqlite"), "generated"])
@pytest.mark.parametrize("lock", LOCKS)
def test_sqlite_attacks_change_nothing_and_learn_nothing(
    sqlite_world: SqliteWorld, lock: str, category: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    database = SqliteDatabase("shop", sqlite_world.path, LIMITS, **LOCKS[lock])
    stored, before = sqlite_world.stored(), sqlite_world.look()
    siege = lay_siege(database, attacks("sqlite", category, lock), sqlite_world.traps.names, stored)
    assert sqlite_world.look() == before
    assert [found for found in siege.stolen if not found[0].startswith(PLANS) and not doubled(found[1])] == []


@pytest.mark.parametrize(("category", "least"), [("writes", 60), ("definitions", 40), ("files", 15)])
def test_the_attacks_on_sqlite_work_without_the_locks(sqlite_world: SqliteWorld, category: str, least: int, tmp_path: Path) -> None:
    working = []
    for attack in written("sqlite", category):
        copy = Path(shutil.copy(sqlite_world.path, tmp_path))
        connection = sqlite3.connect(copy, isolation_level=None)
        with suppress(sqlite3.Error):
            connection.execute(spelled_out(attack, {**sqlite_world.traps.names, "folder": str(tmp_path)}))
            working.append(attack)
        connection.close()
    assert len(working) >= least


# --- PostgreSQL


@pytest.fixture(scope="module")
def postgres_world(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresWorld]:
    folder = tmp_path_factory.mktemp("postgres")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)  # the server, another user, must be able to reach the traps
    world = PostgresWorld(postgres_server, folder / "traps")
    yield world
    world.close()


# The statement lock meets the mightiest role; the engine's lock one that may only read, the owner, and a superuser.
ASKED = [("statement lock alone", "tests"), *(("engine lock alone", role) for role in ROLES)]


@pytest.mark.parametrize("category", [*categories("postgres"), "generated"])
@pytest.mark.parametrize(("lock", "role"), ASKED)
def test_postgres_attacks_change_nothing_and_learn_nothing(postgres_world: PostgresWorld, lock: str, role: str, category: str) -> None:
    database = PostgresDatabase("shop", postgres_world.address(role), LIMITS, **LOCKS[lock])
    stored, before = postgres_world.stored(), postgres_world.look()
    siege = lay_siege(database, attacks("postgres", category, lock), postgres_world.names_for(role), stored)
    assert postgres_world.look() == before
    assert siege.stolen == []
    database.close()


@pytest.mark.parametrize("role", ["reader", "keeper"])
@pytest.mark.parametrize("category", ["writes", "definitions", "files", "settings"])
def test_the_transaction_alone_holds_against_all_but_the_network(
    postgres_world: PostgresWorld, role: str, category: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's lock without its words: what the server itself keeps. It does not keep dblink from calling, nor a session from
    ending another of its role; those are the words' to stop."""
    monkeypatch.setattr("tools.postgres_lock.names_of", lambda sql, *rest: frozenset())
    database = PostgresDatabase("shop", postgres_world.address(role), LIMITS, _statement_lock=False)
    _ = database.schema
    before = postgres_world.look()
    answered = lay_siege(database, written("postgres", category), postgres_world.names_for(role), "").answered
    assert postgres_world.look() == before
    assert len(answered) > 0 or category == "definitions"  # it was met by the server, and not by the words
    database.close()


@pytest.mark.parametrize("role", ["reader", "keeper"])
def test_no_statement_leaves_anything_on_a_connection_that_is_used_again(
    postgres_world: PostgresWorld, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.postgres_lock.names_of", lambda sql, *rest: frozenset())
    database = PostgresDatabase("shop", postgres_world.address(role), LIMITS, _statement_lock=False)
    _ = database.schema
    (connection,) = database._idle
    fresh = session(connection)
    for attack in written("postgres", "settings"):
        lay_siege(database, [attack], postgres_world.names_for(role), "")
        for kept in database._idle:
            assert session(kept) == fresh, attack
    database.close()


@pytest.mark.parametrize(("category", "least"), [("writes", 60), ("definitions", 60), ("settings", 100)])
def test_the_attacks_on_postgres_work_without_the_locks(postgres_world: PostgresWorld, category: str, least: int) -> None:
    working = []
    with psycopg.connect(postgres_world.address("tests")) as connection:
        for attack in written("postgres", category):
            if attack.startswith(("COPY", "CREATE SUBSCRIPTION", "IMPORT")):  # the driver would wait for rows, the server for an answer
                continue
            connection.execute("SET LOCAL statement_timeout = 200")
            with suppress(psycopg.Error):
                connection.execute(spelled_out(attack, postgres_world.names_for("tests")))  # type: ignore[arg-type]
                working.append(attack)
            connection.rollback()
    assert len(working) >= least


# --- Caps


def test_a_value_a_row_or_a_flood_too_large_is_reported_by_each_lock(tmp_path: Path, postgres_server: str) -> None:
    file = tmp_path / "caps.sqlite"
    address = postgres.new_database(postgres_server)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE TABLE tomes (id int, text text)")
        connection.execute("INSERT INTO tomes SELECT x, repeat('e', 400000) FROM generate_series(1, 8) AS x")
        connection.execute("CREATE TABLE giant AS SELECT repeat('e', 3000000) AS text")
    with sqlite3.connect(file) as plain:
        plain.execute("CREATE TABLE tomes (id int, text text)")
        plain.executemany("INSERT INTO tomes VALUES (?, ?)", [(n, "e" * 400_000) for n in range(8)])
        plain.execute("CREATE TABLE giant AS SELECT ? AS text", ("e" * 3_000_000,))
    plain.close()
    for locks in (*LOCKS.values(), {}):
        for database in (SqliteDatabase("caps", file, Limits(rows=5), **locks), PostgresDatabase("caps", address, Limits(rows=5), **locks)):
            few = database.run("SELECT id FROM tomes")
            assert (len(few.rows), few.truncated) == (5, True)
            large = database.run("SELECT text FROM tomes")
            assert (len(large.rows), large.truncated) == (2, True)
            with pytest.raises(Unanswerable, match="1000000 bytes"):
                database.run("SELECT text FROM giant")
            database.close()
