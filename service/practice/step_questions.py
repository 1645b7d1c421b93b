"""Questions that take more than one step: shares, differences, and calculations on what a query gave."""

from __future__ import annotations

from service.practice.asking import Asking
from service.practice.asking import Question
from service.practice.asking import query
from service.practice.asking import summable
from service.practice.conditions import NothingToSay
from service.practice.phrasing import Part
from service.practice.phrasing import forms
from service.practice.total_questions import TOTALS


def share(ask: Asking) -> Question:
    """What part of the rows, or of a total, meets a condition."""
    voice = ask.voice
    entity = ask.entity(lambda e: e.rows > 5)
    things = ask.things(entity, least=1, most=1, depth=1)
    if things.multiplies or "or" in things.condition:
        raise NothingToSay
    nouns = voice.entity(entity, True)
    phrased = things.phrased[0]
    if voice.chance(0.65):
        what: tuple[Part, ...] = ("count", entity.token)
        p = things.said(voice, noun=nouns)
        rest = phrased.before or phrased.after
        described = forms(
            f"are {rest}"
            if phrased.before or not rest.startswith(("with", "@", "whose", "that", "where", "who", "having"))
            else rest.removeprefix("@ ").replace("with ", "have ", 1)
            if rest.startswith(("with ", "@"))
            else "",
            True,
        ).replace("@ ", "")
        if described and "whose" not in described and voice.chance(0.65):
            text = voice.say(
                "[What [percentage|share|percent|proportion] of [the |our |all |]{n} {d}?|[percentage|share] of {n} that {d}|What is "
                "the [percentage|share] of {n} that {d}?|How many percent of [the |our |]{n} {d}?]",
                n=nouns,
                d=described,
            )
        else:
            text = voice.say(
                "[What [percentage|share|percent] of [the |our |]{n} are {p}?|[percentage|share|percent] of {p}|[What is|Calculate] "
                "the [percentage|share|proportion] of {p} [among|out of] all {n}?]",
                n=nouns,
                p=p,
            )
    else:
        field = ask.measure(entity)
        if not summable(field):
            raise NothingToSay
        what = ("sum", field.token)
        p = things.said(voice, noun=nouns)
        text = (
            voice.say(
                "[What [percentage|share|part] of the total {c} [comes from|is from|is due to|do|is made up by] {p}[ make up|]?|"
                "[What is|Calculate] the share of {p} in the total {c}|share of {p} in [the |]total {c}|How many percent of the "
                "total {c} [comes|come] from {p}?]",
                c=voice.column(field),
                p=p,
            )
            .replace("do " + p + "?", "do " + p + " make up?")
            .replace("from " + p + " make up", "from " + p)
        )
    return Question(text, (*query(*what, *things.where), *query(*what), "calc", "share", "r1", "r2", "give", "r3"), "number")


