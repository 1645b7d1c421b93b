"""Training jobs: what a worker does with one, and that nothing is lost whenever whoever dies."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from models import checkpoint
from service.jobs.ledger import Event, Job, LeaseLost, Ledger, Over, Rivals, Version
from service.jobs.folders import file_path, job_folder
from service.jobs.training import Marks, verdict
from service.jobs.worker import Worker
from service.serving import promote, roll_back
from service.settings import Settings
from tests.workspaces import LUNCH, TENTS

REQUEST: dict[str, Any] = {
    "model": "reckoner-tiny", "training_file": "", "validation_file": None, "suffix": "", "seed": 7,
    "hyperparameters": {"n_examples": 30, "batch_size": 4, "n_epochs": 3}, "metadata": None,
}  # fmt: skip


LEASE = 0.5  # seconds


def messages(ledger: Ledger, job: Job) -> list[str]:
    return [event.message for event in reversed(ledger.events(job.id, 1000)[0])]


def now(ledger: Ledger, job: Job) -> Job:
    found = ledger.job(job.id)
    assert found is not None
    return found


# --- The queue --------------------------------------------------------------------------------------------------------

@pytest.fixture
def queue(record_url: str) -> Iterator[Ledger]:
    """A ledger alone, on each database that may hold it."""
    ledger = Ledger(record_url)
    yield ledger
    ledger.close()


def test_jobs_are_claimed_in_the_order_they_came_each_by_one_worker(queue: Ledger) -> None:
    first, second = (queue.submit({**REQUEST, "model": model}) for model in ("one", "another"))
    claimed = [queue.claim(name, 60) for name in ("a", "b", "c")]
    assert [job.id if job else None for job in claimed] == [first.id, second.id, None]


def test_of_two_jobs_of_one_model_the_second_is_refused_until_the_first_has_ended(queue: Ledger) -> None:
    first = queue.submit(REQUEST)
    with pytest.raises(Rivals, match=first.id):
        queue.submit(REQUEST)
    queue.want(first.id, "cancel")
    assert queue.submit(REQUEST).status == "queued"


def test_a_job_whose_worker_is_gone_is_claimed_again_and_the_old_worker_cannot_touch_it(queue: Ledger) -> None:
    queue.submit(REQUEST)
    old = queue.claim("a", 0.01)
    time.sleep(0.02)
    new = queue.claim("b", 60)
    assert old and new and (new.id, new.claims) == (old.id, 2)
    with pytest.raises(LeaseLost):
        queue.renew(old, 60)
    with pytest.raises(LeaseLost):
        queue.finish(old, "succeeded")
    assert now(queue, new).status == "running"


@pytest.mark.parametrize(("wishes", "status"), [(["cancel"], "cancelled"), (["pause"], "paused"), (["pause", "resume"], "queued")])
def test_what_waits_obeys_at_once(queue: Ledger, wishes: list[Any], status: str) -> None:
    job = queue.submit(REQUEST)
    for wish in wishes:
        job = queue.want(job.id, wish)
    assert job.status == status


def test_nothing_more_can_be_asked_of_a_job_that_has_ended(queue: Ledger) -> None:
    job = queue.want(queue.submit(REQUEST).id, "cancel")
    with pytest.raises(Over, match="cancelled"):
        queue.want(job.id, "cancel")


def test_an_event_of_a_step_that_is_done_again_is_told_once(queue: Ledger) -> None:
    job = queue.submit(REQUEST)
    for _ in range(2):
        queue.say(job.id, Event("Step 10", kind="metrics", data={"step": 10}), "step 10")
    assert messages(queue, job) == ["Step 10"]


def test_of_two_submissions_at_once_one_is_refused(queue: Ledger) -> None:
    """Both look for a rival before either has written its row, unless the ledger lets one in after the other."""
    barrier, refused = threading.Barrier(6), list[Rivals]()

    def submit() -> None:
        barrier.wait()
        try:
            queue.submit(REQUEST)
        except Rivals as rivals:
            refused.append(rivals)

    threads = [threading.Thread(target=submit) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5 and len(queue.jobs(10)[0]) == 1


# --- One job ----------------------------------------------------------------------------------------------------------


def test_practice_studies_the_workspace_and_leaves_a_version(ledger: Ledger, settings: Settings) -> None:
    job = ledger.submit(REQUEST)
    assert Worker(ledger, settings).work_once()
    done = now(ledger, job)
    assert done.status == "succeeded", messages(ledger, job)
    version = ledger.version(done.outcome["fine_tuned_model"])
    assert version is not None and (version.parent, version.job) == ("reckoner-tiny", job.id)
    assert checkpoint.fingerprint(job_folder(settings, job.id) / "model") == version.checkpoint
    assert version.about["scores"]["own"]["questions"] > 0
    steps = [e.data for e in ledger.events(job.id, 1000)[0] if e.kind == "metrics"]
    assert steps[0]["step"] == steps[0]["total_steps"] == done.outcome["steps"]
    assert {"train_loss", "learning_rate", "gradient_norm", "seconds_left"} <= steps[0].keys()


def uploaded(ledger: Ledger, settings: Settings, lines: list[str]) -> Job:
    path = file_path(settings, "file-1")
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")
    return ledger.submit({**REQUEST, "training_file": "file-1", "hyperparameters": {"n_epochs": 1, "batch_size": 4}})


def test_examples_of_every_form_are_learned_from_and_every_line_that_cannot_be_is_told(ledger: Ledger, settings: Settings) -> None:
    lines = [
        json.dumps({"question": "How many orders were shipped?", "sql": "SELECT count(*) FROM orders WHERE status = 'shipped'"}),
        json.dumps({"question": "And how many orders are shipped?", "sql": 'SELECT count(*) FROM orders WHERE status = "shipped"'}),
        json.dumps({"question": "How long is the warranty on tents?", "answer": "24 months"}),
        json.dumps({"messages": [{"role": "user", "content": "What is a day ticket?"}, {"role": "assistant", "content": "189.50 euros"}]}),
        json.dumps({"question": "What is for lunch?", "answer": None}),
        json.dumps({"question": "Which ids?", "program": 'query select column["orders", "id", "number"] end give r1'}),
        "not JSON",
        json.dumps({"question": "Remove everything", "sql": "DELETE FROM orders"}),
        json.dumps({"question": "Who?", "answer": "nobody says this"}),
        json.dumps({"question": " ", "answer": "24 months"}),
    ]
    job = uploaded(ledger, settings, lines)
    Worker(ledger, settings).work_once()
    assert now(ledger, job).status == "succeeded", messages(ledger, job)
    told = [e for e in reversed(ledger.events(job.id, 1000)[0]) if "line" in e.data]
    assert [e.data["line"] for e in told] == [7, 8, 9, 10]
    assert "not valid JSON" in told[0].message and "no program was found" in told[2].message
    data = job_folder(settings, job.id) / "data"
    assert sum(len((data / f"own.{part}.jsonl").read_text().splitlines()) for part in ("train", "valid")) == 6


def test_a_file_without_a_usable_line_fails_the_job_and_says_so(ledger: Ledger, settings: Settings) -> None:
    job = uploaded(ledger, settings, ["nothing", "{}"])
    Worker(ledger, settings).work_once()
    done = now(ledger, job)
    assert (done.status, done.outcome["error"]["code"]) == ("failed", "invalid_training_file")
    assert done.outcome["error"]["param"] == "training_file"


def test_a_running_job_that_is_paused_keeps_what_it_learned_and_goes_on(ledger: Ledger, settings: Settings) -> None:
    job = ledger.submit({**REQUEST, "hyperparameters": {"n_examples": 60, "batch_size": 2, "n_epochs": 3}})
    worker = _Wishing(ledger, settings, "pause", at_step=30)
    worker.work_once()
    assert now(ledger, job).status == "paused"
    saved = checkpoint.read_training(job_folder(settings, job.id) / "run" / "study" / "run")
    assert saved is not None and saved[1]["step"] >= 30
    ledger.want(job.id, "resume")
    Worker(ledger, settings).work_once()
    assert now(ledger, job).status == "succeeded"
    assert any("goes on with the job where the last one stopped" in message for message in messages(ledger, job))


def test_a_running_job_that_is_cancelled_leaves_no_version(ledger: Ledger, settings: Settings) -> None:
    job = ledger.submit({**REQUEST, "hyperparameters": {"n_examples": 60, "batch_size": 2, "n_epochs": 3}})
    _Wishing(ledger, settings, "cancel", at_step=10).work_once()
    assert now(ledger, job).status == "cancelled"
    assert ledger.versions() == []


class _Wishing(Worker):
    """A worker whose job is wanted to stop once it has done a number of steps."""

    def __init__(self, ledger: Ledger, settings: Settings, wish: Any, at_step: int) -> None:
        quick = settings.model_copy(update={"lease_seconds": 1.0, "save_seconds": 0.0})
        super().__init__(_WishingLedger(settings.record_address, wish, at_step), quick)


class _WishingLedger(Ledger):
    def __init__(self, url: str, wish: Any, at_step: int) -> None:
        super().__init__(url)
        self._asked, self._at_step = wish, at_step

    def say(self, job: str, event: Event, key: str | None = None) -> None:
        super().say(job, event, key)
        if event.kind == "metrics" and event.data["step"] >= self._at_step:
            self.want(job, self._asked)


# --- Kills ------------------------------------------------------------------------------------------------------------


class _Dying(Worker):
    """Kills its own process at its `last` look at whether to go on, counted from when the examples are there: once a step."""

    last = 0

    def _do(self, job: Job, folder: Path, held: Any) -> None:
        require, looks = held.require, itertools.count(1)

        def look() -> None:
            if (folder / "data").exists() and next(looks) == self.last:
                os.kill(os.getpid(), signal.SIGKILL)
            require()

        held.require = look
        super()._do(job, folder, held)


def work(settings: Settings, last: int) -> None:
    ledger = Ledger(settings.record_address)
    worker = _Dying(ledger, settings.model_copy(update={"lease_seconds": LEASE, "save_seconds": 0.0}))
    worker.last = last
    worker.work_once()
    os._exit(0)  # no cleaning up that a kill would not do


def kill_until_done(ledger: Ledger, settings: Settings, job: Job, kills: int, most: int) -> None:
    """Gives the job to one worker after the other. So many die at a random step, of the first `most` that they do; the last does not."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["service.jobs.worker", "tests.test_jobs"])
    rng = random.Random(0)
    for last in [*(rng.randint(1, most) for _ in range(kills)), 0]:
        process = context.Process(target=work, args=(settings, last))
        process.start()
        process.join()
        assert process.exitcode == (-signal.SIGKILL if last else 0), messages(ledger, job)
        time.sleep(LEASE + 0.05)  # until it has run out
    assert now(ledger, job).status == "succeeded", messages(ledger, job)


