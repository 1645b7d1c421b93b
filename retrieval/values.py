"""The stored values of a database that a question may mean.

A value is found if the question says it: as stored, in other letter case or without accents, in the plural, with one letter
wrong (words of five letters or more), or by its first or last word, if that is rare ("Otter" for "Otter Packraft"). Numbers
find only text, and words that are in every question ("the", "how") find nothing. Left out: synonyms, and values of more than eight words.

The few values of a category ("open", "shipped", "cancelled") are listed for every question: people say them in words of their own
("still on the way"), which is for the model to understand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

MAX_WORDS = 8  # longer values are prose: no question says them whole
_RARE = 4  # a word that stands in more values than this says too little to find any of them
_NAME_WORDS = 4  # longer values are rarely called by their first or last word alone
_FEW = 12  # values that one spelling may mean, in all columns together
_CATEGORIES = 6  # a column of at most so many values, none longer than _CATEGORY characters, is a category
_CATEGORY = 24

_WORD = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"['’]s\b")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be been before being below between both but by can could did do does doing
    during each either every find for from get give had has have having he her here him his how i if in into is it its itself
    just least less list made make many may me more most much must my name no nor not number of off on once one only or other our
    out over own per please same she should show since so some such tell than that the their them then there these they this those
    through to together too total under until up us very was we were what when where whether which while who whom whose why will
    with without would year yes you your""".split()  # noqa: SIM905
)


class Likeness(IntEnum):
    """How a question says a value; less is better."""

    AS_STORED = 0
    FOLDED = 1  # other letter case, no accents, other punctuation
    PLURAL = 2
    MISSPELT = 3
    PARTLY = 4


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """Characters [start, end) of the question may mean `value`. `words` is how many of its words the question says."""

    table: str
    column: str
    value: str
    start: int
    end: int
    words: int
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class _Said:
    """A word of the question."""

    start: int
    end: int
    folded: str
    stem: str


