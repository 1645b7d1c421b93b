"""The database that holds the record: SQLite or PostgreSQL, opened so that what is reported stored is stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, MetaData, create_engine, event, inspect
from sqlalchemy.schema import CreateTable
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError


class RecordError(Exception):
    """The record cannot be used; the message says why in a sentence."""


class Storage:
    """Safe to share between threads and processes. `url` as SQLAlchemy has it; the tables of `metadata` are made where they are missing."""

    def __init__(self, url: str, metadata: MetaData) -> None:
        try:
            self._engine = create_engine(_with_driver(url))
        except (ArgumentError, ImportError) as error:
            raise RecordError(f"{url!r} is not the address of a database that can be opened: {error}") from error
        self._place = self._engine.url.render_as_string(hide_password=True)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        with self.transaction(writes=True) as connection:
            metadata.create_all(connection)
            _add_missing_columns(connection, metadata)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def transaction(self, *, writes: bool = False) -> Iterator[Connection]:
        """All or nothing. Raises RecordError."""
        try:
            with self._engine.connect().execution_options(reckoner_writes=writes) as connection, connection.begin():
                yield connection
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise RecordError(f"{_plainly(error)} ({self._place})") from error


def _with_driver(url: str) -> str:
    """SQLAlchemy would take an older driver for a plain "postgresql://"; ours is psycopg 3."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return f"postgresql+psycopg://{url.removeprefix(plain)}"
    return url


def _add_missing_columns(connection: Connection, metadata: MetaData) -> None:
    """A record that an older version made gets the columns that have come since; each has a default for the rows that are there."""
    have = {table: {column["name"] for column in inspect(connection).get_columns(table)} for table in metadata.tables}
    dialect = connection.dialect
    for table in metadata.sorted_tables:
        compiler = dialect.ddl_compiler(dialect, CreateTable(table))
        for column in table.columns:
            if column.name not in have[table.name]:
                described = compiler.get_column_specification(column)
                connection.exec_driver_sql(f"ALTER TABLE {dialect.identifier_preparer.format_table(table)} ADD COLUMN {described}")


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """WAL lets readers and one writer work side by side; `synchronous` stays FULL, so that what is reported stored is stored."""
    connection.isolation_level = None  # the driver begins no transactions of its own; `_begin_sqlite` does
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "busy_timeout = 10000", "synchronous = FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once: one that reads first could not wait for another writer later."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("reckoner_writes") else "BEGIN")


def _plainly(error: Exception) -> str:
    message = str(getattr(error, "orig", None) or error)
    if "malformed" in message or "not a database" in message:
        return f"The record is damaged: {message}. Restore it from a copy, or move it away and index the documents again"
    if "unable to open" in message or "readonly" in message:
        return f"The record cannot be opened for writing: {message}"
    if "locked" in message:
        return "The record is in use by another process and did not become free in ten seconds"
    if isinstance(error, IntegrityError):
        return f"The record refused a change that contradicts what it holds: {message}"
    return f"The record failed: {message}"
