"""Documents as rows of the record: stored with their passages, dropped, kept for the snapshots that name them, and brought back.

What a snapshot names is moved when it is dropped, into tables that no search reads: it stands in one place at a time, once, however many
snapshots name it, and has its number again when it comes back. Every function here belongs into a transaction that writes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import Connection, Table, delete, insert, select

from retrieval.passages import PassageDraft
from retrieval.tables import changes, documents, kept_documents, kept_passages, kept_vectors, passages, snapshot_documents, vectors

_Key = TypeVar("_Key", int, str)
_MANY = 500  # bound parameters in one statement, well below every engine's limit


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def in_batches(items: Sequence[_Key]) -> Iterator[Sequence[_Key]]:
    """As many as one statement may name."""
    for i in range(0, len(items), _MANY):
        yield items[i : i + _MANY]


def put_document(
    connection: Connection, name: str, text: str, drafts: Sequence[PassageDraft],
    vectors_of: Mapping[str, np.ndarray] | None = None, file: str = "", filename: str = "",
) -> int:  # fmt: skip
    """Stores a document whose name is free, with its passages, vectors and the change, and returns its number. `vectors_of` holds an array
    (passages, d) for each embedder."""
    number = insert_document(connection, name, text, "ready", "", file, filename)
    if drafts:
        connection.execute(
            insert(passages),
            [
                {
                    "document_id": number, "ordinal": ordinal, "start": draft.start, "end": draft.end,
                    "title": draft.title, "heading": draft.heading, "text": draft.text,
                }
                for ordinal, draft in enumerate(drafts)
            ],
        )  # fmt: skip
    if vectors_of:
        ids = list(connection.scalars(select(passages.c.id).where(passages.c.document_id == number).order_by(passages.c.ordinal)))
        for embedder, array in vectors_of.items():
            insert_vectors(connection, vectors, embedder, ids, array)
    log(connection, "added", [number])
    return number


def insert_document(connection: Connection, name: str, text: str, status: str, error: str, file: str = "", filename: str = "") -> int:
    row = {
        "name": name, "sha256": sha256(text), "text": text, "status": status, "error": error,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"), "file": file, "filename": filename,
    }  # fmt: skip
    return connection.execute(insert(documents), row).inserted_primary_key[0]  # type: ignore[index]


def insert_vectors(connection: Connection, table: Table, embedder: str, ids: Sequence[int], array: np.ndarray) -> None:
    """(n, d), of the passages with these n numbers, into `vectors` or `kept_vectors`."""
    assert len(ids) == len(array), f"{len(ids)} passages and {len(array)} vectors"
    rows = [
        {"passage_id": number, "embedder": embedder, "blob": np.ascontiguousarray(vector, "<f4").tobytes()}
        for number, vector in zip(ids, array, strict=True)
    ]
    if rows:
        connection.execute(insert(table), rows)


def drop_documents(connection: Connection, numbers: Collection[int]) -> None:
    """Deletes documents with their passages and vectors, and writes the changes; what a snapshot names is kept for it."""
    for some in in_batches(sorted(numbers)):
        named = select(snapshot_documents.c.document).where(snapshot_documents.c.document.in_(some)).distinct()
        _copy(connection, _LIVE, _KEPT, list(connection.scalars(named)))
        _delete(connection, _LIVE, some)
        log(connection, "deleted", some)


def bring_back(connection: Connection, numbers: Collection[int]) -> None:
    """Puts documents that were kept into the record again, as they were, and writes the changes. Their names must be free."""
    for some in in_batches(sorted(numbers)):
        _copy(connection, _KEPT, _LIVE, some)
        _delete(connection, _KEPT, some)
        log(connection, "added", some)


def forget_kept(connection: Connection, numbers: Collection[int]) -> None:
    """Deletes for good what was kept of these documents."""
    for some in in_batches(sorted(numbers)):
        _delete(connection, _KEPT, some)


def log(connection: Connection, kind: str, numbers: Sequence[int], about: str = "") -> None:
    """One change for each document, in this order."""
    if numbers:
        connection.execute(insert(changes), [{"kind": kind, "document_id": number, "about": about} for number in numbers])


@dataclass(frozen=True, slots=True)
class _Place:
    """Tables that hold whole documents."""

    documents: Table
    passages: Table
    vectors: Table

    def rows(self, numbers: Sequence[int]) -> list[tuple[Table, Any]]:
        """Each table with the condition of the rows of these documents; what others refer to comes first."""
        ids = select(self.passages.c.id).where(self.passages.c.document_id.in_(numbers))
        return [
            (self.documents, self.documents.c.id.in_(numbers)),
            (self.passages, self.passages.c.document_id.in_(numbers)),
            (self.vectors, self.vectors.c.passage_id.in_(ids)),
        ]


_LIVE = _Place(documents, passages, vectors)
_KEPT = _Place(kept_documents, kept_passages, kept_vectors)


def _copy(connection: Connection, source: _Place, target: _Place, numbers: Sequence[int]) -> None:
    if numbers:
        for (table, chosen), (copy, _) in zip(source.rows(numbers), target.rows(numbers), strict=True):
            connection.execute(insert(copy).from_select([column.name for column in table.columns], select(table).where(chosen)))


def _delete(connection: Connection, place: _Place, numbers: Sequence[int]) -> None:
    for table, chosen in reversed(place.rows(numbers)):
        connection.execute(delete(table).where(chosen))
