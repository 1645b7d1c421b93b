"""What stands before the model, and what points into it.

Evidence is a question and an ordered list of blocks: passages, parts of a schema, tools. A pointer is the address of something in it: a
column, a stored value, a number, a span of a passage. Programs (`tools/language.py`) are made of operations and pointers.

A leaf: it imports nothing of ours, and every other package may import it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

# --- Evidence ---------------------------------------------------------------------------------------------------

Type = Literal["number", "text", "date", "boolean"]
QUESTION = -1  # the block number that stands for the question itself


@dataclass(frozen=True, slots=True)
class Mention:
    """A number or a date as it stands in a text, with its exact value.

    `value` is a decimal numeral for a number; for a date it is the half-open interval "first/last" of ISO days.
    `start` and `end` are character offsets into the text.
    """

    kind: Literal["number", "date"]
    start: int
    end: int
    value: str

    def pointer(self, block: int) -> Number | Date:
        """What a program points at to mean it, where the text is that of `block`."""
        if self.kind == "number":
            return Number(self.value, block, self.start, self.end)
        first, last = self.value.split("/")
        return Date(first, last, block, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a document, verbatim. `id` names it in the record; offsets in spans count from its first character."""

    id: str
    title: str
    text: str
    mentions: tuple[Mention, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """A column as the model sees it. `values` are stored values that the question may mean, as the database holds them.

    `synonyms` are other words for it: the operator's, and the database's own comment. `label`, where there is one, is read in place
    of the name: the one of them that the question says.
    """

    name: str
    type: Type
    values: tuple[str | int | float, ...] = ()
    key: Literal["", "primary", "foreign"] = ""
    synonyms: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class TableInfo:
    """`synonyms` and `label` as a column's."""

    name: str
    columns: tuple[ColumnInfo, ...]
    synonyms: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A column that refers to another table's. Of a composite key there is one for each of its columns, with the (column, other column)
    pairs of the rest in `also`: rows go together where all of them are equal."""

    table: str
    column: str
    other_table: str
    other_column: str
    also: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All pairs of columns that are equal."""
        return ((self.column, self.other_column), *self.also)


@dataclass(frozen=True, slots=True)
class Schema:
    """A database, or the part of it that the question may mean."""

    database: str
    tables: tuple[TableInfo, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolInfo:
    """A tool that the user registered: its parameters are (name, description) pairs."""

    name: str
    description: str
    parameters: tuple[tuple[str, str], ...] = ()


Block = Passage | Schema | ToolInfo


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands before the model: the question and an ordered list of blocks."""

    question: str
    blocks: tuple[Block, ...]
    mentions: tuple[Mention, ...] = ()


def referred_tables(evidence: Evidence) -> dict[tuple[str, str], str]:
    """The table that each foreign key refers to, by its (table, column); of several keys of a column, that of the first."""
    keys = [key for block in evidence.blocks if isinstance(block, Schema) for key in block.foreign_keys]
    return {(key.table, key.column): key.other_table for key in reversed(keys)}


# --- Pointers ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Table:
    name: str


@dataclass(frozen=True, slots=True)
class Column:
    table: str
    name: str
    type: Type = "text"


@dataclass(frozen=True, slots=True)
class Value:
    """A value that the database stores in this column."""

    table: str
    column: str
    value: str | int | float


@dataclass(frozen=True, slots=True)
class Number:
    """A number that stands in the question (`block` = QUESTION) or in a passage; `value` is an exact decimal numeral."""

    value: str
    block: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Date:
    """A date or period that stands in the question or in a passage, as the half-open interval [first, last)."""

    first: str
    last: str
    block: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of the question, used as a literal."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a passage."""

    block: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tool:
    name: str


@dataclass(frozen=True, slots=True)
class Parameter:
    tool: str
    name: str


Pointer = Table | Column | Value | Number | Date | Phrase | Span | Tool | Parameter
Kind = Literal["TABLE", "COLUMN", "VALUE", "NUMBER", "DATE", "PHRASE", "SPAN", "TOOL", "PARAMETER"]
POINTERS: dict[Kind, type] = {
    "TABLE": Table, "COLUMN": Column, "VALUE": Value, "NUMBER": Number, "DATE": Date,
    "PHRASE": Phrase, "SPAN": Span, "TOOL": Tool, "PARAMETER": Parameter,
}  # fmt: skip
KIND_OF: dict[type, Kind] = {cls: kind for kind, cls in POINTERS.items()}
