"""Numbers in a text: "1,234.50", "1.234,50", "$3.5 million", "2.5k", "15 percent", "twenty-five", "a dozen", "half", "three fifths of".

Every number found has an exact decimal value. Left out: thirds, which are no decimals; and what counts nothing: ordinal words
("third"), times of day (9:30), versions (1.2.3), codes (F-16, A4, 0555), and days such as 03/04/2024, of which nobody knows which is
the month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

_UNITS = {word: i for i, word in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], 1)}
_TEENS = {
    word: i
    for i, word in enumerate(
        ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"], 10
    )
}
_TENS = {word: i * 10 for i, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)}
_SMALL = {"zero": 0, "a": 1, "an": 1} | _UNITS | _TEENS | _TENS
_SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SUFFIXES = {"k": 10**3, "mn": 10**6, "bn": 10**9, "m": 10**6, "b": 10**9}
_LARGE = "thousand|million|billion|trillion"
_DECIMAL_COMMA = r"\d{1,3}(?:\.\d{3})+,\d{1,2}(?![\d,])"  # 1.234,50: both marks together leave no doubt
_PARTS = {"quarter": "0.25", "fifth": "0.2", "eighth": "0.125", "tenth": "0.1"}
_SIGNS = {"½": "0.5", "¼": "0.25", "¾": "0.75", "⅛": "0.125", "⅕": "0.2"}


def _numeral_words() -> str:
    """A pattern for numerals in words, up to the trillions: "two hundred and five", "a thousand", "twenty-five"."""
    unit, scale = "|".join(_UNITS), _LARGE
    below_100 = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{unit})\b)?|{'|'.join(_TEENS)}|{unit})"
    below_1000 = rf"(?:(?:{below_100}|an?)[ -]hundred\b(?:(?:[ ]and[ ]|[ -]){below_100}\b)?|{below_100})"
    return rf"(?:zero|(?:{below_1000}|an?(?=[ ](?:{scale})\b))(?:[ -](?:{scale})\b(?:(?:,[ ]|[ ]and[ ]|[ -]){below_1000}\b)?)*)\b"


# Alternatives are tried in order. Those without a name are there to be passed over.
_NUMBER = re.compile(
    rf"""
      (?= [\d.$€£¥₹½¼¾⅛⅕−-] | \b[acdefhnostuz] )  # as any of them begins: to look at the others costs as much again
      (?: (?<![\w.]) (?: \d{{1,2}}:\d\d(?::\d\d)?\b | (?!{_DECIMAL_COMMA}) \d+(?:\.\d+){{2,}}\b
          | \d{{1,2}}/\d{{1,2}}/\d{{2,4}}\b | 0\d+\b(?!\.\d) )
    | (?<![\w.]) (?<!(?-i:[A-Z])-)
      (?P<sign> (?<![\w)]) [-−](?=[\d$€£]) )?
      (?P<currency> (?:US|A|C)?[$€£¥₹]\s? )?
      (?: (?P<digits> (?> \d{{1,3}}(?:,\d{{3}})+(?!,?\d)(?:\.\d+)? | {_DECIMAL_COMMA} | \d+(?:\.\d+)? ) )
          (?: (?P<mixed> [ ](?=\d/[2458]\b) | (?=[½¼¾⅛⅕]) ) (?P<part> \d/[2458]\b | [½¼¾⅛⅕] ) )?
          (?: (?P<slash> / (?:10|[2458]) ) (?![\w/]) )?
        | (?P<lone> (?<!\d)\.\d+ | [½¼¾⅛⅕] ) )
      (?: (?P<suffix> [kK]|[ ]?[mM]n|[ ]?[bB]n|[mMbB] )\b | (?P<scales> (?:[ -](?:hundred|thousand|million|billion|trillion|dozen)\b)+ ) )?
      (?P<after> \s?% | [ ]per[ ]?cent\b | (?:st|nd|rd|th)\b )?
      (?! \w*[A-Za-z]\d ) (?! [A-Za-z]{{7}} )
    | \b (?P<dozen> (?: (?P<times> (?:{"|".join([*_UNITS, *_TEENS, *_TENS])}) | half[ ]a | half(?=-) | an? )[ -] )? dozen\b )
    | \b (?: (?P<how_many> {"|".join(_UNITS)} | an? )[ -](?P<parts> quarter|fifth|eighth|tenth )s?
             (?=[ ]of[ ](?:the|an?|all|his|her|its|their|our|my|those|these)\b) (?:[ ]of[ ]an?[ ](?P<whole> {_LARGE} )\b)?
         | (?P<three_quarters> three-quarters )\b )
    | \b (?P<words> (?> {_numeral_words()} ) (?P<half> [ ]and[ ]a[ ]half\b (?:[ ](?:{_LARGE})\b)? )? ) (?:[ ]per[ ]?cent\b)?
      (?! -(?:first|second|thirds?|halves|half|fourths?|fifths?|quarters?|[a-z]+ths?)\b )
    | \b (?P<portion> half (?:[ ](?:a[ ])?(?P<of> hundred|{_LARGE} )\b)? ) \b(?!-)
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)  # fmt: skip
_PRONOUN_BEFORE = re.compile(r"(?:no|which|any|every|each|this|that|the|some|another|first|second|other)\s$", re.IGNORECASE)


