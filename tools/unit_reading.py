"""What the evidence says of units: beside a number in a text, in the name of a column, and so of what a query gives.

A number's unit is what stands beside it: "€ 20", "20 EUR", "3 kg", "45-minute", "15 %", "38 euros an hour". The noun of a count ("3 tents")
is no unit. Nothing is looked for further off, and a word that may be either of two units ("pounds", unless their text weighs or pays) is
none: `None` then says that it is not plain what the number measures.

A column's unit is what its name says ("price_eur", "weight_grams", "duration (min)"), or a synonym or comment ("weight in grams").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from tools.errors import FixArguments
from tools.evidence import Column, ColumnInfo, Evidence, Number, Passage, Schema
from tools.language import CONSTANTS, REFERENCES, Node, Token
from tools.units import BARE, COUNT, NAMES, PERCENT, Measured, Mixed, Unit, added, by_constant, divided, family, multiplied, of, rate

_AROUND = 200  # characters on either side in which a sentence is looked for

_CODES = frozenset(name for name, symbol in NAMES.items() if name.upper() == symbol and len(symbol) == 3 and name.isalpha())
_READ = sorted((name for name in NAMES if name not in ("p", "pct")), key=len, reverse=True)
_UNIT = rf"(?:(?P<power>square|cubic|sq\.?)\s)?(?P<unit>{'|'.join(map(re.escape, _READ))})(?P<raised>[²³23])?(?![\w²³-]*\w)"
_RATE = r"(?:\s?/\s?|\s(?:per|an?|each|every|for\s(?:every|each|an?|one))\s)"
_AFTER = re.compile(rf"(?P<gap>[\s-]?(?:(?:of\s)?an?\s)?){_UNIT}", re.IGNORECASE)
_PER = re.compile(rf"{_RATE}{_UNIT}", re.IGNORECASE)
_PER_HOUR = re.compile(r"k(?:m/h|mh|ph)\b")
_BEFORE = re.compile(r"(?:US\$|[AC]\$|NZ\$|[$€£¥₹]|\b[A-Z]{3})\s?$")
_SIGN = re.compile(r"[-−]?(US\$|[AC]\$|[$€£¥₹])")
_PERCENT = re.compile(r"(?:%|per\s?cent)$", re.IGNORECASE)
_PERCENT_AFTER = re.compile(r"\s?(?:%|per\s?cent\b)", re.IGNORECASE)
_LONG = "|".join(re.escape(name) for name in _READ if len(name) > 1)
_RATE_AROUND = re.compile(rf"(?:/|\b(?:per|each|every|an?))\s?(?:{_LONG})\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.?!]\s|\n")
_NOUN = re.compile(r"[\s-]{1,2}(?:(?:more|other|additional|extra|of|the|new|different)\s)*([A-Za-z]{2,})")
_SINGULAR_BEFORE = re.compile(r"\s(?!per\b|a\b|an\b|each\b|every\b)[a-z]+")
_POWERS = {"square": 2, "sq": 2, "sq.": 2, "²": 2, "2": 2, "cubic": 3, "³": 3, "3": 3}
_POUNDS = re.compile(r"[\s-]?pounds?\b", re.IGNORECASE)
_POUNDS_OF = re.compile(r"\sof\b", re.IGNORECASE)
_WEIGHING = re.compile(r"\b(?:weigh\w*|heav\w+|lighter|kg|kilo\w*|lbs?)\b", re.IGNORECASE)
_OTHER_MONEY = re.compile(r"[$€¥₹]|\b(?:dollars?|euros?|cents?|USD|EUR)\b")
_PAYING = re.compile(
    r"\b(?:cost\w*|pric\w+|pay\w*|paid|fees?|spen[dt]\w*|earn\w*|charg\w+|worth|sterling|refund\w*|reimburs\w*)\b|£", re.IGNORECASE
)
# Words behind a number that are not the noun it counts.
_NO_NOUN = frozenset(
    "a about after all an and are as at away back be before but by can cost costs did do does each every extra for from had has have he her"
    " his if in into is it its left less long many may more much must my no not now of off on once one only or our over per plus she should"
    " since so than that the their them then they this times to total under until up was we were what when which while who will with you"
    " your".split()
)

# --- Beside a number --------------------------------------------------------------------------------------------------


def unit_of_number(number: Number, evidence: Evidence) -> Measured:
    """What stands beside the number in its question or passage."""
    found = evidence.blocks[number.block] if 0 <= number.block < len(evidence.blocks) else None
    text = found.text if isinstance(found, Passage) else evidence.question if number.block < 0 else ""
    return unit_beside(text, number.start, number.end)


@lru_cache(maxsize=4096)
def unit_beside(text: str, start: int, end: int) -> Measured:
    """The unit of the number at [start, end) of `text`."""
    unit = None if _is_compound(text, start, end) else _said(text, start, end)
    if unit is not None:
        return unit
    sentence = _sentence(text, start, end)
    if _POUNDS.match(text, end):
        return _pounds(text, end, sentence, text[start:end])
    if _RATE_AROUND.search(sentence):  # "20 pages every hour": pages are counted, and what is counted is had per hour
        return None
    noun = _NOUN.match(text, end)
    return COUNT if noun and noun[1].lower() not in _NO_NOUN else BARE


def _is_compound(text: str, start: int, end: int) -> bool:
    """Whether a unit in the singular stands before a noun, "3 day tickets": they count, or so it seems."""
    after = _AFTER.match(text, end)
    if after is None or after["gap"].strip() or text[start:end].lower() in ("1", "one", "a", "an", "half"):
        return False
    name = after["unit"].lower()
    singular = (len(name) > 3 or name == "day") and f"{name}s" in NAMES and family(NAMES[name]) != "money"
    return singular and _SINGULAR_BEFORE.match(text, after.end()) is not None


def _said(text: str, start: int, end: int) -> Unit | None:
    own, currency = text[start:end], None
    if _PERCENT.search(own) or _PERCENT_AFTER.match(text, end):
        return PERCENT
    if sign := _SIGN.match(own) or _BEFORE.search(text, max(0, start - 4), start):
        currency = _symbol((sign[1] if sign.re is _SIGN else sign[0]).strip())
    if currency:
        return _per(of(currency), text, end)
    if re.search(r"\d\s?m$", own):  # the numeral reads the letter with it, since $3m is money
        return of("m")
    if speed := re.compile(rf"\s?{_PER_HOUR.pattern}").match(text, end):
        return of("km", per=["h"]) if speed else None
    after = _AFTER.match(text, end)
    if after is None or (symbol := _symbol(after["unit"])) is None:
        return None
    gap = after["gap"]
    if not gap and symbol == "s" or gap.strip(" \u00a0-") and re.search(r"\d", own):  # "the 90s"; "20 a day" is a rate and no 20 days
        return None
    return _per(_raised(symbol, after), text, after.end())


def _per(unit: Unit, text: str, position: int) -> Unit:
    """`unit`, or so much of it per another that is named next."""
    per = _PER.match(text, position)
    symbol = _symbol(per["unit"]) if per else None
    return unit if per is None or symbol is None else rate(unit, _raised(symbol, per))


def _raised(symbol: str, match: re.Match[str]) -> Unit:
    return of(*[symbol] * (_POWERS.get((match["power"] or "").lower()) or _POWERS.get(match["raised"], 1)))


def _symbol(name: str) -> str | None:
    """The symbol of a unit's name as it stands in a text; a currency's code counts in capitals only."""
    if name.lower() in _CODES:
        return NAMES[name.lower()] if name.isupper() else None
    return NAMES.get(name) or (NAMES.get(name.lower()) if len(name) > 2 or name in ("KG", "KM", "CM", "ML") else None)


def _sentence(text: str, start: int, end: int) -> str:
    before = max((m.end() for m in _SENTENCE_END.finditer(text, max(0, start - _AROUND), start)), default=max(0, start - _AROUND))
    after = _SENTENCE_END.search(text, end, min(len(text), end + _AROUND))
    return text[before : after.start() + 1 if after else end + _AROUND]


def _pounds(text: str, end: int, sentence: str, numeral: str) -> Unit | None:
    """Money or weight, where the text says which."""
    weighs = bool(_WEIGHING.search(sentence)) or bool(_POUNDS_OF.match(text, _end_of_pounds(text, end)))
    if _OTHER_MONEY.search(sentence):  # "2.70 dollars a pound"
        return of("lb")
    pays = bool(_PAYING.search(sentence)) or re.search(r"\.\d\d$", numeral) is not None
    return None if weighs == pays else of("lb") if weighs else _per(of("GBP"), text, _end_of_pounds(text, end))


def _end_of_pounds(text: str, end: int) -> int:
    found = _POUNDS.match(text, end)
    return found.end() if found else end


# --- Of columns and queries -------------------------------------------------------------------------------------------

_NAME_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+|[%€$£¥]")
_COUNTING = frozenset({"quantity", "qty", "count", "pieces", "units", "stock", "seats", "number"})
# A single letter, or one that is a word as well, is a unit only where the name says what is measured.
_MEASURING = {
    "m": {"height", "length", "depth", "width", "distance", "altitude", "elevation", "radius", "size"},
    "min": {"duration", "time", "length", "runtime", "delay", "wait", "trip", "ride"},
    "s": {"duration", "time", "length", "runtime", "delay", "wait"},
    "t": {"weight", "load", "mass", "cargo"}, "l": {"volume", "capacity", "size"}, "h": {"duration", "time", "length"},
    "g": {"weight", "mass"}, "W": {"power"}, "p": set(),
}  # fmt: skip
_POINTS_IN_TIME = frozenset({"day", "week", "month", "year", "hour", "minute", "second"})  # "birth_year" is no span of years
_IN = re.compile(r"(?:\bin|\()\s*([^\s()]+)\s*\)?\s*$", re.IGNORECASE)


@lru_cache(maxsize=4096)
def unit_of_column(column: ColumnInfo) -> Measured:
    """The unit that the name of a column of numbers says, or one of its synonyms."""
    if column.type != "number" or column.key:
        return None
    words = [word.lower() for word in _NAME_WORD.findall(column.name)]
    if "per" in words[1:-1]:
        place = words.index("per")
        above, below = _named(words[:place], ()), _named(words[place + 1 :], _POINTS_IN_TIME)
        return rate(of(above), of(below)) if above and below else None
    if symbol := _named(words, ()):
        return of(symbol)
    for synonym in column.synonyms:
        said = _IN.search(synonym)
        if said and (symbol := _symbol(said[1]) or _symbol(said[1].lower())):
            return of(symbol)
    return COUNT if words and words[-1] in _COUNTING else None


def _named(words: list[str], singular: frozenset[str] | tuple[()]) -> str | None:
    """The symbol of the unit that the last of these words is."""
    if not words:
        return None
    last = words[-1]
    if last in _POINTS_IN_TIME and last not in singular:
        return None
    symbol = NAMES.get(last) or NAMES.get(last.upper())
    needed = _MEASURING.get(symbol or "") if len(last) < 4 else None
    return symbol if needed is None or needed & set(words) else None


def units_of_query(selection: Node, evidence: Evidence, schema: Schema, results: Mapping[str, Measured]) -> list[Measured]:
    """The unit of each item that is selected, `None` of what is no number. Raises FixArguments where different units are computed with.

    `results` are the units of earlier results, by name; what stands under `*` is not told apart.
    """
    if selection.children[0] != "select":
        first, second = (units_of_query(arm, evidence, schema, results) for arm in selection.all("selection"))
        return [one if one == other else None for one, other in zip(first, second, strict=False)]
    columns = {(table.name, column.name): column for table in schema.tables for column in table.columns}
    return [_Query(evidence, columns, results).unit(item) for item in selection.all("item")]


class _Query:
    """The units of expressions inside a query, whose values nobody converts: what would have to be converted is refused."""

    def __init__(self, evidence: Evidence, columns: Mapping[tuple[str, str], ColumnInfo], results: Mapping[str, Measured]) -> None:
        self.evidence, self.columns, self.results = evidence, columns, results

    def unit(self, node: Node | Token) -> Measured:
        match node:
            case Node(children=(single,)):
                return self.unit(single)
            case Node(children=("via", _, further)):
                return self.unit(further)
            case Node(children=("count" | "unique", *_)):
                return COUNT
            case Node(children=("sum" | "avg" | "min" | "max", inner)):
                return self.unit(inner)
            case Node(children=("add" | "sub" | "mul" | "div" as operation, left, right)):
                return self._computed(str(operation), left, right)
            case Column(table=table, name=name) if (table, name) in self.columns:
                return unit_of_column(self.columns[table, name])
            case Number():
                return unit_of_number(node, self.evidence)
            case str() if node in REFERENCES:
                return self.results.get(node)
            case str() if node in CONSTANTS:
                return BARE
            case _:
                return None

    def _computed(self, operation: str, left: Node | Token, right: Node | Token) -> Measured:
        first, second = self.unit(left), self.unit(right)
        factors: tuple[Fraction, ...]
        try:
            if operation in ("add", "sub"):
                unit, *by = added(first, second)
                factors = tuple(by)
            else:
                unit, factor = (multiplied if operation == "mul" else divided)(first, second)
                factors = (factor,)
                if (constant := _constant(right)) or operation == "mul" and (constant := _constant(left)):
                    unit = by_constant(unit, constant, operation == "div")
        except Mixed as mixed:
            raise FixArguments(f"columns in {mixed} cannot be added") from None
        if any(factor != 1 for factor in factors):
            raise FixArguments(f"columns in {first} and {second} are computed with in one query")
        return unit


def _constant(node: Node | Token) -> str:
    while isinstance(node, Node) and len(node.children) == 1:
        node = node.children[0]
    return node if isinstance(node, str) and node in CONSTANTS else ""
