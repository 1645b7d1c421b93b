"""One job, from its checks to a new version of the model.

Every part leaves something whole behind, in a folder of the job's own, before the next begins: prepared examples, the run with its
checkpoints, the model, its marks. A job that is claimed again after a crash finds what is there and goes on behind it.

    data/       prepared examples to learn from, and others to be examined on
    run/        the training run, resumed bit for bit
    model/      the new version, as it is served
    marks.json  how it and its parent did on the same questions
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch

from models import checkpoint
from models.answerer import Answerer
from models.examples import Example, read_examples, write_examples
from models.fit import Interrupted, Progress, fast_precision
from models.stream import Chances, Mixing
from models.train import Recipe, Stage, Watching, train
from models.watch import Findings
from retrieval.search import as_shown
from service.jobs.ledger import Event, Job, Ledger, Version
from service.jobs.lines import Rejected, Unusable, read_example, read_lines, split
from service.answering import Answering
from service.exams.exam import ExamError
from service.exams.examinee import Sitting
from service.exams.questions import QuestionsExam
from service.exams.runner import mark
from service.practice.study import Study
from service.practice.workspace import workspace_examples
from service.prepare.composed import composed_examples
from service.settings import Settings
from service.workspace import Workspace
from tools.errors import ToolError
from tools.language import LanguageError
from tools.router import Router

BATCH, RATE, EPOCHS = 32, 4e-4, 2.0  # where the request says `auto`
DRAWS, MOST_EPOCHS = 5000, 12.0  # few examples are learned from more often: until so many were drawn, or each so many times
PRACTICE_EXAMPLES = 3000  # made of the workspace
BESIDE_EXAMPLES = 1500  # made of it where examples are given: how its other questions are said, and where they are answered from
REPLAYED = 200  # examples for each composed organisation that stands beside them, so that the model does not forget the rest
_REGRESSION = 1_000_000  # an organisation that no training composes
_CORRECTIONS = 4  # times that each stands among the questions of practice: one that a person took the trouble to send counts for more
_EXAMINED = {"own": 150, "others": 60, "exam": 150}  # questions, at most
_RESAMPLES, _SURE = 2000, 0.95
SAVE_SECONDS = 20.0  # between two checkpoints: what a kill costs at most
_EVERY = 10  # steps between two events with numbers, and between two looks at every layer
_SHARES_ALONE = {"own": 0.8, "composed": 0.2}  # of what is learned from
_SHARES = {"own": 0.5, "practice": 0.3, "composed": 0.2}  # where examples are given
_FEW = 100  # examples
_MOST_HALVINGS = 4
_ACTIONS = {
    "none": "Learning goes on.",
    "back": "The last good checkpoint is gone back to.",
    "stop": "Learning ends here, and the best is kept.",
}

T = TypeVar("T")


class JobError(Exception):
    """Why the job failed, in a sentence for whoever submitted it. `code` is for programs, `param` the part of the request that is wrong."""

    def __init__(self, message: str, code: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code, self.param = code, param


class _StepBack(Exception):
    """The run has become unstable."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Which of the same questions the parent and the new version answered rightly: own held-out questions, those of the workspace's exam
    where it has one, and those of other organisations."""

    own: tuple[list[bool], list[bool]]
    others: tuple[list[bool], list[bool]]
    exam: tuple[list[bool], list[bool]] = ([], [])


class Training:
    """Does `job` in `folder`. `going` is asked at every step whether to go on."""

    def __init__(
        self, job: Job, folder: Path, ledger: Ledger, settings: Settings, going: Callable[[], bool], save_seconds: float = SAVE_SECONDS
    ) -> None:
        self.job, self.folder, self.ledger, self.settings, self.going = job, folder, ledger, settings, going
        self._save_seconds = save_seconds
        self.asked = job.request
        self.parent = model_folder(self.asked["model"], ledger, settings)

    def run(self) -> Version:
        """Raises JobError, and Interrupted where it was told to stop."""
        self.folder.mkdir(parents=True, exist_ok=True)
        workspace = Workspace.open(self.settings)
        try:
            counts = self._prepare(workspace)
            self._train(counts)
            marks = self._examine(workspace)
        finally:
            workspace.close()
        return self._register(counts, marks)

    def say(
        self, message: str, key: str | None = None, data: Mapping[str, Any] | None = None, level: Literal["info", "warn"] = "info"
    ) -> None:
        self.ledger.say(self.job.id, Event(message, level, data=data or {}), key)

    def warn(self, message: str, key: str | None = None, data: Mapping[str, Any] | None = None) -> None:
        self.say(message, key, data, "warn")

    # --- Examples -----------------------------------------------------------------------------------------------------

    def _prepare(self, workspace: Workspace) -> dict[str, int]:
        data = self.folder / "data"
        if not data.exists():
            partial = self.folder / "data.partial"
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            own, held = self._examples(workspace)
            for name, examples in (("own.train", own), ("own.valid", held)):
                write_examples(partial / f"{name}.jsonl", (replace(example, source="own") for example in examples))
            if self.asked["training_file"] and (made := self._made(workspace, BESIDE_EXAMPLES)):
                write_examples(partial / "practice.train.jsonl", made)
            replayed = composed_examples(math.ceil(len(own) / REPLAYED), first=self.asked["seed"] % 1000 * 100)
            write_examples(partial / "composed.train.jsonl", replayed)
            partial.rename(data)
        counts = {path.name.removesuffix(".jsonl"): _count(path) for path in sorted(data.glob("*.jsonl"))}
        beside = f"{counts['practice.train']} of practice and " if "practice.train" in counts else ""
        self.say(
            f"{counts['own.train']} examples to learn from and {counts['own.valid']} to be examined on; beside them {beside}"
            f"{counts['composed.train']} of other organisations, so that nothing is forgotten.", "prepared", counts,
        )  # fmt: skip
        return counts

    def _examples(self, workspace: Workspace) -> tuple[list[Example], list[Example]]:
        """Those to learn from and those to be examined on."""
        match self.asked["training_file"]:
            case "":
                own, held = self._practice(workspace)
                return own + _CORRECTIONS * self._corrections(workspace), held
            case "corrections":
                corrected = self._corrections(workspace)
                if len(corrected) < 2:
                    raise JobError(
                        f"There are {len(corrected)} corrections that can be learned from; two are the least.",
                        "too_few_corrections",
                        "training_file",
                    )
                return split(corrected)
            case _:
                return self._uploaded(workspace)

    def _corrections(self, workspace: Workspace) -> list[Example]:
        """What people have said is right, as far as it can be learned from."""
        good: list[Example] = []
        answerer = Answerer.load(self.parent)
        for correction in self._watched(self.ledger.to_learn()):
            try:
                good.append(read_example(correction.line, workspace, answerer, self.settings))
            except Unusable as reason:
                self.warn(
                    f"The correction {correction.id} cannot be used: {reason}.",
                    f"correction {correction.id}",
                    {"correction": correction.id},
                )
        if good:
            self.say(f"{len(good)} corrections are learned from.", "corrections", {"corrections": len(good)})
        return good

    def _practice(self, workspace: Workspace) -> tuple[list[Example], list[Example]]:
        made = self._made(workspace, self.asked["hyperparameters"].get("n_examples") or PRACTICE_EXAMPLES)
        if not made:
            raise JobError("There is nothing to study: no database is connected and no document is indexed.", "nothing_to_study")
        return split(made, 15)

    def _made(self, workspace: Workspace, n: int) -> list[Example]:
        """About `n` questions that the workspace yields by itself; none where there is nothing to study."""
        studies = [Study.of_file(database.path) for database in workspace.databases.values()]
        passages = [as_shown(passage) for passage in workspace.record.passages()]
        if not studies and not passages:
            return []
        self.say("Making questions from the connected databases and documents.", "practice")
        return list(self._watched(workspace_examples(workspace.searcher, passages, studies, n, self.asked["seed"])))

    def _uploaded(self, workspace: Workspace) -> tuple[list[Example], list[Example]]:
        own = self._lines(self.asked["training_file"], "training_file", workspace)
        if self.asked["validation_file"]:
            return own, self._lines(self.asked["validation_file"], "validation_file", workspace)
        return split(own)

    def _lines(self, id: str, param: str, workspace: Workspace) -> list[Example]:
        path = file_path(self.settings, id)
        if not path.exists():
            raise JobError(f"The file {id!r} is not there any more.", "file_not_found", param)
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise JobError(f"The file {id!r} is not UTF-8 text.", "invalid_training_file", param) from None
        answerer = Answerer.load(self.parent)
        good: list[Example] = []
        for read in self._watched(read_lines(text, workspace, answerer, self.settings)):
            if isinstance(read, Rejected):
                self.warn(f"Line {read.line} cannot be used: {read.reason}.", f"{param} {read.line}", {"line": read.line, "param": param})
            else:
                good.append(read)
        if len(good) < 2:
            raise JobError(
                f"The file {id!r} holds {len(good)} lines that can be learned from; two are the least.", "invalid_training_file", param
            )
        return good

    def _watched(self, made: Iterable[Any]) -> Iterator[Any]:
        for thing in made:
            if not self.going():
                raise Interrupted("stopped while examples were prepared")
            yield thing

    # --- Learning -----------------------------------------------------------------------------------------------------

    def _train(self, counts: dict[str, int]) -> None:
        hyper = self.asked["hyperparameters"]
        own, shares = counts["own.train"], _SHARES if "practice.train" in counts else _SHARES_ALONE
        batch = min(hyper.get("batch_size") or BATCH, own + counts["composed.train"])
        epochs = hyper.get("n_epochs") or max(EPOCHS, min(MOST_EPOCHS, DRAWS / own))
        steps = max(1, round(epochs * own / (shares["own"] * batch)))
        rate = RATE * (hyper.get("learning_rate_multiplier") or 1.0)
        begun = {"steps": steps, "batch": batch, "learning_rate": rate}
        self.say(f"Learning begins: {steps} steps of {batch} examples.", "begun", begun)
        if counts["own.train"] < _FEW:
            few = f"{counts['own.train']} examples are few: the model will hardly learn more than these very questions."
            self.warn(few, "too little data", {"finding": "too little data", "action": "none"})
        while True:
            halvings = self._halvings()
            try:
                train(
                    self.folder / "data",
                    self.folder / "run",
                    self._recipe(shares, steps, batch, rate / 2**halvings),
                    self._watching(),
                    self.parent,
                )
                return
            except _StepBack as back:
                if halvings == _MOST_HALVINGS:
                    raise JobError(
                        f"The learning rate was halved {halvings} times, and still: {back}", "unstable", "learning_rate_multiplier"
                    ) from None
                _write_whole(self.folder / "halvings", str(halvings + 1))
                step = checkpoint.step_back(self.folder / "run" / "study" / "run")
                self.warn(f"Back to step {step}, and on from there at half the rate.", None, {"step": step, "halvings": halvings + 1})

    def _halvings(self) -> int:
        path = self.folder / "halvings"
        return int(path.read_text(encoding="utf-8")) if path.exists() else 0

    def _recipe(self, shares: dict[str, float], steps: int, batch: int, rate: float) -> Recipe:
        mixing = Mixing(Chances(0.2, 0.03, 0.5), Chances(0.2, 0.03, 0.0), 0.3, 0.7)
        stage = Stage("study", shares, steps, batch, rate, 0.05, mixing)
        _, about = checkpoint.read_config(self.parent)
        return Recipe(
            about.get("size", "nano"), stages=(stage,), seed=self.asked["seed"], processes=1, device="cpu", precision=fast_precision("cpu"),
            save_seconds=self._save_seconds, validate_every=max(_EVERY, steps // 10), watch_every=_EVERY, keep_best=True,
        )  # fmt: skip

    def _watching(self) -> Watching:
        findings = Findings()

        def report(_: str, progress: Progress) -> bool:
            if progress.step % _EVERY == 0 or progress.valid_loss is not None or progress.step == progress.steps:
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

    # --- Examination --------------------------------------------------------------------------------------------------

    def _examine(self, workspace: Workspace) -> Marks:
        path = self.folder / "marks.json"
        if not path.exists():
            self.say("Examining the new version and its parent on the same questions.", "examining")
            own = _some(read_examples(self.folder / "data" / "own.valid.jsonl"), _EXAMINED["own"])
            others = _some(composed_examples(1, first=_REGRESSION), _EXAMINED["others"])
            exam = self._exam()
            rights: list[tuple[list[bool], list[bool], list[bool]]] = []
            for folder in (self.parent, self._learned()):
                answerer = Answerer.load(folder)
                examined = self._examined(answerer, exam, workspace) if exam else []
                rights.append((self._right(answerer, own, workspace.router), self._right(answerer, others, None), examined))
            marks = Marks(*((before, after) for before, after in zip(*rights, strict=True)))
            _write_whole(path, json.dumps(asdict(marks)))
        read = json.loads(path.read_text(encoding="utf-8"))
        return Marks(**{name: tuple(pair) for name, pair in read.items()})

    def _learned(self) -> Path:
        """What the run ended with, beside the parent's calibration: how sure to be is learned from more than one job."""
        model = self.folder / "run" / "study" / "model"
        if (self.parent / "calibration.json").exists():
            shutil.copyfile(self.parent / "calibration.json", model / "calibration.json")
        return model

    def _exam(self) -> QuestionsExam | None:
        """The workspace's own exam, where there is one that can be read."""
        path = self.settings.exam or self.settings.workspace / "exam.jsonl"
        if not path.exists():
            return None
        try:
            exam = QuestionsExam(path)
            exam.questions()
            return exam
        except ExamError as error:
            self.warn(f"The workspace's exam is left out: {error}", "exam")
            return None

    def _examined(self, answerer: Answerer, exam: QuestionsExam, workspace: Workspace) -> list[bool]:
        """The exam as it is served: what must be refused is right when it is."""
        sitting = Sitting(Answering(workspace, answerer, self.settings))
        marks = [mark(exam, sitting, question) for question in self._watched(_some(exam.questions()[0], _EXAMINED["exam"]))]
        return [
            m.right if m.answerable and m.confidence >= sitting.threshold else not m.answerable and m.confidence < sitting.threshold
            for m in marks
        ]

    def _right(self, answerer: Answerer, examples: Sequence[Example], router: Router | None) -> list[bool]:
        """Whether the likeliest program gives what the right one does; without a router, whether it is the right one."""
        torch.set_num_threads(1)
        right = []
        for example in self._watched(examples):
            found = answerer.programs(example.evidence, 2)
            right.append(bool(found) and _same(found[0].program, example, router))
        return right

    # --- The version --------------------------------------------------------------------------------------------------

    def _register(self, counts: dict[str, int], marks: Marks) -> Version:
        model = self.folder / "model"
        if not model.exists():
            partial = self.folder / "model.partial"
            shutil.rmtree(partial, ignore_errors=True)
            checkpoint.export(self._learned(), partial)
            partial.rename(model)
        better, why = verdict(marks)
        shape = {part: {"questions": len(pair[0]), "before": _share(pair[0]), "after": _share(pair[1])} for part, pair in
                 (("own", marks.own), ("exam", marks.exam), ("others", marks.others)) if pair[0]}  # fmt: skip
        about = {"scores": shape, "better": better, "why": why, "data_sha256": _hash(self.folder / "data"), "examples": counts}
        base = self.asked["model"].split(":")[1] if ":" in self.asked["model"] else self.asked["model"]
        name = f"ft:{base}:{self.asked['suffix'] or ('examples' if self.asked['training_file'] else 'practice')}:{self.job.id[-8:]}"
        version = Version(name, self.asked["model"], self.job.id, checkpoint.fingerprint(model), about, int(time.time()))
        self.ledger.add_version(version)
        return version


