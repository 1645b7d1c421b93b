"""Training on one core in float32 and in bfloat16, in turn on the same batches: tokens a second, and seconds that Muon takes a step.

    python -m benchmarks.training

The batches are practice on the sample workspace's database: about 450 tokens an example, most of them schema. What is real is
counted, not padding. Where the processor has no bfloat16 units, expect bfloat16 to be far slower.
"""

from __future__ import annotations

import copy
import itertools
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch  # noqa: E402

from models.answerer import Answerer  # noqa: E402
from models.batching import Batch, collate  # noqa: E402
from models.encoding import encode  # noqa: E402
from models.fit import fast_precision, keep_freed_memory  # noqa: E402
from models.muon import Muon, matrices  # noqa: E402
from models.objectives import program_loss  # noqa: E402
from models.tokenizer import Tokenizer  # noqa: E402
from models.transformer import Transformer  # noqa: E402
from service.practice.databases import practice_examples  # noqa: E402
from service.practice.study import Study  # noqa: E402
from service.sample.database import build  # noqa: E402

BATCHES, EXAMPLES, ROUNDS = 4, 24, 2


def main() -> None:
    torch.set_num_threads(1)
    keep_freed_memory()
    answerer = Answerer.load()
    batches = _batches(answerer.tokenizer)
    tokens = [sum(int((~pairs.padding).sum()) for pairs in batch.groups) for batch in batches]
    models: dict[str, Transformer] = {"float32": answerer.model.train()}
    models["bfloat16"] = copy.deepcopy(answerer.model).to(torch.bfloat16)
    rates: dict[str, list[float]] = {name: [] for name in models}
    for model in models.values():
        _step(model, batches[0])
    for _, (batch, count) in itertools.product(range(ROUNDS), zip(batches, tokens, strict=True)):
        for name, model in models.items():
            rates[name].append(count / _step(model, batch))
    base = statistics.median(rates["float32"])
    print(f"{sum(tokens) / len(tokens) / EXAMPLES:.0f} tokens an example; this machine trains in {fast_precision('cpu')} by itself")
    for name, found in rates.items():
        print(f"{name:9} {statistics.median(found):7.0f} tokens/s  × {statistics.median(found) / base:.2f}")
    taken = _muon(models["float32"])
    for name, seconds in taken.items():
        print(f"{name:9} {seconds:7.2f} s a step of Muon  × {taken['float32'] / seconds:.2f}")


def _muon(model: Transformer) -> dict[str, float]:
    """The median seconds of the step that moves the matrices, by what it multiplies in; gradients are drawn at random."""
    moved = matrices(model)
    rules = {name: Muon(moved, 1e-3, 0.05, getattr(torch, name)) for name in ("float32", "bfloat16")}
    taken: dict[str, list[float]] = {name: [] for name in rules}
    for _, (name, rule) in itertools.product(range(ROUNDS + 1), rules.items()):
        for matrix in moved:
            matrix.grad = torch.randn_like(matrix)
        began = time.perf_counter()
        rule.step()
        taken[name].append(time.perf_counter() - began)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def _batches(tokenizer: Tokenizer) -> list[Batch]:
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder) / "sample.sqlite")
        study = Study.of_file(Path(folder) / "sample.sqlite")
    made = []
    for example in practice_examples(study, 2 * BATCHES * EXAMPLES, seed=0):
        encoded = encode(example.evidence, tokenizer)
        targets = encoded.targets(example.program)
        if targets is not None:
            made.append((encoded, targets))
    chunks = [made[i * EXAMPLES : (i + 1) * EXAMPLES] for i in range(BATCHES)]
    return [collate([e for e, _ in chunk], [t for _, t in chunk], tokenizer.mark("pad")) for chunk in chunks]


def _step(model: Transformer, batch: Batch) -> float:
    """Seconds of a forward and a backward pass."""
    began = time.perf_counter()
    loss, _ = program_loss(model, batch)
    loss.backward()
    for parameter in model.parameters():
        parameter.grad = None
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
