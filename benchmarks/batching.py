"""Whether questions are answered faster together or one after the other, a core each: the evidences of several, read as one batch.

    python -m benchmarks.batching [--questions 40]

Reading is the larger part of an answer. What is timed is `Inference.encode` in the precision of this machine, on one core: the groups of
each question by itself, as the service does it, against the groups of 2, 4 and 8 questions laid out together. Both in turn, so that their
ratio holds on a machine whose speed drifts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch  # noqa: E402

from models.answerer import Answerer  # noqa: E402
from models.batching import lay_out  # noqa: E402
from models.encoding import Encoded, encode  # noqa: E402
from models.fit import fast_precision  # noqa: E402
from models.inference import Inference  # noqa: E402
from service.evidence import gather  # noqa: E402
from service.sample import EXAM  # noqa: E402
from service.settings import read_settings  # noqa: E402
from service.workspace import Workspace, open_embedder, prepare_sample  # noqa: E402
from tools.evidence import Evidence  # noqa: E402

TOGETHER = (1, 2, 4, 8)


def main() -> None:
    parser = argparse.ArgumentParser(description="Questions read together against one after the other.")
    parser.add_argument("--questions", type=int, default=40)
    options = parser.parse_args()
    torch.set_num_threads(1)
    answerer, precision = Answerer.load(), fast_precision("cpu")
    network, pad = Inference(answerer.model, getattr(torch, precision)), answerer.tokenizer.mark("pad")
    encodings = [encode(evidence, answerer.tokenizer) for evidence in sample_evidences(options.questions)]
    taken: dict[int, list[float]] = {count: [] for count in TOGETHER}
    for turn in range(3):
        for first in range(0, len(encodings) - max(TOGETHER) + 1, max(TOGETHER)):
            for count in TOGETHER:
                seconds = [_read(network, encodings[at : at + count], pad) for at in range(first, first + max(TOGETHER), count)]
                if turn:  # kernels for new shapes are made the first time
                    taken[count].append(1000 * sum(seconds) / max(TOGETHER))
    alone = statistics.median(taken[1])
    for count, each in taken.items():
        median = statistics.median(each)
        print(f"{count} together: {median:5.1f} ms a question  × {median / alone:.2f}  ({precision}, one core)")


def _read(network: Inference, encodings: list[Encoded], pad: int) -> float:
    began = time.perf_counter()
    groups, _ = lay_out(encodings, pad, network.lengths)
    for pairs in groups:
        network.encode(pairs)
    return time.perf_counter() - began


def sample_evidences(count: int) -> list[Evidence]:
    """What the service gathers for the first `count` questions of the sample workspace's exam."""
    with tempfile.TemporaryDirectory() as folder:
        databases = prepare_sample(Path(folder), embedder=open_embedder(read_settings().embedder))
        settings = read_settings(workspace=folder, databases={name: str(path) for name, path in databases.items()})
        workspace = Workspace.open(settings)
        questions = [json.loads(line)["question"] for line in EXAM.read_text(encoding="utf-8").splitlines()][:count]
        return [gather(question, workspace, settings).evidence for question in questions]


if __name__ == "__main__":
    main()
