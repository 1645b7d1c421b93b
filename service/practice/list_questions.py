"""Questions for rows and for columns: lists, different values, whole tables, the first few by some measure."""

from __future__ import annotations

from service.practice.asking import Asking
from service.practice.asking import Question
from service.practice.asking import given
from service.practice.conditions import NothingToSay
from service.practice.conditions import columns_said
from service.practice.conditions import extreme
from service.practice.conditions import greatest_first
from service.practice.lexicon import COUNTRIES
from service.practice.lexicon import PLACES
from service.practice.phrasing import Part
from service.practice.phrasing import Things
from service.practice.phrasing import forms
from service.practice.phrasing import measure_of
from service.practice.study import Entity


SHOW = (
    "[list|show|show me|give me|find|get|display|which are|what are|tell me|I need|return|fetch|provide|i want to see|pull up|look up|"
    "print]"
)


def list_rows(ask: Asking) -> Question:
    """The rows under a condition, by their names."""
    voice = ask.voice
    entity = ask.entity()
    things = ask.things(entity, least=1, depth=2)
    phrase = things.said(voice)
    shown = ask.shown(entity)
    names = voice.pick("[names|names|name]") if entity.naming else ""
    if entity.naming and entity.naming[0].words[-1] == "title":
        names = "titles"
    options = [f"{SHOW} [all |all the |the |every|]{{p}}".replace("every|", "")] * 3 + [
        "{p}",
        "Which {p} [are there|do we have|exist]?",
        "What {p} do we have?",
        "Do we have any {p}?",
        "Are there any {p}?",
        "I'm looking for {p}",
        "[Can|Could] you [list|show me] [all|the] {p}?",
        "Any {p}?",
    ]
    if entity.naming:
        options += [f"{SHOW} the {names} of [all |the |]{{p}}"] * 2 + [
            f"[What are|What're] the {names} of [the |all |]{{p}}?",
            f"{names} of {{p}}",
        ]
    text = voice.say(ask.rng.choice(options), p=phrase)
    single = [p for p in things.phrased if p.after and not p.before]
    if len(single) == len(things.phrased) and voice.chance(0.4):
        text = relative_question(ask, things) or text
    if len(things.phrased) == 1 and voice.chance(0.06):
        text = f"{things.phrased[0].bare} {voice.entity(entity, True)}"
    distinct = ("distinct",) if things.multiplies and entity.naming else ()
    if things.multiplies and not entity.naming:
        raise NothingToSay
    return Question(text, given(*distinct, *shown, *things.where), "some", given(*distinct, *shown))


def relative_question(ask: Asking, things: Things) -> str:
    """ "Which products cost more than 20?", "Who lives in Oslo?": the condition as the verb of the question."""
    voice, entity = ask.voice, things.entity
    after = f" {things.joiner} ".join(p.after for p in things.phrased)
    many = not (entity.person and voice.chance(0.55))
    for relative in ("@ ", "who ", "that ", "which "):
        if after.startswith(relative):
            rest = after[len(relative) :]
            break
    else:
        if after.startswith(("whose", "with", "where", "of which", "for which", "@")):
            rest = after.replace("with ", "have ", 1) if after.startswith("with ") and many else ""
            if not rest:
                return ""
        else:
            if after.startswith(("except", "other than")):
                return ""
            rest = (
                f"<are/is> {after}"
                if not after.startswith(("having", "containing", "costing", "weighing", "earning", "born", "starting", "beginning"))
                else ""
            )
            if not rest:
                return ""
    if "@" in rest:
        rest = rest.replace("@ ", "")
    start = "who" if not many else voice.pick("[which|what|which|which of our|which of the]") + " " + voice.entity(entity, True)
    return forms(f"{start} {rest}?", many)


