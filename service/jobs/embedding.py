"""A job whose embedder learns the indexed documents: to find the passage that a question is about.

It learns from the passages themselves, whose parts belong together, and from questions that practice makes of them, beside those of
composed organisations, so that nothing is forgotten. Some passages are held out: of them nothing is learned, and their questions are the
exam; how well their halves find one another says how much words should count beside the new vectors. What is learned is taken as far as
other organisations are still known as well as before. As in every job each part leaves something whole behind before the next begins:

    data/       questions with their passages: own.train to learn from, own.valid to watch the run by, own.exam, and composed.train;
                passages.jsonl and held.jsonl, the passages that are learned and those that are held out
    run/        the training run, resumed bit for bit
    model/      the new version, as it is served, with the weight of words beside it
    marks.json  at which place it and its parent found the passage of each question of the exam
"""

from __future__ import annotations

import json
import math
import random
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from models import checkpoint
from models.embedder import Embedder, keep_lexical_weight, read_lexical_weight
from models.examples import Example, read_examples, write_examples
from models.fit import FitConfig
from models.train_embedder import PLAIN, Recipe, Text, answering_passage, learning_rate, read_texts, train, write_texts
from retrieval.record import Record, StoredPassage
from retrieval.search import as_shown, passage_text
from retrieval.weighing import measured_weight
from service.jobs.ledger import JobError, Version
from service.jobs.reporting import EVERY, SURE, JobRun, bootstrap, count_lines, hash_of, write_whole
from service.practice.documents import cloze_examples, terse_examples
from service.prepare.composed import composed_examples
from service.workspace import open_record
from tools.language import VERSION

BATCH, EPOCHS = 128, 15.0  # where the request says `auto`: pairs a step, and how often parts of each passage are drawn
_LEAST_STEPS, _MOST_STEPS = 150, 600  # likewise
_RATE = 0.75  # of that of a first training
QUESTIONS, MOST_QUESTIONS = 24, 8_000  # made of a passage, and of all together
_CLOZE = 0.5  # of the questions, where sentences can be turned round so often; the rest are a few words, as typed into a search box
_SPANS = 0.85  # of a batch are parts of passages that belong together; the rest are questions
_OWN = 0.3  # of the questions learned from; the rest are of other organisations
_REPLAYED = 60  # questions on its documents that a composed organisation has, about
_ORGANISATIONS = 40  # composed at most: each takes as long as learning from it many times
_OTHERS = 4  # organisations that no training composes, by the number of the first: for the exam, and to see what is forgotten
_REGRESSION, _REHEARSAL = 1_000_000, 1_001_000
_SHARES = (1.0, 0.8, 0.6, 0.5, 0.4, 0.3)  # of the way from the parent to what was learned: the first that forgets nothing, or the last
_SUSPECTED = 0.9  # share of resamples in which something was forgotten; less than the exam demands, so that it will not find it either
_FEWEST = 4  # passages: two to tell apart, and two that are held out
_TELLING = 8  # passages held out: with fewer, chance alone may find all of them better
_WATCHED_FROM = 80  # passages: with fewer, none is spared to watch the run by
_EXAMINED = 600  # questions, at most
_HELD, _WATCHED = 300, 100  # passages held out for the exam, and to watch the run by, at most: the others are worth more as what is learned
_HELD_OUT = "held.jsonl"
_TEXTS = 64  # embedded between two looks at whether to go on
_FIRST = 8  # of the passages found are read for an answer


@dataclass(frozen=True, slots=True)
class Ranks:
    """Of each question the passage that it was made of, by number, and the place at which each embedder found it, from 1."""

    passages: list[int]
    before: list[int]
    after: list[int]


@dataclass(frozen=True, slots=True)
class Marks:
    """On questions of held-out passages among all that are indexed, and on those of other organisations among theirs."""

    own: Ranks
    others: Ranks


