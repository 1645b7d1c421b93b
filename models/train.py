"""Training the answerer from nothing: tokenizer, word vectors, programs. Also runs alone on a bare GPU machine:

    python -m models.train --data data/prepared --out runs/nano

`--out` holds a folder a stage: the run (a checkpoint with its training state), its log, and at the end the stage's model; the last
stage's is the model. The same command again goes on where it stopped.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from models import checkpoint
from models.batching import Batch
from models.examples import Example
from models.fit import FitConfig, Precision, Progress, Rule, Run, append_log, fast_precision, fit, keep_freed_memory
from models.objectives import program_loss
from models.stream import Chances, Mixing, Source, Stream, validation_batches
from models.tokenizer import Tokenizer
from models.transformer import SIZES, ModelConfig, Transformer
from models.words import word_vectors
from tools.evidence import Passage, Schema

WORDS_FROM = ("squad", "qamr", "policyqa", "wikisql", "spider", "math")
"""The sets whose words are read for the tokenizer and the word vectors: what people wrote, not what we generate."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the training. `weights`: the share of each set in a batch, by examples; sets that are not there are left out."""

    name: str
    weights: Mapping[str, float]
    steps: int
    batch: int  # examples a process and step
    learning_rate: float
    final: float  # of the learning rate, as a share of its peak
    mixing: Mixing
    horizon: int = 0  # steps that schedule and mixing are laid out for, where they are more than the stage has


def stages(steps: int = 2000, rate: float = 1.2e-3) -> tuple[Stage, ...]:
    """The curriculum: each public set with the right evidence alone; then everything, first with little beside the right evidence, at
    last among as many distractors as the service will show."""
    public = {"squad": 0.40, "qamr": 0.10, "policyqa": 0.03, "wikisql": 0.27, "spider": 0.14, "math": 0.06}
    everything = {
        "squad": 0.16, "qamr": 0.02, "policyqa": 0.01, "wikisql": 0.05, "spider": 0.08, "math": 0.04,
        "written": 0.24, "composed": 0.22, "problems": 0.04, "arithmetic": 0.02, "practice": 0.01, "workspace": 0.01, "calls": 0.1,
    }  # fmt: skip
    first = steps * 3 // 10
    thin, crowded = Chances(0.15, 0.08, 0.8), Chances(0.6, 0.12, 0.1)
    return (
        Stage("public", public, first, 64, rate, 1.0, Mixing(Chances(0.05, 0.02, 0.8), Chances(0.05, 0.02, 0.8))),
        Stage("everything", everything, steps - first, 64, rate, 0.02, Mixing(thin, crowded, 0.5, 0.75)),
    )


@dataclass(frozen=True, slots=True)
class Recipe:
    size: str = "nano"
    vocabulary: int = 14_000
    stages: tuple[Stage, ...] = stages()
    seed: int = 0
    processes: int = 2
    device: str = "cpu"
    precision: Precision = "float32"
    rule: Rule = "muon"
    save_seconds: float = 120.0
    validate_every: int = 1000  # steps
    watch_every: int = 0  # steps between two looks at every layer
    keep_best: bool = False  # of each stage the weights that did best in validation


Report = Callable[[str, Progress], bool | None]
"""Called with the stage's name and every step's progress; True ends the stage early."""


@dataclass(frozen=True, slots=True)
class Watching:
    """What a run tells its caller, and asks: `report` of every step, `say` of what else happens, `going` whether to go on.

    What `remember` gives is kept in every checkpoint, and handed to `recall` where the run goes on from one.
    """

    report: Report = lambda name, progress: None
    say: Callable[[str], None] = lambda text: None
    going: Callable[[], bool] = lambda: True
    remember: Callable[[], dict[str, Any]] = dict
    recall: Callable[[dict[str, Any]], None] = lambda state: None


