"""Which model answers and which embeds: those of the settings, or the versions that were promoted last, or another that a request names.

A version is promoted by a row in the ledger. Every process that serves looks there once a second, loads what it finds beside the model that
answers, and then swaps one reference: a question is answered to its end by the model that it began with, so a swap fails no request.

An embedder first embeds every passage of the record, in a thread of its own, while the one before it goes on serving and embeds what comes.
Its vectors stand in the record beside the others, a batch at a time, so a process that is killed goes on where it was. Once none is missing
the workspace is swapped for one with the new embedder and a searcher of its own: no search ever compares the vectors of two embedders. The
old vectors are dropped when no question can be left that began with them.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from models.answerer import Answerer
from models.checkpoint import CheckpointError, fingerprint, read_config
from models.processes import DistributedAnswerer
from retrieval.ingest import embed_missing
from retrieval.search import Embedder
from retrieval.storage import RecordError
from retrieval.weighing import weigh
from service import answering as answers
from service.answering import Answering
from service.jobs.folders import EMBEDDER, model_folder, part_of
from service.jobs.ledger import JobError, Ledger, Part, Version
from service.workspace import Workspace, load_answerer, load_embedder, serving_embedder

ALIAS = "reckoner"  # a name for whichever model serves
_LOOK = 1.0  # seconds between two looks into the ledger
_LOADED = 2  # versions kept ready beside the one that serves
_AGAIN = 30.0  # seconds until the next look after one that failed unexpectedly
_TOLD = 10.0  # seconds between two lines of the log that say how far an embedder is
_log = logging.getLogger("reckoner.serving")


class UnknownModel(Exception):
    """No model of this name can answer; the message says which can."""


class _Overtaken(Exception):
    """The embedder that passages are embedded with is not to serve any more, or the process is to end."""


class Serving:
    """Safe to share between threads. Without a ledger the models of the settings serve, and no others."""

    def __init__(self, answering: Answering, ledger: Ledger | None = None) -> None:
        self.settings, self.ledger = answering.settings, ledger
        base = answering.answerer
        self._processes = base.processes if isinstance(base, DistributedAnswerer) else None  # which search with versions as well
        self.base_name = _name(answering.answerer.about)
        self.base_embedder = _embedder_of_settings(answering)
        self._workspace = answering.workspace  # swapped whole: its searcher and its embedder belong together
        self._base = self._answerer = answering.answerer
        self._name, self._seen = self.base_name, 0
        self._embedder_seen, self._embedded = -1, -1  # the promotion that was heeded last, the change until which all is embedded
        self._drop_at = math.inf  # when no question can be left that began with another embedder, on the clock that never jumps
        self.passages_to_embed = 0  # that the embedder which is to serve next has not embedded; 0 where none is coming
        self._ready: OrderedDict[str, Answerer] = OrderedDict()
        self._lock, self._stopping = threading.Lock(), threading.Event()
        self._threads: list[threading.Thread] = []
        if ledger is not None:
            self.look()

    @property
    def current(self) -> tuple[str, Answering]:
        """The name of the model that serves, and what answers with it."""
        with self._lock:
            return self._name, self._answering(self._answerer)

    @property
    def base(self) -> Answering:
        """What answers with the model of the settings."""
        return self._answering(self._base)

    @property
    def embedder(self) -> tuple[str, Embedder] | None:
        """The name of the embedder that serves, and itself; None where there is none."""
        workspace = self._workspace
        if workspace is None or workspace.embedder is None:
            return None
        return workspace.embedder_version or EMBEDDER, workspace.embedder

    def embedding(self) -> Embedder | None:
        """The embedder that serves, where there is one."""
        serving = self.embedder
        return serving[1] if serving is not None else None

    def ready(self, name: str | None) -> tuple[str, Answering] | None:
        """The model of this name where that is the one that serves or the one of the settings, without a look into the ledger."""
        serving = self.current
        if name in (None, ALIAS, serving[0]):
            return serving
        return (self.base_name, self.base) if name == self.base_name else None

    def named(self, name: str | None) -> tuple[str, Answering]:
        """The model of this name, loaded if need be. Raises UnknownModel."""
        if (found := self.ready(name)) is not None:
            return found
        assert name is not None
        version = self.ledger.version(name) if self.ledger is not None else None
        if version is None or version.part != "answerer":
            have = ", ".join(map(repr, self.names()))
            raise UnknownModel(f"There is no such model here as {name[:100]!r}; have {have}.")
        try:
            return name, self._answering(self._load(version))
        except (CheckpointError, JobError) as error:
            raise UnknownModel(str(error)) from error

    def names(self) -> list[str]:
        """Of the models that answer."""
        return [self.base_name, *(version.id for version in self.versions() if version.part == "answerer")]

    def versions(self) -> list[Version]:
        return self.ledger.versions() if self.ledger is not None else []

    def learner(self, name: str) -> tuple[str, Part]:
        """The model that a job under this name goes on from, and what it is: the names that are no version's mean whichever serves.
        Raises UnknownModel."""
        assert self.ledger is not None
        wanted = (self.ledger.serving("embedder")[1] or name) if name == EMBEDDER else name
        if part_of(wanted, self.ledger) == "answerer":
            return self.named(wanted)[0], "answerer"
        try:
            model_folder(wanted, self.ledger, self.settings)
        except JobError as error:
            raise UnknownModel(str(error)) from error
        return wanted, "embedder"

    def watch(self) -> None:
        """Looks into the ledger from threads of its own, until `close`."""
        for name, look in (("serving", self.look), ("embedding", self.look_for_embedder)):
            self._threads.append(threading.Thread(target=self._watch, args=(look,), name=name, daemon=True))
            self._threads[-1].start()

    def close(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def look(self) -> None:
        """Swaps in the answerer that was promoted since the last look."""
        assert self.ledger is not None
        number, name = self.ledger.serving()
        if number == self._seen:
            return
        found = self._base
        if name and (version := self.ledger.version(name)) is not None:
            try:
                found = self._load(version)
            except (CheckpointError, JobError) as error:
                _log.error("%s was promoted but cannot be loaded, so what served goes on: %s", name, error)
                self._seen = number
                return
        with self._lock:
            self._answerer, self._name, self._seen = found, name or self.base_name, number
        _log.info("%s serves from now on", name or self.base_name)

    def look_for_embedder(self) -> None:
        """Swaps in the embedder that was promoted since the last look, once it has embedded every passage. Where none was, the one that
        serves embeds what others have indexed without it. To be called from one thread at a time."""
        assert self.ledger is not None
        workspace = self._workspace
        if workspace is None:
            return
        number, version = self.ledger.serving("embedder")
        try:
            if number != self._embedder_seen:
                if version != workspace.embedder_version or (workspace.embedder is None and self.base_embedder):
                    workspace = self._swap_embedder(workspace, version, number)
                self._embedder_seen, self._drop_at = number, time.monotonic() + self.settings.deadline_seconds
            self._catch_up(workspace, number)
            if time.monotonic() >= self._drop_at:
                self._drop_others(workspace)
                self._drop_at = math.inf
        except _Overtaken:
            pass  # what was embedded stays, and the next look goes on with whatever is to serve then
        finally:
            self.passages_to_embed = 0

    def _swap_embedder(self, workspace: Workspace, version: str, number: int) -> Workspace:
        """The workspace that serves from now on: the same as before where this version cannot be loaded. Raises _Overtaken."""
        assert self.ledger is not None
        name = version or EMBEDDER
        try:
            embedder = load_embedder(version, self.ledger, self.settings)
        except (CheckpointError, JobError) as error:
            _log.error("%s was promoted but cannot be loaded, so what served goes on: %s", name, error)
            if workspace.embedder is not None:
                return workspace
            version, embedder = serving_embedder(self.settings, workspace.record)
        if embedder is not None:
            self._embed_beside(workspace, embedder, name, number)
        coming = workspace.searched_with(version, embedder)  # reads all vectors, which may take seconds
        if embedder is not None:
            self._embed_beside(workspace, embedder, name, number)  # what came meanwhile
            weigh(workspace.record, embedder)
        self._workspace = coming
        _log.info("%s serves from now on", name)
        return coming

    def _embed_beside(self, workspace: Workspace, embedder: Embedder, name: str, number: int) -> None:
        """Lets an embedder embed every passage, while the workspace's own goes on serving. Raises _Overtaken."""
        unseen, told = workspace.record.count_without_vectors(embedder.id)[0], time.monotonic()
        if unseen:
            _log.info("%s serves once it has embedded %d passages", name, unseen)
        self.passages_to_embed = unseen

        def between(done: int, of: int) -> None:
            nonlocal told
            self.passages_to_embed = of - done
            if time.monotonic() - told >= _TOLD:
                _log.info("%s has embedded %d of %d passages", name, done, of)
                told = time.monotonic()
            self._catch_up(workspace, number)

        self._embed(workspace, embedder, number, between)

    def _catch_up(self, workspace: Workspace, number: int) -> None:
        """Lets the embedder that serves embed what was added without it. Raises _Overtaken."""
        since, sequence = self._embedded, workspace.record.sequence()
        if workspace.embedder is None or sequence == since:
            return
        if since < 0 or any(change.kind == "added" for change in workspace.record.changes_since(since)):
            self._embed(workspace, workspace.embedder, number)
            weigh(workspace.record, workspace.embedder)
        self._embedded = sequence

    def _embed(
        self, workspace: Workspace, embedder: Embedder, number: int, between: Callable[[int, int], None] | None = None
    ) -> None:  # fmt: skip
        """Every passage that this embedder has not seen. Raises _Overtaken once there is a promotion after that of this
        `number`."""

        def go_on(done: int, of: int) -> None:
            assert self.ledger is not None
            if self._stopping.is_set() or self.ledger.serving("embedder")[0] != number:
                raise _Overtaken
            if between is not None:
                between(done, of)

        torch.set_num_threads(1)  # of this thread: answering goes before
        embed_missing(workspace.record, embedder, go_on)

    def _drop_others(self, workspace: Workspace) -> None:
        """Forgets the vectors of embedders that serve no more. Those of a version that never served may be in the making."""
        assert self.ledger is not None
        if workspace.embedder is None:
            return
        served = {version for version, _, _ in self.ledger.served("embedder")}
        kept = {workspace.embedder.id, *(one.checkpoint for one in self.ledger.versions("embedder") if one.id not in served)}
        for embedder in sorted(workspace.record.embedders() - kept):
            workspace.record.drop_vectors(embedder)
            _log.info("the vectors of the embedder %s, which serves no more, were dropped", embedder)

    def _watch(self, look: Callable[[], None]) -> None:
        while not self._stopping.wait(_LOOK):
            try:
                look()
            except RecordError as error:
                _log.warning("the record cannot be read, so what serves goes on: %s", error)
            except Exception:  # a thread that ended here would leave later promotions unheeded
                _log.exception("a look for what is to serve failed, so what serves goes on")
                self._stopping.wait(_AGAIN)

    def _answering(self, answerer: answers.Answerer) -> Answering:
        return Answering(self._workspace, answerer, self.settings)

    def _load(self, version: Version) -> Answerer:
        with self._lock:
            if version.id in self._ready:
                self._ready.move_to_end(version.id)
                return self._ready[version.id]
        assert self.ledger is not None
        answerer = load_answerer(model_folder(version.id, self.ledger, self.settings), self.settings, self._processes)
        with self._lock:
            self._ready[version.id] = answerer
            while len(self._ready) > _LOADED:
                self._ready.popitem(last=False)
        return answerer


