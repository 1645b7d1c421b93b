"""Programs to SQL and SQL to programs: what is promised about joins, dates, values, set operations and parameters."""

import sqlite3
from fractions import Fraction

import pytest

from tests.test_language import DATABASE, SCHEMA
from tools.errors import FixArguments, Unanswerable
from tools.evidence import QUESTION, Column, Date, Number, Phrase, Table, Value
from tools.introspection import introspect
from tools.language import Program, Token, print_program, tree
from tools.sql import Dialect, Query, compile_select
from tools.sql_reader import NotExpressible, read_sql, with_quoted_texts

NAME, HOME, WORK = Column("customer", "name", "text"), Column("customer", "home", "number"), Column("customer", "work", "number")
CITY, PRODUCT, PRICE = Column("city", "name", "text"), Column("product", "name", "text"), Column("product", "unit price", "number")
ORDER, PLACED, TOTAL = Column("orders", "id", "number"), Column("orders", "placed", "date"), Column("orders", "total", "number")
MARCH = Date("2024-03-01", "2024-04-01", QUESTION, 0, 0)


def number(value: str) -> Number:
    return Number(value, QUESTION, 0, 0)


def compiled(*tokens: Token, results: dict[str, object] | None = None, dialect: Dialect = "sqlite") -> Query:
    """The query of `tokens`. Where it compares with results, steps that give a number come first, as the language demands."""
    earlier: Program = tuple(t for name in sorted(results or {}) for t in ("query", "select", _like(name, results), "end"))
    program = tree((*earlier, "query", *tokens, "unknown"))
    return compile_select(program.all("step")[-1].all("selection")[0], SCHEMA, results or {}, dialect)


def _like(name: str, results: dict[str, object] | None) -> Column:
    """A column of the type of a result."""
    value = (results or {})[name]
    first = value[0] if isinstance(value, list) else value
    return NAME if isinstance(first, str) else TOTAL


@pytest.fixture
def shop() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(DATABASE)
    return connection


def rows(shop: sqlite3.Connection, *tokens: Token, results: dict[str, object] | None = None) -> list[tuple[object, ...]]:
    query = compiled(*tokens, results=results)
    return shop.execute(query.sql, query.parameters).fetchall()


# FROM and JOIN


def test_a_query_over_one_table_joins_nothing() -> None:
    assert compiled("select", TOTAL, "end").sql == 'SELECT "orders"."total" FROM "orders"'


def test_named_tables_are_joined_along_their_foreign_key(shop: sqlite3.Connection) -> None:
    query = compiled("select", NAME, TOTAL, "end")
    assert query.sql.endswith('FROM "customer" JOIN "orders" ON "orders"."customer" = "customer"."id"')
    assert query.columns == ("name", "total")


def test_a_name_in_double_quotes_that_is_no_column_is_a_text() -> None:
    said = 'SELECT "total" AS "sum" FROM orders WHERE placed = "today" AND id > 5 ORDER BY "sum"'
    assert with_quoted_texts(said, SCHEMA) == """SELECT "total" AS "sum" FROM orders WHERE placed = 'today' AND id > 5 ORDER BY "sum\""""
    assert with_quoted_texts("SELECT  total FROM orders", SCHEMA) == "SELECT  total FROM orders" and with_quoted_texts("(", SCHEMA) == "("


def test_a_columns_name_keeps_the_brackets_of_what_it_says() -> None:
    assert compiled("select", "sub", TOTAL, "sub", TOTAL, TOTAL, "end").columns == ("total - (total - total)",)
    assert compiled("select", "sum", "mul", "sub", TOTAL, TOTAL, TOTAL, "end").columns == ("sum of (total - total) * total",)
    assert compiled("select", "add", "add", TOTAL, TOTAL, "mul", TOTAL, TOTAL, "end").columns == ("total + total + total * total",)


def test_tables_between_the_named_ones_are_passed_through(shop: sqlite3.Connection) -> None:
    assert rows(shop, "select", "distinct", PRODUCT, "where", "eq", NAME, Value("customer", "name", "Bo"), "end") == [("Stove",)]


def test_tables_that_no_key_connects_are_refused_with_the_reason() -> None:
    with pytest.raises(Unanswerable, match="no foreign key connects 'customer' and 'note'"):
        compiled("select", NAME, Column("note", "title", "text"), "end")


def test_a_join_column_picks_the_foreign_key(shop: sqlite3.Connection) -> None:
    assert rows(shop, "select", NAME, CITY, "end") == [("Ada", "Oslo"), ("Bo", "Bergen")]
    assert rows(shop, "select", NAME, CITY, "join", WORK, "end") == [("Ada", "Bergen"), ("Bo", "Bergen")]


