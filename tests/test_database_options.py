"""What the operator says of a database: hidden is gone everywhere, other words are known, and a wrong name is an error. In SQLite;
tests/test_postgres_database.py has the same for PostgreSQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from service.connected import connect, open_databases
from service.settings import SettingsError, read_settings
from tools.database import DatabaseOptions
from tools.database_options import WrongOptions
from tools.errors import FixArguments
from tools.sqlite_database import SqliteDatabase

LOCKS = {
    "statement lock alone": {"_engine_lock": False},
    "engine lock alone": {"_statement_lock": False},
    "both": {},
}
HIDING = DatabaseOptions(
    hidden=("customers.password", "audit"),
    synonyms={"customers": ("clients",), "orders.total": ("revenue", "turnover")},
    values={"customers.city": {"NYC": "New York"}},
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "shop.sqlite") as connection:
        connection.executescript(
            """
            CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT, password TEXT);
            CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id), total REAL, password TEXT);
            CREATE TABLE audit (id INTEGER PRIMARY KEY, said TEXT);
            CREATE VIEW leaky AS SELECT name, password FROM customers;
            CREATE VIEW plain AS SELECT name FROM customers;
            INSERT INTO customers VALUES (1, 'Ada', 'New York', 's3cret'), (2, 'Bob', 'Oslo', 's3cret too');
            INSERT INTO orders VALUES (1, 1, 9.5, 'open sesame');
            INSERT INTO audit VALUES (1, 's3cret');
            """
        )
    connection.close()
    return tmp_path / "shop.sqlite"


@pytest.mark.parametrize("locks", LOCKS.values(), ids=LOCKS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT password FROM customers",
        "SELECT PASSWORD FROM Customers",
        'SELECT "password" FROM customers',
        "SELECT c.password FROM customers AS c",
        "SELECT 1 AS password, password FROM customers",
        "SELECT id FROM customers WHERE password = 's3cret'",
        "SELECT id FROM customers ORDER BY password",
        "SELECT MAX(password) FROM customers",
        "SELECT * FROM customers",
        "SELECT customers.* FROM customers",
        "SELECT * FROM (SELECT * FROM customers) AS c",
        "SELECT c.id FROM customers AS c JOIN orders AS o USING (password)",
        "SELECT c.id FROM customers AS c NATURAL JOIN orders AS o",
        "SELECT o.id FROM orders AS o WHERE o.password IN (SELECT c.password FROM customers AS c)",
        "SELECT said FROM audit",
        "SELECT COUNT(*) FROM audit",
        "SELECT password FROM leaky",
    ],
)
def test_what_is_hidden_is_refused_by_each_lock(path: Path, sql: str, locks: dict[str, bool]) -> None:
    with pytest.raises(FixArguments):
        SqliteDatabase("shop", path, options=HIDING, **locks).run(sql)


@pytest.mark.parametrize("locks", LOCKS.values(), ids=LOCKS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name, city FROM customers",
        "SELECT COUNT(*) FROM customers",
        "SELECT * FROM orders",
        "SELECT o.password FROM orders AS o JOIN customers AS c ON o.customer = c.id",
        "SELECT * FROM (SELECT name FROM customers) AS part1",
        "SELECT name FROM plain",
    ],
)
def test_what_is_not_hidden_is_there(path: Path, sql: str, locks: dict[str, bool]) -> None:
    assert SqliteDatabase("shop", path, options=HIDING, **locks).run(sql).rows


def test_what_is_hidden_is_in_no_schema_and_synonyms_are(path: Path) -> None:
    database = SqliteDatabase("shop", path, options=HIDING)
    tables = {table.name: table for table in database.schema.tables}
    assert list(tables) == ["customers", "orders", "plain"]
    assert [column.name for column in tables["customers"].columns] == ["id", "name", "city"]
    assert database.sample("customers", 1) == [(1, "Ada", "New York")]
    with pytest.raises(FixArguments):
        database.distinct("customers", "password", 5)
    assert tables["customers"].synonyms == ("clients",)
    assert tables["orders"].columns[2].synonyms == ("revenue", "turnover")
    assert database.value_synonyms == {("customers", "city"): {"NYC": "New York"}}


def test_every_unknown_name_is_said_with_what_is_near(path: Path) -> None:
    options = DatabaseOptions(hidden=("customers.pasword",), synonyms={"order": ("x",)}, values={"customers.town": {}})
    with pytest.raises(WrongOptions) as caught:
        _ = SqliteDatabase("shop", path, options=options).schema
    for expected in ("'shop'", "hidden 'customers.pasword' (did you mean 'customers.password'?)", "'order' (did you mean 'orders'?)",
                     "values 'customers.town'"):  # fmt: skip
        assert expected in str(caught.value)


def test_the_settings_say_it_in_the_file(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECKONER_DATABASES", f"shop={path}")
    written = (
        '[database_options.shop]\nhidden = ["customers.password"]\n[database_options.shop.values]\n"customers.city" = {NYC = "New York"}\n'
    )
    (tmp_path / "reckoner.toml").write_text(written)
    databases = open_databases(read_settings())
    assert all(column.name != "password" for column in databases["shop"].schema.tables[0].columns)
    (match,) = connect(databases)["shop"].find("How many customers are from NYC?")
    assert (match.column, match.value) == ("city", "New York")
    (tmp_path / "reckoner.toml").write_text(written.replace("customers.password", "customer.password"))
    with pytest.raises(SettingsError, match="did you mean 'customers.password'"):
        connect(open_databases(read_settings()))
    (tmp_path / "reckoner.toml").write_text(written.replace("options.shop", "options.shp"))
    with pytest.raises(SettingsError, match="no database 'shp'; did you mean 'shop'"):
        open_databases(read_settings())


@pytest.mark.parametrize("written", ["shop=postgresql://ada:s3cret@host/shop", '{"shop": "postgresql://ada:s3cret@one,two/shop?x=1"}'])
def test_an_address_is_taken_and_its_password_never_shown(written: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECKONER_DATABASES", written)
    settings = read_settings()
    assert "s3cret" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert open_databases(settings)["shop"].dialect == "postgres"


@pytest.mark.parametrize("written", ["shop,postgresql://ada:s3cret@host/shop", "shop=postgresql://ada:s3cret@one,two/shop?x=1"])
def test_an_address_that_is_written_wrong_is_not_shown_either(written: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECKONER_DATABASES", written)
    with pytest.raises(SettingsError, match="databases") as caught:
        read_settings()
    assert "s3cret" not in str(caught.value)