def list_column(ask: Asking) -> Question:
    """Other columns than the name, for rows under a condition."""
    voice = ask.voice
    entity = ask.entity(lambda e: len(e.fields) > 2)
    fields = [f for f in entity.fields if f.role not in ("id",) and f.values]
    if not fields:
        raise NothingToSay
    count = min(ask.rng.choices((1, 2, 3), (6, 3, 1))[0], len(fields))
    chosen = ask.rng.sample(fields, count)
    things = ask.things(entity, least=1 if voice.chance(0.88) else 0, depth=2)
    if entity.naming and voice.chance(0.3) and count <= 2 and not set(chosen) & set(entity.naming):
        chosen = [*entity.naming, *chosen]
        said = " ".join(
            [
                voice.pick("[name and|names and|name,|the name and]"),
                columns_said(voice, [f for f in chosen if f not in entity.naming], voice.chance(0.5)),
            ]
        )
    else:
        said = columns_said(voice, chosen, voice.chance(0.6))
    tail = ""
    order: tuple[Part, ...] = ()
    if voice.chance(0.15):
        by = ask.rng.choice(fields)
        down = voice.chance(0.4)
        order = ("order", "desc" if down else "asc", by.token)
        tail = voice.say(
            "[, sorted by {c}|, ordered by {c}| sorted by {c}| in order of {c}]"
            if not down
            else "[, sorted by {c} [descending|in descending order|from high to low|, highest first]|, ordered by {c} in descending order]",
            c=voice.column(by),
        )
    text = voice.say(
        "[[what are|what is] the {c} of {p}{t}?|[what are|what is] the {c} [of|for] [the|all|all the] {p}{t}?|"
        + SHOW
        + " the {c} of [all |the |all the |]{p}{t}|{c} of {p}{t}|"
        + SHOW
        + " the {c} [for|of] [each of the|every one of the|all] {p}{t}|For [all|the] {p}, [what are|show|give me|list] the {c}{t}|{p}: "
        "{c}{t}]",
        c=said,
        p=things.said(voice),
        t=tail,
    )
    if things.multiplies:
        raise NothingToSay
    tokens = tuple(f.token for f in chosen)
    return Question(text, given(*tokens, *things.where, *order), "some", given(*tokens) if things.phrased else ())


def different(ask: Asking) -> Question:
    """The different values of a column, or how many there are."""
    voice = ask.voice
    entity = ask.entity()
    fields = [f for f in entity.having("category", "place", "label") if len(f.values) < f.rows]
    if not fields:
        raise NothingToSay
    field = ask.rng.choice(fields)
    things = ask.things(entity, most=1, depth=1)
    if things.phrased and field.token in things.condition:
        raise NothingToSay
    c, p = voice.columns(field), things.said(voice)
    if voice.chance(0.45):
        origin = "do the {p} come from" if field.role == "place" else "do the {p} have"
        text = voice.say(
            "[How many|What number of] [different|distinct|unique|] {c} [do [the |our |]{p} have|are there [for|among|in] [the |all |"
            "]{p}]?|[count|number of|the number of|total number of] [different|distinct|unique] {c} [of|among|across|for] {p}"
            if voice.chance(0.3)
            else "How many [different|distinct|unique|separate|various] {c} [are there|exist|do we have|are there [among|for] [the |]{p}|"
            "do {p} have|" + origin + "]?",
            c=c,
            p=p,
        )
        if things.phrased and things.entity.noun not in text and p not in text:
            raise NothingToSay
        return Question(text, given("unique", field.token, *things.where), "number", given("unique", field.token) if things.phrased else ())
    text = voice.say(
        "[[What|Which] [different|distinct|unique|] {c} [are there [for|among] {p}|do [the |our |]{p} have]?|[list|show|give me|show "
        "me] [all|the] [different|distinct|unique] {c} of [the |]{p}|[What are the|list the] [different|distinct|unique|] {c} of "
        "[the |all |]{p}|[different|distinct|unique] {c} of {p}|{c} of {p}, without [duplicates|repeats]]",
        c=c,
        p=p,
    )
    return Question(
        text, given("distinct", field.token, *things.where), "several", given("distinct", field.token) if things.phrased else ()
    )


def every_row(ask: Asking) -> Question:
    """A whole, small table."""
    voice = ask.voice
    entity = ask.entity(lambda e: e.rows <= 80)
    p = voice.entity(entity, True)
    fields = [f for f in entity.fields if f.role not in ("id", "text") and f.values]
    if entity.naming and voice.chance(0.6):
        by = ask.rng.choice(fields)
        order: tuple[Part, ...] = ()
        tail = ""
        if voice.chance(0.4):
            down = voice.chance(0.45)
            order = ("order", "desc" if down else "asc", by.token)
            tail = voice.say(
                "[ sorted by {c}| ordered by {c}| by {c}|, in order of {c}]"
                if not down
                else "[ in reverse order of {c}| sorted by {c} descending| by {c} in descending order| by {c}, from z to a]"
                if by.type == "text"
                else "[ sorted by {c}, [descending|highest first|latest first|from high to low]| by {c} in descending order| from "
                "[highest|largest] to [lowest|smallest] {c}]",
                c=voice.column(by),
            )
        text = voice.say(
            f"[{SHOW} [all|all the|the|our] {{p}}{{t}}|{SHOW} the names of all {{p}}{{t}}|Which {{p}} [do we have|are there]{{t}}?|"
            f"all {{p}}{{t}}]",
            p=p,
            t=tail,
        )
        return Question(text, given(*ask.shown(entity), *order), "several")
    if not fields:
        raise NothingToSay
    if voice.chance(0.4):
        text = voice.say(
            f"[{SHOW} [all [details|information|data] [of|on|about]|everything about] [all |the |]{{p}}|[show|give me] the [whole|"
            f"entire|full] [table of {{p}}|{{p}} table|list of {{p}}]]",
            p=p,
        )
        return Question(text, given(entity.token), "several")
    chosen = ask.rng.sample(fields, min(len(fields), ask.rng.choice((1, 2, 2, 3))))
    text = voice.say(
        f"[{SHOW} the {{c}} of [all|all the|every one of the|the] {{p}}|[What are|list] the {{c}} of [all|the] {{p}}|{{c}} of all {{p}}]",
        c=columns_said(voice, chosen, voice.chance(0.6)),
        p=p,
    )
    return Question(text, given(*(f.token for f in chosen)), "several")


