"""Texts to vectors: those of their tokens, after an encoder's blocks where it has any, pooled; in a checkpoint of their own.

Retraining the answerer therefore never invalidates the index. A question and a passage differ in their role only.

How well an embedder knows the passages it is asked for decides how much the words themselves should count beside it. Where that was
measured, it is kept beside the weights as fusion.json; without that file the search measures it on the record (`retrieval/weighing.py`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from models import checkpoint
from models.batching import move, pad_pairs
from models.encoding import encode_text
from models.objectives import Embedder as Network
from models.transformer import Encoder
from tools.patience import check

# Texts read at once. On a CPU the scores of a few texts stay in its cache: passages of 140 tokens take 8 ms each eight at a time, 14 ms in
# batches of 64 from 512 sorted by length, 22 ms from 64; fewer than eight gain nothing.
_BATCH = {"cpu": 8, "cuda": 256}


class Embedder:
    """`lexical_weight`, from 0 to 1, is how much words should count beside its vectors; None where it does not know."""

    def __init__(self, network: Network, tokenizer: checkpoint.Tokenizer, id: str, lexical_weight: float | None = None) -> None:
        self.network, self.tokenizer, self.id, self.lexical_weight = network.eval(), tokenizer, id, lexical_weight
        self.dimension = network.encoder.token.embedding_dim

    @classmethod
    def load(cls, directory: Path, device: str = "cpu") -> Embedder:
        """Raises CheckpointError where there is no usable checkpoint."""
        config, _ = checkpoint.read_config(directory)
        network = Network(Encoder(config))
        checkpoint.load_weights(directory, network)
        tokenizer, id = checkpoint.read_tokenizer(directory), checkpoint.fingerprint(directory)
        return cls(network.to(device), tokenizer, id, read_lexical_weight(directory))

    @torch.inference_mode()
    def embed(self, texts: Sequence[str], kind: Literal["question", "passage"] = "passage") -> np.ndarray:
        """(n, dimension) float32, rows of unit length. Only the first MAX_BLOCK tokens of a text are read."""
        pairs = [encode_text(text, kind, self.tokenizer) for text in texts]
        order = sorted(range(len(pairs)), key=lambda i: len(pairs[i].tokens))
        vectors = np.zeros((len(pairs), self.dimension), dtype=np.float32)
        device = self.network.temperature.device
        batch = _BATCH[device.type]
        for begin in range(0, len(order), batch):
            check()
            chosen = order[begin : begin + batch]
            padded = pad_pairs([pairs[i] for i in chosen], self.tokenizer.mark("pad"))
            vectors[chosen] = self.network(move(padded, device)).float().cpu().numpy()
        return vectors




def read_lexical_weight(directory: Path) -> float | None:
    """The weight that is kept beside a checkpoint, None where there is none. Raises CheckpointError."""
    path = directory / checkpoint.FUSION
    if not path.exists():
        return None
    try:
        weight = float(json.loads(path.read_text(encoding="utf-8"))["lexical_weight"])
    except (ValueError, TypeError, KeyError) as error:
        raise checkpoint.CheckpointError(f"The checkpoint at {directory} has a damaged {checkpoint.FUSION}.") from error
    if not 0 <= weight <= 1:
        raise checkpoint.CheckpointError(f"The {checkpoint.FUSION} of the checkpoint at {directory} has a weight that is not from 0 to 1.")
    return weight


def keep_lexical_weight(directory: Path, weight: float) -> None:
    (directory / checkpoint.FUSION).write_text(json.dumps({"lexical_weight": weight}) + "\n", encoding="utf-8")
