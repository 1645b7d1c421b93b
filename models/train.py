"""Training the answerer from nothing: tokenizer, word vectors, programs. Also runs alone on a bare GPU machine:

    python -m models.train --data data/prepared --out runs/nano

`--out` holds the run (a checkpoint with its training state), its log, and at the end the model itself in `--out`/model. The same
command again goes on where it stopped.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from models import checkpoint
from models.examples import Example
from models.fit import FitConfig, Progress, Run, append_log, fit
from models.objectives import program_loss
from models.stream import Augmentation, Mixing, Source, Stream, validation_batches
from models.tokenizer import Tokenizer
from models.transformer import SIZES, ModelConfig, Transformer
from models.words import word_vectors
from tools.language import Passage, Schema

WEIGHTS = {"squad": 0.30, "qamr": 0.08, "wikisql": 0.20, "spider": 0.09, "practice": 0.22, "geography": 0.01, "math": 0.04, "arithmetic": 0.03, "mixed": 0.03, "cloze": 0.02}
"""The share of each set in a batch, by examples; sets that are not there are left out."""


@dataclass(frozen=True, slots=True)
class Recipe:
    size: str = "nano"
    vocabulary: int = 10_000
    batch: int = 40  # examples a process and step
    mixing: Mixing = field(default_factory=Mixing)
    fit: FitConfig = field(default_factory=lambda: FitConfig(steps=5000))
    processes: int = 2
    device: str = "cpu"


def train(data: Path, out: Path, recipe: Recipe, report: Callable[[Progress], None], say: Callable[[str], None] = print) -> Path:
    """Trains on `data`/*.train.jsonl (and `data`/text/*.txt for words), validates on *.valid.jsonl; returns the model's directory."""
    if not any(data.glob("*.train.jsonl")):
        raise FileNotFoundError(f"there are no prepared examples (*.train.jsonl) in {data}; run `reckoner prepare` first")
    out.mkdir(parents=True, exist_ok=True)
    world = recipe.processes if recipe.device == "cpu" else 1
    if not (out / "start" / "config.json").exists():
        _begin(data, out / "start", recipe, say)
    with tempfile.TemporaryDirectory() as meeting:
        others = [
            mp.get_context("spawn").Process(target=_worker, args=(data, out, recipe, rank, world, meeting), daemon=True)
            for rank in range(1, world)
        ]
        for process in others:
            process.start()
        try:
            return _worker(data, out, recipe, 0, world, meeting, report)
        finally:
            for process in others:
                process.terminate()


def _begin(data: Path, start: Path, recipe: Recipe, say: Callable[[str], None]) -> None:
    """Tokenizer, word vectors and fresh weights: what every process of the run begins from."""
    torch.manual_seed(recipe.fit.seed)
    say("learning the tokenizer")
    tokenizer = Tokenizer.train(_texts(data), recipe.vocabulary)
    config = ModelConfig(vocabulary=tokenizer.size, **SIZES[recipe.size])
    model = Transformer(config)
    say("learning word vectors")
    with torch.no_grad():
        vectors = word_vectors(_texts(data), tokenizer, config.channels, seed=recipe.fit.seed)
        known = vectors.abs().sum(1) > 0
        model.encoder.token.weight[: tokenizer.text_size][known] = vectors[known]
    checkpoint.save(start, model, config, tokenizer, {"size": recipe.size})


def _worker(
    data: Path, out: Path, recipe: Recipe, rank: int, world: int, meeting: str, report: Callable[[Progress], None] = lambda p: None
) -> Path:
    _keep_freed_memory()
    torch.set_num_threads(1 if world > 1 or recipe.device != "cpu" else max(1, torch.get_num_threads()))
    if world > 1:
        dist.init_process_group("gloo", init_method=f"file://{meeting}/gloo", rank=rank, world_size=world)
    run = out / "run"
    saved = checkpoint.read_training(run)
    at = run if saved is not None else out / "start"
    config, _ = checkpoint.read_config(at)
    tokenizer = checkpoint.read_tokenizer(at)
    model = Transformer(config)
    checkpoint.load_weights(at, model)
    model.to(recipe.device)
    sources = {p.name.split(".")[0]: Source(p) for p in sorted(data.glob("*.train.jsonl")) if p.name.split(".")[0] in WEIGHTS}
    stream = Stream(
        sources, WEIGHTS, tokenizer, steps=recipe.fit.steps, batch=recipe.batch, mixing=recipe.mixing, seed=recipe.fit.seed, rank=rank, world=world
    )  # fmt: skip
    about = {"size": recipe.size, "recipe": _recipe_record(recipe), "examples": {name: len(s) for name, s in sources.items()}}
    held = {p.name.split(".")[0]: Source(p) for p in sorted(data.glob("*.valid.jsonl")) if p.name.split(".")[0] in WEIGHTS}

    def valid() -> Iterator[Any]:
        for source in held.values():
            yield from validation_batches(source, tokenizer, size=20, limit=100)

    def log(progress: Progress) -> None:
        if progress.step % 20 == 0 or progress.valid_loss is not None:
            append_log(out / "log.jsonl", progress)
        report(progress)

    def save(current: torch.nn.Module, state: Run) -> None:
        checkpoint.save(run, current, config, tokenizer, about, (state.tensors, state.state))

    resume = Run(*saved) if saved is not None else None
    fit(
        model, program_loss, stream, recipe.fit, valid=valid if held else None, save=save, resume=resume, report=log, rank=rank, world=world
    )  # fmt: skip
    if rank == 0:
        checkpoint.save(out / "model", model, config, tokenizer, about)
    if world > 1:
        dist.barrier()
        dist.destroy_process_group()
    return out / "model"


def _keep_freed_memory() -> None:
    """Asks glibc to keep large freed blocks: handing them back and faulting them in again costs a third of a CPU step."""
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD
        libc.mallopt(-3, 32 * 2**20)  # M_MMAP_THRESHOLD, at its maximum
    except (OSError, AttributeError):
        pass  # another C library: only slower


def _recipe_record(recipe: Recipe) -> dict[str, Any]:
    return {**asdict(recipe), "weights": WEIGHTS}


def _texts(data: Path) -> Iterator[str]:
    """Everything there is to read: plain text, then the questions, passages and names of the prepared examples."""
    for path in sorted((data / "text").glob("*.txt")):
        with path.open(encoding="utf-8") as file:
            yield from file
    for path in sorted(data.glob("*.train.jsonl")):
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
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--batch", type=int, default=40, help="examples a process and step")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="peak learning rate")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1), help="one thread each, on a CPU")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args(arguments)
    config = FitConfig(steps=options.steps, learning_rate=options.rate)
    recipe = replace(
        Recipe(), size=options.size, batch=options.batch, fit=config, processes=options.processes, device=options.device
    )  # fmt: skip

    def show(p: Progress) -> None:
        if p.step % 20 == 0 or p.valid_loss is not None:
            left = (p.steps - p.step) * p.seconds / max(1, p.step) / 60
            checked = f"  valid {p.valid_loss:.3f}, {100 * (p.valid_exact or 0):.1f} % exact" if p.valid_loss is not None else ""
            print(f"step {p.step}/{p.steps}  loss {p.loss:.3f}  exact {100 * p.exact:.1f} %  |g| {p.gradient:.2f}  {left:.0f} min left{checked}", flush=True)  # fmt: skip

    print(f"model written to {train(options.data, options.out, recipe, show)}")


if __name__ == "__main__":
    main()