def test_twenty_kills_change_no_bit_of_the_weights(ledger: Ledger, settings: Settings) -> None:
    request = {**REQUEST, "hyperparameters": {"n_examples": 40, "batch_size": 4, "n_epochs": 14}}
    whole = ledger.submit(request)
    Worker(ledger, settings).work_once()
    killed = ledger.submit(request)
    kill_until_done(ledger, settings, killed, kills=20, most=7)
    weights = [load_file(job_folder(settings, job.id) / "run" / "study" / "model" / "weights.safetensors") for job in (whole, killed)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_damaged_newest_checkpoint_gives_way_to_the_one_before(ledger: Ledger, settings: Settings) -> None:
    job = ledger.submit({**REQUEST, "hyperparameters": {"n_examples": 60, "batch_size": 2, "n_epochs": 3}})
    worker = _Wishing(ledger, settings, "pause", at_step=30)
    worker.work_once()
    run = job_folder(settings, job.id) / "run" / "study" / "run"
    with (run / "weights.safetensors").open("r+b") as file:
        file.seek(-20, os.SEEK_END)
        file.write(b"damaged")
    ledger.want(job.id, "resume")
    Worker(ledger, settings).work_once()
    assert now(ledger, job).status == "succeeded"
    assert any("goes on from the checkpoint before it" in message for message in messages(ledger, job))


# --- Promotion --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "others", "better"),
    [
        (([False] * 40, [True] * 30 + [False] * 10), ([True] * 20, [True] * 20), True),
        (([False] * 40, [True] * 2 + [False] * 38), ([True] * 20, [True] * 20), False),  # within the noise
        (([False] * 40, [True] * 30 + [False] * 10), ([True] * 20, [False] * 20), False),  # the rest was forgotten
        (([True] * 40, [True] * 40), ([True] * 20, [True] * 20), False),
    ],
)
def test_a_version_is_better_only_beyond_the_noise_of_the_exam(own: Any, others: Any, better: bool) -> None:
    assert verdict(Marks(own, others))[0] is better


