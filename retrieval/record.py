"""The database of record: documents, their passages, vectors, and a log of what changed.

Every index is a view of this record and can be rebuilt from it. A document is stored with its passages in one transaction,
so that a process killed at any moment leaves whole documents and nothing else; and a deleted document is gone from here
before any index hears of it. Names identify documents: adding a name again replaces what it held, unless the text is the same.

The workspace's own documents are named by their path. Beside them stand those of uploaded files (`retrieval/stores.py`), named by the id
of the file; they are searched only where a vector store that holds them is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import Column, Connection, delete, func, insert, select
from sqlalchemy import text as sql_text

from retrieval.passages import PassageDraft, place
from retrieval.storage import RecordError, Storage
from retrieval.tables import changes as _changes
from retrieval.tables import documents as _documents
from retrieval.tables import metadata as _metadata
from retrieval.tables import passages as _passages
from retrieval.tables import vectors as _vectors

__all__ = ["OWN_FILE", "Change", "Document", "Record", "RecordError", "StoredPassage", "drop_document", "put_document", "sha256"]

_Key = TypeVar("_Key", int, str)
OWN_FILE = "file-w"  # before the number of one of the workspace's own documents: its id as a file
_MANY = 500  # bound parameters in one statement, well below every engine's limit


@dataclass(frozen=True, slots=True)
class Document:
    """`file` is the id of the uploaded file that it was made from, and its `name` too; empty for the workspace's own documents."""

    id: int
    name: str
    sha256: str
    text: str
    status: str
    error: str
    created_at: str
    file: str = ""
    filename: str = ""  # of the uploaded file

    @property
    def shown_name(self) -> str:
        """What people call it: where it is in the workspace, or the name that the file was uploaded under."""
        return self.filename or self.name

    @property
    def file_id(self) -> str:
        return self.file or f"{OWN_FILE}{self.id}"


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """Characters [start, end) of the document's text, verbatim."""

    id: int
    document_id: int
    document: str
    ordinal: int
    start: int
    end: int
    title: str
    heading: str
    text: str
    file: str = ""  # the id of the uploaded file that its document was made from, empty for the workspace's own

    @property
    def full_title(self) -> str:
        """Where the passage stands, "Warranty > Making a claim"."""
        return place(self.title or self.document, self.heading)


@dataclass(frozen=True, slots=True)
class Change:
    sequence: int
    kind: str
    document_id: int


