"""From evidence to the model's input, and from the model's pointers back to the evidence.

Each block is read beside the question, as in fusion-in-decoder (Izacard & Grave 2021): one *pair* a block. What a program
can point at is a *slot*; the question's slots stand in every pair, and are one slot each wherever they stand.

Letters: K pairs of an evidence, S slots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from models.tokenizer import Tokenizer, spell_name, stem
from tools.evidence import (
    KIND_OF, QUESTION, Column, Evidence, Kind, Mention, Parameter, Passage, Phrase, Pointer, Schema, Span, Table, Tool, ToolInfo, Value,
)  # fmt: skip
from tools.language import OPERATIONS, Program

ROLES = ("question", "passage", "title", "table", "column", "primary", "foreign", "value", "tool", "parameter", "number", "date")
CASES = ("none", "lower", "title", "upper", "digit")
MATCHES = ("none", "stem", "word")
OPERATION_ID = {operation: i for i, operation in enumerate(OPERATIONS)}

MAX_QUESTION, MAX_BLOCK = 80, 480  # tokens; what is beyond is not read
_STOP = frozenset(
    "a an and are as at be been by did do does for from had has have how i in is it its me my of on or our show tell than that the their"
    " there they this to was we were what when where which who whom whose why will with you your give list"
    " find all each . , ? ! ' \" ( ) - : ;".split()
)


@dataclass(slots=True)
class Pair:
    """One block beside the question; all lists are as long as the pair has tokens."""

    tokens: list[int]
    roles: list[int]
    cases: list[int]
    matches: list[int]
    stems: list[int]  # an id per distinct stem within this pair, 0 for marks: equal ids are the same word
    slots: list[int]


class Slot(NamedTuple):
    """What a pointer may mean here. A text slot is one token: [start, end) in `block`, with its place in the word.

    A tuple, for every token of an evidence has one and a dataclass takes five times as long to make.
    """

    kinds: frozenset[Kind]
    pointer: Pointer | None = None  # for pointers of one slot; a mention's Number or Date
    block: int = 0
    start: int = 0
    end: int = 0
    opens: bool = False  # the first token of a word
    closes: bool = False  # the last token of a word


_NOTHING = Slot(frozenset())


@dataclass(slots=True)
class Encoded:
    pairs: list[Pair]
    slots: list[Slot]
    evidence: Evidence
    _by_pointer: dict[Pointer, int] = field(default_factory=dict)
    _by_start: dict[tuple[int, int], int] = field(default_factory=dict)  # (block, character) -> slot

    def targets(self, program: Program) -> list[int] | None:
        """The program as decoder ids: an operation's id, or len(OPERATIONS) + slot; a span or phrase is two slots.

        None where it points at something that was cut off or is not in the evidence.
        """
        ids: list[int] = []
        for token in program:
            match token:
                case str():
                    ids.append(OPERATION_ID[token])
                    continue
                case Span(block=block, start=start, end=end):
                    slots = self._cover(block, start, end)
                case Phrase(start=start, end=end):
                    slots = self._cover(QUESTION, start, end)
                case Column(table=table, name=name):
                    slots = self._one(Column(table, name))
                case _:
                    slots = self._one(token)
            if slots is None:
                return None
            ids.extend(len(OPERATIONS) + s for s in slots)
        # A long schema is cut off in the middle, and slots behind the cut stand nowhere.
        there = {slot for pair in self.pairs for slot in pair.slots}
        return ids if all(id < len(OPERATIONS) or id - len(OPERATIONS) in there for id in ids) else None

    def _one(self, pointer: Pointer) -> list[int] | None:
        slot = self._by_pointer.get(pointer)
        return None if slot is None else [slot]

    def _cover(self, block: int, start: int, end: int) -> list[int] | None:
        """The first and last token slots of the characters [start, end)."""
        first = next((self._by_start[block, c] for c in range(start, max(start - 24, -1), -1) if (block, c) in self._by_start), None)
        last = next((self._by_start[block, c] for c in range(end - 1, start - 24, -1) if (block, c) in self._by_start), None)
        if first is None or last is None or last < first or self.slots[last].end < end:
            return None
        return [first, last]


def encode(evidence: Evidence, tokenizer: Tokenizer) -> Encoded:
    """Lays out the evidence as pairs. Evidence without blocks gives one pair that holds the question alone."""
    encoded = Encoded([], [], evidence)
    question = _read(tokenizer, evidence.question, MAX_QUESTION)
    _add_text_slots(encoded, question, QUESTION, "PHRASE", evidence.mentions)
    for index, block in enumerate(evidence.blocks or (None,)):
        writer = _PairWriter(tokenizer, encoded)
        writer.mark("question", "question", None)
        writer.tokens(question, "question", range(len(question.ids)), evidence.mentions)
        writer.mark("separator", "question", None)
        match block:
            case Passage():
                _write_passage(writer, block, index)
            case Schema():
                _write_schema(writer, block)
            case ToolInfo():
                _write_tool(writer, block)
            case None:
                pass
        encoded.pairs.append(writer.finish(len(question.ids) + 2))
    return encoded


def encode_text(text: str, kind: str, tokenizer: Tokenizer) -> Pair:
    """A text alone, for the embedder; `kind` is its role, "question" or "passage". Nothing stands beside it or is pointed at, so no word is
    matched and all slots are one; at most MAX_BLOCK tokens are read."""
    whole = tokenizer.encode(text)
    words = _words(whole.words[:MAX_BLOCK], whole.offsets[:MAX_BLOCK], text)
    known: dict[str, int] = {"": 0}
    stems = [known.setdefault(_text_stem(word), len(known)) for word in words]
    length = 1 + len(words)
    return Pair(
        [tokenizer.mark(kind), *whole.ids[:MAX_BLOCK]], [_ROLE_ID[kind]] * length, [0, *map(_case, words)], [0] * length, [0, *stems],
        [0] * length,
    )  # fmt: skip


@lru_cache(maxsize=262144)
def _text_stem(word: str) -> str:
    """The stem by which two tokens are the same word; "" where that says nothing."""
    lowered = word.lower()
    return "" if lowered in _STOP else stem(lowered)


class _PairWriter:
    def __init__(self, tokenizer: Tokenizer, encoded: Encoded) -> None:
        self.tokenizer, self.encoded = tokenizer, encoded
        self.pair = Pair([], [], [], [], [], [])
        self._stems: dict[str, int] = {}
        self._words: list[str] = []

    def tokens(self, text: _Text, role: str, slots: Sequence[int], mentions: Sequence[Mention] = ()) -> None:
        """A text's tokens with their slots; the token where a mention begins has its kind as its role."""
        pair, known = self.pair, self._stems
        before = len(pair.tokens)
        pair.tokens += text.ids
        pair.roles += [_ROLE_ID[role]] * len(text.ids)
        pair.cases += text.cases
        pair.stems += [known.setdefault(stem, len(known) + 1) if stem else 0 for stem in text.stems]
        pair.slots += slots
        self._words += text.words
        for mention in mentions:
            for place in text.at.get(mention.start, ()):
                pair.roles[before + place] = _ROLE_ID[mention.kind]

    def mark(self, name: str, role: str, slot: Slot | None) -> int:
        """Writes a mark. Every position needs a slot; a mark that nothing points at gets one without kinds."""
        index = len(self.encoded.slots)
        self.encoded.slots.append(slot or _NOTHING)
        pair = self.pair
        pair.tokens.append(self.tokenizer.mark(name))
        pair.roles.append(_ROLE_ID[role])
        pair.cases.append(0)
        pair.stems.append(0)
        pair.slots.append(index)
        self._words.append("")
        return index

    def text(self, text: str, role: str, spelled: bool = False) -> None:
        """Words that help reading but cannot be pointed at, such as a column's name."""
        tokens = _read(self.tokenizer, spell_name(text) if spelled else text)
        first, count = len(self.encoded.slots), len(tokens.ids)
        self.encoded.slots += [_NOTHING] * count
        self.tokens(tokens, role, range(first, first + count))

    def finish(self, split: int) -> Pair:
        """Fills in `matches`: whether a word, or its stem, stands on the other side of `split` too."""
        pair = self.pair
        words = (set(self._words[:split]), set(self._words[split:]))
        stems = (set(pair.stems[:split]), set(pair.stems[split:]))
        for i, word in enumerate(self._words):
            other = i < split
            matched = pair.stems[i] != 0 and pair.stems[i] in stems[other]
            pair.matches.append(2 if matched and word in words[other] else 1 if matched else 0)
        for name in ("tokens", "roles", "cases", "matches", "stems", "slots"):
            setattr(pair, name, getattr(pair, name)[: MAX_QUESTION + MAX_BLOCK])
        return pair


