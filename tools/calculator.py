"""The calculator: `expr` trees of the answer language, evaluated over exact rationals.

It promises that a result is exact, that its working can be read aloud ("3 × 189.50 EUR = 568.50 EUR"), that units are carried along and
never mixed (tools/units.py), and that no expression takes long: every number stays under MAX_DIGITS, and the size of a power is known
before the power is computed. It never calls `eval`, and there are no names, attributes or functions for an attacker to reach: only the
operations below.

It leaves out roots, logarithms and every other function whose result is not rational.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tools.errors import FixArguments, Unanswerable
from tools.evidence import Date, Number
from tools.language import CONSTANTS, REFERENCES, Node, Token
from tools.results import decimal, single
from tools.units import BARE, COUNT, DAYS, PERCENT, Measured, Mixed, added, by_constant, divided, multiplied, plain, powered, written

MAX_DIGITS = 1000  # of a numerator or a denominator
MAX_EXPONENT = 1000
MAX_OPERANDS = 256
MAX_PLACES = 100  # decimals one may round to
_MAX_BITS = math.ceil(MAX_DIGITS * math.log2(10))
_EXACT_PLACES = 12  # decimals up to which a terminating number is written out
_SIGNIFICANT = 6  # digits of a number that is not
_CENTS = 2  # decimals of money

# Three digits of exponent hold every float; more would let "1e999999" build a number before it could be measured.
_NUMERAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)([T ].*)?", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Calculation:
    """An exact value, the working as people write it, and the value as the working shows it, its unit left out unless it is a percent sign.

    `measured` is the unit as later steps compute with it.
    """

    value: Fraction
    working: str
    text: str
    measured: Measured = BARE

    @property
    def unit(self) -> str:
        return plain(self.measured)


@dataclass(frozen=True, slots=True)
class _Term:
    """A part of the expression: its value, how it reads, how tightly it binds, the decimals it was written with, and its unit.

    `constant` is the word of the language that it is, if it is one.
    """

    value: Fraction
    text: str
    binding: int
    places: int = 0
    unit: Measured = COUNT
    constant: str = ""


_SUM, _PRODUCT, _POWER, _ATOM = range(4)
_INFIX = {"add": ("+", _SUM), "sub": ("−", _SUM), "mul": ("×", _PRODUCT), "div": ("÷", _PRODUCT)}


def evaluate(expr: Node, results: Mapping[str, object], units: Mapping[Token, Measured] = {}) -> Calculation:
    """The value of `expr`, whose references are looked up in `results`.

    `units` are those of its numbers and references; what is not in it has none beside it. Raises FixArguments for an expression beyond the
    limits and for units that do not go together, Unanswerable where there is no value (a division by zero).
    """
    operands = _count(expr)
    if operands > MAX_OPERANDS:
        raise FixArguments(f"the expression has {operands} operands; at most {MAX_OPERANDS} are allowed")
    term = _evaluate(expr, results, units)
    unit = plain(term.unit)
    shown = _amount(term.value, term.places) if _is_money(term.unit) else format_number(term.value, term.places)
    text, said = shown + "%" * (unit == "%"), written(shown, unit)
    if term.binding == _ATOM and term.text == said:
        return Calculation(term.value, said, text, term.unit)
    return Calculation(term.value, f"{term.text} {'' if said.startswith('≈') else '= '}{said}", text, term.unit)


def _is_money(unit: Measured) -> bool:
    return unit is not None and unit.is_money


def _amount(value: Fraction, places: int = 0) -> str:
    """Money: whole, or with two decimals; after "≈ " where it has more. Less than half a cent is a number like others."""
    hundredths = _round(value, _CENTS)
    if value == hundredths:
        return format_number(value, _CENTS if value.denominator != 1 else places)
    return f"≈ {_decimal(hundredths, _CENTS)}" if hundredths else format_number(value)


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


def _body(expr: Node) -> Node:
    body = expr.children[0]
    return body if expr.rule == "expr" and isinstance(body, Node) else expr


def _evaluate(expr: Node, results: Mapping[str, object], units: Mapping[Token, Measured]) -> _Term:
    head, *rest = _body(expr).children
    nodes = [child for child in rest if isinstance(child, Node)]
    if not nodes:
        return _operand(head, results, units)
    if head == "days_between":
        return _days_between(nodes, results)
    term = _apply(str(head), [_evaluate(node, results, units) for node in nodes])
    _check_size(term.value)
    return term


def _operand(token: Token | Node, results: Mapping[str, object], units: Mapping[Token, Measured]) -> _Term:
    if isinstance(token, Number):
        return _with_unit(_numeral(token.value), units.get(token, BARE))
    if token in CONSTANTS:
        return replace(_numeral(str(token)), unit=BARE, constant=str(token))
    if token in REFERENCES:
        return _with_unit(_measured(single(results, str(token)), f"result {token}"), units.get(token, BARE), computed=True)  # type: ignore[arg-type]
    raise FixArguments(f"{token!r} is not an operand")


def _with_unit(term: _Term, unit: Measured, computed: bool = False) -> _Term:
    """The operand with its unit beside it. An amount of money that stands somewhere is shown as exactly as it is there."""
    text, places = term.text, term.places
    if _is_money(unit) and (computed or (term.value * 10**_CENTS).denominator == 1):
        text, places = _amount(term.value, places), places if term.value.denominator == 1 else _CENTS
    return replace(term, text=written(text, plain(unit)), places=places, unit=unit)


def _measured(value: object, name: str) -> _Term:
    """A result as a number. A float counts as the decimal that was meant: 0.1 is a tenth."""
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
            return _numeral(decimal(value))
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
    places = max(term.places for term in terms)
    match operation:
        case "add" | "sub":
            unit, (first, second) = _alike(terms, "added" if operation == "add" else "subtracted")
            return _Term(first + second if operation == "add" else first - second, *_infix(operation, *terms), places, unit)
        case "mul" | "div":
            return _product(operation, *terms)
        case "pow":
            base, exponent = terms
            text = f"{f'({base.text})' if plain(base.unit) else _bound(base, _ATOM)}^{_bound(exponent, _ATOM)}"
            return _Term(_power(base.value, exponent.value), text, _POWER, 0, powered(base.unit, exponent.value))
        case "percent":
            return _percent(*terms)
        case "share":
            _, (first, second) = _alike(terms, "compared")
            text = f"{_bound(terms[0], _PRODUCT)} ÷ {_bound(terms[1], _POWER)} × 100"
            return _Term(_divide(first, second) * 100, text, _PRODUCT, 0, PERCENT)
        case "change":
            _, (first, second) = _alike(terms, "compared")
            text = f"({terms[1].text} − {_bound(terms[0], _PRODUCT)}) ÷ {_bound(terms[0], _POWER)} × 100"
            return _Term(_divide(second - first, first) * 100, text, _PRODUCT, 0, PERCENT)
        case "round":
            decimals = _decimals(terms[1].value)
            text = f"round({terms[0].text}, {terms[1].text})"
            return _Term(_round(terms[0].value, decimals), text, _ATOM, max(decimals, 0), terms[0].unit)
        case "min" | "max":
            unit, values = _alike(terms, "compared")
            text = f"{operation}({', '.join(term.text for term in terms)})"
            return _Term((min if operation == "min" else max)(values), text, _ATOM, places, unit)
        case "abs":
            return _Term(abs(terms[0].value), f"|{terms[0].text}|", _ATOM, places, terms[0].unit)
        case "total":
            return _total(terms)
        case "mean":
            total = _total(terms)
            return _Term(total.value / len(terms), f"{_bound(total, _PRODUCT)} ÷ {len(terms)}", _PRODUCT, 0, total.unit)
        case _:
            raise FixArguments(f"unknown operation {operation!r}")


def _alike(terms: list[_Term], done: str) -> tuple[Measured, list[Fraction]]:
    """The one unit of terms that are to be `done`, and their values in it. Raises FixArguments where there is none."""
    measures = [term for term in terms if term.unit is not None and term.unit.powers]
    for before, term in zip(measures, measures[1:], strict=False):  # also where one of no plain unit stands between them
        try:
            added(before.unit, term.unit)
        except Mixed:
            raise FixArguments(f"{before.text[:60]} and {term.text[:60]} cannot be {done}") from None
    unit, values = terms[0].unit, [terms[0].value]
    for term in terms[1:]:
        unit, so_far, by = added(unit, term.unit)
        values = [*(value * so_far for value in values), term.value * by] if so_far != 1 else [*values, term.value * by]
    return unit, values


def _product(operation: str, first: _Term, second: _Term) -> _Term:
    dividing = operation == "div"
    unit, factor = (divided if dividing else multiplied)(first.unit, second.unit)
    if constant := second.constant or ("" if dividing else first.constant):
        unit = by_constant(unit, constant, dividing)
    value = _divide(first.value, second.value) if dividing else first.value * second.value
    return _Term(value * factor, *_infix(operation, first, second), 0 if dividing else max(first.places, second.places), unit)


def _percent(part: _Term, whole: _Term) -> _Term:
    if part.unit is not None and part.unit.powers and part.unit != PERCENT:
        raise FixArguments(f"{part.text[:60]} is no percentage of {whole.text[:60]}")
    rate = _bound(part, _ATOM).removesuffix("%")
    return _Term(part.value / 100 * whole.value, f"{rate}% of {_bound(whole, _ATOM)}", _SUM, whole.places, whole.unit)


def _total(terms: list[_Term]) -> _Term:
    unit, values = _alike(terms, "added")
    total = Fraction(0)
    for value in values:
        total += value
        _check_size(total)  # after each: many unlike denominators multiply
    text, *rest = (term.text if index == 0 else _bound(term, _PRODUCT) for index, term in enumerate(terms))
    binding = _SUM if rest else terms[0].binding
    return _Term(total, " + ".join((text, *rest)), binding, max(term.places for term in terms), unit)


def _divide(value: Fraction, divisor: Fraction) -> Fraction:
    if divisor == 0:
        raise Unanswerable(f"{format_number(value)} cannot be divided by zero")
    return value / divisor


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > MAX_EXPONENT:
        raise FixArguments(f"the exponent must be a whole number of at most {MAX_EXPONENT}, not {format_number(exponent)[:60]}")
    power = exponent.numerator
    if base == 0 and power < 0:
        raise Unanswerable("zero has no negative power")
    largest = max(abs(base.numerator), base.denominator)
    if largest > 1 and math.log2(largest) * abs(power) > _MAX_BITS:  # measured before it is built: 9^9^9 would not end
        raise FixArguments(f"a power would have more than {MAX_DIGITS} digits")
    return base**power


def _decimals(value: Fraction) -> int:
    if value.denominator != 1 or abs(value) > MAX_PLACES:
        raise Unanswerable(f"nothing is rounded to {format_number(value)[:60]} decimals")
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
    return _Term(Fraction((second - first).days), f"days from {first} to {second}", _SUM, 0, DAYS)


def _day(node: Node | Token, results: Mapping[str, object]) -> date:
    """The first day of a period, or the day that a result names."""
    token = node.children[0] if isinstance(node, Node) else node
    text = token.first if isinstance(token, Date) else single(results, str(token))
    match = _DAY.fullmatch(str(text).strip()[:40])
    try:
        return date.fromisoformat(match[1] if match else "")
    except ValueError:
        raise Unanswerable(f"{str(text)[:40]!r} is not a date like 2024-03-05") from None
