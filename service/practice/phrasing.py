"""How practice says things: a voice that chooses among wordings, and a draft of a question with the pointers it will hold.

Wordings are written as templates with choices in square brackets, "[how many|what number of] {things} [are there|exist]?".
Where a number, a date or a name will stand, a draft puts one private character; `Draft.finish` roughens the text around
them (typing slips, case, a missing question mark), then puts in what they stand for and finds where each came to lie.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from retrieval.mentions import find_mentions
from tools.evidence import QUESTION, Date, Mention, Number, Phrase, Value
from tools.language import Program, Token

from service.practice.lexicon import MEASURES, SYNONYMS, Measure
from service.practice.study import Entity, Field, plural, singular

_INNERMOST = re.compile(r"\[([^\[\]]*)\]")
_SLOT = 0xE000
_DATE_WORDS = frozenset({"date", "day", "time", "year", "birthday", "deadline", "month"})
_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


@dataclass(frozen=True)
class Later:
    """Stands in a program for a pointer that is known when the question is finished."""

    slot: int


Part = Token | Later


class Voice:
    """Chooses among wordings and synonyms, all from one source of chance."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def pick(self, template: str) -> str:
        """One reading of a template: choices settled, slots left alone."""
        template = f"[{template}]"
        while "[" in template:
            template = _INNERMOST.sub(lambda m: self.rng.choice(m[1].split("|")), template)
        return re.sub(r"  +", " ", template)

    def say(self, template: str, **slots: str) -> str:
        return self.pick(template).format(**slots)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def noun(self, words: Sequence[str], probability: float = 0.45) -> str:
        """The words, or a synonym of all of them or of their last; always singular."""
        phrase = " ".join(words)
        one = singular(phrase)
        if self.chance(probability):
            if one in SYNONYMS or phrase in SYNONYMS:
                return self.rng.choice(SYNONYMS.get(one) or SYNONYMS[phrase])
            head = singular(words[-1])
            if len(words) > 1 and head in SYNONYMS:
                return " ".join([*words[:-1], self.rng.choice(SYNONYMS[head])])
        return phrase

    def column(self, field: Field, probability: float = 0.45) -> str:
        words = field.words
        if (
            field.role == "measure"
            and len(words) > 1
            and words[-1]
            in (
                "kg",
                "km",
                "m",
                "cm",
                "mm",
                "usd",
                "eur",
                "euro",
                "euros",
                "mph",
                "minutes",
                "feet",
                "pounds",
                "meters",
                "days",
                "grams",
                "g",
                "dollars",
                "years",
            )
        ):
            words = words[:-1] if self.chance(0.7) else (*words[:-1], "in", words[-1])
        if words[0] in ("is", "has", "if") and len(words) > 1:
            words = words[1:]
        if (
            field.role in ("date", "year")
            and not any(w in _DATE_WORDS for w in words)
            and words[-1].endswith(
                ("ed", "born", "built", "sent", "paid", "opened", "due", "done", "since", "begun", "for", "made", "held", "sold", "bought")
            )
        ):
            words = ("started",) if words == ("since",) else words
            return self.pick(f"[date|day] {' '.join(words)}" if field.role == "date" else f"year {' '.join(words)}")
        if field.counting and words[0] not in ("number", "total"):
            many = plural(singular(self.noun(words, probability)))
            return f"number of {many}" if self.chance(0.4) and not many.startswith("number") else many
        return self.noun(words, probability)

    def columns(self, field: Field) -> str:
        said = self.column(field)
        if field.counting:
            return said.removeprefix("number of ") if field.words[0] != "number" else said
        first, _, rest = said.partition(" ")
        if first in ("date", "day", "year") and rest:
            return f"{first}s {rest}"
        return plural(singular(said))

    def entity(self, entity: Entity, many: bool) -> str:
        said = self.noun(entity.words)
        return plural(said) if many else said


def forms(text: str, many: bool) -> str:
    """<are/is> and the like, settled for several or for one."""
    return re.sub(r"<([^/>]*)/([^>]*)>", lambda m: m[1] if many else m[2], text)


@dataclass(frozen=True)
class Phrased:
    """A condition: what it is in the program, and how it is said before or after the noun."""

    condition: tuple[Part, ...]
    tables: frozenset[str]
    before: str = ""
    after: str = ""
    bare: str = ""  # in key-word style
    multiplies: bool = False  # the join gives a row of the main table more than once


