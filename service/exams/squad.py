"""SQuAD, version 1.1 and 2.0: exact match and F1 of the quote, with the question's own paragraph as evidence.

The paragraph is cut into passages as the service cuts documents. In version 2 a refusal is the answer "there is none".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from retrieval.mentions import find_mentions
from service.exams import metrics
from service.exams.exam import Exam, ExamError, Examinee, Question, Reply, Verdict
from service.exams.files import read_json
from service.prepare.squad import Item, served_passages, squad_items
from tools.evidence import Evidence, Passage


@dataclass(frozen=True)
class SquadExam(Exam):
    path: Path
    name: str = "squad"
    main: str = "f1"

    def questions(self) -> tuple[Sequence[Question], Mapping[str, int]]:
        dataset = read_json(self.path)
        try:
            items = list(squad_items(dataset))
        except (KeyError, TypeError, AttributeError) as error:
            raise ExamError(f"{self.path} is not in SQuAD's format: {error!r}.") from error
        return [Question(i.question, i, "answerable" if i.answers else "unanswerable", bool(i.answers)) for i in items], {}

    def answer(self, question: Question, examinee: Examinee) -> Reply:
        item: Item = question.gold  # type: ignore[assignment]
        evidence = Evidence(item.question, passages_of(item.title, item.context), find_mentions(item.question))
        return examinee.shown(evidence, {})

    def judge(self, question: Question, reply: Reply) -> Verdict:
        answers = [text for text, _ in question.gold.answers]  # type: ignore[attr-defined]
        prediction = quoted(reply)
        exact = metrics.exact(prediction, answers)
        return Verdict(bool(exact), {"exact": exact, "f1": metrics.f1(prediction, answers)})


@lru_cache(maxsize=64)
def passages_of(title: str, context: str) -> tuple[Passage, ...]:
    cuts = served_passages(context)
    return tuple(Passage(f"p{n}", title, context[a:b], find_mentions(context[a:b])) for n, (a, b) in enumerate(cuts))


def quoted(reply: Reply) -> str:
    """The words of the answer."""
    outcome = reply.outcome
    if outcome is None:
        return ""
    return " ".join(quote.text for quote in outcome.quotes) if outcome.quotes else outcome.text
