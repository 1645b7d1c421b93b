"""A real server process on the sample workspace, and a light client for many connections: what the benchmarks of serving share.

The client speaks just the HTTP/1.1 that it needs, on asyncio's streams, so that it takes little of the cores which are measured.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from service.sample import EXAM

QUESTIONS = [json.loads(line)["question"] for line in EXAM.read_text(encoding="utf-8").splitlines()]
BODIES = [json.dumps({"model": "reckoner", "input": question}).encode() for question in QUESTIONS]
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """`started` is in seconds: from the start of the process until it said that it is ready."""

    pid: int
    port: int
    started: float

    @property
    def processes(self) -> list[int]:
        """Its own and all that descend from it: those that search for programs are some of them."""
        found = [self.pid]
        for pid in found:  # grows on the way
            try:
                tasks = Path(f"/proc/{pid}/task").iterdir()
                found += [int(child) for task in tasks for child in (task / "children").read_text().split()]
            except OSError:
                pass  # it has ended
        return found

    def memory(self) -> float:
        """Of all its processes, in megabytes; what they share counts once (proportional set size)."""
        return sum(_number(f"/proc/{pid}/smaps_rollup", "Pss:") for pid in self.processes) / 1024

    def processor(self) -> float:
        """Seconds used so far, of all threads of its processes."""
        return sum(_ticks(pid) for pid in self.processes) / _TICKS


def _number(path: str, name: str) -> int:
    """The number of the line that begins with this name; 0 of a process that has ended."""
    try:
        return next(int(line.split()[1]) for line in Path(path).read_text().splitlines() if line.startswith(name))
    except OSError:
        return 0


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


@contextmanager
def serving(**settings: object) -> Iterator[Server]:
    """`reckoner serve --sample`, indexed before it is timed; without a limit of requests a minute and without training beside it."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        given = {"WORKSPACE": folder, "PORT": port, "REQUESTS_PER_MINUTE": 0, "TRAINING_JOBS": 0, "LOG_LEVEL": "warning", **settings}
        environment = {**os.environ, "OMP_NUM_THREADS": "1", **{f"RECKONER_{name}": str(value) for name, value in given.items()}}
        command = [sys.executable, "-m", "service.cli"]
        subprocess.run([*command, "ask", "--sample", QUESTIONS[0]], env=environment, check=True, capture_output=True)
        began = time.perf_counter()
        process = subprocess.Popen([*command, "serve", "--sample"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not _ready(port):
                if process.poll() is not None:
                    raise SystemExit("the server ended before it was ready")
                time.sleep(0.02)
            yield Server(process.pid, port, time.perf_counter() - began)
        finally:
            process.terminate()
            process.wait(60)


@dataclass(frozen=True)
class Reply:
    """`seconds` from sending the request to the last byte of its answer; `after` is what `retry-after` said, in seconds."""

    status: int
    seconds: float
    after: float = 0.0


class Connection:
    """One caller, one request at a time, on a connection that is kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, body: bytes) -> Reply:
        """Raises OSError or IncompleteReadError where the connection breaks. That the server has closed one which was idle is no break."""
        began = time.perf_counter()
        if self._streams is not None and not self._streams[0].at_eof():
            try:
                return await self._exchange(began, body)
            except asyncio.IncompleteReadError as error:
                if error.partial:
                    raise
        self.close()
        self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        return await self._exchange(began, body)

    async def _exchange(self, began: float, body: bytes) -> Reply:
        assert self._streams is not None
        reader, writer = self._streams
        writer.write(b"POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
        await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close":
            self.close()
        return Reply(int(head[0].split()[1]), time.perf_counter() - began, float(headers.get("retry-after", 0)))

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def percentile(taken: Sequence[float], share: float) -> float:
    """In milliseconds."""
    return 1000 * sorted(taken)[min(len(taken) - 1, int(share * len(taken)))] if taken else float("nan")


def own_processor() -> float:
    """Seconds of a core that this process has used so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
