"""The answer language: what a model may say.

A program is a flat sequence of tokens in prefix notation. A token is an *operation* (a word of a closed set) or a
*pointer* into the evidence (`tools/evidence.py`): a column, a stored value, a number, a span of a passage. `GRAMMAR` is the one
definition of the language; the parser, the printer, the type checker and the decoder's mask are all derived from it.

This module promises that any sequence `State` accepts to the end parses, type-checks and can be compiled; it cannot
promise that the data co-operate (a division by zero, an empty result): the tools report those by name.

It imports only what programs point at, and every other package may import it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from functools import lru_cache
from typing import NamedTuple

from tools.evidence import KIND_OF, POINTERS, Column, Date, Kind, Number, Parameter, Phrase, Pointer, Span, Table, Tool, Value

VERSION = 2
ADDED: dict[int, tuple[str, ...]] = {2: ("via",)}  # operations, by version; each version holds all programs of those before it
UNDERSTOOD = range(1, VERSION + 1)

Token = str | Pointer
Program = tuple[Token, ...]

# --- The grammar ------------------------------------------------------------------------------------------------

CONSTANTS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "12", "24", "30", "50", "52", "60", "100", "365", "1000")
REFERENCES = ("r1", "r2", "r3", "r4")  # results of the steps so far, in order

# A line a rule. Alternatives are separated by "|" and begin with different tokens, so one token of look-ahead decides.
# Lower case: rules and operations. Upper case: kinds of pointer, and the classes CONSTANT and REF. "!name" consumes no
# token: it is a method of `State`, `_on_name`, that carries a type from one place to another.
GRAMMAR: dict[str, str] = {
    "program": "step* answer",
    "step": "query !free selection !queried | calc expr !calculated | call TOOL argument* end !called",
    "argument": "PARAMETER !supplied supplied",
    "supplied": "NUMBER | DATE | PHRASE | SPAN | VALUE | CONSTANT | REF",
    "answer": "quote SPAN+ end | give REF | unknown",
    # A query. FROM and JOIN are inferred from what is named; `join` adds a table, or picks a foreign key by its column.
    "selection": "select !open distinct? item+ !chosen joining? filter? grouping? ordering? limiting? end !close"
    " | union !arm selection !same selection | intersect !arm selection !same selection | except !arm selection !same selection",
    "joining": "join link+",
    "link": "TABLE | COLUMN",
    "filter": "where cond",
    "grouping": "group group_key+ having_clause?",
    "group_key": "field | date_part",
    "having_clause": "having having_cond",
    "ordering": "order order_key+",
    "order_key": "asc quantity | desc quantity",
    "limiting": "limit !limit limit_value",
    "limit_value": "NUMBER | CONSTANT",
    # A column; with `via`, that of the row which a foreign key refers to: `via flights.destination airports.city`. Each way through
    # foreign keys reads rows of its own, so a table may be read beside itself and twice by different keys.
    "field": "COLUMN | via !key COLUMN !reached field",
    "item": "!item chosen !typed",
    "chosen": "!star TABLE | field | date_part | aggregate | arithmetic",
    "quantity": "field | date_part | aggregate | arithmetic",
    "date_part": "year !date field | month !date field | day !date field",
    "aggregate": "count counted | unique field | sum summand | avg summand | min extreme | max extreme",
    "counted": "TABLE | field",
    "extreme": "field | date_part | row_arithmetic",
    # Arithmetic inside one row, and arithmetic that may also combine aggregates.
    "row_arithmetic": "add summand summand | sub summand summand | mul summand summand | div summand summand",
    "summand": "!number field | !number CONSTANT | !number NUMBER | date_part | row_arithmetic",
    "arithmetic": "add term term | sub term term | mul term term | div term term",
    "term": "!number field | !number CONSTANT | !number NUMBER | !number REF | aggregate | date_part | arithmetic",
    "cond": "and cond cond | or cond cond | not cond | null operand | in operand !scalar selection"
    " | between operand value value | eq operand value | ne operand value | lt operand value | le operand value"
    " | gt operand value | ge operand value | contains operand text | starts operand text | ends operand text",
    "operand": "!operand operand_body !subject",
    "operand_body": "field | date_part | row_arithmetic",
    "having_cond": "and having_cond having_cond | or having_cond having_cond | not having_cond"
    " | between measure value value | eq measure value | ne measure value | lt measure value | le measure value"
    " | gt measure value | ge measure value",
    "measure": "!operand measure_body !subject",
    "measure_body": "aggregate | arithmetic",
    "value": "!value value_body",
    "value_body": "NUMBER | DATE | VALUE | PHRASE | SPAN | field | CONSTANT | REF | !scalar selection",
    "text": "!value text_body",
    "text_body": "VALUE | PHRASE | SPAN | NUMBER",
    # A calculation, exact over rationals. percent a b: a % of b. share a b: a as a percentage of b. change a b: the
    # change from a to b, in percent of a. days_between a b: from a to b.
    "expr": "!expr expr_body",
    "expr_body": "NUMBER | CONSTANT | REF | add expr expr | sub expr expr | mul expr expr | div expr expr | pow expr expr"
    " | percent expr expr | share expr expr | change expr expr | round expr expr | min expr expr | max expr expr"
    " | abs expr | total expr+ end | mean expr+ end | days_between moment moment",
    "moment": "!moment moment_body",
    "moment_body": "DATE | REF",
}

_CLASSES: dict[str, tuple[str, ...]] = {"CONSTANT": CONSTANTS, "REF": REFERENCES}
_CLASS_OF = {word: name for name, words in _CLASSES.items() for word in words}

_Symbols = tuple[str, ...]
_RULES: dict[str, tuple[_Symbols, ...]] = {
    name: tuple(tuple(alternative.split()) for alternative in body.split("|")) for name, body in GRAMMAR.items()
}


def _first(symbol: str) -> frozenset[str]:
    """The terminals that `symbol` (with or without a repeat sign) may begin with."""
    name = symbol.rstrip("?*+")
    return frozenset().union(*map(_first_of, _RULES[name])) if name in _RULES else frozenset({name})


def _first_of(symbols: _Symbols) -> frozenset[str]:
    firsts: frozenset[str] = frozenset()
    for symbol in symbols:
        if symbol[0] != "!":
            firsts |= _first(symbol)
            if symbol[-1] not in "?*":
                break
    return firsts


_FIRST = {name: _first(name) for name in _RULES}
_CHOICE: dict[str, dict[str, _Symbols]] = {
    name: {terminal: alternative for alternative in alternatives for terminal in _first_of(alternative)}
    for name, alternatives in _RULES.items()
}
assert all(len(_CHOICE[name]) == sum(len(_first_of(a)) for a in _RULES[name]) for name in _RULES), "not LL(1)"

_TERMINALS = {s.rstrip("?*+") for alternatives in _RULES.values() for a in alternatives for s in a if s[0] != "!"} - set(_RULES)
OPERATIONS: tuple[str, ...] = tuple(sorted(t for t in _TERMINALS if t.islower())) + CONSTANTS + REFERENCES
"""Every operation in a fixed order, a checkpoint's operation vocabulary; VERSION changes when it does."""


