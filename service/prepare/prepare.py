"""From data sets to prepared examples: each set becomes OUT/<set>.train.jsonl and OUT/<set>.valid.jsonl.

The same files give the same lines, in the same order. Validation examples are whole groups (an article, a table, a
database), chosen by the hash of their names, so that adding a set or a question moves no other between the two files.
WikiSQL keeps its own split.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from rich.progress import Progress

from models.examples import Example, write_examples
from service.prepare.arithmetic_practice import arithmetic_practice
from service.prepare.geography import geography_examples
from service.prepare.math_problems import gsm8k_examples, mawps_examples
from service.prepare.qamr import qamr_examples
from service.prepare.sources import open_source, source_folder
from service.prepare.spider import spider_examples
from service.prepare.squad import squad_examples
from service.prepare.wikisql import wikisql_examples

_HELD_OUT, _MOST_HELD_OUT = 0.05, 1000  # of a set's examples: the part, and the number at most
_ARITHMETIC = 20_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of a set: examples written, and questions skipped by reason."""

    name: str
    train: int
    valid: int
    skipped: dict[str, int]


_Reader = Callable[[Path, Counter[str]], Iterator[Example]]


def prepare(data: Path, out: Path, sets: Sequence[str] | None, progress: Progress | None = None) -> list[Prepared]:
    """Prepares the named sets, all by default, from the folder `data` into the folder `out`. Raises SourceError."""
    names = list(READERS) if sets is None else sets
    unknown = sorted(set(names) - set(READERS))
    if unknown:
        raise ValueError(f"unknown sets {unknown}; have {sorted(READERS)}")
    out.mkdir(parents=True, exist_ok=True)
    return [_prepare_set(name, data, out, progress) for name in names]


def _prepare_set(name: str, data: Path, out: Path, progress: Progress | None) -> Prepared:
    skipped: Counter[str] = Counter()
    if name in OWN_SPLIT:
        train = _watched(READERS[name](data, skipped), f"{name} train", progress)
        written = write_examples(out / f"{name}.train.jsonl", train)
        held = list(_watched(OWN_SPLIT[name](data, Counter()), f"{name} valid", progress))
        chosen = _held_out(held, _MOST_HELD_OUT)
        valid = write_examples(out / f"{name}.valid.jsonl", (e for e in held if e.group in chosen))
        return Prepared(name, written, valid, dict(skipped))
    examples = list(_watched(READERS[name](data, skipped), name, progress))
    chosen = _held_out(examples, min(_MOST_HELD_OUT, int(_HELD_OUT * len(examples))))
    written = write_examples(out / f"{name}.train.jsonl", (e for e in examples if e.group not in chosen))
    valid = write_examples(out / f"{name}.valid.jsonl", (e for e in examples if e.group in chosen))
    return Prepared(name, written, valid, dict(skipped))


def _held_out(examples: Iterable[Example], most: int) -> set[str]:
    """Groups in the order of their hashes, as many as hold at most `most` examples; ones too large to fit are passed over."""
    sizes = Counter(example.group for example in examples)
    chosen: set[str] = set()
    for group in sorted(sizes, key=lambda group: sha256(group.encode()).digest()):
        if sizes[group] <= most:
            chosen.add(group)
            most -= sizes[group]
    return chosen


def _watched(examples: Iterable[Example], what: str, progress: Progress | None) -> Iterator[Example]:
    if progress is None:
        yield from examples
        return
    task = progress.add_task(what, total=None)
    for count, example in enumerate(examples, 1):
        yield example
        if count % 100 == 0:
            progress.update(task, completed=count)
    progress.update(task, completed=count, total=count)


# --- The sets ---------------------------------------------------------------------------------------------------


def _squad(data: Path, skipped: Counter[str]) -> Iterator[Example]:
    return squad_examples(json.loads(open_source(data, "squad").text()), skipped)


def _qamr(data: Path, skipped: Counter[str]) -> Iterator[Example]:
    files = open_source(data, "qamr")
    for part in ("filtered/dev.tsv", "filtered/test.tsv"):
        yield from qamr_examples(files.text("wiki-sentences.tsv"), files.text(part), skipped)


def _wikisql(split: str) -> _Reader:
    return lambda data, skipped: wikisql_examples(json.loads(open_source(data, "wikisql").text()), split, skipped)


def _math(data: Path, skipped: Counter[str]) -> Iterator[Example]:
    equations = open_source(data, "mawps")
    for part in ("mawps", "alg514", "draw"):
        problems = [p for split in ("trainset", "validset", "testset") for p in json.loads(equations.text(f"{part}/{split}.json"))]
        yield from mawps_examples(problems, part, skipped)
    yield from gsm8k_examples(open_source(data, "gsm8k").text(), skipped)


def _policyqa(data: Path, skipped: Counter[str]) -> Iterator[Example]:
    files = open_source(data, "policyqa")
    for part in ("dev.json", "test.json"):
        yield from squad_examples(json.loads(files.text(part)), skipped, "policyqa")


def _spider(data: Path, skipped: Counter[str]) -> Iterator[Example]:
    with source_folder(data, "spider") as folder:
        (tables,) = folder.rglob("tables.json")
        yield from spider_examples(tables.parent, skipped)


def _geography(data: Path, skipped: Counter[str]) -> Iterator[Example]:
    files = open_source(data, "geography")
    return geography_examples(json.loads(files.text("geography-train-dev.json")), files.one("geography.sqlite"), "geography", skipped)


def _restaurants(data: Path, skipped: Counter[str]) -> Iterator[Example]:
    files = open_source(data, "restaurants")
    return geography_examples(json.loads(files.text("restaurants.json")), files.one("restaurants.sqlite"), "restaurants", skipped)


def _arithmetic(data: Path, skipped: Counter[str]) -> Iterator[Example]:
    return arithmetic_practice(_ARITHMETIC, seed=0)  # made, not read


READERS: dict[str, _Reader] = {
    "squad": _squad,
    "qamr": _qamr,
    "policyqa": _policyqa,
    "wikisql": _wikisql("train"),
    "spider": _spider,
    "geography": _geography,
    "restaurants": _restaurants,
    "math": _math,
    "arithmetic": _arithmetic,
}
OWN_SPLIT: dict[str, _Reader] = {"wikisql": _wikisql("dev")}  # sets that come with validation examples of their own
