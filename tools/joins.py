"""FROM and JOIN, which the answer language leaves out: the smallest join tree that connects the tables a query names.

Tables are joined along the schema's foreign keys. The links of a `join` say what the names alone leave open:

- a TABLE brings a table in (a row for each of its rows, though none of its columns is named);
- a COLUMN of a foreign key has that key used, where several connect the same tables;
- two COLUMNs of different tables in a row are joined where they are equal, key or not (a database need not declare its keys).

The result is deterministic, and always the same for the same names. A table is never joined to itself here: where a query reads rows
that a foreign key refers to beside its own (`via`), they are joined under an alias (tools/sql.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from tools.errors import FixArguments, Unanswerable
from tools.evidence import Column, ForeignKey, Schema, Table

Field = tuple[str, str]  # table, column
Edge = tuple[Field, Field]


@dataclass(frozen=True, slots=True)
class Joins:
    """Tables in the order in which they are joined, each with the equalities that tie it to those before it."""

    steps: tuple[tuple[str, tuple[Edge, ...]], ...]

    @property
    def tables(self) -> frozenset[str]:
        return frozenset(table for table, _ in self.steps)

    @property
    def edges(self) -> tuple[Edge, ...]:
        return tuple(edge for _, edges in self.steps for edge in edges)


def referred(key: Column, schema: Schema) -> ForeignKey:
    """The foreign key of this column. Raises Unanswerable where the column refers to nothing."""
    found = next((k for k in schema.foreign_keys if (k.table, k.column) == (key.table, key.name)), None)
    if found is None:
        raise Unanswerable(f"{key.table}.{key.name} refers to no other table")
    return found


_SEARCHED = 60  # schemas with more tables that could be passed through are connected greedily


def infer_joins(named: Iterable[str], links: Sequence[Table | Column], schema: Schema) -> Joins:
    """Raises Unanswerable where nothing connects the tables, or none is named; FixArguments where one is not in the schema."""
    tables, picked = _read_links(named, links, schema)
    unknown = [t for t in tables if t not in {info.name for info in schema.tables}]
    if not tables:
        raise Unanswerable("the query names no table")
    if unknown:
        raise FixArguments(f"no table {unknown[0]!r} in {schema.database!r}")
    keys = {edges[0]: edges for k in schema.foreign_keys if k.table != k.other_table for edges in [_edges(k)]}
    edges = [*picked, *(key for key in keys if not _is_in(key, picked))]
    return _span(_connect(tables, edges), edges, len(picked), keys)


def _edges(key: ForeignKey) -> list[Edge]:
    """The equalities of a foreign key, its own column's first."""
    return [((key.table, column), (key.other_table, other)) for column, other in key.pairs]


def _read_links(named: Iterable[str], links: Sequence[Table | Column], schema: Schema) -> tuple[list[str], list[Edge]]:
    tables, picked = list(dict.fromkeys(named)), []
    position = 0
    while position < len(links):
        link, following = links[position], links[position + 1] if position + 1 < len(links) else None
        position += 1
        if isinstance(link, Table):
            tables.append(link.name)
        elif isinstance(following, Column) and following.table != link.table and following.type == link.type:
            picked.append(((link.table, link.name), (following.table, following.name)))
            position += 1
        else:
            keys = [k for k in schema.foreign_keys if (k.table, k.column) == (link.table, link.name) and k.table != k.other_table]
            picked.extend(edge for k in keys[:1] for edge in _edges(k) if not _is_in(edge, picked))
            tables.append(link.table)
    tables.extend(table for edge in picked for table, _ in edge)
    return list(dict.fromkeys(tables)), picked


def _is_in(edge: Edge, edges: list[Edge]) -> bool:
    return edge in edges or (edge[1], edge[0]) in edges


def _neighbours(edges: Iterable[Edge]) -> dict[str, list[str]]:
    neighbours: dict[str, list[str]] = {}
    for (one, _), (other, _) in edges:
        neighbours.setdefault(one, []).append(other)
        neighbours.setdefault(other, []).append(one)
    return neighbours


def _reach(start: str, neighbours: dict[str, list[str]], within: set[str] | None = None) -> dict[str, str]:
    """Every table that can be reached, with the table before it on a shortest way from `start`."""
    before, frontier = {start: start}, [start]
    while frontier:
        frontier_next = []
        for table in frontier:
            for other in neighbours.get(table, ()):
                if other not in before and (within is None or other in within):
                    before[other] = table
                    frontier_next.append(other)
        frontier = frontier_next
    return before


def _connect(tables: list[str], edges: list[Edge]) -> list[str]:
    """`tables` and the fewest others that make them connected."""
    neighbours = _neighbours(edges)
    reached = _reach(tables[0], neighbours)
    for table in tables:
        if table not in reached:
            raise Unanswerable(f"no foreign key connects {tables[0]!r} and {table!r}")
    # Only a table between two others can be worth passing through.
    between = [t for t, others in neighbours.items() if len(set(others)) > 1 and t in reached and t not in tables]
    for size in (0, 1, 2) if len(between) <= _SEARCHED else (0, 1):
        for extra in combinations(between, size):
            within = {*tables, *extra}
            if len(_reach(tables[0], neighbours, within)) == len(within):
                return [*tables, *extra]
    return _connect_greedily(tables, neighbours)


def _connect_greedily(tables: list[str], neighbours: dict[str, list[str]]) -> list[str]:
    """Takes in one table after the other, each by its shortest way to those already in."""
    connected = [tables[0]]
    while missing := [t for t in tables if t not in connected]:
        ways = []
        for table in missing:
            before = _reach(table, neighbours)
            for goal in connected:
                way = [goal]
                while way[-1] != table:
                    way.append(before[way[-1]])
                ways.append(way)
        connected.extend(t for t in min(ways, key=len) if t not in connected)
    return connected


def _span(tables: list[str], edges: list[Edge], picked: int, keys: Mapping[Edge, Sequence[Edge]]) -> Joins:
    """A spanning tree from the first table on, preferring earlier edges; of the `picked` edges, all are kept, and of the others those
    of the same key."""
    steps: list[tuple[str, tuple[Edge, ...]]] = [(tables[0], ())]
    joined = {tables[0]}
    while len(joined) < len(tables):
        for index, ((one, _), (other, _)) in enumerate(edges):
            if one != other and one in tables and other in tables and (one in joined) != (other in joined):
                table = other if one in joined else one
                more = [e for e in edges[:picked] if e != edges[index] and table in (e[0][0], e[1][0]) and _ties(e, joined)]
                same_key = keys.get(edges[index], ())[1:] if index >= picked else ()
                steps.append((table, (edges[index], *more, *(e for e in same_key if not _is_in(e, more)))))
                joined.add(table)
                break
    return Joins(tuple(steps))


def _ties(edge: Edge, joined: set[str]) -> bool:
    return (edge[0][0] in joined) != (edge[1][0] in joined)
