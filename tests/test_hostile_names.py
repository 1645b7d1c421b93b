"""Schemas that make trouble by what things are called and how they refer to each other: the same in both engines, asked the same."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tools.database import Database
from tools.evidence import QUESTION, Column, Number, Schema, Table, Value
from tools.identifiers import quote
from tools.language import Program, tree
from tools.postgres_database import PostgresDatabase
from tools.sql import compile_select
from tools.sqlite_database import SqliteDatabase

NAMES = [
    "order", "select", "group", "user", "Table", "MixedCase", "mixedcase ", "two words", " lead", "straße", "数据", "Größe", "100%", "%s",
    "%(x)s", "a.b", "it's", 'say "hi"', "semi;colon", "dash--dash", "/*star*/", "back\\slash", "new\nline", "tab\there", "?", "$1", ":name",
    "via1", "part1", "null", "true", "limit", "pg_sleep", "count", "id", "e", "é", "emoji 🙂", "x" * 60, "public", "sales.orders", "1st",
]  # fmt: skip


@dataclass(frozen=True)
class Made:
    """One table: its columns, the columns of its key, and rows. `refers` are (columns, other table): the other's key is referred to."""

    name: str
    key: tuple[str, ...]
    text: str
    number: str
    refers: tuple[tuple[tuple[str, ...], str], ...]
    rows: tuple[tuple[object, ...], ...]

    @property
    def columns(self) -> list[tuple[str, str]]:
        own = [(c, "INTEGER") for columns, _ in self.refers for c in columns]
        return [*((c, "INTEGER") for c in self.key), (self.text, "TEXT"), (self.number, "INTEGER"), *own]


def made(seed: int) -> list[Made]:
    """Tables with keys of one or two columns; each may refer to any table before it, to one of them twice."""
    rng = random.Random(seed)
    tables: list[Made] = []
    for name in rng.sample(NAMES, 5):
        names = iter(rng.sample(NAMES, 14))
        key = tuple(next(names) for _ in range(rng.choice((1, 1, 2))))
        text, number = next(names), next(names)
        before = rng.sample(tables, min(len(tables), rng.randint(1, 2))) if tables else []
        if before and rng.random() < 0.5:
            before.append(before[0])
        refers = tuple((tuple(next(names) for _ in other.key), other.name) for other in before)
        rows = []
        for n in range(1, 9):
            referred = [value for other in before for value in rng.choice(other.rows)[: len(other.key)]]
            rows.append((*((n, n % 3)[: len(key)]), rng.choice(["Ada", "it's", "50% off", "_", "Zoë", ""]), rng.randint(1, 4), *referred))
        tables.append(Made(name, key, text, number, refers, tuple(rows)))
    return tables


def statements(tables: list[Made]) -> Iterator[str]:
    for table in tables:
        declared = [f"{quote(name)} {kind}" for name, kind in table.columns]
        declared.append(f"PRIMARY KEY ({', '.join(map(quote, table.key))})")
        for columns, other in table.refers:
            key = next(t.key for t in tables if t.name == other)
            declared.append(f"FOREIGN KEY ({', '.join(map(quote, columns))}) REFERENCES {quote(other)} ({', '.join(map(quote, key))})")
        yield f"CREATE TABLE {quote(table.name)} ({', '.join(declared)})"


def programs(tables: list[Made], schema: Schema) -> Iterator[Program]:
    types = {(t.name, c.name): c.type for t in schema.tables for c in t.columns}
    for table in tables:
        text, number = Column(table.name, table.text, types[table.name, table.text]), Column(table.name, table.number, "number")
        yield ("select", Table(table.name), "order", "asc", Column(table.name, table.key[0], "number"), "end")
        yield ("select", text, "count", Table(table.name), "group", text, "order", "asc", text, "end")
        yield ("select", "count", Table(table.name), "where", "eq", text, Value(table.name, table.text, "50% off"), "end")
        yield ("select", "count", Table(table.name), "where", "contains", text, Value(table.name, table.text, "%"), "end")
        yield ("select", "sum", number, "where", "gt", number, Number("1", QUESTION, 0, 0), "end")
        for columns, other in table.refers:
            theirs = next(t for t in tables if t.name == other)
            named, key = Column(other, theirs.text, types[other, theirs.text]), Column(table.name, columns[0], "number")
            yield ("select", named, "count", Table(table.name), "join", key, "group", named, "order", "asc", named, "end")
            yield ("select", number, "via", key, named, "order", "asc", number, "asc", "via", key, named, "end")


