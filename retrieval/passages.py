"""Documents cut into passages: verbatim slices that keep to the text's own structure.

A passage never crosses a heading, and breaks between paragraphs, else between list items or the rows of a table, else between
sentences, and only inside a sentence where that is longer than a passage may be. Short neighbours under one heading are merged, a
list with the line that leads into it. Where a table is cut, the names of its columns stand in the heading path of what follows.
Offsets count characters of the text as given: `text[start:end]` is the passage.
Left out: code is kept as paragraphs; nothing is removed or rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

ENOUGH = 40  # words: a passage shorter than this looks for a neighbour
TARGET = 110  # words: neighbours are merged up to here
MOST = 130  # words: nothing longer is left whole
LONG = 40  # characters: a longer word counts as several, and may be cut like several
_HEADING = 300  # characters: a longer line is no heading
_COLUMNS = 40  # words of the names of a table's columns, in the heading path


@dataclass(frozen=True, slots=True)
class PassageDraft:
    """Characters [start, end) of a document. `heading` is the path of headings above it, "Cleaning > Down bags"."""

    start: int
    end: int
    text: str
    title: str
    heading: str

    @property
    def full_title(self) -> str:
        return place(self.title, self.heading)


def place(title: str, heading: str) -> str:
    """Where a passage stands, "Warranty > Making a claim"."""
    return " > ".join(part for part in (title, heading) if part)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Something that stays whole: a paragraph, a list item, a table, or sentences or rows of one that is too long."""

    start: int
    end: int
    words: int
    heading: str
    is_item: bool
    leads: bool  # ends with a colon: what follows belongs to it


class _Block(NamedTuple):
    """A heading of this level and name, or, with level 0, a paragraph, a list item or a table."""

    start: int
    end: int
    level: int = 0
    name: str = ""
    is_table: bool = False


_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_ATX = re.compile(r"\s{0,3}(#{1,6})\s+(\S.*)$")
_CLOSING = re.compile(r"(?<!\s)\s+#+$")
_UNDERLINE = re.compile(r"\s{0,3}(=+|-{2,})\s*$")
_ITEM = re.compile(r"\s*(?:[-*+•–]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")
_RULE = re.compile(r"\s{0,3}(?:[-*_]\s*){3,}$")
_WORD = re.compile(rf"\S{{1,{LONG}}}")
_DELIMITER = re.compile(r"\s{0,3}(?=[^|]*\|)\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")  # below the names of a table's columns
_PLAIN_HEADING = re.compile(r"\s*(?:\d+(?:\.\d+)*\.?\s+)?[A-Z0-9][^.!?;]{1,78}(?<![,:])\s*$")

