"""Bytes to text, where they are text at all: by byte order mark, as UTF-8, or as Windows-1252 where that gives plain words."""

from __future__ import annotations

import codecs
import re

from retrieval.formats.errors import Unreadable

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),  # before UTF-16, whose mark begins the same
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF8, "utf-8-sig"),
)  # fmt: skip
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # what Word wrote before DOCX, and what holds an encrypted DOCX
_MAGIC = (
    (b"%PDF-", "a PDF"), (b"PK\x03\x04", "a ZIP archive, as DOCX files are"), (OLD_OFFICE, "an Office file of old"), (b"{\\rtf", "RTF"),
    (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"), (b"\x1f\x8b", "a compressed file"),
    (b"SQLite format 3", "a database"), (b"\x7fELF", "a program"),
)  # fmt: skip
_HTML = re.compile(rb"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_OF_WORDS = frozenset("“”‘’‚„–—…•€£§°©®™«»¿¡·´²³½¼¾ºª\xa0\xad")  # beside letters, what Windows-1252 adds to plain texts
_MOST_ACCENTS = 0.3  # of all characters: above this it is no language that Windows-1252 was made for


def what_it_is(content: bytes) -> str:
    """What a file plainly is by how it begins, or ""."""
    known = next((what for magic, what in _MAGIC if content.startswith(magic)), "")
    return known or ("HTML" if _HTML.match(content) else "")


def decoded(content: bytes, expected: str, encoding: str = "") -> str:
    """The text of a file that should be `expected`, with line ends as `\\n`. `encoding` is what the file itself says, if it does.

    Raises Unreadable, with the reason, where it is none."""
    found = what_it_is(content)
    if found and found != expected:
        raise Unreadable(f"it holds {found}, although its name says {expected}")
    text = _decoded(content, encoding)
    if "\0" in text:
        raise Unreadable("not a text file: it holds a null character")
    if len(_CONTROL.findall(text)) > len(text) / 100:
        raise Unreadable("not a text file: it is full of control characters")
    if not text.strip():
        raise Unreadable("empty")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(content: bytes, encoding: str) -> str:
    if marked := next((name for mark, name in _MARKS if content.startswith(mark)), ""):
        try:
            return content.decode(marked)
        except UnicodeDecodeError as error:
            said = marked.removesuffix("-sig").upper()
            raise Unreadable(f"not {said} text, although it begins with its mark: {error.reason} at byte {error.start}") from error
    try:
        if encoding:
            return content.decode(encoding)
    except (UnicodeDecodeError, LookupError, ValueError):
        pass  # what a file says of itself need not be so
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        text = _windows(content)
        if text is None:
            raise Unreadable(f"not a text file: not UTF-8 at byte {error.start}, nor plainly Windows-1252") from error
        return text


def _windows(content: bytes) -> str | None:
    """As Windows-1252, of which Latin-1 is a part; None where that does not give plain words."""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return None
    beyond = [character for character in text if character > "\x7f"]
    odd = sum(not (character.isalpha() or character in _OF_WORDS) for character in beyond)
    plain = not _CONTROL.search(text) and len(beyond) <= _MOST_ACCENTS * len(text) and odd <= len(beyond) / 10
    return text if plain else None