def parent_list(ask: Asking) -> Question:
    """Columns of two tables side by side: "show each order with the name of its customer"."""
    voice = ask.voice
    key = ask.key(lambda k: bool(ask.study.entities[k.other_table].naming))
    entity, other = ask.study.entities[key.table], ask.study.entities[key.other_table]
    fields = [f for f in entity.fields if f.role not in ("id", "text") and f.values]
    if not fields:
        raise NothingToSay
    own = list(entity.naming) if entity.naming and voice.chance(0.7) else [ask.rng.choice(fields)]
    things = ask.things(entity, most=1, depth=0) if voice.chance(0.6) else Things(entity)
    if things.multiplies:
        raise NothingToSay
    said = "name" if own == list(entity.naming) else columns_said(voice, own, False)
    text = voice.say(
        "[show|list|give me|display|find] [[each|every] {n}'s {c} and {o}|the {c} of [each|every] {n} [and|with|together with|along "
        "with] [the name of |]its {o}|the {c} and {o} of [all |the |]{p}]|{c} and {o} of {p}|What are the {c} and {o} of {p}?",
        n=Things(entity, things.phrased).said(voice, False),
        c=said,
        o=voice.entity(other, False),
        p=things.said(voice),
    )
    return Question(text, given(*(f.token for f in own), *ask.shown(other), *things.where), "some")


def superlative(ask: Asking) -> Question:
    """The row that comes first by some measure or date; its name, or another column of it."""
    voice = ask.voice
    entity = ask.entity(lambda e: bool(e.naming) and any(f.role in ("measure", "date", "year") and len(f.values) > 2 for f in e.fields))
    field = ask.rng.choice([f for f in entity.having("measure", "date", "year") if len(f.values) > 2])
    down = greatest_first(voice, field, 0.62)
    if field.role == "measure" and field.type != "number":
        raise NothingToSay
    things = ask.things(entity, most=1) if voice.chance(0.45) else Things(entity)
    if things.multiplies:
        raise NothingToSay
    many = False
    count: tuple[Part, ...] = ("1",)
    number = ""
    if voice.chance(0.28):
        wanted = ask.rng.choice((2, 3, 3, 4, 5, 5, 10, 10, 15, 20))
        if wanted >= entity.rows:
            raise NothingToSay
        number, later = ask.draft.number(wanted)
        count, many = (later,), True
    adjective, tail = extreme(voice, entity, field, down)
    noun = things.said(voice, many) + (everywhere(ask, entity) if not things.phrased else "")
    order: tuple[Part, ...] = ("order", "desc" if down else "asc", field.token, "limit", *count)
    shown: tuple[Part, ...] = ask.shown(entity)
    others = [f for f in entity.fields if f not in entity.naming and f is not field and f.role not in ("id", "text") and f.values]
    if not many and others and voice.chance(0.18):
        other = ask.rng.choice(others)
        phrase = f"the {adjective} {noun}" if adjective else f"the {noun} with the {tail}"
        text = voice.say(
            "[What is|What's|Give me|Show me|Tell me|Find] the {c} of {p}?|{c} of {p}"
            if voice.chance(0.1)
            else "[What is|What's|what was] the {c} of {p}?",
            c=voice.column(other),
            p=phrase,
        )
        return Question(text, given(other.token, *things.where, *order), "one")
    if not many and voice.chance(0.1):
        shown = (*shown, field.token)
        phrase = f"the {adjective} {noun}" if adjective else f"the {noun} with the {tail}"
        text = voice.say(
            "[[Which|What] is {p}, and what is its {c}?|[Show|Give me] {p} and its {c}|Name and {c} of {p}]",
            p=phrase,
            c=voice.column(field),
        )
        return Question(text, given(*shown, *things.where, *order), "one")
    if many:
        if adjective:
            text = voice.say(
                "[list|show|show me|give me|what are|find|which are|tell me|name] the {x} {a} {p}|the {x} {a} {p}|{x} {a} {p}|What "
                "are the names of the {x} {a} {p}?|Which {x} {p} are the {a}?"
                if voice.chance(0.5)
                else "[list|show|give me|what are|which are|display|name] [our|the] {x} {a} {p}",
                x=number,
                a=adjective,
                p=noun,
            )
        else:
            first = "top" if down else "bottom"
            text = voice.say(
                f"[list|show|show me|give me|what are|find|which are] the [{first} |]{{x}} {{p}} [with|by] the {{t}}|[list|show|give "
                f"me|what are] the {first} {{x}} {{p}} by {{c}}",
                x=number,
                p=noun,
                t=tail,
                c=voice.column(field),
            )
        return Question(text, given(*shown, *things.where, *order), "several")
    options = []
    who = "Who" if entity.person else "What"
    if adjective:
        options += [
            f"{who} is the {{a}} {{p}}?",
            "Which {p} is the {a}?",
            "[name of|name|show|show me|find|give me|get] the {a} {p}",
            "the {a} {p}",
            "{a} {p}",
            "[What is|What's] the name of the {a} {p}?",
            "[Which|What] is [the|our] {a} {p}?",
            "[Can|Could] you [tell|show] me the {a} {p}?",
            "[Who|What] is our {a} {p}?".replace("[Who|What]", who),
        ]
    else:
        options += [
            "Which {p} has the {t}?",
            f"{who} has the {{t}}[ among {{ps}}|]?" if not things.phrased and entity.person else "Which {p} has the {t}?",
            "[What is|What's|Show|Give me|Find] the {p} with the {t}",
            "{p} with the {t}",
            "[Which|What] {p} [has got|has] the {t}?",
            "What is the name of the {p} with the {t}?",
        ]
    text = voice.say(ask.rng.choice(options), a=adjective, p=noun, t=tail, ps=voice.entity(entity, True))
    measure = measure_of(field)
    if measure and measure.top and down and voice.chance(0.3):
        start = "Who" if entity.person and not things.phrased else f"Which {noun}"
        text = f"{start} {ask.rng.choice(measure.top)}?" if entity.person or "earns" not in measure.top[0] else text
    return Question(text, given(*shown, *things.where, *order), "one")


