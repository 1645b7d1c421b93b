"""Files into the record: read, cut into passages, embedded, stored; a file at a time, so that a stop loses one file's work.

What cannot be read is recorded as failed, with the reason, and does not stop the others. A file whose bytes are known is not read again.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from retrieval.formats import SUFFIXES, Converted, Unreadable, Unsupported, check, reading
from retrieval.passages import PassageDraft
from retrieval.reader import Reader
from retrieval.record import Record
from retrieval.search import Embedder, passage_text
from retrieval.sources import Known, Source, digest, known_sources, put_source

__all__ = [
    "HIDDEN", "IndexReport", "Progress", "Unreadable", "Unsupported", "content_of", "cut", "embed_missing", "embedded", "index_documents",
    "index_text",
]  # fmt: skip

HIDDEN = "hidden"  # in `IndexReport.skipped`: names that begin with a dot, or with ~$ as those of documents that are open in Word
_BATCH = 64  # passages embedded at once
_FETCHED = 4_096  # passages in memory that wait for it
_LONGEST_NAME = 1000  # characters, as the record has it


@dataclass(frozen=True, slots=True)
class IndexReport:
    """Names of documents: `added` were read anew or again, `unchanged` already stood in the record, `failed` come with the reason.
    `vanished` stand in the record, but their files are no longer in the folders that were given. `skipped` counts by their ending the
    files of other formats in these folders."""

    added: tuple[str, ...]
    unchanged: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    passages: int
    vanished: tuple[str, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)


Progress = Callable[[int, int, str], None]  # files done, files in all, the name of the last


def index_documents(record: Record, embedder: Embedder | None, paths: Iterable[Path], progress: Progress | None = None) -> IndexReport:
    """Indexes files, and folders with all that is below them. A document is named by its path below the folder that was given; where that
    is the name of another file's document, by a longer part of its path."""
    folders, found, skipped = _found(paths)
    with record.transaction() as connection:
        known = known_sources(connection)
    files = list(_named(found, known))
    added: list[str] = []
    unchanged: list[str] = []
    failed: list[tuple[str, str]] = []
    passages = 0
    with Reader() as reader:
        for done, (name, path) in enumerate(files, 1):
            try:
                count = _index_file(record, embedder, reader, name, path, known.get(name))
                (unchanged if count is None else added).append(name)
                passages += count or 0
            except Unreadable as reason:
                record.add_failure(name, str(reason), Source(_as_text(path), ""))
                failed.append((name, str(reason)))
            if progress:
                progress(done, len(files), name)
    if embedder:
        embed_missing(record, embedder)  # of documents that were indexed without it
    closed = [path for _, path in files if path.is_dir()]  # who knows what is in there
    vanished = _vanished(folders, closed, known, {name for name, _ in files})
    return IndexReport(tuple(added), tuple(unchanged), tuple(failed), passages, vanished, skipped)


def _index_file(record: Record, embedder: Embedder | None, reader: Reader, name: str, path: Path, known: Known | None) -> int | None:
    """How many passages the file has; None where the record holds it as it is. Raises Unreadable."""
    content = content_of(path, name)
    source = Source(_as_text(path), digest(content))
    if known is not None and known.status == "ready" and known.source.digest == source.digest:
        if known.source != source and (document := record.document(name)) is not None:  # it was moved
            with record.transaction(writes=True) as connection:
                put_source(connection, document.id, source)
        return None
    read = reader.read(content, name)
    is_same = record.holds(name, read.text)
    record.add_document(name, read.text, read.drafts, {} if is_same else embedded(read.drafts, embedder), source)
    return None if is_same else len(read.drafts)


def index_text(record: Record, embedder: Embedder | None, name: str, text: str) -> int:
    """Stores one document, with vectors where there is an embedder, and returns how many passages it has."""
    drafts, vectors = cut(name, text, embedder)
    record.add_document(name, text, drafts, vectors)
    return len(drafts)


def cut(name: str, text: str, embedder: Embedder | None) -> tuple[Sequence[PassageDraft], dict[str, np.ndarray]]:
    """The passages of a text of this name, and their vectors, (passages, d), where there is an embedder."""
    drafts = reading(Converted(text, is_markdown=name.lower().endswith(".md")), name).drafts
    return drafts, embedded(drafts, embedder)


def embedded(drafts: Sequence[PassageDraft], embedder: Embedder | None, go_on: Callable[[], None] = lambda: None) -> dict[str, np.ndarray]:
    """The vectors of these passages, (passages, d), by the id of the embedder, where there is one. `go_on` is called before each batch that
    is embedded, and may raise to end it there."""
    vectors = []
    texts = [passage_text(draft) for draft in drafts] if embedder else []
    for i in range(0, len(texts), _BATCH):
        go_on()
        assert embedder is not None
        vectors.append(embedder.embed(texts[i : i + _BATCH], "passage"))
    return {embedder.id: np.concatenate(vectors)} if embedder and vectors else {}


