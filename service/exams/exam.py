"""What an exam is: questions, a way to put each to the service, and a way to judge what came back.

An exam travels to the processes that sit it, so it holds paths and options, never open files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tools.evidence import Evidence
from tools.language import Program
from tools.outcome import Outcome


class ExamError(Exception):
    """An exam's files are missing or are not what they should be; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Question:
    """`gold` is what the exam's own `judge` compares with. `place` names the database a question is about, if any."""

    text: str
    gold: object
    kind: str = ""
    answerable: bool = True
    evidence: Evidence | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The best answer the service has, whether or not it is sure enough to give it. No outcome: it has none ("unknown")."""

    outcome: Outcome | None
    program: Program
    confidence: float
    features: tuple[float, ...] = ()
    others: tuple[Reply, ...] = ()  # what it could have answered instead


class Examinee(Protocol):
    """The service, as exams meet it."""

    threshold: float
    model: str

    def asked(self, question: str) -> Reply:
        """Answers from the workspace: evidence is searched for."""
        ...

    def shown(self, evidence: Evidence, databases: Mapping[str, object]) -> Reply:
        """Answers from this evidence, over these databases."""
        ...

    def read(self, evidence: Evidence) -> Reply:
        """The most likely program, not executed."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """`scores` are the field's own metrics, each from 0 to 1."""

    right: bool
    scores: Mapping[str, float] = field(default_factory=dict)


class Exam(Protocol):
    name: str
    main: str  # the score that counts

    def questions(self) -> tuple[Sequence[Question], Mapping[str, int]]:
        """The questions, and how many were left out by reason. Raises ExamError."""
        ...

    def ready(self, question: Question) -> None:
        """Opens what the question is about. Happens once in use, at the start, so it is not timed."""
        return

    def answer(self, question: Question, examinee: Examinee) -> Reply: ...

    def judge(self, question: Question, reply: Reply) -> Verdict:
        """Judges an answer; never called for a question that has none, nor for a reply without an answer."""
        ...
