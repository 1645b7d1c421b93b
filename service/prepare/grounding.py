"""Pointing the literals of a gold query into its question and into the stored values shown beside it.

A model can only point at what stands before it. A number must be a number of the question (or one of the language's
constants); a text must be a stored value that the schema block lists, or words of the question. Values that the question
says but the value index did not list are added to the block; so are values it does not say ("F" for "female"), with others
of the same column beside them, so that being listed gives nothing away.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace

from retrieval.mentions import find_mentions
from retrieval.schema import relevant_schema
from retrieval.values import ValueIndex
from retrieval.words import fold, stem
from tools.evidence import QUESTION, Column, Date, Evidence, Mention, Number, Phrase, Schema, Table, TableInfo, Value
from tools.identifiers import quote
from tools.language import CONSTANTS, Program, Token
from tools.sql_reader import NotExpressible, read_sql

Stored = Mapping[tuple[str, str], Sequence[object]]  # the distinct values of each column
_BESIDE = 3  # other values listed beside one that the question does not say
_VALUES = 20_000  # distinct values of one column that are looked at


def stored_values(connection: sqlite3.Connection, schema: Schema) -> Stored:
    """The distinct values of every column, in order, without nulls."""
    return {(t.name, c.name): _distinct(connection, t.name, c.name) for t in schema.tables for c in t.columns}


def _distinct(connection: sqlite3.Connection, table: str, column: str) -> list[object]:
    name = quote(column)
    rows = connection.execute(f"SELECT DISTINCT {name} FROM {quote(table)} WHERE {name} IS NOT NULL ORDER BY 1 LIMIT {_VALUES}")
    return [value for (value,) in rows]


def ground(question: str, sql: str, schema: Schema, index: ValueIndex, stored: Stored) -> tuple[Evidence, Program]:
    """The evidence for `question` and the program for `sql` over it. Raises NotExpressible."""
    mentions = find_mentions(question)
    shown = relevant_schema(question, schema, index)
    pointing = Pointing(question, mentions, shown, stored)
    program = read_sql(sql, schema, pointing)
    shown = pointing.schema()
    _require_shown(program, shown)
    return Evidence(question, (shown,), mentions), program


class Pointing:
    """The `literal` of read_sql: remembers the values that the block must list."""

    def __init__(self, question: str, mentions: Sequence[Mention], shown: Schema, stored: Stored) -> None:
        self.question = question
        self.mentions = mentions
        self.shown = shown
        self.stored = stored
        self.listed = {(t.name, c.name): list(c.values) for t in shown.tables for c in t.columns}
        self.said = {stem(fold(word)) for word in re.findall(r"\w+", question)}

    def __call__(self, column: Column | None, value: str | int | float) -> Token:
        if isinstance(value, str):
            return self.text(column, value)
        return self.number(column, value)

    def number(self, column: Column | None, value: float) -> Token:
        numeral = str(int(value)) if float(value).is_integer() else str(value)
        fits = column is None or column.type not in ("text", "date")
        mention = next((m for m in self.mentions if m.kind == "number" and float(m.value) == value), None)
        # Of a count or limit, "one" is more often a pronoun than the number meant.
        if mention and not (column is None and value == 1 and self.question[mention.start : mention.end].isalpha()):
            return Number(mention.value, QUESTION, mention.start, mention.end)
        if fits and numeral in CONSTANTS:
            return numeral
        if column and value in self.stored.get((column.table, column.name), ()):
            return self.value(column, value)
        raise NotExpressible("a number that the question does not say")

    def text(self, column: Column | None, text: str) -> Token:
        if column:
            place = (column.table, column.name)
            listed = [v for v in self.listed.get(place, ()) if isinstance(v, str) and fold(v) == fold(text)]
            if listed:
                return Value(*place, text if text in listed else listed[0])
            if column.type == "date" and (day := self.day(text)):
                return day
            if column.type == "number" and _is_numeral(text):
                return self.number(column, float(text))
            if text in self.stored.get(place, ()):
                return self.value(column, text)
        if column is None or column.type in ("text", "date"):
            return self.phrase(text)
        raise NotExpressible("a text that is neither stored nor said")

    def day(self, text: str) -> Date | None:
        for mention in self.mentions:
            pointer = mention.pointer(QUESTION)
            if isinstance(pointer, Date) and pointer.first == text[:10]:
                return pointer
        return None

    def phrase(self, text: str) -> Phrase:
        match = re.search(rf"(?<!\w){re.escape(text)}(?!\w)", self.question, re.IGNORECASE)
        if match is None:
            raise NotExpressible("a text that is neither stored nor said")
        return Phrase(match[0], match.start(), match.end())

    def value(self, column: Column, value: str | float) -> Value:
        """Points at a stored value, which the block lists from now on."""
        place = (column.table, column.name)
        values = self.listed.setdefault(place, [])
        if value not in values:
            values.append(value)
        says = {stem(fold(word)) for word in re.findall(r"\w+", str(value))}
        if not says & self.said:
            others = [v for v in self.stored[place] if v not in values and isinstance(v, type(value)) and len(str(v)) <= 40]
            values.extend(others[:_BESIDE])
        return Value(*place, value)

    def schema(self) -> Schema:
        return replace(self.shown, tables=tuple(map(self.table, self.shown.tables)))

    def table(self, table: TableInfo) -> TableInfo:
        columns = (replace(c, values=tuple(sorted(self.listed[table.name, c.name], key=str))) for c in table.columns)
        return replace(table, columns=tuple(columns))


def _is_numeral(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _require_shown(program: Program, shown: Schema) -> None:
    """A large database is cut down to what the question seems to mean; what was cut away cannot be pointed at."""
    columns = {(t.name, c.name) for t in shown.tables for c in t.columns}
    tables = {t.name for t in shown.tables}
    for token in program:
        match token:
            case Column(table=table, name=name) if (table, name) not in columns:
                raise NotExpressible("cut away from a large database")
            case Table(name=name) if name not in tables:
                raise NotExpressible("cut away from a large database")
