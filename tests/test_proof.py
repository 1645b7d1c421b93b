"""No answer is sent that cannot be traced: each link from its text to the documents and rows, broken on purpose, is seen."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

import service.answering
from retrieval.mentions import find_mentions
from retrieval.ingest import index_text
from retrieval.record import Document, Record
from retrieval.search import Hit, as_shown
from service.answering import REFUSAL, Answering
from service.citing import Citation, cite, names
from service.proof import Traced, Unproven, prove
from service.render import render
from tests.sampling import sample_program
from tests.workspaces import COUNT, Scripted, quoting, three_tickets, tiny_workspace
from tools.errors import ToolError
from tools.evidence import QUESTION, Column, Evidence, Number, Passage, Span, Tool, ToolInfo
from tools.language import Program
from tools.outcome import Outcome
from tools.results import Rows
from tools.router import Router
from tools.sqlite_database import SqliteDatabase

PRICES = "# Prices\n\nA day ticket costs 189.50 euros. Children under 12 pay half. Groups get the rate of Quayside."
NAME, TOTAL, PLACE = Column("orders", "name", "text"), Column("orders", "total", "number"), Column("orders", "place", "text")
ASKED = "What do 3 day tickets come to, and 15 more?"
THREE = Number("3", QUESTION, 8, 9)


@dataclass(frozen=True)
class Sent:
    """An answer with all that its proof needs."""

    text: str
    outcome: Outcome
    evidence: Evidence
    router: Router
    citations: tuple[Citation, ...]
    documents: dict[str, Document]

    def proof(self) -> tuple[Traced, ...]:
        return prove(
            self.text, self.outcome, self.evidence, self.router, self.citations, names(self.citations), self.documents.get
        )  # fmt: skip


@dataclass(frozen=True)
class Shop:
    """A document in a record and a database, with the evidence for `ASKED`."""

    router: Router
    evidence: Evidence
    hits: tuple[Hit, ...]
    documents: dict[str, Document]

    def sent(self, program: Program, responses: dict[str, object] | None = None) -> Sent:
        outcome = self.router.run(program, self.evidence, responses or {})
        citations = cite(outcome, self.evidence, self.hits, self.documents.get)
        text = render(outcome, self.evidence, names(citations))
        return Sent(text, outcome, self.evidence, self.router, citations, self.documents)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    connection = sqlite3.connect(folder / "shop.sqlite")
    connection.executescript(
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, total REAL, place TEXT);"
        "INSERT INTO orders VALUES (1, 'Ada', 20.5, 'Quayside'), (2, 'Box 7', 30.25, 'Quayside'), (3, 'Cy', -4.1, 'Hill');"
    )
    connection.close()
    record = Record(f"sqlite:///{folder}/record.sqlite")
    index_text(record, None, "prices-2024.md", PRICES)
    hits = tuple(Hit(p.id, p.document_id, p.document, p.start, p.end, as_shown(p), 1.0) for p in record.passages())
    document = record.document("prices-2024.md")
    record.close()
    assert document is not None
    database = SqliteDatabase("shop", folder / "shop.sqlite")
    evidence = Evidence(ASKED, (*(hit.passage for hit in hits), database.schema, ToolInfo("weather", ())), find_mentions(ASKED))
    yield Shop(Router({"shop": database}), evidence, hits, {document.name: document})


def span(shop: Shop, words: str) -> Span:
    for block, passage in enumerate(shop.evidence.blocks):
        if isinstance(passage, Passage) and words in passage.text:
            return Span(block, passage.text.index(words), passage.text.index(words) + len(words))
    raise AssertionError(f"{words!r} is in no passage")


def price(shop: Shop) -> Number:
    place = span(shop, "189.50")
    return Number("189.5", place.block, place.start, place.end)


def rows_of(shop: Shop) -> Program:
    return ("query", "select", NAME, TOTAL, "end", "give", "r1")


# --- What holds -------------------------------------------------------------------------------------------------------


def test_each_number_of_an_answer_is_traced_to_where_it_comes_from(shop: Shop) -> None:
    sent = shop.sent(("calc", "mul", THREE, price(shop), "give", "r1"))
    assert sent.text == "568.50 EUR (3 × 189.50 EUR; prices-2024.md)"
    passage = shop.hits[0].passage.id
    assert sent.proof() == (
        Traced("568.50", "r1"), Traced("3", "question"), Traced("189.50", passage), Traced("2024", "document"),
    )  # fmt: skip


def test_cells_names_and_constants_have_their_sources(shop: Shop) -> None:
    sent = shop.sent(("query", "select", NAME, TOTAL, "where", "gt", TOTAL, "5", "order", "desc", TOTAL, "limit", "2", "end", "give", "r1"))
    assert [(t.number, t.source) for t in sent.proof()][:3] == [("5", "language"), ("2", "language"), ("7", "r1")]
    assert {t.source for t in sent.proof()} == {"language", "r1"}


def test_words_of_a_passage_that_a_query_compares_with_are_said_and_cited(shop: Shop) -> None:
    sent = shop.sent(("query", "select", "sum", TOTAL, "where", "eq", PLACE, span(shop, "Quayside"), "end", "give", "r1"))
    assert sent.text == "50.75 (sum of total of orders where place = Quayside; prices-2024.md)"
    assert sent.proof()


def test_passages_that_are_given_may_share_an_id() -> None:
    evidence = Evidence("How long?", (Passage("", "", "Not this one."), Passage("", "", "Boots last 6 months.")))
    outcome = Router({}).run(("quote", Span(1, 11, 19), "end"), evidence)
    citations = cite(outcome, evidence, (), None)
    proof = prove(render(outcome, evidence), outcome, evidence, Router({}), citations, {}, None)
    assert proof == (Traced("6", ""),) * 2  # in bold and in its sentence


@pytest.mark.parametrize("number", ["1e999999999", "9" * 10_000, "9" * 10_000 + ".5", "1e-9999999"], ids=range(4))
def test_monstrous_numbers_of_a_document_harm_nothing(number: str) -> None:
    evidence = Evidence("How many?", (Passage("1", "Monsters", f"There are {number} of them here."),))
    outcome = Router({}).run(("quote", Span(0, 10, 10 + len(number)), "end"), evidence)
    text = render(outcome, evidence)
    assert prove(text, outcome, evidence, Router({}), cite(outcome, evidence, (), None), {}, None)
    with pytest.raises(Unproven):
        prove(text.replace("9", "8").replace("1", "2"), outcome, evidence, Router({}), cite(outcome, evidence, (), None), {}, None)


def test_whatever_the_language_can_say_can_be_proven(shop: Shop) -> None:
    chance, kinds = Random(5), set()
    for _ in range(400):
        try:
            sent = shop.sent(sample_program(shop.evidence, chance))
        except ToolError:
            continue
        if sent.outcome.kind != "unknown":
            sent.proof()
            kinds.add(sent.outcome.kind)
    assert kinds == {"quote", "rows", "number", "call"}


# --- What does not ----------------------------------------------------------------------------------------------------

QUOTED = "Children under 12 pay half."


def quote(shop: Shop) -> Sent:
    return shop.sent(("quote", span(shop, "12"), "end"))


def product(shop: Shop) -> Sent:
    return shop.sent(("calc", "mul", THREE, price(shop), "give", "r1"))


def table(shop: Shop) -> Sent:
    return shop.sent(rows_of(shop))


def share(shop: Shop) -> Sent:
    """A query, then a calculation with what it gave."""
    return shop.sent(("query", "select", "max", TOTAL, "end", "calc", "sub", "r1", THREE, "give", "r2"))


def response(shop: Shop) -> Sent:
    return shop.sent(("call", Tool("weather"), "end", "give", "r1"), {"r1": {"degrees": 7}})


def with_outcome(sent: Sent, **changes: object) -> Sent:
    return replace(sent, outcome=replace(sent.outcome, **changes))  # type: ignore[arg-type]


def with_step(sent: Sent, place: int, **changes: object) -> Sent:
    steps = list(sent.outcome.steps)
    steps[place] = replace(steps[place], **changes)  # type: ignore[arg-type]
    return with_outcome(sent, steps=tuple(steps))


def with_quote(sent: Sent, **changes: object) -> Sent:
    return with_outcome(sent, quotes=(replace(sent.outcome.quotes[0], **changes),))  # type: ignore[arg-type]


def with_citation(sent: Sent, **changes: object) -> Sent:
    return replace(sent, citations=(replace(sent.citations[0], **changes),))  # type: ignore[arg-type]


def with_document(sent: Sent, old: str, new: str) -> Sent:
    documents = {name: replace(document, text=document.text.replace(old, new)) for name, document in sent.documents.items()}
    return replace(sent, documents=documents)


def with_passage(sent: Sent, old: str, new: str) -> Sent:
    blocks = tuple(replace(b, text=b.text.replace(old, new)) if isinstance(b, Passage) else b for b in sent.evidence.blocks)
    return replace(sent, evidence=replace(sent.evidence, blocks=blocks))


def said(sent: Sent, old: str, new: str) -> Sent:
    assert old in sent.text
    return replace(sent, text=sent.text.replace(old, new, 1))


BROKEN: dict[str, tuple[Callable[[Shop], Sent], Callable[[Sent], Sent], str]] = {
    # from the text to the outcome
    "another number than the quoted one": (quote, lambda s: said(s, "**12**: ", "**13**: "), "text"),
    "another number in the quoted sentence": (quote, lambda s: said(s, "under **12**", "under **18**"), "text"),
    "another value of a calculation": (product, lambda s: said(s, "568.50", "658.50"), "text"),
    "another number in the working": (product, lambda s: said(s, "3 ×", "4 ×"), "text"),
    "a value with another sign": (share, lambda s: said(s, "27.25", "-27.25"), "text"),
    "another cell of a table": (table, lambda s: said(s, "30.25", "30.52"), "text"),
    "a cell without its sign": (table, lambda s: said(s, "-4.1", "4.1"), "text"),
    "cells in another order": (table, lambda s: said(said(said(s, "20.5", "X"), "30.25", "20.5"), "X", "30.25"), "text"),
    "a row left out": (table, lambda s: said(s, "| Cy | -4.1 |", ""), "text"),
    "a number that nothing gave": (table, lambda s: replace(s, text=s.text + "\n\n99 more."), "text"),
    "another number of a response": (response, lambda s: said(s, "7", "8"), "text"),
    # from the outcome to its program
    "another value": (product, lambda s: with_outcome(s, value=Fraction(569), text="569"), "outcome"),
    "another unit": (product, lambda s: with_outcome(s, units=("USD",)), "outcome"),
    "another working": (product, lambda s: with_outcome(s, working="3 × 189.50 EUR = 569 EUR"), "outcome"),
    "rows that the query did not give": (table, lambda s: with_outcome(s, rows=(("Ada", 20.5),)), "outcome"),
    "a table that is said to be whole": (table, lambda s: with_outcome(s, truncated=True), "outcome"),
    "another response": (response, lambda s: with_outcome(s, value={"degrees": 8}), "outcome"),
    # from step to step
    "another result of a step": (share, lambda s: with_step(s, 0, result=Rows(("max",), ((31.0,),))), "outcome"),
    "another result of a calculation": (share, lambda s: with_step(s, 1, result=Fraction(28)), "outcome"),
    "another query": (share, lambda s: with_step(s, 0, input=s.outcome.steps[0].input | {"sql": "SELECT 30.25"}), "outcome"),
    "a step that is not there": (share, lambda s: with_outcome(s, steps=s.outcome.steps[1:]), "outcome"),
    "steps of another program": (share, lambda s: with_outcome(s, program=rows_of_another(s)), "outcome"),
    # from the program to the evidence
    "a quote with other words": (quote, lambda s: with_quote(s, text="18"), "outcome"),
    "a quote from another place": (quote, lambda s: with_quote(s, start=s.outcome.quotes[0].start - 1), "outcome"),
    "a quote under another hash": (quote, lambda s: with_quote(s, sha256="0" * 64), "outcome"),
    "an operand that stands elsewhere": (product, lambda s: with_step(s, 0, operands=s.outcome.steps[0].operands[:1]), "outcome"),
    "a number that the question does not say": (
        product, lambda s: with_outcome(s, program=tuple(replace(t, value="4") if t == THREE else t for t in s.outcome.program)), "outcome",
    ),
    "a passage that says something else": (product, lambda s: with_passage(s, "189.50", "198.50"), "outcome"),
    # from the evidence to the documents
    "no citation": (product, lambda s: replace(s, citations=()), "citations"),
    "a citation of other words": (quote, lambda s: with_citation(s, quote="18"), "citations"),
    "a citation of another place": (quote, lambda s: with_citation(s, start=0, end=2), "citations"),
    "a citation under another hash": (quote, lambda s: with_citation(s, sha256="0" * 64), "citations"),
    "a document that was edited": (quote, lambda s: with_document(s, "12", "18"), "citations"),
    "a document that is gone": (quote, lambda s: replace(s, documents={}), "citations"),
}  # fmt: skip


def rows_of_another(sent: Sent) -> Program:
    return ("query", "select", "min", TOTAL, "end", *sent.outcome.program[5:])


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_link_is_seen(shop: Shop, broken: str) -> None:
    make, harm, link = BROKEN[broken]
    sent = make(shop)
    sent.proof()
    with pytest.raises(Unproven) as caught:
        harm(sent).proof()
    assert caught.value.link == link
    assert not any(word in str(caught.value) for word in ("189", "12", "tickets", "Ada"))  # it is logged


# --- What the service does then ---------------------------------------------------------------------------------------


def test_an_answer_that_cannot_be_proven_is_refused_and_the_next_one_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, settings = tiny_workspace(tmp_path)
    question = "What do 3 day tickets cost?"

    def wrong(outcome: Outcome, *rest: object) -> str:
        """A rendering with a fault in it."""
        text = render(outcome, *rest)  # type: ignore[arg-type]
        return text.replace("568.50", "5685.0") if outcome.kind == "number" else text

    monkeypatch.setattr(service.answering, "render", wrong)
    alone = Answering(workspace, Scripted(three_tickets), settings).answer(question)
    assert (alone.kind, alone.reason, alone.text, alone.citations) == ("refusal", "unproven", REFUSAL, ())
    assert [held["link"] for held in alone.trace["held_back"]] == ["text"]
    both = Scripted(lambda evidence: [*three_tickets(evidence), COUNT], threshold=0.1)
    answer = Answering(workspace, both, settings).answer(question)
    assert (answer.kind, answer.text) == ("rows", "2 (count of orders where status = shipped)")
    assert answer.trace["numbers"] == [{"number": "2", "source": "r1"}]
    workspace.close()


def test_a_quote_is_proven_against_the_record(tmp_path: Path) -> None:
    workspace, settings = tiny_workspace(tmp_path)
    answer = Answering(workspace, Scripted(quoting("24 months")), settings).answer("How long is the warranty on tents?")
    assert answer.trace["held_back"] == [] and answer.trace["numbers"][0]["source"] == answer.citations[0].passage
    workspace.close()
