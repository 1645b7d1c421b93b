"""A database of some kinds of things, filled by chance, and the questions that their words allow, with their queries in SQL."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from service.practice.phrasing import MONTHS, Voice
from service.practice.study import plural
from service.prepare.vocabulary import Attribute, Entity
from service.prepare.written import Asked

_ROWS = 14  # at most, where there are names enough
_KEPT = 0.85  # of an entity's columns
_EMPTY = 0.25  # of the dates that may be empty

_WORDINGS = {  # m many, o of another kind, p and q phrases after the noun, a what is asked for, k a category, x and y single ones
    "count": "how many {m} are there|how many {m} do we have|number of {m}|count the {m}|how many {m}|{m}, how many",
    "list": "list all {m}|name all our {m}|{m}|which {m} are there|what are our {m} called|names of the {m}|all {m} please",
    "which": "[which {m}|what {m}|which of our {m}|which {m}|which {m}|{m}|show me the {m}|list {m}|give me all {m}|names of {m}] {p}",
    "who": "[who|which of our {m}|which {m}|who|which {m}|{m}|show me the {m}|list {m}|give me all {m}|names of {m}] {p}",
    "count of them": "[how many {m}|how many of our {m} are|number of {m}|count of {m}|how many {m} do we have] {p}",
    "both": "[which {m}|which of our {m}|{m}|list {m}] {p} [and|and also|,] {q}",
    "with": "[list {m}|show {m}|{m}|which {m} are] {p} [with|and|together with] [their|the] {a}",
    "of one": "what is the {a} of {x}|{x}: {a}|{a} of {x}|{a} for {x}|tell me the {a} for {x}|what's the {a} with {x}",
    "AVG": "average {a} of {m}|what is the average {a} of our {m}|mean {a}, {m}|{a} of {m} on average|typical {a} of the {m}",
    "SUM": "total {a} of {m}|{a} of all {m} together|what is the {a} of all {m} added up|combined {a}, {m}|overall {a} of our {m}",
    "MAX": "highest {a} among {m}|what is the greatest {a} of any of our {m}|top {a} of {m}|maximum {a}, {m}",
    "MIN": "lowest {a} among {m}|what is the smallest {a} of any of our {m}|minimum {a} of {m}",
    "first": "the {n} {m} with the {extreme} {a}|which {n} {m} have the {extreme} {a}|{n} {m} with {extreme} {a}",
    "beside average": "which {m} have a {a} {side} average|{m} {side} the average {a}|{m} with {a} {side} average",
    "by category": "{how} {a} [by|per|for each] {k}|what is the {how} {a} of {m} [by|per|for each] {k}|{k} and {how} {a}",
    "count by category": "how many {m} [per|by|for each|of each] {k}|{m} by {k}|number of {m} per {k}|{k} and how many {m}"
    "|count of {m} for every {k}|how do the {m} split by {k}",
    "commonest": "{extreme} {k} of our {m}|what is the {extreme} {k} among {m}|which {k} is the {extreme} for {m}",
    "different": "what different {k}s are there for {m}|every {k} that {m} have|which kinds of {k} do we have for {m}",
    "sum by other": "total {a} [by|per|for each] {o}|{a} of all {m} together, {o} by {o}|how much {a} per {o} in total",
    "count by other": "how many {m} per {o}|number of {m} for each {o}|{m} by {o}|how many {m} does each {o} have",
    "others with more": "which {o} have [more than|over] {n} {m}",
    "others with": "[which {o} have {m}|{o} with {m}|{o} who have {m}|names of {o} with {m}] {p}",
    "of its other": "what is the {a} of the {o} of {x}|{a} of the {o} that {x} belongs to|{x}: {a} of the {o}",
    "share": "[what share of {m} are those|what percentage of {m} are|how many percent of our {m} are ones|share of {m}] {p}",
    "difference": "by how much does {x} beat {y} in {a}|difference in {a} between {x} and {y}|how far apart are {x} and {y} in {a}"
    "|{a}: how much more for {x} than for {y}",
}
_TWICE = re.compile(r"\b(who|that|in|the|of|with) \1\b", re.IGNORECASE)  # where a wording and a phrase meet
_EXTREMES = {"DESC": "[highest|largest|biggest|greatest]", "ASC": "[lowest|smallest|least]"}
_FREQUENCIES = {"DESC": "[most common|most frequent|usual]", "ASC": "[rarest|least common]"}
_SIDES = {">": "[above|over|higher than|more than]", "<": "[below|under|lower than|less than]"}


Question = tuple[str, list[str], str | None]
"""A wording, its queries, and the calculation over their results."""


@dataclass(slots=True)
class Column:
    attribute: Attribute
    name: str
    other: Table | None = None  # that a link or a tie points at


@dataclass(slots=True)
class Table:
    entity: Entity
    name: str
    key: str
    named: str  # the column of names
    columns: list[Column] = field(default_factory=list)
    dropped: list[Attribute] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)

    def sql(self, column: str) -> str:
        return f'"{self.name}"."{column}"'

    @property
    def links(self) -> list[Column]:
        return [column for column in self.columns if column.other is not None and column.attribute.type == "link"]


class _Style:
    """How a database spells its names."""

    def __init__(self, rng: random.Random) -> None:
        self.case = rng.choice(("snake", "snake", "snake", "camel", "joined"))
        self.plural = rng.random() < 0.6
        self.key = rng.choice(("id", "own", "own"))

    def table(self, name: str) -> str:
        *first, last = name.lower().split("_")
        return self.column("_".join([*first, plural(last) if self.plural else last]))

    def column(self, name: str) -> str:
        if self.case == "camel":
            return "".join(part.capitalize() for part in name.split("_"))
        return name.replace("_", "") if self.case == "joined" and len(name) < 9 else name

    def identifier(self, table: str) -> str:
        return self.column("id" if self.key == "id" else f"{table.lower()}_id")


class ComposedDatabase:
    def __init__(self, entities: Sequence[Entity], rng: random.Random, today: date) -> None:
        self.rng, self.voice, self.today = rng, Voice(rng), today
        self.style = style = _Style(rng)
        self.tables: list[Table] = []
        for entity in entities:
            name = rng.choice(entity.names)
            if style.table(name) in {t.name for t in self.tables}:
                continue
            key, named = style.identifier(name), style.column(rng.choice(entity.name_columns))
            self.tables.append(Table(entity, style.table(name), f"{key}_key" if key.lower() == named.lower() else key, named))
        of = {table.entity.names[0]: table for table in self.tables}
        for table in self.tables:
            taken = {table.key.lower(), table.named.lower()}
            for attribute in table.entity.attributes:
                column = Column(attribute, style.column(rng.choice(attribute.names)), of.get(attribute.target))
                missing = attribute.type == "link" and (column.other is None or column.other is table)
                if column.name.lower() in taken or missing or (attribute.type != "link" and rng.random() > _KEPT):
                    table.dropped.append(attribute)
                else:
                    taken.add(column.name.lower())
                    table.columns.append(column)
        for table in self.tables:
            self._fill(table)

    def _fill(self, table: Table) -> None:
        names = self.rng.sample(table.entity.named, min(_ROWS, len(table.entity.named)))
        table.rows = [{table.key: i + 1, table.named: name} for i, name in enumerate(names)]
        for column in table.columns:
            others = min(_ROWS, len(column.other.entity.named)) if column.other else 0
            # Some of the others get none, so that "which have no …" has an answer.
            favoured = self.rng.sample(range(1, others + 1), max(1, others * 2 // 3)) if others else []
            for row in table.rows:
                row[column.name] = self.rng.choice(favoured) if favoured else self._value(column.attribute)

    def _value(self, attribute: Attribute) -> object:
        match attribute.type:
            case "number":
                return self._number(attribute)
            case "date":
                if "none" in attribute.phrases and self.rng.random() < _EMPTY:
                    return None
                return (self.today - timedelta(self.rng.randrange(1100))).isoformat()
            case "kind" if attribute.values:
                return self.rng.choice(list(attribute.values))
            case _:
                return f"{self.rng.choice('ABCDEFGHKLMN')}{self.rng.randrange(100, 10_000)}"

    def _number(self, attribute: Attribute) -> float | int:
        low, high = attribute.low, attribute.high
        if high - low < 20 and not (low.is_integer() and high.is_integer()):
            return round(self.rng.uniform(low, high), 2)
        return round(self.rng.uniform(low, high))

    def script(self) -> str:
        lines: list[str] = []
        types = {"number": "REAL", "date": "DATE", "kind": "TEXT", "text": "TEXT", "link": "INTEGER", "tie": "INTEGER"}
        for table in self.tables:
            parts = [f'"{table.key}" INTEGER PRIMARY KEY', f'"{table.named}" TEXT']
            parts += [f'"{c.name}" {types[c.attribute.type]}' for c in table.columns]
            parts += [
                f'FOREIGN KEY ("{c.name}") REFERENCES "{c.other.name}" ("{c.other.key}")' for c in table.columns if c.other is not None
            ]
            lines.append(f'CREATE TABLE "{table.name}" ({", ".join(parts)});')
        for table in self.tables:
            for row in table.rows:
                lines.append(f'INSERT INTO "{table.name}" VALUES ({", ".join(map(literal, row.values()))});')
        return "\n".join(lines)

    # --- Questions ----------------------------------------------------------------------------------------------

    def asked(self) -> list[Asked]:
        return as_asked(self._all())

    def unanswerable(self, count: int) -> list[str]:
        """Questions for columns that are not there."""
        texts: list[str] = []
        for table in self.tables:
            one = str(self.rng.choice(table.rows)[table.named])
            for attribute in table.dropped:
                texts += [text.replace("{x}", one) for text in attribute.phrases.get("how", ())]
                texts += attribute.phrases.get("most", []) + attribute.phrases.get("latest", [])
        return [as_question(text) for text in self.rng.sample(texts, min(count, len(texts)))]

    def _all(self) -> Iterator[Question]:
        asking: dict[str, Callable[[Table, Column], Iterator[Question]]] = {
            "number": self._of_number, "date": self._of_date, "kind": self._of_kind, "link": self._of_link, "text": self._of_one,
        }  # fmt: skip
        for table in self.tables:
            yield from self._of_table(table)
            yield from self._of_steps(table)
            for column in table.columns:
                if column.attribute.type in asking:  # what ties are asked for is settled in composed_ties.py
                    yield from asking[column.attribute.type](table, column)

    def _say(self, wording: str, **words: str | None) -> str:
        return self.voice.pick(_WORDINGS[wording]).format(**words)

    def many(self, table: Table) -> str:
        return self.rng.choice(table.entity.many).removeprefix("our ").removeprefix("the ")

    def one(self, table: Table) -> str:
        return self.rng.choice(table.entity.one)

    def _named(self, table: Table) -> str:
        return str(self.rng.choice(table.rows)[table.named])

    def phrase(self, column: Column, key: str, **said: str) -> str | None:
        """One of the column's phrases, its placeholders filled in."""
        found = column.attribute.phrases.get(key)
        if not found:
            return None
        text = self.rng.choice(found)
        for placeholder, words in said.items():
            text = text.replace("{" + placeholder + "}", words)
        return None if "{" in text else text

    def _filters(self, table: Table) -> list[tuple[str, str]]:
        """Phrases that fit after the noun, with the conditions they mean, in any order."""
        found = [pair for column in table.columns for pair in self._filters_by(table, column)]
        self.rng.shuffle(found)
        return found

    def _filters_by(self, table: Table, column: Column) -> Iterator[tuple[str, str]]:
        name = table.sql(column.name)
        match column.attribute.type:
            case "number":
                number = self.round(self._number(column.attribute))
                for key, sign in (("over", ">"), ("under", "<")):
                    if (phrase := self.phrase(column, key, n=_said_number(number, self.rng))) is not None:
                        yield phrase, f"{name} {sign} {number}"
            case "date":
                for key, sign in (("in", "="), ("since", ">="), ("before", "<")):
                    period = self._period(key)
                    if (phrase := self.phrase(column, key, d=period)) is not None and period in phrase:
                        yield phrase, f"{name} {sign} '{{{period}}}'"
                if (phrase := self.phrase(column, "none")) is not None:
                    yield phrase, f"{name} IS NULL"
            case "kind":
                for value, phrases in column.attribute.values.items():
                    if phrases:
                        yield self.rng.choice(phrases), f"{name} = {literal(value)}"
            case "link" if column.other is not None:
                other = self._named(column.other)
                if (phrase := self.phrase(column, "of", y=other)) is not None:
                    yield phrase, f"{column.other.sql(column.other.named)} = {literal(other)}"

    def round(self, number: float | int) -> float | int:
        """A number that people would say."""
        if isinstance(number, float) or number < 20:
            return round(number, 1) if isinstance(number, float) else number
        step = 10 ** (len(str(number)) - self.rng.choice((1, 2)))
        return max(step, number // step * step)

    def _period(self, key: str) -> str:
        year = self.today.year - self.rng.randrange(3)
        month = f"{self.rng.choice(MONTHS)} {year}"
        said = [str(year), str(year), month, month]
        if key == "in":
            said += ["last year", "this year", "last month"]
        return self.rng.choice(said)

    def _from(self, table: Table, condition: str = "", link: Column | None = None) -> str:
        """FROM and WHERE, joined to the table that `link` leads to, or that the condition is about."""
        if link is None:
            link = next((c for c in table.links if c.other is not None and f'"{c.other.name}".' in condition), None)
        text = f'FROM "{table.name}"'
        if link is not None and link.other is not None:
            text += f' JOIN "{link.other.name}" ON {table.sql(link.name)} = {link.other.sql(link.other.key)}'
        return text + (f" WHERE {condition}" if condition else "")

    def _of_table(self, table: Table) -> Iterator[Question]:
        name = table.sql(table.named)
        yield self._say("count", m=self.many(table)), [f"SELECT COUNT(*) {self._from(table)}"], None
        yield self._say("list", m=self.many(table)), [f"SELECT {name} {self._from(table)}"], None
        filters = self._filters(table)
        which = "who" if table.entity.person else "which"
        for phrase, condition in filters:
            joined = self._from(table, condition)
            for wording in self.rng.sample((which, which, "count of them"), 2):
                shown = "COUNT(*)" if wording == "count of them" else name
                yield self._say(wording, m=self.many(table), p=phrase), [f"SELECT {shown} {joined}"], None
        own = [(phrase, condition) for phrase, condition in filters if condition.startswith(f'"{table.name}".')]
        for (phrase, condition), (other, further) in zip(own[::2], own[1::2], strict=False):
            if condition.split(" ")[0] != further.split(" ")[0]:
                query = f"SELECT {name} {self._from(table)} WHERE {condition} AND {further}"
                yield self._say("both", m=self.many(table), p=phrase, q=other), [query], None
        for column in [c for c in table.columns if c.attribute.type in ("number", "date", "kind") and c.attribute.phrases.get("ask")][:2]:
            if filters:
                phrase, condition = self.rng.choice(filters)
                query = f"SELECT {name}, {table.sql(column.name)} {self._from(table, condition)}"
                yield self._say("with", m=self.many(table), p=phrase, a=self.phrase(column, "ask")), [query], None

    def _of_one(self, table: Table, column: Column) -> Iterator[Question]:
        """What the column says of one thing that is named."""
        shown, joined = table.sql(column.name), self._from(table)
        if column.other is not None:
            shown, joined = column.other.sql(column.other.named), self._from(table, link=column)
        for row in self.rng.sample(table.rows, min(2, len(table.rows))):
            if row[column.name] is None:
                continue
            one = str(row[table.named])
            wording = self.phrase(column, "how", x=one) if self.rng.random() < 0.75 else None
            if wording is None and (asked := self.phrase(column, "ask")) is not None:
                wording = self._say("of one", a=asked, x=one)
            if wording is not None and one in wording:
                yield wording, [f"SELECT {shown} {joined} WHERE {table.sql(table.named)} = {literal(one)}"], None

    def _whole(self, column: Column, key: str) -> list[str]:
        """At most two of the column's whole questions of this sort."""
        found = [text for text in column.attribute.phrases.get(key, ()) if "{" not in text]
        return self.rng.sample(found, min(2, len(found)))

    def _extreme(self, table: Table, column: Column, key: str, order: str) -> Iterator[Question]:
        for wording in self._whole(column, key):
            query = f"SELECT {table.sql(table.named)} {self._from(table)} ORDER BY {table.sql(column.name)} {order} LIMIT 1"
            yield wording, [query], None

    def _of_number(self, table: Table, column: Column) -> Iterator[Question]:
        yield from self._of_one(table, column)
        yield from self._extreme(table, column, "most", "DESC")
        yield from self._extreme(table, column, "least", "ASC")
        if column.attribute.phrases.get("ask"):
            yield from self._of_numbers(table, column)

    def _of_numbers(self, table: Table, column: Column) -> Iterator[Question]:
        """Aggregates, orders and groups of a column of numbers."""
        name, value = table.sql(table.named), table.sql(column.name)
        for function in self.rng.sample(("AVG", "AVG", "SUM", "SUM", "MAX", "MIN"), 2):
            filters = self._filters(table) if self.rng.random() < 0.6 else []
            phrase, condition = filters[0] if filters else ("", "")
            wording = self._say(function, a=self.phrase(column, "ask"), m=f"{self.many(table)} {phrase}".strip())
            yield wording, [f"SELECT {function}({value}) {self._from(table, condition)}"], None
        count, order = str(self.rng.randint(2, 5)), self.rng.choice(("DESC", "ASC"))
        extreme = self.voice.pick(_EXTREMES[order])
        wording = self._say("first", n=count, m=self.many(table), extreme=extreme, a=self.phrase(column, "ask"))
        yield wording, [f"SELECT {name} {self._from(table)} ORDER BY {value} {order} LIMIT {count}"], None
        sign = self.rng.choice((">", "<"))
        wording = self._say("beside average", m=self.many(table), a=self.phrase(column, "ask"), side=self.voice.pick(_SIDES[sign]))
        yield wording, [f"SELECT {name} {self._from(table)} WHERE {value} {sign} (SELECT AVG({value}) {self._from(table)})"], None
        kinds = [c for c in table.columns if c.attribute.type == "kind" and c.attribute.phrases.get("ask")]
        if kinds:
            kind = self.rng.choice(kinds)
            function, how = self.rng.choice((("AVG", "average"), ("SUM", "total"), ("AVG", "mean"), ("MAX", "highest")))
            asked, category, group = self.phrase(column, "ask"), self.phrase(kind, "ask"), table.sql(kind.name)
            wording = self._say("by category", how=how, a=asked, m=self.many(table), k=category)
            yield wording, [f"SELECT {group}, {function}({value}) {self._from(table)} GROUP BY {group}"], None
        if table.links:
            link = self.rng.choice(table.links)
            assert link.other is not None
            group = link.other.sql(link.other.named)
            wording = self._say("sum by other", a=self.phrase(column, "ask"), m=self.many(table), o=self.one(link.other))
            yield wording, [f"SELECT {group}, SUM({value}) {self._from(table, link=link)} GROUP BY {group}"], None

    def _of_date(self, table: Table, column: Column) -> Iterator[Question]:
        yield from self._of_one(table, column)
        yield from self._extreme(table, column, "latest", "DESC")
        if "none" not in column.attribute.phrases:  # empty dates would come first
            yield from self._extreme(table, column, "earliest", "ASC")

    def _of_kind(self, table: Table, column: Column) -> Iterator[Question]:
        yield from self._of_one(table, column)
        if not column.attribute.phrases.get("ask"):
            return
        category, group = self.phrase(column, "ask"), table.sql(column.name)
        wording = self._say("count by category", m=self.many(table), k=category)
        yield wording, [f"SELECT {group}, COUNT(*) {self._from(table)} GROUP BY {group}"], None
        order = self.rng.choice(("DESC", "ASC"))
        wording = self._say("commonest", extreme=self.voice.pick(_FREQUENCIES[order]), k=category, m=self.many(table))
        yield wording, [f"SELECT {group} {self._from(table)} GROUP BY {group} ORDER BY COUNT(*) {order} LIMIT 1"], None
        yield self._say("different", k=category, m=self.many(table)), [f"SELECT DISTINCT {group} {self._from(table)}"], None

    def _of_link(self, table: Table, column: Column) -> Iterator[Question]:
        other = column.other
        assert other is not None
        group, joined = other.sql(other.named), self._from(table, link=column)
        yield from self._of_one(table, column)
        for wording in self._whole(column, "most"):
            yield wording, [f"SELECT {group} {joined} GROUP BY {group} ORDER BY COUNT(*) DESC LIMIT 1"], None
        for wording in self._whole(column, "without"):
            owned = f'SELECT {table.sql(column.name)} FROM "{table.name}"'
            yield wording, [f'SELECT {group} FROM "{other.name}" WHERE {other.sql(other.key)} NOT IN ({owned})'], None
        wording = self._say("count by other", m=self.many(table), o=self.one(other))
        yield wording, [f"SELECT {group}, COUNT(*) {joined} GROUP BY {group}"], None
        count = str(self.rng.randint(1, 3))
        wording = self._say("others with more", n=count, m=self.many(table), o=self.many(other))
        yield wording, [f"SELECT {group} {joined} GROUP BY {group} HAVING COUNT(*) > {count}"], None
        filters = [(phrase, condition) for phrase, condition in self._filters(table) if condition.startswith(f'"{table.name}".')]
        if filters:
            phrase, condition = filters[0]
            wording = self._say("others with", m=self.many(table), o=self.many(other), p=phrase)
            yield wording, [f"SELECT DISTINCT {group} {joined} WHERE {condition}"], None
        further = [c for c in other.columns if c.attribute.type in ("number", "kind") and c.attribute.phrases.get("ask")]
        if further:
            far, one = self.rng.choice(further), self._named(table)
            wording = self._say("of its other", a=self.phrase(far, "ask"), o=self.one(other), x=one)
            yield wording, [f"SELECT {other.sql(far.name)} {joined} WHERE {table.sql(table.named)} = {literal(one)}"], None

    def _of_steps(self, table: Table) -> Iterator[Question]:
        """Two queries, then a calculation."""
        if filters := self._filters(table):
            phrase, condition = filters[0]
            queries = [f"SELECT COUNT(*) {self._from(table, condition)}", f"SELECT COUNT(*) {self._from(table)}"]
            yield self._say("share", m=self.many(table), p=phrase), queries, "share(r1, r2)"
        numbers = [c for c in table.columns if c.attribute.type == "number" and c.attribute.phrases.get("ask")]
        if numbers and len(table.rows) > 1:
            column = self.rng.choice(numbers)
            pair = sorted(self.rng.sample(table.rows, 2), key=lambda row: -float(str(row[column.name])))
            first, second = (str(row[table.named]) for row in pair)
            shown = f"SELECT {table.sql(column.name)} {self._from(table)} WHERE {table.sql(table.named)} = "
            wording = self._say("difference", x=first, y=second, a=self.phrase(column, "ask"))
            yield wording, [shown + literal(first), shown + literal(second)], "r1 - r2"


def literal(value: object) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"


def _said_number(number: float | int, rng: random.Random) -> str:
    return f"{number:,}" if rng.random() < 0.4 else str(number)


def as_question(wording: str) -> str:
    """The wording as a question: one that begins like one gets a capital and a mark more often than not, always in the same way."""
    rng = random.Random(wording)
    wording = _TWICE.sub(r"\1", " ".join(wording.split()).replace(" ,", ","))
    asks = wording.split()[0].lower() in ("which", "who", "what", "how", "when", "where", "whose", "by", "is", "are")
    if asks and not wording.endswith("?") and rng.random() < 0.6:
        wording += "?"
    return wording[0].upper() + wording[1:] if rng.random() < 0.6 else wording


def as_asked(questions: Iterable[Question]) -> list[Asked]:
    return [Asked(0, None, [as_question(wording)], None, queries, calculation) for wording, queries, calculation in questions]
