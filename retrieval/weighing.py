"""How much words should count beside an embedder's vectors, measured on passages that it has not learned.

An embedder that has learned nothing of what documents are about finds little, and one that knows their language finds what words do not. So
each record has a weight of its own for each embedder (`weigh`); one that a job made of the passages themselves brings its own.

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

from retrieval.dense import DenseIndex
from retrieval.lexical import LexicalIndex
from retrieval.passages import PassageDraft
from retrieval.record import Record
from retrieval.search import LEXICAL_WEIGHT, Embedder, fuse

WEIGHTS = tuple(round(0.05 * step, 2) for step in range(20))  # that words are tried with
_DRAWN = 1 / 3  # of the way from what was measured to the weight that suits embedders in general
_LONG = 24  # words: a shorter passage has no two halves
_SPAN = (5, 12)  # words of the first half that ask
_FEWEST = 12  # passages that ask: fewer say nothing
_QUESTIONS = 120  # at least: where fewer passages ask, each asks several times
_DEPTH = 100  # passages in which the half is looked for
_ASKED, _AMONG = 200, 2000  # passages that ask, and among which halves are looked for, where a record has more
_GROWN = 2  # times as many passages, or as few, and a record is weighed anew

Titled = tuple[str, str]
"""Of a passage the title, which may be empty, and the text."""


class _Asked(NamedTuple):
    question: str
    passage: int  # its place among the halves


def weigh(record: Record, embedder: Embedder) -> None:
    """Measures how much words should count in this record and keeps it there, unless that is known, or the embedder says it itself."""
    if getattr(embedder, "lexical_weight", None) is not None:
        return
    count, known = record.count_passages(), record.lexical_weight(embedder.id)
    if known is not None and known.passages <= _GROWN * count and count <= _GROWN * known.passages:
        return
    passages = [(passage.full_title, passage.text) for passage in record.some_passages(_AMONG)]
    random.Random("asked").shuffle(passages)
    weight = measured_weight(embedder, passages[:_ASKED], passages[_ASKED:])
    if weight is not None:
        record.keep_lexical_weight(embedder.id, weight, count)


def measured_weight(embedder: Embedder, held: Sequence[Titled], others: Sequence[Titled], seed: int = 0) -> float | None:
    """The weight of words, of those in WEIGHTS, at which the halves of the `held` passages are found best among those of all, drawn towards
    the weight that suits embedders in general; None where there are too few to tell. What is compared is the mean reciprocal rank, with
    that of the weights beside. Drawn, for an embedder learns from parts of passages: it knows these better than it knows questions."""
    rng = random.Random(f"halves {seed}")
    long = [[(title, words) for title, text in texts if len(words := text.split()) >= _LONG] for texts in (held, others)]
    if len(long[0]) < _FEWEST:
        return None
    halves = [" ".join(words[len(words) // 2 :]) for title, words in (*long[0], *long[1])]
    times = -(-_QUESTIONS // len(long[0]))
    asked = [
        _Asked(_question(title, words[: len(words) // 2], rng), place) for place, (title, words) in enumerate(long[0]) for _ in range(times)
    ]
    ranks = _reciprocal_ranks(embedder, asked, halves)
    smooth = {weight: sum(ranks[i - 1 : i + 2]) / 3 for i, weight in enumerate(WEIGHTS) if 0 < i < len(WEIGHTS) - 1}
    best = max(smooth, key=lambda weight: (smooth[weight], -abs(weight - LEXICAL_WEIGHT)))
    return round(best + _DRAWN * (LEXICAL_WEIGHT - best), 3)


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
