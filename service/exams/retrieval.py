"""Retrieval on test collections: BM25 alone, vectors alone and both fused, by the service's own record, passages and searcher.

A document's score is that of its best passage. A document no longer than a passage may be is one passage; a longer one is cut as a file
would be. With `practice` the embedder first learns the collection's documents by the job that a workspace's embedder learns by
(`service/jobs/embedding.py`), and serves if that job says so; queries and judgements are read by nothing but the scoring.

Scored by ir-measures with the field's own code (trec_eval): nDCG@10, recall at 100, mean average precision and reciprocal rank, over the
documents of the first 200 passages.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from retrieval.ingest import embed_missing
from retrieval.passages import MOST, PassageDraft, split
from retrieval.record import Record
from retrieval.search import Searcher
from retrieval.weighing import weigh
from service.exams.collections import Collection, Paper, read_collection
from service.exams.exam import ExamError
from service.exams.ranking import Run, measures, score
from service.jobs.folders import EMBEDDER
from service.jobs.ledger import Ledger
from service.jobs.worker import Worker
from service.settings import Settings
from service.workspace import serving_embedder

_PASSAGES = 200  # ranked for a query
_STORED = 500  # documents between two reports of progress
_POLL = 0.5  # seconds between two looks at the practice job

Progress = Callable[[str, int, int], None]  # what is done, how many of it, of how many


@dataclass(frozen=True, slots=True)
class Report:
    """`scores` are of each way of searching and each measure, means over the queries; `marks` are of each query. `embedder` is the
    version that practice made, or the id of the one that was there before, where practice was not asked for or made nothing better."""

    collection: str
    documents: int
    passages: int
    queries: int
    skipped: Mapping[str, int]
    embedder: str
    lexical_weight: float
    practised: float | None  # seconds
    scores: Mapping[str, Mapping[str, float]]
    marks: Sequence[Mapping[str, Any]]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        about = {name: getattr(self, name) for name in ("collection", "documents", "passages", "queries", "embedder", "lexical_weight")}
        return {
            "exam": "retrieval", **about, "skipped": dict(self.skipped), "scores": {way: dict(of) for way, of in self.scores.items()},
            "practice_seconds": self.practised, "seconds": round(self.seconds, 2),
        }  # fmt: skip


def measure(
    folder: Path, settings: Settings, *,
    practice: bool = False, split: str | None = None, limit: int | None = None, progress: Progress = lambda what, done, of: None,
) -> Report:  # fmt: skip
    """The exam on a collection in one of the layouts of `service/exams/collections.py`, or on `limit` of its queries drawn with a fixed
    seed. Raises ExamError, and CheckpointError where the embedder cannot be used."""
    measures()  # says at once where they are missing
    started = time.perf_counter()
    collection = read_collection(folder, split)
    asked = sorted(collection.queries)
    if limit is not None and limit < len(asked):
        asked = sorted(random.Random(0).sample(asked, limit))
    with TemporaryDirectory() as place:
        theirs = settings.model_copy(update={"workspace": Path(place), "record_url": ""})
        record = Record(theirs.record_address)
        try:
            _store(record, collection, progress)
            practised = None
            if practice:
                began = time.perf_counter()
                _practise(theirs, progress)
                practised = time.perf_counter() - began
            version, embedder = serving_embedder(theirs, record)
            if embedder is None:
                raise ExamError("The settings name no embedder, so there is nothing but words to search by.")
            embed_missing(record, embedder, lambda done, of: progress("embedding passages", done, of))
            weigh(record, embedder)
            fused = Searcher(record, embedder)
            runs = _ranked(record, fused, {query: collection.queries[query] for query in asked}, progress)
            passages = len(record.passages())
        finally:
            record.close()
    scores, marks = score(runs, {query: collection.judgements[query] for query in asked})
    return Report(
        collection.name, len(collection.papers), passages, len(asked), collection.skipped, version or embedder.id, fused.lexical_weight,
        practised, scores, marks, time.perf_counter() - started,
    )  # fmt: skip


def cut(paper: Paper) -> tuple[str, list[PassageDraft]]:
    """The text that is stored of a document, and its passages. Of one that has nothing but a title, the title."""
    text = paper.text or paper.title
    if len(text.split()) <= MOST:
        return text, [PassageDraft(0, len(text), text, paper.title, "")]
    return text, split(text, title=paper.title, is_markdown=False)


def _store(record: Record, collection: Collection, progress: Progress) -> None:
    for done, paper in enumerate(collection.papers, 1):
        record.add_document(paper.id, *cut(paper))
        if done % _STORED == 0 or done == len(collection.papers):
            progress("storing documents", done, len(collection.papers))


def _practise(settings: Settings, progress: Progress) -> None:
    """Does the practice job on what the record of these settings holds, as a worker does. Raises ExamError."""
    ledger = Ledger(settings.record_address)
    worker = Worker(ledger, settings)
    try:
        request: dict[str, Any] = {
            "model": EMBEDDER, "training_file": "", "validation_file": None, "suffix": "", "seed": 0, "hyperparameters": {},
            "metadata": None,
        }  # fmt: skip
        id = ledger.submit(request).id
        working = Thread(target=worker.work_once, name="practice")
        working.start()
        try:
            while working.is_alive():
                told = _outcome(ledger, id)
                progress("practising on the documents", int(told.get("step", 0)), int(told.get("steps", 1)))
                working.join(_POLL)
        finally:
            worker.stop()
            working.join()
        if (error := _outcome(ledger, id).get("error")) is not None:
            raise ExamError(f"The embedder cannot practise on this collection: {error['message']}")
    finally:
        ledger.close()


def _outcome(ledger: Ledger, id: str) -> dict[str, Any]:
    job = ledger.job(id)
    assert job is not None
    return job.outcome


def _ranked(record: Record, fused: Searcher, queries: Mapping[str, str], progress: Progress) -> dict[str, Run]:
    """For each way of searching, query and document found the score of the document's best passage."""
    document_of = {passage.id: passage.document for passage in record.passages()}
    words = Searcher(record)
    ways: dict[str, Callable[[str], list[tuple[int, float]]]] = {
        "BM25": lambda query: words.rank(query, _PASSAGES),
        "dense": lambda query: fused.rank(query, _PASSAGES, lexical_weight=0.0),
        "hybrid": lambda query: fused.rank(query, _PASSAGES),
    }
    runs: dict[str, Run] = {way: {} for way in ways}
    for done, (number, query) in enumerate(queries.items(), 1):
        for way, search in ways.items():
            best: dict[str, float] = {}
            for passage, value in search(query):
                best.setdefault(document_of[passage], value)  # passages come best first
            runs[way][number] = best
        progress("searching", done, len(queries))
    return runs
