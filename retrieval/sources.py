"""Which file each of the workspace's own documents was read from, and what its bytes were then: what says that it need not be read again.

A document that comes back from a snapshot has none, and is read once more.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from retrieval.formats import VERSION
from retrieval.tables import documents, sources


@dataclass(frozen=True, slots=True)
class Source:
    """`path` is absolute, and `digest` what `digest` said of the bytes; both are empty where they are not known."""

    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class Known:
    """A document with its source."""

    name: str
    status: str
    source: Source


def digest(content: bytes) -> str:
    """The SHA-256 of a file, with the version of what reads it."""
    return f"{VERSION}:{hashlib.sha256(content).hexdigest()}"


def known_sources(connection: Connection) -> dict[str, Known]:
    """By name, those of the workspace's own documents."""
    columns = (documents.c.name, documents.c.status, sources.c.path, sources.c.digest)
    query = select(*columns).outerjoin(sources, sources.c.document_id == documents.c.id).where(documents.c.file == "")
    rows = connection.execute(query)
    return {row.name: Known(row.name, row.status, Source(row.path or "", row.digest or "")) for row in rows}


def put_source(connection: Connection, document: int, source: Source) -> None:
    """Remembers where the document of this number was read from."""
    connection.execute(delete(sources).where(sources.c.document_id == document))
    connection.execute(insert(sources), {"document_id": document, "path": source.path, "digest": source.digest})
