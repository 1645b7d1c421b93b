"""Values that a database stores are found, also those that it stores while the service runs."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.connected import connect
from service.stored_values import StoredValues
from tests.waiting import until
from tools.errors import DatabaseError
from tools.sqlite_database import SqliteDatabase

MORE = [f"Unsaid{letter}" for letter in "abcdefg"]  # with so many values a column is no category


def write(path: Path, *statements: str, rows: tuple[str, ...] = ()) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
        connection.executemany("INSERT INTO shops (city) VALUES (?)", [(row,) for row in rows])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write(tmp_path / "shop.sqlite", "CREATE TABLE shops (id INTEGER PRIMARY KEY, city TEXT)", rows=("Oslo", *MORE))
    return tmp_path / "shop.sqlite"


@pytest.fixture
def values(path: Path) -> Iterator[StoredValues]:
    values = connect({"shop": SqliteDatabase("shop", path)})
    yield values
    values.close()


def found(values: StoredValues, question: str) -> list[str]:
    return [match.value for match in values["shop"].find(question)]


def test_a_value_stored_meanwhile_is_found_after_the_next_look(path: Path, values: StoredValues) -> None:
    assert found(values, "Sales in Bergen?") == []
    write(path, rows=("Bergen",))
    assert values.refresh("shop")
    assert found(values, "Sales in Bergen?") == ["Bergen"] and found(values, "Sales in Oslo?") == ["Oslo"]
    write(path, "DELETE FROM shops WHERE city = 'Oslo'")
    assert values.refresh("shop") and found(values, "Sales in Oslo?") == []


def test_what_a_write_ahead_log_holds_is_seen(path: Path, values: StoredValues) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        values.refresh("shop")
        connection.execute("INSERT INTO shops (city) VALUES ('Bergen')")
        connection.commit()
        assert values.refresh("shop") and found(values, "Sales in Bergen?") == ["Bergen"]


def test_a_database_that_has_not_changed_is_not_read_again(values: StoredValues) -> None:
    index = values["shop"]
    assert not values.refresh("shop") and values["shop"] is index


def test_a_file_put_in_its_place_is_read(path: Path, values: StoredValues) -> None:
    other = path.with_name("other.sqlite")
    write(other, "CREATE TABLE shops (id INTEGER PRIMARY KEY, city TEXT)", rows=("Turku", *MORE))
    other.replace(path)
    assert values.refresh("shop") and found(values, "Sales in Turku?") == ["Turku"]


def test_the_watch_finds_it_by_itself_and_ends(path: Path, values: StoredValues) -> None:
    values.watch(0.01)
    write(path, rows=("Bergen",))
    until(lambda: found(values, "Sales in Bergen?") == ["Bergen"], seconds=10)
    values.close()
    assert not values._thread.is_alive()


def test_what_was_read_goes_on_being_found_while_the_database_cannot_be_read(
    path: Path, values: StoredValues, caplog: pytest.LogCaptureFixture
) -> None:
    path.rename(path.with_name("away.sqlite"))
    with caplog.at_level(logging.WARNING), pytest.raises(DatabaseError):
        values.refresh("shop")
    for _ in range(3):
        values._look("shop")
    assert found(values, "Sales in Oslo?") == ["Oslo"]
    assert len([record for record in caplog.records if "'shop' cannot be read now" in record.message]) == 1
    path.with_name("away.sqlite").rename(path)
    write(path, rows=("Bergen",))
    values._look("shop")
    assert found(values, "Sales in Bergen?") == ["Bergen"]


def test_an_unknown_database_has_no_values(values: StoredValues) -> None:
    with pytest.raises(KeyError):
        _ = values["nowhere"]


def test_a_column_of_more_than_twenty_thousand_names_is_read_whole_and_one_of_remarks_is_not(tmp_path: Path) -> None:
    place = tmp_path / "many.sqlite"
    with closing(sqlite3.connect(place)) as connection, connection:
        connection.execute("CREATE TABLE people (name TEXT, remark TEXT)")
        remark = "told us at some length about one thing and another, number"
        connection.executemany("INSERT INTO people VALUES (?, ?)", [(f"Person{n} Of{n}", f"{remark} {n}") for n in range(21_000)])
        connection.execute("INSERT INTO people VALUES ('Zuletzt Angekommen', 'Short remark')")
    values = connect({"shop": SqliteDatabase("shop", place)})
    assert found(values, "Where does Zuletzt Angekommen live?") == ["Zuletzt Angekommen"]
    assert len(values["shop"]) == 21_001 and found(values, "Who left a short remark?") == []
