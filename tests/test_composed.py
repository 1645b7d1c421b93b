"""Organisations put together by chance: what was written once becomes questions whose programs give what the database holds."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from models.examples import Example
from service.practice.checking import run
from service.prepare.composed import compose
from service.prepare.vocabulary import VOCABULARY, Malformed, Vocabulary, read_entities, read_pages, read_vocabulary
from service.prepare.written import Organisation, organisation_examples
from tools.evidence import Column, Number, Passage, Span, Value
from tools.introspection import introspect

ENTITIES = """\
entity: vehicle | car
many: buses | our vans
one: bus | van
name: plate
named: AB-123 | KX-904 | RT-551 | LM-220 | PB-777
number mileage | km = 20000..400000
  ask: kilometres on the clock
  how: How far has {x} been driven?
  most: Which bus has been driven the furthest?
  least: Which bus was hardly used?
  over: with more than {n} behind them
  under: below {n}
kind status
  ask: shape
  = in repair: being fixed | in the garage
  = active: on the road
link driver_id -> employee
  how: Who is behind the wheel of {x}?
  of: that {y} takes out
  most: Who drives more buses than anyone?
  without: Who has no bus?

entity: employee
many: drivers
one: driver
person: yes
name: full_name
named: Ann Lee | Bob Ray | Cy Dow | Di Fox | Ed Poe
number age = 18..65
  ask: age
  how: How old is {x}?
"""
PAGES = """\
# Parking | Coming by car
S: Visitors park in [bay C|bay F], behind the building.
S: Guest parking: [bay C|bay F].
Q: Where can guests leave their cars?

S: A space costs [40 euros|25 pounds] a month.
Q: How much is a spot of my own?
"""


@pytest.fixture
def words(tmp_path: Path) -> Vocabulary:
    (tmp_path / "entities_1.txt").write_text(ENTITIES, encoding="utf-8")
    (tmp_path / "pages_1.txt").write_text(PAGES, encoding="utf-8")
    return read_vocabulary(tmp_path)


def examples_of(organisation: Organisation) -> dict[str, Example]:
    return {e.evidence.question: e for e in organisation_examples(organisation, Counter(), "composed")}


def test_an_organisation_is_made_again_the_same_and_no_two_are_alike(words: Vocabulary) -> None:
    assert compose(3, words) == compose(3, words)
    assert compose(3, words).script != compose(4, words).script


def test_most_of_what_is_asked_can_be_used(words: Vocabulary) -> None:
    for number in range(5):
        organisation = compose(number, words)
        wordings = {wording for asked in organisation.asked for wording in asked.wordings}
        assert len(examples_of(organisation)) > 0.7 * len(wordings) > 15


def test_words_that_no_schema_holds_point_at_what_they_mean(words: Vocabulary) -> None:
    found = [
        e.program for n in range(20) for q, e in examples_of(compose(n, words)).items() if "in the garage" in q and "and" not in q.split()
    ]
    assert found
    assert all(any(isinstance(t, Value) and t.value == "in repair" for t in program) for program in found)


def test_the_question_for_the_most_is_answered_by_the_row_with_the_most(words: Vocabulary) -> None:
    organisation = compose(1, words)
    program = examples_of(organisation)["Which bus has been driven the furthest?"].program
    (distance,) = [t for t in program if isinstance(t, Column) and t.type == "number"]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(organisation.script)
        result = run(program, connection, introspect(connection, "fleet"))
        (named,) = [t.name for t in program[2:4] if isinstance(t, Column)]
        query = f'SELECT "{named}", MAX("{distance.name}") FROM "{distance.table}"'
        assert [row[0] for row in result] == [connection.execute(query).fetchone()[0]]  # type: ignore[union-attr]


def test_a_fact_is_quoted_as_this_organisation_says_it(words: Vocabulary) -> None:
    for number in range(5):
        organisation = compose(number, words)
        text = " ".join(p.text for p in organisation.passages)
        example = examples_of(organisation)["Where can guests leave their cars?"]
        (span,) = [t for t in example.program if isinstance(t, Span)]
        block = example.evidence.blocks[span.block]
        assert isinstance(block, Passage) and block.text[span.start : span.end] in ("bay C", "bay F")
        assert block.text in text


def test_what_the_organisation_does_not_keep_is_unknown(words: Vocabulary) -> None:
    programs = [e.program for n in range(20) for e in examples_of(compose(n, words)).values()]
    assert ("unknown",) in programs


def asked_of(words: Vocabulary, wanted: str) -> list[tuple[Organisation, Example]]:
    """The examples of some organisations whose programs hold a token of this kind where they query."""
    organisations = [compose(n, words) for n in range(24)]
    found = [(o, e) for o in organisations for e in examples_of(o).values() if e.program[0] == "query"]
    return [(o, e) for o, e in found if any(t == wanted or type(t).__name__ == wanted for t in e.program)]


def test_ties_are_asked_for_by_way_of_their_keys(words: Vocabulary) -> None:
    found = asked_of(words, "via")
    assert len(found) > 20
    for organisation, example in found:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript(organisation.script)
            assert run(example.program, connection, introspect(connection, organisation.name))


def test_what_a_document_says_filters_what_the_database_holds(words: Vocabulary) -> None:
    found = asked_of(words, "Span")
    assert len(found) > 10
    for _, example in found:
        (span,) = [t for t in example.program if isinstance(t, Span)]
        block = example.evidence.blocks[span.block]
        assert isinstance(block, Passage)
        named = block.text[span.start : span.end]
        assert named in ENTITIES and named not in example.evidence.question
    numbers = [e for _, e in asked_of(words, "Number") if any(isinstance(t, Number) and t.block >= 0 for t in e.program)]
    assert len(numbers) > 10


@pytest.mark.parametrize("line", ["number weight", "colour: red", "= loose: value"])
def test_a_line_that_means_nothing_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "entities_1.txt"
    path.write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(Malformed, match=r"entities_1.txt, line 1"):
        read_entities(path)


def test_a_fact_without_a_marked_answer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pages_1.txt"
    path.write_text("# Parking\nS: There is none.\n", encoding="utf-8")
    with pytest.raises(Malformed, match="line 2 marks no answer"):
        read_pages(path)


def test_the_vocabulary_that_comes_with_reckoner_is_well_formed() -> None:
    words = read_vocabulary(VOCABULARY)
    assert len(words.entities) > 50
    assert len(words.pages) > 80
    assert all(fact.asks for page in words.pages for fact in page.facts)
