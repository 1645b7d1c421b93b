"""The index of words follows the record, in both databases that hold one."""

import numpy as np

from retrieval.ingest import index_text
from retrieval.lexical import LexicalIndex
from retrieval.passages import PassageDraft
from retrieval.record import Record


def test_a_stream_of_the_record_is_what_it_holds(record: Record) -> None:
    vectors = np.arange(30, dtype=np.float32).reshape(10, 3)
    for number in range(2):
        drafts = [PassageDraft(i, i + 1, f"passage {i}", f"document {number}", "") for i in range(5)]
        record.add_document(f"{number}.txt", f"text {number}", drafts, {"e": vectors[5 * number : 5 * number + 5]})
    assert list(record.stream_passages()) == record.passages()
    [batch] = record.stream_vectors("e")
    assert batch.ids.tolist() == [passage.id for passage in record.passages()] and np.array_equal(batch.vectors, vectors)
    assert batch.documents.tolist() == [passage.document_id for passage in record.passages()] and batch.own.all()
    second = record.documents()[1].id
    [only] = record.stream_vectors("e", [second])
    assert np.array_equal(only.vectors, vectors[5:]) and set(only.documents.tolist()) == {second}
    assert list(record.stream_vectors("other")) == list(record.stream_vectors("e", [])) == []


def test_a_change_is_told_from_one_of_the_same_number_elsewhere(record: Record) -> None:
    other = Record("sqlite://")
    for each in (record, other):
        index_text(each, None, "a.txt", "Herons stand in the water.")
    assert record.sequence() == other.sequence() == 1
    assert record.has_change(1, record.token(1)) and not record.has_change(1, other.token(1))
    assert record.token(2) == "" and not record.has_change(2, "")


def test_where_the_index_stands_is_no_passage_that_is_found(record: Record) -> None:
    index_text(record, None, "a.txt", "Herons stand in the water.")
    index = LexicalIndex.build(record)
    assert index.search(record.token(1), 10) == [] and len(index.search("heron", 10)) == 1
    record.delete_document("a.txt")
    index.refresh(record)
    assert index.search("heron", 10) == [] and index.search(record.token(2), 10) == []