class LanguageError(ValueError):
    """A program that is not in the language; the message names the token and what was allowed instead."""


# --- The automaton: mask and type checker -----------------------------------------------------------------------

_NUMERIC = frozenset({"count", "unique", "sum", "avg", "add", "sub", "mul", "div", "year", "month", "day"})
_NESTING = frozenset(
    {"and", "or", "not", "union", "intersect", "except", "in", "add", "sub", "mul", "div", "pow", "percent", "share"}
    | {"change", "round", "abs", "total", "mean"}
)
_MAX_OPEN = 40  # symbols on the stack beyond which nothing may nest deeper
_FREE, _NO_STAR = 0, -1  # widths a select may be asked for, beside an exact number of items


class _Frame(NamedTuple):
    """An open select: how many items it must have, how many it has, and the comparison it interrupts."""

    expected: int
    items: tuple[str, ...]
    subject: str
    subject_column: tuple[str, str]


class State(NamedTuple):
    """Where a program stands: what may come next, by grammar and by type. Immutable; `advance` gives the next state.

    A tuple, for a beam goes through hundreds of states, and with a dataclass a walk through a program takes half as long again.
    """

    stack: _Symbols = ("program",)
    results: tuple[str, ...] = ()  # the type of each step's result: a Type, "table" or "any"
    frames: tuple[_Frame, ...] = ()
    expect: int = _FREE  # the width that the next select must have
    closed: tuple[str, ...] = ()  # the types of the items of the select closed last
    seen: str = ""  # the type of the expression being read, "" while unknown
    seen_column: tuple[str, str] = ("", "")
    subject: str = ""  # the type of a comparison's left side
    subject_column: tuple[str, str] = ("", "")
    wants: str = ""  # what the next pointer, constant or reference must be
    held: str = ""  # what the column behind a `via` must be, while its key is read
    tool: str = ""

    @property
    def complete(self) -> bool:
        return not self.stack

    def allowed(self) -> tuple[frozenset[str], frozenset[Kind]]:
        """The operations and the kinds of pointer that may come next. A pointer's own type is left to `accepts`."""
        return _allowed(self)

    def accepts(self, token: Token) -> bool:
        state = _enter(self, _terminal(token))
        return state is not None and state._fits(token)

    def advance(self, token: Token) -> State:
        """The state after `token`. Raises LanguageError where it is not allowed."""
        state = _enter(self, _terminal(token))
        if state is None or not state._fits(token):
            operations, kinds = self.allowed()
            raise LanguageError(f"{show(token)} is not allowed here; expected {', '.join(sorted(operations | kinds)) or 'the end'}")
        return state._consume(token)

    def _enter(self, terminal: str) -> State | None:
        """This state with `terminal` on top of the stack, or None where it may not come next."""
        state: State | None = self
        while state is not None and state.stack:
            top, rest = state.stack[0], state.stack[1:]
            name, repeat = top.rstrip("?*+"), top[-1] if top[-1] in "?*+" else ""
            if top[0] == "!":
                state = getattr(state, f"_on_{top[1:]}")(rest)
            elif terminal not in _FIRST.get(name, (name,)):
                state = state._replace(stack=rest) if repeat in ("?", "*") else None
            elif repeat:
                state = state._replace(stack=(name, *rest) if repeat == "?" else (name, name + "*", *rest))
            elif name in _RULES:
                state = state._replace(stack=(*_CHOICE[name][terminal], *rest))
            elif terminal in _NESTING and len(rest) > _MAX_OPEN:
                return None
            else:
                return state
        return None

    def _fits(self, token: Token) -> bool:
        """Whether `token`, whose terminal is on top of the stack, has a type that fits here."""
        match token:
            case Column(type=kind):
                return self.wants in ("", "key", kind) or (self.wants == "value" and kind == self.subject)
            case Value(table=table, column=column):
                return self.wants != "value" or (table, column) == self.subject_column
            case Date():
                return self.wants != "value" or self.subject == "date"
            case Phrase():
                return self.wants != "value" or self.subject in ("text", "date")
            case Span():
                return self.wants != "value" or self.subject == "text"
            case Number(value=value):
                return self.wants != "limit" or (value.isdecimal() and int(value) > 0)
            case Parameter(tool=tool):
                return tool == self.tool
            case str() if token in REFERENCES:
                return self._fits_reference(REFERENCES.index(token))
            case str() if token in CONSTANTS:
                return not (self.wants == "limit" and token == "0") and not (self.wants == "value" and self.subject in ("text", "date"))
            case "query" | "calc" | "call":
                return len(self.results) < len(REFERENCES)
            case "give":
                return bool(self.results)
            case _:
                return True

    def _fits_reference(self, index: int) -> bool:
        if index >= len(self.results):
            return False
        result = self.results[index]
        match self.wants:
            case "expr" | "number":
                return result in ("number", "any")
            case "moment":
                return result in ("date", "any")
            case "value":
                return result in (self.subject, "any")
            case "supplied":
                return result != "table"
            case _:
                return True

    def _consume(self, token: Token) -> State:
        seen, seen_column, wants, tool = self.seen, self.seen_column, self.wants, self.tool
        match token:
            case str() if token in ("count", "unique"):
                seen, wants = seen or "number", ""
            case str() if token in _NUMERIC:
                seen = seen or "number"
            case str() if token in ("min", "max", "end", "total", "mean", "via"):
                pass
            case Column() if wants == "key":
                pass
            case Column(table=table, name=name, type=kind):
                seen, seen_column, wants = (kind, (table, name), "") if not seen else (seen, seen_column, "")
            case Table():
                seen, wants = seen or "table", ""
            case Tool(name=name):
                tool = name
            case _:
                wants = ""
        state = self._replace(stack=self.stack[1:], seen=seen, seen_column=seen_column, wants=wants, tool=tool)
        while state.stack and state.stack[0][0] == "!" and state.stack[0] in _AFTER:
            state = getattr(state, f"_on_{state.stack[0][1:]}")(state.stack[1:])
        return state

    # Actions of the grammar. Each takes the rest of the stack; None means that this way is closed.

    def _on_free(self, rest: _Symbols) -> State:
        return self._replace(stack=rest, expect=_FREE)

    def _on_scalar(self, rest: _Symbols) -> State | None:
        return None if len(rest) > _MAX_OPEN + 5 else self._replace(stack=rest, expect=1, wants="")

    def _on_arm(self, rest: _Symbols) -> State:
        return self._replace(stack=rest, expect=self.expect or _NO_STAR)

    def _on_same(self, rest: _Symbols) -> State:
        return self._replace(stack=rest, expect=len(self.closed))

    def _on_open(self, rest: _Symbols) -> State:
        frame = _Frame(self.expect, (), self.subject, self.subject_column)
        return self._replace(stack=rest, frames=(*self.frames, frame), expect=_FREE, wants="")

    def _on_item(self, rest: _Symbols) -> State | None:
        frame = self.frames[-1]
        full = frame.expected > 0 and len(frame.items) == frame.expected
        return None if full else self._replace(stack=rest, seen="", seen_column=("", ""))

    def _on_star(self, rest: _Symbols) -> State | None:
        return self._replace(stack=rest) if self.frames[-1].expected == _FREE else None

    def _on_typed(self, rest: _Symbols) -> State:
        frame = self.frames[-1]._replace(items=(*self.frames[-1].items, self.seen or "any"))
        return self._replace(stack=rest, frames=(*self.frames[:-1], frame))

    def _on_chosen(self, rest: _Symbols) -> State | None:
        frame = self.frames[-1]
        return None if len(frame.items) < frame.expected else self._replace(stack=rest)

    def _on_close(self, rest: _Symbols) -> State:
        frame = self.frames[-1]
        return self._replace(
            stack=rest, frames=self.frames[:-1], closed=frame.items, subject=frame.subject, subject_column=frame.subject_column
        )

    def _on_operand(self, rest: _Symbols) -> State:
        return self._replace(stack=rest, seen="", seen_column=("", ""))

    def _on_subject(self, rest: _Symbols) -> State:
        return self._replace(stack=rest, subject=self.seen, subject_column=self.seen_column)

    def _on_queried(self, rest: _Symbols) -> State:
        return self._replace(stack=rest, results=(*self.results, self.closed[0] if len(self.closed) == 1 else "table"))

    def _on_calculated(self, rest: _Symbols) -> State:
        return self._replace(stack=rest, results=(*self.results, "number"))

    def _on_called(self, rest: _Symbols) -> State:
        return self._replace(stack=rest, results=(*self.results, "any"), tool="")

    def _want(self, what: str, rest: _Symbols) -> State:
        return self._replace(stack=rest, wants=what)

    def _on_number(self, rest: _Symbols) -> State:
        return self._want("number", rest)

    def _on_date(self, rest: _Symbols) -> State:
        return self._want("date", rest)

    def _on_value(self, rest: _Symbols) -> State:
        return self._want("value", rest)

    def _on_key(self, rest: _Symbols) -> State:
        return self._replace(stack=rest, wants="key", held=self.wants)

    def _on_reached(self, rest: _Symbols) -> State:
        return self._replace(stack=rest, wants=self.held, held="")

    def _on_limit(self, rest: _Symbols) -> State:
        return self._want("limit", rest)

    def _on_expr(self, rest: _Symbols) -> State:
        return self._want("expr", rest)

    def _on_moment(self, rest: _Symbols) -> State:
        return self._want("moment", rest)

    def _on_supplied(self, rest: _Symbols) -> State:
        return self._want("supplied", rest)


