"""The long proof that the record is the truth: random changes and searches in a process that is killed again and again.

    python -m tests.churn --operations 10000 --kills 100

A child works on a real record: it adds, replaces, fails, deletes and erases the workspace's documents, attaches, reads, detaches and
forgets files of two vector stores, takes snapshots, goes back to them and deletes them, and searches. It notes every operation in a journal
before and after, and dies by SIGKILL at random moments. A plain model of the journal says what must be found: after every death the
operation that was not noted as done has happened whole or not at all, and the indexes find what the model holds and nothing else: those
that rest in files beside the record, those that are built anew, and those of a process that has followed the record from the start. So does
every search of the child.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from retrieval import dense
from retrieval.ingest import cut
from retrieval.paging import Page
from retrieval.record import Record
from retrieval.search import Searcher, passage_text
from retrieval.snapshots import Snapshots
from retrieval.stores import WORKSPACE, Given, Stores
from retrieval.views import Views

OWN, FILES, YEARS = 24, 16, (2024, 2025)
TOPICS = ("river", "tent", "winter", "stove")
_EVERYTHING = 10_000  # more passages than there are: a search finds all that it may
Operation = dict[str, Any]


class Directions:
    """An embedder: each word has a direction of its own, drawn from its name."""

    id, dimension = "directions", 48

    def embed(self, texts: Sequence[str], kind: str) -> np.ndarray:
        sums = np.stack([np.sum([_direction(word) for word in text.split()], axis=0) for text in texts])
        return (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)


@cache
def _direction(word: str) -> np.ndarray:
    return np.random.default_rng(crc32(word.encode())).normal(size=Directions.dimension)


def text_of(number: int) -> str:
    """Of one to three parts, each with a word that no other text has and one that many have."""
    parts = [
        f"## Part {part}\n\nThe word w{number}p{part} beside {TOPICS[(number + part) % len(TOPICS)]}." for part in range(1 + number % 3)
    ]
    return "\n\n".join(parts)


@cache
def passages_of(name: str, text: str) -> tuple[tuple[str, str], ...]:
    """(what it says, what the embedder reads) of each passage."""
    return tuple((draft.text, passage_text(draft)) for draft in cut(name, text, None)[0])


def file_text(file: str) -> str:
    return text_of(1_000_000 + int(file.removeprefix("file-")))


# --- What must be there -----------------------------------------------------------------------------------------------


@dataclass
class Model:
    """The record as plain dictionaries. A text is None where its document failed; a file's row is [status, attributes]."""

    stores: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    own: dict[str, str | None] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)  # files whose document stands in the record
    snapshots: dict[str, tuple[str, Any]] = field(default_factory=dict)  # store and what it held, by name

    def apply(self, operation: Operation) -> None:
        getattr(self, f"_{operation['do']}")(**{name: value for name, value in operation.items() if name not in ("n", "do")})
        self.read = {file for file in self.read if any(file in files for files in self.stores.values())}

    def _add(self, name: str, text: int) -> None:
        self.own[name] = text_of(text)

    def _fail(self, name: str) -> None:
        self.own[name] = None

    def _delete(self, name: str) -> None:
        self.own.pop(name, None)

    def _erase(self, name: str) -> None:
        self.own.pop(name, None)
        for store, held in self.snapshots.values():
            if store == WORKSPACE:
                held.pop(name, None)

    def _attach(self, store: str, file: str, year: int) -> None:
        self.stores[store][file] = ["completed" if file in self.read else "in_progress", {"year": year}]

    def _attributes(self, store: str, file: str, year: int) -> None:
        if file in self.stores[store]:
            self.stores[store][file][1] = {"year": year}

    def _read(self, file: str) -> None:
        for files in self.stores.values():
            if file in files:
                files[file][0] = "completed"
                self.read.add(file)

    def _detach(self, store: str, file: str) -> None:
        self.stores[store].pop(file, None)

    def _forget(self, file: str) -> None:
        for held in [*self.stores.values(), *(held for store, held in self.snapshots.values() if store != WORKSPACE)]:
            held.pop(file, None)

    def _snapshot(self, store: str, name: str) -> None:
        self.snapshots[name] = store, copy.deepcopy(self.own if store == WORKSPACE else self.stores[store])

    def _rollback(self, name: str) -> None:
        store, held = self.snapshots[name]
        if store == WORKSPACE:
            self.own = dict(held)
            return
        self.stores[store] = copy.deepcopy(held)
        self.read |= {file for file, (status, _) in held.items() if status == "completed"}
        for file, row in self.stores[store].items():
            if row[0] == "in_progress" and file in self.read:
                row[0] = "completed"

    def _unsnap(self, name: str) -> None:
        del self.snapshots[name]

    def _tidy(self) -> None:
        """Deletes the snapshots that rollbacks made, which the model does not keep."""

    def _search(self, **_: Any) -> None:
        pass

    def found(self, stores: Sequence[str], year: int | None) -> dict[tuple[str, str], str]:
        """What a search in these stores must find: the document's name and the passage, with what the embedder reads of it."""
        documents: dict[str, tuple[str, str]] = {}  # the name that it was cut under, and its text
        for store in stores:
            if store == WORKSPACE and year is None:
                documents |= {name: (name, text) for name, text in self.own.items() if text is not None}
            for file, (status, attributes) in self.stores.get(store, {}).items():
                if status == "completed" and year in (None, attributes["year"]):
                    documents[file] = f"{file}.md", file_text(file)
        return {(name, said): read for name, named in documents.items() for said, read in passages_of(*named)}

    def seen(self) -> Any:
        """All that a look into the record shows."""
        return self.own, self.stores, sorted(self.snapshots)


