"""How answers read: short, in the evidence's own words, with what was asked of a database in words."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from random import Random

import pytest

from retrieval.mentions import find_mentions
from service.render import ROWS_SHOWN, render
from service.wording import head, words
from tests.sampling import sample_program
from tools.database import Database
from tools.errors import ToolError
from tools.evidence import QUESTION, Column, Date, Evidence, Number, Passage, Phrase, Span, Table, Value
from tools.language import Node, Program, Token, tree
from tools.router import Router
from tools.sqlite_database import SqliteDatabase

TEXT = "Returns are free. Tents carry a warranty of 24 months from the date of purchase. Boots: 6 months."
PASSAGE = Passage("7", "Warranty", TEXT)
NAME, PRICE, DAY = Column("products", "name", "text"), Column("products", "list_price", "number"), Column("orders", "ordered_on", "date")
A_DAY, A_MONTH = Date("2024-03-05", "2024-03-06", QUESTION, 0, 1), Date("2024-03-01", "2024-04-01", QUESTION, 0, 1)
STATUS, SHIPPED = Column("orders", "status", "text"), Value("orders", "status", "shipped")


def quoted(*texts: str, passage: Passage = PASSAGE, documents: dict[str, str] | None = None) -> str:
    spans = [Span(0, passage.text.index(text), passage.text.index(text) + len(text)) for text in texts]
    evidence = Evidence("?", (passage,))
    outcome = Router({}).run(("quote", *spans, "end"), evidence)
    return render(outcome, evidence, {"7": "warranty.md"} if documents is None else documents)


def test_a_quote_is_shown_in_its_sentence_with_its_document() -> None:
    assert quoted("24 months") == (
        "**24 months**: “Tents carry a warranty of **24 months** from the date of purchase.” (warranty.md)"
    )  # fmt: skip


def test_a_whole_sentence_is_said_once() -> None:
    assert quoted("Returns are free.") == "“Returns are free.” (warranty.md)"


def test_several_quotes_share_the_sentence_they_stand_in() -> None:
    assert quoted("Tents", "24 months").count("“") == 1
    assert quoted("24 months", "6 months").startswith("**24 months**, **6 months**: “Tents")


def test_a_quote_across_sentences_shows_them_all() -> None:
    assert "“Returns are **free. Tents** carry" in quoted("free. Tents")


def test_bold_is_not_put_into_text_that_has_asterisks() -> None:
    passage = Passage("7", "Notes", "The **red** rope is 60 m long.")
    assert quoted("60 m", passage=passage) == "**60 m**: “The **red** rope is 60 m long.” (warranty.md)"


def test_a_very_long_sentence_is_cut_at_words() -> None:
    passage = Passage("7", "", "word " * 200 + "needle " + "word " * 200)
    text = quoted("needle", passage=passage, documents={})
    assert len(text) < 400 and "wor " not in text and "**needle**" in text


def test_without_a_document_the_title_stands_in() -> None:
    assert quoted("24 months", documents={}).endswith("(Warranty)")


# --- Calculations and rows --------------------------------------------------------------------------------------------


def test_a_calculation_shows_its_working() -> None:
    evidence = Evidence("3 at 189.50", ())
    program: Program = ("calc", "mul", Number("3", QUESTION, 0, 1), Number("189.50", QUESTION, 5, 11), "give", "r1")
    assert render(Router({}).run(program, evidence), evidence) == "568.50 (3 × 189.50)"


@pytest.fixture
def shop(tmp_path: Path) -> Database:
    connection = sqlite3.connect(tmp_path / "shop.sqlite")
    connection.execute("CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, list_price REAL)")
    connection.executemany("INSERT INTO products VALUES (?, ?, ?)", [(n, f"Tent|{n}", n + 0.5) for n in range(1, 31)])
    connection.commit()
    connection.close()
    return SqliteDatabase("shop", tmp_path / "shop.sqlite")


def rows(shop: Database, *selection: Token, more: tuple[Token, ...] = ("give", "r1")) -> str:
    evidence = Evidence("?", (shop.schema,))
    return render(Router({"shop": shop}).run(("query", "select", *selection, "end", *more), evidence), evidence)


def test_a_single_value_comes_with_what_was_asked(shop: Database) -> None:
    assert rows(shop, "count", Table("products")) == "30 (count of products)"
    assert rows(shop, "sum", PRICE) == "480 (total list price of products)"


def test_a_short_column_is_a_list(shop: Database) -> None:
    assert rows(shop, NAME, "order", "desc", PRICE, "limit", "2") == (
        "Tent|30, Tent|29 (name of products ordered by list price, highest first, the first 2)"
    )  # fmt: skip


def test_a_list_says_the_units_that_no_heading_does(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "shop.sqlite")
    connection.execute("CREATE TABLE tents (name TEXT, price_eur REAL, weight_kg REAL)")
    connection.executemany("INSERT INTO tents VALUES (?, ?, ?)", [("Gannet", 12, 2.5), ("Fulmar", 15.5, 3)])
    connection.commit()
    connection.close()
    tents = SqliteDatabase("shop", tmp_path / "shop.sqlite")
    name, price, weight = (Column("tents", *column) for column in (("name", "text"), ("price_eur", "number"), ("weight_kg", "number")))
    assert rows(tents, price).startswith("12 EUR, 15.5 EUR (")
    assert rows(tents, name, price, weight, "limit", "1").startswith("Gannet, 12 EUR, 2.5 kg (")


def test_a_single_row_is_a_list(shop: Database) -> None:
    assert rows(shop, NAME, PRICE, "order", "asc", PRICE, "limit", "1") == (
        "Tent|1, 1.5 (name, list price of products ordered by list price, lowest first, only the first)"
    )  # fmt: skip


def test_a_table_says_what_it_leaves_out(shop: Database) -> None:
    lines = rows(shop, NAME, PRICE).splitlines()
    assert lines[:5] == ["Name, list price of products:", "", "| name | list price |", "| --- | --- |", "| Tent\\|1 | 1.5 |"]
    assert len([line for line in lines if line.startswith("| Tent")]) == ROWS_SHOWN
    assert lines[-1] == "These are the first 20 of 30 rows."


def test_heads_of_columns_are_words() -> None:
    assert [head(name) for name in ("list_price", "avg of OrderTotal", "count of different VIP_no", "unitPrice")] == [
        "list price", "average order total", "count of different VIP no", "unit price",
    ]  # fmt: skip


def test_a_calculation_over_a_query_says_what_was_asked(shop: Database) -> None:
    text = rows(shop, "max", PRICE, more=("calc", "mul", "r1", "2", "give", "r2"))
    assert text == "61 (30.5 × 2; highest list price of products)"


def test_a_sum_of_cents_stays_cents(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "till.sqlite")
    connection.execute("CREATE TABLE sales (id INTEGER PRIMARY KEY, amount REAL)")
    connection.executemany("INSERT INTO sales (amount) VALUES (?)", [(0.1,), (0.2,)])
    connection.commit()
    connection.close()
    till = SqliteDatabase("shop", tmp_path / "till.sqlite")
    assert rows(till, "sum", Column("sales", "amount", "number")) == "0.3 (total amount of sales)"


def test_every_program_that_runs_can_be_rendered(shop: Database) -> None:
    question = "Which of the 3 tents since 5 March 2024 cost 189.50?"
    evidence = Evidence(question, (PASSAGE, shop.schema), find_mentions(question))
    chance, rendered = Random(7), set()
    for _ in range(300):
        try:
            outcome = Router({"shop": shop}).run(sample_program(evidence, chance), evidence)
        except ToolError:
            continue
        assert render(outcome, evidence) or outcome.kind == "unknown"
        rendered.add(outcome.kind)
    assert rendered == {"quote", "rows", "number", "unknown"}


def asked(*selection: Token) -> str:
    step = tree(("query", "select", *selection, "end", "give", "r1")).all("step")[0]
    node = step.first("selection")
    assert isinstance(node, Node)
    return words(node)


@pytest.mark.parametrize(
    ("text", "selection"),
    [
        (
            "count of orders where status = shipped",
            ("count", Table("orders"), "where", "eq", STATUS, SHIPPED),
        ),
        (
            "count of orders where status ≠ shipped",
            ("count", Table("orders"), "where", "not", "eq", STATUS, SHIPPED),
        ),
        (
            "name of products where name is not among (status of orders) and not list price > 5",
            (NAME, "where", "and", "not", "in", NAME, "select", STATUS, "end", "not", "gt", PRICE, "5"),
        ),
        (
            "count of orders where ordered on < 2024-03-01 or ordered on > 2024-03-31",
            ("count", Table("orders"), "where", "or", "lt", DAY, A_MONTH, "gt", DAY, A_MONTH),
        ),
        (
            "net weight of parcel items where kind of box is not empty",
            (Column("ParcelItems", "NetWeight", "number"), "where", "not", "null", Column("ParcelItems", "Kind of box")),
        ),
        (
            "average list price of products where name contains tent",
            ("avg", PRICE, "where", "contains", NAME, Phrase("tent", 0, 4)),
        ),
        (
            "count of orders where ordered on = 2024-03-05",
            ("count", Table("orders"), "where", "eq", DAY, A_DAY),
        ),
        (
            "count of orders where ordered on = 2024-03-01 to 2024-03-31",
            ("count", Table("orders"), "where", "eq", DAY, A_MONTH),
        ),
        (
            "status, count of orders for each status with count of orders > 5",
            (STATUS, "count", Table("orders"), "group", STATUS, "having", "gt", "count", Table("orders"), "5"),
        ),
        (
            "name of products where list price > (average list price of products)",
            (NAME, "where", "gt", PRICE, "select", "avg", PRICE, "end"),
        ),
        (
            "year of ordered on of orders",
            ("year", DAY),
        ),
        (
            "name of products where (list price > 5 and list price < 10) or status of orders = shipped",
            (NAME, "where", "or", "and", "gt", PRICE, "5", "lt", PRICE, "10", "eq", STATUS, SHIPPED),
        ),
        (
            "different name of products",
            ("distinct", NAME),
        ),
    ],
)  # fmt: skip
def test_what_was_asked_is_said_in_words(text: str, selection: tuple[Token, ...]) -> None:
    assert asked(*selection) == text
