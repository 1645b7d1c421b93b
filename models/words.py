"""Word vectors to begin with: what tokens mean by the company they keep, before any question is seen.

The shifted positive pointwise mutual information of tokens within a window, factorised (Levy & Goldberg 2014, "Neural word
embedding as implicit matrix factorization"). A few minutes of one core buy the model that "staff" is near "employees".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from models.tokenizer import Tokenizer

WINDOW = 5  # tokens to each side
_CHUNK = 2_000_000  # tokens counted at a time


def word_vectors(texts: Iterable[str], tokenizer: Tokenizer, channels: int, shift: float = 0.7, seed: int = 0) -> Tensor:
    """(tokenizer.text_size, channels), rows scaled to a root mean square of one half; tokens never seen get zeros."""
    size = tokenizer.text_size
    counts = torch.zeros(size * size)
    for ids in _chunks(texts, tokenizer):
        for distance in range(1, WINDOW + 1):
            pairs = ids[:-distance] * size + ids[distance:]
            counts += torch.bincount(pairs, minlength=size * size).float() / distance
    counts = counts.view(size, size)
    counts += counts.T.clone()
    # Contexts are smoothed to the power 3/4, so that rare ones do not dominate (Levy, Goldberg & Dagan 2015).
    rows, columns = counts.sum(1).clamp(min=1), counts.sum(0).pow(0.75)
    columns /= columns.sum()
    information = (counts / rows[:, None] / columns.clamp(min=1e-12)).log_().sub_(shift).clamp_(min=0)
    torch.manual_seed(seed)
    left, singular, _ = torch.svd_lowrank(information, q=min(channels, size), niter=3)
    vectors = torch.nn.functional.pad(left * singular.sqrt(), (0, channels - min(channels, size)))
    return 0.5 * vectors / vectors.square().mean(1, keepdim=True).sqrt().clamp(min=1e-6)


def _chunks(texts: Iterable[str], tokenizer: Tokenizer) -> Iterator[Tensor]:
    batch: list[str] = []
    ids: list[int] = []
    for text in texts:
        batch.append(text)
        if len(batch) == 2000:
            ids.extend(i for encoded in tokenizer.encode_many(batch) for i in encoded)
            batch.clear()
        if len(ids) > _CHUNK:
            yield torch.tensor(ids)
            ids = []
    ids.extend(i for encoded in tokenizer.encode_many(batch) for i in encoded)
    if len(ids) > WINDOW:
        yield torch.tensor(ids)