def seen(record: Record, stores: Stores, snapshots: Snapshots, model: Model) -> Any:
    """The same of the record itself."""
    own = {document.name: document.text if document.status == "ready" else None for document in record.documents()}
    rows = {store: {f.file: [f.status, f.attributes] for f in stores.files(store, Page(1000))[0]} for store in model.stores}
    names = [one.name for store in (WORKSPACE, *model.stores) for one in snapshots.all(store, Page(1000))[0]]
    return own, rows, sorted(name for name in names if not name.startswith("before"))


# --- What is found ----------------------------------------------------------------------------------------------------


def mistakes(
    searcher: Searcher, stores: Stores, model: Model, words: Sequence[str], where: Sequence[str], year: int | None
) -> Counter[str]:
    """Of one search: passages that must not be found, those that must be and are not, and scores that are not the embedder's."""
    expected, wrong = model.found(where, year), Counter[str]()
    accepts: Callable[[Any], bool] | None = None if year is None else lambda attributes: attributes.get("year") == year
    documents = None if where == [WORKSPACE] and year is None else lambda: stores.searchable(where, accepts)
    hits = searcher.search(" ".join(words), _EVERYTHING, documents)
    found = {(hit.document, hit.passage.text): hit for hit in hits}
    by_words = {key for key, hit in found.items() if hit.lexical_rank is not None}
    should = {key for key in expected if set(words) & set(key[1].rstrip(".").split())}
    wrong["stale"] = len(found.keys() - expected.keys()) + len(by_words - should) + len(hits) - len(found)
    wrong["lost"] = len(expected.keys() - found.keys()) + len(should - by_words)
    if found and expected:
        both = sorted(found.keys() & expected.keys())
        question, passages = (Directions().embed(texts, "") for texts in ([" ".join(words)], [expected[key] for key in both]))
        scores = [hit.dense_score if (hit := found[key]).dense_score is not None else np.nan for key in both]
        wrong["misjudged"] = int((~np.isclose(passages @ question[0], scores, atol=1e-4)).sum())
    return +wrong


def _questions(model: Model, rng: random.Random) -> Iterator[tuple[list[str], list[str], int | None]]:
    """Words, stores and a year, without an end: of texts that are there, that were, and that never will be."""
    places = [[WORKSPACE], *([store] for store in model.stores), [*model.stores], [WORKSPACE, *model.stores]]
    while True:
        words = rng.choice(
            ([rng.choice(TOPICS)], [f"w{rng.randrange(10_000)}p0", rng.choice(TOPICS)], [f"w{1_000_000 + rng.randrange(FILES)}p0"])
        )
        yield words, rng.choice(places), rng.choice((None, None, *YEARS))


# --- The child --------------------------------------------------------------------------------------------------------


def work(url: str, journal: Path, seed: int, operations: int) -> None:
    """Goes on where the journal ends, until so many operations are done. Its indexes rest beside the journal."""
    dense._UNSAVED = 10  # so that vectors are saved again and again, as they are after thousands of passages
    record, embedder = Record(url), Directions()
    stores, snapshots, searcher = Stores(record), Snapshots(record), Searcher(record, embedder, views=Views(journal.parent / "views"))
    model, done, _ = replay(journal)
    rng = random.Random(f"{seed}:{done}")
    questions = _questions(model, rng)
    log = os.open(journal, os.O_WRONLY | os.O_APPEND)
    for n in range(done, operations):
        operation = {"n": n, **_drawn(model, stores, rng, n)}
        _note(log, operation)
        wrong = Counter[str]()
        if operation["do"] == "search":
            words, where, year = next(questions)
            wrong = mistakes(searcher, stores, model, words, where, year)
        else:
            _do(operation, record, stores, snapshots, embedder)
            model.apply(operation)
        _note(log, {"done": n, **wrong})


