"""Lists of rows a page at a time, by the ids at its ends, in either direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select


@dataclass(frozen=True, slots=True)
class Page:
    """Of a list: at most `limit`, `after` and `before` those of these ids, the oldest first where `ascending`."""

    limit: int = 20
    after: str | None = None
    before: str | None = None
    ascending: bool = False


class UnknownCursor(Exception):
    """The list has nothing of the id that a page should begin after, or end before; the message is `after` or `before`."""


def paged(connection: Connection, query: Select[Any], number: Any, id: Any, page: Page) -> tuple[list[Any], bool]:
    """Rows of a query in the order of `number`, a column, from those whose `id`, another, the page names; and whether there are more.
    Raises UnknownCursor."""
    backwards = page.before is not None and page.after is None  # those next to `before`, which is the end of the page
    for name, cursor, later in (("after", page.after, page.ascending), ("before", page.before, not page.ascending)):
        if cursor is not None:
            at = connection.scalar(query.with_only_columns(number).where(id == cursor))
            if at is None:
                raise UnknownCursor(name)
            query = query.where(number > at if later else number < at)
    order = number.asc() if page.ascending != backwards else number.desc()
    rows = list(connection.execute(query.order_by(order).limit(page.limit + 1)))
    kept = rows[: page.limit]
    return kept[::-1] if backwards else kept, len(rows) > page.limit
