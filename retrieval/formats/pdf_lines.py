"""The lines of a page of a PDF, with where they stand and how large and bold their letters are."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pypdfium2
from pypdfium2 import raw

_WIDE = 0.8  # times the size of the letters: a gap between two cells, if it is also
_WIDER = 2.0  # times as wide as the narrowest of its line, which justified text is not
_MARK = re.compile(r"[•◦▪‣●○■–—*-]|\(?\d{1,3}[.)]|\(?[a-z][.)]")  # of an item, which belongs to what follows it
_HYPHEN = "\x02\ufffe"  # as PDFium writes one at the end of a line, in place of the end
_ENDS = "\r\n" + _HYPHEN


@dataclass(frozen=True, slots=True)
class Cell:
    """Words without a wide gap between them; `left` and `right` in points."""

    text: str
    left: float
    right: float


@dataclass(slots=True)
class Line:
    """`page` counts from 1; places in points from the lower left corner of the page, `size` is the height of the letters.

    `row` is the number of the table that the line is a row of, 0 where it is of none."""

    page: int
    cells: list[Cell]
    top: float
    size: float
    bold: bool
    height: float  # of the page
    row: int = field(default=0)

    @property
    def text(self) -> str:
        return " ".join(cell.text for cell in self.cells)

    @property
    def left(self) -> float:
        return self.cells[0].left

    @property
    def right(self) -> float:
        return self.cells[-1].right

    def edge(self, share: float) -> bool:
        """Whether the line stands in this share of the page's height at its top or bottom."""
        return self.top > self.height * (1 - share) or self.top < self.height * share


def read_lines(document: pypdfium2.PdfDocument, number: int) -> list[Line]:
    """Of the page of this number, from 0, in the order in which it shows them. Raises PdfiumError."""
    page = document[number]
    text = page.get_textpage()
    try:
        height = page.get_height()
        lines = []
        for run in _runs(text):
            cells = list(_cells(text, run))
            if cells:
                # A bullet may be of another font than what follows it.
                first, last = next((i for i, character in run if character.isalnum()), run[0][0]), run[-1][0]
                box = _box(text, first)
                size = max(round(2 * (box.top - box.bottom)) / 2, 0.5)
                lines.append(Line(number + 1, cells, box.top, size, _is_bold(text, first) and _is_bold(text, last), height))
        return lines
    finally:
        text.close()
        page.close()


def _runs(text: pypdfium2.PdfTextPage) -> Iterator[list[tuple[int, str]]]:
    """The characters of each line that shows any, each with its number, without the white space around them."""
    line: list[tuple[int, str]] = []
    for i in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, i)
        character = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
        if character in _HYPHEN and line:
            line.append((i, "-"))
        elif character not in _ENDS:
            if line or not character.isspace():
                line.append((i, character))
            continue
        if line:
            yield _trimmed(line)
        line = []
    if line:
        yield _trimmed(line)


def _trimmed(line: list[tuple[int, str]]) -> list[tuple[int, str]]:
    while line[-1][1].isspace():
        line.pop()
    return line


def _cells(text: pypdfium2.PdfTextPage, run: list[tuple[int, str]]) -> Iterator[Cell]:
    words = [match.span() for match in re.finditer(r"\S+", "".join(character for _, character in run))]
    boxes = [(_box(text, run[start][0]), _box(text, run[end - 1][0])) for start, end in words]
    if len(words) > 1 and _MARK.fullmatch("".join(character for _, character in run[slice(*words[0])])):
        words, boxes = [(words[0][0], words[1][1]), *words[2:]], [(boxes[0][0], boxes[1][1]), *boxes[2:]]
    gaps = [right[0].left - left[1].right for left, right in pairwise(boxes)]
    wide = _WIDE * max(box.top - box.bottom for pair in boxes for box in pair)
    if min(gaps, default=wide) < wide:
        wide = max(wide, _WIDER * min(gaps))
    first = 0
    for i in range(1, len(words) + 1):
        if i == len(words) or gaps[i - 1] > wide:
            said = re.sub(r"\s+", " ", "".join(character for _, character in run[words[first][0] : words[i - 1][1]]))
            yield Cell(said, boxes[first][0].left, boxes[i - 1][1].right)
            first = i


def _box(text: pypdfium2.PdfTextPage, i: int) -> raw.FS_RECTF:
    """Of a character with the room above and below it, which is the same for all of a font and size."""
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(text, i, box)
    return box


def _is_bold(text: pypdfium2.PdfTextPage, i: int) -> bool:
    if raw.FPDFText_GetFontWeight(text, i) >= 600:
        return True
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    raw.FPDFText_GetFontInfo(text, i, name, len(name), flags)
    return bool(re.search(rb"bold|black|heavy", name.value, re.IGNORECASE))
