"""The service as exams meet it: the same `Answering` that serves, asked for its best answer whether or not it is sure enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.calibration import features, situation_of
from service.answering import Answer, Answering
from service.choosing import Saying
from service.exams.exam import Reply
from service.settings import Settings
from service.workspace import Workspace, load_answerer
from tools.evidence import Evidence


@dataclass(frozen=True)
class Admission:
    """Opens the service in the process that calls it. The workspace is opened only where questions are put to it."""

    settings: Settings
    workspace: bool

    def __call__(self) -> Sitting:
        answerer = load_answerer(self.settings.model, self.settings)
        return Sitting(Answering(Workspace.open(self.settings) if self.workspace else None, answerer, self.settings))


class Sitting:
    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.model: str = answering.answerer.id
        given = answering.settings.threshold
        self.threshold = answering.answerer.calibration.threshold if given is None else given

    def asked(self, question: str) -> Reply:
        return _reply(self.answering.answer(question))

    def shown(self, evidence: Evidence, databases: Mapping[str, Any]) -> Reply:
        return _reply(self.answering.answer_from(evidence, databases))

    def read(self, evidence: Evidence) -> Reply:
        candidates = self.answering.answerer.programs(evidence, self.answering.settings.beams)
        if not candidates:
            return Reply(None, ("unknown",), 0.0)
        best = candidates[0]
        rivals = [candidate.log_probability for candidate in candidates[1:]]
        situation = situation_of(evidence.blocks, searched=False)
        row = features(
            [best], candidates, situation=situation, mass=best.log_probability, rivals=rivals, failed=0, evidence=1.0, passage=0.0,
            used=Saying(evidence).used_by(best.program), rows=0, meaning=0.0,
        )  # fmt: skip
        return Reply(None, best.program, self.answering.answerer.calibration.confidence(row), tuple(row))


def _reply(answer: Answer) -> Reply:
    replies = [
        Reply(choice.outcome, choice.candidate.program, confidence, choice.features) for confidence, choice in answer.alternatives
    ]
    return replace(replies[0], others=tuple(replies[1:])) if replies else Reply(None, ("unknown",), 0.0)
