"""Units: read where they stand, carried through a calculation, converted exactly, and never mixed."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from retrieval.mentions import find_mentions
from tools.calculator import Calculation, evaluate
from tools.errors import FixArguments
from tools.evidence import QUESTION, ColumnInfo, Number
from tools.language import Token, tree
from tools.unit_reading import unit_beside, unit_of_column
from tools.units import BARE, COUNT, NAMES, Measured, Mixed, Unit, added, divided, multiplied, of, plain, rate, written


def read(text: str) -> list[Measured]:
    """The units of the numbers of a text, in order."""
    return [unit_beside(text, mention.start, mention.end) for mention in find_mentions(text) if mention.kind == "number"]


def shown(unit: Measured) -> str:
    return "not plain" if unit is None else "bare" if unit == BARE else "count" if unit == COUNT else str(unit)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("€ 20 or 20 EUR or EUR 20", "EUR, EUR, EUR"),
        ("189.50 pounds a ticket", "GBP"),
        ("3 kg of flour over 2.5 km", "kg, km"),
        ("15 %, 15% and 15 percent", "%, %, %"),
        ("a 45-minute walk of 2 hours", "min, h"),
        ("3 tents and 4", "count, bare"),
        ("38 euros per hour, 0.38 euros per kilometre", "EUR/h, EUR/km"),
        ("$12 an hour for 8 hours a day", "$/h, h/day"),
        ("half an hour", "h"),
        ("a 3m pole for $3m", "m, $"),
        ("640 square metres at 60 km/h", "m², km/h"),
        ("US$ 5, A$ 5 and 7 CHF", "USD, AUD, CHF"),
        ("weighs 5 pounds; another has 5 pounds.", "lb, lb"),
        ("He lost 5 pounds.", "not plain"),
        ("2.70 dollars a pound, 20 pounds", "$, lb"),
        ("reads 20 pages every hour", "not plain"),  # 20 pages × 3 hours are no hours
        ("3 day tickets", "count"),
        ("since 1990 we try 20 try", "bare, count"),
        ("He has $20 and earns 5 more.", "$, bare"),
    ],
)
def test_the_unit_of_a_number_is_what_stands_beside_it(text: str, units: str) -> None:
    assert ", ".join(map(shown, read(text))) == units


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("price_eur", "EUR"), ("total_usd", "USD"), ("Price (€)", "EUR"), ("salary_chf", "CHF"), ("weight_kg", "kg"), ("weightKg", "kg"),
        ("weight_grams", "g"), ("duration (min)", "min"), ("lead_time_days", "day"), ("labour_hours", "h"), ("km_per_hour", "km/h"),
        ("height_m", "m"), ("discount_percent", "%"), ("quantity", "count"),
        ("birth_year", "not plain"), ("price_min", "not plain"), ("revenue_m", "not plain"), ("price_per_kg", "not plain"),
        ("annual_salary", "not plain"), ("unit_price", "not plain"),
    ],
)  # fmt: skip
def test_the_unit_of_a_column_is_what_its_name_says(name: str, unit: str) -> None:
    assert shown(unit_of_column(ColumnInfo(name, "number"))) == unit


def test_the_unit_of_a_column_may_be_said_by_its_comment() -> None:
    assert unit_of_column(ColumnInfo("w", "number", synonyms=("weight in grams",))) == of("g")
    assert unit_of_column(ColumnInfo("p", "number", synonyms=("price (EUR)",))) == of("EUR")
    assert unit_of_column(ColumnInfo("weight_kg", "text")) is None


# --- Conversion -------------------------------------------------------------------------------------------------------


def test_every_unit_converts_into_every_other_of_its_dimension_and_back_exactly() -> None:
    symbols = sorted(set(NAMES.values()))
    converted = 0
    for first in symbols:
        for second in symbols:
            try:
                unit, one, other = added(of(first), of(second))
                _, back, away = added(of(second), of(first))
            except Mixed:
                continue
            assert unit is not None and (other / one) * (away / back) == 1, (first, second)
            converted += first != second
    assert len(symbols) >= 60 and converted > 60


@pytest.mark.parametrize(
    ("large", "small", "factor"),
    [("kg", "g", 1000), ("km", "m", 1000), ("m", "cm", 100), ("h", "min", 60), ("day", "h", 24), ("week", "day", 7), ("year", "month", 12),
     ("ft", "inch", 12), ("yd", "ft", 3), ("mi", "ft", 5280), ("l", "ml", 1000), ("kWh", "Wh", 1000), ("gallon", "pint", 8),
     ("GBP", "p", 100)],
)  # fmt: skip
def test_factors_are_those_of_the_world(large: str, small: str, factor: int) -> None:
    assert added(of(small), of(large)) == (of(small), 1, factor)


def test_what_has_no_exact_factor_does_not_convert() -> None:
    for first, second in [("EUR", "USD"), ("month", "day"), ("gallon", "l"), ("kg", "km"), ("°C", "°F"), ("%", "EUR")]:
        with pytest.raises(Mixed):
            added(of(first), of(second))


def test_units_multiply_cancel_and_stay() -> None:
    eur, h, kg = of("EUR"), of("h"), of("kg")
    assert multiplied(rate(eur, h), h) == (eur, 1)
    assert multiplied(of("min"), rate(eur, h)) == (eur, Fraction(1, 60))
    assert multiplied(rate(h, of("day")), of("week")) == (h, 7)
    assert divided(h, of("min")) == (COUNT, 60)
    assert divided(eur, kg) == (rate(eur, kg), 1) and str(rate(eur, kg)) == "EUR/kg"
    assert multiplied(of("m"), of("cm")) == (of("m", "m"), Fraction(1, 100))
    assert multiplied(h, eur) == (eur, 1)  # a price that is multiplied is the price of one
    assert multiplied(eur, of("USD")) == (None, 1) == multiplied(h, h)
    assert multiplied(COUNT, eur) == (eur, 1) and multiplied(eur, None) == (None, 1)


def test_a_number_is_written_with_its_unit_as_people_write_it() -> None:
    pairs = [("2", "kg"), ("1", "day"), ("3", "day"), ("5", "$"), ("-5", "$"), ("≈ -3.33", "$"), ("2", "$/day")]
    assert [written(*pair) for pair in pairs] == ["2 kg", "1 day", "3 days", "$5", "-$5", "≈ -$3.33", "$2/day"]
    assert written("25%", "%") == written("25", "%") == "25%" and written("7", "") == "7"
    assert plain(Unit((("%", 1), ("EUR", 1)))) == plain(None) == plain(COUNT) == ""


# --- In a calculation -------------------------------------------------------------------------------------------------


def calc(*written_as: str, **results: object) -> Calculation:
    """`add|2 kg|500 g`: operations, constants and references as they are, and numbers with what stands beside them."""
    tokens: list[Token] = []
    units: dict[Token, Measured] = {}
    for place, part in enumerate(written_as):
        if not any(character.isdigit() for character in part) or part.isdecimal() or part in results:
            tokens.append(part)
            continue
        mention = find_mentions(part)[0]
        number = Number(mention.value, QUESTION, place * 100, place * 100 + 1)
        tokens.append(number)
        units[number] = unit_beside(part, mention.start, mention.end)
    expression = tree(("calc", *tokens, "give", "r1")).all("step")[-1].first("expr")
    assert expression is not None
    return evaluate(expression, {}, units)


@pytest.mark.parametrize(
    ("expression", "working"),
    [
        ("add|2 kg|500 g", "2 kg + 500 g = 2.5 kg"),
        ("sub|1 km|250 m", "1 km − 250 m = 0.75 km"),
        ("total|2 h|30 min|90 s|end", "2 h + 30 min + 90 s = 2.525 h"),
        ("mul|3 tents|189.50 euros", "3 × 189.50 EUR = 568.50 EUR"),
        ("mul|2.5 hours|38 euros per hour", "2.5 h × 38 EUR/h = 95 EUR"),
        ("mul|90 minutes|38 euros an hour", "90 min × 38 EUR/h = 57 EUR"),
        ("div|120 km|2 hours", "120 km ÷ 2 h = 60 km/h"),
        ("div|20 EUR|5 EUR", "20 EUR ÷ 5 EUR = 4"),
        ("div|100 EUR|3 people", "100 EUR ÷ 3 ≈ 33.33 EUR"),
        ("mean|10 EUR|20 EUR|20 EUR|end", "(10 EUR + 20 EUR + 20 EUR) ÷ 3 ≈ 16.67 EUR"),
        ("percent|15 %|60 EUR", "15% of 60 EUR = 9 EUR"),
        ("share|500 g|2 kg", "500 g ÷ 2 kg × 100 = 25%"),
        ("change|8 EUR|10 EUR", "(10 EUR − 8 EUR) ÷ 8 EUR × 100 = 25%"),
        ("max|900 g|1 kg", "max(900 g, 1 kg) = 1000 g"),
        ("div|mul|60 EUR|15 %|100", "60 EUR × 15% ÷ 100 = 9 EUR"),
        ("add|$20|5 more.", "$20 + 5 = $25"),
        ("add|$1|25 cents", "$1 + 25 cents = $1.25"),
        ("add|20 EUR|3 tents", "20 EUR + 3 = 23"),  # of what is not plain
        ("mul|3 hours|60", "3 h × 60 = 180"),  # minutes, says the reader
        ("sub|100|15%", "100 − 15% = 85%"),
        ("pow|3 m|2", "(3 m)^2 = 9 m²"),
    ],
)
def test_units_are_carried_along(expression: str, working: str) -> None:
    assert calc(*expression.split("|")).working == working


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("add|20 EUR|30 USD", "20 EUR and 30 USD cannot be added"),
        ("sub|3 kg|2 km", "3 kg and 2 km cannot be subtracted"),
        ("total|1 kg|4|2 EUR|end", "1 kg and 2 EUR cannot be added"),
        ("max|3 kg|2 days", "3 kg and 2 days cannot be compared"),
        ("share|20 EUR|50 USD", "20 EUR and $50 cannot be compared"),
        ("change|$20|30 CHF", "$20 and 30 CHF cannot be compared"),
        ("percent|3 kg|50 EUR", "3 kg is no percentage of 50 EUR"),
        ("add|20 euros an hour|30 euros per kg", "20 EUR/h and 30 EUR/kg cannot be added"),
    ],
)
def test_units_are_never_mixed(expression: str, message: str) -> None:
    with pytest.raises(FixArguments) as refusal:
        calc(*expression.split("|"))
    assert str(refusal.value) == message.replace("$50", "50 USD")


def test_a_sum_has_the_same_value_in_any_order_and_grouping() -> None:
    parts = ["2 kg", "500 g", "3 kg", "250 g"]
    totals = [calc("total", *parts[turn:], *parts[:turn], "end") for turn in range(4)]
    in_grams = {total.value * (1000 if total.unit == "kg" else 1) for total in totals}
    assert in_grams == {5750}
    assert all((a.unit == b.unit) == (a.value == b.value) for a, b in pairwise(totals))
