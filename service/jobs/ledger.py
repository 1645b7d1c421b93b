"""Jobs, events, files, corrections and versions of the model, as rows beside the record of documents.

A job is claimed by a worker under a lease. The lease lasts some seconds and is renewed while the worker lives; when it has run out, any
worker may claim the job and go on from its last checkpoint. What a caller wants of a running job (cancel, pause) is written into its row,
and the worker obeys at its next step. Every method is one transaction, so a kill at any moment leaves a job in one state or the next.

    queued ── claim ──> running ── finish ──> succeeded | failed | cancelled
       ^                   │
       └─ resume ─ paused <┘
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import (
    Column, Float, Integer, MetaData, String, Table, Text, UniqueConstraint, delete, func, insert, or_, select, text, update,
)  # fmt: skip

from retrieval.paging import Page, paged
from retrieval.storage import Storage

Status = Literal["queued", "running", "paused", "succeeded", "failed", "cancelled"]
Wish = Literal["", "cancel", "pause"]
Part = Literal["answerer", "embedder"]  # of the service: each has versions of its own, of which one serves
PARTS: tuple[Part, ...] = ("answerer", "embedder")
CORRECTIONS = "corrections"  # stands for a training file: what people have said is right
OVER: tuple[Status, ...] = ("succeeded", "failed", "cancelled")

_metadata = MetaData()
_jobs = Table(
    "jobs",
    _metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(60), nullable=False, unique=True),
    Column("status", String(20), nullable=False, index=True),
    Column("wish", String(20), nullable=False),
    Column("request", Text, nullable=False),  # JSON: what was asked for, defaults filled in
    Column("outcome", Text, nullable=False),  # JSON: what came of it
    Column("created", Integer, nullable=False),
    Column("finished", Integer),
    Column("owner", String(60), nullable=False),
    Column("lease", Float, nullable=False),  # until when, in seconds of Unix time
    Column("claims", Integer, nullable=False),
    sqlite_autoincrement=True,
)
_events = Table(
    "job_events",
    _metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("job", String(60), nullable=False, index=True),
    Column("created", Integer, nullable=False),
    Column("level", String(10), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("message", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("key", String(80)),
    UniqueConstraint("job", "key"),
    sqlite_autoincrement=True,
)
_files = Table(
    "files",
    _metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(60), nullable=False, unique=True),
    Column("name", String(1000), nullable=False),
    Column("purpose", String(40), nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created", Integer, nullable=False),
    sqlite_autoincrement=True,
)
_feedback = Table(
    "feedback",
    _metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(60), nullable=False, unique=True),
    Column("line", Text, nullable=False),  # JSON: a line of an examples file
    Column("answer", String(60), nullable=False),  # the id of the answer that it is about, or empty
    Column("comment", Text, nullable=False),
    Column("created", Integer, nullable=False),
    sqlite_autoincrement=True,
)
_versions = Table(
    "model_versions",
    _metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(120), nullable=False, unique=True),
    Column("parent", String(120), nullable=False),
    Column("job", String(60), nullable=False),
    Column("part", String(20), nullable=False, server_default="answerer"),
    Column("checkpoint", String(40), nullable=False),  # fingerprint of the weights
    Column("about", Text, nullable=False),  # JSON: data hash, scores, language version, why it was promoted or not
    Column("created", Integer, nullable=False),
    sqlite_autoincrement=True,
)
_serving = Table(
    "model_serving",
    _metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("part", String(20), nullable=False, server_default="answerer"),
    Column("version", String(120), nullable=False),  # empty for the model of the settings
    Column("created", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_autoincrement=True,
)


class LeaseLost(Exception):
    """Another worker has the job, or may have it by now: whoever held it must stop at once."""


class Over(Exception):
    """The job has ended, so nothing more can be asked of it."""


class JobError(Exception):
    """Why a job failed, in a sentence for whoever submitted it. `code` is for programs, `param` the part of the request that is wrong."""

    def __init__(self, message: str, code: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code, self.param = code, param


class Rivals(Exception):
    """A job goes on from this model already: of two, the second to end would undo the first."""


@dataclass(frozen=True, slots=True)
class Job:
    """`request` is what was asked for, `outcome` what came of it so far; times in seconds of Unix time."""

    id: str
    status: Status
    wish: Wish
    request: dict[str, Any]
    outcome: dict[str, Any]
    created: int
    finished: int | None
    owner: str
    claims: int


@dataclass(frozen=True, slots=True)
class Event:
    """`data` of a `metrics` event holds numbers, of a `message` whatever explains it."""

    message: str
    level: Literal["info", "warn", "error"] = "info"
    kind: Literal["message", "metrics"] = "message"
    data: Mapping[str, Any] = field(default_factory=dict)
    created: int = field(default_factory=lambda: int(time.time()))
    id: str = ""  # given by the ledger


@dataclass(frozen=True, slots=True)
class File:
    id: str
    name: str
    purpose: str
    bytes: int
    sha256: str
    created: int


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody says the right answer is. `line` is as in a file of examples; `answer` the id of what it corrects, if any."""

    id: str
    line: dict[str, Any]
    answer: str
    comment: str
    created: int