def test_a_join_table_is_joined_though_nothing_names_it(shop: sqlite3.Connection) -> None:
    assert rows(shop, "select", "distinct", NAME, "join", Table("line"), "end") == [("Ada",), ("Bo",)]
    assert '"line"' in compiled("select", NAME, "join", Table("line"), "end").sql


def test_two_join_columns_are_joined_where_no_key_is_declared() -> None:
    query = compiled("select", PLACED, Column("note", "title", "text"), "join", PLACED, Column("note", "written", "date"), "end")
    assert query.sql.endswith('JOIN "note" ON "orders"."placed" = "note"."written"')


def test_count_of_a_table_counts_the_rows_of_the_join(shop: sqlite3.Connection) -> None:
    assert rows(shop, "select", "count", Table("orders"), "end") == [(3,)]
    assert rows(shop, "select", NAME, "count", Table("line"), "group", NAME, "order", "asc", NAME, "end") == [("Ada", 2), ("Bo", 1)]


def test_an_inner_query_finds_its_own_tables(shop: sqlite3.Connection) -> None:
    query = compiled("select", NAME, "where", "in", Column("customer", "id", "number"), "select", HOME, "end", "end")
    assert query.sql.count("JOIN") == 0
    above = ("select", ORDER, "where", "gt", TOTAL, "select", "avg", TOTAL, "end", "end")
    assert rows(shop, *above) == [(1,)]


def test_a_column_that_the_database_lacks_is_refused() -> None:
    with pytest.raises(FixArguments, match=r"no column orders\.colour"):
        compiled("select", Column("orders", "colour", "text"), "end")


# Dates and numbers


@pytest.mark.parametrize(
    ("comparison", "days"),
    [
        ("eq", {"2024-03-01", "2024-03-31"}),
        ("ne", {"2024-02-29", "2024-04-01"}),
        ("lt", {"2024-02-29"}),
        ("le", {"2024-02-29", "2024-03-01", "2024-03-31"}),
        ("gt", {"2024-04-01"}),
        ("ge", {"2024-03-01", "2024-03-31", "2024-04-01"}),
    ],
)
def test_a_date_is_an_interval_in_every_comparison(shop: sqlite3.Connection, comparison: str, days: set[str]) -> None:
    shop.execute("DELETE FROM orders")
    shop.executemany("INSERT INTO orders (placed) VALUES (?)", [(d,) for d in ("2024-02-29", "2024-03-01", "2024-03-31", "2024-04-01")])
    assert {day for (day,) in rows(shop, "select", PLACED, "where", comparison, PLACED, MARCH, "end")} == days


def test_between_two_dates_includes_both_periods() -> None:
    may = Date("2024-05-01", "2024-06-01", QUESTION, 0, 0)
    query = compiled("select", ORDER, "where", "between", PLACED, MARCH, may, "end")
    assert query.parameters == ("2024-03-01", "2024-06-01")
    assert '"placed" >= ? AND "orders"."placed" < ?' in query.sql


def test_a_bare_year_beside_a_date_is_that_year(shop: sqlite3.Connection) -> None:
    assert rows(shop, "select", ORDER, "where", "eq", PLACED, number("2024"), "end") == [(1,)]
    assert rows(shop, "select", ORDER, "where", "lt", PLACED, number("2024"), "end") == [(2,)]


def test_parts_of_a_date_are_numbers(shop: sqlite3.Connection) -> None:
    asked = ("select", "year", PLACED, "month", PLACED, "day", PLACED, "where", "eq", "month", PLACED, number("3"), "end")
    assert rows(shop, *asked) == [(2024, 3, 5)]


def test_division_is_of_reals_and_by_zero_gives_nothing(shop: sqlite3.Connection) -> None:
    count = Column("line", "count", "number")
    assert rows(shop, "select", "div", count, "2", "order", "asc", count, "end") == [(0.0,), (0.5,), (1.0,)]
    assert rows(shop, "select", "div", "1", count, "where", "eq", count, "0", "end") == [(None,)]


def test_numbers_keep_their_kind() -> None:
    query = compiled("select", ORDER, "where", "or", "eq", TOTAL, number("12.50"), "eq", TOTAL, number("12.0"), "end")
    assert [repr(p) for p in query.parameters] == ["12.5", "12"]


