"""Reads files in a process of its own, so that one that crashes its parser, or keeps it busy for ever, costs its own reading and no more.

The process has a limit of memory and, for each file, of time; it is started with the first file and replaced when it dies. What it says
comes back as JSON, which unlike a pickle can do nothing. Run as a program, this module is that process.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from retrieval.formats import Reading, Unreadable, Unsupported, check
from retrieval.passages import PassageDraft

SECONDS = 60.0  # for one file
MEMORY = 1_500_000_000  # bytes of address space
_LOOK = 0.1  # seconds between two calls of `go_on`
_HERE = Path(__file__).parents[1]


class Reader:
    """For one thread. Use it in a `with`; the process starts when there is something to read, and ends with it."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self.seconds, self.memory = seconds, memory
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._fresh = True

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process, whatever it is at. The next file starts another."""
        if self._process is not None and self._pipe is not None:
            self._process.kill()
            self._process.wait()
            self._pipe.close()
        self._process = self._pipe = None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def read(self, content: bytes, name: str, go_on: Callable[[], None] = lambda: None) -> Reading:
        """What a file of this name says. `go_on` is called while this waits, and may raise to end it. Raises Unreadable."""
        check(name, len(content))
        try:
            return self._read(content, name, go_on)
        except _Died as death:
            if death.was_first:
                raise Unreadable(str(death)) from death
        try:  # perhaps it was an earlier file that left the process in a bad way
            return self._read(content, name, go_on)
        except _Died as death:
            raise Unreadable(str(death)) from death

    def _read(self, content: bytes, name: str, go_on: Callable[[], None]) -> Reading:
        pipe = self._started()
        first, self._fresh = self._fresh, False
        try:
            pipe.send_bytes(name.encode("utf-8", "surrogatepass"))
            pipe.send_bytes(content)
            end = time.monotonic() + self.seconds
            while not pipe.poll(_LOOK):
                go_on()
                if time.monotonic() > end:
                    raise Unreadable(self._too_long())
            answer = json.loads(pipe.recv_bytes())
        except (EOFError, OSError) as error:
            assert self._process is not None
            status = self._process.wait()
            self.close()
            if status == -signal.SIGXCPU:
                raise Unreadable(self._too_long()) from error
            raise _Died(_cause(status), first) from error
        except BaseException:
            self.close()
            raise
        if "memory" in answer:
            self.close()
            raise _Died(f"takes more than {self.memory // 1_000_000:,} MB of memory to read", first)
        if "error" in answer:
            raise (Unsupported if answer["unsupported"] else Unreadable)(answer["error"])
        text, title = answer["text"], answer["title"]
        drafts = (PassageDraft(start, end, text[start:end], title, heading) for start, end, heading in answer["drafts"])
        return Reading(text, title, tuple(drafts))

    def _too_long(self) -> str:
        return f"takes more than {self.seconds:g} seconds to read"

    def _started(self) -> Connection:
        if self._pipe is None:
            self._pipe, theirs = Pipe()
            path = os.pathsep.join(filter(None, (str(_HERE), os.environ.get("PYTHONPATH"))))
            # In a session of its own: Ctrl+C is for whoever started us.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "retrieval.reader", str(theirs.fileno()), str(self.seconds), str(self.memory)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                pass_fds=[theirs.fileno()], env=os.environ | {"PYTHONPATH": path},
            )  # fmt: skip
            theirs.close()
            self._fresh = True
        return self._pipe


class _Died(Exception):
    """The process, or its memory, came to an end over a file, which may have been its first."""

    def __init__(self, reason: str, was_first: bool) -> None:
        super().__init__(reason)
        self.was_first = was_first


def _cause(status: int) -> str:
    if status >= 0:
        return f"its parser ended with exit code {status}"
    return f"its parser crashed over it ({signal.Signals(-status).name})"


# --- In the process ---------------------------------------------------------------------------------------------------


def main(handle: int, seconds: float, memory: int) -> None:
    """Answers until whoever asks is gone."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(20_000)
    pipe = Connection(handle)
    while True:
        try:
            name, content = pipe.recv_bytes().decode("utf-8", "surrogatepass"), pipe.recv_bytes()
        except EOFError:
            return
        # Whoever waits for us ends us in time; if they are killed themselves, this does.
        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 1, resource.RLIM_INFINITY))
        try:
            answer = json.dumps(_answer(content, name)).encode()
        except MemoryError:
            answer = b'{"memory": true}'
        del content
        pipe.send_bytes(answer)


def _answer(content: bytes, name: str) -> dict[str, Any]:
    from retrieval.formats import read

    try:
        reading = read(content, name)
    except Unreadable as reason:
        return {"error": _printable(str(reason)), "unsupported": isinstance(reason, Unsupported)}
    except MemoryError:
        raise
    except Exception as error:  # of a kind that no parser's documentation names
        said = f"damaged in a way that its parser does not know: {type(error).__name__}: {error}"
        return {"error": _printable(said), "unsupported": False}
    drafts = [(draft.start, draft.end, draft.heading) for draft in reading.drafts]
    return {"text": reading.text, "title": reading.title, "drafts": drafts}


def _printable(reason: str) -> str:
    return "".join(character if character.isprintable() else " " for character in reason)[:500]


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