@dataclass(frozen=True)
class Things:
    """Rows of one table under some conditions, as a noun phrase."""

    entity: Entity
    phrased: tuple[Phrased, ...] = ()
    joiner: str = "and"

    def said(self, voice: Voice, many: bool = True, noun: str = "") -> str:
        noun = noun or voice.entity(self.entity, many)
        before = " ".join(p.before for p in self.phrased if p.before)
        after = f" {self.joiner} ".join(p.after for p in self.phrased if p.after)
        text = " ".join(part for part in (before, noun, after) if part)
        text = text.replace("@", "who" if self.entity.person else voice.rng.choice(("that", "which", "that")))
        return forms(text, many)

    @property
    def where(self) -> tuple[Part, ...]:
        """The filter as a program has it, with nothing where there is no condition."""
        return ("where", *self.condition) if self.phrased else ()

    @property
    def condition(self) -> tuple[Part, ...]:
        whole = self.phrased[-1].condition
        for part in reversed(self.phrased[:-1]):
            whole = (self.joiner, *part.condition, *whole)
        return whole

    @property
    def multiplies(self) -> bool:
        return any(p.multiplies for p in self.phrased)

    def also(self, *phrased: Phrased) -> Things:
        return replace(self, phrased=(*self.phrased, *phrased))


@dataclass
class _Slot:
    kind: str
    surface: str
    first: str = ""
    last: str = ""


@dataclass
class Draft:
    """A question in the making."""

    voice: Voice
    slots: list[_Slot] = field(default_factory=list)

    def _add(self, slot: _Slot) -> str:
        self.slots.append(slot)
        return chr(_SLOT + len(self.slots) - 1)

    def value(self, held: Field, value: str | int | float, surface: str = "") -> tuple[str, Value]:
        """A stored value; what is said may be bent a little, as people do not know how it is stored."""
        said = surface or str(value)
        roll = self.voice.rng.random()
        if roll < 0.12:
            said = said.lower()
        elif roll < 0.15 and said.islower():
            said = said.capitalize()
        elif roll < 0.18 and len(said) > 5 and held.role not in ("code", "contact"):
            said = _slip(said, self.voice.rng)
        return self._add(_Slot("value", said)), Value(held.table, held.name, value)

    def number(self, value: Decimal | int | float, money: bool = False) -> tuple[str, Later]:
        rng = self.voice.rng
        number = Decimal(str(value))
        plain = format(number.normalize(), "f")
        said = plain
        if number == int(number) and 0 < number <= 12 and rng.random() < 0.35:
            said = _SMALL[int(number)]
        elif number >= 1000 and rng.random() < 0.4:
            said = f"{number:,}"
        if money and said[0].isdigit() and rng.random() < 0.4:
            said = rng.choice(("${}", "€{}", "{} euros", "{} dollars", "£{}", "{} EUR")).format(said)
        return self._add(_Slot("number", said, plain)), Later(len(self.slots) - 1)

    def year(self, year: int) -> tuple[str, Later]:
        return self._add(_Slot("number", str(year), str(year))), Later(len(self.slots) - 1)

    def date(self, surface: str, first: date, last: date) -> tuple[str, Later]:
        return self._add(_Slot("date", surface, first.isoformat(), last.isoformat())), Later(len(self.slots) - 1)

    def words(self, text: str) -> tuple[str, Later]:
        return self._add(_Slot("phrase", text)), Later(len(self.slots) - 1)

    def finish(self, text: str, program: Sequence[Part]) -> tuple[str, tuple[Mention, ...], Program] | None:
        """The question, its mentions and the program; None where a mention does not come out as it was meant."""
        text = roughen(text, self.voice.rng)
        lowered = self.voice.chance(0.18)
        places: dict[int, tuple[int, int]] = {}
        pieces: list[str] = []
        position = 0
        for character in text:
            slot = ord(character) - _SLOT
            piece = self.slots[slot].surface if 0 <= slot < len(self.slots) else character
            if lowered:
                piece = piece.lower()
            if 0 <= slot < len(self.slots):
                places[slot] = (position, position + len(piece))
            pieces.append(piece)
            position += len(piece)
        question = "".join(pieces)
        question = question[:1].upper() + question[1:] if not lowered else question
        mentions = find_mentions(question)
        settled: list[Token] = []
        for part in program:
            token = self._settle(part, places, mentions, question) if isinstance(part, Later) else part
            if token is None:
                return None
            settled.append(token)
        return question, mentions, tuple(settled)

    def _settle(self, later: Later, places: dict[int, tuple[int, int]], mentions: Sequence[Mention], question: str) -> Token | None:
        slot = self.slots[later.slot]
        if later.slot not in places:
            return None
        start, end = places[later.slot]
        if slot.kind == "phrase":
            return Phrase(question[start:end], start, end)
        for mention in mentions:
            if mention.start < end and start < mention.end and mention.kind == slot.kind:
                if slot.kind == "number" and Decimal(mention.value) == Decimal(slot.first):
                    return Number(mention.value, QUESTION, mention.start, mention.end)
                if slot.kind == "date" and mention.value == f"{slot.first}/{slot.last}":
                    return Date(slot.first, slot.last, QUESTION, mention.start, mention.end)
        return None


