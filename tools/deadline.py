"""Work that is given up in time although nothing inside it looks at the clock.

A database looks at interruptions only now and then: SQLite between two rows, and one LIKE over a long value takes seconds. So the
work is done in another thread, whose caller waits no longer than it said. To start one takes longer than a small query, so a few stay for
the work that comes next.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

GRACE = 0.05  # seconds between asking work to stop and leaving it to itself
_KEPT = 8  # threads that wait for work

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T], interrupt: Callable[[], None]) -> T:
    """What `work` returns or raises. After `seconds` it is interrupted, and what it then raises is raised; work that has not ended
    a moment later ends unheard, in its own time, and TimeoutError is raised here."""
    outcome: Future[T] = Future()
    _hand_out(work, outcome)
    try:
        return outcome.result(seconds)
    except TimeoutError:
        if outcome.done():  # the work's own
            raise
    interrupt()
    return outcome.result(GRACE)


_Task = tuple[Callable[[], Any], Future[Any]]
_idle: deque[SimpleQueue[_Task]] = deque()  # where each of the threads that wait is given its work
os.register_at_fork(after_in_child=_idle.clear)  # a child has none of its parent's threads


def _hand_out(work: Callable[[], Any], outcome: Future[Any]) -> None:
    try:
        tasks = _idle.pop()  # the last one that was busy
    except IndexError:
        tasks = SimpleQueue()
        threading.Thread(target=_do, args=(tasks,), daemon=True, name="deadline").start()
    tasks.put((work, outcome))


def _do(tasks: SimpleQueue[_Task]) -> None:
    while True:
        work, outcome = tasks.get()
        try:
            done, raised = work(), None
        except BaseException as error:  # whatever it is, it belongs to whoever waits
            done, raised = None, error
        stays = len(_idle) < _KEPT
        if stays:  # before its caller goes on, whose next work it may be
            _idle.append(tasks)
        if raised is None:
            outcome.set_result(done)
        else:
            outcome.set_exception(raised)
        del work, outcome, done, raised  # nothing of it is held on to while waiting
        if not stays:
            return
