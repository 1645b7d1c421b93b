"""The foreign keys of a database that declares none: what its values and names imply.

Many databases that people have grew out of imported files and declare no keys; without them no join can be asked for. A column
refers to a row of another table where nearly all of its values are found in a column of that table which tells its rows apart
(an inclusion dependency; Rostin et al. 2009, "A machine learning approach to foreign key discovery", whose signs these are:
coverage, names, uniqueness). Numbers are included in each other by chance, so for them the names must agree, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.evidence import ForeignKey, TableInfo
from tools.identifiers import quote

Ask = Callable[[str], list[tuple]]  # type: ignore[type-arg]  # a statement to its rows

COVERED = 0.9  # of the values looked at: rows without a counterpart happen in imported data
LEAST = 3  # distinct values; fewer are included by chance
LEAST_UNNAMED = 8  # where the names do not agree
ROWS = 20_000  # of a referring table looked at
_ANY = ("id", "name", "code", "key", "no", "number", "title")  # names of identifiers that say nothing of their table
KNOWN = 100_000  # rows of a table that is referred to, at most: its values are held in memory for the comparison


@dataclass(frozen=True)
class _Identifier:
    """A column whose values tell the rows of its table apart."""

    table: str
    column: str
    type: str
    values: frozenset[object]
    primary: bool  # declared to be the key of its table, alone


def implied_keys(ask: Ask, tables: Sequence[TableInfo], read_from: Callable[[str], str] = quote) -> tuple[ForeignKey, ...]:
    """One key at most for each column, in the order of the columns. `read_from` writes what a table is read from."""
    identifiers = [found for table in tables for found in _identifiers(ask, table, read_from)]
    keys: list[ForeignKey] = []
    for table in tables:
        for column in table.columns:
            others = [i for i in identifiers if i.table != table.name and i.type == column.type]
            values = _distinct(ask, read_from(table.name), column.name, ROWS) if others else frozenset()
            if len(values) < LEAST:
                continue
            if found := [i for i in others if _refers(column.name, values, i)]:
                best = max(found, key=lambda i: (_names_agree(column.name, i), _own_name(i), -len(i.values)))
                keys.append(ForeignKey(table.name, column.name, best.table, best.column))
    return tuple(key for key in keys if not _reversed(key, keys))


def _identifiers(ask: Ask, table: TableInfo, read_from: Callable[[str], str]) -> list[_Identifier]:
    source = read_from(table.name)
    ((rows,),) = ask(f"SELECT COUNT(*) FROM (SELECT 1 FROM {source} LIMIT {KNOWN + 1}) AS counted")
    if not LEAST <= rows <= KNOWN:
        return []
    primary = [column.name for column in table.columns if column.key == "primary"]
    found = []
    for column in table.columns:
        if column.type in ("text", "number"):
            values = _distinct(ask, source, column.name, KNOWN)
            if len(values) == rows:
                found.append(_Identifier(table.name, column.name, column.type, values, primary == [column.name]))
    return found


def _refers(column: str, values: frozenset[object], identifier: _Identifier) -> bool:
    named = _names_agree(column, identifier)
    if not named and (identifier.type == "number" or len(values) < LEAST_UNNAMED or not _own_name(identifier)):
        return False
    return len(values & identifier.values) >= COVERED * len(values)


def _names_agree(column: str, identifier: _Identifier) -> bool:
    """`state_name` refers to state.state_name and to state.name, `state` to state.name, `author_id` to authors.id.

    A name that any table could have, such as `id`, says nothing by itself.
    """
    said, theirs, table = _bare(column), _bare(identifier.column), _bare(identifier.table)
    if said == theirs:
        return said.startswith(_singular(table)) or (identifier.primary and said not in _ANY)
    return said in (_singular(table) + theirs, table + theirs, _singular(table), table)


def _own_name(identifier: _Identifier) -> bool:
    """Whether the column is what its table is about: `name`, `id` or `state_name` of state, rather than `contact` of it."""
    rest = _bare(identifier.column).removeprefix(_singular(_bare(identifier.table)))
    return rest == "" or rest in _ANY


def _reversed(key: ForeignKey, keys: Sequence[ForeignKey]) -> bool:
    """Whether another key says the same the other way round and its names agree better; of two alike the earlier stays."""
    back = ForeignKey(key.other_table, key.other_column, key.table, key.column)
    if back not in keys:
        return False

    def sure(k: ForeignKey) -> tuple[bool, int]:
        return _bare(k.other_column).startswith(_singular(_bare(k.other_table))), -keys.index(k)

    return sure(back) > sure(key)


def _distinct(ask: Ask, source: str, column: str, rows: int) -> frozenset[object]:
    name = quote(column)
    found = ask(f"SELECT DISTINCT {name} FROM (SELECT {name} FROM {source} LIMIT {rows}) AS seen WHERE {name} IS NOT NULL")
    return frozenset(row[0] for row in found)


def _bare(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return name[:-3] + "y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name

