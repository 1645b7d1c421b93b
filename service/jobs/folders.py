"""Where things lie: the folder of a job, an uploaded file, the checkpoint of a model by its name."""

from __future__ import annotations

from pathlib import Path

from service.jobs.ledger import JobError, Ledger, Part
from service.settings import Settings

EMBEDDER = "reckoner-embedder"  # the embedder of the settings, as requests and jobs name it


def job_folder(settings: Settings, job: str) -> Path:
    return settings.workspace / "jobs" / job


def file_path(settings: Settings, id: str) -> Path:
    return settings.workspace / "files" / id


def model_folder(name: str, ledger: Ledger, settings: Settings) -> Path:
    """Where the checkpoint of a version is; of any other name, that of the settings. Raises JobError where it is gone."""
    version = ledger.version(name)
    folder: Path | None
    if version is not None:
        folder = job_folder(settings, version.job) / "model"
    else:
        folder = settings.embedder if name == EMBEDDER else settings.model
    if folder is None or not folder.exists():
        raise JobError(f"The model {name!r} is not there any more.", "model_not_found", "model")
    return folder


def part_of(name: str, ledger: Ledger) -> Part:
    """Whether the model of this name answers or embeds."""
    version = ledger.version(name)
    if version is not None:
        return version.part
    return "embedder" if name == EMBEDDER else "answerer"
