"""How settings are read: which source goes first, and one clear line for every mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.checkpoint import CheckpointError
from service.settings import SettingsError, fields, read_settings
from service.workspace import open_embedder


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_given_goes_before_the_environment_and_that_before_the_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "reckoner.toml").write_text("port = 1\nbeams = 1\nqueue = 1\npassages = 1\n")
    (folder / ".env").write_text("RECKONER_PORT=2\nRECKONER_BEAMS=2\nRECKONER_QUEUE=2\n")
    monkeypatch.setenv("RECKONER_PORT", "3")
    monkeypatch.setenv("RECKONER_BEAMS", "3")
    settings = read_settings(port=4)
    assert (settings.port, settings.beams, settings.queue, settings.passages) == (4, 3, 2, 1)


@pytest.mark.parametrize("written", ["shop=shop.sqlite, hr=/data/hr.sqlite", '{"shop": "shop.sqlite", "hr": "/data/hr.sqlite"}'])
def test_databases_are_files_by_name(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECKONER_DATABASES", written)
    assert read_settings().databases == {"shop": Path("shop.sqlite"), "hr": Path("/data/hr.sqlite")}


def test_databases_may_stand_in_the_file(folder: Path) -> None:
    (folder / "reckoner.toml").write_text('[databases]\nshop = "shop.sqlite"\n')
    assert read_settings().databases == {"shop": Path("shop.sqlite")}


def test_every_mistake_has_a_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECKONER_PORT", "abc")
    monkeypatch.setenv("RECKONER_THRESOLD", "0.5")
    monkeypatch.setenv("RECKONER_DATABASES", "shop")
    (folder / "reckoner.toml").write_text("beans = 4\n")
    with pytest.raises(SettingsError) as error:
        read_settings(threshold=7)
    lines = str(error.value).splitlines()
    assert len(lines) == 5
    for expected in (
        "RECKONER_THRESOLD is no setting; did you mean RECKONER_THRESHOLD?",
        "'beans' is no setting; did you mean 'beams'?",
        "databases must be written as NAME=FILE, several with commas between them, not 'shop'",
    ):
        assert expected in lines


def test_a_record_is_kept_where_it_can_be_and_its_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECKONER_RECORD_URL", "mysql://reckoner:secret@host/reckoner")
    with pytest.raises(SettingsError, match="record_url must be the address of a PostgreSQL database") as error:
        read_settings()
    assert "secret" not in str(error.value)


def test_a_file_that_cannot_be_read_is_a_mistake_too(folder: Path) -> None:
    (folder / "reckoner.toml").write_text("port = \n")
    with pytest.raises(SettingsError, match="reckoner.toml cannot be read"):
        read_settings()


def test_every_setting_is_described() -> None:
    assert all(description for _, _, description in fields())


def test_the_readme_lists_every_setting_with_its_default_and_what_it_does() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    listed = [line for line in readme.splitlines() if line.startswith("| `RECKONER_")]
    assert listed == [f"| `{variable}` | {default or '–'} | {description} |" for variable, default, description in fields()]


def test_a_misspelt_option_of_a_database_is_told_which_it_is_near(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECKONER_DATABASE_OPTIONS", '{"shop": {"hiden": []}}')
    with pytest.raises(SettingsError, match="'database_options.shop.hiden' is no setting; did you mean 'hidden'?"):
        read_settings()


def test_files_that_are_not_there_are_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="exam must be a file that is there, not '.*none.jsonl'"):
        read_settings(exam=tmp_path / "none.jsonl")
    with pytest.raises(CheckpointError, match=f"There is no checkpoint at {tmp_path / 'none'}"):
        open_embedder(read_settings(embedder=tmp_path / "none").embedder)


def test_an_empty_name_stands_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECKONER_EMBEDDER", "")
    monkeypatch.setenv("RECKONER_EXAM", "")
    settings = read_settings()
    assert (settings.embedder, settings.exam, open_embedder(settings.embedder)) == (None, None, None)
