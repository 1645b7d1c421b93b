"""Everything that questions are answered from: the record with its searcher, and the databases with their values.

Opened once at the start, so that whatever is missing or damaged is said then, in one sentence, and not to the first who asks:
RecordError, DatabaseError and CheckpointError pass through. A database whose server is down is read when it is up again.
Documents that change later are seen at the next question, and values that a database gains within RECKONER_VALUES_SECONDS; its
schema is read once, so a new column needs a restart. Another embedder makes another Workspace: searcher and embedder are one view of the
record, and never mixed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import torch

from models import embedder as embedders
from models.answerer import Answerer
from models.checkpoint import CheckpointError, fingerprint
from models.fit import Precision, fast_precision
from models.processes import DistributedAnswerer, Processes
from retrieval.ingest import Progress, embed_missing, index_documents
from retrieval.record import Record, RecordError
from retrieval.search import Embedder, Searcher
from retrieval.views import Views
from retrieval.weighing import weigh
from service.connected import connect, open_databases
from service.jobs.folders import EMBEDDER, model_folder
from service.jobs.ledger import JobError, Ledger
from service.sample import DOCUMENTS
from service.sample.database import build
from service.settings import Settings, SettingsError
from service.stored_values import StoredValues
from tools.database import Database
from tools.functions import Function
from tools.openapi import DescriptionError, Operation, read_description
from tools.router import Router

SAMPLE = "larkfell"  # the name of the sample database
_WAITED_FOR = 1_000  # passages, which a start embeds before anything else: some ten seconds of a core
_log = logging.getLogger("reckoner.workspace")


@dataclass(frozen=True)
class Workspace:
    """Safe to share between threads."""

    record: Record
    searcher: Searcher
    databases: Mapping[str, Database]
    values: StoredValues
    router: Router
    embedder: Embedder | None = None
    embedder_version: str = ""  # the version that a job made, or "" for the embedder of the settings

    @classmethod
    def open(cls, settings: Settings, *, at_once: bool = False) -> Workspace:
        """With an embedder that has embedded every passage. Where `at_once` is wished and that would take long, it is without one, and
        words alone decide until a `Serving` that watches swaps the embedder in."""
        record = open_record(settings)
        version, embedder = serving_embedder(settings, record)
        if embedder is not None and at_once and (missing := record.count_without_vectors(embedder.id)[0]) > _WAITED_FOR:
            _log.warning("The embedder has %d passages to embed: until then documents are searched by words alone.", missing)
            version, embedder = "", None
        if embedder is not None:
            embed_missing(record, embedder)  # of documents that were indexed without one
            weigh(record, embedder)
        databases = open_databases(settings)
        values = connect(databases)
        values.watch(settings.values_seconds)
        searcher = Searcher(record, embedder, views=Views(settings.workspace / "views"))
        return cls(record, searcher, databases, values, Router(databases, *open_tools(settings)), embedder, version)

    def searched_with(self, version: str, embedder: Embedder | None) -> Workspace:
        """The same with the embedder of this version, which has embedded every passage that it should find by meaning."""
        return replace(self, searcher=self.searcher.with_embedder(embedder), embedder=embedder, embedder_version=version)

    def close(self) -> None:
        self.searcher.close()
        self.record.close()
        self.values.close()
        for database in self.databases.values():
            database.close()


def choose_device(wanted: str) -> str:
    """The name of the device as torch knows it; `auto` is a GPU where there is one."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise SettingsError("device is 'cuda', but PyTorch finds no GPU on this machine")
    return ("cuda" if torch.cuda.is_available() else "cpu") if wanted == "auto" else wanted


def choose_precision(wanted: str, device: str) -> Precision:
    """What matrices are multiplied in; `auto` is bfloat16 where the device does so in hardware, which takes half the time."""
    fast = fast_precision(device)
    if wanted == "bfloat16" and fast != "bfloat16":
        raise SettingsError("precision is 'bfloat16', but this processor has no units for it and would take many times as long")
    return fast if wanted == "auto" else cast(Precision, wanted)


def load_answerer(directory: Path, settings: Settings, processes: Processes | None = None) -> Answerer:
    """With `processes`, it is they that search, unless there is a GPU. Raises CheckpointError where there is no usable checkpoint."""
    device = choose_device(settings.device)
    precision = choose_precision(settings.precision, device)
    if processes is not None and device == "cpu":
        return DistributedAnswerer.open(directory, precision, processes)
    return Answerer.load(directory, device, precision)


