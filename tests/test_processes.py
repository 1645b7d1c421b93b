"""What searching in processes promises: the programs that a search here would find, whatever becomes of a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

import pytest

from models.answerer import Answerer
from models.checkpoint import CheckpointError
from models.processes import DistributedAnswerer, Processes
from tests.waiting import until
from tests.workspaces import untrained_checkpoint
from tools.evidence import Evidence, Passage
from tools.patience import Gone, Patience, patience

EVIDENCES = [
    Evidence(f"Where does the {animal} sleep?", (Passage("p", "Animals", f"The {animal} sleeps in the barn."), Passage("q", "", "No.")))
    for animal in ("fox", "blue whale", "wolf of the northern woods")
]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untrained_checkpoint(tmp_path_factory.mktemp("processes") / "base")


@pytest.fixture(scope="module")
def processes(checkpoint: Path) -> Iterator[Processes]:
    with Processes(2, checkpoint, "float32") as processes:
        yield processes


def test_processes_find_what_a_search_here_finds_however_many_ask_at_once(processes: Processes, checkpoint: Path) -> None:
    here, there = Answerer.load(checkpoint), DistributedAnswerer.open(checkpoint, "float32", processes)
    expected = [here.programs(evidence, 4) for evidence in EVIDENCES]
    assert [there.programs(evidence, 4) for evidence in EVIDENCES] == expected
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda evidence: there.programs(evidence, 4), EVIDENCES * 8)) == expected * 8


def test_what_a_dead_process_was_at_is_begun_again(processes: Processes, checkpoint: Path) -> None:
    there = DistributedAnswerer.open(checkpoint, "float32", processes)
    before = there.programs(EVIDENCES[0], 4)
    for pid in processes.pids:
        os.kill(pid, signal.SIGKILL)
    assert there.programs(EVIDENCES[0], 4) == before


def test_who_has_gone_waits_for_nothing(processes: Processes, checkpoint: Path) -> None:
    there = DistributedAnswerer.open(checkpoint, "float32", processes)
    asked = Patience(60)
    asked.leave()

    def ask() -> None:
        patience.set(asked)
        there.programs(EVIDENCES[0], 4)

    for pid in processes.pids:  # so that nobody answers before it is noticed
        os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(Gone):
            copy_context().run(ask)
    finally:
        for pid in processes.pids:
            os.kill(pid, signal.SIGCONT)


def test_a_checkpoint_that_is_not_there_is_said_to_whoever_asks(processes: Processes, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        processes.programs(tmp_path / "none", "float32", EVIDENCES[0], 4)


STARTS = """
import sys, time
from pathlib import Path
from models.processes import Processes
from tests.test_processes import EVIDENCES

if __name__ == "__main__":
    with Processes(1, Path(sys.argv[1]), "float32") as processes:
        processes.programs(Path(sys.argv[1]), "float32", EVIDENCES[0], 1)
        print(*processes.pids, flush=True)
        time.sleep(60)
"""


def test_processes_end_with_whoever_started_them(checkpoint: Path, tmp_path: Path) -> None:
    script = tmp_path / "starts.py"
    script.write_text(STARTS)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    with subprocess.Popen((sys.executable, script, checkpoint), stdout=subprocess.PIPE, text=True, env=environment) as starter:
        assert starter.stdout is not None
        pids = [int(pid) for pid in starter.stdout.readline().split()]
        starter.kill()
    assert pids
    until(lambda: not any(_alive(pid) for pid in pids), seconds=20)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
