"""Invented databases: many small schemas put together from everyday domains, so that practice sees more than a few of them.

Each database takes some of a domain's tables and attributes (service/practice/domains.py), a naming style, and rows of its own.
"""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from service.practice.domains import DOMAINS
from service.practice.invented_values import GENERATORS, Maker, choices, integers, place, reals, unique
from service.practice.study import plural


@dataclass(frozen=True)
class _Attribute:
    names: tuple[str, ...]
    make: Maker
    nullable: bool = False
    declared: str = "TEXT"
    names_there_are: int = 10_000  # of a short list, each of which may name but one row


@dataclass(frozen=True)
class _Reference:
    tables: tuple[str, ...]
    role: str
    optional: bool


@dataclass(frozen=True)
class _Template:
    names: tuple[str, ...]
    attributes: tuple[_Attribute, ...]
    references: tuple[_Reference, ...]


def domains() -> dict[str, list[_Template]]:
    found: dict[str, list[_Template]] = {}
    for line in DOMAINS.strip().splitlines():
        if line.startswith("#"):
            current = found.setdefault(line[1:].strip(), [])
        else:
            current.append(_template(line))
    return found


def _template(line: str) -> _Template:
    names, _, rest = line.partition(":")
    attributes, references = [], []
    for part in map(str.strip, rest.split(";")):
        if part.startswith(">"):
            tables, _, role = part.lstrip(">? ").partition(" as ")
            references.append(_Reference(tuple(tables.split("|")), role, part.startswith(">?")))
        else:
            said, _, kind = part.partition("=")
            attributes.append(_attribute(tuple(said.split("|")), kind or said.split("|")[0]))
    return _Template(tuple(names.split("|")), tuple(attributes), tuple(references))


def _attribute(names: tuple[str, ...], kind: str) -> _Attribute:
    kind, nullable = kind.rstrip("?"), kind.endswith("?")
    name, _, argument = kind.partition(":")
    match name:
        case "one":
            pool = argument.split(",")
            once = names[0] in ("name", "title")
            if once:
                return _Attribute(names, lambda rng, n: list(rng.sample(pool, n)), names_there_are=len(pool))
            return _Attribute(names, lambda rng, n: choices(rng, n, pool))
        case "int" | "year":
            low, high = map(int, argument.rsplit("-", 1))
            return _Attribute(names, lambda rng, n: integers(rng, n, low, high, name == "year"), nullable, "INTEGER")
        case "money" | "real":
            low_text, _, high_text = argument.rpartition("-")
            start, stop = float(low_text), float(high_text)
            digits = 2 if name == "money" else 1
            return _Attribute(names, lambda rng, n: reals(rng, n, start, stop, digits), nullable, "REAL" if name == "real" else "NUMERIC")
        case "code":
            return _Attribute(names, lambda rng, n: unique(lambda: f"{argument}{rng.choice(('-', ''))}{rng.randint(100, 99999)}", n))
        case "bool":
            return _Attribute(names, GENERATORS["bool"], nullable, "BOOLEAN")
    if name.startswith("place_"):
        return _Attribute(names, place(name[6:]))
    return _Attribute(names, GENERATORS[name], nullable, "DATE" if name.startswith("date") else "TEXT")


# --- Naming styles ------------------------------------------------------------------------------------------------

_SHORT = {
    "number": "no",
    "quantity": "qty",
    "customer": "cust",
    "employee": "emp",
    "department": "dept",
    "product": "prod",
    "description": "desc",
    "amount": "amt",
    "address": "addr",
    "category": "cat",
    "manager": "mgr",
    "date": "dt",
    "total": "tot",
}


@dataclass(frozen=True)
class _Style:
    case: str  # snake, camel, pascal, upper, spaced
    many: bool  # tables in the plural
    prefixed: float  # how often a column repeats its table's name
    short: bool
    table_prefix: str
    key: str  # "id", "table_id"

    def table(self, name: str) -> str:
        words = name.split("_")
        if self.many:
            words = plural(" ".join(words)).split()
        return self.table_prefix + self._cased(words, True)

    def column(self, table: str, name: str, rng: random.Random) -> str:
        words = name.split("_")
        if rng.random() < self.prefixed and len(words) < 3 and words[0] not in ("is", "has"):
            words = [*table.split("_"), *words]
        return self._cased(words, False)

    def identifier(self, table: str) -> str:
        return self._cased(["id"] if self.key == "id" else [*table.split("_"), "id"], False)

    def _cased(self, words: list[str], table: bool) -> str:
        if self.short:
            words = [_SHORT.get(w, w) for w in words]
        match self.case:
            case "camel":
                joined = "".join(w.capitalize() for w in words)
                return joined if table else joined[:1].lower() + joined[1:]
            case "pascal":
                return "".join(w.capitalize() for w in words)
            case "upper":
                return "_".join(words).upper()
            case "spaced":
                return " ".join(w.capitalize() for w in words) if not table else "_".join(w.capitalize() for w in words)
            case _:
                return "_".join(words)


def _style(rng: random.Random) -> _Style:
    return _Style(
        rng.choices(("snake", "camel", "pascal", "upper", "spaced"), (9, 2, 3, 1, 0.6))[0],
        rng.random() < 0.65,
        rng.choice((0.0, 0.0, 0.0, 0.5, 0.9)),
        rng.random() < 0.12,
        rng.choices(("", "tbl_", "t_"), (18, 1, 0.5))[0],
        rng.choice(("id", "id", "table_id", "table_id")),
    )


