"""Work in another thread, whose caller waits no longer than it said."""

from __future__ import annotations

import multiprocessing
import threading
from functools import partial

import pytest

from tools.deadline import within

LONG = 60.0  # seconds that nothing here takes


def nothing() -> None:
    pass


def test_what_work_returns_or_raises_is_its_callers() -> None:
    assert within(LONG, lambda: "done", nothing) == "done"
    with pytest.raises(KeyError, match="missing"):
        within(LONG, lambda: {}["missing"], nothing)


def test_work_is_done_elsewhere_and_a_thread_stays_for_the_next() -> None:
    first, second = (within(LONG, threading.current_thread, nothing) for _ in range(2))
    assert first is second is not threading.current_thread()


def test_work_that_does_not_end_holds_up_nobody() -> None:
    stuck, interrupted = threading.Event(), threading.Event()
    with pytest.raises(TimeoutError):
        within(0.01, lambda: stuck.wait(LONG), interrupted.set)
    assert interrupted.is_set()
    assert within(LONG, lambda: "done", nothing) == "done"
    stuck.set()


def test_work_that_stops_when_it_is_interrupted_says_so_itself() -> None:
    stopped = threading.Event()

    def work() -> None:
        stopped.wait(LONG)
        raise InterruptedError("stopped")

    with pytest.raises(InterruptedError, match="stopped"):
        within(0.01, work, stopped.set)


def test_many_callers_at_once_each_get_their_own() -> None:
    def call(number: int) -> None:
        for turn in range(50):
            said.append(within(LONG, partial(divmod, number, turn + 1), nothing) == divmod(number, turn + 1))

    said: list[bool] = []
    callers = [threading.Thread(target=call, args=(number,)) for number in range(16)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert said == [True] * 800


def test_a_forked_child_starts_threads_of_its_own() -> None:
    within(LONG, nothing, nothing)  # one stays here
    child = multiprocessing.get_context("fork").Process(target=within, args=(LONG, nothing, nothing))
    child.start()
    child.join(10)
    alive = child.is_alive()
    child.kill()
    assert not alive


def test_nothing_of_what_was_done_is_held_on_to() -> None:
    class Large:
        gone = threading.Event()

        def __del__(self) -> None:
            self.gone.set()

    within(LONG, Large, nothing)
    assert Large.gone.wait(5)
