"""Texts to measure retrieval on: SQuAD's articles and openly licensed textbooks as documents of a common size, and vectors kept on disk.

The order is fixed and a smaller corpus is the beginning of a larger one. Where both are used up, at about 138,000 passages, the books come
again as windows from the middle of one passage to the middle of the next.
"""

from __future__ import annotations

import json
import lzma
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from retrieval.passages import PassageDraft, split, title_of
from retrieval.search import Embedder, passage_text

_SIZE = 40_000  # characters of a document, some fifteen printed pages
_CHUNK = 4_096  # passages of which the vectors are kept in one file


@dataclass(frozen=True, slots=True)
class Text:
    """A document that is not stored yet, cut as `retrieval/ingest.py` cuts it."""

    name: str
    text: str
    passages: list[PassageDraft]


def texts(data: Path, passages: int) -> Iterator[Text]:
    """Documents of together at least so many passages, the last of them perhaps more. Raises SystemExit where there is not so much text."""
    have = 0
    for name, text in _documents(data):
        title = title_of(text, is_markdown=False) or Path(name).stem
        made = Text(name, text, split(text, title=title, is_markdown=False))
        if made.passages:
            yield made
            have += len(made.passages)
        if have >= passages:
            return
    raise SystemExit(f"{data} has text for {have:,} passages, not for {passages:,}")


def questions(data: Path, count: int) -> list[str]:
    """Questions that people asked about SQuAD's articles, evenly spread over them."""
    every = [q["question"].strip() for article in _squad(data) for paragraph in article["paragraphs"] for q in paragraph["qas"]]
    return every[:: max(1, len(every) // count)][:count]


def vectors(embedder: Embedder, documents: list[Text], folder: Path) -> np.ndarray:
    """(passages, d) float32, in order. Those that are in the folder are taken from there, whatever passages stand around them now; the
    others are made and put there, a file for every few thousand, so that a run that was stopped goes on there."""
    wanted = [passage_text(draft) for document in documents for draft in document.passages]
    keys = np.array([int.from_bytes(sha256(text.encode()).digest()[:8]) for text in wanted], np.uint64)
    made = np.empty((len(wanted), embedder.dimension), np.float32)
    missing = np.ones(len(wanted), bool)
    folder = folder / embedder.id[:16]
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as kept:
            order = np.argsort(kept["keys"])
            places = order[np.searchsorted(kept["keys"], keys, sorter=order).clip(0, len(order) - 1)]
            here = kept["keys"][places] == keys
            made[here], missing[here] = kept["vectors"][places[here]], False
    left = np.flatnonzero(missing)
    for begin in range(0, len(left), _CHUNK):
        some = left[begin : begin + _CHUNK]
        parts = [some[i : i + 512] for i in range(0, len(some), 512)]  # each sorted by length within
        made[some] = np.concatenate([embedder.embed([wanted[i] for i in part], "passage") for part in parts])
        name = f"{len(list(folder.glob('*.npz'))):05}.npz"
        with (folder / "partial").open("wb") as file:
            np.savez(file, keys=keys[some], vectors=made[some])
        (folder / "partial").rename(folder / name)
        print(f"embedded {begin + len(some):,} of {len(left):,} passages", flush=True)
    return made


def _documents(data: Path) -> Iterator[tuple[str, str]]:
    for number, article in enumerate(_squad(data)):
        yield f"squad/{number:03}.txt", "\n\n".join(paragraph["context"] for paragraph in article["paragraphs"])
    parts = list(_books(data))
    yield from ((f"books/{name}", part) for name, part in parts)
    yield from ((f"windows/{name}", _windows(part)) for name, part in parts)


def _books(data: Path) -> Iterator[tuple[str, str]]:
    with tarfile.open(data / "text" / "openstax.tar.xz") as books:
        for member in books:
            if member.isfile():
                text = books.extractfile(member).read().decode("utf-8")  # type: ignore[union-attr]
                for number, part in enumerate(_parts(text)):
                    yield f"{Path(member.name).stem}-{number:03}.txt", part


def _parts(text: str) -> Iterator[str]:
    """Pieces of about equal size, cut at line ends."""
    begin = 0
    while begin < len(text):
        end = text.find("\n", begin + _SIZE)
        end = len(text) if end < 0 else end
        yield text[begin:end]
        begin = end


def _windows(text: str) -> str:
    """A paragraph for every two neighbouring passages: the second half of one and the first half of the next."""
    words = [draft.text.split() for draft in split(text, title="", is_markdown=False)]
    pairs = zip(words, words[1:], strict=False)
    return "\n\n".join(" ".join(one[len(one) // 2 :] + other[: len(other) // 2]) for one, other in pairs)


def _squad(data: Path) -> list[dict]:  # type: ignore[type-arg]
    with lzma.open(data / "reading" / "squad-train-v1.1.json.xz", "rt", encoding="utf-8") as file:
        return json.load(file)["data"]  # type: ignore[no-any-return]
