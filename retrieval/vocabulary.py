"""A set of words that finds those spelt nearly alike, in some twenty bytes a word.

Words lie in blocks by their first letter and length, each block one string; beside it stand signatures, which tell most words that
are too far away without a look at their letters. The first letter is taken to be right, or swapped with the second.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

_LETTER_BITS = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_NONE = np.zeros(0, np.uint64)
_FEW = 50  # words of a block that are all looked at
_CHUNK = 100_000  # words whose signatures are computed at once


class Vocabulary:
    """Immutable. Distances count letters dropped, added, changed, or swapped with the next (optimal string alignment)."""

    def __init__(self, words: Iterable[str]) -> None:
        groups: dict[tuple[str, int], list[str]] = {}
        for word in sorted(set(words)):
            if word:
                groups.setdefault((word[0], len(word)), []).append(word)
        ordered = [word for group in groups.values() for word in group]
        signatures = [_signatures(ordered[first : first + _CHUNK]) for first in range(0, len(ordered), _CHUNK)]
        every, ends = np.concatenate([_NONE, *signatures]), np.cumsum([len(group) for group in groups.values()]).tolist()
        self._nearest = lru_cache(maxsize=1024)(self._search)  # questions have many words in common
        self._blocks = {
            key: ("".join(group), every[end - len(group) : end]) for (key, group), end in zip(groups.items(), ends, strict=True)
        }

    def __len__(self) -> int:
        return sum(len(signatures) for _, signatures in self._blocks.values())

    def __contains__(self, word: str) -> bool:
        return bool(word) and word in self._from(word, len(word))

    def near(self, word: str, edits: int, limit: int = 12) -> list[tuple[str, int]]:
        """(word, distance) of up to `limit` words at most `edits` away, the nearest first; the word itself is not among them."""
        return self._nearest(word, edits)[:limit]

    def _search(self, word: str, edits: int) -> list[tuple[str, int]]:
        signature = _signatures([word])[0]
        found: list[tuple[str, int]] = []
        for first in dict.fromkeys(word[:2]):
            for length in range(max(1, len(word) - edits), len(word) + edits + 1):
                candidates = self._alike(first, length, signature, edits)
                scored = process.extract(word, candidates, scorer=OSA.distance, score_cutoff=edits, limit=None)
                swapped = first != word[0]
                found += [
                    (other, int(distance)) for other, distance, _ in scored
                    if distance and (not swapped or other[1:2] == word[0])
                ]  # fmt: skip
        return sorted(found, key=lambda pair: (pair[1], pair[0]))

    def beginning(self, prefix: str, limit: int = 2) -> list[str]:
        """Up to `limit` longer words that begin with these letters."""
        found: list[str] = []
        for first, length in sorted(self._blocks):
            if prefix and first == prefix[0] and length > len(prefix) and len(found) < limit:
                found += [word for word in self._from(prefix, length, limit - len(found)) if word.startswith(prefix)]
        return found

    def _from(self, word: str, length: int, count: int = 1) -> Iterator[str]:
        """Words of this length from where `word` would stand, in order."""
        joined, signatures = self._blocks.get((word[0], length), ("", ()))
        places = range(len(signatures))
        at = bisect_left(places, word, key=lambda place: joined[place * length : (place + 1) * length])
        return (joined[place * length : (place + 1) * length] for place in places[at : at + count])

    def _alike(self, first: str, length: int, signature: np.uint64, edits: int) -> list[str]:
        if (first, length) not in self._blocks:
            return []
        joined, signatures = self._blocks[first, length]
        if len(signatures) <= _FEW:
            return [joined[start : start + length] for start in range(0, len(joined), length)]
        differing = signatures ^ signature
        # An edit changes which letters there are by two at most, and which pairs of letters by six (a swap within a word).
        alike = np.bitwise_count(differing & _LETTER_BITS) <= 2 * edits
        alike &= np.bitwise_count(differing >> _SHIFT) <= 6 * edits
        return [joined[place * length : (place + 1) * length] for place in np.flatnonzero(alike).tolist()]


def _signatures(words: Sequence[str]) -> NDArray[np.uint64]:
    """(len(words),) of words that are not empty: the low half says which letters a word has, the high half which pairs of them."""
    ends = np.cumsum([len(word) for word in words])
    letters = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    one, starts = np.uint64(1), np.concatenate([[0], ends[:-1]])
    pairs = np.append(one << (letters[:-1] * np.uint64(7) + letters[1:]) % np.uint64(32), np.uint64(0))
    pairs[ends - 1] = 0  # of the last letter with the first of the next word
    single = np.bitwise_or.reduceat(one << letters % np.uint64(32), starts)
    return single | np.bitwise_or.reduceat(pairs, starts) << _SHIFT
