"""A SQLite database that can be asked and cannot be changed.

Two independent locks guard it; `tests/test_database.py` attacks each with the other one off.

- `sql_lock.inspect`: an allow-list over the parsed statement.
- The engine's own, in `_guarded`: a read-only file, `query_only`, an authorizer that knows the tables and functions one may
  use, a deadline and limits. All are needed: a read-only connection still lets a statement ATTACH another file and write to it,
  and only the authorizer keeps `sqlite_master` unread.

Every run opens a connection of its own and closes it: opening costs a fraction of a millisecond, no statement can leave
anything behind for the next, and a `Database` can be shared by any number of threads.

It leaves out a limit on memory: a sort or a grouping may use what it can gather before the deadline. The deadline is looked at
between the engine's instructions, so one instruction over values near the byte limit may overrun it slightly.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools import sql_lock
from tools.errors import DatabaseError, FixArguments, Unanswerable
from tools.identifiers import quote
from tools.introspection import declares_keys, introspect
from tools.language import Schema
from tools.results import Cell, Rows

__all__ = ["Database", "Limits", "Rows"]

_STEPS = 1000  # engine instructions between looks at the clock: some 10 µs
_INTROSPECTION_SECONDS = 30.0  # our own statements over every table, once
_ENGINE_LIMITS = {
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: sql_lock.MAX_SQL,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 20,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 10,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1000,  # matching is quadratic in it
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_DAMAGED = ("malformed", "not a database", "unable to open", "disk i/o error", "locked", "readonly")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may cost. `bytes` bounds the rows together, and any single value while the query runs."""

    rows: int = 1000
    bytes: int = 1_000_000
    seconds: float = 2.0


class Database:
    """A SQLite file under a name. Nothing is opened until it is asked; then a bad file is a `DatabaseError`."""

    def __init__(
        self, name: str, path: Path | str, limits: Limits = Limits(), *, _statement_lock: bool = True, _engine_lock: bool = True
    ) -> None:
        """The two private arguments are for tests only: they show that each lock holds without the other."""
        self.name = name
        self.path = Path(path)
        self.limits = limits
        self._statement_lock = _statement_lock
        self._engine_lock = _engine_lock
        self._schema: Schema | None = None
        self._introspecting = threading.Lock()

    @property
    def schema(self) -> Schema:
        """The whole schema, without values, read once."""
        with self._introspecting:
            if self._schema is None:
                with self._reading() as connection:
                    _set_deadline(connection, _INTROSPECTION_SECONDS)
                    self._schema = introspect(connection, self.name)
            return self._schema

    @property
    def declares_keys(self) -> bool:
        """Whether the foreign keys of the schema are declared in the file; else its values imply them. Raises DatabaseError."""
        schema = self.schema
        with self._reading() as connection:
            return declares_keys(connection, schema)

    def run(self, sql: str, parameters: Sequence[Cell] = ()) -> Rows:
        """The rows of one SELECT. Values past the caps are left out and reported as `truncated`; BLOBs read as hex text.

        Raises FixArguments for a statement that is not allowed or wrong, Unanswerable past the deadline or a value's
        size, DatabaseError where the file cannot be read.
        """
        if self._statement_lock:
            sql_lock.inspect(sql, self.schema)
        with self._guarded() as connection:
            cursor = connection.execute(sql, tuple(parameters))
            columns = tuple(column[0] for column in cursor.description or ())
            rows, truncated = self._capped(cursor)
        return Rows(columns, rows, truncated)

    def distinct(self, table: str, column: str, limit: int) -> list[str | int | float]:
        """Up to `limit` different values that `column` stores; fewer where the deadline comes first."""
        if not any(t.name == table and c.name == column for t in self.schema.tables for c in t.columns):
            raise FixArguments(f"there is no column {column!r} in {table!r}")
        sql = f"SELECT DISTINCT {quote(column)} FROM {quote(table)} WHERE {quote(column)} IS NOT NULL LIMIT ?"
        values: list[str | int | float] = []
        try:
            with self._guarded() as connection:
                values.extend(value for (value,) in connection.execute(sql, (limit,)) if isinstance(value, str | int | float))
        except Unanswerable:
            pass  # what was found in time still helps whoever looks values up
        return values

    def _capped(self, cursor: sqlite3.Cursor) -> tuple[tuple[tuple[Cell, ...], ...], bool]:
        rows: list[tuple[Cell, ...]] = []
        size = 0
        for row in cursor:
            cells = tuple(map(_cell, row))
            size += sum(map(_size, cells))
            if len(rows) == self.limits.rows or size > self.limits.bytes:
                if not rows:
                    raise Unanswerable(f"the first row is larger than {self.limits.bytes} bytes")
                return tuple(rows), True
            rows.append(cells)
        return tuple(rows), False

    @contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
        """A connection behind the engine's lock, for one statement."""
        if not self._engine_lock:
            with _named_errors(self.name, self.limits), _closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
                yield connection
            return
        tables = frozenset(table.name.lower() for table in self.schema.tables)
        with self._reading() as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, self.limits.bytes)
            for limit, value in _ENGINE_LIMITS.items():
                connection.setlimit(limit, value)
            connection.set_authorizer(_authorizer(tables))
            _set_deadline(connection, self.limits.seconds)
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that opens an existing file read-only, with the engine's errors given our names."""
        if not self.path.is_file():  # said first: the engine's own words would be "unable to open database file"
            raise DatabaseError(f"the file of the database {self.name!r} is missing")
        uri = self.path.resolve().as_uri() + "?mode=ro"
        with _named_errors(self.name, self.limits):
            opened = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=self.limits.seconds)
            with _closing(opened) as connection:
                connection.text_factory = _decode
                connection.execute("PRAGMA query_only = ON")
                connection.execute("PRAGMA trusted_schema = OFF")  # views and indexes may not call functions with side effects
                yield connection


