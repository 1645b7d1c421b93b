"""Vector stores in the record: a document stands there once and only whole, goes with its last store, and is found only there."""

from __future__ import annotations


import numpy as np
import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, Text, UniqueConstraint, insert

from retrieval.ingest import cut, index_text
from retrieval.paging import Page, UnknownCursor
from retrieval.record import Record
from retrieval.search import Searcher
from retrieval.storage import Storage
from retrieval.stores import WORKSPACE, Given, Stores
from tests.test_search import WordVectors

CANOES = "# Boats\n\nA canoe carries three people and their luggage down a river."


@pytest.fixture
def stores(record: Record) -> Stores:
    return Stores(record)


def read(stores: Stores, text: str = CANOES) -> None:
    """Reads whatever waits, as if it said `text`."""
    while (file := stores.waiting()) is not None:
        stores.complete(file, text, *cut(file.filename, text, WordVectors()))


def numbers(stores: Stores, *ids: str) -> list[int]:
    return list(stores.searchable(ids))


def found(record: Record, question: str, documents: list[int] | None = None, k: int = 10) -> set[str]:
    by_words, by_both = Searcher(record), Searcher(record, WordVectors())
    names = [{hit.document for hit in searcher.search(question, k, documents)} for searcher in (by_words, by_both)]
    return names[0] | names[1]


def test_a_file_waits_until_it_is_read_and_is_found_in_its_store_alone(record: Record, stores: Stores) -> None:
    index_text(record, WordVectors(), "river.md", "The river has no canoe today.")
    store = stores.create("boats", [Given("file-1", "canoes.md", {"year": 2024})])
    assert stores.file(store.id, "file-1").status == "in_progress" and numbers(stores, store.id) == []  # type: ignore[union-attr]
    read(stores)
    file = stores.file(store.id, "file-1")
    assert file is not None and (file.status, file.bytes, file.attributes) == ("completed", len(CANOES), {"year": 2024})
    assert found(record, "canoe river", numbers(stores, store.id)) == {"file-1"}
    assert found(record, "canoe river") == {"river.md"}
    assert found(record, "canoe river", numbers(stores, WORKSPACE, store.id)) == {"river.md", "file-1"}


def test_a_small_store_in_a_large_record_is_searched_before_the_cut(record: Record, stores: Stores) -> None:
    for number in range(60):  # more than a search takes from either side
        index_text(record, WordVectors(), f"{number}.md", f"A canoe, a river, and canoe number {number} on the river.")
    store = stores.create("boats", [Given("file-1", "canoes.md")])
    read(stores, "Much that is not about boats at all, and in it somewhere a river.")
    assert found(record, "canoe river", numbers(stores, store.id)) == {"file-1"}
    assert "file-1" not in found(record, "canoe river", k=100)


def test_a_document_stands_once_and_goes_with_the_last_store_that_holds_it(record: Record, stores: Stores) -> None:
    one, two = (stores.create(name, [Given("file-1", "canoes.md")]) for name in ("one", "two"))
    read(stores)
    assert numbers(stores, one.id) == numbers(stores, two.id) and len(record.passages()) == 1
    searcher = Searcher(record, WordVectors())
    assert searcher.search("canoe", 10, numbers(stores, two.id))
    assert stores.detach(one.id, "file-1") and not stores.detach(one.id, "file-1")
    assert numbers(stores, one.id) == [] and searcher.search("canoe", 10, numbers(stores, two.id))
    before = numbers(stores, two.id)
    assert stores.drop(two.id)
    assert record.passages() == [] and searcher.search("canoe", 10, before) == []
    assert stores.store(two.id) is None and stores.waiting() is None


def test_a_file_that_is_forgotten_is_in_no_store(record: Record, stores: Stores) -> None:
    one, two = (stores.create(name, [Given("file-1", "canoes.md")]) for name in ("one", "two"))
    read(stores)
    assert stores.holds("file-1")
    stores.forget("file-1")
    assert not stores.holds("file-1") and numbers(stores, one.id, two.id) == [] and record.passages() == []


def test_a_file_that_is_in_one_store_already_is_not_read_again_for_another(stores: Stores) -> None:
    stores.create("one", [Given("file-1", "canoes.md")])
    read(stores)
    two = stores.create("two")
    assert stores.attach(two.id, Given("file-1", "canoes.md")).status == "completed" and stores.waiting() is None
    assert stores.usage([two.id])[two.id].bytes == len(CANOES)


def test_a_document_that_cannot_be_stored_whole_leaves_its_file_waiting(record: Record, stores: Stores) -> None:
    store = stores.create("boats", [Given("file-1", "canoes.md")])
    file = stores.waiting()
    assert file is not None
    with pytest.raises(AssertionError):
        stores.complete(file, CANOES, cut("canoes.md", CANOES, None)[0], {"e": np.zeros((7, 3), np.float32)})
    assert record.passages() == [] and stores.waiting() == file and numbers(stores, store.id) == []


def test_what_is_taken_from_its_store_while_it_is_read_is_not_stored(record: Record, stores: Stores) -> None:
    store = stores.create("boats", [Given("file-1", "canoes.md")])
    file = stores.waiting()
    assert file is not None and stores.detach(store.id, "file-1")
    stores.complete(file, CANOES, *cut("canoes.md", CANOES, WordVectors()))
    assert record.passages() == []


