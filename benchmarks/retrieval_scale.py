"""Retrieval at size: 200,000 passages in one process, hybrid search with its recall, memory a passage, changes, start and ingest.

    python -m benchmarks.retrieval_scale DATA [--passages 20000] [--keep FOLDER] [--txtai PYTHON]

DATA holds `reading/squad-train-v1.1.json.xz` and `text/openstax.tar.xz`. Everything runs on one thread. Vectors and record stay in the
folder of `--keep`, so that a second run measures at once; to make 200,000 vectors takes half an hour of a core. Times are of the clock, and
in brackets of the processor, which other work on the machine does not lengthen. `--txtai` names a Python that has
`benchmarks/txtai-requirements.txt`, to index the same passages there.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402

from benchmarks.passages import Text, questions, texts, vectors  # noqa: E402
from retrieval.ingest import index_text  # noqa: E402
from retrieval.record import Record  # noqa: E402
from retrieval.search import Embedder, Searcher, passage_text  # noqa: E402
from retrieval.views import Views  # noqa: E402
from service.settings import read_settings  # noqa: E402
from service.workspace import open_embedder  # noqa: E402

QUESTIONS, INGESTED = 500, 2_000
RECALL_AT, TAKEN, SHOWN = 10, 100, 8  # TAKEN is what hybrid search takes from each side, SHOWN what an answer reads
DenseSearch = Callable[[np.ndarray, int], list[tuple[int, float]]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieval_scale", description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--passages", type=int, default=200_000)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--txtai", type=Path)
    parser.add_argument("--step", choices=["start", "searches"], help=argparse.SUPPRESS)  # in a fresh process, which is what it measures
    given = parser.parse_args()
    if given.step:
        (start if given.step == "start" else searches)(given.keep, given.passages)
        return
    with tempfile.TemporaryDirectory() as folder:
        keep = given.keep or Path(folder)
        keep.mkdir(parents=True, exist_ok=True)
        fill(given.data, keep, given.passages)
        _questions_path(keep).write_text(json.dumps(questions(given.data, QUESTIONS)), encoding="utf-8")  # the set is large in memory
        shutil.rmtree(_views_path(keep, given.passages), ignore_errors=True)
        command = [sys.executable, "-m", "benchmarks.retrieval_scale", str(given.data), "--keep", str(keep)]
        for step in ("start", "searches"):
            subprocess.run([*command, "--passages", str(given.passages), "--step", step], check=True)
        ingest(given.data, given.txtai)


# --- The record -----------------------------------------------------------------------------------------------------------


def fill(data: Path, keep: Path, passages: int) -> None:
    """Stores the documents with their vectors, a transaction each as `reckoner index` does, unless they are there."""
    path = _record_path(keep, passages)
    if path.exists():
        return
    embedder = _embedder()
    documents = list(texts(data, passages))
    made = vectors(embedder, documents, keep / "vectors")
    partial = path.with_suffix(".partial")
    for left in path.parent.glob(f"{partial.name}*"):
        left.unlink()
    record = Record(f"sqlite:///{partial}")
    clock, begin = Clock(), 0
    for document in documents:
        end = begin + len(document.passages)
        record.add_document(document.name, document.text, document.passages, {embedder.id: made[begin:end]})
        begin = end
    print(f"stored {begin:,} passages of {len(documents):,} documents with vectors that were there: {clock.rate(begin)}")
    record.close()
    partial.rename(path)


def _record_path(keep: Path, passages: int) -> Path:
    return keep / f"record-{passages}.sqlite"


def _questions_path(keep: Path) -> Path:
    return keep / "questions.json"


def _views_path(keep: Path, passages: int) -> Path:
    return keep / f"views-{passages}"


# --- Searches -------------------------------------------------------------------------------------------------------------


def start(keep: Path, passages: int) -> None:
    """The first, which builds the indexes and leaves them to the next."""
    _opened(keep, passages)[1].close()


def _opened(keep: Path, passages: int) -> tuple[Record, Searcher, Embedder, float]:
    """With the memory that the process had before, in kilobytes."""
    embedder = _embedder()
    embedder.embed(["What is measured?"] * 3, "question")
    record = Record(f"sqlite:///{_record_path(keep, passages)}")
    record.sequence()
    before, path = _memory(), _views_path(keep, passages)
    rested, clock = path.exists(), Clock()
    searcher = Searcher(record, embedder, views=Views(path))
    print(f"\nstart, indexes {'at rest' if rested else 'to be built'}: {clock}; "
          f"{(_memory() - before) / 1024:.0f} MB more than before, {_peak() / 1024:.0f} MB at most")  # fmt: skip
    return record, searcher, embedder, before


def searches(keep: Path, passages: int) -> None:
    record, searcher, embedder, before = _opened(keep, passages)
    dense, lexical = searcher._dense, searcher._lexical  # each is measured alone too
    assert dense is not None
    asked: list[str] = json.loads(_questions_path(keep).read_text(encoding="utf-8"))
    searcher.search(asked[0])
    embedded = [embedder.embed([question], "question")[0] for question in asked]
    _report("embedding the question", [_timed(lambda q=q: embedder.embed([q], "question")) for q in asked])
    _report("BM25", [_timed(lambda q=q: lexical.search(q, TAKEN)) for q in asked])
    _report("FAISS", [_timed(lambda v=v: dense.search(v, TAKEN)) for v in embedded])
    _report("a look for changes", [_timed(searcher.refresh) for _ in asked])
    _report("hybrid search, embedding included", [_timed(lambda q=q: searcher.search(q, SHOWN)) for q in asked])
    after = _memory()
    print(f"memory of {len(dense):,} passages, after these searches: {1024 * (after - before) / len(dense):.0f} bytes each; "
          f"of the process {after / 1024:.0f} MB")  # fmt: skip
    ids, exact = record.vectors(embedder.id)
    print(f"recall@{RECALL_AT} of FAISS against exact search: {_recall(dense.search, ids, exact, embedded):.4f} ({len(asked)} questions)")
    del ids, exact
    _changes(record, searcher, asked)


def _recall(
    search: Callable[[np.ndarray, int], list[tuple[int, float]]], ids: np.ndarray, exact: np.ndarray, asked: list[np.ndarray]
) -> float:
    shares = []
    for vector in asked:
        nearest = ids[np.argpartition(-(exact @ vector), RECALL_AT)[:RECALL_AT]]
        shares.append(len(set(nearest.tolist()) & {number for number, _ in search(vector, RECALL_AT)}) / RECALL_AT)
    return statistics.mean(shares)


def _changes(record: Record, searcher: Searcher, asked: list[str]) -> None:
    """A small document comes and goes while questions are asked; the record is left as it was found, but for its log of changes."""
    embedder, found, stale = _embedder(), 0, 0
    adding, removing = [], []
    for number, question in enumerate(asked[:20]):
        name = f"added-{number}.txt"
        index_text(record, embedder, name, f"What was asked on day {number}.\n\nIt was asked: {question}")
        adding.append(_timed(searcher.refresh))
        found += any(hit.document == name for hit in searcher.search(question, SHOWN))
        record.delete_document(name)
        removing.append(_timed(searcher.refresh))
        stale += any(hit.document == name for hit in searcher.search(question, SHOWN))
    _report("catching up with a small document added", adding)
    _report("catching up with one deleted", removing)
    print(f"found of what was added: {found} of {len(adding)}; hits of what was deleted: {stale}")


# --- Ingest ---------------------------------------------------------------------------------------------------------------


def ingest(data: Path, txtai: Path | None) -> None:
    """Files of plain text to passages that both searches find, from nothing; and in txtai the same passages."""
    embedder = _embedder()
    documents = list(texts(data, INGESTED))
    count = sum(len(document.passages) for document in documents)
    with tempfile.TemporaryDirectory() as folder:
        record = Record(f"sqlite:///{folder}/record.sqlite")
        clock = Clock()
        for document in documents:
            index_text(record, embedder, document.name, document.text)
        Searcher(record, embedder)
        print(f"\ningest, cutting and embedding included: {clock.rate(count)}")
        record.close()
        if txtai:
            _ingest_elsewhere(txtai, documents, Path(folder))


def _ingest_elsewhere(python: Path, documents: Sequence[Text], folder: Path) -> None:
    lines = (json.dumps(passage_text(draft)) for document in documents for draft in document.passages)
    (folder / "passages.jsonl").write_text("\n".join(lines), encoding="utf-8")
    subprocess.run([python, Path(__file__).with_name("txtai_ingest.py"), folder / "passages.jsonl", folder / "txtai"], check=True)


# --- Measures -------------------------------------------------------------------------------------------------------------


class Clock:
    """Since it was made: seconds by the clock, and of the processor."""

    def __init__(self) -> None:
        self._began, self._used = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self._began, time.process_time() - self._used

    def rate(self, count: int) -> str:
        wall, used = self.read()
        return f"{count / wall:.1f} passages/s ({count / used:.1f})"

    def __str__(self) -> str:
        wall, used = self.read()
        return f"{wall:.2f} s ({used:.2f})"


def _timed(do: Callable[[], object]) -> tuple[float, float]:
    clock = Clock()
    do()
    return clock.read()


def _report(what: str, taken: Sequence[tuple[float, float]]) -> None:
    wall, used = (1000 * np.percentile([pair[i] for pair in taken], [50, 95]) for i in (0, 1))
    print(f"{what:42} p50 {wall[0]:6.2f} ms ({used[0]:.2f})   p95 {wall[1]:6.2f} ms ({used[1]:.2f})", flush=True)


def _memory() -> float:
    """Of this process, resident, in kilobytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("VmRSS")))


def _peak() -> float:
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _embedder() -> Embedder:
    embedder = open_embedder(read_settings().embedder)
    if embedder is None:
        raise SystemExit("there is no embedder")
    return embedder


if __name__ == "__main__":
    main()
