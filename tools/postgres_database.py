"""A PostgreSQL database (15 or later) as a `Database`.

The engine's own lock, in `_reading` and `_execute`, is

- a transaction of its own for every statement, read-only and always rolled back, with timeouts that hold for it alone;
- a server-side cursor, which takes one SELECT and nothing else, and gives no more rows than are asked for;
- the words of the statement (tools/postgres_lock.py), since a session that may read may call any function;
- `DISCARD ALL` before a connection is used again, which gives up what outlives a transaction: advisory locks, settings, listeners;
- for a superuser, the rights of `pg_read_all_data` instead of its own; set_config('role', …) would give them back, so for a superuser
  it is the words that hold, where for other roles the transaction alone keeps every row, file and setting (tests/test_locks.py).

A role that may only read is a third one, and the operator's to give. A server that does not answer is left after the deadline: the
socket is closed under the statement.

Programs see a few types only (tools/postgres_introspection.py). A table with others, with hidden columns, or in a schema behind
another stands behind a view that the statement brings along, a WITH clause under its name; of it the server finds what programs may
see, whatever way a statement asks for it: a star, a whole row, a natural join.

It leaves out a limit on the size of one stored value: a row is read whole before it is measured.
"""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from os import dup

import psycopg
from psycopg import errors
from psycopg.adapt import AdaptersMap, Buffer, Loader

from tools import postgres_lock
from tools.database import INTROSPECTION_SECONDS, Database, DatabaseOptions, Limits
from tools.errors import DatabaseError, FixArguments, ToolError, Unanswerable, Unreachable
from tools.evidence import Schema, TableInfo
from tools.foreign_keys import marked
from tools.identifiers import quote
from tools.implied_keys import implied_keys
from tools.postgres_introspection import Source, introspect
from tools.results import Cell, Rows

_IDLE = 4  # connections kept open: opening one takes longer than most statements
_CONNECT_SECONDS = 3  # the driver takes no less than two
_DOWN_SECONDS = 1.0  # for which a server that did not answer is not tried again: one question asks many times
_GRACE = 0.04  # seconds after the server's own deadline at which the socket is closed
_FIRST_FETCH = 50  # rows; their size says how many may be fetched at once then
_PART = 100_000  # rows whose values are listed where a table is too large to list all of them in time
_PUBLIC = ("public",)
_RELATIONS = """
SELECT nspname, COALESCE(relname, '') FROM pg_namespace AS n LEFT JOIN pg_class AS c ON c.relnamespace = n.oid"""  # empty schemas, too


