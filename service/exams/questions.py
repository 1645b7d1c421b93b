"""Questions of one's own, put to the workspace: a JSONL of question and expected answer.

    {"question": "How long is the warranty on tents?", "answer": ["24 months"], "kind": "quote"}
    {"question": "How many orders are open?", "answer": ["29"]}
    {"question": "The two largest shops?", "answer": [["Osmouth", 41], ["Dunmore", 38]], "ordered": true}
    {"question": "When is the office moving?", "answer": null}

`answer` lists acceptable strings, or rows; null or an empty list means that the question must be refused. What counts:
- A quote is right if, normalised as SQuAD does, it is an acceptable string, or contains one whole and is no longer than one
  sentence of its source. How many are right to the word is reported beside, as "exact".
- A number, or a table of one cell, is right if it equals an acceptable string: as a number to one part in a million, or
  rounded to the decimals that the string has; else as normalised text.
- Rows must be the expected rows, columns in the same order: as a list where `ordered` is true, else as a multiset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.passages import sentences
from service.exams import metrics
from service.exams.exam import Exam, ExamError, Examinee, Question, Reply, Verdict
from service.exams.files import read_records
from tools.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Expected:
    """Acceptable `texts`, or else `rows`."""

    texts: tuple[str, ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()
    ordered: bool = False


@dataclass(frozen=True)
class QuestionsExam(Exam):
    path: Path
    name: str = "questions"
    main: str = "accuracy"

    def questions(self) -> tuple[Sequence[Question], Mapping[str, int]]:
        return [read_question(record, f"{self.path}, question {n}") for n, record in enumerate(read_records(self.path), 1)], {}

    def answer(self, question: Question, examinee: Examinee) -> Reply:
        return examinee.asked(question.text)

    def judge(self, question: Question, reply: Reply) -> Verdict:
        expected: Expected = question.gold  # type: ignore[assignment]
        assert reply.outcome is not None
        right, exact = judge(reply.outcome, expected)
        return Verdict(right, {"accuracy": float(right), "exact": float(exact)})


def read_question(record: Mapping[str, Any], where: str) -> Question:
    """Raises ExamError where the record is not a question of this format."""
    text, answer = record.get("question"), record.get("answer")
    if not isinstance(text, str) or not text.strip():
        raise ExamError(f'{where} has no text under "question".')
    if answer is None or answer == [] or answer == "":
        return Question(text, None, str(record.get("kind", "refuse")), answerable=False)
    given = answer if isinstance(answer, list) else [answer]
    if all(isinstance(row, list) for row in given):
        expected = Expected(rows=tuple(map(tuple, given)), ordered=bool(record.get("ordered")))
    elif not any(isinstance(item, list | dict) for item in given):
        expected = Expected(texts=tuple(map(str, given)))
    else:
        raise ExamError(f'{where} mixes strings and rows under "answer".')
    return Question(text, expected, str(record.get("kind", "")))


def judge(outcome: Outcome, expected: Expected) -> tuple[bool, bool]:
    """(right, right to the word)."""
    if outcome.kind == "quote":
        return _judge_quote(outcome, expected.texts)
    rows: Sequence[Sequence[object]] = outcome.rows if outcome.kind == "rows" else [(outcome.value,)]
    if expected.rows:
        right = metrics.same_table(rows, expected.rows, expected.ordered)
    else:
        right = len(rows) == len(rows[0]) == 1 and any(metrics.same_value(rows[0][0], text) for text in expected.texts)
    return right, right


def _judge_quote(outcome: Outcome, texts: Sequence[str]) -> tuple[bool, bool]:
    if any(metrics.exact(said, texts) for said in (outcome.text, " ".join(quote.text for quote in outcome.quotes))):
        return True, True
    if len(outcome.quotes) != 1:
        return False, False
    said = outcome.quotes[0].text
    return len(list(sentences(said))) <= 1 and any(metrics.contains_whole(said, text) for text in texts), False
