"""The part of a database that a question may mean: its tables and columns, the stored values that the question says, and the few
values that a category has.

A database that fits is shown whole. A larger one is cut down to the tables whose names, columns or values the question says,
and the tables that join them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from retrieval.values import ValueIndex
from retrieval.words import STOP_WORDS, fold, stem
from tools.language import ColumnInfo, Schema, TableInfo

__all__ = ["ValueIndex", "relevant_schema"]

VALUES_PER_COLUMN = 4
VALUES_IN_ALL = 24  # that the question says
CATEGORIES_IN_ALL = 60  # values of categories; those of the columns that come first where there are more

_NAME_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_QUESTION_WORD = re.compile(r"[^\W_]+")


def relevant_schema(question: str, schema: Schema, index: ValueIndex, max_columns: int = 120) -> Schema:
    """`schema` with the stored values that the question may mean, cut down to about `max_columns` columns where it has more."""
    names = {word for table in schema.tables for word in _stems(table.name)}
    names.update(word for table in schema.tables for column in table.columns for word in _stems(column.name))
    types = {(table.name, column.name): column.type for table in schema.tables for column in table.columns}
    values: dict[tuple[str, str], list[str]] = {}
    count = 0
    for match in index.find(question, names):
        place = (match.table, match.column)
        if types.get(place) in ("text", "boolean") and len(values.get(place, ())) < VALUES_PER_COLUMN and count < VALUES_IN_ALL:
            values.setdefault(place, []).append(match.value)
            count += 1
    if len(types) > max_columns:
        schema = _cut(question, schema, values, max_columns)
    _list_categories(schema, index, values)
    return replace(schema, tables=tuple(_with_values(table, values) for table in schema.tables))


def _list_categories(schema: Schema, index: ValueIndex, values: dict[tuple[str, str], list[str]]) -> None:
    room = CATEGORIES_IN_ALL
    for table in schema.tables:
        for column in table.columns:
            category = index.categories.get((table.name, column.name), ())
            if column.type in ("text", "boolean") and len(category) <= room:
                room -= len(category)
                said = values.setdefault((table.name, column.name), [])
                said += [value for value in category if value not in said]


def _with_values(table: TableInfo, values: dict[tuple[str, str], list[str]]) -> TableInfo:
    columns = tuple(replace(column, values=tuple(sorted(values.get((table.name, column.name), ())))) for column in table.columns)
    return replace(table, columns=columns)


def _stems(name: str) -> set[str]:
    """The words of an identifier: `OrderLines` and `order_lines` are both order and line."""
    return {stem(fold(word)) for word in _NAME_WORD.findall(name)}


def _cut(question: str, schema: Schema, values: dict[tuple[str, str], list[str]], max_columns: int) -> Schema:
    asked = {stem(fold(word)) for word in _QUESTION_WORD.findall(question) if fold(word) not in STOP_WORDS}
    scores = _scores(asked, schema, values)
    size = {table.name: min(len(table.columns), max_columns) for table in schema.tables}
    chosen: list[str] = []
    room = max_columns

    def take(names: Iterable[str]) -> None:
        nonlocal room
        for name in names:
            if name not in chosen and (size[name] <= room or not chosen):
                chosen.append(name)
                room -= size[name]

    # A link costs little and a join without it cannot be asked for, so links come before tables that score less.
    ranked = sorted((name for name in scores if scores[name] > 0), key=lambda name: -scores[name])
    for name in ranked or [table.name for table in schema.tables]:
        take([name])
        take(_links(schema, chosen))
    take(name for name in _neighbours(schema, chosen) if name in size)
    kept = tuple(_narrow(table, asked, values, max_columns) for table in schema.tables if table.name in chosen)
    present = {(table.name, column.name) for table in kept for column in table.columns}
    keys = tuple(k for k in schema.foreign_keys if {(k.table, k.column), (k.other_table, k.other_column)} <= present)
    return replace(schema, tables=kept, foreign_keys=keys)


def _scores(asked: set[str], schema: Schema, values: dict[tuple[str, str], list[str]]) -> dict[str, float]:
    """How well each table matches. A word that names columns of many tables (`id`, `name`) counts little."""
    column_words = {table.name: {word for column in table.columns for word in _stems(column.name)} for table in schema.tables}
    frequency = Counter(word for words in column_words.values() for word in words)
    scores = {}
    for table in schema.tables:
        named = _stems(table.name)
        score = 3 * len(named & asked) / len(named) if named else 0.0
        score += sum(1 / frequency[word] for word in column_words[table.name] & asked)
        score += 2 * sum(place[0] == table.name for place in values)
        scores[table.name] = score
    return scores


def _neighbours(schema: Schema, names: list[str]) -> list[str]:
    """Tables joined to one of `names`, those joined most often first."""
    joined = Counter[str]()
    for key in schema.foreign_keys:
        for one, other in ((key.table, key.other_table), (key.other_table, key.table)):
            if one in names and other not in names:
                joined[other] += 1
    return [name for name, _ in joined.most_common()]


def _links(schema: Schema, names: list[str]) -> list[str]:
    """Tables that join two of `names` which no key joins directly."""
    ends: dict[str, set[str]] = {}
    direct: set[frozenset[str]] = set()
    for key in schema.foreign_keys:
        direct.add(frozenset((key.table, key.other_table)))
        for one, other in ((key.table, key.other_table), (key.other_table, key.table)):
            if other in names:
                ends.setdefault(one, set()).add(other)
    return [
        name
        for name, others in ends.items()
        if name not in names and any(frozenset((a, b)) not in direct for a in others for b in others if a < b)
    ]


def _narrow(table: TableInfo, asked: set[str], values: dict[tuple[str, str], list[str]], max_columns: int) -> TableInfo:
    if len(table.columns) <= max_columns:
        return table

    def worth(column: ColumnInfo) -> tuple[bool, bool, int]:
        return (table.name, column.name) in values, column.key != "", len(_stems(column.name) & asked)

    best = sorted(table.columns, key=worth, reverse=True)[:max_columns]
    return replace(table, columns=tuple(column for column in table.columns if column in best))