def train(data: Path, out: Path, recipe: Recipe, watching: Watching, begin_from: Path | None = None) -> Path:
    """Trains on `data`/*.train.jsonl (and `data`/text/*.txt for words), validates on *.valid.jsonl; returns the model's directory.

    A stage that is finished is not done again, and one that was interrupted goes on where it stopped. `begin_from` is a checkpoint whose
    tokenizer, shape and weights to begin with, instead of with nothing. Raises Interrupted where `watching.going` says to stop.
    """
    if not any(data.glob("*.train.jsonl")):
        raise FileNotFoundError(f"there are no prepared examples (*.train.jsonl) in {data}; run `reckoner prepare` first")
    out.mkdir(parents=True, exist_ok=True)
    start = out / "start"
    if not (start / "config.json").exists():
        if begin_from is None:
            _begin(data, start, recipe, watching.say)
        else:
            checkpoint.read_config(begin_from)  # says what is wrong with it, if anything is
            shutil.copytree(begin_from, start)
    missing = sorted({name for stage in recipe.stages for name in stage.weights if not (data / f"{name}.train.jsonl").exists()})
    if missing:
        watching.say(f"left out, for {data} does not hold them: {', '.join(missing)}")
    for stage in recipe.stages:
        if not (out / stage.name / "model" / "config.json").exists():
            _run_stage(data, start, out / stage.name, recipe, stage, watching)
        start = out / stage.name / "model"
    return start


def _run_stage(data: Path, start: Path, out: Path, recipe: Recipe, stage: Stage, watching: Watching) -> None:
    out.mkdir(parents=True, exist_ok=True)
    world = recipe.processes if recipe.device == "cpu" else 1
    with tempfile.TemporaryDirectory() as meeting:
        shared = (data, start, out, recipe, stage)
        others = [
            mp.get_context("spawn").Process(target=_worker, args=(*shared, rank, world, meeting), daemon=True) for rank in range(1, world)
        ]
        for process in others:
            process.start()
        try:
            _worker(*shared, 0, world, meeting, watching)
        finally:
            for process in others:
                process.terminate()


def _begin(data: Path, start: Path, recipe: Recipe, say: Callable[[str], None]) -> None:
    """Tokenizer, word vectors and fresh weights: what every process of the run begins from."""
    torch.manual_seed(recipe.seed)
    say("learning the tokenizer")
    tokenizer = Tokenizer.train(_texts(data), recipe.vocabulary)
    config = ModelConfig(vocabulary=tokenizer.size, **SIZES[recipe.size])
    model = Transformer(config)
    say("learning word vectors")
    with torch.no_grad():
        vectors = word_vectors(_texts(data), tokenizer, config.channels, seed=recipe.seed)
        known = vectors.abs().sum(1) > 0
        model.encoder.token.weight[: tokenizer.text_size][known] = vectors[known]
    checkpoint.save(start, model, config, tokenizer, {"size": recipe.size})


