"""Programs over evidence that an enemy wrote: names, values, numbers and words chosen to break out of a statement.

Whatever the model may write, what reaches an engine is one SELECT of quoted names and bound parameters, and the database is as before.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random

import psycopg
import pytest

from tests import postgres
from tests.sampling import sample_program
from tools.database import Database, Limits
from tools.errors import ToolError
from tools.evidence import Column, Evidence, Mention, Phrase, Value
from tools.identifiers import quote
from tools.language import Node, Program, tree
from tools.postgres_database import PostgresDatabase
from tools.router import Router
from tools.sql import compile_select
from tools.sqlite_database import SqliteDatabase

PROGRAMS = 200  # for each engine
TABLES = {
    'sel"ect': ['a"b', "c'd", "order"],
    "x; DROP TABLE y; --": ["%s", "%(x)s", "100%%"],
    "pg_sleep(9)": ["new\nline", "back\\slash", "/* c"],
    "Ünï\u202e ﬁ": ["$$", "?", ":p", "$1"],
    " sqlite_master": ["NULL", "*", "rowid ", " "],
}
VALUES = [
    "'; DROP TABLE \"sel\"\"ect\"; --", "\\'; --", "%s %(x)s %% %b", "$$; $$", "a\0b", "\ud800", "ﬁ \u202e 𝟙 ʼ ＇", "", "x" * 5000,
    10**30, -(2**63), 2**63, 1.5e308, -0.0,
]  # fmt: skip
NUMBERS = ["9" * 400, "0." + "0" * 50 + "1", "-5", "12", "340282366920938463463374607431768211456"]
QUESTION_TEXT = "'; DELETE FROM x -- \" %s \\ \0 \ud800 \u202e ; ) UNION SELECT 1 OR ''='' 12 {fn} $1 :p /* */ #"

# Everything that may stand in a statement outside quotes.
WORDS = frozenset(
    """SELECT DISTINCT FROM JOIN ON WHERE GROUP BY HAVING ORDER ASC DESC LIMIT NULLS FIRST LAST AS AND OR NOT IN IS NULL LIKE ILIKE ESCAPE
    BETWEEN EXISTS UNION INTERSECT EXCEPT COUNT SUM AVG MIN MAX CAST STRFTIME EXTRACT YEAR MONTH DAY NULLIF LOWER COLLATE NOCASE
    INTEGER INT REAL TEXT TIMESTAMP DOUBLE PRECISION DECIMAL""".split()  # noqa: SIM905
)
LITERALS = frozenset({"'%Y'", "'%m'", "'%d'", "'\\'"})


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    statements = []
    for number, (table, columns) in enumerate(TABLES.items()):
        typed = ", ".join(f"{quote(column)} {('TEXT', 'INTEGER', 'DATE', 'TEXT')[place]}" for place, column in enumerate(columns))
        statements.append(
            f'CREATE TABLE {quote(table)} (id INTEGER PRIMARY KEY, "up" INTEGER REFERENCES {quote(list(TABLES)[0])} (id), {typed})'
        )
        statements.append(f"INSERT INTO {quote(table)} VALUES (1, 1, 'Ada', {number}, '2024-01-02'{', NULL' * (len(columns) - 3)})")
    limits = Limits(seconds=0.5)
    if request.param == "sqlite":
        path = tmp_path / "hostile.sqlite"
        with sqlite3.connect(path) as plain:
            plain.executescript(";".join(statements))
        plain.close()
        opened: Database = SqliteDatabase("shop", path, limits)
    else:
        address = postgres.new_database(request.getfixturevalue("postgres_server"))
        with psycopg.connect(address) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]
        opened = PostgresDatabase("shop", address, limits)
    yield opened
    opened.close()


def contents(database: Database) -> list[object]:
    """Every row, by a way of its own."""
    if isinstance(database, SqliteDatabase):
        with sqlite3.connect(database.path) as plain:
            rows = [plain.execute(f"SELECT * FROM {quote(table)}").fetchall() for table in TABLES]
            rows.append(plain.execute("SELECT sql FROM sqlite_master").fetchall())
        plain.close()
        return rows
    assert isinstance(database, PostgresDatabase)
    with psycopg.connect(database._address) as connection:
        rows = [connection.execute(f"SELECT * FROM {quote(table)}".replace("%", "%%"), ()).fetchall() for table in TABLES]  # type: ignore[arg-type]
        return [*rows, connection.execute("SELECT relname FROM pg_class WHERE oid >= 16384 ORDER BY 1").fetchall()]


def hostile_evidence(database: Database) -> Evidence:
    schema = database.schema
    mentions = tuple(Mention("number", 0, 1, number) for number in NUMBERS)
    dates = (Mention("date", 0, 1, "2024-01-01/2024-02-01"), Mention("date", 0, 1, "'; --/%s"))
    return Evidence(QUESTION_TEXT, (schema,), (*mentions, *dates))


def with_hostile_phrases(program: Program, chance: Random) -> Program:
    """The program with every phrase replaced by a text of an enemy's."""
    texts = [value for value in VALUES if isinstance(value, str)]
    return tuple(Phrase(chance.choice(texts), t.start, t.end) if isinstance(t, Phrase) else t for t in program)


