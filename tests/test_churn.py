"""Random changes and searches, crashes included: nothing stale is found and nothing is lost. `python -m tests.churn` does ten thousand."""

from __future__ import annotations

import random
from pathlib import Path

from sqlalchemy import delete, insert

from retrieval.ingest import index_text
from retrieval.record import Record
from retrieval.search import Searcher
from retrieval.snapshots import Snapshots
from retrieval.stores import WORKSPACE, Stores
from retrieval.tables import vectors
from tests.churn import Directions, Model, churn, mistakes, seen, text_of

OPERATIONS, KILLS = 240, 6


def test_what_is_found_is_what_was_acknowledged_however_often_the_process_is_killed(record_url: str, tmp_path: Path) -> None:
    seed = random.randrange(2**31)
    print(f"seed {seed}")  # shown where it fails
    report = churn(record_url, tmp_path, OPERATIONS, KILLS, seed)
    assert +report.wrong == {}, report
    assert report.operations.total() == OPERATIONS and report.kills > 0
    assert {"add", "delete", "read", "rollback", "search"} <= report.operations.keys(), report


def test_the_proof_notices_what_is_stale_lost_or_torn(tmp_path: Path) -> None:
    record = Record(f"sqlite:///{tmp_path / 'record.sqlite'}")
    stores, snapshots, model = Stores(record), Snapshots(record), Model({})
    index_text(record, Directions(), "d1.md", text_of(1))
    searcher = Searcher(record, Directions())

    def wrong() -> dict[str, int]:
        return dict(mistakes(searcher, stores, model, ["river"], [WORKSPACE], None))

    assert wrong() == {"stale": 2} and seen(record, stores, snapshots, model) != model.seen()
    model.apply({"n": 0, "do": "add", "name": "d1.md", "text": 1})
    assert wrong() == {} and seen(record, stores, snapshots, model) == model.seen()
    model.apply({"n": 1, "do": "add", "name": "d2.md", "text": 2})
    assert wrong() == {"lost": 4}  # three by meaning, and one by words as well
    model.apply({"n": 2, "do": "delete", "name": "d2.md"})
    first = record.passages()[0].id
    with record.transaction(writes=True) as connection:
        blob = Directions().embed(["another"], "")[0].tobytes()
        connection.execute(delete(vectors).where(vectors.c.passage_id == first))
        connection.execute(insert(vectors), {"passage_id": first, "embedder": "directions", "blob": blob})
    searcher = Searcher(record, Directions())
    assert wrong() == {"misjudged": 1}
    record.close()
