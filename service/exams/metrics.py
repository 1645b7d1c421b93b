"""How answers are compared with what is expected, as the benchmarks' own scripts do it."""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import permutations

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_NUMERAL = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[-+]?\.\d+")
_MOST_PERMUTED = 6  # columns; a wider table is compared as it stands

Row = Sequence[object]


def normalise(text: str) -> str:
    """SQuAD's normalisation: lower case, without punctuation and articles, single spaces."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact(prediction: str, answers: Sequence[str]) -> float:
    """1 if the prediction is one of the answers once both are normalised, else 0."""
    return float(any(normalise(prediction) == normalise(answer) for answer in answers))


def f1(prediction: str, answers: Sequence[str]) -> float:
    """The best overlap of words with one of the answers."""
    return max((_f1(normalise(prediction).split(), normalise(answer).split()) for answer in answers), default=0.0)


def _f1(predicted: list[str], expected: list[str]) -> float:
    if not predicted or not expected:
        return float(predicted == expected)
    common = (Counter(predicted) & Counter(expected)).total()
    return 2 * common / (len(predicted) + len(expected))


def contains_whole(text: str, answer: str) -> bool:
    """Whether the words of `answer`, normalised, stand next to each other in `text`."""
    words, wanted = normalise(text).split(), normalise(answer).split()
    return bool(wanted) and any(words[i : i + len(wanted)] == wanted for i in range(len(words) - len(wanted) + 1))


def number(written: object) -> Fraction | None:
    """The exact number that something is or says, "1,234.50" and "12 %" among them; None where it says none."""
    if isinstance(written, bool) or written is None:
        return None
    if isinstance(written, Fraction | int):
        return Fraction(written)
    if isinstance(written, float):
        return Fraction(repr(written)) if math.isfinite(written) else None
    text = str(written).strip().strip("$€£%").strip()
    if not _NUMERAL.fullmatch(text):
        return None
    try:
        return Fraction(Decimal(text.replace(",", "")))
    except InvalidOperation:
        return None


def same_value(found: object, expected: object) -> bool:
    """Equal as numbers (to one part in a million, or rounded to the decimals that `expected` is written with), else as normalised text."""
    if found is None or expected is None:
        return found is expected
    left, right = number(found), number(expected)
    if left is not None and right is not None:
        return close(left, right, 1e-6) or _rounded(left, _decimals(expected)) == right
    return str(found) == str(expected) or (normalise(str(found)) == normalise(str(expected)) != "")


def close(found: Fraction, expected: Fraction, tolerance: float) -> bool:
    """Within `tolerance`, taken relative to what is expected where that is above 1."""
    return abs(found - expected) <= tolerance * max(Fraction(1), abs(expected))


def same_table(found: Sequence[Row], expected: Sequence[Row], ordered: bool) -> bool:
    """The same rows, as a list if `ordered`, else as a multiset; columns in their order."""
    if len(found) != len(expected) or any(len(a) != len(expected[0]) for a in (*found, *expected)):
        return False
    if ordered:
        return all(_same_row(a, b) for a, b in zip(found, expected, strict=True))
    left = list(expected)
    for row in found:
        match = next((i for i, other in enumerate(left) if _same_row(row, other)), None)
        if match is None:
            return False
        del left[match]
    return True


def same_rows_in_some_order_of_columns(found: Sequence[Row], expected: Sequence[Row], ordered: bool) -> bool:
    """Spider's execution match: the order of columns is free. Values are compared exactly, numbers to one part in a million."""
    if len(found) != len(expected):
        return False
    if not expected:
        return True
    width = len(expected[0])
    if any(len(row) != width for row in found):
        return False
    gold = [_keys(row) for row in expected]
    rows = [_keys(row) for row in found]
    if not ordered:
        gold.sort()
    for order in permutations(range(width)) if width <= _MOST_PERMUTED else [tuple(range(width))]:
        turned = [tuple(row[i] for i in order) for row in rows]
        if (turned if ordered else sorted(turned)) == gold:
            return True
    return False


def _keys(row: Row) -> tuple[tuple[str, str], ...]:
    """Cells as things that compare equal where they mean the same, and can be sorted."""
    return tuple(map(_key, row))


def _key(cell: object) -> tuple[str, str]:
    if isinstance(cell, int | float):
        return "number", f"{float(cell) + 0.0:.7g}"  # -0.0 is 0
    return ("none", "") if cell is None else ("text", str(cell))


def _same_row(found: Row, expected: Row) -> bool:
    return all(map(same_value, found, expected))


def _rounded(value: Fraction, decimals: int) -> Fraction:
    """Half up, as people round and the calculator does."""
    scale = 10**decimals
    return Fraction(math.floor(abs(value) * scale + Fraction(1, 2)), scale) * (1 if value >= 0 else -1)


def _decimals(written: object) -> int:
    return len(str(written).strip().strip("$€£%").strip().partition(".")[2])
