"""Questions whose answer takes both: a document says which thing, or from which number on, and the database says the rest of it.

The sentence is one of a page; the question names neither the thing nor the number, but says what the sentence says of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from retrieval.mentions import find_mentions
from service.practice.named_rows import DISTINCTIONS
from service.prepare.composed_database import ComposedDatabase, Table, as_question, literal
from service.prepare.written import SAID, Asked, Organisation
from tools.evidence import Passage

_SENTENCES = (2, 3)  # of each sort, an organisation
_RULES = (  # (the sign, what the document says, what those count as)
    (
        ">",
        "{m} with a {a} of more than {n} count as {g}.|We call {m} {g} when the {a} is over {n}.|{g} are all {m} with a {a} above {n}.",
        "large|critical|premium|heavy users|fast-track|top tier|exceptional|gold class|notable|oversized|priority",
    ),
    (
        "<",
        "{m} with a {a} below {n} count as {g}.|We call {m} {g} when the {a} is under {n}.|{g} are all {m} with a {a} of less than {n}.",
        "small|minor|basic|light users|slow-track|entry level|ordinary|bronze class|negligible|undersized|low priority",
    ),
)
_WORDINGS = {
    "of": "{a} of the {o} {d}|what is the {a} of the {o} {d}|the {o} {d}: {a}|tell me the {a} of the {o} {d}",
    "linked": "[which {m}|{m}|list the {m}|how many {m}] belong to the {o} {d}|[{m}|how many {m}|which {m} are] of the {o} {d}",
    "graded": "which {m} count as {g}|which of our {m} are {g}|list the {g} {m}|how many {m} count as {g}|how many {g} {m} are there",
    "graded mean": "average {a} of {m} that count as {g}|mean {a} of the {g} {m}",
}


class Across:
    """Adds paragraphs to the passages of an organisation, and asks for what they and its database say together."""

    def __init__(self, organisation: Organisation, database: ComposedDatabase, rng: random.Random) -> None:
        self.organisation, self.database, self.rng = organisation, database, rng

    def asked(self) -> Iterator[Asked]:
        yield from self._distinctions()
        yield from self._rules()

    def _distinctions(self) -> Iterator[Asked]:
        chosen = self.rng.sample(DISTINCTIONS, self.rng.randint(*_SENTENCES))
        for says, calls in chosen:
            table = self.rng.choice(self.database.tables)
            row, noun = self.rng.choice(table.rows), self.database.one(table)
            said = self.rng.choice(says.split("|")).format(n=row[table.named], o=noun)
            paragraph = self._write(said[:1].upper() + said[1:])
            condition = f"{table.sql(table.named)} = '{SAID[0]}{str(row[table.named]).replace(chr(39), chr(39) * 2)}{SAID[1]}'"
            for wording, query in self._of_one(table, noun, calls.split("|"), condition):
                yield Asked(0, paragraph, [as_question(wording)], None, [query])

    def _of_one(self, table: Table, noun: str, calls: list[str], condition: str) -> Iterator[tuple[str, str]]:
        columns = [c for c in table.columns if c.attribute.type in ("number", "kind", "date") and c.attribute.phrases.get("ask")]
        for column in self.rng.sample(columns, min(2, len(columns))):
            asked = str(self.database.phrase(column, "ask"))
            wording = self._say("of", a=asked, o=noun, d=self.rng.choice(calls))
            yield wording, f'SELECT {table.sql(column.name)} FROM "{table.name}" WHERE {condition}'
        links = [(t, c) for t in self.database.tables for c in t.columns if c.other is table and c.attribute.type == "link"]
        for other, link in self.rng.sample(links, min(1, len(links))):
            wording = self._say("linked", m=self.database.many(other), o=noun, d=self.rng.choice(calls))
            shown = "COUNT(*)" if "how many" in wording else other.sql(other.named)
            joined = f'FROM "{other.name}" JOIN "{table.name}" ON {other.sql(link.name)} = {table.sql(table.key)}'
            yield wording, f"SELECT {shown} {joined} WHERE {condition}"

    def _rules(self) -> Iterator[Asked]:
        numbers = [
            (t, c) for t in self.database.tables for c in t.columns if c.attribute.type == "number" and c.attribute.phrases.get("ask")
        ]  # fmt: skip
        for table, column in self.rng.sample(numbers, min(self.rng.randint(*_SENTENCES), len(numbers))):
            sign, says, grades = self.rng.choice(_RULES)
            grade = self.rng.choice(grades.split("|"))
            asked, many = str(self.database.phrase(column, "ask")), self.database.many(table)
            values = sorted(float(str(row[column.name])) for row in table.rows)
            bound = literal(self.database.round(values[len(values) // 2]))
            said = self.rng.choice(says.split("|")).format(m=many, a=asked, n=bound, g=grade)
            paragraph = self._write(said[:1].upper() + said[1:])
            where = f'FROM "{table.name}" WHERE {table.sql(column.name)} {sign} {bound}'
            wording = self._say("graded", m=many, g=grade)
            shown = "COUNT(*)" if "how many" in wording else table.sql(table.named)
            yield Asked(0, paragraph, [as_question(wording)], None, [f"SELECT {shown} {where}"])
            wording = self._say("graded mean", m=many, g=grade, a=asked)
            yield Asked(0, paragraph, [as_question(wording)], None, [f"SELECT AVG({table.sql(column.name)}) {where}"])

    def _write(self, sentence: str) -> int:
        """Puts the sentence into a new paragraph, after or before what another one says; its number."""
        passages = self.organisation.passages
        others = [p.text.split(". ")[0].rstrip(".") + "." for p in self.rng.sample(passages, min(2, len(passages)))]
        others.insert(self.rng.randint(0, min(1, len(others))), sentence)
        text, title = " ".join(others), self.rng.choice(passages).title
        number = len(self.organisation.passages)
        self.organisation.passages.append(Passage(str(number + 1), title, text, find_mentions(text)))
        return number

    def _say(self, wording: str, **words: str) -> str:
        return self.database.voice.pick(_WORDINGS[wording]).format(**words)