class PostgresDatabase(Database):
    """A database at an address, `postgresql://…` or libpq's `key=value` form. Nothing is asked of the server until it must be."""

    dialect = "postgres"

    def __init__(
        self,
        name: str,
        address: str,
        limits: Limits = Limits(),
        options: DatabaseOptions = DatabaseOptions(),
        *,
        _statement_lock: bool = True,
        _engine_lock: bool = True,
    ) -> None:
        super().__init__(name, limits, options, _statement_lock=_statement_lock, _engine_lock=_engine_lock)
        self._address = address
        self._schemas = options.schemas or _PUBLIC
        self._sources: Mapping[str, Source] = {}
        self._relations: frozenset[tuple[str, str]] = frozenset()
        self._superuser = False
        self._idle: list[psycopg.Connection] = []
        self._down_until = 0.0

    def close(self) -> None:
        while self._idle:
            with suppress(IndexError):  # another thread may have taken the last
                self._idle.pop().close()

    # What is stored

    def _introspect(self) -> tuple[Schema, bool]:
        with self._reading(INTROSPECTION_SECONDS) as connection:
            ((self._superuser,),) = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = session_user").fetchall()
            self._relations = frozenset(connection.execute(_RELATIONS).fetchall())
            schema, self._sources = introspect(lambda sql, given: connection.execute(sql, given).fetchall(), self.name, self._schemas)
        if schema.foreign_keys:
            return schema, True
        with suppress(Unanswerable), self._reading(INTROSPECTION_SECONDS) as connection:  # a database without joins is better than none
            keys = implied_keys(lambda sql: connection.execute(sql.replace("%", "%%"), ()).fetchall(), schema.tables, self._from)
            schema = Schema(schema.database, tuple(marked(table, keys) for table in schema.tables), keys)
        return schema, False

    def _from(self, table: str) -> str:
        source = self._sources[table]
        return source.qualified if source.plain else f"({source.select()}) AS {quote('read')}"

    def _distinct(self, table: str, column: str, limit: int) -> list[str | int | float]:
        name = quote(column)
        part = f"(SELECT {name} FROM {self._visible(table)} LIMIT {_PART}) AS {quote('part')}"
        for source in (self._visible(table), part):
            with suppress(Unanswerable):  # what a part of the rows holds still helps whoever looks values up
                found = self._list(f"SELECT DISTINCT {name} FROM {source} WHERE {name} IS NOT NULL LIMIT {limit}", INTROSPECTION_SECONDS)
                return [value for (value,) in found if isinstance(value, str | int | float)]
        return []

    def _sample(self, table: TableInfo, limit: int) -> list[tuple[Cell, ...]]:
        items = ", ".join(quote(column.name) for column in table.columns)
        with suppress(Unanswerable):
            return self._list(f"SELECT {items} FROM {self._visible(table.name)} LIMIT {limit}")
        return []

    def _visible(self, table: str) -> str:
        return f"({self._sources[table].select(self._hidden.of(table))}) AS {quote('visible')}"

    def version(self) -> object:
        """The server's own counters of rows written, which it brings up to date within a second."""
        return self._list(
            "SELECT tup_inserted, tup_updated, tup_deleted, stats_reset::text FROM pg_catalog.pg_stat_database"
            " WHERE datname = pg_catalog.current_database()"
        )

    def _list(self, sql: str, seconds: float | None = None) -> list[tuple[Cell, ...]]:
        """All rows of a statement of ours, which ends with the deadline of a query or after `seconds`."""
        with self._reading(seconds or self.limits.seconds) as connection:
            return connection.execute(sql.replace("%", "%%"), ()).fetchall()

    # Statements

    def _execute(self, sql: str, parameters: Sequence[Cell]) -> Rows:
        schema = self.schema
        if not self._engine_lock:
            return self._unguarded(sql, parameters)
        tables = {table.name for table in schema.tables}
        known = tables.union(column.name for table in schema.tables for column in table.columns)
        names = postgres_lock.names_of(sql, known, tables, self._unseen)
        statement = self._with_views(sql, names, hiding=True)
        with self._reading(self.limits.seconds) as connection, connection.cursor(name="answer", scrollable=False) as cursor:
            cursor.execute(statement, tuple(parameters))
            columns = tuple(column.name for column in cursor.description or ())
            rows, truncated = self._capped(self._fetched(cursor))
        return Rows(columns, rows, truncated)

    @cached_property
    def _unseen(self) -> frozenset[tuple[str, str]]:
        """The (schema, name) of everything that the server could read and programs may not see as it is, and of each schema itself."""
        names = {table.name for table in self.schema.tables}
        seen = {(s.schema, s.name) for name, s in self._sources.items() if name in names and s.plain and not self._hidden.of(name)}
        return (self._relations - seen).union((schema, "") for schema, _ in self._relations)

    def _fetched(self, cursor: psycopg.ServerCursor) -> Iterator[Sequence[Cell]]:
        """Rows, one more than the caps allow at most, in batches that their size so far suggests."""
        count = size = 0
        batch = _FIRST_FETCH
        while count <= self.limits.rows:
            found = cursor.fetchmany(min(batch, self.limits.rows + 1 - count))
            yield from found
            count += len(found)
            size += sum(len(cell) if isinstance(cell, str) else 8 for row in found for cell in row)
            if len(found) < batch:
                return
            batch = max(1, min(1000, int((self.limits.bytes - size) / (size / count + 1)) + 1))

    def _with_views(self, sql: str, names: frozenset[str], hiding: bool) -> str:
        """The statement with the views of the tables that it names and may not see as they are."""
        views = []
        for name, source in self._sources.items():
            hidden = self._hidden.of(name) if hiding else frozenset()
            if name not in names:
                continue
            if hiding and name in self._hidden.tables:
                views.append(f"{quote(name)} AS (SELECT WHERE FALSE)")
            elif hidden or not source.plain:
                views.append(f"{quote(name)} AS NOT MATERIALIZED ({source.select(hidden)})")
        return f"WITH {', '.join(views).replace('%', '%%')} {sql}" if views else sql

    def _unguarded(self, sql: str, parameters: Sequence[Cell]) -> Rows:
        """With the deadline and the caps alone, which are no lock's."""
        seconds = self.limits.seconds
        with self._named_errors(), self._connected() as connection, _cut_off(connection, seconds + _GRACE) as cut:
            connection.execute(f"SET search_path = {self._path()}; SET statement_timeout = {_milliseconds(seconds)}")
            try:
                cursor = connection.execute(self._with_views(sql, postgres_lock.quoted_names(sql), hiding=False), tuple(parameters))
            except psycopg.OperationalError:
                if cut.is_set():
                    raise _took_too_long(seconds) from None
                raise
            columns = tuple(column.name for column in cursor.description or ())
            rows, truncated = self._capped(cursor if cursor.description else ())
            return Rows(columns, rows, truncated)

    # Connections

    @contextmanager
    def _reading(self, seconds: float) -> Iterator[psycopg.Connection]:
        """A connection in a transaction that can only read, ends after `seconds`, and is rolled back."""
        with self._named_errors(seconds):
            connection = self._begun(seconds)
            reusable = False
            try:
                with _cut_off(connection, seconds + _GRACE) as cut:
                    try:
                        yield connection
                    except psycopg.OperationalError:
                        if cut.is_set():
                            raise _took_too_long(seconds) from None
                        raise
                reusable = not cut.is_set()
            except (psycopg.Error, ToolError):
                reusable = not (cut.is_set() or connection.broken)
                raise
            finally:
                self._release(connection, reusable)

    def _begun(self, seconds: float) -> psycopg.Connection:
        """A connection on which the transaction has begun; one that has died in the pool is replaced."""
        begin = self._beginning(seconds)
        while self._idle:
            with suppress(IndexError, psycopg.Error):
                connection = self._idle.pop()
                try:
                    with _cut_off(connection, _GRACE + seconds):
                        connection.execute(begin)
                    return connection
                except psycopg.Error:
                    connection.close()
        connection = self._connected()
        try:
            with _cut_off(connection, _GRACE + seconds):
                connection.execute(begin)
        except psycopg.Error:
            connection.close()
            raise
        return connection

    def _beginning(self, seconds: float) -> str:
        milliseconds = _milliseconds(seconds)
        settings = {
            "statement_timeout": milliseconds,
            "lock_timeout": milliseconds,
            "idle_in_transaction_session_timeout": milliseconds + 5000,
            "search_path": self._path(),
            "standard_conforming_strings": "on",
            "DateStyle": "'ISO, YMD'",
            "IntervalStyle": "postgres",
            "bytea_output": "hex",
            "client_min_messages": "error",
            "cursor_tuple_fraction": 1.0,  # all rows are wanted, not the first few
            "jit": "off",  # compiling takes longer than a statement may
        }
        if self._superuser:
            settings |= {"role": "pg_read_all_data", "row_security": "off"}  # which would hide rows from that role in silence
        return "BEGIN READ ONLY; " + "; ".join(f"SET LOCAL {name} = {value}" for name, value in settings.items())

    def _path(self) -> str:
        return ", ".join(map(quote, self._schemas))

    def _connected(self) -> psycopg.Connection:
        if time.monotonic() < self._down_until:
            raise self._unreachable()
        try:
            connection = psycopg.connect(
                self._address, autocommit=True, prepare_threshold=None, context=_ADAPTERS,
                connect_timeout=_CONNECT_SECONDS, client_encoding="utf8", application_name="reckoner",
            )  # fmt: skip
        except psycopg.OperationalError:
            self._down_until = time.monotonic() + _DOWN_SECONDS
            raise self._unreachable() from None
        except (psycopg.Error, ValueError):
            raise DatabaseError(f"the address of the database {self.name!r} is not one of PostgreSQL") from None
        return connection

    def _release(self, connection: psycopg.Connection, reusable: bool) -> None:
        if reusable and len(self._idle) < _IDLE:
            try:
                with _cut_off(connection, 1.0):
                    connection.execute("ROLLBACK")
                    connection.execute("DISCARD ALL")
                self._idle.append(connection)
                return
            except psycopg.Error:
                pass
        connection.close()

    def _unreachable(self) -> Unreachable:
        return Unreachable(f"the server of the database {self.name!r} is not reachable, or refuses the login")

    @contextmanager
    def _named_errors(self, seconds: float | None = None) -> Iterator[None]:
        """PostgreSQL's errors as ours. What is shown of its message is the first line, which speaks of the statement alone."""
        try:
            yield
        except errors.QueryCanceled:
            raise _took_too_long(self.limits.seconds if seconds is None else seconds) from None
        except errors.LockNotAvailable:
            raise DatabaseError(f"the database {self.name!r} is busy") from None
        except (errors.OutOfMemory, errors.DiskFull, errors.ConfigurationLimitExceeded):
            raise Unanswerable("the query takes more memory than the database has for it") from None
        except errors.ReadOnlySqlTransaction:
            raise FixArguments("only SELECT is allowed") from None
        except psycopg.OperationalError as error:
            if (error.sqlstate or "").startswith("54"):  # too many columns, too complex
                raise FixArguments(f"the database refused the query: {_said(error)}") from None
            raise self._unreachable() from None
        except (psycopg.Error, UnicodeEncodeError) as error:
            raise FixArguments(f"the database refused the query: {_said(error)}") from None


