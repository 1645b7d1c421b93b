"""Questions written for Reckoner, by hand: what people say where documents and columns use other words.

`organisations/*.txt` holds an invented organisation a file: a database as an SQL script, documents with questions under each paragraph,
and questions on the database. `problems/*.txt` holds calculations that need nothing but the question. A line begins with what it is:

    # Document title
    ## Section
    A paragraph, on one line.
    Q: a question, and further lines Q: with other wordings of it
    A: words of the paragraph, to the letter; "First words ... last words." for a long piece; NONE where there is no answer
    SQL: a query; its result is r1, that of a second one r2
    CALC: arithmetic over numbers of the question and of the paragraph, over r1 and r2; share(a, b), change(a, b), max(a, b), min(a, b)
    and days_between('{3 May}', '{20 May}') too

A question is answered by its lines A, or SQL, or CALC, or SQL and CALC. `'{last year}'` in a query is the date that the question says in
these words, and `'[[Marta Weiss]]'` are words of the paragraph. Evidence is what the service would show: the passages of the organisation
that are nearest by their words, its own among them, and the part of the schema that the question may mean.

    python -m service.prepare.written FILE…                  checks files and says by line what cannot be used
    python -m service.prepare.written --workspace OUT FILE   makes documents, a database and an exam of one: for files held out
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from models.examples import Example
from retrieval.mentions import find_mentions
from retrieval.schema import ValueIndex, relevant_schema
from retrieval.words import STOP_WORDS, fold, stem
from service.practice.checking import all_shown, run, shuffled
from service.prepare.expressions import OPERATORS, Earlier, Expr, NoProgram, Operation, expression_tokens, tidy
from service.prepare.grounding import Pointing, stored_values
from tools.errors import ToolError
from tools.evidence import QUESTION, Block, Column, Date, Evidence, Mention, Number, Passage, Schema, Span
from tools.introspection import introspect
from tools.language import CONSTANTS, LanguageError, Program, Token, check
from tools.sql_reader import NotExpressible, read_sql

ORGANISATIONS = Path(__file__).parent / "organisations"
PROBLEMS = Path(__file__).parent / "problems"
_ALONE = 0.2  # of the questions on a paragraph are shown without a schema, and of those on the database without passages
_RIVALS = (1, 3, 5, 5, 7)  # passages beside the paragraph
SAID = ("[[", "]]")  # around words of the paragraph, where a query compares with them
_SAID = re.compile(r"\[\[(.+)\]\]")
_DATE = re.compile(r"\{([^{}]+)\}")
_WORD = re.compile(r"[^\W_]+")
_PREFIX = re.compile(r"(Q|A|SQL|CALC|organisation|today):\s*(.*)")


class Unusable(Exception):
    """Why a question cannot become an example."""


@dataclass(slots=True)
class Asked:
    """One question in its wordings, and its answer as written; `paragraph` is the number of the one it stands under."""

    line: int
    paragraph: int | None
    wordings: list[str] = field(default_factory=list)
    answer: str | None = None
    queries: list[str] = field(default_factory=list)
    calculation: str | None = None


@dataclass(slots=True)
class Organisation:
    name: str
    today: date
    script: str
    passages: list[Passage]
    asked: list[Asked]


def read_organisation(path: Path) -> Organisation:
    """Raises Unusable where the file's head or a line is not of this format."""
    organisation = Organisation(path.stem, date(2024, 6, 14), "", [], [])
    script: list[str] = []
    section, title, heading = "", "", ""
    current: Asked | None = None
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if line.startswith("== "):
            section, current = line[3:].strip(), None
            continue
        if section == "database":
            script.append(raw)
            continue
        if not line:
            continue
        if found := _PREFIX.match(line):
            kind, text = found[1], found[2].strip()
            if kind == "today":
                organisation.today = date.fromisoformat(text)
            elif kind == "Q":
                if current is None or current.answer is not None or current.queries or current.calculation is not None:
                    paragraph = len(organisation.passages) - 1 if section == "documents" else None
                    current = Asked(number, paragraph)
                    organisation.asked.append(current)
                current.wordings.append(text)
            elif current is not None and kind == "A":
                current.answer = text
            elif current is not None and kind == "SQL":
                current.queries.append(text)
            elif current is not None and kind == "CALC":
                current.calculation = text
        elif section != "documents":
            raise Unusable(f"line {number} is none of Q:, A:, SQL:, CALC:")
        elif line.startswith("## "):
            heading = line[3:].strip()
        elif line.startswith("# "):
            title, heading = line[2:].strip(), ""
        else:
            place = f"{title} > {heading}" if heading else title
            organisation.passages.append(Passage(str(len(organisation.passages) + 1), place, line, find_mentions(line)))
            current = None
    organisation.script = "\n".join(script)
    return organisation


