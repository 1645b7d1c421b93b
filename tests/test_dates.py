"""Which days the usual phrasings mean, on Wednesday 16 July 2025: a table, and what stays unread."""

import re
from datetime import date

import pytest

from retrieval import periods
from retrieval.dates import find_dates
from retrieval.directions import looks_ahead

TODAY = date(2025, 7, 16)
RANGE = re.compile(r"(.*?) (\d{4}-\d\d-\d\d)(?: (\d{4}-\d\d-\d\d))?$")


def found(text: str, today: date | None = TODAY) -> list[tuple[str, str]]:
    return [(text[start:end], value) for start, end, value in find_dates(text, today)]


def lines(table: str) -> list[str]:
    return [line.strip() for line in table.splitlines() if line.strip()]


# A phrase in a sentence of its own, the words of the mention in brackets; the first day and, where there are more, the last.
WRITTEN_OUT = lines("""
    sold on [5 March 2024] 2024-03-05
    sold on [5th March 2024] 2024-03-05
    sold on the [5th of March, 2024] 2024-03-05
    sold on [March 5, 2024] 2024-03-05
    sold on [March 5th, 2024] 2024-03-05
    sold on [March the 5th, 2024] 2024-03-05
    sold on [Mar 5 2024] 2024-03-05
    sold on [5 Mar. 2024] 2024-03-05
    sold on [5-Mar-2024] 2024-03-05
    sold on [5 March '24] 2024-03-05
    sold on [Friday, 5 March 2024] 2024-03-05
    sold on [Tuesday March 5, 2024] 2024-03-05
    sold on [Tue, 5 Mar 2024] 2024-03-05
    sold on [2024-03-05] 2024-03-05
    sold at [2024-03-05]T10:00 2024-03-05
    sold at [2024-03-05] 10:00 2024-03-05
    sold on [2024/03/05] 2024-03-05
    sold on [5.3.2024] 2024-03-05
    sold on [05.03.2024] 2024-03-05
    sold on [13/4/2024] 2024-04-13
    sold on [4/13/2024] 2024-04-13
    sold on [5/5/2024] 2024-05-05
    sold on [29 February 2024] 2024-02-29
    sold in [March 2024] 2024-03-01 2024-03-31
    sold in [March of 2024] 2024-03-01 2024-03-31
    sold in [Mar 2024] 2024-03-01 2024-03-31
    sold in [Dec. 2024] 2024-12-01 2024-12-31
    sold in [2024-03] 2024-03-01 2024-03-31
    sold on [5-7 March 2024] 2024-03-05 2024-03-07
    sold from [5 to 12 March 2024] 2024-03-05 2024-03-12
    sold between [5 and 12 March 2024] 2024-03-05 2024-03-12
    sold between [March 5 and 12, 2024] 2024-03-05 2024-03-12
    sold on the [first of March 2024] 2024-03-01
    sold before the [thirty first of March, 2024] 2024-03-31
    sold from [March 5 to 12, 2024] 2024-03-05 2024-03-12
    sold from [March 5–12, 2024] 2024-03-05 2024-03-12
    sold in [Q3 2024] 2024-07-01 2024-09-30
    sold in [Q3 of 2024] 2024-07-01 2024-09-30
    sold in [2024 Q3] 2024-07-01 2024-09-30
    sold in [2024-Q3] 2024-07-01 2024-09-30
    sold in the [third quarter of 2024] 2024-07-01 2024-09-30
    sold in the [third quarter 2024] 2024-07-01 2024-09-30
    sold in the [last quarter of 2024] 2024-10-01 2024-12-31
    sold in [H1 2024] 2024-01-01 2024-06-30
    sold in [2024 H2] 2024-07-01 2024-12-31
    sold in the [first half of 2024] 2024-01-01 2024-06-30
    sold in the [second half of May 2024] 2024-05-16 2024-05-31
    sold in [FY2024] 2024-01-01 2024-12-31
    sold in [FY 24] 2024-01-01 2024-12-31
    sold in [fiscal year 2024] 2024-01-01 2024-12-31
    sold in the [summer of 2024] 2024-06-01 2024-08-31
    sold in [winter 2024] 2024-12-01 2025-02-28
    sold in the [first week of May 2024] 2024-05-01 2024-05-07
    sold in the [second week of May 2024] 2024-05-08 2024-05-14
    sold in the [last week of May 2024] 2024-05-25 2024-05-31
    sold in the [first three months of 2024] 2024-01-01 2024-03-31
    sold in the [last 10 days of May 2024] 2024-05-22 2024-05-31
    sold on the [first day of March 2024] 2024-03-01
    sold on the [last day of February 2024] 2024-02-29
    sold at the [end of June 2024] 2024-06-30
    sold at the [end of 2024] 2024-12-31
    sold at the [end of the year 2024] 2024-12-31
    sold by [year-end 2024] 2024-12-31
    sold at the [beginning of 2024] 2024-01-01
    sold at the [start of Q3 2024] 2024-07-01
    sold since [mid-2024] 2024-05-01 2024-08-31
    sold in [early 2024] 2024-01-01 2024-04-30
    sold in [late 2024] 2024-09-01 2024-12-31
    sold in [mid-June 2024] 2024-06-11 2024-06-20
    sold in [early June 2024] 2024-06-01 2024-06-10
    sold in [late February 2024] 2024-02-21 2024-02-29
    sold in the [middle of 2024] 2024-05-01 2024-08-31
    sold on the [first Monday of May 2024] 2024-05-06
    sold on the [last Friday of May 2024] 2024-05-31
    sold on the [second Tuesday in May 2024] 2024-05-14
    sold in the [1990s] 1990-01-01 1999-12-31
    sold in the [1990's] 1990-01-01 1999-12-31
    sold in the ['90s] 1990-01-01 1999-12-31
    sold in the [90s] 1990-01-01 1999-12-31
    sold in the [nineties] 1990-01-01 1999-12-31
    sold in the [early 1990s] 1990-01-01 1992-12-31
    sold in the [late 1990s] 1997-01-01 1999-12-31
    sold in the [19th century] 1801-01-01 1900-12-31
    sold in [2024-W12] 2024-03-18 2024-03-24
    sold in [week 12 of 2024] 2024-03-18 2024-03-24
    sold in [calendar week 12, 2024] 2024-03-18 2024-03-24
    sold at [Christmas 2024] 2024-12-25
    sold on [Christmas Eve 2024] 2024-12-24
    sold on [New Year's Day 2024] 2024-01-01
    sold on [Halloween 2024] 2024-10-31
    sold on [Saint Patrick’s Day 2024] 2024-03-17
""")
FROM_TODAY = lines("""
    sold between [March 5th and 12th] 2025-03-05 2025-03-12
    sold since the [twenty-second of May] 2025-05-22
    sold [today] 2025-07-16
    [today]'s orders 2025-07-16
    sold [yesterday] 2025-07-15
    due [tomorrow] 2025-07-17
    open [tonight] 2025-07-16
    sold the [day before yesterday] 2025-07-14
    due the [day after tomorrow] 2025-07-18
    sold [this week] 2025-07-14 2025-07-20
    sold [last week] 2025-07-07 2025-07-13
    sold in the [past week] 2025-07-07 2025-07-13
    due [next week] 2025-07-21 2025-07-27
    sold in the [week before last] 2025-06-30 2025-07-06
    due in the [week after next] 2025-07-28 2025-08-03
    sold [this month] 2025-07-01 2025-07-31
    sold [last month] 2025-06-01 2025-06-30
    sold the [previous month] 2025-06-01 2025-06-30
    due [next month] 2025-08-01 2025-08-31
    sold in the [month before last] 2025-05-01 2025-05-31
    sold [this quarter] 2025-07-01 2025-09-30
    sold in the [current quarter] 2025-07-01 2025-09-30
    sold [last quarter] 2025-04-01 2025-06-30
    due [next quarter] 2025-10-01 2025-12-31
    sold [this year] 2025-01-01 2025-12-31
    sold [last year] 2024-01-01 2024-12-31
    sold in the [prior year] 2024-01-01 2024-12-31
    due [next year] 2026-01-01 2026-12-31
    sold in the [year before last] 2023-01-01 2023-12-31
    sold in the [last decade] 2010-01-01 2019-12-31
    sold [this century] 2001-01-01 2100-12-31
    sold in the [past 30 days] 2025-06-17 2025-07-16
    sold in the [last 7 days] 2025-07-10 2025-07-16
    sold in the [last 3 months] 2025-04-17 2025-07-16
    sold in the [last twelve months] 2024-07-17 2025-07-16
    sold in the [previous two weeks] 2025-07-03 2025-07-16
    sold in the [last couple of weeks] 2025-07-03 2025-07-16
    sold in the [past two quarters] 2025-01-17 2025-07-16
    due in the [next 7 days] 2025-07-16 2025-07-22
    due in the [coming three weeks] 2025-07-16 2025-08-05
    sold [3 days ago] 2025-07-13
    sold [a week ago] 2025-07-07 2025-07-13
    sold [two weeks ago] 2025-06-30 2025-07-06
    sold [a month ago] 2025-06-01 2025-06-30
    sold [a couple of months ago] 2025-05-01 2025-05-31
    sold [a year ago] 2024-01-01 2024-12-31
    sold [a decade ago] 2010-01-01 2019-12-31
    due [3 days from now] 2025-07-19
    due [two weeks from now] 2025-07-30
    due [a week from today] 2025-07-23
    due [a month from now] 2025-08-01 2025-08-31
    sold since [Monday] 2025-07-14
    sold on [Wednesday] 2025-07-16
    sold on [Fri] 2025-07-11
    sold on [this Monday] 2025-07-14
    due [this Friday] 2025-07-18
    due [this coming Friday] 2025-07-18
    sold [last Friday] 2025-07-11
    due [next Friday] 2025-07-18
    sold [Monday last week] 2025-07-07
    sold on [Monday of last week] 2025-07-07
    due [next week Tuesday] 2025-07-22
    sold [last weekend] 2025-07-12 2025-07-13
    due [this weekend] 2025-07-19 2025-07-20
    sold over the [weekend] 2025-07-12 2025-07-13
    sold in [March] 2025-03-01 2025-03-31
    sold in [July] 2025-07-01 2025-07-31
    sold in [October] 2024-10-01 2024-10-31
    sold in [Jan] 2025-01-01 2025-01-31
    sold since [Sept.] 2024-09-01 2024-09-30
    [January] sales 2025-01-01 2025-01-31
    sold [last March] 2025-03-01 2025-03-31
    due [this October] 2025-10-01 2025-10-31
    due [next March] 2026-03-01 2026-03-31
    sold in [March last year] 2024-03-01 2024-03-31
    sold in [March of the previous year] 2024-03-01 2024-03-31
    sold on [31 March] 2025-03-31
    sold before [5 March] 2025-03-05
    sold on the [4th of July] 2025-07-04
    sold on [29 February] 2024-02-29
    sold on the [5th]? 2025-07-05
    sold on the [20th], in all 2025-06-20
    sold on the [5th of last month] 2025-06-05
    sold in [Q3] 2025-07-01 2025-09-30
    sold in [Q4] 2024-10-01 2024-12-31
    sold in the [first quarter] 2025-01-01 2025-03-31
    sold in [H2] 2025-07-01 2025-12-31
    sold in the [first half of the year] 2025-01-01 2025-06-30
    sold in the [last quarter of the year] 2025-10-01 2025-12-31
    sold in the [second half of last year] 2024-07-01 2024-12-31
    sold at the [end of June] 2025-06-30
    due by the [end of the month] 2025-07-31
    due by the [end of the year] 2025-12-31
    due at [year end] 2025-12-31
    sold at the [beginning of last month] 2025-06-01
    sold [late last year] 2024-09-01 2024-12-31
    sold in the [first week of May] 2025-05-01 2025-05-07
    sold in [mid-June] 2025-06-11 2025-06-20
    sold [year to date] 2025-01-01 2025-07-16
    sold [YTD] 2025-01-01 2025-07-16
    sold [last summer] 2024-06-01 2024-08-31
    sold [this summer] 2025-06-01 2025-08-31
    due [next winter] 2025-12-01 2026-02-28
    sold [last Christmas] 2024-12-25
    sold before [Christmas] 2024-12-25
    due [next Halloween] 2025-10-31
    sold on [New Year's Eve]? 2024-12-31
    sold since [Valentine's Day] 2025-02-14
""")
AHEAD = lines("""
    Book a table on [Friday] 2025-07-18
    Can you book us a room for [Monday]? 2025-07-21
    Please schedule a call on [5 March] 2026-03-05
    Remind me in [two weeks] 2025-07-30
    Remind me on the [5th] 2025-08-05
    Which invoices are due on [Friday]? 2025-07-18
    Finish it by [Friday] 2025-07-18
    What has to be delivered by [Friday]? 2025-07-18
    Will the invoice be paid by [Friday]? 2025-07-18
    How many days are left until [Friday]? 2025-07-18
    Order me a taxi for the [5th] 2025-08-05
    Which meetings are scheduled for [March]? 2026-03-01 2026-03-31
    Will it ship in [July]? 2025-07-01 2025-07-31
    We'll meet on [Wednesday] 2025-07-16
    Send invoices before [Christmas] 2025-12-25
    I want to reserve a bike for the [weekend] 2025-07-19 2025-07-20
    What is going to happen in [Q1]? 2026-01-01 2026-03-31
""")
BACK = lines("""
    How many orders came in on [Friday]? 2025-07-11
    Which orders were due on [Friday]? 2025-07-11
    What did Ann book on [Friday]? 2025-07-11
    Book sales in [March] 2025-03-01 2025-03-31
    Open orders in [March] 2025-03-01 2025-03-31
    Order the products by sales in [October] 2024-10-01 2024-10-31
    Add up the sales in [October] 2024-10-01 2024-10-31
    Orders of Will in [October] 2024-10-01 2024-10-31
    Will Smith's orders in [October] 2024-10-01 2024-10-31
    Which deliveries had been scheduled for [Friday]? 2025-07-11
    Deliveries on [Friday] 2025-07-11
    What has been planned since [Monday]? 2025-07-14
""")


