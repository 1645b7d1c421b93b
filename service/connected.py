"""The databases that the settings connect, with the values that they store.

A SQLite file that is missing or damaged is said at the start. A PostgreSQL server may be down then, and come back later: until it
does, questions are answered without it, and whoever asks for it is told.
"""

from __future__ import annotations

import difflib
import logging
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import SecretStr

from retrieval.values import ValueIndex
from service.settings import Settings, SettingsError
from tools.database import Database, DatabaseOptions
from tools.database_options import WrongOptions
from tools.errors import Unreachable
from tools.sqlite_database import SqliteDatabase

VALUES_PER_COLUMN = 20_000  # a column with more different texts holds remarks rather than names
_log = logging.getLogger("reckoner.workspace")


class StoredValues(Mapping[str, ValueIndex]):
    """An index of the texts of each database, made once when it is first asked for. Raises DatabaseError where that cannot be read."""

    def __init__(self, databases: Mapping[str, Database]) -> None:
        self._databases = databases
        self._indexes: dict[str, ValueIndex] = {}
        self._locks = {name: threading.Lock() for name in databases}

    def __getitem__(self, name: str) -> ValueIndex:
        with self._locks[name]:
            if name not in self._indexes:
                self._indexes[name] = index_values(self._databases[name])
            return self._indexes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._databases)

    def __len__(self) -> int:
        return len(self._databases)


def open_databases(settings: Settings) -> dict[str, Database]:
    """The databases of the settings, none of them asked yet. Raises SettingsError where one cannot be opened."""
    for name in settings.database_options:
        if name not in settings.databases:
            near = difflib.get_close_matches(name, settings.databases, 1)
            raise SettingsError(f"database_options: there is no database {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    said = {name: given.options for name, given in settings.database_options.items()}
    return {name: open_database(name, at, said.get(name, DatabaseOptions())) for name, at in settings.databases.items()}


def open_database(name: str, at: Path | SecretStr, options: DatabaseOptions = DatabaseOptions()) -> Database:
    """A SQLite file or, where `at` is a secret, an address of PostgreSQL."""
    if isinstance(at, Path):
        if options.schemas:
            raise SettingsError(f"database_options: {name!r} is a SQLite file and has no schemas")
        return SqliteDatabase(name, at, options=options)
    try:
        from tools.postgres_database import PostgresDatabase
    except ImportError:
        raise SettingsError(f"databases: {name!r} is in PostgreSQL, which needs a driver: pip install 'reckoner[postgres]'") from None
    return PostgresDatabase(name, at.get_secret_value(), options=options)


def connect(databases: Mapping[str, Database]) -> StoredValues:
    """Reads schemas and values now, and leaves those for later whose server does not answer. Raises DatabaseError, and SettingsError where
    the settings say something of a database that it lacks."""
    values = StoredValues(databases)
    for name in databases:
        try:
            _ = values[name]
        except Unreachable as error:
            _log.warning("%s. Questions are answered without it until it is there.", str(error).capitalize())
        except WrongOptions as error:
            raise SettingsError(f"database_options: {error}") from None
    return values


def index_values(database: Database) -> ValueIndex:
    """An index of the texts that the database stores. Raises DatabaseError where it cannot be read."""
    return ValueIndex.build(
        (
            (table.name, column.name, database.distinct(table.name, column.name, VALUES_PER_COLUMN))
            for table in database.schema.tables
            for column in table.columns
            if column.type in ("text", "boolean")
        ),
        database.value_synonyms,
    )
