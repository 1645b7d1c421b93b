"""Whether a program returns the rows of the SQL it stands for.

Rows are compared as lists where the SQL orders them, else as multisets; numbers to one part in a million.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Sequence

from tools.evidence import Schema
from tools.language import Program, tree
from tools.sql import compile_select
from tools.sql_reader import NotExpressible

SECONDS = 2.0  # for each query

Rows = list[tuple[object, ...]]


def require_same_rows(connection: sqlite3.Connection, sql: str, program: Program, schema: Schema) -> None:
    """Raises NotExpressible where the rows differ; ToolError or sqlite3.Error where either cannot be run."""
    selection = tree(program).all("step")[0].all("selection")[0]
    query = compile_select(selection, schema)
    if not same_rows(execute(connection, sql), execute(connection, query.sql, query.parameters), "order by" in sql.lower()):
        raise NotExpressible("other rows")


def execute(connection: sqlite3.Connection, sql: str, parameters: Sequence[object] = ()) -> Rows:
    """All rows. Raises sqlite3.OperationalError after SECONDS."""
    deadline = time.monotonic() + SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
    return connection.execute(sql, tuple(parameters)).fetchall()


def same_rows(gold: Rows, rows: Rows, ordered: bool) -> bool:
    if len(gold) != len(rows):
        return False
    if not ordered:
        gold, rows = sorted(gold, key=_sortable), sorted(rows, key=_sortable)
    return all(len(a) == len(b) and all(map(_same, a, b)) for a, b in zip(gold, rows, strict=True))


def _same(a: object, b: object) -> bool:
    if isinstance(a, int | float) and isinstance(b, int | float):
        return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6)
    return a == b


def _sortable(row: tuple[object, ...]) -> list[tuple[str, object]]:
    """A key by which rows of mixed types, null among them, can be sorted; rounding keeps equal floats together."""
    return [("number", round(v, 6)) if isinstance(v, int | float) else ("none", 0) if v is None else ("text", str(v)) for v in row]
