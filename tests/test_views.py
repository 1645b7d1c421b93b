"""Indexes rest in a folder between two runs, know how far they have come, and are built anew where they are not to be trusted."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval import dense
from retrieval.ingest import cut, index_text
from retrieval.record import Record
from retrieval.search import Searcher
from retrieval.stores import Given, Stores
from retrieval.views import Views
from tests.test_search import WordVectors as _WordVectors

QUESTIONS = ("grey heron", "kingfisher", "bird number 3", "water", "heron stands in the river")


class WordVectors(_WordVectors):
    dimension = 256


@pytest.fixture(autouse=True)
def save_at_every_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "_UNSAVED", -1)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    record = Record(f"sqlite:///{tmp_path / 'record.sqlite'}")
    for number in range(5):
        add(record, number)
    yield record
    record.close()


def add(record: Record, number: int, text: str = "A grey heron stands in the water.") -> None:
    index_text(record, WordVectors(), f"bird-{number}.txt", f"This is bird number {number}.\n\n{text}")


def opened(record: Record, folder: Path) -> tuple[Searcher, Views]:
    views = Views(folder / "views")
    return Searcher(record, WordVectors(), views=views), views


def leave_indexes(record: Record, folder: Path) -> None:
    searcher, views = opened(record, folder)
    assert views.kept and found(searcher)
    searcher.close()


def found(searcher: Searcher) -> list[list[tuple[int, str, int | None, int | None]]]:
    return [
        [(hit.passage_id, hit.passage.text, hit.lexical_rank, hit.dense_rank) for hit in searcher.search(question, 10)]
        for question in QUESTIONS
    ]


def never_read_whole(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, to build an index out of the whole record fails."""

    def refuse(*_: object) -> None:
        raise AssertionError("the record was read whole")

    monkeypatch.setattr(record, "stream_passages", refuse)
    streamed = record.stream_vectors
    monkeypatch.setattr(record, "stream_vectors", lambda embedder, some=None: refuse() if some is None else streamed(embedder, some))


