"""The long proof that nothing is lost: a service that trains is killed again and again, and ends with the same weights.

    python -m tests.kills --kills 50

A practice job is done once without disturbance. Then the same job, in a workspace of its own, is given to `reckoner serve`; at random
moments the API, its worker, or both die by SIGKILL, and an API that died is started again. The job must end by itself, as succeeded, with
weights that are bit for bit those of the first, and no step of it may be told twice.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from service.jobs.ledger import Job, Ledger
from service.jobs.folders import job_folder
from service.jobs.worker import Worker
from service.settings import Settings
from tests.test_jobs import REQUEST
from tests.workspaces import tiny_workspace, untrained_checkpoint

LEASE, SAVE = 1.0, 0.2  # seconds
ASKED: dict[str, Any] = {**REQUEST, "hyperparameters": {"n_examples": 150, "batch_size": 6}}


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill a service that trains, again and again.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        base = untrained_checkpoint(Path(folder) / "base")
        whole, undisturbed = _workspace(Path(folder) / "whole", base, options.kills)
        Worker(undisturbed, whole).work_once()
        settings, ledger = _workspace(Path(folder) / "killed", base, options.kills)
        job = ledger.jobs(1)[0][0]
        killed = Counter[str]()
        service = _serve(settings)
        while (now := ledger.job(job.id)) is not None and now.status in ("queued", "running"):
            time.sleep(rng.choice((rng.uniform(0.5, 5.0), rng.uniform(5.0, 15.0))))  # as a worker starts, or when it is at work
            if sum(killed.values()) < options.kills and not _over(ledger, job):
                victim = rng.choice(("api", "worker", "both"))
                workers = _children(service.pid)
                if victim != "api":
                    for pid in workers:
                        _kill(pid)
                if victim != "worker":
                    _kill(service.pid)
                    service.wait()
                    service = _serve(settings)
                killed[victim] += 1
                print(
                    f"\r{sum(killed.values())} kills, step {now.outcome.get('step', 0)}/{now.outcome.get('steps', '?')}", end="", flush=True
                )
        service.terminate()
        service.wait()
        return _judged(ledger, job, settings, undisturbed, whole, killed, options.kills)


def _judged(ledger: Ledger, job: Job, settings: Settings, undisturbed: Ledger, whole: Settings, killed: Counter[str], wanted: int) -> int:
    ended = ledger.job(job.id)
    assert ended is not None
    told = [event.data["step"] for event in ledger.events(job.id, 100_000)[0] if event.kind == "metrics"]
    if ended.status == "succeeded":
        first, second = (
            load_file(job_folder(s, j.id) / "run" / "study" / "model" / "weights.safetensors")
            for s, j in ((whole, undisturbed.jobs(1)[0][0]), (settings, job))
        )
        same = all(torch.equal(first[name], second[name]) for name in first)
    else:
        same = False
    twice = len(told) - len(set(told))
    victims = ", ".join(f"{n} of {who}" for who, n in sorted(killed.items()))
    print(f"\n{sum(killed.values())} kills ({victims}), {ended.claims} claims: the job {ended.status}")
    print(f"weights {'identical' if same else 'NOT identical'}; {len(told)} metrics events, {twice} of them twice")
    return 0 if same and not twice and sum(killed.values()) == wanted else 1


def _workspace(folder: Path, model: Path, kills: int) -> tuple[Settings, Ledger]:
    """A workspace with a job that is long enough to be killed so often."""
    folder.mkdir()
    workspace, settings = tiny_workspace(folder, model=model)
    workspace.close()
    ledger = Ledger(settings.record_address)
    ledger.submit({**ASKED, "hyperparameters": {**ASKED["hyperparameters"], "n_epochs": max(1, min(50, kills))}})
    return settings, ledger


def _serve(settings: Settings) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ, "RECKONER_LEASE_SECONDS": str(LEASE), "RECKONER_SAVE_SECONDS": str(SAVE), "RECKONER_EMBEDDER": str(settings.embedder),
        "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    databases = [f"--database={name}={path}" for name, path in settings.databases.items()]
    command = [
        sys.executable,
        "-m",
        "service.cli",
        "serve",
        "--workspace",
        str(settings.workspace),
        "--model",
        str(settings.model),
        "--port",
        "0",
    ]
    return subprocess.Popen([*command, *databases], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _over(ledger: Ledger, job: Job) -> bool:
    found = ledger.job(job.id)
    return found is None or found.status not in ("queued", "running")


def _children(pid: int) -> list[int]:
    """The worker processes of a service, and what they have started."""
    found: list[int] = []
    try:
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(child), *_children(int(child))]
        for task in Path(f"/proc/{pid}/task").iterdir():  # a child belongs to the thread that started it
            if task.name != str(pid):
                for child in (task / "children").read_text().split():
                    found += [int(child), *_children(int(child))]
    except OSError:
        pass  # it is gone
    return found


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    sys.exit(main())