def everywhere(ask: Asking, entity: Entity) -> str:
    """Now and then words for the place that all rows are in, which ask for no condition: "the longest river in the USA"."""
    same = [f for f in entity.fields if len(f.values) == 1 and f.type == "text" and any(w in PLACES for w in f.words)]
    if not same or not ask.voice.chance(0.3):
        return ""
    stored = str(same[0].values[0])
    return f" in {ask.rng.choice(COUNTRIES.get(stored.lower(), (stored,)))}"


def above_average(ask: Asking) -> Question:
    voice = ask.voice
    entity = ask.entity(lambda e: any(f.role == "measure" and f.type == "number" for f in e.fields))
    field = ask.measure(entity)
    above = voice.chance(0.65)
    c, p = voice.column(field), voice.entity(entity, True)
    condition: tuple[Part, ...] = ("gt" if above else "lt", field.token, "select", "avg", field.token, "end")
    spoken = voice.say("[above|higher than|over|greater than|more than]" if above else "[below|lower than|under|less than]")
    measure = measure_of(field)
    if field.counting:
        phrase = voice.say(
            "{p} [with|that have|having] {m} {c} than [average|the average|the average {n}]",
            p=p,
            n=voice.entity(entity, False),
            m=voice.pick("[more]" if above else "[fewer|less]"),
            c=voice.columns(field).removeprefix("number of "),
        )
    elif measure and voice.chance(0.4):
        text = forms(ask.rng.choice(measure.above if above else measure.below).format(x=voice.pick("[average|the average]")), True)
        if not entity.person:
            text = text.replace("who ", "that ")
        phrase = f"{p} {text}"
        if any(
            w in text
            for w in (
                " years old",
                " in stock",
                " stars",
                " people",
                " inhabitants",
                " residents",
                "space for",
                "running",
                "units",
                " tall",
                " long",
                "funding",
                "to spend",
            )
        ):
            phrase = f"{p} with {c} {spoken} average"
    else:
        phrase = voice.say(
            "{p} [with [a|] {c} {s} [average|the average|the mean|the average {c}]|whose {c} is {s} [average|the average|that of the "
            "average {n}]|@ <have/has> an {s}-average {c}]"
            if spoken in ("above", "below")
            else "{p} [with a {c} {s} [average|the average]|whose {c} is {s} [the average|average]]",
            p=p,
            c=c,
            s=spoken,
            n=voice.entity(entity, False),
        )
        phrase = forms(phrase.replace("@", "who" if entity.person else "that"), True)
    if voice.chance(0.35):
        text = voice.say("[How many {p} [are there|do we have|]?|[count|number of] {p}|[What is|What's] the number of {p}?]", p=phrase)
        return Question(text, given("count", entity.token, "where", *condition), "number")
    text = voice.say(f"[{SHOW} [all |the |]{{p}}|Which {{p}} [are there|do we have]?|{{p}}]", p=phrase)
    return Question(text, given(*ask.shown(entity), "where", *condition), "some")
