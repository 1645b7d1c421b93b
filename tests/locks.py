"""Every attack on each lock alone with the limit that answers are given, measured: `python -m tests.locks`. Takes three minutes.

A line for each lock and engine: how many attacks there were, what was changed or stolen (nothing, or the exit status says so), and
how long the slowest took. Runaways have half a second and must be over within 0.6 s; one that was not has a second try, since the
machine may have been busy.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from tests import postgres
from tests.attacks.corpus import categories
from tests.attacks.postgres_world import ROLES, PostgresWorld
from tests.attacks.siege import lay_siege
from tests.attacks.sqlite_world import SqliteWorld
from tests.test_locks import LOCKS, PLANS, attacks, doubled
from tools.database import Database, Limits
from tools.postgres_database import PostgresDatabase
from tools.sqlite_database import SqliteDatabase

LIMITS = Limits(seconds=0.5)
OVER = 0.6  # seconds within which a runaway must be cut


class World(Protocol):
    def look(self) -> dict[str, object]: ...
    def stored(self) -> str: ...


def main() -> int:
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        sqlite_world = SqliteWorld(folder / "sqlite")
        for lock, locks in LOCKS.items():
            database: Database = SqliteDatabase("shop", sqlite_world.path, LIMITS, **locks)
            failures += besieged(database, "sqlite", lock, sqlite_world, sqlite_world.traps.names)
        if postgres.binaries() is None:
            print("PostgreSQL is not installed")
            return failures
        with postgres.running() as socket:
            world = PostgresWorld(socket, folder / "traps")
            for lock, role in (("statement lock alone", "tests"), *(("engine lock alone", role) for role in ROLES)):
                database = PostgresDatabase("shop", world.address(role), LIMITS, **LOCKS[lock])
                failures += besieged(database, "postgres", lock, world, world.names_for(role), f" as {role}")
                database.close()
    return failures


def besieged(database: Database, engine: str, lock: str, world: World, traps: Mapping[str, str], who: str = "") -> int:
    """Prints what came of it; the number of attacks that got through or took too long."""
    stored, before = world.stored(), world.look()
    written, made = [a for c in categories(engine) for a in attacks(engine, c, lock)], attacks(engine, "generated", lock)
    siege = lay_siege(database, written + made, traps, stored, again_after=OVER)
    after = world.look()
    changed = [what for what in after if after[what] != before[what]]
    stolen = [attack for attack, cell in siege.stolen if not attack.startswith(PLANS) and not doubled(cell)]
    print(f"{engine}{who}, {lock}: {len(written)} attacks as written and {len(made)} as generated")
    print(f"  changed: {changed or 'nothing'}; stolen: {stolen or 'nothing'}; slowest {siege.seconds:.2f} s: {siege.slowest[:80]}")
    return len(changed) + len(stolen) + (siege.seconds > OVER)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