class Record:
    """Safe to share between threads and processes; every method is one transaction. `url` as SQLAlchemy has it."""

    def __init__(self, url: str) -> None:
        self._storage = Storage(url, _metadata)

    def close(self) -> None:
        self._storage.close()

    @contextmanager
    def transaction(self, *, writes: bool = False) -> Iterator[Connection]:
        """All or nothing; of those that write there is one at a time. Raises RecordError."""
        with self._storage.transaction(writes=writes) as connection:
            if writes and connection.dialect.name == "postgresql":
                # One writer at a time, so that changes become visible in the order of their numbers.
                connection.execute(sql_text("LOCK TABLE changes IN EXCLUSIVE MODE"))
            yield connection

    # --- Documents ----------------------------------------------------------------------------------------------------

    def add_document(self, name: str, text: str, passages: Sequence[PassageDraft], vectors: Mapping[str, np.ndarray] | None = None) -> int:
        """Stores the document under its name and returns its number. `vectors` holds an array (passages, d) for each embedder.

        The same text again changes nothing; a new text replaces the old one under a new number.
        """
        with self.transaction(writes=True) as connection:
            known = connection.execute(
                select(_documents.c.id, _documents.c.sha256, _documents.c.status).where(_documents.c.name == name)
            ).one_or_none()
            if known and known.status == "ready" and known.sha256 == sha256(text):
                return known.id
            if known:
                drop_document(connection, known.id)
            return put_document(connection, name, text, passages, vectors)

    def add_failure(self, name: str, error: str) -> int:
        """Remembers that a document could not be read, and why. What its name held before is deleted."""
        with self.transaction(writes=True) as connection:
            known = connection.scalar(select(_documents.c.id).where(_documents.c.name == name))
            if known is not None:
                drop_document(connection, known)
            return _insert_document(connection, name, "", "failed", error)

    def delete_document(self, name: str) -> bool:
        """Deletes the document with its passages and vectors; False if there is none of that name."""
        with self.transaction(writes=True) as connection:
            known = connection.scalar(select(_documents.c.id).where(_documents.c.name == name))
            if known is not None:
                drop_document(connection, known)
            return known is not None

    def document(self, name: str) -> Document | None:
        with self.transaction() as connection:
            row = connection.execute(select(_documents).where(_documents.c.name == name)).one_or_none()
            return Document(*row) if row else None

    def documents(self) -> list[Document]:
        """The workspace's own."""
        query = select(_documents).where(_documents.c.file == "").order_by(_documents.c.id)
        with self.transaction() as connection:
            return [Document(*row) for row in connection.execute(query)]

    def holds(self, name: str, text: str) -> bool:
        """Whether exactly this text is stored under this name."""
        with self.transaction() as connection:
            where = (_documents.c.name == name, _documents.c.sha256 == sha256(text), _documents.c.status == "ready")
            return connection.scalar(select(_documents.c.id).where(*where)) is not None

    # --- Passages and changes -----------------------------------------------------------------------------------------

    def passages(self, ids: Iterable[int] | None = None, document_ids: Iterable[int] | None = None) -> list[StoredPassage]:
        """All passages in order of their numbers, or those with these numbers, or those of these documents."""
        if ids is not None:
            return self._passages_where(_passages.c.id, ids)
        if document_ids is not None:
            return self._passages_where(_passages.c.document_id, document_ids)
        with self.transaction() as connection:
            return [_passage(row) for row in connection.execute(_PASSAGES)]

    def _passages_where(self, column: Column[Any], numbers: Iterable[int]) -> list[StoredPassage]:
        found: list[StoredPassage] = []
        with self.transaction() as connection:
            for some in _in_batches(sorted(set(numbers))):
                found += [_passage(row) for row in connection.execute(_PASSAGES.where(column.in_(some)))]
        return sorted(found, key=lambda passage: passage.id)

    def sequence(self) -> int:
        """The number of the last change; 0 where nothing ever changed."""
        with self.transaction() as connection:
            return connection.scalar(select(func.max(_changes.c.sequence))) or 0

    def changes_since(self, sequence: int) -> list[Change]:
        with self.transaction() as connection:
            rows = connection.execute(select(_changes).where(_changes.c.sequence > sequence).order_by(_changes.c.sequence))
            return [Change(*row) for row in rows]

    # --- Vectors ------------------------------------------------------------------------------------------------------

    def put_vectors(self, embedder: str, ids: Sequence[int], vectors: np.ndarray) -> None:
        """Stores a vector for each passage; a passage that was deleted meanwhile is passed over. Counts as a change."""
        with self.transaction(writes=True) as connection:
            alive: dict[int, int] = {}
            for some in _in_batches(ids):
                rows = connection.execute(select(_passages.c.id, _passages.c.document_id).where(_passages.c.id.in_(some)))
                alive.update((row.id, row.document_id) for row in rows)
                where = (_vectors.c.embedder == embedder, _vectors.c.passage_id.in_(some))
                connection.execute(delete(_vectors).where(*where))
            keep = [i for i, number in enumerate(ids) if number in alive]
            _put_vectors(connection, embedder, [ids[i] for i in keep], vectors[keep])
            for number in sorted(set(alive.values())):
                connection.execute(insert(_changes), {"kind": "added", "document_id": number})

    def vectors(self, embedder: str, ids: Iterable[int] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of passages, (n,) int64, and their vectors, (n, d) float32."""
        query = select(_vectors.c.passage_id, _vectors.c.blob).where(_vectors.c.embedder == embedder).order_by(_vectors.c.passage_id)
        with self.transaction() as connection:
            if ids is None:
                rows = list(connection.execute(query))
            else:
                rows = [row for some in _in_batches(list(ids)) for row in connection.execute(query.where(_vectors.c.passage_id.in_(some)))]
        if not rows:
            return np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
        vectors = np.stack([np.frombuffer(row.blob, "<f4") for row in rows]).astype(np.float32)
        return np.array([row.passage_id for row in rows], np.int64), vectors

    def without_vectors(self, embedder: str) -> list[StoredPassage]:
        """The passages that this embedder has not seen."""
        seen = select(_vectors.c.passage_id).where(_vectors.c.embedder == embedder)
        with self.transaction() as connection:
            return [_passage(row) for row in connection.execute(_PASSAGES.where(_passages.c.id.not_in(seen)))]

    def drop_vectors(self, embedder: str) -> None:
        """Forgets what an embedder that is no longer used has made."""
        with self.transaction(writes=True) as connection:
            connection.execute(delete(_vectors).where(_vectors.c.embedder == embedder))


_PASSAGES = (
    select(
        _passages.c.id, _passages.c.document_id, _documents.c.name, _passages.c.ordinal, _passages.c.start, _passages.c.end,
        _passages.c.title, _passages.c.heading, _passages.c.text, _documents.c.file,
    ).join(_documents).order_by(_passages.c.id)
)  # fmt: skip


def _passage(row: Any) -> StoredPassage:
    return StoredPassage(*row)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def put_document(
    connection: Connection, name: str, text: str, passages: Sequence[PassageDraft],
    vectors: Mapping[str, np.ndarray] | None = None, file: str = "", filename: str = "",
) -> int:  # fmt: skip
    """Stores a document whose name is free, with its passages, vectors and the change, and returns its number."""
    number = _insert_document(connection, name, text, "ready", "", file, filename)
    if passages:
        connection.execute(
            insert(_passages),
            [
                {
                    "document_id": number, "ordinal": ordinal, "start": draft.start, "end": draft.end,
                    "title": draft.title, "heading": draft.heading, "text": draft.text,
                }
                for ordinal, draft in enumerate(passages)
            ],
        )  # fmt: skip
    if vectors:
        ids = list(connection.scalars(select(_passages.c.id).where(_passages.c.document_id == number).order_by(_passages.c.ordinal)))
        for embedder, array in vectors.items():
            _put_vectors(connection, embedder, ids, array)
    connection.execute(insert(_changes), {"kind": "added", "document_id": number})
    return number


def drop_document(connection: Connection, number: int) -> None:
    """Deletes a document with its passages and vectors, and writes the change."""
    of_document = select(_passages.c.id).where(_passages.c.document_id == number)
    connection.execute(delete(_vectors).where(_vectors.c.passage_id.in_(of_document)))
    connection.execute(delete(_passages).where(_passages.c.document_id == number))
    connection.execute(delete(_documents).where(_documents.c.id == number))
    connection.execute(insert(_changes), {"kind": "deleted", "document_id": number})


def _insert_document(connection: Connection, name: str, text: str, status: str, error: str, file: str = "", filename: str = "") -> int:
    row = {
        "name": name, "sha256": sha256(text), "text": text, "status": status, "error": error,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"), "file": file, "filename": filename,
    }  # fmt: skip
    return connection.execute(insert(_documents), row).inserted_primary_key[0]  # type: ignore[index]


def _put_vectors(connection: Connection, embedder: str, ids: Sequence[int], vectors: np.ndarray) -> None:
    assert len(ids) == len(vectors), f"{len(ids)} passages and {len(vectors)} vectors"
    rows = [
        {"passage_id": number, "embedder": embedder, "blob": np.ascontiguousarray(vector, "<f4").tobytes()}
        for number, vector in zip(ids, vectors, strict=True)
    ]
    if rows:
        connection.execute(insert(_vectors), rows)


def _in_batches(items: Sequence[_Key]) -> Iterator[Sequence[_Key]]:
    for i in range(0, len(items), _MANY):
        yield items[i : i + _MANY]
