"""Practice on a database whose rows are known by way of others: imported files, without keys, that tie rows of one table together."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import pytest

from service.practice import databases
from service.practice.asking import Asking, Question
from service.practice.checking import run
from service.practice.databases import practice_examples
from service.practice.list_questions import superlative
from service.practice.look_up_questions import look_up
from service.practice.study import Study
from service.practice.tied_questions import look_up_of_parent, parent_of_first, referred, tied, whose
from tools.evidence import Column, Table
from tools.language import print_program

PLACES = ("Adaland", "Brinmark", "Colewick", "Dornfell", "Eskmoor", "Fellbury", "Gardholm", "Holtness", "Iselby", "Jurastead")


@pytest.fixture(scope="module")
def atlas() -> Iterator[Study]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "CREATE TABLE county (county_name TEXT, area INT, population INT, seat TEXT, country TEXT);"
        "CREATE TABLE border_info (county_name TEXT, border TEXT);"
        "CREATE TABLE peaks (county_name TEXT, highest_elevation INT, highest_point TEXT);"
        "CREATE TABLE river (river_name TEXT, length INT, traverse TEXT)"
    )
    rows = list(enumerate(PLACES))
    connection.executemany(
        "INSERT INTO county VALUES (?, ?, ?, ?, 'usa')", [(p, 100 + 7 * n, 9000 - 50 * n, f"Seat of {p}") for n, p in rows]
    )
    pairs = [(a, b) for (n, a) in rows for (m, b) in rows if abs(n - m) == 1]
    connection.executemany("INSERT INTO border_info VALUES (?, ?)", pairs)
    connection.executemany("INSERT INTO peaks VALUES (?, ?, ?)", [(p, 300 + 11 * n * n, f"Mount {p}") for n, p in rows])
    connection.executemany("INSERT INTO river VALUES (?, ?, ?)", [(f"Water {n % 4}", 40 + n % 4, p) for n, p in rows])
    yield Study.of_connection("atlas", connection)
    connection.close()


def asked(study: Study, family: Callable[[Asking], Question], monkeypatch: pytest.MonkeyPatch, n: int = 40) -> dict[str, str]:
    """Question to program, of one family alone."""
    monkeypatch.setattr(databases, "FAMILIES", {family: 1})
    return {e.evidence.question: print_program(e.program) for e in practice_examples(study, n, seed=2)}


def test_a_table_that_only_ties_rows_of_another_is_seen_as_a_tie(atlas: Study) -> None:
    (tie,) = atlas.ties
    assert (tie.link.name, tie.one.name, tie.other.name, tie.rows.name) == ("border_info", "county_name", "border", "county")


def test_rows_are_asked_for_by_the_row_that_they_are_tied_to(atlas: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = asked(atlas, tied, monkeypatch)
    assert len(programs) == 40
    assert any("border" in question.lower() for question in programs) and any("next to" in question.lower() for question in programs)
    assert any('where eq column["border_info", "county_name"' in program for program in programs.values())
    assert any("order desc count" in program for program in programs.values())  # which has the most


def test_a_property_is_asked_of_the_row_that_has_no_name_by_the_one_it_belongs_to(atlas: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = asked(atlas, look_up_of_parent, monkeypatch, 20)
    assert all('where eq column["county", "county_name"' in p for p in programs.values())
    assert any('column["peaks", "highest_elevation"' in p for p in programs.values())
    assert any('column["peaks", "highest_point"' in p for p in programs.values())


def test_a_row_is_asked_for_by_a_value_that_it_alone_has(atlas: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = asked(atlas, whose, monkeypatch, 10)
    assert programs and all('where eq column["county", "seat", "text"]' in p for p in programs.values())


def test_the_row_that_has_the_first_of_others_is_asked_for(atlas: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = asked(atlas, parent_of_first, monkeypatch, 20)
    assert any('order desc column["river", "length"' in p for p in programs.values())
    assert any('order desc column["peaks", "highest_elevation"' in p for p in programs.values())


def test_the_largest_is_about_size_where_there_is_a_size(atlas: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    for question, program in asked(atlas, superlative, monkeypatch, 120).items():
        if (
            "populat" not in question.lower()
            and "inhabitants" not in question.lower()
            and ("largest county" in question or "biggest county" in question)
        ):
            assert 'column["county", "area"' in program, question


def test_what_has_a_row_for_each_place_is_still_one_thing_with_a_name(atlas: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    assert atlas.entities["river"].repeated and [f.name for f in atlas.entities["river"].naming] == ["river_name"]
    for program in asked(atlas, look_up, monkeypatch).values():
        if 'column["river", "length"' in program:
            assert program.startswith("query select distinct")


def test_every_question_of_every_family_has_an_answer(atlas: Study) -> None:
    for example in practice_examples(atlas, 200, seed=3):
        assert run(example.program, atlas.connection, atlas.schema)
        assert any(isinstance(token, Column | Table) for token in example.program)


def test_a_column_that_says_highest_is_asked_for_its_highest(atlas: Study) -> None:
    programs = [print_program(e.program) for e in practice_examples(atlas, 400, seed=5)]
    rows = 'order {} column["peaks", "highest_elevation", "number"] limit'
    assert any(rows.format("desc") in p for p in programs) and not any(rows.format("asc") in p for p in programs)


def test_keys_to_the_own_table_and_pairs_of_keys_are_asked_by_way_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT, salary REAL, manager_id INTEGER REFERENCES staff (id));"
        "CREATE TABLE harbour (code TEXT PRIMARY KEY, name TEXT, depth REAL);"
        "CREATE TABLE ferry (id INTEGER PRIMARY KEY, name TEXT,"
        " home_harbour TEXT REFERENCES harbour, reserve_harbour TEXT REFERENCES harbour)"
    )
    names = ("Ada Lund", "Bo Frey", "Cy Moor", "Di Carr", "Ed Wick", "Flo Berg")
    connection.executemany("INSERT INTO staff VALUES (?, ?, ?, ?)", [(n, p, 3000 + n, n // 2 or None) for n, p in enumerate(names, 1)])
    connection.executemany("INSERT INTO harbour VALUES (?, ?, ?)", [(p[:3], p, n + 4.5) for n, p in enumerate(PLACES[:4])])
    connection.executemany(
        "INSERT INTO ferry VALUES (?, ?, ?, ?)", [(n, f"Queen of {p}", PLACES[n % 4][:3], PLACES[n % 3][:3]) for n, p in enumerate(PLACES)]
    )
    monkeypatch.setattr(databases, "FAMILIES", {referred: 1})
    study = Study.of_connection("port", connection)
    examples = list(practice_examples(study, 60, 1))
    keys = {e.program[e.program.index("via") + 1].name for e in examples}  # type: ignore[union-attr]
    assert keys == {"manager_id", "home_harbour", "reserve_harbour"}
    assert all(run(e.program, connection, study.schema) for e in examples)
    assert any("manager" in e.evidence.question and "Ed Wick" in e.evidence.question for e in examples)
