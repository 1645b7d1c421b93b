"""Waiting for what another thread or process does, and for what must end by itself.

Neither measures speed: what is waited for here comes at once or not at all, so both are generous to a machine that is busy.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    """Returns as soon as `true` holds; fails where it never comes to."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, f"it does not come about in {seconds:g} seconds"
        time.sleep(0.01)


@contextmanager
def promptly(seconds: float = 5.0) -> Iterator[None]:
    """Fails where the attack within is not refused or cut, but runs on: each of them would take minutes, or for ever."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds
