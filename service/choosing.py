"""Which of the model's programs to answer with: all are executed, those that say the same are brought together, the surest is chosen.

The model spreads its belief: two programs may give the same rows, and the beam often holds several spans of one sentence. What counts
is how likely an *outcome* is, so the probabilities of programs with one outcome are added (minimum Bayes risk; Kumar and Byrne 2004).
Where the spans of a sentence disagree so much that none is likelier than all the others of it, the sentence itself is quoted: it is
known where the answer stands, not where it begins and ends. Not so where the evidence was given instead of searched: who hands over a
paragraph has found the sentence, and asks for the words in it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from models.calibration import features, situation_of
from models.decode import Candidate
from retrieval.passages import sentences, sentences_around
from retrieval.words import fold
from service.citing import Citation, Stale
from service.wording import asked_of
from tools.errors import DatabaseError, ToolError
from tools.evidence import QUESTION, Date, Evidence, Number, Passage, Schema, Span, Value
from tools.language import LanguageError, Program
from tools.outcome import Outcome
from tools.patience import check
from tools.results import as_json

_FAR = 0.02  # of the best passage's score: nothing counts as further off
_WORD = re.compile(r"[^\W_]+")


_Executed = tuple[Candidate, Outcome, tuple[Citation, ...]]


Near = Callable[[Sequence[str]], Sequence[float]]
"""How near each of some texts is to the question, as cosines."""


class Runs(Protocol):
    """A Router, or what stands in for one."""

    def run(self, program: Program, evidence: Evidence) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """An outcome, the program that gives it, and the candidates that say the same, likeliest first. `features` are for calibration."""

    candidate: Candidate
    outcome: Outcome
    citations: tuple[Citation, ...]
    members: tuple[Candidate, ...]
    log_probability: float  # of all members together
    features: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be answered, in the order of the model's belief, and why other candidates cannot, by their place among all."""

    open: tuple[Choice, ...]
    failures: dict[int, str]
    unknown: bool  # that there is no answer is the likeliest program of all


def choices(
    candidates: Sequence[Candidate], evidence: Evidence, router: Runs, *,
    match: float, passages: Sequence[float], cite: Callable[[Outcome], tuple[Citation, ...]], near: Near | None = None,
) -> Choices:  # fmt: skip
    """Executes the candidates; `unknown` is not among the choices.

    `match` is how well the question and the best passage go together, from 0 to 1; `passages` how well each of the evidence's passages
    was found (nothing where they were given); `cite` may raise Stale for an outcome that no longer holds; `near` tells how near texts are
    to the question. Raises DatabaseError where a database that the likeliest of them asks cannot be read.
    """
    whole = bool(passages)
    executed: dict[Hashable, list[_Executed]] = {}
    failures: dict[int, str] = {}
    for place, candidate in enumerate(candidates):
        check()
        try:
            outcome = router.run(candidate.program, evidence)
            citations = cite(outcome)
        except DatabaseError as error:
            if not executed:  # likelier than whatever another program may give
                raise
            failures[place] = f"{type(error).__name__}: {error}"
            continue
        except (ToolError, LanguageError, Stale) as error:
            failures[place] = f"{type(error).__name__}: {error}"
            continue
        if outcome.kind != "unknown":
            executed.setdefault(_said(outcome, evidence, whole), []).append((candidate, outcome, citations))
    found: list[Choice] = []
    for group in executed.values():
        try:
            found.append(_choice(group, evidence, router, cite, whole))
        except Stale as error:  # changed since its candidates were executed, a moment ago
            failures |= {candidates.index(candidate): f"{type(error).__name__}: {error}" for candidate, _, _ in group}
    found.sort(key=lambda choice: -choice.log_probability)
    saying, situation = Saying(evidence), situation_of(evidence.blocks, whole)
    described = []
    meanings = near([_words(choice.outcome, evidence) for choice in found]) if near is not None and found else [0.0] * len(found)
    for choice, meaning in zip(found, meanings, strict=True):
        rivals = [c.log_probability for c in found if c is not choice]
        likelier = sum(candidates[place].log_probability > choice.members[0].log_probability for place in failures)
        quoted = [_nearness(passages, q.block) for q in choice.outcome.quotes]
        row = features(
            choice.members, candidates, situation=situation, mass=choice.log_probability, rivals=rivals, failed=likelier, evidence=match,
            passage=min(quoted, default=0.0), used=saying.used_by(choice.candidate.program), rows=len(choice.outcome.rows),
            meaning=float(meaning),
        )  # fmt: skip
        described.append(replace(choice, features=tuple(row)))
    return Choices(tuple(described), failures, bool(candidates) and candidates[0].program == ("unknown",))


