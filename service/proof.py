"""The proof of an answer, made before it is sent: every link from its words down to what they come from is followed once more.

    text ── outcome ── program ── evidence ── documents
         │          │          │           └ a citation holds the very characters that the record has at its place, under its hash
         │          │          └ numbers, dates and phrases of the program stand in the question or the passage where it points
         │          └ the program gives this very outcome from the rows and responses that its steps received (`Router.replay`)
         └ the value, the rows or the quotes of the outcome stand in the text, and each of its numbers comes from one of these sources

It is the last look at what is about to be said, by other code than said it: a fault in rendering, a document edited between two
stages or memory gone bad ends as a refusal. It leaves out whether the databases still give these rows; `Answering.verify` asks them again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from retrieval.passages import sentences_around
from retrieval.record import sha256
from service.citing import Citation, Stored
from service.render import COLUMNS_SHOWN, ROWS_SHOWN
from service.wording import day_before
from tools.evidence import QUESTION, Column, Date, Evidence, Number, Parameter, Passage, Phrase, Span, Table, Tool, Value
from tools.language import REFERENCES
from tools.outcome import Outcome, source_text
from tools.results import Rows
from tools.router import Router

Link = Literal["outcome", "citations", "text"]
LINKS: tuple[Link, ...] = ("outcome", "citations", "text")

# An exponent has three digits at most: documents may say 1e999999999, which nobody is to work out.
_NUMERAL = re.compile(r"(≈ )?(-)?[$¥]?(\d+(?:\.(\d+))?(?:e(-?\d{1,3})(?!\d))?)")
_LONGEST = 4000  # characters of a numeral that is worked out; a longer one is compared as it is written
_SPACE = re.compile(r"\s+")
_FLOAT_ERROR = Fraction(1, 10**9)  # relative: what adding up a thousand floats leaves, which is not shown


class Unproven(Exception):
    """An answer that must not be sent. `link` is the one that does not hold; the message has nothing of question or evidence in it."""

    def __init__(self, link: Link, message: str) -> None:
        super().__init__(message)
        self.link = link


@dataclass(frozen=True, slots=True)
class Traced:
    """A number of an answer's text, and where it comes from: "question", the id of a passage, the name of a result, "database" for what
    tables, columns and stored values are called, "language" for a constant, "document" for a title, "shown" for how many rows are."""

    number: str
    source: str


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    texts: Sequence[str] = ()
    values: Sequence[Fraction] = ()


@dataclass(frozen=True, slots=True)
class _Numeral:
    """A number as it is written. `rounded`: it is marked as one that has more digits than these. `dashed`: a hyphen stands before it, which
    may be a sign."""

    text: str
    value: Fraction | None  # without a sign; None where the numeral is too long
    places: int
    rounded: bool
    dashed: bool

    def gives(self, value: Fraction) -> bool:
        return self.writes(value) and self.dashed == (value < 0)

    def writes(self, value: Fraction) -> bool:
        """Whatever the sign."""
        size = abs(value)
        if self.value is None:
            return False
        if self.rounded:
            return abs(self.value - size) * 2 <= Fraction(10) ** -self.places
        return self.value == size or abs(self.value - size) <= size * _FLOAT_ERROR


def prove(
    text: str, outcome: Outcome, evidence: Evidence, router: Router, citations: Sequence[Citation], names: Mapping[str, str],
    stored: Stored | None,
) -> tuple[Traced, ...]:  # fmt: skip
    """Where each number of the answer `text` comes from, in its order. Raises Unproven.

    `names` are those of documents by a passage's id; `stored` gives a document as the record has it, None where evidence was given.
    """
    if outcome.kind == "unknown" or router.replay(outcome, evidence):
        raise Unproven("outcome", "the program does not give this outcome")
    _prove_citations(outcome, evidence, citations, stored)
    return _prove_text(text, outcome, evidence, names)


# --- Citations --------------------------------------------------------------------------------------------------------


def _prove_citations(outcome: Outcome, evidence: Evidence, citations: Sequence[Citation], stored: Stored | None) -> None:
    cited = {(citation.passage, citation.quote) for citation in citations}
    for block, start, end in _pointed(outcome):
        if (_passage(evidence, block).id, source_text(evidence, block, start, end)) not in cited:
            raise Unproven("citations", "what a passage says is not cited")
    for citation in citations:
        places = list(_places(citation, evidence, stored))
        if not places:
            raise Unproven("citations", "a cited document is not in the record")
        if not any((text[citation.start : citation.end], hashed) == (citation.quote, citation.sha256) for text, hashed in places):
            raise Unproven("citations", "a citation is not what the document says")


def _places(citation: Citation, evidence: Evidence, stored: Stored | None) -> Iterator[tuple[str, str]]:
    """The text that is cited and its hash: of the document as the record has it, or of what was given under this passage's id."""
    if citation.document_id is None:
        given = (block.text for block in evidence.blocks if isinstance(block, Passage) and block.id == citation.passage)
        yield from ((text, sha256(text)) for text in given)
    elif stored is not None and (document := stored(citation.document)) is not None:
        yield document.text, document.sha256


