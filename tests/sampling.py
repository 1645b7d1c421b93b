"""Random programs, drawn token by token through the language's own mask: what a decoder with random weights would write."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tools.evidence import (
    POINTERS, QUESTION, Column, Evidence, Kind, Parameter, Passage, Phrase, Pointer, Schema, Span, Table, Tool, ToolInfo, Value,
    referred_tables,
)  # fmt: skip
from tools.language import START, Program, Token, follows_keys

END, NEST, POINT = 8.0, 0.15, 4.0  # weights; any other operation has 1
_LOGIC = ("and", "or", "not", "in", "union", "intersect", "except")
_ARITHMETIC = ("add", "sub", "mul", "div", "pow", "percent", "share", "change", "round", "abs", "total", "mean")
_NESTING = frozenset({*_LOGIC, *_ARITHMETIC, "via"})


def sample_program(evidence: Evidence, chance: Random, longest: int = 80) -> Program:
    """One whole program over `evidence`. Draws again where a draw gets stuck (no pointer has the type) or grows too long."""
    pointers, keys = pointers_of(evidence, chance), referred_tables(evidence)
    while True:
        program = _draw(pointers, keys, chance, longest)
        if program is not None:
            return program


def _draw(pointers: dict[Kind, list[Pointer]], keys: dict[tuple[str, str], str], chance: Random, longest: int) -> Program | None:
    state, program = START, []
    while not state.complete:
        operations, kinds = state.allowed()
        weights = {o: END if o == "end" else NEST if o in _NESTING else 1.0 for o in sorted(operations)}
        weights |= dict.fromkeys(sorted(kinds), POINT)
        token: Token | None = None
        while token is None and weights:
            choice = chance.choices(list(weights), list(weights.values()))[0]
            del weights[choice]
            candidates = pointers.get(choice, [choice])  # type: ignore[call-overload]
            drawn = chance.sample(candidates, len(candidates))
            drawn = [t for t in drawn if not isinstance(t, Column) or follows_keys(t, tuple(program), keys)]
            token = next((t for t in drawn if state.accepts(t)), None)
        if token is None or len(program) >= longest:
            return None
        program.append(token)
        state = state.advance(token)
    return tuple(program)


def pointers_of(evidence: Evidence, chance: Random) -> dict[Kind, list[Pointer]]:
    """Everything that a program over `evidence` may point at; of phrases and spans, a few at random."""
    pointers: dict[Kind, list[Pointer]] = {kind: [] for kind in POINTERS}
    mentioned = [(QUESTION, evidence.mentions)]
    mentioned += [(index, block.mentions) for index, block in enumerate(evidence.blocks) if isinstance(block, Passage)]
    for number, mentions in mentioned:
        for mention in mentions:
            pointers["NUMBER" if mention.kind == "number" else "DATE"].append(mention.pointer(number))
    for start, end in _stretches(evidence.question, chance):
        pointers["PHRASE"].append(Phrase(evidence.question[start:end], start, end))
    for index, block in enumerate(evidence.blocks):
        match block:
            case Passage(text=text):
                pointers["SPAN"].extend(Span(index, start, end) for start, end in _stretches(text, chance))
            case Schema(tables=tables):
                for table in tables:
                    pointers["TABLE"].append(Table(table.name))
                    for column in table.columns:
                        pointers["COLUMN"].append(Column(table.name, column.name, column.type))
                        pointers["VALUE"].extend(Value(table.name, column.name, value) for value in column.values)
            case ToolInfo(name=name, parameters=parameters):
                pointers["TOOL"].append(Tool(name))
                pointers["PARAMETER"].extend(Parameter(name, parameter) for parameter, _ in parameters)
    return pointers


def _stretches(text: str, chance: Random, count: int = 6) -> Iterator[tuple[int, int]]:
    """Some runs of one to three words."""
    words, position = [], 0
    for word in text.split():
        position = text.index(word, position)
        words.append((position, position + len(word)))
        position += len(word)
    for _ in range(count if words else 0):
        first = chance.randrange(len(words))
        yield words[first][0], words[min(first + chance.randrange(3), len(words) - 1)][1]
