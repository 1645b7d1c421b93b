"""A question finds the stored values it says, however it spells them, and a large database is cut down to what it may mean."""

import time

import pytest

from retrieval.schema import ValueIndex, relevant_schema
from tools.language import ColumnInfo, ForeignKey, Schema, TableInfo

MORE = [f"Unsaid{letter}" for letter in "abcdefg"]  # with so many values a column is no category
INDEX = ValueIndex.build(
    [
        ("stores", "city", ["Wexley Park", "Tarrin Harbour", "York", "New York", "Málaga", *MORE]),
        ("stores", "country", ["US", "Norway", *MORE]),
        ("products", "category", ["Tents", "Sleeping bags", "Stoves", *MORE]),
        ("products", "name", ["Otter Packraft", "Larkspur 2", "Merlin Bivy", *MORE]),
        ("products", "code", ["4711", "TX-12", *MORE]),
        ("products", "stock", [12, 40, 4711]),
    ]
)
SCHEMA = Schema(
    "shop",
    (
        TableInfo("stores", (ColumnInfo("store_id", "number", key="primary"), ColumnInfo("city", "text"), ColumnInfo("country", "text"))),
        TableInfo(
            "products",
            (
                ColumnInfo("product_id", "number", key="primary"),
                ColumnInfo("category", "text"),
                ColumnInfo("name", "text"),
                ColumnInfo("code", "text"),
                ColumnInfo("stock", "number"),
            ),
        ),
    ),
)


def values(question: str, schema: Schema = SCHEMA, index: ValueIndex = INDEX) -> list[str | int | float]:
    shown = relevant_schema(question, schema, index)
    return [value for table in shown.tables for column in table.columns for value in column.values]


@pytest.mark.parametrize(
    "question, value",
    [
        ("Sales in Wexley Park?", "Wexley Park"),
        ("sales in wexley park", "Wexley Park"),
        ("Shops in Malaga?", "Málaga"),
        ("How many sleeping bag sales?", "Sleeping bags"),
        ("How much is a tent?", "Tents"),
        ("Which shops are in Norwai?", "Norway"),
        ("What does Tarrin Harbuor sell?", "Tarrin Harbour"),
        ("What is Norway's best shop?", "Norway"),
        ("What does the Otter weigh?", "Otter Packraft"),
        ("Where is 4711 kept?", "4711"),
        ("Where is tx 12 kept?", "TX-12"),
    ],
)
def test_a_value_is_found_however_the_question_spells_it(question: str, value: str) -> None:
    assert values(question) == [value]


def test_the_longest_match_swallows_the_shorter_of_its_column() -> None:
    assert values("How many shops in New York?") == ["New York"]


def test_numbers_of_the_question_do_not_match_numeric_values() -> None:
    assert values("Which products have a stock of 12 or 40?") == []


def test_stop_words_match_nothing_but_a_word_in_capitals_may() -> None:
    assert values("Can you tell us the name of it?") == []
    assert values("How many shops in the US?") == ["US"]


def test_the_few_values_of_a_category_are_listed_whatever_the_question_says() -> None:
    index = ValueIndex.build([("orders", "status", ["shipped", "open", "cancelled"]), ("orders", "remark", [*MORE, "open"])])
    schema = Schema("shop", (TableInfo("orders", (ColumnInfo("status", "text"), ColumnInfo("remark", "text"))),))
    assert values("How many orders were called off?", schema, index) == ["cancelled", "open", "shipped"]
    assert values("How many open orders are there?", schema, index) == ["cancelled", "open", "shipped", "open"]


def test_at_most_60_values_of_categories_are_listed() -> None:
    names = [f"column{i}" for i in range(20)]
    index = ValueIndex.build(("things", name, ["red", "blue", "green", "grey", "pink"]) for name in names)
    schema = Schema("db", (TableInfo("things", tuple(ColumnInfo(name, "text") for name in names)),))
    assert len(values("Which things are heavy?", schema, index)) == 60


def test_at_most_four_values_a_column_and_24_in_all() -> None:
    names = [f"column{i}" for i in range(7)]
    nouns = ("ant", "bee", "cow", "dog", "eel", "fox", "gnu", "hen")
    index = ValueIndex.build(("things", name, [f"red {noun}" for noun in nouns]) for name in names)
    schema = Schema("db", (TableInfo("things", tuple(ColumnInfo(name, "text") for name in names)),))
    shown = relevant_schema("red ant, red bee, red cow, red dog, red eel or red fox?", schema, index)
    assert max(len(column.values) for column in shown.tables[0].columns) == 4
    assert sum(len(column.values) for column in shown.tables[0].columns) == 24


def test_a_database_that_fits_is_shown_whole() -> None:
    shown = relevant_schema("Anything?", SCHEMA, INDEX)
    assert [table.name for table in shown.tables] == ["stores", "products"]
    assert shown.foreign_keys == SCHEMA.foreign_keys


def test_a_large_database_keeps_the_tables_that_match_and_the_table_that_joins_them() -> None:
    def table(name: str) -> TableInfo:
        return TableInfo(name, (ColumnInfo(f"{name}_id", "number", key="primary"), *(ColumnInfo(f"{name}{i}", "text") for i in range(9))))

    others = tuple(table(f"archive{letter}") for letter in "abcdefghijklmnop")
    link = TableInfo("enrolment", (ColumnInfo("student_id", "number", key="foreign"), ColumnInfo("course_id", "number", key="foreign")))
    keys = (ForeignKey("enrolment", "student_id", "student", "student_id"), ForeignKey("enrolment", "course_id", "course", "course_id"))
    schema = Schema("school", (*others, link, table("student"), table("course")), keys)
    shown = relevant_schema("Which students take a course?", schema, ValueIndex.build([]), max_columns=30)
    assert [t.name for t in shown.tables] == ["enrolment", "student", "course"]
    assert shown.foreign_keys == keys


def test_a_table_wider_than_the_limit_keeps_the_columns_that_match() -> None:
    wide = TableInfo("wide", (*(ColumnInfo(f"c{i}", "text") for i in range(300)), ColumnInfo("salary", "number")))
    shown = relevant_schema("What is the salary?", Schema("db", (wide,)), ValueIndex.build([]), max_columns=50)
    assert len(shown.tables[0].columns) == 50
    assert "salary" in {column.name for column in shown.tables[0].columns}


def test_thirty_columns_and_ten_thousand_values_take_milliseconds() -> None:
    columns = tuple(ColumnInfo(f"column{i}", "text") for i in range(30))
    stored = [("wide", f"column{i}", [f"thing {chr(97 + k % 26)}{chr(97 + i % 26)}xq number{k}" for k in range(333)]) for i in range(30)]
    index, schema = ValueIndex.build(stored), Schema("db", (TableInfo("wide", columns),))
    question = "How many misspeld orders did membrs from Wexley Park place between January and March of last year?"
    relevant_schema(question, schema, index)
    start = time.perf_counter()
    for _ in range(10):
        relevant_schema(question, schema, index)
    assert (time.perf_counter() - start) / 10 < 0.05  # about 2 ms on one core; the margin is for a busy machine
