"""A bounded number of questions at once, and a bounded number waiting: whoever comes beyond that is told when to come again.

A request runs on one thread from beginning to end, and what it asks of a process is its own, so its answer is the same at any load.
Work that nobody waits for any more (its deadline has passed, its caller has gone) leaves the queue, and stops between two steps where its
turn has come.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

import torch

from service.answering import Answer, Answering
from service.calling import Calling
from service.file_search import FileSearch
from tools.patience import GivenUp, Patience, check, patience

T = TypeVar("T")
_FIRST_GUESS = 0.5  # seconds an answer takes, before one has been given
_INERTIA = 0.9  # of the running mean of what answers take


class Overloaded(Exception):
    """The queue is full. `retry_after` is, in whole seconds, when there should be room again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many questions are waiting; try again in {retry_after} s.")
        self.retry_after = retry_after


class Draining(Exception):
    """The service is stopping and takes no more questions."""


def _use_one_core() -> None:
    """Requests run beside each other; PyTorch's own threads would only get in their way."""
    torch.set_num_threads(1)


class Engine:
    def __init__(self, workers: int, queue: int) -> None:
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="answer", initializer=_use_one_core)
        self._room = threading.BoundedSemaphore(workers + queue)
        self._lock = threading.Lock()
        self._inside, self._seconds, self._draining = 0, _FIRST_GUESS, False
        self._waiting = self._running = self._turned_away = 0
        self._given_up = {"deadline": 0, "disconnected": 0}

    @property
    def accepting(self) -> bool:
        return not self._draining

    @property
    def load(self) -> tuple[int, int]:
        """How many wait for their turn, and how many are being worked on."""
        with self._lock:
            return self._waiting, self._running

    @property
    def turned_away(self) -> int:
        """How often there was no room."""
        return self._turned_away

    @property
    def given_up(self) -> dict[str, int]:
        """How often work was dropped or stopped since nobody waited for it any more, by why."""
        with self._lock:
            return dict(self._given_up)

    def submit(
        self, answering: Answering, question: str, id: str | None = None, calling: Calling = Calling(), search: FileSearch | None = None
    ) -> Future[Answer]:
        """The answer to come, under this id if one is given; see `run`, and `Answering.answer`."""
        return self.run(lambda: answering.answer(question, id, calling, search))

    def run(self, work: Callable[[], T]) -> Future[T]:
        """Never waits. Raises Overloaded where there is no room, Draining once `drain` was called, and GivenUp where the patience of this
        context has ended; where it ends later, so does the work."""
        if self._draining:
            raise Draining("The service is stopping.")
        check()
        waiting = patience.get()
        if not self._room.acquire(blocking=False):
            with self._lock:
                self._turned_away += 1
            raise Overloaded(max(1, math.ceil(self._inside * self._seconds / self._workers)))
        with self._lock:
            self._inside += 1
            self._waiting += 1
        try:
            # In the caller's context, so that what is logged on the way bears the id of its request.
            future = self._pool.submit(copy_context().run, self._timed, work)
        except RuntimeError:  # closed since we looked
            self._leave(None, waiting)
            raise Draining("The service is stopping.") from None
        future.add_done_callback(lambda done: self._leave(done, waiting))  # also of one that was cancelled before its turn
        return future

    def drain(self) -> None:
        """Takes no more questions; those taken are answered."""
        self._draining = True

    def close(self) -> None:
        """Takes no more questions, and returns when those taken are answered."""
        self.drain()
        self._pool.shutdown(wait=True)

    def _timed(self, work: Callable[[], T]) -> T:
        with self._lock:
            self._waiting -= 1
            self._running += 1
        started, took = time.perf_counter(), None
        try:
            check()
            done = work()
            took = time.perf_counter() - started  # of what failed or was given up the time says nothing of what answers take
            return done
        finally:
            with self._lock:
                self._running -= 1
                if took is not None:
                    self._seconds = _INERTIA * self._seconds + (1 - _INERTIA) * took

    def _leave(self, future: Future[Any] | None, waiting: Patience | None) -> None:
        never = future is None or future.cancelled()  # its turn never came
        with self._lock:
            self._inside -= 1
            self._waiting -= never
            if future is not None and (never or isinstance(future.exception(), GivenUp)):
                self._given_up["deadline" if waiting is not None and not waiting.left else "disconnected"] += 1
        self._room.release()
