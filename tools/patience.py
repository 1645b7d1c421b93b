"""How long somebody waits for work: until a deadline, or until they have gone. Work that is done in steps asks before each of them.

A thread cannot be stopped from outside, so what takes long calls `check` between its steps; it costs less than a microsecond. Whose
patience counts is set in the context in which the work is done; where none is set, work goes on to its end.
"""

from __future__ import annotations

import time
from contextvars import ContextVar


class GivenUp(Exception):
    """Nobody waits for this work any more."""


class Expired(GivenUp):
    """Its deadline has passed."""


class Gone(GivenUp):
    """Whoever asked for it has gone."""


class Patience:
    """Safe to share between threads."""

    def __init__(self, seconds: float) -> None:
        """From now on."""
        self.seconds, self._ends, self._gone = seconds, time.monotonic() + seconds, False

    @property
    def left(self) -> float:
        """Seconds until the deadline, 0 where it has passed."""
        return max(0.0, self._ends - time.monotonic())

    def leave(self) -> None:
        """Nobody waits any more."""
        self._gone = True

    def check(self) -> None:
        """Raises Gone or Expired where nobody waits any more."""
        if self._gone:
            raise Gone("whoever asked has gone")
        if time.monotonic() >= self._ends:
            raise Expired(f"This took longer than {self.seconds:g} s, waiting included, and was given up.")


patience: ContextVar[Patience | None] = ContextVar("patience", default=None)  # of whoever waits for the work of this context


def check() -> None:
    """Raises Gone or Expired where nobody waits for the work of this context any more."""
    if (waiting := patience.get()) is not None:
        waiting.check()
