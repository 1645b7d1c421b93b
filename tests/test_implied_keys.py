"""The foreign keys of a database that declares none."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator

import pytest

from tools.evidence import ForeignKey
from tools.introspection import introspect

STATES = ("ada", "brin", "cole", "dorn", "esk", "fell", "gard", "holt", "isel")


@pytest.fixture
def atlas() -> Iterator[sqlite3.Connection]:
    """An imported file: no keys, names for identifiers, and numbers that happen to lie within each other."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE state (state_name TEXT, people INT, rank INT)")
    connection.executemany("INSERT INTO state VALUES (?, ?, ?)", [(name, 10 * n, n) for n, name in enumerate(STATES, 1)])
    connection.execute("CREATE TABLE river (river_name TEXT, flows_through TEXT, length INT, bridges INT)")
    connection.executemany("INSERT INTO river VALUES (?, ?, ?, ?)", [(f"r{n % 4}", name, n, n) for n, name in enumerate(STATES, 1)])
    connection.execute("CREATE TABLE border (state_name TEXT, neighbour TEXT)")
    pairs = [(one, other) for one, other in zip(STATES, STATES[1:], strict=False)]
    connection.executemany("INSERT INTO border VALUES (?, ?)", pairs + [(other, one) for one, other in pairs])
    yield connection
    connection.close()


def keys(connection: sqlite3.Connection) -> set[ForeignKey]:
    return set(introspect(connection, "atlas").foreign_keys)


def test_columns_whose_values_name_the_rows_of_a_table_refer_to_it(atlas: sqlite3.Connection) -> None:
    assert keys(atlas) == {
        ForeignKey("river", "flows_through", "state", "state_name"),
        ForeignKey("border", "state_name", "state", "state_name"),
        ForeignKey("border", "neighbour", "state", "state_name"),
    }
    marked = {(t.name, c.name) for t in introspect(atlas, "atlas").tables for c in t.columns if c.key == "foreign"}
    assert ("river", "flows_through") in marked and ("river", "bridges") not in marked


def test_a_few_values_without_a_counterpart_do_not_hide_a_key_but_many_do(atlas: sqlite3.Connection) -> None:
    atlas.execute("INSERT INTO border VALUES ('sea', 'ada')")
    assert ForeignKey("border", "state_name", "state", "state_name") in keys(atlas)
    atlas.executemany("INSERT INTO border VALUES (?, 'ada')", [(f"sea {n}",) for n in range(9)])
    assert ForeignKey("border", "state_name", "state", "state_name") not in keys(atlas)


@pytest.mark.parametrize(
    ("column", "refers"), [("customer_id", True), ("customerId", True), ("customer", True), ("amount", False), ("id", False)]
)
def test_numbers_refer_only_where_the_names_agree(column: str, refers: bool) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE customers (id INTEGER, since INT)")
    connection.executemany("INSERT INTO customers VALUES (?, ?)", [(n, 2000 + n) for n in range(1, 30)])
    connection.execute(f'CREATE TABLE orders ("{column}" INTEGER, total REAL)')
    connection.executemany("INSERT INTO orders VALUES (?, ?)", [(n % 20 + 1, n + 0.5) for n in range(60)])
    assert keys(connection) == ({ForeignKey("orders", column, "customers", "id")} if refers else set())
    connection.close()


def test_a_database_that_declares_keys_is_taken_at_its_word(atlas: sqlite3.Connection) -> None:
    atlas.execute("CREATE TABLE lake (state TEXT REFERENCES state (state_name))")
    assert keys(atlas) == {ForeignKey("lake", "state", "state", "state_name")}
    assert introspect(atlas, "atlas", implied=False).foreign_keys == introspect(atlas, "atlas").foreign_keys


def test_a_deadline_leaves_a_database_without_joins_rather_than_none(atlas: sqlite3.Connection) -> None:
    tables = introspect(atlas, "atlas", implied=False).tables
    steps = itertools.count()
    atlas.set_progress_handler(lambda: next(steps) < 0, 1)
    introspect(atlas, "atlas", implied=False)
    needed, steps = next(steps), itertools.count()
    atlas.set_progress_handler(lambda: next(steps) > needed, 1)  # names, types and declared keys are read by then
    schema = introspect(atlas, "atlas")
    assert schema.tables == tables and schema.foreign_keys == ()
