"""One job, from its checks to a new version of the model.

Every part leaves something whole behind, in a folder of the job's own, before the next begins: prepared examples, the run with its
checkpoints, the model, its marks. A job that is claimed again after a crash finds what is there and goes on behind it.

    data/       prepared examples to learn from, and others to be examined on
    run/        the training run, resumed bit for bit
    model/      the new version, as it is served
    marks.json  how it and its parent did on the same questions
"""

from __future__ import annotations

import json
import math
import random
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from models import checkpoint
from models.answerer import Answerer
from models.examples import Example, read_examples, write_examples
from models.fit import fast_precision
from models.stream import Chances, Mixing
from models.train import Recipe, Stage, train
from retrieval.search import as_shown
from service.jobs.folders import file_path
from service.jobs.ledger import CORRECTIONS, JobError, Version
from service.jobs.lines import Rejected, Unusable, read_example, read_lines, split
from service.jobs.reporting import EVERY, SURE, JobRun, bootstrap, count_lines, hash_of, write_whole
from service.answering import Answering
from service.exams.exam import ExamError
from service.exams.examinee import Sitting
from service.exams.questions import QuestionsExam
from service.exams.runner import mark
from service.practice.study import Study
from service.practice.workspace import workspace_examples
from service.prepare.composed import composed_examples
from service.workspace import Workspace
from tools.errors import ToolError
from tools.language import VERSION, LanguageError
from tools.router import Router

BATCH, RATE, EPOCHS = 32, 4e-4, 2.0  # where the request says `auto`
DRAWS, MOST_EPOCHS = 5000, 12.0  # few examples are learned from more often: until so many were drawn, or each so many times
PRACTICE_EXAMPLES = 3000  # made of the workspace
BESIDE_EXAMPLES = 1500  # made of it where examples are given: how its other questions are said, and where they are answered from
REPLAYED = 200  # examples for each composed organisation that stands beside them, so that the model does not forget the rest
_REGRESSION = 1_000_000  # an organisation that no training composes
_CORRECTIONS = 4  # times that each stands among the questions of practice: one that a person took the trouble to send counts for more
_EXAMINED = {"own": 150, "others": 60, "exam": 150}  # questions, at most
_SHARES_ALONE = {"own": 0.8, "composed": 0.2}  # of what is learned from
_SHARES = {"own": 0.5, "practice": 0.3, "composed": 0.2}  # where examples are given
_FEW = 100  # examples

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Marks:
    """Which of the same questions the parent and the new version answered rightly: own held-out questions, those of the workspace's exam
    where it has one, and those of other organisations."""

    own: tuple[list[bool], list[bool]]
    others: tuple[list[bool], list[bool]]
    exam: tuple[list[bool], list[bool]] = ([], [])


class Training(JobRun):
    """A job whose model answers questions."""

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
                write_examples(partial / "practice.train.jsonl", (replace(example, source="practice") for example in made))
            replayed = composed_examples(math.ceil(len(own) / REPLAYED), first=self.asked["seed"] % 1000 * 100)
            write_examples(partial / "composed.train.jsonl", replayed)
            partial.rename(data)
        counts = {path.name.removesuffix(".jsonl"): count_lines(path) for path in sorted(data.glob("*.jsonl"))}
        beside = f"{counts['practice.train']} of practice and " if "practice.train" in counts else ""
        self.say(
            f"{counts['own.train']} examples to learn from and {counts['own.valid']} to be examined on; beside them {beside}"
            f"{counts['composed.train']} of other organisations, so that nothing is forgotten.", "prepared", counts,
        )  # fmt: skip
        return counts

    def _examples(self, workspace: Workspace) -> tuple[list[Example], list[Example]]:
        """Those to learn from and those to be examined on."""
        given = self.asked["training_file"]
        if given == CORRECTIONS:
            corrected = self._corrections(workspace)
            if len(corrected) < 2:
                few = f"There are {len(corrected)} corrections that can be learned from; two are the least."
                raise JobError(few, "too_few_corrections", "training_file")
            return split(corrected)
        if given:
            return self._uploaded(workspace)
        own, held = self._practice(workspace)
        return own + _CORRECTIONS * self._corrections(workspace), held

    def _corrections(self, workspace: Workspace) -> list[Example]:
        """What people have said is right, as far as it can be learned from."""
        kept, good = self.ledger.to_learn(), list[Example]()
        if not kept:
            return good
        answerer = Answerer.load(self.parent)
        for correction in self._watched(kept):
            try:
                good.append(read_example(correction.line, workspace, answerer, self.settings))
            except Unusable as reason:
                self.warn(
                    f"The correction {correction.id} cannot be used: {reason}.",
                    f"correction {correction.id}",
                    {"correction": correction.id},
                )
        if good:
            self.say(f"Corrections that are learned from: {len(good)}.", "corrections", {"corrections": len(good)})
        return good

    def _practice(self, workspace: Workspace) -> tuple[list[Example], list[Example]]:
        made = self._made(workspace, self.asked["hyperparameters"].get("n_examples") or PRACTICE_EXAMPLES)
        if not made:
            raise JobError("There is nothing to study: no database is connected and no document is indexed.", "nothing_to_study")
        return split(made, 15)

    def _made(self, workspace: Workspace, n: int) -> list[Example]:
        """About `n` questions that the workspace yields by itself; none where there is nothing to study."""
        studies = [Study.of_database(database) for database in workspace.databases.values()]
        passages = [as_shown(passage) for passage in workspace.record.passages() if not passage.file]
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
        self._steadily(
            lambda share: train(
                self.folder / "data", self.folder / "run", self._recipe(shares, steps, batch, rate * share), self._watching(), self.parent
            ),
            self.folder / "run" / "study" / "run",
        )

    def _recipe(self, shares: dict[str, float], steps: int, batch: int, rate: float) -> Recipe:
        mixing = Mixing(Chances(0.2, 0.03, 0.5), Chances(0.2, 0.03, 0.0), 0.3, 0.7)
        stage = Stage("study", shares, steps, batch, rate, 0.05, mixing)
        _, about = checkpoint.read_config(self.parent)
        return Recipe(
            about.get("size", "nano"), stages=(stage,), seed=self.asked["seed"], processes=1, device="cpu", precision=fast_precision("cpu"),
            save_seconds=self.settings.save_seconds, validate_every=max(EVERY, steps // 10), watch_every=EVERY, keep_best=True,
        )  # fmt: skip

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
            write_whole(path, json.dumps(asdict(marks)))
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
        model = self._exported(self._learned())
        better, why = verdict(marks)
        shape = {part: {"questions": len(pair[0]), "before": _share(pair[0]), "after": _share(pair[1])} for part, pair in
                 (("own", marks.own), ("exam", marks.exam), ("others", marks.others)) if pair[0]}  # fmt: skip
        about = {
            "scores": shape, "better": better, "why": why, "language_version": VERSION, "data_sha256": hash_of(self.folder / "data"),
            "examples": counts,
        }  # fmt: skip
        name = self._name("examples" if self.asked["training_file"] else "practice")
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
        lost, sure = bootstrap(after, before)
        if lost > 0 and sure >= SURE:
            return False, f"{said}: it has become worse on {what}."
    gains = [bootstrap(*pair) for pair in (marks.own, marks.exam)]
    best = max((sure for gain, sure in gains if gain > 0), default=0.0)
    if best < SURE:
        return False, f"{said}: not better beyond the noise of the exam (better in {best:.0%} of resamples)."
    return True, f"{said}: better in {best:.0%} of resamples."


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
