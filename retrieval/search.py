"""Passages for a question: search by words and by meaning, fused into one ranking.

Each side's scores are stretched so that its best counts 1 and its hundredth, like what it did not find, 0, and the two are added with
weights: a passage found by both rises, and a clear winner stays one, which ranks alone would lose. How much words should count beside
vectors depends on how well the embedder knows the passages, so an embedder may say it (`models/embedder.py`), or the record, where that was
measured (`retrieval/weighing.py`). Without an embedder, or while a new one has seen no passage yet, the words alone decide.

Vectors are searched twice, the second time with the question moved towards the passages that both sides found best together: what these are
about finds more of the same (Rocchio 1971; Li et al. 2021, "Pseudo relevance feedback with deep language models and dense retrievers").
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from retrieval.dense import DenseIndex
from retrieval.lexical import LexicalIndex
from retrieval.mentions import find_mentions
from retrieval.passages import PassageDraft
from retrieval.record import Record, StoredPassage
from retrieval.views import Views
from tools.evidence import Passage

_DEPTH = 100  # passages taken from each side before fusing
_ATTEMPTS = 3  # to search while nothing changes
_FEEDBACK, _TOWARDS = 3, 0.5  # the passages that the question is moved towards, and how far beside its own length
LEXICAL_WEIGHT = 0.6  # where neither the embedder nor the record says; measured beside others: see models/LOG.md

_Found = list[tuple[int, float]]


class Embedder(Protocol):
    """Turns texts into unit vectors, (n, d) float32. `id` changes whenever the vectors would."""

    @property
    def id(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def embed(self, texts: Sequence[str], kind: Literal["question", "passage"]) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage and why it was found. Ranks count from 1; None where that side did not find it by the question alone. `dense_score` is the
    inner product of its vector with the question's; None where the embedder has not seen it."""

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
        self, record: Record, embedder: Embedder | None = None, *, views: Views | None = None, lexical: LexicalIndex | None = None
    ) -> None:
        """`views` is where indexes rest between two runs; `lexical` is the record's, where another searcher follows it already."""
        self._record, self._embedder, self._views = record, embedder, views
        self.lexical_weight = self._weight()
        self._lexical = LexicalIndex(views) if lexical is None else lexical
        self._dense = DenseIndex(embedder.id, embedder.dimension, views) if embedder else None
        self.refresh()

    def with_embedder(self, embedder: Embedder | None) -> Searcher:
        """Another over the same record, by the same words and this embedder's vectors."""
        return Searcher(self._record, embedder, views=self._views, lexical=self._lexical)

    def close(self) -> None:
        """Leaves what rests in files to whoever comes next. It cannot be searched any more, nor can those with another embedder."""
        self._lexical.close()
        if self._views is not None:
            self._views.close()

    @property
    def sequence(self) -> int:
        """The change of the record that both indexes have reached."""
        return min(self._lexical.sequence, self._dense.sequence) if self._dense is not None else self._lexical.sequence

    def refresh(self) -> None:
        if self._record.sequence() == self.sequence:
            return  # as nearly always: the log is asked once
        self._lexical.refresh(self._record)
        if self._dense is not None:
            self._dense.refresh(self._record)
        self.lexical_weight = self._weight()

    def _weight(self) -> float:
        """How much words count beside meaning, from 0 to 1, as the embedder says, or else the record."""
        said: float | None = getattr(self._embedder, "lexical_weight", None)
        if said is None and self._embedder is not None and (kept := self._record.lexical_weight(self._embedder.id)) is not None:
            said = kept.lexical_weight
        return LEXICAL_WEIGHT if said is None else said

    def search(
        self, question: str, k: int = 4, documents: Collection[int] | Callable[[], Collection[int]] | None = None,
        lexical_weight: float | None = None,
    ) -> list[Hit]:  # fmt: skip
        """At most `k` passages, best first, of the documents with these numbers or of the workspace's own. `lexical_weight`, from 0 to 1,
        is how much words count beside meaning, in place of the searcher's own.

        What is found stood in the record at one moment: where a change came in between, the search is made again, and `documents`, if it is
        a function, asked again. Where changes come without a pause, the last attempt keeps writers waiting."""
        vector = self._embedder.embed([question], "question")[0] if self._embedder is not None else None
        for _ in range(_ATTEMPTS):
            hits, still = self._attempt(question, vector, k, documents, lexical_weight)
            if still:
                return hits
        with self._record.transaction(writes=True):
            return self._attempt(question, vector, k, documents, lexical_weight)[0]

    def rank(self, question: str, k: int, lexical_weight: float | None = None) -> list[tuple[int, float]]:
        """The numbers and scores of what `search` finds among the workspace's own passages, without reading them."""
        vector = self._embedder.embed([question], "question")[0] if self._embedder is not None else None
        self.refresh()
        scores = self._scores(question, vector, k, None, lexical_weight)[0]
        return _best(scores, k)

    def _scores(
        self, question: str, vector: np.ndarray | None, k: int, among: Collection[int] | None, lexical_weight: float | None
    ) -> tuple[dict[int, float], _Found, _Found]:
        """Of each passage that a side finds the fused score, and what each side found by the question alone, best first."""
        depth = max(k, _DEPTH)
        weight = self.lexical_weight if lexical_weight is None else lexical_weight
        lexical = self._lexical.search(question, depth, among)
        dense = self._dense.search(vector, depth, among) if self._dense is not None and vector is not None else []
        scores = fuse(lexical, dense, weight)
        if self._dense is not None and vector is not None and dense and weight < 1:
            first = self._vectors([number for number, _ in _best(scores, _FEEDBACK)])
            scores = fuse(lexical, self._dense.search(moved(vector, list(first.values())), depth, among), weight)
        return scores, lexical, dense

    def _vectors(self, passages: Collection[int]) -> dict[int, np.ndarray]:
        """Of those of the passages that the embedder has seen."""
        if self._embedder is None or not passages:
            return {}
        ids, vectors = self._record.vectors(self._embedder.id, passages)
        return dict(zip(ids.tolist(), vectors, strict=True))

    def _attempt(
        self, question: str, vector: np.ndarray | None, k: int, documents: Collection[int] | Callable[[], Collection[int]] | None,
        lexical_weight: float | None,
    ) -> tuple[list[Hit], bool]:  # fmt: skip
        """What was found, and whether nothing has changed meanwhile."""
        self.refresh()
        begun = self.sequence
        among = documents() if callable(documents) else documents
        scores, lexical, dense = self._scores(question, vector, k, among, lexical_weight)
        best = [number for number, _ in _best(scores, k)]
        passages, ended = self._record.passages_and_sequence(best)
        stored = {passage.id: passage for passage in passages}
        in_words = {number: (rank, score) for rank, (number, score) in enumerate(lexical, 1)}
        in_meaning: dict[int, tuple[int | None, float]] = {number: (rank, score) for rank, (number, score) in enumerate(dense, 1)}
        if vector is not None:  # how near any other hit is to the question; it has no rank
            others = self._vectors([number for number in best if number not in in_meaning])
            in_meaning.update((number, (None, float(vector @ other))) for number, other in others.items())
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


