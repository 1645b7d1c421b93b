"""The schema of a SQLite database, as programs see it.

Declared types say little in SQLite (any column may hold anything, and imported tables are often text throughout), so a
column's type is settled by its declared type and a sample of what it stores. Where no foreign key is declared, those that the values
imply are taken (tools/implied_keys.py). Only names, types and keys are read: no values leave the database here.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

from tools.evidence import ColumnInfo, ForeignKey, Schema, TableInfo, Type
from tools.foreign_keys import composite, marked
from tools.identifiers import quote
from tools.implied_keys import implied_keys

SAMPLE = 1000  # rows looked at to settle a column's type

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")
_NUMERAL = re.compile(r"[+-]?(0|[1-9]\d{0,14})?(\.\d+)?")  # no leading zeros and no long codes: "007" names something


def introspect(connection: sqlite3.Connection, name: str, implied: bool = True) -> Schema:
    """Tables and views with their columns, types and keys, in the order in which they were created.

    `implied`: whether a database that declares no foreign keys gets those that its values imply.
    """
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
    )
    names = [row[0] for row in rows]
    tables = tuple(_table(connection, table) for table in names)
    foreign_keys = tuple(key for table in names for key in _foreign_keys(connection, table, names))
    if implied and not foreign_keys:
        try:
            foreign_keys = implied_keys(lambda sql: connection.execute(sql).fetchall(), tables)
        except sqlite3.OperationalError:  # the deadline: a database without joins is better than none
            foreign_keys = ()
    return Schema(name, tuple(marked(table, foreign_keys) for table in tables), foreign_keys)


def declares_keys(connection: sqlite3.Connection, schema: Schema) -> bool:
    """Whether the foreign keys of this schema were declared; where they were not, values imply them."""
    names = [table.name for table in schema.tables]
    return any(True for name in names for _ in _foreign_keys(connection, name, names))


def column_type(declared: str, values: Sequence[object]) -> Type:
    """The type of a column declared so that stores these values; nulls and empty strings say nothing."""
    declared = declared.upper()
    values = [value for value in values if value is not None and value != ""]
    if "BOOL" in declared:
        return "boolean"
    if not values:
        return _declared_type(declared)
    if all(map(_is_number, values)):
        return "number"
    if all(isinstance(value, str) and _ISO_DATE.fullmatch(value) for value in values):
        return "date"
    return "text"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and value != "" and _NUMERAL.fullmatch(value.strip()) is not None)


def _declared_type(declared: str) -> Type:
    if any(word in declared for word in ("INT", "REAL", "FLOA", "DOUB", "NUM", "DEC", "YEAR", "MONEY")):
        return "number"
    return "date" if "DATE" in declared or "TIMESTAMP" in declared else "text"


def _foreign_keys(connection: sqlite3.Connection, table: str, names: Sequence[str]) -> list[ForeignKey]:
    known = {name.lower(): name for name in names}
    pairs: dict[tuple[int, str], list[tuple[str, str]]] = {}
    lost: set[int] = set()  # of which a column is not there
    for row in connection.execute(f"PRAGMA foreign_key_list({quote(table)})").fetchall():
        number, position, other, column, other_column = row[:5]
        if other.lower() not in known:
            continue
        other = known[other.lower()]
        columns = _columns(connection, other)
        if other_column is None:  # it refers to the primary key, whatever that is
            primary = [name for name, _, rank in sorted(columns, key=lambda c: c[2]) if rank]
            other_column = primary[position] if position < len(primary) else None
        own = next((name for name, _, _ in _columns(connection, table) if name.lower() == column.lower()), None)
        theirs = next((name for name, _, _ in columns if other_column and name.lower() == other_column.lower()), None)
        if own and theirs:
            pairs.setdefault((number, other), []).append((own, theirs))
        else:
            lost.add(number)
    keys = [key for (number, other), found in pairs.items() if number not in lost for key in composite(table, other, found)]
    return sorted(keys, key=lambda k: (k.table, k.column, k.other_table, k.other_column))


def _columns(connection: sqlite3.Connection, table: str) -> list[tuple[str, str, int]]:
    """(name, declared type, rank in the primary key or 0), generated columns included, those that a virtual table hides left out."""
    rows = connection.execute(f"PRAGMA table_xinfo({quote(table)})").fetchall()
    return [(row[1], row[2] or "", row[5]) for row in rows if row[6] != 1]


def _table(connection: sqlite3.Connection, table: str) -> TableInfo:
    columns = _columns(connection, table)
    sample = list(zip(*connection.execute(f"SELECT * FROM {quote(table)} LIMIT {SAMPLE}").fetchall(), strict=True)) or [()] * len(columns)
    return TableInfo(
        table,
        tuple(
            ColumnInfo(name, column_type(declared, values), key="primary" if rank else "")
            for (name, declared, rank), values in zip(columns, sample, strict=True)
        ),
    )