_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _slip(word: str, rng: random.Random) -> str:
    """A slip of the fingers: two letters swapped, one lost, doubled or replaced."""
    at = rng.randrange(1, len(word) - 1)
    match rng.randrange(4):
        case 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 1:
            return word[:at] + word[at + 1 :]
        case 2:
            return word[:at] + word[at] + word[at:]
        case _:
            return word[:at] + rng.choice(_LETTERS) + word[at + 1 :]


_OPENINGS = (
    "please ",
    "can you tell me ",
    "could you tell me ",
    "I would like to know ",
    "tell me ",
    "I need to know ",
    "do you know ",
    "I want to know ",
    "can you find out ",
    "quick question: ",
    "hi, ",
    "hello, ",
    "hey, ",
    "we need to know ",
    "just wondering, ",
    "I'd like to know ",
    "help me out: ",
)
_DIRECT = ("quick question: ", "hi, ", "hello, ", "hey, ", "just wondering, ", "help me out: ", "tell me, ", "ok so ", "and ", "so ")


def roughen(text: str, rng: random.Random) -> str:
    """Makes a tidy sentence look typed: articles put right, spaces single, some question marks gone, some slips."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"\s+([,.?])", r"\1", text)
    text = re.sub(r"\b([Aa])(?= (?!one|uni|use|eu|uti)[aeiou])", r"\1n", text)
    text = re.sub(r"\b([Aa])(?= hour)", r"\1n", text)
    text = re.sub(r"\b([Aa])n(?= [bcdfgjklmnpqrstvwxyz])", r"\1", text)
    if rng.random() < 0.06:
        text = rng.choice(_DIRECT) + text[:1].lower() + text[1:]
    if text.endswith("?") and rng.random() < 0.2:
        text = text[:-1]
    elif not text.endswith(("?", ".")) and rng.random() < 0.35:
        text += "."
    if rng.random() < 0.05:
        words = text.split(" ")
        at = rng.randrange(len(words))
        if len(words[at]) > 4 and words[at].isalpha():
            words[at] = _slip(words[at], rng)
            text = " ".join(words)
    return text


# --- Conditions ---------------------------------------------------------------------------------------------------


def measure_of(held: Field) -> Measure | None:
    """How people compare by this column, looked up by its whole name, then by its last word that is known."""
    for words in (held.words, held.words[-2:], held.words[-1:], held.words[:1]):
        if (found := MEASURES.get(" ".join(words))) is not None:
            return found
    return None


COMPARISONS: dict[str, str] = {
    "gt": "[above|over|greater than|of more than|higher than|exceeding|larger than|bigger than|beyond]",
    "lt": "[below|under|less than|of less than|lower than|smaller than]",
    "ge": "[of at least|at least|of no less than|not below|starting at|of {x} or more~]",
    "le": "[of at most|at most|up to|of no more than|not above|of {x} or less~]",
}
COUNTED: dict[str, str] = {
    "gt": "[more than|over|greater than|above]",
    "lt": "[fewer than|less than|under|below]",
    "ge": "[at least|no fewer than|a minimum of]",
    "le": "[at most|no more than|up to|a maximum of]",
}


def compared(voice: Voice, operation: str, said: str, counting: bool = False) -> str:
    """ "above 20", "20 or more"."""
    chosen = voice.pick((COUNTED if counting else COMPARISONS)[operation].replace("{x}", "\0"))
    return chosen.replace("\0", said).rstrip("~") if chosen.endswith("~") else f"{chosen} {said}"


def spoken_date(rng: random.Random, day: date) -> str:
    month = MONTHS[day.month - 1]
    return rng.choice(
        (
            f"{day.day} {month} {day.year}",
            f"{month} {day.day}, {day.year}",
            day.isoformat(),
            f"{day.day} {month[:3]} {day.year}",
            f"{month[:3]} {day.day}, {day.year}",
            f"{month} {_ordinal(day.day)}, {day.year}",
            f"the {_ordinal(day.day)} of {month} {day.year}",
        )
    )


def _ordinal(day: int) -> str:
    return f"{day}{'th' if 10 <= day % 100 <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def some_period(rng: random.Random, day: date) -> tuple[str, date, date]:
    """A period around `day`, as people name it, with the half-open interval it means."""
    roll = rng.random()
    if roll < 0.6:
        first = day.replace(day=1)
        month = MONTHS[day.month - 1]
        said = rng.choice((f"{month} {day.year}", f"{month} {day.year}", f"{month} of {day.year}", f"{month[:3]} {day.year}"))
        return said, first, (first + timedelta(days=32)).replace(day=1)
    if roll < 0.75:
        quarter = (day.month - 1) // 3
        first = date(day.year, quarter * 3 + 1, 1)
        ordinal = ("first", "second", "third", "fourth")[quarter]
        said = rng.choice((f"Q{quarter + 1} {day.year}", f"the {ordinal} quarter of {day.year}"))
        return said, first, (first + timedelta(days=100)).replace(day=1)
    return spoken_date(rng, day), day, day + timedelta(days=1)