def difference(ask: Asking) -> Question:
    """How far apart two groups are, or what changed from one to the other."""
    voice = ask.voice
    entity = ask.entity()
    fields = [
        f
        for f in entity.having("category", "place")
        if f.type == "text" and 2 <= len(f.values) <= 40 and all(2 < len(str(v)) < 25 for v in f.values)
    ]
    dates = [f for f in entity.having("date") if f.values]
    if not fields and not dates:
        raise NothingToSay
    measures = [f for f in entity.having("measure") if f.type == "number" and len(f.values) > 2]
    if measures and voice.chance(0.65):
        measure = ask.rng.choice(measures)
        operation = ask.rng.choice(("avg", "sum")) if summable(measure) else "avg"
        what: tuple[Part, ...] = (operation, measure.token)
        quantity = f"{voice.pick('[average|mean]' if operation == 'avg' else '[total|combined]')} {voice.column(measure)}"
    else:
        what, quantity = ("count", entity.token), "number"
    nouns = voice.entity(entity, True)
    conditions: list[tuple[Part, ...]]
    if dates and (not fields or voice.chance(0.4)):
        field = ask.rng.choice(dates)
        years = sorted({int(str(v)[:4]) for v in field.values if str(v)[:4].isdigit()})
        if len(years) < 2:
            raise NothingToSay
        early, late = sorted(ask.rng.sample(years, 2))
        (a, token_a), (b, token_b) = ask.draft.year(early), ask.draft.year(late)
        conditions = [("eq", field.token, token_a), ("eq", field.token, token_b)]
        if what[0] != "avg" and voice.chance(0.6):
            text = voice.say(
                "[By how many percent did the {q} of {n} [change|grow|rise|go up|increase] from {a} to {b}?|[What is|What was] the "
                "[percentage change|change in percent|growth in percent] [in|of] the {q} of {n} [from {a} to {b}|between {a} and "
                "{b}]?|[percent|percentage] change of the {q} of {n} from {a} to {b}|How much did the {q} of {n} [change|grow] in "
                "percent between {a} and {b}?]",
                q=quantity,
                n=nouns,
                a=a,
                b=b,
            )
            last: tuple[Part, ...] = ("calc", "change", "r1", "r2")
        else:
            text = voice.say(
                "[How many more {n} were there in {b} than in {a}?|What is the difference [in|between] the {q} of {n} [between|in] "
                "{b} and {a}?]"
                if what[0] == "count"
                else "[What is the difference in {q} of {n} between {b} and {a}?|How much higher was the {q} of {n} in {b} than in {a}?|"
                "How much did the {q} of {n} go up between {a} and {b}?]",
                q=quantity,
                n=nouns,
                a=a,
                b=b,
            )
            last = ("calc", "sub", "r2", "r1")
    else:
        field = ask.rng.choice(fields)
        one, two = ask.rng.sample(field.values, 2)
        (a, value_a), (b, value_b) = ask.draft.value(field, one), ask.draft.value(field, two)
        conditions = [("eq", field.token, value_a), ("eq", field.token, value_b)]
        c = voice.column(field)
        text = voice.say(
            "[How many more {a} {n} than {b} {n} are there?|How many more {n} [are|do we have] [with {c} {a}|in {a}] than [with {c} "
            "{b}|in {b}]?|[What is|What's] the difference between the number of {a} [{n} |]and {b} {n}?]"
            if what[0] == "count"
            else "[How much higher is the {q} of {a} {n} than [that of |the one of |]{b} {n}?|[What is|What's|calculate] the difference "
            "[between|in] the {q} of {a} [{n} |]and {b} {n}?|difference in {q} between {a} and {b} {n}|How much more is the {q} of "
            "{n} with {c} {a} than of those with {c} {b}?]",
            a=a,
            b=b,
            n=nouns,
            c=c,
            q=quantity,
        )
        last = ("calc", "sub", "r1", "r2")
    return Question(text, (*query(*what, "where", *conditions[0]), *query(*what, "where", *conditions[1]), *last, "give", "r3"), "number")


