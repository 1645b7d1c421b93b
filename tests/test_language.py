"""The answer language's promises, checked on random programs drawn through its mask, and on a few written by hand."""

import sqlite3
from random import Random

import pytest

from tests.sampling import sample_program
from tools.errors import Unanswerable
from tools.evidence import (
    QUESTION, Column, ColumnInfo, Evidence, ForeignKey, Mention, Number, Passage, Schema, Table, TableInfo, ToolInfo, Value,
)  # fmt: skip
from tools.language import OPERATIONS, START, LanguageError, Node, Program, check, parse, print_program, tree
from tools.outcome import with_words
from tools.sql import compile_select

QUESTION_TEXT = 'Which "big" orders since March 2024 are over 12 tents or in Oslo, at 3.5 each?'
DATABASE = """
    CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, member BOOLEAN, home INTEGER REFERENCES city, work INTEGER REFERENCES city);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customer, placed DATE, total REAL);
    CREATE TABLE line (orders INTEGER REFERENCES orders, product INTEGER REFERENCES product, count INTEGER);
    CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT, "unit price" REAL);
    CREATE TABLE note (title TEXT, written DATE);
    INSERT INTO city VALUES (1, 'Oslo'), (2, 'Bergen');
    INSERT INTO customer VALUES (1, 'Ada', 1, 1, 2), (2, 'Bo', 0, 2, 2);
    INSERT INTO orders VALUES (1, 1, '2024-03-05', 12.5), (2, 2, '2023-01-01', 0), (3, 1, NULL, NULL);
    INSERT INTO product VALUES (1, 'Tent', 99.5), (2, 'Stove', 20);
    INSERT INTO line VALUES (1, 1, 2), (1, 2, 1), (2, 2, 0);
    INSERT INTO note VALUES ('Read me', '2024-02-29');
"""
SCHEMA = Schema(
    "shop",
    (
        TableInfo("city", (ColumnInfo("id", "number"), ColumnInfo("name", "text", ("Oslo",)))),
        TableInfo(
            "customer",
            (
                ColumnInfo("id", "number"), ColumnInfo("name", "text", ("Ada", "Bo")), ColumnInfo("member", "boolean", (1,)),
                ColumnInfo("home", "number"), ColumnInfo("work", "number"),
            ),
        ),
        TableInfo(
            "orders",
            (ColumnInfo("id", "number"), ColumnInfo("customer", "number"), ColumnInfo("placed", "date"), ColumnInfo("total", "number")),
        ),
        TableInfo("line", (ColumnInfo("orders", "number"), ColumnInfo("product", "number"), ColumnInfo("count", "number"))),
        TableInfo("product", (ColumnInfo("id", "number"), ColumnInfo("name", "text", ("Tent",)), ColumnInfo("unit price", "number"))),
        TableInfo("note", (ColumnInfo("title", "text"), ColumnInfo("written", "date"))),
    ),
    (
        ForeignKey("customer", "home", "city", "id"),
        ForeignKey("customer", "work", "city", "id"),
        ForeignKey("orders", "customer", "customer", "id"),
        ForeignKey("line", "orders", "orders", "id"),
        ForeignKey("line", "product", "product", "id"),
    ),
)  # fmt: skip
PASSAGE = Passage("d1:1", "Warranty", "Tents carry a warranty of 24 months.", (Mention("number", 26, 28, "24"),))
TOOL = ToolInfo("weather", "the weather in a city", (("city", "its name"), ("days", "how many")))
MENTIONS = (
    Mention("date", 25, 35, "2024-03-01/2024-04-01"),
    Mention("number", 45, 47, "12"),
    Mention("number", 69, 72, "3.5"),
)
EVIDENCE = Evidence(QUESTION_TEXT, (SCHEMA, PASSAGE, TOOL), MENTIONS)


@pytest.fixture(scope="module")
def programs() -> list[Program]:
    chance = Random(0)
    return [sample_program(EVIDENCE, chance) for _ in range(600)]


def selections(node: Node) -> list[Node]:
    return [selection for step in node.all("step") for selection in step.all("selection")]


def test_the_mentions_of_the_sample_are_where_they_say() -> None:
    assert [QUESTION_TEXT[m.start : m.end] for m in MENTIONS] == ["March 2024", "12", "3.5"]


