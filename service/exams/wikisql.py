"""WikiSQL as the text2sql-data repository writes it: logical form, with conditions in any order.

The tables are not in the file: a table's schema is united over its questions, among columns drawn from other tables, as in
training (service/prepare/wikisql.py). Nothing can be executed, so the most likely program is judged as it is. A question
whose query the language cannot say, or whose literals do not stand in it, counts as wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from service.exams.exam import Exam, ExamError, Examinee, Question, Reply, Verdict
from service.exams.files import read_json
from service.prepare.wikisql import wikisql_examples
from tools.evidence import Column, Number, Phrase, Value
from tools.language import Program, Token

Form = tuple[str, str, frozenset[tuple[str, str, str]]]
"""Aggregate, column, and the conditions: (column, comparison, literal)."""


@dataclass(frozen=True)
class WikisqlExam(Exam):
    path: Path
    split: str = "dev"
    name: str = "wikisql"
    main: str = "logical form"

    def questions(self) -> tuple[Sequence[Question], Mapping[str, int]]:
        entries, skipped = read_json(self.path), Counter[str]()
        try:
            examples = list(wikisql_examples(entries, self.split, skipped))
            held = Counter(s["question-split"] for entry in entries for s in entry["sentences"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ExamError(f"{self.path} is not in text2sql-data's format: {error!r}.") from error
        if not held[self.split]:
            raise ExamError(f"{self.path} has no questions of the split {self.split!r}; it has {dict(held)}.")
        questions = [Question(e.evidence.question, form(e.program), evidence=e.evidence) for e in examples]
        questions += [Question("", None)] * (held[self.split] - len(examples))
        return questions, {f"{reason} (in all splits; counted as wrong)": n for reason, n in skipped.items()}

    def answer(self, question: Question, examinee: Examinee) -> Reply:
        if question.evidence is None:
            return Reply(None, ("unknown",), 0.0)
        return examinee.read(question.evidence)

    def judge(self, question: Question, reply: Reply) -> Verdict:
        right = question.gold is not None and form(reply.program) == question.gold
        return Verdict(right, {"logical form": float(right)})


def form(program: Program) -> Form | None:
    """The logical form of a program of WikiSQL's shape; None for any other."""
    body = list(program)
    if body[:2] != ["query", "select"] or body[-3:] != ["end", "give", "r1"]:
        return None
    body = body[2:-3]
    aggregate = str(body.pop(0)) if body and isinstance(body[0], str) else ""
    if not body or not isinstance(body[0], Column):
        return None
    column, conditions = body[0].name, set()
    rest = [token for token in body[2:] if token != "and"] if body[1:2] == ["where"] else body[1:]
    if len(rest) % 3 or (body[1:] and body[1] != "where"):
        return None
    for place in range(0, len(rest), 3):
        comparison, left, right = rest[place : place + 3]
        literal = _literal(right)
        if not isinstance(comparison, str) or comparison not in ("eq", "lt", "gt") or not isinstance(left, Column) or literal is None:
            return None
        conditions.add((left.name, comparison, literal))
    return aggregate, column, frozenset(conditions)


def _literal(token: Token) -> str | None:
    match token:
        case Number(value=value):
            return str(Decimal(value).normalize())
        case Phrase(text=text):
            return " ".join(text.lower().split())
        case Value(value=value):
            return " ".join(str(value).lower().split())
        case str() if token.isdecimal():
            return str(Decimal(token).normalize())
        case _:
            return None
