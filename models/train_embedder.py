"""Training the embedder: a question is near the passage that answers it, far from the others of its batch.

    python -m models.train_embedder --data data/prepared --words runs/nano/start --out runs/embedder

Beside the questions of the prepared examples it learns from plain passages: a sentence taken out of a passage belongs to the rest of
it (the inverse cloze task, Lee et al. 2019).
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from models import checkpoint
from models.batching import pad_pairs
from models.encoding import Pair, encode_text
from models.examples import Example
from models.fit import FitConfig, Progress, Run, append_log, fit, keep_freed_memory
from models.objectives import Embedder, TextPairs, contrastive_loss
from models.stream import Source
from models.tokenizer import Tokenizer
from models.transformer import Encoder, ModelConfig
from tools.language import Passage

CHANNELS, LAYERS, HEADS = 128, 2, 4
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


_SAME_ARTICLE = 4


class QuestionPassages:
    """Batches of `size` pairs of texts, all of different passages, a few at a time from the same article: near misses to tell apart."""

    def __init__(self, sources: Sequence[Source], tokenizer: Tokenizer, size: int, cloze: float, seed: int = 0) -> None:
        self.sources, self.tokenizer, self.size, self.cloze, self.seed = sources, tokenizer, size, cloze, seed

    def at(self, step: int) -> TextPairs:
        rng = random.Random(self.seed * 1_000_003 + step)
        questions: list[Pair] = []
        passages: list[Pair] = []
        seen: set[str] = set()
        for _ in range(10 * self.size):  # a small collection may not hold enough different passages
            if len(questions) == self.size:
                break
            source = rng.choices(self.sources, [len(s) for s in self.sources])[0]
            first = source.example(rng.randrange(len(source)))
            for example in (first, *(source.neighbour(first, rng) for _ in range(_SAME_ARTICLE - 1))):
                text = next((b.text for b in example.evidence.blocks if isinstance(b, Passage)), "")
                if text and text not in seen and len(questions) < self.size:
                    seen.add(text)
                    question, passage = self._pair(example, rng)
                    questions.append(encode_text(question, "question", self.tokenizer))
                    passages.append(encode_text(passage, "passage", self.tokenizer))
        pad = self.tokenizer.mark("pad")
        return TextPairs(pad_pairs(questions, pad), pad_pairs(passages, pad))

    def _pair(self, example: Example, rng: random.Random) -> tuple[str, str]:
        passage = next(b for b in example.evidence.blocks if isinstance(b, Passage))
        titled = f"{passage.title}\n{passage.text}" if passage.title and rng.random() < 0.5 else passage.text
        sentences = _SENTENCE.split(passage.text)
        if len(sentences) > 1 and rng.random() < self.cloze:
            taken = rng.randrange(len(sentences))
            return sentences[taken], " ".join(sentences[:taken] + sentences[taken + 1 :])
        return example.evidence.question, titled


def train_embedder(
    data: Path,
    words: Path,
    out: Path,
    config: FitConfig,
    report: Callable[[Progress], None],
    size: int = 40,
    device: str = "cpu",
) -> Path:
    """`words` is a checkpoint whose tokenizer and token vectors to begin with. Resumes a run that stopped."""
    out.mkdir(parents=True, exist_ok=True)
    keep_freed_memory()
    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    run = out / "run"
    saved = checkpoint.read_training(run)
    tokenizer = checkpoint.read_tokenizer(words)
    shape = ModelConfig(vocabulary=tokenizer.size, channels=CHANNELS, heads=HEADS, encoder_layers=LAYERS, decoder_layers=0)
    network = Embedder(Encoder(shape))
    if saved is not None:
        checkpoint.load_weights(run, network)
    else:
        _begin_from_words(network, words)
    train = [Source(p) for p in sorted(data.glob("*.train.jsonl")) if p.name.split(".")[0] in ("squad", "qamr", "policyqa")]
    network.to(device)
    held = [Source(p) for p in sorted(data.glob("squad.valid.jsonl"))]
    about = {"size": "embedder", "recipe": {"steps": config.steps, "batch": size, "rate": config.learning_rate}}

    def valid() -> Iterator[Any]:
        batches = QuestionPassages(held, tokenizer, size, cloze=0.0, seed=1)
        yield from (batches.at(i) for i in range(8))

    def save(model: torch.nn.Module, state: Run) -> None:
        checkpoint.save(run, model, shape, tokenizer, about, (state.tensors, state.state))

    def log(progress: Progress) -> None:
        if progress.step % 20 == 0:
            append_log(out / "log.jsonl", progress)
        report(progress)

    batches = QuestionPassages(train, tokenizer, size, cloze=0.25, seed=config.seed)
    resume = Run(*saved) if saved is not None else None
    fit(network, contrastive_loss, batches, config, valid=valid if held else None, save=save, resume=resume, report=log)
    checkpoint.save(out / "model", network, shape, tokenizer, about)
    return out / "model"


def _begin_from_words(network: Embedder, words: Path) -> None:
    """The strongest directions of the answerer's word vectors."""
    from safetensors import safe_open

    with safe_open(words / "weights.safetensors", framework="pt") as weights:
        vectors = weights.get_tensor("encoder.token.weight")
    with torch.no_grad():
        kept = vectors[:, :CHANNELS]
        network.encoder.token.weight.copy_(0.5 * kept / kept.square().mean(1, keepdim=True).sqrt().clamp(min=1e-6))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m models.train_embedder", description="Train the embedder from prepared examples.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--words", type=Path, required=True, help="checkpoint whose tokenizer and word vectors to begin with")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args(arguments)

    def show(p: Progress) -> None:
        if p.step % 20 == 0 or p.valid_loss is not None:
            checked = f"  valid {p.valid_loss:.3f}, {100 * (p.valid_exact or 0):.1f} %" if p.valid_loss is not None else ""
            print(f"step {p.step}/{p.steps}  loss {p.loss:.3f}  right {100 * p.exact:.1f} %{checked}", flush=True)

    config = FitConfig(steps=options.steps, learning_rate=options.rate, warmup=100, validate_every=250)
    print(f"embedder written to {train_embedder(options.data, options.words, options.out, config, show, device=options.device)}")


if __name__ == "__main__":
    main()
