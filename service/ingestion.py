"""Reads the files that wait in vector stores, one after another, in a thread of its own.

What waits stands in the record, so a service that was killed goes on where it was: a document is stored whole or not at all. What cannot be
read is marked failed, with the reason; a record that cannot be written to keeps its files waiting.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import torch

from retrieval.ingest import Unreadable, Unsupported, content_of, embedded
from retrieval.reader import Reader
from retrieval.search import Embedder
from retrieval.storage import RecordError
from retrieval.stores import StoreFile, Stores
from service.jobs.folders import file_path
from service.settings import Settings

_LOOK = 1.0  # seconds between two looks for files that another process has added
_log = logging.getLogger("reckoner.ingestion")


class _Stopping(Exception):
    """The service is to end: the file waits for the next."""


class Ingestion:
    def __init__(self, stores: Stores, settings: Settings, embedder: Callable[[], Embedder | None]) -> None:
        """`embedder` gives the one that serves now."""
        self.stores, self.settings, self.embedder = stores, settings, embedder
        self._stopping, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._watch, name="ingestion", daemon=True)

    def start(self) -> None:
        """Begins with what waits already."""
        self._thread.start()

    def wake(self) -> None:
        """Says that there is a file to read."""
        self._wake.set()

    def close(self) -> None:
        """Returns when the file that is being read was given up, or stored."""
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def read_all(self) -> None:
        """Reads whatever waits. Raises RecordError."""
        with Reader() as reader:
            while not self._stopping.is_set() and (file := self.stores.waiting()) is not None:
                self._read(file, reader)

    def _read(self, file: StoreFile, reader: Reader) -> None:
        try:
            read = reader.read(content_of(file_path(self.settings, file.file), file.filename), file.filename, self._go_on)
            self.stores.complete(file, read.text, read.drafts, embedded(read.drafts, self.embedder(), self._go_on))
        except Unreadable as reason:
            self.stores.fail(file.file, "unsupported_file" if isinstance(reason, Unsupported) else "invalid_file", str(reason))
        except (RecordError, _Stopping):
            raise
        except Exception:
            # One file that we did not expect must not keep all others waiting.
            _log.exception("%s could not be read", file.file)
            self.stores.fail(file.file, "server_error", "something went wrong while the file was read; the service's log says what")

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise _Stopping

    def _watch(self) -> None:
        torch.set_num_threads(1)  # of this thread: answering goes before
        while not self._stopping.is_set():
            try:
                self.read_all()
            except _Stopping:
                return
            except RecordError as error:
                _log.warning("files wait, since the record cannot be used: %s", error)
            self._wake.wait(_LOOK)
            self._wake.clear()
