"""Numbers and dates are found where they stand, with their exact values, and nothing else is taken for one."""

from datetime import date
from itertools import pairwise

import pytest

from retrieval.mentions import find_mentions

WEDNESDAY = date(2025, 7, 16)


def found(text: str, today: date | None = None) -> list[tuple[str, str]]:
    return [(text[mention.start : mention.end], mention.value) for mention in find_mentions(text, today)]


@pytest.mark.parametrize(
    "text, words, value",
    [
        ("more than 250 euros", "250", "250"),
        ("a total of 1,234.50", "1,234.50", "1234.5"),
        ("$3.5 million in sales", "$3.5 million", "3500000"),
        ("below €20", "€20", "20"),
        ("about 2.5k steps", "2.5k", "2500"),
        ("a $3m loss", "$3m", "3000000"),
        ("1.5M users", "1.5M", "1500000"),
        ("2 bn in all", "2 bn", "2000000000"),
        ("a cable of 3m", "3m", "3"),
        ("$3.5\nmillion in sales", "$3.5\nmillion", "3500000"),
        ("3.5\u00a0million users", "3.5\u00a0million", "3500000"),
        ("15% off", "15%", "15"),
        ("15 percent off", "15 percent", "15"),
        ("minus -5 degrees", "-5", "-5"),
        ("the top 5 shops", "5", "5"),
        ("the 1st of them", "1st", "1"),
        ("twelve apples", "twelve", "12"),
        ("twenty-five apples", "twenty-five", "25"),
        ("two hundred and five apples", "two hundred and five", "205"),
        ("three thousand four hundred apples", "three thousand four hundred", "3400"),
        ("a thousand apples", "a thousand", "1000"),
        ("a dozen eggs", "a dozen", "12"),
        ("two dozen eggs", "two dozen", "24"),
        ("half of the eggs", "half", "0.5"),
        ("two and a half hours", "two and a half", "2.5"),
        ("3/4 of a cup", "3/4", "0.75"),
        ("a cup and 2 1/2 spoons", "2 1/2", "2.5"),
        ("born in 2024", "2024", "2024"),
        ("a walk of 5km", "5", "5"),
        ("1.234,50 euros", "1.234,50", "1234.5"),
        ("12.345.678,9 in all", "12.345.678,9", "12345678.9"),
        ("1.5 million people", "1.5 million", "1500000"),
        ("half a million people", "half a million", "500000"),
        ("half million people", "half million", "500000"),
        ("half a trillion cells", "half a trillion", "500000000000"),
        ("a million and a half people", "a million and a half", "1500000"),
        ("a half-dozen eggs", "half-dozen", "6"),
        ("two and a half million people", "two and a half million", "2500000"),
        ("a quarter of a million people", "a quarter of a million", "250000"),
        ("three quarters of the staff", "three quarters", "0.75"),
        ("two fifths of all", "two fifths", "0.4"),
        ("a tenth of the sales", "a tenth", "0.1"),
        ("half a dozen eggs", "half a dozen", "6"),
        ("three-quarters full", "three-quarters", "0.75"),
    ],
)
def test_a_number_has_its_exact_value(text: str, words: str, value: str) -> None:
    assert found(text) == [(words, value)]


@pytest.mark.parametrize(
    "text",
    [
        "the third shop", "the one hundred twenty-first shop", "file 12abcdefgh", "a couple of tents", "a pair of boots", "which one is it", "the other half",

        "open at 9:30", "version 1.2.3", "call 0555 0199", "host 192.168.100.200", "a third of them",
        "an F-16", "paper of size A4", "on 03/04/2024", "may I march on",
    ],
)  # fmt: skip
def test_what_counts_nothing_is_not_a_number(text: str) -> None:
    assert found(text) == []


def test_a_season_over_two_years_is_two_numbers() -> None:
    assert found("the 2023-24 season") == [("2023", "2023"), ("24", "24")]


@pytest.mark.parametrize(
    "text, first, last",
    [
        ("2024-03-05", "2024-03-05", "2024-03-06"),
        ("5 March 2024", "2024-03-05", "2024-03-06"),
        ("5th of March, 2024", "2024-03-05", "2024-03-06"),
        ("March 5th, 2024", "2024-03-05", "2024-03-06"),
        ("13.4.2024", "2024-04-13", "2024-04-14"),
        ("29 February 2024", "2024-02-29", "2024-03-01"),
        ("5-7 March 2024", "2024-03-05", "2024-03-08"),
        ("March 2024", "2024-03-01", "2024-04-01"),
        ("Dec. 2024", "2024-12-01", "2025-01-01"),
        ("Q4 2024", "2024-10-01", "2025-01-01"),
        ("2024 Q1", "2024-01-01", "2024-04-01"),
        ("second quarter of 2024", "2024-04-01", "2024-07-01"),
        ("last quarter of 2024", "2024-10-01", "2025-01-01"),
        ("first half of 2024", "2024-01-01", "2024-07-01"),
        ("summer of 2024", "2024-06-01", "2024-09-01"),
        ("winter 2024", "2024-12-01", "2025-03-01"),
    ],
)
def test_a_date_is_one_mention_and_a_half_open_interval(text: str, first: str, last: str) -> None:
    assert found(f"sold in {text} or not") == [(text, f"{first}/{last}")]


@pytest.mark.parametrize(
    "text, words, first, last",
    [
        ("today", "today", "2025-07-16", "2025-07-17"),
        ("yesterday", "yesterday", "2025-07-15", "2025-07-16"),
        ("last week", "last week", "2025-07-07", "2025-07-14"),
        ("last month", "last month", "2025-06-01", "2025-07-01"),
        ("last quarter", "last quarter", "2025-04-01", "2025-07-01"),
        ("last year", "last year", "2024-01-01", "2025-01-01"),
        ("this year", "this year", "2025-01-01", "2026-01-01"),
        ("in March", "March", "2025-03-01", "2025-04-01"),
        ("in October", "October", "2024-10-01", "2024-11-01"),
        ("last March", "last March", "2025-03-01", "2025-04-01"),
        ("March last year", "March last year", "2024-03-01", "2024-04-01"),
        ("on 31 March", "31 March", "2025-03-31", "2025-04-01"),
        ("since Monday", "Monday", "2025-07-14", "2025-07-15"),
        ("the last 30 days", "last 30 days", "2025-06-17", "2025-07-17"),
        ("3 days ago", "3 days ago", "2025-07-13", "2025-07-14"),
    ],
)
def test_words_like_last_month_are_read_when_today_is_known(text: str, words: str, first: str, last: str) -> None:
    assert found(f"sold {text}", WEDNESDAY) == [(words, f"{first}/{last}")]


def test_words_like_last_month_are_left_alone_when_today_is_not_known() -> None:
    assert found("sold last month, yesterday or in March") == []


def test_a_month_takes_the_year_of_its_partner() -> None:
    assert found("from March to May 2024") == [("March", "2024-03-01/2024-04-01"), ("May 2024", "2024-05-01/2024-06-01")]


def test_a_day_that_does_not_exist_is_not_a_date() -> None:
    assert found("on 31 February 2024") == [("31", "31"), ("2024", "2024")]


def test_mentions_come_in_order_and_do_not_overlap() -> None:
    mentions = find_mentions("In Q1 2024 we sold 12 tents, twenty-five packs and, on 5 March 2024, $1,000 of rope.", WEDNESDAY)
    assert [mention.kind for mention in mentions] == ["date", "number", "number", "date", "number"]
    assert all(one.end <= other.start for one, other in pairwise(mentions))
