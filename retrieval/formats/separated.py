"""CSV and TSV: every row becomes a paragraph that names its columns, "Name: Gannet; Price: 189.50", so that it answers alone.

The separator is the one that cuts the first rows most evenly. The first row names the columns, unless it holds numbers or nothing in one
of them: then they are numbered.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain

from retrieval.formats import Converted, markdown
from retrieval.formats.errors import Unreadable
from retrieval.formats.texts import decoded

_LOOK = 50  # rows that decide about the separator
_NUMBER = re.compile(r"[-+(]?[\d.,' ]*\d[\d.,' ]*\)?%?")
_MOST_COLUMNS = 1000


def convert(content: bytes, separators: str) -> Converted:
    """Raises Unreadable."""
    text = decoded(content, "CSV")
    if declared := re.match(r"sep=(.)\n", text):  # as spreadsheets write it
        text, separators = text[declared.end() :], declared[1]
    rows = _rows(text, max(separators, key=lambda separator: _evenness(text, separator)))
    first = next(rows, None)
    if first is None:
        raise Unreadable("holds no rows")
    named = not any(not cell or _NUMBER.fullmatch(cell) for cell in _without_end(first))
    names = first if named else []
    written = [_written(row, names) for row in (rows if named else chain([first], rows))]
    return Converted(markdown.joined(written or ["; ".join(names)]))


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    """Those that say anything."""
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            if len(row) > _MOST_COLUMNS:
                raise Unreadable(f"has {len(row):,} columns, and {_MOST_COLUMNS:,} is the most")
            if any(cell.strip() for cell in row):
                yield [markdown.flat(cell) for cell in row]
    except csv.Error as error:
        raise Unreadable(f"damaged: {error}") from error


def _evenness(text: str, separator: str) -> tuple[float, int]:
    """The share of the first rows that have as many cells as most, if these are several; then how many these are."""
    sizes = []
    try:
        for row in csv.reader(io.StringIO(text[:200_000], newline=""), delimiter=separator):
            if any(row):
                sizes.append(len(row))
            if len(sizes) == _LOOK:
                break
    except csv.Error:
        return 0.0, 0
    size, rows = Counter(sizes).most_common(1)[0] if sizes else (1, 0)
    return (rows / len(sizes) if size > 1 else 0.0), size


def _without_end(row: list[str]) -> list[str]:
    """The cells before those that are empty at the end."""
    while row and not row[-1]:
        row = row[:-1]
    return row


def _written(row: list[str], names: list[str]) -> str:
    named = ((names[i] if i < len(names) and names[i] else f"column {i + 1}", cell) for i, cell in enumerate(row))
    return markdown.paragraph("; ".join(f"{name}: {cell}" for name, cell in named if cell))
