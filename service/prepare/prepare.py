"""From data sets to prepared examples: each set becomes OUT/<set>.train.jsonl and OUT/<set>.valid.jsonl.

The same files give the same lines, in the same order. Validation examples are whole groups (an article, a table, a
database), chosen by the hash of their names, so that adding a set or a question moves no other between the two files.
WikiSQL keeps its own split; of `written` nine organisations are held out by name, of `calls` the functions that are marked so, and of
`workspace` single questions.

`written` and `problems` were written for Reckoner and come with it; `composed` is made of words that were, in organisations that are put
together by chance. `practice` and `workspace` are made rather than read: questions over the training databases of Spider and over
invented ones, and over the sample workspace's own database and documents; `calls` are requests to functions that were written by hand.
`text` is plain text for the tokenizer and the word vectors.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.progress import Progress

from models.checkpoint import read_tokenizer
from models.examples import Example, read_examples, write_examples
from models.shipped import SHIPPED
from retrieval.record import Record
from retrieval.search import Searcher, as_shown
from service.practice.arithmetic import arithmetic_practice
from service.prepare.calls import call_examples
from service.prepare.composed import composed_examples
from service.prepare.functions import split, written_functions
from service.prepare.geography import geography_examples
from service.prepare.math_problems import gsm8k_examples, mawps_examples
from service.practice.databases import write_practice
from service.prepare.qamr import qamr_examples
from service.prepare.sources import SourceError, open_source, source_folder
from service.prepare.spider import spider_examples
from service.prepare.squad import squad_examples
from service.practice.study import Study
from service.prepare.wikisql import wikisql_examples
from service.prepare.written import ORGANISATIONS, PROBLEMS, write_workspace, written_examples
from service.practice.workspace import workspace_examples
from service.workspace import prepare_sample

_HELD_OUT, _MOST_HELD_OUT = 0.05, 1000  # of a set's examples: the part, and the number at most
_ARITHMETIC, _PRACTICE, _WORKSPACE, _CALLS = 20_000, 46_000, 4_800, 30_000  # examples made
_COMPOSED = 500  # organisations


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
    have = [*READERS, *MADE]
    names = have if sets is None else sets
    unknown = sorted(set(names) - set(have))
    if unknown:
        raise ValueError(f"unknown sets {unknown}; have {sorted(have)}")
    out.mkdir(parents=True, exist_ok=True)
    return [MADE[name](data, out, progress) if name in MADE else _prepare_set(name, data, out, progress) for name in names]


def _prepare_set(name: str, data: Path, out: Path, progress: Progress | None) -> Prepared:
    skipped: Counter[str] = Counter()
    if name in OWN_SPLIT:
        train = _watched(READERS[name](data, skipped), f"{name} train", progress)
        written = write_examples(out / f"{name}.train.jsonl", train)
        valid = write_examples(out / f"{name}.valid.jsonl", _watched(OWN_SPLIT[name](data, Counter()), f"{name} valid", progress))
        return Prepared(name, written, valid, dict(skipped))
    examples = list(_watched(READERS[name](data, skipped), name, progress))
    chosen = ALWAYS_HELD_OUT.get(name) or _held_out(examples, min(_MOST_HELD_OUT, int(_HELD_OUT * len(examples))))
    written = write_examples(out / f"{name}.train.jsonl", (e for e in examples if e.group not in chosen))
    valid = write_examples(out / f"{name}.valid.jsonl", (e for e in examples if e.group in chosen))
    if name in AFTERWARDS:
        AFTERWARDS[name](out)
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


def _written(folder: Path, name: str) -> _Reader:
    def read(data: Path, skipped: Counter[str]) -> Iterator[Example]:
        for path in sorted(folder.glob("*.txt")):
            yield from written_examples(path, skipped, name)

    return read


def _arithmetic(data: Path, skipped: Counter[str]) -> Iterator[Example]:
    return arithmetic_practice(_ARITHMETIC, seed=0)  # made, not read


def _composed(data: Path, skipped: Counter[str]) -> Iterator[Example]:
    return composed_examples(_COMPOSED, skipped)  # made, not read


READERS: dict[str, _Reader] = {
    "squad": _squad,
    "qamr": _qamr,
    "policyqa": _policyqa,
    "wikisql": _wikisql("train"),
    "spider": _spider,
    "geography": _geography,
    "restaurants": _restaurants,
    "math": _math,
    "written": _written(ORGANISATIONS, "written"),
    "problems": _written(PROBLEMS, "problems"),
    "arithmetic": _arithmetic,
    "composed": _composed,
}
ALWAYS_HELD_OUT = {"written": {
    "cityline_buses", "oldquay_museum", "solaria_energy",  # drawn once, so that what every round measured can be compared
    "marrowgate_philharmonic", "mattock_lane_tools", "moonhare_night_trains", "tideline_dialysis_group", "umberfield_art_supplies",
    "velarium_airport_lounges",  # these for calibration, which three organisations teach little of how much the others differ
}}  # fmt: skip
"""Groups of the sets that grow in this repository."""
OWN_SPLIT: dict[str, _Reader] = {"wikisql": _wikisql("dev")}  # sets that come with validation examples of their own


def _held_out_workspaces(out: Path) -> None:
    """Of each organisation that is held out a whole workspace with its exam, in OUT/workspaces."""
    for name in sorted({example.group for example in read_examples(out / "written.valid.jsonl")}):
        write_workspace(ORGANISATIONS / f"{name}.txt", out / "workspaces" / name)


AFTERWARDS: dict[str, Callable[[Path], None]] = {"written": _held_out_workspaces}  # what else comes of a set's files


# --- What is made -----------------------------------------------------------------------------------------------


def _text(data: Path, out: Path, progress: Progress | None) -> Prepared:
    folder = out / "text"
    folder.mkdir(exist_ok=True)
    files = open_source(data, "openstax")
    for name, content in files.items():
        (folder / Path(name).name).write_bytes(content)
    return Prepared("text", len(files), 0, {})


def _practice(data: Path, out: Path, progress: Progress | None) -> Prepared:
    """Without the databases of Spider's validation questions: their schemas must stay unseen."""
    valid = out / "spider.valid.jsonl"
    if not valid.exists():
        raise SourceError("practice leaves out the databases that validate `spider`: prepare that set first")
    held = {example.group for example in read_examples(valid)}
    with source_folder(data, "spider") as folder:
        databases = [path for path in sorted(folder.rglob("*.sqlite")) if path.stem not in held]
        written = write_practice(out, [Study.of_file(path) for path in sorted(databases)], _PRACTICE, seed=1)
    return Prepared("practice", written["train"], written["valid"], {})


