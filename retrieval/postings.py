"""Texts and what finds them, packed: a few bytes each where Python's strings and lists take a hundred.

`Texts` are strings in one array of bytes. `Postings` say under which 64-bit key which numbers stand; two keys may be equal by chance,
so whoever looks something up checks what was found.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

import numpy as np

_MASK = (1 << 64) - 1


class Texts:
    """Strings by number, in the order in which they were added."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q")

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> str:
        start = self._ends[number - 1] if number else 0
        return self._bytes[start : self._ends[number]].decode("utf-8", "surrogatepass")

    def add(self, text: str) -> None:
        self._bytes += text.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._bytes))


class Postings:
    """Numbers below 2^32 under keys. Look-ups begin with `freeze`, after which nothing can be added."""

    def __init__(self) -> None:
        self._added: tuple[array[int], array[int]] = array("Q"), array("I")
        self._keys, self._numbers = np.zeros(0, np.uint64), np.zeros(0, np.uint32)

    def add(self, key: int, number: int) -> None:
        self._added[0].append(key & _MASK)
        self._added[1].append(number)

    def freeze(self, at_most: int | None = None) -> Postings:
        """`at_most`: keys of more numbers than this say too little, and are dropped."""
        keys, numbers = np.array(self._added[0], np.uint64), np.array(self._added[1], np.uint32)
        order = np.argsort(keys, kind="stable")
        keys, numbers = keys[order], numbers[order]
        if at_most is not None:
            _, counts = np.unique(keys, return_counts=True)
            few = np.repeat(counts <= at_most, counts)
            keys, numbers = keys[few], numbers[few]
        self._added, self._keys, self._numbers = (array("Q"), array("I")), keys, numbers
        return self

    def find(self, keys: Sequence[int], limit: int) -> Iterator[tuple[int, list[int]]]:
        """(place, up to `limit` numbers in the order added) of every place among `keys` whose key has some."""
        wanted = np.array([key & _MASK for key in keys], np.uint64)
        starts, ends = np.searchsorted(self._keys, wanted), np.searchsorted(self._keys, wanted, "right")
        for place in np.flatnonzero(ends > starts).tolist():
            yield place, self._numbers[starts[place] : min(ends[place], starts[place] + limit)].tolist()
