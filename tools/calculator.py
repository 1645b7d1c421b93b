"""The calculator: `expr` trees of the answer language, evaluated over exact rationals.

It promises that a result is exact, that its working can be read aloud ("189.50 × 3 = 568.50"), and that no expression
takes long: every number stays under MAX_DIGITS, and the size of a power is known before the power is computed. It never
calls `eval`, and there are no names, attributes or functions for an attacker to reach: only the operations below.

It leaves out roots, logarithms and every other function whose result is not rational.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tools.errors import FixArguments, Unanswerable
from tools.language import CONSTANTS, REFERENCES, Date, Node, Number, Token
from tools.results import single

MAX_DIGITS = 1000  # of a numerator or a denominator
MAX_EXPONENT = 1000
MAX_OPERANDS = 256
MAX_PLACES = 100  # decimals one may round to
_MAX_BITS = math.ceil(MAX_DIGITS * math.log2(10))
_EXACT_PLACES = 12  # decimals up to which a terminating number is written out
_SIGNIFICANT = 6  # digits of a number that is not

# Three digits of exponent hold every float; more would let "1e999999" build a number before it could be measured.
_NUMERAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)([T ].*)?", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Calculation:
    """An exact value, the working as people write it, and the value as the working shows it."""

    value: Fraction
    working: str
    text: str


@dataclass(frozen=True, slots=True)
class _Term:
    """A part of the expression: its value, how it reads, how tightly it binds, and the decimals it was written with."""

    value: Fraction
    text: str
    binding: int
    places: int = 0


_SUM, _PRODUCT, _POWER, _ATOM = range(4)
_INFIX = {"add": ("+", _SUM), "sub": ("−", _SUM), "mul": ("×", _PRODUCT), "div": ("÷", _PRODUCT)}


def evaluate(expr: Node, results: Mapping[str, object]) -> Calculation:
    """The value of `expr`, whose references are looked up in `results`.

    Raises FixArguments for an expression beyond the limits, Unanswerable where there is no value (a division by zero).
    """
    operands = _count(expr)
    if operands > MAX_OPERANDS:
        raise FixArguments(f"the expression has {operands} operands; at most {MAX_OPERANDS} are allowed")
    term = _evaluate(expr, results)
    shown = format_number(term.value, term.places)
    if term.binding == _ATOM and term.text == shown:
        return Calculation(term.value, shown, shown)
    equals = "" if shown.startswith("≈") else "= "
    unit = {"share": "%", "change": "%"}.get(_operation(expr), "")
    return Calculation(term.value, f"{term.text} {equals}{shown}{unit}", shown + unit)


def format_number(value: Fraction, places: int = 0) -> str:
    """A decimal with at least `places` decimals: exact if 12 decimals are enough, else six digits or more after "≈ "."""
    for needed in range(_EXACT_PLACES + 1):
        if (value * 10**needed).denominator == 1:
            return _decimal(value, max(needed, places if needed or places == 2 else 0))
    size = abs(value)
    if size < Fraction(1, 10**_EXACT_PLACES):
        exponent = _magnitude(size)
        mantissa = _round(value / Fraction(10) ** exponent, _SIGNIFICANT - 1)
        if abs(mantissa) == 10:
            mantissa, exponent = mantissa / 10, exponent + 1
        return f"≈ {_decimal(mantissa, _SIGNIFICANT - 1)}e{exponent}"
    kept = max(2, _SIGNIFICANT - 1 - _magnitude(size))
    return f"≈ {_decimal(_round(value, kept), kept)}"


def _magnitude(size: Fraction) -> int:
    """The exponent of the leading digit: 0 for 1 to 9.99, -1 for 0.1 to 0.99."""
    guess = len(str(size.numerator)) - len(str(size.denominator))
    return guess if size >= Fraction(10) ** guess else guess - 1


def _decimal(value: Fraction, places: int) -> str:
    """`value`, which has no more than `places` decimals, written with exactly that many."""
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else sign + digits


def _round(value: Fraction, places: int) -> Fraction:
    """Half up, as taught in school: away from zero, for negative numbers too."""
    scale = Fraction(10) ** places
    rounded = math.floor(abs(value) * scale + Fraction(1, 2)) / scale
    return -rounded if value < 0 else rounded


# --- The tree -------------------------------------------------------------------------------------------------------


def _count(node: Node) -> int:
    return sum(_count(c) if isinstance(c, Node) else not _is_word(c) for c in node)


def _is_word(token: Token) -> bool:
    """Whether the token is an operation and not an operand."""
    return isinstance(token, str) and token not in CONSTANTS and token not in REFERENCES


def _operation(expr: Node) -> str:
    head = _body(expr).children[0]
    return head if isinstance(head, str) else ""


def _body(expr: Node) -> Node:
    body = expr.children[0]
    return body if expr.rule == "expr" and isinstance(body, Node) else expr


def _evaluate(expr: Node, results: Mapping[str, object]) -> _Term:
    head, *rest = _body(expr).children
    nodes = [child for child in rest if isinstance(child, Node)]
    if not nodes:
        return _operand(head, results)
    if head == "days_between":
        return _days_between(nodes, results)
    term = _apply(str(head), [_evaluate(node, results) for node in nodes])
    _check_size(term.value)
    return term


def _operand(token: Token | Node, results: Mapping[str, object]) -> _Term:
    if isinstance(token, Number):
        return _numeral(token.value)
    if token in CONSTANTS:
        return _numeral(str(token))
    if token in REFERENCES:
        return _measured(single(results, str(token)), f"result {token}")
    raise FixArguments(f"{token!r} is not an operand")


def _measured(value: object, name: str) -> _Term:
    """A result as a number. A float counts as the decimal that people see: 0.1 is a tenth."""
    match value:
        case Fraction():
            _check_size(value)
            return _shown(value)
        case bool():
            raise Unanswerable(f"{name} is {value}, not a number")
        case int():
            _check_size(Fraction(value))
            return _shown(Fraction(value))
        case float() if math.isfinite(value):
            return _numeral(repr(value))
        case Decimal() if value.is_finite():
            return _numeral(str(value))
        case str() if len(value) <= MAX_DIGITS and _NUMERAL.fullmatch(value.strip()):
            return _numeral(value.strip())
        case _:
            raise Unanswerable(f"{name} is {str(value)[:60]!r}, not a number")


def read_number(text: str) -> Fraction:
    """The exact value of a decimal numeral. Raises FixArguments for anything else, and for one of too many digits."""
    if len(text) > MAX_DIGITS or not _NUMERAL.fullmatch(text):
        raise FixArguments(f"{text[:60]!r} is not a number of at most {MAX_DIGITS} digits")
    value = Fraction(text)
    _check_size(value)
    return value


def _numeral(text: str) -> _Term:
    value = read_number(text)
    return _shown(value, len(text.partition(".")[2]) if "e" not in text.lower() else 0)


def _shown(value: Fraction, places: int = 0) -> _Term:
    """A number as an operand. Only two decimals are kept as written, as in money: 189.50, but 1.5 for 1.500."""
    places = places if places == 2 else 0
    return _Term(value, format_number(value, places), _ATOM if value >= 0 else _SUM, places)


def _check_size(value: Fraction) -> None:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MAX_BITS:
        raise FixArguments(f"a number has more than {MAX_DIGITS} digits")


# --- The operations -------------------------------------------------------------------------------------------------


def _apply(operation: str, terms: list[_Term]) -> _Term:
    values = [term.value for term in terms]
    places = max(term.places for term in terms)
    match operation:
        case "add" | "sub" | "mul":
            value = {"add": Fraction.__add__, "sub": Fraction.__sub__, "mul": Fraction.__mul__}[operation](*values)
            return _Term(value, *_infix(operation, *terms), places)
        case "div":
            return _Term(_divide(*values), *_infix("div", *terms))
        case "pow":
            return _Term(_power(*values), f"{_bound(terms[0], _ATOM)}^{_bound(terms[1], _ATOM)}", _POWER)
        case "percent":
            value = values[0] / 100 * values[1]
            return _Term(value, f"{_bound(terms[0], _ATOM)}% of {_bound(terms[1], _ATOM)}", _SUM, terms[1].places)
        case "share":
            return _Term(_divide(*values) * 100, f"{_bound(terms[0], _PRODUCT)} ÷ {_bound(terms[1], _POWER)} × 100", _PRODUCT)
        case "change":
            first, second = terms
            text = f"({second.text} − {_bound(first, _PRODUCT)}) ÷ {_bound(first, _POWER)} × 100"
            return _Term(_divide(second.value - first.value, first.value) * 100, text, _PRODUCT)
        case "round":
            decimals = _integer(values[1], MAX_PLACES, "decimals to round to")
            return _Term(_round(values[0], decimals), f"round({terms[0].text}, {terms[1].text})", _ATOM, max(decimals, 0))
        case "min" | "max":
            value = (min if operation == "min" else max)(values)
            return _Term(value, f"{operation}({', '.join(t.text for t in terms)})", _ATOM, places)
        case "abs":
            return _Term(abs(values[0]), f"|{terms[0].text}|", _ATOM, places)
        case "total":
            return _total(terms)
        case "mean":
            total = _total(terms)
            return _Term(total.value / len(terms), f"{_bound(total, _PRODUCT)} ÷ {len(terms)}", _PRODUCT)
        case _:
            raise FixArguments(f"unknown operation {operation!r}")


def _total(terms: list[_Term]) -> _Term:
    total = Fraction(0)
    for term in terms:
        total += term.value
        _check_size(total)  # after each: many unlike denominators multiply
    text, *rest = (term.text if index == 0 else _bound(term, _PRODUCT) for index, term in enumerate(terms))
    return _Term(total, " + ".join((text, *rest)), _SUM if rest else terms[0].binding, max(term.places for term in terms))


def _divide(value: Fraction, divisor: Fraction) -> Fraction:
    if divisor == 0:
        raise Unanswerable(f"{format_number(value)} cannot be divided by zero")
    return value / divisor


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    power = _integer(exponent, MAX_EXPONENT, "exponent")
    if base == 0 and power < 0:
        raise Unanswerable("zero has no negative power")
    largest = max(abs(base.numerator), base.denominator)
    if largest > 1 and math.log2(largest) * abs(power) > _MAX_BITS:  # measured before it is built: 9^9^9 would not end
        raise FixArguments(f"a power would have more than {MAX_DIGITS} digits")
    return base**power


def _integer(value: Fraction, limit: int, what: str) -> int:
    if value.denominator != 1 or abs(value) > limit:
        raise FixArguments(f"the {what} must be a whole number of at most {limit}, not {format_number(value)[:60]}")
    return value.numerator


def _infix(operation: str, left: _Term, right: _Term) -> tuple[str, int]:
    """Left-associative: the right side of − and ÷ needs brackets where the left does not."""
    sign, binding = _INFIX[operation]
    return f"{_bound(left, binding)} {sign} {_bound(right, binding + (operation != 'add' or right.value < 0))}", binding


def _bound(term: _Term, binding: int) -> str:
    """The term's text, in brackets where what stands around it binds tighter."""
    return term.text if term.binding >= binding else f"({term.text})"


def _days_between(moments: list[Node], results: Mapping[str, object]) -> _Term:
    first, second = (_day(moment.children[0], results) for moment in moments)
    return _Term(Fraction((second - first).days), f"days from {first} to {second}", _SUM)


def _day(node: Node | Token, results: Mapping[str, object]) -> date:
    """The first day of a period, or the day that a result names."""
    token = node.children[0] if isinstance(node, Node) else node
    text = token.first if isinstance(token, Date) else single(results, str(token))
    match = _DAY.fullmatch(str(text).strip()[:40])
    try:
        return date.fromisoformat(match[1] if match else "")
    except ValueError:
        raise Unanswerable(f"{str(text)[:40]!r} is not a date like 2024-03-05") from None
