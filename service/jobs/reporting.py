"""What jobs of every kind have in common: what they tell while they are done, what becomes of a run that is unstable, and when a gain
counts."""

from __future__ import annotations

import hashlib
import math
import random
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, TypeVar

from models import checkpoint
from models.fit import Interrupted, Progress
from models.train import Watching
from models.watch import Findings
from service.jobs.folders import model_folder
from service.jobs.ledger import Event, Job, JobError, Ledger
from service.settings import Settings

EVERY = 10  # steps between two events with numbers, and between two looks at every layer
SURE = 0.95  # of the resamples must show a gain before it counts
_RESAMPLES = 2000
_MOST_HALVINGS = 4
_ACTIONS = {
    "none": "Learning goes on.",
    "back": "The last good checkpoint is gone back to.",
    "stop": "Learning ends here, and the best is kept.",
}

T = TypeVar("T")


class _StepBack(Exception):
    """The run has become unstable."""


class JobRun:
    """Does `job` in `folder`. `going` is asked at every step whether to go on."""

    def __init__(self, job: Job, folder: Path, ledger: Ledger, settings: Settings, going: Callable[[], bool]) -> None:
        self.job, self.folder, self.ledger, self.settings, self.going = job, folder, ledger, settings, going
        self.asked = job.request
        self.parent = model_folder(self.asked["model"], ledger, settings)

    def say(
        self, message: str, key: str | None = None, data: Mapping[str, Any] | None = None, level: Literal["info", "warn"] = "info"
    ) -> None:
        self.ledger.say(self.job.id, Event(message, level, data=data or {}), key)

    def warn(self, message: str, key: str | None = None, data: Mapping[str, Any] | None = None) -> None:
        self.say(message, key, data, "warn")

    def _watched(self, made: Iterable[T]) -> Iterator[T]:
        """Each of `made`, as long as the job is to go on. Raises Interrupted."""
        for thing in made:
            if not self.going():
                raise Interrupted("stopped between two steps of the work around the run")
            yield thing

    def _steadily(self, learn: Callable[[float], object], run: Path) -> None:
        """Calls `learn` with the share of the learning rate to learn at. A run that becomes unstable goes on from the checkpoint in `run`
        before the last, at half the rate. Raises JobError where that was of no use."""
        while True:
            halvings = self._halvings()
            try:
                learn(0.5**halvings)
                return
            except _StepBack as back:
                if halvings == _MOST_HALVINGS:
                    raise JobError(
                        f"The learning rate was halved {halvings} times, and still: {back}", "unstable", "learning_rate_multiplier"
                    ) from None
                write_whole(self.folder / "halvings", str(halvings + 1))
                step = checkpoint.step_back(run)
                self.warn(f"Back to step {step}, and on from there at half the rate.", None, {"step": step, "halvings": halvings + 1})

    def _halvings(self) -> int:
        path = self.folder / "halvings"
        return int(path.read_text(encoding="utf-8")) if path.exists() else 0

    def _watching(self) -> Watching:
        findings = Findings()

        def report(_: str, progress: Progress) -> bool:
            if progress.step % EVERY == 0 or progress.valid_loss is not None or progress.step == progress.steps:
                self._metrics(progress)
            actions = set()
            for finding in findings.of(progress.loss, progress.gradient, progress.layers, progress.valid_loss):
                self.warn(
                    f"{finding.name.capitalize()}: {finding.sentence} {_ACTIONS[finding.action]}", f"{finding.name} {progress.step}",
                    {"finding": finding.name, "action": finding.action, "step": progress.step},
                )  # fmt: skip
                actions.add(finding.action)
                if finding.action == "back":
                    raise _StepBack(finding.sentence)
            return "stop" in actions

        return Watching(report, self.warn, self.going, findings.state, findings.restore)

    def _metrics(self, progress: Progress) -> None:
        left = progress.seconds / progress.step * (progress.steps - progress.step)
        data: dict[str, Any] = {
            "step": progress.step, "total_steps": progress.steps, "train_loss": progress.loss, "train_mean_token_accuracy": progress.exact,
            "learning_rate": progress.rate, "gradient_norm": progress.gradient, "seconds": round(progress.seconds, 1),
            "seconds_left": round(left, 1),
        }  # fmt: skip
        if progress.valid_loss is not None:
            data |= {"valid_loss": progress.valid_loss, "valid_mean_token_accuracy": progress.valid_exact or 0.0}
        if progress.layers is not None:
            data["layers"] = {name: asdict(signs) for name, signs in progress.layers.items()}
        message = f"Step {progress.step}/{progress.steps}: training loss={progress.loss:.4f}"
        self.ledger.say(self.job.id, Event(message, "info", "metrics", _finite(data)), f"step {progress.step}")
        self.ledger.note(self.job, {"step": progress.step, "steps": progress.steps, "estimated_finish": int(time.time() + left)})

    def _exported(self, learned: Path) -> Path:
        """What the run ended with, as it is served: whole in a folder of the job's own, or not there at all."""
        model = self.folder / "model"
        if not model.exists():
            partial = self.folder / "model.partial"
            shutil.rmtree(partial, ignore_errors=True)
            self._export(learned, partial)
            partial.rename(model)
        return model

    def _export(self, learned: Path, target: Path) -> None:
        """Writes to `target` what is kept of what was learned: all of it, unless a kind of job says otherwise."""
        checkpoint.export(learned, target)

    def _name(self, otherwise: str) -> str:
        """Of the version to be: the model it goes on from, the word that was asked for or `otherwise`, and the job."""
        base = self.asked["model"].split(":")[1] if ":" in self.asked["model"] else self.asked["model"]
        return f"ft:{base}:{self.asked['suffix'] or otherwise}:{self.job.id[-8:]}"


def bootstrap(before: Sequence[float], after: Sequence[float]) -> tuple[float, float]:
    """The mean gain of pairs, and the share of resamples in which there is one (paired bootstrap, Koehn 2004)."""
    gains = [b - a for a, b in zip(before, after, strict=True)]
    if not gains:
        return 0.0, 0.0
    rng = random.Random(0)
    better = sum(sum(rng.choices(gains, k=len(gains))) > 0 for _ in range(_RESAMPLES))
    return sum(gains) / len(gains), better / _RESAMPLES


def write_whole(path: Path, text: str) -> None:
    """The file is there with all of the text, or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.rename(path)


def count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip())


def hash_of(folder: Path) -> str:
    """SHA-256 of the prepared examples in a folder, in hexadecimal."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.jsonl")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _finite(data: Any) -> Any:
    """JSON has no word for what is no number."""
    if isinstance(data, dict):
        return {name: _finite(value) for name, value in data.items()}
    return None if isinstance(data, float) and not math.isfinite(data) else data
