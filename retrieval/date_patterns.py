"""How days and periods are written: the patterns that `retrieval/dates.py` reads, and what their words count for.

Each alternative of a pattern is a named group, and the name says which reader of `dates` it has.
"""

from __future__ import annotations

import re

MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
MONTH_NUMBER = {name[:3]: i for i, name in enumerate(MONTHS, 1)}
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_NUMBERS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()  # noqa: SIM905
COUNTS = {word: i for i, word in enumerate(_NUMBERS, 1)} | {"twenty": 20, "thirty": 30, "sixty": 60, "ninety": 90, "couple of": 2}
ORDINALS = {word: i // 2 for i, word in enumerate("first 1st second 2nd third 3rd fourth 4th fifth 5th".split(), 2)} | {
    "last": -1,
    "final": -1,
}
_TENS = "first second third fourth fifth sixth seventh eighth ninth".split()  # noqa: SIM905
_TEENS = "tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split()  # noqa: SIM905
DAY_WORDS = {word: i for i, word in enumerate((*_TENS, *_TEENS, *(f"twenty-{word}" for word in _TENS), "thirtieth", "thirty-first"), 1)}
DECADES = {"fifties": 1950, "sixties": 1960, "seventies": 1970, "eighties": 1980, "nineties": 1990}
HOLIDAYS = {
    "christmas eve": (12, 24), "christmas day": (12, 25), "christmas": (12, 25), "boxing day": (12, 26), "new year's eve": (12, 31),
    "new year's day": (1, 1), "new year's": (1, 1), "new year": (1, 1), "valentine's day": (2, 14), "st patrick's day": (3, 17),
    "halloween": (10, 31),
}  # fmt: skip
_WHICH = {
    "last": "last past previous prior preceding this-past this-last", "this": "this current",
    "next": "next coming upcoming this-coming this-next",
}  # fmt: skip
WHICH_OF = {word.replace("-", " "): which for which, words in _WHICH.items() for word in words.split()}

UNITS = "day|weekend|week|fortnight|month|quarter|year|decade|century"
_YEAR = (
    r"(?:fy\ ?|fiscal\ (?:year\ )?)?(?:1\d\d\d|2[01]\d\d)\b(?!-\d\d\b)|(?:fy\ ?|'|’)\d\d\b"
    r"|(?:the\ )?(?:last|past|previous|prior|this|current|next|coming)\ year\b"
)
_SHORT_MONTH = r"(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b"
_MONTH = rf"(?:{'|'.join(MONTHS)}|{_SHORT_MONTH}\.?)"
_WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)}|(?:mon|tues?|wed|thu|thurs?|fri|sat|sun)\b\.?)"
_SEASON = "|".join(SEASONS)
_HOLIDAY = "|".join(name.replace(" ", r"\ ").replace("'", "['’]").replace("st\\ ", r"(?:st\.?|saint)\ ") for name in HOLIDAYS)
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_TH = r"(?:st|nd|rd|th)"
_DAY_WORD = "|".join(sorted(DAY_WORDS, key=len, reverse=True)).replace("-", r"[-\ ]")
_OF = r"(?:,?\ (?:of\ |in\ )?|,|/|-)"
_COUNT = rf"\d{{1,3}}|{'|'.join(COUNTS)}".replace(" ", r"\ ")
_TO = r"(?:\ ?[-–]\ ?|\ (?:to|through|until|till)\ (?:the\ )?)"
_WORDS = "|".join(sorted(WHICH_OF, key=len, reverse=True)).replace(" ", r"\ ")

