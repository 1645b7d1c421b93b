"""What a vector store, its files and batches are, and how the rows of the record become them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from retrieval.formats import SUFFIXES
from retrieval.record import OWN_FILE

Status = Literal["in_progress", "completed", "failed", "cancelled"]
STATUSES: tuple[Status, ...] = ("in_progress", "completed", "failed", "cancelled")
WORKSPACE = "vs_workspace"
DAY = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Store:
    """`days` without use, after which it expires; times in seconds of Unix time."""

    id: str
    name: str
    description: str
    metadata: dict[str, str]
    days: int | None
    created: int
    active: int

    @property
    def expires(self) -> int | None:
        return None if self.days is None else self.active + self.days * DAY

    @property
    def expired(self) -> bool:
        return self.expires is not None and self.expires <= time.time()


@dataclass(frozen=True, slots=True)
class Given:
    """A file to be added to a store."""

    file: str
    filename: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoreFile:
    """`code` and `error` say what went wrong with a failed one; `bytes` counts its text, once it is completed."""

    store: str
    file: str
    filename: str
    status: Status
    code: str
    error: str
    attributes: dict[str, Any]
    bytes: int
    created: int


@dataclass(frozen=True, slots=True)
class Batch:
    id: str
    store: str
    cancelled: bool
    created: int


@dataclass(frozen=True, slots=True)
class Usage:
    """How many files of each status a store or a batch has, and how many bytes the text of the completed ones."""

    files: Mapping[Status, int]
    bytes: int


def usage_of(rows: Sequence[Any]) -> Usage:
    """Of rows (store, status, files, bytes)."""
    return Usage({status: sum(row[2] for row in rows if row[1] == status) for status in STATUSES}, int(sum(row[3] or 0 for row in rows)))


def as_store(row: Any) -> Store:
    return Store(row.id, row.name, row.description, json.loads(row.metadata), row.days, row.created, row.active)


def as_file(row: Any) -> StoreFile:
    return StoreFile(
        row.store, row.file, row.filename, row.status, row.code, row.error, json.loads(row.attributes), row.bytes, row.created,
    )  # fmt: skip


def as_own_file(row: Any) -> StoreFile:
    """Of one of the workspace's own documents, whose text has so many `bytes`."""
    failed = row.status == "failed"
    code = "" if not failed else "invalid_file" if Path(row.name).suffix.lower() in SUFFIXES else "unsupported_file"
    status: Status = "failed" if failed else "completed"
    created = int(datetime.fromisoformat(row.created_at).timestamp())
    return StoreFile(WORKSPACE, f"{OWN_FILE}{row.id}", row.name, status, code, row.error, {}, row.bytes, created)


def as_batch(row: Mapping[Any, Any]) -> Batch:
    return Batch(row["id"], row["store"], bool(row["cancelled"]), row["created"])
