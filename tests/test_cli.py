"""The command line helps, and ends with one plain sentence and the right exit code whatever is wrong."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from service.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """(exit code, stdout, stderr)."""
    with pytest.raises(SystemExit) as ended:
        main(list(map(str, arguments)))
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of the machine, and nothing is written beside the code."""
    for name in list(os.environ):
        if name.startswith("RECKONER_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "command", ["serve", "ask", "index", "prepare", "practice", "train answerer", "train embedder", "calibrate", "exam", "draw"]
)
def test_every_command_helps_with_an_example(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, _ = run(capsys, *command.split(), "--help")
    assert code == 0
    assert "Example" in out


def test_help_does_not_wait_for_torch() -> None:
    root = Path(__file__).parent.parent
    loaded = "import sys, service.cli; print('torch' in sys.modules, 'fastapi' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", loaded], cwd=root, capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("arguments", [
    ["exam", "astrology"], ["exam", "squad"], ["exam", "squad", "nowhere.json"], ["ask"], ["index", "nowhere"],
    ["ask", "Why?", "--database", "shop.sqlite"], ["prepare", "--sets", "astrology"], ["serve", "--port", "99999"], ["nonsense"],
])  # fmt: skip
def test_wrong_usage_exits_with_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert "Traceback" not in err


def test_no_checkpoint(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, "ask", "Why?", "--model", tmp_path / "nowhere")
    assert (code, out) == (1, "")
    assert err == f"reckoner: There is no checkpoint at {tmp_path / 'nowhere'}.\n"


def test_a_damaged_checkpoint(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{")
    code, _, err = run(capsys, "exam", "questions", "--model", tmp_path / "model", "--processes", 1, "--workspace", tmp_path / "w")
    assert code == 1
    assert err.endswith("has a damaged config.json.\n")


def test_a_damaged_record(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    workspace.mkdir()
    (workspace / "record.sqlite").write_bytes(b"no database at all" * 100)
    (tmp_path / "notes.md").write_text("# Notes\n\nTents last.")
    code, _, err = run(capsys, "index", tmp_path / "notes.md", "--workspace", workspace)
    assert code == 1
    assert "reckoner: The record is damaged" in err and "Traceback" not in err


def test_a_missing_database(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "practice", "--database", "shop=nowhere.sqlite", "--out", tmp_path / "out")
    assert code == 1
    assert err == "reckoner: the file of the database 'shop' is missing\n"


def test_no_data_to_prepare_or_to_train_on(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "prepare", "--data", tmp_path, "--out", tmp_path / "out", "--sets", "squad")
    assert code == 1 and "is missing" in err
    code, _, err = run(capsys, "train", "answerer", "--data", tmp_path, "--out", tmp_path / "run", "--device", "cpu")
    assert code == 1 and "reckoner prepare" in err


def test_a_misspelt_setting_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECKONER_TRESHOLD", "0.5")
    code, _, err = run(capsys, "ask", "Why?")
    assert code == 1 and "RECKONER_THRESHOLD" in err


def test_indexing_reports_what_it_could_not_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "tents.md").write_text("# Tents\n\nTents carry a warranty of 24 months.")
    (documents / "picture.txt").write_bytes(bytes(range(256)))
    code, out, err = run(capsys, "index", documents, "--workspace", tmp_path / "w")
    assert code == 1
    assert out.startswith("1 added") and "1 failed" in out
    assert "picture.txt: " in err


def test_indexing_says_what_is_gone_and_deletes_it_when_asked_to(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    for name in ("tents.md", "prices.csv", "tent.png"):
        (documents / name).write_text("Name,Price\nGannet,189.50\n")
    arguments = ("index", documents, "--workspace", tmp_path / "w")
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (0, "2 added (2 passages), 0 unchanged, 0 failed\n") and "passed over: 1 .png" in err
    (documents / "prices.csv").unlink()
    for _ in range(2):
        assert "prices.csv: its file is gone; the document stays, unless you say --prune" in run(capsys, *arguments)[2]
    assert "prices.csv: its file is gone; so is the document" in run(capsys, *arguments, "--prune")[2]
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (0, "0 added (0 passages), 1 unchanged, 0 failed\n") and "gone" not in err


def test_the_language_exam_prints_exactly_one_object(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "spider"
    (folder / "database" / "shop").mkdir(parents=True)
    with sqlite3.connect(folder / "database" / "shop" / "shop.sqlite") as connection:
        connection.execute("CREATE TABLE tent (name TEXT)")
        connection.execute("INSERT INTO tent VALUES ('Gannet')")
    connection.close()
    columns = [[-1, "*"], [0, "name"]]
    tables = [{"db_id": "shop", "table_names_original": ["tent"], "column_names_original": columns, "foreign_keys": []}]
    (folder / "tables.json").write_text(json.dumps(tables))
    (folder / "dev.json").write_text(json.dumps([{"db_id": "shop", "question": "Which tents?", "query": "SELECT name FROM tent"}]))
    code, out, _ = run(capsys, "exam", "language", folder, "--json")
    assert code == 0
    assert json.loads(out)["share"] == 1