def _drawn(model: Model, stores: Stores, rng: random.Random, n: int) -> Operation:
    do = _FIRST[n] if n < len(_FIRST) else rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    name, store, file, year = f"d{rng.randrange(OWN)}.md", rng.choice([*model.stores]), f"file-{rng.randrange(FILES)}", rng.choice(YEARS)
    collection = rng.choice([WORKSPACE, *model.stores])
    if do == "read":
        waits = stores.waiting()
        return {"do": "read", "file": waits.file} if waits is not None else {"do": "search"}
    if do in ("rollback", "unsnap"):
        return {"do": do, "name": rng.choice(sorted(model.snapshots))} if model.snapshots else {"do": "search"}
    given: dict[str, Operation] = {
        "add": {"name": name, "text": n if rng.random() < 0.9 else n // 50},
        "attach": {"store": store, "file": file, "year": year},
        "attributes": {"store": store, "file": file, "year": year},
        "detach": {"store": store, "file": file},
        "forget": {"file": file},
        "snapshot": {"store": collection, "name": f"s{n}"},
        "tidy": {},
        "search": {},
    }
    return {"do": do, **given.get(do, {"name": name})}


_FIRST = ("add", "attach", "read", "snapshot", "rollback", "delete", "search")  # so that no run leaves these to chance
_WEIGHTS = {
    "add": 20, "delete": 6, "fail": 2, "erase": 2, "attach": 8, "read": 8, "attributes": 4, "detach": 4, "forget": 2, "snapshot": 5,
    "rollback": 4, "unsnap": 4, "tidy": 1, "search": 30,
}  # fmt: skip


def _do(operation: Operation, record: Record, stores: Stores, snapshots: Snapshots, embedder: Directions) -> None:
    given = {name: value for name, value in operation.items() if name not in ("n", "do")}
    match operation["do"]:
        case "add":
            text = text_of(given["text"])
            record.add_document(given["name"], text, *cut(given["name"], text, embedder))
        case "fail":
            record.add_failure(given["name"], "a reason")
        case "delete":
            record.delete_document(given["name"])
        case "erase":
            snapshots.erase(given["name"])
        case "attach":
            stores.attach(given["store"], Given(given["file"], f"{given['file']}.md", {"year": given["year"]}))
        case "attributes":
            stores.set_attributes(given["store"], given["file"], {"year": given["year"]})
        case "read":
            waits = stores.waiting()
            assert waits is not None and waits.file == given["file"]
            text = file_text(waits.file)
            stores.complete(waits, text, *cut(waits.filename, text, embedder))
        case "detach":
            stores.detach(given["store"], given["file"])
        case "forget":
            stores.forget(given["file"])
        case "snapshot":
            snapshots.create(given["store"], given["name"])
        case _:
            _do_with_snapshots(operation["do"], given.get("name", ""), stores, snapshots)


def _do_with_snapshots(do: str, name: str, stores: Stores, snapshots: Snapshots) -> None:
    every = [one for store in stores.stores(Page(1000))[0] for one in snapshots.all(store.id, Page(1000))[0]]
    for one in every:
        if do == "rollback" and one.name == name:
            snapshots.roll_back(one.store, one.id)
        if do == "unsnap" and one.name == name or do == "tidy" and one.name.startswith("before"):
            snapshots.delete(one.store, one.id)


# --- The journal ------------------------------------------------------------------------------------------------------


def _note(log: int, line: Any) -> None:
    os.write(log, json.dumps(line).encode() + b"\n")


def replay(journal: Path) -> tuple[Model, int, Operation | None]:
    """What the operations that were done have left, how many there were, and the one that was begun and not noted as done."""
    begun, *lines = [json.loads(line) for line in journal.read_bytes().split(b"\n") if _whole(line)]
    model, done, doubtful = Model({store: {} for store in begun["stores"]}), 0, None
    for line in lines:
        if "do" in line:
            doubtful = line
        elif doubtful is not None:
            if line.get("applied", True):
                model.apply(doubtful)
            done, doubtful = line["done"] + 1, None
    return model, done, doubtful


def _whole(line: bytes) -> bool:
    return line.startswith(b"{") and line.endswith(b"}")


# --- Its parent -------------------------------------------------------------------------------------------------------


@dataclass
class Report:
    operations: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)  # "stale", "lost", "misjudged", "torn", "behind"
    kills: int = 0
    checks: int = 0

    def __str__(self) -> str:
        mistakes = ", ".join(f"{self.wrong[kind]} {kind}" for kind in ("stale", "lost", "misjudged", "torn", "behind"))
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.operations.most_common())
        return f"{self.operations.total()} operations ({kinds}), {self.kills} kills, {self.checks} searches checked: {mistakes}"


