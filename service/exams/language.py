"""The reach of the answer language, measured without any model: gold SQL → program → SQL must return the same rows.

Which rows are the same, and how long a query may take, is settled in service/prepare/same_rows.py.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from service.exams.exam import ExamError
from service.prepare.same_rows import Rows, execute, same_rows
from service.prepare.spider import Question, database_path, open_read_only, read_spider, spider_schemas
from tools.database import Database, DatabaseOptions, Limits
from tools.errors import ToolError
from tools.evidence import Column, Schema, Table
from tools.language import Node, Program, Token, tree
from tools.sql import compile_select
from tools.sql_reader import NotExpressible, read_sql

EXAMPLES = 3  # shown for each reason
_LIMITS = Limits(rows=100_000, bytes=50_000_000, seconds=5.0)  # of PostgreSQL: a benchmark's answer may be long


@dataclass
class _Reach:
    """What became of queries in one engine, and why some are lost."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def lose(self, question: Question, reason: str) -> None:
        self.reasons[reason].append(f"{question.database}: {question.sql}")

    def report(self, among: str, *names: str) -> dict[str, object]:
        ranked = sorted(self.reasons.items(), key=lambda pair: -len(pair[1]))
        return {
            **{name: self.counts[name] for name in names},
            "share": self.counts[names[-1]] / max(1, self.counts[among]),
            "reasons": {reason: {"count": len(queries), "examples": queries[:EXAMPLES]} for reason, queries in ranked},
        }


def measure(path: Path, limit: int | None = None, postgres: str = "") -> dict[str, object]:
    """Reads a folder in Spider's layout. `share` is that of executing queries whose program returns the same rows.

    `postgres` is the address of a database to copy the databases into, each to a schema that is dropped again: the same programs are
    compiled for it, too. There, `asked` are those that gave the same rows in SQLite, and `same_rows` those that gave them once more.
    Where the order of a query leaves open which row comes first, engines choose as they like: a program whose rows differ is asked
    again in both with that settled, and counted under `same_but_for_ties`, too, where the rows are the same then.
    """
    schemas = spider_schemas(path)
    lite, post = _Reach(), _Reach()
    for name, questions in _by_database(list(read_spider(path))[:limit]).items():
        lite.counts["n"] += len(questions)
        if name not in schemas:
            continue
        with closing(open_read_only(database_path(path, name))) as connection:
            programs = list(_kept(questions, connection, schemas[name], lite))
            if postgres:
                _measure_copy(programs, connection, schemas[name], postgres, post)
    report = lite.report("executes", "n", "executes", "expressible", "same_rows")
    return {**report, "postgres": post.report("asked", "asked", "same_rows", "same_but_for_ties")} if postgres else report


def _by_database(questions: Iterable[Question]) -> dict[str, list[Question]]:
    asked: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        asked[question.database].append(question)
    return asked


def _kept(
    questions: Iterable[Question], connection: sqlite3.Connection, schema: Schema, reach: _Reach
) -> Iterator[tuple[Question, Program, Rows]]:
    """The questions whose program gives the gold query's rows in SQLite, with both."""
    for question in questions:
        try:
            gold = execute(connection, question.sql)
        except sqlite3.Error:
            continue
        reach.counts["executes"] += 1
        try:
            program = read_sql(question.sql, schema)
            reach.counts["expressible"] += 1
            query = compile_select(_selection(program), schema)
            if not same_rows(gold, execute(connection, query.sql, query.parameters), _ordered(question)):
                raise NotExpressible("other rows")
        except NotExpressible as error:
            reach.lose(question, str(error))
        except (ToolError, sqlite3.Error) as error:
            reach.lose(question, f"fails: {error}")
        else:
            reach.counts["same_rows"] += 1
            yield question, program, gold


