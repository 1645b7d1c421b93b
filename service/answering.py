"""One question, end to end: evidence, programs, what they say when executed, the surest of it, the answer or a refusal.

It promises that an answer's words come from its outcome alone, that every citation was checked against the stored document as it
stands now, that what is sent has been proven (`service/proof.py`), and that the trace holds all that `Router.verify` needs. A program
that cannot be executed falls out, with its reason kept; a record or a database that cannot be read is raised, since "not found" would be
untrue then.
"""

from __future__ import annotations

import json
import logging
import math
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, Protocol

import torch

from models.calibration import FEATURES, Calibration
from models.decode import Candidate
from models.examples import Example
from models.tokenizer import Tokenizer
from retrieval.search import Embedder, Hit
from service.calling import Calling, Resumed, functions_of, written
from service.choosing import Choice, Choices, Near, choices
from service.citing import Citation, Stored, cite, names
from service.evidence import gather
from service.file_search import FileSearch, Found
from service.proof import Link, Traced, Unproven, prove
from service.render import render
from service.settings import Settings
from service.workspace import Workspace
from tools.database import Database
from tools.evidence import Evidence
from tools.language import print_program
from tools.outcome import Call, Outcome
from tools.patience import check
from tools.router import Router

REFUSAL = "I found no answer to this with enough confidence."
Reason = Literal["", "unknown", "no program", "low confidence", "unproven"]
_NO_CALLING = Calling()
_log = logging.getLogger("reckoner.answering")


class Answerer(Protocol):
    """What answering needs of `models.answerer.Answerer`."""

    id: str
    about: dict[str, Any]
    calibration: Calibration
    tokenizer: Tokenizer

    def programs(self, evidence: Evidence, beams: int = 4, calls: frozenset[str] = frozenset()) -> list[Candidate]: ...


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
    alternatives: tuple[tuple[float, Choice], ...] = ()  # all that could be answered, with how sure to be of it, surest first
    found: tuple[Found, ...] | None = None  # by a search in vector stores, best first; None where there was none

    @property
    def refused(self) -> bool:
        return self.kind == "refusal"

    @property
    def call(self) -> Call | None:
        """The call that the client is to make, where that is the answer."""
        call = self.outcome.call if self.outcome is not None and self.kind == "call" else None
        return call if call is not None and not call.executed else None


