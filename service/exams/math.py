"""Word problems: the share whose answer is the set's own, to one part in ten thousand.

Reads JSON lists and JSONL in the shapes that the public sets use: "original_text", "sQuestion", "question" or "text" for
the problem, "ans", "lSolutions" or "answer" for the answer, GSM8K's "… #### 42" among them. A problem with several answers
asks for all of them, and the service gives one number: it counts as wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from retrieval.mentions import find_mentions
from service.exams import metrics
from service.exams.exam import Exam, ExamError, Examinee, Question, Reply, Verdict
from service.exams.files import read_records
from service.prepare.detokenise import join_tokens
from tools.evidence import Evidence

TOLERANCE = 1e-4
_PROBLEM = ("original_text", "sQuestion", "question", "Question", "text", "body")
_ANSWER = ("ans", "lSolutions", "answer", "Answer", "solution", "solutions")


@dataclass(frozen=True)
class MathExam(Exam):
    path: Path
    name: str = "math"
    main: str = "accuracy"

    def questions(self) -> tuple[Sequence[Question], Mapping[str, int]]:
        files = sorted([*self.path.glob("*.json"), *self.path.glob("*.jsonl")]) if self.path.is_dir() else [self.path]
        if not files:
            raise ExamError(f"{self.path} holds no .json or .jsonl file.")
        skipped: Counter[str] = Counter()
        questions = [q for file in files for record in read_records(file) if (q := problem(record, skipped))]
        return questions, skipped

    def answer(self, question: Question, examinee: Examinee) -> Reply:
        return examinee.shown(Evidence(question.text, (), find_mentions(question.text)), {})

    def judge(self, question: Question, reply: Reply) -> Verdict:
        expected: tuple[Fraction, ...] = question.gold  # type: ignore[assignment]
        value = metrics.number(reply.outcome.value) if reply.outcome is not None else None
        right = value is not None and len(expected) == 1 and metrics.close(value, expected[0], TOLERANCE)
        return Verdict(right, {"accuracy": float(right)})


def problem(record: Mapping[str, Any], skipped: Counter[str]) -> Question | None:
    """A record as a question; its kind says whether it has one answer or several."""
    record = record | record["original"] if isinstance(record.get("original"), dict) else record
    text = next((record[key] for key in _PROBLEM if isinstance(record.get(key), str)), None)
    given = next((record[key] for key in _ANSWER if record.get(key) is not None), None)
    if text is None or given is None:
        skipped["no question or no answer"] += 1
        return None
    written = given if isinstance(given, list) else [given]
    answers = [metrics.number(str(a).rpartition("####")[2] if isinstance(a, str) else a) for a in written]
    if not answers or None in answers:
        skipped["answer not a number"] += 1
        return None
    # Sets that come as Penn Treebank tokens ("Yesterday 's slip .") are put back the way people write.
    plain = join_tokens(text.split())[0] if " ." in text or " ?" in text or " 's" in text else " ".join(text.split())
    distinct = tuple(dict.fromkeys(answers))
    return Question(plain, distinct, "one answer" if len(distinct) == 1 else "several answers")
