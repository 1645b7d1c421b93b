"""Files of several formats to text: what is stored, cut into passages and quoted.

HTML, DOCX and PDF become Markdown, so that their headings, lists and tables are the structure that passages keep to; the rows of CSV
become paragraphs that name their columns. The ending of a file's name says what it is, and its content must agree. Pictures are not read.

What is read here is written by strangers, and parsed in C: `retrieval.reader` calls this in a process of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from retrieval.formats.errors import Unreadable, Unsupported
from retrieval.formats.texts import decoded
from retrieval.passages import PassageDraft, split, title_of

__all__ = ["FORMATS", "SUFFIXES", "VERSION", "Converted", "Format", "Reading", "Unreadable", "Unsupported", "check", "read"]

VERSION = 1  # raised when the same bytes come to be read as another text: whoever indexes then reads every file again
MAX_CHARACTERS = 20_000_000  # of text, whatever it was unpacked from
_LONGEST_TITLE = 300  # characters


@dataclass(frozen=True, slots=True)
class Converted:
    """What a file says, and the title that its metadata give, or "". Line ends are `\\n`."""

    text: str
    title: str = ""
    is_markdown: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as it is stored: `text[draft.start:draft.end]` is the text of each draft."""

    text: str
    title: str
    drafts: tuple[PassageDraft, ...]


@dataclass(frozen=True, slots=True)
class Format:
    name: str
    convert: Callable[[bytes], Converted]
    most_bytes: int = 10_000_000  # a text above this is a data dump rather than a document


def _markdown(content: bytes) -> Converted:
    return Converted(decoded(content, "Markdown"))


def _text(content: bytes) -> Converted:
    return Converted(decoded(content, "text"), is_markdown=False)


def _html(content: bytes) -> Converted:
    from retrieval.formats.html import convert

    return convert(content)


def _pdf(content: bytes) -> Converted:
    from retrieval.formats.pdf import convert

    return convert(content)


def _docx(content: bytes) -> Converted:
    from retrieval.formats.word import convert

    return convert(content)


def _csv(content: bytes) -> Converted:
    from retrieval.formats.separated import convert

    return convert(content, ",;\t|")


def _tsv(content: bytes) -> Converted:
    from retrieval.formats.separated import convert

    return convert(content, "\t")


_MARKDOWN, _TEXT, _HTML = Format("Markdown", _markdown), Format("text", _text), Format("HTML", _html)
_PICTURES = 100_000_000  # bytes: what is large in these are pictures, which are not read
FORMATS = {
    ".md": _MARKDOWN, ".markdown": _MARKDOWN, ".txt": _TEXT, ".html": _HTML, ".htm": _HTML, ".xhtml": _HTML,
    ".pdf": Format("PDF", _pdf, _PICTURES), ".docx": Format("DOCX", _docx, _PICTURES),
    ".csv": Format("CSV", _csv), ".tsv": Format("TSV", _tsv),
}  # fmt: skip
SUFFIXES = tuple(FORMATS)
_PACKAGES = {"docx": "python-docx"}  # where the name to install is not the name to import


def check(name: str, size: int) -> Format:
    """The format of a file of this name and so many bytes. Raises Unreadable, and Unsupported where its format is not read."""
    suffix = PurePath(name).suffix
    if suffix.lower() not in FORMATS:
        known = ", ".join(SUFFIXES[:-1])
        raise Unsupported(f"only {known} and {SUFFIXES[-1]} files can be read, not {suffix or 'one without an ending'}")
    format = FORMATS[suffix.lower()]
    if size > format.most_bytes:
        raise Unreadable(f"too large: {size:,} bytes, and {format.most_bytes:,} is the most")
    return format


def read(content: bytes, name: str) -> Reading:
    """The text and the passages of a file of this name. Raises Unreadable."""
    format = check(name, len(content))
    if not content.strip():
        raise Unreadable("empty")
    try:
        converted = format.convert(content)
    except ImportError as missing:
        package = _PACKAGES.get(missing.name or "", missing.name)
        raise Unreadable(f"{format.name} files need a package that is not installed: pip install {package}") from missing
    except RecursionError as error:
        raise Unreadable("its parts are nested too deeply") from error
    if len(converted.text) > MAX_CHARACTERS:
        raise Unreadable(f"too large: it unpacks to {len(converted.text):,} characters, and {MAX_CHARACTERS:,} is the most")
    if not converted.text.strip():
        raise Unreadable("holds no text")
    return reading(converted, name)


def reading(converted: Converted, name: str) -> Reading:
    """The title is the heading that the document opens with, else the one of its metadata, else the name of the file."""
    opening = title_of(converted.text, is_markdown=converted.is_markdown)
    title = opening or re.sub(r"\s+", " ", converted.title).strip()[:_LONGEST_TITLE] or PurePath(name).stem
    return Reading(converted.text, title, tuple(split(converted.text, title=title, is_markdown=converted.is_markdown)))
