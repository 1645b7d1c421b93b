"""Questions for one number: how many, how much, on average."""

from __future__ import annotations

from service.practice.asking import Asking
from service.practice.asking import Question
from service.practice.asking import given
from service.practice.asking import summable
from service.practice.conditions import NothingToSay
from service.practice.lexicon import MONEY
from service.practice.list_questions import relative_question
from service.practice.list_questions import everywhere
from service.practice.phrasing import Part
from service.practice.phrasing import measure_of


def count_rows(ask: Asking) -> Question:
    voice = ask.voice
    entity = ask.entity()
    things = ask.things(entity, least=1 if voice.chance(0.82) else 0, depth=2)
    if things.multiplies or entity.repeated:
        if len(entity.naming) != 1:
            raise NothingToSay
        counted: tuple[Part, ...] = ("unique", entity.naming[0].token)
    else:
        counted = ("count", entity.token)
    p = things.said(voice) + ("" if things.phrased else everywhere(ask, entity))
    templates = [
        "How many {p} [are there|do we have|exist|are in the database|are there in total|have we got|are on record|did we have|were "
        "there|can you find]?",
        "How many {p}[?|]",
        "[What is|What's] the [total |overall |]number of {p}?",
        "[count|number of|count of|total number of|total|# of] {p}",
        "[count|count the number of|tell me the number of|give me the number of|find the number of|give me a count of|show the count "
        "of|calculate the number of] [all |the |]{p}",
        "[Can|Could] you count [the |all |all the |]{p}?",
        "[Do you know|Can you tell me|Tell me|I'd like to know|I want to know|Please tell me] how many {p} [there are|we have|exist]",
    ]
    text = voice.say(ask.rng.choices(templates, (6, 2, 3, 2, 2, 0.7, 2))[0], p=p)
    if things.phrased and all(p.after and not p.before for p in things.phrased) and voice.chance(0.4):
        relative = relative_question(ask, things)
        if relative.startswith(("which ", "what ")) and " of our " not in relative and " of the " not in relative.split("?")[0][:14]:
            text = "how many " + relative.split(" ", 1)[1]
    elif len(things.phrased) == 1 and things.phrased[0].before and voice.chance(0.3):
        text = voice.say("How many [of the|of our] {n} are {v}?", n=voice.entity(entity, True), v=things.phrased[0].before)
    return Question(text, given(*counted, *things.where), "number", given(*counted) if things.phrased else ())


TOTALS = {
    "sum": "[total|combined|summed|overall|sum of the|total of the|sum of|whole|cumulative]",
    "avg": "[average|mean|avg|average|typical]",
    "max": "[highest|maximum|largest|max|biggest|greatest|top]",
    "min": "[lowest|minimum|smallest|min|least]",
}


def aggregate(ask: Asking) -> Question:
    """A sum, an average, a highest or a lowest."""
    voice = ask.voice
    entity = ask.entity(lambda e: any(f.role == "measure" and f.type == "number" for f in e.fields))
    field = ask.measure(entity)
    operation = ask.rng.choices(("sum", "avg", "max", "min"), (4 if summable(field) else 0.1, 4, 1.6, 1.6))[0]
    things = ask.things(entity, least=1 if voice.chance(0.72) else 0, depth=2)
    if things.multiplies and operation in ("sum", "avg"):
        raise NothingToSay
    p, c = things.said(voice), voice.column(field)
    total = voice.pick(TOTALS[operation])
    money = any(w in MONEY for w in field.words)
    templates = [
        "What is the {t} {c} of [all |the |]{p}?",
        "What's the {t} {c} [of|for] {p}?",
        "[give me|show me|calculate|find|compute|tell me|work out|determine|get] the {t} {c} [of|for] [all |the |]{p}",
        "{t} {c} of {p}",
        "{t} {c} {p}",
        "What was the {t} {c} [of|for|across|over] [all |the |]{p}?",
        "[Can|Could] you [tell|give] me the {t} {c} of {p}?",
        "I [need|want|would like] the {t} {c} [of|for] {p}",
        "For {p}, what is the {t} {c}?",
    ]
    if operation == "sum":
        templates += (
            [
                "How much {c} [in total|altogether|in all|] do {p} have?",
                "How much {c} is there for {p} [in total|altogether|all together|]?",
                "How much is the {c} of {p} [in total|altogether|combined|summed up]?",
                "[add up|sum up|total up|sum] the {c} of [all |the |]{p}",
                "What do the {cs} of {p} add up to?",
                "{p}, {c} [in total|altogether]",
            ]
            if money or not field.counting
            else [
                "How many {cs} [do|did] {p} have [in total|altogether|in all|combined|all together|overall]?",
                "How many {cs} are there [in total|altogether|in all] [for|across|over] {p}?",
                "[sum|add up] the {cs} of {p}",
            ]
        ) * 2
    elif operation == "avg":
        templates += [
            "What {c} do {p} have on average?",
            "On average, what is the {c} of {p}?",
            "How [high|big] is the {c} of {p} on average?" if not field.counting else "How many {cs} do {p} have on average?",
            "{p}: {c} on average",
            "What is the {c} of [a typical|the average] " + things.said(voice, False) + "?",
        ]
        measure = measure_of(field)
        if measure and measure.how:
            how = ask.rng.choice(measure.how)
            asked = {
                "How old is {n}": "How old are {p} on average?",
                "How tall is {n}": "How tall are {p} on average?",
                "How much does {n} cost": "How much do {p} cost on average?",
                "How much does {n} earn": "How much do {p} earn on average?",
                "How long is {n}": "How long are {p} on average?",
                "How much does {n} weigh": "How much do {p} weigh on average?",
                "How long does {n} last": "How long do {p} [last|take] on average?",
            }.get(how)
            if asked and ("earn" not in asked or entity.person):
                templates += [asked, asked, asked.replace("on average", "[typically|on average|usually]")]
    c_many = voice.columns(field).removeprefix("number of ")
    text = voice.say(ask.rng.choice(templates), t=total, c=c, cs=c_many, p=p)
    if len(things.phrased) == 1 and voice.chance(0.07):
        text = f"{total} {c} {things.phrased[0].bare}"
    return Question(
        text,
        given(operation, field.token, *things.where),
        "number",
        given(operation, field.token) if things.phrased and operation in ("sum", "avg") else (),
    )


def several_aggregates(ask: Asking) -> Question:
    voice = ask.voice
    entity = ask.entity(lambda e: any(f.role == "measure" and f.type == "number" for f in e.fields))
    field = ask.measure(entity)
    things = ask.things(entity, most=1)
    if things.multiplies:
        raise NothingToSay
    operations = ask.rng.choice(
        (("min", "max"), ("max", "min"), ("avg", "max"), ("min", "avg", "max"), ("avg", "min", "max"), ("sum", "avg"))
    )
    words = [voice.pick("[total|combined|overall]" if o == "sum" else TOTALS[o]) for o in operations]
    said = ", ".join(words[:-1]) + " and " + words[-1]
    text = voice.say(
        "[What are the|What is the|Give me the|Show the|Show me the|I need the|] {o} {c} of [all |the |]{p}[?|]",
        o=said,
        c=voice.column(field),
        p=things.said(voice),
    )
    return Question(text, given(*(part for o in operations for part in (o, field.token)), *things.where), "one")
