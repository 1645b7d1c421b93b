"""Search by words: BM25 over the record's passages, with tantivy, in memory.

A view of the record: it knows the change it stands at, and `refresh` brings it up to date. Words are stemmed as English;
a word in the title or heading counts beside the same word in the text.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable

import tantivy

from retrieval.record import Record, StoredPassage
from retrieval.words import STOP_WORDS

_TITLE_BOOST = 0.5  # on SQuAD: recall at 4 of 90 %; 87 % at 1.5, 81 % at 3
_HEAP = 16_000_000  # bytes for the writer, the least that tantivy takes being 15 MB
_TOO_FAR = 5_000  # changed documents; above that, building anew is no slower


class LexicalIndex:
    """Safe to share between threads: a search sees one state, `refresh` shows the next when it is whole."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stop_words = {stem for word in STOP_WORDS for stem in _analyzer().analyze(word)}
        self._index, self._writer = _empty()
        self.sequence = 0

    @classmethod
    def build(cls, record: Record) -> LexicalIndex:
        index = cls()
        index.refresh(record)
        return index

    def refresh(self, record: Record) -> None:
        """Catches up with the record; builds anew where it has fallen far behind or where the record is another, older one."""
        with self._lock:
            latest = record.sequence()
            if latest == self.sequence:
                return
            touched = record.touched_since(self.sequence)
            if latest < self.sequence or len(touched) > _TOO_FAR or self.sequence == 0:
                index, writer = _empty()
                _add(writer, record.stream_passages())
            else:
                index, writer = self._index, self._writer
                # By a query: `delete_documents_by_term` takes the number for a signed one, and finds nothing.
                writer.delete_documents_by_query(tantivy.Query.term_set_query(index.schema, "document", list(touched)))
                _add(writer, record.passages(document_ids=touched))
            writer.commit()
            index.reload()
            self._index, self._writer, self.sequence = index, writer, latest

    def search(self, question: str, k: int, documents: Collection[int] | None = None) -> list[tuple[int, float]]:
        """(passage number, BM25 score), best first, of these documents or of the workspace's own; none that shares no word with the
        question."""
        words = _analyzer().analyze(question)
        telling = [word for word in words if word not in self._stop_words] or words
        index = self._index
        schema = index.schema
        clauses = []
        for word in dict.fromkeys(telling):
            in_title = tantivy.Query.boost_query(tantivy.Query.term_query(schema, "title", word), _TITLE_BOOST)
            in_text = tantivy.Query.term_query(schema, "text", word)
            clauses += [(tantivy.Occur.Should, in_title), (tantivy.Occur.Should, in_text)]
        if not clauses or k < 1:
            return []
        query = tantivy.Query.boolean_query(clauses)
        if documents is None:
            kept = tantivy.Query.term_query(schema, "own", 1)
        else:
            kept = tantivy.Query.term_set_query(schema, "document", list(documents))
        among = tantivy.Query.const_score_query(kept, 0.0)
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, among)])
        searcher = index.searcher()
        hits = searcher.search(query, limit=k, count=False).hits
        found = [(int(searcher.doc(address)["id"][0]), float(score)) for score, address in hits]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))


def _empty() -> tuple[tantivy.Index, tantivy.IndexWriter]:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", stored=True)
    builder.add_unsigned_field("document", indexed=True)
    builder.add_unsigned_field("own", indexed=True)  # 1 for a document of the workspace's own, 0 for that of an uploaded file
    builder.add_text_field("title", tokenizer_name="words")
    builder.add_text_field("text", tokenizer_name="words")
    index = tantivy.Index(builder.build())
    index.register_tokenizer("words", _analyzer())
    return index, index.writer(heap_size=_HEAP, num_threads=1)


def _add(writer: tantivy.IndexWriter, passages: Iterable[StoredPassage]) -> None:
    for passage in passages:
        document = tantivy.Document(title=passage.full_title, text=passage.text)
        document.add_unsigned("id", passage.id)
        document.add_unsigned("document", passage.document_id)
        document.add_unsigned("own", int(not passage.file))
        writer.add_document(document)


def _analyzer() -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(60),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()