def churn(url: str, folder: Path, operations: int, kills: int, seed: int, progress: Callable[[int], None] = lambda done: None) -> Report:
    """So many operations, by a child that is killed about so often on the way."""
    rng, report, journal = random.Random(seed), Report(), folder / "journal.jsonl"
    record = Record(url)
    stores, snapshots, follower = Stores(record), Snapshots(record), Searcher(record, Directions())
    ids = [stores.create(name).id for name in ("one", "two")]
    journal.write_text(json.dumps({"stores": ids}) + "\n")
    done = 0
    while done < operations:
        child = subprocess.Popen([sys.executable, "-m", "tests.churn", "--child", url, str(journal), str(seed), str(operations)])
        _kill(child, journal, done, rng.randint(1, max(1, 2 * operations // (kills + 1))), rng, operations)
        if child.returncode not in (0, -signal.SIGKILL):
            raise AssertionError(f"the child ended with {child.returncode}; seed {seed}")
        report.kills += child.returncode != 0
        with record.transaction(writes=True):
            pass  # what a server was still doing for the dead is over
        model, done, doubtful = replay(journal)
        if doubtful is not None:
            model, done = _resolved(model, doubtful, seen(record, stores, snapshots, model), journal, report)
        report.wrong["torn"] += model.seen() != seen(record, stores, snapshots, model)
        resting = Searcher(record, Directions(), views=Views(folder / "views"))
        for searcher in (follower, resting, Searcher(record, Directions())):
            searcher.refresh()
            report.wrong["behind"] += searcher.sequence != record.sequence()
            for (words, where, year), _ in zip(_questions(model, rng), range(12), strict=False):
                report.wrong += mistakes(searcher, stores, model, words, where, year)
                report.checks += 1
        resting.close()
        progress(done)
    record.close()
    for line in map(json.loads, journal.read_text().splitlines()[1:]):
        if "do" in line:
            report.operations[line["do"]] += 1
            report.checks += line["do"] == "search"
        else:
            report.wrong += Counter({kind: line.get(kind, 0) for kind in ("stale", "lost", "misjudged")})
    return report


def _kill(child: subprocess.Popen[bytes], journal: Path, done: int, after: int, rng: random.Random, operations: int) -> None:
    """When it has begun so many operations more, and some milliseconds later; not where it comes to its end before."""
    before = journal.read_bytes().count(b"\n")
    while child.poll() is None and journal.read_bytes().count(b"\n") - before < 2 * after:
        time.sleep(0.002)
    if done + after < operations:
        time.sleep(rng.uniform(0, 0.03))
        child.kill()
    child.wait()


def _resolved(model: Model, doubtful: Operation, there: Any, journal: Path, report: Report) -> tuple[Model, int]:
    """Whether the operation that was not noted as done happened; the record must show it whole, or not at all."""
    after = copy.deepcopy(model)
    after.apply(doubtful)
    applied = after.seen() == there
    report.wrong["torn"] += not applied and model.seen() != there
    log = os.open(journal, os.O_WRONLY | os.O_APPEND)
    _note(log, {"done": doubtful["n"], "applied": applied})
    os.close(log)
    return after if applied else model, doubtful["n"] + 1


def main() -> int:
    if sys.argv[1:2] == ["--child"]:
        work(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
        return 0
    parser = argparse.ArgumentParser(description="Change and search a record at random, and kill whoever does it.")
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    parser.add_argument("--record", default="", help="the address of an empty record; a SQLite file without it")
    options = parser.parse_args()
    from service.terminal import progress_bar

    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory() as folder, progress_bar() as bar:
        task = bar.add_task("operations", total=options.operations)
        url = options.record or f"sqlite:///{folder}/record.sqlite"
        report = churn(
            url, Path(folder), options.operations, options.kills, options.seed, lambda done: bar.update(task, completed=done)
        )  # fmt: skip
    print(report)
    return 1 if +report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
