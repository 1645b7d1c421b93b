"""How long answers take while a job trains beside them, against how long they take without one.

    python -m benchmarks.beside_training

`reckoner serve` answers the sample's questions over HTTP, one after the other, first alone, then while a practice job learns in the
worker process that it started. The questions are asked in the same order both times.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import openai  # noqa: E402

from benchmarks.learning import serving  # noqa: E402
from service.sample import EXAM  # noqa: E402
from service.settings import read_settings  # noqa: E402
from service.workspace import open_embedder, prepare_sample  # noqa: E402

WARM = 5  # questions before any is counted


def main() -> None:
    questions = [json.loads(line)["question"] for line in EXAM.read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        (database,) = prepare_sample(Path(folder), embedder=open_embedder(read_settings().embedder)).values()
        with serving(Path(folder), database) as client:
            asked(client, questions[:WARM])
            alone = asked(client, questions)
            job = client.fine_tuning.jobs.create(model=client.models.list().data[0].id, training_file="practice", seed=1)
            while not metrics(client, job.id):
                time.sleep(1.0)
            beside = asked(client, questions)
            steps = metrics(client, job.id)
            client.fine_tuning.jobs.cancel(job.id)
    for name, taken in (("alone", alone), ("beside training", beside)):
        print(f"{name:16} median {statistics.median(taken):6.1f} ms  p95 {p95(taken):6.1f} ms")
    print(f"p95 × {p95(beside) / p95(alone):.2f}; the job went on to step {steps} meanwhile")


def asked(client: openai.OpenAI, questions: list[str]) -> list[float]:
    """Milliseconds of each."""
    taken = []
    for question in questions:
        began = time.perf_counter()
        client.responses.create(model="reckoner", input=question)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def metrics(client: openai.OpenAI, job: str) -> int:
    """The step that the job told of last."""
    events = client.fine_tuning.jobs.list_events(job, limit=20).data
    return max((int(event.data["step"]) for event in events if event.type == "metrics" and isinstance(event.data, dict)), default=0)


def p95(taken: list[float]) -> float:
    return sorted(taken)[int(0.95 * len(taken))]


if __name__ == "__main__":
    main()
