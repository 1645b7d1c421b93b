"""Arithmetic as people annotate it ("48/2", "920*10*.01"), turned into calculations that point at a question's numbers.

Each number of an annotation becomes a mention in the question, else a constant of the language, else there is no program.
What can be said in several ways is said in one: operands stand in the question's order, a sum of three or more is
`total`, a hundredth of a product is `percent`; so a model that learns from many hands sees one.
"""

from __future__ import annotations

import ast
import operator
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from tools.calculator import evaluate
from tools.errors import ToolError
from tools.evidence import QUESTION, Date, Mention, Number
from tools.language import CONSTANTS, REFERENCES, LanguageError, Program, Token, tree

OPERATORS: dict[type[ast.operator], str] = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow"}
_LONGEST = 40  # tokens of a program
_HUNDRED, _HUNDREDTH = Fraction(100), Fraction(1, 100)


class NoProgram(Exception):
    """Why an annotation cannot become a program."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The result of an earlier step of the annotation."""

    step: int


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    operands: tuple[Expr, ...]


Expr = Fraction | Number | Date | Earlier | Operation


def read_infix(text: str) -> Expr:
    """`text` as an expression over literals. Raises NoProgram where it is anything but arithmetic."""
    try:
        return _read(ast.parse(text.replace(",", "").strip().lstrip("0") or "0", mode="eval").body)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise NoProgram("annotation not read") from error


def _read(node: ast.expr) -> Expr:
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return Operation(OPERATORS[type(op)], (_read(left), _read(right)))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -Fraction(Decimal(repr(value)))
        case ast.Constant(value=int() | float() as value):
            return Fraction(Decimal(repr(value)))
    raise NoProgram("annotation not read")


