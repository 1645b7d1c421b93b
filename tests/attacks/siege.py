"""Attacks sent to a database, and what came of each."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.attacks.corpus import spelled_out
from tests.attacks.world import CANARY
from tools.database import Database
from tools.errors import ToolError
from tools.results import Rows

_SPOKEN = frozenset({"true", "false", "t", "f", ""})  # what a comparison of an attack's own becomes as text


@dataclass
class Siege:
    """`answered` holds an attack with its rows, `stolen` an attack with what no table holds, `seconds` what the slowest took."""

    attacks: int = 0
    answered: list[tuple[str, Rows]] = field(default_factory=list)
    stolen: list[tuple[str, str]] = field(default_factory=list)
    seconds: float = 0.0
    slowest: str = ""


def lay_siege(database: Database, attacks: Iterable[str], traps: Mapping[str, str], stored: str, again_after: float = 1e9) -> Siege:
    """Sends every attack. Whatever is not a ToolError is raised. One that takes longer than `again_after` seconds has a second try:
    the machine may have been busy."""
    siege = Siege()
    for attack in attacks:
        statement = spelled_out(attack, traps)
        took, rows = _send(database, statement)
        if took > again_after:
            took = min(took, _send(database, statement)[0])
        siege.attacks += 1
        if took > siege.seconds:
            siege.seconds, siege.slowest = took, attack
        if rows is not None:
            siege.answered.append((attack, rows))
            siege.stolen.extend((attack, cell) for cell in _foreign(rows, statement, stored))
    return siege


def _send(database: Database, statement: str) -> tuple[float, Rows | None]:
    started = time.perf_counter()
    try:
        rows = database.run(statement)
    except ToolError:
        rows = None
    return time.perf_counter() - started, rows


def _foreign(rows: Rows, statement: str, stored: str) -> list[str]:
    """The texts among the cells that stand neither in the tables nor in the statement. Numbers say nothing by themselves."""
    texts = {cell for row in rows.rows for cell in row if isinstance(cell, str)}
    said = statement.lower()
    return [cell[:200] for cell in texts if CANARY in cell or not (cell.lower() in stored or cell.lower() in said or cell in _SPOKEN)]