# --- Programs ---------------------------------------------------------------------------------------------------


class _Writer:
    """Turns what is written under the questions of one organisation into examples."""

    def __init__(self, organisation: Organisation, connection: sqlite3.Connection, source: str) -> None:
        self.source = source
        connection.executescript(organisation.script)
        self.organisation, self.connection = organisation, connection
        self.schema = introspect(connection, organisation.name)
        self.stored = stored_values(connection, self.schema)
        self.index = ValueIndex.build((table, column, values) for (table, column), values in self.stored.items())
        self.near = Near(organisation.passages)

    def example(self, asked: Asked, wording: str, rng: random.Random) -> Example:
        """Raises Unusable."""
        mentions = find_mentions(wording, self.organisation.today)
        shown = shuffled(relevant_schema(wording, self.schema, self.index), rng)
        passages = self._passages(asked, wording, rng)
        paragraph = None if asked.paragraph is None else self.organisation.passages[asked.paragraph]
        own = next((i for i, passage in enumerate(passages) if passage is paragraph), None)
        if asked.answer is not None:
            program = self._quote(asked.answer, passages, own)
        else:
            pointing = _Pointing(wording, mentions, shown, self.stored, passages[own] if own is not None else None, own)
            program = self._steps(asked, pointing)
            shown = pointing.schema()
            self._require_sensible(program, shown, passages)
        needed = bool(asked.queries) or (asked.answer is None and asked.paragraph is None)
        blocks: tuple[Block, ...] = (*passages, shown) if shown.tables and (needed or rng.random() >= _ALONE) else passages
        # Of an organisation all questions go to one side of a split; problems have nothing in common.
        group = self.organisation.name if self.schema.tables else f"{self.organisation.name}:{asked.line}"
        return Example(Evidence(wording, blocks, mentions), program, self.source, group)

    def question(self, asked: Asked, wording: str) -> dict[str, Any]:
        """The question as the exam `questions` reads it. Raises Unusable."""
        example = self.example(asked, wording, random.Random(0))
        if asked.answer is not None:
            spans = [t for t in example.program if isinstance(t, Span)]
            quotes = [example.evidence.blocks[t.block].text[t.start : t.end] for t in spans]  # type: ignore[union-attr]
            return {"question": wording, "answer": quotes or None, "kind": "quote" if quotes else "refuse"}
        result = run(example.program, self.connection, self.schema, example.evidence.blocks)
        several = bool(asked.queries) and asked.calculation is not None
        kind = "several" if several or (asked.queries and asked.paragraph is not None) else "database" if asked.queries else "calculation"
        if isinstance(result, Fraction):
            return {"question": wording, "answer": [str(round(float(result), 6))], "kind": kind}
        ordered = "order by" in asked.queries[-1].lower()
        return {"question": wording, "answer": [list(row) for row in result], "ordered": ordered, "kind": kind}

    def _passages(self, asked: Asked, wording: str, rng: random.Random) -> tuple[Passage, ...]:
        count = rng.choice(_RIVALS)
        if asked.paragraph is None:
            return self.near.to(wording, count + 1) if rng.random() >= _ALONE else ()
        own = self.organisation.passages[asked.paragraph]
        found = [own, *(p for p in self.near.to(wording, count + 1) if p is not own)][: count + 1]
        return tuple(rng.sample(found, len(found)))

    def _quote(self, answer: str, passages: Sequence[Passage], own: int | None) -> Program:
        if answer.upper() == "NONE":
            return ("unknown",)
        if own is None:
            raise Unusable("an answer A: stands under no paragraph")
        text = passages[own].text
        first, dots, last = (part.strip() for part in answer.partition(" ... "))
        start = text.find(first)
        end = text.find(last, start + len(first)) + len(last) if dots else start + len(first)
        if start < 0 or (dots and end < len(last)):
            raise Unusable("the answer is not in the paragraph")
        return ("quote", Span(own, start, end), "end")

    def _steps(self, asked: Asked, pointing: _Pointing) -> Program:
        tokens: list[Token] = []
        try:
            for query in asked.queries:
                tokens += read_sql(query, self.schema, pointing)[:-2]
            if asked.calculation is not None:
                expr = tidy(_Calculation(pointing, len(asked.queries)).read(asked.calculation), pointing.question)
                tokens += ["calc", *expression_tokens(expr, {n: f"r{n + 1}" for n in range(len(asked.queries))})]
            steps = len(asked.queries) + (asked.calculation is not None)
            program = (*tokens, "give", f"r{steps}")
            check(program)
        except (NotExpressible, NoProgram, LanguageError) as error:
            raise Unusable(str(error)) from error
        return program

    def _require_sensible(self, program: Program, shown: Schema, passages: tuple[Passage, ...]) -> None:
        if not all_shown(program, shown):
            raise Unusable("a stored value or column is not shown")
        try:
            result = run(program, self.connection, self.schema, passages)
        except (LanguageError, ToolError, sqlite3.Error) as error:
            raise Unusable(f"does not run: {error}") from error
        if not isinstance(result, Fraction) and all(value is None for row in result for value in row):
            raise Unusable("the result is empty")