class ValueIndex:
    """Finds stored values by what a question says. Immutable; build a new one when the data changes."""

    def __init__(self) -> None:
        self._columns: list[tuple[str, str]] = []
        self._values: list[tuple[int, str]] = []  # (column, value as stored)
        self._by_stems: dict[str, list[int]] = {}
        self._by_rare_word: dict[str, list[int]] = {}
        self._words: set[str] = set()
        self.categories: dict[tuple[str, str], tuple[str, ...]] = {}

    @classmethod
    def build(cls, columns: Iterable[tuple[str, str, Iterable[object]]]) -> ValueIndex:
        """From (table, column, values); whatever is not text is passed over, since numbers are said as numbers."""
        index = cls()
        for table, column, values in columns:
            index._columns.append((table, column))
            texts = [value for value in dict.fromkeys(values) if isinstance(value, str) and value]
            for value in texts:
                index._add(value)
            if 2 <= len(texts) <= _CATEGORIES and all(len(value) <= _CATEGORY for value in texts):
                index.categories[table, column] = tuple(texts)
        index._by_rare_word = {word: ids for word, ids in index._by_rare_word.items() if len(ids) <= _RARE}
        return index

    def __len__(self) -> int:
        return len(self._values)

    def _add(self, value: str) -> None:
        if len(value) > 30 * MAX_WORDS:
            return
        stems = [word.stem for word in _words(value)]
        if not stems or len(stems) > MAX_WORDS:
            return
        number = len(self._values)
        self._values.append((len(self._columns) - 1, value))
        self._by_stems.setdefault(" ".join(stems), []).append(number)
        self._words.update(stem for stem in stems if len(stem) >= 4)
        if 1 < len(stems) <= _NAME_WORDS:
            for end in {stems[0], stems[-1]}:
                postings = self._by_rare_word.setdefault(end, [])
                if len(postings) <= _RARE:  # one too many marks the word as common
                    postings.append(number)

    def find(self, question: str, known: Collection[str] = ()) -> list[ValueMatch]:
        """The longest matches first, then the most alike. `known` holds stems that are surely no misspelling, such as column names."""
        said = _words(question)
        best: dict[int, ValueMatch] = {}
        for match, number in (*self._whole(question, said), *self._misspelt(question, said, known), *self._partly(question, said, known)):
            if number not in best or _rank(match) < _rank(best[number]):
                best[number] = match
        matches = sorted(best.values(), key=_rank)
        return [match for i, match in enumerate(matches) if not any(_swallows(longer, match) for longer in matches[:i])]

    def _whole(self, question: str, said: list[_Said]) -> Iterator[tuple[ValueMatch, int]]:
        for first in range(len(said)):
            for last in range(first, min(first + MAX_WORDS, len(said))):
                words = said[first : last + 1]
                numbers = self._by_stems.get(" ".join(word.stem for word in words))
                if numbers:
                    yield from self._matches(question, words, numbers)

    def _misspelt(self, question: str, said: list[_Said], known: Collection[str]) -> Iterator[tuple[ValueMatch, int]]:
        for i, word in enumerate(said):
            if len(word.folded) < 5 or word.stem in self._words or word.stem in known or word.folded in STOP_WORDS:
                continue
            for right in _one_letter_away(word.stem) & self._words:
                corrected = [*said[:i], _Said(word.start, word.end, right, right), *said[i + 1 :]]
                for first in range(max(0, i - MAX_WORDS + 1), i + 1):
                    for last in range(i, min(first + MAX_WORDS, len(said))):
                        words = corrected[first : last + 1]
                        numbers = self._by_stems.get(" ".join(w.stem for w in words))
                        if numbers:
                            yield from self._matches(question, words, numbers, Likeness.MISSPELT)

    def _partly(self, question: str, said: list[_Said], known: Collection[str]) -> Iterator[tuple[ValueMatch, int]]:
        for word in said:
            if len(word.folded) >= 3 and word.folded.isalpha() and word.folded not in STOP_WORDS and word.stem not in known:
                numbers = self._by_rare_word.get(word.stem, [])
                yield from self._matches(question, [word], numbers, Likeness.PARTLY)

    def _matches(
        self, question: str, words: list[_Said], numbers: list[int], likeness: Likeness | None = None
    ) -> Iterator[tuple[ValueMatch, int]]:
        start, end = words[0].start, words[-1].end
        surface = question[start:end]
        if all(word.folded in STOP_WORDS or len(word.folded) == 1 for word in words) and not surface.isdecimal():
            # "us" is a word and "US" a country; "A" may be a grade, unless it opens the question.
            if not surface.isupper() or surface == "I" or start == 0:
                return
            numbers = [number for number in numbers if self._values[number][1] == surface]
        folded = [word.folded for word in words]
        for number in sorted(numbers, key=lambda n: self._values[n][1] != surface)[:_FEW]:
            column, value = self._values[number]
            how = likeness
            if how is None:
                same = [word.folded for word in _words(value)] == folded
                how = Likeness.AS_STORED if value == surface else Likeness.FOLDED if same else Likeness.PLURAL
            yield ValueMatch(*self._columns[column], value, start, end, len(words), how), number


def fold(text: str) -> str:
    """Lower case without accents."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def stem(word: str) -> str:
    """A folded word without its plural ending."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _words(text: str) -> list[_Said]:
    text = _POSSESSIVE.sub(lambda match: " " * len(match[0]), text)  # as many characters, so that offsets hold
    words = []
    for match in _WORD.finditer(text):
        folded = fold(match[0])
        words.append(_Said(match.start(), match.end(), folded, stem(folded)))
    return words


def _one_letter_away(word: str) -> set[str]:
    """Every spelling with one letter dropped, swapped with the next, changed or added after the first letter."""
    halves = [(word[:i], word[i:]) for i in range(1, len(word) + 1)]
    near = {a + b[1:] for a, b in halves if b} | {a[:-1] + b[0] + a[-1] + b[1:] for a, b in halves if b}
    for letter in _LETTERS:
        near.update(a + letter + b[1:] for a, b in halves)
        near.update(a + letter + b for a, b in halves)
    return near


def _rank(match: ValueMatch) -> tuple[object, ...]:
    partly = match.likeness is Likeness.PARTLY
    return partly, -match.words, match.likeness, match.start - match.end, match.start


def _swallows(longer: ValueMatch, match: ValueMatch) -> bool:
    """ "York" inside "New York" of the same column, or a value said in part where another is said whole."""
    inside = longer.start <= match.start and match.end <= longer.end and longer.likeness < Likeness.MISSPELT
    same_column = (longer.table, longer.column) == (match.table, match.column)
    if match.likeness is Likeness.PARTLY:
        return inside and (same_column or longer.words > 1)
    return inside and same_column and longer.words > match.words
