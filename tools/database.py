"""A database that can be asked and cannot be changed: what SQLite and PostgreSQL have in common.

`SqliteDatabase` (tools/sqlite_database.py) and `PostgresDatabase` (tools/postgres_database.py) keep its promises, each behind two
locks that hold one without the other: `sql_lock.inspect`, an allow-list over the parsed statement, and one of the engine's own.

Nothing is opened until it is asked. A `Database` can be shared by any number of threads.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from tools import sql_lock
from tools.database_options import DatabaseOptions, Hidden, described
from tools.errors import FixArguments, Unanswerable
from tools.evidence import Schema, TableInfo
from tools.results import Cell, Rows
from tools.sql import Dialect

__all__ = ["Database", "DatabaseOptions", "Limits", "Rows"]

INTROSPECTION_SECONDS = 30.0  # our own statements over every table, once


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may cost. `bytes` bounds the rows together, and in SQLite any single value while the query runs."""

    rows: int = 1000
    bytes: int = 1_000_000
    seconds: float = 2.0


class Database(ABC):
    """A database under a name, with what the operator says of it in `options`.

    Its errors are FixArguments for a statement that is not allowed or wrong, Unanswerable past the deadline or a size,
    DatabaseError where the database cannot be read; their messages hold no path, address or password.
    """

    dialect: ClassVar[Dialect]

    def __init__(
        self,
        name: str,
        limits: Limits = Limits(),
        options: DatabaseOptions = DatabaseOptions(),
        *,
        _statement_lock: bool = True,
        _engine_lock: bool = True,
    ) -> None:
        """The two private arguments are for tests only: they show that each lock holds without the other."""
        self.name = name
        self.limits = limits
        self.options = options
        self._statement_lock = _statement_lock
        self._engine_lock = _engine_lock
        self._schema: Schema | None = None
        self._declares_keys = False
        self._hidden = Hidden()
        self._introspecting = threading.Lock()

    @property
    def schema(self) -> Schema:
        """The whole schema as the operator lets it be seen, without values, read once. Raises DatabaseError, and WrongOptions
        where `options` name what the database lacks."""
        with self._introspecting:
            if self._schema is None:
                stored, declared = self._introspect()
                schema, self._hidden = described(stored, self.options)
                self._declares_keys = declared
                self._schema = self._readable(schema)
            return self._schema

    @property
    def declares_keys(self) -> bool:
        """Whether the foreign keys of the schema are declared in the database; else its values imply them. Raises DatabaseError."""
        _ = self.schema
        return self._declares_keys

    @property
    def value_synonyms(self) -> Mapping[tuple[str, str], Mapping[str, str]]:
        """The operator's other words for stored values: by (table, column), the word to the value that is stored."""
        return self.options.value_synonyms(self.schema) if self.options.values else {}

    def run(self, sql: str, parameters: Sequence[Cell] = ()) -> Rows:
        """The rows of one SELECT. What is past the caps is left out and reported as `truncated`; bytes read as hex text."""
        if self._statement_lock:
            schema = self.schema
            sql_lock.inspect(sql, schema, self.dialect, self._hidden)
        return self._execute(sql, parameters)

    def distinct(self, table: str, column: str, limit: int) -> list[str | int | float]:
        """Up to `limit` different values that `column` stores; fewer where INTROSPECTION_SECONDS do not suffice."""
        if not any(t.name == table and c.name == column for t in self.schema.tables for c in t.columns):
            raise FixArguments(f"there is no column {column!r} in {table!r}")
        return self._distinct(table, column, limit)

    def sample(self, table: str, limit: int) -> list[tuple[Cell, ...]]:
        """Up to `limit` rows of a table, in the order of its columns; none where they cannot be read in time."""
        info = next((t for t in self.schema.tables if t.name == table), None)
        if info is None:
            raise FixArguments(f"there is no table {table!r}")
        return self._sample(info, limit)

    def check(self) -> None:
        """Raises DatabaseError where the database cannot be asked just now."""
        _ = self.schema
        self._execute("SELECT 1", ())

    @abstractmethod
    def version(self) -> object:
        """What differs from an earlier one where stored rows may have changed since. Costs next to nothing. Raises DatabaseError."""

    def close(self) -> None:  # noqa: B027 (most keep nothing)
        """Lets go of what is kept open between statements; the database can be asked again."""

    @abstractmethod
    def _introspect(self) -> tuple[Schema, bool]:
        """Everything that is stored, and whether its keys are declared."""

    def _readable(self, schema: Schema) -> Schema:
        """The schema without what the engine's lock lets nobody read."""
        return schema

    @abstractmethod
    def _execute(self, sql: str, parameters: Sequence[Cell]) -> Rows:
        """`run` behind the engine's lock."""

    @abstractmethod
    def _distinct(self, table: str, column: str, limit: int) -> list[str | int | float]: ...

    @abstractmethod
    def _sample(self, table: TableInfo, limit: int) -> list[tuple[Cell, ...]]: ...

    def _capped(self, rows: Iterable[Sequence[object]]) -> tuple[tuple[tuple[Cell, ...], ...], bool]:
        """As many rows as the limits allow, and whether there were more."""
        kept: list[tuple[Cell, ...]] = []
        size = 0
        for row in rows:
            cells = tuple(map(_cell, row))
            size += sum(map(_size, cells))
            if len(kept) == self.limits.rows or size > self.limits.bytes:
                if not kept:
                    raise Unanswerable(f"the first row is larger than {self.limits.bytes} bytes")
                return tuple(kept), True
            kept.append(cells)
        return tuple(kept), False


def _cell(value: object) -> Cell:
    return value.hex() if isinstance(value, bytes) else value  # type: ignore[return-value]


def _size(cell: Cell) -> int:
    return len(cell.encode("utf-8", "replace")) if isinstance(cell, str) else 8