@contextmanager
def _closing(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _named_errors(name: str, limits: Limits) -> Iterator[None]:
    """SQLite's errors as ours. Its message says what is wrong with a statement, and is safe to show: it holds no path."""
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeEncodeError) as error:
        message = str(error)
        if "interrupted" in message:
            raise Unanswerable(f"the query took longer than {limits.seconds:g} seconds") from None
        if "too big" in message:
            raise Unanswerable(f"the query made a value of more than {limits.bytes} bytes") from None
        if "database is locked" in message:
            raise DatabaseError(f"the database {name!r} is busy") from None
        if any(word in message.lower() for word in _DAMAGED):
            raise DatabaseError(f"the database {name!r} is damaged or not a SQLite file") from None
        raise FixArguments(f"the database refused the query: {message}") from None


def _set_deadline(connection: sqlite3.Connection, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)


def _authorizer(tables: frozenset[str]) -> Callable[[int, str | None, str | None, str | None, str | None], int]:
    """Allows SELECT, recursion, the functions of the allow-list and reading `tables`; denies everything else."""

    def authorize(action: int, first: str | None, second: str | None, database: str | None, inside: str | None) -> int:
        match action:
            case sqlite3.SQLITE_SELECT | sqlite3.SQLITE_RECURSIVE:
                allowed = True
            case sqlite3.SQLITE_READ:
                allowed = (first or "").lower() in tables and database in ("main", None)
            case sqlite3.SQLITE_FUNCTION:
                allowed = (second or "").lower() in sql_lock.FUNCTIONS
            case _:
                allowed = False
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    return authorize


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _cell(value: object) -> Cell:
    return value.hex() if isinstance(value, bytes) else value  # type: ignore[return-value]


def _size(cell: Cell) -> int:
    return len(cell.encode("utf-8", "replace")) if isinstance(cell, str) else 8
