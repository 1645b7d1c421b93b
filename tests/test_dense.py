"""The index of vectors: exact while it is small, in lists when it is large, and true to the record through every change."""

from collections.abc import Iterator

import numpy as np
import pytest

from retrieval import dense
from retrieval.dense import DenseIndex
from retrieval.passages import PassageDraft
from retrieval.record import Record

DIMENSION = 16
LARGE = 3_000  # passages, above what these tests have searched exactly


@pytest.fixture(autouse=True)
def small_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists from 2,000 passages on, so that tests are quick; the code is the same."""
    monkeypatch.setattr(dense, "_EXACT", 2_000)
    monkeypatch.setattr(dense, "_LISTS", 32)
    monkeypatch.setattr(dense, "_PROBES", 8)


@pytest.fixture
def record() -> Iterator[Record]:
    record = Record("sqlite://")
    yield record
    record.close()


def some_vectors(count: int, seed: int) -> np.ndarray:
    """Unit vectors around fifty centres, as those of texts are."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(50, DIMENSION))
    made = centres[random.integers(50, size=count)] + 0.4 * random.normal(size=(count, DIMENSION))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def add(record: Record, name: str, vectors: np.ndarray) -> int:
    drafts = [PassageDraft(i, i + 1, "x", "", "") for i in range(len(vectors))]
    return record.add_document(name, f"{name} {'x' * len(vectors)}", drafts, {"e": vectors})


def exact(record: Record, vector: np.ndarray, k: int, documents: list[int] | None = None) -> list[int]:
    """The nearest passages by the record itself."""
    ids, vectors = record.vectors("e")
    if documents is not None:
        these = {passage.id for passage in record.passages(document_ids=documents)}
        kept = np.array([number in these for number in ids], bool)
        ids, vectors = ids[kept], vectors[kept]
    return ids[np.argsort(-(vectors @ vector), kind="stable")[:k]].tolist()


def found(index: DenseIndex, vector: np.ndarray, k: int, documents: list[int] | None = None) -> list[int]:
    return [number for number, _ in index.search(vector, k, documents)]


def recall(index: DenseIndex, record: Record, documents: list[int] | None = None) -> float:
    asked = some_vectors(40, seed=99)
    return float(np.mean([len(set(found(index, v, 10, documents)) & set(exact(record, v, 10, documents))) / 10 for v in asked]))


def test_a_small_index_finds_exactly_the_nearest(record: Record) -> None:
    add(record, "a", some_vectors(500, 1))
    index = DenseIndex.build(record, "e", DIMENSION)
    assert all(found(index, v, 10) == exact(record, v, 10) for v in some_vectors(20, 2))


def test_a_large_index_finds_nearly_all_of_the_nearest_and_scores_them_right(record: Record) -> None:
    for part in range(3):
        add(record, f"d{part}", some_vectors(LARGE // 3, part))
    index = DenseIndex.build(record, "e", DIMENSION)
    assert recall(index, record) > 0.95
    vector = some_vectors(1, 5)[0]
    vectors = dict(zip(*record.vectors("e"), strict=True))
    for number, score in index.search(vector, 10):
        assert abs(score - float(vectors[number] @ vector)) < 2e-3  # half precision


def test_an_index_that_grows_becomes_large_and_loses_nothing(record: Record) -> None:
    index = DenseIndex.build(record, "e", DIMENSION)
    for part in range(6):
        add(record, f"d{part}", some_vectors(LARGE // 6, part))
        index.refresh(record)
    assert len(index) == LARGE and recall(index, record) > 0.95


def test_a_large_index_finds_what_is_added_and_never_what_is_deleted(record: Record) -> None:
    add(record, "many", some_vectors(LARGE, 1))
    index = DenseIndex.build(record, "e", DIMENSION)
    target = some_vectors(1, 7)[0]
    number = add(record, "one", target[None])
    index.refresh(record)
    [passage] = record.passages(document_ids=[number])
    assert found(index, target, 1) == [passage.id]
    record.delete_document("one")
    index.refresh(record)
    assert passage.id not in found(index, target, LARGE + 1) and len(index) == LARGE
    record.delete_document("many")
    index.refresh(record)
    assert len(index) == 0 and found(index, target, 10) == []


def test_a_small_collection_within_a_large_index_is_searched_exactly(record: Record) -> None:
    """Even where its passages lie in lists far from the question."""
    add(record, "many", some_vectors(LARGE, 1))
    few = [add(record, name, some_vectors(30, seed)) for name, seed in (("a", 2), ("b", 3))]
    index = DenseIndex.build(record, "e", DIMENSION)
    assert recall(index, record, few) == 1.0
    assert len(found(index, some_vectors(1, 4)[0], 100, few)) == 60
    assert found(index, some_vectors(1, 4)[0], 10, []) == [] and found(index, some_vectors(1, 4)[0], 10, [12345]) == []


def test_a_collection_that_is_most_of_a_large_index_is_found_nearly_whole(record: Record) -> None:
    documents = [add(record, f"d{part}", some_vectors(LARGE // 3, part)) for part in range(3)]
    index = DenseIndex.build(record, "e", DIMENSION)
    assert recall(index, record, documents) > 0.95
    add(record, "more", some_vectors(LARGE // 2, 9))
    index.refresh(record)
    within = {passage.id for passage in record.passages(document_ids=documents)}
    assert recall(index, record, documents) > 0.95 and set(found(index, some_vectors(1, 4)[0], 500, documents)) <= within


def test_the_same_record_makes_the_same_index(record: Record) -> None:
    add(record, "many", some_vectors(LARGE, 1))
    one, other = (DenseIndex.build(record, "e", DIMENSION) for _ in range(2))
    assert all(one.search(v, 10) == other.search(v, 10) for v in some_vectors(20, 2))


def test_vectors_of_another_length_are_no_vectors_of_this_index(record: Record) -> None:
    add(record, "a", some_vectors(3, 1)[:, :8])
    with pytest.raises(AssertionError, match="vectors of 8 dimensions, not 16"):
        DenseIndex.build(record, "e", DIMENSION)
