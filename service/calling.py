"""Functions of the client's that a question may be answered with, and how an answer goes on once the client has called one.

The model is asked again, over the same evidence, and gives the same programs. Of those that make the call which was answered, one is
executed to its end with the response in its place. Where none does, since documents have changed or the call was another model's, the
plain program that makes this call and gives its response is written, if its arguments stand in the evidence; else there is no answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from models.decode import Candidate
from tools.errors import FixArguments, ToolError, Unanswerable
from tools.evidence import QUESTION, Evidence, Parameter, Passage, Phrase, Schema, Span, Tool, Value
from tools.functions import Function
from tools.language import CONSTANTS, LanguageError, Program, Token, check
from tools.outcome import Outcome
from tools.results import as_json
from tools.router import Router, supplied_by

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 12  # words of a phrase that is looked for
_WRITTEN = -20.0  # the log probability of a program that the model did not write


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call that the client has made, and what came back, as JSON."""

    tool: str
    arguments: Mapping[str, object]
    response: object


@dataclass(frozen=True, slots=True)
class Calling:
    """`functions` are shown to the model; one of those in `forced`, if there are any, must be called. `answered` are the calls that were
    made for this question, in order. `closed`: no other may follow."""

    functions: tuple[Function, ...] = ()
    forced: frozenset[str] = frozenset()
    answered: tuple[Exchange, ...] = ()
    closed: bool = False

    @property
    def decided(self) -> bool:
        """Whether a call is wanted, or was made: then how sure the model is does not decide whether there is an answer."""
        return bool(self.forced or self.answered)

    def to_json(self) -> dict[str, Any]:
        """All that a later request may go on from, and a verification needs."""
        return {
            "functions": [function.to_json() for function in self.functions],
            "answered": [{"tool": e.tool, "arguments": dict(e.arguments), "response": as_json(e.response)} for e in self.answered],
        }


def functions_of(trace: Mapping[str, Any]) -> tuple[Function, ...]:
    """The client's functions that a trace was made with."""
    return tuple(map(Function.from_json, trace.get("calling", {}).get("functions", ())))


class Resumed:
    """Runs the programs that make the calls which were answered, with the responses; stands in for a Router where programs are tried.

    `reached`: whether any program made these calls, whatever became of it then.
    """

    def __init__(self, router: Router, calling: Calling) -> None:
        self.router, self.calling, self.reached = router, calling, False

    def run(self, program: Program, evidence: Evidence) -> Outcome:
        """Raises FixArguments where the program makes another call, Unanswerable where it needs one more and none may follow, and what
        the router raises."""
        responses: dict[str, object] = {}
        for exchange in self.calling.answered:
            outcome = self.router.run(program, evidence, responses)
            call = _pending(outcome)
            if call is None or not _same(call, exchange):
                raise FixArguments("it does not make the call that was answered")
            responses[f"r{len(outcome.steps)}"] = exchange.response
        self.reached = True
        outcome = self.router.run(program, evidence, responses)
        if self.calling.closed and _pending(outcome) is not None:
            raise Unanswerable("it needs another call, and no other is wanted")
        return outcome


def written(calling: Calling, evidence: Evidence, router: Router) -> list[Candidate]:
    """The program that makes the one call which was answered and gives its response; nothing where it cannot be written."""
    if len(calling.answered) != 1:
        return []
    (exchange,) = calling.answered
    function = router.functions.get(exchange.tool)
    if function is None:
        return []
    arguments: list[Token] = []
    for parameter in function.parameters:
        if parameter.name not in exchange.arguments:
            continue
        wanted = _json(exchange.arguments[parameter.name])
        if parameter.left_out and wanted == _json(parameter.left_out[0]) and parameter.required:
            continue
        for token in _pointers(evidence):
            try:
                if _json(parameter.accept(supplied_by(token, evidence, {}))) == wanted:
                    arguments += [Parameter(function.name, parameter.name), token]
                    break
            except ToolError:
                continue
        else:
            return []
    program: Program = ("call", Tool(function.name), *arguments, "end", "give", "r1")
    try:
        check(program)
    except LanguageError:
        return []
    return [Candidate(program, _WRITTEN, len(program), _WRITTEN, _WRITTEN)]


def _pending(outcome: Outcome) -> Exchange | None:
    call = outcome.call
    return Exchange(call.tool, call.arguments, None) if outcome.kind == "call" and call is not None and not call.executed else None


def _same(call: Exchange, other: Exchange) -> bool:
    return call.tool == other.tool and _json(call.arguments) == _json(other.arguments)


def _json(value: object) -> object:
    """Equal for what is the same in JSON: 20 and 20.0 are, 1 and true are not."""
    match value:
        case bool() | None:
            return str(value)
        case int() | float():
            return float(value) if abs(value) < 2**53 else value
        case Mapping():
            return {str(key): _json(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_json(inner) for inner in value]
        case _:
            return json.dumps(value)


def _pointers(evidence: Evidence) -> Iterator[Token]:
    """What an argument may be pointed at: the question first, then stored values, then passages."""
    yield from (mention.pointer(QUESTION) for mention in evidence.mentions)
    yield from (Phrase(evidence.question[start:end], start, end) for start, end in _stretches(evidence.question))
    for block in evidence.blocks:
        if isinstance(block, Schema):
            yield from (Value(t.name, c.name, value) for t in block.tables for c in t.columns for value in c.values)
    for index, block in enumerate(evidence.blocks):
        if isinstance(block, Passage):
            yield from (mention.pointer(index) for mention in block.mentions)
            yield from (Span(index, start, end) for start, end in _stretches(block.text))
    yield from CONSTANTS


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """The runs of words up to a length, the shorter ones first."""
    words = [word.span() for word in _WORD.finditer(text)]
    for length in range(_LONGEST):
        yield from ((start, end) for (start, _), (_, end) in zip(words, words[length:], strict=False))
