"""The worker: claims one job after the other, renews the lease of the one it has, and obeys what is wanted of it.

A worker that dies leaves its job running; the lease runs out, and another worker goes on from the last checkpoint. So that no job is ever
run twice at once, a worker also holds a lock on the job's folder, which the operating system frees when it dies, and stops the moment it
cannot be sure of its lease any more.
"""

from __future__ import annotations

import fcntl
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from models.checkpoint import CheckpointError
from models.fit import Interrupted
from retrieval.storage import RecordError
from service import logs
from service.jobs.embedding import EmbedderTraining
from service.jobs.folders import job_folder, part_of
from service.jobs.ledger import Event, Job, JobError, Ledger, LeaseLost, Version
from service.jobs.training import Training
from service.settings import Settings
from tools.errors import DatabaseError

_POLL = 1.0  # seconds between two looks for a job
_PATIENCE = 20.0  # seconds that a worker has to let go of its job
_log = logging.getLogger("reckoner.worker")


class Worker:
    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self.ledger, self.settings = ledger, settings
        self.name = f"{socket.gethostname()[:30]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Lets go of the job at its next step, for another worker to go on with."""
        self._stopping.set()

    def run(self) -> None:
        """Works until stopped."""
        while not self._stopping.is_set():
            if not self.work_once():
                self._stopping.wait(_POLL)

    def work_once(self) -> bool:
        """Does one job, if there is one; whether there was."""
        job = self.ledger.claim(self.name, self.settings.lease_seconds)
        if job is None:
            return False
        folder = job_folder(self.settings, job.id)
        held = _Held(self.ledger, job, self.settings.lease_seconds)
        try:
            with held, _locked(folder):
                self._do(job, folder, held)
        except LeaseLost:
            _log.warning("job %s was taken over by another worker", job.id)
        except BlockingIOError:
            # A worker that seemed dead still has the folder. The job goes back, and is claimed again when that one is gone.
            _log.warning("job %s is still held by a worker that does not renew its lease", job.id)
            self.ledger.finish(job, "queued")
            self._stopping.wait(_POLL)
        return True

    def _do(self, job: Job, folder: Path, held: _Held) -> None:
        def going() -> bool:
            held.require()
            return not held.wish and not self._stopping.is_set()

        if job.claims > 1:
            self.ledger.say(job.id, Event("A worker goes on with the job where the last one stopped.", data={"claims": job.claims}))
        else:
            self.ledger.say(job.id, Event("The job has begun."), "begun once")
        try:
            kind = EmbedderTraining if part_of(job.request["model"], self.ledger) == "embedder" else Training
            version = kind(job, folder, self.ledger, self.settings, going).run()
        except Interrupted:
            self._let_go(job, held)
        except JobError as error:
            self._fail(job, str(error), error.code, error.param)
        except (CheckpointError, DatabaseError, RecordError, OSError) as error:
            _log.exception("job %s failed", job.id)
            self._fail(job, f"{error}", "server_error", None)
        except LeaseLost:
            raise
        except Exception:
            _log.exception("job %s failed", job.id)
            self._fail(job, "Something went wrong in the worker; its log says what.", "server_error", None)
        else:
            self._finished(job, version, bool(version.about["better"]), str(version.about["why"]))

    def _finished(self, job: Job, version: Version, better: bool, why: str) -> None:
        if better:
            self.ledger.serve(version.id, f"promoted by {job.id}: {why}", version.part)
            self.ledger.say(job.id, Event(f"{version.id} serves from now on: {why}"), "verdict")
        else:
            self.ledger.say(job.id, Event(f"{version.id} is kept but does not serve: {why}", "warn"), "verdict")
        self.ledger.say(job.id, Event("The job has completed successfully."), "completed")
        self.ledger.finish(job, "succeeded", {"fine_tuned_model": version.id, "promoted": better})

    def _let_go(self, job: Job, held: _Held) -> None:
        match held.wish:
            case "cancel":
                self.ledger.say(job.id, Event("The job was cancelled."), "cancelled")
                self.ledger.finish(job, "cancelled")
            case "pause":
                self.ledger.say(job.id, Event("The job is paused; what was learned is kept."))
                self.ledger.finish(job, "paused")
            case _:
                self.ledger.say(job.id, Event("The worker is stopping; the job goes on when one is there again."))
                self.ledger.finish(job, "queued")

    def _fail(self, job: Job, message: str, code: str, param: str | None) -> None:
        self.ledger.say(job.id, Event(message, "error", data={"code": code}), "failed")
        self.ledger.finish(job, "failed", {"error": {"code": code, "message": message, "param": param}})


class _Held:
    """Renews a lease from a thread of its own. `wish` is what is wanted of the job."""

    def __init__(self, ledger: Ledger, job: Job, seconds: float) -> None:
        self.ledger, self.job, self.seconds = ledger, job, seconds
        self.wish: str = job.wish
        self._until = time.monotonic() + seconds
        self._lost, self._done = False, threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def require(self) -> None:
        """Raises LeaseLost where the lease is gone, or may be."""
        if self._lost or time.monotonic() > self._until:
            raise LeaseLost(self.job.id)

    def __enter__(self) -> _Held:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._done.wait(min(self.seconds / 4, 1.0)):
            asked = time.monotonic()
            try:
                self.wish = self.ledger.renew(self.job, self.seconds)
                self._until = asked + self.seconds
            except LeaseLost:
                self._lost = True
                return
            except RecordError as error:  # tried again until the lease has run out
                _log.warning("the lease of %s was not renewed: %s", self.job.id, error)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Holds the job's folder alone on this machine. Raises BlockingIOError where another process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


class Workers:
    """Worker processes beside the API, at most `count`: each is started when a job waits, does it and ends, so that a service that only
    answers keeps no second copy of PyTorch. A job whose worker dies waits again; all end with the process that started them."""

    def __init__(self, ledger: Ledger, settings: Settings, count: int) -> None:
        self._ledger, self._settings, self._context = ledger, settings, multiprocessing.get_context("spawn")
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._keep_one, name="worker keeper", daemon=True) for _ in range(count)]

    def __enter__(self) -> Workers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _keep_one(self) -> None:
        while not self._stopping.wait(_POLL):
            if not self._job_waits():
                continue
            process = self._context.Process(target=main, args=(self._settings, os.getpid()), daemon=True)
            process.start()
            while process.is_alive() and not self._stopping.is_set():
                process.join(_POLL / 4)
            if process.is_alive():
                process.terminate()  # it lets go of its job after the step at hand
                process.join(_PATIENCE)
                process.kill()
            elif process.exitcode:
                _log.error("a worker died with exit code %s", process.exitcode)

    def _job_waits(self) -> bool:
        try:
            return self._ledger.waits()
        except RecordError as error:
            _log.warning("the ledger cannot be read: %s", error)
            return False


def main(settings: Settings, parent: int | None = None) -> None:
    """A worker as a process of its own, until SIGTERM or SIGINT: it then lets go of its job after the step at hand.

    With `parent`, the process that started it, it does one job, and stops when that process is there no more.
    """
    settings.workspace.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(settings.record_address)
    worker = Worker(ledger, settings)
    if parent is not None:
        logs.configure(settings.log_format, settings.log_level)
        threading.Thread(target=_outlive, args=(parent, worker), daemon=True).start()

    def stop(_: int, __: FrameType | None) -> None:
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    os.nice(10)  # answering goes before learning
    try:
        if parent is None:
            worker.run()
        else:
            worker.work_once()
    finally:
        ledger.close()


def _outlive(parent: int, worker: Worker) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL)
    worker.stop()
