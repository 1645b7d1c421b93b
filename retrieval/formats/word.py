"""DOCX to Markdown: headings by style or outline level, paragraphs, lists, tables, text boxes and footnotes, in the order of the document.

python-docx opens the package; the text is taken from the tree, since its paragraphs leave out what stands in content controls and in
insertions that nobody has accepted yet. Left out: deletions, tables of contents, headers and footers, comments, and the numbers that Word
counts by itself.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn

from retrieval.formats import Converted, markdown
from retrieval.formats.errors import Unreadable
from retrieval.formats.texts import OLD_OFFICE, what_it_is

_MOST_XML = 50_000_000  # bytes of XML in all, unpacked; a document of a thousand pages has about ten million
_MOST_UNPACKED = 400_000_000  # with its pictures
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MOST_SPAN = 64  # columns that one cell is repeated in

_P, _TBL, _TR, _TC, _T = (qn(f"w:{name}") for name in ("p", "tbl", "tr", "tc", "t"))
_SKIPPED = {qn(f"w:{name}") for name in "del moveFrom instrText delText pPr rPr sectPr sdtPr tblPr trPr tcPr".split()}
_SKIPPED.add("{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback")  # says the same again, for old programs
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_BREAKS = {qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): " ", qn("w:noBreakHyphen"): "-"}
_BOX, _NOTES = qn("w:txbxContent"), {qn("w:footnoteReference"): "footnotes", qn("w:endnoteReference"): "endnotes"}


def convert(content: bytes) -> Converted:
    """Raises Unreadable."""
    _check(content)
    try:
        document = docx.Document(io.BytesIO(content))
        writer = _Writer(document)
        writer.blocks(document.element.body)
        title = document.core_properties.title or ""
    except (MemoryError, RecursionError, Unreadable):
        raise
    except ValueError as error:
        if "is not a Word file" not in str(error):
            raise Unreadable(f"damaged: {_first_line(error)}") from error
        raise Unreadable("it holds an Office file of another kind, although its name says DOCX") from error
    except Exception as error:  # python-docx, zipfile and lxml each have several of their own
        raise Unreadable(f"damaged: {_first_line(error)}") from error
    return Converted(markdown.joined(writer.written), title)


def _check(content: bytes) -> None:
    """Whether it is a package at all, and what it would unpack to. The sizes in it bind whoever unpacks it."""
    if content.startswith(OLD_OFFICE):
        if _ENCRYPTED in content:
            raise Unreadable("it is encrypted, and opens with a password only")
        raise Unreadable("it holds an Office file of old, although its name says DOCX: save it as DOCX")
    if not content.startswith(b"PK"):
        raise Unreadable(f"it holds {what_it_is(content) or 'something else'}, although its name says DOCX")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
        raise Unreadable(f"damaged: {_first_line(error)}") from error
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names:
        raise Unreadable("it holds a ZIP archive of something else, although its name says DOCX")
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("it is encrypted, and opens with a password only")
    xml = sum(part.file_size for part in parts if part.filename.endswith((".xml", ".rels")))
    for size, most in ((xml, _MOST_XML), (sum(part.file_size for part in parts), _MOST_UNPACKED)):
        if size > most:
            raise Unreadable(f"too large: it unpacks to {size:,} bytes, and {most:,} is the most")


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".split("\n")[0][:200]


class _Writer:
    def __init__(self, document: Any) -> None:
        self.written: list[str] = []
        self.styles = _styles(document)
        self.notes = {(kind, id): text for kind in ("footnotes", "endnotes") for id, text in _notes(document, kind)}

    def blocks(self, element: Any) -> None:
        """Paragraphs and tables, also those in content controls and in insertions."""
        for child in element:
            if child.tag == _P:
                self._paragraph(child)
            elif child.tag == _TBL:
                self._table(child)
            elif child.tag not in _SKIPPED:
                self.blocks(child)

    def _paragraph(self, paragraph: Any) -> None:
        style = self._style(paragraph)
        name = style.get("name", "")
        if name.startswith(("toc ", "table of ")):
            return
        text = _text(paragraph)
        level = _number(paragraph, "pPr/outlineLvl", style.get("outline"))
        is_item = _number(paragraph, "pPr/numPr/numId", style.get("list")) not in (None, 0)
        if name == "title":
            level = 0
        if level is not None and level < 9:
            self.written.append(markdown.heading(level + 1, text))
        elif is_item or name.startswith("list "):
            self.written.append(markdown.item(text, _number(paragraph, "pPr/numPr/ilvl") or 0))
        else:
            self.written.append(markdown.paragraph(text))
        for box in paragraph.iter(_BOX):
            if not any(above.tag in _SKIPPED or above.tag == _BOX for above in box.iterancestors()):
                self.blocks(box)
        for reference in paragraph.iter(*_NOTES):
            note = self.notes.pop((_NOTES[reference.tag], reference.get(qn("w:id"))), "")
            self.written.append(markdown.paragraph(note))

    def _style(self, paragraph: Any) -> dict[str, Any]:
        given = _found(paragraph, "pPr/pStyle")
        return self.styles.get(given.get(qn("w:val")) if given is not None else "", {})

    def _table(self, table: Any) -> None:
        rows = _grid(table)
        if max((len(row) for row in rows), default=0) > 1:
            self.written.append(markdown.table(rows))
        else:  # a frame around something
            for cell in _within(table, _TC):
                self.blocks(cell)


def _text(element: Any) -> str:
    """What an element says, line breaks included; neither what was deleted nor what stands in boxes beside it."""
    if element.tag in (_T, _MATH):
        return element.text or ""
    if element.tag in _BREAKS:
        return "" if element.get(qn("w:type")) == "page" else _BREAKS[element.tag]
    if element.tag in _SKIPPED or element.tag == _BOX:
        return ""
    return "".join(map(_text, element))


def _found(element: Any, path: str) -> Any:
    """The first element at a path of names of Word's own, as "pPr/pStyle"; None where there is none."""
    return element.find("/".join(qn(f"w:{name}") for name in path.split("/")))


