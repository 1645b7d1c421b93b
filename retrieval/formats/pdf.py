"""PDF to Markdown: pages to lines, lines to paragraphs, headings and tables.

A PDF knows characters and places, so the structure is inferred. Lines of larger or bold letters are headings; lines that are cut by wide
gaps at the same places are the rows of a table; other lines are joined while nothing speaks for a new paragraph, and hyphens at their ends
are mended. What stands at the top or bottom of most pages is left out. Each part begins with "Page 3" as its lowest heading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise

import pypdfium2
from pypdfium2 import raw

from retrieval.formats import Converted, markdown
from retrieval.formats.errors import Unreadable
from retrieval.formats.pdf_lines import Cell, Line, read_lines
from retrieval.formats.texts import what_it_is

MOST_PAGES = 5000
_EDGE = 0.1  # of a page's height: where headers and footers are
_LARGER = 1.12  # times the size of the body: a heading
_MOST_HEADING = 25  # words
_LEVELS = 4  # of headings by size; bold ones of the body's size are one below
_PAGE_LEVEL = 6
_SENTENCE = re.compile(r"""[.!?:;]["'”’)\]]*$""")
_ITEM = re.compile(r"(?:[•◦▪‣●○■–—*-]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")
_BULLET = re.compile(r"^[•◦▪‣●○■–—*-]\s+")
_BROKEN = re.compile(r"([^\W\d_]+)[-\u00ad\u2010]$")
_OF_A_PROGRAM = re.compile(
    r"^(?:microsoft \w+ -|untitled|\(?anonymous|document\d*$)|\.(?:docx?|pdf|indd|tex|dvi|pptx?|xlsx?)$", re.IGNORECASE
)
_UNNAMED = re.compile(r"[\ufffd\ue000-\uf8ff]")  # characters of which the font does not say which they are


def convert(content: bytes) -> Converted:
    """Raises Unreadable."""
    if b"%PDF-" not in content[:1024]:
        raise Unreadable(f"it holds {what_it_is(content) or 'something else'}, although its name says PDF")
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD:
            raise Unreadable("it is encrypted, and opens with a password only") from error
        raise Unreadable(f"damaged: {error}") from error
    try:
        if len(document) > MOST_PAGES:
            raise Unreadable(f"too large: it has {len(document):,} pages, and {MOST_PAGES:,} is the most")
        if not len(document):
            raise Unreadable("holds no page")
        pages = [read_lines(document, number) for number in range(len(document))]
        title = document.get_metadata_value("Title")
    except pypdfium2.PdfiumError as error:
        raise Unreadable(f"damaged: {error}") from error
    finally:
        document.close()
    return Converted(_written(pages), "" if _is_of_a_program(title) else title)


def _written(pages: list[list[Line]]) -> str:
    lines = [line for page in pages for line in page]
    said = "".join(line.text for line in lines)
    if not said.strip():
        raise Unreadable("holds no text but pictures: it has to go through text recognition (OCR) first")
    if len(_UNNAMED.findall(said)) > len(said) / 4:
        raise Unreadable("its fonts do not say which letters they show: it has to go through text recognition (OCR) first")
    repeated = _repeated(pages)
    return _Writer([line for line in lines if not (line.edge(_EDGE) and _pattern(line) in repeated)]).written()


def _is_of_a_program(title: str) -> bool:
    """Titles that a program gave rather than a person."""
    return bool(_OF_A_PROGRAM.search(title))


def _pattern(line: Line) -> str:
    """What running headers and footers have in common from page to page."""
    return re.sub(r"\d+", "#", re.sub(r"\s+", " ", line.text)).strip().lower()


def _repeated(pages: list[list[Line]]) -> set[str]:
    """What stands at the top or bottom of most pages; a header that differs between left and right pages does on nearly half. Lines of
    many cells are more likely the head of a table."""
    found = Counter(pattern for page in pages for pattern in {_pattern(line) for line in page if line.edge(_EDGE) and len(line.cells) <= 3})
    filled = sum(bool(page) for page in pages)
    return {pattern for pattern, count in found.items() if count >= max(3, 0.4 * filled)}


