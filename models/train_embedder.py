"""Training the embedder: a question is near the passage that answers it, far from the others of its batch.

    python -m models.train_embedder --data data/prepared --start runs/nano/public/model --out runs/embedder

It begins as the encoder of an answerer, which has read already what stands beside questions, and goes its own way from there.
Beside the questions of the prepared examples it learns from plain passages: a sentence taken out of a passage belongs to the rest
of it (the inverse cloze task, Lee et al. 2019).
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from models.transformer import Encoder, Transformer
from tools.language import Number, Passage, Span

LEARNS_FROM = {"squad": 0.5, "policyqa": 1.0, "written": 8.0}
"""The sets whose questions it learns, and how much more often than by their size their pairs are drawn."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_SAME_ARTICLE = 6


class QuestionPassages:
    """Batches of `size` pairs of texts, all of different passages, a few at a time from the same article: near misses to tell apart."""

    def __init__(self, sources: Mapping[str, Source], tokenizer: Tokenizer, size: int, cloze: float, seed: int = 0) -> None:
        self.sources, self.tokenizer, self.size, self.cloze, self.seed = sources, tokenizer, size, cloze, seed
        self._weights = [LEARNS_FROM[name] * len(source) for name, source in sources.items()]

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
                answering = _answering(example)
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


def _answering(example: Example) -> Passage | None:
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
    """`start` is an answerer's checkpoint, whose tokenizer and encoder to begin with. Resumes a run that stopped."""
    out.mkdir(parents=True, exist_ok=True)
    keep_freed_memory()
    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    run = out / "run"
    saved = checkpoint.read_training(run)
    tokenizer = checkpoint.read_tokenizer(start)
    shape, _ = checkpoint.read_config(start)
    if saved is not None:
        network = Embedder(Encoder(shape))
        checkpoint.load_weights(run, network)
    else:
        answerer = Transformer(shape)
        checkpoint.load_weights(start, answerer)
        network = Embedder(answerer.encoder)
    network.to(device)
    train, held = _sources(data, "train"), _sources(data, "valid")
    about = {"size": "embedder", "recipe": {"steps": config.steps, "batch": size, "rate": config.learning_rate, "sets": LEARNS_FROM}}

    def valid() -> Iterator[Any]:
        batches = QuestionPassages(held, tokenizer, size, cloze=0.0, seed=1)
        yield from (batches.at(i) for i in range(8))

    def save(model: torch.nn.Module, state: Run) -> None:
        checkpoint.save(run, model, shape, tokenizer, about, (state.tensors, state.state))

    def log(progress: Progress) -> None:
        if progress.step % 20 == 0:
            append_log(out / "log.jsonl", progress)
        report(progress)

    batches = QuestionPassages(train, tokenizer, size, cloze=0.15, seed=config.seed)
    resume = Run(*saved) if saved is not None else None
    fit(network, contrastive_loss, batches, config, valid=valid if held else None, save=save, resume=resume, report=log)
    checkpoint.save(out / "model", network, shape, tokenizer, about)
    return out / "model"


def _sources(data: Path, split: str) -> dict[str, Source]:
    paths = {name: data / f"{name}.{split}.jsonl" for name in LEARNS_FROM}
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
