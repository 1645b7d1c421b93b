"""Processes that search for programs, each on a core of its own.

Beam search is as much Python as it is products of matrices, and threads of one process take turns at Python: two of them answer hardly
more than one. What goes between the processes is small, an evidence there and its programs back.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing.connection import wait
from pathlib import Path

import torch

from models import forking
from models.answerer import Answerer
from models.checkpoint import CheckpointError
from models.decode import Candidate
from models.fit import Precision, keep_freed_memory
from tools.evidence import Evidence
from tools.patience import Patience, check, patience

_LOADED = 3  # models that a process keeps
_LOOK = 0.1  # seconds between two looks at whether anybody still waits
_log = logging.getLogger("reckoner.processes")


class Processes:
    """Safe to share between threads. A process that dies, as for want of memory, is replaced, and what it was at is begun again."""

    def __init__(self, count: int, checkpoint: Path, precision: Precision) -> None:
        """Starts them with the model that is to answer first, which takes a moment that this does not wait for."""
        self._count, self._first = count, (checkpoint, precision)
        self._lock, self._inside = threading.Lock(), 0
        self._pool = self._started()

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def pids(self) -> list[int]:
        return list(self._pool._processes)  # the standard library has no public name for them

    def programs(
        self, checkpoint: Path, precision: Precision, evidence: Evidence, beams: int, calls: frozenset[str] = frozenset()
    ) -> list[Candidate]:
        """As `models.answerer.Answerer.programs` of the checkpoint in this folder.

        Raises CheckpointError where there is none any more, BrokenProcessPool where two processes died of it, and what
        `tools.patience.check` does.
        """
        try:
            return self._search(checkpoint, precision, evidence, beams, calls)
        except BrokenProcessPool:  # perhaps of another question
            return self._search(checkpoint, precision, evidence, beams, calls)

    def _search(self, checkpoint: Path, precision: Precision, evidence: Evidence, beams: int, calls: frozenset[str]) -> list[Candidate]:
        with self._lock:
            self._inside += 1
            alone, pool = self._inside == 1, self._pool
        asked = patience.get()
        try:
            future = pool.submit(_programs, checkpoint, precision, evidence, beams, calls, alone, None if asked is None else asked.left)
            return _result(future)
        except BrokenProcessPool:
            with self._lock:
                if self._pool is pool:
                    _log.error("a process that searches for programs has died; others take its place")
                    self._pool = self._started()
            raise
        finally:
            with self._lock:
                self._inside -= 1

    def _started(self) -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(self._count, forking.context(), initializer=_begin, initargs=self._first)
        for _ in range(self._count):  # each starts one
            pool.submit(os.getpid)
        return pool


class DistributedAnswerer(Answerer):
    """A checkpoint whose programs are searched for by processes. Its weights are here as well, for whoever explains or learns."""

    processes: Processes
    directory: Path

    @classmethod
    def open(cls, directory: Path, precision: Precision, processes: Processes) -> DistributedAnswerer:
        """Raises CheckpointError where there is no usable checkpoint."""
        answerer = cls.load(directory, "cpu", precision)
        answerer.directory, answerer.processes = directory, processes
        return answerer

    def programs(self, evidence: Evidence, beams: int = 4, calls: frozenset[str] = frozenset(), *, spread: bool = False) -> list[Candidate]:
        """Reading is spread wherever a core is idle, whatever is asked for."""
        return self.processes.programs(self.directory, self.precision, evidence, beams, calls)


def _result(future: Future[list[Candidate]]) -> list[Candidate]:
    while True:
        try:
            return future.result(timeout=_LOOK)
        except TimeoutError:
            if future.done():  # it was the search itself that raised it
                raise
            try:
                check()
            except Exception:
                future.cancel()
                raise


def _begin(checkpoint: Path, precision: Precision) -> None:
    """In a process, before its first question."""
    torch.set_num_threads(1)
    keep_freed_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for whoever started us, who answers first what was asked
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _loaded(checkpoint, precision)
    except CheckpointError:  # whoever asks will be told
        pass


def _end_with_parent() -> None:
    """Whoever started us may be killed and not say so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)


def _programs(
    checkpoint: Path, precision: Precision, evidence: Evidence, beams: int, calls: frozenset[str], alone: bool, seconds: float | None
) -> list[Candidate]:
    patience.set(None if seconds is None else Patience(seconds))
    return _loaded(checkpoint, precision).programs(evidence, beams, calls, spread=alone)


@lru_cache(maxsize=_LOADED)
def _loaded(checkpoint: Path, precision: Precision) -> Answerer:
    return Answerer.load(checkpoint, precision=precision)
