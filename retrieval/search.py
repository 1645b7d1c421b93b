"""Passages for a question: search by words and by meaning, fused into one ranking.

Each side's scores are stretched so that its best counts 1 and what it did not find 0, and the two are added with weights: a
passage found by both rises, and a clear winner stays one, which ranks alone would lose. Without an embedder, or while a new
one has seen no passage yet, the words alone decide.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from retrieval.dense import DenseIndex
from retrieval.lexical import LexicalIndex
from retrieval.mentions import find_mentions
from retrieval.passages import PassageDraft
from retrieval.record import Record, StoredPassage
from tools.language import Passage

_DEPTH = 50  # passages taken from each side before fusing
_ATTEMPTS = 3  # to search while nothing changes
_LEXICAL_WEIGHT = 0.5  # measured beside others on four workspaces: see models/LOG.md


class Embedder(Protocol):
    """Turns texts into unit vectors, (n, d) float32. `id` changes whenever the vectors would."""

    @property
    def id(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def embed(self, texts: Sequence[str], kind: Literal["question", "passage"]) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage and why it was found. Ranks count from 1; None where that side did not find it."""

    passage_id: int
    document_id: int
    document: str
    start: int  # of the passage, in characters of the document
    end: int
    passage: Passage
    score: float
    lexical_rank: int | None = None
    lexical_score: float | None = None
    dense_rank: int | None = None
    dense_score: float | None = None


class Searcher:
    """Follows the record: every search first catches up with what was added or deleted, and finds what one state of the record holds."""

    def __init__(
        self, record: Record, embedder: Embedder | None = None, *,
        lexical_weight: float = _LEXICAL_WEIGHT, lexical: LexicalIndex | None = None,
    ) -> None:  # fmt: skip
        """`lexical` is the record's, where another searcher follows it already."""
        self._record, self._embedder, self._lexical_weight = record, embedder, lexical_weight
        self._lexical = LexicalIndex() if lexical is None else lexical
        self._dense = DenseIndex(embedder.id, embedder.dimension) if embedder else None
        self.refresh()

    def with_embedder(self, embedder: Embedder | None) -> Searcher:
        """Another over the same record, by the same words and this embedder's vectors."""
        return Searcher(self._record, embedder, lexical_weight=self._lexical_weight, lexical=self._lexical)

    @property
    def sequence(self) -> int:
        """The change of the record that both indexes have reached."""
        return min(self._lexical.sequence, self._dense.sequence) if self._dense is not None else self._lexical.sequence

    def refresh(self) -> None:
        self._lexical.refresh(self._record)
        if self._dense is not None:
            self._dense.refresh(self._record)

    def search(
        self, question: str, k: int = 4, documents: Collection[int] | Callable[[], Collection[int]] | None = None,
        lexical_weight: float | None = None,
    ) -> list[Hit]:  # fmt: skip
        """At most `k` passages, best first, of the documents with these numbers or of the workspace's own.

        What is found stood in the record at one moment: where a change came in between, the search is made again, and `documents`, if it is
        a function, asked again. Where changes come without a pause, the last attempt keeps writers waiting."""
        vector = self._embedder.embed([question], "question")[0] if self._embedder is not None else None
        weight = self._lexical_weight if lexical_weight is None else lexical_weight
        for _ in range(_ATTEMPTS):
            hits, still = self._attempt(question, vector, k, documents, weight)
            if still:
                return hits
        with self._record.transaction(writes=True):
            return self._attempt(question, vector, k, documents, weight)[0]

    def _attempt(
        self, question: str, vector: np.ndarray | None, k: int, documents: Collection[int] | Callable[[], Collection[int]] | None,
        weight: float,
    ) -> tuple[list[Hit], bool]:  # fmt: skip
        """What was found, and whether nothing has changed meanwhile."""
        self.refresh()
        begun = self.sequence
        among = documents() if callable(documents) else documents
        lexical = self._lexical.search(question, max(k, _DEPTH), among)
        dense = self._dense.search(vector, max(k, _DEPTH), among) if self._dense is not None and vector is not None else []
        scores = _fuse(lexical, dense, weight)
        best = sorted(scores, key=lambda number: (-scores[number], number))[:k]
        passages, ended = self._record.passages_and_sequence(best)
        stored = {passage.id: passage for passage in passages}
        in_words = {number: (rank, score) for rank, (number, score) in enumerate(lexical, 1)}
        in_meaning = {number: (rank, score) for rank, (number, score) in enumerate(dense, 1)}
        none = (None, None)
        hits = [
            _hit(stored[number], scores[number], *in_words.get(number, none), *in_meaning.get(number, none))
            for number in best
            if number in stored
        ]
        return hits, begun == ended


def passage_text(passage: StoredPassage | PassageDraft) -> str:
    """What the embedder reads: where the passage stands, then the passage."""
    return f"{passage.full_title}\n{passage.text}"


def as_shown(passage: StoredPassage) -> Passage:
    """The passage as evidence, with the numbers and dates that it says."""
    return Passage(str(passage.id), passage.full_title, passage.text, find_mentions(passage.text))


def _fuse(lexical: list[tuple[int, float]], dense: list[tuple[int, float]], lexical_weight: float) -> dict[int, float]:
    # BM25 is 0 for a passage without the words. Cosines crowd together well above 0, so they count from the lowest found.
    lowest = min((score for _, score in dense), default=0.0) if len(dense) > 1 else 0.0
    scores: dict[int, float] = {}
    for found, floor, weight in ((lexical, 0.0, lexical_weight), (dense, lowest, 1 - lexical_weight)):
        spread = max((score for _, score in found), default=0.0) - floor
        for number, score in found:
            scores[number] = scores.get(number, 0.0) + (weight * (score - floor) / spread if spread > 0 else 0.0)
    return scores


def _hit(
    passage: StoredPassage, score: float,
    lexical_rank: int | None, lexical_score: float | None, dense_rank: int | None, dense_score: float | None,
) -> Hit:  # fmt: skip
    shown = as_shown(passage)
    return Hit(
        passage.id, passage.document_id, passage.document, passage.start, passage.end, shown, score,
        lexical_rank, lexical_score, dense_rank, dense_score,
    )  # fmt: skip
