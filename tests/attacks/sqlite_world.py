"""A SQLite database with everything in it that an attack on SQLite might want, and what is looked at to see whether one succeeded."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from tests.attacks.world import CANARY, CHANGES, Traps, Watch, digest

SCHEMA = f"""
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, vip BOOLEAN);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id), total REAL, day TEXT, note BLOB);
CREATE INDEX by_day ON orders (day);
CREATE TABLE tickets (
    number INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT CHECK (subject <> '{CANARY}'), loud TEXT GENERATED ALWAYS AS (upper(subject))
);
CREATE TABLE tomes (id INTEGER PRIMARY KEY, text TEXT);
CREATE VIRTUAL TABLE letters USING fts5 (body);
CREATE VIRTUAL TABLE places USING rtree (id, low, high);
CREATE VIEW dear AS SELECT name, total FROM orders JOIN customers ON customer = customers.id WHERE total > 100;
CREATE VIEW leak AS SELECT name, sql FROM sqlite_master;
CREATE VIEW spin AS WITH RECURSIVE n (turn) AS (SELECT 1 UNION ALL SELECT turn + 1 FROM n) SELECT turn FROM n;
CREATE VIEW welcome AS SELECT name FROM customers;
CREATE TRIGGER greet INSTEAD OF INSERT ON welcome BEGIN INSERT INTO customers (name) VALUES (new.name); END;
INSERT INTO customers VALUES (1, 'Ada', 1), (2, 'Bob', 0);
INSERT INTO tickets (subject) VALUES ('broken'), ('late');
INSERT INTO letters VALUES ('dear Ada'), ('dear Bob');
INSERT INTO places VALUES (1, 0, 10), (2, 5, 15);
WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 28)
    INSERT INTO orders SELECT x, x % 2 + 1, x * 10.0, printf('2024-01-%02d', x), NULL FROM n;
WITH RECURSIVE n (s) AS (SELECT 'e' UNION ALL SELECT s || s FROM n LIMIT 20)
    INSERT INTO tomes SELECT NULL, s FROM n WHERE length(s) > 99999;
ANALYZE;
"""


class SqliteWorld:
    """The database, its folder, and the traps in another one."""

    def __init__(self, folder: Path) -> None:
        self.traps = Traps(folder / "traps")
        self.path = folder / "shop" / "shop.sqlite"
        self.path.parent.mkdir()
        with sqlite3.connect(self.path) as connection:
            connection.executescript(SCHEMA)
        connection.close()
        self._beside = Watch()
        self._beside.add(self.path.parent, CHANGES)  # reading the database opens it, so openings say nothing there
        self._open = {str(self.path), *_links("/proc/self/fd")}  # what other tests left open may be closed meanwhile

    def look(self) -> dict[str, object]:
        """What an attack must leave as it is."""
        return {
            "the database's folder": digest(self.path.parent),
            "what was done there": self._beside.seen(),
            "traps": self.traps.sprung(),
            "other files": sorted(os.listdir()),
            "opened files": sorted(self._kept_open()),
        }

    def _kept_open(self) -> set[str]:
        """What was opened since and stays open; a thread of something else here may open a file of its own for an instant."""
        opened = set(_links("/proc/self/fd")) - self._open
        if opened:
            time.sleep(0.05)
            opened &= set(_links("/proc/self/fd"))
        return opened

    def stored(self) -> str:
        """Every text that the tables of the database hold, in lower case."""
        connection = sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)
        tables = ["customers", "orders", "tickets", "tomes", "letters", "places", "dear", "welcome"]
        rows = [row for table in tables for row in connection.execute(f"SELECT * FROM {table}")]
        connection.close()
        return "\n".join(cell for row in rows for cell in row if isinstance(cell, str)).lower()

    def close(self) -> None:
        self._beside.close()
        self.traps.close()


def _links(folder: str) -> list[str]:
    """What is open, but for what has no name: a query that was given up may keep its database and a sort's file a moment longer."""
    found = []
    for name in os.listdir(folder):
        try:
            found.append(os.readlink(f"{folder}/{name}"))
        except FileNotFoundError:  # the listing's own
            continue
    return [link for link in found if link.startswith("/") and not link.endswith("(deleted)")]