def test_every_program_drawn_through_the_mask_checks(programs: list[Program]) -> None:
    for program in programs:
        check(program)


def test_every_program_parses_back_from_its_text(programs: list[Program]) -> None:
    for program in programs:
        assert parse(print_program(program)) == program


def test_the_tree_holds_every_token_in_order(programs: list[Program]) -> None:
    def leaves(node: Node) -> Program:
        return tuple(leaf for child in node for leaf in (leaves(child) if isinstance(child, Node) else (child,)))

    for program in programs:
        assert leaves(tree(program)) == program


def test_every_operation_is_allowed_somewhere(programs: list[Program]) -> None:
    never = set(OPERATIONS)
    for program in programs:
        state = START
        for token in program:
            never -= state.allowed()[0]
            state = state.advance(token)
    assert not never - {"r3", "r4"}  # programs of so many steps are rare


def test_every_query_drawn_through_the_mask_runs(programs: list[Program]) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(DATABASE)
    ran = 0
    for program in programs:
        for selection in selections(tree(program)):
            try:
                query = compile_select(with_words(selection, EVIDENCE), SCHEMA, {"r1": 1, "r2": 2.5, "r3": "Oslo", "r4": "2024-03-05"})
            except Unanswerable as error:
                assert any(reason in str(error) for reason in ("no foreign key connects", "names no table", "by an aggregate"))
                continue
            cursor = connection.execute(query.sql, query.parameters)
            assert len(query.columns) == len(cursor.description), query.sql
            cursor.fetchall()
            ran += 1
    assert ran > 100


def test_every_query_is_also_one_select_for_postgres(programs: list[Program]) -> None:
    for program in programs:
        for selection in selections(tree(program)):
            try:
                query = compile_select(with_words(selection, EVIDENCE), SCHEMA, {"r1": 1, "r2": 2.5, "r3": 3, "r4": 4}, dialect="postgres")
            except Unanswerable:
                continue
            assert query.sql.count("%s") == len(query.parameters)
            assert query.sql.startswith("SELECT ")


def test_a_prefix_is_never_a_whole_program(programs: list[Program]) -> None:
    for program in programs[:100]:
        for length in range(len(program)):
            with pytest.raises(LanguageError, match="ends too early"):
                check(program[:length])


def test_a_pointer_into_a_column_of_another_type_is_refused() -> None:
    name, total = Column("customer", "name", "text"), Column("orders", "total", "number")
    for program in (
        ("query", "select", "sum", name, "end", "give", "r1"),
        ("query", "select", total, "where", "eq", total, Value("customer", "name", "Ada"), "end", "give", "r1"),
        ("query", "select", total, "where", "eq", total, name, "end", "give", "r1"),
    ):
        with pytest.raises(LanguageError, match="not allowed here"):
            check(program)


def test_the_arms_of_a_union_have_the_same_width() -> None:
    name = Column("customer", "name", "text")
    with pytest.raises(LanguageError):
        check(("query", "union", "select", name, "end", "select", name, name, "end", "give", "r1"))
    check(("query", "union", "select", name, "end", "select", name, "end", "give", "r1"))


def test_a_result_is_named_only_after_its_step() -> None:
    with pytest.raises(LanguageError):
        check(("calc", "add", "r1", "1", "give", "r1"))
    check(("query", "select", "count", Table("orders"), "end", "calc", "add", "r1", "1", "give", "r2"))


def test_text_that_is_not_a_program_is_refused_by_name() -> None:
    with pytest.raises(LanguageError, match="unknown operation 'drop'"):
        parse('drop table["orders"]')
    with pytest.raises(LanguageError, match="cannot read the pointer after 'number'"):
        parse('calc number["1"] give r1')


def test_a_program_can_begin_with_a_query_a_calculation_a_call_or_an_answer() -> None:
    operations, kinds = START.allowed()
    assert operations == {"query", "calc", "call", "quote", "unknown"}
    assert not kinds


def test_a_limit_is_a_whole_positive_number() -> None:
    def limited(value: str) -> Program:
        return ("query", "select", Table("orders"), "limit", Number(value, QUESTION, 0, 1), "end", "give", "r1")

    check(limited("3"))
    for value in ("0", "2.5", "-1"):
        with pytest.raises(LanguageError):
            check(limited(value))
