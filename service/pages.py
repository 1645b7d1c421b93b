"""Lists over HTTP, a page at a time, as OpenAI's clients ask for them and read them."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from retrieval.paging import Page, UnknownCursor
from service.errors import NotFound
from service.parameters import InvalidRequest


def read_page(request: Request, most: int, *others: str) -> tuple[int, str | None]:
    """`limit` and `after`. Raises InvalidRequest, also where there is anything but these and `others`: a filter that is not known must not
    pass for one that was heeded."""
    for name in request.query_params:
        if name not in ("limit", "after", *others):
            raise InvalidRequest(f"Unknown parameter: {name[:100]!r}.", name[:100], "unknown_parameter")
    limit = request.query_params.get("limit", "20")
    if not limit.isdecimal() or not 1 <= int(limit[:9]) <= most:
        raise InvalidRequest(f"'limit' must be a number from 1 to {most}.", "limit", "invalid_value")
    return int(limit), request.query_params.get("after")


def read_cursors(request: Request, most: int, *others: str) -> Page:
    """`limit`, `after`, `before` and `order`. Raises InvalidRequest as `read_page` does."""
    limit, after = read_page(request, most, "before", "order", *others)
    before, order = request.query_params.get("before"), request.query_params.get("order", "desc")
    if order not in ("asc", "desc"):
        raise InvalidRequest("'order' must be 'asc' or 'desc'.", "order", "invalid_value")
    for name, given in (("after", after), ("before", before)):
        if given is not None and not (given.isascii() and given.isprintable()):
            raise InvalidRequest(f"{name!r} must be an id.", name, "invalid_value")
    return Page(limit, after, before, order == "asc")


def no_cursor(error: UnknownCursor, what: str) -> NotFound:
    return NotFound(f"There is no {what} of the id that '{error}' names.", f"{what.replace(' ', '_')}_not_found", str(error))


def listed(data: list[dict[str, Any]], more: bool) -> dict[str, Any]:
    """A page of `data`; `more` says that others follow."""
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return {"object": "list", "data": data, "has_more": more, **ends}
