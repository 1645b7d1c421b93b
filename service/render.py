"""An outcome as a short text in Markdown, by rule: the evidence's own words, and nothing that is not in the outcome."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from retrieval.passages import sentences_around
from service.wording import asked_of, head
from tools.calculator import format_number
from tools.evidence import Evidence, Passage
from tools.language import Node, tree
from tools.outcome import Outcome, Quote
from tools.results import Cell, as_json, decimal
from tools.units import written

ROWS_SHOWN = 20
COLUMNS_SHOWN = 12
LISTED = 5  # values that are a list rather than a table
_CONTEXT = 160  # characters shown on either side of a quote in a sentence that is longer than both
_SPACE = re.compile(r"\s+")


def render(outcome: Outcome, evidence: Evidence, documents: Mapping[str, str] = {}) -> str:
    """`documents` names the document of a passage by the passage's id; the passage's title stands in."""
    match outcome.kind:
        case "quote":
            return _quoted(outcome.quotes, evidence, documents)
        case "number":
            return _calculated(outcome, evidence, documents)
        case "rows":
            return _table(outcome, evidence, documents)
        case "call":
            return _called(outcome)
        case _:
            return ""


# --- Calls ------------------------------------------------------------------------------------------------------------


def _called(outcome: Outcome) -> str:
    """A response, with the call that gave it behind; a call that the client is to make, as it would be written."""
    assert outcome.call is not None
    said = {name: "" if value is None else _response(value) for name, value in outcome.call.arguments.items()}
    arguments = ", ".join(f"{name} = {value}" for name, value in said.items() if value)
    if not outcome.call.executed:
        return f"{outcome.call.tool}({arguments})"
    shown = _response_lines(outcome.value)
    made = f"({outcome.call.tool}{': ' if arguments else ''}{arguments})"
    return f"{shown}\n\n{made}" if "\n" in shown else f"{shown} {made}"


def _response_lines(value: object) -> str:
    """A response of JSON: a scalar as it is, an object a line a key, a list a line an entry."""
    match value:
        case Mapping():
            lines = [f"{key}: {_response(inner)}" for key, inner in value.items()]
        case list() if all(not isinstance(entry, Mapping | list) for entry in value) and len(value) <= LISTED:
            return ", ".join(map(_response, value))
        case list():
            entries = ("; ".join(f"{k}: {_response(v)}" for k, v in e.items()) if isinstance(e, Mapping) else _response(e) for e in value)
            lines = [f"- {entry}" for entry in entries]
        case str():
            return value
        case _:
            return _response(value)
    left_out = [f"These are the first {ROWS_SHOWN} of {len(lines)} entries."] if len(lines) > ROWS_SHOWN else []
    return "\n".join([*lines[:ROWS_SHOWN], *left_out])


def _response(value: object) -> str:
    match value:
        case str():
            return _one_line(value)
        case bool():
            return str(value).lower()
        case None:
            return "–"
        case int() | float():
            return _cell(value)
        case _:
            return json.dumps(as_json(value), ensure_ascii=False)


# --- Quotes -----------------------------------------------------------------------------------------------------------


def _quoted(quotes: Sequence[Quote], evidence: Evidence, documents: Mapping[str, str]) -> str:
    """The quoted words, then each sentence they stand in, once, with its document. A whole sentence is said once only."""
    shown: dict[tuple[int, int, int], list[Quote]] = {}
    for quote in quotes:
        start, end = _around(quote, _text_of(evidence, quote.block))
        shown.setdefault((quote.block, start, end), []).append(quote)
    lines = []
    for (block, start, end), inside in shown.items():
        name = documents.get(inside[0].passage) or inside[0].title
        lines.append(f"“{_marked(_text_of(evidence, block), start, end, inside)}”" + (f" ({name})" if name else ""))
    said = ", ".join(f"**{_one_line(quote.text)}**" for quote in quotes)
    whole = all((quote.start, quote.end) in {(start, end) for _, start, end in shown} for quote in quotes)
    return " ".join(lines) if whole else f"{said}: {' '.join(lines)}"


def _around(quote: Quote, text: str) -> tuple[int, int]:
    """The bounds of the sentence or sentences that the quote stands in; of a very long one, some words on either side."""
    touched = sentences_around(text, quote.start, quote.end)
    start, end = min((s for s, _ in touched), default=quote.start), max((e for _, e in touched), default=quote.end)
    start, end = min(start, quote.start), max(end, quote.end)
    if end - start > 2 * _CONTEXT + len(quote.text):
        start = max(start, quote.start - _CONTEXT)
        end = min(end, quote.end + _CONTEXT)
        while start < quote.start and start > 0 and not text[start - 1].isspace():
            start += 1
        while end > quote.end and end < len(text) and not text[end].isspace():
            end -= 1
    return start, end


def _marked(text: str, start: int, end: int, quotes: Sequence[Quote]) -> str:
    """The characters [start, end) with the quotes in bold, where the text has no asterisks of its own to confuse them with."""
    parts, position = [], start
    for quote in sorted(quotes, key=lambda quote: quote.start):
        if (quote.start, quote.end) == (start, end) or "*" in text[start:end] or quote.start < position:
            continue
        parts += [text[position : quote.start], f"**{quote.text}**"]
        position = quote.end
    return _one_line("".join([*parts, text[position:end]]))


def _text_of(evidence: Evidence, block: int) -> str:
    passage = evidence.blocks[block]
    assert isinstance(passage, Passage)  # the router has checked it
    return passage.text


# --- Numbers and rows -------------------------------------------------------------------------------------------------


def _calculated(outcome: Outcome, evidence: Evidence, documents: Mapping[str, str]) -> str:
    said = written(outcome.text, outcome.unit)
    working = outcome.working.removesuffix(f" = {said}").removesuffix(f" {said}")
    beside = [] if working == said else [working]
    beside += _read(outcome, evidence, documents)
    beside += asked_of(outcome, evidence).values()
    kept = [part for part in dict.fromkeys(beside) if part]
    return said + (f" ({'; '.join(kept)})" if kept else "")


def _read(outcome: Outcome, evidence: Evidence, documents: Mapping[str, str]) -> list[str]:
    """The documents whose numbers, dates and words the steps used."""
    passages = [passage for block, *_ in outcome.read if isinstance(passage := evidence.blocks[block], Passage)]
    return list(dict.fromkeys(name for passage in passages if (name := documents.get(passage.id) or passage.title)))


def _table(outcome: Outcome, evidence: Evidence, documents: Mapping[str, str]) -> str:
    asked = "; ".join(filter(None, [asked_of(outcome, evidence).get(_given(outcome)), *_read(outcome, evidence, documents)]))
    if len(outcome.rows) == len(outcome.columns) == 1 and not outcome.truncated:
        return _measured(outcome.rows[0][0], outcome.unit) + (f" ({asked})" if asked else "")
    rows, columns = outcome.rows[:ROWS_SHOWN], outcome.columns[:COLUMNS_SHOWN]
    units = outcome.units or ("",) * len(outcome.columns)
    listed = _listed(outcome)
    if listed:
        of_each = units if len(outcome.rows) == 1 else units[:1] * len(listed)
        return ", ".join(map(_measured, listed, of_each)) + (f" ({asked})" if asked else "")
    heads = [_head(column, unit) for column, unit in zip(columns, units, strict=False)]
    lines = [_line(heads), _line(["---"] * len(columns))]
    lines += [_line([_cell(cell) for cell in row[:COLUMNS_SHOWN]]) for row in rows]
    heading = f"{asked[:1].upper()}{asked[1:]}:\n\n" if asked else ""
    return heading + "\n".join(lines) + "".join(f"\n\n{note}" for note in [_left_out(outcome)] if note)


def _head(column: str, unit: str) -> str:
    """The name of a column, with the unit of its numbers where the name does not say it."""
    said = head(column)
    return f"{said} ({unit})" if unit and unit.lower() not in said.lower().split() else said


def _measured(cell: Cell, unit: str) -> str:
    return written(_cell(cell), unit) if isinstance(cell, int | float) else _cell(cell)


def _listed(outcome: Outcome) -> list[Cell]:
    """The cells of a table that is one short column or one short row, which need no table to be read."""
    if outcome.truncated:
        return []
    if len(outcome.columns) == 1 and len(outcome.rows) <= LISTED:
        return [row[0] for row in outcome.rows]
    return list(outcome.rows[0]) if len(outcome.rows) == 1 and len(outcome.columns) <= LISTED else []


def _left_out(outcome: Outcome) -> str:
    """What a table does not show, said plainly."""
    notes = []
    count = len(outcome.rows)
    if outcome.truncated:
        notes.append(f"These are the first {min(count, ROWS_SHOWN)} rows; the database holds more than the {count} that were read.")
    elif count > ROWS_SHOWN:
        notes.append(f"These are the first {ROWS_SHOWN} of {count} rows.")
    if len(outcome.columns) > COLUMNS_SHOWN:
        notes.append(f"{len(outcome.columns) - COLUMNS_SHOWN} more columns are not shown.")
    return " ".join(notes)


def _given(outcome: Outcome) -> str:
    answer = tree(outcome.program).first("answer")
    assert isinstance(answer, Node)
    return str(answer.children[1])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _cell(cell: Cell) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, float) and cell == cell and abs(cell) != float("inf"):
        return _float(cell)
    return _one_line(str(cell))


def _float(cell: float) -> str:
    """A float of the database as it was meant: adding up cents leaves an error in the last digits, which is not shown.

    An average is cut to as many digits as anyone reads, and marked.
    """
    exact = decimal(cell)
    if "e" in exact or len(exact.partition(".")[2]) <= 6 or abs(cell) < 1:
        return format_number(Fraction(exact))
    rounded = round(cell, 4)
    return format_number(Fraction(f"{rounded:.4f}")) if abs(cell - rounded) <= 1e-12 * abs(cell) * _ADDENDS else f"≈ {cell:.4f}"


_ADDENDS = 1000  # the error of a sum grows with its addends; this allows for many, and still tells a third from 0.3333


def _one_line(text: str) -> str:
    return _SPACE.sub(" ", text).strip()
