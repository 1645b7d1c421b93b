"""Text-to-SQL sets in Spider's layout, and what a model learns from them.

A folder holds one or more files of questions (JSON or JSONL with db_id, question, query), `tables.json`, and
`database/<db_id>/<db_id>.sqlite`. The schema is what the service would see: introspected from the database, with the
foreign keys of `tables.json` added, since the files need not declare theirs.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.examples import Example
from retrieval.values import ValueIndex
from service.prepare.grounding import ground, stored_values
from service.prepare.same_rows import require_same_rows
from tools.errors import ToolError
from tools.evidence import ColumnInfo, ForeignKey, Schema, TableInfo
from tools.introspection import introspect
from tools.sql_reader import NotExpressible


@dataclass(frozen=True, slots=True)
class Question:
    """`rewording` is the same question in words further from the schema's, where the set has one."""

    database: str
    question: str
    sql: str
    rewording: str = ""


def read_spider(path: Path) -> Iterator[Question]:
    """The questions of every question file in the folder, in order of file name."""
    for file in sorted([*path.glob("*.json"), *path.glob("*.jsonl")]):
        if file.stem != "tables":
            for record in _records(file):
                if {"db_id", "question", "query"} <= record.keys():
                    yield Question(record["db_id"], record["question"], record["query"], record.get("question_syn") or "")


def spider_schemas(path: Path) -> dict[str, Schema]:
    """The schema of each database whose file is there, by its id."""
    entries = {entry["db_id"]: entry for entry in _records(path / "tables.json")}
    return {name: _schema(path, name, entry) for name, entry in entries.items() if database_path(path, name).exists()}


def database_path(path: Path, database: str) -> Path:
    return path / "database" / database / f"{database}.sqlite"


def open_read_only(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    connection.text_factory = lambda stored: stored.decode(errors="replace")  # some files are not all UTF-8
    return connection


def _records(file: Path) -> list[dict[str, Any]]:
    text = file.read_text(encoding="utf-8")
    return json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines() if line.strip()]


def _schema(path: Path, name: str, entry: dict[str, Any]) -> Schema:
    connection = open_read_only(database_path(path, name))
    try:
        schema = introspect(connection, name, implied=not entry["foreign_keys"])
    finally:
        connection.close()
    stored = {(t.name.lower(), c.name.lower()): (t.name, c.name) for t in schema.tables for c in t.columns}
    keys = list(schema.foreign_keys)
    for pair in entry["foreign_keys"]:
        one, other = (stored.get(_listed(entry, index)) for index in pair)
        if one and other and ForeignKey(*one, *other) not in keys and ForeignKey(*other, *one) not in keys:
            keys.append(ForeignKey(*one, *other))
    foreign = {(key.table, key.column) for key in keys}
    tables = tuple(replace(t, columns=tuple(_keyed(t, c, foreign) for c in t.columns)) for t in schema.tables)
    return Schema(name, tables, tuple(keys))


def _listed(entry: dict[str, Any], index: int) -> tuple[str, str]:
    table, column = entry["column_names_original"][index]
    return entry["table_names_original"][table].lower(), column.lower()


def _keyed(table: TableInfo, column: ColumnInfo, foreign: set[tuple[str, str]]) -> ColumnInfo:
    return replace(column, key="foreign") if not column.key and (table.name, column.name) in foreign else column


def spider_examples(path: Path, skipped: Counter[str] | None = None) -> Iterator[Example]:
    """What a model learns from: each question, and its rewording, with the program of its query.

    Questions whose program gives other rows than their query are left out, as are those that cannot be pointed at; `skipped`
    counts them by reason. `group` is the database.
    """
    skipped = Counter() if skipped is None else skipped
    questions: dict[str, list[Question]] = {}
    for question in read_spider(path):
        questions.setdefault(question.database, []).append(question)
    schemas = spider_schemas(path)
    for database, asked in questions.items():
        if database not in schemas:
            skipped["no database"] += len(asked)
            continue
        with closing(open_read_only(database_path(path, database))) as connection:
            yield from _database_examples(asked, schemas[database], connection, skipped)


def _database_examples(
    asked: Sequence[Question], schema: Schema, connection: sqlite3.Connection, skipped: Counter[str]
) -> Iterator[Example]:
    stored = stored_values(connection, schema)
    index = ValueIndex.build((table, column, values) for (table, column), values in stored.items())
    for question in asked:
        for wording in dict.fromkeys(w for w in (question.question, question.rewording) if w):
            try:
                evidence, program = ground(wording, question.sql, schema, index, stored)
                require_same_rows(connection, question.sql, program, schema)
            except (NotExpressible, ToolError, sqlite3.Error) as error:
                skipped[str(error).partition(":")[0]] += 1
                continue
            yield Example(evidence, program, "spider", question.database)