class _Pointing(Pointing):
    """Also points at dates that are marked with braces, and into the paragraph that the question stands under."""

    def __init__(
        self, question: str, mentions: Sequence[Mention], shown: Schema, stored: Mapping[tuple[str, str], Sequence[object]],
        paragraph: Passage | None, block: int | None,
    ) -> None:  # fmt: skip
        super().__init__(question, mentions, shown, stored)
        self.paragraph, self.block = paragraph, block

    def number(self, column: Column | None, value: float) -> Token:
        said = any(m.kind == "number" and float(m.value) == value for m in self.mentions)
        found = None if said else self.read(Fraction(Decimal(repr(value))))
        return found or super().number(column, value)

    def text(self, column: Column | None, text: str) -> Token:
        if said := _SAID.fullmatch(text):
            return self.words(said[1])
        marked = _DATE.fullmatch(text)
        return super().text(column, text) if marked is None else self.marked(marked[1])

    def marked(self, words: str) -> Date | Number:
        """The date that the question says in `words`; a bare year is a number."""
        at = self.question.lower().find(words.lower())
        for mention in self.mentions:
            if at >= 0 and mention.start < at + len(words) and at < mention.end:
                return mention.pointer(QUESTION)
        raise NotExpressible(f"the question says no date {words!r}")

    def words(self, words: str) -> Span:
        """Where the paragraph says them."""
        start = self.paragraph.text.find(words) if self.paragraph is not None else -1
        if start < 0:
            raise NotExpressible("words that the paragraph does not say")
        assert self.block is not None
        return Span(self.block, start, start + len(words))

    def read(self, value: Fraction) -> Number | None:
        """The number of the paragraph that has this value."""
        for mention in self.paragraph.mentions if self.paragraph is not None else ():
            if mention.kind == "number" and Fraction(mention.value) == value:
                assert self.block is not None
                return Number(mention.value, self.block, mention.start, mention.end)
        return None


class _Calculation:
    """Reads infix arithmetic; each number is pointed at where it stands, the question's before the paragraph's."""

    def __init__(self, pointing: _Pointing, results: int) -> None:
        self.pointing, self.results = pointing, results
        self._used: Counter[Fraction] = Counter()

    def read(self, text: str) -> Expr:
        try:
            return self._read(ast.parse(text.strip(), mode="eval").body)
        except (SyntaxError, RecursionError) as error:
            raise NoProgram("the arithmetic is not read") from error

    def _read(self, node: ast.expr) -> Expr:
        match node:
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return Operation(OPERATORS[type(op)], (self._read(left), self._read(right)))
            case ast.Name(id=name) if re.fullmatch(r"r[1-4]", name) and int(name[1]) <= self.results:
                return Earlier(int(name[1]) - 1)
            case ast.Constant(value=int() | float() as value):
                return self._number(Fraction(Decimal(repr(value))))
            case ast.Call(func=ast.Name(id="days_between"), args=[ast.Constant(value=str() as first), ast.Constant(value=str() as last)]):
                return Operation("days_between", tuple(self.pointing.marked(_DATE.sub(r"\1", words)) for words in (first, last)))
            case ast.Call(func=ast.Name(id="max" | "min" | "share" | "change" as name), args=[left, right]):
                return Operation(name, (self._read(left), self._read(right)))
        raise NoProgram("the arithmetic is not read")

    def _number(self, value: Fraction) -> Expr:
        said = [m for m in self.pointing.mentions if m.kind == "number" and Fraction(m.value) == value]
        if said:
            mention = said[min(self._used[value], len(said) - 1)]
            self._used[value] += 1
            return Number(mention.value, QUESTION, mention.start, mention.end)
        found = self.pointing.read(value)
        if found is None and str(value) not in CONSTANTS:
            raise NoProgram("a number neither in the question nor in the paragraph")
        return found or value


