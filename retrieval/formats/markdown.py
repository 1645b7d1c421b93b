"""Markdown to be written: headings, paragraphs, items, tables, code, each a block with an empty line between it and the next."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPACE = re.compile(r"\s+")
_DROPPED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\u00ad\u200b\u2060\ufeff\ufffe\ud800-\udfff]")  # not printed, or no characters at all
_STRUCTURE = re.compile(r"^(?=#{1,6}\s|```|~~~|=+\s*$|-{2,}\s*$)", re.MULTILINE)
_MOST_COLUMNS = 200


def flat(text: str) -> str:
    """One line, each run of white space one space, without what is not printed."""
    return _SPACE.sub(" ", _DROPPED.sub("", text)).strip()


def paragraph(text: str) -> str:
    """Line breaks that are meant stay. What would be read as a heading or a fence, and is none, gets a backslash."""
    lines = (flat(line) for line in text.split("\n"))
    return _STRUCTURE.sub(r"\\", "\n".join(line for line in lines if line))


def heading(level: int, text: str) -> str:
    name = flat(text)
    return f"{'#' * min(max(level, 1), 6)} {name}" if name else ""


def item(text: str, depth: int = 0, mark: str = "-") -> str:
    """`depth` counts the lists that this one is in."""
    said = flat(text)
    return f"{'  ' * min(depth, 6)}{mark} {said}" if said else ""


def code(text: str) -> str:
    """As it is, line by line."""
    text = _DROPPED.sub("", text).strip("\n").rstrip()
    fence = "~~~" if "```" in text else "```"
    return f"{fence}\n{text.replace(fence, ' ' + fence)}\n{fence}" if text.strip() else ""


def table(rows: Sequence[Sequence[str]]) -> str:
    """The first row holds the names of the columns. Rows and columns without a word are left out."""
    lines = [[flat(cell).replace("|", "\\|") for cell in row[:_MOST_COLUMNS]] for row in rows]
    lines = [line for line in lines if any(line)]
    width = max((len(line) for line in lines), default=0)
    padded = [line + [""] * (width - len(line)) for line in lines]
    kept = [column for column in range(width) if any(line[column] for line in padded)]
    written = ["| " + " | ".join(line[column] for column in kept) + " |" for line in padded]
    return "\n".join(written[:1] + ["|" + " --- |" * len(kept)] + written[1:]) if kept else ""


def joined(blocks: Sequence[str]) -> str:
    """Items of a list stand close together, everything else apart."""
    parts, last = [], ""
    for block in filter(None, blocks):
        if last:
            parts.append("\n" if _is_item(block) and _is_item(last) else "\n\n")
        parts.append(block)
        last = block
    return "".join(parts) + "\n" if parts else ""


def _is_item(block: str) -> bool:
    return bool(re.match(r" *(?:-|\d+\.) ", block))