def oddities(sql: str, parameters: tuple[object, ...], placeholder: str) -> list[str]:
    """Whatever stands in the statement beside quoted names, words of a SELECT and a placeholder for each parameter."""
    unquoted = re.sub(r'"(?:[^"]|"")*"', "", sql)
    literals = re.findall(r"'[^']*'", unquoted)
    outside = re.sub(r"'[^']*'", "", unquoted).replace(placeholder, " ")
    odd = [literal for literal in literals if literal not in LITERALS]
    odd += [word for word in re.findall(r"\w+", outside) if word not in WORDS | {"0", "1"}]
    odd += re.findall(r"--|/\*|[^\w\s(),.*+\-/<>=]", outside)
    return odd if unquoted.count(placeholder) == len(parameters) else [*odd, f"{len(parameters)} parameters"]


def selections(program: Program) -> list[Node]:
    return [selection for step in tree(program).all("step") for selection in step.all("selection")]


def test_hostile_programs_become_plain_statements_that_change_nothing(database: Database) -> None:
    chance = Random(6)
    evidence, before = hostile_evidence(database), contents(database)
    placeholder = "?" if database.dialect == "sqlite" else "%s"
    router = Router({"shop": database})
    asked = answered = 0
    for _ in range(PROGRAMS):
        program = with_hostile_phrases(sample_program(evidence, chance, 60), chance)
        for selection in selections(program):
            results = {name: chance.choice(VALUES) for name in ("r1", "r2", "r3", "r4")}
            try:
                query = compile_select(selection, database.schema, results, database.dialect)
            except ToolError:
                continue
            asked += 1
            assert oddities(query.sql, query.parameters, placeholder) == []
            try:
                database.run(query.sql, query.parameters)
                answered += 1
            except ToolError as error:
                assert "not allowed" not in str(error), (query.sql, error)  # the locks know every statement of the compiler's
        try:
            router.run(program, evidence)
        except ToolError:
            pass
    assert contents(database) == before
    assert asked > PROGRAMS / 4
    assert answered > asked / 4


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_a_stored_value_of_an_enemys_is_compared_and_never_read_as_sql(database: Database, value: str | int | float) -> None:
    before = contents(database)
    for table, columns in TABLES.items():
        for operation in ("eq", "ne", "contains", "lt"):
            column = Column(table, columns[0], "text")
            program: Program = (
                "query", "select", "count", column, "where", operation, column, Value(table, columns[0], value), "end", "give", "r1",
            )  # fmt: skip
            (selection,) = selections(program)
            try:
                query = compile_select(selection, database.schema, {}, database.dialect)
                assert all(not isinstance(v, str) or len(v) < 3 or v not in query.sql for v in query.parameters)
                ((count,),) = database.run(query.sql, query.parameters).rows
            except ToolError:
                continue  # no engine holds a lone surrogate, nor PostgreSQL a NUL
            assert count == {"eq": 0, "ne": 1, "contains": int(value == "")}.get(operation, count)
    assert contents(database) == before


def test_a_name_that_no_table_has_is_refused_before_any_statement(database: Database) -> None:
    for table in ('orders"; DROP TABLE x; --', "sqlite_master", "pg_authid", 'sel"ect\0', 'SEL"ECT'):
        column = Column(table, "name", "text")
        with pytest.raises(ToolError):
            (selection,) = selections(("query", "select", column, "end", "give", "r1"))
            query = compile_select(selection, database.schema, {}, database.dialect)
            database.run(query.sql, query.parameters)
