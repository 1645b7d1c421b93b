"""Every file of a folder ends as indexed or failed, none harms another, and whatever happens the same command goes on with the rest."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from retrieval.ingest import index_documents
from retrieval.reader import Reader
from retrieval.record import Record
from retrieval.sources import known_sources
from tests.files import hello, hostile, lines, pdf

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    return folder


def write(folder: Path, **files: str) -> None:
    """Markdown files by their names without the ending."""
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


def states(record: Record) -> dict[str, str]:
    return {document.name: document.error or document.status for document in record.documents()}


def test_hostile_files_fail_with_reasons_that_stay_and_those_beside_them_are_indexed(record: Record, folder: Path) -> None:
    for name, (content, _) in hostile().items():
        (folder / name).write_bytes(content)
    good = {"a.md": b"Tents last.", "m.docx": hello(), "z.html": b"<p>Tents last.", "z.csv": b"Tents\nlast"}
    good["m.pdf"] = pdf([lines("Tents last.")])
    for name, content in good.items():
        (folder / name).write_bytes(content)
    report = index_documents(record, None, [folder])
    assert set(report.added) == set(good) and report.skipped == {".xyz": 1}
    reasons = {name: why for name, (_, why) in hostile().items() if name != "what.xyz"}
    kept = states(record)
    assert set(kept) == set(good) | set(reasons)
    assert all(why in kept[name] for name, why in reasons.items()) and dict(report.failed) == {name: kept[name] for name in reasons}
    assert all("Tents" in document.text and "last" in document.text for document in record.documents() if document.status == "ready")


def test_a_file_whose_bytes_are_known_is_not_read_again(record: Record, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, tents="Tents last.", boots="Boots last.")
    index_documents(record, None, [folder])
    read: list[str] = []
    reading = Reader.read
    monkeypatch.setattr(Reader, "read", lambda self, content, name, *rest: read.append(name) or reading(self, content, name, *rest))
    assert index_documents(record, None, [folder]).unchanged == ("boots.md", "tents.md") and read == []
    write(folder, tents="Tents last long.")
    assert index_documents(record, None, [folder]).added == ("tents.md",) and read == ["tents.md"]
    (folder / "boots.md").write_bytes(b"\xef\xbb\xbfBoots last.")  # other bytes, the same text
    before = record.document("boots.md")
    assert index_documents(record, None, [folder]).unchanged == ("boots.md", "tents.md")
    assert record.document("boots.md") == before


def test_what_failed_is_tried_again(record: Record, folder: Path) -> None:
    (folder / "page.md").write_bytes(b"<html>")
    assert [name for name, _ in index_documents(record, None, [folder]).failed] == ["page.md"]
    write(folder, page="Tents last.")
    assert index_documents(record, None, [folder]).added == ("page.md",)
    (folder / "page.md").write_bytes(b"")
    assert index_documents(record, None, [folder]).failed == (("page.md", "empty"),) and record.passages() == []


def test_files_of_one_name_in_two_folders_are_two_documents(record: Record, tmp_path: Path, folder: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write(folder, prices="Tents cost 189.50.")
    write(other, prices="Boots cost 90.")
    assert index_documents(record, None, [folder, other]).added == ("prices.md", "other/prices.md")
    assert index_documents(record, None, [other]).unchanged == ("other/prices.md",)
    assert index_documents(record, None, [other / "prices.md", folder, folder]).unchanged == ("other/prices.md", "prices.md")
    folder.rename(tmp_path / "moved")
    assert index_documents(record, None, [tmp_path / "moved"]).unchanged == ("prices.md",)


def test_documents_whose_files_are_gone_are_named_and_stay(record: Record, tmp_path: Path, folder: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write(folder, tents="Tents last.", boots="Boots last.")
    write(other, prices="Boots cost 90.")
    index_documents(record, None, [folder, other])
    (folder / "boots.md").unlink()
    (other / "prices.md").unlink()
    report = index_documents(record, None, [folder])
    assert (report.vanished, report.unchanged) == (("boots.md",), ("tents.md",))
    assert set(states(record)) == {"tents.md", "boots.md", "prices.md"}


def test_what_the_walk_passes_over_is_counted(record: Record, folder: Path) -> None:
    (folder / ".git").mkdir()
    for name in (".git/notes.md", ".hidden.md", "~$open.docx", "a.png", "b.PNG", "Makefile"):
        (folder / name).write_text("x")
    write(folder, tents="Tents last.")
    report = index_documents(record, None, [folder])
    assert (report.added, report.skipped) == (("tents.md",), {"hidden": 2, ".png": 2, "": 1})


def test_names_that_are_no_text_and_places_that_are_no_files(record: Record, folder: Path) -> None:
    (folder / os.fsdecode(b"M\xe1laga.md")).write_text("Tents last.")
    os.mkfifo(folder / "pipe.md")
    (folder / "nowhere.md").symlink_to(folder / "none")
    report = index_documents(record, None, [folder, folder / "pipe.md"])
    assert report.added == ("M\\xe1laga.md",)
    assert dict(report.failed) == {"pipe.md": "not a file", "nowhere.md": "cannot be opened: No such file or directory"}


# --- Stops in the middle ----------------------------------------------------------------------------------------------

MANY = 120


COMMAND = ["-m", "service.cli", "index", "{folder}", "--workspace", "{workspace}"]
FUNCTION = [
    "-c",
    "from pathlib import Path; from retrieval.ingest import index_documents; from retrieval.record import Record\n"
    "index_documents(Record('sqlite:///{workspace}/record.sqlite'), None, [Path('{folder}')])",
]


def start(program: list[str], folder: Path, workspace: Path) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RECKONER_")}
    environment |= {"RECKONER_EMBEDDER": "", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, *(part.format(folder=folder, workspace=workspace) for part in program)], cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip


def indexed(workspace: Path, mode: str = "ro") -> dict[str, int]:
    """The numbers of the documents that the record holds, by name.

    A process killed just after a commit may leave SQLite's index of the log one commit behind; only a reader who may write, `mode`
    "rw", brings that up to date and sees all that was committed.
    """
    try:
        with closing(sqlite3.connect(f"file:{workspace / 'record.sqlite'}?mode={mode}", uri=True)) as connection:
            return dict(connection.execute("SELECT name, id FROM documents"))
    except sqlite3.OperationalError:  # it is not there yet
        return {}


@pytest.mark.parametrize(("program", "end"), [(COMMAND, signal.SIGINT), (FUNCTION, signal.SIGKILL)], ids=["Ctrl+C", "kill -9"])
def test_an_indexing_that_was_ended_goes_on_with_the_rest(tmp_path: Path, folder: Path, program: list[str], end: signal.Signals) -> None:
    for i in range(MANY):
        (folder / f"{i:03}.html").write_text(f"<h1>Tent {i}</h1><p>It lasts {i} days.")
    workspace = tmp_path / "w"
    workspace.mkdir()
    process = start(program, folder, workspace)
    while len(indexed(workspace)) < 20 and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(end)
    out, err = process.communicate()
    done = indexed(workspace, "rw")
    assert 20 <= len(done) < MANY, err
    if end is signal.SIGINT:
        assert (process.returncode, out) == (130, "") and "the same command goes on with the rest" in err and "Traceback" not in err
    record = Record(f"sqlite:///{workspace / 'record.sqlite'}")
    report = index_documents(record, None, [folder])
    assert (set(report.unchanged), len(report.added), report.failed) == (set(done), MANY - len(done), ())
    ready = {document.name: document.id for document in record.documents() if document.status == "ready"}
    assert len(ready) == len(record.passages()) == MANY and done.items() <= ready.items()  # none of them is stored anew
    with record.transaction() as connection:
        assert all(known.source.digest for known in known_sources(connection).values())
    record.close()


def test_the_process_that_reads_ends_with_the_one_that_asks(tmp_path: Path) -> None:
    script = (
        "import sys, os; from retrieval.reader import Reader; reader = Reader(); reader.read(b'Tents last.', 'a.md')\n"
        "print(reader.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL
    while Path(f"/proc/{int(ended.stdout)}").exists() and "Z" not in Path(f"/proc/{int(ended.stdout)}/stat").read_text().split()[2]:
        time.sleep(0.01)