def _pointed(outcome: Outcome) -> Iterator[tuple[int, int, int]]:
    """The places in passages that an outcome quotes or that its steps use: block, start and end."""
    yield from ((quote.block, quote.start, quote.end) for quote in outcome.quotes)
    yield from ((block, start, end) for block, start, end, _ in outcome.read)


def _passage(evidence: Evidence, block: int) -> Passage:
    passage = evidence.blocks[block]
    assert isinstance(passage, Passage)  # the replay has checked it
    return passage


# --- The text ---------------------------------------------------------------------------------------------------------


def _prove_text(text: str, outcome: Outcome, evidence: Evidence, names: Mapping[str, str]) -> tuple[Traced, ...]:
    said = _plain(text)
    numerals = list(_numerals(said))
    for quote in outcome.quotes:
        if _plain(quote.text) not in said:
            raise Unproven("text", "a quote is not in the text")
    if not _in_order(_answers(outcome), numerals):
        raise Unproven("text", "the text does not give the outcome's numbers in their order")
    sources = list(_sources(outcome, evidence, names))
    known = [(source, {n.text for part in source.texts for n in _numerals(_plain(part))}) for source in sources]
    traced: list[Traced] = []
    for numeral in numerals:
        found = next((s for s, texts in known if numeral.text in texts or any(numeral.writes(value) for value in s.values)), None)
        if found is None:
            raise Unproven("text", f"a number of the text comes from nowhere: the {len(traced) + 1}. of {len(numerals)}")
        traced.append(Traced(numeral.text, found.name))
    return tuple(traced)


def _plain(text: str) -> str:
    """Without the marks of quotes, and with spaces as they are shown."""
    return _SPACE.sub(" ", text.replace("**", "")).strip()


def _numerals(text: str) -> Iterator[_Numeral]:
    for match in _NUMERAL.finditer(text):
        about, dash, written, decimals, exponent = match.groups()
        value = Fraction(written) if len(written) <= _LONGEST else None
        yield _Numeral(written, value, len(decimals or "") - int(exponent or 0), bool(about), bool(dash))


def _answers(outcome: Outcome) -> Iterator[Fraction | str]:
    """The numbers that the text has to give, in this order: as values, or as they are written in texts."""
    cells: Iterable[object] = ()
    match outcome.kind:
        case "number":
            cells = (outcome.value,)
        case "rows":
            cells = (cell for row in outcome.rows[:ROWS_SHOWN] for cell in row[:COLUMNS_SHOWN])
    for cell in cells:
        value = _value(cell)
        if value is not None:
            yield value
        elif isinstance(cell, str):
            yield from (numeral.text for numeral in _numerals(_plain(cell)))


def _in_order(expected: Iterable[Fraction | str], numerals: Iterable[_Numeral]) -> bool:
    left = iter(numerals)  # `any` goes on behind what was found
    return all(any(numeral.text == one if isinstance(one, str) else numeral.gives(one) for numeral in left) for one in expected)


