"""A question finds the stored values it says, however it spells them, and a large database is cut down to what it may mean."""

import pytest

from models.encoding import encode
from models.shipped import SHIPPED
from models.tokenizer import Tokenizer
from retrieval.schema import ValueIndex, relevant_schema
from tools.evidence import Column, ColumnInfo, Evidence, ForeignKey, Schema, TableInfo
from tools.language import OPERATIONS

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


def test_a_large_database_keeps_a_table_whose_synonym_or_comment_the_question_says() -> None:
    others = tuple(TableInfo(f"t{letter}", tuple(ColumnInfo(f"c{i}", "text") for i in range(10))) for letter in "abcdefghijklmnop")
    customers = TableInfo("cst_mst", (ColumnInfo("cst_nm", "text", synonyms=("customer name",)),), synonyms=("clients",))
    schema = Schema("crm", (*others, customers))
    for question in ("How many clients are there?", "Which customer came last?"):
        assert "cst_mst" in [table.name for table in relevant_schema(question, schema, ValueIndex.build([]), max_columns=30).tables]


def test_an_abbreviated_table_is_kept_for_the_word_it_stands_for() -> None:
    others = tuple(TableInfo(f"t{letter}", tuple(ColumnInfo(f"c{i}", "text") for i in range(10))) for letter in "abcdefghijklmnop")
    schema = Schema("research", (*others, TableInfo("Inst", (ColumnInfo("x", "text"),))))
    assert "Inst" in [table.name for table in relevant_schema("Count the institutions.", schema, ValueIndex.build([]), 30).tables]


@pytest.mark.parametrize(
    "name, question",
    [
        ("Überstunden", "Wie viele Überstunden?"),
        ("ΕτήσιαΈσοδα", "Ποια είναι τα έσοδα;"),
        ("заказыКлиента", "Сколько заказы?"),
        ("naïve_score", "What is the naive one?"),
        ("HTTPErrors2024", "How many http errors?"),
    ],
)
def test_words_of_names_are_told_apart_in_any_script(name: str, question: str) -> None:
    others = tuple(TableInfo(f"t{letter}", tuple(ColumnInfo(f"c{i}", "text") for i in range(10))) for letter in "abcdefghijklmnop")
    schema = Schema("db", (*others, TableInfo(name, (ColumnInfo("x", "text"),))))
    assert name in [table.name for table in relevant_schema(question, schema, ValueIndex.build([]), 30).tables]


STAFF = Schema(
    "hr",
    (
        TableInfo(
            "emp",
            (
                ColumnInfo("emp_no", "number", key="primary"),
                ColumnInfo("sal", "number", synonyms=("salary", "what a person earns in a month, before tax and all")),
                ColumnInfo("dept", "text", synonyms=("team", "unit of work")),
            ),
            synonyms=("staff", "employees"),
        ),
    ),
)


def labels(question: str) -> dict[str, str]:
    (table,) = relevant_schema(question, STAFF, ValueIndex.build([])).tables
    return {table.name: table.label} | {column.name: column.label for column in table.columns}


def test_what_the_question_calls_otherwise_is_shown_under_that_word() -> None:
    assert labels("What is the average salary of employees by team?") == {"emp": "employees", "emp_no": "", "sal": "salary", "dept": "team"}


def test_a_name_that_the_question_says_as_well_stays() -> None:
    assert labels("What is the sal of each dept or team?") == {"emp": "", "emp_no": "", "sal": "", "dept": ""}


def test_a_long_comment_is_no_name() -> None:
    assert labels("What does a person earn in a month before tax?")["sal"] == ""


def test_a_program_points_at_what_is_shown_under_another_word() -> None:
    tokenizer = Tokenizer.load(SHIPPED / "tokenizer.json")
    schema = relevant_schema("What is the average salary by team?", STAFF, ValueIndex.build([]))
    encoded = encode(Evidence("What is the average salary by team?", (schema,)), tokenizer)
    program = (
        "query", "select", Column("emp", "dept", "text"), "avg", Column("emp", "sal", "number"),
        "group", Column("emp", "dept", "text"), "end", "give", "r1",
    )  # fmt: skip
    targets = encoded.targets(program)
    assert targets is not None
    pointed = [encoded.slots[id - len(OPERATIONS)].pointer for id in targets if id >= len(OPERATIONS)]
    assert pointed == [token for token in program if not isinstance(token, str)]
    (pair,) = encoded.pairs
    behind = pair.tokens[pair.tokens.index(tokenizer.mark("table")) :]  # the question says these words too

    def stands(word: str) -> bool:
        ids = tokenizer.encode(word).ids
        return any(behind[at : at + len(ids)] == ids for at in range(len(behind)))

    assert stands("salary") and stands("team") and not stands("dept")
