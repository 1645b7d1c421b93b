"""What a training job teaches about a database that the model has never seen: before, after practice alone, with labelled questions.

    python -m benchmarks.learning FOLDER        a folder in text2sql-data's layout: a JSON of questions, a .sqlite, a -schema.csv

The service runs as its users run it, and the official client drives it. A quarter of the questions is held out at random; practice sees
none of them, and the labelled job learns from the others' SQL. Both jobs begin from the model that ships. Right is execution accuracy.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import openai  # noqa: E402

from service.exams.databases import GeographyExam  # noqa: E402
from service.exams.exam import Question  # noqa: E402
from service.exams.examinee import Admission  # noqa: E402
from service.exams.files import one_file, read_json  # noqa: E402
from service.exams.runner import sit  # noqa: E402
from service.prepare.geography import filled_questions  # noqa: E402
from service.settings import read_settings  # noqa: E402

HELD = 0.25


@dataclass(frozen=True)
class Asked(GeographyExam):
    """The exam, of some of its questions only."""

    only: frozenset[str] = frozenset()

    def questions(self) -> tuple[Sequence[Question], Mapping[str, int]]:
        questions, skipped = super().questions()
        return [question for question in questions if question.text in self.only], skipped


def main() -> None:
    parser = argparse.ArgumentParser(description="What a training job teaches about a new database.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    pairs = [(text, sql) for text, sql, _ in filled_questions(read_json(one_file(options.folder, "*.json")))]
    random.Random(options.seed).shuffle(pairs)
    held = frozenset(text for text, _ in pairs[: round(HELD * len(pairs))])
    labelled = [(text, sql) for text, sql in pairs if text not in held]
    report("before", options.folder, held, None, 0.0)
    with tempfile.TemporaryDirectory() as workspace:
        database = one_file(options.folder, "*.sqlite")
        with serving(Path(workspace), database) as client:
            base = client.models.list().data[0].id
            report("practice alone", options.folder, held, *learned(client, Path(workspace), base, None))
            lines = "\n".join(json.dumps({"question": text, "sql": sql.rstrip(" ;")}) for text, sql in labelled).encode()
            file = client.files.create(file=("labelled.jsonl", lines), purpose="fine-tune")
            report(f"{len(labelled)} labelled questions", options.folder, held, *learned(client, Path(workspace), base, file.id))


def learned(client: openai.OpenAI, workspace: Path, model: str, file: str | None) -> tuple[Path, float]:
    """The folder of the version that a job made, and the seconds it took."""
    began = time.monotonic()
    job = client.fine_tuning.jobs.create(model=model, training_file=file or "practice", seed=1)
    told = ""
    while job.status not in ("succeeded", "failed", "cancelled"):
        time.sleep(2.0)
        job = client.fine_tuning.jobs.retrieve(job.id)
        latest = client.fine_tuning.jobs.list_events(job.id, limit=1).data[0].message
        if latest != told and sys.stderr.isatty():
            print(f"\r\033[K{latest[:110]}", end="", file=sys.stderr, flush=True)
        told = latest
    if job.status != "succeeded":
        raise SystemExit(f"the job {job.status}: {told}")
    return workspace / "jobs" / job.id / "model", time.monotonic() - began


def report(name: str, folder: Path, held: frozenset[str], model: Path | None, seconds: float) -> None:
    given = {} if model is None else {"model": str(model)}
    found = sit(Asked(folder, None, only=held), Admission(read_settings(**given), False), processes=2)
    served = [m for m in found.marks if m.answered and m.confidence >= found.threshold]
    right, n = sum(m.right for m in found.marks), len(found.marks)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    print(
        f"{name:26} {right / n:6.1%} of {n} right, everything answered; as served {sum(m.right for m in served) / n:6.1%} right,"
        f" {sum(not m.right for m in served) / n:6.1%} wrong; the job took {seconds / 60:.1f} min", flush=True,
    )  # fmt: skip


@contextmanager
def serving(workspace: Path, database: Path) -> Iterator[openai.OpenAI]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "service.cli", "serve", "--workspace", str(workspace), "--database", f"{database.stem}={database}",
        "--port", str(port),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=5) as client:
            for _ in range(120):
                try:
                    client.models.list()
                    break
                except openai.APIConnectionError:
                    time.sleep(0.5)
            yield client
    finally:
        process.terminate()
        process.wait(60)


if __name__ == "__main__":
    main()
