"""How much words should count beside an embedder's vectors, measured on passages that it has not learned.

Each passage is cut in two: a few words of the first half, or the title where there is one, ask for the second half among those of all
passages. What the halves of a passage share is its subject rather than its sentences, so this asks of words and of vectors what questions
ask of them, and needs no questions.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from models.train_embedder import Text
from retrieval.dense import DenseIndex
from retrieval.lexical import LexicalIndex
from retrieval.passages import PassageDraft
from retrieval.record import Record
from retrieval.search import LEXICAL_WEIGHT, Embedder, fuse

WEIGHTS = tuple(round(0.05 * step, 2) for step in range(4, 20))  # that words are tried with
_LONG = 24  # words: a shorter passage has no two halves
_SPAN = (5, 12)  # words of the first half that ask
_FEWEST = 30  # passages cut in two: fewer say nothing
_DEPTH = 100  # passages in which the half is looked for


class _Asked(NamedTuple):
    question: str
    passage: int  # its place among the halves


def measured_weight(embedder: Embedder, held: Sequence[Text], others: Sequence[Text], seed: int = 0) -> float | None:
    """The weight of words, of those in WEIGHTS, at which the halves of the `held` passages are found best among those of all, half-way back
    to the weight that suits embedders in general; None where there are too few to tell. What is compared is the mean reciprocal rank, with
    that of the weights beside. Half-way, for an embedder learns from parts of passages: it knows these better than it knows questions."""
    rng = random.Random(f"halves {seed}")
    asked: list[_Asked] = []
    halves: list[str] = []
    for place, text in enumerate((*held, *others)):
        words = text.text.split()
        if len(words) < _LONG:
            continue
        middle = len(words) // 2
        if place < len(held):
            asked.append(_Asked(_question(text.title, words[:middle], rng), len(halves)))
        halves.append(" ".join(words[middle:]))
    if len(asked) < _FEWEST:
        return None
    ranks = _reciprocal_ranks(embedder, asked, halves)
    smooth = {weight: sum(ranks[i - 1 : i + 2]) / 3 for i, weight in enumerate(WEIGHTS) if 0 < i < len(WEIGHTS) - 1}
    best = max(smooth, key=lambda weight: smooth[weight])
    return round((best + LEXICAL_WEIGHT) / 2, 3)


def _question(title: str, words: Sequence[str], rng: random.Random) -> str:
    if title and rng.random() < 0.5:
        return title
    length = min(len(words), rng.randint(*_SPAN))
    start = rng.randint(0, len(words) - length)
    return " ".join(words[start : start + length])


def _reciprocal_ranks(embedder: Embedder, asked: Sequence[_Asked], halves: Sequence[str]) -> list[float]:
    """For each of WEIGHTS the mean over what is asked."""
    with TemporaryDirectory() as folder:
        record = Record(f"sqlite:///{Path(folder) / 'halves.sqlite'}")
        try:
            drafts = [PassageDraft(0, len(half), half, "half", "") for half in halves]
            record.add_document("halves", "\n".join(halves), drafts, {embedder.id: embedder.embed(halves, "passage")})
            numbers = [passage.id for passage in record.passages()]  # in the order in which they were stored
            lexical, dense = LexicalIndex.build(record), DenseIndex.build(record, embedder.id, embedder.dimension)
        finally:
            record.close()
    vectors = embedder.embed([one.question for one in asked], "question")
    sums = [0.0] * len(WEIGHTS)
    for one, vector in zip(asked, vectors, strict=True):
        by_words, by_meaning = lexical.search(one.question, _DEPTH), dense.search(vector, _DEPTH)
        for i, weight in enumerate(WEIGHTS):
            scores = fuse(by_words, by_meaning, weight)
            if (mine := scores.get(numbers[one.passage])) is not None:
                sums[i] += 1 / sum(score >= mine for score in scores.values())
    return [total / len(asked) for total in sums]
