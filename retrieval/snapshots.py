"""Snapshots of collections: which documents the workspace, or a vector store, held at a moment, and the way back to them.

A snapshot names documents rather than copying them: one that goes on unchanged stands in the record once, and one that is dropped is kept
once for all snapshots that name it (`retrieval/documents.py`), out of the reach of every search. Going back first takes a snapshot of
what it replaces, so that it can be undone; it is one transaction, and the changes it writes are those that indexes follow.

What is kept goes with the last snapshot that names it. `erase_file` and `Snapshots.erase` take a document out of every snapshot as well,
for good. A file's document stands once for all stores that hold it: where it was read again since, that reading stays.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, func, insert, literal, select, update

from retrieval.documents import bring_back, drop_documents, forget_kept, in_batches, log
from retrieval.paging import Page, paged
from retrieval.record import Record
from retrieval.store_rows import WORKSPACE
from retrieval.tables import documents, kept_documents, snapshot_documents, snapshot_files, snapshots, store_files, stores

_ROWS = [column.name for column in store_files.columns]


class UnknownSnapshot(Exception):
    """The collection has no snapshot of this id; the message is the id."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Of a store; `documents` counts those it names, `kept` those among them that it, or another snapshot, keeps alone."""

    id: str
    store: str
    name: str
    created: int
    documents: int
    kept: int


@dataclass(frozen=True, slots=True)
class Rollback:
    """`undo` is a snapshot of what stood before; so many documents came back, and so many went."""

    undo: Snapshot
    restored: int
    removed: int


class Snapshots:
    """Safe to share between threads and processes; every method is one transaction. Raises RecordError where the record fails."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def create(self, store: str, name: str = "") -> Snapshot:
        """Of the store as it is now; WORKSPACE is that of the workspace's own documents."""
        with self.record.transaction(writes=True) as connection:
            return _shown(connection, [_create(connection, store, name)])[0]

    def all(self, store: str, page: Page) -> tuple[list[Snapshot], bool]:
        """A page of them, and whether there are more. Raises UnknownCursor."""
        with self.record.transaction() as connection:
            rows, more = paged(connection, _of(store), snapshots.c.number, snapshots.c.id, page)
            return _shown(connection, rows), more

    def one(self, store: str, id: str) -> Snapshot | None:
        with self.record.transaction() as connection:
            return next(iter(_shown(connection, connection.execute(_of(store).where(snapshots.c.id == id)).all())), None)

    def roll_back(self, store: str, id: str) -> Rollback:
        """The store holds what it held then: the same documents with the same numbers, and files with their attributes. Searches see it
        at once. Raises UnknownSnapshot."""
        with self.record.transaction(writes=True) as connection:
            snapshot = connection.execute(_of(store).where(snapshots.c.id == id)).one_or_none()
            if snapshot is None:
                raise UnknownSnapshot(id)
            undo = _create(connection, store, f"before going back to {id}")
            go_back = _go_back_in_workspace if store == WORKSPACE else _go_back_in_store
            restored, removed = go_back(connection, store, snapshot.number)
            log(connection, "rollback", [0], id)
            return Rollback(_shown(connection, [undo])[0], restored, removed)

    def delete(self, store: str, id: str) -> bool:
        """The snapshot, with what is kept for it alone; False if there is none."""
        with self.record.transaction(writes=True) as connection:
            return _delete(connection, _of(store).where(snapshots.c.id == id)) > 0

    def erase(self, name: str) -> bool:
        """Deletes one of the workspace's own documents for good, from every snapshot as well: all that its name ever held. False if
        nothing does."""
        with self.record.transaction(writes=True) as connection:
            return _erase(connection, name, "")


def drop_snapshots(connection: Connection, store: str) -> None:
    """All of a store that is deleted, with what is kept for them alone."""
    _delete(connection, _of(store))


def erase_file(connection: Connection, file: str) -> None:
    """Takes an uploaded file out of every snapshot, and its document out of the record, for good."""
    connection.execute(delete(snapshot_files).where(snapshot_files.c.file == file))
    _erase(connection, file, file)


def names_file(file: str) -> Any:
    """The condition that some snapshot names this uploaded file."""
    return exists().where(snapshot_files.c.file == file)


def _of(store: str) -> Select[Any]:
    return select(snapshots).where(snapshots.c.store == store)


def _create(connection: Connection, store: str, name: str) -> Any:
    row = {"id": f"snap_{uuid.uuid4().hex[:24]}", "store": store, "name": name, "created": int(time.time())}
    number = connection.execute(insert(snapshots), row).inserted_primary_key[0]  # type: ignore[index]
    held = select(documents.c.id).where(documents.c.file == "")
    if store != WORKSPACE:
        of_store = (store_files.c.store == store, store_files.c.status == "completed")
        held = select(documents.c.id).where(documents.c.file.in_(select(store_files.c.file).where(*of_store)))
        copied = select(literal(number), *store_files.c).where(store_files.c.store == store)
        connection.execute(insert(snapshot_files).from_select(["snapshot", *_ROWS], copied))
    named = held.with_only_columns(literal(number), documents.c.id)
    connection.execute(insert(snapshot_documents).from_select(["snapshot", "document"], named))
    return connection.execute(select(snapshots).where(snapshots.c.number == number)).one()