@dataclass
class _Clock:
    timings: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        check()
        started = time.perf_counter()
        try:
            yield
        finally:
            self.timings[name] = round(self.timings.get(name, 0.0) + (time.perf_counter() - started) * 1000, 2)


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer's text, proven, and where each of its numbers comes from."""

    text: str
    numbers: tuple[Traced, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    """An answer that was not sent, since a link of its proof does not hold."""

    program: str
    link: Link


def _say(chosen: Choice, evidence: Evidence, router: Router, stored: Stored | None, clock: _Clock) -> _Said:
    """Raises Unproven."""
    documents = names(chosen.citations)
    with clock.stage("rendering"):
        text = render(chosen.outcome, evidence, documents)
    with clock.stage("proof"):
        return _Said(text, prove(text, chosen.outcome, evidence, router, chosen.citations, documents, stored))


class Answering:
    """Holds no state of its own between questions, so any number of threads may share it."""

    def __init__(self, workspace: Workspace | None, answerer: Answerer, settings: Settings) -> None:
        """Without a workspace only `answer_from` can be used."""
        self.workspace, self.answerer, self.settings = workspace, answerer, settings

    def answer(self, question: str, id: str | None = None, calling: Calling = _NO_CALLING, search: FileSearch | None = None) -> Answer:
        """The answer from the workspace, under `id` (32 hexadecimal digits) or a new one; with the caller's functions, perhaps a call.
        With a `search` the passages are those that it finds, in place of those of the workspace's own documents.

        Raises RecordError or DatabaseError where the workspace cannot be read.
        """
        assert self.workspace is not None, "an Answering without a workspace answers only from evidence that is given"
        clock = _Clock()
        with clock.stage("retrieval"):
            found = None if search is None else search.find(question, self.workspace.searcher)
            searched = None if found is None else [one.hit for one in found]
            gathered = gather(question, self.workspace, self.settings, calling.functions, searched)
        near = self._near(question, self.workspace.embedder)
        answer = self._answer(gathered.evidence, self.workspace.router, gathered.hits, gathered.match, clock, id, calling, near)
        if gathered.unreachable:
            if answer.refused:  # what was asked for may stand where nobody could look
                raise gathered.unreachable[0]
            answer.trace["unreachable"] = [str(error) for error in gathered.unreachable]
        if search is None or found is None:
            return answer
        answer.trace["vector_stores"] = list(search.ids)
        return replace(answer, found=tuple(found))

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
        router = self.workspace.router.for_question(functions_of(trace))
        differences = [] if outcome is None else router.verify(outcome, evidence)
        for citation in trace["citations"]:
            document, name = self.workspace.record.document(citation["document"]), citation["filename"]
            if document is None or document.status != "ready":
                differences.append(f"{name} is not there any more")
            elif document.text[citation["start"] : citation["end"]] != citation["quote"]:
                differences.append(f"{name} does not say {citation['quote']!r} there any more")
            elif document.sha256 != citation["sha256"]:
                differences.append(f"{name} was changed elsewhere")
        return list(dict.fromkeys(differences))

    def count_tokens(self, text: str) -> int:
        return len(self.answerer.tokenizer.encode(text).ids)

    def _answer(
        self, evidence: Evidence, router: Router, hits: Sequence[Hit], match: float, clock: _Clock, id: str | None = None,
        calling: Calling = _NO_CALLING, near: Near | None = None,
    ) -> Answer:  # fmt: skip
        torch.set_num_threads(1)  # of the calling thread: requests run beside each other, a core each
        router = router.for_question(calling.functions)
        runs = Resumed(router, calling) if calling.answered else router
        stored = cache(self.workspace.record.document) if self.workspace is not None else None  # once for all that may be said of it
        for programs in self._programs(evidence, router, calling):
            with clock.stage("model"):
                candidates = programs()
            with clock.stage("tools"):
                found = choices(
                    candidates, evidence, runs,
                    match=match, passages=[hit.score for hit in hits], near=near,
                    cite=lambda outcome: cite(outcome, evidence, hits, stored),
                )  # fmt: skip
            if found.open or isinstance(runs, Resumed) and runs.reached:
                break
        with clock.stage("tools"):
            confidence = self.answerer.calibration.confidence
            alternatives = sorted(((confidence(choice.features), choice) for choice in found.open), key=lambda pair: -pair[0])
        threshold = self.answerer.calibration.threshold if self.settings.threshold is None else self.settings.threshold
        said: _Said | None = None
        held: list[_Held] = []
        while said is None and alternatives and (alternatives[0][0] >= threshold or calling.decided):
            try:
                said = _say(alternatives[0][1], evidence, router, stored, clock)
            except Unproven as error:  # what is next in belief may hold
                _log.error("an answer was held back: %s", error)
                held.append(_Held(print_program(alternatives.pop(0)[1].candidate.program), error.link))
        sure, chosen = alternatives[0] if alternatives else (0.0, None)
        reason: Reason = ""
        if said is None and held:
            reason = "unproven"
        elif said is None and chosen is None:
            reason = "no program" if found.failures or not found.unknown else "unknown"
        elif said is None:
            reason = "unknown" if found.unknown else "low confidence"
        answer = Answer(
            id=id or uuid.uuid4().hex,
            question=evidence.question,
            kind=chosen.outcome.kind if said is not None and chosen is not None else "refusal",  # type: ignore[arg-type]
            text=REFUSAL if said is None else said.text,
            outcome=chosen.outcome if chosen else None,
            evidence=evidence,
            confidence=sure,
            threshold=threshold,
            reason=reason,
            program=print_program(chosen.candidate.program) if chosen else "",
            citations=chosen.citations if chosen and not reason else (),
            trace={},
            timings=clock.timings,
            alternatives=tuple(alternatives),
        )
        answer.trace.update(self._trace(answer, candidates, found, hits, calling))
        answer.trace["numbers"] = [] if said is None else [asdict(number) for number in said.numbers]
        answer.trace["held_back"] = [asdict(one) for one in held]
        return answer

    @staticmethod
    def _near(question: str, embedder: Embedder | None) -> Near | None:
        if embedder is None:
            return None
        return lambda texts: (embedder.embed(texts, "passage") @ embedder.embed([question], "question")[0]).tolist()

    def _programs(self, evidence: Evidence, router: Router, calling: Calling) -> Iterator[Callable[[], list[Candidate]]]:
        """Ways to programs, the next where those of the one before give nothing: the model's; where a call was answered and none of them
        makes it, those of the model that begin with it, and the one that says no more than what it returned."""
        beams = self.settings.beams
        yield lambda: self.answerer.programs(evidence, beams, calling.forced)
        if calling.answered:
            yield lambda: self.answerer.programs(evidence, beams, frozenset({calling.answered[0].tool}))
            yield lambda: written(calling, evidence, router)

    def _trace(
        self, answer: Answer, candidates: Sequence[Candidate], found: Choices, hits: Sequence[Hit], calling: Calling
    ) -> dict[str, Any]:
        """All of JSON. `outcome` and `evidence` are what `Router.verify` takes, the latter through `evidence_of`."""
        chosen = answer.alternatives[0][1] if answer.alternatives else None
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
            "features": dict(zip(FEATURES, chosen.features, strict=True)) if chosen else {},
            "candidates": [
                {
                    "program": print_program(candidate.program),
                    "probability": math.exp(candidate.log_probability),
                    "chosen": chosen is not None and any(candidate is member for member in chosen.members),
                    "failed": found.failures.get(place, ""),
                }
                for place, candidate in enumerate(candidates)
            ],
            "alternatives": [
                {"program": print_program(choice.candidate.program), "text": choice.outcome.text, "confidence": sure}
                for sure, choice in answer.alternatives
            ],
            "outcome": chosen.outcome.to_json() if chosen else None,
            "calling": calling.to_json(),
            "citations": [asdict(citation) for citation in chosen.citations] if chosen else [],
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
