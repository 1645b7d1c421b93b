"""Requests that a function answers: right with the right function and the right arguments, all of them and no others.

Reads prepared examples (`calls.valid.jsonl`), whose functions no model of ours has learned from. Among them are questions of other sets
beside which functions stand that do not answer them: those must keep their own program, and requests whose function is not offered must
be refused. A call is the client's to make, so no function is: whether its arguments are those wanted is seen from what they point at,
in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.examples import read_examples
from service.exams.exam import Exam, ExamError, Examinee, Question, Reply, Verdict
from tools.errors import ToolError
from tools.evidence import Evidence, Tool
from tools.language import LanguageError, Program
from tools.router import Router


@dataclass(frozen=True)
class CallsExam(Exam):
    path: Path
    name: str = "calls"
    main: str = "accuracy"

    def questions(self) -> tuple[Sequence[Question], Mapping[str, int]]:
        try:
            examples = list(read_examples(self.path))
        except (KeyError, ValueError) as error:
            raise ExamError(f"{self.path} does not hold prepared examples: {error}") from None
        return [Question(e.evidence.question, e.program, _kind(e.program), e.program != ("unknown",), e.evidence) for e in examples], {}

    def answer(self, question: Question, examinee: Examinee) -> Reply:
        assert question.evidence is not None
        return examinee.read(question.evidence)

    def judge(self, question: Question, reply: Reply) -> Verdict:
        gold: Program = question.gold  # type: ignore[assignment]
        assert question.evidence is not None
        wanted = _call(gold, question.evidence)
        right = reply.program == gold or (wanted is not None and _call(reply.program, question.evidence) == wanted)
        return Verdict(right, {"accuracy": float(right), "function": float(_function(reply.program) == _function(gold))})


def _kind(program: Program) -> str:
    return {"call": "call", "unknown": "no such function"}.get(str(program[0]), "another question")


def _call(program: Program, evidence: Evidence) -> tuple[str, Mapping[str, object]] | None:
    """What a program calls and with which arguments; None where it calls nothing."""
    try:
        call = Router({}).run(program, evidence).call if program[0] == "call" else None
    except (ToolError, LanguageError):
        return None
    return None if call is None else (call.tool, call.arguments)


def _function(program: Program) -> str | None:
    """The name of what is called; None where nothing is."""
    return next((token.name for token in program if isinstance(token, Tool)), None)