def verdict(marks: Marks) -> tuple[bool, str]:
    """Whether the new version is better beyond the noise of the exam, by a paired bootstrap (Koehn 2004), and why or why not.

    It must be better on its own held-out questions or on the workspace's exam, and worse beyond the noise on neither, nor on those of
    other organisations.
    """
    parts = (
        ("held-out questions", marks.own),
        ("questions of the workspace's exam", marks.exam),
        ("questions on other organisations", marks.others),
    )
    asked = [(what, *pair) for what, pair in parts if pair[0]]
    said = "; ".join(
        f"{_share(before):.0%} of {len(before)} {what} right before, {_share(after):.0%} after" for what, before, after in asked
    )
    for what, before, after in asked:
        lost, sure = _bootstrap(after, before)
        if lost > 0 and sure >= _SURE:
            return False, f"{said}: it has become worse on {what}."
    gains = [_bootstrap(*pair) for pair in (marks.own, marks.exam)]
    best = max((sure for gain, sure in gains if gain > 0), default=0.0)
    if best < _SURE:
        return False, f"{said}: not better beyond the noise of the exam (better in {best:.0%} of resamples)."
    return True, f"{said}: better in {best:.0%} of resamples."


def _bootstrap(before: Sequence[bool], after: Sequence[bool]) -> tuple[float, float]:
    """The mean gain, and the share of resamples in which there is one."""
    gains = [int(b) - int(a) for a, b in zip(before, after, strict=True)]
    if not gains:
        return 0.0, 0.0
    rng = random.Random(0)
    better = sum(sum(rng.choices(gains, k=len(gains))) > 0 for _ in range(_RESAMPLES))
    return sum(gains) / len(gains), better / _RESAMPLES


