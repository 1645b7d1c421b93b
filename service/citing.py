"""Where in the documents stands what an answer says, checked against the record as it is now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retrieval.record import Document, sha256
from retrieval.search import Hit
from tools.evidence import Evidence, Passage
from tools.outcome import Outcome


class Stale(Exception):
    """A document that was changed or deleted while the question about it was being answered."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Characters [start, end) of a document's text, and the SHA-256 of that whole text as UTF-8.

    `document` is its name in the record; for an uploaded file that is the file's id, and `filename` what it was uploaded under.
    Where evidence was given rather than searched, the passage stands for the document.
    """

    document: str
    document_id: int | None
    passage: str
    quote: str
    start: int
    end: int
    sha256: str
    filename: str
    file_id: str


Stored = Callable[[str], Document | None]
"""The document of a name as the record has it now."""


def cite(outcome: Outcome, evidence: Evidence, hits: Sequence[Hit], stored: Stored | None) -> tuple[Citation, ...]:
    """Of what was quoted, and of every number and date that was calculated or asked with. Raises Stale."""
    places = [(quote.block, quote.start, quote.end, quote.text) for quote in outcome.quotes]
    return tuple(_citation(*place, evidence, hits, stored) for place in dict.fromkeys([*places, *outcome.read]))


def names(citations: Sequence[Citation]) -> dict[str, str]:
    """The name of the document that each cited passage is in, as people know it."""
    return {citation.passage: citation.filename for citation in citations}


def _citation(
    block: int, start: int, end: int, text: str, evidence: Evidence, hits: Sequence[Hit], stored: Stored | None
) -> Citation:
    passage = evidence.blocks[block]
    assert isinstance(passage, Passage)  # the router has checked it
    hit = next((hit for hit in hits if hit.passage.id == passage.id), None)
    if hit is None or stored is None:
        name, hashed = passage.title or passage.id, sha256(passage.text)
        return Citation(name, None, passage.id, text, start, end, hashed, name, f"file-{hashed[:24]}")
    document = stored(hit.document)
    if document is None or document.text[hit.start + start : hit.start + end] != text:
        raise Stale(f"{hit.document} was changed or deleted meanwhile")
    return Citation(
        document.name, document.id, passage.id, text, hit.start + start, hit.start + end, document.sha256, document.shown_name,
        document.file_id,
    )  # fmt: skip
