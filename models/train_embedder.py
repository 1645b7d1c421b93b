"""Training the embedder: a question is near the passage that answers it, far from the others of its batch.

    python -m models.train_embedder --data data/prepared --start runs/nano/public/model --out runs/embedder

It begins as the encoder of an answerer, which has read already what stands beside questions, and goes its own way from there, or goes on
from an embedder. Beside the questions of the prepared examples it learns from plain passages: a sentence taken out of a passage belongs to
the rest of it (the inverse cloze task, Lee et al. 2019).
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from models import checkpoint
from models.batching import pad_pairs
from models.encoding import Pair, encode_text
from models.examples import Example
from models.fit import FitConfig, Progress, Run, append_log, fast_precision, fit, keep_freed_memory
from models.objectives import Embedder, TextPairs, contrastive_loss
from models.stream import Source
from models.tokenizer import Tokenizer
from models.train import Watching
from models.transformer import Encoder, Transformer
from tools.language import Number, Passage, Span

LEARNS_FROM = {"squad": 0.5, "policyqa": 1.0, "written": 8.0}
"""The public sets whose questions it learns, and how much more often than by their size their pairs are drawn."""

SIZE = "embedder"  # as checkpoints say it: what tells them from an answerer's
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_SAME_ARTICLE = 6
_VALID_BATCHES = 8  # at most


@dataclass(frozen=True, slots=True)
class Recipe:
    """`sets` are learned from as `LEARNS_FROM` says; those that are not there are left out."""

    config: FitConfig
    batch: int = 64  # pairs of question and passage a step: each is told apart from all others of its batch
    sets: Mapping[str, float] = field(default_factory=lambda: LEARNS_FROM)
    cloze: float = 0.15  # of the pairs are a sentence and the rest of its passage
    device: str = "cpu"


class QuestionPassages:
    """Batches of `size` pairs of texts, all of different passages, a few at a time from the same article: near misses to tell apart."""

    def __init__(
        self, sources: Mapping[str, Source], weights: Mapping[str, float], tokenizer: Tokenizer, size: int, cloze: float, seed: int = 0
    ) -> None:
        self.sources, self.tokenizer, self.size, self.cloze, self.seed = sources, tokenizer, size, cloze, seed
        self._weights = [weights[name] * len(source) for name, source in sources.items()]

    def at(self, step: int) -> TextPairs:
        rng = random.Random(self.seed * 1_000_003 + step)
        questions: list[Pair] = []
        passages: list[Pair] = []
        seen: set[str] = set()
        for _ in range(10 * self.size):  # a small collection may not hold enough different passages
            if len(questions) == self.size:
                break
            source = rng.choices(list(self.sources.values()), self._weights)[0]
            first = source.example(rng.randrange(len(source)))
            for example in (first, *(source.neighbour(first, rng) for _ in range(_SAME_ARTICLE - 1))):
                answering = answering_passage(example)
                if answering is not None and answering.text not in seen and len(questions) < self.size:
                    seen.add(answering.text)
                    question, passage = self._pair(example.evidence.question, answering, rng)
                    questions.append(encode_text(question, "question", self.tokenizer))
                    passages.append(encode_text(passage, "passage", self.tokenizer))
        pad = self.tokenizer.mark("pad")
        return TextPairs(pad_pairs(questions, pad), pad_pairs(passages, pad))

    def _pair(self, question: str, passage: Passage, rng: random.Random) -> tuple[str, str]:
        titled = f"{passage.title}\n{passage.text}" if passage.title and rng.random() < 0.5 else passage.text
        sentences = _SENTENCE.split(passage.text)
        if len(sentences) > 1 and rng.random() < self.cloze:
            taken = rng.randrange(len(sentences))
            return sentences[taken], " ".join(sentences[:taken] + sentences[taken + 1 :])
        return question, titled


def answering_passage(example: Example) -> Passage | None:
    """The passage that the program points into."""
    read = {token.block for token in example.program if isinstance(token, Span | Number) and token.block >= 0}
    block = example.evidence.blocks[min(read)] if read else None
    return block if isinstance(block, Passage) else None


def train_embedder(
    data: Path,
    start: Path,
    out: Path,
    config: FitConfig,
    report: Callable[[Progress], None],
    size: int = 64,
    device: str = "cpu",
) -> Path:
    """`train` on the public sets, told through `report` alone."""
    return train(data, start, out, Recipe(config, size, device=device), Watching(lambda _, progress: report(progress)))


def train(data: Path, start: Path, out: Path, recipe: Recipe, watching: Watching) -> Path:
    """Trains on `data`/NAME.train.jsonl of the recipe's sets, validates on NAME.valid.jsonl; returns the model's directory.

    `start` is the checkpoint of an answerer, whose tokenizer and encoder to begin with, or of an embedder to go on from. A run that is
    finished is not done again, and one that was interrupted goes on where it stopped: on a CPU it ends with the same weights, bit for bit.
    Raises Interrupted where `watching.going` says to stop, FileNotFoundError where there is nothing to learn from, and CheckpointError.
    """
    config, run, model = recipe.config, out / "run", out / "model"
    if (model / "config.json").exists():
        return model
    learned, held = _sources(data, "train", recipe.sets), _sources(data, "valid", recipe.sets)
    if not learned:
        raise FileNotFoundError(f"there are no prepared examples of {', '.join(recipe.sets)} in {data}")
    out.mkdir(parents=True, exist_ok=True)
    keep_freed_memory()
    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    saved = checkpoint.read_training(run, watching.say)
    tokenizer = checkpoint.read_tokenizer(start)
    shape, _ = checkpoint.read_config(start)
    network = _network(run if saved is not None else start).to(recipe.device)
    about = {
        "size": SIZE, "recipe": {"steps": config.steps, "batch": recipe.batch, "rate": config.learning_rate, "sets": dict(recipe.sets)},
    }  # fmt: skip

    def valid() -> Iterator[Any]:
        batches = QuestionPassages(held, recipe.sets, tokenizer, recipe.batch, cloze=0.0, seed=1)
        yield from (batches.at(i) for i in range(min(_VALID_BATCHES, -(-sum(map(len, held.values())) // recipe.batch))))

    def save(current: torch.nn.Module, state: Run) -> None:
        kept = {**state.state, "watched": watching.remember()}
        try:
            checkpoint.save(run, current, shape, tokenizer, about, (state.tensors, kept))
        except OSError as error:  # a full disk must not end a run that may find room later
            watching.say(f"After step {state.state['step']} {error}. The run goes on, and will try again.")

    def log(progress: Progress) -> bool | None:
        if progress.step % 20 == 0:
            append_log(out / "log.jsonl", progress)
        return watching.report(SIZE, progress)

    batches = QuestionPassages(learned, recipe.sets, tokenizer, recipe.batch, recipe.cloze, config.seed)
    resume = Run(*saved) if saved is not None else None
    if resume is not None and resume.state.get("watched"):
        watching.recall(resume.state["watched"])
    fit(
        network, contrastive_loss, batches, config,
        valid=valid if held else None, save=save, resume=resume, report=log, going=watching.going,
    )  # fmt: skip
    checkpoint.save(model, network, shape, tokenizer, about)
    return model


def _network(at: Path) -> Embedder:
    """The embedder of this checkpoint, or the one that an answerer's encoder makes."""
    shape, about = checkpoint.read_config(at)
    if about.get("size") == SIZE:
        network = Embedder(Encoder(shape))
        checkpoint.load_weights(at, network)
        return network
    answerer = Transformer(shape)
    checkpoint.load_weights(at, answerer)
    return Embedder(answerer.encoder)


def _sources(data: Path, split: str, names: Iterable[str]) -> dict[str, Source]:
    paths = {name: data / f"{name}.{split}.jsonl" for name in names}
    return {name: Source(path) for name, path in paths.items() if path.exists() and path.stat().st_size}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m models.train_embedder", description="Train the embedder from prepared examples.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True, help="answerer's checkpoint whose tokenizer and encoder to begin with")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args(arguments)

    def show(p: Progress) -> None:
        if p.step % 20 == 0 or p.valid_loss is not None:
            checked = f"  valid {p.valid_loss:.3f}, {100 * (p.valid_exact or 0):.1f} %" if p.valid_loss is not None else ""
            print(f"step {p.step}/{p.steps}  loss {p.loss:.3f}  right {100 * p.exact:.1f} %{checked}", flush=True)

    config = FitConfig(
        steps=options.steps, learning_rate=options.rate, warmup=100, validate_every=250, precision=fast_precision(options.device)
    )  # fmt: skip
    print(f"embedder written to {train_embedder(options.data, options.start, options.out, config, show, device=options.device)}")


if __name__ == "__main__":
    main()
