"""Questions over groups: per city, for each customer, which has the most."""

from __future__ import annotations

from service.practice.asking import Asking
from service.practice.asking import Hope
from service.practice.asking import Question
from service.practice.asking import given
from service.practice.asking import summable
from service.practice.conditions import NothingToSay
from service.practice.conditions import relation_of
from service.practice.lexicon import MONEY
from service.practice.phrasing import Part
from service.practice.phrasing import Things
from service.practice.study import Entity
from service.practice.study import plural
from service.practice.total_questions import TOTALS
from tools.evidence import ForeignKey


EACH = "[per {g}|by {g}|for each {g}|for every {g}|in each {g}|grouped by {g}|in every {g}|, per {g}|broken down by {g}|split by {g}]"


def _group_by(ask: Asking) -> tuple[Entity, tuple[Part, ...], str, str, bool]:
    """What to group rows by: a column of theirs, the name of what they point at, or a date's month or year.

    Returns the entity, the key as a program has it, its noun (one, many) and whether it names persons.
    """
    voice = ask.voice
    roll = ask.rng.random()
    if roll < 0.45:
        entity = ask.entity(lambda e: bool(e.having("category", "place", "year")))
        field = ask.group(entity)
        return entity, (field.token,), voice.column(field), plural(voice.column(field)), False
    if roll < 0.85:
        key = ask.key(lambda k: bool(ask.study.entities[k.other_table].naming))
        entity, other = ask.study.entities[key.table], ask.study.entities[key.other_table]
        if voice.chance(0.3) and (groups := [f for f in other.having("category", "place") if 2 <= len(f.values) <= max(3, f.rows * 0.7)]):
            field = ask.rng.choice(groups)
            said = voice.say("{e} {c}", e=voice.entity(other, False), c=voice.column(field))
            return entity, (field.token,), said, plural(said), False
        return entity, ask.shown(other), voice.entity(other, False), voice.entity(other, True), other.person
    entity = ask.entity(lambda e: bool(e.having("date")))
    field = ask.rng.choice(entity.having("date"))
    if ask.study.field(field.table, field.name).values and voice.chance(0.5):
        return entity, ("year", field.token), "year", "years", False
    return entity, ("month", field.token), "month", "months", False


def group_count(ask: Asking) -> Question:
    voice = ask.voice
    entity, key, one, _, _ = _group_by(ask)
    things = ask.things(entity, most=1, depth=0) if voice.chance(0.35) else Things(entity)
    if things.multiplies:
        raise NothingToSay
    p = things.said(voice)
    each = voice.say(EACH, g=one)
    text = voice.say(
        "[How many {p} [are there|do we have|] {e}?|[number of|count of|count|total number of] {p} {e}|[What is|What's] the number "
        "of {p} {e}?|[show|give me|list|find|count|show me|return|calculate] the number of {p} {e}"
        "|{p} {e}, how many?|For each {g}, how many {p} are there?|For [each|every] {g}, [count|show|give me|find] the [number of |"
        "]{p}|How many {p} does each {g} have?|[show|list|give me] [each|every] {g} [with|and|together with] [its|the|their] number "
        "of {p}"
        "|How are the {p} [distributed|spread|split] over the {gs}?|[List|Show] {gs} and [how many {p} they have|the number of {p} "
        "in each]]",
        p=p,
        e=each,
        g=one,
        gs=plural(one),
    )
    order = _ordered(ask, ("count", entity.token))
    return Question(
        text.rstrip("?") + order[0] + ("?" if text.endswith("?") else ""),
        given(*key, "count", entity.token, *things.where, "group", *key, *order[1]),
        "several",
    )


def _ordered(ask: Asking, quantity: tuple[Part, ...]) -> tuple[str, tuple[Part, ...]]:
    if not ask.voice.chance(0.12):
        return "", ()
    down = ask.voice.chance(0.75)
    said = ask.voice.pick(
        "[, highest first|, most first|, in descending order|, sorted from high to low|, largest first|, from most to least]"
        if down
        else "[, lowest first|, in ascending order|, from low to high|, fewest first]"
    )
    return said, ("order", "desc" if down else "asc", *quantity)