def part_of(ask: Asking) -> Question:
    """A calculation with a number of the question on top of a query: "what is 20 % of the total revenue"."""
    voice = ask.voice
    entity = ask.entity(lambda e: any(f.role == "measure" and f.type == "number" for f in e.fields))
    field = ask.measure(entity)
    named = bool(entity.naming) and voice.chance(0.5)
    operation = ask.rng.choice(("sum", "avg", "max")) if summable(field) else ask.rng.choice(("avg", "max"))
    c = voice.column(field)
    if named:
        said, condition = ask.conditions.named(entity)
        first = query(field.token, "where", *condition)
        subject = voice.say("[the {c} of {n}|{n}'s {c}]", c=c, n=said)
    else:
        things = ask.things(entity, most=1)
        if things.multiplies:
            raise NothingToSay
        first = query(operation, field.token, *things.where)
        subject = voice.say("the {t} {c} of {p}", t=voice.pick(TOTALS[operation]), c=c, p=things.said(voice))
    roll = ask.rng.random()
    if roll < 0.45:
        percent = ask.rng.choice((5, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 80, 2.5, 7.5))
        x, later = ask.draft.number(percent)
        ask.draft.slots[-1].surface = ask.rng.choice((f"{percent}%", f"{percent} %", f"{percent} percent", f"{percent} per cent"))
        text = voice.say(
            "[[What is|What's|How much is|Calculate|Work out] {x} of {s}?|{x} of {s}|[Tell me|Give me] {x} of {s}]", x=x, s=subject
        )
        return Question(text, (*first, "calc", "percent", later, "r1", "give", "r2"), "number")
    if roll < 0.75:
        number = ask.rng.choice((2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 40, 50, 100))
        x, later = ask.draft.number(number)
        if named:
            text = voice.say(
                "[What [do|would] {x} times {s} [come to|make|be]?|What is {x} times {s}?|How much is {s} times {x}?|multiply {s} by "
                "{x}|{x} x {s}|How much [are|do|would] {x} [units of|of] {n} cost?]"
                if any(w in ("price", "cost", "fee", "fare") for w in field.words)
                else "[What is {x} times {s}?|How much is {s} times {x}?|multiply {s} by {x}]",
                x=x,
                s=subject,
                n=said,
            )
        else:
            text = voice.say("[What is {x} times {s}?|How much is {s} times {x}?|multiply {s} by {x}]", x=x, s=subject)
        return Question(text, (*first, "calc", "mul", "r1", later, "give", "r2"), "number")
    if roll < 0.9:
        number = ask.rng.choice((2, 3, 4, 5, 6, 10, 12, 20))
        x, later = ask.draft.number(number)
        text = voice.say(
            "[What is {s} divided by {x}?|divide {s} by {x}|If we split {s} [by|among|between] {x}, how much is each [part|share]?]",
            x=x,
            s=subject,
        )
        return Question(text, (*first, "calc", "div", "r1", later, "give", "r2"), "number")
    x, later = ask.draft.number(ask.conditions.threshold(field))
    text = voice.say(
        "[How much [more|higher] than {x} is {s}?|By how much does {s} exceed {x}?|What is {s} minus {x}?|What is the difference "
        "between {s} and {x}?]",
        x=x,
        s=subject,
    )
    return Question(text, (*first, "calc", "sub", "r1", later, "give", "r2"), "number")


def days_taken(ask: Asking) -> Question:
    """The days between two dates of one row."""
    voice = ask.voice
    entity = ask.entity(lambda e: len(e.having("date")) >= 2)
    dates = [f for f in entity.having("date") if not {"birth", "born", "birthday"} & set(f.words)]
    if len(dates) < 2:
        raise NothingToSay
    first, last = sorted(ask.rng.sample(dates, 2), key=lambda f: sorted(map(str, f.values))[len(f.values) // 2])
    if entity.naming:
        said, condition = ask.conditions.named(entity)
    else:
        primary = next((f for f in entity.fields if f.key == "primary" and f.type == "number"), None)
        if primary is None:
            raise NothingToSay
        number, token = ask.draft.number(ask.rng.choice(primary.values))  # type: ignore[arg-type]
        ask.draft.slots[-1].surface = ask.draft.slots[-1].first
        said, condition = f"{voice.entity(entity, False)} {number}", ("eq", primary.token, token)
    a, b = voice.column(first, 0.2), voice.column(last, 0.2)
    text = voice.say(
        "How many days [were there|passed|are there|lie] between the {a} and the {b} of {n}?|[How many days|How long] was it from "
        "the {a} to the {b} [of|for] {n}?|days between {a} and {b} of {n}|For {n}, how many days are between {a} and {b}?|How many "
        "days after the {a} was the {b} of {n}?",
        a=a,
        b=b,
        n=said,
    )
    return Question(
        text,
        (
            *query(first.token, "where", *condition),
            *query(last.token, "where", *condition),
            "calc",
            "days_between",
            "r1",
            "r2",
            "give",
            "r3",
        ),
        "number",
    )
