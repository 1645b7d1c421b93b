"""One question, end to end: evidence, programs, the first that can be executed, how sure to be of it, the answer or a refusal.

It promises that an answer's words come from its outcome alone, that every citation was checked against the stored document as it
stands now, and that the trace holds all that `Router.verify` needs. A program that cannot be executed falls out, with its reason
kept; a record or a database that cannot be read is raised, since "not found" would be untrue then.
"""

from __future__ import annotations

import json
import math
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import torch

from models.calibration import FEATURES, Calibration, features
from models.decode import Candidate
from models.examples import Example
from models.tokenizer import Tokenizer
from retrieval.record import sha256
from retrieval.search import Hit
from service.evidence import gather
from service.render import render
from service.settings import Settings
from service.workspace import Workspace
from tools.database import Database
from tools.errors import DatabaseError, ToolError
from tools.language import Evidence, LanguageError, Passage, print_program
from tools.outcome import Outcome
from tools.router import Router

REFUSAL = "I found no answer to this with enough confidence."
Reason = Literal["", "unknown", "no program", "low confidence"]


class Answerer(Protocol):
    """What answering needs of `models.answerer.Answerer`."""

    id: str
    about: dict[str, Any]
    calibration: Calibration
    tokenizer: Tokenizer

    def programs(self, evidence: Evidence, beams: int = 4) -> list[Candidate]: ...