def group_aggregate(ask: Asking) -> Question:
    voice = ask.voice
    entity, key, one, many, _ = _group_by(ask)
    field = ask.measure(entity)
    if field.token in key:
        raise NothingToSay
    operation = ask.rng.choices(("sum", "avg", "max", "min"), (4 if summable(field) else 0.1, 4, 1, 1))[0]
    things = ask.things(entity, most=1, depth=0) if voice.chance(0.25) else Things(entity)
    if things.multiplies:
        raise NothingToSay
    total, c = voice.pick(TOTALS[operation]), voice.column(field)
    p = things.said(voice)
    of = f" of {p}" if things.phrased or voice.chance(0.5) else ""
    text = voice.say(
        "[What is the {t} {c}{of} {e}?|[show|give me|list|find|calculate|show me|compute|return] the {t} {c}{of} {e}|{t} {c}{of} {e}|"
        "For [each|every] {g}, what is the {t} {c}{of}?|For [each|every] {g}, [show|give me|find] the {t} {c}{of}"
        "|[show|list] [each|every] {g} [with|and] [its|the|their] {t} {c}{of}|{t} {c} {e}|How [high|large] is the {t} {c}{of} {e}?|"
        "[What are|List|Show] the {gs} and their {t} {c}{of}]",
        t=total,
        c=c,
        of=of,
        e=voice.say(EACH, g=one),
        g=one,
        gs=many,
    )
    if things.phrased and of not in text:
        raise NothingToSay
    order = _ordered(ask, (operation, field.token))
    return Question(
        text.rstrip("?") + order[0] + ("?" if text.endswith("?") else ""),
        given(*key, operation, field.token, *things.where, "group", *key, *order[1]),
        "several",
    )


def most_frequent(ask: Asking) -> Question:
    """Which group has the most rows, or the highest total: "which customer placed the most orders"."""
    voice = ask.voice
    key_link: ForeignKey | None = None
    if voice.chance(0.6):
        key_link = ask.key(lambda k: bool(ask.study.entities[k.other_table].naming))
        entity, other = ask.study.entities[key_link.table], ask.study.entities[key_link.other_table]
        key, one, person = ask.shown(other), voice.entity(other, False), other.person
        verb = ask.rng.choice(relation_of(voice, entity, other, ask.study.field(key_link.table, key_link.column))[1])
    else:
        entity, key, one, _, person = _group_by(ask)
        verb = "has"
    down = voice.chance(0.8)
    things = ask.things(entity, most=1, depth=0) if voice.chance(0.25) else Things(entity)
    if things.multiplies:
        raise NothingToSay
    measured: tuple[Part, ...] = ("count", entity.token)
    measures = [f for f in entity.having("measure") if f.type == "number" and len(f.values) > 2 and f.token not in key]
    many = voice.chance(0.2)
    count: tuple[Part, ...] = ("1",)
    x = ""
    if many:
        x, later = ask.draft.number(ask.rng.choice((2, 3, 3, 5, 5, 10)))
        count = (later,)
    p = things.said(voice)
    if measures and voice.chance(0.3):
        field = ask.rng.choice(measures)
        operation = ask.rng.choice(("sum", "avg")) if summable(field) else "avg"
        measured = (operation, field.token)
        what = voice.say(
            "[highest|largest|biggest|greatest] {t} {c}" if down else "[lowest|smallest] {t} {c}",
            t=voice.pick("[average|mean]" if operation == "avg" else "[total|combined|overall]"),
            c=voice.column(field),
        )
        if things.phrased or voice.chance(0.4):
            what += f" of {p}"
        verb = "has" if verb not in ("has", "had") else verb
    else:
        what = (
            voice.say(
                "[most|most|most|largest number of|highest number of|greatest number of]"
                if down
                else "[fewest|least|smallest number of|lowest number of]"
            )
            + f" {p}"
        )
    if many:
        text = voice.say(
            "[Which {x} {gs} {v} the {w}?|[list|show|what are|give me|find] the {x} {gs} with the {w}|[top|the top|show the top|list "
            "the top] {x} {gs} by {by}|[What are|Show me] the [top |]{x} {gs} with the {w}]"
            if down
            else "[Which {x} {gs} {v} the {w}?|[list|show|what are|give me] the {x} {gs} with the {w}]",
            x=x,
            gs=plural(one),
            v=verb.replace("has written", "have written").replace("has", "have"),
            w=what,
            by=what.split(" ", 1)[1] if measured[0] != "count" else f"number of {p}",
        )
        hope: Hope = "several"
    else:
        start = "Who" if person and voice.chance(0.45) else f"{voice.pick('[Which|Which|What]')} {one}"
        text = voice.say(
            "[{s} {v} the {w}?|{s} {v} the {w}?|[show|find|give me|name|tell me] the {g} with the {w}|{g} with [the |]{w}|What is "
            "the {g} with the {w}?|In which {g} are there the {w}?|{s} has the {w}?]"
            if not person
            else "[{s} {v} the {w}?|{s} {v} the {w}?|[show|find|give me|tell me|name] the {g} with the {w}|{g} with the {w}|{s} has the "
            "{w}?|What is the name of the {g} [with|who {v}] the {w}?]",
            s=start,
            v=verb,
            w=what,
            g=one,
        )
        hope = "one"
        if measured[0] == "count" and not things.phrased and key[0] not in ("year", "month") and voice.chance(0.12) and down:
            text = voice.say(
                "[What is the most [common|frequent] {g} [of|among|for] [the |]{p}?|[Which|What] {g} is [the most common|most common|"
                "the most frequent] among [the |]{p}?|most [common|frequent] {g} of {p}|[Which|What] {g} occurs most often [among|"
                "for|in] [the |]{p}?]",
                g=one,
                p=p,
            )
    shown: tuple[Part, ...] = key
    if voice.chance(0.1):
        shown = (*key, *measured)
        text = (
            text.rstrip("?")
            + voice.pick(
                "[, and how many|, and how many is it|, with the number]"
                if measured[0] == "count"
                else "[, and how much is it|, and what is it]"
            )
            + ("?" if text.endswith("?") else "")
        )
    return Question(text, given(*shown, *things.where, "group", *key, "order", "desc" if down else "asc", *measured, "limit", *count), hope)