def test_a_number_beyond_any_database_is_refused() -> None:
    with pytest.raises(Unanswerable, match="too large"):
        compiled("select", ORDER, "where", "lt", TOTAL, number("1e999"), "end")
    assert compiled("select", ORDER, "where", "lt", TOTAL, number("1e30"), "end").parameters == (1e30,)


# Values and parameters


def test_no_value_ever_stands_in_the_sql() -> None:
    evil = "x' OR 1=1; DROP TABLE orders; --"
    query = compiled(
        "select", NAME, "where", "or", "eq", NAME, Phrase(evil, 0, 0), "or", "contains", NAME, Phrase(evil, 0, 0), "eq", NAME,
        Value("customer", "name", evil), "limit", number("7"), "end",
    )  # fmt: skip
    assert "DROP" not in query.sql
    assert "7" not in query.sql
    assert query.parameters == (evil, f"%{evil}%".replace("_", "\\_"), evil, 7)


def test_words_of_the_question_match_in_any_case_and_stored_values_exactly(shop: sqlite3.Connection) -> None:
    assert rows(shop, "select", NAME, "where", "eq", NAME, Phrase("ADA", 0, 0), "end") == [("Ada",)]
    assert rows(shop, "select", NAME, "where", "eq", NAME, Value("customer", "name", "ADA"), "end") == []


def test_wildcards_in_a_phrase_are_plain_characters(shop: sqlite3.Connection) -> None:
    shop.execute("INSERT INTO product VALUES (3, '100% wool', 1), (4, '1000 pins', 2)")
    assert rows(shop, "select", PRODUCT, "where", "starts", PRODUCT, Phrase("100%", 0, 0), "end") == [("100% wool",)]
    assert rows(shop, "select", PRODUCT, "where", "ends", PRODUCT, Phrase("_ins", 0, 0), "end") == []


def test_an_earlier_result_is_a_parameter(shop: sqlite3.Connection) -> None:
    above = ("select", ORDER, "where", "gt", TOTAL, "r1", "end")
    assert rows(shop, *above, results={"r1": Fraction(1, 2)}) == [(1,)]
    assert compiled(*above, results={"r1": Fraction(1, 2)}).parameters == (0.5,)


def test_an_earlier_result_of_several_values_is_a_list(shop: sqlite3.Connection) -> None:
    named = ("select", TOTAL, "where", "eq", NAME, "r1", "end")
    assert len(rows(shop, *named, results={"r1": ["Ada", "Bo"]})) == 3
    with pytest.raises(Unanswerable, match="2 values where one is needed"):
        compiled("select", ORDER, "where", "gt", TOTAL, "r1", "end", results={"r1": [1.0, 2.0]})
    with pytest.raises(Unanswerable, match="is empty"):
        compiled("select", ORDER, "where", "gt", TOTAL, "r1", "end", results={"r1": [None]})


def test_names_with_quotes_and_blanks_stay_names(shop: sqlite3.Connection) -> None:
    assert rows(shop, "select", "max", PRICE, "end") == [(99.5,)]


# Set operations and shapes


def test_an_arm_may_order_and_limit(shop: sqlite3.Connection) -> None:
    dearest = ("select", PRODUCT, "order", "desc", PRICE, "limit", "1", "end")
    assert rows(shop, "union", *dearest, "select", NAME, "end") == [("Ada",), ("Bo",), ("Tent",)]


def test_set_operations_nest_as_written(shop: sqlite3.Connection) -> None:
    names, cities = ("select", NAME, "end"), ("select", CITY, "end")
    assert rows(shop, "except", *names, "except", *names, *cities) == []
    assert rows(shop, "except", "except", *names, *cities, "select", NAME, "where", "eq", NAME, Phrase("bo", 0, 0), "end") == [("Ada",)]


def test_ordering_single_rows_by_an_aggregate_is_refused() -> None:
    with pytest.raises(Unanswerable, match="by an aggregate"):
        compiled("select", NAME, "order", "desc", "sum", TOTAL, "end")


def test_postgres_groups_what_sqlite_leaves_bare() -> None:
    query = compiled("select", NAME, "max", TOTAL, "group", Column("customer", "id", "number"), "limit", "2", "end", dialect="postgres")
    assert 'GROUP BY "customer"."id", "customer"."name"' in query.sql
    assert query.sql.endswith("LIMIT %s")


# Reading SQL


