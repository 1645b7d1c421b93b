"""Beam search over programs, under the grammar's mask.

Every finished beam is a well-typed program. A span or phrase is decoded in two steps, its first and its last token, both at the
bounds of words; a pointer that stands at several positions has the sum of their probabilities.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.encoding import OPERATION_ID, Encoded, Slot, encode
from models.inference import Cache, Inference, Reading
from models.tokenizer import Tokenizer
from tools.evidence import POINTERS, Column, Evidence, Kind, Parameter, Phrase, Span, Tool, referred_tables
from tools.language import OPERATIONS, START, Program, State, Token, follows_keys
from tools.patience import check

MAX_STEPS = 72  # decoder steps of a program
MAX_SPAN = 80  # tokens
_LIKELY = 0.05  # the probability from which a kind of answer has beams of its own
_FEWEST_BEAMS = 2  # of such a kind
_FAR = 5.0  # nats below the likeliest program: such a one is never answered with, and neither looked for further nor executed
_TEXT: tuple[Kind, ...] = ("SPAN", "PHRASE")  # pointers of two steps: a first and a last token
_OPERATIONS = len(OPERATIONS)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program and the natural logarithm of its probability.

    `tokens` are the steps that took; `weakest` the least likely one; `kind` the first, which says what kind of answer it is.
    """

    program: Program
    log_probability: float
    tokens: int
    weakest: float
    kind: float = 0.0


