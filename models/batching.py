"""From encoded evidence to padded tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from models.encoding import Encoded, Pair
from models.transformer import Pairs
from tools.language import OPERATIONS


@dataclass(slots=True)
class Batch:
    """B evidences with their programs.

    positions, padding, slots (B, M): where each memory position stands in the flattened pairs, whether it is none, and
    its slot. previous, targets (B, T): decoder input and output ids, targets in slots and -1 beyond the program's end.
    """

    pairs: Pairs
    positions: Tensor
    padding: Tensor
    slots: Tensor
    previous: Tensor
    targets: Tensor

    def to(self, device: torch.device | str) -> Batch:
        pairs = Pairs(*(getattr(self.pairs, f.name).to(device) for f in fields(Pairs)))
        return Batch(pairs, *(getattr(self, f.name).to(device) for f in fields(Batch)[1:]))


def pad_pairs(pairs: Sequence[Pair], pad: int) -> Pairs:
    """The pairs of several evidences as (N, L) tensors."""
    longest = max(len(p.tokens) for p in pairs)

    def stack(name: str, fill: int) -> Tensor:
        return torch.tensor([getattr(p, name) + [fill] * (longest - len(p.tokens)) for p in pairs])

    lengths = torch.tensor([len(p.tokens) for p in pairs])
    padding = torch.arange(longest)[None] >= lengths[:, None]
    return Pairs(stack("tokens", pad), stack("roles", 0), stack("cases", 0), stack("matches", 0), stack("stems", 0), padding)


def layout(encodings: Sequence[Encoded], longest: int) -> tuple[Tensor, Tensor, Tensor]:
    """positions, padding and slots (B, M) for pairs padded to `longest` tokens."""
    positions: list[list[int]] = []
    slots: list[list[int]] = []
    row = 0
    for encoded in encodings:
        positions.append([])
        slots.append([])
        for pair in encoded.pairs:
            positions[-1].extend(range(row * longest, row * longest + len(pair.tokens)))
            slots[-1].extend(pair.slots)
            row += 1
    width = max(map(len, positions))
    padding = torch.arange(width)[None] >= torch.tensor([len(p) for p in positions])[:, None]
    return (
        torch.tensor([p + [0] * (width - len(p)) for p in positions]),
        padding,
        torch.tensor([s + [-1] * (width - len(s)) for s in slots]),
    )


def collate(encodings: Sequence[Encoded], targets: Sequence[Sequence[int]], pad: int) -> Batch:
    """`targets` are decoder ids as `Encoded.targets` gives them."""
    pairs = pad_pairs([p for e in encodings for p in e.pairs], pad)
    positions, padding, slots = layout(encodings, pairs.tokens.size(1))
    first = [_first_positions(row) for row in slots.tolist()]
    start, steps = len(OPERATIONS), max(map(len, targets))
    previous = [
        [start] + [t if t < start else start + 1 + where[t - start] for t in ids[:-1]] + [start] * (steps - len(ids))
        for ids, where in zip(targets, first, strict=True)
    ]
    padded = [list(ids) + [-1] * (steps - len(ids)) for ids in targets]
    return Batch(pairs, positions, padding, slots, torch.tensor(previous), torch.tensor(padded))


def _first_positions(slots: list[int]) -> dict[int, int]:
    """For each slot the first memory position that stands for it: what the decoder is shown when it was chosen."""
    first: dict[int, int] = {}
    for position, slot in enumerate(slots):
        first.setdefault(slot, position)
    return first
