"""The stored values of a database that a question may mean.

A value is found if the question says it: as stored, in other letter case or without accents, in the plural, with other spaces, hyphens or
order of words, with the usual abbreviations ("St.", "&", "Inc"), misspelt (a letter in words of five letters, two of eight), by the
initials of its words, by a synonym of the operator's, or by its first or last word, if that is rare ("Otter" for "Otter Packraft").
Numbers find only text, and words that are in every question ("the", "how") find nothing. Left out: values of more than eight words.

The few values of a category ("open", "shipped", "cancelled") are listed for every question: people say them in words of their own
("still on the way"), which is for the model to understand.

A million values fit: texts lie in one array of bytes, and what finds them are sorted arrays of 64-bit hashes. A hash proposes; the words
of the value decide.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import chain, islice, product

from retrieval.postings import Postings, Texts
from retrieval.vocabulary import Vocabulary
from retrieval.words import ARTICLES, LEGAL_FORMS, QUESTION_STEMS, STOP_WORDS, Word, canonical, folded_words, stem, stems_of, words_of

MAX_WORDS = 8  # longer values are prose: no question says them whole
_RARE = 4  # a word or initials that more values than this share say too little to find any of them
_NAME_WORDS = 4  # longer values are rarely called by their first or last word alone
_FEW = 12  # values that one spelling may mean, in all columns together
_CATEGORIES = 6  # a column of at most so many values, none longer than _CATEGORY characters, is a category
_CATEGORY = 24
_INITIALS = range(2, 7)
_SMALL_WORDS = frozenset("of the and for in on at to a an de la du".split())  # which initials leave out
_NO_MISSPELLING = QUESTION_STEMS | STOP_WORDS
_CORRECTIONS = 6  # of one word
_SPELLINGS = 200  # corrections of one phrase

Synonyms = Mapping[tuple[str, str], Mapping[str, str]]


class Likeness(IntEnum):
    """How a question says a value; less is better."""

    AS_STORED = 0
    FOLDED = 1  # other letter case, no accents, other punctuation
    PLURAL = 2
    SYNONYM = 3  # a word of the operator's
    ABBREVIATED = 4  # or written out, or without "The" or "Inc"
    SPACED = 5  # other spaces, or another order of words
    MISSPELT = 6
    INITIALS = 7
    PARTLY = 8


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


@dataclass(frozen=True)
class _Span:
    """Words of the question that stand together, `text` between them as it is written."""

    text: str
    words: Sequence[Word]

    @cached_property
    def canonical(self) -> list[str]:
        return canonical([word.stem for word in self.words])

    @property
    def says_nothing(self) -> bool:
        return all(word.folded in STOP_WORDS or len(word.folded) == 1 for word in self.words) and not self.text.isdecimal()


class ValueIndex:
    """Finds stored values by what a question says. Immutable; build a new one when the data changes."""

    def __init__(self) -> None:
        self._columns: list[tuple[str, str]] = []
        self._column_ends: list[int] = []  # the number of the first value after each column
        self._texts = Texts()
        self._bags, self._joined = Postings(), Postings()  # by all words, in whichever order; by all letters, without spaces
        self._initials, self._ends = Postings(), Postings()
        self._vocabulary = Vocabulary(())
        self._synonyms: dict[str, list[int]] = {}
        self.categories: dict[tuple[str, str], tuple[str, ...]] = {}

    @classmethod
    def build(cls, columns: Iterable[tuple[str, str, Iterable[object]]], synonyms: Synonyms | None = None) -> ValueIndex:
        """From (table, column, values); whatever is not text is passed over, since numbers are said as numbers.

        `synonyms` are the operator's: for a (table, column) what people say, with the stored value that they mean.
        """
        index = cls()
        stems: set[str] = set()
        for table, column, values in columns:
            texts = [value for value in dict.fromkeys(values) if isinstance(value, str) and value]
            for value in texts:
                index._add(value, stems)
            index._columns.append((table, column))
            index._column_ends.append(len(index))
            if 2 <= len(texts) <= _CATEGORIES and all(len(value) <= _CATEGORY for value in texts):
                index.categories[table, column] = tuple(texts)
        for postings, at_most in ((index._bags, None), (index._joined, None), (index._initials, _RARE), (index._ends, _RARE)):
            postings.freeze(at_most)
        index._vocabulary = Vocabulary(word for word in stems if len(word) >= 3 and word.isalpha())
        for place, meant in (synonyms or {}).items():
            for said, stored in meant.items():
                index._add_synonym(place, said, stored)
        return index

    def __len__(self) -> int:
        return len(self._texts)

    def _add(self, value: str, every_stem: set[str]) -> None:
        if len(value) > 30 * MAX_WORDS:
            return
        folded = folded_words(value)
        if not folded or len(folded) > MAX_WORDS:
            return
        stems = [stem(word) for word in folded]
        number = len(self._texts)
        self._texts.add(value)
        every_stem.update(stems)
        if len(stems) == 1:
            self._bags.add(hash(stems[0]), number)
            return
        for words in _spellings(stems):
            self._bags.add(_bag(words), number)
        self._joined.add(hash(stem("".join(folded))), number)
        if len(stems) in _INITIALS:
            for initials in {_initials(stems), "".join(word[0] for word in stems)}:
                self._initials.add(hash(initials), number)
        if len(stems) <= _NAME_WORDS:
            for end in {stems[0], stems[-1]}:
                self._ends.add(hash(end), number)

    def _add_synonym(self, place: tuple[str, str], said: str, stored: str) -> None:
        for _, numbers in self._bags.find([_bag(canonical(stems_of(stored)))], len(self)):
            for number in numbers:
                if self._texts[number] == stored and self._place(number) == place:
                    self._synonyms.setdefault(" ".join(canonical(stems_of(said))), []).append(number)

    def find(self, question: str, known: Collection[str] = ()) -> list[ValueMatch]:
        """The longest matches first, then the most alike. `known` holds stems that are surely no misspelling, such as column names."""
        said = words_of(question)
        spans = [
            _Span(question[said[first].start : said[last].end], said[first : last + 1])
            for first in range(len(said))
            for last in range(first, min(first + MAX_WORDS, len(said)))
        ]
        best: dict[int, ValueMatch] = {}
        for number, match in (
            *self._whole(spans), *self._misspelt(question, said, known), *self._by_initials(spans, known), *self._partly(spans, known),
        ):  # fmt: skip
            if number not in best or _rank(match) < _rank(best[number]):
                best[number] = match
        kept: list[ValueMatch] = []
        longer: dict[tuple[str, str], list[ValueMatch]] = {}  # by column: most are swallowed by matches of their own alone
        for match in sorted(best.values(), key=_rank):
            own = longer.setdefault((match.table, match.column), [])
            others = chain.from_iterable(longer.values()) if match.likeness in (Likeness.INITIALS, Likeness.PARTLY) else own
            if not any(_swallows(other, match) for other in others):
                kept.append(match)
            own.append(match)
        return kept

    def _whole(self, spans: Sequence[_Span]) -> Iterator[tuple[int, ValueMatch]]:
        joined = [hash(stem("".join(word.folded for word in span.words))) for span in spans]
        found: dict[int, dict[int, Likeness]] = {}
        for postings, keys in ((self._bags, [_bag(span.canonical) for span in spans]), (self._bags, joined), (self._joined, joined)):
            for place, numbers in postings.find(keys, 4 * _FEW):
                for number in numbers:
                    if (likeness := _likeness(spans[place], self._texts[number])) is not None:
                        found.setdefault(place, {})[number] = likeness
        if self._synonyms:
            for place, span in enumerate(spans):
                for number in self._synonyms.get(" ".join(span.canonical), ()):
                    found.setdefault(place, {}).setdefault(number, Likeness.SYNONYM)
        for place, likenesses in found.items():
            yield from self._matches(spans[place], likenesses)

    def _matches(self, span: _Span, likenesses: Mapping[int, Likeness]) -> Iterator[tuple[int, ValueMatch]]:
        numbers = sorted(likenesses, key=likenesses.__getitem__)
        if span.says_nothing:
            # "us" is a word and "US" a country; "A" may be a grade, unless it opens the question.
            plain = span.text.replace(".", "")
            if not plain.isupper() or plain == "I" or span.words[0].start == 0:
                return
            numbers = [n for n in numbers if likenesses[n] is Likeness.SYNONYM or self._texts[n].replace(".", "") == plain]
        for number in numbers[:_FEW]:
            yield number, self._match(number, span.words, likenesses[number])

    def _match(self, number: int, words: Sequence[Word], likeness: Likeness) -> ValueMatch:
        return ValueMatch(*self._place(number), self._texts[number], words[0].start, words[-1].end, len(words), likeness)

    def _place(self, number: int) -> tuple[str, str]:
        return self._columns[bisect_right(self._column_ends, number)]

    # --- Misspelt ---------------------------------------------------------------------------------------------------------

    def _misspelt(self, question: str, said: Sequence[Word], known: Collection[str]) -> Iterator[tuple[int, ValueMatch]]:
        """Every phrase with some of its words corrected to words of values; words that values have are corrected only among others."""
        spellings = [self._corrected(question, word, known) for word in said]
        tried: list[tuple[Sequence[Word], list[str]]] = []
        for first in range(len(said)):
            for last in range(first, min(first + MAX_WORDS, len(said))):
                phrase = spellings[first : last + 1]
                if not phrase[-1]:
                    break  # a word that no value has
                if any(len(choices) > 1 or choices[0][1] for choices in phrase):
                    words = said[first : last + 1]
                    tried += [(words, right) for right in self._phrases(words, phrase)]
        keys = [_bag(canonical(right)) for _, right in tried]
        for place, numbers in self._bags.find(keys, _FEW):
            words, right = tried[place]
            for number in numbers:
                if sorted(canonical(right)) in map(sorted, _spellings(stems_of(self._texts[number]))):
                    yield number, self._match(number, words, Likeness.MISSPELT)

    def _corrected(self, question: str, word: Word, known: Collection[str]) -> list[tuple[str, int]]:
        """(stem of a value, edits), the word itself first where values have it."""
        own = [(word.stem, 0)] if word.stem in self._vocabulary or not word.stem.isalpha() or len(word.stem) < 3 else []
        if word.folded in STOP_WORDS:
            return [(word.stem, 0)]
        if not word.folded.isalpha() or len(word.folded) < 3 or word.stem in known or word.stem in _NO_MISSPELLING:
            return own
        near = self._vocabulary.near(word.stem, 2 if len(word.folded) >= 8 else 1, _CORRECTIONS)
        if not own and len(word.folded) >= 4 and question[word.end : word.end + 1] == ".":
            completed = self._vocabulary.beginning(word.stem)
            near += [(whole, 1) for whole in completed if len(completed) == 1]
        return own + near

    def _phrases(self, words: Sequence[Word], phrase: Sequence[Sequence[tuple[str, int]]]) -> Iterator[list[str]]:
        if len(words) == 1:
            word, choices = words[0].folded, phrase[0]
            completed = [right for right, _ in choices if len(word) >= 5 or len(right) > len(word) + 1]  # "Mass." is no "mask"
            yield from ([right] for right in completed if choices[0][1])
            return
        for chosen in islice(product(*phrase), _SPELLINGS):
            edits = sum(changed for _, changed in chosen)
            letters = sum(len(right) for right, _ in chosen)
            # Of the words that values have, one may yet be wrong: "Marry" is a name, and "Marry Smith" means Mary.
            doubted = sum(choices[0][1] == 0 and changed > 0 for choices, (_, changed) in zip(phrase, chosen, strict=True))
            if edits and 4 * edits <= letters and doubted <= 1:
                yield [right for right, _ in chosen]

    # --- In part ----------------------------------------------------------------------------------------------------------

    def _by_initials(self, spans: Sequence[_Span], known: Collection[str]) -> Iterator[tuple[int, ValueMatch]]:
        """ "NYC" where New York City is stored, and "New York City" where NYC is."""
        short = [span for span in spans if len(span.words) == 1 and self._may_be_initials(span, known)]
        for place, numbers in self._initials.find([hash(span.words[0].folded) for span in short], _RARE):
            for number in numbers:
                stems = stems_of(self._texts[number])
                if short[place].words[0].folded in (_initials(stems), "".join(word[0] for word in stems)):
                    yield number, self._match(number, short[place].words, Likeness.INITIALS)
        long = [span for span in spans if len(span.words) in _INITIALS and _is_name(span)]
        letters = [_initials([word.folded for word in span.words]) for span in long]
        for place, numbers in self._bags.find([hash(initials) for initials in letters], _RARE + 1):
            for number in numbers if len(numbers) <= _RARE else ():
                plain = self._texts[number].replace(".", "")
                if plain.isupper() and plain.lower() == letters[place]:
                    yield number, self._match(number, long[place].words, Likeness.INITIALS)

    def _may_be_initials(self, span: _Span, known: Collection[str]) -> bool:
        """In capitals; or in small letters that make no word: "nyc", but not "old"."""
        word, plain = span.words[0], span.text.replace(".", "")
        if len(word.folded) not in _INITIALS or not word.folded.isalpha():
            return False
        no_word = len(plain) > 2 and not set(word.folded) & set("aeiou") and word.stem not in known and word.stem not in self._vocabulary
        return plain.isupper() or no_word

    def _partly(self, spans: Sequence[_Span], known: Collection[str]) -> Iterator[tuple[int, ValueMatch]]:
        ends = [
            span for span in spans
            if len(span.words) == 1 and len(word := span.words[0].folded) >= 3 and word.isalpha() and word not in STOP_WORDS
            and span.words[0].stem not in known
        ]  # fmt: skip
        for place, numbers in self._ends.find([hash(span.words[0].stem) for span in ends], _RARE):
            for number in numbers:
                stems = stems_of(self._texts[number])
                if ends[place].words[0].stem in (stems[0], stems[-1]):
                    yield number, self._match(number, ends[place].words, Likeness.PARTLY)


def _bag(words: Sequence[str]) -> int:
    """A key of words in whichever order."""
    return sum(map(hash, words))


def _spellings(stems: list[str]) -> list[list[str]]:
    """The words of a value in canonical form, and without an article before or "Inc" behind them, but for a code: "A-12" is not 12."""
    words = canonical(stems)
    core = words[1:] if len(words) > 1 and words[0] in ARTICLES else words
    while len(core) > 1 and core[-1] in LEGAL_FORMS:
        core = core[:-1]
    named = any(len(word) > 1 and word.isalpha() and word not in STOP_WORDS for word in core)
    return [words, core] if named and core != words else [words]


def _initials(words: Sequence[str]) -> str:
    return "".join(word[0] for word in words if word not in _SMALL_WORDS)


def _is_name(span: _Span) -> bool:
    """Every word capitalised, but for small ones in the middle, and none a word of questions."""
    words = [word for word in span.words if word.folded not in _SMALL_WORDS]
    whole = words and words[0] is span.words[0] and words[-1] is span.words[-1]
    capitals = all(span.text[word.start - span.words[0].start].isupper() for word in words)
    return bool(whole) and capitals and not any(word.folded in STOP_WORDS for word in words)


def _likeness(span: _Span, value: str) -> Likeness | None:
    """How these words say the value; None where they do not."""
    if span.text == value:
        return Likeness.AS_STORED
    words = words_of(value)
    if [word.folded for word in words] == [word.folded for word in span.words]:
        return Likeness.FOLDED
    stems, said = [word.stem for word in words], [word.stem for word in span.words]
    if stems == said:
        return Likeness.PLURAL
    spellings = _spellings(stems)
    if span.canonical in spellings:
        return Likeness.ABBREVIATED
    if any(sorted(span.canonical) == sorted(spelling) for spelling in spellings):
        return Likeness.SPACED
    joined, letters = (stem("".join(word.folded for word in either)) for either in (span.words, words))
    broken = len(words) == 1 and any(word.folded in STOP_WORDS for word in span.words)  # "in come"
    return Likeness.SPACED if joined == letters and len(letters) >= 5 and not broken else None


def _rank(match: ValueMatch) -> tuple[object, ...]:
    return match.likeness >= Likeness.INITIALS, -match.words, match.likeness, match.start - match.end, match.start


def _swallows(longer: ValueMatch, match: ValueMatch) -> bool:
    """ "York" inside "New York" of the same column, or a value said in part where another is said whole."""
    inside = longer.start <= match.start and match.end <= longer.end and longer.likeness < Likeness.MISSPELT
    same_column = (longer.table, longer.column) == (match.table, match.column)
    if match.likeness is Likeness.INITIALS:
        return inside
    if match.likeness is Likeness.PARTLY:
        return inside and (same_column or longer.words > 1)
    return inside and same_column and longer.words > match.words