@pytest.mark.parametrize(
    ("sql", "program"),
    [
        ("SELECT count(*) FROM orders", 'select count table["orders"] end'),
        (
            "SELECT T1.name FROM customer AS T1 JOIN orders AS T2 ON T1.id = T2.customer GROUP BY T1.id ORDER BY count(*) DESC LIMIT 1",
            'select column["customer", "name", "text"] group column["customer", "id", "number"]'
            ' order desc count table["orders"] limit 1 end',
        ),
        (
            "SELECT NAME FROM Product WHERE name LIKE '%ten%' AND \"unit price\" BETWEEN 1 AND 2.5",
            'select column["product", "name", "text"] where and contains column["product", "name", "text"] value["product", "name", "ten"]'
            ' between column["product", "unit price", "number"] number["1", -1, 0, 0] number["2.5", -1, 0, 0] end',
        ),
        (
            'SELECT name FROM customer WHERE name NOT LIKE "A%" AND id NOT IN (SELECT customer FROM orders)',
            'select column["customer", "name", "text"] where and not starts column["customer", "name", "text"]'
            ' value["customer", "name", "A"] not in column["customer", "id", "number"]'
            ' select column["orders", "customer", "number"] end end',
        ),
        (
            "SELECT c.name, t.name FROM customer c JOIN city t ON c.work = t.id",
            'select column["customer", "name", "text"] column["city", "name", "text"] join column["customer", "work", "number"] end',
        ),
        (
            "SELECT count(DISTINCT name) AS n FROM customer, orders WHERE orders.customer = customer.id",
            'select unique column["customer", "name", "text"] join table["orders"] end',
        ),
        (
            "SELECT customer FROM orders GROUP BY customer HAVING avg(total) > 3 UNION SELECT id FROM customer WHERE name = 'Ada'",
            'union select column["orders", "customer", "number"] group column["orders", "customer", "number"] having gt avg'
            ' column["orders", "total", "number"] 3 end select column["customer", "id", "number"] where eq'
            ' column["customer", "name", "text"] value["customer", "name", "Ada"] end',
        ),
        (
            "SELECT sum(total) / count(*) FROM orders WHERE strftime('%Y', placed) = '2024' OR placed IS NOT NULL",
            'select div sum column["orders", "total", "number"] count table["orders"] where or eq year column["orders", "placed", "date"]'
            ' number["2024", -1, 0, 0] not null column["orders", "placed", "date"] end',
        ),
    ],
)
def test_sql_reads_as_a_program_that_returns_the_same_rows(shop: sqlite3.Connection, sql: str, program: str) -> None:
    read = read_sql(sql, SCHEMA)
    assert print_program(read) == f"query {program} give r1"
    query = compile_select(tree(read).all("step")[0].all("selection")[0], SCHEMA)
    assert sorted(shop.execute(query.sql, query.parameters).fetchall()) == sorted(shop.execute(sql).fetchall())


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT a.name FROM customer a JOIN customer b ON a.home = b.work", "a table joined to itself"),
        ("SELECT name FROM customer LEFT JOIN orders ON orders.customer = customer.id", "outer or natural join"),
        ("SELECT count(*) FROM (SELECT 1)", "derived table"),
        ("SELECT customer.name FROM customer, product", "no join condition"),
        ("SELECT name FROM customer UNION ALL SELECT name FROM city", "union all"),
        ("SELECT name FROM customer WHERE EXISTS (SELECT 1 FROM orders)", "condition exists"),
        ("DELETE FROM orders", "a delete as query"),
        ("SELECT sum(name) FROM customer", "types"),
        ("SELEC name", "syntax|a .* as query"),
    ],
)
def test_what_the_language_cannot_say_is_named(sql: str, reason: str) -> None:
    with pytest.raises(NotExpressible, match=reason):
        read_sql(sql, SCHEMA)


def test_the_callback_decides_what_a_literal_points_at() -> None:
    seen: list[tuple[Column | None, object]] = []

    def point(column: Column | None, literal: str | int | float) -> Token:
        seen.append((column, literal))
        return Phrase(literal, 3, 6) if isinstance(literal, str) else "5"

    program = read_sql("SELECT name FROM customer WHERE name = 'Ada' LIMIT 5", SCHEMA, point)
    assert seen == [(NAME, "Ada"), (None, 5)]
    assert Phrase("Ada", 3, 6) in program


# Introspection


