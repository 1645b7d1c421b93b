"""The router executes a program, step by step, and keeps the trace.

It promises that an outcome is what the tools gave for exactly this program: nothing is repaired, guessed or retried. A
program that fails raises `FixArguments` (it asks for something that is not there) or `Unanswerable` (the data give nothing);
whoever has other programs tries the next. The rule for queries: **an answer with no rows, or with nothing in it but NULL, is
Unanswerable**, so that a program that misread the question falls out; a count of 0 is an answer. A call that returned nothing
(null, or an empty text, list or object) is Unanswerable, too.

It leaves out the choice between programs, time limits on registered tools, and words: rendering is the service's.
"""

from __future__ import annotations

import functools
import inspect
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction

from tools.calculator import evaluate, format_number, read_number
from tools.database import Database
from tools.errors import FixArguments, ToolError, Unanswerable
from tools.evidence import (
    QUESTION, Column, Date, Evidence, Mention, Number, Parameter, Passage, Phrase, Schema, Span, Table, Tool, ToolInfo, Value,
)  # fmt: skip
from tools.functions import Function, Supplied
from tools.language import REFERENCES, UNDERSTOOD, VERSION, LanguageError, Node, Program, Token, parse, tree
from tools.outcome import Call, Outcome, Step, operands, quote, source_text, with_words
from tools.patience import GivenUp
from tools.results import PlainResults, Rows, as_json, decimal, plain_number, plain_value, single
from tools.sql import Query, compile_select
from tools.unit_reading import unit_of_number, units_of_query
from tools.units import Measured, plain

MAX_CALLS = 4  # of one tool, with different arguments, for one question
_NONE: Mapping[str, object] = {}
_Asked = tuple[str, str, tuple[tuple[type, object], ...]]  # of a database: its name, the statement, and its parameters with their types


@dataclass
class _Run:
    """A program under way: its results by name, and the steps so far."""

    program: Program
    evidence: Evidence
    responses: Mapping[str, object]
    recorded: bool = False  # whether all that is to be asked has been, and stands in `responses`
    results: dict[str, object] = field(default_factory=dict)
    texts: dict[str, tuple[str, str]] = field(default_factory=dict)  # of calculations: the value and the working, as text
    calls: dict[str, Call] = field(default_factory=dict)
    units: dict[str, Measured] = field(default_factory=dict)  # of results that are one value
    steps: list[Step] = field(default_factory=list)