# --- Putting a database together ----------------------------------------------------------------------------------


def invented_databases(n: int, seed: int) -> Iterator[tuple[str, sqlite3.Connection]]:
    """`n` databases in memory, each (name, connection). The same seed gives the same databases."""
    known = domains()
    for number in range(n):
        rng = random.Random(f"{seed}/invented/{number}")
        domain = rng.choice(sorted(known))
        yield f"{re.sub(r'[^a-z]', '', domain)}_{seed}_{number}", _build(rng, known[domain])


def _build(rng: random.Random, templates: list[_Template]) -> sqlite3.Connection:
    style = _style(rng)
    by_name = {name: t for t in reversed(templates) for name in reversed(t.names)}
    size = min(len(templates), rng.choices((1, 2, 3, 4, 5, 6, 7, 8), (0.6, 2, 4, 4, 3, 2, 1.5, 1))[0])
    order = rng.sample(templates, len(templates))
    order.sort(key=lambda t: -len(t.references) + 1.6 * rng.random())  # what points elsewhere first, so that foreign keys are common
    chosen: list[_Template] = []
    for template in order:
        needed = [
            template,
            *(t for r in template.references if (t := next((by_name[n] for n in r.tables if n in by_name), None)) is not None),
        ]
        for one in needed:
            if one not in chosen and len(chosen) < size:
                chosen.append(one)
    names = {id(t): rng.choice(t.names) if rng.random() < 0.5 else t.names[0] for t in chosen}
    connection = sqlite3.connect(":memory:")
    counts = {id(t): min(_names_there_are(t), rng.randint(30, 200) if t.references else rng.randint(12, 90)) for t in chosen}
    for template in rng.sample(chosen, len(chosen)):
        _create(rng, connection, style, template, names, counts, {n: t for n, t in by_name.items() if t in chosen})
    connection.commit()
    return connection


def _create(
    rng: random.Random,
    connection: sqlite3.Connection,
    style: _Style,
    template: _Template,
    names: dict[int, str],
    counts: dict[int, int],
    present: dict[str, _Template],
) -> None:
    table, count = names[id(template)], counts[id(template)]
    declared = [f'"{style.identifier(table)}" INTEGER PRIMARY KEY']
    columns: list[list[object]] = [list(range(_start(table), _start(table) + count))]
    taken = {style.identifier(table).lower()}
    kept = [a for i, a in enumerate(template.attributes) if i == 0 or a.names[0] in ("first_name", "last_name") or rng.random() < 0.72]
    pieces: list[tuple[str, list[object]]] = []
    begun: list[object] | None = None
    for attribute in kept:
        name = rng.choice(attribute.names) if rng.random() < 0.5 else attribute.names[0]
        column = style.column(table, name, rng)
        values = attribute.make(rng, count)
        if attribute.nullable or (rng.random() < 0.03 and attribute is not kept[0]):
            share = rng.uniform(0.1, 0.45)
            if attribute.declared == "DATE" and begun is not None:  # what ends, ends after it began
                values = [
                    (date.fromisoformat(str(b)) + timedelta(days=int(60 * rng.random() ** 2))).isoformat() if b else None for b in begun
                ]
            values = [None if rng.random() < share else v for v in values]
        if attribute.declared == "DATE" and begun is None:
            begun = values
        pieces.append((f'"{column}" {attribute.declared}', values))
    keys: list[str] = []
    for reference in template.references:
        other = next((present[n] for n in reference.tables if n in present), None)
        if other is None:
            continue
        other_name = names[id(other)]
        column = style._cased([*(reference.role or other_name).split("_"), "id"], False)
        first = _start(other_name)
        reachable = rng.sample(range(first, first + counts[id(other)]), max(2, int(counts[id(other)] * rng.uniform(0.6, 1.0))))
        weights = [1 / (i + 2) ** 0.6 for i in range(len(reachable))]
        values = [None if reference.optional and rng.random() < 0.25 else v for v in rng.choices(reachable, weights, k=count)]
        pieces.append((f'"{column}" INTEGER', values))
        keys.append(f'FOREIGN KEY ("{column}") REFERENCES "{style.table(other_name)}" ("{style.identifier(other_name)}")')
    for declaration, values in pieces:
        name = declaration.split('"')[1].lower()
        if name not in taken:
            taken.add(name)
            declared.append(declaration)
            columns.append(values)
    keys = [k for k in keys if k.split('"')[1].lower() in taken]
    connection.execute(f'CREATE TABLE "{style.table(table)}" ({", ".join([*declared, *keys])})')
    marks = ", ".join("?" * len(columns))
    connection.executemany(f'INSERT INTO "{style.table(table)}" VALUES ({marks})', list(zip(*columns, strict=True)))


def _names_there_are(template: _Template) -> int:
    return min(a.names_there_are for a in template.attributes)


def _start(name: str) -> int:
    """Where a table's keys begin: fixed by its name, so that those who point at it know."""
    return (1, 1, 1, 101, 1001)[sum(map(ord, name)) % 5]