class _Writer:
    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        sizes = Counter[float]()
        for line in lines:
            sizes[line.size] += len(line.text)
        self.body = sizes.most_common(1)[0][0] if sizes else 0.0
        larger = sorted((size for size in sizes if size > self.body * _LARGER), reverse=True)
        self.levels = {size: min(i, _LEVELS) for i, size in enumerate(larger, 1)}
        self.words = Counter(word.lower() for line in lines for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line.text))
        steps = [a.top - b.top for a, b in pairwise(lines) if a.page == b.page and a.size == b.size == self.body and a.top > b.top]
        self.step = Counter(round(step, 0) for step in steps).most_common(1)[0][0] if steps else 0.0
        self.right = {page: max(line.right for line in of_page) for page, of_page in groupby(lines, key=lambda line: line.page)}
        bold = sum(len(line.text) for line in lines if line.bold)
        self.bold_stands_out = 2 * bold < sum(sizes.values())
        self.blocks: list[str] = []
        self.page_said = 0

    def written(self) -> str:
        for run in _runs(self.lines, self._begins):
            level = self._level(run)
            if len(run) > 1 and run[0].row:
                self._table(run)
            elif level:
                self.blocks.append(markdown.heading(level, self._joined(run)))
                self.page_said = 0  # is said again, below this heading
            else:
                text = self._joined(run)
                bullet = _BULLET.match(text)
                self._under_page(run[0], markdown.item(text[bullet.end() :]) if bullet else markdown.paragraph(text))
        return markdown.joined(self.blocks)

    def _under_page(self, line: Line, block: str) -> None:
        if line.page != self.page_said:
            self.blocks.append(markdown.heading(_PAGE_LEVEL, f"Page {line.page}"))
            self.page_said = line.page
        self.blocks.append(block)

    def _table(self, run: list[Line]) -> None:
        """A part for each page; the names of the columns, if they look like names, are repeated in each."""
        places = _places(run)
        names = _row(run[0], places)
        for _, lines in groupby(run, key=lambda line: line.page):
            of_page = list(lines)
            rows = [_row(line, places) for line in of_page]
            if rows[0] != names and not any(re.search(r"\d", name) for name in names):
                rows = [names, *rows]
            self._under_page(of_page[0], markdown.table(rows))

    def _level(self, run: list[Line]) -> int:
        """Of a heading; 0 for anything else."""
        words = sum(len(line.text.split()) for line in run)
        if words > _MOST_HEADING or _BULLET.match(run[0].text) or not any(character.isalpha() for line in run for character in line.text):
            return 0
        if run[0].size in self.levels:
            return self.levels[run[0].size]
        is_bold = self.bold_stands_out and all(line.bold for line in run) and run[0].size >= self.body * 0.95
        return len(set(self.levels.values())) + 1 if is_bold and not re.search(r"[.,;:]$", run[-1].text) and words <= 15 else 0

    def _begins(self, line: Line, before: Line) -> bool:
        """Whether a line begins a block of its own rather than goes on with the line before it."""
        if line.row or before.row:
            return line.row != before.row
        if abs(line.size - before.size) > 0.1 * before.size or line.bold != before.bold or _ITEM.match(line.text):
            return True
        ended = bool(_SENTENCE.search(before.text))
        if line.page != before.page or line.top >= before.top:  # the next page, or the next column
            return ended or not line.text[:1].islower()
        if self.step and before.top - line.top > 1.3 * max(self.step, line.size):
            return True
        is_short = before.right < self.right[before.page] - 12 * before.size
        return (ended and (is_short or line.left > before.left + 0.8 * line.size)) if not _ITEM.match(before.text) else ended and is_short

    def _joined(self, run: list[Line]) -> str:
        """One line, with the words mended that a hyphen cut; it stays where the document has the word with it more often than without."""
        parts = [run[0].text]
        for line in run[1:]:
            last = parts[-1]
            broken = _BROKEN.search(last)
            following = re.match(r"[^\W\d_]+", line.text)
            if broken and following and following[0][0].islower():
                whole, hyphenated = (broken[1] + following[0]).lower(), f"{broken[1]}-{following[0]}".lower()
                keep = self.words[hyphenated] > self.words[whole] and last[-1] == "-"
                parts[-1] = last if keep else last[:-1]
            else:
                parts.append(" ")
            parts.append(line.text)
        return "".join(parts)


def _runs(lines: Sequence[Line], begins: Callable[[Line, Line], bool]) -> Iterator[list[Line]]:
    """Lines in blocks, in their order. Neighbouring lines whose cells stand below one another are marked as rows first."""
    _mark_rows(lines)
    run: list[Line] = []
    for line in lines:
        if run and begins(line, run[-1]):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _mark_rows(lines: Sequence[Line]) -> None:
    """Gives the lines of each table its number as `row`."""
    number, first = 0, 0
    while first < len(lines):
        last = first
        places = _places(lines[first : first + 1])
        while places and last + 1 < len(lines) and (more := _places([lines[last + 1]], places)):
            last, places = last + 1, more
        if last > first:
            number += 1
            for line in lines[first : last + 1]:
                line.row = number
        first = last + 1


def _places(lines: Sequence[Line], known: Sequence[tuple[float, float]] = ()) -> list[tuple[float, float]]:
    """(left, right) of the columns of a table that these lines could be, below lines of which the columns are known; none where they are
    none."""
    places = list(known)
    for line in lines:
        if len(line.cells) < 2:
            return []
        if len(line.cells) > len(places):
            if places and not all(len(_over(place, line)) == 1 for place in places):
                return []
            places = _widened([(cell.left, cell.right) for cell in line.cells], places)
        over = [_at(cell, places) for cell in line.cells]
        if None in over or len(set(over)) < len(over):
            return []
        for i, cell in zip(over, line.cells, strict=True):
            assert i is not None
            places[i] = min(places[i][0], cell.left), max(places[i][1], cell.right)
    return places if all(a[1] <= b[0] for a, b in pairwise(places)) else []


def _over(place: tuple[float, float], line: Line) -> list[Cell]:
    return [cell for cell in line.cells if cell.left < place[1] and place[0] < cell.right]


def _widened(places: list[tuple[float, float]], others: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Each with the one of the others that it stands below."""
    joined = []
    for left, right in places:
        below = [other for other in others if left < other[1] and other[0] < right]
        joined.append((min([left, *(a for a, _ in below)]), max([right, *(b for _, b in below)])))
    return joined


def _at(cell: Cell, places: Sequence[tuple[float, float]]) -> int | None:
    """The number of the one column that a cell stands in."""
    over = [i for i, (left, right) in enumerate(places) if cell.left < right and left < cell.right]
    return over[0] if len(over) == 1 else None


def _row(line: Line, places: Sequence[tuple[float, float]]) -> list[str]:
    row = [""] * len(places)
    for cell in line.cells:
        i = _at(cell, places)
        assert i is not None  # or the line would be no row of this table
        row[i] = cell.text
    return row