def _write_passage(writer: _PairWriter, passage: Passage, index: int) -> None:
    writer.mark("passage", "passage", None)
    if passage.title:
        writer.text(passage.title, "title")
        writer.mark("separator", "title", None)
    tokens = _read(writer.tokenizer, passage.text, MAX_BLOCK)
    base = len(writer.encoded.slots)
    _add_text_slots(writer.encoded, tokens, index, "SPAN", passage.mentions)
    writer.tokens(tokens, "passage", range(base, base + len(tokens.ids)), passage.mentions)


def _write_schema(writer: _PairWriter, schema: Schema) -> None:
    pointers = writer.encoded._by_pointer
    for table in schema.tables:
        pointers[Table(table.name)] = writer.mark("table", "table", Slot(frozenset({"TABLE"}), Table(table.name)))
        writer.text(table.label or table.name, "table", spelled=True)
        for column in table.columns:
            pointer = Column(table.name, column.name, column.type)
            slot = writer.mark(f"{column.type} column", column.key or "column", Slot(frozenset({"COLUMN"}), pointer))
            pointers[Column(table.name, column.name)] = slot
            writer.text(column.label or column.name, "column", spelled=True)
            for stored in column.values:
                value = Value(table.name, column.name, stored)
                pointers[value] = writer.mark("value", "value", Slot(frozenset({"VALUE"}), value))
                writer.text(str(stored)[:64], "value")


