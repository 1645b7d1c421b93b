"""The tables of the record: documents with their passages and vectors, what changed, the vector stores that hold uploaded files, and
snapshots of collections, with the documents that stand nowhere else any more."""

from __future__ import annotations

from secrets import token_hex

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text, UniqueConstraint

metadata = MetaData()
documents = Table(
    "documents",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(1000), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("status", String(20), nullable=False),  # "ready" or "failed"
    Column("error", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("file", String(60), nullable=False, server_default=""),  # the id of the uploaded file; empty for the workspace's own documents
    Column("filename", String(1000), nullable=False, server_default=""),  # that the file was uploaded under
    sqlite_autoincrement=True,  # a number once used never names another document
)
passages = Table(
    "passages",
    metadata,
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
vectors = Table(
    "vectors",
    metadata,
    Column("passage_id", ForeignKey("passages.id", ondelete="CASCADE"), primary_key=True),
    Column("embedder", String(100), primary_key=True),
    Column("blob", LargeBinary, nullable=False),  # float32, little-endian
)
changes = Table(
    "changes",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(10), nullable=False),  # "added", "deleted", "embedded", or "rollback" after what it did
    Column("document_id", Integer, nullable=False),  # 0 for a rollback
    Column("about", String(100), nullable=False, server_default=""),  # the embedder that embedded it, the snapshot that was gone back to
    Column("token", String(16), nullable=False, default=lambda: token_hex(8), server_default=""),  # tells it from one of another record
    sqlite_autoincrement=True,
)
Index("vectors_by_embedder", vectors.c.embedder)
weights = Table(
    "weights",
    metadata,
    Column("embedder", String(100), primary_key=True),
    Column("lexical_weight", Float, nullable=False),
    Column("passages", Integer, nullable=False),  # that the record had when it was measured
)
sources = Table(
    "sources",
    metadata,
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, nullable=False),  # absolute, of the file that the document was read from
    Column("digest", String(80), nullable=False),  # of its bytes
)
stores = Table(
    "vector_stores",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(60), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("metadata", Text, nullable=False),  # JSON: words by words
    Column("days", Integer),  # without use, after which it expires
    Column("created", Integer, nullable=False),
    Column("active", Integer, nullable=False),
    sqlite_autoincrement=True,
)
store_files = Table(
    "vector_store_files",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("store", String(60), nullable=False),
    Column("file", String(60), nullable=False, index=True),  # where it is completed, the name of a document
    Column("filename", String(1000), nullable=False),
    Column("status", String(20), nullable=False, index=True),  # "in_progress", "completed", "failed" or "cancelled"
    Column("code", String(40), nullable=False),  # of what went wrong, with the reason in words
    Column("error", Text, nullable=False),
    Column("attributes", Text, nullable=False),  # JSON
    Column("bytes", Integer, nullable=False),  # of its text
    Column("created", Integer, nullable=False),
    UniqueConstraint("store", "file"),
    sqlite_autoincrement=True,
)
store_batches = Table(
    "vector_store_batches",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(60), nullable=False, unique=True),
    Column("store", String(60), nullable=False, index=True),
    Column("cancelled", Integer, nullable=False),  # 1 or 0
    Column("created", Integer, nullable=False),
    sqlite_autoincrement=True,
)
batch_files = Table(
    "vector_store_batch_files",
    metadata,
    Column("batch", String(60), primary_key=True),
    Column("file", String(60), primary_key=True),
)
snapshots = Table(
    "snapshots",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(60), nullable=False, unique=True),
    Column("store", String(60), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("created", Integer, nullable=False),
    sqlite_autoincrement=True,
)
snapshot_documents = Table(
    "snapshot_documents",
    metadata,
    Column("snapshot", Integer, primary_key=True, autoincrement=False),  # its number
    Column("document", Integer, primary_key=True, autoincrement=False, index=True),  # in `documents`, or in `kept_documents`
)
snapshot_files = Table(
    "snapshot_files",
    metadata,
    Column("snapshot", Integer, primary_key=True, autoincrement=False),
    *(
        Column(
            column.name, column.type, primary_key=column.name == "file", nullable=False, index=column.name == "file", autoincrement=False
        )
        for column in store_files.columns
    ),
)


def _kept(table: Table, *indexed: str) -> Table:
    """The same rows, of documents that only snapshots name; no search reads them."""
    return Table(
        f"kept_{table.name}",
        metadata,
        *(
            Column(
                column.name, column.type, primary_key=column.primary_key, autoincrement=False, nullable=column.nullable,
                index=column.name in indexed, server_default=getattr(column.server_default, "arg", None),
            )
            for column in table.columns
        ),
    )  # fmt: skip


kept_documents = _kept(documents, "name")
kept_passages = _kept(passages, "document_id")
kept_vectors = _kept(vectors)