def value_of(expr: Expr) -> Fraction | None:
    """The value of an expression over literals, None where it has none."""
    match expr:
        case Fraction():
            return expr
        case Operation(name, (left, right)) if name in ("add", "sub", "mul", "div"):
            a, b = value_of(left), value_of(right)
            if a is None or b is None or (name == "div" and b == 0):
                return None
            return Fraction({"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv}[name](a, b))
    return None


# --- Pointing at the question -----------------------------------------------------------------------------------


def program_of(steps: Sequence[tuple[Expr, Fraction]], question: str, mentions: Sequence[Mention], answer: Fraction) -> Program:
    """The program for annotated steps (expression, result as annotated), of which the last that gives `answer` answers.

    One calculation where it can be said in one; a result used twice is a calculation of its own. Raises NoProgram.
    """
    finals = [number for number, (_, result) in enumerate(steps) if _close(result, answer)]
    if not finals:
        raise NoProgram("no step gives the answer")
    pointing = _Pointing(question, mentions)
    expressions: list[Expr] = []
    for expr, _ in steps[: finals[-1] + 1]:
        earlier = {result: number for number, (_, result) in enumerate(steps[: len(expressions)])}
        expressions.append(pointing.point(expr, earlier))
    program = assemble(expressions, question)
    if len(program) > _LONGEST:
        raise NoProgram("too long")
    try:
        value = calculate(program)
    except (LanguageError, ToolError) as error:
        raise NoProgram("does not calculate") from error
    if not _close(value, answer):
        raise NoProgram("another answer")
    return program


def calculate(program: Program) -> Fraction:
    """The value of a program that only calculates. Raises LanguageError or ToolError."""
    results: dict[str, object] = {}
    value = Fraction(0)
    for name, step in zip(REFERENCES, tree(program).all("step"), strict=False):
        value = results[name] = evaluate(step.all("expr")[0], results).value
    return value


def _close(value: Fraction, answer: Fraction) -> bool:
    return abs(value - answer) <= Fraction(1, 10**6) * max(Fraction(1), abs(answer))


class _Pointing:
    """Turns literals into pointers, remembering which mentions and results have been used: most numbers are used once."""

    def __init__(self, question: str, mentions: Sequence[Mention]) -> None:
        self._mentions = [m for m in mentions if m.kind == "number"]
        self._values = [Fraction(m.value) for m in self._mentions]
        self._percent = ["%" in question[m.start : m.end] or "cent" in question[m.start : m.end] for m in self._mentions]
        self._used: set[int | Earlier] = set()

    def point(self, expr: Expr, earlier: dict[Fraction, int]) -> Expr:
        match expr:
            case Operation("div", (Fraction(), Fraction())) if (found := self._mention(value_of(expr))) is not None:
                return found  # "1/4", where the question says "1/4" or "a quarter of the"
            case Operation(name, operands):
                return Operation(name, tuple(self.point(operand, earlier) for operand in operands))
            case Fraction():
                return self._literal(expr, earlier)
        return expr

    def _literal(self, value: Fraction, earlier: dict[Fraction, int]) -> Expr:
        result = Earlier(earlier[value]) if value in earlier else None
        if result is not None and result not in self._used:
            self._used.add(result)
            return result
        found = self._mention(value)
        if found is not None:
            return found
        if result is not None:
            return result
        if _constant(value) or value == _HUNDREDTH:
            return value
        return self._share(value)

    def _mention(self, value: Fraction | None) -> Number | None:
        same = [index for index, known in enumerate(self._values) if known == value]
        index = next((index for index in same if index not in self._used), next(iter(same), None))
        return None if index is None else self._use(index)

    def _use(self, index: int) -> Number:
        self._used.add(index)
        mention = self._mentions[index]
        return Number(mention.value, QUESTION, mention.start, mention.end)

    def _share(self, value: Fraction) -> Expr:
        """`value` as hundredths of a percentage in the question: 0.2, 0.8 or 1.2 where it says 20 %."""
        for index, percent in enumerate(self._values):
            if not self._percent[index]:
                continue
            for wanted, name in ((percent, ""), (_HUNDRED - percent, "sub"), (_HUNDRED + percent, "add")):
                if value * 100 == wanted:
                    number = self._use(index)
                    return Operation("div", (Operation(name, (_HUNDRED, number)) if name else number, _HUNDRED))
        raise NoProgram("number neither in the question nor a constant")


def _constant(value: Fraction) -> bool:
    return str(value) in CONSTANTS


# --- One way of saying each thing -------------------------------------------------------------------------------


def tidy(expr: Expr, question: str) -> Expr:
    """The same value, said in the one way that we say it."""
    if not isinstance(expr, Operation):
        return expr
    expr = replace(expr, operands=tuple(tidy(operand, question) for operand in expr.operands))
    match expr:
        case Operation("mul"):
            return _tidy_product(_flat("mul", expr), question)
        case Operation("add"):
            return _sum(_flat("add", expr))
        case Operation("total"):
            return _sum(_flat("add", expr))
        case Operation("div", (Operation("total" | "add", terms), Fraction() as count)) if count == len(terms) and _mean(question):
            return Operation("mean", terms)
    return expr


def _flat(name: str, expr: Expr) -> list[Expr]:
    if isinstance(expr, Operation) and (expr.name == name or (name == "add" and expr.name == "total")):
        return [part for operand in expr.operands for part in _flat(name, operand)]
    return [expr]


def _tidy_product(factors: list[Expr], question: str) -> Expr:
    """`percent` for a product with a hundredth or with a percentage in it, `share` for a ratio times a hundred."""
    for index, factor in enumerate(factors):
        rest = factors[:index] + factors[index + 1 :]
        match factor:
            case Operation("div", (part, Fraction() as hundred)) if hundred == 100:
                return Operation("percent", (part, _product(rest)))
            case Fraction() if factor == _HUNDREDTH:
                percent = next((f for f in rest if isinstance(f, Number) and _is_percent(f, question)), rest[0])
                others = [f for f in rest if f is not percent]
                return Operation("percent", (percent, _product(others))) if others else Operation("div", (percent, _HUNDRED))
            case Operation("div", (part, whole)) if rest == [_HUNDRED]:
                return Operation("share", (part, whole))
    return _product(factors)


def _is_percent(number: Number, question: str) -> bool:
    return "%" in question[number.start : number.end] or "cent" in question[number.start : number.end]


def _sum(terms: list[Expr]) -> Expr:
    return Operation("total" if len(terms) > 2 else "add", tuple(_in_order(terms)))


def _product(factors: list[Expr]) -> Expr:
    first, *rest = _in_order(factors)
    for factor in rest:
        first = Operation("mul", (first, factor))
    return first


def _in_order(operands: list[Expr]) -> list[Expr]:
    return sorted(operands, key=lambda operand: min(_places(operand), default=10**6))


def _places(expr: Expr) -> Iterator[int]:
    match expr:
        case Number(start=start) | Date(start=start):
            yield start
        case Earlier(step):
            yield step - len(REFERENCES)  # before everything in the question
        case Operation(_, operands):
            for operand in operands:
                yield from _places(operand)


def _mean(question: str) -> bool:
    return "average" in question or "mean" in question


# --- Programs ---------------------------------------------------------------------------------------------------


def assemble(expressions: Sequence[Expr], question: str) -> Program:
    """The program that gives the last expression: results used once are written where they are used. Raises NoProgram."""
    uses = Counter(_references(expressions, len(expressions) - 1))
    own = [step for step in sorted(uses) if uses[step] > 1 and isinstance(expressions[step], Operation)] + [len(expressions) - 1]
    if len(own) > len(REFERENCES):
        raise NoProgram("too many steps")
    names = {step: REFERENCES[index] for index, step in enumerate(own)}

    def inlined(expr: Expr) -> Expr:
        match expr:
            case Earlier(step) if step not in names:
                return inlined(expressions[step])
            case Operation(name, operands):
                return Operation(name, tuple(map(inlined, operands)))
        return expr

    program: list[Token] = []
    for step in own:
        program += ["calc", *expression_tokens(tidy(inlined(expressions[step]), question), names)]
    return (*program, "give", names[own[-1]])


def _references(expressions: Sequence[Expr], step: int) -> list[int]:
    """The steps that `step` needs, once for each place where they are named."""
    found: list[int] = []
    waiting = [expressions[step]]
    while waiting:
        match waiting.pop():
            case Earlier(earlier):
                if earlier not in found:
                    waiting.append(expressions[earlier])
                found.append(earlier)
            case Operation(_, operands):
                waiting.extend(operands)
    return found


def expression_tokens(expr: Expr, names: Mapping[int, str]) -> Iterator[Token]:
    """An expression in the language; `names` says what the results of earlier steps are called. Raises NoProgram."""
    match expr:
        case Earlier(step):
            yield names[step]
        case Operation(name, operands):
            yield name
            for operand in operands:
                yield from expression_tokens(operand, names)
            if name in ("total", "mean"):
                yield "end"
        case Number() | Date():
            yield expr
        case Fraction() if _constant(expr):
            yield str(expr)
        case Fraction() if expr and _constant(1 / expr):
            yield from ("div", "1", str(1 / expr))
        case _:
            raise NoProgram("number neither in the question nor a constant")
