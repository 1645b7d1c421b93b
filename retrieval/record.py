"""The database of record: documents, their passages, vectors, and a log of what changed.

Every index is a view of this record and can be rebuilt from it. A document is stored with its passages in one transaction,
so that a process killed at any moment leaves whole documents and nothing else; and a deleted document is gone from here
before any index hears of it. Names identify documents: adding a name again replaces what it held, unless the text is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
)  # fmt: skip
from sqlalchemy import (
    text as sql_text,
)

from retrieval.passages import PassageDraft, place
from retrieval.storage import RecordError, Storage

__all__ = ["Change", "Document", "Record", "RecordError", "StoredPassage", "sha256"]

_metadata = MetaData()
_documents = Table(
    "documents",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(1000), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("status", String(20), nullable=False),  # "ready" or "failed"
    Column("error", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
    sqlite_autoincrement=True,  # a number once used never names another document
)
_passages = Table(
    "passages",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("ordinal", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("heading", Text, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("document_id", "ordinal"),
    sqlite_autoincrement=True,
)
_vectors = Table(
    "vectors",
    _metadata,
    Column("passage_id", ForeignKey("passages.id", ondelete="CASCADE"), primary_key=True),
    Column("embedder", String(100), primary_key=True),
    Column("blob", LargeBinary, nullable=False),  # float32, little-endian
)
_changes = Table(
    "changes",
    _metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(10), nullable=False),  # "added" or "deleted"
    Column("document_id", Integer, nullable=False),
    sqlite_autoincrement=True,
)
Index("vectors_by_embedder", _vectors.c.embedder)

_Key = TypeVar("_Key", int, str)
_MANY = 500  # bound parameters in one statement, well below every engine's limit


@dataclass(frozen=True, slots=True)
class Document:
    id: int
    name: str
    sha256: str
    text: str
    status: str
    error: str
    created_at: str


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
    def _transaction(self, *, writes: bool = False) -> Iterator[Connection]:
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
        with self._transaction(writes=True) as connection:
            known = connection.execute(
                select(_documents.c.id, _documents.c.sha256, _documents.c.status).where(_documents.c.name == name)
            ).one_or_none()
            if known and known.status == "ready" and known.sha256 == sha256(text):
                return known.id
            if known:
                _delete(connection, known.id)
            number = _insert_document(connection, name, text, "ready", "")
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
                rows = connection.scalars(select(_passages.c.id).where(_passages.c.document_id == number).order_by(_passages.c.ordinal))
                ids = list(rows)
                for embedder, array in vectors.items():
                    _put_vectors(connection, embedder, ids, array)
            connection.execute(insert(_changes), {"kind": "added", "document_id": number})
            return number

    def add_failure(self, name: str, error: str) -> int:
        """Remembers that a document could not be read, and why. What its name held before is deleted."""
        with self._transaction(writes=True) as connection:
            known = connection.scalar(select(_documents.c.id).where(_documents.c.name == name))
            if known is not None:
                _delete(connection, known)
            return _insert_document(connection, name, "", "failed", error)

    def delete_document(self, name: str) -> bool:
        """Deletes the document with its passages and vectors; False if there is none of that name."""
        with self._transaction(writes=True) as connection:
            known = connection.scalar(select(_documents.c.id).where(_documents.c.name == name))
            if known is not None:
                _delete(connection, known)
            return known is not None

    def document(self, name: str) -> Document | None:
        with self._transaction() as connection:
            row = connection.execute(select(_documents).where(_documents.c.name == name)).one_or_none()
            return Document(*row) if row else None

    def documents(self) -> list[Document]:
        with self._transaction() as connection:
            return [Document(*row) for row in connection.execute(select(_documents).order_by(_documents.c.id))]

    def numbers_of(self, names: Iterable[str]) -> list[int]:
        """The numbers of the documents of these names; a name that is not stored has none."""
        found: list[int] = []
        with self._transaction() as connection:
            for some in _in_batches(sorted(set(names))):
                found += connection.scalars(select(_documents.c.id).where(_documents.c.name.in_(some)))
        return found

    def holds(self, name: str, text: str) -> bool:
        """Whether exactly this text is stored under this name."""
        with self._transaction() as connection:
            where = (_documents.c.name == name, _documents.c.sha256 == sha256(text), _documents.c.status == "ready")
            return connection.scalar(select(_documents.c.id).where(*where)) is not None

    # --- Passages and changes -----------------------------------------------------------------------------------------

    def passages(self, ids: Iterable[int] | None = None, document_ids: Iterable[int] | None = None) -> list[StoredPassage]:
        """All passages in order of their numbers, or those with these numbers, or those of these documents."""
        if ids is not None:
            return self._passages_where(_passages.c.id, ids)
        if document_ids is not None:
            return self._passages_where(_passages.c.document_id, document_ids)
        with self._transaction() as connection:
            return [StoredPassage(*row) for row in connection.execute(_PASSAGES)]

    def _passages_where(self, column: Column[Any], numbers: Iterable[int]) -> list[StoredPassage]:
        found: list[StoredPassage] = []
        with self._transaction() as connection:
            for some in _in_batches(sorted(set(numbers))):
                found += [StoredPassage(*row) for row in connection.execute(_PASSAGES.where(column.in_(some)))]
        return sorted(found, key=lambda passage: passage.id)

    def sequence(self) -> int:
        """The number of the last change; 0 where nothing ever changed."""
        with self._transaction() as connection:
            return connection.scalar(select(func.max(_changes.c.sequence))) or 0

    def changes_since(self, sequence: int) -> list[Change]:
        with self._transaction() as connection:
            rows = connection.execute(select(_changes).where(_changes.c.sequence > sequence).order_by(_changes.c.sequence))
            return [Change(*row) for row in rows]

    # --- Vectors ------------------------------------------------------------------------------------------------------

    def put_vectors(self, embedder: str, ids: Sequence[int], vectors: np.ndarray) -> None:
        """Stores a vector for each passage; a passage that was deleted meanwhile is passed over. Counts as a change."""
        with self._transaction(writes=True) as connection:
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
        with self._transaction() as connection:
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
        with self._transaction() as connection:
            return [StoredPassage(*row) for row in connection.execute(_PASSAGES.where(_passages.c.id.not_in(seen)))]

    def drop_vectors(self, embedder: str) -> None:
        """Forgets what an embedder that is no longer used has made."""
        with self._transaction(writes=True) as connection:
            connection.execute(delete(_vectors).where(_vectors.c.embedder == embedder))


_PASSAGES = (
    select(
        _passages.c.id, _passages.c.document_id, _documents.c.name, _passages.c.ordinal, _passages.c.start, _passages.c.end,
        _passages.c.title, _passages.c.heading, _passages.c.text,
    ).join(_documents).order_by(_passages.c.id)
)  # fmt: skip


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _insert_document(connection: Connection, name: str, text: str, status: str, error: str) -> int:
    row = {
        "name": name, "sha256": sha256(text), "text": text, "status": status, "error": error,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    return connection.execute(insert(_documents), row).inserted_primary_key[0]  # type: ignore[index]


def _delete(connection: Connection, number: int) -> None:
    of_document = select(_passages.c.id).where(_passages.c.document_id == number)
    connection.execute(delete(_vectors).where(_vectors.c.passage_id.in_(of_document)))
    connection.execute(delete(_passages).where(_passages.c.document_id == number))
    connection.execute(delete(_documents).where(_documents.c.id == number))
    connection.execute(insert(_changes), {"kind": "deleted", "document_id": number})


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
