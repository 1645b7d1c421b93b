"""Uploaded examples: each line of a JSONL file becomes a question with its program, or a reason why it cannot.

A line is a JSON object of one of these forms; `database` names the database where several are connected.

    {"question": "…", "sql": "SELECT …"}             the query is read into a program that gives the same rows
    {"question": "…", "program": "query … give r1"}   the answer language itself
    {"question": "…", "answer": "…"}                  text, number, list or rows: the program that gives it is searched for; null: unknown
    {"messages": [{"role": "user", …}, {"role": "assistant", …}]}    OpenAI's chat form of the same

An answer without a program is searched for twice: its words in the passages that the question finds, and its value among what the model's
own programs give when they are executed (weak supervision, as in Berant et al. 2013).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from models.examples import Example
from retrieval.mentions import find_mentions
from retrieval.schema import relevant_schema
from service.answering import Answerer
from service.evidence import gather
from service.practice.checking import all_shown
from service.prepare.grounding import Pointing, Stored
from service.prepare.same_rows import same_rows
from service.settings import Settings
from service.workspace import Workspace
from tools.database import Database
from tools.errors import ToolError
from tools.evidence import Block, Evidence, Passage, Schema, Span
from tools.language import LanguageError, Program, check, parse
from tools.outcome import Outcome
from tools.sql_reader import NotExpressible, read_sql, with_quoted_texts

MOST_CHARACTERS = 100_000  # of a line
_SEARCH_BEAMS = 24
_VALUES = 20_000  # of a column, among which the literals of a query are looked for
_GROUP = "uploaded"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line, counted from one, that cannot be learned from."""

    line: int
    reason: str


class Unusable(Exception):
    """Why a line cannot be learned from."""


def read_lines(text: str, workspace: Workspace, answerer: Answerer, settings: Settings) -> Iterator[Example | Rejected]:
    """Every line that is not blank, in order."""
    reader = _Reader(workspace, answerer, settings)
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield reader.example(line)
            except Unusable as reason:
                yield Rejected(number, str(reason))


def read_example(fields: Mapping[str, Any], workspace: Workspace, answerer: Answerer, settings: Settings) -> Example:
    """One line that is an object already. Raises Unusable."""
    return _Reader(workspace, answerer, settings).example(json.dumps(fields))


class _Reader:
    def __init__(self, workspace: Workspace, answerer: Answerer, settings: Settings) -> None:
        self.workspace, self.answerer, self.settings = workspace, answerer, settings
        self._values: dict[str, Stored] = {}

    def example(self, line: str) -> Example:
        fields = _fields(line)
        question = fields["question"].strip()
        if len(question) > self.settings.max_question_characters:
            raise Unusable(f"the question is longer than {self.settings.max_question_characters} characters")
        if "sql" in fields:
            evidence, program = self._of_sql(question, fields["sql"], self._database(fields))
        else:
            evidence = gather(question, self.workspace, self.settings).evidence
            program = self._of_program(fields["program"], evidence) if "program" in fields else self._of_answer(fields["answer"], evidence)
        return Example(evidence, program, _GROUP, _GROUP)

    def _database(self, fields: Mapping[str, Any]) -> Database:
        databases, name = self.workspace.databases, fields.get("database")
        if name is None and len(databases) == 1:
            return next(iter(databases.values()))
        if not isinstance(name, str) or name not in databases:
            have = ", ".join(map(repr, databases)) or "none"
            raise Unusable(f"'database' must name one of the databases that are connected: {have}")
        return databases[name]

    def _of_sql(self, question: str, sql: str, database: Database) -> tuple[Evidence, Program]:
        mentions = find_mentions(question, self.settings.today)
        shown = relevant_schema(question, database.schema, self.workspace.values[database.name])
        pointing = Pointing(question, mentions, shown, self._stored(database))
        try:
            program = read_sql(sql, database.schema, pointing)
            shown = pointing.schema()
            if not all_shown(program, shown):
                raise Unusable("the query needs a part of the schema that is not shown for this question")
            rows = self.workspace.router.run(program, Evidence(question, (shown,), mentions)).rows
            # The query was written by whoever uploaded it, so it goes through both of the database's locks.
            written = with_quoted_texts(sql, database.schema) if database.dialect == "sqlite" else sql
            if not same_rows(list(database.run(written).rows), list(rows), "order by" in sql.lower()):
                raise Unusable("the query gives other rows than what can be made of it in the answer language")
        except (NotExpressible, ToolError, LanguageError) as error:
            raise Unusable(f"the query: {error}") from None
        others = [b for b in gather(question, self.workspace, self.settings).evidence.blocks if not _is_of(b, database)]
        return Evidence(question, (*others, shown), mentions), program

    def _stored(self, database: Database) -> Stored:
        if database.name not in self._values:
            self._values[database.name] = {
                (t.name, c.name): database.distinct(t.name, c.name, _VALUES) for t in database.schema.tables for c in t.columns
            }
        return self._values[database.name]

    def _of_program(self, text: str, evidence: Evidence) -> Program:
        try:
            program = parse(text)
            check(program)
            self.workspace.router.run(program, evidence)
        except (LanguageError, ToolError) as error:
            raise Unusable(f"the program: {error}") from None
        return program

    def _of_answer(self, answer: object, evidence: Evidence) -> Program:
        if answer in (None, "", []):
            return ("unknown",)
        if isinstance(answer, str) and (span := _found(answer, evidence)) is not None:
            return ("quote", span, "end")
        for candidate in self.answerer.programs(evidence, _SEARCH_BEAMS):
            try:
                outcome = self.workspace.router.run(candidate.program, evidence)
            except (LanguageError, ToolError):
                continue
            if says(outcome, answer):
                return candidate.program
        raise Unusable("no program was found that gives this answer")