def _shown(connection: Connection, rows: Sequence[Any]) -> list[Snapshot]:
    """Of rows of `snapshots`."""
    counted = select(snapshot_documents.c.snapshot, func.count(), func.count(kept_documents.c.id)).outerjoin(
        kept_documents, kept_documents.c.id == snapshot_documents.c.document
    )
    of_rows = counted.where(snapshot_documents.c.snapshot.in_([row.number for row in rows])).group_by(snapshot_documents.c.snapshot)
    counts = {number: (named, kept) for number, named, kept in connection.execute(of_rows)}
    return [Snapshot(row.id, row.store, row.name, row.created, *counts.get(row.number, (0, 0))) for row in rows]


def _go_back_in_workspace(connection: Connection, _: str, snapshot: int) -> tuple[int, int]:
    """How many documents came back, and how many went."""
    now = set(connection.scalars(select(documents.c.id).where(documents.c.file == "")))
    then = set(connection.scalars(select(snapshot_documents.c.document).where(snapshot_documents.c.snapshot == snapshot)))
    drop_documents(connection, now - then)
    bring_back(connection, then - now)
    return len(then - now), len(now - then)


def _go_back_in_store(connection: Connection, store: str, snapshot: int) -> tuple[int, int]:
    """How many files came back, and how many went."""
    now = set(connection.scalars(select(store_files.c.file).where(store_files.c.store == store)))
    then = set(connection.scalars(select(snapshot_files.c.file).where(snapshot_files.c.snapshot == snapshot)))
    connection.execute(delete(store_files).where(store_files.c.store == store))
    rows = select(*(snapshot_files.c[name] for name in _ROWS)).where(snapshot_files.c.snapshot == snapshot)
    connection.execute(insert(store_files).from_select(_ROWS, rows))
    connection.execute(update(stores).where(stores.c.id == store).values(active=int(time.time())))
    named = select(snapshot_documents.c.document).where(snapshot_documents.c.snapshot == snapshot)
    standing = select(documents.c.name).where(documents.c.file != "")
    gone = select(kept_documents.c.id).where(kept_documents.c.id.in_(named), kept_documents.c.name.not_in(standing))
    bring_back(connection, list(connection.scalars(gone)))
    _complete(connection, store)
    for some in in_batches(sorted(now - then)):
        unheld = select(documents.c.id).where(documents.c.file.in_(some), documents.c.file.not_in(select(store_files.c.file)))
        drop_documents(connection, list(connection.scalars(unheld)))
    return len(then - now), len(now - then)


def _complete(connection: Connection, store: str) -> None:
    """A file that waited then and was read since, for whichever store, is read."""
    waited = (store_files.c.store == store, store_files.c.status == "in_progress")
    bytes_elsewhere = select(func.max(store_files.c.bytes)).where(store_files.c.status == "completed")
    for file in list(connection.scalars(select(store_files.c.file).where(*waited, store_files.c.file.in_(select(documents.c.file))))):
        size = connection.scalar(bytes_elsewhere.where(store_files.c.file == file)) or 0
        here = (*waited, store_files.c.file == file)
        connection.execute(update(store_files).where(*here).values(status="completed", bytes=size))


def _delete(connection: Connection, which: Select[Any]) -> int:
    """Those snapshots, with what no other names; how many there were."""
    numbers = list(connection.scalars(which.with_only_columns(snapshots.c.number)))
    for some in in_batches(numbers):
        for table, column in ((snapshot_documents, "snapshot"), (snapshot_files, "snapshot"), (snapshots, "number")):
            connection.execute(delete(table).where(table.c[column].in_(some)))
    unnamed = select(kept_documents.c.id).where(kept_documents.c.id.not_in(select(snapshot_documents.c.document)))
    forget_kept(connection, list(connection.scalars(unnamed)))
    return len(numbers)


def _erase(connection: Connection, name: str, file: str) -> bool:
    numbers = [
        number
        for table in (documents, kept_documents)
        for number in connection.scalars(select(table.c.id).where(table.c.name == name, table.c.file == file))
    ]
    for some in in_batches(numbers):
        connection.execute(delete(snapshot_documents).where(snapshot_documents.c.document.in_(some)))
        standing = list(connection.scalars(select(documents.c.id).where(documents.c.id.in_(some))))
        drop_documents(connection, standing)
    forget_kept(connection, numbers)
    return bool(numbers)
