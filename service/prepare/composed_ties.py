"""Ties of a composed database that read a table beside itself, or another one twice, and the questions for them.

A tie is a key to the table's own rows (a colleague's line manager, the part that replaces another), or one of a pair of keys to the same
other table (where a parcel comes from, where it goes). Their queries in SQL join tables under aliases; in the answer language they are
read by way of the keys (`via`).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from service.prepare.composed_database import Column, ComposedDatabase, Question, Table, literal
from service.prepare.vocabulary import Attribute

_OWN = 0.5  # of the databases have a table with a key to its own rows
_PAIR = 0.45  # … with two keys to another table
_TOP = 0.2  # of the rows refer to no other


@dataclass(frozen=True, slots=True)
class _Role:
    """What a key to a table's own rows may be called, what it is called by people, whole questions for that of {x}, and what is said of
    those whose it is {y}."""

    names: str
    said: str
    one: str
    of: str


_PEOPLE = (
    _Role("manager_id|reports_to|supervisor_id|boss_id|managed_by|line_manager", "boss|line manager|manager|superior|chief",
          "who does {x} report to|whom does {x} answer to|who is in charge of {x}|who is above {x}|who gives {x} their tasks",
          "who report to {y}|who answer to {y}|under {y}|led by {y}|working for {y}"),
    _Role("mentor_id|mentored_by|mentor", "mentor|guide",
          "who is showing {x} the ropes|who mentors {x}|who looks after {x} as a newcomer|who taught {x} the job",
          "mentored by {y}|whom {y} takes by the hand|who learn from {y}"),
    _Role("deputy_id|stand_in|substitute_id|covered_by", "stand-in|deputy|substitute",
          "who covers for {x}|who steps in when {x} is away|who takes over for {x}|who do I ask when {x} is off sick",
          "covered by {y}|for whom {y} steps in|who have {y} as their stand-in"),
    _Role("referred_by|recommended_by|introduced_by", "recommender|reference",
          "who brought {x} to us|who recommended {x}|through whom did {x} come to us",
          "brought in by {y}|recommended by {y}|who came through {y}"),
    _Role("partner_id|buddy_id|paired_with", "partner|buddy", "who is {x} paired with|who goes along with {x}|who works in a pair with {x}",
          "paired with {y}|who have {y} at their side|who team up with {y}"),
)  # fmt: skip
_THINGS = (
    _Role("parent_id|part_of|belongs_to|parent", "parent|main one|larger one",
          "what does {x} belong to|what is {x} part of|which one is {x} under|where does {x} hang",
          "that belong to {y}|under {y}|that are part of {y}|below {y}"),
    _Role("replaces|predecessor_id|previous_id|successor_of", "predecessor|one before",
          "what did {x} take the place of|what came before {x}|what does {x} replace|what was there before {x}",
          "that took over from {y}|that replaced {y}|that came after {y}"),
    _Role("backup_id|fallback_id|alternative_id|alternative", "fallback|alternative|second choice",
          "what do we use when {x} is not available|what is the way out if {x} fails|what can stand in for {x}",
          "with {y} as their fallback|that fall back on {y}|for which {y} stands in"),
    _Role("next_id|followed_by|next_one", "next one|follower", "what comes after {x}|what follows {x}|what is next after {x}",
          "followed by {y}|that come right before {y}"),
    _Role("based_on|copied_from|template_id|derived_from", "model|original",
          "what was {x} made from|what is {x} modelled on|where was {x} copied from", "modelled on {y}|made from {y}|copied from {y}"),
)  # fmt: skip
_PAIRS = (  # (what its column's name begins with, what it is called; {o} one of the others) twice
    (("main", "main {o}|usual {o}|{o} in the first place"), ("backup", "{o} to fall back on|second {o}|reserve {o}")),
    (("origin", "{o} it starts from|starting {o}|{o} of departure|first {o}"), ("destination", "{o} it ends up with|target {o}|final {o}")),
    (("from", "{o} it came from|giving {o}|sending {o}"), ("to", "{o} it goes to|receiving {o}|{o} at the other end")),
    (("old", "former {o}|previous {o}|{o} from before"), ("new", "current {o}|present {o}|{o} of today")),
    (("home", "home {o}|{o} at home"), ("away", "visiting {o}|{o} away from home")),
    (("billing", "{o} that gets the bill|paying {o}"), ("delivery", "{o} that gets the goods|{o} to deliver to")),
    (("responsible", "{o} in charge|responsible {o}"), ("deputy", "{o} that stands in|deputy {o}|stand-in {o}")),
    (("day", "{o} by day|daytime {o}"), ("night", "{o} at night|night-time {o}")),
    (("summer", "{o} for the summer|summer {o}"), ("winter", "{o} for the winter|winter {o}")),
    (("buying", "buying {o}|{o} that buys"), ("selling", "selling {o}|{o} that sells")),
)
_WORDINGS = {  # m many, x and y single ones, r what the key is called, s the other of a pair, a what is asked for
    "one": "{x}: {r}|{r} of {x}|who or what is the {r} of {x}|[what is|what's|tell me|give me] the {r} of {x}|{x}'s {r}",
    "of": "[which {m}|which of our {m}|{m}|list {m}|show me all {m}|names of {m}] {p}",
    "count of": "[how many {m}|number of {m}|count the {m}|how many {m} are there] {p}",
    "far": "{a} of {x}'s {r}|{a} of the {r} of {x}|what is the {a} of the {r} of {x}|{x}'s {r}: {a}",
    "with": "[list {m}|{m}|show me {m}|all {m}] [with|and|each with|together with] [their|the] {r}",
    "per": "how many {m} [per|for each|by] {r}|{m} per {r}|number of {m} for every {r}",
    "beyond": "which {m} have [a |]{side} {a} than their {r}|{m} with a {side} {a} than their {r}|{m} {side} than their {r} in {a}",
    "none": "which {m} have no {r}|{m} without a {r}|list {m} that lack a {r}|how many {m} have no {r}",
    "both": "{r} and {s} of {x}|[what is|what are] the {r} and the {s} of {x}|{x}: {r}, {s}|{r} as well as {s}, for {x}",
    "having": "[which {m} have|{m} with|list {m} with|how many {m} have] {y} as [the |their |]{r}",
    "having both": "[which {m} have|{m} with|list {m} with] {y} as [the |]{r} and {z} as [the |]{s}",
    "list both": "[list {m}|{m}|show all {m}] with [their|the] {r} and {s}|{m}, {r} and {s}",
    "alike": "which {m} have the same {o} as {r} and {s}|{m} whose {r} and {s} are the same",
}
_SIDES = {">": "[higher|greater|larger|bigger]", "<": "[lower|smaller]"}


class Ties:
    """Adds ties to a database that is filled, and asks for them."""

    def __init__(self, database: ComposedDatabase, rng: random.Random) -> None:
        self.database, self.rng = database, rng
        self.own = self._tie_own(rng.choice(database.tables)) if rng.random() < _OWN else None
        self.pair = self._tie_twice() if rng.random() < _PAIR and len(database.tables) > 1 else None

    def asked(self) -> Iterator[Question]:
        if self.own is not None:
            yield from self._of_own(*self.own)
        if self.pair is not None:
            yield from self._of_pair(*self.pair)

    # --- Columns --------------------------------------------------------------------------------------------------

    def _tie_own(self, table: Table) -> tuple[Table, Column, _Role] | None:
        role = self.rng.choice(_PEOPLE if table.entity.person else _THINGS)
        keys = [row[table.key] for row in table.rows]
        column = self._add(table, table, self.rng.choice(role.names.split("|")))
        if column is None:
            return None
        for row in table.rows:
            others = [key for key in keys if key != row[table.key]]
            row[column.name] = None if self.rng.random() < _TOP else self.rng.choice(others[: max(2, len(others) // 2)])
        return table, column, role

    def _tie_twice(self) -> tuple[Table, Table, tuple[Column, str], tuple[Column, str]] | None:
        table, other = self.rng.sample(self.database.tables, 2)
        noun = other.entity.names[0]
        roles, columns = self.rng.choice(_PAIRS), []
        with_key = self.rng.choice(("", "_id"))
        for name, said in roles:
            column = self._add(table, other, f"{name}_{noun}{with_key}")
            if column is None:
                return None
            columns.append((column, said))
            for row in table.rows:
                row[column.name] = self.rng.choice(other.rows)[other.key]
        return table, other, columns[0], columns[1]

    def _add(self, table: Table, other: Table, name: str) -> Column | None:
        column = Column(Attribute("tie", [name]), self.database.style.column(name), other)
        if column.name.lower() in {table.key.lower(), table.named.lower(), *(c.name.lower() for c in table.columns)}:
            return None
        table.columns.append(column)
        return column

    # --- Questions ------------------------------------------------------------------------------------------------

    def _say(self, wording: str, **words: str) -> str:
        return self.database.voice.pick(_WORDINGS[wording]).format(**words)

    def _of_own(self, table: Table, column: Column, role: _Role) -> Iterator[Question]:
        pick, many, said = self.rng.choice, self.database.many(table), role.said.split("|")
        name, far = f'a."{table.named}"', f'b."{table.named}"'
        joined = f'FROM "{table.name}" AS a JOIN "{table.name}" AS b ON a."{column.name}" = b."{table.key}"'
        tied = [row for row in table.rows if row[column.name] is not None]
        for row in self.rng.sample(tied, min(3, len(tied))):
            one = str(row[table.named])
            wording = pick(role.one.split("|")) if self.rng.random() < 0.6 else self._say("one", r=pick(said), x="{x}")
            yield wording.format(x=one), [f"SELECT {far} {joined} WHERE {name} = {literal(one)}"], None
        referred = [row for row in table.rows if any(row[table.key] == r[column.name] for r in table.rows)]
        for row in self.rng.sample(referred, min(2, len(referred))):
            one = str(row[table.named])
            phrase, counted = pick(role.of.split("|")).format(y=one), self.rng.random() < 0.4
            wording = self._say("count of" if counted else "of", m=many, p=phrase)
            yield wording, [f"SELECT {'COUNT(*)' if counted else name} {joined} WHERE {far} = {literal(one)}"], None
        yield self._say("with", m=many, r=pick(said)), [f"SELECT {name}, {far} {joined}"], None
        yield self._say("per", m=many, r=pick(said)), [f"SELECT {far}, COUNT(*) {joined} GROUP BY {far}"], None
        wording = self._say("none", m=many, r=pick(said))
        shown = "COUNT(*)" if wording.startswith("how many") else name.removeprefix("a.")
        yield wording, [f'SELECT {shown} FROM "{table.name}" WHERE "{column.name}" IS NULL'], None
        for other in self._further(table)[:2]:
            asked = str(self.database.phrase(other, "ask"))
            row = pick(tied) if tied else table.rows[0]
            query = f'SELECT b."{other.name}" {joined} WHERE {name} = {literal(row[table.named])}'
            yield self._say("far", a=asked, x=str(row[table.named]), r=pick(said)), [query], None
            if other.attribute.type == "number":
                sign = pick(tuple(_SIDES))
                side = self.database.voice.pick(_SIDES[sign])
                query = f'SELECT {name} {joined} WHERE a."{other.name}" {sign} b."{other.name}"'
                yield self._say("beyond", m=many, a=asked, side=side, r=pick(said)), [query], None

    def _of_pair(self, table: Table, other: Table, first: tuple[Column, str], second: tuple[Column, str]) -> Iterator[Question]:
        pick, many, noun = self.rng.choice, self.database.many(table), self.database.one(other)
        roles = [first, second] if self.rng.random() < 0.6 else [second, first]
        (one, _), (two, _) = roles
        said = [[text.format(o=noun) for text in texts.split("|")] for _, texts in roles]
        name = f'a."{table.named}"'
        joined = f'FROM "{table.name}" AS a JOIN "{other.name}" AS b ON a."{one.name}" = b."{other.key}"'
        both = f'{joined} JOIN "{other.name}" AS c ON a."{two.name}" = c."{other.key}"'
        near, far = f'b."{other.named}"', f'c."{other.named}"'
        row, linked = pick(table.rows), pick(table.rows)
        here = f"WHERE {name} = {literal(row[table.named])}"
        named = {other_row[other.key]: str(other_row[other.named]) for other_row in other.rows}
        y, z = named[linked[one.name]], named[linked[two.name]]
        yield self._say("one", r=pick(said[0]), x=str(row[table.named])), [f"SELECT {near} {joined} {here}"], None
        yield self._say("both", r=pick(said[0]), s=pick(said[1]), x=str(row[table.named])), [f"SELECT {near}, {far} {both} {here}"], None
        wording = self._say("having", m=many, y=y, r=pick(said[0]))
        shown = "COUNT(*)" if wording.startswith("how many") else name
        yield wording, [f"SELECT {shown} {joined} WHERE {near} = {literal(y)}"], None
        if y != z:
            wording = self._say("having both", m=many, y=y, z=z, r=pick(said[0]), s=pick(said[1]))
            yield wording, [f"SELECT {name} {both} WHERE {near} = {literal(y)} AND {far} = {literal(z)}"], None
        yield self._say("list both", m=many, r=pick(said[0]), s=pick(said[1])), [f"SELECT {name}, {near}, {far} {both}"], None
        yield self._say("per", m=many, r=pick(said[0])), [f"SELECT {near}, COUNT(*) {joined} GROUP BY {near}"], None
        wording = self._say("alike", m=many, o=noun, r=pick(said[0]), s=pick(said[1]))
        yield wording, [f'SELECT "{table.named}" FROM "{table.name}" WHERE "{one.name}" = "{two.name}"'], None
        for column in self._further(other)[:2]:
            wording = self._say("far", a=str(self.database.phrase(column, "ask")), x=str(row[table.named]), r=pick(said[0]))
            yield wording, [f'SELECT b."{column.name}" {joined} {here}'], None

    def _further(self, table: Table) -> list[Column]:
        """Columns that can be asked for, in any order."""
        found = [c for c in table.columns if c.attribute.type in ("number", "kind", "date") and c.attribute.phrases.get("ask")]
        return self.rng.sample(found, len(found))
