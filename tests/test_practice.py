"""Practice: every example holds up, and no two people would ask alike."""

import random
import re
import sqlite3
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from models.examples import Example, read_examples
from retrieval.ingest import index_text
from retrieval.mentions import find_mentions
from retrieval.record import Record
from retrieval.search import Searcher, as_shown
from service.practice.checking import all_shown, run
from service.practice.families import FAMILIES
from service.practice.invented import domains, invented_databases
from service.practice.phrasing import Draft, Voice
from service.practice.databases import held_out, practice_examples, write_practice
from service.practice.documents import cloze_examples, document_and_number, document_and_rows
from service.practice.named_rows import named_rows
from service.practice.study import Study, plural, singular, words_of
from service.practice.workspace import workspace_examples
from tools.evidence import QUESTION, Date, Number, Passage, Phrase, Schema, Span
from tools.language import check, print_program



@pytest.fixture(scope="module")
def studies() -> list[Study]:
    return [Study.of_connection(name, connection) for name, connection in invented_databases(12, seed=4)]


@pytest.fixture(scope="module")
def examples(studies: list[Study]) -> list[tuple[Study, Example]]:
    return [(study, example) for study in studies for example in practice_examples(study, 40, seed=1)]


def test_every_program_checks_and_its_result_has_something_in_it(examples: list[tuple[Study, Example]]) -> None:
    assert len(examples) > 300
    for study, example in examples:
        check(example.program)
        result = run(example.program, study.connection, study.schema)
        assert isinstance(result, Fraction) or any(value is not None for row in result for value in row), example.evidence.question


def test_every_pointer_points_at_what_is_shown(examples: list[tuple[Study, Example]]) -> None:
    for _, example in examples:
        schema = example.evidence.blocks[0]
        assert isinstance(schema, Schema) and all_shown(example.program, schema), print_program(example.program)
        _points_into_its_texts(example)


def _points_into_its_texts(example: Example) -> None:
    evidence = example.evidence
    assert evidence.mentions == find_mentions(evidence.question)
    for token in example.program:
        if isinstance(token, Phrase):
            assert evidence.question[token.start : token.end] == token.text
        if isinstance(token, Number | Date):
            block = evidence.blocks[token.block] if token.block != QUESTION else evidence
            assert (token.start, token.end) in {(m.start, m.end) for m in block.mentions}, evidence.question  # type: ignore[union-attr]


def test_the_same_seed_gives_the_same_examples() -> None:
    def made(seed: int) -> list[str]:
        (name, connection) = next(invented_databases(1, seed=9))
        return [e.to_json() for e in practice_examples(Study.of_connection(name, connection), 30, seed)]

    assert made(1) == made(1)
    assert made(1) != made(2)


def test_wording_varies(examples: list[tuple[Study, Example]]) -> None:
    openings = {" ".join(e.evidence.question.lower().split()[:3]) for _, e in examples}
    assert len(openings) > 0.4 * len(examples)
    assert len({e.evidence.question for _, e in examples}) > 0.99 * len(examples)


def test_templates_are_many() -> None:
    voice = Voice(random.Random(1))
    assert len({voice.pick("[how many|number of|count] [all |the |]{p} [there are|we have|]") for _ in range(400)}) == 27
    assert len(FAMILIES) >= 25


def test_programs_are_of_many_shapes(examples: list[tuple[Study, Example]]) -> None:
    shapes = {tuple(t if isinstance(t, str) else type(t).__name__ for t in e.program) for _, e in examples}
    assert len(shapes) > 100


def test_invented_schemas_differ() -> None:
    schemas = {str(Study.of_connection("x", c).schema) for _, c in invented_databases(300, seed=2)}
    assert len(schemas) >= 299
    assert len(domains()) >= 30


def test_invented_foreign_keys_find_their_rows() -> None:
    for _, connection in invented_databases(30, seed=3):
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize(
    ("identifier", "words"),
    [
        ("hire_date", "hire date"),
        ("EmpFName", "employee first name"),
        ("tot_qty", "total quantity"),
        ("CUST_NO", "customer no"),
        ("%_Change_2007", "percent change 2007"),
    ],
)
def test_identifiers_are_read_as_words(identifier: str, words: str) -> None:
    assert " ".join(words_of(identifier)) == words


