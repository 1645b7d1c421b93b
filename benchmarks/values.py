"""What a million stored values cost to find: memory, time to index and time of a question, beside what a dict would cost; and how many
mentions find their value, by what is wrong with them.

    python -m benchmarks.values [--values N] [SQLITE FILE …]

The values are invented names of people, and a tenth of them codes of one word each. The dict holds what exact look-ups need, words
without case and plural to the places where they are stored: it finds no misspelling. Each is built in a process of its own, whose memory
is counted before and after. With SQLite files, their own values are corrupted, one mistake at a time, and asked for; no category is
counted, for those are shown whatever is asked.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from unicodedata import combining, normalize

from retrieval.schema import relevant_schema
from retrieval.values import MAX_WORDS, ValueIndex
from retrieval.words import STOP_WORDS, stems_of
from service.stored_values import index_values
from tools.sqlite_database import SqliteDatabase

QUESTIONS = 400
PER_COLUMN = 40  # values of a column that are corrupted
TEMPLATES = ("How many records are there for {}?", "Show the details of {}.", "Which of them belong to {} and are the oldest?")
_CONSONANTS, _VOWELS, _LETTERS = "bcdfghklmnprstvwz", "aeiou", "abcdefghijklmnopqrstuvwxyz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--values", type=int, default=1_000_000)
    parser.add_argument("files", nargs="*", type=Path)
    given = parser.parse_args()
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        index, plain = pool.starmap(measured, [("index", given.values), ("dict", given.values)], chunksize=1)
    print(f"{f'{given.values:,} values':28}{'index':>10}{'dict':>10}{'ratio':>8}")
    for name in index:
        beside = f"{plain[name]:10.3f}{index[name] / plain[name]:8.2f}" if name in plain else f"{'–':>10}{'–':>8}"
        print(f"{name:28}{index[name]:10.3f}{beside}")
    if given.files:
        corrupted(given.files)


# --- A million --------------------------------------------------------------------------------------------------------


def measured(kind: str, count: int) -> dict[str, float]:
    before, began = resident(), time.perf_counter()
    index = ValueIndex.build([("people", "name", invented(count))]) if kind == "index" else PlainIndex(invented(count))
    seconds = time.perf_counter() - began
    found = {"bytes a value": (resident() - before) / count, "µs a value, made up and built": 1e6 * seconds / count}
    rng = random.Random(2)
    asked = list(islice(invented(count), 0, None, count // QUESTIONS))
    changes: dict[str, Callable[[str], str | None]] = {"in small letters": str.lower}
    if kind == "index":
        changes["misspelt"] = lambda value: misspelt(value, rng)
    for name, change in changes.items():
        taken, right = [], 0
        for value in asked:
            question = rng.choice(TEMPLATES).format(change(value))
            began = time.perf_counter()
            right += value in index.find(question) if isinstance(index, PlainIndex) else any(m.value == value for m in index.find(question))
            taken.append((time.perf_counter() - began) * 1000)
        found |= {f"{name}, p50 ms": median(taken), f"{name}, p95 ms": quantiles(taken, n=20)[-1], f"{name}, found": right / len(asked)}
    return found


class PlainIndex:
    """What finds values exactly, in Python's own containers."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values: dict[str, list[tuple[str, str, str]]] = {}
        for value in values:
            self._values.setdefault(" ".join(stems_of(value)), []).append(("people", "name", value))

    def find(self, question: str) -> list[str]:
        stems = stems_of(question)
        spans = (stems[first:last] for first in range(len(stems)) for last in range(first + 1, first + 1 + MAX_WORDS))
        return [value for span in spans for _, _, value in self._values.get(" ".join(span), ())]


def invented(count: int) -> Iterator[str]:
    """Different every time one is drawn, the same in every run."""
    rng = random.Random(11)
    first, last = ([word(rng) for _ in range(size)] for size in (4_000, 40_000))
    seen: set[str] = set()
    while len(seen) < count:
        names = word(rng, 4) if rng.random() < 0.1 else f"{rng.choice(first)} {rng.choice(last)}"
        if names not in seen:
            seen.add(names)
            yield names


def word(rng: random.Random, least: int = 2) -> str:
    syllables = (rng.choice(_CONSONANTS) + rng.choice(_VOWELS) for _ in range(rng.randint(least, least + 2)))
    return ("".join(syllables) + rng.choice(("", "n", "r", "l"))).capitalize()


