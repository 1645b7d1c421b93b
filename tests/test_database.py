"""The database's promises, each written as the attack. Every attack meets both locks alone, and both together."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.waiting import ends_within
from tools.database import Limits
from tools.errors import DatabaseError, FixArguments, ToolError, Unanswerable
from tools.evidence import ColumnInfo
from tools.sqlite_database import SqliteDatabase

LOCKS = {
    "statement lock alone": {"_engine_lock": False},
    "engine lock alone": {"_statement_lock": False},
    "both": {},
}
ENGINE = {name: locks for name, locks in LOCKS.items() if name != "statement lock alone"}
QUICK = Limits(seconds=0.3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "shop.sqlite"
    with sqlite3.connect(file) as connection:
        connection.executescript(
            """
            CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, vip BOOLEAN);
            CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers(id), total REAL, day TEXT, note BLOB);
            CREATE TABLE "odd ""name" ("a b" TEXT);
            CREATE INDEX by_day ON orders (day);
            CREATE VIEW dear AS SELECT name, total FROM orders JOIN customers ON customer = customers.id WHERE total > 100;
            CREATE VIEW leak AS SELECT sql FROM sqlite_master;
            INSERT INTO customers VALUES (1, 'Ada', 1), (2, 'Bob', 0);
            INSERT INTO "odd ""name" VALUES ('x');
            """
        )
        rows = ((n, n % 2 + 1, n * 10.0, f"2024-01-{n:02d}", None) for n in range(1, 29))
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()
    return file


def digest(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


# --- Ordinary behaviour


@pytest.mark.parametrize("locks", LOCKS.values(), ids=LOCKS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(*) FROM orders",
        "SELECT c.name, SUM(o.total) FROM orders AS o JOIN customers AS c ON o.customer = c.id GROUP BY c.name HAVING SUM(o.total) > 1",
        "SELECT DISTINCT day FROM orders WHERE day >= '2024-01-03' AND day < '2024-01-05' ORDER BY day DESC LIMIT 3",
        "SELECT CAST(STRFTIME('%Y', day) AS INTEGER) FROM orders WHERE day LIKE '%d%' ESCAPE '\\'",
        "SELECT name FROM customers UNION SELECT name FROM customers EXCEPT SELECT 'x' FROM customers",
        "SELECT name FROM customers WHERE id IN (SELECT customer FROM orders WHERE total BETWEEN 1 AND 2) AND name = '' COLLATE NOCASE",
        "SELECT ROUND(AVG(total), 1), COALESCE(NULLIF(MIN(total), 0), ABS(-1)), LOWER(MAX(day)) FROM orders",
        'SELECT "a b" FROM "odd ""name"',
        "SELECT name FROM dear",
    ],
)
def test_honest_statements_pass_every_lock(path: Path, sql: str, locks: dict[str, bool]) -> None:
    assert SqliteDatabase("shop", path, **locks).run(sql).columns


def test_rows_come_with_their_columns_and_parameters_are_bound(path: Path) -> None:
    rows = SqliteDatabase("shop", path).run("SELECT id AS n, total FROM orders WHERE total > ? AND day <> ?", (260, "' OR 1=1 --"))
    assert (rows.columns, rows.rows, rows.truncated) == (("n", "total"), ((27, 270.0), (28, 280.0)), False)


def test_the_schema_has_types_and_keys_and_no_values(path: Path) -> None:
    schema = SqliteDatabase("shop", path).schema
    tables = {table.name: table for table in schema.tables}
    assert schema.database == "shop"
    assert tables["orders"].columns[1:4] == (
        ColumnInfo("customer", "number", key="foreign"), ColumnInfo("total", "number"), ColumnInfo("day", "date")
    )  # fmt: skip
    assert (schema.foreign_keys[0].table, schema.foreign_keys[0].other_table) == ("orders", "customers")


def test_distinct_values_are_listed_up_to_the_limit(path: Path) -> None:
    database = SqliteDatabase("shop", path)
    assert sorted(database.distinct("customers", "name", 10)) == ["Ada", "Bob"]
    assert len(database.distinct("orders", "day", 5)) == 5
    assert database.distinct("orders", "note", 5) == []
    assert database.distinct('odd "name', "a b", 5) == ["x"]
    with pytest.raises(FixArguments, match="sqlite_master"):
        database.distinct("sqlite_master", "sql", 5)


def test_more_rows_than_the_cap_are_reported_as_truncated(path: Path) -> None:
    database = SqliteDatabase("shop", path, Limits(rows=28))
    assert not database.run("SELECT id FROM orders").truncated
    rows = SqliteDatabase("shop", path, Limits(rows=27)).run("SELECT id FROM orders")
    assert (len(rows.rows), rows.truncated) == (27, True)


def test_more_bytes_than_the_cap_are_reported_as_truncated(path: Path) -> None:
    rows = SqliteDatabase("shop", path, Limits(bytes=1000)).run("SELECT day FROM orders AS a, customers, customers AS b, customers AS c")
    assert (len(rows.rows), rows.truncated) == (100, True)


def test_a_blob_reads_as_hex_and_broken_text_does_not_break_a_query(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO customers VALUES (3, CAST(x'ff41' AS TEXT), 0)")
        connection.execute("UPDATE orders SET note = x'0aff' WHERE id = 1")
    connection.close()
    database = SqliteDatabase("shop", path)
    assert database.run("SELECT name FROM customers WHERE id = 3").rows == (("\ufffdA",),)
    assert database.run("SELECT note FROM orders WHERE id = 1").rows == (("0aff",),)


@pytest.mark.parametrize("parameters", [(2**70,), ("\ud800",), (1, 2), (), ([],)])
def test_parameters_that_sqlite_cannot_hold_are_a_named_error(path: Path, parameters: tuple[object, ...]) -> None:
    with pytest.raises(FixArguments):
        SqliteDatabase("shop", path).run("SELECT id FROM orders WHERE total = ?", parameters)


def test_threads_share_one_database(path: Path) -> None:
    database = SqliteDatabase("shop", path)
    found: list[object] = []

    def ask() -> None:
        for _ in range(10):
            found.append(database.run("SELECT SUM(total) FROM orders").rows)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [((4060.0,),)] * 80


# --- Files that are not there, or not what they should be


def test_a_missing_file_is_named_and_not_created(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="'shop' is missing"):
        SqliteDatabase("shop", tmp_path / "none.sqlite").run("SELECT 1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damage", [lambda b: b"not a database at all " * 100, lambda b: b[:100], lambda b: b[:100] + b"\xff" * len(b[100:])]
)
def test_a_damaged_file_is_one_plain_sentence(path: Path, damage: Callable[[bytes], bytes]) -> None:
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DatabaseError, match="damaged") as caught:
        SqliteDatabase("shop", path).run("SELECT COUNT(*) FROM orders")
    assert str(path) not in str(caught.value)


def test_a_file_that_vanishes_later_is_still_named(path: Path) -> None:
    database = SqliteDatabase("shop", path)
    assert database.run("SELECT COUNT(*) FROM orders").rows == ((28,),)
    path.unlink()
    with pytest.raises(DatabaseError, match="missing"):
        database.run("SELECT COUNT(*) FROM orders")


# --- Attacks: nothing is written, nothing is read that is not the user's

REFUSED = [
    "ATTACH DATABASE '{other}' AS other",
    "ATTACH ':memory:' AS m",
    "DETACH DATABASE main",
    "INSERT INTO customers VALUES (9, 'Eve', 1)",
    "UPDATE orders SET total = 0",
    "DELETE FROM orders",
    "REPLACE INTO customers VALUES (1, 'Eve', 1)",
    "DROP TABLE orders",
    "ALTER TABLE orders ADD COLUMN x",
    "CREATE TABLE t (x)",
    "CREATE TABLE t AS SELECT * FROM orders",
    "CREATE TEMP TABLE t (x)",
    "CREATE TEMPORARY VIEW t AS SELECT 1",
    "CREATE TRIGGER t AFTER INSERT ON orders BEGIN SELECT 1; END",
    "CREATE INDEX i ON orders (total)",
    "CREATE VIRTUAL TABLE t USING fts5(x)",
    "WITH gone AS (SELECT id FROM orders) DELETE FROM orders WHERE id IN (SELECT id FROM gone)",
    "DELETE FROM orders RETURNING id",
    "VACUUM",
    "VACUUM INTO '{other}'",
    "REINDEX",
    "ANALYZE",
    "PRAGMA query_only = OFF",
    "PRAGMA writable_schema = ON",
    "PRAGMA table_info(orders)",
    "PRAGMA journal_mode = DELETE",
    "BEGIN IMMEDIATE",
    "COMMIT",
    "SAVEPOINT s",
    "EXPLAIN DELETE FROM orders",
    "SELECT 1; DELETE FROM orders",
    "SELECT id FROM orders; ATTACH '{other}' AS o",
    "SELECT * FROM sqlite_master",
    "SELECT COUNT(*) FROM sqlite_master",
    "SELECT * FROM main.sqlite_schema",
    "SELECT * FROM SQLITE_MASTER AS orders",
    "SELECT * FROM sqlite_temp_master",
    'SELECT name FROM "sqlite_master"',
    "SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM sqlite_master)",
    "SELECT * FROM pragma_table_info('orders')",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM dbstat",
    "SELECT * FROM json_each('[1]')",
    "SELECT * FROM temp.orders",
    "SELECT load_extension('evil.so')",
    "SELECT id FROM orders WHERE load_extension('evil.so', 'main') = 1",
    "SELECT writefile('{other}', 'x')",
    "SELECT readfile('/etc/passwd')",
    "SELECT edit('x', 'sh')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT zeroblob(1000000000)",
    "SELECT LENGTH(zeroblob(1000000000)) FROM orders",
    "SELECT randomblob(1000000000)",
    "SELECT hex(zeroblob(100000000))",
    "SELECT replace('a', 'a', 'b')",
    "SELECT replace(hex(zeroblob(100000)), '0', hex(zeroblob(100000)))",
    "SELECT printf('%.*c', 1000000000, 'x')",
    "SELECT format('%1000000000d', 1)",
    "SELECT group_concat(day) FROM orders",
    "SELECT sqlite_version()",
    "SELECT pg_sleep(10)",
    "VALUES (1)" + ", (1)" * 5,
    "",
    ";",
    "not sql at all",
]  # fmt: skip
# A statement of nothing but constants is harmless, and the engine has no reason to refuse it.
HARMLESS_TO_THE_ENGINE = {"VALUES (1), (1), (1), (1), (1), (1)", "", ";", "COMMIT"}


@pytest.mark.parametrize("locks", LOCKS.values(), ids=LOCKS)
@pytest.mark.parametrize("attack", REFUSED)
def test_whatever_is_not_a_plain_select_is_refused_by_each_lock(path: Path, attack: str, locks: dict[str, bool]) -> None:
    if attack in HARMLESS_TO_THE_ENGINE and "_statement_lock" in locks:
        pytest.skip("not an attack on the engine")
    other = path.parent / "other.sqlite"
    database = SqliteDatabase("shop", path, **locks)
    before = (digest(path.parent), database.schema)
    with ends_within(1), pytest.raises(FixArguments):
        database.run(attack.replace("{other}", str(other)))
    assert digest(path.parent) == before[0]


def test_a_write_into_a_second_file_is_refused_even_where_it_is_attached_first(path: Path, tmp_path: Path) -> None:
    """What a read-only connection alone does not stop."""
    other = tmp_path / "other.sqlite"
    plain = sqlite3.connect(path.as_uri() + "?mode=ro", uri=True)
    plain.execute("ATTACH ? AS other", (str(other),))
    plain.execute("CREATE TABLE other.stolen AS SELECT * FROM customers")
    plain.close()
    assert other.exists(), "the attack works without the locks"
    other.unlink()
    database = SqliteDatabase("shop", path, _statement_lock=False)
    for statement in (f"ATTACH '{other}' AS other", "CREATE TABLE other.stolen AS SELECT * FROM customers"):
        with pytest.raises(FixArguments):
            database.run(statement)
    assert not other.exists()


def test_a_view_over_the_catalogue_does_not_leak_it(path: Path) -> None:
    """The statement lock cannot see into a view: this one is the engine's to stop."""
    for locks in ENGINE.values():
        with pytest.raises(FixArguments):
            SqliteDatabase("shop", path, **locks).run("SELECT * FROM leak")