def open_embedder(directory: Path | None, device: str = "cpu") -> Embedder | None:
    """The embedder of this folder, or None of none. Raises CheckpointError where it is missing or damaged."""
    if directory is None:
        _log.info("The settings name no embedder: documents are searched by words alone.")
        return None
    return embedders.Embedder.load(directory, device)  # type: ignore[return-value]


def load_embedder(version: str, ledger: Ledger, settings: Settings) -> Embedder | None:
    """The embedder of a version, or with "" that of the settings, which may be none. Raises JobError and CheckpointError."""
    device = choose_device(settings.device)
    return open_embedder(model_folder(version, ledger, settings) if version else settings.embedder, device)


def load_promoted(name: str, ledger: Ledger, settings: Settings) -> Embedder | None:
    """The embedder that serves when this name is promoted, a version's or EMBEDDER. Raises CheckpointError where it cannot be used."""
    try:
        return load_embedder(name if ledger.version(name) is not None else "", ledger, settings)
    except JobError as error:
        raise CheckpointError(str(error)) from error


def serving_embedder(settings: Settings, record: Record) -> tuple[str, Embedder | None]:
    """The embedder that passages are found by, and its version, "" for that of the settings: the one that was promoted last, or, as long as
    that one has many still to embed, the one before it, which has not. Where one cannot be loaded another takes its place. Raises
    CheckpointError where none can be."""

    def missing(version: str) -> int:
        return record.count_without_vectors(embedder_id(version, ledger, settings))[0]

    ledger = Ledger(settings.record_address)
    try:
        promoted = list(dict.fromkeys(version for version, _, _ in ledger.served("embedder")))  # the latest first
        versions = list(dict.fromkeys([*promoted[:2], ""]))
        if len(versions) > 1 and missing(versions[0]) > _WAITED_FOR:
            versions.sort(key=missing)
        for version in versions[:-1]:
            try:
                return version, load_embedder(version, ledger, settings)
            except (CheckpointError, JobError) as error:
                _log.error("%s cannot be loaded, so another embedder takes its place: %s", version or EMBEDDER, error)
        try:
            return versions[-1], load_embedder(versions[-1], ledger, settings)
        except JobError as error:
            raise CheckpointError(str(error)) from error
    finally:
        ledger.close()


def embedder_id(version: str, ledger: Ledger, settings: Settings) -> str:
    """What its vectors are stored under; "" where there is no such embedder."""
    known = ledger.version(version)
    if known is not None:
        return known.checkpoint
    try:
        return "" if settings.embedder is None else fingerprint(settings.embedder)
    except OSError:
        return ""


def open_record(settings: Settings) -> Record:
    if not settings.record_url:
        _make(settings.workspace)
    return Record(settings.record_address)


def open_tools(settings: Settings) -> tuple[dict[str, Operation], dict[str, Function]]:
    """The tools of the descriptions in the settings, and what each of them takes. Raises SettingsError where one cannot be used."""
    operations: dict[str, Operation] = {}
    for name, path in settings.tools.items():
        try:
            description = read_description(name, path, settings.tool_hosts)
        except DescriptionError as error:
            raise SettingsError(f"tools: {error}") from None
        for template, reason in description.left_out.items():
            _log.warning("GET %s of %s is no tool: %s", template, path, reason)
        if twice := operations.keys() & description.operations.keys():
            raise SettingsError(f"tools: two are called {min(twice)!r}")
        operations |= description.operations
    return operations, {name: operation.function for name, operation in operations.items()}


def prepare_sample(
    folder: Path, progress: Progress | None = None, *, embedder: Embedder | None = None, record_url: str = ""
) -> dict[str, Path]:
    """Puts the sample workspace into `folder` and returns the databases to connect.

    What is there already is left alone, so the second time costs only a look at each document.
    """
    _make(folder)
    books = folder / f"{SAMPLE}.sqlite"
    if not books.exists():
        build(books)
    record = Record(record_url or f"sqlite:///{folder / 'record.sqlite'}")
    try:
        index_documents(record, embedder, [DOCUMENTS], progress)
    finally:
        record.close()
    return {SAMPLE: books}


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordError(f"the workspace {folder} cannot be made: {error.strerror or error}") from error