# A full stop that ends no sentence: after these, after one capital letter ("J. Smith"), and before a small letter.
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|sr|jr|st|vs|etc|e\.g|i\.e|cf|no|nos|vol|fig|p|pp|approx|ca|dept|est|inc|ltd|co|corp|gen|col|lt"
    r"|capt|sgt|rev|hon|sen|rep|gov|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|u\.s|u\.k|d\.c|a\.d|b\.c|a\.m|p\.m)|\b[A-Z])\.$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"""(?<![.!?…])[.!?…]++["'”’)\]*_]*+(?=\s+["'“‘(\[*_]*[^\sa-z]|\s*$)|\n[ \t]*\n|\n(?=[ \t]*\|)""")


def sentences(text: str) -> list[tuple[int, int]]:
    """The (start, end) of every sentence, without the white space around it. A row of a table counts as one."""
    found, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if match[0][0] == "." and match.end() < len(text) and _ABBREVIATION.search(text, max(start, match.end() - 12), match.end()):
            continue
        found.append((start, match.end()))
        start = match.end()
    found.append((start, len(text)))
    return [trimmed for first, last in found if (trimmed := _trim(text, first, last))[0] < trimmed[1]]


def sentences_around(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Those that the characters [start, end) stand in, wholly or in part."""
    return [(first, last) for first, last in sentences(text) if first < end and start < last]


def split(text: str, *, title: str, is_markdown: bool) -> list[PassageDraft]:
    """The passages of a document, in order. Headings are not passages of their own; they are in `heading`."""
    drafts = []
    for group in _merged(list(_pieces(text, title, is_markdown))):
        start, end = group[0].start, group[-1].end
        drafts.append(PassageDraft(start, end, text[start:end], title, group[0].heading))
    return drafts


def title_of(text: str, *, is_markdown: bool) -> str:
    """The heading a document opens with, or "" where it opens with something else; one of the lowest level is none of the whole."""
    first = next(_blocks(text, is_markdown), None)
    return first.name if first and 0 < first.level < 6 else ""


# --- Structure --------------------------------------------------------------------------------------------------------


def _pieces(text: str, title: str, is_markdown: bool) -> Iterator[_Piece]:
    path: list[tuple[int, str]] = []
    found = False
    for block in _blocks(text, is_markdown):
        if block.level:
            path = [above for above in path if above[0] < block.level] + [(block.level, block.name)]
            continue
        found = True
        heading = " > ".join(n for i, (_, n) in enumerate(path) if not (i == 0 and n == title))
        yield from (_table if block.is_table else _whole_or_parts)(text, block.start, block.end, heading)
    if not found and text.strip():  # headings and nothing else are still worth finding
        yield from _whole_or_parts(text, *_trim(text, 0, len(text)), "")


def _blocks(text: str, is_markdown: bool) -> Iterator[_Block]:
    """Every heading, paragraph, list item and table."""
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n]+|(?<=\n)(?=\n)", text)]
    opened = -1  # the first line of the block that is open
    fence = ""
    i = 0

    def closed() -> Iterator[_Block]:
        nonlocal opened
        if opened >= 0:
            yield _Block(*_trim(text, lines[opened][0], lines[i - 1][1]))
        opened = -1

    while i < len(lines):
        line = text[slice(*lines[i])]
        blank = not line or line.isspace()
        marker = _FENCE.match(line) if is_markdown and not blank else None
        if fence or marker:
            opened = i if opened < 0 else opened
            fence = "" if fence and marker and marker[1] == fence else fence or (marker[1] if marker else "")
        elif blank:
            yield from closed()
        elif is_markdown and opened == i - 1 >= 0 and (under := _UNDERLINE.match(line)) and lines[i][1] - lines[opened][0] < _HEADING:
            yield _Block(*_trim(text, *lines[opened]), 1 if under[1][0] == "=" else 2, text[slice(*lines[opened])].strip())
            opened = -1
        elif is_markdown and (after := _after_table(text, lines, i)):
            yield from closed()
            yield _Block(*_trim(text, lines[i][0], lines[after - 1][1]), is_table=True)
            i = after - 1
        elif (heading := _heading(text, lines, i, is_markdown, alone=opened < 0)) is not None:
            yield from closed()
            yield _Block(*_trim(text, *lines[i]), *heading)
        elif is_markdown and _RULE.match(line):
            yield from closed()
        else:
            if _ITEM.match(line):
                yield from closed()
            opened = i if opened < 0 else opened
        i += 1
    yield from closed()


def _after_table(text: str, lines: list[tuple[int, int]], i: int) -> int:
    """The number of the line after the table that begins in line `i`, or 0 where none does: names of columns, dashes below, rows."""
    if i + 1 >= len(lines) or text.find("|", *lines[i]) < 0 or not _DELIMITER.match(text[slice(*lines[i + 1])]):
        return 0
    after = i + 2
    while after < len(lines) and text.find("|", *lines[after]) >= 0:
        after += 1
    return after


def _heading(text: str, lines: list[tuple[int, int]], i: int, is_markdown: bool, alone: bool) -> tuple[int, str] | None:
    """The level and the name, if line `i` is a heading. In plain text: a short line of its own without a full stop."""
    line = text[slice(*lines[i])]
    if len(line) > _HEADING:
        return None
    if is_markdown:
        atx = _ATX.match(line)
        return (len(atx[1]), _CLOSING.sub("", atx[2].strip())) if atx else None
    followed = i + 1 < len(lines) and not text[slice(*lines[i + 1])].strip() and i + 2 < len(lines)
    if not (alone and followed and len(line.split()) <= 10 and _PLAIN_HEADING.match(line)) or _ITEM.match(line):
        return None
    return (1 if line.isupper() or i == 0 else 2), line.strip()


def _table(text: str, start: int, end: int, heading: str) -> Iterator[_Piece]:
    """The table, or, where it is too long, runs of its rows. The names of the columns are read in the first, and above the others."""
    words = _count(text, start, end)
    if words <= MOST:
        yield _Piece(start, end, words, heading, False, False)
        return
    lines = [(start + match.start(), start + match.end()) for match in re.finditer(r"[^\n]+", text[start:end])]
    head, rows = (lines[0][0], lines[min(2, len(lines) - 1)][1]), lines[3:]  # names, dashes and the first row
    names = " | ".join(cell.strip() for cell in text[slice(*lines[0])].strip().strip("|").split("|")).split()
    below = place(heading, " ".join(names[:_COLUMNS] + ["…"] * (len(names) > _COLUMNS)))
    parts = [part for line in (head, *rows) for part in (_short_enough(text, *line) if _count(text, *line) > MOST else (line,))]
    for i, (first, last, count) in enumerate(_shares(text, parts, words)):
        yield _Piece(first, last, count, below if i else heading, False, False)


def _whole_or_parts(text: str, start: int, end: int, heading: str) -> Iterator[_Piece]:
    """The block, or, where it is too long, runs of its sentences of about equal length."""
    is_item = bool(_ITEM.match(text, start, end))
    leads = text[end - 1] == ":"
    words = _count(text, start, end)
    if words <= MOST:
        yield _Piece(start, end, words, heading, is_item, leads)
        return
    parts = [(start + a, start + b) for a, b in sentences(text[start:end])]
    parts = [piece for part in parts for piece in _short_enough(text, *part)]
    shares = list(_shares(text, parts, words))
    for i, (first, last, count) in enumerate(shares):
        yield _Piece(first, last, count, heading, is_item, leads and i == len(shares) - 1)


def _shares(text: str, parts: list[tuple[int, int]], words: int) -> Iterator[tuple[int, int, int]]:
    """(start, end, words) of runs of these parts, which have so many words together, about equally long: no scrap is left at the end."""
    aim = words / -(-words // TARGET)
    first, count = parts[0][0], 0
    for i, (a, b) in enumerate(parts):
        size = max(_count(text, a, b), (b - parts[max(i - 1, 0)][1]) // LONG)
        if count and (count + size > MOST or count + size / 2 > aim):
            yield first, parts[i - 1][1], count
            first, count = a, 0
        count += size
    yield first, parts[-1][1], count


def _short_enough(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentence, cut between words if it is longer than a passage may be."""
    if _count(text, start, end) <= TARGET:
        yield start, end
        return
    first, last, count = start, start, 0
    for word in _WORD.finditer(text, start, end):
        if count == TARGET or word.end() - first > TARGET * LONG:
            yield first, last
            first, count = word.start(), 0
        last, count = word.end(), count + 1
    yield first, last


def _merged(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """Neighbours under one heading, together while they are short."""
    group: list[_Piece] = []
    words = 0
    for i, piece in enumerate(pieces):
        if group and not _belongs(group, words + (piece.start - group[-1].end) // LONG, piece, pieces[i + 1 : i + 2]):
            # A lead-in goes with what it leads to.
            carried = [group.pop()] if len(group) > 1 and group[-1].leads and group[-1].heading == piece.heading else []
            yield group
            group, words = carried, sum(p.words for p in carried)
        group.append(piece)
        words += piece.words
    if group:
        yield group


def _belongs(group: list[_Piece], words: int, piece: _Piece, after: list[_Piece]) -> bool:
    if piece.heading != group[-1].heading or words + piece.words > MOST:
        return False
    if words + piece.words <= TARGET and (words < ENOUGH or piece.words < ENOUGH or piece.is_item or group[-1].leads):
        return True
    is_last_scrap = piece.words < ENOUGH and (not after or after[0].heading != piece.heading)
    return words < ENOUGH or is_last_scrap


# --- Characters -------------------------------------------------------------------------------------------------------


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _count(text: str, start: int, end: int) -> int:
    """Words, and whatever takes as much room as words of LONG characters, as blank space without end does."""
    return max((end - start) // LONG, sum(-(-len(word) // LONG) for word in text[start:end].split()))