def base_name(model: Path) -> str:
    """The name of the model of the settings, without loading it. Raises CheckpointError."""
    return _name(read_config(model)[1])


def _name(about: Mapping[str, Any]) -> str:
    """ "reckoner-nano": the product and the size of the checkpoint."""
    size = about.get("size")
    return f"{ALIAS}-{size}" if size else ALIAS


def _embedder_of_settings(answering: Answering) -> str:
    """The fingerprint of its weights; "" where there is none."""
    workspace, folder = answering.workspace, answering.settings.embedder
    if workspace is not None and workspace.embedder is not None and not workspace.embedder_version:
        return workspace.embedder.id
    return fingerprint(folder) if folder is not None and folder.exists() else ""


def promote(ledger: Ledger, name: str, base: str, reason: str) -> Part:
    """Lets a version serve as what it is, or a model of the settings: that which answers under its name `base`, the embedder under its own.
    Raises KeyError where there is no such model."""
    version = ledger.version(name)
    if version is None and name not in (base, ALIAS, EMBEDDER):
        raise KeyError(name)
    part = part_of(name, ledger)
    ledger.serve(version.id if version is not None else "", reason, part)
    return part


def roll_back(ledger: Ledger, reason: str, part: Part = "answerer") -> str:
    """Lets serve what served before the present model of this part; its version, "" for the model of the settings."""
    before = served_before(ledger, part)
    ledger.serve(before, reason, part)
    return before


def served_before(ledger: Ledger, part: Part = "answerer") -> str:
    """The version of this part that served before the present one, "" for the model of the settings."""
    served = [version for version, _, _ in ledger.served(part)] + [""]
    return next((version for version in served[1:] if version != served[0]), "")