class EmbedderTraining(JobRun):
    """A job whose model embeds."""

    def run(self) -> Version:
        """Raises JobError, and Interrupted where it was told to stop."""
        self.folder.mkdir(parents=True, exist_ok=True)
        record = open_record(self.settings)
        try:
            counts = self._prepare(record)
            model = self._exported(self._train(counts))
            self._weigh(model)
            marks = self._examine(record, model)
        finally:
            record.close()
        return self._register(model, counts, marks)

    # --- Questions ----------------------------------------------------------------------------------------------------

    def _prepare(self, record: Record) -> dict[str, int]:
        data = self.folder / "data"
        if not data.exists():
            partial = self.folder / "data.partial"
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            stored = {passage_text(passage): passage for passage in record.passages()}  # passages of one text are one
            asked = self._asked(stored)
            parts = _split(list(asked), self.asked["seed"])
            for name, texts in parts.items():
                write_examples(partial / f"own.{name}.jsonl", (example for text in texts for example in asked[text]))
            held = dict.fromkeys((*parts["exam"], *parts["valid"]))
            write_texts(partial / PLAIN, (_plain(passage) for text, passage in stored.items() if text not in held))
            write_texts(partial / _HELD_OUT, (_plain(stored[text]) for text in held))
            own = count_lines(partial / "own.train.jsonl")
            organisations = min(_ORGANISATIONS, math.ceil(own * (1 - _OWN) / _OWN / _REPLAYED))
            composed = composed_examples(organisations, first=self.asked["seed"] % 1000 * 100)
            write_examples(partial / "composed.train.jsonl", self._watched(e for e in composed if answering_passage(e) is not None))
            partial.rename(data)
        counts = {path.name.removesuffix(".jsonl"): count_lines(path) for path in sorted(data.glob("*.jsonl"))}
        counts["passages"] = len({_text(example) for example in read_examples(data / "own.train.jsonl")})
        self.say(
            f"{counts['own.train']} questions on {counts['passages']} passages to learn from and {counts['own.exam']} on others for the"
            f" exam; beside them {counts['composed.train']} of other organisations, so that nothing is forgotten.", "prepared", counts,
        )  # fmt: skip
        return counts

    def _asked(self, stored: Mapping[str, StoredPassage]) -> dict[str, list[Example]]:
        """Questions that practice makes, under the text of the passage that each is of."""
        if not stored:
            raise JobError("There is nothing to learn: no document is indexed.", "nothing_to_study")
        self.say("Making questions from the indexed documents.", "practice")
        shown = [as_shown(passage) for passage in stored.values()]
        documents = {text: passage.document for text, passage in stored.items()}
        n = self.asked["hyperparameters"].get("n_examples") or min(QUESTIONS * len(shown), MOST_QUESTIONS)
        made = list(self._watched(cloze_examples(shown, round(_CLOZE * n), self.asked["seed"])))
        made += self._watched(terse_examples(shown, n - len(made), self.asked["seed"]))
        asked: dict[str, list[Example]] = {}
        for example in made:
            text = _text(example)
            asked.setdefault(text, []).append(replace(example, source="own", group=documents[text]))
        if len(asked) < _FEWEST:
            raise JobError(
                f"Questions could be made of {len(asked)} different passages; {_FEWEST} are the least, since the embedder learns to tell"
                " them apart. Index more documents first.", "too_few_passages",
            )  # fmt: skip
        return asked

    # --- Learning -----------------------------------------------------------------------------------------------------

    def _train(self, counts: dict[str, int]) -> Path:
        hyper = self.asked["hyperparameters"]
        own, composed = counts["own.train"], counts["composed.train"]
        # No passage is in a batch twice, so few passages make a small one; it takes no more steps than a whole one would.
        size = hyper.get("batch_size") or BATCH
        batch = max(2, min(size, counts["passages"]))
        epochs = hyper.get("n_epochs")
        steps = max(1, round((epochs or EPOCHS) * counts["passages"] / (_SPANS * size)))
        if not epochs:
            steps = max(_LEAST_STEPS, min(_MOST_STEPS, steps))
        rate = _RATE * learning_rate(self.parent) * (hyper.get("learning_rate_multiplier") or 1.0)
        sets = {"own": 1.0, "composed": (1 - _OWN) / _OWN * own / max(1, composed)}
        begun = {"steps": steps, "batch": batch, "learning_rate": rate}
        self.say(f"Learning begins: {steps} steps of {batch} pairs of texts that belong together.", "begun", begun)

        def learn(share: float) -> None:
            config = FitConfig(
                steps, rate * share, warmup=min(50, steps // 20), seed=self.asked["seed"],
                save_seconds=self.settings.save_seconds, validate_every=max(EVERY, steps // 5), watch_every=EVERY, keep_best=True,
            )  # fmt: skip
            train(self.folder / "data", self.parent, self.folder / "run", Recipe(config, batch, sets, _SPANS), self._watching())

        self._steadily(learn, self.folder / "run" / "run")
        return self.folder / "run" / "model"

    def _export(self, learned: Path, target: Path) -> None:
        """As far from the parent as other organisations are known no less well."""
        questions = _other_organisations(_REHEARSAL)
        before = self._ranks_of(self.parent, questions)
        for share in _SHARES:
            checkpoint.export(learned, target, self.parent, share)
            if share == _SHARES[-1] or not _worse(_compared(before, self._ranks_of(target, questions)), _SUSPECTED):
                break
        less = "" if share == 1 else ", so that less of other organisations is forgotten"
        self.say(f"Of what was learned {share:.0%} is kept{less}.", "kept", {"share": share})

    def _weigh(self, model: Path) -> None:
        """Keeps beside the model how much words should count beside its vectors."""
        if read_lexical_weight(model) is None:
            data = self.folder / "data"
            weight = measured_weight(Embedder.load(model), read_texts(data / _HELD_OUT), read_texts(data / PLAIN), self.asked["seed"])
            if weight is not None:
                keep_lexical_weight(model, weight)
                self.say(f"Words count {weight:.0%} beside the new vectors.", "weighed", {"lexical_weight": weight})

    # --- Examination --------------------------------------------------------------------------------------------------

    def _examine(self, record: Record, model: Path) -> Marks:
        path = self.folder / "marks.json"
        if not path.exists():
            self.say("Examining the new version and its parent on the same questions.", "examining")
            torch.set_num_threads(1)
            everything = list(dict.fromkeys(passage_text(passage) for passage in record.passages()))
            exam = list(read_examples(self.folder / "data" / "own.exam.jsonl"))
            others = _other_organisations(_REGRESSION)
            own, other = (
                _compared(*(self._ranks_of(folder, questions, among) for folder in (self.parent, model)))
                for questions, among in ((exam, everything), (others, None))
            )
            write_whole(path, json.dumps(asdict(Marks(own, other))))
        read = json.loads(path.read_text(encoding="utf-8"))
        return Marks(**{name: Ranks(**ranks) for name, ranks in read.items()})

    def _ranks_of(self, model: Path, questions: Sequence[Example], among: Sequence[str] | None = None) -> tuple[list[int], list[int]]:
        """Of each question the number of its passage among these texts (those of the questions, where none are given), and the place at
        which this embedder finds it. A question whose passage is not among them any more is left out, and of too many some."""
        embedder = Embedder.load(model)
        texts = list(dict.fromkeys(map(_text, questions))) if among is None else among
        number = {text: i for i, text in enumerate(texts)}
        asked = [(example.evidence.question, number[text]) for example in questions if (text := _text(example)) in number]
        if len(asked) > _EXAMINED:
            asked = random.Random(0).sample(asked, _EXAMINED)
        gold = [passage for _, passage in asked]
        passages = self._embedded(embedder, texts, "passage")
        nearness = self._embedded(embedder, [question for question, _ in asked], "question") @ passages.T  # (questions, passages)
        return gold, [int((row > row[passage]).sum()) + 1 for row, passage in zip(nearness, gold, strict=True)]

    def _embedded(self, embedder: Embedder, texts: Sequence[str], kind: Literal["question", "passage"]) -> np.ndarray:
        """(n, dimension)"""
        begins = self._watched(range(0, len(texts), _TEXTS))
        return np.concatenate(
            [np.zeros((0, embedder.dimension), np.float32), *(embedder.embed(texts[i : i + _TEXTS], kind) for i in begins)]
        )

    # --- The version --------------------------------------------------------------------------------------------------

    def _register(self, model: Path, counts: dict[str, int], marks: Marks) -> Version:
        better, why = verdict(marks)
        about = {
            "scores": scores(marks), "better": better, "why": why, "language_version": VERSION,
            "data_sha256": hash_of(self.folder / "data"), "examples": counts,
        }  # fmt: skip
        version = Version(
            self._name("practice"), self.asked["model"], self.job.id, checkpoint.fingerprint(model), about, int(time.time()), "embedder"
        )
        self.ledger.add_version(version)
        return version


def verdict(marks: Marks) -> tuple[bool, str]:
    """Whether the new version is better beyond the noise of the exam, by a paired bootstrap over passages, and why or why not.

    What is compared is the reciprocal rank, averaged over the questions of each passage: questions of one passage are no independent
    witnesses. On other organisations the new version must not be worse beyond the noise.
    """
    first, among = _pair(marks.own, _within(1)), _pair(marks.own, _within(_FIRST))
    said = (
        f"Of {len(marks.own.before)} questions on {len(set(marks.own.passages))} held-out passages, the passage was found first for"
        f" {first['before']:.0%} before and {first['after']:.0%} after, among the first {_FIRST} for"
        f" {among['before']:.0%} and {among['after']:.0%}"
    )
    before, after = _by_passage(marks.own)
    if len(before) < _TELLING:
        return False, f"{said}: {len(before)} passages are too few to tell which is better; {_TELLING} are the least."
    for what, ranks in (("these questions", marks.own), ("the questions of other organisations", marks.others)):
        if _worse(ranks, SURE):
            return False, f"{said}: it has become worse on {what}."
    gain, sure = bootstrap(before, after)
    if gain <= 0 or sure < SURE:
        return False, f"{said}: not better beyond the noise of the exam (better in {sure:.0%} of resamples)."
    return True, f"{said}: better in {sure:.0%} of resamples."


def _worse(ranks: Ranks, sure: float) -> bool:
    """Whether the later embedder is worse in so great a share of resamples."""
    lost, seen = bootstrap(*reversed(_by_passage(ranks)))
    return lost > 0 and seen >= sure


def _compared(before: tuple[list[int], list[int]], after: tuple[list[int], list[int]]) -> Ranks:
    return Ranks(before[0], before[1], after[1])


def _other_organisations(first: int) -> list[Example]:
    return [example for example in composed_examples(_OTHERS, first=first) if answering_passage(example) is not None]


def scores(marks: Marks) -> dict[str, dict[str, float]]:
    """Shares of the questions whose passage was found first and among the first eight, and mean reciprocal ranks; before and after."""
    own, others = marks.own, marks.others
    return {
        "recall@1": _pair(own, _within(1)),
        f"recall@{_FIRST}": _pair(own, _within(_FIRST)),
        "reciprocal_rank": _pair(own, _reciprocal),
        "others_reciprocal_rank": _pair(others, _reciprocal),
    }


def _pair(ranks: Ranks, worth: Callable[[int], float]) -> dict[str, float]:
    n = len(ranks.before)
    return {"questions": n, **{name: sum(map(worth, of)) / max(1, n) for name, of in (("before", ranks.before), ("after", ranks.after))}}


def _by_passage(ranks: Ranks) -> tuple[list[float], list[float]]:
    """The mean reciprocal rank of the questions of each passage, before and after."""
    of: dict[int, list[tuple[float, float]]] = {}
    for passage, before, after in zip(ranks.passages, ranks.before, ranks.after, strict=True):
        of.setdefault(passage, []).append((_reciprocal(before), _reciprocal(after)))
    means = [tuple(sum(side) / len(side) for side in zip(*pairs, strict=True)) for pairs in of.values()]
    return [before for before, _ in means], [after for _, after in means]


def _reciprocal(rank: int) -> float:
    return 1 / rank


def _within(most: int) -> Callable[[int], float]:
    return lambda rank: float(rank <= most)


def _split(texts: Sequence[str], seed: int) -> dict[str, list[str]]:
    """The passages whose questions are the exam, those to watch the run by, and those to learn from."""
    drawn = random.Random(f"held out {seed}").sample(list(texts), len(texts))
    exam = min(_HELD, max(round(len(drawn) / 5), min(_TELLING, len(drawn) // 2)))
    valid = exam + (min(_WATCHED, len(drawn) // 10) if len(drawn) >= _WATCHED_FROM else 0)
    return {"exam": drawn[:exam], "valid": drawn[exam:valid], "train": drawn[valid:]}


def _plain(passage: StoredPassage) -> Text:
    return Text(passage.title, passage.text)


def _text(example: Example) -> str:
    """What the embedder reads of the passage that answers, as `passage_text` has it."""
    passage = answering_passage(example)
    assert passage is not None, example
    return f"{passage.title}\n{passage.text}"
