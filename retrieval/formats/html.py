"""HTML to Markdown: its headings, paragraphs, lists, tables and code, in the order of the page.

Left out is what is no part of the text: scripts, forms' controls, what is hidden, navigation, and a header, footer or sidebar of the whole
page. Where the page marks its main part, that alone is read. Links and pictures leave their words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from retrieval.formats import Converted, markdown
from retrieval.formats.errors import Unreadable
from retrieval.formats.texts import decoded

_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([a-z0-9_:-]+)""", re.IGNORECASE)
_SILENT = frozenset(
    "title script style template noscript nav svg canvas iframe object embed audio video map button select input textarea datalist"
    " dialog menu".split()
)
_ROLES = frozenset("navigation banner contentinfo search menu menubar toolbar dialog alertdialog".split())
_OF_PAGE = frozenset(("header", "footer", "aside"))  # of the page, unless they stand in one of these:
_PARTS = frozenset(("main", "article", "section"))
_PARAGRAPHS = frozenset(
    "html body main article section div p address blockquote figure figcaption details summary fieldset legend form center header"
    " footer aside caption tbody thead tfoot tr td th dt dd hgroup".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_MOST_SPAN = 100  # columns, or rows, that one cell is repeated in


def convert(content: bytes) -> Converted:
    """Raises Unreadable."""
    declared = _CHARSET.search(content[:2048])
    text = decoded(content, "HTML", declared[1].decode() if declared else "")
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from error
        raise Unreadable(f"damaged: {error}") from error
    if any("depth" in entry.message for entry in parser.error_log):
        raise Unreadable("its parts are nested too deeply")
    if root is None:
        raise Unreadable("holds no text")
    title = next(root.iter("title"), None)
    page = _Page()
    for part in _main(root):
        page.walk(part)
    return Converted(page.written(), markdown.flat("".join(title.itertext())) if title is not None else "")


def _main(root: Any) -> list[Any]:
    """The parts that say of themselves that they are the main one, if they say anything; else the whole page."""
    marked = [part for part in root.iter() if part.tag == "main" or part.get("role") == "main"]
    outermost = [part for part in marked if not any(above in marked for above in part.iterancestors())]
    return outermost if any("".join(part.itertext()).strip() for part in outermost) else [root]


def _is_silent(element: Any) -> bool:
    if element.tag in _SILENT or element.get("role") in _ROLES or element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    if re.search(r"display\s*:\s*none", element.get("style", "")):
        return True
    if element.tag not in _OF_PAGE or any(above.tag in _PARTS for above in element.iterancestors()):
        return False
    return element.tag != "header" or element.find(".//h1") is None  # which says what the page is about


class _Page:
    """Writes blocks down as they are closed. `line` is what was said since the last of them."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.line: list[str] = []
        self.lists: list[str] = []  # the lists that we are in: "-", or the number of the last item
        self.opens_item = False

    def written(self) -> str:
        self.close()
        return markdown.joined(self.blocks)

    def close(self) -> None:
        text, self.line = "".join(self.line), []
        if self.opens_item and text.strip():
            mark = self.lists[-1] if self.lists else "-"
            self.blocks.append(markdown.item(text, len(self.lists) - 1, "-" if mark == "-" else f"{mark}."))
            self.opens_item = False
        else:
            self.blocks.append(markdown.paragraph(text))

    def walk(self, element: Any) -> None:
        tag = element.tag
        if not isinstance(tag, str) or _is_silent(element):
            return
        special: Callable[[Any], None] | None = getattr(self, f"_{tag}", None) if tag in _SPECIAL else None
        if tag in _HEADINGS:
            self._block(markdown.heading(_HEADINGS[tag], _words(element)))
        elif special is not None:
            special(element)
        elif tag in _PARAGRAPHS:
            self.close()
            self._inside(element)
            self.close()
        else:
            self._inside(element)

    def _inside(self, element: Any) -> None:
        self.line.append(_collapsed(element.text))
        for child in element:
            self.walk(child)
            self.line.append(_collapsed(child.tail))

    def _block(self, block: str) -> None:
        self.close()
        self.blocks.append(block)

    def _br(self, _: Any) -> None:
        self.line.append("\n")

    def _hr(self, _: Any) -> None:
        self.close()

    def _img(self, element: Any) -> None:
        self.line.append(_collapsed(element.get("alt")))

    def _pre(self, element: Any) -> None:
        self._block(markdown.code("".join(element.itertext())))

    def _ul(self, element: Any) -> None:
        self._list(element, "-")

    def _ol(self, element: Any) -> None:
        start = element.get("start", "1")
        self._list(element, str(int(start) - 1) if start.isdecimal() and len(start) < 8 else "0")

    def _list(self, element: Any, mark: str) -> None:
        self.close()
        self.lists.append(mark)
        self._inside(element)
        self.close()
        self.lists.pop()
        self.opens_item = False

    def _li(self, element: Any) -> None:
        self.close()
        if self.lists and self.lists[-1] != "-":
            self.lists[-1] = str(int(self.lists[-1]) + 1)
        self.opens_item = True
        self._inside(element)
        self.close()
        self.opens_item = False

    def _dl(self, element: Any) -> None:
        """Each term with what it means, "- Term: meaning"."""
        self.close()
        term, meanings = "", []
        for child in [*element.iter("dt", "dd"), None]:
            if child is not None and child.tag == "dd":
                meanings.append(markdown.flat(_words(child)))
                continue
            if term or meanings:
                self.blocks.append(markdown.item(": ".join(part for part in (term, "; ".join(meanings)) if part)))
            term, meanings = (markdown.flat(_words(child)) if child is not None else ""), []

    def _table(self, element: Any) -> None:
        rows = [row for row in element.iter("tr") if next(row.iterancestors("table")) is element]
        cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
        widest = max((len(row) for row in cells), default=0)
        is_layout = element.get("role") == "presentation" or element.find(".//table") is not None or widest < 2
        if is_layout:  # a way to arrange things rather than a table
            self.close()
            self._inside(element)
            self.close()
            return
        for caption in element.iterchildren("caption"):
            self._block(markdown.paragraph(_words(caption)))
        self._block(markdown.table(_grid(cells)))


_SPECIAL = frozenset(("br", "hr", "img", "pre", "ul", "ol", "li", "dl", "table"))


def _collapsed(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")


def _words(element: Any) -> str:
    """Everything said inside, in one line."""
    if not isinstance(element.tag, str) or _is_silent(element):
        return ""
    space = " " if element.tag in _PARAGRAPHS or element.tag in _SPECIAL else ""
    own = _collapsed(element.get("alt")) if element.tag == "img" else _collapsed(element.text)
    return space + own + "".join(_words(child) + _collapsed(child.tail) for child in element) + space


def _grid(rows: list[list[Any]]) -> list[list[str]]:
    """The words of the cells; one that spans several columns or rows is said in each, so that every row is whole."""
    grid: list[list[str]] = []
    reaching: dict[int, tuple[str, int]] = {}  # by column: what reaches down from above, and through how many rows more
    for row in rows:
        line: list[str] = []

        def from_above(line: list[str] = line) -> None:
            while (above := reaching.pop(len(line), None)) is not None:
                if above[1] > 1:
                    reaching[len(line)] = above[0], above[1] - 1
                line.append(above[0])

        for cell in row:
            from_above()
            words = markdown.flat(_words(cell))
            for _ in range(_span(cell, "colspan")):
                if (down := _span(cell, "rowspan")) > 1:
                    reaching[len(line)] = words, down - 1
                line.append(words)
        from_above()
        grid.append(line)
    return grid


def _span(cell: Any, name: str) -> int:
    given = cell.get(name, "1").strip()
    return min(max(int(given), 1), _MOST_SPAN) if given.isascii() and given.isdecimal() and len(given) < 6 else 1
