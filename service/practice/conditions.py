"""Conditions that practice puts on rows, each with the words for it: by value, by number, by date, by another table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from tools.evidence import Column, ForeignKey
from tools.identifiers import quote
from tools.joins import infer_joins

from service.practice.lexicon import ADJECTIVAL, CUSTOMERS, DATE_VERBS, MONEY, PURCHASES, RELATIONS, TIES
from service.practice.phrasing import Draft, Part, Phrased, Things, Voice, compared, forms, measure_of, some_period, spoken_date
from service.practice.study import Entity, Field, Study, Tie, plural, singular

_ACTIVE = {
    "joined",
    "started",
    "ended",
    "finished",
    "died",
    "expired",
    "graduated",
    "checked in",
    "premiered",
    "signed up",
    "opened",
    "closed",
}


_NO_TIE = frozenset({"id", "name", "info", "code", "number", "one", "other", "first", "second"})
_NOTHING = frozenset({"null", "none", "n/a", "na", "nan", "unknown", "nil"})  # text that says that there is no value
_ORGANISATIONS = frozenset(
    """company firm supplier vendor manufacturer publisher team club school university organisation organization agency airline studio label
    bank department shop store hospital party client account sponsor museum institute operator""".split()
)  # that do things as persons do


class NothingToSay(Exception):
    """This database, or this draw, does not lend itself to the question; draw again."""


@dataclass
class Conditions:
    """Draws conditions for one question."""

    study: Study
    voice: Voice
    draft: Draft

    def any_of(self, entity: Entity, depth: int = 1, avoid: frozenset[Field] = frozenset()) -> Phrased:
        """Some condition on the rows of `entity`. `depth` is how many foreign keys it may follow."""
        makers: list[tuple[float, Callable[[], Phrased]]] = []
        for field in entity.fields:
            if field in avoid or not field.values:
                continue
            match field.role:
                case "category" | "place" | "label" | "name" if field.type == "text" and len(field.values) > 1:
                    weight = {"category": 3.0, "place": 2.5, "label": 1.0, "name": 0.25}[field.role]
                    makers.append((weight, partial(self.value, entity, field)))
                    if field.role in ("label", "name"):
                        makers.append((0.25, partial(self.containing, entity, field)))
                case "measure" | "year" if len(field.values) > 2 and field.type == "number":
                    makers.append((2.0, partial(self.number if field.role == "measure" else self.year, entity, field)))
                case "date" if len(field.values) > 1:
                    makers.append((2.5, partial(self.date, entity, field)))
                case "flag" if len(field.values) == 2 and set(map(str, field.values)) == {"0", "1"}:
                    makers.append((1.5, partial(self.flag, entity, field)))
            if 0 < field.nulls < field.rows and field.role not in ("text",):
                makers.append((0.5, partial(self.missing, entity, field)))
        if depth > 0:
            for key in self.study.parents:
                if key.table == entity.name:
                    makers.append((3.0, partial(self.parent, entity, key, depth)))
                    makers.append((0.8, partial(self.extreme_parent, entity, key)))
                elif key.other_table == entity.name and not self.study.entities[key.table].link:
                    makers.append((1.2, partial(self.child, entity, key)))
            makers += [(3.0, partial(self.tied, tie)) for tie in self.study.ties if tie.rows is entity]
        if not makers:
            raise NothingToSay
        weights, draws = zip(*makers, strict=True)
        return self.voice.rng.choices(draws, weights)[0]()

    # By a stored value

    def value(self, entity: Entity, field: Field) -> Phrased:
        voice = self.voice
        value = voice.rng.choice(field.values)
        text = str(value)
        if text.lower() in _NOTHING or not 1 < len(text) <= 40 or not any(c.isalpha() for c in text) or text != text.strip():
            raise NothingToSay
        said, token = self.draft.value(field, value)
        column, head = voice.column(field), singular(field.head)
        before = after = ""
        spoken = f"{said}"
        general = (
            "[with|with the|having the|having] {c} {v}|whose {c} is {v}|with {v} as [|the |their ]{c}|@ <have/has> {v} as [|the |their ]{c}"
            "|[where the|where] {c} is {v}|with a {c} of {v}"
        )
        if voice.chance(0.06):
            if field.role == "place":
                away = voice.say(
                    "[not from {v}|not in {v}|outside {v}|@ <are/is> not from {v}|@ <are/is> not in {v}|@ <do/does> not come from {v}]",
                    v=spoken,
                )
                return Phrased(("ne", field.token, token), frozenset({entity.name}), after=away, bare=f"not {said}")
            negated = voice.say("[@ <are/is> not {v}|other than {v}|except {v}|whose {c} is not {v}|not {v}]", v=spoken, c=column)
            return Phrased(("ne", field.token, token), frozenset({entity.name}), after=negated, bare=f"not {said}")
        if field.role == "name":
            after = voice.say("[called|named|with the name|by the name of] {v}", v=spoken)
        elif field.role == "place" and field.head not in ("nationality",):
            options = (
                "[from|in|in|based in|located in] {v}"
                if not entity.person
                else "[from|in|living in|who <live/lives> in|@ <come/comes> from|based in] {v}"
            )
            if any(w in ("birth", "birthplace") for w in field.words):
                options = "[born in|from] {v}"
            elif field.head in ("destination",):
                options = "[to|going to|with destination|heading to] {v}"
            after = voice.say(options if voice.chance(0.72) else f"[{general}]", v=spoken, c=column)
        elif head in ADJECTIVAL and len(text) < 22:
            roll = voice.rng.random()
            if roll < 0.45:
                before = spoken
            elif roll < 0.6:
                after = voice.say("[@ <are/is> {v}|@ <are/is> {v}|marked as {v}|marked {v}]", v=spoken)
            elif roll < 0.72:
                after = voice.say("[of {c} {v}|of the {c} {v}|in the {v} {c}|with {c} {v}]", v=spoken, c=column)
            else:
                after = voice.say(f"[{general}]", v=spoken, c=column)
        elif entity.person is False and field.head in (
            "author",
            "writer",
            "director",
            "artist",
            "producer",
            "builder",
            "publisher",
            "manufacturer",
            "brand",
            "designer",
            "owner",
            "sponsor",
            "maker",
            "composer",
            "singer",
        ):
            after = voice.say(f"[by {{v}}|by {{v}}|from {{v}}|{general}]", v=spoken, c=column)
        elif head in ("language",):
            after = voice.say(
                f"[in {{v}}|@ <speak/speaks> {{v}}|{general}]" if entity.person else f"[in {{v}}|{general}]", v=spoken, c=column
            )
        else:
            after = voice.say(f"[{general}|in the {{v}} {{c}}|of the {{v}} {{c}}]", v=spoken, c=column)
        if not before and voice.chance(0.05) and len(field.values) > 2:
            other = voice.rng.choice([v for v in field.values if v != value])
            if len(str(other)) <= 40 and any(c.isalpha() for c in str(other)):
                said2, token2 = self.draft.value(field, other)
                after = after.replace(said, f"{said} or {said2}", 1)
                return Phrased(
                    ("or", "eq", field.token, token, "eq", field.token, token2),
                    frozenset({entity.name}),
                    after=after,
                    bare=f"{said} or {said2}",
                )
        return Phrased(("eq", field.token, token), frozenset({entity.name}), before, after, said)

    def containing(self, entity: Entity, field: Field) -> Phrased:
        voice = self.voice
        words = [w for v in voice.rng.sample(field.values, min(5, len(field.values))) for w in str(v).split() if w.isalpha() and len(w) > 2]
        if not words:
            raise NothingToSay
        word = voice.rng.choice(words)
        if voice.chance(0.35):
            operation, part = "starts", word[: voice.rng.choice((1, 1, 2, 3))]
            template = (
                "whose {c} [starts|begins] with {w}|with a {c} [starting|beginning] with {w}|[starting|beginning] with {w}|where the {c} "
                "[starts|begins] with {w}"
            )
        elif voice.chance(0.12):
            operation, part = "ends", word[-voice.rng.choice((1, 2, 3)) :]
            template = "whose {c} ends [with|in] {w}|with a {c} ending [with|in] {w}"
        else:
            operation, part = "contains", word
            template = (
                "with {w} in [the|their] {c}|whose {c} [contains|includes] {w}|containing {w} in the {c}|with [the word |]{w} in "
                "[the|their] {c}|"
                "whose {c} has {w} in it|that mention {w} in the {c}|where the {c} contains {w}"
            )
        marked, token = self.draft.words(part)
        quoted = (
            marked
            if voice.chance(0.45)
            else voice.rng.choice(('"{}"', "'{}'", "the word {}" if len(part) > 3 else "the letter {}" if len(part) == 1 else "{}")).format(
                marked
            )
        )
        after = voice.say(f"[{template}]", c=voice.column(field), w=quoted)
        return Phrased((operation, field.token, token), frozenset({entity.name}), after=after, bare=f"with {quoted}")

    # By a number

    def threshold(self, field: Field) -> Decimal:
        """A round number inside the column's range."""
        numbers = sorted(float(v) for v in field.values)
        at = numbers[int(len(numbers) * self.voice.rng.uniform(0.1, 0.9))]
        if at == 0:
            at = numbers[len(numbers) // 2]
        digits = self.voice.rng.choice((1, 2, 2, 3))
        magnitude = len(str(int(abs(at)))) if abs(at) >= 1 else 0
        rounded = round(Decimal(str(at)), digits - magnitude) if magnitude else Decimal(str(round(at, 2)))
        whole = all(v == int(v) for v in numbers)
        return Decimal(int(rounded)) if whole or rounded == int(rounded) else rounded

    def number(self, entity: Entity, field: Field) -> Phrased:
        voice, tables = self.voice, frozenset({entity.name})
        money = any(w in MONEY for w in field.words)
        operation = voice.rng.choices(
            ("gt", "lt", "ge", "le", "between", "eq"), (4, 4, 1.5, 1.5, 1.5, 1.6 if field.counting or len(field.values) < 12 else 0.3)
        )[0]
        column = voice.column(field)
        if operation == "eq":
            said, token = self.draft.number(Decimal(str(voice.rng.choice(field.values))), money)
            template = (
                "with [exactly|] {v} {c}|@ <have/has> [exactly|] {v} {c}"
                if field.counting
                else "with [a|] {c} [of|] {v}|whose {c} is [exactly |]{v}|with {c} {v}|where the {c} is {v}|with a {c} equal to {v}"
            )
            column = voice.columns(field) if field.counting else column
            return Phrased(
                ("eq", field.token, token), tables, after=voice.say(f"[{template}]", v=said, c=_bare_count(column)), bare=f"{column} {said}"
            )
        if operation == "between":
            low, high = sorted((self.threshold(field), self.threshold(field)))
            if low == high:
                raise NothingToSay
            (said, token), (said2, token2) = self.draft.number(low), self.draft.number(high, money)
            spoken = (
                voice.pick("[between L and H|from L to H|in the range L to H|ranging from L to H]").replace("L", said).replace("H", said2)
            )
            if field.counting:
                after = voice.say(
                    "with {s} {c}",
                    s=voice.pick("[between L and H|from L to H|L to H]").replace("L", said).replace("H", said2),
                    c=_bare_count(voice.columns(field)),
                )
            else:
                after = voice.say(
                    "[with a {c} {s}|whose {c} is {s}|with {c} {s}|where the {c} is {s}|with a {c} of {s}]", c=column, s=spoken
                )
            return Phrased(("between", field.token, token, token2), tables, after=after, bare=f"{column} {said} to {said2}")
        threshold = self.threshold(field)
        said, token = self.draft.number(threshold, money)
        measure = measure_of(field)
        condition = (operation, field.token, token)
        if measure and operation in ("gt", "lt") and voice.chance(0.55):
            wording = voice.rng.choice(measure.above if operation == "gt" else measure.below)
            after = wording.format(x=said)
            if not entity.person:
                after = after.replace("who ", "that ")
            return Phrased(condition, tables, after=after, bare=f"{'over' if operation == 'gt' else 'under'} {said}")
        spoken = compared(voice, operation, said, field.counting)
        bare = f"{column} {'over' if operation in ('gt', 'ge') else 'under'} {said}" if operation in ("gt", "lt") else f"{column} {spoken}"
        if field.counting:
            after = voice.say("[with|@ <have/has>|having|with] {s} {c}", s=spoken, c=_bare_count(voice.columns(field)))
        else:
            after = voice.say(
                "[with [a|] {c} {s}|whose {c} is {s}|where the {c} is {s}|@ <have/has> a {c} {s}|having a {c} {s}]", c=column, s=spoken
            )
            after = after.replace("is of ", "is ").replace(" of above", " above")
        return Phrased(condition, tables, after=after, bare=bare)

    # By a date or a year

    def date(self, entity: Entity, field: Field) -> Phrased:
        voice, rng = self.voice, self.voice.rng
        try:
            day = date.fromisoformat(str(rng.choice(field.values))[:10])
        except ValueError as error:
            raise NothingToSay from error
        if not 1900 < day.year < 2100:
            raise NothingToSay
        operation = rng.choices(("eq", "lt", "gt", "ge", "between", "le"), (5, 1.6, 1.6, 1.6, 1, 0.4))[0]
        yearly = rng.random() < 0.42
        if operation == "between":
            try:
                other = date.fromisoformat(str(rng.choice(field.values))[:10])
            except ValueError as error:
                raise NothingToSay from error
            first, last = sorted((day, other))
            if yearly and first.year < last.year:
                (said, token), (said2, token2) = self.draft.year(first.year), self.draft.year(last.year)
            elif (first.year, first.month) < (last.year, last.month):
                (said, token), (said2, token2) = self.draft.date(*some_period(rng, first)), self.draft.date(*some_period(rng, last))
            else:
                raise NothingToSay
            spoken = voice.pick("[between A and B|from A to B|between A and B|from A until B]").replace("A", said).replace("B", said2)
            return self._dated(entity, field, ("between", field.token, token, token2), spoken)
        if yearly:
            said, token = self.draft.year(day.year)
        elif operation == "eq" or rng.random() < 0.55:
            said, token = self.draft.date(*some_period(rng, day))
        else:
            surface = spoken_date(rng, day)
            said, token = self.draft.date(surface, day, date.fromordinal(day.toordinal() + 1))
        surface = self.draft.slots[-1].surface
        dayish = (
            operation == "eq"
            and not yearly
            and any(c.isdigit() for c in surface.replace(str(day.year), ""))
            and "Q" not in surface
            and "quarter" not in surface
        )
        words = {
            "eq": "on" if dayish else voice.pick("[in|in|in|during]"),
            "lt": "before",
            "gt": "after",
            "ge": "[since|since|from]",
            "le": "[until|up to|by the end of]",
        }
        spoken = f"{voice.pick(words[operation])} {said}"
        if operation == "ge" and spoken.startswith("from"):
            spoken += " [on|onwards]"
        return self._dated(entity, field, (operation, field.token, token), voice.pick(spoken))

    def year(self, entity: Entity, field: Field) -> Phrased:
        voice = self.voice
        year = int(voice.rng.choice(field.values))
        operation = voice.rng.choices(("eq", "lt", "gt", "ge", "between"), (4, 1.5, 1.5, 1, 1))[0]
        said, token = self.draft.year(year)
        if operation == "between":
            later = int(voice.rng.choice(field.values))
            if later <= year:
                raise NothingToSay
            said2, token2 = self.draft.year(later)
            return self._dated(
                entity,
                field,
                ("between", field.token, token, token2),
                voice.pick("[between A and B|from A to B]").replace("A", said).replace("B", said2),
            )
        words = {"eq": "in", "lt": "before", "gt": "after", "ge": "since"}
        return self._dated(entity, field, (operation, field.token, token), f"{words[operation]} {said}")

    def _dated(self, entity: Entity, field: Field, condition: tuple[Part, ...], spoken: str) -> Phrased:
        voice = self.voice
        column = voice.column(field)
        verb = date_verb(voice, field)
        if verb and voice.chance(0.72):
            active = "@ {v} {s}" if verb in _ACTIVE else "[{v} {s}|@ <were/was> {v} {s}|{v} {s}]"
            after = voice.say(active, v=verb, s=spoken)
        elif field.words in (("date",), ("year",), ("day",)) or voice.chance(0.3):
            after = voice.say("[{s}|from {t}|dated {s}]" if spoken.startswith("in ") else "{s}", s=spoken, t=spoken[3:])
        else:
            spoken_of = spoken.replace("since", "after or on", 1) if spoken.startswith("since ") else spoken
            after = voice.say("[with a {c} {s}|whose {c} [is|was|falls] {s}|where the {c} is {s}]", c=column, s=spoken_of)
        return Phrased(condition, frozenset({entity.name}), after=after, bare=spoken.removeprefix("in ").removeprefix("on "))

    # By a flag, or by what is missing

    def flag(self, entity: Entity, field: Field) -> Phrased:
        voice, rng = self.voice, self.voice.rng
        truth = rng.random() < 0.6
        words = field.words[1:] if field.words[0] in ("is", "has", "if") and len(field.words) > 1 else field.words
        phrase, condition = " ".join(words), ("eq", field.token, "1" if truth else "0")
        last = words[-1]
        adjective = (
            field.words[0] == "is"
            or last.endswith(("ed", "able", "ible", "ive", "al", "ful", "ing", "ic", "ant", "ent", "ary", "only"))
            or last in ("open", "new", "paid", "public", "full", "free")
        )
        if adjective:
            if truth:
                before, after = (phrase, "") if rng.random() < 0.5 and len(words) == 1 else ("", voice.say("@ <are/is> {p}", p=phrase))
            else:
                prefix = "in" if phrase == "active" else "un" if phrase in ("paid", "available") else ""
                if prefix and rng.random() < 0.5:
                    before, after = prefix + phrase, ""
                else:
                    before, after = "", voice.say("@ [<are/is> not|<are/is> not|<aren't/isn't>] {p}", p=phrase)
        else:
            after = voice.say(
                "[with|@ <have/has>|that <come/comes> with|@ <offer/offers>] [|a ]{p}"
                if truth
                else "[without|with no|@ <do/does> not have|lacking] {p}",
                p=phrase,
            )
            before = ""
        return Phrased(condition, frozenset({entity.name}), before, after, before or after)

    def missing(self, entity: Entity, field: Field) -> Phrased:
        voice, rng = self.voice, self.voice.rng
        empty = rng.random() < 0.6
        condition = ("null", field.token) if empty else ("not", "null", field.token)
        words = field.words[:-1] if field.role == "id" and len(field.words) > 1 and field.head == "id" else field.words
        column = voice.noun(words) if words is not field.words else voice.column(field)
        verb = date_verb(voice, field) if field.role == "date" else ""
        if verb and voice.chance(0.65):
            passive = "" if verb in _ACTIVE else " been"
            template = (
                f"[not yet {{v}}|not {{v}} yet|@ <have/has> not{passive} {{v}}[ yet|]|@ <have/has> never{passive} {{v}}|still not "
                f"{{v}}|@ <haven't/hasn't>{passive} {{v}} yet]"
                if empty
                else f"[already {{v}}|@ <have/has> already{passive} {{v}}|@ <have/has>{passive} {{v}}]"
            )
            return Phrased(condition, frozenset({entity.name}), after=voice.say(template, v=verb), bare=f"not {verb}" if empty else verb)
        template = (
            "[without [a|any|] {c}|with no {c}|@ <have/has> no {c}|whose {c} is [missing|unknown|empty|not known|not recorded|not "
            "given]|missing [a|] {c}|@ <do/does> not have a {c}|lacking a {c}|with [a missing|an unknown|an empty] {c}]"
            if empty
            else "[with a [known|recorded|] {c}|@ <have/has> a {c}|whose {c} is known|that do have a {c}|with a {c} [given|on record|]]"
        )
        return Phrased(
            condition,
            frozenset({entity.name}),
            after=voice.say(template, c=column),
            bare=f"without {column}" if empty else f"with {column}",
        )

    # By another table

    def named(self, entity: Entity) -> tuple[str, tuple[Part, ...]]:
        """One row by its name: how it is said, and the condition."""
        if not entity.naming:
            raise NothingToSay
        columns = ", ".join(f'"{f.name}"' for f in entity.naming)
        rows = self.study.connection.execute(f'SELECT DISTINCT {columns} FROM "{entity.name}" ORDER BY 1').fetchall()
        row = self.voice.rng.choice(rows)
        if any(not isinstance(v, str) or not 1 < len(v.strip()) <= 45 or v != v.strip() for v in row):
            raise NothingToSay
        if len(row) == 2 and self.voice.chance(0.12):  # a person by the last name alone
            row, fields = row[1:], entity.naming[1:]
        else:
            fields = entity.naming
        said, tokens = zip(*(self.draft.value(f, v) for f, v in zip(fields, row, strict=True)), strict=True)
        condition: tuple[Part, ...] = ("eq", fields[0].token, tokens[0])
        if len(fields) == 2:
            condition = ("and", *condition, "eq", fields[1].token, tokens[1])
            if self.voice.chance(0.08):
                return f"{said[1]}, {said[0]}", condition
        return " ".join(said), condition

    def named_within(self, entity: Entity, key: ForeignKey) -> tuple[str, tuple[Part, ...]]:
        """One row by its name and that of the row it belongs to: "Portland, Maine"."""
        voice, other = self.voice, self.study.entities[key.other_table]
        if len(entity.naming) != 1 or len(other.naming) != 1:
            raise NothingToSay
        name, within = entity.naming[0], other.naming[0]
        rows = self.study.connection.execute(
            f"SELECT DISTINCT a.{quote(name.name)}, b.{quote(within.name)} FROM {quote(entity.name)} a JOIN {quote(other.name)} b"
            f" ON a.{quote(key.column)} = b.{quote(key.other_column)} ORDER BY 1, 2"
        ).fetchall()
        row = voice.rng.choice(rows)
        if any(not isinstance(v, str) or not 1 < len(v.strip()) <= 45 or v != v.strip() for v in row):
            raise NothingToSay
        (said, token), (place, where) = self.draft.value(name, row[0]), self.draft.value(within, row[1])
        relation = voice.rng.choice(relation_of(voice, entity, other, self.study.field(key.table, key.column))[0])
        spoken = voice.say("[{s}, {p}|{s} {p}|{s} {r} {p}]", s=said, p=place, r=forms(relation, False))
        return spoken, ("and", "eq", name.token, token, "eq", within.token, where)

    def parent(self, entity: Entity, key: ForeignKey, depth: int) -> Phrased:
        """Rows that point at a row with a name, or at rows under a condition of their own: "orders of customers from Oslo"."""
        voice = self.voice
        other = self.study.entities[key.other_table]
        relation = voice.rng.choice(relation_of(voice, entity, other, self.study.field(key.table, key.column))[0])
        tables = frozenset({entity.name, other.name})
        if other.naming and voice.chance(0.6):
            said, condition = self.named(other)
            roll = voice.rng.random()
            if roll < 0.12 and not other.person:
                return Phrased(condition, tables, before=said, bare=said)
            if roll < 0.2:
                return Phrased(condition, tables, before=f"{said}'s", bare=said)
            noun = voice.entity(other, False)
            if roll < 0.34:
                said = voice.say("[the {n} {s}|{n} {s}|the {s} {n}]" if not other.person else "[the {n} {s}|{n} {s}]", n=noun, s=said)
            elif roll < 0.41:
                return Phrased(
                    condition,
                    tables,
                    after=voice.say("[whose {n} is {s}|where the {n} is {s}|with {s} as {n}|with {n} {s}]", n=noun, s=said),
                    bare=said,
                )
            return Phrased(condition, tables, after=f"{relation} {said}", bare=said)
        inner = self.any_of(other, depth - 1)
        self._reached(entity, inner, tables | inner.tables)
        many = voice.chance(0.7)
        things = Things(other, (inner,)).said(voice, many)
        if not many:
            things = f"a {things}"
        return Phrased(
            inner.condition,
            tables | inner.tables,
            after=f"{relation} {things}",
            bare=f"{voice.entity(other, True)} {inner.bare}",
            multiplies=inner.multiplies,
        )

    def first(self, entity: Entity) -> tuple[str, tuple[Part, ...]]:
        """The row that comes first by some measure: how it is said, and how a query orders its table."""
        fields = [f for f in entity.having("measure") if f.type == "number" and len(f.values) > 2 and entity.rows > 3]
        if not fields:
            raise NothingToSay
        field, voice = self.voice.rng.choice(fields), self.voice
        down = greatest_first(voice, field, 0.6)
        adjective, tail = extreme(voice, entity, field, down)
        noun = voice.entity(entity, False)
        said = f"the {adjective} {noun}" if adjective else f"the {noun} with the {tail}"
        return said, ("order", "desc" if down else "asc", field.token, "limit", "1")

    def extreme_parent(self, entity: Entity, key: ForeignKey) -> Phrased:
        """Rows that point at the row that comes first by a measure: "cities in the smallest state"."""
        voice, other = self.voice, self.study.entities[key.other_table]
        own, theirs = self.study.field(key.table, key.column), self.study.field(key.other_table, key.other_column)
        said, order = self.first(other)
        relation = voice.rng.choice(relation_of(voice, entity, other, own)[0])
        return Phrased(("in", own.token, "select", theirs.token, *order, "end"), frozenset({entity.name}), after=f"{relation} {said}")

    def tied(self, tie: Tie) -> Phrased:
        """Rows tied to another row of their own table: "states that border Texas"."""
        voice, target = self.voice, self.study.field(tie.rows.name, tie.target)
        said, inner = self.tied_to(tie)
        after = voice.rng.choice(tie_said(tie)).format(v=said)
        condition = ("in", target.token, "select", tie.other.token, "where", *inner, "end")
        return Phrased(condition, frozenset({tie.rows.name}), after=after)

    def tied_to(self, tie: Tie) -> tuple[str, tuple[Part, ...]]:
        """The row at the other end of a tie: how it is said, and the condition on the table of ties."""
        target = self.study.field(tie.rows.name, tie.target)
        if self.voice.chance(0.2):
            said, order = self.first(tie.rows)
            return said, ("in", tie.one.token, "select", target.token, *order, "end")
        if tie.rows.naming == (target,):
            value = self.voice.rng.choice(tie.one.values)
            said, token = self.draft.value(tie.one, value)
            return said, ("eq", tie.one.token, token)
        said, condition = self.named(tie.rows)
        return said, ("in", tie.one.token, "select", target.token, "where", *condition, "end")

    def _reached(self, entity: Entity, inner: Phrased, tables: frozenset[str]) -> None:
        """Makes sure that the join a program would get is the one that the words describe, and no shorter one."""
        named = {entity.name, *(part.table for part in inner.condition if isinstance(part, Column))}
        if infer_joins(sorted(named), (), self.study.schema).tables != tables:
            raise NothingToSay

    def child(self, entity: Entity, key: ForeignKey) -> Phrased:
        """Rows that some row under a condition points at: "customers with an order over 100"."""
        voice = self.voice
        other = self.study.entities[key.table]
        inner = self.any_of(other, 0)
        self._reached(entity, inner, frozenset({entity.name, other.name}) | inner.tables)
        many = voice.chance(0.5)
        things = Things(other, (inner,)).said(voice, many)
        if not many:
            things = f"a {things}"
        verb = voice.rng.choice(relation_of(voice, other, entity, self.study.field(key.table, key.column))[1])
        after = voice.say(
            "[with {t}|@ {v} {t}|@ <have/has> {t}|with {t}]"
            if verb not in ("has", "had", "has; had")
            else "[with {t}|@ <have/has> {t}|@ had {t}]",
            t=things,
            v=verb,
        )
        return Phrased(
            inner.condition, frozenset({entity.name, other.name}) | inner.tables, after=after, bare=f"with {inner.bare}", multiplies=True
        )


def _bare_count(column: str) -> str:
    """ "number of seats" -> "seats", as in "with 20 seats" """
    for start in ("number of ", "numbers of ", "count of ", "total number of "):
        column = column.removeprefix(start)
    return column


def date_verb(voice: Voice, field: Field) -> str:
    for word in (*field.words, singular(field.words[0])):
        if word in DATE_VERBS:
            return voice.rng.choice(DATE_VERBS[word])
    return ""


_GREATEST = ("highest", "largest", "maximum", "max", "top")
_LEAST = ("lowest", "smallest", "minimum", "min")


def greatest_first(voice: Voice, field: Field, probability: float) -> bool:
    """Whether to ask for the greatest: settled where the column's own name says it ("lowest elevation"), else by chance."""
    return field.words[0] in _GREATEST or (field.words[0] not in _LEAST and voice.chance(probability))


def extreme(voice: Voice, entity: Entity, field: Field, down: bool) -> tuple[str, str]:
    """An adjective before the noun, or else what to put after "with the"."""
    if field.role in ("date", "year"):
        birth = any(w in ("birth", "born", "birthday") for w in field.words)
        if birth:
            return voice.pick("[youngest]" if down else "[oldest|eldest]"), ""
        verb = date_verb(voice, field)
        if field.words[-1] in ("founded", "built", "opened", "established") or verb in ("founded", "built", "established"):
            return voice.pick("[newest|most recent|youngest]" if down else "[oldest|earliest|first]"), ""
        if any(w in ("end", "due", "expiry", "deadline", "expires") for w in field.words):
            return "", voice.say("[latest|last] {c}" if down else "[earliest|first] {c}", c=voice.column(field))
        participle = f"{verb} " if verb and voice.chance(0.5) else ""
        if participle:
            return voice.pick(f"[most recently {verb}|last {verb}|latest {verb}]" if down else f"[first {verb}|earliest {verb}]"), ""
        return voice.pick("[latest|most recent|newest|last]" if down else "[earliest|oldest|first]"), ""
    if field.words[0] in (*_GREATEST, *_LEAST):
        height = field.head in ("elevation", "altitude", "height")
        return "", f"{field.words[0]} point" if height and voice.chance(0.4) else voice.column(field)
    measure = measure_of(field)
    words = [] if measure is None else [w for w in (measure.most if down else measure.least) if not _means_size(w, entity, field)]
    if words and voice.chance(0.62):
        return voice.rng.choice(words), ""
    if field.counting:
        return "", voice.say(
            "[most|highest number of|largest number of|greatest number of|most]  {c}"
            if down
            else "[fewest|lowest number of|least|smallest number of] {c}",
            c=voice.columns(field).removeprefix("number of "),
        )
    return "", voice.say(
        "[highest|largest|biggest|greatest|maximum|top] {c}" if down else "[lowest|smallest|least|minimum] {c}", c=voice.column(field)
    )


def _means_size(word: str, entity: Entity, field: Field) -> bool:
    """Whether the word is about another column: where there is an area or a size, "the largest" is about that."""
    sizes = [f for f in entity.having("measure") if f.head in ("area", "size")]
    return bool(sizes) and field not in sizes and any(word in (*m.most, *m.least) for f in sizes if (m := measure_of(f)))


def relation_of(voice: Voice, child: Entity, parent: Entity, key: Field) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How a row is tied to the row it points at, and what the latter does to it."""
    one, other = singular(child.words[-1]), singular(parent.words[-1])
    role = [w for w in key.words if w not in ("id", "code", "number", "no")]
    said = singular(role[-1]) if role else other
    for known in (f"{one}>{other}", f"{one}>{said}", said if said != other else "", one, other):
        if known in RELATIONS:
            after, verbs = RELATIONS[known]
            if (
                one in PURCHASES
                and parent.person
                and other not in CUSTOMERS
                and known != f"{one}>{other}"
                and one not in ("visit", "appointment")
            ):
                return ("handled by", "processed by", "assigned to", "of"), ("handled", "processed", "dealt with")
            if parent.person or known in (said, other) or ">" in known or other in _ORGANISATIONS:
                return after, verbs
            passive = tuple(a for a in after if " by" not in a and a != "by")
            return passive or ("of", "for"), ("has", "had")
    words = voice.pick("[of|for|of|belonging to|linked to|from]")
    return (words, "of"), ("has", "had")


def tie_said(tie: Tie) -> tuple[str, ...]:
    """What rows are that are tied to {v}, after their noun."""
    nouns = [singular(w) for w in (*tie.other.words, *tie.link.words) if w not in tie.rows.words and w not in _NO_TIE]
    for noun in nouns:
        if noun in TIES:
            return TIES[noun]
    said = nouns[0] if nouns else "link"
    return (f"with {{v}} as {said}", f"that <are/is> a {said} of {{v}}", f"that <have/has> {{v}} as {said}", "linked to {v}")


def columns_said(voice: Voice, fields: list[Field], many: bool) -> str:
    said = [voice.columns(f) if many else voice.column(f) for f in fields]
    return said[0] if len(said) == 1 else ", ".join(said[:-1]) + " and " + said[-1]


__all__ = ["Conditions", "NothingToSay", "columns_said", "date_verb", "extreme", "greatest_first", "plural", "relation_of", "tie_said"]
