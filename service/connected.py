"""The databases that the settings connect.

A SQLite file that is missing or damaged is said at the start. A PostgreSQL server may be down then, and come back later: until it
does, questions are answered without it, and whoever asks for it is told.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from service.settings import Settings, SettingsError
from service.stored_values import StoredValues
from tools.database import Database, DatabaseOptions
from tools.database_options import WrongOptions
from tools.errors import Unreachable
from tools.sqlite_database import SqliteDatabase

_log = logging.getLogger("reckoner.workspace")


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