def _fields(line: str) -> dict[str, Any]:
    if len(line) > MOST_CHARACTERS:
        raise Unusable(f"the line has more than {MOST_CHARACTERS} characters")
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unusable(f"is not valid JSON: {error}") from None
    if not isinstance(fields, dict):
        raise Unusable("is not a JSON object")
    if "messages" in fields:
        fields = _of_messages(fields)
    if not isinstance(fields.get("question"), str) or not fields["question"].strip():
        raise Unusable("has no 'question'")
    given = [name for name in ("sql", "program", "answer") if name in fields]
    if len(given) != 1:
        raise Unusable("must have exactly one of 'sql', 'program' and 'answer'")
    if given[0] != "answer" and not isinstance(fields[given[0]], str):
        raise Unusable(f"{given[0]!r} must be a string")
    return fields


def _of_messages(fields: Mapping[str, Any]) -> dict[str, Any]:
    messages = fields["messages"]
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise Unusable("'messages' must be a list of messages")
    said = {role: [m.get("content") for m in messages if m.get("role") == role] for role in ("user", "assistant")}
    if not said["user"] or not said["assistant"]:
        raise Unusable("'messages' must hold one by the user and the assistant's answer")
    return {"question": said["user"][-1], "answer": said["assistant"][-1]}


def _is_of(block: Block, database: Database) -> bool:
    return isinstance(block, Schema) and block.database == database.name


def _found(answer: str, evidence: Evidence) -> Span | None:
    """The first place of the answer's words in the passages, as whole words, whatever the case."""
    pattern = re.compile(rf"(?<!\w){re.escape(answer.strip())}(?!\w)", re.IGNORECASE)
    for index, block in enumerate(evidence.blocks):
        if isinstance(block, Passage) and (match := pattern.search(block.text)):
            return Span(index, match.start(), match.end())
    return None


def says(outcome: Outcome, answer: object) -> bool:
    """Whether the outcome is this answer: the same text, the same number, or the same rows in any order."""
    if outcome.kind == "rows":
        rows = answer if isinstance(answer, list) else [answer]
        wanted = [row if isinstance(row, list) else [row] for row in rows]
        return sorted(map(_cells, outcome.rows)) == sorted(map(_cells, wanted))
    if outcome.kind == "number":
        given, value = _number(answer), outcome.value
        return given is not None and value is not None and given == round(Fraction(str(value)), 6)
    return isinstance(answer, str) and " ".join(outcome.text.split()).lower() == " ".join(answer.split()).lower()


def _cells(row: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(_number(cell)) if _number(cell) is not None else str(cell).strip().lower() for cell in row)


def _number(value: object) -> Fraction | None:
    try:
        return round(Fraction(str(value).replace(",", "").strip()), 6)
    except (ValueError, ZeroDivisionError):
        return None


def split(examples: Sequence[Example], every: int = 10) -> tuple[list[Example], list[Example]]:
    """Those to learn from and those to be examined on: every tenth question, one at least where there are two."""
    questions = list(dict.fromkeys(example.evidence.question for example in examples))
    held = set(questions[every - 1 :: every] or questions[1:2])
    train = [e for e in examples if e.evidence.question not in held]
    return train, [e for e in examples if e.evidence.question in held]
