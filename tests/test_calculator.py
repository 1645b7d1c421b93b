"""What the calculator promises: exact values, workings that people can check, and no expression that takes long."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.waiting import ends_within
from tools.calculator import MAX_DIGITS, MAX_OPERANDS, Calculation, evaluate, format_number
from tools.errors import FixArguments, ToolError, Unanswerable
from tools.evidence import QUESTION, Date, Number
from tools.language import Node, Token, tree
from tools.results import Rows


def number(value: str) -> Number:
    return Number(value, QUESTION, 0, 0)


def day(first: str) -> Date:
    return Date(first, "2999-01-01", QUESTION, 0, 0)


def calc(*tokens: Token, **results: object) -> Calculation:
    """Evaluates an expression; `results` are the steps before it."""
    earlier = [token for _ in results for token in ("calc", "1")]
    program = tree((*earlier, "calc", *tokens, "give", "r1"))
    expression = program.all("step")[-1].first("expr")
    assert expression is not None
    return evaluate(expression, results)


def test_the_working_is_written_as_people_write_it() -> None:
    assert calc("mul", number("189.50"), "3").working == "189.50 × 3 = 568.50"
    assert calc("div", "10", "4").working == "10 ÷ 4 = 2.5"
    assert calc("percent", number("15"), "60").working == "15% of 60 = 9"
    assert calc("change", "8", "10").working == "(10 − 8) ÷ 8 × 100 = 25%"
    assert calc("share", "3", "12").working == "3 ÷ 12 × 100 = 25%"
    assert calc("total", "1", "2", "4", "end").working == "1 + 2 + 4 = 7"
    assert calc("mean", "1", "2", "6", "end").working == "(1 + 2 + 6) ÷ 3 = 3"
    assert calc("pow", "2", "10").working == "2^10 = 1024"
    assert calc("max", "3", "8").working == "max(3, 8) = 8"
    assert calc("abs", "sub", "3", "5").working == "|3 − 5| = 2"
    assert calc("5").working == "5"


def test_brackets_stand_where_the_reading_needs_them_and_nowhere_else() -> None:
    assert calc("mul", "add", "1", "2", "3").working == "(1 + 2) × 3 = 9"
    assert calc("add", "mul", "2", "3", "4").working == "2 × 3 + 4 = 10"
    assert calc("sub", "10", "sub", "5", "2").working == "10 − (5 − 2) = 7"
    assert calc("div", "12", "div", "6", "2").working == "12 ÷ (6 ÷ 2) = 4"
    assert calc("add", "5", number("-2")).working == "5 + (-2) = 3"
    assert calc("pow", number("-2"), "2").working == "(-2)^2 = 4"


def test_values_are_exact_where_floats_are_not() -> None:
    assert calc("add", number("0.1"), number("0.2")).value == Fraction(3, 10)
    assert calc("mul", "div", "1", "3", "3").value == 1
    assert calc("add", "r1", "r2", r1=0.1, r2=0.2).value == Fraction(3, 10)
    cents = sum([150.2457] * 40)  # as a database adds up floats
    assert cents != 6009.828 and calc("sub", "r1", "r2", r1=cents, r2=6009.828).value == 0


def test_a_result_that_does_not_terminate_says_so() -> None:
    assert calc("div", "10", "3").working == "10 ÷ 3 ≈ 3.33333"
    assert format_number(Fraction(2_000_000, 3)) == "≈ 666666.67"
    assert format_number(Fraction(1, 3_000_000)) == "≈ 0.000000333333"
    assert format_number(Fraction(1, 3 * 10**20)) == "≈ 3.33333e-21"
    assert format_number(Fraction(-1, 8)) == "-0.125"


@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [("2.345", "2", "2.35"), ("2.5", "0", "3"), ("-2.5", "0", "-3"), ("2.4", "0", "2"), ("1.005", "2", "1.01"), ("5", "2", "5.00")],
)
def test_rounding_is_half_up(value: str, places: str, rounded: str) -> None:
    assert calc("round", number(value), places).text == rounded


def test_days_between_counts_from_the_first_days() -> None:
    assert calc("days_between", day("2024-02-28"), day("2024-03-01")).value == 2
    assert calc("days_between", day("2024-03-01"), day("2024-02-28")).value == -2


def test_days_between_reads_dates_that_a_query_found() -> None:
    found = Rows(("day",), (("2024-03-05 12:30:00",),))
    node = Node("expr", (Node("expr_body", ("days_between", Node("moment", (day("2024-03-01"),)), Node("moment", ("r1",)))),))
    assert evaluate(node, {"r1": found}).value == 4
    with pytest.raises(Unanswerable, match="not a date"):
        evaluate(node, {"r1": "yesterday"})


def test_a_table_of_one_cell_is_a_number_and_any_other_is_not() -> None:
    assert calc("add", "r1", "1", r1=Rows(("count",), ((41,),))).value == 42
    with pytest.raises(Unanswerable, match="2 rows"):
        calc("add", "r1", "1", r1=Rows(("count",), ((1,), (2,))))
    with pytest.raises(Unanswerable, match="empty"):
        calc("add", "r1", "1", r1=Rows(("sum",), ((None,),)))


@pytest.mark.parametrize("value", ["Alice", "", "nan", float("nan"), float("inf"), True, {"a": 1}, "1_000", "٣", "0x10", "1e999999999"])
def test_a_result_that_is_no_number_is_unanswerable(value: object) -> None:
    with pytest.raises(Unanswerable):
        calc("add", "r1", "1", r1=value)


def test_division_by_zero_is_unanswerable() -> None:
    for tokens in (("div", "1", "0"), ("share", "1", "0"), ("change", "0", "1"), ("pow", "0", number("-1")), ("div", "0", "sub", "2", "2")):
        with pytest.raises(Unanswerable):
            calc(*tokens)


@pytest.mark.parametrize(
    "bomb",
    [
        ("pow", "9", "pow", "9", "9"),
        ("pow", "pow", "9", "9", "pow", "9", "9"),
        ("pow", "10", number("4000000")),
        ("pow", "10", number("-4000000")),
        ("pow", number("1.0000001"), "1000"),
        ("pow", "1", number("99999999999")),
        ("pow", "2", number("0.5")),
        ("pow", "div", "1", "1000", "pow", "10", "3"),
        ("mul", "pow", "10", number("900"), "pow", "10", number("900")),
        ("round", "1", "pow", "10", "9"),
        ("round", "div", "1", "3", "1000"),
    ],
)
def test_a_bomb_is_refused_before_it_is_built(bomb: tuple[Token, ...]) -> None:
    with ends_within(0.1), pytest.raises((FixArguments, Unanswerable)):
        calc(*bomb)


@pytest.mark.parametrize("text", ["1e4000000", "9" * 2000, "9" * 5_000_000, "__import__('os')", "1/3", " 1", "0x10", "inf"])
def test_a_numeral_is_digits_and_not_too_many(text: str) -> None:
    with ends_within(0.1), pytest.raises(FixArguments):
        calc("add", number(text), "1")


def test_a_thousand_digits_are_allowed_and_shown() -> None:
    assert len(calc("pow", "10", number(str(MAX_DIGITS - 1))).text) == MAX_DIGITS


def test_operands_are_counted_before_anything_is_computed() -> None:
    with ends_within(5), pytest.raises(FixArguments, match=str(MAX_OPERANDS)):  # nearly all of it is reading the program
        calc("total", *["1"] * 20_000, "end")


def test_unlike_denominators_cannot_grow_without_end() -> None:
    parts: list[Token] = []
    for n in range(MAX_OPERANDS // 2):
        parts += ["div", "1", number(str(10**15 + 2 * n + 1))]
    with ends_within(1), pytest.raises(FixArguments, match="digits"):
        calc("total", *parts, "end")


def test_every_failure_has_a_name() -> None:
    with pytest.raises(ToolError, match="no result r1"):
        evaluate(Node("expr", (Node("expr_body", ("r1",)),)), {})
