"""A SQLite file as a `Database`.

The engine's own lock, in `_guarded`, is a read-only file, `query_only`, an authorizer that knows the tables and functions one may
use, a deadline and limits. All are needed: a read-only connection still lets a statement ATTACH another file and write to it,
and only the authorizer keeps `sqlite_master` unread. `tests/test_locks.py` attacks each lock with the other one off.

Every run opens a connection of its own and closes it: opening costs a fraction of a millisecond, and no statement can leave
anything behind for the next.

The deadline and the caps hold whichever lock is off. It leaves out a limit on memory: a sort or a grouping may use what it can
gather before the deadline. SQLite looks at an interruption between two rows, so what one row costs may go on after its caller has
been told that the time is up.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from tools import sql_lock
from tools.database import INTROSPECTION_SECONDS, Database, DatabaseOptions, Limits
from tools.database_options import Hidden
from tools.deadline import within
from tools.errors import DatabaseError, FixArguments, Unanswerable
from tools.evidence import Schema, TableInfo
from tools.identifiers import quote
from tools.introspection import declares_keys, introspect
from tools.results import Cell, Rows

T = TypeVar("T")

_STEPS = 1000  # engine instructions between looks at the clock: some 10 µs
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
# SQLite does not ask the authorizer about the columns that these compare. Wherever the words stand: what they mean is not looked at.
_JOINED_BY_NAME = re.compile(r"natural|using", re.IGNORECASE)
_DAMAGED = ("malformed", "not a database", "unable to open", "disk i/o error", "locked", "readonly")


class SqliteDatabase(Database):
    """A file under a name. A bad file is a `DatabaseError` once it is asked."""

    dialect = "sqlite"

    def __init__(
        self,
        name: str,
        path: Path | str,
        limits: Limits = Limits(),
        options: DatabaseOptions = DatabaseOptions(),
        *,
        _statement_lock: bool = True,
        _engine_lock: bool = True,
    ) -> None:
        super().__init__(name, limits, options, _statement_lock=_statement_lock, _engine_lock=_engine_lock)
        self.path = Path(path)

    def _introspect(self) -> tuple[Schema, bool]:
        with self._reading() as connection:
            deadline = time.monotonic() + INTROSPECTION_SECONDS
            connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
            schema = introspect(connection, self.name)
            return schema, declares_keys(connection, schema)

    def _readable(self, schema: Schema) -> Schema:
        """Without views over what is hidden or no table of ours: the engine tells a view's reading from the statement's by a name that a
        WITH clause can take."""
        names = frozenset(table.name.lower() for table in schema.tables)
        kept = []
        with self._reading() as connection:
            connection.set_authorizer(_authorizer(names, self._hidden))
            for table in schema.tables:
                with suppress(sqlite3.DatabaseError):
                    connection.execute(f"SELECT {', '.join(quote(c.name) for c in table.columns)} FROM {quote(table.name)} LIMIT 0")
                    kept.append(table)
        present = {table.name for table in kept}
        keys = tuple(key for key in schema.foreign_keys if {key.table, key.other_table} <= present)
        return replace(schema, tables=tuple(kept), foreign_keys=keys)

    def _execute(self, sql: str, parameters: Sequence[Cell]) -> Rows:
        _ = self.schema  # what is hidden is known once it has been read
        if self._engine_lock and self._hidden.columns and _JOINED_BY_NAME.search(sql):
            raise FixArguments("NATURAL and USING are not allowed where columns are hidden")

        def rows(connection: sqlite3.Connection) -> Rows:
            cursor = connection.execute(sql, tuple(parameters))
            columns = tuple(column[0] for column in cursor.description or ())
            return Rows(columns, *self._capped(cursor))

        return self._in_time(rows)

    def _distinct(self, table: str, column: str, limit: int) -> list[str | int | float]:
        sql = f"SELECT DISTINCT {quote(column)} FROM {quote(table)} WHERE {quote(column)} IS NOT NULL LIMIT ?"
        values: list[str | int | float] = []

        def gather(connection: sqlite3.Connection) -> None:
            values.extend(value for (value,) in connection.execute(sql, (limit,)) if isinstance(value, str | int | float))

        with suppress(Unanswerable):  # what was found in time still helps whoever looks values up
            self._in_time(gather, INTROSPECTION_SECONDS)
        return list(values)

    def version(self) -> object:
        return [_written(self.path), _written(self.path.with_name(self.path.name + "-wal"))]

    def _sample(self, table: TableInfo, limit: int) -> list[tuple[Cell, ...]]:
        items = ", ".join(quote(column.name) for column in table.columns)
        with suppress(Unanswerable):
            return self._in_time(lambda c: c.execute(f"SELECT {items} FROM {quote(table.name)} LIMIT ?", (limit,)).fetchall())
        return []

    def _in_time(self, work: Callable[[sqlite3.Connection], T], seconds: float | None = None) -> T:
        """What `work` makes of a guarded connection; Unanswerable once the deadline, of one query or in `seconds`, has passed."""
        _ = self.schema  # read before the clock starts
        opened: list[sqlite3.Connection] = []

        def guarded() -> T:
            with self._guarded() as connection:
                opened.append(connection)
                return work(connection)

        def interrupt() -> None:
            for connection in opened:
                with suppress(sqlite3.ProgrammingError):  # it has just been closed
                    connection.interrupt()

        try:
            return within(seconds or self.limits.seconds, guarded, interrupt)
        except TimeoutError:
            raise Unanswerable(_too_long(self.limits)) from None

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
            connection.set_authorizer(_authorizer(tables, self._hidden))
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
            raise Unanswerable(_too_long(limits)) from None
        if "too big" in message:
            raise Unanswerable(f"the query made a value of more than {limits.bytes} bytes") from None
        if "database is locked" in message:
            raise DatabaseError(f"the database {name!r} is busy") from None
        if any(word in message.lower() for word in _DAMAGED):
            raise DatabaseError(f"the database {name!r} is damaged or not a SQLite file") from None
        raise FixArguments(f"the database refused the query: {message}") from None


def _too_long(limits: Limits) -> str:
    return f"the query took longer than {limits.seconds:g} seconds"


def _authorizer(tables: frozenset[str], hidden: Hidden) -> Callable[[int, str | None, str | None, str | None, str | None], int]:
    """Allows SELECT, recursion, the functions of the allow-list and reading `tables` but for `hidden`; denies everything else."""
    columns = frozenset((table.lower(), column.lower()) for table, column in hidden.columns)

    def authorize(action: int, first: str | None, second: str | None, database: str | None, inside: str | None) -> int:
        match action:
            case sqlite3.SQLITE_SELECT | sqlite3.SQLITE_RECURSIVE:
                allowed = True
            case sqlite3.SQLITE_READ:
                table, column = (first or "").lower(), (second or "").lower()
                allowed = table in tables and (table, column) not in columns and database in ("main", None)
            case sqlite3.SQLITE_FUNCTION:
                allowed = (second or "").lower() in sql_lock.FUNCTIONS
            case _:
                allowed = False
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    return authorize


def _written(path: Path) -> tuple[int, int, int] | None:
    """What differs once a file has been written to or replaced; None where there is none."""
    with suppress(OSError):
        found = path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns
    return None


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