def _number(element: Any, path: str, otherwise: int | None = None) -> int | None:
    return _value(_found(element, path), otherwise)


def _value(element: Any, otherwise: int | None = None) -> int | None:
    given = element.get(qn("w:val"), "") if element is not None else ""
    return int(given) if re.fullmatch(r"\d{1,6}", given) else otherwise


def _styles(document: Any) -> dict[str, dict[str, Any]]:
    """By id: the name in small letters, and the outline level and list that it gives, its own or those of the style it is based on."""
    found: dict[str, dict[str, Any]] = {}
    for style in document.styles.element.iter(qn("w:style")):
        name, based = _found(style, "name"), _found(style, "basedOn")
        called = (name.get(qn("w:val")) or "").lower() if name is not None else ""
        heading = re.fullmatch(r"heading (\d)", called)
        found[style.get(qn("w:styleId")) or ""] = {
            "name": called, "based": based.get(qn("w:val")) if based is not None else None,
            "outline": int(heading[1]) - 1 if heading else _number(style, "pPr/outlineLvl"),
            "list": _number(style, "pPr/numPr/numId"),
        }  # fmt: skip
    return {id: style | {key: _inherited(found, id, key) for key in ("outline", "list")} for id, style in found.items()}


def _inherited(styles: dict[str, dict[str, Any]], id: str | None, key: str) -> int | None:
    for _ in range(20):  # a chain of styles has an end, unless somebody made a ring of it
        if id not in styles or styles[id][key] is not None:
            break
        id = styles[id]["based"]
    return styles[id][key] if id in styles else None


def _notes(document: Any, kind: str) -> Iterator[tuple[str, str]]:
    """(id, text) of the footnotes or endnotes."""
    from docx.oxml import parse_xml  # reads no entities

    for relation in document.part.rels.values():
        if relation.reltype.endswith(f"/{kind}") and not relation.is_external:
            for note in parse_xml(relation.target_part.blob):
                if note.get(qn("w:type")) in (None, "normal"):
                    yield note.get(qn("w:id")), " ".join(_text(paragraph) for paragraph in note.iter(_P))


def _within(element: Any, tag: str) -> Iterator[Any]:
    """The nearest elements of this tag below, not those that stand in one of them."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag not in _SKIPPED:
            yield from _within(child, tag)


def _grid(table: Any) -> list[list[str]]:
    """The words of the cells; one that was merged out of several is said in each, so that every row is whole."""
    grid: list[list[str]] = []
    for row in _within(table, _TR):
        line = [""] * min(_number(row, "trPr/gridBefore") or 0, _MOST_SPAN)
        for cell in _within(row, _TC):
            merged = _found(cell, "tcPr/vMerge")
            if merged is not None and merged.get(qn("w:val")) != "restart":
                words = grid[-1][len(line)] if grid and len(line) < len(grid[-1]) else ""
            else:
                words = " ".join(_text(paragraph) for paragraph in cell.iter(_P))
            line += [words] * min(max(_number(cell, "tcPr/gridSpan") or 1, 1), _MOST_SPAN)
        grid.append(line)
    return grid
