"""What a family of questions works with: the draw, its draft, and the question that comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from service.practice.conditions import Conditions
from service.practice.conditions import NothingToSay
from service.practice.phrasing import Draft
from service.practice.phrasing import Part
from service.practice.phrasing import Things
from service.practice.phrasing import Voice
from service.practice.study import Entity
from service.practice.study import Field
from service.practice.study import Study
from tools.evidence import ForeignKey
from typing import Literal
import random


Hope = Literal["some", "one", "number", "several"]


@dataclass(frozen=True)
class Question:
    text: str
    program: tuple[Part, ...]
    hope: Hope = "some"
    whole: tuple[Part, ...] = ()  # the same query without its filter: an equal result means that the filter did nothing


@dataclass
class Asking:
    """One draw: the study, the voice, and the draft that the family fills."""

    study: Study
    voice: Voice
    draft: Draft
    conditions: Conditions

    @classmethod
    def begin(cls, study: Study, rng: random.Random) -> Asking:
        voice = Voice(rng)
        draft = Draft(voice)
        return cls(study, voice, draft, Conditions(study, voice, draft))

    @property
    def rng(self) -> random.Random:
        return self.voice.rng

    def entity(self, wanted: Callable[[Entity], bool] = lambda _: True) -> Entity:
        """A table worth asking about; larger and better described ones more often."""
        found = [e for e in self.study.entities.values() if e.rows >= 3 and not e.link and wanted(e)]
        if not found:
            raise NothingToSay
        return self.rng.choices(found, [1.0 + min(len(e.fields), 10) / 4 + (1.5 if e.naming else 0) for e in found])[0]

    def things(self, entity: Entity, least: int = 0, most: int = 2, depth: int = 1) -> Things:
        """Rows of `entity` under a few conditions."""
        count = self.rng.choices((0, 1, 2), (2, 10, 2.2))[0]
        things = Things(entity)
        for _ in range(min(max(count, least), most)):
            used = frozenset(f for p in things.phrased for f in entity.fields if f.token in p.condition)
            things = things.also(self.conditions.any_of(entity, depth if not things.phrased else 0, used))
        if len(things.phrased) == 2:
            if self.voice.chance(0.16) and all(p.after and not p.before for p in things.phrased):
                things = Things(entity, things.phrased, "or")
            elif not all(p.after for p in things.phrased):
                things = Things(entity, tuple(sorted(things.phrased, key=lambda p: not p.before)))
        return things

    def measure(self, entity: Entity) -> Field:
        found = [f for f in entity.having("measure") if f.type == "number" and len(f.values) > 2]
        if not found:
            raise NothingToSay
        return self.rng.choice(found)

    def group(self, entity: Entity) -> Field:
        found = [f for f in entity.having("category", "place", "year") if 2 <= len(f.values) <= max(3, f.rows * 0.7)]
        if not found:
            raise NothingToSay
        return self.rng.choice(found)

    def shown(self, entity: Entity) -> tuple[Part, ...]:
        """What stands for a row: its name, or all of it."""
        return tuple(f.token for f in entity.naming) or (entity.token,)

    def key(self, wanted: Callable[[ForeignKey], bool] = lambda _: True) -> ForeignKey:
        found = [k for k in self.study.parents if wanted(k)]
        if not found:
            raise NothingToSay
        return self.rng.choice(found)


_NOT_SUMMED = frozenset(
    "age rating score rate percentage percent temperature height rank ranking speed level humidity elevation altitude latitude "
    "longitude year gpa average stars grade position order version".split()
)


def summable(field: Field) -> bool:
    """Whether a sum over it means something."""
    return not any(w in _NOT_SUMMED for w in field.words)


def query(*parts: Part) -> tuple[Part, ...]:
    return ("query", "select", *parts, "end")


def given(*parts: Part) -> tuple[Part, ...]:
    return (*query(*parts), "give", "r1")
