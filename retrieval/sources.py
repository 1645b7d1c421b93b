"""Which file each of the workspace's own documents was read from, and what its bytes were then: what says that it need not be read again.

A document that comes back from a snapshot has none, and is read once more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from retrieval.formats import VERSION
from retrieval.record import Record
from retrieval.tables import documents, sources


@dataclass(frozen=True, slots=True)
class Source:
    """`name` and `status` are the document's; `path` is absolute, and `digest` what `digest` said of the bytes."""

    name: str
    status: str
    path: str
    digest: str


def digest(content: bytes) -> str:
    """The SHA-256 of a file, with the version of what reads it."""
    return f"{VERSION}:{hashlib.sha256(content).hexdigest()}"


def sources_of(record: Record) -> Mapping[str, Source]:
    """By name, those of the workspace's own documents; without a path where it is not known."""
    columns = (documents.c.name, documents.c.status, sources.c.path, sources.c.digest)
    query = select(*columns).outerjoin(sources, sources.c.document_id == documents.c.id).where(documents.c.file == "")
    with record.transaction() as connection:
        return {row.name: Source(row.name, row.status, row.path or "", row.digest or "") for row in connection.execute(query)}


def put_source(record: Record, document: int, path: str, digest: str) -> None:
    """Remembers where the document of this number was read from; nothing where it was deleted meanwhile."""
    with record.transaction(writes=True) as connection:
        connection.execute(delete(sources).where(sources.c.document_id == document))
        if connection.scalar(select(documents.c.id).where(documents.c.id == document)) is not None:
            connection.execute(insert(sources), {"document_id": document, "path": path, "digest": digest})