# --- Attacks on time and memory: the engine's lock claims these

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT SUM(x) FROM n"
CROSS = "SELECT SUM(a.id) FROM orders AS a" + "".join(f", orders AS t{i}" for i in range(12))


def test_an_endless_recursion_is_refused_or_cut_within_a_second(path: Path) -> None:
    with pytest.raises(FixArguments):
        SqliteDatabase("shop", path, _engine_lock=False).run(ENDLESS)
    with ends_within(1), pytest.raises(Unanswerable, match="longer than 0.3 seconds"):
        SqliteDatabase("shop", path, QUICK, _statement_lock=False).run(ENDLESS)


@pytest.mark.parametrize("locks", ENGINE.values(), ids=ENGINE)
@pytest.mark.parametrize(
    "sql", [CROSS, CROSS.replace("SUM(a.id)", "a.id") + " ORDER BY a.id + t3.id", CROSS + " WHERE a.total + t11.total < 0"]
)
def test_a_join_of_everything_is_cut_within_a_second(path: Path, sql: str, locks: dict[str, bool]) -> None:
    database = SqliteDatabase("shop", path, QUICK, **locks)
    assert database.schema
    with ends_within(1), pytest.raises(Unanswerable, match="longer than"):
        database.run(sql)


def test_endless_rows_stop_at_the_cap_and_not_at_the_deadline(path: Path) -> None:
    endless = ENDLESS.replace("SUM(x)", "x")
    rows = SqliteDatabase("shop", path, _statement_lock=False).run(endless)
    assert (len(rows.rows), rows.truncated) == (1000, True)


