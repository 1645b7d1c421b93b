"""The attacks on the two locks: hand-written statements by category, and what a small grammar makes of hand-written expressions.

A category is a text file, `sqlite/writes.sql`, with one attack a line; a line that begins with "# " says what the category holds.
`expressions.sql` holds expressions alone. Between « and » stands what cannot be typed: «nul» and the other names of `CHARACTERS`,
«5000*(» for a text said many times, «folder» and «port» for the traps of `tests/attacks/world.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent
CHARACTERS = {
    "nul": "\0", "lf": "\n", "cr": "\r", "tab": "\t", "ff": "\f", "vt": "\v", "bom": "\ufeff", "nbsp": "\u00a0", "zwsp": "\u200b",
    "rlo": "\u202e", "surrogate": "\ud800",
}  # fmt: skip
_REPEATED = re.compile(r"«(\d+)\*([^»]*)»")
_NAMED = re.compile(r"«([a-z]+)»")

# Where an expression can stand in a statement; a table that each corpus's database has.
PLACES = (
    "SELECT (SELECT {e}) FROM customers",
    "WITH c AS (SELECT {e} AS x FROM customers) SELECT x FROM c",
    "SELECT name FROM customers UNION ALL SELECT {e} FROM customers",
    "SELECT CASE WHEN id = 1 THEN {e} ELSE 0 END FROM customers",
    "SELECT id FROM customers ORDER BY {e}",
    "SELECT id FROM customers WHERE {e}",
    "SELECT id FROM customers WHERE id IN (SELECT {e} FROM customers)",
    "SELECT COUNT(*) FROM customers GROUP BY {e}",
    "SELECT COUNT(*) FROM customers GROUP BY vip HAVING {e}",
    "SELECT id FROM customers LIMIT {e}",
    "SELECT id FROM customers LIMIT 1 OFFSET {e}",
    "SELECT c.id FROM customers AS c JOIN orders AS o ON {e}",
    "SELECT x FROM (SELECT {e} AS x FROM customers) AS d",
    "SELECT COALESCE(NULL, {e}) FROM customers",
    "SELECT MAX({e}) FROM customers",
    "VALUES ({e})",
    "SELECT id FROM customers WHERE EXISTS (SELECT 1 FROM customers WHERE {e})",
    "SELECT id FROM customers WHERE id BETWEEN 0 AND {e}",
    "SELECT CAST({e} AS TEXT) FROM customers",
    "SELECT 'x' || ({e}) FROM customers",
    "SELECT ROW_NUMBER() OVER (ORDER BY {e}) FROM customers",
    "SELECT id FROM customers WHERE name LIKE 'A%' ESCAPE {e}",
    "SELECT {e} AS id FROM customers EXCEPT SELECT id FROM customers",
)
PLACES_EACH = 5  # of PLACES that an expression is put in, in turn


def categories(engine: str) -> list[str]:
    """The names of the hand-written categories of "sqlite" or "postgres"; each is a file."""
    return sorted(file.stem for file in (FOLDER / engine).glob("*.sql"))


def written(engine: str, category: str) -> list[str]:
    """The attacks of a category as they were written, an expression as the plainest statement around it."""
    lines = (FOLDER / engine / f"{category}.sql").read_text(encoding="utf-8").splitlines()
    attacks = [line for line in lines if line.strip() and not line.startswith("# ")]
    return [f"SELECT {line} FROM customers" for line in attacks] if category == "expressions" else attacks


def generated(engine: str) -> list[str]:
    """Each expression in `PLACES_EACH` of `PLACES`, so that every place meets many of them."""
    statements = []
    for number, statement in enumerate(written(engine, "expressions")):
        expression = statement.removeprefix("SELECT ").removesuffix(" FROM customers")
        places = (PLACES[(number * PLACES_EACH + k) % len(PLACES)] for k in range(PLACES_EACH))
        statements.extend(place.replace("{e}", expression) for place in places)
    return statements


def spelled_out(attack: str, traps: Mapping[str, str]) -> str:
    """The statement that is sent. `traps`: what «folder», «port» and the like stand for."""
    attack = _REPEATED.sub(lambda found: int(found[1]) * found[2], attack)
    return _NAMED.sub(lambda found: {**CHARACTERS, **traps}[found[1]], attack)