def _write_tool(writer: _PairWriter, tool: ToolInfo) -> None:
    pointers = writer.encoded._by_pointer
    pointers[Tool(tool.name)] = writer.mark("tool", "tool", Slot(frozenset({"TOOL"}), Tool(tool.name)))
    writer.text(tool.name, "tool", spelled=True)
    writer.text(tool.description, "tool")
    for name, description in tool.parameters:
        parameter = Parameter(tool.name, name)
        pointers[parameter] = writer.mark("parameter", "parameter", Slot(frozenset({"PARAMETER"}), parameter))
        writer.text(name, "parameter", spelled=True)
        writer.text(description, "parameter")


def _add_text_slots(encoded: Encoded, text: _Text, block: int, kind: Kind, mentions: Sequence[Mention]) -> None:
    """A slot per token of a text that spans may be cut from; the token where a mention begins also stands for it."""
    kinds: frozenset[Kind] = frozenset({kind})
    base = len(encoded.slots)
    places = zip(text.offsets, text.opens, text.closes, strict=True)
    encoded.slots += [Slot(kinds, None, block, start, end, opens, closes) for (start, end), opens, closes in places]
    for start, at in text.at.items():
        encoded._by_start.setdefault((block, start), base + at[0])
    for mention in mentions:
        pointer = mention.pointer(block)
        marked = kinds | {KIND_OF[type(pointer)]}
        for place in text.at.get(mention.start, ()):
            encoded.slots[base + place] = encoded.slots[base + place]._replace(kinds=marked, pointer=pointer)
            encoded._by_pointer[pointer] = base + place


@dataclass(frozen=True, slots=True)
class _Text:
    """What of a text does not depend on the evidence around it, token by token.

    `words` are the whole words that tokens are pieces of, in lower case, and `stems` theirs, "" where a word says nothing; `opens` and
    `closes` whether a token is the first or last of its word; `at` which tokens begin at a character.
    """

    ids: Sequence[int]
    offsets: Sequence[tuple[int, int]]
    words: Sequence[str]
    stems: Sequence[str]
    cases: Sequence[int]
    opens: Sequence[bool]
    closes: Sequence[bool]
    at: dict[int, list[int]]


@lru_cache(maxsize=4096)  # the names of a schema and the passages of a workspace are read again and again
def _read(tokenizer: Tokenizer, text: str, limit: int | None = None) -> _Text:
    whole = tokenizer.encode(text)
    ids, offsets, numbers = whole.ids[:limit], whole.offsets[:limit], whole.words[:limit]
    words = _words(numbers, offsets, text)
    lowered = [word.lower() for word in words]
    at: dict[int, list[int]] = {}
    for place, (start, _) in enumerate(offsets):
        at.setdefault(start, []).append(place)
    return _Text(
        ids, offsets, lowered,
        stems=[_text_stem(word) for word in words],
        cases=[_case(word) for word in words],
        opens=[place == 0 or numbers[place - 1] != number for place, number in enumerate(numbers)],
        closes=[place + 1 == len(numbers) or numbers[place + 1] != number for place, number in enumerate(numbers)],
        at=at,
    )  # fmt: skip


def _words(numbers: Sequence[int], offsets: Sequence[tuple[int, int]], text: str) -> list[str]:
    """For each token the whole word it is a piece of."""
    bounds: dict[int, tuple[int, int]] = {}
    for word, (start, end) in zip(numbers, offsets, strict=True):
        bounds[word] = (bounds[word][0], end) if word in bounds else (start, end)
    return [text[slice(*bounds[word])] for word in numbers]


_ROLE_ID = {role: i for i, role in enumerate(ROLES)}


@lru_cache(maxsize=65536)
def _case(word: str) -> int:
    if any(c.isdigit() for c in word):
        return 4
    if not word[:1].isalpha():
        return 0
    return 1 if word.islower() else 3 if word.isupper() and len(word) > 1 else 2
