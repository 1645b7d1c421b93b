"""The part of a database that a question may mean: its tables and columns, the stored values that the question says, and the few
values that a category has.

A database that fits is shown whole. A larger one is cut down to the tables whose names, columns or values the question says, in the
database's words or the operator's, and the tables that join them. A column or table for which the question has another word than its
name, among its synonyms and comments, is shown under that word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import log

from retrieval.values import Likeness, ValueIndex, ValueMatch
from retrieval.words import STOP_WORDS, fold, name_words, stem, words_of
from tools.evidence import ColumnInfo, Schema, TableInfo

__all__ = ["ValueIndex", "relevant_schema"]

VALUES_PER_COLUMN = 4
VALUES_IN_ALL = 24  # that the question says
CATEGORIES_IN_ALL = 60  # values of categories; those of the columns that come first where there are more
LABEL_WORDS = 6  # a longer comment explains a column, and does not name it

# What a table is worth for a question, chosen on Spider's training databases, merged 200 tables at a time.
_NAMED, _SAID, _SAID_IN_PART, _JOINED = 3.0, 2.0, 0.7, 0.4
_PREFIX = 4  # letters that an abbreviated name shares with the word it stands for: "inst" and "institution"
_PREFIX_WORTH = 0.6

Place = tuple[str, str]


def relevant_schema(question: str, schema: Schema, index: ValueIndex, max_columns: int = 120) -> Schema:
    """`schema` with the stored values that the question may mean, cut down to about `max_columns` columns where it has more."""
    words = _words_of(_Same(schema))
    matches = [match for match in index.find(question, words.known) if words.types.get((match.table, match.column)) in ("text", "boolean")]
    values: dict[Place, list[str]] = {}
    count = 0
    for match in matches:
        said = values.setdefault((match.table, match.column), [])
        if len(said) < VALUES_PER_COLUMN and count < VALUES_IN_ALL:
            said.append(match.value)
            count += 1
    asked = {word.stem for word in words_of(question) if word.folded not in STOP_WORDS}
    if len(words.types) > max_columns:
        schema = _cut(asked, schema, words, matches, max_columns)
    _list_categories(schema, index, values)
    return replace(schema, tables=tuple(_shown(table, asked, values) for table in schema.tables))


def _list_categories(schema: Schema, index: ValueIndex, values: dict[Place, list[str]]) -> None:
    room = CATEGORIES_IN_ALL
    for table in schema.tables:
        for column in table.columns:
            category = index.categories.get((table.name, column.name), ())
            if column.type in ("text", "boolean") and len(category) <= room:
                room -= len(category)
                said = values.setdefault((table.name, column.name), [])
                said += [value for value in category if value not in said]


def _shown(table: TableInfo, asked: Collection[str], values: Mapping[Place, Sequence[str]]) -> TableInfo:
    columns = tuple(
        replace(
            column,
            values=tuple(sorted(values.get((table.name, column.name), ()))),
            label=_label(column.name, column.synonyms, asked),
        )
        for column in table.columns
    )
    return replace(table, columns=columns, label=_label(table.name, table.synonyms, asked))


def _label(name: str, synonyms: Sequence[str], asked: Collection[str]) -> str:
    """The synonym that shares more words with the question than the name does, "" where none does; the shortest of equals."""
    if not synonyms:
        return ""
    shared = {other: len(_stems(other) & set(asked)) for other in synonyms if 0 < len(name_words(other)) <= LABEL_WORDS}
    best = max(shared, key=lambda other: (shared[other], -len(name_words(other))), default="")
    return best if best and shared[best] > len(_stems(name) & set(asked)) else ""


@lru_cache(maxsize=65536)
def _stems(name: str) -> frozenset[str]:
    """The words of an identifier or a synonym: `OrderLines` and `order_lines` are both order and line."""
    return frozenset(stem(fold(word)) for word in name_words(name))


# --- What is known of a schema before any question -------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _SchemaWords:
    """The words of a schema's names and synonyms. `worth` is from 0 to 1: a word of many tables (`id`, `name`) says little."""

    schema: Schema

    @cached_property
    def types(self) -> dict[Place, str]:
        return {(table.name, column.name): column.type for table in self.schema.tables for column in table.columns}

    @cached_property
    def _names(self) -> dict[str, list[frozenset[str]]]:
        return {table.name: [_stems(name) for name in (table.name, *table.synonyms) if _stems(name)] for table in self.schema.tables}

    @cached_property
    def named(self) -> dict[str, list[tuple[frozenset[str], float]]]:
        """For each table the words of its name, and of each of its synonyms, with what they are worth together."""
        return {name: [(words, sum(self.worth[w] for w in words)) for words in names] for name, names in self._names.items()}

    @cached_property
    def in_columns(self) -> dict[str, frozenset[str]]:
        return {table.name: frozenset().union(*map(_column_stems, table.columns)) for table in self.schema.tables}

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset().union(*self.in_columns.values(), *(words for names in self._names.values() for words in names))

    @cached_property
    def worth(self) -> dict[str, float]:
        tables = [self.in_columns[name].union(*names) for name, names in self._names.items()]
        frequency = Counter(word for words in tables for word in words)
        return {word: log(1 + len(tables) / count) / log(1 + len(tables)) for word, count in frequency.items()}

    @cached_property
    def joined(self) -> dict[str, Counter[str]]:
        """For each table those that keys join to it, with the number of keys."""
        joined: dict[str, Counter[str]] = {table.name: Counter() for table in self.schema.tables}
        for key in self.schema.foreign_keys:
            if key.table != key.other_table and {key.table, key.other_table} <= joined.keys():
                joined[key.table][key.other_table] += 1
                joined[key.other_table][key.table] += 1
        return joined


