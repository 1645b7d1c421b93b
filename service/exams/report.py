"""From marks to a report: the field's metric, refusals, calibration, time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from models.calibration import chance_calibration_error, expected_calibration_error

PRECISION = 0.95  # of the answers given, at which coverage is reported


@dataclass(frozen=True, slots=True)
class Mark:
    """One question's result. `scores` are those of the best answer, as if it had been given; none if the service had none."""

    kind: str
    answerable: bool
    answered: bool
    right: bool
    confidence: float
    seconds: float
    scores: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    answers: tuple[tuple[tuple[float, ...], bool], ...] = ()
    """Features of the answer and of all it could have been, and whether each is right: what calibration learns from."""


@dataclass(frozen=True, slots=True)
class Report:
    exam: str
    model: str
    threshold: float
    marks: Sequence[Mark]
    skipped: Mapping[str, int]
    main: str
    seconds: float

    def given(self, mark: Mark) -> bool:
        """Whether the user gets this answer, rather than a refusal."""
        return mark.answered and mark.confidence >= self.threshold

    def to_json(self) -> dict[str, Any]:
        marks = self.marks
        kinds = sorted({m.kind for m in marks if m.kind})
        times = sorted(m.seconds for m in marks)
        return {
            "exam": self.exam,
            "model": self.model,
            "n": len(marks),
            "skipped": dict(self.skipped),
            "metric": self.main,
            "answering_everything": self.scores(lambda m: m.answered),
            "as_served": self.scores(self.given) | self.shares(marks),
            "kinds": {kind: self.shares([m for m in marks if m.kind == kind]) for kind in kinds},
            "calibration": {
                "threshold": self.threshold,
                "ece": self.calibration_error(),
                "ece_by_chance": self.chance_calibration_error(),
                f"coverage_at_precision_{PRECISION}": coverage_at(marks, PRECISION),
            },
            "seconds": round(self.seconds, 2),
            "latency_ms": {"median": _ms(median(times)) if times else None, "p95": _ms(_percentile(times, 0.95)) if times else None},
        }

    def scores(self, given: Callable[[Mark], bool]) -> dict[str, float]:
        """Mean scores where `given` answers count and the rest are refusals: right for questions that have no answer, else wrong."""
        names = sorted({name for m in self.marks for name in m.scores} | {self.main})
        if not self.marks:
            return {}

        def score(mark: Mark, name: str) -> float:
            return mark.scores.get(name, 0.0) if given(mark) else float(not mark.answerable)

        return {name: sum(score(m, name) for m in self.marks) / len(self.marks) for name in names}

    def shares(self, marks: Sequence[Mark]) -> dict[str, Any]:
        """Numbers of questions right, refused and wrong, as users meet them. A refusal is right where there is no answer."""
        given = [m for m in marks if self.given(m)]
        rightly_refused = sum(not m.answerable for m in marks if not self.given(m))
        right = sum(m.right for m in given)
        return {
            "n": len(marks),
            "right": right + rightly_refused,
            "refused": len(marks) - len(given) - rightly_refused,
            "wrong": len(given) - right,
            "precision": right / len(given) if given else None,
        }

    def calibration_error(self) -> float | None:
        answered = [m for m in self.marks if m.answered]
        return expected_calibration_error([m.confidence for m in answered], [m.right for m in answered]) if answered else None

    def chance_calibration_error(self) -> float | None:
        """What `calibration_error` would be on average, were every confidence exactly right."""
        confidences = [m.confidence for m in self.marks if m.answered]
        return chance_calibration_error(confidences) if confidences else None


def coverage_at(marks: Sequence[Mark], precision: float) -> float:
    """The largest share of the questions that can be answered, surest first, with this share of the answers right."""
    ranked = sorted((m for m in marks if m.answered), key=lambda m: -m.confidence)
    right, best = 0, 0
    for count, mark in enumerate(ranked, 1):
        right += mark.right
        following = ranked[count].confidence if count < len(ranked) else -1.0
        if following < mark.confidence and right / count >= precision:  # equals cannot be told apart by a threshold
            best = count
    return best / len(marks) if marks else 0.0


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)