@dataclass(frozen=True, slots=True)
class Version:
    """A model that a job made; `parent` is the version it went on from, empty for the one of the settings."""

    id: str
    parent: str
    job: str
    checkpoint: str
    about: dict[str, Any]
    created: int
    part: Part = "answerer"


class Ledger:
    """Safe to share between threads and processes. Every method raises RecordError where the database fails."""

    def __init__(self, url: str) -> None:
        self._storage = Storage(url, _metadata)

    def close(self) -> None:
        self._storage.close()

    # --- Jobs ---------------------------------------------------------------------------------------------------------

    def submit(self, request: Mapping[str, Any]) -> Job:
        """The job, waiting. Raises Rivals where another of the same model has not ended."""
        row = {
            "id": f"ftjob-{uuid.uuid4().hex[:24]}", "status": "queued", "wish": "", "request": json.dumps(request), "outcome": "{}",
            "created": int(time.time()), "finished": None, "owner": "", "lease": 0.0, "claims": 0,
        }  # fmt: skip
        with self._storage.transaction(writes=True) as connection:
            if connection.dialect.name == "postgresql":  # SQLite lets one writer in at a time by itself
                connection.execute(text("LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE"))
            for other in connection.execute(select(_jobs).where(_jobs.c.status.not_in(OVER))):
                if json.loads(other.request)["model"] == request["model"]:
                    raise Rivals(f"The job {other.id} goes on from {request['model']!r} already; wait for it, or cancel it.")
            connection.execute(insert(_jobs), row)
        return self.job(row["id"])  # type: ignore[return-value,arg-type]

    def job(self, id: str) -> Job | None:
        with self._storage.transaction() as connection:
            row = connection.execute(select(_jobs).where(_jobs.c.id == id)).one_or_none()
        return _job(row) if row else None

    def jobs(self, limit: int, after: str | None = None) -> tuple[list[Job], bool]:
        """The latest first, those older than `after`; and whether there are more. Raises UnknownCursor where `after` is no job."""
        with self._storage.transaction() as connection:
            rows, more = paged(connection, select(_jobs), _jobs.c.number, _jobs.c.id, Page(limit, after))
        return [_job(row) for row in rows], more

    def jobs_by_status(self) -> dict[str, int]:
        """How many there are of each status that any has; one query over its index."""
        with self._storage.transaction() as connection:
            counted = connection.execute(select(_jobs.c.status, func.count()).group_by(_jobs.c.status))
            return {row[0]: row[1] for row in counted}

    def waits(self) -> bool:
        """Whether there is a job that `claim` would give."""
        with self._storage.transaction() as connection:
            return connection.scalar(select(_jobs.c.number).where(_free(time.time())).limit(1)) is not None

    def waiting_before(self, job: Job) -> int:
        with self._storage.transaction() as connection:
            own = select(_jobs.c.number).where(_jobs.c.id == job.id).scalar_subquery()
            where = (_jobs.c.status == "queued", _jobs.c.number < own)
            return connection.scalar(select(func.count()).select_from(_jobs).where(*where)) or 0

    def claim(self, owner: str, seconds: float) -> Job | None:
        """The oldest job that waits, or whose worker is gone, now under a lease of `owner`; None where there is nothing to do."""
        now = time.time()
        free = _free(now)
        with self._storage.transaction(writes=True) as connection:
            for (id,) in list(connection.execute(select(_jobs.c.id).where(free).order_by(_jobs.c.number))):
                # Looked at again in the update itself: where several may write at once, one of them changes the row.
                taken = update(_jobs).where(_jobs.c.id == id, free)
                values = {"status": "running", "owner": owner, "lease": now + seconds, "claims": _jobs.c.claims + 1}
                if connection.execute(taken.values(**values)).rowcount:
                    return _job(connection.execute(select(_jobs).where(_jobs.c.id == id)).one())
        return None

    def renew(self, job: Job, seconds: float) -> Wish:
        """Keeps the lease, and says what is wanted of the job. Raises LeaseLost."""
        with self._storage.transaction(writes=True) as connection:
            kept = update(_jobs).where(*_held(job)).values(lease=time.time() + seconds)
            if not connection.execute(kept).rowcount:
                raise LeaseLost(job.id)
            return connection.scalar(select(_jobs.c.wish).where(_jobs.c.id == job.id)) or ""

    def note(self, job: Job, outcome: Mapping[str, Any]) -> None:
        """Adds to what has come of the job. Raises LeaseLost."""
        with self._storage.transaction(writes=True) as connection:
            self._set(connection, job, outcome, {})

    def finish(self, job: Job, status: Status, outcome: Mapping[str, Any] | None = None) -> None:
        """Ends the job, or lets go of it (`paused`, `queued`). Raises LeaseLost."""
        over = {"finished": int(time.time())} if status in OVER else {}
        with self._storage.transaction(writes=True) as connection:
            self._set(connection, job, outcome or {}, {"status": status, "owner": "", "lease": 0.0, "wish": "", **over})

    def _set(self, connection: Any, job: Job, outcome: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        known = connection.scalar(select(_jobs.c.outcome).where(*_held(job)))
        if known is None:
            raise LeaseLost(job.id)
        merged = json.dumps({**json.loads(known), **outcome})
        connection.execute(update(_jobs).where(*_held(job)).values(outcome=merged, **values))

    def want(self, id: str, wish: Literal["cancel", "pause", "resume"]) -> Job:
        """Cancels or pauses what waits at once, and what runs at its next step. Raises KeyError, and Over where the job has ended."""
        changes: dict[tuple[str, str], dict[str, Any]] = {
            ("queued", "cancel"): {"status": "cancelled", "finished": int(time.time())},
            ("paused", "cancel"): {"status": "cancelled", "finished": int(time.time())},
            ("running", "cancel"): {"wish": "cancel"},
            ("queued", "pause"): {"status": "paused"},
            ("running", "pause"): {"wish": "pause"},
            ("paused", "resume"): {"status": "queued"},
            ("running", "resume"): {"wish": ""},  # of a pause that was not obeyed yet
        }
        with self._storage.transaction(writes=True) as connection:
            row = connection.execute(select(_jobs).where(_jobs.c.id == id).with_for_update()).one_or_none()
            if row is None:
                raise KeyError(id)
            if row.status in OVER:
                raise Over(row.status)
            if row.wish != "cancel":  # which cannot be taken back
                connection.execute(update(_jobs).where(_jobs.c.id == id).values(**changes.get((row.status, wish), {"wish": row.wish})))
            return _job(connection.execute(select(_jobs).where(_jobs.c.id == id)).one())

    # --- Events -------------------------------------------------------------------------------------------------------

    def say(self, job: str, event: Event, key: str | None = None) -> None:
        """Adds an event. Of several with one `key` the first is kept: a step that is done again after a crash is told once."""
        row = {
            "job": job, "created": event.created, "level": event.level, "kind": event.kind, "message": event.message,
            "data": json.dumps(event.data), "key": key,
        }  # fmt: skip
        with self._storage.transaction(writes=True) as connection:
            where = (_events.c.job == job, _events.c.key == key)
            if key is None or connection.scalar(select(_events.c.number).where(*where)) is None:
                connection.execute(insert(_events), row)

    def events(self, job: str, limit: int, after: str | None = None) -> tuple[list[Event], bool]:
        """The latest first, those older than `after`; and whether there are more. Raises KeyError where `after` is no event."""
        number = None if after is None else after.removeprefix("ftevent-")
        if number is not None and not number.isdecimal():
            raise KeyError(after)
        older = () if number is None else (_events.c.number < int(number),)
        with self._storage.transaction() as connection:
            query = select(_events).where(_events.c.job == job, *older)
            rows, more = paged(connection, query, _events.c.number, _events.c.number, Page(limit))
        return [Event(row.message, row.level, row.kind, json.loads(row.data), row.created, f"ftevent-{row.number}") for row in rows], more

    # --- Files --------------------------------------------------------------------------------------------------------

    def add_file(self, id: str, name: str, purpose: str, size: int, sha256: str) -> File:
        row = {"id": id, "name": name, "purpose": purpose, "bytes": size, "sha256": sha256, "created": int(time.time())}
        with self._storage.transaction(writes=True) as connection:
            connection.execute(insert(_files), row)
        return File(**row)  # type: ignore[arg-type]

    def file(self, id: str) -> File | None:
        with self._storage.transaction() as connection:
            row = connection.execute(select(_files).where(_files.c.id == id)).one_or_none()
        return _file(row) if row else None

    def files(self, page: Page, purpose: str | None = None) -> tuple[list[File], bool]:
        """A page of them, or of those for one purpose, and whether there are more. Raises UnknownCursor."""
        query = select(_files) if purpose is None else select(_files).where(_files.c.purpose == purpose)
        with self._storage.transaction() as connection:
            rows, more = paged(connection, query, _files.c.number, _files.c.id, page)
        return [_file(row) for row in rows], more

    def drop_file(self, id: str) -> bool:
        with self._storage.transaction(writes=True) as connection:
            return bool(connection.execute(delete(_files).where(_files.c.id == id)).rowcount)

    # --- Corrections --------------------------------------------------------------------------------------------------

    def add_correction(self, line: Mapping[str, Any], answer: str = "", comment: str = "") -> Correction:
        row = {
            "id": f"fb-{uuid.uuid4().hex[:24]}", "line": json.dumps(line), "answer": answer, "comment": comment,
            "created": int(time.time()),
        }  # fmt: skip
        with self._storage.transaction(writes=True) as connection:
            connection.execute(insert(_feedback), row)
        return Correction(str(row["id"]), dict(line), answer, comment, int(str(row["created"])))

    def correction(self, id: str) -> Correction | None:
        with self._storage.transaction() as connection:
            row = connection.execute(select(_feedback).where(_feedback.c.id == id)).one_or_none()
        return _correction(row) if row else None

    def corrections(self, limit: int, after: str | None = None) -> tuple[list[Correction], bool]:
        """The latest first, those older than `after`; and whether there are more. Raises UnknownCursor where `after` is none."""
        with self._storage.transaction() as connection:
            rows, more = paged(connection, select(_feedback), _feedback.c.number, _feedback.c.id, Page(limit, after))
        return [_correction(row) for row in rows], more

    def to_learn(self) -> list[Correction]:
        """Of every question the latest correction, the oldest first."""
        with self._storage.transaction() as connection:
            found = [_correction(row) for row in connection.execute(select(_feedback).order_by(_feedback.c.number))]
        return list({" ".join(str(c.line["question"]).lower().split()): c for c in found}.values())

    def drop_correction(self, id: str) -> bool:
        with self._storage.transaction(writes=True) as connection:
            return bool(connection.execute(delete(_feedback).where(_feedback.c.id == id)).rowcount)

    # --- Versions -----------------------------------------------------------------------------------------------------

    def add_version(self, version: Version) -> None:
        """A version is added once; the same id again changes nothing."""
        row = {
            "id": version.id, "parent": version.parent, "job": version.job, "part": version.part, "checkpoint": version.checkpoint,
            "about": json.dumps(version.about), "created": version.created,
        }  # fmt: skip
        with self._storage.transaction(writes=True) as connection:
            if connection.scalar(select(_versions.c.number).where(_versions.c.id == version.id)) is None:
                connection.execute(insert(_versions), row)

    def version(self, id: str) -> Version | None:
        with self._storage.transaction() as connection:
            row = connection.execute(select(_versions).where(_versions.c.id == id)).one_or_none()
        return _version(row) if row else None

    def versions(self, part: Part | None = None) -> list[Version]:
        """All of them, or those of one part; the oldest first."""
        query = select(_versions) if part is None else select(_versions).where(_versions.c.part == part)
        with self._storage.transaction() as connection:
            return [_version(row) for row in connection.execute(query.order_by(_versions.c.number))]

    def serving(self, part: Part = "answerer") -> tuple[int, str]:
        """The number of the last promotion or rollback of this part (0 where there was none), and the version of it that serves ("" for
        the settings')."""
        with self._storage.transaction() as connection:
            row = connection.execute(_of_part(part).limit(1)).one_or_none()
        return (row.number, row.version) if row else (0, "")

    def serve(self, version: str, reason: str, part: Part = "answerer") -> None:
        with self._storage.transaction(writes=True) as connection:
            connection.execute(insert(_serving), {"part": part, "version": version, "created": int(time.time()), "reason": reason})

    def served(self, part: Part = "answerer") -> list[tuple[str, int, str]]:
        """Every promotion and rollback of this part, the latest first: version, when, why."""
        with self._storage.transaction() as connection:
            return [(row.version, row.created, row.reason) for row in connection.execute(_of_part(part))]


def _of_part(part: Part) -> Any:
    """What has served as this part, the latest first."""
    return select(_serving).where(_serving.c.part == part).order_by(_serving.c.number.desc())


def _free(now: float) -> Any:
    """Whether a job's row may be claimed: it waits, or its worker's lease has run out."""
    return or_(_jobs.c.status == "queued", (_jobs.c.status == "running") & (_jobs.c.lease < now))


def _held(job: Job) -> tuple[Any, ...]:
    """Whether the row is still the claim that `job` is: a later claim has another number."""
    return _jobs.c.id == job.id, _jobs.c.status == "running", _jobs.c.owner == job.owner, _jobs.c.claims == job.claims


def _job(row: Any) -> Job:
    return Job(
        row.id, row.status, row.wish, json.loads(row.request), json.loads(row.outcome), row.created, row.finished, row.owner, row.claims,
    )  # fmt: skip


def _file(row: Any) -> File:
    return File(row.id, row.name, row.purpose, row.bytes, row.sha256, row.created)


def _correction(row: Any) -> Correction:
    return Correction(row.id, json.loads(row.line), row.answer, row.comment, row.created)


def _version(row: Any) -> Version:
    return Version(row.id, row.parent, row.job, row.checkpoint, json.loads(row.about), row.created, row.part)
