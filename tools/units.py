"""Units of measure and currencies: which there are, how they convert, and what becomes of them in a calculation.

A `Unit` is a product of powers of the symbols in `_TABLE`: EUR/kg is EUR¹·kg⁻¹. Two of one dimension convert exactly, by rational factors;
two currencies never do. The table is our own, of some seventy units, instead of a library's: pint computes with floats unless told
otherwise, parses expressions that hang, and would bring some thousand units, many of whose names ("a", "second") are everyday words.

What a unit is known to be decides what may be done with it, so there are four cases:

- a `Unit` with symbols: a measure, such as 3 kg;
- `COUNT`: a number of things, or a ratio. It multiplies and divides a measure, and is never added to one with a unit to show for it;
- `BARE`: a number with nothing beside it. People leave units out ("20 euros and another 5"), so in a sum it takes the unit of the rest;
- `None`: what the number measures is not plain. Nothing is refused for it, and no unit is shown.

It leaves out what has no exact factor (months in days, gallons in litres), temperatures beyond their names, and the pounds and ounces
that may be weights, money or volumes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

# dimension symbol factor names; a plain name also has a plural in -s. Case matters only for names of one or two letters.
_TABLE = """
length mm 1/1000 millimetre millimeter | length cm 1/100 centimetre centimeter | length m 1 metre meter
length km 1000 kilometre kilometer kms
length inch 127/5000 inch inches | length ft 381/1250 foot feet | length yd 1143/1250 yard | length mi 201168/125 mile
area ha 1 hectare
mass mg 1/1000 milligram milligramme | mass g 1 gram gramme | mass kg 1000 kilogram kilogramme kilo kgs | mass t 1000000 tonne
mass lb 45359237/100000 lbs
time s 1 sec second | time min 60 mins minute | time h 3600 hr hrs hour | time day 86400 day | time week 604800 week
calendar month 1 month | calendar year 12 year yr yrs
volume ml 1/1000 millilitre milliliter | volume cl 1/100 centilitre centiliter | volume dl 1/10 | volume l 1 L litre liter
gallons gallon 8 gallon | gallons quart 2 quart | gallons pint 1 pint
speed mph 1 | temperature °C 1 celsius | fahrenheit °F 1 fahrenheit
energy Wh 1 | energy kWh 1000 kilowatt-hour | energy MWh 1000000 | power W 1 watt | power kW 1000 kilowatt | power MW 1000000 megawatt
data kB 1 KB kilobyte | data MB 1000 megabyte | data GB 1000000 gigabyte | data TB 1000000000 terabyte
percent % 1 percent pct
money:EUR EUR 1 € euro | money:GBP GBP 1 £ | money:GBP p 1/100 pence | money:$ $ 1 dollar | money:¥ ¥ 1 yen | money:cent cent 1 cent
money:USD USD 1 US$ | money:CAD CAD 1 C$ | money:AUD AUD 1 A$ | money:NZD NZD 1 NZ$ | money:INR INR 1 ₹ rupee | money:CHF CHF 1 franc
money:JPY JPY 1 | money:CNY CNY 1 yuan | money:SEK SEK 1 | money:NOK NOK 1 | money:DKK DKK 1 | money:PLN PLN 1 | money:CZK CZK 1
money:HUF HUF 1 | money:RON RON 1 | money:TRY TRY 1 | money:BRL BRL 1 | money:MXN MXN 1 | money:ZAR ZAR 1 | money:KRW KRW 1
money:SGD SGD 1 | money:HKD HKD 1 | money:ILS ILS 1 | money:AED AED 1 | money:SAR SAR 1 | money:THB THB 1
"""


@dataclass(frozen=True, slots=True)
class _Entry:
    dimension: str
    factor: Fraction


_ENTRIES: dict[str, _Entry] = {}
NAMES: dict[str, str] = {}
"""What units are called, to their symbols; names of three letters and more in lower case."""

for _line in _TABLE.replace("\n", "|").split("|"):
    if _words := _line.split():
        _dimension, _symbol, _factor, *_names = _words
        _ENTRIES[_symbol] = _Entry(_dimension, Fraction(_factor))
        _plurals = (f"{name}s" for name in (_symbol, *_names) if len(name) > 2 and name.islower() and name[-1] != "s")
        for _name in (_symbol, *_names, *_plurals):
            NAMES[_name.lower() if len(_name) > 2 else _name] = _symbol

_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD"})  # what "$" may be
_OF_CENTS = frozenset({"EUR", "$"}) | _DOLLARS  # what has a hundred cents
_PREFIXED = frozenset({"$", "¥"})  # symbols that stand before the number; the others have a code
_PLURAL = {"inch": "inches"} | {name: f"{name}s" for name in ("day", "week", "month", "year", "gallon", "quart", "pint", "cent")}

# By these constants of the language one converts within a dimension, as in "3 hours × 60": what comes out may have another unit.
_CONVERTING = {
    "time": {"7", "24", "30", "52", "60", "365", "1000"}, "calendar": {"4", "7", "12", "24", "30", "52", "365"},
    "length": {"3", "10", "12", "100", "1000"}, "mass": {"100", "1000"}, "volume": {"10", "100", "1000"}, "gallons": {"2", "4", "8"},
    "money": {"100"}, "energy": {"1000"}, "power": {"1000"}, "data": {"1000"}, "percent": {"100"},
}  # fmt: skip


class Mixed(ValueError):
    """Two units that cannot be added or compared."""


@dataclass(frozen=True, slots=True)
class Unit:
    """`powers` are symbols with their exponents, in alphabetical order. Without any it is a `COUNT`, or `BARE`."""

    powers: tuple[tuple[str, int], ...] = ()
    bare: bool = False

    def __str__(self) -> str:
        """As it is written behind a number: "EUR", "km/h", "m²", "kW·h"; empty for what has no symbols."""
        above = "·".join(_raised(symbol, power) for symbol, power in self.powers if power > 0)
        below = "/".join(_raised(symbol, -power) for symbol, power in self.powers if power < 0)
        return f"{above}/{below}" if above and below else above or (f"per {below}" if below else "")

    @property
    def is_money(self) -> bool:
        """Whether this is an amount in one currency, so that it has two decimals at most."""
        return len(self.powers) == 1 and self.powers[0][1] == 1 and family(self.powers[0][0]) == "money" and self.powers[0][0] != "cent"


COUNT, BARE, PERCENT, DAYS = Unit(), Unit(bare=True), Unit((("%", 1),)), Unit((("day", 1),))
Measured = Unit | None
"""A unit, or None where it is not plain what is measured."""


def of(*symbols: str, per: Iterable[str] = ()) -> Unit:
    """The unit of these symbols multiplied, and divided by those in `per`."""
    return _unit([(symbol, 1) for symbol in symbols] + [(symbol, -1) for symbol in per])


def rate(above: Unit, below: Unit) -> Unit:
    """So much of one per one of the other; "8 hours a day" stays that."""
    return _unit([*above.powers, *((symbol, -power) for symbol, power in below.powers)])


def written(number: str, unit: str) -> str:
    """A number with its unit as people write it: "568.50 EUR", "$12", "1 day", "3 days", "25%"; the number alone where there is no unit."""
    if not unit or unit == "%":
        return number if number.endswith("%") else number + unit
    if unit[0] in _PREFIXED and unit[1:2] in ("", "/"):
        size = number.lstrip("≈ -")
        return f"{number.removesuffix(size)}{unit[0]}{size}{unit[1:]}"
    return f"{number} {unit if number in ('1', '-1') else _PLURAL.get(unit, unit)}"


# --- What becomes of units --------------------------------------------------------------------------------------------


def added(first: Measured, second: Measured) -> tuple[Measured, Fraction, Fraction]:
    """The unit in which two quantities are added or compared, and what the number of each is multiplied by before. Raises Mixed."""
    one = Fraction(1)
    if first is None or second is None:
        return None, one, one
    if not first.powers and not second.powers:
        return (BARE if first.bare and second.bare else COUNT), one, one
    if not first.powers or not second.powers:
        bare, measure = (first, second) if not first.powers else (second, first)
        return (measure if bare.bare else None), one, one
    unit, by_first, by_second = _reconciled(first, second)
    if unit is not None:
        return unit, by_first, by_second
    above, below = _split(first), _split(second)
    if above[0] == below[0] and not (above[1] and below[1]):  # "20 euros a day" and "20 euros": which is meant is not plain
        return None, one, one
    raise Mixed(f"{first} and {second}")


def multiplied(first: Measured, second: Measured) -> tuple[Measured, Fraction]:
    """The unit of a product, and what the product of the numbers is multiplied by where a unit cancels another of its dimension.

    Money by a quantity is money, since a price that is multiplied is the price of one: 2.5 hours at 38 euros.
    """
    return _product(first, second, 1)


def divided(first: Measured, second: Measured) -> tuple[Measured, Fraction]:
    """The unit of a quotient, and what the quotient of the numbers is multiplied by."""
    return _product(first, second, -1)


def by_constant(unit: Measured, constant: str, dividing: bool) -> Measured:
    """The unit of a measure that is multiplied or divided by a constant of the language."""
    if unit is None or not unit.powers:
        return unit
    if constant == "100" and dividing and ("%", 1) in unit.powers:
        return _unit([power for power in unit.powers if power[0] != "%"])
    return None if any(constant in _CONVERTING.get(family(symbol), ()) for symbol, _ in unit.powers) else unit


def powered(unit: Measured, exponent: Fraction) -> Measured:
    """A length has a square and a cube; of other measures nobody knows what a power is."""
    if unit is None or not unit.powers or exponent == 1:
        return unit
    ((symbol, power), *others) = unit.powers
    plain = not others and power == 1 and _ENTRIES[symbol].dimension == "length" and exponent in (2, 3)
    return _unit([(symbol, int(exponent))]) if plain else None


def plain(unit: Measured) -> str:
    """The unit of a result as it is shown: nothing where it has none, or where what it measures is not plain."""
    mixed = unit is None or len(unit.powers) > 1 and any(symbol == "%" for symbol, _ in unit.powers)
    return "" if mixed else str(unit)


# --- Powers -----------------------------------------------------------------------------------------------------------


def _unit(powers: Iterable[tuple[str, int]]) -> Unit:
    total: dict[str, int] = {}
    for symbol, power in powers:
        total[symbol] = total.get(symbol, 0) + power
    return Unit(tuple(sorted((symbol, power) for symbol, power in total.items() if power)))


def family(symbol: str) -> str:
    """The dimension of a unit; "money" of every currency."""
    return _ENTRIES[symbol].dimension.partition(":")[0]


def _raised(symbol: str, power: int) -> str:
    return symbol + ("" if power == 1 else {2: "²", 3: "³"}.get(power, f"^{power}"))


def _scale(unit: Unit) -> Fraction:
    scale = Fraction(1)
    for symbol, power in unit.powers:
        scale *= _ENTRIES[symbol].factor ** power
    return scale


def _split(unit: Unit) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """What stands above the stroke, and what below."""
    return [power for power in unit.powers if power[1] > 0], [power for power in unit.powers if power[1] < 0]


def _dimensions(unit: Unit) -> list[tuple[str, int]]:
    return sorted((_ENTRIES[symbol].dimension, power) for symbol, power in unit.powers)


def _reconciled(first: Unit, second: Unit) -> tuple[Unit | None, Fraction, Fraction]:
    """The first unit, or the currency of the other where the first is in cents or in dollars of no country; None where they differ."""
    first_named, by_first = _named(first, second)
    second_named, by_second = _named(second, first_named)
    if _dimensions(first_named) != _dimensions(second_named):
        return None, by_first, by_second
    return first_named, by_first, by_second * _scale(second_named) / _scale(first_named)


def _named(unit: Unit, beside: Unit) -> tuple[Unit, Fraction]:
    """`unit` in the currency of the one beside it, where it may be that one, and the factor."""
    there = [symbol for symbol, _ in beside.powers]
    currency = next((symbol for symbol in there if symbol in _OF_CENTS), "")
    symbols, factor = dict(unit.powers), Fraction(1)
    if "cent" in symbols and currency:
        power = symbols.pop("cent")
        return _unit([*symbols.items(), (currency, power)]), factor / Fraction(100) ** power
    if "$" in symbols and currency in _DOLLARS:
        power = symbols.pop("$")
        return _unit([*symbols.items(), (currency, power)]), factor
    return unit, factor


def _product(first: Measured, second: Measured, sign: int) -> tuple[Measured, Fraction]:
    one = Fraction(1)
    if first is None or second is None:
        return None, one
    if not second.powers:
        return (first if first.powers or first.bare == second.bare else COUNT), one
    if not first.powers:
        return (second if sign > 0 else None), one  # so many per hour, or hours of which so many were left unsaid
    if sign > 0 and (price := _price(first, second) or _price(second, first)) is not None:
        return price, one
    if sign > 0 and all(any(family(symbol) == "money" for symbol, power in _split(unit)[0]) for unit in (first, second)):
        return None, one
    powers, factor = dict(first.powers), one
    for symbol, power in second.powers:
        power *= sign
        into = symbol if symbol in powers else _same_dimension(symbol, power, powers)
        if into is not None:
            factor *= (_ENTRIES[symbol].factor / _ENTRIES[into].factor) ** power
        powers[into or symbol] = powers.get(into or symbol, 0) + power
    squared = [symbol for symbol, power in powers.items() if abs(power) > 1]
    if any(_ENTRIES[symbol].dimension != "length" for symbol in squared):
        return None, one
    return _unit(powers.items()), factor


def _price(money: Unit, other: Unit) -> Unit | None:
    """`money`, where it is an amount in one currency and the other a plain quantity of something else."""
    simple = len(other.powers) == 1 and other.powers[0][1] == 1 and family(other.powers[0][0]) not in ("money", "percent")
    return money if money.is_money and simple else None


def _same_dimension(symbol: str, power: int, powers: dict[str, int]) -> str | None:
    """The symbol that one of the same dimension is converted into: one that it cancels, or another length."""
    dimension = _ENTRIES[symbol].dimension
    for other, there in powers.items():
        if _ENTRIES[other].dimension == dimension and (there * power < 0 or dimension == "length"):
            return other
    return None