def _worker(
    data: Path,
    start: Path,
    out: Path,
    recipe: Recipe,
    stage: Stage,
    rank: int,
    world: int,
    meeting: str,
    watching: Watching = Watching(),
) -> None:
    """One process's part of a stage."""
    keep_freed_memory()
    if recipe.device == "cpu":
        torch.set_num_threads(1)  # on small matrices two processes with a thread each beat one with two
    if world > 1:
        dist.init_process_group("gloo", init_method=f"file://{meeting}/gloo", rank=rank, world_size=world)
    run = out / "run"
    saved = checkpoint.read_training(run, watching.say)
    at = run if saved is not None else start
    shape, known = checkpoint.read_config(at)
    tokenizer = checkpoint.read_tokenizer(at)
    model = Transformer(shape)
    checkpoint.load_weights(at, model)
    model.to(recipe.device)
    sources, held = _sources(data, "train", stage), _sources(data, "valid", stage)
    stream = Stream(
        sources, stage.weights, tokenizer,
        steps=stage.horizon or stage.steps, batch=stage.batch, mixing=stage.mixing, seed=recipe.seed, rank=rank, world=world,
    )  # fmt: skip
    size = known.get("size", recipe.size)  # of a checkpoint that the run went on from, whatever was asked for
    about = {"size": size, "recipe": asdict(recipe), "stage": stage.name, "examples": {name: len(s) for name, s in sources.items()}}

    def valid() -> Iterator[Batch]:
        for source in held.values():
            yield from validation_batches(source, tokenizer, size=20, limit=100)

    def log(progress: Progress) -> bool | None:
        if progress.step % 20 == 0 or progress.valid_loss is not None:
            append_log(out / "log.jsonl", progress)
        return watching.report(stage.name, progress)

    def save(current: torch.nn.Module, state: Run) -> None:
        try:
            kept = {**state.state, "watched": watching.remember()}
            checkpoint.save(run, current, shape, tokenizer, about, (state.tensors, kept))
        except OSError as error:  # a full disk must not end a run that may find room later
            watching.say(f"After step {state.state['step']} {error}. The run goes on, and will try again.")

    config = FitConfig(
        steps=stage.steps, learning_rate=stage.learning_rate, final=stage.final, horizon=stage.horizon,
        warmup=min(200, stage.steps // 20), rule=recipe.rule, precision=recipe.precision, seed=recipe.seed,
        save_seconds=recipe.save_seconds, validate_every=recipe.validate_every, watch_every=recipe.watch_every, keep_best=recipe.keep_best,
    )  # fmt: skip
    resume = Run(*saved) if saved is not None else None
    if resume is not None and resume.state.get("watched"):
        watching.recall(resume.state["watched"])
    fit(
        model, program_loss, stream, config,
        valid=valid if held else None, save=save, resume=resume, report=log, going=watching.going, rank=rank, world=world,
    )  # fmt: skip
    if rank == 0:
        checkpoint.save(out / "model", model, shape, tokenizer, about)
    if world > 1:
        dist.barrier()
        dist.destroy_process_group()


def _sources(data: Path, split: str, stage: Stage) -> dict[str, Source]:
    files = {p.name.split(".")[0]: p for p in sorted(data.glob(f"*.{split}.jsonl"))}
    return {name: Source(path) for name, path in files.items() if stage.weights.get(name, 0) > 0}


def _texts(data: Path) -> Iterator[str]:
    """What there is to read: plain text, then the questions, passages and names of the public sets."""
    for path in sorted((data / "text").glob("*.txt")):
        with path.open(encoding="utf-8") as file:
            yield from file
    for path in (data / f"{name}.train.jsonl" for name in WORDS_FROM):
        if not path.exists():
            continue
        seen: set[str] = set()
        with path.open(encoding="utf-8") as file:
            for line in file:
                example = Example.from_json(line)
                texts = [example.evidence.question]
                for block in example.evidence.blocks:
                    match block:
                        case Passage(text=text):
                            texts.append(text)
                        case Schema(tables=tables):
                            texts.append(" ".join(f"{t.name} {' '.join(c.name for c in t.columns)}".replace("_", " ") for t in tables))
                yield from (t for t in texts if t not in seen)
                seen.update(texts)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m models.train", description="Train the answerer from prepared examples.")
    parser.add_argument("--data", type=Path, required=True, help="folder of prepared examples (*.train.jsonl, *.valid.jsonl, text/*.txt)")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; the same command again resumes it")
    parser.add_argument("--size", choices=sorted(SIZES), default="nano")
    parser.add_argument("--steps", type=int, default=2000, help="of all stages together")
    parser.add_argument("--rate", type=float, default=1.2e-3, help="peak learning rate")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1), help="one thread each, on a CPU")
    parser.add_argument("--begin-from", type=Path, help="a checkpoint to go on from, instead of from nothing")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args(arguments)
    recipe = Recipe(
        options.size, stages=stages(options.steps, options.rate), processes=options.processes, device=options.device,
        precision=fast_precision(options.device),
    )  # fmt: skip

    def show(name: str, p: Progress) -> None:
        if p.step % 20 == 0 or p.valid_loss is not None:
            left = (p.steps - p.step) * p.seconds / p.step / 60
            checked = f"  valid {p.valid_loss:.3f}, {100 * (p.valid_exact or 0):.1f} % exact" if p.valid_loss is not None else ""
            line = f"{name} {p.step}/{p.steps}  loss {p.loss:.3f}  exact {100 * p.exact:.1f} %  |g| {p.gradient:.2f}  {left:.0f} min left"
            print(line + checked, flush=True)

    print(f"model written to {train(options.data, options.out, recipe, Watching(show, print), options.begin_from)}")


if __name__ == "__main__":
    main()
