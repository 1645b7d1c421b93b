"""Days and periods in a text, as half-open intervals of days: "5 March 2024", "Q4 2024", "the end of June", "mid-2024", "last month".

A mention is the words of the date alone, without "since" or "the"; "from March to May 2024" is two. What needs a calendar on the wall
("last month", "March" without a year) is read only where `today` is given. The choices, where words leave one:

- A day, weekday, month or quarter without a year is the latest that has begun; in a text that looks ahead (`looks_ahead`), the first that
  is not over. "This Friday" is this week's, "next Friday" the first after today.
- "The last 7 days" end with today and "the next 7 days" begin with it. "Last week" runs from Monday; "3 weeks ago" is that whole week.
- The end of a period is its last day and the start its first. Early, mid and late are its thirds; the first week of May is 1 to 7 May.
- The end of a range without a year is the first that is not before its beginning ("from today to 15 September"), and the beginning without
  one the latest before its end ("from 20 December to 5 January 2024").
- A fiscal year is taken for the calendar year of its number.
- 13/4/2024 has the day first. Of 5/3/2024 nobody knows, unless another date of the text does: else it is no date.

Left out: a bare year, which is a number; times of day; feasts that move.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from retrieval import date_patterns as patterns
from retrieval import periods
from retrieval.directions import looks_ahead
from retrieval.periods import Interval


@dataclass(frozen=True)
class _Reading:
    """A text being read. `inside`: the words stand in a larger phrase ("the end of March"), so a lone month needs no preposition.

    `since` is when the range begins that they may end ("from 22 October to 30 November"), `until` when the one ends that they begin ("from
    3 May to 5 June 2024"); `ahead` is whether the text looks ahead.
    """

    text: str
    today: date | None
    ahead: bool = False
    inside: bool = False
    since: date | None = None
    until: date | None = None

    @cached_property
    def day_first(self) -> bool | None:
        """The order of days and months in dates such as 5/3/2024, where the text tells."""
        orders = {int(one) > 12 for one, other in patterns.SLASHED.findall(self.text) if max(int(one), int(other)) > 12}
        return orders.pop() if len(orders) == 1 else None

    def some_year(self, starts: Callable[[int], Interval]) -> Interval | None:
        """Of the same period in every year, the one meant where no word says which; None where neither a range nor a calendar tells."""
        near = self.near()
        return None if near is None else periods.of_some_year(starts, near[0], ahead=near[1])

    def near(self) -> tuple[date, bool] | None:
        """The day that what is meant lies next to, and whether behind it: an end of the same range, or else today."""
        if self.until is not None:
            return self.until, False
        if self.since is not None:
            return self.since, True
        return None if self.today is None else (self.today, self.ahead)

    def after(self, pattern: re.Pattern[str], match: re.Match[str]) -> bool:
        """Whether the words before the match end as `pattern` says."""
        return pattern.search(self.text, max(0, match.start() - 14), match.start()) is not None


def find_dates(text: str, today: date | None = None) -> Iterator[tuple[int, int, str]]:
    """(start, end, "first/last") of every date, in order, without overlap; `last` is the day after the period."""
    if not patterns.HINT.search(text):
        return
    alone = _Reading(text, today, ahead=today is not None and looks_ahead(text))  # passages are read without a calendar
    at, since, join = 0, None, None
    while True:
        # What follows a join needs no space before it: "Q1-Q3 2024".
        match = patterns.JOINED_DATE.match(text, join.end()) if join else None
        reading = replace(alone, since=since) if match else alone
        match, join = match or patterns.DATE.search(text, at), None
        if match is None:
            return
        found = _part(match, reading) if match["part"] else _read(match, reading)
        if found is None and match["part"] and (whole := patterns.WHOLE.match(text, match.start())):
            found = _read(whole, reading)
        if found is None:
            at = _next_word(text, match.start()) if match["part"] else match.end()
            continue
        (first, last), at = found
        yield match.start(), at, f"{first.isoformat()}/{last.isoformat()}"
        join, since = patterns.RANGE_JOINS.match(text, at), first
        if join and not (join["sure"] or reading.after(patterns.RANGE_OPENS, match)):
            join = None


def _next_word(text: str, at: int) -> int:
    return next((place for place in range(at + 1, len(text)) if not text[place - 1].isalnum()), len(text))


def _read(match: re.Match[str], reading: _Reading) -> tuple[Interval, int] | None:
    interval = _interval(match, replace(reading, until=_end_of_range(match, reading.text)))
    return (interval, match.end()) if interval is not None else None


def _interval(match: re.Match[str], reading: _Reading) -> Interval | None:
    try:
        interval = _READERS[match.lastgroup or ""](match, reading)
    except (ValueError, OverflowError):  # 31 February: not a date
        return None
    return interval if interval is not None and interval[0] < interval[1] else None


def _end_of_range(match: re.Match[str], text: str) -> date | None:
    """When the date begins that is joined to this one, where it needs no calendar."""
    join = patterns.RANGE_JOINS.match(text, match.end())
    if join is None:
        return None
    part = patterns.JOINED_DATE.match(text, join.end())
    other = patterns.INNER.match(text, part.end()) if part and part["part"] else part
    interval = _interval(other, _Reading(text, None)) if other else None
    return interval[0] if interval is not None else None


# --- Parts of periods ---------------------------------------------------------------------------------------------------


def _part(match: re.Match[str], reading: _Reading) -> tuple[Interval, int] | None:
    """ "The end of June", "the first week of May 2024", "mid-2024": what the words say of the period that follows them."""
    inner = patterns.INNER.match(reading.text, match.end())
    if inner and inner["bare_unit"] and match["nth"] and not re.search(r"\b(?:of|in)\b", match[0]):
        return None  # "the last half year"
    found = _read(inner, replace(reading, inside=True)) if inner else None
    if found is None:
        return None
    try:
        interval = _of(match, *found[0])
    except (ValueError, OverflowError):
        return None
    return (interval, found[1]) if interval is not None else None


def _of(match: re.Match[str], first: date, end: date) -> Interval | None:
    period, day = (first, end), timedelta(days=1)
    if end - first <= day:
        return None
    if match["edge"]:
        opens = match["edge"].lower().startswith(("first", "start", "beginning"))
        return periods.days(first if opens else end - day)
    if match["third"]:
        return periods.third(period, {"early": 0, "mid": 1, "middle": 1, "late": 2}[match["third"].lower()])
    if match["side"]:
        return periods.stretch(period, match["many_unit"].lower(), _count(match["many"]), match["side"].lower() != "first")
    if match["in_week"]:
        return periods.nth_weekday(period, _weekday_number(match["in_week"]), 1)
    if match["nth_day"]:
        return periods.nth(period, "day", int(match["nth_day"]))
    number, name = patterns.ORDINALS[(match["nth"] or match["nth2"]).lower()], (match["nth_unit"] or match["nth_unit2"]).lower()
    if name == "half":
        return periods.half(period, number) if number in (1, 2) else periods.half(period, 2) if number < 0 else None
    if name == "quarter" and (end.year - first.year) * 12 + end.month - first.month != 12:
        return None
    if name not in ("quarter", "week", "month", "day"):
        return periods.nth_weekday(period, _weekday_number(name), number)
    return periods.stretch(period, name, 1, at_end=True) if number < 0 else periods.nth(period, name, number)


# --- Words to numbers ---------------------------------------------------------------------------------------------------


def _year(text: str | None, today: date | None) -> int | None:
    if text is None:
        return None
    if digits := re.search(r"\d+$", text):
        number = int(digits[0])
        return number if number > 99 else number + (2000 if number < 70 else 1900)
    which = patterns.WHICH_OF[text.lower().removeprefix("the ").split()[0]]
    return today.year + {"last": -1, "this": 0, "next": 1}[which] if today else None


def _count(text: str | None) -> int:
    return 1 if text is None else int(text) if text.isdecimal() else patterns.COUNTS[text.lower()]


def _counted(match: re.Match[str], name: str) -> int:
    return 2 if "couple of" in match[0].lower() else _count(match[name])


def _day_number(text: str) -> int:
    return int(text) if text.isdecimal() else patterns.DAY_WORDS[text.lower().replace(" ", "-")]


def _month_number(name: str) -> int:
    return patterns.MONTH_NUMBER[name[:3].lower()]


def _weekday_number(name: str) -> int:
    return [day[:3] for day in patterns.WEEKDAYS].index(name[:3].lower())


def _holiday_of(text: str) -> Callable[[int], Interval]:
    name = re.sub(r"^(?:st\.?|saint) ", "st ", text.lower().replace("’", "'"))
    return lambda year: periods.days(date(year, *patterns.HOLIDAYS[name]))


# --- One reader for each way of writing ---------------------------------------------------------------------------------


def _iso(match: re.Match[str], reading: _Reading) -> Interval | None:
    year, month = int(match["iso_year"]), int(match["iso_month"])
    if match["iso_day"]:
        return periods.days(date(year, month, int(match["iso_day"])))
    return None if month == (year + 1) % 100 else periods.months(year, month)  # 2011-12 is a season


def _iso_week(match: re.Match[str], reading: _Reading) -> Interval | None:
    return periods.iso_week(int(match[0][:4]), int(match[0][-2:]))


def _numbered_week(match: re.Match[str], reading: _Reading) -> Interval | None:
    year = _year(match["y10"], reading.today)
    return periods.iso_week(year, int(match["week"])) if year else None


def _slashed(match: re.Match[str], reading: _Reading) -> Interval | None:
    return periods.days(date(int(match["s_year"]), int(match["s_month"]), int(match["s_day"])))


def _dotted(match: re.Match[str], reading: _Reading) -> Interval | None:
    day, month = int(match["dot_day"]), int(match["dot_month"])
    if match["dot"] == "/" and day <= 12 and month <= 12 and day != month and reading.day_first is None:
        return None
    if match["dot"] == "/" and (month > 12 or day <= 12 and reading.day_first is False):
        day, month = month, day
    return periods.days(date(int(match["dot_year"]), month, day))


def _days_of_month(match: re.Match[str], reading: _Reading) -> Interval | None:
    form = next(form for form in patterns.DAYS_OF_MONTH if match[form])
    name, written, first = match[f"{form}_month"], match[f"{form}_year"], _day_number(match[f"{form}_from"])
    last = _day_number(match[f"{form}_to"]) if form != "said_day" and match[f"{form}_to"] else first
    month = _month_number(name)
    if name in ("may", "march") and not written and form == "month_first":
        return None  # "may 5 people"

    def starts(year: int) -> Interval:
        return periods.days(date(year, month, first), max(1, last - first + 1))

    if written is None:
        return reading.some_year(starts)
    year = _year(written, reading.today)
    return starts(year) if year else None


def _month_of_year(match: re.Match[str], reading: _Reading) -> Interval | None:
    year = _year(match["y3"], reading.today)
    return periods.months(year, _month_number(match["m3"])) if year else None


def _quarter(match: re.Match[str], reading: _Reading) -> Interval | None:
    year = _year(match["y4"] or match["y5"], reading.today)
    return periods.months(year, 3 * int(match["q"] or match["q5"]) - 2, 3) if year else None


def _half(match: re.Match[str], reading: _Reading) -> Interval | None:
    year = _year(match["y6"] or match["y9"], reading.today)
    return periods.months(year, 1 if (match["h"] or match["h2"]) == "1" else 7, 6) if year else None


def _season(match: re.Match[str], reading: _Reading) -> Interval | None:
    year = _year(match["y7"], reading.today)
    return periods.months(year, patterns.SEASONS[match["s"].lower()], 3) if year else None


def _holiday(match: re.Match[str], reading: _Reading) -> Interval | None:
    starts = _holiday_of(match["hol"])
    if match["y11"]:
        year = _year(match["y11"], reading.today)
        return starts(year) if year else None
    known = reading.after(patterns.PREPOSITION, match) and patterns.ENDS.match(reading.text, match.end())
    return reading.some_year(starts) if known else None


def _fiscal(match: re.Match[str], reading: _Reading) -> Interval | None:
    year = _year(match["fy"], None)
    return periods.years(year) if year else None


def _decade(match: re.Match[str], reading: _Reading) -> Interval | None:
    if match["dec"] and match["dec"].endswith("000"):
        return periods.years(int(match["dec"]), 10)
    short = 1900 + int(match["dec2"] or 0)
    return periods.years(int(match["dec"] or 0) or (patterns.DECADES[match["dec3"].lower()] if match["dec3"] else short), 10)


def _century(match: re.Match[str], reading: _Reading) -> Interval | None:
    return periods.years((int(match["cent"]) - 1) * 100 + 1, 100)


def _ago(match: re.Match[str], reading: _Reading) -> Interval | None:
    name = match["ago_unit"].lower()
    held = "week" if name == "fortnight" else name
    return periods.unit(held, reading.today - periods.shift(name, _counted(match, "ago_count"))) if reading.today else None


def _from_now(match: re.Match[str], reading: _Reading) -> Interval | None:
    """Days and weeks lead to a day, longer units to the month, quarter or year that holds it, unless they are counted from today."""
    if reading.today is None:
        return None
    name = match["now_unit"].lower()
    day = reading.today + periods.shift(name, _counted(match, "now_count"))
    return periods.days(day) if match["from_day"] or name in ("day", "week", "weekend", "fortnight") else periods.unit(name, day)


def _within(match: re.Match[str], reading: _Reading) -> Interval | None:
    """ "In two weeks" is a day where the words look ahead; elsewhere it says how long something took."""
    if reading.today is None or not reading.ahead:
        return None
    return periods.days(reading.today + periods.shift(match["in_unit"].lower(), _counted(match, "in_count")))


def _recent(match: re.Match[str], reading: _Reading) -> Interval | None:
    """The last 7 days end with today and hold seven days; the last 3 months are counted back from today."""
    if reading.today is None:
        return None
    tomorrow = reading.today + timedelta(days=1)
    return tomorrow - periods.shift(match["recent_unit"].lower(), _count(match["recent_count"])), tomorrow


def _coming(match: re.Match[str], reading: _Reading) -> Interval | None:
    if reading.today is None:
        return None
    return reading.today, reading.today + periods.shift(match["coming_unit"].lower(), _count(match["coming_count"]))


def _week_day(match: re.Match[str], reading: _Reading) -> Interval | None:
    if reading.today is None:
        return None
    step = {"last": -1, "this": 0, "next": 1}[match["wd_which"].lower()]
    week = periods.unit("week", reading.today + periods.shift("week", step))
    return periods.nth_weekday(week, _weekday_number(match["wd"]), 1)


def _relative(match: re.Match[str], reading: _Reading) -> Interval | None:
    today = reading.today
    if today is None:
        return None
    which, what = patterns.WHICH_OF[match["which"].lower()], match["what"].lower().rstrip(".")
    if what in patterns.UNITS.split("|"):
        return periods.unit(what, today + periods.shift(what, {"last": -1, "this": 0, "next": 1}[which]))
    if what in patterns.SEASONS:
        return periods.of_some_year(lambda year: periods.months(year, patterns.SEASONS[what], 3), today, which)
    if what.replace("’", "'") in patterns.HOLIDAYS:
        return periods.of_some_year(_holiday_of(what), today, which)
    if what[:3] in patterns.MONTH_NUMBER:
        if match["what"] in ("may", "march") and which == "this":
            return None  # "this may be a fault"
        return periods.of_some_year(lambda year: periods.months(year, _month_number(what)), today, which)
    if which == "this" and "coming" not in match["which"].lower() and what[:3] in ("sun", "sat", "mon", "wed") and len(what) == 3:
        return None  # "this sun", "this sat", "this wed"
    return periods.weekday(_weekday_number(what), today, which)


def _named(match: re.Match[str], reading: _Reading) -> Interval | None:
    steps = {"day before yesterday": -2, "yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1, "day after tomorrow": 2}
    return periods.days(reading.today + timedelta(days=steps[match["named"].lower()])) if reading.today else None


def _last_but_one(match: re.Match[str], reading: _Reading) -> Interval | None:
    step = -2 if match["lbo_last"] else 2
    return periods.unit(match["lbo"].lower(), reading.today + periods.shift(match["lbo"].lower(), step)) if reading.today else None


def _to_date(match: re.Match[str], reading: _Reading) -> Interval | None:
    if reading.today is None:
        return None
    name = (match["td"] or {"w": "week", "m": "month", "q": "quarter", "y": "year"}[match["td2"].lower()]).lower()
    return periods.unit(name, reading.today)[0], reading.today + timedelta(days=1)


def _ending(match: re.Match[str], reading: _Reading) -> Interval | None:
    """The year's end: the last day of the year that is named, or of this year."""
    if match["ended_year"]:
        year = _year(match["ended_year"], reading.today)
        return periods.days(date(year, 12, 31)) if year else None
    return periods.days(periods.unit(match["ended"].lower(), reading.today)[1] - timedelta(days=1)) if reading.today else None


def _lone_quarter(match: re.Match[str], reading: _Reading) -> Interval | None:
    number = int(match["lq"] or patterns.ORDINALS[match["lq_word"].lower()])
    return reading.some_year(lambda year: periods.months(year, 3 * number - 2, 3))


def _lone_half(match: re.Match[str], reading: _Reading) -> Interval | None:
    first = 1 if match["lh"] == "1" else 7
    return reading.some_year(lambda year: periods.months(year, first, 6))


def _lone(match: re.Match[str], reading: _Reading) -> Interval | None:
    """A month without a year: of the year that the other end of its range tells ("March to May 2024"), else the latest, if it is surely a
    month."""
    month, text = _month_number(match["lone"]), reading.text
    if reading.until is None and not (reading.inside or reading.since or _surely_a_month(match, reading)):
        return None
    found = reading.some_year(lambda year: periods.months(year, month))
    opens = reading.until is None and reading.after(patterns.RANGE_OPENS, match)
    if found and opens and (range_after := patterns.MONTH_AFTER.match(text, match.end())):
        later = _month_number(range_after["month"])  # "from March to October" asked in July: both of last year
        end = reading.some_year(lambda year: periods.months(year, later))
        if end and found[0] > end[0]:
            return periods.months(end[0].year - (month > later), month)
    return found


def _surely_a_month(match: re.Match[str], reading: _Reading) -> bool:
    name = match["lone"]
    if name.lower().rstrip(".") not in patterns.MONTHS:  # "Jan" is a person, too
        return name[0].isupper() and reading.after(patterns.TIME_PREPOSITION, match)
    preposition = patterns.PREPOSITION if name[0].isupper() else patterns.SURE_PREPOSITION  # "to march" is a verb
    return _month_number(name) not in (3, 5) and name[0].isupper() or reading.after(preposition, match)


def _weekend(match: re.Match[str], reading: _Reading) -> Interval | None:
    if reading.today is None or not reading.after(patterns.THE_BEFORE, match):
        return None
    found = periods.unit("weekend", reading.today)
    return found if reading.ahead or found[0] <= reading.today else periods.unit("weekend", reading.today - timedelta(days=7))


def _weekday(match: re.Match[str], reading: _Reading) -> Interval | None:
    name = match["weekday"]
    if name.lower() not in patterns.WEEKDAYS and not name[0].isupper():
        return None
    near = reading.near()
    known = reading.since is not None or reading.after(patterns.PREPOSITION, match)
    return periods.weekday(_weekday_number(name), near[0], ahead=near[1]) if known and near is not None else None


def _day_alone(match: re.Match[str], reading: _Reading) -> Interval | None:
    """ "On the 5th": of this month or of the one before, or of the next where the words look ahead."""
    near, number = reading.near(), int(match["alone"])
    known = reading.since is not None or reading.after(patterns.THE_BEFORE, match)
    if near is None or not known or not patterns.ENDS.match(reading.text, match.end()):
        return None
    today, ahead = near
    for step in (0, 1, 2) if ahead else (0, -1, -2):
        month = periods.unit("month", today + periods.shift("month", step))
        day = month[0] + timedelta(days=number - 1)
        if day < month[1] and (day >= today if ahead else day <= today):
            return periods.days(day)
    return None


def _bare_year(match: re.Match[str], reading: _Reading) -> Interval | None:
    return periods.years(int(match["bare_year"][-4:]))


def _bare_unit(match: re.Match[str], reading: _Reading) -> Interval | None:
    return periods.unit(match["bare_unit"].lower().removeprefix("current "), reading.today) if reading.today else None


_READERS: dict[str, Callable[[re.Match[str], _Reading], Interval | None]] = {
    "iso": _iso, "iso_week": _iso_week, "numbered_week": _numbered_week, "slashed": _slashed, "dotted": _dotted,
    **dict.fromkeys(patterns.DAYS_OF_MONTH, _days_of_month), "month": _month_of_year,
    "quarter": _quarter, "half": _half, "season": _season, "holiday": _holiday, "fiscal": _fiscal, "decade": _decade, "century": _century,
    "ago": _ago, "from_now": _from_now, "within": _within, "recent": _recent, "coming": _coming, "week_day": _week_day,
    "relative": _relative, "named": _named, "last_but_one": _last_but_one, "to_date": _to_date, "ending": _ending,
    "lone_quarter": _lone_quarter, "lone_half": _lone_half, "lone": _lone, "weekend": _weekend, "weekday": _weekday,
    "day_alone": _day_alone, "bare_year": _bare_year, "bare_unit": _bare_unit,
}  # fmt: skip
