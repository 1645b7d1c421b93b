"""Prepared examples: what training reads. One JSON object a line: the evidence, the program that answers, and where it is from.

Everything is settled before training begins (mentions found, values matched, SQL turned into a program), so that training
needs nothing but this file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tools.evidence import Block, ColumnInfo, Evidence, ForeignKey, Mention, Passage, Schema, TableInfo, ToolInfo
from tools.language import Program, parse, print_program


@dataclass(frozen=True, slots=True)
class Example:
    """`group` names the article, database or set that a validation split must not cut through."""

    evidence: Evidence
    program: Program
    source: str
    group: str

    def to_json(self) -> str:
        line = {
            "source": self.source,
            "group": self.group,
            "question": self.evidence.question,
            "mentions": [list(_fields(m)) for m in self.evidence.mentions],
            "blocks": [_block_to_json(b) for b in self.evidence.blocks],
            "program": print_program(self.program),
        }
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> Example:
        record = json.loads(line)
        blocks = tuple(map(_block_from_json, record["blocks"]))
        evidence = Evidence(record["question"], blocks, tuple(Mention(*m) for m in record["mentions"]))
        return cls(evidence, parse(record["program"], trusted=True), record["source"], record["group"])


def write_examples(path: Path, examples: Iterable[Example]) -> int:
    """Writes a file of prepared examples and returns how many; the file appears whole or not at all."""
    partial, count = path.with_suffix(".partial"), 0
    with partial.open("w", encoding="utf-8") as file:
        for example in examples:
            file.write(example.to_json() + "\n")
            count += 1
    partial.replace(path)
    return count


def read_examples(path: Path) -> Iterator[Example]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield Example.from_json(line)


def _fields(value: Any) -> tuple[Any, ...]:
    return tuple(asdict(value).values())


def _block_to_json(block: Block) -> dict[str, Any]:
    match block:
        case Passage():
            return {"passage": [block.id, block.title, block.text], "mentions": [list(_fields(m)) for m in block.mentions]}
        case Schema():
            tables = [[t.name, list(map(_column_to_json, t.columns)), *([t.label] if t.label else [])] for t in block.tables]
            return {"schema": block.database, "tables": tables, "keys": [_key(k) for k in block.foreign_keys]}
        case ToolInfo():
            return {"tool": [block.name, block.description], "parameters": [list(p) for p in block.parameters]}


def _block_from_json(record: dict[str, Any]) -> Block:
    if "passage" in record:
        number, title, text = record["passage"]
        return Passage(number, title, text, tuple(Mention(*m) for m in record["mentions"]))
    if "schema" in record:
        tables = tuple(
            TableInfo(name, tuple(map(_column_from_json, columns)), label="".join(label)) for name, columns, *label in record["tables"]
        )
        return Schema(record["schema"], tables, tuple(_read_key(*k) for k in record["keys"]))
    name, description = record["tool"]
    return ToolInfo(name, description, tuple((n, d) for n, d in record["parameters"]))


def _key(key: ForeignKey) -> list[Any]:
    plain = [key.table, key.column, key.other_table, key.other_column]
    return [*plain, [list(pair) for pair in key.also]] if key.also else plain


def _read_key(table: str, column: str, other_table: str, other_column: str, also: Sequence[Sequence[str]] = ()) -> ForeignKey:
    return ForeignKey(table, column, other_table, other_column, tuple((a, b) for a, b in also))


def _column_to_json(column: ColumnInfo) -> list[Any]:
    """What the model reads; synonyms that did not become the label are not."""
    return [column.name, column.type, list(column.values), column.key, *([column.label] if column.label else [])]


def _column_from_json(fields: list[Any]) -> ColumnInfo:
    name, kind, values, key, *label = fields
    return ColumnInfo(name, kind, tuple(values), key, label="".join(label))
