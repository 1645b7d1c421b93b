"""Search by meaning: the inner product of the question's vector with those of the record's passages, with FAISS.

A view of the record, for one embedder: it knows the change it stands at, and `refresh` brings it up to date. Up to 50,000 passages every
vector is looked at, in float32. Beyond, vectors are kept in half precision in lists of neighbours, and a search looks into the lists that
are nearest to the question, or, among the documents of a small collection, into all. What is found has its exact place up to rounding;
what is missed is measured: `python -m benchmarks.retrieval_scale`.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Collection
from typing import Any

import faiss
import numpy as np

from retrieval.record import Record, Vectors
from retrieval.views import Views

_EXACT = 50_000  # passages of which all are looked at: 4 ms of a core at 192 dimensions
# Of vectors that lie near one another, and how many of them are looked into for a question. At 200,000 passages: recall at 10 of 99.1 % in
# 1.1 ms; of 98.0 % in 0.7 ms with 512 lists, of 96.5 % in 0.6 ms with 32 looked into; 8 ms to look at all.
_LISTS, _PROBES = 256, 64
_TRAINED_ON = 64  # vectors a list: on more, the lists come out no better
_UNSAVED = 1_000  # passages, and a twentieth of all: then the index is saved again
_OUTGROWN = 4  # times as many passages as when the lists were made: then they are made anew
_log = logging.getLogger("reckoner.dense")


class DenseIndex:
    """Safe to share between threads: FAISS allows many readers but no reader beside a writer, so one lock guards both."""

    _index: Any  # faiss says little of its types, and some of it wrongly

    def __init__(self, embedder: str, dimension: int, views: Views | None = None) -> None:
        """With `views`, it goes on from what rests there."""
        self.embedder, self.dimension = embedder, dimension
        self._lock = threading.Lock()
        self._views = views
        self._hold(_flat(dimension), [])
        self.sequence = 0

    @classmethod
    def build(cls, record: Record, embedder: str, dimension: int) -> DenseIndex:
        index = cls(embedder, dimension)
        index.refresh(record)
        return index

    def __len__(self) -> int:
        return len(self._ids)

    def refresh(self, record: Record) -> None:
        """Catches up with the record; builds anew where the record is another, older one, or has outgrown the index."""
        with self._lock:
            latest = record.sequence()
            if latest == self.sequence:
                return
            if self.sequence == 0:
                self._resume(record)
            if latest < self.sequence or self.sequence == 0:
                self._build(record)
            elif touched := record.touched_since(self.sequence, self.embedder):  # none, where another embedder has embedded something
                self._replace(record, touched)
                if len(self) > self._room:
                    self._build(record)
            self.sequence = latest
            if self._unsaved > _UNSAVED + len(self) // 20:
                self._save(record)

    def _build(self, record: Record) -> None:
        batches = [self._checked(batch) for batch in record.stream_vectors(self.embedder)]
        self._hold(_empty(self.dimension, batches), batches)

    def _hold(self, index: Any, batches: list[Vectors]) -> None:
        """Starts from this index, with these vectors added."""
        count = sum(len(batch.ids) for batch in batches)
        self._index, self._room = index, max(_EXACT, _OUTGROWN * count if count > _EXACT else 0)
        self._ids, self._documents, self._own = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool)
        self._unsaved = 0
        self._add(batches)

    def _replace(self, record: Record, touched: set[int]) -> None:
        """Takes out what the index holds of these documents and adds what the record holds."""
        stays = ~np.isin(self._documents, list(touched))
        if not stays.all():
            self._index.remove_ids(self._ids[~stays])
            self._ids, self._documents, self._own = self._ids[stays], self._documents[stays], self._own[stays]
            self._unsaved += int((~stays).sum())
        self._add([self._checked(batch) for batch in record.stream_vectors(self.embedder, touched)])

    def _add(self, batches: list[Vectors]) -> None:
        for batch in batches:
            self._index.add_with_ids(batch.vectors, batch.ids)
            self._unsaved += len(batch.ids)
        ids = np.concatenate([self._ids, *(batch.ids for batch in batches)])
        documents = np.concatenate([self._documents, *(batch.documents for batch in batches)])
        self._rows(ids, documents, np.concatenate([self._own, *(batch.own for batch in batches)]))

    def _rows(self, ids: np.ndarray, documents: np.ndarray, own: np.ndarray) -> None:
        """Says what the index holds: of each passage its number, its document's, and whether that is the workspace's own; (n,) each."""
        self._ids, self._documents, self._own = ids, documents, own
        self._own_only = None if own.all() else self._among(own)

    def _resume(self, record: Record) -> None:
        saved = self._views.load_vectors(record, self.embedder) if self._views is not None else None
        if saved is None:
            return
        sequence, arrays = saved
        try:
            index, room = faiss.deserialize_index(arrays["index"]), int(arrays["room"])
        except (KeyError, RuntimeError) as error:  # of another version
            _log.warning("A saved index of vectors is made anew: %s", error)
            return
        self._index, self._room, self.sequence = index, room, sequence
        self._rows(arrays["ids"], arrays["documents"], arrays["own"])

    def _save(self, record: Record) -> None:
        """For the next start, which catches up with what is not saved."""
        self._unsaved = 0
        if self._views is not None:
            rows = {"ids": self._ids, "documents": self._documents, "own": self._own}
            arrays = {"index": faiss.serialize_index(self._index), "room": np.array(self._room), **rows}
            self._views.save_vectors(record, self.embedder, self.sequence, arrays)

    def _checked(self, batch: Vectors) -> Vectors:
        assert batch.vectors.shape[1] == self.dimension, f"vectors of {batch.vectors.shape[1]} dimensions, not {self.dimension}"
        return batch

    def search(self, vector: np.ndarray, k: int, documents: Collection[int] | None = None) -> list[tuple[int, float]]:
        """(passage number, inner product), best first, for one vector (d,), of passages of these documents or of the workspace's own."""
        with self._lock:
            chosen = self._own_only if documents is None else self._among(np.isin(self._documents, list(documents)))
            count = len(self) if chosen is None else chosen[0]
            k = min(k, count)
            if k < 1:
                return []
            # As many vectors are looked at among some documents as among all, and all of them where these are few.
            probes = _LISTS if count <= _EXACT else min(_LISTS, math.ceil(_PROBES * len(self) / count))
            parameters = faiss.SearchParametersIVF(sel=None if chosen is None else chosen[1], nprobe=probes)  # type: ignore[call-arg]
            scores, ids = self._index.search(np.ascontiguousarray(vector[None], np.float32), k, params=parameters)
        found = [(int(number), float(score)) for number, score in zip(ids[0], scores[0], strict=True) if number >= 0]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))

    def _among(self, rows: np.ndarray) -> tuple[int, Any]:
        """How many passages these rows, (n,) bool, are, and what tells FAISS so: a bit for each number is quicker than a set."""
        ids = self._ids[rows]
        bits = np.zeros(int(self._ids.max(initial=0)) + 1, bool)
        bits[ids] = True
        return len(ids), faiss.IDSelectorBitmap(np.packbits(bits, bitorder="little"))  # type: ignore[call-arg, arg-type]


def _empty(dimension: int, batches: list[Vectors]) -> Any:
    """An index for this many vectors, and trained on some of them. The same vectors make the same index."""
    count = sum(len(batch.ids) for batch in batches)
    if count <= _EXACT:
        return _flat(dimension)
    quantizer = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(quantizer, dimension, _LISTS, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.cp.max_points_per_centroid = _TRAINED_ON
    every = max(1, count // (_LISTS * _TRAINED_ON))
    index.train(np.concatenate([batch.vectors[::every] for batch in batches]))
    return index


def _flat(dimension: int) -> Any:
    return faiss.IndexIDMap(faiss.IndexFlatIP(dimension))
