"""Exam files: read, with one plain sentence for whatever is wrong with them, and written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from service.exams.exam import ExamError


def read_json(path: Path) -> Any:
    """The content of a JSON file. Raises ExamError."""
    try:
        return json.loads(read_text(path))
    except ValueError as error:
        raise ExamError(f"{path} is not a JSON file: {error}.") from error


def read_records(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON list or of a JSONL file. Raises ExamError."""
    text = read_text(path)
    try:
        if text.lstrip().startswith("["):
            records = json.loads(text)
        else:
            records = [json.loads(line) for line in text.split("\n") if line.strip()]  # texts may hold the line separators of Unicode
    except ValueError as error:
        raise ExamError(f"{path} is neither a JSON list nor JSONL: {error}.") from error
    if not all(isinstance(record, dict) for record in records):
        raise ExamError(f"{path} should hold an object for each question.")
    return records


def write_records(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object a line; the folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def one_file(folder: Path, pattern: str) -> Path:
    """The one file of a folder that matches. Raises ExamError."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise ExamError(f"{folder} should hold one {pattern} file, but holds {len(found)}.")
    return found[0]


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ExamError(f"There is no file {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ExamError(f"{path} cannot be read: {error}.") from error
