"""Which model answers: the one of the settings, or the version that was promoted last, or another that a request names.

A version is promoted by a row in the ledger. Every process that serves looks there once a second, loads what it finds beside the model that
answers, and then swaps one reference: a question is answered to its end by the model that it began with, so a swap fails no request.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.answerer import Answerer
from models.checkpoint import CheckpointError, read_config
from retrieval.storage import RecordError
from service.answering import Answering
from service.jobs.ledger import Ledger, Version
from service.jobs.training import JobError, model_folder
from service.workspace import choose_device

ALIAS = "reckoner"  # a name for whichever model serves
_LOOK = 1.0  # seconds between two looks into the ledger
_LOADED = 2  # versions kept ready beside the one that serves
_log = logging.getLogger("reckoner.serving")


class UnknownModel(Exception):
    """No model of this name can answer; the message says which can."""


class Serving:
    """Safe to share between threads. Without a ledger the model of the settings serves, and no other."""

    def __init__(self, answering: Answering, ledger: Ledger | None = None) -> None:
        self.base, self.ledger = answering, ledger
        self.base_name = _name(answering.answerer.about)
        self._current, self._name, self._seen = answering, self.base_name, 0
        self._ready: OrderedDict[str, Answering] = OrderedDict()
        self._lock, self._stopping = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        if ledger is not None:
            self.look()

    @property
    def current(self) -> tuple[str, Answering]:
        """The name of the model that serves, and what answers with it."""
        with self._lock:
            return self._name, self._current

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
        if version is None:
            have = ", ".join(map(repr, self.names()))
            raise UnknownModel(f"There is no such model here as {name[:100]!r}; have {have}.")
        try:
            return name, self._load(version)
        except (CheckpointError, JobError) as error:
            raise UnknownModel(str(error)) from error

    def names(self) -> list[str]:
        return [self.base_name, *(version.id for version in self.versions())]

    def versions(self) -> list[Version]:
        return self.ledger.versions() if self.ledger is not None else []

    def watch(self) -> None:
        """Looks into the ledger from a thread of its own, until `close`."""
        self._thread = threading.Thread(target=self._watch, name="serving", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> None:
        """Swaps in what was promoted since the last look."""
        assert self.ledger is not None
        number, name = self.ledger.serving()
        if number == self._seen:
            return
        found = self.base
        if name and (version := self.ledger.version(name)) is not None:
            try:
                found = self._load(version)
            except (CheckpointError, JobError) as error:
                _log.error("%s was promoted but cannot be loaded, so what served goes on: %s", name, error)
                self._seen = number
                return
        with self._lock:
            self._current, self._name, self._seen = found, name or self.base_name, number
        _log.info("%s serves from now on", name or self.base_name)

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK):
            try:
                self.look()
            except RecordError as error:
                _log.warning("the ledger cannot be read, so what serves goes on: %s", error)

    def _load(self, version: Version) -> Answering:
        with self._lock:
            if version.id in self._ready:
                self._ready.move_to_end(version.id)
                return self._ready[version.id]
        assert self.ledger is not None
        settings = self.base.settings
        answerer = Answerer.load(model_folder(version.id, self.ledger, settings), choose_device(settings.device))
        loaded = Answering(self.base.workspace, answerer, settings)
        with self._lock:
            self._ready[version.id] = loaded
            while len(self._ready) > _LOADED:
                self._ready.popitem(last=False)
        return loaded


def base_name(model: Path) -> str:
    """The name of the model of the settings, without loading it. Raises CheckpointError."""
    return _name(read_config(model)[1])


def _name(about: Mapping[str, Any]) -> str:
    """ "reckoner-nano": the product and the size of the checkpoint."""
    size = about.get("size")
    return f"{ALIAS}-{size}" if size else ALIAS


def promote(ledger: Ledger, name: str, base: str, reason: str) -> None:
    """Lets a version, or the model of the settings under its name `base`, serve. Raises KeyError where there is no such model."""
    if name not in (base, ALIAS) and ledger.version(name) is None:
        raise KeyError(name)
    ledger.serve("" if name in (base, ALIAS) else name, reason)


def roll_back(ledger: Ledger, reason: str) -> str:
    """Lets serve what served before the present model; its version, "" for the model of the settings."""
    served = [version for version, _, _ in ledger.served()] + [""]
    before = next((version for version in served[1:] if version != served[0]), "")
    ledger.serve(before, reason)
    return before
