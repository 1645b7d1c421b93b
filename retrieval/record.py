"""The database of record: documents, their passages, vectors, and a log of what changed.

Every index is a view of this record and can be rebuilt from it. A document is stored with its passages in one transaction,
so that a process killed at any moment leaves whole documents and nothing else; and a deleted document is gone from here
before any index hears of it. Names identify documents: adding a name again replaces what it held, unless the text is the same.

The workspace's own documents are named by their path. Beside them stand those of uploaded files (`retrieval/stores.py`), named by the id
of the file; they are searched only where a vector store that holds them is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Column, Connection, Select, Table, delete, exists, func, insert, select
from sqlalchemy import text as sql_text

from retrieval.documents import drop_documents, in_batches, insert_document, insert_vectors, log, put_document, sha256
from retrieval.passages import PassageDraft, place
from retrieval.sources import Source, put_source
from retrieval.storage import RecordError, Storage
from retrieval.tables import changes as _changes
from retrieval.tables import documents as _documents
from retrieval.tables import kept_documents, kept_passages, kept_vectors
from retrieval.tables import metadata as _metadata
from retrieval.tables import passages as _passages
from retrieval.tables import vectors as _vectors
from retrieval.tables import weights as _weights

__all__ = ["OWN_FILE", "Change", "Document", "Record", "RecordError", "StoredPassage", "Vectors", "sha256"]

OWN_FILE = "file-w"  # before the number of one of the workspace's own documents: its id as a file
_STREAMED = 4_096  # rows in memory at a time


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
    """`about` names the embedder where a document was "embedded" or the record "weighed", and the snapshot after a "rollback"; the
    `document_id` of these two is 0."""

    sequence: int
    kind: str
    document_id: int
    about: str = ""


@dataclass(frozen=True, slots=True)
class Weighing:
    """How much words should count beside an embedder's vectors, from 0 to 1, as measured when the record had so many `passages`."""

    lexical_weight: float
    passages: int


