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

    positions, padding, slots (B, M): where each memory position stands among the tokens of all groups, whether it is none,
    and its slot. previous, targets (B, T): decoder input and output ids, targets in slots and -1 beyond the program's end.
    """

    groups: list[Pairs]
    positions: Tensor
    padding: Tensor
    slots: Tensor
    previous: Tensor
    targets: Tensor

    def to(self, device: torch.device | str) -> Batch:
        groups = [move(pairs, device) for pairs in self.groups]
        return Batch(groups, *(getattr(self, f.name).to(device) for f in fields(Batch)[1:]))


def move(pairs: Pairs, device: torch.device | str) -> Pairs:
    return Pairs(*(getattr(pairs, f.name).to(device) for f in fields(Pairs)))


def pad_pairs(pairs: Sequence[Pair], pad: int) -> Pairs:
    """Pairs as (N, L) tensors."""
    longest = max(len(p.tokens) for p in pairs)

    def stack(name: str, fill: int) -> Tensor:
        return torch.tensor([getattr(p, name) + [fill] * (longest - len(p.tokens)) for p in pairs])

    lengths = torch.tensor([len(p.tokens) for p in pairs])
    padding = torch.arange(longest)[None] >= lengths[:, None]
    return Pairs(stack("tokens", pad), stack("roles", 0), stack("cases", 0), stack("matches", 0), stack("stems", 0), padding)


def lay_out(encodings: Sequence[Encoded], pad: int) -> tuple[list[Pairs], Tensor, Tensor, Tensor]:
    """Groups of pairs of like length, and positions, padding and slots (B, M)."""
    pairs = [pair for encoded in encodings for pair in encoded.pairs]
    groups: list[Pairs] = []
    start_of: dict[int, int] = {}  # pair -> its first token among the tokens of all groups
    offset = 0
    for members in _groups([len(p.tokens) for p in pairs]):
        padded = pad_pairs([pairs[i] for i in members], pad)
        groups.append(padded)
        for row, i in enumerate(members):
            start_of[i] = offset + row * padded.tokens.size(1)
        offset += padded.tokens.numel()
    positions: list[list[int]] = []
    slots: list[list[int]] = []
    index = 0
    for encoded in encodings:
        positions.append([])
        slots.append([])
        for pair in encoded.pairs:
            positions[-1].extend(range(start_of[index], start_of[index] + len(pair.tokens)))
            slots[-1].extend(pair.slots)
            index += 1
    width = max(map(len, positions))
    padding = torch.arange(width)[None] >= torch.tensor([len(p) for p in positions])[:, None]
    return (
        groups,
        torch.tensor([p + [0] * (width - len(p)) for p in positions]),
        padding,
        torch.tensor([s + [-1] * (width - len(s)) for s in slots]),
    )


_GROUP_LOSS = 0.12  # the share of padding beyond which a group is split


def _groups(lengths: Sequence[int]) -> list[list[int]]:
    """Indices in groups of like length: a new group where padding to the longest would waste too much."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    groups: list[list[int]] = []
    longest = used = 0
    for i in order:
        if groups and used + lengths[i] >= (1 - _GROUP_LOSS) * longest * (len(groups[-1]) + 1):
            groups[-1].append(i)
            used += lengths[i]
        else:
            groups.append([i])
            longest = used = lengths[i]
    return groups


def collate(encodings: Sequence[Encoded], targets: Sequence[Sequence[int]], pad: int) -> Batch:
    """`targets` are decoder ids as `Encoded.targets` gives them."""
    groups, positions, padding, slots = lay_out(encodings, pad)
    first = [_first_positions(row) for row in slots.tolist()]
    start, steps = len(OPERATIONS), max(map(len, targets))
    previous = [
        [start] + [t if t < start else start + 1 + where[t - start] for t in ids[:-1]] + [start] * (steps - len(ids))
        for ids, where in zip(targets, first, strict=True)
    ]
    padded = [list(ids) + [-1] * (steps - len(ids)) for ids in targets]
    return Batch(groups, positions, padding, slots, torch.tensor(previous), torch.tensor(padded))


def _first_positions(slots: list[int]) -> dict[int, int]:
    """For each slot the first memory position that stands for it: what the decoder is shown when it was chosen."""
    first: dict[int, int] = {}
    for position, slot in enumerate(slots):
        first.setdefault(slot, position)
    return first
