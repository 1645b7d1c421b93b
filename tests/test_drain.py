"""A service that is told to stop answers what it has taken, says that it takes no more, and ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from openai._constants import DEFAULT_CONNECTION_LIMITS

from service.answering import Answering
from service.api import create_app
from service.server import server_of
from tests.waiting import until
from tests.workspaces import COUNT, Scripted, tiny_workspace

ROOT = Path(__file__).parents[1]
# The service as `reckoner serve` starts it, with a model that answers when a file is there.
HELD = """
import sys, time
from pathlib import Path
from service import logs
from service.answering import Answering
from service.api import create_app
from service.server import serve
from tests.workspaces import COUNT, Scripted, tiny_workspace

folder = Path(sys.argv[1])

def held(evidence):
    (folder / "begun").touch()
    while not (folder / "go").exists():
        time.sleep(0.01)
    return [COUNT]

logs.configure("json", "info")
workspace, settings = tiny_workspace(folder, port=0)
serve(create_app(Answering(workspace, Scripted(held), settings), settings), settings)
"""


class Process:
    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", HELD, str(folder)]
        self.folder = folder
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if "running on http://" in (message := json.loads(line)["message"]):
                self.url = message.split()[3]
                break
        threading.Thread(target=self.process.stderr.read, daemon=True).start()  # or it would be full one day, and the process wait

    def ask(self, **more: object) -> httpx2.Response:
        return httpx2.post(f"{self.url}/v1/responses", json={"input": "How many orders were shipped?", **more}, timeout=60)

    def ready(self) -> httpx2.Response:
        return httpx2.get(f"{self.url}/health/ready")


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path)
    yield process
    process.process.kill()
    process.process.wait(10)


@pytest.mark.parametrize("stream", [False, True])
def test_what_was_taken_is_answered_and_no_more_is_taken(process: Process, stream: bool) -> None:
    assert process.ready().status_code == 200
    answers: list[httpx2.Response] = []
    asking = threading.Thread(target=lambda: answers.append(process.ask(stream=stream)))
    asking.start()
    until((process.folder / "begun").exists)
    process.process.send_signal(signal.SIGTERM)
    until(lambda: process.ready().status_code == 503)
    late = process.ask()
    assert (late.status_code, late.json()["error"]["code"], late.headers["retry-after"]) == (503, "stopping", "1")
    assert process.ready().json()["error"]["code"] == "stopping" and answers == []
    assert httpx2.get(f"{process.url}/health/live").status_code == 200
    (process.folder / "go").touch()
    asking.join(20)
    (answer,) = answers
    assert answer.status_code == 200
    assert "response.completed" in answer.text if stream else answer.json()["reckoner"]["value"] == 2
    assert process.process.wait(20) == 0


def test_one_that_has_nothing_to_do_ends_at_once(process: Process) -> None:
    process.process.send_signal(signal.SIGTERM)
    assert process.process.wait(20) == 0


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code = HELD.replace("port=0", f"port={taken.getsockname()[1]}")
        ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1 and "address already in use" in ended.stderr


def test_a_connection_outlives_the_time_for_which_clients_use_an_idle_one(tmp_path: Path) -> None:
    workspace, settings = tiny_workspace(tmp_path)
    server = server_of(create_app(Answering(workspace, Scripted(lambda _: [COUNT]), settings), settings), settings)
    assert DEFAULT_CONNECTION_LIMITS.keepalive_expiry is not None
    assert server.config.timeout_keep_alive > 2 * DEFAULT_CONNECTION_LIMITS.keepalive_expiry
