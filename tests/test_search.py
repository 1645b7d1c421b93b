"""Search finds by words and by meaning, never what was deleted, and both indexes are views that can be rebuilt."""

import re
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from retrieval.dense import DenseIndex
from retrieval.ingest import embed_missing, index_text
from retrieval.lexical import LexicalIndex
from retrieval.record import Record
from retrieval.search import Hit, Searcher

DOCUMENTS = {
    "tents.md": "# Tents\n\n## Larkspur\n\nThe Larkspur weighs 2,100 grams and sleeps two people.",
    "boots.md": "# Boots\n\nWalking boots are waxed twice a year, in spring and in autumn.",
    "stoves.txt": "The stove burns gas. It boils a litre of water in four minutes.",
    "canoes.md": "# Boats\n\nA canoe carries three people and their luggage down a river.",
}
SYNONYMS = {"kayak": "canoe", "footwear": "boots"}


class WordVectors:
    """A real embedder in small: each word has a direction of its own, and synonyms share one."""

    dimension = 4096  # wide enough for no two words to meet

    def __init__(self, name: str = "words") -> None:
        self.id = name

    def embed(self, texts: Sequence[str], kind: str) -> np.ndarray:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"[a-z]{4,}", text.lower()):
                vectors[row, crc32(SYNONYMS.get(word, word).encode()) % self.dimension] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    record = Record(f"sqlite:///{tmp_path / 'record.sqlite'}")
    for name, text in DOCUMENTS.items():
        index_text(record, WordVectors(), name, text)
    return record


def names(hits: list[Hit]) -> list[str]:
    return [hit.document for hit in hits]


def test_words_find_their_passage_first(record: Record) -> None:
    assert names(Searcher(record).search("How much does the Larkspur weigh?"))[0] == "tents.md"


def test_words_are_matched_by_their_stem(record: Record) -> None:
    assert names(Searcher(record).search("boiling waters"))[0] == "stoves.txt"


def test_meaning_finds_what_shares_no_word(record: Record) -> None:
    assert Searcher(record).search("kayak") == []
    [best, *_] = Searcher(record, WordVectors()).search("kayak")
    assert (best.document, best.lexical_rank, best.dense_rank) == ("canoes.md", None, 1)


def test_a_hit_carries_what_a_citation_needs(record: Record) -> None:
    hit = Searcher(record).search("Larkspur")[0]
    document = record.document(hit.document)
    assert document is not None
    assert document.text[hit.start : hit.end] == hit.passage.text
    assert hit.passage.title == "Tents > Larkspur"
    assert [mention.value for mention in hit.passage.mentions] == ["2100", "2"]
    assert hit.lexical_rank == 1 and hit.lexical_score is not None and hit.lexical_score > 0


def test_hits_come_best_first_and_at_most_k(record: Record) -> None:
    hits = Searcher(record, WordVectors()).search("people with boots at the river", k=2)
    assert len(hits) == 2
    assert hits[0].score >= hits[1].score


def test_a_deleted_document_never_answers_again(record: Record) -> None:
    searcher = Searcher(record, WordVectors())
    assert names(searcher.search("canoe"))[0] == "canoes.md"
    record.delete_document("canoes.md")
    for running in (searcher, Searcher(record, WordVectors())):
        assert "canoes.md" not in names(running.search("canoe kayak river luggage", k=10))


def test_a_replaced_document_answers_with_its_new_text_only(record: Record) -> None:
    searcher = Searcher(record, WordVectors())
    searcher.search("canoe")
    index_text(record, WordVectors(), "canoes.md", "# Boats\n\nA canoe carries nine goats.")
    texts = [hit.passage.text for hit in searcher.search("canoe luggage", k=10) if hit.document == "canoes.md"]
    assert texts == ["A canoe carries nine goats."]


def test_what_was_replaced_many_times_crowds_nothing_out(record: Record) -> None:
    searcher = Searcher(record)
    for i in range(60):
        index_text(record, None, "boots.md", f"# Boots\n\nPeople wear boots number {i}.")
        searcher.refresh()
    assert set(names(searcher.search("people", k=10))) == {"boots.md", "tents.md", "canoes.md"}
    assert len(searcher.search("number", k=100)) == 1


def test_a_running_searcher_sees_what_another_process_adds(record: Record, tmp_path: Path) -> None:
    searcher = Searcher(record, WordVectors())
    other = Record(f"sqlite:///{tmp_path / 'record.sqlite'}")
    index_text(other, WordVectors(), "skis.md", "# Skis\n\nSkis are waxed before the first snow.")
    assert names(searcher.search("snow skis"))[0] == "skis.md"


def test_indexes_rebuilt_from_the_record_give_the_same_hits(record: Record) -> None:
    searcher = Searcher(record, WordVectors())
    index_text(record, WordVectors(), "skis.md", "# Skis\n\nSkis are waxed before the first snow.")
    index_text(record, WordVectors(), "boots.md", "# Boots\n\nBoots are brushed and waxed, and dried far from the stove.")
    for question in ("waxed skis", "people and water", "footwear", "the stove"):
        caught_up, rebuilt = searcher.search(question, k=10), Searcher(record, WordVectors()).search(question, k=10)
        assert [hit.passage for hit in caught_up] == [hit.passage for hit in rebuilt]


def test_indexes_stand_at_a_change_of_the_record(record: Record) -> None:
    lexical, dense = LexicalIndex.build(record), DenseIndex.build(record, "words", WordVectors.dimension)
    assert lexical.sequence == dense.sequence == record.sequence() > 0
    record.delete_document("tents.md")
    assert lexical.sequence < record.sequence()
    lexical.refresh(record)
    dense.refresh(record)
    assert lexical.sequence == dense.sequence == record.sequence()
    assert len(dense) == 3


def test_search_can_be_kept_to_some_documents(record: Record) -> None:
    few = [document.id for document in record.documents() if document.name in ("boots.md", "stoves.txt")]
    for searcher in (Searcher(record), Searcher(record, WordVectors())):
        assert set(names(searcher.search("people water boots canoe", k=10, documents=few))) == {"boots.md", "stoves.txt"}
        assert searcher.search("canoe", documents=[]) == []


def test_words_answer_until_a_new_embedder_has_read_the_passages(record: Record) -> None:
    searcher = Searcher(record, WordVectors("newer"))
    assert names(searcher.search("canoe"))[0] == "canoes.md"
    assert searcher.search("kayak") == []
    assert embed_missing(record, WordVectors("newer")) == 4
    assert names(searcher.search("kayak"))[0] == "canoes.md"


@pytest.mark.parametrize("question", ["", "???", "the of and", 'title:"x" AND (', "a" * 10_000, "\0"])
def test_any_question_is_safe(question: str, record: Record) -> None:
    Searcher(record, WordVectors()).search(question)


def test_an_empty_record_finds_nothing(tmp_path: Path) -> None:
    assert Searcher(Record(f"sqlite:///{tmp_path / 'empty.sqlite'}"), WordVectors()).search("canoe") == []
