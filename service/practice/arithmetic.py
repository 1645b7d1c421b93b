"""Arithmetic practice: questions with numbers in them, as people ask an office assistant, with the calculation meant.

Every number is drawn, written in one of the ways people write it, and found again by the same reader of mentions that
serves; a question in which a number is not found as it was meant is drawn anew. The group is the phrasing, so that a
validation split asks in ways that training did not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

from models.examples import Example
from retrieval.mentions import find_mentions
from service.practice.arithmetic_phrasings import OPENINGS, PHRASINGS, WORDS
from service.prepare.expressions import Earlier, Expr, NoProgram, Operation, assemble, calculate
from tools.errors import ToolError
from tools.evidence import QUESTION, Evidence
from tools.language import CONSTANTS

_SLOT = re.compile(r"\{(\w+)(?::(\w+))?\}")
_ARITY = {"days_between": 2, "round": 2, "abs": 1}
_NUMERALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Written:
    """A number or date as drawn: how it is written, and the value that its mention must have."""

    text: str
    value: str


def arithmetic_practice(n: int, seed: int) -> Iterator[Example]:
    """`n` examples; a calculation comes up the more often the more phrasings it has, but less than in proportion."""
    chance = Random(seed)
    calculations = sorted(PHRASINGS)
    weights = [len(PHRASINGS[calculation]) ** 0.5 for calculation in calculations]
    made = 0
    while made < n:
        calculation = chance.choices(calculations, weights)[0]
        phrasing = chance.choice(PHRASINGS[calculation])
        example = _draw(calculation, phrasing, chance)
        if example is not None:
            made += 1
            yield example


def _draw(calculation: str, phrasing: str, chance: Random) -> Example | None:
    question, places = _phrase(phrasing, calculation, chance)
    mentions = find_mentions(question)
    pointers: dict[str, Expr] = {}
    for name, (start, end, value) in places.items():
        mention = next((m for m in mentions if m.start < end and start < m.end), None)
        if mention is None or mention.value != value or not (start <= mention.start and mention.end <= end):
            return None
        pointers[name] = mention.pointer(QUESTION)
    try:
        program = assemble([_read(step.split(), pointers) for step in calculation.split(" ; ")], question)
        result = calculate(program)
    except (NoProgram, ToolError):
        return None
    if (result < 0 and calculation.startswith("sub")) or (result > 100 and calculation.startswith("share")):
        return None  # nobody asks what is left of less than nothing, or which part the larger is of the smaller
    return Example(Evidence(question, (), mentions), program, "arithmetic", f"{calculation}: {phrasing}")


def _read(words: list[str], pointers: dict[str, Expr]) -> Expr:
    """The prefix notation of a phrasing's calculation, `words` being used up from the left."""
    word = words.pop(0)
    if word in pointers:
        return pointers[word]
    if word in CONSTANTS:
        return Fraction(word)
    if re.fullmatch(r"r\d", word):
        return Earlier(int(word[1]) - 1)
    operands = []
    if word in ("total", "mean"):
        while words[0] != "end":
            operands.append(_read(words, pointers))
        words.pop(0)
    else:
        operands = [_read(words, pointers) for _ in range(_ARITY.get(word, 2))]
    return Operation(word, tuple(operands))


# --- Wording ----------------------------------------------------------------------------------------------------


def _phrase(phrasing: str, calculation: str, chance: Random) -> tuple[str, dict[str, tuple[int, int, str]]]:
    """The question, and for each number its place in it and its value."""
    written = _numbers([(kind, name) for kind, name in _SLOT.findall(phrasing) if name], calculation, chance)
    words = {kind: chance.choice(choices) for kind, choices in WORDS.items()}
    opening = chance.choice(OPENINGS) if chance.random() < 0.15 else ""
    if opening.endswith(", ") and not phrasing.startswith("{"):
        phrasing = phrasing[0].lower() + phrasing[1:]
    text, places, position = opening, {}, 0
    for slot in _SLOT.finditer(phrasing):
        text += phrasing[position : slot.start()]
        filling = written[slot[2]].text if slot[2] else words[slot[1]]
        if slot[2]:
            places[slot[2]] = (len(text), len(text) + len(filling), written[slot[2]].value)
        text += filling
        position = slot.end()
    text += phrasing[position:]
    if chance.random() < 0.15:
        text = text.rstrip("?.")
    if chance.random() < 0.12:
        text = text.lower()
    elif text[0].islower():
        text = text[0].upper() + text[1:]
    return text, places


