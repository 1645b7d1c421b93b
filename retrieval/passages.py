"""Documents cut into passages: verbatim slices that keep to the text's own structure.

A passage never crosses a heading, and breaks between paragraphs, else between list items, else between sentences, and only
inside a sentence where that is longer than a passage may be. Short neighbours under one heading are merged, a list with the
line that leads into it. Offsets count characters of the text as given: `text[start:end]` is the passage.
Left out: tables and code are kept as paragraphs; nothing is removed or rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

ENOUGH = 40  # words: a passage shorter than this looks for a neighbour
TARGET = 110  # words: neighbours are merged up to here
MOST = 130  # words: nothing longer is left whole


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
    """Something that stays whole: a paragraph, a list item, or sentences of one that is too long."""

    start: int
    end: int
    words: int
    heading: str
    is_item: bool
    leads: bool  # ends with a colon: what follows belongs to it


_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_ATX = re.compile(r"\s{0,3}(#{1,6})\s+(.+?)\s*#*\s*$")
_UNDERLINE = re.compile(r"\s{0,3}(=+|-{2,})\s*$")
_ITEM = re.compile(r"\s*(?:[-*+•–]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")
_RULE = re.compile(r"\s{0,3}(?:[-*_]\s*){3,}$")
_PLAIN_HEADING = re.compile(r"\s*(?:\d+(?:\.\d+)*\.?\s+)?[A-Z0-9][^.!?;]{1,78}(?<![,:])\s*$")

# A full stop that ends no sentence: after these, after one capital letter ("J. Smith"), and before a small letter.
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|sr|jr|st|vs|etc|e\.g|i\.e|cf|no|nos|vol|fig|p|pp|approx|ca|dept|est|inc|ltd|co|corp|gen|col|lt"
    r"|capt|sgt|rev|hon|sen|rep|gov|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|u\.s|u\.k|d\.c|a\.d|b\.c|a\.m|p\.m)|\b[A-Z])\.$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"""[.!?…]+["'”’)\]*_]*(?=\s+["'“‘(\[*_]*[^\sa-z]|\s*$)|\n[ \t]*\n""")


def sentences(text: str) -> list[tuple[int, int]]:
    """The (start, end) of every sentence, without the white space around it."""
    found, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if match[0][0] == "." and match.end() < len(text) and _ABBREVIATION.search(text, max(start, match.end() - 12), match.end()):
            continue
        found.append((start, match.end()))
        start = match.end()
    found.append((start, len(text)))
    return [trimmed for first, last in found if (trimmed := _trim(text, first, last))[0] < trimmed[1]]


def split(text: str, *, title: str, is_markdown: bool) -> list[PassageDraft]:
    """The passages of a document, in order. Headings are not passages of their own; they are in `heading`."""
    drafts = []
    for group in _merged(list(_pieces(text, title, is_markdown))):
        start, end = group[0].start, group[-1].end
        drafts.append(PassageDraft(start, end, text[start:end], title, group[0].heading))
    return drafts


def title_of(text: str, *, is_markdown: bool) -> str:
    """The heading a document opens with, or "" where it opens with something else."""
    first = next(_blocks(text, is_markdown), None)
    return first[3] if first and first[2] else ""


# --- Structure --------------------------------------------------------------------------------------------------------


def _pieces(text: str, title: str, is_markdown: bool) -> Iterator[_Piece]:
    path: list[tuple[int, str]] = []
    found = False
    for start, end, level, name in _blocks(text, is_markdown):
        if level:
            path = [above for above in path if above[0] < level] + [(level, name)]
            continue
        found = True
        heading = " > ".join(n for i, (_, n) in enumerate(path) if not (i == 0 and n == title))
        yield from _whole_or_parts(text, start, end, heading)
    if not found and text.strip():  # headings and nothing else are still worth finding
        yield from _whole_or_parts(text, *_trim(text, 0, len(text)), "")


def _blocks(text: str, is_markdown: bool) -> Iterator[tuple[int, int, int, str]]:
    """(start, end, heading level or 0, heading) of every heading, paragraph and list item."""
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n]+|(?<=\n)(?=\n)", text)]
    start = end = -1  # of the block that is open
    fence = ""
    for i, (first, last) in enumerate(lines):
        line = text[first:last]
        marker = _FENCE.match(line) if is_markdown else None
        if fence or marker:
            start, end = (first if start < 0 else start), last
            fence = "" if fence and marker and marker[1] == fence else fence or (marker[1] if marker else "")
            continue
        heading = _heading(text, lines, i, is_markdown, alone=start < 0)
        closes = not line.strip() or heading is not None or _ITEM.match(line) or (is_markdown and _RULE.match(line))
        if is_markdown and start >= 0 and text.count("\n", start, first) == 1 and (under := _UNDERLINE.match(line)):
            yield *_trim(text, start, end), 1 if under[1][0] == "=" else 2, text[start:end].strip()
            start = -1
            continue
        if closes and start >= 0:
            yield *_trim(text, start, end), 0, ""
            start = -1
        if heading is not None:
            yield *_trim(text, first, last), *heading
        elif line.strip() and not (is_markdown and _RULE.match(line)):
            start, end = (first if start < 0 else start), last
    if start >= 0:
        yield *_trim(text, start, end), 0, ""


def _heading(text: str, lines: list[tuple[int, int]], i: int, is_markdown: bool, alone: bool) -> tuple[int, str] | None:
    """The level and the name, if line `i` is a heading. In plain text: a short line of its own without a full stop."""
    line = text[slice(*lines[i])]
    if is_markdown:
        atx = _ATX.match(line)
        return (len(atx[1]), atx[2].strip()) if atx else None
    followed = i + 1 < len(lines) and not text[slice(*lines[i + 1])].strip() and i + 2 < len(lines)
    if not (alone and followed and len(line.split()) <= 10 and _PLAIN_HEADING.match(line)) or _ITEM.match(line):
        return None
    return (1 if line.isupper() or i == 0 else 2), line.strip()


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
    aim = words / -(-words // TARGET)  # equal shares, so that no scrap is left at the end
    first, count = parts[0][0], 0
    for i, (a, b) in enumerate(parts):
        size = _count(text, a, b)
        if count and (count + size > MOST or count + size / 2 > aim):
            yield _Piece(first, parts[i - 1][1], count, heading, is_item, False)
            first, count = a, 0
        count += size
    yield _Piece(first, parts[-1][1], count, heading, is_item, leads)


def _short_enough(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentence, cut between words if it is longer than a passage may be."""
    words = [match.span() for match in re.finditer(r"\S+", text[start:end])]
    for i in range(0, len(words), TARGET):
        yield start + words[i][0], start + words[min(i + TARGET, len(words)) - 1][1]


def _merged(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """Neighbours under one heading, together while they are short."""
    group: list[_Piece] = []
    words = 0
    for i, piece in enumerate(pieces):
        if group and not _belongs(group, words, piece, pieces[i + 1 : i + 2]):
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
    return len(text[start:end].split())