def _milliseconds(seconds: float) -> int:
    return max(1, math.ceil(seconds * 1000))


def _took_too_long(seconds: float) -> Unanswerable:
    return Unanswerable(f"the query took longer than {seconds:g} seconds")


def _said(error: Exception) -> str:
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return (primary or str(error)).splitlines()[0][:300] if (primary or str(error)) else type(error).__name__


@contextmanager
def _cut_off(connection: psycopg.Connection, seconds: float) -> Iterator[threading.Event]:
    """Closes the socket after `seconds`, under whatever waits for it; the event says that it did."""
    cut = threading.Event()

    def close() -> None:
        with suppress(OSError, psycopg.Error), socket.socket(fileno=dup(connection.fileno())) as own:
            cut.set()
            own.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, close)
    timer.daemon = True
    timer.start()
    try:
        yield cut
    finally:
        timer.cancel()


class _Text(Loader):
    """Whatever is no number and no boolean, as the server writes it; bytes as hex."""

    def load(self, data: Buffer) -> str:
        text = bytes(data).decode("utf-8", "replace")
        return text[2:] if text.startswith("\\x") and self.oid == _BYTEA else text


class _Numeric(Loader):
    def load(self, data: Buffer) -> int | float:
        text = bytes(data).decode()
        return int(text) if text.lstrip("-").isdecimal() else float(text)


_PLAIN = ("int2", "int4", "int8", "float4", "float8", "bool", "oid")
_BYTEA = psycopg.adapters.types["bytea"].oid


def _adapters() -> AdaptersMap:
    adapters = AdaptersMap(psycopg.adapters)
    for info in psycopg.adapters.types:
        if info.name not in _PLAIN:
            adapters.register_loader(info.oid, _Numeric if info.name == "numeric" else _Text)
            if info.array_oid:
                adapters.register_loader(info.array_oid, _Text)
    adapters.register_loader(0, _Text)
    return adapters


_ADAPTERS = _adapters()