def find_numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, exact decimal numeral) of every number, in order, without overlap."""
    for match in _NUMBER.finditer(text):
        if match.lastgroup is None:
            continue
        value = _value(match, text)
        if value is not None:
            yield match.start(), match.end(), numeral(value)


def numeral(value: Decimal) -> str:
    """The shortest plain decimal numeral: no exponent, no trailing zeros."""
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _value(match: re.Match[str], text: str) -> Decimal | None:
    found = match.groupdict()
    if found["words"]:
        alone = found["words"].lower() in ("one", "a", "an")
        if alone and _PRONOUN_BEFORE.search(text, max(0, match.start() - 10), match.start()):
            return None
        return _from_words(found["words"].lower())
    if found["dozen"]:
        times = (found["times"] or "a").lower()
        return Decimal("0.5" if times.startswith("half") else _SMALL[times]) * 12
    if found["three_quarters"]:
        return Decimal("0.75")
    if found["parts"]:
        return _SMALL[found["how_many"].lower()] * Decimal(_PARTS[found["parts"].lower()]) * _SCALES.get((found["whole"] or "").lower(), 1)
    if found["portion"]:
        if _PRONOUN_BEFORE.search(text, max(0, match.start() - 10), match.start()):
            return None  # "the second half", "the other half"
        return Decimal("0.5") * _SCALES.get((found["of"] or "").lower(), 1)
    return _from_digits(found)


def _from_digits(found: dict[str, str | None]) -> Decimal | None:
    suffix = (found["suffix"] or "").strip()
    if suffix in ("m", "b") and not found["currency"]:
        suffix = ""  # 3m is three metres; only $3m and 3M are three million
    value = _fraction(found["lone"]) if found["lone"] else _from_marks(found["digits"] or "0")
    if found["part"]:
        value += _fraction(found["part"])
    elif found["slash"]:
        value /= Decimal(found["slash"][1:])
    for scale in re.split(r"[ -]", (found["scales"] or "").lower()):
        value *= 12 if scale == "dozen" else _SCALES.get(scale, 1)
    value *= _SUFFIXES.get(suffix.lower(), 1)
    return -value if found["sign"] else value


def _from_marks(digits: str) -> Decimal:
    if re.fullmatch(_DECIMAL_COMMA, digits):
        digits = digits.replace(".", "").replace(",", ".")
    return Decimal(digits.replace(",", ""))


def _fraction(text: str) -> Decimal:
    above, slash, below = _SIGNS.get(text, text).partition("/")
    return Decimal(above) / Decimal(below) if slash else Decimal(above)


def _from_words(words: str) -> Decimal:
    whole, half, scale = words.partition(" and a half")
    said = re.findall(r"[a-z]+", whole)
    total = group = 0
    for word in said:
        if word == "hundred":
            group *= 100
        elif word in _SCALES:
            total, group = total + group * _SCALES[word], 0
        else:
            group += _SMALL.get(word, 0)  # "and" adds nothing
    of = _SCALES[said[-1]] if not scale and said[-1] in _LARGE.split("|") else 1  # "a million and a half"
    return (total + group + (Decimal("0.5") * of if half else 0)) * Decimal(_SCALES.get(scale.strip(), 1))