@pytest.fixture(scope="module")
def socket() -> Iterator[str]:
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres.running() as folder:
        yield folder


def asked(database: Database, program: Program) -> object:
    selection = tree(("query", *program, "give", "r1")).all("step")[0].all("selection")[0]
    query = compile_select(selection, database.schema, dialect=database.dialect)
    return database.run(query.sql, query.parameters).rows


Built = tuple[list[Made], SqliteDatabase, PostgresDatabase]


@pytest.fixture(scope="module", params=range(8))
def hostile(request: pytest.FixtureRequest, socket: str, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built(request.param, socket, tmp_path_factory.mktemp("hostile"))


def built(seed: int, socket: str, folder: Path) -> Built:
    tables, address = made(seed), postgres.new_database(socket)
    with closing(sqlite3.connect(folder / "hostile.sqlite")) as lite, psycopg.connect(address) as post:
        for table, statement in zip(tables, statements(tables), strict=True):
            lite.execute(statement)
            post.execute(statement.encode())
            marks = ["?"] * len(table.columns)
            lite.executemany(f"INSERT INTO {quote(table.name)} VALUES ({', '.join(marks)})", table.rows)
            insert = f"INSERT INTO {quote(table.name)} VALUES ({', '.join('%s' for _ in marks)})".replace(
                quote(table.name), quote(table.name).replace("%", "%%")
            )
            post.cursor().executemany(insert.encode(), table.rows)
        lite.commit()
    return tables, SqliteDatabase("hostile", folder / "hostile.sqlite"), PostgresDatabase("hostile", address)


def test_programs_give_the_same_rows_whatever_things_are_called(hostile: Built) -> None:
    tables, lite, post = hostile
    for database in (lite, post):
        assert [(t.name, [c.name for c in t.columns]) for t in database.schema.tables] == [
            (t.name, [c for c, _ in t.columns]) for t in tables
        ]
    assert lite.schema.foreign_keys and set(lite.schema.foreign_keys) == set(post.schema.foreign_keys)
    ran = 0
    for program in programs(tables, lite.schema):
        assert asked(lite, program) == asked(post, program), program
        ran += 1
    assert ran > 25


def test_a_composite_key_joins_by_all_of_its_columns(hostile: Built) -> None:
    tables, lite, post = hostile
    composite = [(t, columns, other) for t in tables for columns, other in t.refers if len(columns) == 2]
    for table, columns, other in composite:
        for column in columns:
            program: Program = ("select", "count", Table(table.name), "join", Column(table.name, column, "number"), Table(other), "end")
            for database in (lite, post):
                assert asked(database, program) == ((len(table.rows),),), "a row for each that refers, and no more"


def test_two_hundred_tables_are_read_with_a_handful_of_queries(socket: str) -> None:
    address = postgres.new_database(socket)
    with psycopg.connect(address) as connection:
        for n in range(200):
            refers = f", other int REFERENCES t{n - 1} (id)" if n else ""
            connection.execute(f"CREATE TABLE t{n} (id int PRIMARY KEY, name text{refers})".encode())
    database = PostgresDatabase("wide", address)
    asked_of_it: list[str] = []
    from tools.postgres_introspection import introspect

    with database._reading(30.0) as connection:

        def ask(sql: str, given: tuple[object, ...]) -> list[tuple[object, ...]]:
            asked_of_it.append(sql)
            return connection.execute(sql.encode(), given).fetchall()

        schema, _ = introspect(ask, "wide", ("public",))
    assert (len(schema.tables), len(schema.foreign_keys)) == (200, 199)
    assert len(asked_of_it) < 10
