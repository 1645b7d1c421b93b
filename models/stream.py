"""The stream of training batches: a mixture of prepared examples, augmented anew each time they come round.

Examples are drawn pool by pool, a fixed number from each source, in a fresh order each epoch. What a pool holds depends only on the
seed and the pool's number, so a run can be resumed at any step, and each process draws its own pools.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from models.batching import Batch, collate
from models.encoding import Encoded, encode
from models.examples import Example
from models.tokenizer import Tokenizer
from tools.evidence import Block, Column, Date, Number, Passage, Schema, Span, Table, TableInfo, Tool, ToolInfo, Value
from tools.language import Program

BATCHES_PER_POOL = 16
_NEIGHBOURS = (1, 4, 8)  # examples whose passages a near miss is chosen from: from a chance neighbour to what is hard to tell apart
_WORD = re.compile(r"[^\W_]{3,}")


class Chances(NamedTuple):
    """With what probability an example's evidence is changed in each way."""

    crowd: float  # other passages, or another schema, stand beside the right evidence
    deprive: float  # the right evidence is taken away, and the answer becomes `unknown`
    thin: float = 0.0  # most of what the answer does not need is left out: a shorter example, so that a step holds more of them


@dataclass(frozen=True, slots=True)
class Mixing:
    """How much the evidence is changed, as probabilities: `early` until the share `begin` of the run, `late` from `full` on."""

    early: Chances = Chances(0.12, 0.03)
    late: Chances = Chances(0.7, 0.1)
    begin: float = 0.4
    full: float = 0.6

    def at(self, progress: float) -> Chances:
        """The chances at a share of the run, going evenly from early to late."""
        share = max(0.0, min(1.0, (progress - self.begin) / (self.full - self.begin)))
        return Chances(*(a + share * (b - a) for a, b in zip(self.early, self.late, strict=True)))


class Source:
    """The prepared lines of one set, parsed when they are needed."""

    _GROUP = re.compile(r'"group":"((?:[^"\\]|\\.)*)"')

    def __init__(self, path: Path) -> None:
        # Not splitlines: texts may hold the line separators of Unicode.
        self.lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line]
        self.groups: dict[str, list[int]] = {}
        for i, line in enumerate(self.lines):
            found = self._GROUP.search(line)
            self.groups.setdefault(found[1] if found else "", []).append(i)

    def __len__(self) -> int:
        return len(self.lines)

    def example(self, index: int) -> Example:
        return Example.from_json(self.lines[index])

    def neighbour(self, example: Example, rng: random.Random) -> Example:
        """Another example of the same group, or of any where the group is alone."""
        group = self.groups.get(example.group, [])
        return self.example(rng.choice(group) if len(group) > 1 else rng.randrange(len(self)))


