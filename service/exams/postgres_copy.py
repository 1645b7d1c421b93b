"""Copies of SQLite databases in a PostgreSQL server, a schema each, so that one program can be run in both.

SQLite holds any value in any column; PostgreSQL does not. A column gets the narrowest type that all of its values have: numbers, also
those written as text, are `bigint` or `double precision`, ISO days and times `date` and `timestamp`, 0 and 1 of a declared boolean
`boolean`, everything else `text`. What is no number or day in such a column, an empty text or "n/a", becomes NULL.
"""

from __future__ import annotations

import re
import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

import psycopg
from psycopg import sql

from tools.evidence import ColumnInfo, Schema, TableInfo
from tools.identifiers import quote

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")


def copy_database(source: sqlite3.Connection, schema: Schema, server: psycopg.Connection) -> str:
    """The name of a new schema with every table of `schema`. Raises psycopg.Error where one cannot be made."""
    name = f"copy_{uuid.uuid4().hex}"
    server.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
    for table in schema.tables:
        _copy_table(source, table, server, name)
    return name


def drop_copy(server: psycopg.Connection, name: str) -> None:
    server.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


def _copy_table(source: sqlite3.Connection, table: TableInfo, server: psycopg.Connection, name: str) -> None:
    items = ", ".join(quote(column.name) for column in table.columns)
    rows = source.execute(f"SELECT {items} FROM {quote(table.name)}").fetchall()
    columns = list(zip(*rows, strict=True)) or [()] * len(table.columns)
    types = [_type(column, values) for column, values in zip(table.columns, columns, strict=True)]
    declared = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(kind))  # type: ignore[arg-type]
        for column, kind in zip(table.columns, types, strict=True)
    )
    place = sql.SQL("{}.{}").format(sql.Identifier(name), sql.Identifier(table.name))
    server.execute(sql.SQL("CREATE TABLE {} ({})").format(place, declared))
    with server.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(place)) as copy:
        for row in rows:
            copy.write_row([_value(value, kind) for value, kind in zip(row, types, strict=True)])


def _type(column: ColumnInfo, values: Sequence[object]) -> str:
    held = [value for value in values if value is not None and value != ""]
    if column.type == "number":
        numbers = [number for value in held if (number := _number(value)) is not None]
        return "bigint" if all(isinstance(number, int) and abs(number) < 2**63 for number in numbers) else "double precision"
    if column.type == "boolean" and all(value in (0, 1) for value in held):
        return "boolean"
    if column.type == "date" and held:
        texts = [str(value) for value in held]
        if _all_days(texts, _DAY):
            return "date"
        if _all_days(texts, _TIME):
            return "timestamp"
    return "text"


def _number(value: object) -> int | float | None:
    if isinstance(value, int | float):
        return value
    for read in (int, float):
        try:
            return read(str(value))
        except ValueError:
            continue
    return None


def _all_days(texts: Iterable[str], form: re.Pattern[str]) -> bool:
    try:
        return all(form.fullmatch(text) and datetime.fromisoformat(text) for text in texts)
    except ValueError:  # the thirtieth of February
        return False


def _value(value: object, kind: str) -> object:
    if kind == "text":
        return None if value is None else value.hex() if isinstance(value, bytes) else str(value).replace("\0", "")
    if value is None or value == "":
        return None
    if kind == "boolean":
        return bool(value)
    return value if kind in ("date", "timestamp") else _number(value)