class Router:
    """Executes programs over `databases` (by the name in the evidence's Schema blocks) and registered `tools`.

    A tool is called with its arguments by name and returns a value of JSON; it may raise FixArguments or Unanswerable. What is
    declared in `functions`, by name, of these tools or of the client's gets arguments of the declared types. A router holds no
    state of its own, so one serves any number of threads; that of `for_question` does.
    """

    def __init__(
        self,
        databases: Mapping[str, Database],
        tools: Mapping[str, Callable[..., object]] = _NONE,  # type: ignore[assignment]
        functions: Mapping[str, Function] = _NONE,  # type: ignore[assignment]
    ) -> None:
        self.databases = databases
        self.tools = tools
        self.functions = functions
        self._told: dict[_Asked, Rows | ToolError] | None = None  # by databases, where all programs are of one question

    def for_question(self, functions: Iterable[Function] = ()) -> Router:
        """A router for the programs of one question, with the client's functions declared. No tool is called twice with the same
        arguments, and none for more than MAX_CALLS different ones: the model's many programs differ little. No database is asked the
        same twice, either."""
        tools = {name: _remembering(name, tool) for name, tool in self.tools.items()}
        router = Router(self.databases, tools, {**self.functions, **{function.name: function for function in functions}})
        router._told = {}
        return router

    def run(self, program: Program, evidence: Evidence, responses: Mapping[str, object] = _NONE) -> Outcome:
        """The outcome of `program`. Raises ToolError, or LanguageError where it is no program at all.

        `responses` holds what calls have already returned, and `Rows` that queries have, by the name of the result: those are
        not made again. A call to a tool that stands in the evidence but is not registered here is the client's to make: it ends
        the run with an outcome of kind "call" that is not executed.
        """
        return self._run(_Run(program, evidence, responses))

    def _run(self, run: _Run) -> Outcome:
        root = tree(run.program)
        for step in root.all("step"):
            pending = self._step(step, run)
            if pending is not None:
                return Outcome("call", run.program, call=pending, steps=tuple(run.steps))
        answer = root.first("answer")
        assert answer is not None  # `tree` has checked the program
        return _answer(answer, run)

    def verify(self, trace: Mapping[str, object], evidence: Evidence) -> list[str]:
        """Runs a trace again and lists, in words, what is different now; nothing if the answer stands.

        Calls to tools are not repeated, for they may have effects: what they returned then is taken as given. Times differ
        always and are not compared.
        """
        if trace.get("language") not in UNDERSTOOD:
            return [f"the trace is in version {trace.get('language')} of the answer language, not {VERSION}"]
        try:
            program = parse(str(trace["program"]))
            again = self.run(program, evidence, _recorded_responses(trace)).to_json()
        except (ToolError, LanguageError, KeyError, TypeError) as error:
            return [f"the program does not run any more: {error}"]
        except RecursionError:  # a trace comes from outside, and may hold anything
            return ["the program does not run any more: it is nested too deep"]
        differences = list(_differences("", _comparable(trace), _comparable(again)))
        return [*differences, *_unfounded(program, evidence)]

    def replay(self, outcome: Outcome, evidence: Evidence) -> list[str]:
        """Lists, in words, what of `outcome` does not follow from its program, the evidence, and what its queries and calls returned;
        nothing if all of it does. No database and no tool is asked."""
        returned = {step.name: step.result for step in outcome.steps if step.operation != "calc"}
        if outcome.call is not None and not outcome.call.executed:
            returned.pop(f"r{len(outcome.steps)}", None)
        try:
            again = self._run(_Run(outcome.program, evidence, returned, recorded=True))
        except (ToolError, LanguageError) as error:
            return [f"the program does not run: {error}"]
        then, now = _untimed(outcome), _untimed(again)
        differences = () if then == now else _differences("", then.to_json(), now.to_json())
        return [*differences, *_unfounded(outcome.program, evidence)]

    def _step(self, step: Node, run: _Run) -> Call | None:
        """Executes a step into `run`. A call that the client has to make is returned instead."""
        name, operation = f"r{len(run.steps) + 1}", step.children[0]
        used = operands(step, run.evidence)
        started = time.perf_counter()
        working, truncated, pending = "", False, None
        units: tuple[str, ...] = ()
        if operation == "query":
            selection = step.first("selection")
            assert selection is not None
            result, given, units = self._query(selection, name, run)
            truncated = result.truncated
            run.results[name] = result
        elif operation == "calc":
            expression = step.first("expr")
            assert expression is not None
            calculation = evaluate(expression, run.results, _units_beside(expression, run.evidence) | run.units)
            given, working, units = {"expression": _expression(expression)}, calculation.working, (calculation.unit,)
            run.results[name], run.texts[name], run.units[name] = calculation.value, (calculation.text, working), calculation.measured
        else:
            call = self._call(step, name, run)
            given = {"tool": call.tool, "arguments": call.arguments}
            run.calls[name], run.results[name], run.units[name] = call, call.response, None
            pending = None if call.executed else call
        elapsed = round((time.perf_counter() - started) * 1000, 3)
        run.steps.append(Step(name, str(operation), given, run.results[name], working, truncated, elapsed, used, units))  # type: ignore[arg-type]
        return pending

    def _query(self, selection: Node, name: str, run: _Run) -> tuple[Rows, dict[str, object], tuple[str, ...]]:
        """The rows, what was asked of which database, and the units of the columns."""
        schema = _schema(selection, run.evidence)
        if schema.database not in self.databases:
            raise FixArguments(f"there is no database {schema.database!r}; have {sorted(self.databases)}")
        database = self.databases[schema.database]
        measured = units_of_query(selection, run.evidence, schema, run.units)
        try:
            query = compile_select(with_words(selection, run.evidence), database.schema, PlainResults(run.results), database.dialect)
        except OverflowError:
            raise FixArguments("a number of the query is too large for a database") from None
        rows = run.responses.get(name)
        if not isinstance(rows, Rows):
            if run.recorded:
                raise FixArguments(f"{name} has no rows")
            rows = self._rows(database, query)
        given: dict[str, object] = {"database": database.name, "sql": query.sql, "parameters": list(query.parameters)}
        columns = tuple(query.columns) if len(query.columns) == len(rows.columns) else rows.columns
        run.units[name] = measured[0] if len(measured) == len(columns) == 1 else None
        units = tuple(plain(unit) for unit in measured) if len(measured) == len(columns) else ("",) * len(columns)
        return Rows(columns, rows.rows, rows.truncated), given, units

    def _rows(self, database: Database, query: Query) -> Rows:
        if self._told is None:
            return database.run(query.sql, query.parameters)
        asked = database.name, query.sql, tuple((type(value), value) for value in query.parameters)  # 1 and 1.0 are not the same to all
        if asked not in self._told:
            try:
                self._told[asked] = database.run(query.sql, query.parameters)
            except ToolError as error:
                self._told[asked] = error
        told = self._told[asked]
        if isinstance(told, ToolError):
            raise told
        return told

    def _call(self, step: Node, name: str, run: _Run) -> Call:
        tool = next(child.name for child in step if isinstance(child, Tool))
        supplied: dict[str, Supplied] = {}
        for argument in step.all("argument"):
            parameter, given = argument.children
            assert isinstance(parameter, Parameter) and isinstance(given, Node)
            if parameter.name in supplied:
                raise FixArguments(f"the parameter {parameter.name!r} of {tool!r} is given twice")
            supplied[parameter.name] = supplied_by(given.children[0], run.evidence, run.results)  # type: ignore[arg-type]
        declared = self.functions.get(tool)
        arguments = declared.arguments(supplied) if declared is not None else {key: given.value for key, given in supplied.items()}
        if name in run.responses:
            return Call(tool, arguments, True, run.responses[name])
        if tool in self.tools and not run.recorded:
            return Call(tool, arguments, True, _called(tool, self.tools[tool], arguments))
        if any(isinstance(block, ToolInfo) and block.name == tool for block in run.evidence.blocks):
            return Call(tool, arguments, False)
        raise FixArguments(f"unknown tool {tool!r}; have {sorted(self.tools)}")


