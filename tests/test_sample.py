"""The sample workspace holds what it promises: enough to try, keys that hold, and an exam whose answers can be checked."""

import ast
import json
import operator
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from retrieval.mentions import find_mentions
from retrieval.schema import ValueIndex, relevant_schema
from service.sample import DOCUMENTS, EXAM
from service.sample.database import PRODUCTS, STORES, build
from tests.sampling import sample_program
from tools.database import Limits
from tools.errors import Unanswerable
from tools.evidence import Evidence, Passage
from tools.language import check, parse, print_program
from tools.router import Router
from tools.sqlite_database import SqliteDatabase

QUESTIONS = [json.loads(line) for line in EXAM.read_text(encoding="utf-8").splitlines()]
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(DOCUMENTS.iterdir())}


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("sample") / "larkfell.sqlite"
    build(path)
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


def tables(books: sqlite3.Connection) -> list[str]:
    return [name for (name,) in books.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


def of_kind(*kinds: str) -> list[dict]:
    return [entry for entry in QUESTIONS if entry["kind"] in kinds]


# --- The documents ----------------------------------------------------------------------------------------------------

def test_there_are_enough_documents_and_paragraphs() -> None:
    paragraphs = [block for text in TEXTS.values() for block in text.split("\n\n") if len(block.split()) >= 30]
    assert len(TEXTS) >= 18
    assert len(paragraphs) >= 200
    assert len(set(paragraphs)) == len(paragraphs)


def test_documents_know_every_shop_and_weigh_products_as_the_database_does() -> None:
    everything = " ".join(TEXTS.values())
    assert all(name in everything for name, *_ in STORES)
    tents = {name: grams for name, _, _, grams, *_ in PRODUCTS["Tents"]}
    assert f"The Larkspur 2 weighs {tents['Larkspur 2']:,} grams" in TEXTS["product-notes-tents.md"]
    assert f"It weighs {tents['Gannet 6']:,} grams" in TEXTS["product-notes-tents.md"]


# --- The database -----------------------------------------------------------------------------------------------------

def test_there_are_enough_tables_and_rows(books: sqlite3.Connection) -> None:
    names = tables(books)
    assert len(names) >= 8
    assert sum(books.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in names) >= 20_000


def test_every_table_has_a_primary_key_and_every_foreign_key_holds(books: sqlite3.Connection) -> None:
    for name in tables(books):
        assert any(column[5] for column in books.execute(f"PRAGMA table_info({name})")), name
    assert books.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize("table, column", [
    ("employees", "manager_id"), ("employees", "left_on"), ("products", "rental_rate"),
    ("rentals", "returned_on"), ("orders", "shipped_on"), ("suppliers", "last_audit_on")])
def test_what_is_unknown_or_does_not_apply_is_null(books: sqlite3.Connection, table: str, column: str) -> None:
    empty, filled = books.execute(f"SELECT SUM({column} IS NULL), COUNT({column}) FROM {table}").fetchone()
    assert empty and filled


def test_order_totals_are_the_lines_less_the_member_discount_plus_shipping(books: sqlite3.Connection) -> None:
    wrong = books.execute("""
        SELECT orders.order_id, total, SUM(line_total), shipping_fee, member_level
        FROM orders JOIN order_items USING (order_id) JOIN customers USING (customer_id) GROUP BY orders.order_id
        HAVING ABS(total - shipping_fee - SUM(line_total)
                   * CASE member_level WHEN 'Ridge' THEN 0.95 WHEN 'Summit' THEN 0.9 ELSE 1 END) > 0.0051""").fetchall()
    assert wrong == []


def test_days_lie_within_the_years_of_the_books_and_in_order(books: sqlite3.Connection) -> None:
    for table, first, then in [("orders", "ordered_on", "shipped_on"), ("rentals", "start_on", "returned_on"),
                               ("repairs", "received_on", "completed_on"), ("purchase_orders", "ordered_on", "received_on")]:
        early, late = books.execute(f"SELECT MIN({first}), MAX(MAX({first}), MAX({then})) FROM {table}").fetchone()
        assert "2022-01-01" <= early and late <= "2025-12-31"
        assert books.execute(f"SELECT COUNT(*) FROM {table} WHERE {then} < {first}").fetchone() == (0,)


def test_the_same_seed_gives_the_same_rows_and_another_seed_gives_others(books: sqlite3.Connection, tmp_path: Path) -> None:
    def dump(path: Path, seed: int) -> list[str]:
        build(path, seed)
        connection = sqlite3.connect(path)
        lines = list(connection.iterdump())
        connection.close()
        return lines

    assert dump(tmp_path / "again.sqlite", 7) == list(books.iterdump())
    assert dump(tmp_path / "other.sqlite", 8) != list(books.iterdump())


def test_build_replaces_an_older_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "larkfell.sqlite"
    path.write_text("something older")
    build(path)
    assert path.read_bytes().startswith(b"SQLite format 3")
    assert list(tmp_path.iterdir()) == [path]


# --- The exam ---------------------------------------------------------------------------------------------------------

def test_the_exam_asks_120_different_questions_of_five_kinds() -> None:
    assert len({entry["question"] for entry in QUESTIONS}) == len(QUESTIONS) == 120
    assert Counter(entry["kind"] for entry in QUESTIONS) == {
        "quote": 35, "database": 45, "calculation": 15, "several": 10, "refuse": 15}


def test_an_answer_is_strings_or_rows_or_a_refusal() -> None:
    for entry in QUESTIONS:
        answer = entry["answer"]
        assert (answer is None) == (entry["kind"] == "refuse")
        if answer is not None:
            assert answer and len({type(part) for part in answer}) == 1 and isinstance(answer[0], str | list)


@pytest.mark.parametrize("entry", of_kind("quote"), ids=lambda entry: entry["question"])
def test_a_quote_stands_verbatim_in_its_document(entry: dict) -> None:
    assert all(answer in TEXTS[entry["document"]] for answer in entry["answer"])


@pytest.mark.parametrize("entry", [e for e in QUESTIONS if "sql" in e], ids=lambda entry: entry["question"])
def test_the_gold_query_gives_the_expected_answer(entry: dict, books: sqlite3.Connection) -> None:
    rows = books.execute(entry["sql"]).fetchall()
    assert 1 <= len(rows) <= 12
    expected = entry["answer"]
    if isinstance(expected[0], str):
        [[value]] = rows
        if isinstance(value, str):
            assert expected == [value]
        else:
            assert all(float(text) == pytest.approx(value, abs=0.00501) for text in expected)
    elif entry.get("ordered"):
        assert rows == [tuple(row) for row in expected]
    else:
        assert sorted(rows) == sorted(tuple(row) for row in expected)


@pytest.mark.parametrize("entry", of_kind("calculation"), ids=lambda entry: entry["question"])
def test_the_working_of_a_calculation_gives_its_answer(entry: dict) -> None:
    assert {Fraction(text) for text in entry["answer"]} == {worked(entry["working"])}


def test_several_sources_means_a_document_or_a_query_and_some_working() -> None:
    for entry in of_kind("several"):
        assert entry["working"] and ("sql" in entry or "document" in entry)
        assert entry.get("document", "warranty.md") in TEXTS
        if "sql" not in entry:
            assert {Fraction(text) for text in entry["answer"]} == {worked(entry["working"])}


def worked(working: str) -> Fraction:
    """The exact value of sums, differences, products and quotients, or of `days_between(day, day)`."""
    if days := re.fullmatch(r"days_between\((\S+), (\S+)\)", working):
        return Fraction((date.fromisoformat(days[2]) - date.fromisoformat(days[1])).days)
    operations = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}

    def value(node: ast.expr) -> Fraction:
        if isinstance(node, ast.BinOp):
            return operations[type(node.op)](value(node.left), value(node.right))
        assert isinstance(node, ast.Constant), ast.dump(node)
        return Fraction(str(node.value))

    return value(ast.parse(working, mode="eval").body)