def embed_missing(record: Record, embedder: Embedder, progress: Callable[[int, int], None] | None = None) -> int:
    """Embeds every passage that this embedder has not seen, a batch at a time, those too that come meanwhile, and returns how many. What is
    embedded is stored, so it may be stopped (by `progress`, which hears how many are done and how many there are) and called again."""
    done = 0
    while missing := record.without_vectors(embedder.id, _FETCHED):
        of = done + record.count_without_vectors(embedder.id)[0]
        for i in range(0, len(missing), _BATCH):
            batch = missing[i : i + _BATCH]
            vectors = embedder.embed([passage_text(passage) for passage in batch], "passage")
            record.put_vectors(embedder.id, [passage.id for passage in batch], vectors)
            done += len(batch)
            if progress:
                progress(done, max(done, of))
    return done


def content_of(path: Path, name: str) -> bytes:
    """The bytes of a file; `name` is what it is called, and tells its format. Raises Unreadable, also where it is too large."""
    try:
        if path.is_dir():
            os.scandir(path).close()
        if path.exists() and not path.is_file():
            raise Unreadable("not a file")
        check(name, path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror or error}") from error


# --- Folders ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """A file, and the shorter and longer names that its document may have."""

    path: Path  # absolute
    names: tuple[str, ...]


def _found(paths: Iterable[Path]) -> tuple[list[Path], list[_Found], dict[str, int]]:
    """The folders among these paths, the files to index, each once, and how many of other formats were passed over, by their ending."""
    folders: list[Path] = []
    files: dict[Path, _Found] = {}
    skipped = Counter[str]()
    for path in (given.absolute() for given in paths):
        if not path.is_dir():
            files.setdefault(path, _Found(path, (path.name, str(path))))
            continue
        folders.append(path)
        for below in _walk(path, files):
            is_hidden = below.name.startswith((".", "~$"))
            if is_hidden or below.suffix.lower() not in SUFFIXES:
                skipped[HIDDEN if is_hidden else below.suffix.lower()] += 1
            else:
                name = below.relative_to(path).as_posix()
                files.setdefault(below, _Found(below, (name, f"{path.name}/{name}", str(below))))
    return folders, list(files.values()), dict(skipped)


def _walk(folder: Path, files: dict[Path, _Found]) -> Iterator[Path]:
    """The files below, in the order of their names; those in hidden folders are not looked at. A folder that cannot be opened stands among
    the files, where the attempt to read it says why."""

    def unopened(error: OSError) -> None:
        path = Path(error.filename)
        files[path] = _Found(path, (path.relative_to(folder).as_posix(), str(path)))

    for place, below, names in os.walk(folder, onerror=unopened):
        below[:] = sorted(name for name in below if not name.startswith("."))
        yield from (path for path in (Path(place, name) for name in sorted(names)) if path.is_file() or path.is_symlink())


def _named(found: Sequence[_Found], known: Mapping[str, Known]) -> Iterator[tuple[str, Path]]:
    """Each file with the name of its document: the one it has, else the shortest that is no other file's."""
    by_path = {document.source.path: document.name for document in known.values() if document.source.path}
    taken = {by_path[_as_text(file.path)] for file in found if _as_text(file.path) in by_path}
    for file in found:
        name = by_path.get(_as_text(file.path))
        if name is None:
            names = [_as_text(name)[-_LONGEST_NAME:] for name in file.names]
            name = next((n for n in names if n not in taken and not _is_of_another(known.get(n), file.path)), names[-1])
        taken.add(name)
        yield name, file.path


def _is_of_another(known: Known | None, path: Path) -> bool:
    return known is not None and known.source.path not in ("", _as_text(path)) and os.path.exists(known.source.path)


def _as_text(path: str | Path) -> str:
    """Names of files are bytes, and need not be text; a database takes nothing else."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _vanished(folders: Sequence[Path], closed: Sequence[Path], known: Mapping[str, Known], seen: set[str]) -> tuple[str, ...]:
    """The documents that were read in one of these folders, and not in one that is closed now, and whose files were not seen there."""

    def below(known: Known, these: Sequence[Path]) -> bool:
        return bool(known.source.path) and any(Path(known.source.path).is_relative_to(folder) for folder in these)

    return tuple(one.name for one in known.values() if one.name not in seen and below(one, folders) and not below(one, closed))
