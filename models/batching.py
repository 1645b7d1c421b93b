"""From encoded evidence to padded tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import torch
from torch import Tensor

from models.encoding import Encoded, Pair
from models.transformer import Pairs
from tools.language import OPERATIONS


@dataclass(frozen=True, slots=True)
class Places:
    """Where the memories of B evidences are, (B, M) each: a position's token among those of all groups, whether there is none, its slot."""

    positions: Tensor
    padding: Tensor
    slots: Tensor


_T = TypeVar("_T", Pairs, Places)


@dataclass(frozen=True, slots=True)
class Programs:
    """B evidences that are decoded together, for their memories are of like size.

    previous, targets (B, T): decoder input and output ids, targets in slots and -1 beyond the program's end.
    """

    places: Places
    previous: Tensor
    targets: Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    """Evidences with their programs: the pairs of all of them to be encoded, and the programs part by part."""

    groups: list[Pairs]
    parts: list[Programs]

    def to(self, device: torch.device | str) -> Batch:
        return Batch([move(pairs, device) for pairs in self.groups], [_moved(part, device) for part in self.parts])


def move(tensors: _T, device: torch.device | str) -> _T:
    return type(tensors)(*(getattr(tensors, f.name).to(device) for f in fields(tensors)))


def _moved(part: Programs, device: torch.device | str) -> Programs:
    return Programs(move(part.places, device), part.previous.to(device), part.targets.to(device))


def round_up(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple


def pad_pairs(pairs: Sequence[Pair], pad: int, multiple: int = 1) -> Pairs:
    """Pairs as (N, L) tensors; L is a multiple of `multiple`."""
    longest = round_up(max(len(p.tokens) for p in pairs), multiple)

    def stack(name: str, fill: int) -> Tensor:
        return torch.tensor([getattr(p, name) + [fill] * (longest - len(p.tokens)) for p in pairs])

    lengths = torch.tensor([len(p.tokens) for p in pairs])
    padding = torch.arange(longest)[None] >= lengths[:, None]
    return Pairs(stack("tokens", pad), stack("roles", 0), stack("cases", 0), stack("matches", 0), stack("stems", 0), padding)


def lay_out(encodings: Sequence[Encoded], pad: int, multiple: int = 1) -> tuple[list[Pairs], list[list[int]]]:
    """Groups of pairs of like length, a multiple of `multiple`, and for each evidence where the tokens of its pairs are among those of
    all groups."""
    pairs = [pair for encoded in encodings for pair in encoded.pairs]
    groups: list[Pairs] = []
    start_of: dict[int, int] = {}  # pair -> its first token among the tokens of all groups
    offset = 0
    for members in _groups([len(p.tokens) for p in pairs]):
        padded = pad_pairs([pairs[i] for i in members], pad, multiple)
        groups.append(padded)
        for row, i in enumerate(members):
            start_of[i] = offset + row * padded.tokens.size(1)
        offset += padded.tokens.numel()
    positions: list[list[int]] = []
    index = 0
    for encoded in encodings:
        positions.append([])
        for pair in encoded.pairs:
            positions[-1].extend(range(start_of[index], start_of[index] + len(pair.tokens)))
            index += 1
    return groups, positions


def places(encodings: Sequence[Encoded], positions: Sequence[Sequence[int]]) -> Places:
    """`positions` as `lay_out` gives them."""
    width = max(map(len, positions))
    padding = torch.arange(width)[None] >= torch.tensor([len(p) for p in positions])[:, None]
    slots = [[slot for pair in encoded.pairs for slot in pair.slots] for encoded in encodings]
    return Places(
        torch.tensor([list(p) + [0] * (width - len(p)) for p in positions]),
        padding,
        torch.tensor([s + [-1] * (width - len(s)) for s in slots]),
    )


_GROUP_LOSS = 0.12  # the share of padding beyond which a group of pairs is split
_PART_LOSS = 0.3  # likewise for the memories of evidences, where a part costs more than a group


def _groups(lengths: Sequence[int], loss: float = _GROUP_LOSS) -> list[list[int]]:
    """Indices in groups of like length: a new group where padding to the longest would waste too much."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    groups: list[list[int]] = []
    longest = used = 0
    for i in order:
        if groups and used + lengths[i] >= (1 - loss) * longest * (len(groups[-1]) + 1):
            groups[-1].append(i)
            used += lengths[i]
        else:
            groups.append([i])
            longest = used = lengths[i]
    return groups


def collate(encodings: Sequence[Encoded], targets: Sequence[Sequence[int]], pad: int) -> Batch:
    """`targets` are decoder ids as `Encoded.targets` gives them."""
    groups, positions = lay_out(encodings, pad)
    parts = [
        _programs([encodings[i] for i in members], [positions[i] for i in members], [targets[i] for i in members])
        for members in _groups([len(p) for p in positions], _PART_LOSS)
    ]
    return Batch(groups, parts)


def _programs(encodings: Sequence[Encoded], positions: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> Programs:
    where = places(encodings, positions)
    first = [_first_positions(row) for row in where.slots.tolist()]
    start, steps = len(OPERATIONS), max(map(len, targets))
    previous = [
        [start] + [t if t < start else start + 1 + at[t - start] for t in ids[:-1]] + [start] * (steps - len(ids))
        for ids, at in zip(targets, first, strict=True)
    ]
    padded = [list(ids) + [-1] * (steps - len(ids)) for ids in targets]
    return Programs(where, torch.tensor(previous), torch.tensor(padded))


def _first_positions(slots: list[int]) -> dict[int, int]:
    """For each slot the first memory position that stands for it: what the decoder is shown when it was chosen."""
    first: dict[int, int] = {}
    for position, slot in enumerate(slots):
        first.setdefault(slot, position)
    return first