def model_folder(name: str, ledger: Ledger, settings: Settings) -> Path:
    """Where the checkpoint of a version is; of any other name, that of the settings. Raises JobError where it is gone."""
    version = ledger.version(name)
    folder = settings.model if version is None else job_folder(settings, version.job) / "model"
    if not folder.exists():
        raise JobError(f"The model {name!r} is not there any more.", "model_not_found", "model")
    return folder


def job_folder(settings: Settings, job: str) -> Path:
    return settings.workspace / "jobs" / job


def file_path(settings: Settings, id: str) -> Path:
    return settings.workspace / "files" / id


def _write_whole(path: Path, text: str) -> None:
    """The file is there with all of the text, or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.rename(path)


def _finite(data: Any) -> Any:
    """JSON has no word for what is no number."""
    if isinstance(data, dict):
        return {name: _finite(value) for name, value in data.items()}
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _same(program: Any, example: Example, router: Router | None) -> bool:
    if program == example.program or router is None:
        return bool(program == example.program)
    try:
        gold, found = router.run(example.program, example.evidence), router.run(program, example.evidence)
    except (LanguageError, ToolError):
        return False
    return (gold.kind, gold.text, sorted(map(str, gold.rows))) == (found.kind, found.text, sorted(map(str, found.rows)))


def _some(things: Iterable[T], most: int) -> list[T]:
    found = list(things)
    return found if len(found) <= most else random.Random(0).sample(found, most)


def _share(right: Sequence[bool]) -> float:
    return sum(right) / len(right) if right else 0.0


def _count(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip())


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.jsonl")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
