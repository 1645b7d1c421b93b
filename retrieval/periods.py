"""Days and periods of the calendar, as half-open intervals: the arithmetic that phrases of dates come down to."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

Interval = tuple[date, date]  # the first day, and the day after the last
_DAY = timedelta(days=1)


def days(first: date, count: int = 1) -> Interval:
    return first, first + count * _DAY


def months(year: int, month: int, count: int = 1) -> Interval:
    first = date(year, month, 1)
    return first, first + relativedelta(months=count)


def years(year: int, count: int = 1) -> Interval:
    return date(year, 1, 1), date(year + count, 1, 1)


def unit(name: str, day: date) -> Interval:
    """The day, week (from Monday), month, quarter, year, decade or century that holds `day`, or the weekend of its week; a fortnight
    begins with its week."""
    monday = day - day.weekday() * _DAY
    match name:
        case "day":
            return days(day)
        case "week":
            return days(monday, 7)
        case "fortnight":
            return days(monday, 14)
        case "weekend":
            return days(monday + 5 * _DAY, 2)
        case "month":
            return months(day.year, day.month)
        case "quarter":
            return months(day.year, (day.month - 1) // 3 * 3 + 1, 3)
        case "decade":
            return years(day.year // 10 * 10, 10)
        case "century":
            return years((day.year - 1) // 100 * 100 + 1, 100)
        case _:
            return years(day.year)


_IN_DAYS = {"day": 1, "week": 7, "weekend": 7, "fortnight": 14}
_IN_MONTHS = {"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200}


def shift(name: str, count: int) -> relativedelta:
    """So many units of time."""
    return relativedelta(days=_IN_DAYS[name] * count) if name in _IN_DAYS else relativedelta(months=_IN_MONTHS[name] * count)


def of_some_year(starts: Callable[[int], Interval], today: date, which: str = "", ahead: bool = False) -> Interval:
    """Of the same period in every year, the one meant.

    "last" is the latest that is over, "next" the first that has not begun, "this" the one that holds today or else this year's. Without
    such a word it is the latest that has begun; where the words look `ahead`, the first that is not over. Raises ValueError where the
    calendar ends.
    """
    around = []
    for year in range(today.year - 5, today.year + 6):
        with suppress(ValueError):  # 29 February, or beyond the calendar
            around.append(starts(year))
    begun = [period for period in around if period[0] <= today]
    over = [period for period in around if period[1] <= today]
    if which == "next":
        meant = around[len(begun) :]
    elif which == "this":
        meant = [period for period in begun if today < period[1]] or [period for period in around if period[0].year >= today.year]
    elif which == "last":
        meant = over[::-1]
    else:
        meant = around[len(over) :] if ahead else begun[::-1]
    if not meant:
        raise ValueError(f"no such period near {today}")
    return meant[0]


def weekday(number: int, today: date, which: str = "", ahead: bool = False) -> Interval:
    """The day of this name (Monday is 0): of this week, the last before today or the first after it; else, today or the nearest."""
    back = (today.weekday() - number) % 7
    match which:
        case "this":
            return days(today + (number - today.weekday()) * _DAY)
        case "last":
            return days(today - (back or 7) * _DAY)
        case "next":
            return days(today + (7 - back) * _DAY)
    return days(today + (-back % 7) * _DAY if ahead else today - back * _DAY)


def iso_week(year: int, number: int) -> Interval:
    """Raises ValueError where the year has no such week."""
    return days(date.fromisocalendar(year, number, 1), 7)


def nth_weekday(period: Interval, number: int, count: int) -> Interval | None:
    """The first, second, … or with -1 the last day of this name in a period; None where it has not so many."""
    first = period[0] + (number - period[0].weekday()) % 7 * _DAY
    last = period[1] - ((period[1] - _DAY).weekday() - number) % 7 * _DAY - _DAY
    day = last if count < 0 else first + 7 * (count - 1) * _DAY
    return days(day) if period[0] <= day < period[1] else None


def stretch(period: Interval, name: str, count: int, at_end: bool) -> Interval:
    """The first or last so many days, weeks, months or quarters of a period, and no more than it has."""
    first, end = period
    return (max(first, end - shift(name, count)), end) if at_end else (first, min(end, first + shift(name, count)))


def nth(period: Interval, name: str, number: int) -> Interval | None:
    """The second week, third day, fourth quarter, … of a period, counted from its first day; None where it has not so many."""
    first = period[0] + shift(name, number - 1)
    return (first, min(period[1], first + shift(name, 1))) if first < period[1] else None


def third(period: Interval, number: int) -> Interval | None:
    """Early, middle or late: ten days of a month and what is left of it, four months of a year, one of a quarter, a third of a decade."""
    first, end = period
    length = (end.year - first.year) * 12 + end.month - first.month
    if first.day != 1 or end.day != 1 or length < 1:
        return None
    if length == 1:
        edges = [first, first + 10 * _DAY, first + 20 * _DAY, end]
    elif length == 120:
        edges = [first, first + relativedelta(years=3), first + relativedelta(years=7), end]
    else:
        edges = [first + relativedelta(months=length * n // 3) for n in range(4)]
    return edges[number], edges[number + 1]


def half(period: Interval, number: int) -> Interval | None:
    """The first or second half: of a month the first fifteen days and the others."""
    first, end = period
    length = (end.year - first.year) * 12 + end.month - first.month
    if first.day != 1 or end.day != 1 or length < 1:
        return None
    middle = first + 15 * _DAY if length == 1 else first + relativedelta(months=length // 2)
    if length > 1 and length % 2:
        middle += monthrange(middle.year, middle.month)[1] // 2 * _DAY
    return (first, middle) if number == 1 else (middle, end)
