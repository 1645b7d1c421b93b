"""Learns from validation questions which answer to give, how sure to be of it, and where to refuse; it lies beside the weights.

Questions are put in two ways: with evidence that is given, as public benchmarks do; and to whole workspaces of organisations that
were held out, where evidence has to be found, as in use. Half of the answers fit the calibration, the other half measures it and sets
the threshold: the lowest confidence at which the answers given reach the wanted precision, but never one at which an answer is
likelier wrong than right. The calibration that is saved is fitted on both.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from models.calibration import Calibration, expected_calibration_error
from service.exams.exam import ExamError
from retrieval.ingest import index_documents
from service.exams.examinee import Admission
from service.exams.questions import QuestionsExam
from service.exams.report import Mark
from service.exams.runner import sit
from service.exams.validation import ValidationExam
from service.settings import Settings
from service.workspace import choose_device, open_embedder, open_record

_EVEN = 0.5  # the confidence below which an answer is likelier wrong than right: it is never given
_FEWEST = 50  # answers, and of both sorts some, or there is nothing to learn from


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What was learned, and on the half that was held: the share right and the error before and after, and what the threshold does."""

    calibration: Calibration
    answers: int
    right: int
    right_before: float
    right_after: float
    ece_before: float
    ece: float
    precision: float | None
    coverage: float
    kinds: dict[str, dict[str, Any]]


def calibrate(
    exam: ValidationExam, workspaces: Path, settings: Settings, *, precision: float, processes: int,
    progress: Callable[[int, int], None] | None = None,
) -> Calibrated:  # fmt: skip
    """Fits on `exam` and on the folders in `workspaces`, and saves calibration.json beside `settings.model`.

    Raises ExamError where there is too little to learn from.
    """
    marks = list(sit(exam, Admission(settings, workspace=False), processes=processes, progress=progress).marks)
    for folder in sorted(workspaces.glob("*/exam.jsonl")):
        marks += workspace_marks(folder.parent, settings, processes, progress)
    random.Random(0).shuffle(marks)
    learned = learn([m for m in marks if m.answered], len(marks), precision)
    learned.calibration.save(Path(settings.model))
    kinds = sorted({m.kind for m in marks})
    return replace(learned, kinds={kind: _summary([m for m in marks if m.kind == kind]) for kind in kinds})


def workspace_marks(
    folder: Path, settings: Settings, processes: int, progress: Callable[[int, int], None] | None = None
) -> list[Mark]:
    """The marks of a workspace's own exam, each kind named after the workspace."""
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    own = settings.model_copy(
        update={
            "workspace": folder, "record_url": "", "databases": {folder.name: folder / "database.sqlite"},
            "today": date.fromisoformat(about["today"]),
        }
    )  # fmt: skip
    record = open_record(own)
    index_documents(record, open_embedder(own.embedder, choose_device(own.device)), [folder / "documents"])
    record.close()
    report = sit(QuestionsExam(folder / "exam.jsonl"), Admission(own, workspace=True), processes=processes, progress=progress)
    return [replace(mark, kind=f"{folder.name}: {mark.kind}") for mark in report.marks]


def learn(answers: Sequence[Mark], asked: int, precision: float) -> Calibrated:
    """`answers` are the marks of what was answered, of `asked` questions."""
    right = [m.right for m in answers]
    if len(answers) < _FEWEST or not 0 < sum(right) < len(right):
        raise ExamError(f"{len(answers)} answers, {sum(right)} of them right, are too few to calibrate with; train the model further.")
    half = Calibration.fit([m.answers for m in answers[::2]], 0.0)
    best = [max((half.confidence(row), is_right) for row, is_right in m.answers) for m in answers[1::2]]
    confidences, held = [confidence for confidence, _ in best], [is_right for _, is_right in best]
    threshold = max(threshold_at(confidences, held, precision), _EVEN)
    given = [r for c, r in best if c >= threshold]
    return Calibrated(
        calibration=Calibration.fit([m.answers for m in answers], threshold),
        answers=len(answers),
        right=sum(right),
        right_before=sum(right[1::2]) / len(held),
        right_after=sum(held) / len(held),
        ece_before=expected_calibration_error([m.confidence for m in answers[1::2]], right[1::2]),
        ece=expected_calibration_error(confidences, held),
        precision=sum(given) / len(given) if given else None,
        coverage=2 * len(given) / asked,
        kinds={},
    )


def threshold_at(confidences: Sequence[float], right: Sequence[bool], precision: float) -> float:
    """The lowest confidence at or above which this share of the answers is right; above all of them where there is none."""
    ranked = sorted(zip(confidences, right, strict=True), reverse=True)
    threshold, good = min(1.0, ranked[0][0] + 1e-6) if ranked else 1.0, 0
    for count, (confidence, is_right) in enumerate(ranked, 1):
        good += is_right
        following = ranked[count][0] if count < len(ranked) else -1.0
        if following < confidence and good / count >= precision:
            threshold = confidence
    return threshold


def _summary(marks: Sequence[Mark]) -> dict[str, Any]:
    answered = [m for m in marks if m.answered]
    return {
        "n": len(marks),
        "unanswerable": sum(not m.answerable for m in marks),
        "answered": len(answered),
        "right": sum(m.right for m in answered),
    }
