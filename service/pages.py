"""Lists over HTTP, a page at a time, as OpenAI's clients ask for them and read them."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from service.schemas import InvalidRequest


def read_page(request: Request, most: int) -> tuple[int, str | None]:
    """`limit` and `after`. Raises InvalidRequest."""
    limit = request.query_params.get("limit", "20")
    if not limit.isdecimal() or not 1 <= int(limit[:9]) <= most:
        raise InvalidRequest(f"'limit' must be a number from 1 to {most}.", "limit", "invalid_value")
    return int(limit), request.query_params.get("after")


def listed(data: list[dict[str, Any]], more: bool) -> dict[str, Any]:
    """A page of `data`; `more` says that others follow."""
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return {"object": "list", "data": data, "has_more": more, **ends}
