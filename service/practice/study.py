"""A database as practice sees it: a small copy in memory, and for every column what people would take it for.

A `Study` holds at most `ROWS` rows a table, so large databases cost no more than small ones. Roles are guesses from names,
types and stored values; a wrong one costs an odd question, never a wrong program.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from retrieval.schema import ValueIndex
from tools.database import Database
from tools.evidence import Column, ForeignKey, Schema, Table, TableInfo, Type
from tools.identifiers import quote
from tools.introspection import introspect

from service.practice.lexicon import ABBREVIATIONS, IRREGULAR, PERSONS, PLACES

ROWS = 1500

Role = Literal["id", "name", "first", "last", "flag", "date", "year", "measure", "code", "place", "category", "label", "contact", "text"]

_SPLIT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_FLAG_VALUES = ({"y", "n"}, {"yes", "no"}, {"t", "f"}, {"true", "false"}, {"0", "1"}, {"y"}, {"n"}, {"yes"}, {"no"}, {"1"}, {"0"})
_CONTACT = {"phone", "email", "address", "website", "url", "fax", "mobile", "mail", "homepage"}
_LONG = {
    "description",
    "details",
    "detail",
    "note",
    "notes",
    "comment",
    "comments",
    "text",
    "remark",
    "remarks",
    "content",
    "password",
    "hash",
    "image",
}
_CODES = {
    "code",
    "zip code",
    "zip",
    "number",
    "postcode",
    "isbn",
    "ssn",
    "barcode",
    "room",
    "version",
    "lat",
    "long",
    "latitude",
    "longitude",
    "no",
    "major",
    "advisor",
}
_YEARS = {
    "founded",
    "built",
    "opened",
    "established",
    "formed",
    "born",
    "made",
    "created",
    "published",
    "since",
    "ascent",
    "released",
    "season",
    "aired",
}


def words_of(identifier: str) -> tuple[str, ...]:
    """The words in an identifier, abbreviations spelt out: "emp_HireDt" -> employee, hire, date."""
    parts = [w.lower() for w in _SPLIT.findall(identifier.replace("%", " percent "))]
    spelt = " ".join(ABBREVIATIONS.get(w, w) for w in parts)
    return tuple(re.sub(r"\bf name\b", "first name", re.sub(r"\bl name\b", "last name", spelt)).split())


def plural(noun: str) -> str:
    head, _, last = noun.rpartition(" ")
    if last.endswith("ed") and last not in ("bed", "seed", "feed", "breed", "speed", "weed"):
        return noun
    if last in IRREGULAR:
        many = IRREGULAR[last]
    elif re.search(r"[^aeiou]y$", last):
        many = last[:-1] + "ies"
    elif re.search(r"(s|x|z|ch|sh)$", last):
        many = last if last.endswith("s") and not last.endswith("ss") and last[:-1] not in ("bu", "ga") else last + "es"
    else:
        many = last + "s"
    if " of " in noun and not noun.startswith(("number", "kind", "point")):  # "date of birth" -> "dates of birth"
        first, _, rest = noun.partition(" of ")
        return f"{plural(first)} of {rest}"
    return f"{head} {many}".strip()


_SINGULAR = {many: one for one, many in IRREGULAR.items() if many != one}


def singular(noun: str) -> str:
    head, _, last = noun.rpartition(" ")
    if last in _SINGULAR:
        one = _SINGULAR[last]
    elif last in IRREGULAR or len(last) < 4 or not last.endswith("s") or last.endswith(("ss", "us", "is")):
        one = last
    elif last.endswith("ies") and last not in ("movies", "cookies", "ties", "pies"):
        one = last[:-3] + "y"
    elif re.search(r"(x|ch|sh|ss)es$", last):
        one = last[:-2]
    else:
        one = last[:-1]
    return f"{head} {one}".strip()


@dataclass(frozen=True, eq=False)
class Field:
    """A column with what its name and its values say about it."""

    table: str
    name: str
    type: Type
    key: str
    role: Role
    words: tuple[str, ...]
    values: tuple[str | int | float, ...]  # distinct, as stored
    nulls: int
    rows: int

    @property
    def token(self) -> Column:
        return Column(self.table, self.name, self.type)

    @property
    def head(self) -> str:
        return self.words[-1]

    @cached_property
    def counting(self) -> bool:
        """Whether it counts things, as in "pages" or "number of seats"."""
        plural_name = (
            self.head.endswith("s") and not self.head.endswith("ss") and self.head not in ("sales", "earnings", "address", "status")
        )
        return self.role == "measure" and self.type == "number" and (plural_name or self.head == "count" or self.words[:1] == ("number",))


@dataclass(frozen=True, eq=False)
class Entity:
    """A table: what one row of it is, and which columns name it."""

    name: str
    words: tuple[str, ...]
    fields: tuple[Field, ...]
    naming: tuple[Field, ...]  # one column, or a first and a last name; empty where rows have no names
    person: bool
    rows: int

    @property
    def token(self) -> Table:
        return Table(self.name)

    @property
    def noun(self) -> str:
        return " ".join(self.words)

    def having(self, *roles: Role) -> list[Field]:
        return [f for f in self.fields if f.role in roles]

    @cached_property
    def repeated(self) -> bool:
        """Whether several rows may have one name."""
        return len(self.naming) == 1 and len(self.naming[0].values) < 0.8 * self.naming[0].rows

    @cached_property
    def link(self) -> bool:
        """Whether it only ties other tables together."""
        return sum(f.key == "foreign" for f in self.fields) >= 2 and all(f.role == "id" for f in self.fields)


@dataclass(frozen=True, eq=False)
class Tie:
    """A table that ties rows of one table to others of it: borders of states, friends of students."""

    link: Entity
    one: Field
    other: Field
    rows: Entity
    target: str  # the column of `rows` that both point at


class Study:
    """A database prepared for practice. Rows are copied; the original is neither kept open nor changed."""

    def __init__(self, schema: Schema, rows: Mapping[str, Sequence[tuple[object, ...]]]) -> None:
        """`rows` holds, for each table, rows in the order of its columns; more than `ROWS` are not looked at."""
        self.schema = schema
        self.connection = sqlite3.connect(":memory:", check_same_thread=False)
        self.entities: dict[str, Entity] = {}
        for info in schema.tables:
            columns = self._copy(info, rows.get(info.name, ())[:ROWS])
            words = _table_words(info.name)
            fields = tuple(
                _field(info.name, words, c.name, c.type, self._key(info.name, c.name, c.key), values)
                for c, values in zip(info.columns, columns, strict=True)
            )
            self.entities[info.name] = _entity(info.name, words, fields, len(columns[0]) if columns else 0)
        self.index = ValueIndex.build((f.table, f.name, f.values) for e in self.entities.values() for f in e.fields)

    @classmethod
    def of_connection(cls, name: str, source: sqlite3.Connection) -> Study:
        schema = introspect(source, name)
        rows = {}
        for info in schema.tables:
            names = ", ".join(quote(c.name) for c in info.columns)
            rows[info.name] = source.execute(f"SELECT {names} FROM {quote(info.name)} LIMIT {ROWS}").fetchall()
        return cls(schema, rows)

    @classmethod
    def of_file(cls, path: Path) -> Study:
        """The SQLite file, opened for reading only."""
        source = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        source.text_factory = lambda raw: raw.decode("utf-8", "replace")
        try:
            return cls.of_connection(path.stem, source)
        finally:
            source.close()

    @classmethod
    def of_database(cls, database: Database) -> Study:
        """What may be seen of a connected database. Raises DatabaseError."""
        return cls(database.schema, {info.name: database.sample(info.name, ROWS) for info in database.schema.tables})

    def _copy(self, info: TableInfo, rows: Sequence[tuple[object, ...]]) -> list[tuple[object, ...]]:
        """Copies a table, and returns its columns as the copy holds them (numerals stored as text have become numbers)."""
        declared = ", ".join(f"{quote(c.name)} {'NUMERIC' if c.type in ('number', 'boolean') else 'TEXT'}" for c in info.columns)
        self.connection.execute(f"CREATE TABLE {quote(info.name)} ({declared})")
        marks = ", ".join("?" * len(info.columns))
        self.connection.executemany(f"INSERT INTO {quote(info.name)} VALUES ({marks})", rows)
        copied = self.connection.execute(f"SELECT * FROM {quote(info.name)}").fetchall()
        return list(zip(*copied, strict=True)) or [()] * len(info.columns)

    def _key(self, table: str, column: str, key: str) -> str:
        foreign = any((k.table, k.column) == (table, column) for k in self.schema.foreign_keys)
        return "foreign" if foreign else key

    @cached_property
    def parents(self) -> list[ForeignKey]:
        """Foreign keys to a table whose rows have names, where no second key joins the same two tables."""
        pairs = Counter(frozenset((k.table, k.other_table)) for k in self.schema.foreign_keys)
        return [
            k
            for k in self.schema.foreign_keys
            if k.table != k.other_table
            and pairs[frozenset((k.table, k.other_table))] == 1
            and self.entities[k.table].rows >= 3
            and self.entities[k.other_table].rows >= 2
        ]

    @cached_property
    def references(self) -> list[ForeignKey]:
        """Foreign keys to named rows that a join by names alone cannot follow: to the table itself, or beside another to the same table."""
        pairs = Counter((k.table, k.other_table) for k in self.schema.foreign_keys)
        return [
            k
            for k in self.schema.foreign_keys
            if (k.table == k.other_table or pairs[k.table, k.other_table] > 1)
            and self.entities[k.table].naming
            and self.entities[k.other_table].naming
            and len(self.field(k.table, k.column).values) >= 2
        ]

    @cached_property
    def ties(self) -> list[Tie]:
        found = []
        for entity in self.entities.values():
            keys = [k for k in self.schema.foreign_keys if k.table == entity.name]
            if (
                entity.link
                and len(keys) == 2
                and len({(k.other_table, k.other_column) for k in keys}) == 1 != len({k.column for k in keys})
            ):
                rows, named = self.entities[keys[0].other_table], [self.field(k.table, k.column) for k in keys]
                # The column that is called as the rows are comes first: border_info(state_name, border).
                named.sort(key=lambda f: f.name != keys[0].other_column and not set(rows.words) & set(f.words))
                found.append(Tie(entity, named[0], named[1], rows, keys[0].other_column))
        return found

    def field(self, table: str, column: str) -> Field:
        return next(f for f in self.entities[table].fields if f.name == column)


def _table_words(name: str) -> tuple[str, ...]:
    words = [
        w
        for w in words_of(name)
        if w not in ("tbl", "tb", "t", "ref", "reference", "dim", "fact", "master", "table", "data", "list", "all")
    ]
    words = words or list(words_of(name)) or [name.lower()]
    return tuple(singular(" ".join(words)).split())


def _field(table: str, table_words: tuple[str, ...], name: str, kind: Type, key: str, values: tuple[object, ...]) -> Field:
    words = list(words_of(name)) or [name.lower()]
    for prefix in (list(table_words), list(table_words[:1]), list(table_words[-1:])):  # "employee_name" of employees -> "name"
        if len(words) > len(prefix) and words[: len(prefix)] == prefix and words[len(prefix)] not in ("of", "id"):
            words = words[len(prefix) :]
            break
    if len(words) > 1 and words[-1] == "code" and words[-2] != "zip":
        words = words[:-1]
    if len(words) > 1 and words[-1] == "at" or len(words) > 1 and words[-1] == "on":  # "created_at"
        words = words[:-1]
    present = [v for v in values if v is not None and v != ""]
    distinct = tuple(dict.fromkeys(v for v in present if isinstance(v, str | int | float)))
    role = _role(table_words, tuple(words), name, kind, key, distinct, len(values))
    return Field(table, name, kind, key, role, tuple(words), distinct, len(values) - len(present), len(values))


def _role(
    table_words: tuple[str, ...], words: tuple[str, ...], name: str, kind: Type, key: str, values: tuple[object, ...], rows: int
) -> Role:
    head, lowered = words[-1], {str(v).lower() for v in values}
    if key == "foreign" or head == "id" or name.lower().endswith(("_id", "_key")) or (key == "primary" and kind == "number"):
        return "id"
    if kind == "boolean" or (lowered in _FLAG_VALUES and (words[0] in ("is", "has", "if") or words[-1].endswith(("ed", "able", "ive")))):
        return "flag"
    if kind == "date":
        return "date"
    if kind == "number":
        numbers = [v for v in values if isinstance(v, int | float)]
        if len(numbers) < len(values) or not numbers:
            return "code"
        if (
            "year" in words
            and all(1000 < v < 2200 for v in numbers)
            or (all(500 < v < 2200 and v == int(v) for v in numbers) and head in _YEARS)
        ):
            return "year"
        coded = head in _CODES or "phone" in words or " ".join(words[-2:]) in _CODES or max(map(abs, numbers)) > 10**11
        return "code" if coded and words[:2] != ("number", "of") else "measure"
    length = sum(len(str(v)) for v in values) / max(len(values), 1)
    if any(w in _CONTACT for w in words):
        return "contact"
    if any(w in _LONG for w in words[-1:]) or length > 45:
        return "text"
    if words[-2:] == ("first", "name") or head in ("firstname", "forename") or words == ("first",):
        return "first"
    if words[-2:] == ("last", "name") or head in ("lastname", "surname") or words == ("last",):
        return "last"
    if "middle" in words or "initial" in words or "login" in words or "nickname" in words:
        return "label"
    if (
        head in ("name", "title", "label")
        and words[0] not in ("job", "nick", "user", "file")
        or (words == table_words and len(values) > 0.6 * rows)
    ):
        return "name"
    if head in PLACES or any(w in PLACES for w in words[:1]):
        return "place"
    if key == "primary" or (head in _CODES and len(values) > 12):
        return "code"
    return "category" if len(values) <= max(10, rows // 3) else "label"


def _entity(name: str, words: tuple[str, ...], fields: tuple[Field, ...], rows: int) -> Entity:
    by_role = {role: [f for f in fields if f.role == role] for role in ("first", "last", "name")}
    person = words[-1] in PERSONS
    naming: tuple[Field, ...] = ()
    if by_role["first"] and by_role["last"]:
        naming, person = (by_role["first"][0], by_role["last"][0]), True
    elif by_role["name"]:
        own = [f for f in by_role["name"] if len(f.words) == 1 or f.words == words]
        best = max(own or by_role["name"], key=lambda f: (len(f.values) / max(f.rows, 1), f.head == "name"))
        # A river that flows through ten states may have ten rows: what is called "name" names it all the same.
        naming = (best,) if len(best.values) >= (0.15 if best.words == ("name",) else 0.6) * best.rows else ()
    elif keys := [
        f for f in fields if f.key == "primary" and f.type == "text" and f.role == "code" and all(len(str(v)) > 3 for v in f.values)
    ]:
        naming = (keys[0],) if len(keys) == 1 and rows <= 60 else ()
    return Entity(name, words, fields, naming, person, rows)
