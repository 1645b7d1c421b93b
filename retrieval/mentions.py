"""The numbers and dates that stand in a text, with their exact values: what a program may point at.

A date swallows the numbers in it ("5 March 2024" is one mention); a bare year is a number.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from retrieval.dates import find_dates
from retrieval.numerals import find_numbers
from tools.evidence import Mention

_SPACES = {ord(space): " " for space in "\n\t\u00a0\u202f"}  # words are parted by whatever a line was broken with


@lru_cache(maxsize=4096)  # the passages of a workspace are found again and again
def find_mentions(text: str, today: date | None = None) -> tuple[Mention, ...]:
    """Every mention, in order, without overlap. Words like "last month" are read only where `today` says when that was."""
    text = text.translate(_SPACES)
    found = [Mention("date", *where) for where in find_dates(text, today)]
    taken = [(mention.start, mention.end) for mention in found]
    for start, end, value in find_numbers(text):
        if all(end <= first or last <= start for first, last in taken):
            found.append(Mention("number", start, end, value))
    return tuple(sorted(found, key=lambda mention: mention.start))
