"""The record keeps whole documents or none, forgets what is deleted, and says in plain words what is wrong with it."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, select

from retrieval.ingest import index_documents
from retrieval.passages import split
from retrieval.record import Record, RecordError, Weighing
from retrieval.storage import Storage

TEXT = "# Rope\n\nA rope is 60 metres long.\n\n## Care\n\nWash it in cold water."


def add(record: Record, name: str, text: str = TEXT) -> int:
    return record.add_document(name, text, split(text, title=name, is_markdown=True))


def test_a_document_comes_back_as_it_was_stored(record: Record) -> None:
    number = add(record, "rope.md")
    [document] = record.documents()
    assert (document.id, document.name, document.text, document.status) == (number, "rope.md", TEXT, "ready")
    assert [(p.full_title, p.text) for p in record.passages()] == [
        ("rope.md > Rope", "A rope is 60 metres long."),
        ("rope.md > Rope > Care", "Wash it in cold water."),
    ]
    assert all(TEXT[p.start : p.end] == p.text for p in record.passages())


def test_the_same_text_again_changes_nothing(record: Record) -> None:
    number = add(record, "rope.md")
    before = record.sequence()
    assert add(record, "rope.md") == number
    assert record.sequence() == before


def test_a_new_text_replaces_the_old(record: Record) -> None:
    old = add(record, "rope.md")
    new = add(record, "rope.md", "Ropes are sold out.")
    assert new != old
    assert [passage.text for passage in record.passages()] == ["Ropes are sold out."]
    assert [(change.kind, change.document_id) for change in record.changes_since(1)] == [("deleted", old), ("added", new)]


def test_the_weight_of_words_is_kept_for_each_embedder_and_is_a_change(record: Record) -> None:
    assert record.lexical_weight("e1") is None
    record.keep_lexical_weight("e1", 0.75, 100)
    record.keep_lexical_weight("e1", 0.4, 250)
    assert record.lexical_weight("e1") == Weighing(0.4, 250) and record.lexical_weight("e2") is None
    assert [(change.kind, change.document_id, change.about) for change in record.changes_since(0)] == [("weighed", 0, "e1")] * 2
    record.drop_vectors("e1")
    assert record.lexical_weight("e1") is None


def test_deleting_takes_the_passages_and_the_vectors(record: Record) -> None:
    add(record, "rope.md")
    ids = [passage.id for passage in record.passages()]
    record.put_vectors("e1", ids, np.eye(2, dtype=np.float32))
    assert record.delete_document("rope.md")
    assert record.documents() == [] and record.passages() == []
    assert len(record.vectors("e1")[0]) == 0
    assert not record.delete_document("rope.md")


def test_the_number_of_a_deleted_document_or_passage_is_never_used_again(record: Record) -> None:
    old = add(record, "rope.md")
    passages = {passage.id for passage in record.passages()}
    record.delete_document("rope.md")
    assert add(record, "rope.md") != old
    assert passages.isdisjoint(passage.id for passage in record.passages())


def test_vectors_come_back_bit_for_bit_for_each_embedder(record: Record) -> None:
    add(record, "rope.md")
    ids = [passage.id for passage in record.passages()]
    vectors = np.random.default_rng(0).normal(size=(2, 5)).astype(np.float32)
    record.put_vectors("e1", ids, vectors)
    record.put_vectors("e2", ids[:1], vectors[:1] * 2)
    assert np.array_equal(record.vectors("e1")[1], vectors)
    assert record.vectors("e1")[0].tolist() == ids
    assert [passage.id for passage in record.without_vectors("e2")] == ids[1:]


def test_vectors_of_a_passage_deleted_meanwhile_are_passed_over(record: Record) -> None:
    add(record, "rope.md")
    ids = [passage.id for passage in record.passages()]
    record.delete_document("rope.md")
    record.put_vectors("e1", ids, np.eye(2, dtype=np.float32))
    assert len(record.vectors("e1")[0]) == 0


def test_a_document_that_cannot_be_stored_whole_is_not_stored(record: Record) -> None:
    drafts = split(TEXT, title="rope", is_markdown=True)
    with pytest.raises(AssertionError):
        record.add_document("rope.md", TEXT, drafts, {"e1": np.zeros((1, 3), np.float32)})
    assert record.documents() == [] and record.passages() == [] and record.sequence() == 0


def test_writers_in_many_threads_wait_for_one_another(record: Record) -> None:
    threads = [threading.Thread(target=lambda i=i: [add(record, f"{i}-{j}.md") for j in range(5)]) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(record.documents()) == 20
    assert len(record.passages()) == 40


@pytest.mark.parametrize("files", [1, 4])
def test_a_kill_in_the_middle_of_indexing_loses_nothing(files: int, tmp_path: Path) -> None:
    folder, url = tmp_path / "documents", f"sqlite:///{tmp_path / 'record.sqlite'}"
    folder.mkdir()
    for i in range(6):
        (folder / f"{i}.md").write_text(TEXT.replace("60", str(i)), encoding="utf-8")
    # The kill comes inside a transaction: the passages are written, the change is not.
    script = f"""