@pytest.mark.parametrize("line", [*WRITTEN_OUT, *FROM_TODAY, *AHEAD, *BACK])
def test_a_phrase_means_these_days(line: str) -> None:
    match = RANGE.match(line)
    assert match
    text, words = re.sub(r"[\[\]]", "", match[1]), re.findall(r"\[(.*?)\]", match[1])
    last = date.fromisoformat(match[3] or match[2])
    assert found(text) == [(words[0], f"{match[2]}/{date.fromordinal(last.toordinal() + 1)}")]


@pytest.mark.parametrize("line", WRITTEN_OUT)
def test_what_is_written_out_needs_no_day_to_count_from(line: str) -> None:
    text = re.sub(r"[\[\]]", "", RANGE.match(line)[1])  # type: ignore[index]
    assert found(text, None) == found(text)


@pytest.mark.parametrize("line", [*FROM_TODAY, *AHEAD, *BACK])
def test_what_counts_from_today_is_not_read_without_it(line: str) -> None:
    assert found(re.sub(r"[\[\]]", "", RANGE.match(line)[1]), None) == []  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    [
        "sold on 5/3/2024", "born in 2024", "from 2019 to 2021", "the 2023-24 season", "may I march on", "the march of time", "on the 5th floor",
        "how long did it take in two weeks", "may 5 people come", "version 1.2.3", "the sun and the sat nav", "Jan Novak of Oslo",
        "a decent spring", "three quarters of them", "the end of the road", "second half", "the first week", "week 12", "who fell in the fall",
        "31 April 2024 and 30 February 2024", "who can say if this may be a fault", "chapter 5-7", "the 5th of them", "Christmas cards", "new years ahead", "sales in the last half year", "half a year ago", "12/2024/7",
    ],
)  # fmt: skip
def test_what_is_no_date_or_leaves_doubt_is_not_read(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text, values",
    [
        ("from March to May 2024", ["2024-03-01", "2024-05-01"]),
        ("from November to February 2024", ["2023-11-01", "2024-02-01"]),
        ("between March and May", ["2025-03-01", "2025-05-01"]),
        ("from March to October", ["2024-03-01", "2024-10-01"]),
        ("between November and February", ["2024-11-01", "2025-02-01"]),
        ("from November 2023 to February", ["2023-11-01", "2024-02-01"]),
        ("between 10 July and 3 August", ["2025-07-10", "2025-08-03"]),
        ("days from today to 15 March", ["2025-07-16", "2026-03-15"]),
        ("28 December 2022 to 3 January", ["2022-12-28", "2023-01-03"]),
        ("sold 10 July and 3 August", ["2025-07-10", "2024-08-03"]),
        ("after 5 March 2024 and before 9 June 2024", ["2024-03-05", "2024-06-09"]),
        ("in March and in October", ["2025-03-01", "2024-10-01"]),
        ("from yesterday until tomorrow", ["2025-07-15", "2025-07-17"]),
        ("from Q1 2024 to Q3 2024", ["2024-01-01", "2024-07-01"]),
        ("from the end of May to the start of July", ["2025-05-31", "2025-07-01"]),
        ("from May 3rd to June 5th, 2024", ["2024-05-03", "2024-06-05"]),
        ("from the 3rd of May to the 5th of June 2024", ["2024-05-03", "2024-06-05"]),
        ("between Monday 3 June and Friday 7 June 2024", ["2024-06-03", "2024-06-07"]),
        ("from mid-March to mid-May 2024", ["2024-03-11", "2024-05-11"]),
        ("Q1 and Q2 2024", ["2024-01-01", "2024-04-01"]),
        ("from 20 December to 5 January 2024", ["2023-12-20", "2024-01-05"]),
        ("Jan-Mar 2024", ["2024-01-01", "2024-03-01"]),
        ("Q1-Q3 2024", ["2024-01-01", "2024-07-01"]),
        ("1 May-31 May 2024", ["2024-05-01", "2024-05-31"]),
        ("from Monday to Friday", ["2025-07-14", "2025-07-18"]),
        ("from yesterday to Sunday", ["2025-07-15", "2025-07-20"]),
        ("from the 5th until the 20th", ["2025-07-05", "2025-07-20"]),
        ("from the 5th to the 10th", ["2025-07-05", "2025-07-10"]),
    ],
)
def test_the_ends_of_a_range_are_two_dates(text: str, values: list[str]) -> None:
    assert [value[:10] for _, value in found(text)] == values


