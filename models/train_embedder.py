"""Training the embedder: a question is near the passage that answers it, far from the others of its batch.

    python -m models.train_embedder --data data/prepared --start runs/nano/public/model --out runs/embedder

It begins with the words of an answerer and none of its blocks: a text is the mean of its words' vectors, each counted as much as it tells.
For the same time spent learning that finds passages better than blocks do (models/LOG.md), and it reads a hundred times as fast. Or it goes
on from an embedder, whatever its shape.

Beside the questions of the prepared examples it learns from plain passages, which need no questions: two spans of one text belong together
(Izacard et al. 2022, "Unsupervised dense information retrieval with contrastive learning"), a span and the rest of its text (the inverse
cloze task, Lee et al. 2019), and a title and what stands under it.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch

from models import checkpoint
from models.batching import pad_pairs
from models.encoding import encode_text
from models.examples import Example
from models.fit import FitConfig, Progress, Run, append_log, fit, keep_freed_memory
from models.objectives import Embedder, TextPairs, contrastive_loss
from models.stream import Source
from models.tokenizer import Tokenizer
from models.train import Watching
from models.transformer import Encoder, ModelConfig, Transformer
from tools.evidence import Number, Passage, Span

LEARNS_FROM = {"squad": 0.5, "policyqa": 1.0, "written": 8.0}
"""The public sets whose questions it learns, and how much more often than by their size their pairs are drawn."""

_RATE, _RATE_OF_BLOCKS = 0.02, 1e-3  # words alone may learn fast
SIZE = "embedder"  # as checkpoints say it: what tells them from an answerer's
PLAIN = "passages.jsonl"  # in a folder of prepared examples: passages to learn from without questions
_SAME_ARTICLE = 6
_TITLES = 0.3  # of the pairs of a titled text are its title and what stands under it
_FEWEST_WORDS = 12  # a shorter text has no parts
_TELLING_LINE = 20  # spaces in a line of plain text that is more than a heading
_VALID_BATCHES, _VALID_BATCH = 8, 64  # at most


@dataclass(frozen=True, slots=True)
class Recipe:
    """`sets` are learned from as `LEARNS_FROM` says; those that are not there are left out."""

    config: FitConfig
    batch: int = 256  # pairs a step: each is told apart from all others of its batch
    sets: Mapping[str, float] = field(default_factory=lambda: LEARNS_FROM)
    spans: float = 0.5  # of the pairs are made of plain passages; the others are questions with their passages
    device: str = "cpu"


class Text(NamedTuple):
    """A plain passage. The title may be empty."""

    title: str
    text: str


class QuestionPassages:
    """Questions with the passages that answer them, a few at a time from the same article: near misses to tell apart."""

    def __init__(self, sources: Mapping[str, Source], weights: Mapping[str, float]) -> None:
        self.sources = sources
        self._weights = [weights[name] * len(source) for name, source in sources.items()]

    def pairs(self, count: int, rng: random.Random, seen: set[str]) -> list[tuple[str, str]]:
        """As many pairs, all of different passages, none of them in `seen`, which they are added to."""
        found: list[tuple[str, str]] = []
        for _ in range(10 * count):  # a small collection may not hold enough different passages
            if len(found) == count:
                break
            source = rng.choices(list(self.sources.values()), self._weights)[0]
            first = source.example(rng.randrange(len(source)))
            for example in (first, *(source.neighbour(first, rng) for _ in range(_SAME_ARTICLE - 1))):
                passage = answering_passage(example)
                if passage is not None and passage.text not in seen and len(found) < count:
                    seen.add(passage.text)
                    titled = f"{passage.title}\n{passage.text}" if passage.title and rng.random() < 0.5 else passage.text
                    found.append((example.evidence.question, titled))
        return found


class SpanPairs:
    """Parts of one text, each time cut anew."""

    def __init__(self, texts: Sequence[Text]) -> None:
        self.texts = texts

    def pairs(self, count: int, rng: random.Random, seen: set[str]) -> list[tuple[str, str]]:
        """As many pairs at most, all of different texts, none of them in `seen`."""
        drawn = rng.sample(self.texts, min(count, len(self.texts)))
        return [span_pair(text, rng) for text in drawn if text.text not in seen]


def span_pair(text: Text, rng: random.Random) -> tuple[str, str]:
    """What could be asked, and what it could be found in: a title and its text, two spans, or a span and what is left of the text.

    Words are what white space parts, so this needs neither sentences nor capitals.
    """
    title, words = text.title, text.text.split()
    kind = rng.random()
    if (title and kind < _TITLES) or len(words) < _FEWEST_WORDS:
        return title or text.text, text.text
    above = f"{title}\n" if title and rng.random() < 0.5 else ""
    if kind < (1 + _TITLES) / 2:
        asked, found = _span(words, 4, 24, rng), _span(words, 20, 100, rng)
        return " ".join(words[slice(*asked)]), above + " ".join(words[slice(*found)])
    start, end = _span(words, 4, min(20, len(words) // 2), rng)
    return " ".join(words[start:end]), above + " ".join(words[:start] + words[end:])


def _span(words: Sequence[str], least: int, most: int, rng: random.Random) -> tuple[int, int]:
    length = min(len(words), rng.randint(least, most))
    start = rng.randint(0, len(words) - length)
    return start, start + length


class Pairing:
    """Batches of `size` pairs, the share `spans` of them of plain passages as long as there are both kinds."""

    def __init__(
        self, questions: QuestionPassages | None, spans: SpanPairs | None, share: float, tokenizer: Tokenizer, size: int, seed: int = 0
    ) -> None:
        self.questions, self.spans, self.tokenizer, self.seed = questions, spans, tokenizer, seed
        self.of_spans = 0 if spans is None else size if questions is None else round(share * size)
        self.of_questions = size - self.of_spans if questions is not None else 0

    def at(self, step: int) -> TextPairs:
        rng = random.Random(self.seed * 1_000_003 + step)
        seen: set[str] = set()  # of a passage that is in a batch twice, each would be a wrong answer to the other's question
        pairs = self.questions.pairs(self.of_questions, rng, seen) if self.questions is not None else []
        pairs += self.spans.pairs(self.of_spans, rng, seen) if self.spans is not None else []
        pad = self.tokenizer.mark("pad")
        asked, found = zip(*pairs, strict=True)
        return TextPairs(
            pad_pairs([encode_text(text, "question", self.tokenizer) for text in asked], pad),
            pad_pairs([encode_text(text, "passage", self.tokenizer) for text in found], pad),
        )


def answering_passage(example: Example) -> Passage | None:
    """The passage that the program points into."""
    read = {token.block for token in example.program if isinstance(token, Span | Number) and token.block >= 0}
    block = example.evidence.blocks[min(read)] if read else None
    return block if isinstance(block, Passage) else None


def train(data: Path, start: Path, out: Path, recipe: Recipe, watching: Watching) -> Path:
    """Trains on `data`/NAME.train.jsonl of the recipe's sets and on the plain passages that `plain_texts` finds there, validates on
    NAME.valid.jsonl; returns the model's directory.

    `start` is the checkpoint of an answerer, whose tokenizer and words to begin with, or of an embedder to go on from. A run that is
    finished is not done again, and one that was interrupted goes on where it stopped: on a CPU it ends with the same weights, bit for bit.
    Raises Interrupted where `watching.going` says to stop, FileNotFoundError where there is nothing to learn from, and CheckpointError.
    """
    config, run, model = recipe.config, out / "run", out / "model"
    if (model / "config.json").exists():
        return model
    learned, held = _sources(data, "train", recipe.sets), _sources(data, "valid", recipe.sets)
    texts = plain_texts(data) if recipe.spans else []
    if not learned and not texts:
        raise FileNotFoundError(f"there are no prepared examples of {', '.join(recipe.sets)} in {data}")
    out.mkdir(parents=True, exist_ok=True)
    keep_freed_memory()
    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    saved = checkpoint.read_training(run, watching.say)
    tokenizer = checkpoint.read_tokenizer(start)
    network, shape = _network(run if saved is not None else start)
    network.to(recipe.device)
    about = {
        "size": SIZE,
        "recipe": {
            "steps": config.steps, "batch": recipe.batch, "rate": config.learning_rate, "sets": dict(recipe.sets), "spans": recipe.spans,
        },
    }  # fmt: skip

    def valid() -> Iterator[Any]:
        batches = Pairing(QuestionPassages(held, recipe.sets), None, 0.0, tokenizer, min(recipe.batch, _VALID_BATCH), seed=1)
        yield from (batches.at(i) for i in range(min(_VALID_BATCHES, -(-sum(map(len, held.values())) // batches.of_questions))))

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

    questions, spans = QuestionPassages(learned, recipe.sets) if learned else None, SpanPairs(texts) if texts else None
    batches = Pairing(questions, spans, recipe.spans, tokenizer, recipe.batch, config.seed)
    resume = Run(*saved) if saved is not None else None
    if resume is not None and resume.state.get("watched"):
        watching.recall(resume.state["watched"])
    fit(
        network, contrastive_loss, batches, config,
        valid=valid if held else None, save=save, resume=resume, report=log, going=watching.going,
    )  # fmt: skip
    checkpoint.save(model, network, shape, tokenizer, about)
    return model


def _network(at: Path) -> tuple[Embedder, ModelConfig]:
    """The embedder of this checkpoint, or a new one with the words of an answerer."""
    shape, about = checkpoint.read_config(at)
    if about.get("size") == SIZE:
        network = Embedder(Encoder(shape))
        checkpoint.load_weights(at, network)
        return network, shape
    answerer = Transformer(shape)
    checkpoint.load_weights(at, answerer)
    shape = replace(shape, encoder_layers=0, decoder_layers=0)
    network = Embedder(Encoder(shape))
    network.encoder.token.load_state_dict(answerer.encoder.token.state_dict())
    return network, shape


def plain_texts(data: Path) -> list[Text]:
    """The passages of `data`/passages.jsonl, if it is there, and the longer lines of `data`/text/*.txt."""
    found = read_texts(data / PLAIN) if (data / PLAIN).exists() else []
    for file in sorted((data / "text").glob("*.txt")):
        found += [Text("", line) for line in file.read_text(encoding="utf-8").split("\n") if line.count(" ") >= _TELLING_LINE]
    return found


def read_texts(path: Path) -> list[Text]:
    """What `write_texts` wrote."""
    return [Text(**json.loads(line)) for line in path.read_text(encoding="utf-8").split("\n") if line]


def write_texts(path: Path, texts: Iterable[Text]) -> None:
    """{"title", "text"} a line."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(text._asdict(), ensure_ascii=False) + "\n" for text in texts)


def learning_rate(start: Path) -> float:
    """The peak at which an embedder that begins at this checkpoint learns. Raises CheckpointError."""
    shape, about = checkpoint.read_config(start)
    return _RATE if about.get("size") != SIZE or shape.encoder_layers == 0 else _RATE_OF_BLOCKS


def _sources(data: Path, split: str, names: Iterable[str]) -> dict[str, Source]:
    paths = {name: data / f"{name}.{split}.jsonl" for name in names}
    return {name: Source(path) for name, path in paths.items() if path.exists() and path.stat().st_size}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m models.train_embedder", description="Train the embedder from prepared examples.")
    parser.add_argument("--data", type=Path, required=True)
    start = "answerer's checkpoint whose tokenizer and word vectors to begin with, or an embedder's to go on from"
    parser.add_argument("--start", type=Path, required=True, help=start)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--rate", type=float, help="peak learning rate; what suits the start where it is not given")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args(arguments)

    def show(p: Progress) -> None:
        if p.step % 20 == 0 or p.valid_loss is not None:
            checked = f"  valid {p.valid_loss:.3f}, {100 * (p.valid_exact or 0):.1f} %" if p.valid_loss is not None else ""
            print(f"step {p.step}/{p.steps}  loss {p.loss:.3f}  right {100 * p.exact:.1f} %{checked}", flush=True)

    config = FitConfig(options.steps, options.rate or learning_rate(options.start), warmup=100, validate_every=250)
    model = train(options.data, options.start, options.out, Recipe(config, device=options.device), Watching(lambda _, p: show(p)))
    print(f"embedder written to {model}")


if __name__ == "__main__":
    main()
