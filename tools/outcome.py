"""What came of a program, and the trace that lets anyone check it later.

Everything here is data: frozen, and convertible to JSON without loss of what matters. An exact number is written as a
fraction, "1137/2"; every operand carries the characters it was read from, so that a trace can be checked against the
sources by eye as well as by `Router.verify`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Literal

from tools.errors import FixArguments
from tools.evidence import QUESTION, Date, Evidence, Number, Passage, Phrase, Span, Value
from tools.language import REFERENCES, VERSION, Node, Program, Token, print_program, show
from tools.results import Cell, as_json


@dataclass(frozen=True, slots=True)
class Quote:
    """Exact source text: characters [start, end) of a passage, and their SHA-256 as UTF-8."""

    passage: str
    title: str
    block: int
    start: int
    end: int
    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Operand:
    """A value that a step used, and where it came from.

    `source` is "question", a passage's id, "table.column", the name of a result, or "language" for a constant of the
    language itself. `text` is what stands at [start, end) of the question or passage.
    """

    token: str
    source: str
    block: int | None = None
    start: int | None = None
    end: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A call to a tool. Not `executed`: the tool is the client's, who runs it and may ask again with its response."""

    tool: str
    arguments: Mapping[str, object]
    executed: bool
    response: object = None


@dataclass(frozen=True, slots=True)
class Step:
    """One executed step. `input` holds the database, SQL and parameters, or the expression, or the arguments.

    `units` are those of a query's columns or of a calculation's value, empty where none is plain.
    """

    name: str
    operation: Literal["query", "calc", "call"]
    input: Mapping[str, object]
    result: object
    working: str = ""
    truncated: bool = False
    elapsed_ms: float = 0.0
    operands: tuple[Operand, ...] = ()
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of a program. `value` is the one value of a calculation, of a table with one cell, or of a response.

    `units` are those of the columns, or of the one value: "EUR", "km/h"; empty where none is plain. Of a unit only the percent sign stands
    in `text`.
    """

    kind: Literal["quote", "rows", "number", "call", "unknown"]
    program: Program
    quotes: tuple[Quote, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    truncated: bool = False
    value: Fraction | Cell | object = None
    text: str = ""
    working: str = ""
    call: Call | None = None
    steps: tuple[Step, ...] = ()
    units: tuple[str, ...] = ()

    @property
    def read(self) -> Iterator[tuple[int, int, int, str]]:
        """What the steps use out of passages: block, start and end, and the text there."""
        for step in self.steps:
            yield from ((o.block, o.start, o.end, o.text) for o in step.operands if o.block is not None and o.block >= 0)  # type: ignore[misc]

    @property
    def unit(self) -> str:
        """Of the one value, where there is one."""
        return self.units[0] if len(self.units) == 1 else ""

    def to_json(self) -> dict[str, object]:
        """The trace: enough to run the program again and compare every step."""
        return {
            "language": VERSION,
            "program": print_program(self.program),
            "kind": self.kind,
            "quotes": [asdict(quote) for quote in self.quotes],
            "columns": list(self.columns),
            "rows": as_json(self.rows),
            "truncated": self.truncated,
            "value": as_json(self.value),
            "text": self.text,
            "working": self.working,
            "units": list(self.units),
            "call": None if self.call is None else as_json(asdict(self.call)),
            "steps": [_step_json(step) for step in self.steps],
        }


def _step_json(step: Step) -> dict[str, object]:
    return {
        "name": step.name,
        "operation": step.operation,
        "input": as_json(step.input),
        "result": as_json(step.result),
        "working": step.working,
        "truncated": step.truncated,
        "elapsed_ms": step.elapsed_ms,
        "operands": [asdict(operand) for operand in step.operands],
        "units": list(step.units),
    }


def source_text(evidence: Evidence, block: int, start: int, end: int) -> str:
    """The characters [start, end) of the question or of a passage. Raises FixArguments where there are none."""
    return _located(evidence, block, start, end)[1]


def with_words(node: Node, evidence: Evidence) -> Node:
    """`node` with the spans of passages that it compares with as the words they are."""

    def said(child: Node | Token) -> Node | Token:
        match child:
            case Node():
                return with_words(child, evidence)
            case Span(block=block, start=start, end=end):
                return Phrase(source_text(evidence, block, start, end), start, end)
            case _:
                return child

    return Node(node.rule, tuple(map(said, node.children)))


def quote(span: Span, evidence: Evidence) -> Quote:
    passage, text = _located(evidence, span.block, span.start, span.end)
    if passage is None or not text:
        raise FixArguments(f"{show(span)} is not a span of a passage")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Quote(passage.id, passage.title, span.block, span.start, span.end, text, digest)


def _located(evidence: Evidence, block: int, start: int, end: int) -> tuple[Passage | None, str]:
    passage: Passage | None = None
    text = evidence.question
    if block != QUESTION:
        found = evidence.blocks[block] if 0 <= block < len(evidence.blocks) else None
        if not isinstance(found, Passage):
            raise FixArguments(f"block {block} is not a passage of the evidence")
        passage, text = found, found.text
    if not 0 <= start <= end <= len(text):
        raise FixArguments(f"[{start}, {end}) lies outside of block {block}, which has {len(text)} characters")
    return passage, text[start:end]


def operands(node: Node, evidence: Evidence) -> tuple[Operand, ...]:
    """The values that a step uses, in the order of the program."""
    found: list[Operand] = []
    for child in node:
        if isinstance(child, Node):
            found.extend(operands(child, evidence))
        elif (operand := _operand(child, evidence)) is not None:
            found.append(operand)
    return tuple(found)


def _operand(token: Token, evidence: Evidence) -> Operand | None:
    match token:
        case Number(block=block, start=start, end=end) | Date(block=block, start=start, end=end) | Span(block=block, start=start, end=end):
            passage, text = _located(evidence, block, start, end)
            return Operand(show(token), "question" if passage is None else passage.id, block, start, end, text)
        case Phrase(start=start, end=end):
            return Operand(show(token), "question", QUESTION, start, end, source_text(evidence, QUESTION, start, end))
        case Value(table=table, column=column):
            return Operand(show(token), f"{table}.{column}")
        case str() if token in REFERENCES:
            return Operand(token, token)
        case str() if token.isdecimal():
            return Operand(token, "language")
        case _:
            return None
