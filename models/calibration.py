"""How likely an answer is right: a logistic regression over what is known once its programs have been executed.

Fitted on validation questions (Platt 1999), kept beside the weights as calibration.json. Without that file the model's own
probability stands in, and nothing is refused for lack of confidence.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from models.checkpoint import CheckpointError
from models.decode import Candidate
from tools.evidence import Block, Passage, Schema
from tools.language import Program

KINDS = ("quote", "query", "calc", "call", "unknown")
SITUATIONS = ("a workspace", "a passage", "passages", "a table", "tables", "passages and tables", "no evidence")
FEATURES = (
    "odds", "kind probability", "share", "per step", "weakest step", "margin", "probability of unknown", "failed before",
    "evidence", "passage", "mentions used", "values used", "rows", "tokens",
    *KINDS, *(f"odds of a {kind}" for kind in KINDS), *SITUATIONS, *(f"odds with {situation}" for situation in SITUATIONS),
    "meaning", *(f"meaning of a {kind}" for kind in KINDS),
)  # fmt: skip


_SITUATED = FEATURES.index(SITUATIONS[0])
_DIFFERENCE = 3.0  # the penalty on what a situation differs from all together
_FEWEST = 200  # questions that a ranking of their own is fitted on


def kind_of(program: Program) -> str:
    """What sort of answer a program gives: by its first step, or its answer if it has none."""
    return program[0] if program[0] in KINDS else "call"  # type: ignore[return-value]


def situation_of(blocks: Sequence[Block], searched: bool) -> str:
    """Where the evidence comes from: searched for in a workspace, or given, as a paragraph or a database is. How sure to be differs."""
    tables = sum(len(block.tables) for block in blocks if isinstance(block, Schema))
    passages = sum(isinstance(block, Passage) for block in blocks)
    if searched:
        return "a workspace"
    if tables and passages:
        return "passages and tables"
    if tables:
        return "a table" if tables == 1 else "tables"
    return ("no evidence", "a passage", "passages")[min(passages, 2)]


def features(
    members: Sequence[Candidate], candidates: Sequence[Candidate], *, situation: str,
    mass: float, rivals: Sequence[float], failed: int, evidence: float, passage: float, used: tuple[float, float], rows: int,
    meaning: float,
) -> list[float]:  # fmt: skip
    """What is known of an answer. `members` are the programs that give it, likeliest first, of the `candidates` that the beam found.

    `situation` is that of the question (`situation_of`); `mass` is the log probability of all members, `rivals` that of each other
    answer; `failed` how many likelier programs could not be executed; `evidence` how well the best passage matched, from 0 to 1 (1 where
    evidence was given, not searched); `passage` how well the one that is quoted was found beside the best one, as a logarithm (0 where
    nothing is quoted or evidence was given); `used` which part of the question's numbers and dates, and of the stored values that it says,
    the program points at; `rows` how many rows it gave; `meaning` how near its words are to the question's (0 where that is not known).
    """
    best = members[0]
    unknown = max((c.log_probability for c in candidates if c.program == ("unknown",)), default=-20.0)
    kind = kind_of(best.program)
    # Log-odds tell 0.9 from 0.5 as they tell 0.1 from 0.01; logarithms would not.
    odds = max(-12.0, min(6.0, mass - math.log(max(1 - math.exp(min(mass, 0.0)), 1e-9))))
    return [
        odds,
        best.kind,
        best.log_probability - mass,
        best.log_probability / best.tokens,
        best.weakest,
        mass - max((*rivals, unknown), default=-20.0),
        math.exp(max(unknown, -20.0)),
        float(failed),
        evidence,
        passage,
        *used,
        math.log1p(rows),
        math.log(best.tokens),
        *(float(kind == k) for k in KINDS),
        *(odds if kind == k else 0.0 for k in KINDS),  # how much a probability says differs from kind to kind
        *(float(situation == s) for s in SITUATIONS),
        *(odds if situation == s else 0.0 for s in SITUATIONS),
        meaning,
        *(meaning if kind == k else 0.0 for k in KINDS),
    ]


Row = Sequence[float]


@dataclass(frozen=True, slots=True)
class Ranking:
    """`weights` beside `bias`, over FEATURES standardised by `mean` and `scale`: which of a question's answers to give.

    The best of several is a little less likely to be right than it looks: `slopes` and `offsets`, one of each for every situation, correct
    for that.
    """

    weights: tuple[float, ...] = ()
    bias: float = 0.0
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    slopes: tuple[float, ...] = (1.0,) * len(SITUATIONS)
    offsets: tuple[float, ...] = (0.0,) * len(SITUATIONS)

    def confidence(self, row: Row) -> float:
        if not self.weights:
            return _logistic(row[0])
        there = _situation(row)
        return _logistic(self.slopes[there] * self._score(row) + self.offsets[there])

    def _score(self, row: Row) -> float:
        return self.bias + sum(w * (x - m) / s for w, x, m, s in zip(self.weights, row, self.mean, self.scale, strict=True))

    @classmethod
    def fit(cls, questions: Sequence[Sequence[tuple[Row, bool]]], penalty: float) -> Ranking:
        """Maximum likelihood with an L2 penalty: first over all answers, then, for slopes and offsets, over the best of each question.
        There the penalty is on what a situation differs from all together, so that one that is seldom seen is taken for like the others.
        """
        rows = np.asarray([row for question in questions for row, _ in question], dtype=np.float64)
        right = np.asarray([is_right for question in questions for _, is_right in question], dtype=np.float64)
        mean, scale = rows.mean(0), rows.std(0)
        scale[scale < 1e-9] = 1.0
        *weights, bias = _regress((rows - mean) / scale, right, penalty)
        ranking = cls(tuple(weights), bias, tuple(mean.tolist()), tuple(scale.tolist()))
        best = [max(question, key=lambda answer: ranking._score(answer[0])) for question in questions if question]
        scores = np.asarray([[ranking._score(row)] for row, _ in best])
        there = np.eye(len(SITUATIONS))[[_situation(row) for row, _ in best]]
        penalties = np.asarray([1e-3, *[_DIFFERENCE] * 2 * len(SITUATIONS)])
        fitted = _regress(np.hstack([scores, there * scores, there]), np.asarray([y for _, y in best], dtype=np.float64), penalties)
        slope, of_slopes, of_offsets, offset = fitted[0], *np.split(np.asarray(fitted[1:-1]), 2), fitted[-1]
        # A slope that is not positive would turn the ranking round; it comes only from data that say nothing.
        slopes, offsets = np.maximum(slope + of_slopes, 1e-3), offset + of_offsets
        return replace(ranking, slopes=tuple(slopes.tolist()), offsets=tuple(offsets.tolist()))


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is worth trusting differs where evidence was searched from where it was given, so each has a ranking of its own.

    Below `threshold` an answer is refused.
    """

    searched: Ranking = Ranking()
    given: Ranking = Ranking()
    threshold: float = 0.0

    def confidence(self, row: Row) -> float:
        """The probability that the answer is right; of several answers to a question, the one to give has the highest."""
        return (self.searched if _is_searched(row) else self.given).confidence(row)

    @classmethod
    def fit(cls, questions: Sequence[Sequence[tuple[Row, bool]]], threshold: float, penalty: float = 1.0) -> Calibration:
        """From each question's possible answers, as features and whether they are right. Of whichever there are too few to learn from, the
        ranking is that of all."""
        asked = [question for question in questions if question]
        parts = [[question for question in asked if _is_searched(question[0][0]) is searched] for searched in (True, False)]
        searched, given = (Ranking.fit(part if _teaches(part) else asked, penalty) for part in parts)
        return cls(searched, given, threshold)

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
            if "weights" in record:  # as they were written when all evidence had one ranking, and all situations one slope
                threshold = record.pop("threshold")
                if "slope" in record:
                    record |= {f"{name}s": [record.pop(name)] * len(SITUATIONS) for name in ("slope", "offset")}
                record = {"searched": record, "given": record, "threshold": threshold}
            read = cls(_read(record["searched"]), _read(record["given"]), float(record["threshold"]))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise CheckpointError(f"The checkpoint at {directory} has a damaged calibration.json.") from error
        for ranking in (read.searched, read.given):
            if len(ranking.weights) not in (0, len(FEATURES)):
                raise CheckpointError(
                    f"The calibration.json of the checkpoint at {directory} weighs {len(ranking.weights)} features, not {len(FEATURES)};"
                    " make it anew with `reckoner calibrate`."
                )
        return read


