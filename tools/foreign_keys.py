"""Foreign keys as a schema holds them, whatever engine they are read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tools.evidence import ForeignKey, TableInfo


def composite(table: str, other_table: str, pairs: Sequence[tuple[str, str]]) -> list[ForeignKey]:
    """A foreign key of one or more pairs of columns: one entry for each, with the others beside it."""
    return [ForeignKey(table, a, other_table, b, tuple(pair for pair in pairs if pair != (a, b))) for a, b in pairs]


def marked(table: TableInfo, keys: Sequence[ForeignKey]) -> TableInfo:
    """A column that refers to another table is marked so, unless it alone is the primary key."""
    foreign = {key.column for key in keys if key.table == table.name}
    alone = sum(column.key == "primary" for column in table.columns) == 1
    return replace(
        table,
        columns=tuple(
            replace(column, key="foreign") if column.name in foreign and not (alone and column.key == "primary") else column
            for column in table.columns
        ),
    )
