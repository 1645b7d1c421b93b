"""Search by words: BM25 over the record's passages, with tantivy, in memory or in a directory.

A view of the record: it knows the change it stands at, and `refresh` brings it up to date. In a directory that change is part of what is
committed, so that a process killed at any moment leaves an index that knows how far it has come. Words are stemmed as English;
a word in the title or heading counts beside the same word in the text.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import threading
import zlib
from collections.abc import Collection, Iterable
from pathlib import Path

import tantivy

from retrieval.record import Record, StoredPassage
from retrieval.views import Views
from retrieval.words import STOP_WORDS

_TITLE_BOOST = 0.5  # on SQuAD: recall at 4 of 90 %; 87 % at 1.5, 81 % at 3
_HEAP = 16_000_000  # bytes for the writer, the least that tantivy takes being 15 MB
_TOO_FAR = 5_000  # changed documents; above that, building anew is no slower

_POSITION = 2  # of the field `own`, for the entry that says where the index stands
_log = logging.getLogger("reckoner.lexical")


class LexicalIndex:
    """Safe to share between threads: a search sees one state, `refresh` shows the next when it is whole."""

    def __init__(self, views: Views | None = None) -> None:
        """With `views`, it goes on from what rests there, and is in memory otherwise."""
        self._lock = threading.Lock()
        self._stop_words = {stem for word in STOP_WORDS for stem in _analyzer().analyze(word)}
        self._views = views
        self._copy: tempfile.TemporaryDirectory[str] | None = None  # of what another process keeps
        self._index, self._writer = _opened(None)
        self.sequence = 0

    @classmethod
    def build(cls, record: Record) -> LexicalIndex:
        index = cls()
        index.refresh(record)
        return index

    def close(self) -> None:
        """Leaves its directory to whoever comes next. It can neither be refreshed nor searched any more."""
        with self._lock:
            self._writer.wait_merging_threads()
            del self._index, self._writer  # a thread of tantivy's looks at the directory for as long as they are there
            if self._copy is not None:
                self._copy.cleanup()

    def refresh(self, record: Record) -> None:
        """Catches up with the record; builds anew where it has fallen far behind or where the record is another, older one."""
        with self._lock:
            latest = record.sequence()
            if latest == self.sequence:
                return
            if self.sequence == 0 and self._views is not None:
                self._resume(record, self._views)
            try:
                self._follow(record, latest)
            except (OSError, ValueError) as error:  # tantivy's, of a directory that is full, damaged or gone
                if self._views is None:
                    raise
                _log.warning("The index of words is kept in memory from now on: %s", error)
                self._views, self.sequence = None, 0
                self._follow(record, latest)

    def _follow(self, record: Record, latest: int) -> None:
        touched = record.touched_since(self.sequence)
        if latest < self.sequence or len(touched) > _TOO_FAR or self.sequence == 0:
            directory = self._views.new_directory() if self._views is not None and self._views.kept else None
            index, writer = _opened(directory)
            _add(writer, record.stream_passages())
            _commit(index, writer, latest, record)
            if self._views is not None:
                self._views.keep_only(directory)
        else:
            index, writer = self._index, self._writer
            # By a query: `delete_documents_by_term` takes the number for a signed one, and finds nothing.
            writer.delete_documents_by_query(tantivy.Query.term_set_query(index.schema, "document", list(touched)))
            _add(writer, record.passages(document_ids=touched))
            _commit(index, writer, latest, record)
        self._index, self._writer, self.sequence = index, writer, latest

    def _resume(self, record: Record, views: Views) -> None:
        """Goes on from what rests in a directory, or in a copy of one that another process keeps."""
        for directory in views.directories():
            try:
                if not views.kept:
                    self._copy = tempfile.TemporaryDirectory(prefix="reckoner-")
                    directory = Path(shutil.copytree(directory, self._copy.name, dirs_exist_ok=True))
                _check(directory)
                index, writer = _opened(directory)
                sequence, token = _stands_at(index)
            except (OSError, ValueError, KeyError, TypeError) as error:
                _log.info("%s is no index to go on from: %s", directory, error)
                continue
            if record.has_change(sequence, token):
                self._index, self._writer, self.sequence = index, writer, sequence
                views.keep_only(directory)
                return

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


def _opened(directory: Path | None) -> tuple[tantivy.Index, tantivy.IndexWriter]:
    """The index of this directory, empty where there is none yet, or an empty one in memory. Raises ValueError, as tantivy does."""
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", stored=True)
    builder.add_unsigned_field("document", indexed=True)
    builder.add_unsigned_field("own", indexed=True)  # 1 for a document of the workspace's own, 0 for that of an uploaded file
    builder.add_text_field("title", tokenizer_name="words")
    builder.add_text_field("text", tokenizer_name="words")
    builder.add_unsigned_field("sequence", stored=True)  # of the one entry that is _POSITION instead of the workspace's own or not
    builder.add_text_field("token", stored=True, tokenizer_name="raw")
    index = tantivy.Index(builder.build(), None if directory is None else str(directory))
    index.register_tokenizer("words", _analyzer())
    return index, index.writer(heap_size=_HEAP, num_threads=1)


def _commit(index: tantivy.Index, writer: tantivy.IndexWriter, sequence: int, record: Record) -> None:
    """Makes what was added and deleted seen, and the index stand at this change, both at once."""
    writer.delete_documents_by_query(tantivy.Query.term_query(index.schema, "own", _POSITION))
    position = tantivy.Document(token=record.token(sequence))
    position.add_unsigned("own", _POSITION)
    position.add_unsigned("sequence", sequence)
    writer.add_document(position)
    writer.commit()
    index.reload()


def _stands_at(index: tantivy.Index) -> tuple[int, str]:
    """The number and token of the change that was committed last; 0 where none ever was. Raises ValueError where it cannot be read."""
    index.reload()
    searcher = index.searcher()
    hits = searcher.search(tantivy.Query.term_query(index.schema, "own", _POSITION), limit=1).hits
    if not hits:
        return 0, ""
    position = searcher.doc(hits[0][1])
    return int(position["sequence"][0]), str(position["token"][0])


def _check(directory: Path) -> None:
    """Raises ValueError where a file is damaged. tantivy would look at their ends alone, and panic at the first search."""
    for path in directory.iterdir():
        if path.suffix and not path.name.startswith(".") and path.suffix not in (".json", ".lock"):
            content = path.read_bytes()
            # A file ends with {"version": …, "crc": of what is before}, the length of that and a constant, both in four bytes.
            length = int.from_bytes(content[-8:-4], "little")
            body, footer = content[: -8 - length], json.loads(content[-8 - length : -8])
            if zlib.crc32(body) != footer["crc"]:
                raise ValueError(f"{path.name} is damaged")


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
