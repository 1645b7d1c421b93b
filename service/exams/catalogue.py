"""The exams there are, by the name that the command line gives them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from service.exams.calls import CallsExam
from service.exams.databases import GeographyExam, SpiderExam
from service.exams.exam import Exam
from service.exams.math import MathExam
from service.exams.questions import QuestionsExam
from service.exams.squad import SquadExam
from service.exams.wikisql import WikisqlExam

KINDS: dict[str, Callable[[Path, str | None], Exam]] = {
    "squad": lambda path, split: SquadExam(path),
    "spider": lambda path, split: SpiderExam(path),
    "geography": lambda path, split: GeographyExam(path, split),
    "wikisql": lambda path, split: WikisqlExam(path, split or "dev"),
    "calls": lambda path, split: CallsExam(path),
    "math": lambda path, split: MathExam(path),
    "questions": lambda path, split: QuestionsExam(path),
}
"""Each makes its exam from a path and the split to ask, which only sets that mark their splits look at."""

WORKSPACE = frozenset({"questions"})  # exams that are about the workspace rather than about their own files