@dataclass(frozen=True, slots=True)
class _Beam:
    state: State
    program: Program
    score: float
    weakest: float
    kind: float = 0.0
    opened: int | None = None  # the slot at which a span was opened and waits for its end
    open_kind: str = ""


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to go on from the beam of a row by the decoder id `id`: `token` is said, or, where it is None, a text of `open_kind` opened.

    Most ways are not taken, so what the beam becomes is worked out for those that are.
    """

    row: int
    beam: _Beam
    id: int
    own: float  # log-probability of this step
    token: Token | None
    open_kind: str = ""

    @property
    def score(self) -> float:
        return self.beam.score + self.own

    @property
    def answer(self) -> Token | None:
        """The first token of the program, which says what kind of answer it is."""
        return self.beam.program[0] if self.beam.program else self.token

    def taken(self) -> _Beam:
        beam = self.beam
        weakest = min(beam.weakest, self.own)
        if self.token is None:
            return _Beam(beam.state, beam.program, self.score, weakest, beam.kind, self.id - _OPERATIONS, self.open_kind)
        kind = beam.kind if beam.program else self.own
        return _Beam(beam.state.advance(self.token), (*beam.program, self.token), self.score, weakest, kind)


@torch.inference_mode()
def decode(
    network: Inference, tokenizer: Tokenizer, evidence: Evidence, beams: int = 4, calls: frozenset[str] = frozenset(), spread: bool = False
) -> list[Candidate]:
    """The most likely programs for this evidence, best first; may be fewer than `beams`.

    With `calls`, only programs that begin with a call to one of these tools; probabilities are then of those programs alone.
    With `spread`, the evidence is read on as many cores as are idle.
    """
    encoded = encode(evidence, tokenizer)
    return _Search(network, encoded, network.read(encoded, tokenizer.mark("pad"), spread), calls).run(beams)


class _Search:
    def __init__(self, network: Inference, encoded: Encoded, reading: Reading, calls: frozenset[str] = frozenset()) -> None:
        self.network, self.encoded, self.reading, self.calls = network, encoded, reading, calls
        count = len(encoded.slots)
        slots = np.array([slot for pair in encoded.pairs for slot in pair.slots])
        self.slot_of = torch.from_numpy(slots).to(network.device)
        self.first = np.zeros(count, np.int64)  # the first position that stands for a slot
        self.first[slots[::-1]] = np.arange(len(slots))[::-1]
        self.members = {kind: np.zeros(count, bool) for kind in POINTERS}
        for place, slot in enumerate(encoded.slots):
            for kind in slot.kinds:
                self.members[kind][place] = slot.opens or kind not in _TEXT
        self.block = np.array([slot.block for slot in encoded.slots])
        self.closes = np.array([slot.closes for slot in encoded.slots], bool)
        self.keys = referred_tables(encoded.evidence)
        self._masks: dict[tuple[frozenset[str], frozenset[Kind]], np.ndarray] = {}

    def run(self, beams: int) -> list[Candidate]:
        """Each kind of answer that is at all likely has beams of its own: the longer programs of one kind are less likely each, but
        may together be likelier than the shorter ones of another."""
        live, finished, floor = [_Beam(START, (), 0.0, 0.0)], list[Candidate](), -math.inf
        previous = torch.full((1,), _OPERATIONS)
        cache: Cache | None = None
        room: dict[Token | None, int] = {"call": beams} if self.calls else {}
        for step in range(MAX_STEPS):
            check()
            scores, longer = self._step(previous, cache)
            ways = sorted(self._ways(live, scores, beams, floor), key=lambda way: -way.score)
            if not room:
                likely = {way.answer: math.exp(way.score) for way in ways}
                room = {kind: max(_FEWEST_BEAMS, math.ceil(beams * p)) for kind, p in likely.items() if p >= _LIKELY}
                room = room or dict.fromkeys(likely, 1)
            taken: list[tuple[_Way, _Beam]] = []
            for kind, most in room.items():
                of_kind = [(way, way.taken()) for way in [way for way in ways if way.answer == kind][:most]]
                finished += [Candidate(b.program, b.score, step + 1, b.weakest, b.kind) for _, b in of_kind if b.state.complete]
                done = sorted((c.log_probability for c in finished if c.program[0] == kind), reverse=True)[:most]
                worst = done[-1] if len(done) == most else -math.inf
                taken += [(way, beam) for way, beam in of_kind if not beam.state.complete and beam.score > worst]
            floor = _floor(finished)
            taken = [(way, beam) for way, beam in taken if beam.score > floor]
            if not taken:
                break
            rows = torch.tensor([way.row for way, _ in taken], device=self.network.device)
            cache = [(keys[rows], values[rows]) for keys, values in longer]
            live = [beam for _, beam in taken]
            ids = [way.id if way.id < _OPERATIONS else _OPERATIONS + 1 + int(self.first[way.id - _OPERATIONS]) for way, _ in taken]
            previous = torch.tensor(ids)
        near = [candidate for candidate in finished if candidate.log_probability > floor]
        return sorted(_distinct(near), key=lambda c: -c.log_probability)

    def _step(self, previous: Tensor, cache: Cache | None) -> tuple[np.ndarray, Cache]:
        """Log-probabilities (rows, operations + slots) of what follows."""
        logits, longer = self.network.step(self.reading, previous, cache)
        probabilities = logits.softmax(-1)
        by_slot = torch.zeros(len(logits), len(self.encoded.slots), device=logits.device)
        by_slot.index_add_(1, self.slot_of, probabilities[:, _OPERATIONS:])
        return torch.cat((probabilities[:, :_OPERATIONS], by_slot), -1).clamp_(min=1e-30).log_().cpu().numpy(), longer

    def _ways(self, live: list[_Beam], scores: np.ndarray, width: int, floor: float) -> Iterator[_Way]:
        """The `width` best ways on from each beam, where they are likelier than `floor`."""
        allowed = np.zeros(scores.shape, bool)
        for row, beam in enumerate(live):
            if beam.opened is None:
                allowed[row] = self._allowed(beam.state)
                if self.calls and len(beam.program) < 2:
                    scores[row] = self._only_calls(scores[row], allowed[row], first=not beam.program)
        masked = torch.from_numpy(np.where(allowed, scores, -np.inf))
        best = masked.topk(min(masked.size(1), 8 * width))
        for row, (beam, own, ids) in enumerate(zip(live, best.values.tolist(), best.indices.tolist(), strict=True)):
            if beam.opened is None:
                yield from self._continue(row, beam, own, ids, width, floor)
            else:
                yield from self._close(row, beam, scores[row], width, floor)

    def _allowed(self, state: State) -> np.ndarray:
        """Which decoder ids the grammar lets follow; a pointer's type is looked at later."""
        operations, kinds = wanted = state.allowed()
        mask = self._masks.get(wanted)
        if mask is None:
            mask = self._masks[wanted] = np.zeros(_OPERATIONS + len(self.encoded.slots), bool)
            mask[[OPERATION_ID[o] for o in operations]] = True
            for kind in kinds:
                mask[_OPERATIONS:] |= self.members[kind]
        return mask

    def _only_calls(self, scores: np.ndarray, allowed: np.ndarray, first: bool) -> np.ndarray:
        """At the first two tokens of a program: allows nothing but a call to one of `calls`, and shares all probability among those."""
        if first:
            wanted = np.arange(len(scores)) == OPERATION_ID["call"]
        else:
            named = [isinstance(slot.pointer, Tool) and slot.pointer.name in self.calls for slot in self.encoded.slots]
            wanted = np.array([False] * _OPERATIONS + named)
        allowed &= wanted
        return torch.from_numpy(np.where(allowed, scores, -np.inf)).log_softmax(-1).numpy()

    def _continue(self, row: int, beam: _Beam, own: list[float], ids: list[int], width: int, floor: float) -> Iterator[_Way]:
        """From what the grammar allows, best first."""
        state, (_, kinds) = beam.state, beam.state.allowed()
        left = width
        for score, id in zip(own, ids, strict=True):
            if score == -math.inf or beam.score + score <= floor or left <= 0:
                return
            if id < _OPERATIONS:
                yield _Way(row, beam, id, score, OPERATIONS[id])
                left -= 1
                continue
            slot = self.encoded.slots[id - _OPERATIONS]
            if slot.pointer is not None and slot.kinds & kinds and state.accepts(slot.pointer) and self._sensible(slot.pointer, beam):
                yield _Way(row, beam, id, score, slot.pointer)
                left -= 1
            for kind in _TEXT:
                if slot.opens and kind in slot.kinds and kind in kinds and state.accepts(self._text(slot, slot)):
                    yield _Way(row, beam, id, score, None, kind)
                    left -= 1

    def _close(self, row: int, beam: _Beam, scores: np.ndarray, width: int, floor: float) -> Iterator[_Way]:
        """The best last tokens of an open text: not before its start, at the end of a word of the same block."""
        first = beam.opened
        assert first is not None
        begin, places = self.encoded.slots[first], slice(first, first + MAX_SPAN)
        # Of a kind of text, every token of its block is; `members` holds only those that may open one.
        ends = first + np.flatnonzero(self.closes[places] & (self.block[places] == begin.block))
        ends = np.array([end for end in ends.tolist() if beam.open_kind in self.encoded.slots[end].kinds], np.int64)
        own = scores[_OPERATIONS + ends]
        for place in np.argsort(-own, kind="stable")[:width].tolist():
            end, score = int(ends[place]), float(own[place])
            if beam.score + score <= floor:
                return
            yield _Way(row, beam, _OPERATIONS + end, score, self._text(begin, self.encoded.slots[end]))

    def _sensible(self, pointer: Token, beam: _Beam) -> bool:
        """What the grammar cannot know of the evidence."""
        match pointer:
            case Parameter():
                return not _repeated(pointer, beam.program)
            case Column():
                return follows_keys(pointer, beam.program, self.keys)
            case _:
                return True

    def _text(self, first: Slot, last: Slot) -> Token:
        if "SPAN" in first.kinds:
            return Span(first.block, first.start, last.end)
        return Phrase(self.encoded.evidence.question[first.start : last.end], first.start, last.end)


def _repeated(parameter: Parameter, program: Program) -> bool:
    """Whether the call that is being written has this parameter already: no tool takes one twice."""
    return parameter in program and parameter in program[len(program) - program[::-1].index("call") :]


def _floor(finished: list[Candidate]) -> float:
    """The log-probability that a program must exceed to be worth following."""
    return max((candidate.log_probability for candidate in finished), default=-math.inf) - _FAR


def _distinct(candidates: list[Candidate]) -> list[Candidate]:
    best: dict[Program, Candidate] = {}
    for candidate in candidates:
        held = best.get(candidate.program)
        if held is None or candidate.log_probability > held.log_probability:
            best[candidate.program] = candidate
    return list(best.values())
