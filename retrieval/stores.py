"""Vector stores in the record: which uploaded files each holds, how far each file is, and which documents a search may find.

A file that is added to a store waits (`in_progress`) until whoever reads it stores its document, marks it failed with the reason, or it is
cancelled. Its document stands in the record once, however many stores hold the file, under the file's id as its name; it goes with the
last of them. The workspace's own documents are the store WORKSPACE, which cannot be written to. Every method is one transaction.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, LargeBinary, Select, String, cast, delete, exists, func, insert, select, update

from retrieval.documents import drop_documents, put_document
from retrieval.paging import Page, paged
from retrieval.passages import PassageDraft
from retrieval.record import OWN_FILE, Record
from retrieval.snapshots import drop_snapshots, erase_file, names_file
from retrieval.store_rows import (
    DAY, STATUSES, WORKSPACE, Batch, Given, Status, Store, StoreFile, Usage, as_batch, as_file, as_own_file, as_store, usage_of,
)  # fmt: skip
from retrieval.tables import batch_files, documents, store_batches, store_files, stores

__all__ = ["DAY", "STATUSES", "WORKSPACE", "Batch", "Given", "Status", "Store", "StoreFile", "Stores", "Usage"]

_COARSE = 60  # seconds within which a store's use is written once


class Stores:
    """Safe to share between threads and processes. Raises RecordError where the record fails."""

    def __init__(self, record: Record) -> None:
        self.record = record
        with record.transaction() as connection:
            made = connection.scalar(_of(WORKSPACE)) is not None
        if not made:
            with record.transaction(writes=True) as connection:
                if connection.scalar(_of(WORKSPACE)) is None:
                    _put_store(connection, WORKSPACE, "Workspace", "The documents that are indexed in the workspace.", {}, None)

    # --- Stores -------------------------------------------------------------------------------------------------------

    def create(
        self, name: str, files: Sequence[Given] = (), *,
        metadata: Mapping[str, str] | None = None, days: int | None = None, description: str = "",
    ) -> Store:  # fmt: skip
        id = f"vs_{uuid.uuid4().hex[:24]}"
        with self.record.transaction(writes=True) as connection:
            _put_store(connection, id, name, description, metadata or {}, days)
            for given in files:
                _attach(connection, id, given)
            return as_store(connection.execute(_of(id, stores)).one())

    def store(self, id: str) -> Store | None:
        with self.record.transaction() as connection:
            row = connection.execute(_of(id, stores)).one_or_none()
        return as_store(row) if row else None

    def stores(self, page: Page) -> tuple[list[Store], bool]:
        """A page of them, and whether there are more. Raises UnknownCursor."""
        with self.record.transaction() as connection:
            rows, more = paged(connection, select(stores), stores.c.number, stores.c.id, page)
        return [as_store(row) for row in rows], more

    def usage(self, ids: Collection[str]) -> dict[str, Usage]:
        """Of each of these stores."""
        with self.record.transaction() as connection:
            found = _counted(connection, store_files.c.store.in_(ids))
            if WORKSPACE in ids:
                found += _usage_of_workspace(connection)
        return {id: usage_of([row for row in found if row[0] == id]) for id in ids}

    def update(self, id: str, **changes: Any) -> Store | None:
        """With another `name`, `metadata` or `days`; None where there is no such store."""
        if "metadata" in changes:
            changes["metadata"] = json.dumps(changes["metadata"] or {})
        with self.record.transaction(writes=True) as connection:
            if changes:
                connection.execute(update(stores).where(stores.c.id == id).values(**changes))
            row = connection.execute(_of(id, stores)).one_or_none()
        return as_store(row) if row else None

    def use(self, ids: Iterable[str]) -> None:
        """Notes that these are used now, to about a minute, so that they do not expire."""
        now = int(time.time())
        due = (stores.c.id.in_(list(ids)), stores.c.days.is_not(None), stores.c.active < now - _COARSE)
        with self.record.transaction() as connection:
            idle = connection.scalar(select(func.count()).select_from(stores).where(*due))
        if idle:
            with self.record.transaction(writes=True) as connection:
                connection.execute(update(stores).where(*due).values(active=now))

    def drop(self, id: str) -> bool:
        """The store with its snapshots, and the documents that no other holds; False if there is none."""
        with self.record.transaction(writes=True) as connection:
            there = connection.execute(delete(stores).where(stores.c.id == id)).rowcount > 0
            files = list(connection.scalars(select(store_files.c.file).where(store_files.c.store == id)))
            connection.execute(delete(store_files).where(store_files.c.store == id))
            drop_snapshots(connection, id)
            of_store = select(store_batches.c.id).where(store_batches.c.store == id)
            connection.execute(delete(batch_files).where(batch_files.c.batch.in_(of_store)))
            connection.execute(delete(store_batches).where(store_batches.c.store == id))
            for file in files:
                _drop_unless_held(connection, file)
            return there

    # --- Files of a store ---------------------------------------------------------------------------------------------

    def attach(self, store: str, given: Given) -> StoreFile:
        """The file, waiting to be read, or as it is where it was read before; its attributes are those given now."""
        with self.record.transaction(writes=True) as connection:
            _attach(connection, store, given)
            connection.execute(update(stores).where(stores.c.id == store).values(active=int(time.time())))
            return as_file(connection.execute(_held(store, given.file)).one())

    def file(self, store: str, file: str) -> StoreFile | None:
        with self.record.transaction() as connection:
            if store == WORKSPACE:
                number = file.removeprefix(OWN_FILE)
                if not (file.startswith(OWN_FILE) and number.isdecimal() and len(number) < 10):
                    return None
                own = connection.execute(_own(connection).where(documents.c.id == int(number))).one_or_none()
                return as_own_file(own) if own else None
            row = connection.execute(_held(store, file)).one_or_none()
        return as_file(row) if row else None

    def files(self, store: str, page: Page, status: Status | None = None, batch: str | None = None) -> tuple[list[StoreFile], bool]:
        """A page of those of a store, of one status or of one batch, and whether there are more. Raises UnknownCursor."""
        with self.record.transaction() as connection:
            if store == WORKSPACE:
                query = _own(connection)
                if status is not None:
                    query = query.where(documents.c.status == {"completed": "ready"}.get(status, status))
                rows, more = paged(connection, query, documents.c.id, OWN_FILE + cast(documents.c.id, String), page)
                return [as_own_file(row) for row in rows], more
            query = select(store_files).where(store_files.c.store == store)
            if status is not None:
                query = query.where(store_files.c.status == status)
            if batch is not None:
                query = query.where(store_files.c.file.in_(select(batch_files.c.file).where(batch_files.c.batch == batch)))
            rows, more = paged(connection, query, store_files.c.number, store_files.c.file, page)
        return [as_file(row) for row in rows], more

    def set_attributes(self, store: str, file: str, attributes: Mapping[str, Any]) -> StoreFile | None:
        """Replaces them all; None where the store does not hold the file."""
        where = (store_files.c.store == store, store_files.c.file == file)
        with self.record.transaction(writes=True) as connection:
            connection.execute(update(store_files).where(*where).values(attributes=json.dumps(dict(attributes))))
            row = connection.execute(_held(store, file)).one_or_none()
        return as_file(row) if row else None

    def detach(self, store: str, file: str) -> bool:
        """Takes the file from the store, and its document from the record where no other store holds it; False if it was not there."""
        where = (store_files.c.store == store, store_files.c.file == file)
        with self.record.transaction(writes=True) as connection:
            there = connection.execute(delete(store_files).where(*where)).rowcount > 0
            _drop_unless_held(connection, file)
            return there

    def forget(self, file: str) -> None:
        """Takes the file from every store and every snapshot of one, and its document from the record, for good."""
        with self.record.transaction(writes=True) as connection:
            connection.execute(delete(store_files).where(store_files.c.file == file))
            erase_file(connection, file)

    def holds(self, file: str) -> bool:
        """Whether any store, or a snapshot of one, holds the file."""
        with self.record.transaction() as connection:
            return bool(connection.scalar(select(_is_held(file) | names_file(file))))

    # --- Batches ------------------------------------------------------------------------------------------------------

    def attach_all(self, store: str, files: Sequence[Given]) -> Batch:
        """Adds several at once, as a batch."""
        row = {"id": f"vsfb_{uuid.uuid4().hex[:24]}", "store": store, "cancelled": 0, "created": int(time.time())}
        with self.record.transaction(writes=True) as connection:
            connection.execute(insert(store_batches), row)
            for given in files:
                _attach(connection, store, given)
            members = [{"batch": row["id"], "file": file} for file in dict.fromkeys(given.file for given in files)]
            connection.execute(insert(batch_files), members)
            connection.execute(update(stores).where(stores.c.id == store).values(active=row["created"]))
        return as_batch(row)

    def batch(self, store: str, id: str) -> tuple[Batch, Usage] | None:
        with self.record.transaction() as connection:
            row = connection.execute(select(store_batches).where(store_batches.c.id == id, store_batches.c.store == store)).one_or_none()
            if row is None:
                return None
            members = (store_files.c.store == store, store_files.c.file.in_(select(batch_files.c.file).where(batch_files.c.batch == id)))
            return as_batch(row._mapping), usage_of(_counted(connection, *members))

    def cancel(self, store: str, id: str) -> None:
        """What of the batch is not read yet is not to be."""
        with self.record.transaction(writes=True) as connection:
            members = select(batch_files.c.file).where(batch_files.c.batch == id)
            where = (store_files.c.store == store, store_files.c.status == "in_progress", store_files.c.file.in_(members))
            if connection.execute(update(store_files).where(*where).values(status="cancelled")).rowcount:
                connection.execute(update(store_batches).where(store_batches.c.id == id).values(cancelled=1))

    # --- Reading files ------------------------------------------------------------------------------------------------

    def waiting(self) -> StoreFile | None:
        """The file that has waited longest to be read."""
        query = select(store_files).where(store_files.c.status == "in_progress").order_by(store_files.c.number).limit(1)
        with self.record.transaction() as connection:
            row = connection.execute(query).one_or_none()
        return as_file(row) if row else None

    def complete(self, file: StoreFile, text: str, passages: Sequence[PassageDraft], vectors: Mapping[str, np.ndarray]) -> None:
        """Stores the document of a file, whole or not at all, for every store in which it waits; nothing where it waits in none by now.
        `vectors` as in `Record.add_document`."""
        waits = (store_files.c.file == file.file, store_files.c.status == "in_progress")
        with self.record.transaction(writes=True) as connection:
            values = {"status": "completed", "code": "", "error": "", "bytes": len(text.encode("utf-8", "replace"))}
            if connection.execute(update(store_files).where(*waits).values(**values)).rowcount and not _document(connection, file.file):
                put_document(connection, file.file, text, passages, vectors, file.file, file.filename)

    def fail(self, file: str, code: str, error: str) -> None:
        """Keeps why a file could not be read, in every store in which it waits."""
        waits = (store_files.c.file == file, store_files.c.status == "in_progress")
        with self.record.transaction(writes=True) as connection:
            connection.execute(update(store_files).where(*waits).values(status="failed", code=code, error=error))

    # --- Searching ----------------------------------------------------------------------------------------------------

    def searchable(self, ids: Collection[str], accepts: Callable[[Mapping[str, Any]], bool] | None = None) -> dict[int, StoreFile]:
        """The numbers of the documents that these stores hold, of files with attributes that are accepted. What is in several of them
        counts for the first in which it is."""
        joined = select(documents.c.id, *store_files.c).join(store_files, store_files.c.file == documents.c.name)
        found: dict[int, StoreFile] = {}
        with self.record.transaction() as connection:
            for id in ids:
                if id == WORKSPACE:
                    own = connection.execute(_own(connection).where(documents.c.status == "ready"))
                    held = [(row.id, as_own_file(row)) for row in own]
                else:
                    where = (store_files.c.store == id, store_files.c.status == "completed", documents.c.file != "")
                    held = [(row[0], as_file(row)) for row in connection.execute(joined.where(*where))]
                for number, file in held:
                    if accepts is None or accepts(file.attributes):
                        found.setdefault(number, file)
        return found


def _of(id: str, what: Any = stores.c.number) -> Select[Any]:
    return select(what).where(stores.c.id == id)


def _held(store: str, file: str) -> Select[Any]:
    return select(store_files).where(store_files.c.store == store, store_files.c.file == file)


def _document(connection: Connection, file: str) -> Any:
    """The row of a file's document: its number `id` and the `bytes` of its text; None where it was not read."""
    query = select(documents.c.id, _bytes(connection).label("bytes")).where(documents.c.name == file, documents.c.file == file)
    return connection.execute(query).one_or_none()