_PLAIN = rf"""
      (?P<iso_week> [12]\d\d\d-?W(?:0[1-9]|[1-4]\d|5[0-3])\b )
    | (?P<iso> (?P<iso_year>[12]\d\d\d)-(?P<iso_month>0[1-9]|1[0-2])(?:-(?P<iso_day>{_DAY})(?=T?\b|T\d))?(?![\d-]) )
    | (?P<slashed> (?P<s_year>[12]\d\d\d)/(?P<s_month>0?[1-9]|1[0-2])/(?P<s_day>{_DAY})(?![\d/]) )
    | (?P<dotted> (?P<dot_day>{_DAY})(?P<dot>[./])(?P<dot_month>\d\d?)(?P=dot)(?P<dot_year>[12]\d\d\d)(?!\d) )
    | (?P<between_days> (?<=between\ )(?P<between_days_from>{_DAY}){_TH}?\ and\ (?P<between_days_to>{_DAY}){_TH}?
        (?:\ of)?\ (?P<between_days_month>{_MONTH})\b(?:{_OF}(?P<between_days_year>{_YEAR}))? )
    | (?P<month_between> (?<=between\ )(?P<month_between_month>{_MONTH})\ (?P<month_between_from>{_DAY}){_TH}?
        \ and\ (?P<month_between_to>{_DAY}){_TH}?\b(?![.:/]\d) (?:{_OF}(?P<month_between_year>{_YEAR}))? )
    | (?P<said_day> (?P<said_day_from>{_DAY_WORD})\ of\ (?P<said_day_month>{_MONTH})(?!\w) (?:{_OF}(?P<said_day_year>{_YEAR}))? )
    | (?P<day_first> (?:{_WEEKDAY},?\ (?:the\ )?)?(?P<day_first_from>{_DAY}){_TH}?(?:{_TO}(?P<day_first_to>{_DAY}){_TH}?)?
        (?:\ of)?[ -](?P<day_first_month>{_MONTH})(?!\w) (?:{_OF}(?P<day_first_year>{_YEAR}))? )
    | (?P<month_first> (?:{_WEEKDAY},?\ )?(?P<month_first_month>{_MONTH})\ (?:the\ )?(?P<month_first_from>{_DAY}){_TH}?\b(?![.:/,]\d)
        (?:{_TO}(?P<month_first_to>{_DAY}){_TH}?\b)? (?:{_OF}(?P<month_first_year>{_YEAR}))? )
    | (?P<month> (?P<m3>{_MONTH}){_OF}(?P<y3>{_YEAR}) )
    | (?P<quarter> q(?P<q>[1-4]) {_OF}(?P<y4>{_YEAR}) | (?P<y5>[12]\d\d\d)[ -/]?q(?P<q5>[1-4])\b )
    | (?P<half> h(?P<h>[12]) {_OF}(?P<y6>{_YEAR}) | (?P<y9>[12]\d\d\d)[ -/]?h(?P<h2>[12])\b )
    | (?P<season> (?P<s>{_SEASON}){_OF}(?P<y7>{_YEAR}) )
    | (?P<numbered_week> (?:(?:calendar\ )?week|cw)\ ?(?P<week>[1-5]?\d){_OF}(?P<y10>{_YEAR}) )
    | (?P<holiday> (?P<hol>{_HOLIDAY})(?!\w) (?:{_OF}(?P<y11>{_YEAR}))? )
    | (?P<fiscal> (?:fy\ ?|fiscal\ (?:year\ )?)(?P<fy>(?:19|20)?\d\d)\b(?![-/–]\d) )
    | (?P<decade> (?P<dec>[12]\d\d0)['’]?s\b
        | (?:(?<=the\ )|(?<=-))['’]?(?P<dec2>[5-9]0)['’]?s\b | (?<=the\ )(?P<dec3>{"|".join(DECADES)})\b )
    | (?P<century> (?P<cent>\d\d?){_TH}\ century\b )
    | (?P<ago> (?<!half\ )(?:(?P<ago_count>{_COUNT})|an?(?:\ couple\ of)?)\ (?P<ago_unit>{UNITS})s?\ ago\b )
    | (?P<from_now> (?:(?P<now_count>{_COUNT})|an?(?:\ couple\ of)?)\ (?P<now_unit>{UNITS})s?
        \ (?:from\ (?:now|(?P<from_day>today))|hence)\b )
    | (?P<within> (?<=in\ )(?:(?P<in_count>{_COUNT})|an?(?:\ couple\ of)?)\ (?P<in_unit>day|week|fortnight|month|year)s?\b )
    | (?P<recent> (?:last|past|previous|prior)\ (?P<recent_count>{_COUNT})\ (?P<recent_unit>{UNITS})s\b )
    | (?P<coming> (?:next|coming|upcoming)\ (?P<coming_count>{_COUNT})\ (?P<coming_unit>{UNITS})s\b )
    | (?P<week_day> (?P<wd_which>last|this|next)\ week(?:['’]s|\ on)?\ (?P<wd>{_WEEKDAY})(?!\w) )
    | (?P<relative> (?P<which>{_WORDS})\ (?P<what>day(?!\ of\b)|(?!day){UNITS}|{_HOLIDAY}|{_MONTH}|{_WEEKDAY}|{_SEASON})(?!\w) )
    | (?P<named> day\ before\ yesterday | day\ after\ tomorrow | today | tonight | yesterday | tomorrow )\b
    | (?P<last_but_one> (?P<lbo>{UNITS})\ (?:(?P<lbo_last>before\ last)|after\ next)\b )
    | (?P<to_date> (?:(?P<td>week|month|quarter|year)[ -]to[ -]date | (?P<td2>[wmqy])td)\b )
    | (?P<ending> (?:year[ -]end\ (?P<ended_year>{_YEAR}) | (?P<ended>year|quarter|month)[ -]end\b) )
    | (?P<lone_quarter> (?:q(?P<lq>[1-4])|(?P<lq_word>first|second|third|fourth|1st|2nd|3rd|4th)\ quarter)\b )
    | (?P<lone_half> (?-i:H)(?P<lh>[12])\b )
    | (?P<lone> (?:{"|".join(MONTHS)}|{_SHORT_MONTH}\.?)(?!\w) )
    | (?P<weekend> weekend\b )
    | (?P<weekday> {_WEEKDAY}(?!\w) )
    | (?P<day_alone> (?P<alone>{_DAY}){_TH}\b )
"""  # fmt: skip
DAYS_OF_MONTH = ("between_days", "month_between", "said_day", "day_first", "month_first")
_PARTS = rf"""
      (?P<part> (?:
        (?P<edge> (?:first|last|final)\ day|start|beginning|end )\ of\ (?:the\ )?
      | (?P<third> early|mid|middle|late )(?:\ of|\ in|-|(?=\ ))\ ?(?:the\ )?
      | (?P<nth> {"|".join(ORDINALS)} )\ (?P<nth_unit> half|quarter )(?:,?\ (?:of\ |in\ )?)(?:the\ )?
      | (?P<nth2> {"|".join(ORDINALS)} )\ (?P<nth_unit2> week|month|day|{_WEEKDAY} )\ (?:of|in)\ (?:the\ )?
      | (?P<side> first|last|final )\ (?P<many>{_COUNT})\ (?P<many_unit>day|week|month|quarter|year)s\ (?:of|in)\ (?:the\ )?
      | (?P<in_week> {_WEEKDAY} )\ (?:of\ )?(?=(?:the\ )?(?:{_WORDS})\ week\b)(?:the\ )?
      | (?P<nth_day>{_DAY}){_TH}\ of\ (?=(?:(?:the|{_WORDS})\ )*month\b)(?:the\ )?
      ) )
"""  # fmt: skip
_GUARD = r"(?<![\w.'’-]) (?=[0-9a-z'’])"
_FLAGS = re.VERBOSE | re.IGNORECASE
DATE = re.compile(rf"{_GUARD} (?: {_PARTS} | {_PLAIN} )", _FLAGS)
JOINED_DATE = re.compile(rf" {_PARTS} | {_PLAIN} ", _FLAGS)
WHOLE = re.compile(rf"{_GUARD} (?: {_PLAIN} )", _FLAGS)
_BARE = rf"(?P<bare_year> (?:year\ )?[12]\d\d\d\b(?![-/]\d) ) | (?P<bare_unit> (?:current\ )?(?:{UNITS})\b )"
INNER = re.compile(rf" {_PLAIN} | {_BARE} ", _FLAGS)
HINT = re.compile(
    rf"\d|{'|'.join(MONTHS)}|{_SHORT_MONTH}|day\b|\b(?:mon|tue|wed|thu|fri|sat|sun)|{_SEASON}|week|fortnight|month|quarter|year|decade"
    r"|century|ties\b|christmas|halloween|today|tonight|yesterday|tomorrow|[wmqy]td\b",
    re.IGNORECASE,
)
PREPOSITION = re.compile(
    r"\b(?:in|since|during|until|till|before|after|from|between|by|and|to|through|on|of|for|at|around)\s$", re.IGNORECASE
)
SURE_PREPOSITION = re.compile(r"\b(?:in|since|during|until|till|between|of|on)\s$", re.IGNORECASE)
TIME_PREPOSITION = re.compile(r"\b(?:in|since|during|until|till|between|before|after|through)\s$", re.IGNORECASE)
THE_BEFORE = re.compile(r"\b(?:on|by|since|until|till|before|after|from|over|at|during|for)\ the\ $", re.IGNORECASE)
ENDS = re.compile(r"\s*(?:[?.!,;:)]|$|(?:and|or|to|until|till|at|in|this|last|next)\b)", re.IGNORECASE)
_JOINS = r"\ ?[-–]\ ?|\ (?:to|until|till|through)\ "  # surely; "and" joins a range that "from" or "between" opens
MONTH_AFTER = re.compile(rf"(?:{_JOINS}|\ and\ )(?P<month>{_MONTH})", re.IGNORECASE)
RANGE_JOINS = re.compile(rf"(?:(?P<sure>{_JOINS})|\ and\ )(?:the\ )?", re.IGNORECASE)
RANGE_OPENS = re.compile(r"\b(?:from|between)\s$", re.IGNORECASE)
SLASHED = re.compile(r"(?<![\d/])(\d\d?)/(\d\d?)/\d{4}(?![\d/])")