def _numbers(slots: list[tuple[str, str]], calculation: str, chance: Random) -> dict[str, _Written]:
    currency = chance.choice(("${}", "${}", "€{}", "£{}", "{} euros", "{} dollars", "{} EUR", "{}"))
    written = {name: _write(kind, currency, chance) for kind, name in slots if kind != "date"}
    names = [name for kind, name in slots if kind == "date"]
    if names:
        first = date(2019, 1, 1) + timedelta(days=chance.randrange(2500))
        style = chance.randrange(5)
        for name, day in zip(sorted(names), (first, first + timedelta(days=chance.randrange(1, 300))), strict=True):
            written[name] = _Written(_date(day, style), f"{day}/{day + timedelta(days=1)}")
    return written


def _write(kind: str, currency: str, chance: Random) -> _Written:
    match kind:
        case "money":
            value = Decimal(chance.choice((chance.randint(3, 99), chance.randint(100, 2000), chance.randint(1, 90) * 1000)))
            if value < 2000 and chance.random() < 0.5:
                value += Decimal(chance.choice((50, 99, 95, 25, chance.randint(1, 99)))) / 100
            return _Written(currency.format(_grouped(value, chance, cents=True)), _plain(value))
        case "percent":
            value = Decimal(chance.choice(("5", "10", "15", "20", "25", "30", "7.5", "19", "12.5", "2.5", str(chance.randint(1, 60)))))
            return _Written(chance.choice(("{}%", "{}%", "{}%", "{} %", "{} percent", "{} per cent")).format(_plain(value)), _plain(value))
        case "many":
            value = Decimal(chance.choice((chance.randint(20, 999), chance.randint(1000, 9999), chance.randint(10, 900) * 100)))
            return _Written(_grouped(value, chance), _plain(value))
        case "hours":
            value = Decimal(chance.choice((chance.randint(2, 40), chance.randint(2, 16) + Decimal("0.5"))))
            return _Written(f"{_plain(value)} hours", _plain(value))
        case "weight" | "distance":
            value = Decimal(chance.randint(2, 60)) + chance.choice((Decimal(0), Decimal(0), Decimal("0.5"), Decimal("0.4")))
            units = ("kg", "kilos") if kind == "weight" else ("km", "miles", "kilometres")
            return _Written(f"{_plain(value)} {chance.choice(units)}", _plain(value))
        case _:
            value = Decimal(chance.choice((chance.randint(2, 12), chance.randint(2, 12), chance.randint(13, 80))))
            spelt = value <= 12 and chance.random() < 0.4
            return _Written(_NUMERALS[int(value)] if spelt else str(value), str(value))


def _grouped(value: Decimal, chance: Random, cents: bool = False) -> str:
    places = 2 if value % 1 or (cents and chance.random() < 0.2) else 0
    return f"{value:,.{places}f}" if chance.random() < 0.7 else f"{value:.{places}f}"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _date(day: date, style: int) -> str:
    month = _MONTHS[day.month - 1]
    forms = (
        f"{day.day} {month} {day.year}", f"{month} {day.day}, {day.year}", f"{day}", f"{day.day} {month[:3]} {day.year}",
        f"the {day.day}th of {month} {day.year}" if 4 <= day.day <= 20 else f"{month} {day.day}, {day.year}",
    )  # fmt: skip
    return forms[style]