def _own(connection: Connection) -> Select[Any]:
    """What `as_own_file` takes of the workspace's own documents."""
    columns = (documents.c.id, documents.c.name, documents.c.status, documents.c.error, documents.c.created_at)
    return select(*columns, _bytes(connection).label("bytes")).where(documents.c.file == "")


def _bytes(connection: Connection) -> Any:
    """How long a document's text is as UTF-8."""
    text = documents.c.text
    return func.octet_length(text) if connection.dialect.name == "postgresql" else func.length(cast(text, LargeBinary))


def _put_store(connection: Connection, id: str, name: str, description: str, metadata: Mapping[str, str], days: int | None) -> None:
    now = int(time.time())
    row = {"id": id, "name": name, "description": description, "metadata": json.dumps(dict(metadata)), "days": days}
    connection.execute(insert(stores), {**row, "created": now, "active": now})


def _attach(connection: Connection, store: str, given: Given) -> None:
    """One that failed or was cancelled waits again; one that is completed, here or in another store, is not read twice."""
    read = _document(connection, given.file)
    state = {
        "status": "completed" if read else "in_progress", "code": "", "error": "", "bytes": read.bytes if read else 0,
        "attributes": json.dumps(dict(given.attributes)),
    }  # fmt: skip
    where = (store_files.c.store == store, store_files.c.file == given.file)
    if not connection.execute(update(store_files).where(*where).values(**state)).rowcount:
        row = {"store": store, "file": given.file, "filename": given.filename, "created": int(time.time()), **state}
        connection.execute(insert(store_files), row)


def _drop_unless_held(connection: Connection, file: str) -> None:
    if not connection.scalar(select(_is_held(file))) and (read := _document(connection, file)) is not None:
        drop_documents(connection, [read.id])


def _is_held(file: str) -> Any:
    return exists().where(store_files.c.file == file)


def _usage_of_workspace(connection: Connection) -> list[tuple[str, Status, int, int]]:
    grouped = select(documents.c.status, func.count(), func.sum(_bytes(connection))).where(documents.c.file == "")
    rows = connection.execute(grouped.group_by(documents.c.status))
    return [(WORKSPACE, "completed" if status == "ready" else "failed", count, size) for status, count, size in rows]


def _counted(connection: Connection, *where: Any) -> list[Any]:
    """Rows (store, status, files, bytes) of the files where this holds."""
    grouped = select(store_files.c.store, store_files.c.status, func.count(), func.sum(store_files.c.bytes)).where(*where)
    return list(connection.execute(grouped.group_by(store_files.c.store, store_files.c.status)))