class Saying:
    """The numbers, dates and stored values that the question of an evidence says."""

    def __init__(self, evidence: Evidence) -> None:
        self._mentions = evidence.mentions
        asked = f" {' '.join(_WORD.findall(fold(evidence.question)))} "
        columns = [column for block in evidence.blocks if isinstance(block, Schema) for table in block.tables for column in table.columns]
        self._values = {v for column in columns for v in column.values if f" {' '.join(_WORD.findall(fold(str(v))))} " in asked}

    def used_by(self, program: Program) -> tuple[float, float]:
        """The part of the numbers and dates, and of the values, that the program points at; 1 of none."""
        places = {(t.start, t.end) for t in program if isinstance(t, Number | Date) and t.block == QUESTION}
        pointed = {t.value for t in program if isinstance(t, Value)}
        mentions = [any(start < m.end and m.start < end for start, end in places) for m in self._mentions]
        return _share(mentions), _share([value in pointed for value in self._values])


def _words(outcome: Outcome, evidence: Evidence) -> str:
    """What an answer is about: the sentences that are quoted, under their title, or what was asked of databases."""
    if outcome.kind != "quote":
        return "; ".join(asked_of(outcome, evidence).values())
    parts = []
    for quote in outcome.quotes:
        passage = evidence.blocks[quote.block]
        assert isinstance(passage, Passage)  # the router has checked it
        said = (passage.text[start:end] for start, end in sentences_around(passage.text, quote.start, quote.end))
        parts.append(f"{passage.title}\n{' '.join(said)}")
    return "\n".join(dict.fromkeys(parts))


def _nearness(passages: Sequence[float], block: int) -> float:
    """How well a passage was found beside the best one, as the logarithm of their ratio; 0 where passages were given."""
    return math.log(max(passages[block] / max(passages), _FAR)) if block < len(passages) and max(passages) > 0 else 0.0


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else 1.0


def _said(outcome: Outcome, evidence: Evidence, whole: bool) -> Hashable:
    """Equal for outcomes that say the same. Where `whole` sentences may be quoted, a quote says what its sentences say."""
    match outcome.kind:
        case "quote":
            around = (whole and _sentence(q.block, q.start, q.end, evidence) for q in outcome.quotes)
            return "quote", tuple((q.block, place or (q.start, q.end)) for q, place in zip(outcome.quotes, around, strict=True))
        case "rows":
            return "rows", outcome.rows
        case "number":
            return "number", outcome.value, outcome.text.endswith("%")
        case "call" if outcome.call is not None and not outcome.call.executed:  # whatever is done with the response
            return "call", outcome.call.tool, json.dumps(as_json(outcome.call.arguments), sort_keys=True)
        case _:
            return outcome.kind, outcome.text


def _choice(
    group: Sequence[_Executed], evidence: Evidence, router: Runs, cite: Callable[[Outcome], tuple[Citation, ...]], whole: bool
) -> Choice:  # fmt: skip
    """`whole`: a sentence whose spans disagree may be quoted as a whole."""
    ranked = sorted(group, key=lambda executed: -executed[0].log_probability)
    best, outcome, citations = ranked[0]
    members = tuple(candidate for candidate, _, _ in ranked)
    mass = _log_sum(members)
    spans = [token for token in best.program if isinstance(token, Span)]
    if whole and outcome.kind == "quote" and len(spans) == 1 and 2 * math.exp(best.log_probability) < math.exp(mass):
        sentence = _sentence(spans[0].block, spans[0].start, spans[0].end, evidence)
        if sentence is not None:
            wider = Span(spans[0].block, *sentence)
            best = replace(best, program=tuple(wider if token is spans[0] else token for token in best.program))
            outcome = router.run(best.program, evidence)
            citations = cite(outcome)
    return Choice(best, outcome, citations, members, mass)


def _sentence(block: int, start: int, end: int, evidence: Evidence) -> tuple[int, int] | None:
    """The one sentence of a passage that holds these characters."""
    passage = evidence.blocks[block]
    assert isinstance(passage, Passage)  # the router has checked it
    return next((place for place in sentences(passage.text) if place[0] <= start and end <= place[1]), None)


def _log_sum(candidates: Sequence[Candidate]) -> float:
    return math.log(sum(math.exp(c.log_probability) for c in candidates) + 1e-300)