import os, signal
from pathlib import Path
import retrieval.documents as d
import retrieval.record as r
from retrieval.ingest import index_documents
stored = 0
def die(*_):
    global stored
    stored += 1
    if stored > {files}:
        os.kill(os.getpid(), signal.SIGKILL)
d.insert_vectors = die
class Zeros:
    id, dimension = "zeros", 2
    def embed(self, texts, kind):
        import numpy as np
        return np.zeros((len(texts), 2), np.float32)
index_documents(r.Record({url!r}), Zeros(), [Path({str(folder)!r})])
"""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    killed = subprocess.run([sys.executable, "-c", script], env=environment, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    record = Record(url)
    assert [document.name for document in record.documents()] == [f"{i}.md" for i in range(files)]
    assert len(record.passages()) == 2 * files
    report = index_documents(record, None, [folder])
    assert (len(report.unchanged), len(report.added)) == (files, 6 - files)
    assert len(record.passages()) == 12


def test_a_damaged_file_is_named_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    path.write_bytes(b"this is no database at all, it is a letter" * 100)
    with pytest.raises(RecordError, match=r"damaged.*record\.sqlite"):
        Record(f"sqlite:///{path}")


def test_a_place_that_does_not_exist_is_named_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be opened"):
        Record(f"sqlite:///{tmp_path / 'nowhere' / 'record.sqlite'}")


def test_an_address_that_is_none_is_named_in_a_sentence() -> None:
    with pytest.raises(RecordError, match="'quicksand' is not the address"):
        Record("quicksand")


def test_files_that_cannot_be_read_are_recorded_with_the_reason(record: Record, tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "good.md").write_text(TEXT, encoding="utf-8")
    (folder / "empty.txt").write_text("  \n")
    (folder / "binary.txt").write_bytes(bytes(range(1, 256)))
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / "large.txt").write_text("x" * 10_000_001)
    seen: list[tuple[int, int, str]] = []
    report = index_documents(record, None, [folder], lambda *step: seen.append(step))
    assert report.added == ("deep/good.md",)
    reasons = dict(report.failed)
    assert reasons["empty.txt"] == "empty"
    assert "not UTF-8" in reasons["binary.txt"]
    assert "too large" in reasons["large.txt"]
    assert "picture.png" not in reasons and report.skipped == {".png": 1}
    assert seen[-1][:2] == (4, 4)
    assert {document.name: document.error for document in record.documents() if document.status == "failed"} == reasons


def test_a_record_that_an_older_version_made_gets_the_columns_that_have_come_since(record_url: str) -> None:
    older, newer = MetaData(), MetaData()
    Table("things", older, Column("number", Integer, primary_key=True))
    things = Table(
        "things", newer, Column("number", Integer, primary_key=True), Column("part", String(20), nullable=False, server_default="answerer"),
        Column("seen", Integer),
    )  # fmt: skip
    old = Storage(record_url, older)
    with old.transaction(writes=True) as connection:
        connection.exec_driver_sql("INSERT INTO things VALUES (1)")
    old.close()
    for _ in range(2):  # the second time there is nothing to add
        new = Storage(record_url, newer)
        with new.transaction() as connection:
            assert connection.execute(select(things)).all() == [(1, "answerer", None)]
        new.close()
