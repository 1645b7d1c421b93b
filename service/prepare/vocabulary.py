"""What organisations keep, and what people call it: kinds of things for databases, facts for handbooks, both written by hand.

`vocabulary/entities_*.txt` describes kinds of things, each with the names that a table and its columns may have and the words that people
use instead; `vocabulary/pages_*.txt` facts, each said in several ways and asked for in others. `composed.py` makes organisations of them.

    entity: vehicle | car                       names of the table, in the singular
    many: buses | our fleet                     what people call them, and one of them
    one: bus | van
    person: yes                                 only where it is one
    name: plate | registration                  the column that names one, and names
    named: AB-123 | KX-904
    number mileage | km = 2000..90000           columns, with the ways to ask for them: see `_PHRASES`
    date bought_on | acquired
    kind status | state                         a column of stored values, each with what is said for it
      = in repair: being fixed | in the garage
    link driver_id | driven_by -> employee      a key to another kind of things
    text phone | telephone

    # Parking | Coming by car                   a page, with other titles for it
    S: Visitors park in [bay C|bay F].          a fact: the answer stands in brackets, as any of these
    S: Guest parking: [bay C|bay F].
    Q: Where can guests leave their cars?
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

VOCABULARY = Path(__file__).parent / "vocabulary"

_PHRASES = {
    "ask": "what it is called, after “the average …” and “the … of {x}”",
    "how": "whole questions for that of {x}",
    "most": "whole questions for the one with the most of it",
    "least": "… with the least",
    "over": "after the noun: more of it than {n}",
    "under": "… less than {n}",
    "latest": "whole questions for the one with the latest date",
    "earliest": "… the earliest",
    "in": "after the noun: with a date in {d}",
    "since": "… in {d} or later",
    "before": "… before {d}",
    "none": "… without a date",
    "of": "after the noun: those that belong to {y}",
    "without": "whole questions for the others that none belongs to",
}
_COLUMN = re.compile(r"(number|date|kind|link|text)\s+(.+)")
_ANSWER = re.compile(r"\[([^\[\]]+)\]")


class Malformed(Exception):
    """A line that is not of the format."""


@dataclass(slots=True)
class Attribute:
    """A column of a kind of things. `names` are what it may be called in a database."""

    type: str
    names: list[str]
    low: float = 0
    high: float = 0
    target: str = ""
    phrases: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Entity:
    """A kind of things: `names` a table may have, what people call `many` and `one` of them, and what single ones are `named`."""

    names: list[str]
    many: list[str] = field(default_factory=list)
    one: list[str] = field(default_factory=list)
    name_columns: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    person: bool = False
    attributes: list[Attribute] = field(default_factory=list)


@dataclass(slots=True)
class Fact:
    """`says`: sentences before the answer, the answers it may have, and what comes after it; `asks`: questions for it."""

    says: list[tuple[str, list[str], str]] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    titles: list[str]
    facts: list[Fact] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    entities: list[Entity]
    pages: list[Page]


def read_vocabulary(folder: Path) -> Vocabulary:
    """What the files `entities_*.txt` and `pages_*.txt` of the folder hold. Raises Malformed."""
    entities = [e for path in sorted(folder.glob("entities_*.txt")) for e in read_entities(path)]
    return Vocabulary(entities, [p for path in sorted(folder.glob("pages_*.txt")) for p in read_pages(path)])


def read_entities(path: Path) -> list[Entity]:
    """Raises Malformed."""
    entities: list[Entity] = []
    for number, line in _lines(path):
        try:
            _read_entity_line(line, entities)
        except (IndexError, ValueError) as error:
            raise Malformed(f"{path.name}, line {number}: {line!r}") from error
    return [e for e in entities if e.many and e.one and e.name_columns and len(set(e.named)) >= 4]


def _read_entity_line(line: str, entities: list[Entity]) -> None:
    key, _, rest = (part.strip() for part in line.partition(":"))
    if found := _COLUMN.fullmatch(line):
        kind, names = found[1], found[2]
        attribute = Attribute(kind, [])
        if kind == "number":
            names, _, bounds = names.partition("=")
            low, high = bounds.split("..")
            attribute.low, attribute.high = float(low), float(high)
        elif kind == "link":
            names, _, attribute.target = (part.strip() for part in names.partition("->"))
        attribute.names = _alternatives(names)
        entities[-1].attributes.append(attribute)
    elif line.startswith("="):
        value, _, phrases = (part.strip() for part in line[1:].partition(":"))
        entities[-1].attributes[-1].values[value] = _alternatives(phrases)
    elif key == "entity":
        entities.append(Entity(_alternatives(rest)))
    elif key == "many":
        entities[-1].many = _alternatives(rest)
    elif key == "one":
        entities[-1].one = _alternatives(rest)
    elif key == "name":
        entities[-1].name_columns = _alternatives(rest)
    elif key == "named":
        entities[-1].named = list(dict.fromkeys(_alternatives(rest)))
    elif key == "person":
        entities[-1].person = rest == "yes"
    elif key in _PHRASES:
        entities[-1].attributes[-1].phrases[key] = _alternatives(rest)
    else:
        raise ValueError(line)


def read_pages(path: Path) -> list[Page]:
    """Raises Malformed."""
    pages: list[Page] = []
    for number, line in _lines(path):
        key, _, rest = (part.strip() for part in line.partition(":"))
        if line.startswith("# "):
            pages.append(Page(_alternatives(line[2:])))
        elif key == "S" and pages:
            found = _ANSWER.search(rest)
            if found is None:
                raise Malformed(f"{path.name}, line {number} marks no answer: {line!r}")
            if not pages[-1].facts or pages[-1].facts[-1].asks:
                pages[-1].facts.append(Fact())
            plain = (_ANSWER.sub(lambda other: other[1].split("|")[0], part) for part in (rest[: found.start()], rest[found.end() :]))
            before, after = plain
            pages[-1].facts[-1].says.append((before, _alternatives(found[1]), after))
        elif key == "Q" and pages and pages[-1].facts:
            pages[-1].facts[-1].asks.append(rest)
        else:
            raise Malformed(f"{path.name}, line {number}: {line!r}")
    return pages


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            yield number, line.strip()


def _alternatives(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]
