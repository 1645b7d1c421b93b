"""Two pictures of how far a model's confidence can be trusted, for a model card.

*Risk against coverage*: if only the surest share of the questions is answered, how many of these answers are wrong (El-Yaniv and
Wiener 2010). *Reliability*: of the answers given with a confidence, how many are right; on the diagonal, confidence means what it says
(Niculescu-Mizil and Caruana 2005). Both are drawn from marks that `reckoner exam --marks` has kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from service.exams.exam import ExamError
from service.exams.files import write_records
from service.exams.report import Mark

_FEWEST = 5  # answers of a bin or a curve's beginning that are worth drawing


def save_marks(path: Path, marks: Sequence[Mark]) -> None:
    """One JSON object a line; the answers that were not given are left out."""
    write_records(path, map(_kept, marks))


def _kept(mark: Mark) -> dict[str, object]:
    return {name: value for name, value in asdict(mark).items() if name != "answers"}


def read_marks(path: Path) -> list[Mark]:
    """Raises ExamError where the file is not what `save_marks` wrote."""
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [Mark(**record) for record in records]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ExamError(f"{path} does not hold the marks of an exam; write them with `reckoner exam … --marks FILE`.") from error


def risk_coverage(marks: Sequence[Mark]) -> list[tuple[float, float]]:
    """(share of all questions answered, share of these answers wrong), the surest answers first."""
    ranked = sorted((mark for mark in marks if mark.answered), key=lambda mark: -mark.confidence)
    points, wrong = [], 0
    for count, mark in enumerate(ranked, 1):
        wrong += not mark.right
        points.append((count / len(marks), wrong / count))
    return points


def reliability(marks: Sequence[Mark], bins: int = 10) -> list[tuple[float, float, int]]:
    """(mean confidence, share right, number of answers) of each bin of equal width that holds an answer."""
    binned: list[list[Mark]] = [[] for _ in range(bins)]
    for mark in marks:
        if mark.answered:
            binned[min(bins - 1, int(mark.confidence * bins))].append(mark)
    return [(sum(m.confidence for m in b) / len(b), sum(m.right for m in b) / len(b), len(b)) for b in binned if b]


def draw(exams: Mapping[str, Sequence[Mark]], folder: Path) -> list[Path]:
    """Writes risk-coverage.svg and reliability.svg into `folder`, a line an exam. Raises ExamError without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ExamError('Pictures need matplotlib: install it with `pip install "reckoner[pictures]"`.') from error
    folder.mkdir(parents=True, exist_ok=True)
    risk, trust = Figure((5.2, 4), layout="constrained"), Figure((5.2, 4), layout="constrained")
    axes = risk.add_subplot(xlabel="share of the questions answered", ylabel="share of the answers wrong", xlim=(0, 1), ylim=(0, 1))
    for name, marks in exams.items():
        points = risk_coverage(marks)[_FEWEST - 1 :]
        axes.plot([x for x, _ in points], [y for _, y in points], label=f"{name} ({len(marks)})")
    axes.legend()
    axes.grid(alpha=0.3)
    axes = trust.add_subplot(xlabel="confidence", ylabel="share of the answers right", xlim=(0, 1), ylim=(0, 1))
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
    for name, marks in exams.items():
        found = [(x, y) for x, y, count in reliability(marks) if count >= _FEWEST]
        axes.plot([x for x, _ in found], [y for _, y in found], marker="o", markersize=4, label=name)
    axes.legend()
    axes.grid(alpha=0.3)
    paths = [folder / "risk-coverage.svg", folder / "reliability.svg"]
    for figure, path in zip((risk, trust), paths, strict=True):
        figure.savefig(path, metadata={"Date": None})  # the same marks give the same file
    return paths