def _measure_copy(
    programs: Iterable[tuple[Question, Program, Rows]], connection: sqlite3.Connection, schema: Schema, address: str, reach: _Reach
) -> None:
    with _copied(connection, schema, address) as database:
        keyed = replace(database.schema, foreign_keys=schema.foreign_keys)
        for question, program, gold in programs:
            reach.counts["asked"] += 1
            try:
                if _same_there(program, gold, database, keyed, _ordered(question)):
                    reach.counts["same_rows"] += 1
                    reach.counts["same_but_for_ties"] += 1
                    continue
                settled = _without_ties(program, schema)
                query = compile_select(_selection(settled), schema)
                if _same_there(settled, execute(connection, query.sql, query.parameters), database, keyed, ordered=True):
                    reach.counts["same_but_for_ties"] += 1
                else:
                    reach.lose(question, "other rows")
            except (ToolError, sqlite3.Error) as error:
                reach.lose(question, f"fails: {error}")


def _same_there(program: Program, rows: Rows, database: Database, schema: Schema, ordered: bool) -> bool:
    query = compile_select(_selection(program), schema, dialect="postgres")
    return same_rows(*_alike(rows, list(database.run(query.sql, query.parameters).rows)), ordered)


def _without_ties(program: Program, schema: Schema) -> Program:
    """The program with every select that orders, or cuts off, ordered by all of its items behind that."""

    def settled(node: Node | Token) -> list[Token]:
        if not isinstance(node, Node):
            return [node]
        tokens = [token for child in node for token in settled(child)]
        if node.rule == "selection" and (node.all("ordering") or node.all("limiting")):
            keys: list[Token] = [] if node.all("ordering") else ["order"]
            for item in node.all("item"):
                for tokens_of in _columns_of(item, schema):
                    keys += ["asc", *tokens_of]
            end = len(tokens) - 1 - sum(len(settled(limit)) for limit in node.all("limiting"))
            tokens[end:end] = keys
        return tokens

    return tuple(settled(tree(program)))


def _columns_of(item: Node, schema: Schema) -> list[list[Token]]:
    """The tokens of an item; of a table, those of each of its columns."""
    tokens: list[Token] = []

    def walk(node: Node | Token) -> None:
        if isinstance(node, Node):
            for child in node:
                walk(child)
        else:
            tokens.append(node)

    walk(item)
    if len(tokens) == 1 and isinstance(tokens[0], Table):
        return [[Column(t.name, c.name, c.type)] for t in schema.tables if t.name == tokens[0].name for c in t.columns]
    return [tokens]


@contextmanager
def _copied(connection: sqlite3.Connection, schema: Schema, address: str) -> Iterator[Database]:
    try:
        import psycopg

        from service.exams.postgres_copy import copy_database, drop_copy
        from tools.postgres_database import PostgresDatabase
    except ImportError:
        raise ExamError("PostgreSQL needs a driver: pip install 'reckoner[postgres]'.") from None
    try:
        opened = psycopg.connect(address, autocommit=True)
    except psycopg.Error:  # its message may hold the address
        raise ExamError("The PostgreSQL server cannot be reached, or refuses the login.") from None
    with opened as server:
        connection.set_progress_handler(None, 0)  # the deadline of the query before
        place = copy_database(connection, schema, server)
        database = PostgresDatabase(schema.database, address, _LIMITS, DatabaseOptions(schemas=(place,)))
        try:
            yield database
        finally:
            database.close()
            drop_copy(server, place)


def _alike(gold: Rows, rows: Rows) -> tuple[Rows, Rows]:
    """Both with numbers as texts in the columns where one of them has texts: SQLite keeps a number as it came in a column of texts."""
    texts = {place for row in (*gold, *rows) for place, cell in enumerate(row) if isinstance(cell, str)}

    def written(table: Rows) -> Rows:
        return [tuple(str(c) if place in texts and c is not None else c for place, c in enumerate(row)) for row in table]

    return written(gold), written(rows)


def _selection(program: Program) -> Node:
    return tree(program).all("step")[0].all("selection")[0]


def _ordered(question: Question) -> bool:
    return "order by" in question.sql.lower()