def test_every_program_drawn_through_the_mask_runs_on_the_sample_workspace(tmp_path_factory: pytest.TempPathFactory) -> None:
    """It ends in an outcome, or in an error that says why the data do not allow one; never in a program that cannot be run."""
    question = "Of the 12 orders over 1,250.50 since March 2024, how many went to Stenwick with 3 tents?"
    path = tmp_path_factory.mktemp("programs") / "larkfell.sqlite"
    build(path)
    database = SqliteDatabase("larkfell", path, Limits(seconds=0.5))
    columns = [
        (t.name, c.name, database.distinct(t.name, c.name, 50)) for t in database.schema.tables for c in t.columns if c.type == "text"
    ]
    schema = relevant_schema(question, database.schema, ValueIndex.build(columns))
    text = (DOCUMENTS / "warranty.md").read_text(encoding="utf-8")[:600]
    evidence = Evidence(question, (schema, Passage("1", "Warranty", text, find_mentions(text))), find_mentions(question))
    router, chance, ran = Router({"larkfell": database}), Random(11), 0
    for _ in range(150):
        program = sample_program(evidence, chance)
        check(program)
        assert parse(print_program(program)) == program
        try:
            router.run(program, evidence)
            ran += 1
        except Unanswerable:
            pass
    assert ran > 50
