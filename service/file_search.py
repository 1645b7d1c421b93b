"""A search in vector stores, in place of the workspace's own documents: what `file_search` asks for, and what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from retrieval.search import Hit, Searcher
from retrieval.stores import StoreFile, Stores
from service.attributes import Accepts
from service.evidence import best_match


@dataclass(frozen=True, slots=True)
class Found:
    """A passage of a stored file. `score` is how well it goes together with the question, from 0 to 1, whatever else was found."""

    hit: Hit
    file: StoreFile
    score: float


@dataclass(frozen=True, slots=True)
class FileSearch:
    """`most` passages at most, of a score of `threshold` or more, from the files of the stores `ids` with attributes that are accepted.
    `lexical_weight` as in `Searcher`."""

    stores: Stores
    ids: tuple[str, ...]
    most: int
    accepts: Accepts | None = None
    threshold: float = 0.0
    lexical_weight: float | None = None

    def find(self, question: str, searcher: Searcher) -> list[Found]:
        """As the record is now; in the order of the search, best first. Raises RecordError."""
        files: dict[int, StoreFile] = {}

        def held() -> dict[int, StoreFile]:
            nonlocal files
            files = self.stores.searchable(self.ids, self.accepts)
            return files

        hits = searcher.search(question, self.most, held, self.lexical_weight)
        self.stores.use(self.ids)
        found = [Found(hit, files[hit.document_id], round(best_match(question, [hit]), 6)) for hit in hits]
        return [one for one in found if one.score >= self.threshold]


def by_score(found: Sequence[Found], most: int) -> list[Found]:
    """The best of what several searches found: each passage once, with its best score, the highest first."""
    best: dict[int, Found] = {}
    for one in sorted(found, key=lambda one: -one.score):
        best.setdefault(one.hit.passage_id, one)
    return list(best.values())[:most]


def result(found: Found) -> dict[str, Any]:
    """As `file_search_call.results` has it."""
    return {
        "file_id": found.file.file, "filename": found.file.filename, "score": found.score, "attributes": found.file.attributes,
        "text": found.hit.passage.text,
    }  # fmt: skip


def call_item(id: str, question: str, found: Sequence[Found], shown: bool) -> dict[str, Any]:
    """The item of a response that says what was searched for; what was found is `shown` where it is asked for."""
    results = [result(one) for one in found] if shown else None
    return {"type": "file_search_call", "id": f"fs_{id}", "status": "completed", "queries": [question], "results": results}