@dataclass(frozen=True, slots=True)
class Citation:
    """Characters [start, end) of a document's text, and the SHA-256 of that whole text as UTF-8.

    Where evidence was given rather than searched, the passage stands for the document.
    """

    document: str
    document_id: int | None
    passage: str
    quote: str
    start: int
    end: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`reason` says why an answer was refused, and is empty otherwise. `outcome` is what was executed, given or not."""

    id: str
    question: str
    kind: Literal["quote", "rows", "number", "call", "refusal"]
    text: str
    outcome: Outcome | None
    evidence: Evidence
    confidence: float
    threshold: float
    reason: Reason
    program: str
    citations: tuple[Citation, ...]
    trace: dict[str, Any]
    timings: Mapping[str, float]  # milliseconds of each stage
    features: tuple[float, ...] = ()  # of the program that was executed, for calibration

    @property
    def refused(self) -> bool:
        return self.kind == "refusal"


class Stale(Exception):
    """A document that was changed or deleted while the question about it was being answered."""


@dataclass
class _Clock:
    timings: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.timings[name] = round((time.perf_counter() - started) * 1000, 2)


@dataclass(frozen=True)
class _Chosen:
    """The best candidate that could be executed, and the reasons of those before it that could not."""

    candidate: Candidate | None
    outcome: Outcome | None
    citations: tuple[Citation, ...]
    failures: tuple[str, ...]


class Answering:
    """Holds no state of its own between questions, so any number of threads may share it."""

    def __init__(self, workspace: Workspace | None, answerer: Answerer, settings: Settings) -> None:
        """Without a workspace only `answer_from` can be used."""
        self.workspace, self.answerer, self.settings = workspace, answerer, settings

    def answer(self, question: str) -> Answer:
        """The answer from the workspace. Raises RecordError or DatabaseError where it cannot be read."""
        assert self.workspace is not None, "an Answering without a workspace answers only from evidence that is given"
        clock = _Clock()
        with clock.stage("retrieval"):
            gathered = gather(question, self.workspace, self.settings)
        return self._answer(gathered.evidence, self.workspace.router, gathered.hits, gathered.match, clock)

    def answer_from(self, evidence: Evidence, databases: Mapping[str, Database] | None = None, match: float = 1.0) -> Answer:
        """The answer from evidence that is given, as in an exam; without `databases`, from those of the workspace."""
        if databases is not None:
            router = Router(databases)
        else:
            router = self.workspace.router if self.workspace is not None else Router({})
        return self._answer(evidence, router, (), match, _Clock())

    def verify(self, trace: Mapping[str, Any]) -> list[str]:
        """What is different now from a trace of ours, in words; nothing if the answer still stands."""
        assert self.workspace is not None
        evidence = evidence_of(trace)
        outcome = trace["outcome"]
        differences = [] if outcome is None else self.workspace.router.verify(outcome, evidence)
        for citation in trace["citations"]:
            document = self.workspace.record.document(citation["document"])
            if document is None or document.status != "ready":
                differences.append(f"{citation['document']} is not there any more")
            elif document.text[citation["start"] : citation["end"]] != citation["quote"]:
                differences.append(f"{citation['document']} does not say {citation['quote']!r} there any more")
            elif document.sha256 != citation["sha256"]:
                differences.append(f"{citation['document']} was changed elsewhere")
        return list(dict.fromkeys(differences))

    def count_tokens(self, text: str) -> int:
        return len(self.answerer.tokenizer.encode(text).ids)

    def _answer(self, evidence: Evidence, router: Router, hits: Sequence[Hit], match: float, clock: _Clock) -> Answer:
        torch.set_num_threads(1)  # of the calling thread: requests run beside each other, a core each
        with clock.stage("model"):
            candidates = self.answerer.programs(evidence, self.settings.beams)
        with clock.stage("tools"):
            chosen = self._choose(candidates, evidence, router, hits)
        row = features(chosen.candidate, candidates, len(chosen.failures), match) if chosen.candidate else ()
        threshold = self.answerer.calibration.threshold if self.settings.threshold is None else self.settings.threshold
        confidence, reason = self._judge(chosen, row, threshold, bool(candidates) and candidates[0].program == ("unknown",))
        outcome = chosen.outcome
        with clock.stage("rendering"):
            text = REFUSAL if reason or outcome is None else render(outcome, evidence, _names(chosen.citations))
        answer = Answer(
            id=uuid.uuid4().hex,
            question=evidence.question,
            kind="refusal" if reason or outcome is None or outcome.kind == "unknown" else outcome.kind,
            text=text,
            outcome=outcome,
            evidence=evidence,
            confidence=confidence,
            threshold=threshold,
            reason=reason,
            program=print_program(chosen.candidate.program) if chosen.candidate else "",
            citations=() if reason else chosen.citations,
            trace={},
            timings=clock.timings,
            features=tuple(row),
        )
        answer.trace.update(self._trace(answer, candidates, chosen, hits))
        return answer

    def _choose(self, candidates: Sequence[Candidate], evidence: Evidence, router: Router, hits: Sequence[Hit]) -> _Chosen:
        failures: list[str] = []
        # `unknown` comes last: how likely it is weighs in the confidence, and the threshold decides, in one place, what is refused.
        for candidate in sorted(candidates, key=lambda c: c.program == ("unknown",)):
            try:
                outcome = router.run(candidate.program, evidence)
                return _Chosen(candidate, outcome, self._cite(outcome, evidence, hits), tuple(failures))
            except DatabaseError:
                raise
            except (ToolError, LanguageError, Stale) as error:
                failures.append(f"{type(error).__name__}: {error}")
        return _Chosen(None, None, (), tuple(failures))

    def _judge(self, chosen: _Chosen, row: Sequence[float], threshold: float, unknown: bool) -> tuple[float, Reason]:
        """How likely the answer is right, and why it is refused. Where there is no answer to be right, that is 0.

        `unknown`: that there is no answer was the likeliest program of all.
        """
        if chosen.outcome is None:
            return 0.0, "no program"
        if chosen.outcome.kind == "unknown":
            return 0.0, "unknown"
        confidence = self.answerer.calibration.confidence(row)
        return confidence, "" if confidence >= threshold else "unknown" if unknown else "low confidence"

    def _cite(self, outcome: Outcome, evidence: Evidence, hits: Sequence[Hit]) -> tuple[Citation, ...]:
        """Where in the documents stands what was quoted, and every number and date that was calculated or asked with."""
        places = [(quote.block, quote.start, quote.end, quote.text) for quote in outcome.quotes]
        for step in outcome.steps:
            places += [(o.block, o.start, o.end, o.text) for o in step.operands if o.block is not None and o.block >= 0]  # type: ignore[misc]
        return tuple(self._citation(*place, evidence, hits) for place in dict.fromkeys(places))

    def _citation(self, block: int, start: int, end: int, text: str, evidence: Evidence, hits: Sequence[Hit]) -> Citation:
        passage = evidence.blocks[block]
        assert isinstance(passage, Passage)  # the router has checked it
        hit = next((hit for hit in hits if hit.passage.id == passage.id), None)
        if hit is None or self.workspace is None:
            return Citation(passage.title or passage.id, None, passage.id, text, start, end, sha256(passage.text))
        document = self.workspace.record.document(hit.document)
        if document is None or document.text[hit.start + start : hit.start + end] != text:
            raise Stale(f"{hit.document} was changed or deleted meanwhile")
        return Citation(document.name, document.id, passage.id, text, hit.start + start, hit.start + end, document.sha256)

    def _trace(self, answer: Answer, candidates: Sequence[Candidate], chosen: _Chosen, hits: Sequence[Hit]) -> dict[str, Any]:
        """All of JSON. `outcome` and `evidence` are what `Router.verify` takes, the latter through `evidence_of`."""
        return {
            "id": answer.id,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "question": answer.question,
            "model": {"id": self.answerer.id, "size": self.answerer.about.get("size", "")},
            "kind": answer.kind,
            "reason": answer.reason,
            "text": answer.text,
            "confidence": answer.confidence,
            "threshold": answer.threshold,
            "features": dict(zip(FEATURES, answer.features, strict=False)),
            "candidates": [
                {
                    "program": print_program(candidate.program),
                    "probability": math.exp(candidate.log_probability),
                    "chosen": candidate is chosen.candidate,
                    "failed": chosen.failures[rank] if rank < len(chosen.failures) else "",
                }
                for rank, candidate in enumerate(candidates)
            ],
            "outcome": chosen.outcome.to_json() if chosen.outcome is not None else None,
            "citations": [asdict(citation) for citation in chosen.citations],
            "passages": [
                {"passage": hit.passage.id, "document": hit.document, "start": hit.start, "end": hit.end, "score": hit.score}
                for hit in hits
            ],
            "evidence": json.loads(Example(answer.evidence, ("unknown",), "", "").to_json()),
            "timings_ms": answer.timings,
        }


def evidence_of(trace: Mapping[str, Any]) -> Evidence:
    """The evidence that a trace was made from."""
    return Example.from_json(json.dumps(trace["evidence"])).evidence


def _names(citations: Sequence[Citation]) -> dict[str, str]:
    """The name of the document that each cited passage is in."""
    return {citation.passage: citation.document for citation in citations}