def _called(name: str, tool: Callable[..., object], arguments: Mapping[str, object]) -> object:
    try:
        inspect.signature(tool).bind(**arguments)
    except TypeError as error:
        raise FixArguments(f"wrong arguments for the tool {name!r}: {error}") from None
    except ValueError:
        pass  # a built-in without a signature; calling it will tell
    try:
        return tool(**arguments)
    except (ToolError, GivenUp):
        raise
    except Exception as error:  # a tool is the operator's code: whatever it raises must not bring the service down
        raise Unanswerable(f"the tool {name!r} failed: {type(error).__name__}") from error


def _remembering(name: str, tool: Callable[..., object]) -> Callable[..., object]:
    told: dict[str, tuple[object, Exception | None]] = {}

    @functools.wraps(tool)
    def once(**arguments: object) -> object:
        key = json.dumps(as_json(arguments), sort_keys=True)
        if key not in told:
            if len(told) == MAX_CALLS:
                raise Unanswerable(f"the tool {name!r} was called {MAX_CALLS} times for this question")
            try:
                told[key] = tool(**arguments), None
            except Exception as error:
                told[key] = None, error
        result, failure = told[key]
        if failure is not None:
            raise failure
        return result

    return once


def supplied_by(token: Token, evidence: Evidence, results: Mapping[str, object]) -> Supplied:
    """An argument as JSON, and the characters it stands in. A day is "2024-03-05"; a longer period is its half-open interval,
    "2024-03-01/2024-04-01"."""
    match token:
        case Number(value=value, block=block, start=start, end=end):
            return Supplied(plain_number(read_number(value)), source_text(evidence, block, start, end))
        case Date(block=block, start=start, end=end):
            day = token.first if _one_day(token) else f"{token.first}/{token.last}"
            return Supplied(day, source_text(evidence, block, start, end))
        case Phrase(text=text):
            return Supplied(text, text)
        case Span(block=block, start=start, end=end):
            text = source_text(evidence, block, start, end)
            return Supplied(text, text)
        case Value(value=value):
            return Supplied(value)
        case str() if token in REFERENCES:
            return Supplied(plain_value(results, token))
        case _:
            return Supplied(int(str(token)))


def _one_day(when: Date) -> bool:
    try:
        return date.fromisoformat(when.last) - date.fromisoformat(when.first) <= timedelta(days=1)
    except ValueError:
        raise FixArguments(f"{when.first!r} to {when.last!r} is not a period") from None


def _named(node: Node) -> Iterator[tuple[str, str]]:
    """The (table, column) pairs that a selection names; ("orders", "") for a table alone."""
    for child in node:
        match child:
            case Node():
                yield from _named(child)
            case Column(table=table, name=column) | Value(table=table, column=column):
                yield table, column
            case Table(name=table):
                yield table, ""


def _schema(selection: Node, evidence: Evidence) -> Schema:
    """The block that has every table and column that is named; of several, the first in the evidence."""
    named = set(_named(selection))
    for block in evidence.blocks:
        if isinstance(block, Schema) and named <= _names(block):
            return block
    tables = sorted({table for table, _ in named})
    raise FixArguments(f"no database in the evidence has all of {tables}")


def _units_beside(node: Node, evidence: Evidence) -> dict[Token | str, Measured]:
    """What stands beside each number of an expression."""
    found: dict[Token | str, Measured] = {}
    for child in node:
        if isinstance(child, Node):
            found |= _units_beside(child, evidence)
        elif isinstance(child, Number):
            found[child] = unit_of_number(child, evidence)
    return found