class _Same:
    """A schema as a key: to hash a large one would take longer than to cut it."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.schema is self.schema


@lru_cache(maxsize=64)
def _words_of(same: _Same) -> _SchemaWords:
    return _SchemaWords(same.schema)


def _column_stems(column: ColumnInfo) -> frozenset[str]:
    return _stems(column.name).union(*(_stems(synonym) for synonym in column.synonyms))


# --- Cutting ----------------------------------------------------------------------------------------------------------


def _cut(asked: set[str], schema: Schema, words: _SchemaWords, matches: Sequence[ValueMatch], max_columns: int) -> Schema:
    scores = _scores(asked, words, matches)
    size = {table.name: min(len(table.columns), max_columns) for table in schema.tables}
    chosen: list[str] = []
    room = max_columns

    def take(name: str) -> bool:
        nonlocal room
        fits = name not in chosen and (size[name] <= room or not chosen)
        if fits:
            chosen.append(name)
            room -= size[name]
        return fits

    # A link costs little and a join without it cannot be asked for, so links come before tables that score less.
    ranked = sorted((name for name in scores if scores[name] > 0), key=lambda name: -scores[name])
    for name in ranked or list(scores):
        if take(name):
            for link in _links(words, chosen):
                take(link)
    for name in _neighbours(words, chosen):
        take(name)
    places = {(match.table, match.column) for match in matches}
    kept = tuple(_narrow(table, asked, places, max_columns) for table in schema.tables if table.name in chosen)
    present = {(table.name, column.name) for table in kept for column in table.columns}
    keys = tuple(k for k in schema.foreign_keys if {(k.table, k.column), (k.other_table, k.other_column)} <= present)
    return replace(schema, tables=kept, foreign_keys=keys)


def _scores(asked: set[str], words: _SchemaWords, matches: Sequence[ValueMatch]) -> dict[str, float]:
    """How well each table matches: by its name, its columns, its values, and a part of what the best table joined to it has."""
    sure = _alike(asked, words)
    said: Counter[str] = Counter()
    for match in matches:
        said[match.table] = max(said[match.table], _SAID_IN_PART if match.likeness >= Likeness.INITIALS else _SAID)  # type: ignore[assignment]
    own = {}
    for name, names in words.named.items():
        shares = [sum(words.worth[w] * sure[w] for w in named & sure.keys()) / whole for named, whole in names]
        columns = sum(words.worth[word] * sure[word] for word in words.in_columns[name] & sure.keys())
        own[name] = _NAMED * max(shares, default=0.0) + columns + said[name]
    return {name: score + _JOINED * max((own[other] for other in words.joined[name]), default=0.0) for name, score in own.items()}


def _alike(asked: set[str], words: _SchemaWords) -> dict[str, float]:
    """Words of the schema that the question says, with how surely: 1, or less where one abbreviates the other."""
    sure = dict.fromkeys(asked & words.known, 1.0)
    for said in asked - words.known:
        for word in words.known:
            if len(word) >= _PREFIX and len(said) >= _PREFIX and (said.startswith(word) or word.startswith(said)):
                sure.setdefault(word, _PREFIX_WORTH)
    return sure


def _neighbours(words: _SchemaWords, names: Sequence[str]) -> list[str]:
    """Tables joined to one of `names`, those joined most often first."""
    joined: Counter[str] = Counter()
    for name in names:
        joined.update({other: count for other, count in words.joined[name].items() if other not in names})
    return [name for name, _ in joined.most_common()]


def _links(words: _SchemaWords, names: Sequence[str]) -> list[str]:
    """Tables that join the last of `names` to another which no key joins to it directly."""
    *others, last = names
    apart = [name for name in others if name not in words.joined[last]]
    return [link for link in words.joined[last] if link not in names and any(name in words.joined[link] for name in apart)]


def _narrow(table: TableInfo, asked: set[str], said: Collection[Place], max_columns: int) -> TableInfo:
    if len(table.columns) <= max_columns:
        return table

    def worth(column: ColumnInfo) -> tuple[bool, bool, int]:
        return (table.name, column.name) in said, column.key != "", len(_column_stems(column) & asked)

    best = sorted(table.columns, key=worth, reverse=True)[:max_columns]
    return replace(table, columns=tuple(column for column in table.columns if column in best))