def test_another_date_of_the_text_tells_which_number_is_the_month() -> None:
    assert [value[:10] for _, value in found("paid 5/3/2024, due 13/4/2024")] == ["2024-03-05", "2024-04-13"]
    assert [value[:10] for _, value in found("paid 5/3/2024, due 4/13/2024")] == ["2024-05-03", "2024-04-13"]
    assert [value[:10] for _, value in found("paid 5/3/2024, due 4/13/2024 or 13/4/2024")] == ["2024-04-13", "2024-04-13"]


def test_mentions_on_any_day_are_whole_and_in_order() -> None:
    text = "; ".join(re.sub(r"[\[\]]", "", RANGE.match(line)[1]) for line in (*WRITTEN_OUT, *FROM_TODAY, *AHEAD))  # type: ignore[index]
    for ordinal in range(date(2023, 12, 25).toordinal(), date(2025, 1, 10).toordinal(), 3):
        last_end = 0
        for start, end, value in find_dates(text, date.fromordinal(ordinal)):
            first, last = map(date.fromisoformat, value.split("/"))
            assert last_end <= start < end and first < last
            last_end = end


def test_the_last_days_of_the_calendar_break_nothing() -> None:
    for today in (date(9999, 12, 31), date(1, 1, 1)):
        for line in FROM_TODAY:
            found(re.sub(r"[\[\]]", "", RANGE.match(line)[1]), today)  # type: ignore[index]


def test_words_of_the_past_outweigh_those_that_look_ahead() -> None:
    assert looks_ahead("What will we ship on Friday?") and not looks_ahead("What did we say we will ship on Friday?")


def test_a_period_has_no_sixth_monday_and_no_half_of_a_week() -> None:
    may = periods.months(2024, 5)
    assert periods.nth_weekday(may, 0, 5) is None and periods.nth(may, "week", 6) is None
    assert periods.half(periods.unit("week", TODAY), 1) is None and periods.third(periods.unit("week", TODAY), 1) is None
