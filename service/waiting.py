"""Waiting for work of the engine as long as the caller of a request does, and giving the work up with the wait."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Any, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from tools.patience import check, patience

T = TypeVar("T")


async def result_of(future: Future[T], request: Request) -> T:
    """What the work comes to, for a request whose body has been read.

    Raises what the work raises, Expired at the deadline of the request, and ClientDisconnect once the caller has gone.
    """
    working, left = asyncio.wrap_future(future), asyncio.create_task(_left(request))
    try:
        await asyncio.wait((working, left), timeout=seconds_left(), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            if left.done():
                raise ClientDisconnect
            check()
        return await working  # at a deadline that has all but passed, it says so itself
    finally:
        left.cancel()
        give_up(future, working)


def seconds_left(most: float | None = None) -> float | None:
    """Until the deadline of the request that is handled, or `most` where that is less; `most` where it has none."""
    asked = patience.get()
    if asked is None:
        return most
    return asked.left if most is None else min(asked.left, most)


def give_up(future: Future[Any], waiting: asyncio.Future[Any]) -> None:
    """Lets go of work that this request asked for and was `waiting` for, where it is not done: it leaves the queue, or stops before its
    next step."""
    if not future.done():
        if (asked := patience.get()) is not None:
            asked.leave()
        future.cancel()
    waiting.cancel()  # or what it comes to, which nobody will look at, would be told as an error that was overlooked


async def _left(request: Request) -> None:
    """Returns once the caller has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
