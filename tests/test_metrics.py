"""Answers are compared as the benchmarks' own scripts compare them."""

from fractions import Fraction

import pytest

from service.exams import metrics


def test_normalisation_is_squads() -> None:
    assert metrics.normalise("The  Eiffel-Tower, a tower!") == "eiffeltower tower"


def test_exact_takes_any_answer_and_ignores_articles_and_case() -> None:
    assert metrics.exact("the Normans", ["Norse", "Normans"]) == 1
    assert metrics.exact("Norman", ["Normans"]) == 0


def test_f1_is_the_best_overlap_of_words() -> None:
    assert metrics.f1("in the 10th century", ["10th century", "the 900s"]) == pytest.approx(0.8)
    assert metrics.f1("nothing", ["10th century"]) == 0


def test_f1_of_nothing_is_1_only_where_nothing_is_expected() -> None:
    assert metrics.f1("the", ["a"]) == 1
    assert metrics.f1("the", ["word"]) == 0


def test_containing_an_answer_means_whole_words() -> None:
    assert metrics.contains_whole("a probation period of four months", "four months")
    assert not metrics.contains_whole("fourteen months", "four")


@pytest.mark.parametrize("written, value", [
    ("1,234.50", Fraction("1234.5")), ("$3", 3), ("12 %", 12),
    (0.1, Fraction("0.1")), ("-7", -7), (True, None), ("12 apples", None), ("1,2", None),
])
def test_numbers_are_read_exactly_or_not_at_all(written: object, value: object) -> None:
    assert metrics.number(written) == value


def test_a_value_may_be_rounded_to_the_decimals_that_are_expected() -> None:
    assert metrics.same_value(46.012195, "46.01")
    assert metrics.same_value(Fraction(278, 40), "6.95")
    assert metrics.same_value(0.125, "0.13") and metrics.same_value(-2.5, "-3") and not metrics.same_value(0.125, "0.12")  # half up
    assert not metrics.same_value(46.012195, "46.10")
    assert metrics.same_value("Tent A", "tent a")
    assert not metrics.same_value("", "?")


def test_tables_are_multisets_unless_ordered() -> None:
    assert metrics.same_table([("b", 2), ("a", 1)], [["a", "1"], ["b", "2"]], ordered=False)
    assert not metrics.same_table([("b", 2), ("a", 1)], [["a", "1"], ["b", "2"]], ordered=True)
    assert not metrics.same_table([("a",), ("a",)], [["a"], ["b"]], ordered=False)
    assert not metrics.same_table([(1, "a")], [["a", 1]], ordered=False)


def test_spider_leaves_the_order_of_columns_free() -> None:
    same = metrics.same_rows_in_some_order_of_columns
    assert same([(1, "a"), (2, "b")], [("b", 2), ("a", 1)], False)
    assert not same([(1, "b"), (2, "a")], [("b", 2), ("a", 1)], False)
    assert not same([(2, "b"), (1, "a")], [("a", 1), ("b", 2)], True)
    assert not same([(1,)], [(1, 1)], False)