def moved(question: np.ndarray, passages: Sequence[np.ndarray]) -> np.ndarray:
    """The question's vector, (d,) of unit length, moved towards the passages' mean."""
    if not passages:
        return question
    vector = question + _TOWARDS * np.mean(passages, axis=0)
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)


def fuse(lexical: _Found, dense: _Found, lexical_weight: float) -> dict[int, float]:
    """The score of each passage that one of the sides found; both are lists of passages with scores, best first."""
    # BM25 is 0 for a passage without the words. Cosines crowd together well above 0, so they count from the least found.
    words, missing_word = _stretched(lexical, 0.0)
    meaning, missing_meaning = _stretched(dense, dense[-1][1] if dense else 0.0)
    return {
        number: lexical_weight * words.get(number, missing_word) + (1 - lexical_weight) * meaning.get(number, missing_meaning)
        for number in words.keys() | meaning.keys()
    }


def _stretched(found: _Found, least: float) -> tuple[dict[int, float], float]:
    """Scores with 1 for the best and 0 for the one at _DEPTH, or for `least` where fewer were found; and what was not found counts."""
    if not found:
        return {}, 0.0
    floor = found[_DEPTH - 1][1] if len(found) >= _DEPTH else least
    spread = found[0][1] - floor
    stretched = {number: (score - floor) / spread if spread > 0 else 1.0 for number, score in found}
    return stretched, min(0.0, stretched[found[-1][0]])


def _best(scores: Mapping[int, float], k: int) -> _Found:
    return sorted(scores.items(), key=lambda one: (-one[1], one[0]))[:k]


def _hit(
    passage: StoredPassage, score: float,
    lexical_rank: int | None, lexical_score: float | None, dense_rank: int | None, dense_score: float | None,
) -> Hit:  # fmt: skip
    shown = as_shown(passage)
    return Hit(
        passage.id, passage.document_id, passage.document, passage.start, passage.end, shown, score,
        lexical_rank, lexical_score, dense_rank, dense_score,
    )  # fmt: skip