# Beams ask the same states again and again, for every pointer that they consider: what they were told is kept.
@lru_cache(maxsize=1 << 14)
def _enter(state: State, terminal: str) -> State | None:
    return state._enter(terminal)


@lru_cache(maxsize=1 << 12)
def _allowed(state: State) -> tuple[frozenset[str], frozenset[Kind]]:
    operations: set[str] = set()
    kinds: set[Kind] = set()
    for terminal in _first_of(state.stack):
        entered = _enter(state, terminal)
        if entered is None:
            continue
        if terminal in POINTERS:
            kinds.add(terminal)  # type: ignore[arg-type]
        else:
            operations.update(w for w in _CLASSES.get(terminal, (terminal,)) if entered._fits(w))
    return frozenset(operations), frozenset(kinds)


# Actions that close something: they run as soon as their turn comes, without waiting for the next token.
_AFTER = frozenset({"!typed", "!subject", "!close", "!same", "!queried", "!calculated", "!called", "!open", "!free", "!arm", "!reached"})
START = State()


def _terminal(token: Token) -> str:
    return _CLASS_OF.get(token, token) if isinstance(token, str) else KIND_OF[type(token)]


def check(program: Program) -> None:
    """Raises LanguageError unless `program` is one whole, well-typed program."""
    state = START
    for token in program:
        state = state.advance(token)
    if not state.complete:
        operations, kinds = state.allowed()
        raise LanguageError(f"the program ends too early; expected {', '.join(sorted(operations | kinds))}")


