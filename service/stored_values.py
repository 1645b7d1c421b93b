"""What the connected databases store, so that a question's words find it; read again while the service runs, where it has changed.

A look whether a database has changed costs next to nothing. One that has is indexed anew beside the index that answers, which is then
replaced as a whole. Indexing a million values takes seconds of a core, so looks are as far apart as `watch` is told, and at least ten
times as far as the last one took.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence

from retrieval.values import MAX_WORDS, ValueIndex
from retrieval.words import words_of
from tools.database import Database
from tools.errors import ToolError

VALUES_PER_COLUMN = 2_000_000
_LOOKED_AT = 20_000  # of a column with more different texts so many tell whether they are names or remarks
_SHARE = 10  # times the time of a look that pass until the next one
_log = logging.getLogger("reckoner.values")


class StoredValues(Mapping[str, ValueIndex]):
    """An index of the texts of each database, made when it is first asked for. Raises DatabaseError where that cannot be read. Safe to
    share between threads."""

    def __init__(self, databases: Mapping[str, Database]) -> None:
        self._databases = databases
        self._indexes: dict[str, ValueIndex] = {}
        self._versions: dict[str, object] = {}
        self._said: dict[str, str] = {}  # what was last wrong with a database, so that it is logged once
        self._locks = {name: threading.Lock() for name in databases}
        self._stopping, self._thread = threading.Event(), threading.Thread()

    def __getitem__(self, name: str) -> ValueIndex:
        if name not in self._indexes:
            self.refresh(name)
        return self._indexes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._databases)

    def __len__(self) -> int:
        return len(self._databases)

    def refresh(self, name: str) -> bool:
        """Reads the values again where the database may have changed since they were read, and says whether it did.

        Raises KeyError for a name that no database has, and DatabaseError."""
        database = self._databases[name]
        with self._locks[name]:
            version = database.version()  # before the values: what is stored meanwhile is seen at the next look
            if name in self._indexes and version == self._versions[name]:
                return False
            self._indexes[name] = index_values(database)
            self._versions[name] = version
            return True

    def watch(self, seconds: float) -> None:
        """Refreshes every so often from a thread of its own, until `close`; 0 never does."""
        if seconds > 0 and self._databases:
            self._thread = threading.Thread(target=self._watch, args=(seconds,), name="values", daemon=True)
            self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self, seconds: float) -> None:
        pause = seconds
        while not self._stopping.wait(pause):
            began = time.monotonic()
            for name in self._databases:
                self._look(name)
            pause = max(seconds, _SHARE * (time.monotonic() - began))

    def _look(self, name: str) -> None:
        try:
            changed, wrong = self.refresh(name), ""
        except ToolError as error:
            changed, wrong = False, str(error)
        if wrong and wrong != self._said.get(name):
            _log.warning("The values of %r cannot be read now; those that were read before go on being found: %s", name, wrong)
        self._said[name] = wrong
        if changed:
            _log.info("%r has changed: %d values can be found in it now", name, len(self._indexes[name]))


def index_values(database: Database) -> ValueIndex:
    """An index of the texts that the database stores. Raises DatabaseError where it cannot be read."""
    return ValueIndex.build(
        (
            (table.name, column.name, _values(database, table.name, column.name))
            for table in database.schema.tables
            for column in table.columns
            if column.type in ("text", "boolean")
        ),
        database.value_synonyms,
    )


def _values(database: Database, table: str, column: str) -> Sequence[object]:
    """The different values of a column; of remarks, which no question says, no more than tell that they are some."""
    first = database.distinct(table, column, _LOOKED_AT)
    remarks = sum(isinstance(value, str) and len(words_of(value[:1000])) > MAX_WORDS for value in first)
    return first if len(first) < _LOOKED_AT or 2 * remarks > len(first) else database.distinct(table, column, VALUES_PER_COLUMN)
