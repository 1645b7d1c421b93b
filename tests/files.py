"""Files of the formats that are indexed, made in a few lines: good ones, and ones that somebody made to do harm."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

A4 = (595, 842)
PASSWORD = b"larkfell"
_PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


@dataclass(frozen=True)
class Words:
    """A piece of text on a page: its place in points from the lower left corner, the size of its letters, and whether they are bold."""

    text: str
    left: float
    bottom: float
    size: float = 10
    bold: bool = False


def pdf(pages: Sequence[Sequence[Words]], *, drawn: str = "", locked: bool = False, repeated: int = 1, title: str = "") -> bytes:
    """`drawn` goes on each page before the words; `locked` asks for PASSWORD; each page stands there `repeated` times."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", _font("Helvetica"), _font("Helvetica-Bold")]
    objects.append(b"<< /Title (%s) >>" % title.encode())
    kids: list[int] = []
    for page in pages:
        shown = "".join(f"BT /F{1 + w.bold} {w.size} Tf {w.left} {w.bottom} Td ({_escaped(w.text)}) Tj ET\n" for w in page)
        stream = f"{drawn}\n{shown}".encode("cp1252")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        fonts = b"<< /F1 3 0 R /F2 4 0 R >>"
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R /Resources << /Font %s >> >>" % (*A4, len(objects), fonts)
        )
        kids += [len(objects)] * repeated
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    trailer = b"/Root 1 0 R /Info 5 0 R"
    if locked:
        objects.append(_encryption())
        trailer += b" /Encrypt %d 0 R /ID [<00> <00>]" % len(objects)
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start))


def lines(text: str, top: float = 700, left: float = 72, size: float = 10) -> list[Words]:
    """Lines of text below one another, as a paragraph is set."""
    return [Words(line, left, top - 1.2 * size * i, size) for i, line in enumerate(text.split("\n"))]


def _font(name: str) -> bytes:
    return b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>" % name.encode()


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _encryption() -> bytes:
    """The oldest kind that there is, 40 bits of RC4 (PDF 1.4, 3.5)."""
    owner = _rc4(hashlib.md5((PASSWORD + _PAD)[:32]).digest()[:5], (PASSWORD + _PAD)[:32])
    rights = -4
    key = hashlib.md5((PASSWORD + _PAD)[:32] + owner + rights.to_bytes(4, "little", signed=True) + b"\0").digest()[:5]
    return b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P %d >>" % (owner.hex().encode(), _rc4(key, _PAD).hex().encode(), rights)


def _rc4(key: bytes, text: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in text:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def saved(document: Any) -> bytes:
    """The bytes of a document of python-docx."""
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def add_xml(document: Any, xml: str) -> None:
    """Something that python-docx cannot write, before the end of the document. `w:` is declared."""
    wrapped = parse_xml(f"<w:body {nsdecls('w')}>{xml}</w:body>")
    for element in wrapped:
        document.element.body.insert(len(document.element.body) - 1, element)


def package(**parts: bytes) -> bytes:
    """A ZIP archive of parts; two underscores in a name stand for a slash, one for a dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return out.getvalue()


def with_part(content: bytes, name: str, changed: bytes) -> bytes:
    """A package with another content of one of its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in source.namelist():
            archive.writestr(part, changed if part == name else source.read(part))
    return out.getvalue()


def hello(*paragraphs: str) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs or ("Tents last.",):
        document.add_paragraph(paragraph)
    return saved(document)


OLD_OFFICE = bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 504
_XLSX = (
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType='
    b'"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType='
    b'"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_RELATIONS = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type='
    b'"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)


def spreadsheet() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in (("[Content_Types].xml", _XLSX), ("_rels/.rels", _RELATIONS), ("xl/workbook.xml", b"<workbook/>")):
            archive.writestr(name, content)
    return out.getvalue()


def laughs() -> bytes:
    """A document of a few hundred bytes that says a billion words to whoever follows its entities."""
    entities = '<!ENTITY a0 "ha ">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    body = f"<w:document {nsdecls('w')}><w:body><w:p><w:r><w:t>&a9;</w:t></w:r></w:p></w:body></w:document>"
    return with_part(hello(), "word/document.xml", f"<!DOCTYPE w:document [{entities}]>{body}".encode())


def hostile() -> dict[str, tuple[bytes, str]]:
    """By name: files that no document can be made of, each with a part of the reason."""
    good = pdf([lines("Tents last.")])
    blank = pdf([[]], drawn="0.5 g 100 100 300 300 re f")
    return {
        "empty.md": (b"", "empty"),
        "blank.txt": (b" \n\t\n", "empty"),
        "blank.html": (b"<html><body><script>x()</script></body></html>", "holds no text"),
        "blank.docx": (hello(""), "holds no text"),
        "blank.csv": (b",,\n,,\n", "holds no rows"),
        "locked.pdf": (pdf([lines("Secret.")], locked=True), "password"),
        "locked.docx": (OLD_OFFICE + "EncryptedPackage".encode("utf-16-le"), "password"),
        "old.docx": (OLD_OFFICE, "Office file of old"),
        "scanned.pdf": (blank, "OCR"),
        "garbage.pdf": (b"%PDF-1.7\n" + bytes(range(256)) * 20, "damaged"),
        "page.pdf": (b"<!doctype html><title>Sign in</title><p>Please sign in.", "holds HTML"),
        "long.pdf": (pdf([lines("Again.")], repeated=100_000), "100,000 pages"),
        "cut.docx": (hello()[:5000], "damaged"),
        "bomb.docx": (with_part(hello(), "word/document.xml", b" " * 60_000_000), "unpacks to"),
        "zip.docx": (package(notes_txt=b"Tents last."), "ZIP archive of something else"),
        "prices.docx": (spreadsheet(), "Office file of another kind"),
        "laughs.docx": (laughs(), "damaged"),
        "torn.docx": (with_part(hello(), "word/document.xml", b"<w:document"), "damaged"),
        "deep.docx": (with_part(hello(), "word/document.xml", _nested(5000)), "damaged"),
        "deep.html": (b"<div>" * 100_000 + b"Tents last.", "nested too deeply"),
        "pdf.md": (good, "holds a PDF"),
        "html.txt": (b"<!DOCTYPE html>\n<html><p>Tents last.</p></html>", "holds HTML"),
        "word.txt": (hello(), "holds a ZIP archive"),
        "picture.md": (b"\x89PNG\r\n\x1a\n" + bytes(100), "holds a picture"),
        "binary.csv": (bytes(range(1, 256)) * 10, "not a text file"),
        "null.txt": (b"Tents\0last.", "null character"),
        "torn.txt": ("Tents last.".encode("utf-16")[:-1], "not UTF-16"),
        "large.md": (b"word " * 2_000_001, "too large"),
        "wide.csv": (b",".join(b"c%d" % i for i in range(2000)) + b"\n", "2,000 columns"),
        "field.csv": (b'a,b\n"' + b"x" * 200_000 + b'",2\n', "damaged"),
        "what.xyz": (b"Tents last.", "can be read"),
    }  # fmt: skip


def _nested(depth: int) -> bytes:
    body = "<w:sdt><w:sdtContent>" * depth + "<w:p/>" + "</w:sdtContent></w:sdt>" * depth
    return f"<w:document {nsdecls('w')}><w:body>{body}</w:body></w:document>".encode()