def follows_keys(column: Column, program: Program, keys: Mapping[tuple[str, str], str]) -> bool:
    """Whether `column` may come after `program` where that ends in a `via`: as a foreign key, or as a column of the table that the key
    before it refers to. `keys` are its `referred_tables`. The grammar knows no schema; whoever draws programs asks here."""
    is_key = program[-1:] == ("via",)
    if is_key and (column.table, column.name) not in keys:
        return False
    match program[:-1][-2:] if is_key else program[-2:]:
        case ("via", Column(table=table, name=name)):
            return column.table == keys[table, name]
        case _:
            return True


# --- Tree -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """A rule of the grammar as it was used: its operations, pointers and sub-rules in order."""

    rule: str
    children: tuple[Node | Token, ...]

    def __iter__(self) -> Iterator[Node | Token]:
        return iter(self.children)

    def all(self, rule: str) -> list[Node]:
        """The direct children that are `rule`."""
        return [c for c in self.children if isinstance(c, Node) and c.rule == rule]

    def first(self, rule: str) -> Node | None:
        return next(iter(self.all(rule)), None)


def tree(program: Program) -> Node:
    """The program as a tree over the rules of GRAMMAR. Raises LanguageError if it is not a program."""
    check(program)
    position = 0

    def read(rule: str) -> Node:
        nonlocal position
        children: list[Node | Token] = []
        for symbol in _CHOICE[rule][_terminal(program[position])]:
            name, repeat = symbol.rstrip("?*+"), symbol[-1] if symbol[-1] in "?*+" else ""
            if symbol[0] == "!":
                continue
            count = 0
            while (
                position < len(program)
                and _terminal(program[position]) in _FIRST.get(name, (name,))
                and (repeat in ("*", "+") or count == 0)
            ):
                count += 1
                if name in _RULES:
                    children.append(read(name))
                else:
                    children.append(program[position])
                    position += 1
        return Node(rule, tuple(children))

    return read("program")