def test_a_start_goes_on_from_what_rests_and_catches_up(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_indexes(record, tmp_path)
    add(record, 9, "A kingfisher dives into the water.")
    record.delete_document("bird-1.txt")
    fresh = found(Searcher(record, WordVectors()))
    never_read_whole(record, monkeypatch)
    searcher, _ = opened(record, tmp_path)
    assert found(searcher) == fresh and searcher.sequence == record.sequence()
    assert searcher.search("kingfisher")[0].document == "bird-9.txt"


def test_indexes_that_rest_are_those_of_the_last_change(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a running searcher has caught up with needs no catching up at the next start."""
    searcher, _ = opened(record, tmp_path)
    add(record, 9, "A kingfisher dives into the water.")
    before = found(searcher)
    searcher.close()
    never_read_whole(record, monkeypatch)
    last = record.sequence()
    monkeypatch.setattr(record, "touched_since", lambda sequence, embedder="": set() if sequence == last else pytest.fail("behind"))
    again, _ = opened(record, tmp_path)
    assert found(again) == before


def test_indexes_that_rest_keep_uploaded_files_apart_from_the_workspace_s_own(record: Record, tmp_path: Path) -> None:
    stores = Stores(record)
    store = stores.create("guests").id
    stores.attach(store, Given("file-1", "guests.md", {}))
    waits, text = stores.waiting(), "A grey heron stands in the water of a guest."
    assert waits is not None
    stores.complete(waits, text, *cut(waits.filename, text, WordVectors()))
    leave_indexes(record, tmp_path)
    searcher, _ = opened(record, tmp_path)
    assert {hit.document for hit in searcher.search("grey heron", 10)} == {f"bird-{number}.txt" for number in range(5)}
    assert "file-1" in {hit.document for hit in searcher.search("grey heron", 10, lambda: stores.searchable([store], None))}


@pytest.mark.parametrize("damage", ["cut short", "zeros", "one byte", "gone"])
def test_damaged_files_are_built_anew(damage: str, record: Record, tmp_path: Path) -> None:
    leave_indexes(record, tmp_path)
    fresh = found(Searcher(record, WordVectors()))
    files = sorted(path for path in (tmp_path / "views").rglob("*") if path.is_file() and path.stat().st_size)
    assert any(path.suffix == ".npz" for path in files) and any(path.name == "meta.json" for path in files)
    for path in files:
        shutil.copytree(tmp_path / "views", tmp_path / "copy")
        _harm(path, damage)
        searcher, _ = opened(record, tmp_path)
        assert found(searcher) == fresh, path.name
        searcher.close()
        shutil.rmtree(tmp_path / "views")
        (tmp_path / "copy").rename(tmp_path / "views")


def _harm(path: Path, damage: str) -> None:
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    elif damage == "one byte":
        middle = len(content) // 3
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 0x10]) + content[middle + 1 :])
    else:
        path.write_bytes(content[: len(content) // 2] if damage == "cut short" else bytes(len(content)))


def test_indexes_of_another_record_are_not_taken(record: Record, tmp_path: Path) -> None:
    leave_indexes(record, tmp_path)
    other = Record(f"sqlite:///{tmp_path / 'other.sqlite'}")
    for number in range(7):  # the same numbers, other texts
        add(other, number, "A kingfisher dives.")
    searcher, _ = opened(other, tmp_path)
    assert found(searcher) == found(Searcher(other, WordVectors()))
    assert not any("heron" in text for hits in found(searcher) for _, text, _, _ in hits)


def test_a_record_restored_from_a_copy_that_went_its_own_way_is_indexed_anew(record: Record, tmp_path: Path) -> None:
    record.close()
    shutil.copy(tmp_path / "record.sqlite", tmp_path / "backup.sqlite")
    record = Record(f"sqlite:///{tmp_path / 'record.sqlite'}")
    add(record, 8, "A heron that the copy never saw.")
    leave_indexes(record, tmp_path)
    restored = Record(f"sqlite:///{tmp_path / 'backup.sqlite'}")
    add(restored, 8, "A kingfisher instead.")
    assert restored.sequence() == record.sequence()
    searcher, _ = opened(restored, tmp_path)
    assert found(searcher) == found(Searcher(restored, WordVectors()))
    assert not any("never saw" in text for hits in found(searcher) for _, text, _, _ in hits)


def test_a_second_process_reads_what_the_first_keeps_and_changes_nothing(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, views = opened(record, tmp_path)
    found(first)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "views").rglob("*")}
    add(record, 9, "A kingfisher dives into the water.")
    fresh = found(Searcher(record, WordVectors()))
    never_read_whole(record, monkeypatch)
    second, others = opened(record, tmp_path)
    assert views.kept and not others.kept
    assert found(second) == fresh
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "views").rglob("*")} == before
    assert found(first) == fresh
    first.close()
    third, kept = opened(record, tmp_path)
    assert kept.kept and found(third) == fresh


def test_without_a_folder_that_can_be_written_indexes_are_in_memory(record: Record, tmp_path: Path) -> None:
    (tmp_path / "views").write_text("a file, where the folder should be")
    searcher, views = opened(record, tmp_path)
    assert not views.kept and found(searcher) == found(Searcher(record, WordVectors()))


_CHANGING = """
import itertools, sys
from pathlib import Path
from retrieval import dense
from tests.test_views import Record, add, found, opened
dense._UNSAVED = -1
folder = Path(sys.argv[1])
record = Record(f"sqlite:///{folder / 'record.sqlite'}")
searcher, views = opened(record, folder)
assert views.kept
for number in itertools.count(int(sys.argv[2])):
    add(record, number)
    record.delete_document(f"bird-{number - 3}.txt")
    found(searcher)
    print(number, flush=True)
"""


def test_a_process_killed_at_any_moment_leaves_indexes_that_can_be_caught_up(record: Record, tmp_path: Path) -> None:
    for kill in range(4):
        command = [sys.executable, "-c", _CHANGING, str(tmp_path), str(100 * (kill + 1))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent) as process:
            assert process.stdout is not None
            for _ in range(2 + 3 * kill):
                assert process.stdout.readline()
            os.kill(process.pid, signal.SIGKILL)
        searcher, views = opened(record, tmp_path)
        assert views.kept and found(searcher) == found(Searcher(record, WordVectors()))
        searcher.close()
    assert len(list((tmp_path / "views").glob("words-*"))) == 1 and not list((tmp_path / "views").glob("saving-*"))