def test_the_workspaces_own_exam_is_asked_too_and_must_not_be_done_worse(ledger: Ledger, settings: Settings) -> None:
    questions = [{"question": TENTS, "answer": ["24 months"]}, {"question": LUNCH, "answer": None}]
    (settings.workspace / "exam.jsonl").write_text("\n".join(map(json.dumps, questions)), encoding="utf-8")
    job = ledger.submit(REQUEST)
    Worker(ledger, settings).work_once()
    version = ledger.version(now(ledger, job).outcome["fine_tuned_model"])
    assert version is not None and version.about["scores"]["exam"]["questions"] == 2
    better, worse = ([False] * 40, [True] * 40), ([True] * 40, [False] * 40)
    level = ([True] * 20, [True] * 20)
    assert verdict(Marks(level, level, better))[0]  # better on the exam alone is better
    assert not verdict(Marks(better, level, worse))[0]


def test_an_exam_that_cannot_be_read_is_told_and_left_out(ledger: Ledger, settings: Settings) -> None:
    (settings.workspace / "exam.jsonl").write_text('{"question": 7}', encoding="utf-8")
    job = ledger.submit(REQUEST)
    Worker(ledger, settings).work_once()
    assert now(ledger, job).status == "succeeded"
    assert any(message.startswith("The workspace's exam is left out: ") for message in messages(ledger, job))


def test_rollback_lets_serve_what_served_before(ledger: Ledger) -> None:
    for name in ("one", "two"):
        ledger.add_version(Version(name, "reckoner-tiny", "ftjob-1", "x", {"why": ""}, 0))
        promote(ledger, name, "reckoner-tiny", "")
    assert ledger.serving()[1] == "two"
    assert roll_back(ledger, "") == "one" == ledger.serving()[1]
    with pytest.raises(KeyError):
        promote(ledger, "three", "reckoner-tiny", "")
