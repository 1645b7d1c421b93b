"""Validation examples as an exam: what calibration is learned from.

Evidence is made as hard as in use for half of the questions: other passages and another schema stand beside the right ones. From some of
the questions on passages, and a few on databases, the right evidence is taken away, so that only a refusal is right. An answer is
right if its outcome equals that of the example's own program; a quote, if its F1 is at least QUOTE or it is one sentence that holds
the answer. Where a database's file is not at hand, nothing is executed, and the programs themselves must be equal, or one logical form.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from models.examples import Example
from models.stream import Augmentation, Chances, Source
from retrieval.passages import sentences
from service.exams import metrics
from service.exams.databases import KeyedDatabase, rows_of
from service.exams.exam import Exam, ExamError, Examinee, Question, Reply, Verdict
from service.exams.wikisql import form
from service.prepare.same_rows import same_rows
from tools.database import Database
from tools.errors import ToolError
from tools.evidence import Evidence, Schema, Span
from tools.language import Program
from tools.outcome import Outcome
from tools.router import Router
from tools.sqlite_database import SqliteDatabase

QUOTE = 0.6  # F1 from which a quote counts as right
_CROWD = 0.5  # of the questions stand beside evidence that is not theirs, the others alone, as in public exams
_DEPRIVE_READING, _DEPRIVE_DATABASE = 0.35, 0.05  # between public exams where all can be answered and those where half can


@dataclass(frozen=True)
class ValidationExam(Exam):
    """`folder` holds *.valid.jsonl, `files` the SQLite files of their databases, anywhere below; `each` bounds a set's questions."""

    folder: Path
    files: Path | None
    each: int
    name: str = "validation"
    main: str = "accuracy"

    def questions(self) -> tuple[Sequence[Question], Mapping[str, int]]:
        paths = {path.name.split(".")[0]: path for path in sorted(self.folder.glob("*.valid.jsonl"))}
        if not paths:
            raise ExamError(f"There are no validation examples (*.valid.jsonl) in {self.folder}; run `reckoner prepare` first.")
        sources = {name: source for name, path in paths.items() if len(source := Source(path))}
        augment = Augmentation(sources)
        questions: list[Question] = []
        for name, source in sources.items():
            chance = random.Random(name)
            deprive = _DEPRIVE_READING if name in augment.reading else _DEPRIVE_DATABASE
            for index in chance.sample(range(len(source)), min(self.each, len(source))):
                example = augment(source.example(index), Chances(_CROWD, deprive), chance)
                questions.append(Question(example.evidence.question, example, name, example.program != ("unknown",), example.evidence))
        random.Random(0).shuffle(questions)
        return questions, {}

    def answer(self, question: Question, examinee: Examinee) -> Reply:
        assert question.evidence is not None
        databases = self._databases(question.evidence)
        return examinee.read(question.evidence) if databases is None else examinee.shown(question.evidence, databases)

    def judge(self, question: Question, reply: Reply) -> Verdict:
        example: Example = question.gold  # type: ignore[assignment]
        right = reply.program == example.program
        databases = self._databases(example.evidence)
        if not right and databases is not None and reply.outcome is not None:
            right = same_outcome(reply, example.program, example.evidence, databases)
        elif not right and reply.outcome is None:
            right = _spans_agree(reply.program, example) or _same_form(reply.program, example.program)
        return Verdict(right, {"accuracy": float(right)})

    def _databases(self, evidence: Evidence) -> dict[str, KeyedDatabase] | None:
        """The databases of the evidence, or None where one's file is not at hand."""
        schemas = [block for block in evidence.blocks if isinstance(block, Schema)]
        found = {schema.database: _opened(self.files, schema) for schema in schemas}
        return None if any(database is None for database in found.values()) else {n: d for n, d in found.items() if d is not None}


def same_outcome(reply: Reply, gold: Program, evidence: Evidence, databases: Mapping[str, Database]) -> bool:
    try:
        expected = Router(databases).run(gold, evidence)
    except ToolError:
        return False
    if expected.kind == "quote":
        return reply.outcome is not None and reply.outcome.kind == "quote" and _quote_agrees(reply.outcome, expected.text)
    rows, wanted = rows_of(reply), rows_of(Reply(expected, gold, 1.0))
    return rows is not None and wanted is not None and same_rows(list(wanted), list(rows), _ordered(expected))  # type: ignore[arg-type]


def _quote_agrees(outcome: Outcome, expected: str) -> bool:
    """As in the exam of questions, one sentence that holds the answer whole is an answer, too."""
    said = " ".join(quote.text for quote in outcome.quotes)
    return metrics.f1(said, [expected]) >= QUOTE or (len(sentences(said)) == 1 and metrics.contains_whole(said, expected))


def _ordered(outcome: Outcome) -> bool:
    return "order" in outcome.program


def _same_form(program: Program, gold: Program) -> bool:
    """As in WikiSQL's exam: in which order conditions stand, and where a literal was pointed at, is all the same."""
    wanted = form(gold)
    return wanted is not None and form(program) == wanted


def _spans_agree(program: Program, example: Example) -> bool:
    """Two quotes that nothing was needed to execute for."""
    words = [[_text(token, example.evidence) for token in p if isinstance(token, Span)] for p in (program, example.program)]
    return bool(words[0] and words[1]) and metrics.f1(" ".join(words[0]), [" ".join(words[1])]) >= QUOTE


def _text(span: Span, evidence: Evidence) -> str:
    return evidence.blocks[span.block].text[span.start : span.end]  # type: ignore[union-attr]


def _opened(files: Path | None, schema: Schema) -> KeyedDatabase | None:
    """The database with the keys that the example's own schema knows."""
    path = _paths(files).get(schema.database) if files else None
    if path is None:
        return None
    stored = _introspected(schema.database, path)
    keys = tuple(dict.fromkeys((*stored.foreign_keys, *schema.foreign_keys)))
    return KeyedDatabase(schema.database, path, replace(stored, foreign_keys=keys))


@lru_cache(maxsize=1)
def _paths(files: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(files.rglob("*.sqlite"))}


@lru_cache(maxsize=64)
def _introspected(name: str, path: Path) -> Schema:
    return SqliteDatabase(name, path).schema
