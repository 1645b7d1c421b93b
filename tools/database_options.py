"""What the operator says of a database: which of it is hidden, what else its tables, columns and values are called.

Names are written as the database has them, `table` or `table.column`. A name that the database lacks is an error, never passed over:
a misspelt entry of `hidden` would show what must not be seen.

A view is the operator's own affair: in PostgreSQL, one over a hidden column shows what it shows, and is hidden by its own name. In
SQLite, whose engine cannot tell who reads a column, the view is gone with what it reads.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tools.errors import DatabaseError
from tools.evidence import Schema, TableInfo


class WrongOptions(DatabaseError):
    """The options name what the database lacks; the message has all of them, with what is near."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Tables that may not be read at all, and columns that may not be read of tables that may."""

    tables: frozenset[str] = frozenset()
    columns: frozenset[tuple[str, str]] = frozenset()

    def of(self, table: str) -> frozenset[str]:
        """The hidden columns of `table`."""
        return frozenset(column for of, column in self.columns if of == table)


@dataclass(frozen=True, slots=True)
class DatabaseOptions:
    """`schemas` are those of PostgreSQL that are read, the first going before the others; none means `public`. `values` has, by column,
    the word that people use and the value that is stored for it."""

    schemas: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def value_synonyms(self, schema: Schema) -> Mapping[tuple[str, str], Mapping[str, str]]:
        """`values` by (table, column)."""
        places = {f"{table.name}.{column.name}": (table.name, column.name) for table in schema.tables for column in table.columns}
        return {places[name]: words for name, words in self.values.items() if name in places}


def described(stored: Schema, options: DatabaseOptions) -> tuple[Schema, Hidden]:
    """`stored` without what is hidden and with the operator's synonyms before the database's own. Raises WrongOptions."""
    tables = {table.name for table in stored.tables}
    columns = {f"{table.name}.{column.name}": (table.name, column.name) for table in stored.tables for column in table.columns}
    wrong = [
        *_unknown("hidden", options.hidden, [*tables, *columns]),
        *_unknown("synonyms", options.synonyms, [*tables, *columns]),
        *_unknown("values", options.values, columns),
    ]
    if wrong:
        raise WrongOptions(f"the options of the database {stored.database!r} name what it lacks: {'; '.join(wrong)}")
    hidden = Hidden(
        frozenset(name for name in options.hidden if name in tables),
        frozenset(columns[name] for name in options.hidden if name not in tables),
    )
    shown = tuple(_described(table, hidden, options) for table in stored.tables if table.name not in hidden.tables)
    present = {(table.name, column.name) for table in shown for column in table.columns}
    keys = tuple(
        key for key in stored.foreign_keys if {place for a, b in key.pairs for place in ((key.table, a), (key.other_table, b))} <= present
    )
    return replace(stored, tables=tuple(table for table in shown if table.columns), foreign_keys=keys), hidden


def _described(table: TableInfo, hidden: Hidden, options: DatabaseOptions) -> TableInfo:
    columns = tuple(
        replace(column, synonyms=_joined(options.synonyms.get(f"{table.name}.{column.name}", ()), column.synonyms))
        for column in table.columns
        if (table.name, column.name) not in hidden.columns
    )
    return replace(table, columns=columns, synonyms=_joined(options.synonyms.get(table.name, ()), table.synonyms))


def _joined(first: Iterable[str], then: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *then)))


def _unknown(option: str, names: Iterable[str], known: Iterable[str]) -> list[str]:
    known = list(known)
    wrong = []
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            wrong.append(f"{option} {name!r}" + (f" (did you mean {near[0]!r}?)" if near else ""))
    return wrong