class Stream:
    """Batches of about `batch` examples for one of `world` processes, over a run of `steps`."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        weights: Mapping[str, float],
        tokenizer: Tokenizer,
        *,
        steps: int,
        batch: int,
        mixing: Mixing,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        pool = batch * BATCHES_PER_POOL
        whole = sum(weights[name] for name in sources)
        self.counts = {name: max(1, round(pool * weights[name] / whole)) for name in sources}
        self.sources, self.tokenizer, self.steps, self.mixing = sources, tokenizer, steps, mixing
        self.seed, self.rank, self.world = seed, rank, world
        self.augment = Augmentation(sources)
        self._held: tuple[int, list[Batch]] = (-1, [])
        self._orders: dict[tuple[str, int], list[int]] = {}

    def at(self, step: int) -> Batch:
        number, index = divmod(step, BATCHES_PER_POOL)
        if self._held[0] != number:
            self._held = (number, self._pool(number))
        return self._held[1][index]

    def _pool(self, number: int) -> list[Batch]:
        own = number * self.world + self.rank
        rng = random.Random(self.seed * 1_000_003 + own)
        chances = self.mixing.at(number * BATCHES_PER_POOL / self.steps)
        encoded: list[tuple[Encoded, list[int]]] = []
        for name, count in self.counts.items():
            for position in range(own * count, (own + 1) * count):
                example = self.augment(self._draw(name, position), chances, rng)
                item = encode(example.evidence, self.tokenizer)
                targets = item.targets(example.program)
                if targets is not None:
                    encoded.append((item, targets))
        return _deal(encoded, self.tokenizer.mark("pad"), rng)

    def _draw(self, name: str, position: int) -> Example:
        epoch, index = divmod(position, len(self.sources[name]))
        if (name, epoch) not in self._orders:
            order = list(range(len(self.sources[name])))
            random.Random(f"{self.seed} {name} {epoch}").shuffle(order)
            self._orders[name, epoch] = order
            self._orders.pop((name, epoch - 2), None)
        return self.sources[name].example(self._orders[name, epoch][index])


def _cost(item: tuple[Encoded, list[int]]) -> int:
    return sum(len(p.tokens) for p in item[0].pairs)


def _deal(encoded: list[tuple[Encoded, list[int]]], pad: int, rng: random.Random) -> list[Batch]:
    """Batches of as many examples and of like cost each, long ones and short ones alike in every batch.

    Batches of one length would waste less padding, but then the few longest examples would be whole steps of their own.
    """
    encoded.sort(key=_cost)
    batches = [encoded[i::BATCHES_PER_POOL] for i in range(BATCHES_PER_POOL)]
    rng.shuffle(batches)
    return [collate([e for e, _ in b], [t for _, t in b], pad) for b in batches]


class Augmentation:
    """New evidence for an old question: shuffled schemas, other passages beside the right one or fewer, the right one taken away."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self.sources = sources
        first = {name: sources[name].example(0) for name in sources}
        self.reading = [name for name, e in first.items() if _holds(e, Passage) and not _holds(e, Schema)]
        self.tabular = [name for name, e in first.items() if _holds(e, Schema)]

    def __call__(self, example: Example, chances: Chances, rng: random.Random) -> Example:
        example = _with_blocks(example, tuple(_shuffled(b, rng) if isinstance(b, Schema) else b for b in example.evidence.blocks))
        gathered = _holds(example, Passage) and _holds(example, Schema)  # as the service gathers it: crowded as it is
        if rng.random() < chances.thin:
            example = thinned(example, rng)
        if example.evidence.blocks and rng.random() < chances.deprive:
            example = self._deprived(example, rng)
        if not gathered and rng.random() < chances.crowd:
            example = _with_blocks(example, example.evidence.blocks + self._others(example, rng))
        return example

    def _others(self, example: Example, rng: random.Random) -> tuple[Block, ...]:
        others: list[Block] = []
        if self.reading:
            near = self.sources[example.source] if example.source in self.reading else None
            for _ in range(rng.choice((1, 1, 2, 3))):
                source = near if near is not None and rng.random() < 0.6 else self.sources[rng.choice(self.reading)]
                others += _passages(source.neighbour(example, rng))
        if self.tabular and not _holds(example, Schema) and rng.random() < 0.7:
            source = self.sources[rng.choice(self.tabular)]
            other = source.example(rng.randrange(len(source)))
            others += [_shuffled(b, rng) for b in other.evidence.blocks if isinstance(b, Schema)]
        have = {b.text for b in example.evidence.blocks if isinstance(b, Passage)}
        return tuple(b for b in others if not (isinstance(b, Passage) and b.text in have))

    def _deprived(self, example: Example, rng: random.Random) -> Example:
        """The same question where it cannot be answered: what the program points at is gone, what is near it stays.

        A calculation whose numbers all stand in the question needs no evidence, and stays as it is.
        """
        program, blocks = example.program, example.evidence.blocks
        read = {t.block for t in program if isinstance(t, Span | Number) and t.block >= 0}
        called = {t.name for t in program if isinstance(t, Tool)}
        columns, tables = _pointed(program)
        kept: tuple[Block, ...]
        if called:
            kept = tuple(b for b in blocks if not (isinstance(b, ToolInfo) and b.name in called))
        elif read:
            kept = tuple(b for i, b in enumerate(blocks) if i not in read) or self._near_miss(example, read, rng)
        elif columns or tables:
            column = rng.choice(sorted(columns)) if columns else ("", "")
            missing = set() if columns else tables
            kept = tuple(_without(b, column, missing) if isinstance(b, Schema) else b for b in blocks)
            kept = tuple(b for b in kept if not isinstance(b, Schema) or b.tables)
        else:
            return example
        return replace(_with_blocks(example, kept), program=("unknown",))

    def _near_miss(self, example: Example, read: set[int], rng: random.Random) -> tuple[Block, ...]:
        """Of some passages from around the one that is read, the one that shares most words with the question and lacks what was quoted.

        Such a passage is what search brings where the right one is missing: a stranger's would be told by its subject alone.
        """
        blocks = example.evidence.blocks
        said = {i: b.text for i, b in enumerate(blocks) if i in read and isinstance(b, Passage)}
        quoted = [said[t.block][t.start : t.end] for t in example.program if isinstance(t, Span) and t.block in said]
        source, asked = self.sources[example.source], _words(example.evidence.question)
        drawn = {b.text: b for _ in range(rng.choice(_NEIGHBOURS)) for b in _passages(source.neighbour(example, rng))}
        misses = [b for b in drawn.values() if b.text not in said.values() and not any(words in b.text for words in quoted)]
        return (max(misses, key=lambda b: len(asked & _words(b.text))),) if misses else ()


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def _holds(example: Example, kind: type) -> bool:
    return any(isinstance(b, kind) for b in example.evidence.blocks)