def _read(record: dict[str, Any]) -> Ranking:
    held: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in record.items()}
    return Ranking(**held)


def _teaches(questions: Sequence[Sequence[tuple[Row, bool]]]) -> bool:
    """Whether there are many of them, and of both sorts some."""
    right = sum(is_right for question in questions for _, is_right in question)
    return len(questions) >= _FEWEST and 0 < right < sum(map(len, questions))


def _is_searched(row: Row) -> bool:
    return _situation(row) == 0


def _logistic(score: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def _situation(row: Row) -> int:
    """Its place in SITUATIONS, which one of FEATURES says."""
    return max(range(len(SITUATIONS)), key=lambda place: row[_SITUATED + place])


def _regress(x: np.ndarray, y: np.ndarray, penalty: float | np.ndarray) -> list[float]:
    """Weights of the columns of x, then the bias, by Newton's method (Platt 1999); `penalty` is of all columns or of each."""
    z = np.hstack([x, np.ones((len(x), 1))])
    weights = np.zeros(z.shape[1])
    ridge = np.diag([*np.broadcast_to(penalty, x.shape[1]), 1e-6])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(z @ weights, -30, 30)))
        step = np.linalg.solve((z * (p * (1 - p))[:, None]).T @ z + ridge, z.T @ (p - y) + ridge @ weights)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return [float(w) for w in weights]


def expected_calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """ECE (Naeini et al. 2015): the gap between confidence and accuracy, averaged over equal-width bins by their share."""
    if not confidences:
        return 0.0
    c = np.asarray(confidences)
    return _gaps(c, np.asarray(right, dtype=float), _binned(c, bins))


def chance_calibration_error(confidences: Sequence[float], bins: int = 10, draws: int = 500) -> float:
    """The mean ECE of as many answers of which each is right with exactly the probability that its confidence says.

    ECE is never below 0, so few answers have some by chance alone (Roelofs et al. 2022, "Mitigating bias in calibration error
    estimation"): an error of this size says nothing against the confidences. The same for the same confidences.
    """
    if not confidences:
        return 0.0
    c, rng = np.asarray(confidences), np.random.default_rng(0)
    places = _binned(c, bins)
    return float(np.mean([_gaps(c, (rng.random(len(c)) < c).astype(float), places) for _ in range(draws)]))


def _binned(confidences: np.ndarray, bins: int) -> np.ndarray:
    return np.minimum((confidences * bins).astype(int), bins - 1)


def _gaps(confidences: np.ndarray, right: np.ndarray, places: np.ndarray) -> float:
    """A bin's gap times its share is what its members lack together."""
    return float(np.abs(np.bincount(places, confidences - right)).sum() / len(right))