# --- Text -------------------------------------------------------------------------------------------------------


def show(token: Token) -> str:
    """A token as text: an operation is itself, a pointer is its kind and its fields, `column["orders", "total", "number"]`."""
    return token if isinstance(token, str) else KIND_OF[type(token)].lower() + json.dumps(list(astuple(token)), ensure_ascii=False)


def print_program(program: Program) -> str:
    return " ".join(map(show, program))


_WORD = re.compile(r"\s*([a-z_]+\d?|\d+)(?=[\s\[]|$)", re.ASCII)


def parse(text: str, *, trusted: bool = False) -> Program:
    """The inverse of `print_program`. Raises LanguageError on anything else.

    `trusted` text was printed by us from a checked program: its types are not checked again.
    """
    tokens: list[Token] = []
    position, text = 0, text.rstrip()
    while position < len(text):
        word = _WORD.match(text, position)
        if word is None:
            raise LanguageError(f"cannot read {text[position : position + 40]!r}")
        position = word.end()
        kind = POINTERS.get(word[1].upper())  # type: ignore[call-overload,arg-type]
        if kind is not None and text[position : position + 1] == "[":
            try:
                values, position = json.JSONDecoder().raw_decode(text, position)
                tokens.append(kind(*values))
            except (ValueError, TypeError, RecursionError) as error:
                raise LanguageError(f"cannot read the pointer after {word[1]!r}: {error}") from error
        elif word[1] in OPERATIONS:
            tokens.append(word[1])
        else:
            raise LanguageError(f"unknown operation {word[1]!r}")
    if not trusted:
        _check_fields(tokens)
        check(tuple(tokens))
    return tuple(tokens)


# Three digits of exponent hold every float; more would let a short text stand for a number of a billion digits.
_NUMERAL = re.compile(r"[+-]?(\d{1,1000}(\.\d{0,1000})?|\.\d{1,1000})([eE][+-]?\d{1,3})?", re.ASCII)
_FIELD_TYPES: dict[str, tuple[type, ...]] = {"str": (str,), "Type": (str,), "int": (int,), "str | int | float": (str, int, float)}


def _check_fields(tokens: list[Token]) -> None:
    """Text from outside may hold a pointer whose fields are of other types, or a numeral that is none."""
    for token in tokens:
        if isinstance(token, str):
            continue
        if any(not isinstance(getattr(token, field.name), _FIELD_TYPES[str(field.type)]) for field in fields(token)):
            raise LanguageError(f"a field of {show(token)[:120]} has the wrong type")
        if isinstance(token, Number) and not _NUMERAL.fullmatch(token.value):
            raise LanguageError(f"{token.value[:60]!r} is not a number")
