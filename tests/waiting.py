"""Waiting for what another thread or process does, and for what must end by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def until(true: Callable[[], object], seconds: float = 5.0, seen: Callable[[], object] = str) -> None:
    """Returns as soon as `true` holds; fails where it does not come to within `seconds`, and shows what was `seen` instead."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, f"it does not come about in {seconds:g} seconds {seen()}"
        time.sleep(0.01)


@contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    """Fails where the attack within is not refused or cut, but runs on."""
    started = time.perf_counter()
    yield
    assert time.perf_counter() - started < seconds