def _value(cell: object) -> Fraction | None:
    match cell:
        case bool():
            return None
        case int() | Fraction() | Decimal():
            return Fraction(cell)
        case float() if math.isfinite(cell):
            return Fraction(cell)
        case _:
            return None


# --- What a number may come from --------------------------------------------------------------------------------------


def _sources(outcome: Outcome, evidence: Evidence, names: Mapping[str, str]) -> Iterator[_Source]:
    """The nearest first: what the answer is made of, what its program points at, what stands around."""
    for quote in outcome.quotes:
        passage = _passage(evidence, quote.block)
        around = sentences_around(passage.text, quote.start, quote.end)
        yield _Source(passage.id, [passage.text[start:end] for start, end in around])
    yield from _given(outcome)
    yield from _pointers(outcome, evidence)
    for step in outcome.steps:
        yield _of_result(step.name, step.result)
        yield _Source(step.name, [step.working])
    for block, _, _ in _pointed(outcome):
        passage = _passage(evidence, block)
        yield _Source("document", [names.get(passage.id) or passage.title])
    if outcome.rows:
        counts = (len(outcome.rows), ROWS_SHOWN, len(outcome.columns) - COLUMNS_SHOWN)
        yield _Source("shown", values=[Fraction(count) for count in counts])
    if outcome.call is not None:
        yield _Source("language", [outcome.call.tool])
        yield _of_response("arguments", outcome.call.arguments)


def _given(outcome: Outcome) -> Iterator[_Source]:
    """The result that the answer gives; its steps are in the order of their names."""
    match outcome.kind:
        case "rows":
            name = str(outcome.program[-1])
            yield _of_result(name, Rows(outcome.columns, tuple(row[:COLUMNS_SHOWN] for row in outcome.rows[:ROWS_SHOWN])))
            yield _Source("database", [*outcome.columns, *outcome.units])
        case "number":
            assert isinstance(outcome.value, Fraction)
            yield _Source(str(outcome.program[-1]), [outcome.text, *outcome.units], [outcome.value])
        case "call" if outcome.call is not None:
            yield _of_response(str(outcome.program[-1]), outcome.call.response)


def _of_result(name: str, result: object) -> _Source:
    if not isinstance(result, Rows):
        return _of_response(name, result)
    cells = [cell for row in result.rows[:ROWS_SHOWN] for cell in row]
    return _Source(name, [cell for cell in cells if isinstance(cell, str)], [v for v in map(_value, cells) if v is not None])


def _of_response(name: str, response: object) -> _Source:
    leaves = list(_leaves(response))
    return _Source(name, [leaf for leaf in leaves if isinstance(leaf, str)], [v for v in map(_value, leaves) if v is not None])


def _leaves(value: object) -> Iterator[object]:
    match value:
        case Mapping():
            for key, inner in value.items():
                yield str(key)
                yield from _leaves(inner)
        case list() | tuple():
            yield Fraction(len(value))  # how many entries there are is said where not all are shown
            for inner in value:
                yield from _leaves(inner)
        case _:
            yield value


def _pointers(outcome: Outcome, evidence: Evidence) -> Iterator[_Source]:
    """What the program points at, and its own words."""

    def place(block: int) -> str:
        return "question" if block == QUESTION else _passage(evidence, block).id

    for token in outcome.program:
        match token:
            case Number(value=value, block=block, start=start, end=end):
                yield _Source(place(block), [source_text(evidence, block, start, end)], [Fraction(value)])
            case Date(first=first, last=last, block=block):
                yield _Source(place(block), [first, last, day_before(last)])
            case Phrase(text=text):
                yield _Source("question", [text])
            case Span(block=block, start=start, end=end):
                yield _Source(place(block), [source_text(evidence, block, start, end)])
            case Value(table=table, column=column, value=stored):
                yield _of_response("database", [stored, table, column])
            case Column(table=table, name=name):
                yield _Source("database", [table, name])
            case Table(name=name) | Tool(name=name) | Parameter(name=name):
                yield _Source("database" if isinstance(token, Table) else "language", [name])
            case str() if token.isdecimal() or token in REFERENCES:
                yield _Source("language", [token])
