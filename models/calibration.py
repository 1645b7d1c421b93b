"""How likely an answer is right: a logistic regression over what is known once its program has been chosen and executed.

Fitted on validation questions (Platt 1999), kept beside the weights as calibration.json. Without that file the model's own
probability stands in, and nothing is refused for lack of confidence.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from models.checkpoint import CheckpointError
from models.decode import Candidate
from tools.language import Program

KINDS = ("quote", "query", "calc", "call", "unknown")
FEATURES = ("probability", "per step", "weakest step", "margin", "unknown", "failed before", "evidence", *KINDS)


def kind_of(program: Program) -> str:
    """What sort of answer a program gives: by its first step, or its answer if it has none."""
    return program[0] if program[0] in KINDS else "call"  # type: ignore[return-value]


def features(chosen: Candidate, candidates: Sequence[Candidate], failed_before: int, evidence: float) -> list[float]:
    """`candidates` are all that the beam found, `failed_before` how many better ones could not be executed, and `evidence` how well
    the best passage matched, from 0 to 1 (1 where evidence was given, not searched)."""
    rivals = [c.log_probability for c in candidates if c is not chosen]
    unknown = max((c.log_probability for c in candidates if c.program == ("unknown",)), default=-20.0)
    kind = kind_of(chosen.program)
    return [
        chosen.log_probability,
        chosen.log_probability / chosen.tokens,
        chosen.weakest,
        chosen.log_probability - max(rivals, default=-20.0),
        math.exp(max(unknown, -20.0)),
        float(failed_before),
        evidence,
        *(float(kind == k) for k in KINDS),
    ]


@dataclass(frozen=True, slots=True)
class Calibration:
    """`weights` beside `bias`, over FEATURES standardised by `mean` and `scale`; below `threshold` an answer is refused."""

    weights: tuple[float, ...] = ()
    bias: float = 0.0
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    threshold: float = 0.0

    def confidence(self, row: Sequence[float]) -> float:
        """The probability that the answer is right."""
        if not self.weights:
            return math.exp(row[0])
        score = self.bias + sum(w * (x - m) / s for w, x, m, s in zip(self.weights, row, self.mean, self.scale, strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))

    @classmethod
    def fit(cls, rows: Sequence[Sequence[float]], right: Sequence[bool], threshold: float, penalty: float = 1.0) -> Calibration:
        """Maximum likelihood with an L2 penalty, by Newton's method."""
        x = np.asarray(rows, dtype=np.float64)
        y = np.asarray(right, dtype=np.float64)
        mean, scale = x.mean(0), x.std(0)
        scale[scale < 1e-9] = 1.0
        z = np.hstack([(x - mean) / scale, np.ones((len(x), 1))])
        weights = np.zeros(z.shape[1])
        ridge = np.diag([penalty] * x.shape[1] + [1e-6])
        for _ in range(50):
            p = 1 / (1 + np.exp(-z @ weights))
            step = np.linalg.solve((z * (p * (1 - p))[:, None]).T @ z + ridge, z.T @ (p - y) + ridge @ weights)
            weights -= step
            if np.abs(step).max() < 1e-8:
                break
        return cls(tuple(weights[:-1]), float(weights[-1]), tuple(mean), tuple(scale), threshold)

    def save(self, directory: Path) -> None:
        (directory / "calibration.json").write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> Calibration:
        """The calibration beside a checkpoint, or the plain one where there is none."""
        path = directory / "calibration.json"
        if not path.exists():
            return cls()
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            return cls(*(tuple(v) if isinstance(v, list) else v for v in record.values()))
        except (ValueError, TypeError, AttributeError) as error:
            raise CheckpointError(f"The checkpoint at {directory} has a damaged calibration.json.") from error


def expected_calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """ECE (Naeini et al. 2015): the gap between confidence and accuracy, averaged over equal-width bins by their share."""
    if not confidences:
        return 0.0
    c, r = np.asarray(confidences), np.asarray(right, dtype=float)
    index = np.minimum((c * bins).astype(int), bins - 1)
    return float(sum(abs(c[index == i].mean() - r[index == i].mean()) * (index == i).mean() for i in range(bins) if (index == i).any()))