@pytest.mark.parametrize(
    ("one", "many"),
    [("city", "cities"), ("person", "people"), ("class", "classes"), ("bus", "buses"), ("order item", "order items"), ("movie", "movies")],
)
def test_nouns_have_plurals(one: str, many: str) -> None:
    assert plural(one) == many
    assert singular(many) == one


def test_a_draft_finds_its_numbers_again_after_the_text_was_roughened() -> None:
    for seed in range(30):
        draft = Draft(Voice(random.Random(seed)))
        said, later = draft.number(1200, money=True)
        finished = draft.finish(f"How many products cost more than {said} in total?", ["calc", later, "give", "r1"])
        assert finished is not None
        question, _, program = finished
        number = program[1]
        assert isinstance(number, Number) and number.value == "1200" and re.search("1.?200", question[number.start : number.end])


def test_questions_on_documents_and_numbers_point_at_both() -> None:
    found = list(document_and_number(40, seed=1))
    assert len(found) > 30
    for example in found:
        check(example.program)
        _points_into_its_texts(example)
        assert {t.block == QUESTION for t in example.program if isinstance(t, Number)} == {True, False}


def test_thresholds_of_documents_filter_rows(studies: list[Study]) -> None:
    found = list(document_and_rows(studies, 20, seed=1))
    assert len(found) == 20
    for example in found:
        check(example.program)
        _points_into_its_texts(example)


def test_rows_that_a_document_names_are_looked_up(studies: list[Study]) -> None:
    found = list(named_rows(studies, 20, seed=1))
    assert len(found) == 20
    for example in found:
        check(example.program)
        (span,) = [t for t in example.program if isinstance(t, Span)]
        block = example.evidence.blocks[span.block]
        assert isinstance(block, Passage) and block.text[span.start : span.end] not in example.evidence.question


def test_cloze_questions_are_answered_by_their_sentence() -> None:
    text = "Employees may carry over 5 days of leave. Members must not share their card with others. The workshop was opened on 5 May 1998 in Oslo."
    found = list(cloze_examples([Passage("p", "Rules", text)] * 6, 30, seed=1))
    answers = {text[t.start : t.end] for e in found for t in e.program if isinstance(t, Span)}
    assert "5 days" in answers and "5 May 1998" in answers
    assert "Members must not share their card with others." in answers


def test_held_out_databases_are_in_no_training_file(tmp_path: Path) -> None:
    source = tmp_path / "shop.sqlite"
    connection = sqlite3.connect(source)
    next(invented_databases(1, seed=5))[1].backup(connection)
    connection.close()
    counts = write_practice(tmp_path, [Study.of_file(source)], n=700, seed=3)
    train = {e.group for e in read_examples(tmp_path / "practice.train.jsonl")}
    valid = {e.group for e in read_examples(tmp_path / "practice.valid.jsonl")}
    assert counts["train"] > 400
    assert train.isdisjoint(valid) and all(map(held_out, valid)) and not any(map(held_out, train))


@pytest.mark.parametrize("there", ["database", "documents"])
def test_a_workspace_that_has_only_one_kind_of_evidence_is_practised_on_that(tmp_path: Path, studies: list[Study], there: str) -> None:
    record = Record(f"sqlite:///{tmp_path / 'record.sqlite'}")
    if there == "documents":
        text = "# Boats\n\nEvery boat is handed over against a deposit of 150 euros. The harbour opens at seven in the morning.\n"
        index_text(record, None, "boats.md", text)
    passages = [as_shown(passage) for passage in record.passages()]
    made = list(workspace_examples(Searcher(record), passages, studies[:1] if there == "database" else [], 40, seed=1))
    kinds = Counter(type(block) for example in made for block in example.evidence.blocks)
    assert len(made) >= 10 and (kinds[Schema] == len(made) if there == "database" else not kinds[Schema])
    record.close()