class Near:
    """The passages that share the rarest words with a question."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = [(passage, _stems(f"{passage.title} {passage.text}")) for passage in passages]
        self._in = Counter(word for _, words in self._passages for word in words)

    def to(self, question: str, count: int) -> tuple[Passage, ...]:
        asked = _stems(question)
        weight = {word: math.log(1 + len(self._passages) / self._in[word]) for word in asked if self._in[word]}

        def nearness(pair: tuple[Passage, set[str]]) -> float:
            # fsum, since the order of a set, and with it the rounding of a plain sum, changes from run to run.
            return math.fsum(weight[word] for word in pair[1] & weight.keys()) / math.sqrt(len(pair[1]) or 1)

        ranked = sorted(self._passages, key=nearness, reverse=True)
        return tuple(passage for passage, _ in ranked[:count])


def _stems(text: str) -> set[str]:
    return {stem(fold(word)) for word in _WORD.findall(text)} - STOP_WORDS


# --- Examples ---------------------------------------------------------------------------------------------------


def written_examples(path: Path, skipped: Counter[str], source: str = "written", lines: dict[int, str] | None = None) -> Iterator[Example]:
    """Each wording of each question of the file. `skipped` counts by reason what cannot be used; `lines` takes the reasons by line."""
    return organisation_examples(read_organisation(path), skipped, source, lines)


def organisation_examples(
    organisation: Organisation, skipped: Counter[str], source: str, lines: dict[int, str] | None = None
) -> Iterator[Example]:
    """As `written_examples`, of an organisation that is already read."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            writer = _Writer(organisation, connection, source)
        except sqlite3.Error as error:
            raise Unusable(f"the database: {error}") from error
        for asked in organisation.asked:
            for number, wording in enumerate(asked.wordings):
                rng = random.Random(f"{organisation.name} {asked.line} {number}")
                try:
                    yield writer.example(asked, wording, rng)
                except Unusable as reason:
                    skipped[str(reason).partition(":")[0]] += 1
                    if lines is not None:
                        lines[asked.line + number] = str(reason)


def write_workspace(path: Path, out: Path) -> int:
    """Writes OUT/documents/*.md, OUT/database.sqlite, OUT/exam.jsonl and OUT/about.json, and returns the number of questions."""
    organisation = read_organisation(path)
    (out / "documents").mkdir(parents=True, exist_ok=True)
    documents: dict[str, list[str]] = {}
    for passage in organisation.passages:
        title, _, heading = passage.title.partition(" > ")
        documents.setdefault(title, [f"# {title}"]).extend([f"## {heading}"] * bool(heading) + [passage.text])
    for title, parts in documents.items():
        name = re.sub(r"\W+", "-", title.lower()).strip("-")
        (out / "documents" / f"{name}.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    (out / "about.json").write_text(json.dumps({"today": organisation.today.isoformat()}) + "\n", encoding="utf-8")
    (out / "database.sqlite").unlink(missing_ok=True)
    count = 0
    with closing(sqlite3.connect(out / "database.sqlite")) as connection, (out / "exam.jsonl").open("w", encoding="utf-8") as file:
        writer = _Writer(organisation, connection, "written")
        connection.commit()
        for asked in organisation.asked:
            for wording in asked.wordings:
                with suppress(Unusable):
                    file.write(json.dumps(writer.question(asked, wording), ensure_ascii=False) + "\n")
                    count += 1
    return count


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m service.prepare.written", description="Check files of written questions.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--workspace", type=Path, metavar="OUT", help="make a workspace and an exam of the file instead")
    options = parser.parse_args()
    for path in options.files:
        if options.workspace is not None:
            count, today = write_workspace(path, options.workspace), read_organisation(path).today
            print(f"{count} questions in {options.workspace}/exam.jsonl; RECKONER_TODAY={today}")
            continue
        lines: dict[int, str] = {}
        try:
            used = list(written_examples(path, Counter(), lines=lines))
        except Unusable as reason:
            print(f"{path.name}: {reason}")
            continue
        kinds = Counter(str(e.program[0]) + (" and calc" if "calc" in e.program[1:] else "") for e in used)
        counts = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())
        print(f"{path.name}: {len(used)} wordings usable ({counts}), {len(lines)} not")
        for line, why in sorted(lines.items()):
            print(f"  line {line}: {why}")


if __name__ == "__main__":
    main()
