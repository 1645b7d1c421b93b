"""Days and periods in a text, as half-open intervals of days: "5 March 2024", "Q4 2024", "summer of 2024", "last month".

What needs a calendar on the wall ("last month", "March" without a year) is found only when `today` is given. Left out: a bare
year, which is a number; days written 03/04/2024, where month and day could be either; times of day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

Interval = tuple[date, date]

_MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
_MONTH_NUMBER = {name[:3]: i for i, name in enumerate(_MONTHS, 1)}
_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1, "final": -1}
_SMALL = {
    w: i for i, w in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1)
}
_UNITS = "day|week|month|quarter|year"

_YEAR = r"(?:1\d\d\d|2[01]\d\d)\b|'\d\d\b|(?:last|this|next)\ year\b"
_MONTH = rf"(?:{'|'.join(_MONTHS)}|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_OF = r"(?:,?\ (?:of\ |in\ )?|,|/|-)"
_COUNT = rf"\d{{1,3}}|{'|'.join(_SMALL)}"

_DATE = re.compile(
    rf"""(?<![\w.'-]) (?=[0-9qhjfmasondlptwcy]) (?:
      (?P<iso> (?P<iso_year>[12]\d\d\d)-(?P<iso_month>0[1-9]|1[0-2])(?:-(?P<iso_day>{_DAY})(?=T?\b|T\d))?(?![\d-]) )
    | (?P<dotted> (?P<dot_day>{_DAY})(?P<dot>[./])(?P<dot_month>\d\d?)(?P=dot)(?P<dot_year>[12]\d\d\d)(?!\d) )
    | (?P<day_first> (?P<d1>{_DAY})(?:st|nd|rd|th)?(?:\ ?[-–]\ ?(?P<d1_last>{_DAY})(?:st|nd|rd|th)?)?
        (?:\ of)?[ -](?P<m1>{_MONTH})\b (?:{_OF}(?P<y1>{_YEAR}))? )
    | (?P<month_first> (?P<m2>{_MONTH})\ (?:the\ )?(?P<d2>{_DAY})(?:st|nd|rd|th)?\b(?![.:/,]\d)
        (?:\ ?[-–]\ ?(?P<d2_last>{_DAY})(?:st|nd|rd|th)?\b)? (?:{_OF}(?P<y2>{_YEAR}))? )
    | (?P<month> (?P<m3>{_MONTH}){_OF}(?P<y3>{_YEAR}) )
    | (?P<quarter> (?: q(?P<q>[1-4]) | (?P<q_word>first|second|third|fourth|last|final|1st|2nd|3rd|4th)\ quarter )
        {_OF}(?P<y4>{_YEAR}) | (?P<y5>[12]\d\d\d)[ -/]?q(?P<q5>[1-4])\b )
    | (?P<half> (?: h(?P<h>[12]) | (?P<h_word>first|second|last|1st|2nd)\ half ){_OF}(?P<y6>{_YEAR}) )
    | (?P<season> (?P<s>spring|summer|autumn|fall|winter){_OF}(?P<y7>{_YEAR}) )
    | (?P<ago> (?P<ago_count>{_COUNT}|an?)\ (?P<ago_unit>{_UNITS})s?\ ago\b )
    | (?P<recent> (?:last|past|previous)\ (?P<recent_count>{_COUNT})\ (?P<recent_unit>{_UNITS})s\b )
    | (?P<relative> (?P<which>last|past|previous|this|current|next)\ (?P<what>{_UNITS}|{_MONTH}|{"|".join(_WEEKDAYS)}
        |spring|summer|autumn|fall|winter)\b )
    | (?P<named> (?:today|yesterday|tomorrow)\b(?!') )
    | (?P<lone_quarter> q(?P<lq>[1-4])\b )
    | (?P<lone> (?:{"|".join(_MONTHS)})\b )
    | (?P<weekday> (?:{"|".join(_WEEKDAYS)})\b )
    )""",
    re.VERBOSE | re.IGNORECASE,
)  # fmt: skip
_HINT = re.compile(
    r"\d|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|last|past|previous|this|current|next|ago|today|yesterday|tomorrow|day\b",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(r"\b(?:in|since|during|until|till|before|after|from|between|by|and|to|through|on|of|for)\s$", re.IGNORECASE)
_SURE_PREPOSITION = re.compile(r"\b(?:in|since|during|until|till|between|of|on)\s$", re.IGNORECASE)
_RANGE_AFTER = re.compile(
    rf"(?:\ ?[-–]\ ?|\ (?:to|and|until|till|through)\ )(?:{_DAY}\ )?{_MONTH}(?:\ {_DAY})?{_OF}(?P<year>{_YEAR})", re.IGNORECASE
)


def find_dates(text: str, today: date | None = None) -> Iterator[tuple[int, int, str]]:
    """(start, end, "first/last") of every date, in order, without overlap; `last` is the day after the period."""
    if not _HINT.search(text):
        return
    for match in _DATE.finditer(text):
        try:
            interval = _READERS[match.lastgroup or ""](match, text, today)
        except (ValueError, OverflowError):  # 31 February: not a date
            continue
        if interval is not None:
            yield match.start(), match.end(), f"{interval[0].isoformat()}/{interval[1].isoformat()}"


# --- Periods ----------------------------------------------------------------------------------------------------------


def _days(first: date, count: int = 1) -> Interval:
    return first, first + timedelta(days=count)


def _months(year: int, month: int, count: int = 1) -> Interval:
    first = date(year, month, 1)
    return first, first + relativedelta(months=count)


def _unit(unit: str, day: date) -> Interval:
    """The day, week (from Monday), month, quarter or year that holds `day`."""
    match unit:
        case "day":
            return _days(day)
        case "week":
            return _days(day - timedelta(days=day.weekday()), 7)
        case "month":
            return _months(day.year, day.month)
        case "quarter":
            return _months(day.year, (day.month - 1) // 3 * 3 + 1, 3)
        case _:
            return _months(day.year, 1, 12)


def _shift(unit: str, count: int) -> relativedelta:
    return relativedelta(months=3 * count) if unit == "quarter" else relativedelta(**{unit + "s": count})  # type: ignore[arg-type]


def _most_recent(starts: Callable[[int], Interval], today: date, which: str = "") -> Interval:
    """Of the same period in every year: the latest that has begun; the latest that is over for "last"; else the next one."""
    years = [starts(year) for year in range(today.year - 2, today.year + 2)]
    if which == "next":
        return next(period for period in years if period[0] > today)
    begun = [period for period in years if (period[1] if which in ("last", "past", "previous") else period[0]) <= today]
    return begun[-1]


def _year(text: str, today: date | None) -> int | None:
    if text[0] == "'":
        return (2000 if int(text[1:]) < 70 else 1900) + int(text[1:])
    if text.isdecimal():
        return int(text)
    return today.year + {"last": -1, "this": 0, "next": 1}[text.lower().split()[0]] if today else None


def _month_number(name: str) -> int:
    return _MONTH_NUMBER[name[:3].lower()]


# --- One reader for each way of writing -------------------------------------------------------------------------------


def _iso(match: re.Match[str], text: str, today: date | None) -> Interval | None:
    year, month = int(match["iso_year"]), int(match["iso_month"])
    if match["iso_day"]:
        return _days(date(year, month, int(match["iso_day"])))
    return None if month == (year + 1) % 100 else _months(year, month)  # 2011-12 is a season


def _dotted(match: re.Match[str], text: str, today: date | None) -> Interval | None:
    day, month = int(match["dot_day"]), int(match["dot_month"])
    if match["dot"] == "/":
        if month > 12:
            day, month = month, day
        elif day <= 12 and day != month:
            return None
    return _days(date(int(match["dot_year"]), month, day))


def _day_of_month(match: re.Match[str], text: str, today: date | None) -> Interval | None:
    n = "1" if match["day_first"] else "2"
    month, first, last = _month_number(match["m" + n]), int(match["d" + n]), int(match[f"d{n}_last"] or match["d" + n])
    if match["m" + n] in ("may", "march") and not match["y" + n] and n == "2":
        return None  # "may 5 people"
    written = match["y" + n]
    if written is None and (range_after := _RANGE_AFTER.match(text, match.end())):
        written = range_after["year"]
    if written is None:
        if today is None:
            return None
        return _most_recent(lambda y: _days(date(y, month, first), max(1, last - first + 1)), today)
    year = _year(written, today)
    return _days(date(year, month, first), max(1, last - first + 1)) if year else None


def _month_of_year(match: re.Match[str], text: str, today: date | None) -> Interval | None:
    year = _year(match["y3"], today)
    return _months(year, _month_number(match["m3"])) if year else None


def _quarter(match: re.Match[str], text: str, today: date | None) -> Interval | None:
    year = _year(match["y4"] or match["y5"], today)
    number = int(match["q"] or match["q5"] or _ORDINALS[match["q_word"].lower()])
    return _months(year, 3 * (number % 5) - 2 if number > 0 else 10, 3) if year else None


def _half(match: re.Match[str], text: str, today: date | None) -> Interval | None:
    year = _year(match["y6"], today)
    number = int(match["h"] or _ORDINALS[match["h_word"].lower()])
    return _months(year, 1 if number == 1 else 7, 6) if year else None


def _season(match: re.Match[str], text: str, today: date | None) -> Interval | None:
    year = _year(match["y7"], today)
    return _months(year, _SEASONS[match["s"].lower()], 3) if year else None


def _count(text: str) -> int:
    return int(text) if text.isdecimal() else _SMALL.get(text.lower(), 1)


def _ago(match: re.Match[str], text: str, today: date | None) -> Interval | None:
    unit = match["ago_unit"].lower()
    return _unit(unit, today - _shift(unit, _count(match["ago_count"]))) if today else None


def _recent(match: re.Match[str], text: str, today: date | None) -> Interval | None:
    """The last 7 days end with today and hold seven days; the last 3 months are counted back from today."""
    if today is None:
        return None
    tomorrow = today + timedelta(days=1)
    return tomorrow - _shift(match["recent_unit"].lower(), _count(match["recent_count"])), tomorrow


def _relative(match: re.Match[str], text: str, today: date | None) -> Interval | None:
    if today is None:
        return None
    which, what = match["which"].lower(), match["what"].lower().rstrip(".")
    step = {"this": 0, "current": 0, "next": 1}.get(which, -1)
    if what in _UNITS.split("|"):
        return _unit(what, today + _shift(what, step))
    if what in _WEEKDAYS:
        return _week_day(what, today, which)
    if what in _SEASONS:
        return _most_recent(lambda y: _months(y, _SEASONS[what], 3), today, which)
    return _most_recent(lambda y: _months(y, _month_number(what)), today, which)


def _week_day(name: str, today: date, which: str = "") -> Interval:
    back = (today.weekday() - _WEEKDAYS.index(name)) % 7
    if which == "next":
        return _days(today + timedelta(days=7 - back))
    return _days(today - timedelta(days=back or (7 if which in ("last", "past", "previous") else 0)))


def _named(match: re.Match[str], text: str, today: date | None) -> Interval | None:
    step = {"yesterday": -1, "today": 0, "tomorrow": 1}[match["named"].lower()]
    return _days(today + timedelta(days=step)) if today else None


def _lone_quarter(match: re.Match[str], text: str, today: date | None) -> Interval | None:
    return _most_recent(lambda y: _months(y, 3 * int(match["lq"]) - 2, 3), today) if today else None


def _lone(match: re.Match[str], text: str, today: date | None) -> Interval | None:
    """A month without a year: of the year its partner names ("March to May 2024"), else the latest, if it is surely a month."""
    month = _month_number(match["lone"])
    if range_after := _RANGE_AFTER.match(text, match.end()):
        year = _year(range_after["year"], today)
        return _months(year, month) if year else None
    preposition = _PREPOSITION if match["lone"][0].isupper() else _SURE_PREPOSITION  # "to march" is a verb
    if month not in (3, 5) and match["lone"][0].isupper() or preposition.search(text, max(0, match.start() - 10), match.start()):
        return _most_recent(lambda y: _months(y, month), today) if today else None
    return None


def _weekday(match: re.Match[str], text: str, today: date | None) -> Interval | None:
    known = today is not None and _PREPOSITION.search(text, max(0, match.start() - 10), match.start())
    return _week_day(match["weekday"].lower(), today, "") if known and today else None


_READERS: dict[str, Callable[[re.Match[str], str, date | None], Interval | None]] = {
    "iso": _iso, "dotted": _dotted, "day_first": _day_of_month, "month_first": _day_of_month, "month": _month_of_year,
    "quarter": _quarter, "half": _half, "season": _season, "ago": _ago, "recent": _recent, "relative": _relative,
    "named": _named, "lone_quarter": _lone_quarter, "lone": _lone, "weekday": _weekday,
}  # fmt: skip