def test_introspection_finds_types_keys_and_foreign_keys(shop: sqlite3.Connection) -> None:
    schema = introspect(shop, "shop")
    assert [t.name for t in schema.tables] == [t.name for t in SCHEMA.tables]
    assert set(schema.foreign_keys) == set(SCHEMA.foreign_keys)
    types = {(t.name, c.name): c.type for t in schema.tables for c in t.columns}
    assert types == {(t.name, c.name): c.type for t in SCHEMA.tables for c in t.columns}
    keys = {(t.name, c.name): c.key for t in schema.tables for c in t.columns}
    assert (keys["orders", "id"], keys["orders", "customer"], keys["orders", "total"]) == ("primary", "foreign", "")


def test_text_that_is_all_numbers_is_a_number_and_codes_are_not(shop: sqlite3.Connection) -> None:
    shop.execute("CREATE TABLE import (price TEXT, code TEXT, day TEXT, mixed INTEGER)")
    shop.execute("INSERT INTO import VALUES ('1.50', '007', '2024-01-31', 'n/a'), ('20', '012', '2024-02-01 10:30', 3)")
    table = next(t for t in introspect(shop, "shop").tables if t.name == "import")
    assert [c.type for c in table.columns] == ["number", "text", "date", "text"]


# Rows behind foreign keys


def via(key: Column, *field: Token) -> tuple[Token, ...]:
    return ("via", key, *field)


CITY_NAME = Column("city", "name", "text")
ORDERED_BY = Column("orders", "customer", "number")


def test_two_keys_to_one_table_read_two_of_its_rows(shop: sqlite3.Connection) -> None:
    query = compiled("select", NAME, *via(HOME, CITY_NAME), *via(WORK, CITY_NAME), "order", "asc", NAME, "end")
    assert shop.execute(query.sql, query.parameters).fetchall() == [("Ada", "Oslo", "Bergen"), ("Bo", "Bergen", "Bergen")]
    assert query.columns == ("name", "name of home", "name of work")


def test_a_way_through_keys_goes_on_from_the_row_before_and_filters(shop: sqlite3.Connection) -> None:
    work = via(ORDERED_BY, *via(WORK, CITY_NAME))
    query = compiled("select", ORDER, "where", "eq", *work, Value("city", "name", "Bergen"), "order", "asc", ORDER, "end")
    assert shop.execute(query.sql, query.parameters).fetchall() == [(1,), (2,), (3,)]
    assert query.sql.count("JOIN") == 2


def test_the_same_way_is_joined_once_and_inner_queries_have_ways_of_their_own() -> None:
    home = via(HOME, CITY_NAME)
    inner = ("select", NAME, "where", "eq", *home, Phrase("oslo", 0, 4), "end")
    query = compiled("select", "count", Table("customer"), *home, "where", "in", NAME, *inner, "group", *home, "end")
    assert query.sql.count("JOIN") == 2
    assert query.sql.count('"via1"') > 2 and '"via2"' in query.sql


def test_a_column_that_refers_to_nothing_leads_nowhere() -> None:
    with pytest.raises(Unanswerable, match="orders.total refers to no other table"):
        compiled("select", *via(TOTAL, CITY_NAME), "end")
    with pytest.raises(Unanswerable, match="customer.home does not refer to 'product'"):
        compiled("select", *via(HOME, PRODUCT), "end")


SELF = "CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT, pay REAL, boss INTEGER REFERENCES staff (id))"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a.name, b.name FROM staff a JOIN staff b ON a.boss = b.id ORDER BY a.name",
        "SELECT b.name, count(*) FROM staff AS a JOIN staff AS b ON b.id = a.boss GROUP BY b.id ORDER BY b.name",
        "SELECT a.name FROM staff a, staff b WHERE a.boss = b.id AND a.pay > b.pay",
        "SELECT a.name, c.name FROM staff a JOIN staff b ON a.boss = b.id JOIN staff c ON b.boss = c.id",
    ],
)
def test_a_table_joined_to_itself_along_its_key_is_read_and_written_back(sql: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(SELF)
    connection.executemany("INSERT INTO staff VALUES (?, ?, ?, ?)", [(1, "Ada", 9, None), (2, "Bo", 11, 1), (3, "Cy", 5, 2)])
    schema = introspect(connection, "firm")
    program = read_sql(sql, schema)
    assert "via" in program
    selection = tree(program).all("step")[0].first("selection")
    assert selection is not None
    query = compile_select(selection, schema)
    rows = connection.execute(sql).fetchall()
    assert rows and connection.execute(query.sql, query.parameters).fetchall() == rows


def test_a_table_joined_to_itself_along_no_key_has_no_program() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(SELF)
    with pytest.raises(NotExpressible, match="joined to itself"):
        read_sql("SELECT a.name FROM staff a JOIN staff b ON a.pay = b.pay", introspect(connection, "firm"))
