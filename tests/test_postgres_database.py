"""PostgreSQL as a database to ask: what is found of it, what it gives, what the operator hides, and a server that goes and comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from tests import postgres
from tools.database import DatabaseOptions, Limits
from tools.database_options import WrongOptions
from tools.errors import DatabaseError, FixArguments, ToolError, Unanswerable, Unreachable
from tools.evidence import ColumnInfo, ForeignKey
from tools.postgres_database import PostgresDatabase

pytestmark = pytest.mark.skipif(postgres.binaries() is None, reason="PostgreSQL is not installed")

LOCKS = {
    "statement lock alone": {"_engine_lock": False},
    "engine lock alone": {"_statement_lock": False},
    "both": {},
}
SHOP = """
CREATE TABLE customers (id int PRIMARY KEY, name text, vip boolean, city varchar(20));
CREATE TABLE orders (
    id int PRIMARY KEY, customer int REFERENCES customers (id), payer int REFERENCES customers (id),
    total numeric(10, 2), day date, at timestamptz
);
CREATE TABLE "odd ""na%me" ("a b%c" text, "select" int);
CREATE VIEW dear AS SELECT name, total FROM orders JOIN customers ON customer = customers.id WHERE total > 100;
CREATE MATERIALIZED VIEW frozen AS SELECT city, COUNT(*) AS people FROM customers GROUP BY city;
CREATE TABLE measured (taken date, depth real) PARTITION BY RANGE (taken);
CREATE TABLE measured_2024 PARTITION OF measured FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
COMMENT ON TABLE orders IS 'purchases';
COMMENT ON COLUMN orders.total IS 'turnover.';
COMMENT ON COLUMN orders.day IS 'The day on which the order was placed by the customer, in the time zone of the shop that took it';
INSERT INTO customers VALUES (1, 'Ada', true, 'Oslo'), (2, 'Bob', false, 'Bergen');
INSERT INTO orders SELECT n, n % 2 + 1, 1, n * 10, '2024-01-01'::date + n - 1, '2024-01-01 10:00+00' FROM generate_series(1, 28) AS n;
INSERT INTO "odd ""na%me" VALUES ('x', 7);
INSERT INTO measured VALUES ('2024-05-05', 1.5);
REFRESH MATERIALIZED VIEW frozen;
CREATE SCHEMA sales;
CREATE TABLE sales.orders (id int, item text);
INSERT INTO sales.orders VALUES (1, 'tent');
CREATE TABLE sales.returns (id int);
"""
TYPES = """
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE DOMAIN score AS int CHECK (VALUE > 0);
CREATE TABLE things (
    n score, m mood, tags text[], j jsonb, u uuid, pay money, lasts interval, raw bytea, ok boolean, fixed char(5), big numeric,
    clock time, address inet, span int4range, late timestamp
);
INSERT INTO things VALUES (
    3, 'glad', '{a,b}', '{"a": 1}', '6ecd8c99-4036-403d-bf84-cf8400f67836', 12.5, '1 day 02:00', '\\x0aff', true, 'ab', 1e20, '10:30',
    '10.0.0.1', '[1,5)', '2024-02-03 04:05:06'
);
"""


@pytest.fixture(scope="module")
def socket() -> Iterator[str]:
    with postgres.running() as folder:
        yield folder


def new(socket: str, statements: str) -> str:
    address = postgres.new_database(socket)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statements)  # type: ignore[call-overload]
    return address


@pytest.fixture(scope="module")
def shop(socket: str) -> str:
    return new(socket, SHOP)


# --- Ordinary behaviour


@pytest.mark.parametrize("locks", LOCKS.values(), ids=LOCKS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(*) FROM orders",
        "SELECT c.name, SUM(o.total) FROM orders AS o JOIN customers AS c ON o.customer = c.id GROUP BY c.name HAVING SUM(o.total) > 1",
        "SELECT DISTINCT day FROM orders WHERE day >= '2024-01-03' AND day < '2024-01-05' ORDER BY day DESC NULLS LAST LIMIT 3",
        'SELECT CAST(EXTRACT(YEAR FROM CAST("orders"."day" AS TIMESTAMP)) AS INT) FROM "orders" WHERE "orders"."id" <> %s',
        "SELECT name FROM customers UNION SELECT city FROM customers EXCEPT SELECT 'x' FROM customers",
        "SELECT name FROM customers WHERE id IN (SELECT customer FROM orders WHERE total BETWEEN 1 AND 2) AND LOWER(name) = LOWER('a')",
        "SELECT ROUND(AVG(total), 1), COALESCE(NULLIF(MIN(total), 0), ABS(-1)) FROM orders",
        "SELECT name FROM customers WHERE NOT (name ILIKE %s ESCAPE '\\') AND vip IS NOT NULL",
        'SELECT "a b%%c", "select" FROM "odd ""na%%me"',
        "SELECT name FROM dear",
        "SELECT people FROM frozen",
    ],
)  # fmt: skip
def test_honest_statements_pass_every_lock(shop: str, sql: str, locks: dict[str, bool]) -> None:
    assert PostgresDatabase("shop", shop, **locks).run(sql, ("1",) * sql.count("%s")).columns


def test_rows_come_with_their_columns_and_parameters_are_bound(shop: str) -> None:
    rows = PostgresDatabase("shop", shop).run("SELECT id AS n, total FROM orders WHERE total > %s AND day <> %s", (260, "2024-01-01"))
    assert (rows.columns, rows.rows, rows.truncated) == (("n", "total"), ((27, 270.0), (28, 280.0)), False)


def test_the_schema_has_types_keys_comments_and_no_values(shop: str) -> None:
    schema = PostgresDatabase("shop", shop).schema
    tables = {table.name: table for table in schema.tables}
    assert list(tables) == ["customers", "orders", 'odd "na%me', "dear", "frozen", "measured"]
    assert tables["orders"].columns == (
        ColumnInfo("id", "number", key="primary"), ColumnInfo("customer", "number", key="foreign"),
        ColumnInfo("payer", "number", key="foreign"), ColumnInfo("total", "number", synonyms=("turnover",)),
        ColumnInfo("day", "date"), ColumnInfo("at", "date"),
    )  # fmt: skip
    assert tables["orders"].synonyms == ("purchases",)
    assert schema.foreign_keys == (ForeignKey("orders", "customer", "customers", "id"), ForeignKey("orders", "payer", "customers", "id"))
    assert PostgresDatabase("shop", shop).declares_keys


def test_every_type_reads_as_a_value_of_json(socket: str) -> None:
    database = PostgresDatabase("things", new(socket, TYPES))
    assert database.run('SELECT * FROM "things"').rows == (
        (3, "glad", "{a,b}", '{"a": 1}', "6ecd8c99-4036-403d-bf84-cf8400f67836", 12.5, "1 day 02:00:00", "0aff", True, "ab", 10**20,
         "10:30:00", "10.0.0.1/32", "[1,5)", "2024-02-03 04:05:06"),
    )  # fmt: skip
    types = {column.name: column.type for column in database.schema.tables[0].columns}
    assert types["n"] == types["pay"] == types["big"] == "number"
    assert (types["ok"], types["late"]) == ("boolean", "date")
    assert {types[name] for name in ("m", "tags", "j", "u", "lasts", "raw", "fixed", "clock", "address", "span")} == {"text"}
    assert database.distinct("things", "m", 5) == ["glad"]
    assert database.run('SELECT "m" FROM "things" WHERE LOWER("m") = %s AND "tags" ILIKE %s', ("glad", "%b%")).rows == (("glad",),)


def test_distinct_values_and_samples_are_listed_up_to_the_limit(shop: str) -> None:
    database = PostgresDatabase("shop", shop)
    assert sorted(database.distinct("customers", "name", 10)) == ["Ada", "Bob"]
    assert len(database.distinct("orders", "day", 5)) == 5
    assert database.distinct('odd "na%me', "a b%c", 5) == ["x"]
    assert database.sample('odd "na%me', 5) == [("x", 7)]
    with pytest.raises(FixArguments, match="pg_class"):
        database.distinct("pg_class", "relname", 5)


def test_more_rows_or_bytes_than_the_caps_are_reported_as_truncated(shop: str) -> None:
    assert not PostgresDatabase("shop", shop, Limits(rows=28)).run("SELECT id FROM orders").truncated
    rows = PostgresDatabase("shop", shop, Limits(rows=27)).run("SELECT id FROM orders")
    assert (len(rows.rows), rows.truncated) == (27, True)
    rows = PostgresDatabase("shop", shop, Limits(bytes=1000)).run("SELECT day FROM orders CROSS JOIN customers CROSS JOIN frozen")
    assert (len(rows.rows), rows.truncated) == (100, True)


@pytest.mark.parametrize("parameters", [("\ud800",), ("a\0b",), (1, 2), (), ([],), ("abc",)])
def test_parameters_that_cannot_be_held_are_a_named_error(shop: str, parameters: tuple[object, ...]) -> None:
    with pytest.raises(FixArguments):
        PostgresDatabase("shop", shop).run("SELECT id FROM orders WHERE total = %s", parameters)  # type: ignore[arg-type]


def test_threads_share_one_database(shop: str) -> None:
    database = PostgresDatabase("shop", shop)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(database.run("SELECT SUM(total) FROM orders").rows)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [((4060.0,),)] * 8


def test_a_statement_leaves_nothing_to_the_next_one_on_its_connection(shop: str) -> None:
    """What the lock of words refuses is done here from inside, as if it had been got past."""
    database = PostgresDatabase("shop", shop)
    with database._reading(1.0) as connection:
        connection.execute("SELECT set_config('statement_timeout', '0', false), set_config('role', 'pg_monitor', false)")
        connection.execute("SELECT pg_advisory_lock(7)")
        process = connection.info.backend_pid
    with database._reading(1.0) as connection:
        assert connection.info.backend_pid == process, "the connection is used again"
        assert connection.execute("SHOW statement_timeout").fetchone() == ("1s",)
        assert connection.execute("SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)


# --- Several schemas, hidden names, synonyms


def test_the_first_schema_keeps_a_name_and_the_others_put_theirs_before_it(shop: str) -> None:
    database = PostgresDatabase("shop", shop, options=DatabaseOptions(schemas=("public", "sales")))
    assert {"orders", "sales.orders", "returns"} <= {table.name for table in database.schema.tables}
    assert database.run('SELECT "sales.orders"."item" FROM "sales.orders"').rows == (("tent",),)
    assert database.run("SELECT COUNT(*) FROM orders").rows == ((28,),)
    alone = PostgresDatabase("shop", shop, options=DatabaseOptions(schemas=("sales",)))
    assert [table.name for table in alone.schema.tables] == ["orders", "returns"]
    assert alone.run("SELECT item FROM orders").rows == (("tent",),)
    with pytest.raises(WrongOptions, match="'sale'; it has .*'sales'"):
        _ = PostgresDatabase("shop", shop, options=DatabaseOptions(schemas=("sale",))).schema


HIDING = DatabaseOptions(hidden=("customers.city", "frozen"), synonyms={"customers": ("clients",), "orders.total": ("revenue",)})


@pytest.mark.parametrize("locks", LOCKS.values(), ids=LOCKS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT city FROM customers",
        "SELECT customers.city FROM customers",
        "SELECT c.city FROM customers AS c",
        "SELECT id FROM customers WHERE city = 'Oslo'",
        "SELECT id FROM customers ORDER BY city",
        "SELECT 1 AS city, city FROM customers",
        "SELECT COUNT(DISTINCT city) FROM customers",
        "SELECT COUNT(*) FROM customers AS a JOIN customers AS b USING (city)",
        "SELECT people FROM frozen",
        "SELECT 1 AS frozen, people FROM frozen",
        "SELECT city FROM public.customers",
    ],
)
def test_what_is_hidden_cannot_be_asked_for(shop: str, sql: str, locks: dict[str, bool]) -> None:
    with pytest.raises(FixArguments):
        PostgresDatabase("shop", shop, options=HIDING, **locks).run(sql)


@pytest.mark.parametrize("locks", LOCKS.values(), ids=LOCKS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM customers",
        "SELECT c.* FROM customers AS c",
        "SELECT customers FROM customers",
        "SELECT CAST(customers AS TEXT) FROM customers",
        "SELECT * FROM customers AS a NATURAL JOIN customers AS b",
        "SELECT a.id FROM customers AS a JOIN customers AS b ON a = b",
    ],
)
def test_a_hidden_column_is_in_no_star_and_no_row(shop: str, sql: str, locks: dict[str, bool]) -> None:
    database = PostgresDatabase("shop", shop, options=HIDING, **locks)
    try:
        assert "Oslo" not in repr(database.run(sql).rows)
    except FixArguments:
        pass


def test_what_is_hidden_is_in_no_schema_value_or_sample_and_synonyms_are(shop: str) -> None:
    database = PostgresDatabase("shop", shop, options=HIDING)
    tables = {table.name: table for table in database.schema.tables}
    assert "frozen" not in tables and [column.name for column in tables["customers"].columns] == ["id", "name", "vip"]
    assert database.sample("customers", 1) == [(1, "Ada", True)]
    assert (tables["customers"].synonyms, tables["orders"].columns[3].synonyms) == (("clients",), ("revenue", "turnover"))
    with pytest.raises(FixArguments):
        database.distinct("customers", "city", 5)


def test_a_column_that_the_role_may_not_read_is_not_in_the_schema(socket: str, shop: str) -> None:
    with psycopg.connect(shop, autocommit=True) as connection:
        connection.execute("CREATE ROLE clerk LOGIN")
        connection.execute("GRANT SELECT (id, name) ON customers TO clerk")
    database = PostgresDatabase("shop", shop.replace("tests@", "clerk@"))
    assert [(t.name, [c.name for c in t.columns]) for t in database.schema.tables] == [("customers", ["id", "name"])]
    assert database.run("SELECT name FROM customers WHERE id = %s", (1,)).rows == (("Ada",),)


# --- Servers that are away


SECRET = "postgresql://ada:s3cret@{}/shop"


@pytest.mark.parametrize("place", ["127.0.0.1:1", "nowhere.invalid", ""])
def test_a_server_that_is_not_there_is_named_without_its_address(place: str) -> None:
    with pytest.raises(Unreachable, match="'shop'") as caught:
        PostgresDatabase("shop", SECRET.format(place) + ("" if place else "?host=/nowhere")).run("SELECT 1")
    assert "s3cret" not in str(caught.value) and "ada" not in str(caught.value) and "nowhere" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_an_address_that_is_none_is_said_so_without_it() -> None:
    with pytest.raises(DatabaseError, match="address of the database 'shop'") as caught:
        PostgresDatabase("shop", "postgresql://ada:s3cret@host/shop?colour=red").run("SELECT 1")
    assert "s3cret" not in str(caught.value)


def test_a_connection_that_died_is_replaced(shop: str) -> None:
    database = PostgresDatabase("shop", shop)
    assert database.run("SELECT COUNT(*) FROM orders").rows == ((28,),)
    with psycopg.connect(shop, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'reckoner'")
    assert database.run("SELECT COUNT(*) FROM orders").rows == ((28,),)


def test_a_runaway_is_cut_and_the_next_statement_runs(shop: str) -> None:
    database = PostgresDatabase("shop", shop, Limits(seconds=0.3))
    runaway = "SELECT SUM(a.id) FROM orders AS a" + "".join(f" CROSS JOIN orders AS t{n}" for n in range(9))
    with pytest.raises(Unanswerable, match="longer than 0.3 seconds"):
        database.run(runaway)
    assert database.run("SELECT COUNT(*) FROM orders").rows == ((28,),)


def test_a_database_that_is_locked_is_not_waited_for_longer_than_a_statement_may_take(shop: str) -> None:
    database = PostgresDatabase("shop", shop, Limits(seconds=0.3))
    assert database.schema
    with psycopg.connect(shop) as connection:
        connection.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(ToolError, match="busy|longer than"):
            database.run("SELECT COUNT(*) FROM orders")


def test_its_version_changes_with_what_is_written_and_with_nothing_else(socket: str) -> None:
    address = new(socket, "CREATE TABLE shops (city text); INSERT INTO shops VALUES ('Oslo')")
    database = PostgresDatabase("shop", address)

    def settled() -> object:
        """The server tells what was written within a second or so."""
        last = None
        while last != (last := database.version()):
            time.sleep(1.1)
        return last

    with psycopg.connect(address, autocommit=True) as connection:
        before = settled()
        connection.execute("SELECT * FROM shops").fetchall()
        assert settled() == before
        connection.execute("UPDATE shops SET city = 'Bergen'")
        assert settled() != before
    database.close()