def test_a_value_that_doubles_is_stopped_by_the_length_limit(path: Path) -> None:
    doubling = "WITH RECURSIVE d(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM d LIMIT 40) SELECT MAX(LENGTH(s)) FROM d"
    with pytest.raises(FixArguments):
        SqliteDatabase("shop", path, _engine_lock=False).run(doubling)
    with pytest.raises(Unanswerable, match="more than 1000000 bytes"):
        SqliteDatabase("shop", path, _statement_lock=False).run(doubling)


@pytest.mark.parametrize("locks", LOCKS.values(), ids=LOCKS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 5000 + "1" + ")" * 5000,
        "SELECT " + "-" * 9999 + "1",
        "SELECT " + "+".join("1" * 6000),
        "SELECT " + " + ".join(["id"] * 500) + " FROM orders",
        "SELECT 1" + " UNION ALL SELECT 1" * 900,
        "SELECT " + ", ".join(["id"] * 50_000) + " FROM orders",
        "SELECT " + "NOT " * 4000 + "1",
        "SELECT " + "CASE WHEN 1 THEN " * 800 + "1" + " END" * 800,
        "SELECT * FROM orders WHERE day LIKE '" + "%a" * 9000 + "'",
        "SELECT '\0' FROM orders",
    ],
    ids=range(10),
)  # fmt: skip
def test_a_statement_that_is_too_deep_or_too_long_is_refused_quickly(path: Path, sql: str, locks: dict[str, bool]) -> None:
    database = SqliteDatabase("shop", path, **locks)
    assert database.schema
    with ends_within(2), suppress(ToolError):  # what one lock finds small enough it may answer; what matters is that it does not take long
        database.run(sql)


@pytest.mark.parametrize("sql", ["SELECT id /* x */ FROM orders", "SELECT id FROM orders -- x", "SELECT /*!50000 1 */ id FROM orders"])
def test_comments_are_refused_since_engines_read_them_differently(path: Path, sql: str) -> None:
    with pytest.raises(FixArguments, match="comments"):
        SqliteDatabase("shop", path, _engine_lock=False).run(sql)
