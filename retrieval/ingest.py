"""Files into the record: read, cut into passages, embedded, stored; a file at a time, so that a stop loses one file's work.

Reads .md and .txt in UTF-8. What cannot be read is recorded as failed, with the reason, and does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retrieval.passages import PassageDraft, split, title_of
from retrieval.record import Record
from retrieval.search import Embedder, passage_text

SUFFIXES = (".md", ".txt")
MAX_BYTES = 10_000_000  # a text file above this is a data dump rather than a document
_BATCH = 64  # passages embedded at once


@dataclass(frozen=True, slots=True)
class IndexReport:
    """Names of documents: `added` were read anew or again, `unchanged` already stood in the record, `failed` come with the reason."""

    added: tuple[str, ...]
    unchanged: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    passages: int


Progress = Callable[[int, int, str], None]  # files done, files in all, the name of the last


class Unreadable(Exception):
    """A file that cannot become a document; the message is the reason."""


class Unsupported(Unreadable):
    """A file of a format that is not read at all."""


def index_documents(record: Record, embedder: Embedder | None, paths: Iterable[Path], progress: Progress | None = None) -> IndexReport:
    """Indexes files, and folders with all that is below them. A document is named by its path below the folder that was given."""
    files = list(_files(paths))
    added: list[str] = []
    unchanged: list[str] = []
    failed: list[tuple[str, str]] = []
    passages = 0
    for done, (name, path) in enumerate(files, 1):
        try:
            text = read_file(path, name)
            if record.holds(name, text):
                unchanged.append(name)
            else:
                passages += index_text(record, embedder, name, text)
                added.append(name)
        except Unreadable as reason:
            record.add_failure(name, str(reason))
            failed.append((name, str(reason)))
        if progress:
            progress(done, len(files), name)
    if embedder:
        embed_missing(record, embedder)  # of documents that were indexed without it
    return IndexReport(tuple(added), tuple(unchanged), tuple(failed), passages)


def index_text(record: Record, embedder: Embedder | None, name: str, text: str) -> int:
    """Stores one document, with vectors where there is an embedder, and returns how many passages it has."""
    drafts, vectors = cut(name, text, embedder)
    record.add_document(name, text, drafts, vectors)
    return len(drafts)


def cut(
    name: str, text: str, embedder: Embedder | None, go_on: Callable[[], None] = lambda: None
) -> tuple[list[PassageDraft], dict[str, np.ndarray]]:
    """The passages of a document of this name, and their vectors, (passages, d), where there is an embedder. `go_on` is called before
    each batch that is embedded, and may raise to end it there."""
    is_markdown = name.lower().endswith(".md")
    title = title_of(text, is_markdown=is_markdown) or Path(name).stem
    drafts, vectors = split(text, title=title, is_markdown=is_markdown), []
    texts = [passage_text(draft) for draft in drafts] if embedder else []
    for i in range(0, len(texts), _BATCH):
        go_on()
        assert embedder is not None
        vectors.append(embedder.embed(texts[i : i + _BATCH], "passage"))
    return drafts, {embedder.id: np.concatenate(vectors)} if embedder and vectors else {}


def embed_missing(record: Record, embedder: Embedder, progress: Callable[[int, int], None] | None = None) -> int:
    """Embeds every passage that this embedder has not seen, a batch at a time; may be stopped and called again."""
    missing = record.without_vectors(embedder.id)
    for i in range(0, len(missing), _BATCH):
        batch = missing[i : i + _BATCH]
        vectors = embedder.embed([passage_text(passage) for passage in batch], "passage")
        record.put_vectors(embedder.id, [passage.id for passage in batch], vectors)
        if progress:
            progress(i + len(batch), len(missing))
    return len(missing)


def _files(paths: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    for path in paths:
        if path.is_dir():
            for below in sorted(path.rglob("*")):
                if below.is_file() and below.suffix.lower() in SUFFIXES:
                    yield below.relative_to(path).as_posix(), below
        else:
            yield path.name, path


def read_file(path: Path, name: str) -> str:
    """The text with line ends as `\\n`: what is stored is what the offsets count. `name` is what the file is called, and tells its format.
    Raises Unreadable."""
    suffix = Path(name).suffix
    if suffix.lower() not in SUFFIXES:
        raise Unsupported(f"only {' and '.join(SUFFIXES)} files can be read, not {suffix or 'one without an ending'}")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise Unreadable(f"too large: {size:,} bytes, and {MAX_BYTES:,} is the most")
        return readable(path.read_bytes())
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror or error}") from error


def readable(content: bytes) -> str:
    """The text of a file's bytes. Raises Unreadable, with the reason, where it is none."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 text: byte {error.start} cannot be decoded") from error
    if "\0" in text:
        raise Unreadable("not a text file: it holds a null character")
    if not text.strip():
        raise Unreadable("empty")
    return text.replace("\r\n", "\n").replace("\r", "\n")
