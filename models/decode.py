"""Beam search over programs, under the grammar's mask.

Every finished beam is a well-typed program. A span or phrase is decoded in two steps, its first and its last token, both at the
bounds of words; a pointer that stands at several positions has the sum of their probabilities.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from models.batching import lay_out, move, places
from models.encoding import OPERATION_ID, Encoded, Slot, encode
from models.tokenizer import Tokenizer
from models.transformer import Memory, Transformer
from tools.language import OPERATIONS, POINTERS, START, Evidence, Kind, Parameter, Phrase, Program, Span, State, Token, Tool
from tools.patience import check

MAX_STEPS = 72  # decoder steps of a program
MAX_SPAN = 80  # tokens
_LIKELY = 0.05  # the probability from which a kind of answer has beams of its own
_FEWEST_BEAMS = 2  # of such a kind
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


@torch.inference_mode()
def decode(
    model: Transformer, tokenizer: Tokenizer, evidence: Evidence, beams: int = 4, calls: frozenset[str] = frozenset()
) -> list[Candidate]:
    """The most likely programs for this evidence, best first; may be fewer than `beams`.

    With `calls`, only programs that begin with a call to one of these tools; probabilities are then of those programs alone.
    """
    device = next(model.parameters()).device
    encoded = encode(evidence, tokenizer)
    groups, positions = lay_out([encoded], tokenizer.mark("pad"))
    where = move(places([encoded], positions), device)
    memory = model.remember(model.encoder([move(pairs, device) for pairs in groups]), where.positions, where.padding)
    search = _Search(model, encoded, where.slots[0], memory, calls)
    return search.run(beams)


class _Search:
    def __init__(self, model: Transformer, encoded: Encoded, slots: Tensor, memory: Memory, calls: frozenset[str] = frozenset()) -> None:
        self.model, self.encoded, self.memory, self.slot_of, self.calls = model, encoded, memory, slots, calls
        count = len(encoded.slots)
        self.first = torch.full((count,), 0, dtype=torch.long)
        for position in reversed(range(slots.numel())):
            self.first[int(slots[position])] = position
        self.members = {kind: torch.tensor([kind in s.kinds for s in encoded.slots]) for kind in POINTERS}
        opens = torch.tensor([s.opens for s in encoded.slots])
        for kind in _TEXT:
            self.members[kind] = self.members[kind] & opens

    def run(self, beams: int) -> list[Candidate]:
        """Each kind of answer that is at all likely has beams of its own: the longer programs of one kind are less likely each, but
        may together be likelier than the shorter ones of another."""
        live, finished = [_Beam(START, (), 0.0, 0.0)], list[Candidate]()
        previous = torch.full((1, 1), _OPERATIONS)
        cache: list[tuple[Tensor, Tensor]] | None = None
        room: dict[Token, int] = {"call": beams} if self.calls else {}
        for step in range(MAX_STEPS):
            check()
            scores, longer = self._step(previous, cache, len(live))
            options: list[tuple[float, int, int, _Beam]] = []
            for row, beam in enumerate(live):
                options += [(b.score, row, id, b) for id, b in self._continue(beam, scores[row], beams)]
            options.sort(key=lambda option: -option[0])
            if not room:
                likely = {b.program[0]: math.exp(b.score) for _, _, _, b in options}
                room = {kind: max(_FEWEST_BEAMS, math.ceil(beams * p)) for kind, p in likely.items() if p >= _LIKELY}
                room = room or dict.fromkeys(likely, 1)
            open_beams: list[tuple[int, int, _Beam]] = []
            for kind, most in room.items():
                of_kind = [(row, id, b) for _, row, id, b in options if b.program[0] == kind][:most]
                finished += [Candidate(b.program, b.score, step + 1, b.weakest, b.kind) for _, _, b in of_kind if b.state.complete]
                done = sorted((c.log_probability for c in finished if c.program[0] == kind), reverse=True)[:most]
                worst = done[-1] if len(done) == most else -math.inf
                open_beams += [option for option in of_kind if not option[2].state.complete and option[2].score > worst]
            if not open_beams:
                break
            rows = torch.tensor([row for row, _, _ in open_beams])
            cache = [(keys[rows], values[rows]) for keys, values in longer]
            live = [b for _, _, b in open_beams]
            ids = [id if id < _OPERATIONS else _OPERATIONS + 1 + int(self.first[id - _OPERATIONS]) for _, id, _ in open_beams]
            previous = torch.tensor(ids)[:, None]
        return sorted(_distinct(finished), key=lambda c: -c.log_probability)

    def _step(self, previous: Tensor, cache: list[tuple[Tensor, Tensor]] | None, rows: int) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """Log-probabilities (rows, operations + slots) of what follows."""
        operations, pointers, longer = self.model.decode(self.memory, previous.to(self.memory.states.device), cache)
        logits = torch.cat((operations[:, -1], pointers[:, -1]), -1).float()
        probabilities = logits.softmax(-1)
        by_slot = torch.zeros(rows, len(self.encoded.slots), device=logits.device)
        by_slot.index_add_(1, self.slot_of, probabilities[:, _OPERATIONS:])
        return torch.cat((probabilities[:, :_OPERATIONS], by_slot), -1).clamp(min=1e-30).log().cpu(), longer

    def _continue(self, beam: _Beam, scores: Tensor, width: int) -> list[tuple[int, _Beam]]:
        """The `width` best ways on, each with its decoder id."""
        if beam.opened is not None:
            return self._close(beam, scores, width)
        operations, kinds = beam.state.allowed()
        allowed = torch.zeros(scores.numel(), dtype=torch.bool)
        allowed[[OPERATION_ID[o] for o in operations]] = True
        for kind in kinds:
            allowed[_OPERATIONS:] |= self.members[kind]
        if self.calls and len(beam.program) < 2:
            scores = self._only_calls(scores, allowed, first=not beam.program)
        ways: list[tuple[int, _Beam]] = []
        order = scores.masked_fill(~allowed, -math.inf).topk(min(scores.numel(), 8 * width))
        for score, id in zip(order.values.tolist(), order.indices.tolist(), strict=True):
            if score == -math.inf or len(ways) >= width:
                break
            if id < _OPERATIONS:
                ways.append((id, self._append(beam, OPERATIONS[id], score)))
                continue
            slot = self.encoded.slots[id - _OPERATIONS]
            if slot.pointer is not None and slot.kinds & kinds and beam.state.accepts(slot.pointer) and not _repeated(slot.pointer, beam):
                ways.append((id, self._append(beam, slot.pointer, score)))
            for kind in slot.kinds & kinds & set(_TEXT):
                if slot.opens and beam.state.accepts(self._text(slot, slot)):
                    weakest = min(beam.weakest, score)
                    opened = replace(beam, score=beam.score + score, weakest=weakest, opened=id - _OPERATIONS, open_kind=kind)
                    ways.append((id, opened))
        return ways

    def _only_calls(self, scores: Tensor, allowed: Tensor, first: bool) -> Tensor:
        """At the first two tokens of a program: allows nothing but a call to one of `calls`, and shares all probability among those."""
        if first:
            wanted = torch.arange(scores.numel()) == OPERATION_ID["call"]
        else:
            named = [isinstance(slot.pointer, Tool) and slot.pointer.name in self.calls for slot in self.encoded.slots]
            wanted = torch.tensor([False] * _OPERATIONS + named)
        allowed &= wanted
        return scores.masked_fill(~allowed, -math.inf).log_softmax(-1)

    def _close(self, beam: _Beam, scores: Tensor, width: int) -> list[tuple[int, _Beam]]:
        """The best last tokens of an open span: in the same text, not before its start, at the end of a word."""
        first = beam.opened
        assert first is not None
        begin = self.encoded.slots[first]
        ends = [
            i
            for i in range(first, min(first + MAX_SPAN, len(self.encoded.slots)))
            if beam.open_kind in self.encoded.slots[i].kinds and self.encoded.slots[i].block == begin.block and self.encoded.slots[i].closes
        ]
        ends.sort(key=lambda i: -scores[_OPERATIONS + i].item())
        closed = replace(beam, opened=None, open_kind="")
        return [
            (_OPERATIONS + i, self._append(closed, self._text(begin, self.encoded.slots[i]), scores[_OPERATIONS + i].item()))
            for i in ends[:width]
        ]

    def _text(self, first: Slot, last: Slot) -> Token:
        if "SPAN" in first.kinds:
            return Span(first.block, first.start, last.end)
        return Phrase(self.encoded.evidence.question[first.start : last.end], first.start, last.end)

    def _append(self, beam: _Beam, token: Token, score: float) -> _Beam:
        kind = beam.kind if beam.program else score
        return _Beam(beam.state.advance(token), (*beam.program, token), beam.score + score, min(beam.weakest, score), kind)


def _repeated(token: Token, beam: _Beam) -> bool:
    """Whether the call that is being written has this parameter already: no tool takes one twice."""
    if not isinstance(token, Parameter) or token not in beam.program:
        return False
    return token in beam.program[len(beam.program) - beam.program[::-1].index("call") :]


def _distinct(candidates: list[Candidate]) -> list[Candidate]:
    best: dict[Program, Candidate] = {}
    for candidate in candidates:
        held = best.get(candidate.program)
        if held is None or candidate.log_probability > held.log_probability:
            best[candidate.program] = candidate
    return list(best.values())