def _workspace(data: Path, out: Path, progress: Progress | None) -> Prepared:
    """The sample workspace, whose exam is not looked at."""
    with TemporaryDirectory() as folder:
        (books,) = prepare_sample(Path(folder)).values()
        record = Record(f"sqlite:///{folder}/record.sqlite")
        passages = [as_shown(passage) for passage in record.passages()]
        examples = list(workspace_examples(Searcher(record), passages, [Study.of_file(books)], _WORKSPACE, seed=0))
        record.close()
    train = write_examples(out / "workspace.train.jsonl", (e for e in examples if not _asked_in_validation(e)))
    return Prepared("workspace", train, write_examples(out / "workspace.valid.jsonl", filter(_asked_in_validation, examples)), {})


def _calls(data: Path, out: Path, progress: Progress | None) -> Prepared:
    """Beside what other sets show; functions that are held out are asked for beside what is held out of those."""
    written: dict[str, int] = {}
    functions, tokenizer = split(written_functions()), read_tokenizer(SHIPPED)
    for part, known, most, count in (("train", functions[0], 4000, _CALLS), ("valid", functions[1], 400, _CALLS // 50)):
        files = [out / f"{name}.{part}.jsonl" for name in ("written", "composed")]
        if missing := next((file for file in files if not file.exists()), None):
            raise SourceError(f"calls stand beside what `{missing.name.partition('.')[0]}` shows: prepare that set first")
        rng = random.Random(part)
        others = [example for file in files for example in _drawn(file, most, rng)]
        written[part] = write_examples(out / f"calls.{part}.jsonl", call_examples(known, others, count, tokenizer, seed=1))
    return Prepared("calls", written["train"], written["valid"], {})


def _drawn(file: Path, most: int, rng: random.Random) -> list[Example]:
    """Examples of a file that is too long to be read whole."""
    with file.open(encoding="utf-8") as lines:
        count = sum(1 for _ in lines)
        chosen = set(rng.sample(range(count), min(most, count)))
        lines.seek(0)
        return [Example.from_json(line) for place, line in enumerate(lines) if place in chosen]


def _asked_in_validation(example: Example) -> bool:
    """One question in forty; there is only one workspace, so questions are the groups."""
    return int(sha256(example.evidence.question.encode()).hexdigest(), 16) % 40 == 0


MADE: dict[str, Callable[[Path, Path, Progress | None], Prepared]] = {
    "text": _text,
    "practice": _practice,
    "workspace": _workspace,
    "calls": _calls,
}
