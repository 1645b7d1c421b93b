"""GeoQuery and Restaurants, as the text2sql-data repository writes them: question templates with SQL, and a database.

Evidence is what the service would show: the introspected schema with the stored values that the question may mean. The
databases declare few foreign keys; a query that needs one more is prepared with the keys that are meant, listed here. The
group is the query's template, so that a validation split asks what training did not.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from typing import Any

from models.examples import Example
from retrieval.values import ValueIndex
from service.prepare.grounding import Stored, ground, stored_values
from service.prepare.same_rows import require_same_rows
from tools.errors import ToolError
from tools.evidence import Evidence, ForeignKey, Schema
from tools.introspection import introspect
from tools.language import Program
from tools.sql_reader import NotExpressible

_KEYS = (
    ("city", "state_name", "state", "state_name"), ("highlow", "state_name", "state", "state_name"),
    ("lake", "state_name", "state", "state_name"), ("mountain", "state_name", "state", "state_name"),
    ("river", "traverse", "state", "state_name"), ("border_info", "state_name", "state", "state_name"),
    ("border_info", "border", "state", "state_name"), ("state", "capital", "city", "city_name"),
    ("LOCATION", "RESTAURANT_ID", "RESTAURANT", "RESTAURANT_ID"), ("LOCATION", "CITY_NAME", "GEOGRAPHIC", "CITY_NAME"),
)  # fmt: skip
_COLUMN = re.compile(r"\b(([A-Z_]+)alias\d+\.)ID\b")  # the queries' name for what the databases call <table>_ID


def geography_examples(
    entries: Sequence[Mapping[str, Any]], database: bytes, name: str, skipped: Counter[str], split: str | None = None
) -> Iterator[Example]:
    """One example a question whose program returns the rows of its SQL. `database` is the SQLite file; `split` picks questions."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(database)
        schema = introspect(connection, name)
        stored = stored_values(connection, schema)
        index = ValueIndex.build((table, column, values) for (table, column), values in stored.items())
        for question, sql, template in filled_questions(entries, split):
            try:
                evidence, program = _grounded(question, sql, schema, index, stored, connection)
            except (NotExpressible, ToolError, sqlite3.Error) as error:
                skipped[f"{name}: {str(error).partition(':')[0]}"] += 1
                continue
            yield Example(evidence, program, name, f"{name}-{sha256(template.encode()).hexdigest()[:8]}")


def filled_questions(entries: Sequence[Mapping[str, Any]], split: str | None = None) -> Iterator[tuple[str, str, str]]:
    """(question, SQL, the template it was filled from) of each sentence; `split` picks them by their "question-split"."""
    for entry in entries:
        template = _COLUMN.sub(r"\g<1>\g<2>_ID", entry["sql"][0])
        for sentence in entry["sentences"]:
            if split is None or sentence["question-split"] == split:
                variables = sentence["variables"]
                yield _filled(sentence["text"], variables), _filled(template, variables), entry["sql"][0]


def _grounded(
    question: str, sql: str, schema: Schema, index: ValueIndex, stored: Stored, connection: sqlite3.Connection
) -> tuple[Evidence, Program]:
    """With the keys that the database declares if they are enough, else with those that are meant. Raises NotExpressible."""
    try:
        evidence, program = ground(question, sql, schema, index, stored)
        require_same_rows(connection, sql, program, schema)
    except (NotExpressible, ToolError):
        schema = with_meant_keys(schema)
        evidence, program = ground(question, sql, schema, index, stored)
        require_same_rows(connection, sql, program, schema)
    return evidence, program


def with_meant_keys(schema: Schema) -> Schema:
    """With the keys that these databases mean but do not declare; none for other databases."""
    tables = {table.name for table in schema.tables}
    meant = (ForeignKey(*key) for key in _KEYS if key[0] in tables and key[2] in tables)
    return replace(schema, foreign_keys=tuple(dict.fromkeys((*schema.foreign_keys, *meant))))


def _filled(text: str, variables: Mapping[str, str]) -> str:
    """The text with its variables filled in, longer names first: "var10" is not "var1" and a nought."""
    for name in sorted(variables, key=len, reverse=True):
        text = text.replace(name, variables[name])
    return " ".join(text.split()).replace(" ?", "?").replace(" 's", "'s")
