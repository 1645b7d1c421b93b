"""How long an answer takes, by stage, and what it costs in memory: the sample workspace's questions, one at a time on one core.

    python -m benchmarks.answers

Configurations are asked in turn, question by question, so that their ratios hold on a machine whose speed drifts.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

_STARTED = time.perf_counter()
os.environ.setdefault("OMP_NUM_THREADS", "1")

from models.shipped import SHIPPED  # noqa: E402
from service.answering import Answering  # noqa: E402
from service.sample import EXAM  # noqa: E402
from service.settings import read_settings  # noqa: E402
from service.workspace import Workspace, load_answerer, open_embedder, prepare_sample  # noqa: E402

CONFIGURATIONS: dict[str, dict[str, object]] = {
    "as shipped": {},
    "float32": {"precision": "float32"},
    "greedy (1 beam)": {"beams": 1},
    "2 passages": {"passages": 2},
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        embedder = open_embedder(read_settings().embedder)
        databases = prepare_sample(Path(folder), embedder=embedder)
        settings = read_settings(workspace=folder, databases={name: str(path) for name, path in databases.items()})
        workspace = Workspace.open(settings)
        questions = [json.loads(line)["question"] for line in EXAM.read_text(encoding="utf-8").splitlines()]
        answering = {}
        for name, changes in CONFIGURATIONS.items():
            changed = settings.model_copy(update=changes)
            answering[name] = Answering(workspace, load_answerer(SHIPPED, changed), changed)
        answering["as shipped"].answer(questions[0])
        print(f"first answer {time.perf_counter() - _STARTED:.1f} s after start, indexing of the sample included")
        taken: dict[str, list[dict[str, float]]] = {name: [] for name in answering}
        for question in questions:
            for name, service in answering.items():
                began = time.perf_counter()
                timings = dict(service.answer(question).timings)
                taken[name].append({**timings, "whole": (time.perf_counter() - began) * 1000})
        base = statistics.median(t["whole"] for t in taken["as shipped"])
        for name, rows in taken.items():
            whole = sorted(row["whole"] for row in rows)
            stages = ", ".join(f"{s} {statistics.median(r[s] for r in rows):.1f}" for s in rows[0] if s != "whole")
            print(f"{name:18} median {statistics.median(whole):6.1f} ms  p95 {whole[int(0.95 * len(whole))]:6.1f} ms"
                  f"  × {statistics.median(whole) / base:.2f}  ({stages})")  # fmt: skip
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
