"""What operators watch: counts and times of the service, as Prometheus reads them.

Every application has a registry of its own. What changes by events is counted when they happen; what is a state (the queue, training jobs,
which model serves) is read when somebody looks. No label takes values that a caller chooses: a request is counted under the template of its
route, and under `none` where it reached none, whatever its path was.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import Future

from prometheus_client import (
    CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics, generate_latest,
)  # fmt: skip
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from retrieval.storage import RecordError
from service.answering import Answer
from service.engine import Engine
from service.jobs.ledger import Ledger, Status
from service.proof import LINKS
from service.serving import Serving
from tools.patience import GivenUp

MEDIA_TYPE = CONTENT_TYPE_LATEST
NONE = "none"  # the route of a request that reached none, and the status of one whose caller left before there was any
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_KINDS = ("quote", "rows", "number", "call", "refused", "failed")
_STAGES = ("retrieval", "model", "tools", "rendering", "proof")
_FAILURES = ("FixArguments", "Unanswerable", "LanguageError", "Stale")  # as a trace names why a program could not be executed
_STATUSES: tuple[Status, ...] = ("queued", "running", "paused", "succeeded", "failed", "cancelled")
_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)
_log = logging.getLogger("reckoner.metrics")


class Metrics:
    """Safe to share between threads."""

    def __init__(self, engine: Engine, serving: Serving, ledger: Ledger | None = None) -> None:
        """Without a ledger nothing is said of training jobs."""
        disable_created_metrics()  # in the text format the time at which a counter began would be a gauge beside every counter
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "reckoner_answers", "Questions that were answered, by what came of them: a refusal is an answer, too.", ["kind"],
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "reckoner_answer_seconds", "Seconds from taking a question to its answer or refusal, with what it waited.",
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._stage_seconds = Histogram(
            "reckoner_answer_stage_seconds", "Seconds that each stage of an answer or refusal took.", ["stage"],
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._read = Counter(
            "reckoner_tokens_read", "Tokens of questions, of the passages read for them, and of embedded texts.", registry=self._registry,
        )  # fmt: skip
        self._written = Counter("reckoner_tokens_written", "Tokens of answers.", registry=self._registry)
        self._failures = Counter(
            "reckoner_program_failures", "Programs of the model that could not be executed, by the kind of the error.", ["kind"],
            registry=self._registry,
        )  # fmt: skip
        self._unproven = Counter(
            "reckoner_unproven_answers", "Answers that were held back since a link of their proof did not hold; there should be none.",
            ["link"], registry=self._registry,
        )  # fmt: skip
        self._requests = Counter(
            "reckoner_requests", "Requests, by method, by the template of their route and by status; `none` where there was none.",
            ["method", "route", "status"], registry=self._registry,
        )  # fmt: skip
        # A count that is there before the first event shows that event as an increase.
        for kind in _KINDS:
            self._answers.labels(kind)
        for stage in _STAGES:
            self._stage_seconds.labels(stage)
        for failure in _FAILURES:
            self._failures.labels(failure)
        for link in LINKS:
            self._unproven.labels(link)
        self._registry.register(_States(engine, serving, ledger))
        ProcessCollector(registry=self._registry)  # memory, processor time and open files

    def follow(self, future: Future[Answer]) -> None:
        """Counts the answer that is to come. One that was given up is none."""
        taken = time.perf_counter()
        future.add_done_callback(lambda done: self._done(done, time.perf_counter() - taken))

    def tokens(self, read: int, written: int = 0) -> None:
        self._read.inc(read)
        self._written.inc(written)

    def request(self, method: str, route: str, status: int) -> None:
        """`route` is a template, "" for a request that reached none; `status` 0 if its caller left before there was any."""
        self._requests.labels(method if method in _METHODS else "other", route or NONE, str(status or NONE)).inc()

    def text(self) -> bytes:
        """Everything, in Prometheus' text format (`MEDIA_TYPE`)."""
        return generate_latest(self._registry)

    def _done(self, future: Future[Answer], seconds: float) -> None:
        if future.cancelled() or isinstance(future.exception(), GivenUp):
            return
        if future.exception() is not None:
            self._answers.labels("failed").inc()
            return
        answer = future.result()
        self._answers.labels("refused" if answer.refused else answer.kind).inc()
        self._seconds.observe(seconds)
        for stage, milliseconds in answer.timings.items():
            self._stage_seconds.labels(stage).observe(milliseconds / 1000)
        for held in answer.trace["held_back"]:
            self._unproven.labels(held["link"]).inc()
        for candidate in answer.trace["candidates"]:
            if candidate["failed"]:
                kind = candidate["failed"].partition(":")[0]
                self._failures.labels(kind if kind in _FAILURES else "other").inc()


class _States:
    """How things stand at the moment of a look."""

    def __init__(self, engine: Engine, serving: Serving, ledger: Ledger | None) -> None:
        self._engine, self._serving, self._ledger = engine, serving, ledger

    def collect(self) -> Iterator[Metric]:
        waiting, running = self._engine.load
        yield GaugeMetricFamily("reckoner_questions_waiting", "Questions (and texts to embed or verify) that wait for a core.", waiting)
        yield GaugeMetricFamily("reckoner_questions_running", "Questions (and texts to embed or verify) that are worked on.", running)
        turned_away = self._engine.turned_away
        yield CounterMetricFamily("reckoner_requests_turned_away", "Requests that found no room in the queue (status 429).", turned_away)
        given_up = CounterMetricFamily(
            "reckoner_questions_given_up", "Questions (and texts to embed or verify) that nobody waited for any more.", labels=["reason"]
        )
        for reason, count in self._engine.given_up.items():
            given_up.add_metric([reason], count)
        yield given_up
        yield GaugeMetricFamily(
            "reckoner_passages_to_embed", "Passages that the embedder which is to serve next has still to embed; 0 where none is coming.",
            self._serving.passages_to_embed,
        )  # fmt: skip
        yield self._models()
        if self._ledger is not None:
            try:
                counts = self._ledger.jobs_by_status()
            except RecordError as error:  # what else there is to see matters all the more now
                _log.warning("the training jobs cannot be counted: %s", error)
                return
            jobs = GaugeMetricFamily("reckoner_training_jobs", "Training jobs in the record, by status.", labels=["status"])
            for status in _STATUSES:
                jobs.add_metric([status], counts.get(status, 0))
            yield jobs

    def _models(self) -> Metric:
        """Of each part there is one, whatever has served before."""
        models = GaugeMetricFamily("reckoner_model_info", "The models that serve; the value is 1.", labels=["part", "model", "checkpoint"])
        name, answering = self._serving.current
        models.add_metric(["answerer", name, answering.answerer.id], 1)
        if (embedder := self._serving.embedder) is not None:
            models.add_metric(["embedder", embedder[0], embedder[1].id], 1)
        return models