def _passages(example: Example) -> list[Passage]:
    return [b for b in example.evidence.blocks if isinstance(b, Passage)]


def _pointed(program: Program) -> tuple[set[tuple[str, str]], set[str]]:
    """The columns, by (table, name), that a program points at itself or by a value, and the tables that it points at."""
    columns = {(t.table, t.name) for t in program if isinstance(t, Column)}
    columns |= {(t.table, t.column) for t in program if isinstance(t, Value)}
    return columns, {t.name for t in program if isinstance(t, Table)}


_KEPT_BLOCKS, _KEPT_TABLES, _KEPT_COLUMNS = 0.25, 0.3, 0.5  # of what the answer does not need, where evidence is thinned


def thinned(example: Example, rng: random.Random) -> Example:
    """The example with the evidence that its program points at, and a random part of the rest."""
    program, blocks = example.program, example.evidence.blocks
    read = {t.block for t in program if isinstance(t, Span | Number | Date)}
    called = {t.name for t in program if isinstance(t, Tool)}
    columns, tables = _pointed(program)
    tables |= {table for table, _ in columns}
    kept: list[Block] = []
    moved: dict[int, int] = {}
    for i, block in enumerate(blocks):
        if isinstance(block, Schema) and any(t.name in tables for t in block.tables):
            block = _sparse(block, tables, columns, rng)
        elif i not in read and not (isinstance(block, ToolInfo) and block.name in called) and rng.random() >= _KEPT_BLOCKS:
            continue
        moved[i] = len(kept)
        kept.append(block)
    there = tuple(replace(t, block=moved[t.block]) if isinstance(t, Span | Number | Date) and t.block >= 0 else t for t in program)
    return replace(_with_blocks(example, tuple(kept)), program=there)


def _sparse(schema: Schema, tables: set[str], columns: set[tuple[str, str]], rng: random.Random) -> Schema:
    """The schema with the tables and columns that are needed, the keys that join them, and some of the rest."""
    held = [t for t in schema.tables if t.name in tables or rng.random() < _KEPT_TABLES]
    names = {t.name for t in held}
    joins = [k for k in schema.foreign_keys if k.table in names and k.other_table in names]
    needed = columns | {(k.table, k.column) for k in joins} | {(k.other_table, k.other_column) for k in joins}
    sparse = [
        replace(t, columns=tuple(c for c in t.columns if (t.name, c.name) in needed or rng.random() < _KEPT_COLUMNS) or t.columns)
        for t in held
    ]
    return replace(schema, tables=tuple(sparse), foreign_keys=tuple(joins))


def _with_blocks(example: Example, blocks: tuple[Block, ...]) -> Example:
    return replace(example, evidence=replace(example.evidence, blocks=blocks))


def _shuffled(schema: Schema, rng: random.Random) -> Schema:
    tables = [TableInfo(t.name, tuple(rng.sample(t.columns, len(t.columns)))) for t in schema.tables]
    rng.shuffle(tables)
    return replace(schema, tables=tuple(tables))


def _without(schema: Schema, column: tuple[str, str], tables: set[str]) -> Schema:
    kept = tuple(
        TableInfo(t.name, tuple(c for c in t.columns if (t.name, c.name) != column)) for t in schema.tables if t.name not in tables
    )
    return replace(schema, tables=tuple(t for t in kept if t.columns))


def validation_batches(source: Source, tokenizer: Tokenizer, size: int, limit: int, augment: Augmentation | None = None) -> Iterator[Batch]:
    """The first `limit` examples of a validation file in batches; `augment` crowds their evidence, always the same way."""
    rng = random.Random(0)
    pending: list[tuple[Encoded, Sequence[int]]] = []
    for i in range(min(limit, len(source))):
        example = source.example(i)
        if augment is not None:
            example = augment(example, Chances(1.0, 0.0), rng)
        item = encode(example.evidence, tokenizer)
        targets = item.targets(example.program)
        if targets is not None:
            pending.append((item, targets))
        if len(pending) == size or (pending and i + 1 == min(limit, len(source))):
            yield collate([e for e, _ in pending], [t for _, t in pending], tokenizer.mark("pad"))
            pending = []