@dataclass(frozen=True, slots=True)
class Vectors:
    """Of n passages: their numbers, (n,) int64, those of their documents, (n,) int64, which are the workspace's own, (n,) bool, and the
    vectors, (n, d) float32."""

    ids: np.ndarray
    documents: np.ndarray
    own: np.ndarray
    vectors: np.ndarray


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

    def add_document(
        self, name: str, text: str, passages: Sequence[PassageDraft], vectors: Mapping[str, np.ndarray] | None = None,
        source: Source | None = None,
    ) -> int:  # fmt: skip
        """Stores the document under its name and returns its number. `vectors` holds an array (passages, d) for each embedder.

        The same text again changes nothing but where it comes from; a new text replaces the old one under a new number.
        """
        with self.transaction(writes=True) as connection:
            known = connection.execute(
                select(_documents.c.id, _documents.c.sha256, _documents.c.status).where(_documents.c.name == name)
            ).one_or_none()
            if known and known.status == "ready" and known.sha256 == sha256(text):
                number = known.id
            else:
                if known:
                    drop_documents(connection, [known.id])
                number = put_document(connection, name, text, passages, vectors)
            if source is not None:
                put_source(connection, number, source)
            return number

    def add_failure(self, name: str, error: str, source: Source | None = None) -> int:
        """Remembers that a document could not be read, and why. What its name held before is deleted."""
        with self.transaction(writes=True) as connection:
            known = connection.scalar(select(_documents.c.id).where(_documents.c.name == name))
            if known is not None:
                drop_documents(connection, [known])
            number = insert_document(connection, name, "", "failed", error)
            if source is not None:
                put_source(connection, number, source)
            return number

    def delete_document(self, name: str) -> bool:
        """Deletes the document with its passages and vectors; False if there is none of that name."""
        with self.transaction(writes=True) as connection:
            known = connection.scalar(select(_documents.c.id).where(_documents.c.name == name))
            if known is not None:
                drop_documents(connection, [known])
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
        with self.transaction() as connection:
            if ids is not None:
                return _passages_in(connection, _passages.c.id, ids)
            if document_ids is not None:
                return _passages_in(connection, _passages.c.document_id, document_ids)
            return [_passage(row) for row in connection.execute(_PASSAGES)]

    def stream_passages(self) -> Iterator[StoredPassage]:
        """All passages in order of their numbers, as one state of the record has them, with few in memory at a time."""
        with self.transaction() as connection:
            for row in connection.execution_options(yield_per=_STREAMED).execute(_PASSAGES):
                yield _passage(row)

    def count_passages(self) -> int:
        with self.transaction() as connection:
            return connection.scalar(select(func.count()).select_from(_passages)) or 0

    def some_passages(self, most: int) -> list[StoredPassage]:
        """All of them, or as many as may be at most, evenly from all; always the same of the same record."""
        with self.transaction() as connection:
            ids = list(connection.scalars(select(_passages.c.id).order_by(_passages.c.id)))
            if len(ids) > most:
                ids = [ids[i * len(ids) // most] for i in range(most)]
            return _passages_in(connection, _passages.c.id, ids)

    def passages_and_sequence(self, ids: Iterable[int]) -> tuple[list[StoredPassage], int]:
        """Those with these numbers, and the number of the last change: whatever came before it, they have seen."""
        with self.transaction() as connection:
            found = _passages_in(connection, _passages.c.id, ids)
            return found, _last(connection)  # after the passages, since PostgreSQL shows each statement what was committed before it

    def sequence(self) -> int:
        """The number of the last change; 0 where nothing ever changed."""
        with self.transaction() as connection:
            return _last(connection)

    def changes_since(self, sequence: int) -> list[Change]:
        with self.transaction() as connection:
            columns = (_changes.c.sequence, _changes.c.kind, _changes.c.document_id, _changes.c.about)
            rows = connection.execute(select(*columns).where(_changes.c.sequence > sequence).order_by(_changes.c.sequence))
            return [Change(*row) for row in rows]

    def token(self, sequence: int) -> str:
        """What tells the change of this number from that of the same number in another record, or in a copy that has gone its own way."""
        with self.transaction() as connection:
            return connection.scalar(select(_changes.c.token).where(_changes.c.sequence == sequence)) or ""

    def has_change(self, sequence: int, token: str) -> bool:
        return token != "" and self.token(sequence) == token

    def touched_since(self, sequence: int, embedder: str = "") -> set[int]:
        """The numbers of the documents that were added or deleted after this change, and of those that this embedder has embedded."""
        concerns = (_changes.c.sequence > sequence, _changes.c.kind.in_(("added", "deleted")) | (_changes.c.about == embedder))
        with self.transaction() as connection:
            return set(connection.scalars(select(_changes.c.document_id).where(*concerns)))

    # --- Vectors ------------------------------------------------------------------------------------------------------

    def put_vectors(self, embedder: str, ids: Sequence[int], vectors: np.ndarray) -> None:
        """Stores a vector for each passage; a passage that was deleted meanwhile is passed over. Counts as a change."""
        with self.transaction(writes=True) as connection:
            touched = _replace_vectors(connection, _passages, _vectors, embedder, ids, vectors)
            log(connection, "embedded", touched, embedder)
            _replace_vectors(connection, kept_passages, kept_vectors, embedder, ids, vectors)

    def vectors(self, embedder: str, ids: Iterable[int] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of passages, (n,) int64, and their vectors, (n, d) float32."""
        query = select(_vectors.c.passage_id, _vectors.c.blob).where(_vectors.c.embedder == embedder).order_by(_vectors.c.passage_id)
        with self.transaction() as connection:
            if ids is None:
                rows = list(connection.execute(query))
            else:
                rows = [row for some in in_batches(list(ids)) for row in connection.execute(query.where(_vectors.c.passage_id.in_(some)))]
        if not rows:
            return np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
        vectors = np.stack([np.frombuffer(row.blob, "<f4") for row in rows]).astype(np.float32)
        return np.array([row.passage_id for row in rows], np.int64), vectors

    def stream_vectors(self, embedder: str, document_ids: Iterable[int] | None = None) -> Iterator[Vectors]:
        """All that this embedder has made, or only of these documents: some thousand at a time, as one state of the record has them."""
        query = _VECTORS.where(_vectors.c.embedder == embedder).order_by(_passages.c.id)
        some = [query] if document_ids is None else [
            query.where(_passages.c.document_id.in_(numbers)) for numbers in in_batches(sorted(set(document_ids)))
        ]  # fmt: skip
        with self.transaction() as connection:
            for part in some:
                for rows in connection.execution_options(yield_per=_STREAMED).execute(part).partitions():
                    ids, documents, files, blobs = zip(*rows, strict=True)
                    vectors = np.frombuffer(b"".join(blobs), "<f4").reshape(len(rows), -1).astype(np.float32)
                    yield Vectors(np.array(ids, np.int64), np.array(documents, np.int64), np.array([not file for file in files]), vectors)

    def without_vectors(self, embedder: str, limit: int | None = None) -> list[StoredPassage]:
        """The passages that this embedder has not seen, `limit` of them at most; last come those that are kept for snapshots."""
        found: list[StoredPassage] = []
        with self.transaction() as connection:
            for query, passages, vectors in ((_PASSAGES, _passages, _vectors), (_KEPT_PASSAGES, kept_passages, kept_vectors)):
                left = None if limit is None else limit - len(found)
                found += [_passage(row) for row in connection.execute(query.where(_unseen(passages, vectors, embedder)).limit(left))]
        return found

    def count_without_vectors(self, embedder: str) -> tuple[int, int]:
        """How many passages this embedder has not seen, and how many there are, those that are kept for snapshots among them."""
        unseen = total = 0
        with self.transaction() as connection:
            for passages, vectors in ((_passages, _vectors), (kept_passages, kept_vectors)):
                counted = select(func.count()).select_from(passages)
                total += connection.scalar(counted) or 0
                unseen += connection.scalar(counted.where(_unseen(passages, vectors, embedder))) or 0
        return unseen, total

    def embedders(self) -> set[str]:
        """Those that have made vectors which are still here."""
        with self.transaction() as connection:
            return {id for table in (_vectors, kept_vectors) for id in connection.scalars(select(table.c.embedder).distinct())}

    def lexical_weight(self, embedder: str) -> Weighing | None:
        """As it was kept last; None where it never was."""
        with self.transaction() as connection:
            kept = select(_weights.c.lexical_weight, _weights.c.passages).where(_weights.c.embedder == embedder)
            row = connection.execute(kept).one_or_none()
            return Weighing(*row) if row else None

    def keep_lexical_weight(self, embedder: str, lexical_weight: float, passages: int) -> None:
        """In place of what was kept before. Counts as a change."""
        with self.transaction(writes=True) as connection:
            connection.execute(delete(_weights).where(_weights.c.embedder == embedder))
            connection.execute(insert(_weights).values(embedder=embedder, lexical_weight=lexical_weight, passages=passages))
            log(connection, "weighed", [0], embedder)

    def drop_vectors(self, embedder: str) -> None:
        """Forgets what an embedder that is no longer used has made: some thousand at a time, so that no other writer waits long."""
        with self.transaction(writes=True) as connection:
            connection.execute(delete(_weights).where(_weights.c.embedder == embedder))
        for table in (_vectors, kept_vectors):
            own = table.c.embedder == embedder
            some = own & table.c.passage_id.in_(select(table.c.passage_id).where(own).limit(_STREAMED))
            dropped = _STREAMED
            while dropped == _STREAMED:
                with self.transaction(writes=True) as connection:
                    dropped = connection.execute(delete(table).where(some)).rowcount


def _columns(passages: Table, documents: Table) -> Select[Any]:
    """What `_passage` takes, in order of the passages' numbers."""
    return select(
        passages.c.id, passages.c.document_id, documents.c.name, passages.c.ordinal, passages.c.start, passages.c.end,
        passages.c.title, passages.c.heading, passages.c.text, documents.c.file,
    ).join(documents, documents.c.id == passages.c.document_id).order_by(passages.c.id)  # fmt: skip


_PASSAGES = _columns(_passages, _documents)
_KEPT_PASSAGES = _columns(kept_passages, kept_documents)


_VECTORS = (
    select(_passages.c.id, _passages.c.document_id, _documents.c.file, _vectors.c.blob)
    .select_from(_passages)
    .join(_documents, _documents.c.id == _passages.c.document_id)
    .join(_vectors, _vectors.c.passage_id == _passages.c.id)
)


def _passage(row: Any) -> StoredPassage:
    return StoredPassage(*row)


def _passages_in(connection: Connection, column: Column[Any], numbers: Iterable[int]) -> list[StoredPassage]:
    """In order of their numbers."""
    batches = in_batches(sorted(set(numbers)))
    found = [_passage(row) for some in batches for row in connection.execute(_PASSAGES.where(column.in_(some)))]
    return sorted(found, key=lambda passage: passage.id)


def _last(connection: Connection) -> int:
    return connection.scalar(select(func.max(_changes.c.sequence))) or 0


def _unseen(passages: Table, vectors: Table, embedder: str) -> Any:
    return ~exists().where(vectors.c.passage_id == passages.c.id, vectors.c.embedder == embedder)


def _replace_vectors(
    connection: Connection, passages: Table, table: Table, embedder: str, ids: Sequence[int], vectors: np.ndarray
) -> list[int]:
    """Of those that are among these passages; the numbers of their documents."""
    document_of: dict[int, int] = {}
    for some in in_batches(ids):
        rows = connection.execute(select(passages.c.id, passages.c.document_id).where(passages.c.id.in_(some)))
        document_of.update((row.id, row.document_id) for row in rows)
        connection.execute(delete(table).where(table.c.embedder == embedder, table.c.passage_id.in_(some)))
    there = [i for i, number in enumerate(ids) if number in document_of]
    insert_vectors(connection, table, embedder, [ids[i] for i in there], vectors[there])
    return sorted(set(document_of.values()))
