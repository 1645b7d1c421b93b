"""The reach of the answer language, measured without any model: gold SQL → program → SQL must return the same rows.

Which rows are the same, and how long a query may take, is settled in service/prepare/same_rows.py.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

from service.prepare.same_rows import execute, require_same_rows
from service.prepare.spider import database_path, open_read_only, read_spider, spider_schemas
from tools.errors import ToolError
from tools.sql_reader import NotExpressible, read_sql

EXAMPLES = 3  # shown for each reason


def measure(path: Path, limit: int | None = None) -> dict[str, object]:
    """Reads a folder in Spider's layout. `share` is that of executing queries whose program returns the same rows."""
    schemas = spider_schemas(path)
    counts: Counter[str] = Counter()
    reasons: dict[str, list[str]] = {}
    connections: dict[str, sqlite3.Connection] = {}
    for question in list(read_spider(path))[:limit]:
        counts["n"] += 1
        if question.database not in schemas:
            continue
        if question.database not in connections:
            connections[question.database] = open_read_only(database_path(path, question.database))
        connection = connections[question.database]
        try:
            execute(connection, question.sql)
        except sqlite3.Error:
            continue
        counts["executes"] += 1
        reason = ""
        try:
            program = read_sql(question.sql, schemas[question.database])
            counts["expressible"] += 1
            require_same_rows(connection, question.sql, program, schemas[question.database])
        except NotExpressible as error:
            reason = str(error)
        except (ToolError, sqlite3.Error) as error:
            reason = f"fails: {error}"
        if reason:
            reasons.setdefault(reason, []).append(f"{question.database}: {question.sql}")
        else:
            counts["same_rows"] += 1
    for connection in connections.values():
        connection.close()
    ranked = sorted(reasons.items(), key=lambda pair: -len(pair[1]))
    return {
        **{name: counts[name] for name in ("n", "executes", "expressible", "same_rows")},
        "share": counts["same_rows"] / max(1, counts["executes"]),
        "reasons": {reason: {"count": len(queries), "examples": queries[:EXAMPLES]} for reason, queries in ranked},
    }