def having(ask: Asking) -> Question:
    """The groups that are large enough."""
    voice = ask.voice
    entity, key, one, many, person = _group_by(ask)
    operation = ask.rng.choices(("gt", "ge", "lt", "eq", "le"), (4, 3, 1.5, 1.5, 0.5))[0]
    measures = [f for f in entity.having("measure") if f.type == "number" and len(f.values) > 2 and f.token not in key]
    pronoun = "who" if person else "that"
    if measures and voice.chance(0.35) and operation in ("gt", "lt"):
        field = ask.rng.choice(measures)
        how = ask.rng.choice(("avg", "sum")) if summable(field) else "avg"
        threshold = ask.conditions.threshold(field) * (1 if how == "avg" else 3)
        x, later = ask.draft.number(threshold, any(w in MONEY for w in field.words))
        spoken = voice.say(
            "[above|over|greater than|of more than|higher than|exceeding]" if operation == "gt" else "[below|under|less than|lower than]"
        )
        t = voice.pick("[average|mean]" if how == "avg" else "[total|combined|overall]")
        text = voice.say(
            "[Which {gs} have [a|an] {t} {c} {s} {x}?|[list|show|find|show me|give me] [all |the |]{gs} [with|{w} have] a {t} {c} "
            "{s} {x}|{gs} with [a |]{t} {c} {s} {x}|[list|show|find] [all |the |]{gs} whose {t} {c} is {s} {x}]",
            gs=many,
            t=t,
            c=voice.column(field),
            s=spoken,
            x=x,
            w=pronoun,
        ).replace(" is of more", " is more")
        return Question(text, given(*key, "group", *key, "having", operation, how, field.token, later), "some", given(*key, "group", *key))
    x, later = ask.draft.number(ask.rng.choices((1, 2, 3, 4, 5, 6, 8, 10, 15, 20), (5, 5, 4, 3, 4, 2, 1, 3, 1, 1))[0])
    spoken = {
        "gt": "[more than|over]",
        "ge": "[at least|no fewer than]",
        "lt": "[fewer than|less than]",
        "eq": "[exactly|just]",
        "le": "[at most|no more than]",
    }[operation]
    p = voice.entity(entity, True)
    text = voice.say(
        f"[Which {{gs}} have {spoken} {{x}} {{p}}?|[list|show|find|show me|give me|name] [all |the |]{{gs}} [with|{{w}} have|having] "
        f"{spoken} {{x}} {{p}}|{{gs}} with {spoken} {{x}} {{p}}|What are the {{gs}} with {spoken} {{x}} {{p}}?|[Which|What] {{gs}} "
        f"[appear|occur] {spoken} {{x}} times [among|for] [the |]{{p}}?]",
        gs=many,
        x=x,
        p=p,
        w=pronoun,
    )
    return Question(text, given(*key, "group", *key, "having", operation, "count", entity.token, later), "some", given(*key, "group", *key))
