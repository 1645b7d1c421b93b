"""Work that is given up in time although nothing inside it looks at the clock.

A database looks at interruptions only now and then: SQLite between two rows, and one LIKE over a long value takes seconds. So the
work is done in a thread of its own, whose caller waits no longer than it said.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

GRACE = 0.05  # seconds between asking work to stop and leaving it to itself

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T], interrupt: Callable[[], None]) -> T:
    """What `work` returns or raises. After `seconds` it is interrupted, and what it then raises is raised; work that has not ended
    a moment later ends unheard, in its own time, and TimeoutError is raised here."""
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # whatever it is, it belongs to whoever waits
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return outcome.result(seconds)
    except TimeoutError:
        if outcome.done():  # the work's own
            raise
    interrupt()
    return outcome.result(GRACE)