def resident() -> int:
    """Bytes of this process, after what was freed has gone back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


# --- Mistakes ---------------------------------------------------------------------------------------------------------


def corrupted(files: Iterable[Path]) -> None:
    rng = random.Random(7)
    asked, found = Counter[str](), Counter[str]()
    shown = right = 0
    for file in files:
        database = SqliteDatabase(file.stem, file)
        index = index_values(database)
        columns = [(t.name, c.name) for t in database.schema.tables for c in t.columns if c.type == "text"]
        for table, column in columns:
            if (table, column) in index.categories:
                continue
            values = [v for v in database.distinct(table, column, 5_000) if isinstance(v, str) and _is_name(v)]
            for value in rng.sample(values, min(PER_COLUMN, len(values))):
                for name, change in MISTAKES.items():
                    mention = change(value, rng)
                    if mention is None:
                        continue
                    schema = relevant_schema(rng.choice(TEMPLATES).format(mention), database.schema, index)
                    kept = [v for t in schema.tables for c in t.columns if (t.name, c.name) not in index.categories for v in c.values]
                    asked[name] += 1
                    found[name] += value in kept
                    shown += len(kept)
                    right += sum(str(other).lower() == value.lower() for other in kept)
    for name, count in asked.items():
        print(f"{name:28}{found[name] / count:10.3f} of {count:,} found")
    print(f"{'all':28}{sum(found.values()) / sum(asked.values()):10.3f} found; of the values shown {right / shown:.3f} were the one meant")


def _is_name(value: str) -> bool:
    return 3 <= len(value) <= 60 and len(value.split()) <= MAX_WORDS and any(map(str.isalpha, value)) and value == value.strip()


def misspelt(text: str, rng: random.Random, words: int = 1, letters: int = 1, least: int = 5) -> str | None:
    """With a letter dropped, changed, added or swapped with the next, never the first, in so many words of `least` letters or more."""
    parts = text.split(" ")
    long = [place for place, part in enumerate(parts) if len(part) >= least and part.isascii() and part.isalpha()]
    if len(long) < words:
        return None
    for place in rng.sample(long, words):
        for _ in range(letters):
            part = parts[place]
            at = rng.randrange(1, len(part) - 1)
            letter = rng.choice(_LETTERS)
            parts[place] = rng.choice((
                part[:at] + part[at + 1 :], part[:at] + letter + part[at:], part[:at] + letter + part[at + 1 :],
                part[:at] + part[at + 1] + part[at] + part[at + 2 :],
            ))  # fmt: skip
    return " ".join(parts)


def _without_accents(value: str, rng: random.Random) -> str | None:
    plain = "".join(c for c in normalize("NFKD", value) if not combining(c))
    return plain if plain != value else None


def _swapped(value: str, rng: random.Random) -> str | None:
    parts = value.split(" ")
    return f"{parts[1]}, {parts[0]}" if len(parts) == 2 and all(map(str.isalpha, parts)) else None


def _run_together(value: str, rng: random.Random) -> str | None:
    parts = value.split(" ")
    return "".join(parts).lower() if 2 <= len(parts) <= 3 and all(map(str.isalpha, parts)) else None


def _initials(value: str, rng: random.Random) -> str | None:
    parts = [part for part in value.split() if part.lower() not in STOP_WORDS]
    return "".join(part[0] for part in parts).upper() if 3 <= len(parts) <= 5 and value.replace(" ", "").isalpha() else None


_SHORT = {
    "Street": "St.", "Saint": "St.", "Company": "Co.", "Corporation": "Corp.", "University": "Univ.", "Department": "Dept.", "Road": "Rd.",
    "Avenue": "Ave", "Mount": "Mt.", "and": "&", "&": "and", "Inc": "Incorporated", "Brothers": "Bros", "Jr.": "Junior",
}  # fmt: skip


def _abbreviated(value: str, rng: random.Random) -> str | None:
    parts = value.split(" ")
    return " ".join(_SHORT.get(part, part) for part in parts) if len(parts) > 1 and _SHORT.keys() & set(parts) else None


MISTAKES: dict[str, Callable[[str, random.Random], str | None]] = {
    "as stored": lambda value, rng: value,
    "other case": lambda value, rng: rng.choice((value.lower(), value.upper())),
    "no accents": _without_accents,
    "possessive": lambda value, rng: value + "'s" if value[-1].isalpha() and value[-1] != "s" else None,
    "a letter wrong": lambda value, rng: misspelt(value, rng),
    "two letters of nine or more": lambda value, rng: misspelt(value, rng, letters=2, least=9),
    "two words misspelt": lambda value, rng: misspelt(value, rng, words=2, least=4),
    "words swapped": _swapped,
    "no spaces": _run_together,
    "hyphens": lambda value, rng: value.replace(" ", "-") if " " in value else None,
    "abbreviated": _abbreviated,
    "initials": _initials,
}


if __name__ == "__main__":
    main()
