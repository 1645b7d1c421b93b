"""Sits an exam: draws the questions, puts them to the service in several processes, and reports.

Each process has one thread: on small matrices two processes use two cores better than one process with two threads.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from service.exams.exam import Exam, ExamError, Examinee, Question, Verdict
from service.exams.report import Mark, Report
from tools.errors import ToolError

_CHUNK = 4  # questions handed over at once

Admit = Callable[[], Examinee]
"""Makes the examinee; called once in each process, so it must travel there: a function of a module, or a frozen dataclass."""


def sit(
    exam: Exam,
    admit: Admit,
    *,
    limit: int | None = None,
    seed: int = 0,
    processes: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """The report on `exam`, or on `limit` of its questions drawn with a fixed seed. Raises ExamError."""
    questions, skipped = exam.questions()
    if not questions:
        raise ExamError(f"The {exam.name} exam found no questions ({_reasons(skipped)}).")
    if limit is not None and limit < len(questions):
        questions = [questions[i] for i in sorted(random.Random(seed).sample(range(len(questions)), limit))]
    started = time.perf_counter()
    marks: list[Mark] = []
    with _pool(exam, admit, min(processes, len(questions))) as (threshold, model, graded):
        for mark in graded(questions):
            marks.append(mark)
            if progress:
                progress(len(marks), len(questions))
    return Report(exam.name, model, threshold, marks, skipped, exam.main, time.perf_counter() - started)


def mark(exam: Exam, examinee: Examinee, question: Question) -> Mark:
    """Puts one question and judges the answer. A question that fails is one without an answer, with the reason noted."""
    started = time.perf_counter()
    try:
        exam.ready(question)
        started = time.perf_counter()
        reply = exam.answer(question, examinee)
    except ToolError as error:
        return Mark(question.kind, question.answerable, False, False, 0.0, time.perf_counter() - started, note=str(error))
    seconds = time.perf_counter() - started
    answered = reply.program != ("unknown",)
    possible = (reply, *reply.others) if answered else ()
    verdicts = [exam.judge(question, one) if question.answerable else Verdict(False) for one in possible]
    answers = tuple((one.features, verdict.right) for one, verdict in zip(possible, verdicts, strict=True))
    right, scores = (verdicts[0].right, verdicts[0].scores) if verdicts else (False, {})
    return Mark(question.kind, question.answerable, answered, right, reply.confidence, seconds, scores, answers=answers)


Grade = Callable[[Sequence[Question]], Iterator[Mark]]


@contextmanager
def _pool(exam: Exam, admit: Admit, processes: int) -> Iterator[tuple[float, str, Grade]]:
    if processes <= 1:
        examinee = admit()
        yield examinee.threshold, examinee.model, lambda questions: (mark(exam, examinee, q) for q in questions)
        return
    threads = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"  # read by the new processes when they load PyTorch
    try:
        with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _begin, (exam, admit)) as pool:
            try:
                threshold, model = pool.submit(_about).result()
                yield threshold, model, lambda questions: pool.map(_mark, questions, chunksize=_CHUNK)
            except BrokenProcessPool as error:
                raise ExamError("A process of the exam ended before it was done; is there enough memory?") from error
            finally:
                pool.shutdown(cancel_futures=True)
    finally:
        os.environ.pop("OMP_NUM_THREADS") if threads is None else os.environ.update(OMP_NUM_THREADS=threads)


# --- In a process of the pool ---------------------------------------------------------------------------------------

_sitting: tuple[Exam, Examinee] | Exception | None = None


def _begin(exam: Exam, admit: Admit) -> None:
    """An exception here would only break the pool; it is kept, and raised where it can be told."""
    global _sitting
    try:
        import torch

        torch.set_num_threads(1)
        _sitting = exam, admit()
    except Exception as error:
        _sitting = error


def _ready() -> tuple[Exam, Examinee]:
    if isinstance(_sitting, Exception):
        raise _sitting
    assert _sitting is not None
    return _sitting


def _about() -> tuple[float, str]:
    _, examinee = _ready()
    return examinee.threshold, examinee.model


def _mark(question: Question) -> Mark:
    return mark(*_ready(), question)


def _reasons(skipped: object) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in dict(skipped).items()) if skipped else "the file holds none"  # type: ignore[call-overload]
