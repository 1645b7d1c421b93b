"""A snapshot names what a collection held, costs little, and is gone back to exactly, at once and undoably; what is erased is gone."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from sqlalchemy import Table, func, select

from retrieval.ingest import cut, embed_missing, index_text
from retrieval.paging import Page
from retrieval.record import Record
from retrieval.search import Searcher
from retrieval.snapshots import Snapshots, UnknownSnapshot
from retrieval.stores import WORKSPACE, Given, Stores
from retrieval.tables import documents, kept_documents, kept_passages, kept_vectors, passages
from tests.test_search import WordVectors
from tests.waiting import until

CANOES = "# Boats\n\nA canoe carries three people down a river.\n\n## Care\n\nIt is kept dry in winter."
TENTS = "# Tents\n\nThe tent sleeps two people."


@pytest.fixture
def snapshots(record: Record) -> Snapshots:
    return Snapshots(record)


@pytest.fixture
def stores(record: Record) -> Stores:
    return Stores(record)


def add(record: Record, name: str, text: str) -> None:
    index_text(record, WordVectors(), name, text)


def read(stores: Stores, texts: dict[str, str]) -> None:
    """Stores the document of every file that waits."""
    while (file := stores.waiting()) is not None:
        stores.complete(file, texts[file.file], *cut(file.filename, texts[file.file], WordVectors()))


def found(searcher: Searcher, documents: dict[int, object] | None = None) -> set[tuple[int, str, str]]:
    return {(hit.passage_id, hit.document, hit.passage.text) for hit in searcher.search("people river winter", 100, documents)}


def count(record: Record, table: Table) -> int:
    with record.transaction() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_going_back_restores_documents_passages_and_vectors_as_they_were(record: Record, snapshots: Snapshots) -> None:
    add(record, "canoes.md", CANOES)
    add(record, "tents.md", TENTS)
    searcher = Searcher(record, WordVectors())
    then, held, vectors = found(searcher), record.documents(), record.vectors("words")
    snapshot = snapshots.create(WORKSPACE, "spring")
    add(record, "canoes.md", "# Boats\n\nA canoe carries nine goats.")
    record.delete_document("tents.md")
    add(record, "skis.md", "# Skis\n\nSkis are for people in winter.")
    assert found(searcher) != then
    back = snapshots.roll_back(WORKSPACE, snapshot.id)
    assert (back.restored, back.removed, back.undo.documents) == (2, 2, 2)
    assert record.documents() == held and found(searcher) == found(Searcher(record, WordVectors())) == then
    assert all(np.array_equal(now, before) for now, before in zip(record.vectors("words"), vectors, strict=True))
    assert searcher.search("tent", 1)[0].dense_rank == 1


def test_going_back_can_be_undone_and_is_in_the_log(record: Record, snapshots: Snapshots) -> None:
    add(record, "canoes.md", CANOES)
    snapshot, before = snapshots.create(WORKSPACE), record.sequence()
    add(record, "canoes.md", TENTS)
    searcher, now = Searcher(record, WordVectors()), record.documents()
    back = snapshots.roll_back(WORKSPACE, snapshot.id)
    last = record.changes_since(before)[-1]
    assert (last.kind, last.document_id, last.about) == ("rollback", 0, snapshot.id)
    assert snapshots.roll_back(WORKSPACE, back.undo.id).undo.name == f"before going back to {back.undo.id}"
    assert record.documents() == now and {text for _, _, text in found(searcher)} == {"The tent sleeps two people."}


def test_what_a_snapshot_keeps_is_stored_once_and_found_by_no_search(record: Record, snapshots: Snapshots) -> None:
    add(record, "canoes.md", CANOES)
    add(record, "tents.md", TENTS)
    made = [snapshots.create(WORKSPACE) for _ in range(3)]
    assert count(record, kept_documents) == 0
    record.delete_document("canoes.md")
    assert (count(record, kept_documents), count(record, kept_passages), count(record, kept_vectors)) == (1, 2, 2)
    assert (count(record, documents), count(record, passages)) == (1, 1)
    for searcher in (Searcher(record, WordVectors()), Searcher(record)):
        assert "canoes.md" not in {hit.document for hit in searcher.search("canoe river winter people", 100)}
    assert record.document("canoes.md") is None and len(record.documents()) == 1
    assert [(s.documents, s.kept) for s in snapshots.all(WORKSPACE, Page())[0]] == [(2, 1)] * 3
    for snapshot in made[:-1]:
        assert snapshots.delete(WORKSPACE, snapshot.id)
    assert count(record, kept_documents) == 1
    assert snapshots.delete(WORKSPACE, made[-1].id) and not snapshots.delete(WORKSPACE, made[-1].id)
    assert (count(record, kept_documents), count(record, kept_passages), count(record, kept_vectors)) == (0, 0, 0)


def test_what_is_erased_comes_back_from_no_snapshot(record: Record, snapshots: Snapshots) -> None:
    add(record, "canoes.md", CANOES)
    first = snapshots.create(WORKSPACE)
    add(record, "canoes.md", TENTS)
    second = snapshots.create(WORKSPACE)
    assert snapshots.erase("canoes.md") and not snapshots.erase("canoes.md")
    assert (count(record, documents), count(record, kept_documents), count(record, kept_passages)) == (0, 0, 0)
    for snapshot in (first, second):
        snapshots.roll_back(WORKSPACE, snapshot.id)
        assert record.documents() == [] and record.passages() == []
    assert snapshots.one(WORKSPACE, first.id).documents == 0  # type: ignore[union-attr]


def test_a_store_goes_back_to_its_files_with_their_attributes(record: Record, snapshots: Snapshots, stores: Stores) -> None:
    texts = {"file-1": CANOES, "file-2": TENTS, "file-3": "Much about winter."}
    store = stores.create("boats", [Given("file-1", "canoes.md", {"year": 2024}), Given("file-2", "tents.md")])
    read(stores, texts)
    add(record, "own.md", "The own people.")
    searcher = Searcher(record, WordVectors())
    then, held = found(searcher, stores.searchable([store.id])), stores.files(store.id, Page())[0]
    snapshot = snapshots.create(store.id)
    stores.set_attributes(store.id, "file-1", {"year": 2025})
    stores.detach(store.id, "file-2")
    stores.attach(store.id, Given("file-3", "winter.md"))
    read(stores, texts)
    back = snapshots.roll_back(store.id, snapshot.id)
    assert (back.restored, back.removed) == (1, 1)
    assert stores.files(store.id, Page())[0] == held and found(searcher, stores.searchable([store.id])) == then
    assert record.document("file-3") is None and [document.name for document in record.documents()] == ["own.md"]
    snapshots.roll_back(store.id, back.undo.id)
    now = {file.file: file.attributes for file in stores.files(store.id, Page())[0]}
    assert now == {"file-1": {"year": 2025}, "file-3": {}} and record.document("file-2") is None


def test_other_stores_and_the_workspace_stay_as_they_are(record: Record, snapshots: Snapshots, stores: Stores) -> None:
    one, two = (stores.create(name, [Given("file-1", "canoes.md")]) for name in ("one", "two"))
    read(stores, {"file-1": CANOES})
    snapshot = snapshots.create(one.id)
    stores.detach(one.id, "file-1")
    stores.detach(two.id, "file-1")
    stores.attach(two.id, Given("file-1", "canoes.md"))
    read(stores, {"file-1": CANOES})
    number = set(stores.searchable([two.id]))
    snapshots.roll_back(one.id, snapshot.id)
    assert set(stores.searchable([one.id])) == set(stores.searchable([two.id])) == number
    with pytest.raises(UnknownSnapshot, match=snapshot.id):
        snapshots.roll_back(two.id, snapshot.id)
    assert snapshots.one(two.id, snapshot.id) is None and not snapshots.delete(WORKSPACE, snapshot.id)


def test_files_that_waited_wait_again_or_are_read(snapshots: Snapshots, stores: Stores) -> None:
    store = stores.create("boats", [Given("file-1", "canoes.md"), Given("file-2", "tents.md")])
    snapshot = snapshots.create(store.id)
    assert snapshot.documents == 0
    other = stores.create("other", [Given("file-1", "canoes.md")])
    stores.detach(store.id, "file-2")
    read(stores, {"file-1": CANOES})
    stores.detach(store.id, "file-1")
    snapshots.roll_back(store.id, snapshot.id)
    one, two = stores.file(store.id, "file-1"), stores.file(store.id, "file-2")
    assert one is not None and two is not None and (one.status, two.status) == ("completed", "in_progress")
    assert one.bytes == len(CANOES) and set(stores.searchable([store.id])) == set(stores.searchable([other.id]))


def test_a_file_that_is_forgotten_is_in_no_snapshot(record: Record, snapshots: Snapshots, stores: Stores) -> None:
    store = stores.create("boats", [Given("file-1", "canoes.md")])
    read(stores, {"file-1": CANOES})
    snapshot = snapshots.create(store.id)
    stores.detach(store.id, "file-1")
    assert stores.holds("file-1") and count(record, kept_documents) == 1
    stores.forget("file-1")
    assert not stores.holds("file-1") and count(record, kept_documents) == count(record, kept_vectors) == 0
    snapshots.roll_back(store.id, snapshot.id)
    assert stores.files(store.id, Page())[0] == [] and record.passages() == []


def test_a_store_takes_its_snapshots_with_it(record: Record, snapshots: Snapshots, stores: Stores) -> None:
    store = stores.create("boats", [Given("file-1", "canoes.md")])
    read(stores, {"file-1": CANOES})
    snapshots.create(store.id)
    stores.drop(store.id)
    assert snapshots.all(store.id, Page()) == ([], False) and count(record, documents) == count(record, kept_documents) == 0


def test_what_is_kept_is_embedded_by_a_new_embedder_as_well(record: Record, snapshots: Snapshots) -> None:
    add(record, "canoes.md", CANOES)
    snapshot = snapshots.create(WORKSPACE)
    record.delete_document("canoes.md")
    newer = WordVectors("newer")
    assert record.count_without_vectors("newer") == (2, 2)
    assert embed_missing(record, newer) == 2 and record.count_without_vectors("newer") == (0, 2)
    record.drop_vectors("words")
    snapshots.roll_back(WORKSPACE, snapshot.id)
    assert record.without_vectors("newer") == [] and len(record.vectors("words")[0]) == 0
    assert Searcher(record, newer).search("kayak", 1)[0].dense_rank == 1


def test_no_search_sees_half_of_a_rollback(record: Record, snapshots: Snapshots) -> None:
    for i in range(30):
        add(record, f"{i}.md", f"# Then\n\nThe old people number {i}.")
    then = snapshots.create(WORKSPACE)
    for i in range(30):
        add(record, f"{i}.md", f"# Now\n\nThe new people number {i}.")
    now = snapshots.create(WORKSPACE)
    searcher, over, seen, mixed = Searcher(record, WordVectors()), threading.Event(), set(), []

    def search() -> None:
        while not over.is_set():
            titles = [hit.passage.title for hit in searcher.search("people", 40)]
            seen.add(titles[0])
            if len(titles) != 30 or len(set(titles)) != 1:
                mixed.append(titles)

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(6):
            snapshots.roll_back(WORKSPACE, then.id)
            snapshots.roll_back(WORKSPACE, now.id)
        for snapshot, title in ((then, "Then"), (now, "Now")):  # and until a search has ended in either, however busy the machine is
            snapshots.roll_back(WORKSPACE, snapshot.id)
            until(lambda title=title: title in seen, seconds=60)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert mixed == [] and seen == {"Then", "Now"}