def test_the_reason_of_a_failure_stays_and_adding_the_file_again_tries_again(record_url: str, record: Record, stores: Stores) -> None:
    store = stores.create("boats", [Given("file-1", "canoes.pdf")])
    stores.fail("file-1", "unsupported_file", "only text can be read")
    again = Record(record_url)
    file = Stores(again).file(store.id, "file-1")
    again.close()
    assert file is not None and (file.status, file.code, file.error) == ("failed", "unsupported_file", "only text can be read")
    assert stores.usage([store.id])[store.id].files["failed"] == 1
    assert stores.attach(store.id, Given("file-1", "canoes.pdf")).status == "in_progress"


def test_a_cancelled_batch_leaves_what_was_read(stores: Stores) -> None:
    store = stores.create("boats")
    first = stores.attach_all(store.id, [Given("file-1", "1.md")])
    read(stores)
    second = stores.attach_all(store.id, [Given("file-1", "1.md"), Given("file-2", "2.md")])
    for batch in (first, second):
        stores.cancel(store.id, batch.id)
    (one, usage), (two, rest) = stores.batch(store.id, first.id), stores.batch(store.id, second.id)  # type: ignore[misc]
    assert (one.cancelled, usage.files["completed"]) == (False, 1)
    assert (two.cancelled, rest.files["completed"], rest.files["cancelled"]) == (True, 1, 1)
    assert [file.file for file in stores.files(store.id, Page(), "cancelled")[0]] == ["file-2"] and stores.waiting() is None


def test_pages_go_both_ways_in_both_orders(stores: Stores) -> None:
    store = stores.create("boats", [Given(f"file-{i}", f"{i}.md") for i in range(5)])

    def page(**given: object) -> tuple[str, bool]:
        files, more = stores.files(store.id, Page(limit=2, **given))  # type: ignore[arg-type]
        return "".join(file.file[-1] for file in files), more

    assert page() == ("43", True) and page(after="file-3") == ("21", True) and page(after="file-1") == ("0", False)
    assert page(before="file-1") == ("32", True) and page(before="file-3") == ("4", False)
    assert page(ascending=True) == ("01", True) and page(ascending=True, before="file-3") == ("12", True)
    assert page(after="file-4", before="file-2") == ("3", False)
    with pytest.raises(UnknownCursor, match="before"):
        page(before="file-none")


def test_the_workspace_is_a_store_of_its_own_documents(record: Record, stores: Stores) -> None:
    index_text(record, None, "river.md", "Ein Fluß.")
    record.add_failure("river.xlsx", "only text can be read")
    stores.create("boats", [Given("file-1", "canoes.md")])
    read(stores)
    assert [store.name for store in stores.stores(Page(ascending=True))[0]] == ["Workspace", "boats"]
    (good, bad), more = stores.files(WORKSPACE, Page(ascending=True))
    assert (good.filename, good.status, good.bytes, more) == ("river.md", "completed", 10, False)
    assert (bad.filename, bad.status, bad.code) == ("river.xlsx", "failed", "unsupported_file")
    assert stores.file(WORKSPACE, good.file) == good and stores.file(WORKSPACE, "file-1") is None
    assert stores.files(WORKSPACE, Page(after=bad.file))[0] == [good]
    usage = stores.usage([WORKSPACE])[WORKSPACE]
    assert (usage.files["completed"], usage.files["failed"], usage.bytes) == (1, 1, 10)


def test_a_store_expires_when_it_was_not_used_for_its_days(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    store = stores.create("boats", days=2)
    now = store.created
    for day, expired in ((1.5, False), (3, False), (6, True)):
        monkeypatch.setattr("retrieval.stores.time.time", lambda day=day: now + day * 86_400)
        assert stores.store(store.id).expired is expired  # type: ignore[union-attr]
        stores.use([store.id])


def test_a_record_from_before_there_were_stores_opens_with_all_its_documents_the_workspaces_own(record_url: str) -> None:
    older = MetaData()
    documents = Table(
        "documents", older, Column("id", Integer, primary_key=True, autoincrement=True), Column("name", String(1000), unique=True),
        *(Column(name, Text, nullable=False) for name in ("sha256", "text", "status", "error", "created_at")), sqlite_autoincrement=True,
    )  # fmt: skip
    passages = Table(
        "passages", older, Column("id", Integer, primary_key=True, autoincrement=True), Column("document_id", ForeignKey("documents.id")),
        Column("ordinal", Integer), Column("start", Integer), Column("end", Integer),
        *(Column(name, Text, nullable=False) for name in ("title", "heading", "text")), UniqueConstraint("document_id", "ordinal"),
    )  # fmt: skip
    columns = (Column("sequence", Integer, primary_key=True), Column("kind", String(10)), Column("document_id", Integer))
    changes = Table("changes", older, *columns)
    old = Storage(record_url, older)
    with old.transaction(writes=True) as connection:
        row = {"id": 1, "name": "a.md", "sha256": "", "text": CANOES, "status": "ready", "error": ""}
        connection.execute(insert(documents), {**row, "created_at": "2025-01-01T00:00:00+00:00"})
        place = {"document_id": 1, "ordinal": 0, "start": 9, "end": 16, "title": "Boats", "heading": "", "text": "A canoe"}
        connection.execute(insert(passages), place)
        connection.execute(insert(changes), {"kind": "added", "document_id": 1})
    old.close()
    record = Record(record_url)
    assert [hit.document for hit in Searcher(record).search("canoe")] == ["a.md"]
    assert [file.filename for file in Stores(record).files(WORKSPACE, Page())[0]] == ["a.md"]
    record.close()