def _names(schema: Schema) -> set[tuple[str, str]]:
    return {(t.name, column) for t in schema.tables for column in ("", *(c.name for c in t.columns))}


def _answer(answer: Node, run: _Run) -> Outcome:
    head = answer.children[0]
    steps = tuple(run.steps)
    if head == "unknown":
        return Outcome("unknown", run.program, steps=steps)
    if head == "quote":
        quotes = tuple(quote(child, run.evidence) for child in answer if isinstance(child, Span))
        return Outcome("quote", run.program, quotes, text="; ".join(q.text for q in quotes), steps=steps)
    name = str(answer.children[1])
    result = run.results[name]
    if isinstance(result, Rows):
        if result.empty:
            raise Unanswerable("no rows")
        value = single(run.results, name) if len(result.rows) == len(result.columns) == 1 else None
        units = next(step.units for step in steps if step.name == name)
        return Outcome(
            "rows", run.program, (), result.columns, result.rows, result.truncated, value, _text(value), steps=steps, units=units
        )  # fmt: skip
    if name in run.calls:
        if result in (None, "", [], {}):
            raise Unanswerable(f"{run.calls[name].tool!r} returned nothing")
        return Outcome("call", run.program, value=result, text=_text(result), call=run.calls[name], steps=steps)
    text, working = run.texts[name]
    return Outcome("number", run.program, value=result, text=text, working=working, steps=steps, units=(plain(run.units[name]),))


def _text(value: object) -> str:
    if isinstance(value, float) and value == value and abs(value) != float("inf"):
        return format_number(Fraction(decimal(value)))
    return value if isinstance(value, str) else "" if value is None else json.dumps(as_json(value), ensure_ascii=False)


def _expression(node: Node) -> str:
    """An expression as the language writes it, without the places it points at: those are the operands'."""
    words = (_expression(c) if isinstance(c, Node) else _word(c) for c in node)
    return " ".join(words)


def _word(token: Token) -> str:
    match token:
        case Number(value=value):
            return value
        case Date(first=first):
            return first
        case _:
            return str(token)


# --- Verification ---------------------------------------------------------------------------------------------------


def _recorded_responses(trace: Mapping[str, object]) -> dict[str, object]:
    steps: list[dict[str, object]] = list(trace.get("steps") or [])  # type: ignore[call-overload]
    pending = trace.get("call")
    waiting = isinstance(pending, Mapping) and not pending.get("executed")
    calls = [step for step in steps if step["operation"] == "call"]
    return {str(step["name"]): step["result"] for step in (calls[:-1] if waiting else calls)}


def _comparable(trace: Mapping[str, object]) -> object:
    """A trace as it is after a journey through JSON, without the times and the version of the language."""
    plain = json.loads(json.dumps(trace))
    plain.pop("language", None)
    for step in plain.get("steps") or ():
        step.pop("elapsed_ms", None)
    return plain


def _untimed(outcome: Outcome) -> Outcome:
    return replace(outcome, steps=tuple(replace(step, elapsed_ms=0.0) for step in outcome.steps))


def _differences(path: str, then: object, now: object) -> Iterator[str]:
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted(then.keys() | now.keys()):
            yield from _differences(f"{path}.{key}".lstrip("."), then.get(key), now.get(key))
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for index, (before, after) in enumerate(zip(then, now, strict=True)):
            yield from _differences(f"{path}[{index}]", before, after)
    elif then != now:
        yield f"{path} was {_brief(then)} and is {_brief(now)}"


def _brief(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:117] + "..."


def _unfounded(program: Program, evidence: Evidence) -> Iterator[str]:
    """Which numbers, dates and phrases of the program do not stand in the evidence at the place they claim, each in words."""
    missing = "in the program does not stand in the evidence"
    for token in program:
        match token:
            case Number(value=value, block=block):
                claimed: Mention | None = Mention("number", token.start, token.end, value)
            case Date(first=first, last=last, block=block):
                claimed = Mention("date", token.start, token.end, f"{first}/{last}")
            case Phrase(text=text, start=start, end=end):
                claimed, block = None, QUESTION
                if evidence.question[start:end] != text:
                    yield f"{text!r} {missing}"
            case _:
                continue
        if claimed is not None and claimed not in _mentions(evidence, block):
            yield f"{claimed.value!r} {missing}"


def _mentions(evidence: Evidence, block: int) -> tuple[Mention, ...]:
    if block == QUESTION:
        return evidence.mentions
    found = evidence.blocks[block] if 0 <= block < len(evidence.blocks) else None
    return found.mentions if isinstance(found, Passage) else ()
