"""How much words count beside vectors is measured on each record, kept there, and followed by whoever searches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from retrieval.ingest import index_text
from retrieval.record import Record, Weighing
from retrieval.search import LEXICAL_WEIGHT, Searcher
from retrieval.weighing import measured_weight, weigh

# Half of each passage names its subject in one language and half in another, beside a word of another passage's: words alone mislead.
FIRST, SECOND = ("mor", "tal", "ven", "sul", "kir"), ("apta", "ilno", "ogre")
SUBJECTS = {f"{first}{second}": f"{second[::-1]}{first[::-1]}" for first in FIRST for second in SECOND}


def passage(subject: str) -> str:
    here, there = lure(subject), lure(list(SUBJECTS)[list(SUBJECTS).index(subject) - 1])
    return " ".join([subject, subject, here] * 5 + [SUBJECTS[subject], SUBJECTS[subject], there] * 5)


def lure(subject: str) -> str:
    return f"lure{subject}"


class Translating:
    """A word and its translation have one direction."""

    dimension = 512

    def __init__(self, name: str = "translating") -> None:
        self.id = name

    def embed(self, texts: Sequence[str], kind: str) -> np.ndarray:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        meant = {**{word: word for word in SUBJECTS}, **{translated: word for word, translated in SUBJECTS.items()}}
        for row, text in enumerate(texts):
            for word in re.findall(r"[a-z]{4,}", text.lower()):
                vectors[row, crc32(meant.get(word, word).encode()) % self.dimension] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


class Guessing(Translating):
    """Its vectors say nothing of their texts."""

    def embed(self, texts: Sequence[str], kind: str) -> np.ndarray:
        vectors = np.stack([np.random.default_rng(crc32(f"{kind} {text}".encode())).normal(size=self.dimension) for text in texts])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def record_of(path: Path, texts: Sequence[str]) -> Record:
    record = Record(f"sqlite:///{path / 'record.sqlite'}")
    for number, text in enumerate(texts):
        index_text(record, None, f"{number}.md", text)
    return record


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return record_of(tmp_path, [passage(subject) for subject in SUBJECTS])


def test_who_knows_the_language_counts_more_than_words_and_who_guesses_less() -> None:
    translated = [("", passage(subject)) for subject in SUBJECTS]
    plain = [("", " ".join([subject] * 30)) for subject in SUBJECTS]
    knows, guesses = measured_weight(Translating(), translated, ()), measured_weight(Guessing(), plain, ())
    assert knows is not None and guesses is not None
    assert knows < LEXICAL_WEIGHT <= guesses
    assert measured_weight(Translating(), translated, ()) == knows  # always the same of the same passages


def test_a_record_is_weighed_once_until_it_has_twice_as_many_passages(record: Record) -> None:
    embedder = Translating()
    assert record.lexical_weight(embedder.id) is None
    weigh(record, embedder)
    kept = record.lexical_weight(embedder.id)
    assert kept is not None and kept.passages == len(SUBJECTS) and kept.lexical_weight < LEXICAL_WEIGHT
    record.keep_lexical_weight(embedder.id, 0.9, len(SUBJECTS))  # as if it had been measured
    weigh(record, embedder)
    assert record.lexical_weight(embedder.id) == Weighing(0.9, len(SUBJECTS))
    for number in range(len(SUBJECTS) + 1):
        index_text(record, None, f"more {number}.md", f"{passage(list(SUBJECTS)[number % len(SUBJECTS)])} {number}")
    weigh(record, embedder)
    weighed = record.lexical_weight(embedder.id)
    assert weighed is not None and weighed.passages == 2 * len(SUBJECTS) + 1 and weighed.lexical_weight < LEXICAL_WEIGHT


def test_whoever_searches_already_follows(record: Record) -> None:
    embedder = Translating()
    running, other = Searcher(record, embedder), Searcher(record, Translating("other"))
    weigh(record, embedder)
    running.search("anything")
    other.search("anything")
    kept = record.lexical_weight(embedder.id)
    assert kept is not None and running.lexical_weight == kept.lexical_weight == Searcher(record, embedder).lexical_weight
    assert other.lexical_weight == LEXICAL_WEIGHT
    record.drop_vectors(embedder.id)
    assert record.lexical_weight(embedder.id) is None


def test_what_an_embedder_says_itself_goes_before(record: Record) -> None:
    embedder = Translating()
    embedder.lexical_weight = 0.2  # type: ignore[attr-defined]
    weigh(record, embedder)
    assert record.lexical_weight(embedder.id) is None and Searcher(record, embedder).lexical_weight == 0.2


def test_of_a_few_passages_nothing_can_be_told(tmp_path: Path) -> None:
    record = record_of(tmp_path, [passage(subject) for subject in list(SUBJECTS)[:5]])
    weigh(record, Translating())
    assert record.lexical_weight("translating") is None and Searcher(record, Translating()).lexical_weight == LEXICAL_WEIGHT


def test_a_large_record_is_weighed_by_passages_from_all_of_it(record: Record) -> None:
    some = record.some_passages(5)
    assert [passage.id for passage in some] == [passage.id for passage in record.passages()][::3]
    assert record.some_passages(100) == record.passages() and record.count_passages() == len(SUBJECTS)
