"""Questions about rows by way of others: by the row they belong to, by what only one of them has, by ties to rows of their own table."""

from __future__ import annotations

from service.practice.asking import Asking
from service.practice.asking import Question
from service.practice.asking import given
from service.practice.conditions import NothingToSay
from service.practice.conditions import extreme
from service.practice.conditions import greatest_first
from service.practice.conditions import tie_said
from service.practice.phrasing import Part
from service.practice.phrasing import forms
from service.practice.phrasing import measure_of


def look_up_of_parent(ask: Asking) -> Question:
    """A property of a row that has no name of its own, by the row it belongs to: "the highest elevation in Texas"."""
    voice = ask.voice
    key = ask.key(
        lambda k: (
            bool(ask.study.entities[k.other_table].naming)
            and len(ask.study.field(k.table, k.column).values) >= 0.9 * ask.study.entities[k.table].rows
        )
    )
    entity, other = ask.study.entities[key.table], ask.study.entities[key.other_table]
    fields = [f for f in entity.fields if f.role not in ("id", "text") and f.values]
    if not fields:
        raise NothingToSay
    field = ask.rng.choice(fields)
    said, condition = ask.conditions.named(other)
    named = voice.say("[{n}|{n}|{n}|the {t} {n}|the {t} of {n}]", n=said, t=voice.entity(other, False))
    templates = [
        "[What is|What's|Give me|Tell me|Show me|Find|Do you know] the {c} [of|in|for] {n}?",
        "[What is|What's] {n}'s {c}?",
        "{c} [of|in|for] {n}",
        "{n}: {c}",
        "What {c} does {n} have?",
        "[can|could] you [tell|give] me the {c} [of|in|for] {n}?",
    ]
    measure = measure_of(field) if field.role == "measure" else None
    if measure and measure.how and len(field.words) > 1 and voice.chance(0.4):  # "highest elevation": how high the highest point is
        templates = [
            form.replace("{n}", f"the {field.words[0]} {place} [of|in] {{n}}") + "?" for form in measure.how for place in ("point", "place")
        ]
    if not entity.naming and len(entity.words) == 1 and voice.chance(0.1):
        templates = ["{c} of the {e} of {n}"]
    text = voice.say(ask.rng.choice(templates), c=voice.column(field), n=named, e=voice.entity(entity, False))
    return Question(text, given(field.token, "where", *condition), "one")


def whose(ask: Asking) -> Question:
    """The row that has a value which few have: "which state is Austin the capital of?"."""
    voice = ask.voice
    entity = ask.entity(lambda e: bool(e.naming))
    fields = [
        f for f in entity.having("label", "category", "code", "contact")
        if f.type == "text" and f not in entity.naming and len(f.values) >= 0.6 * (f.rows - f.nulls) > 2
    ]  # fmt: skip
    if not fields:
        raise NothingToSay
    field = ask.rng.choice(fields)
    value = ask.rng.choice(field.values)
    if not 1 < len(str(value)) <= 40 or str(value) != str(value).strip():
        raise NothingToSay
    said, token = ask.draft.value(field, value)
    text = voice.say(
        "[[Which|What] {e} has {v} as [its |the |]{c}?|[Which|What] {e} has the {c} {v}?|{v} is the {c} of [which|what] {e}?|"
        "[Of which|Of what] {e} is {v} the {c}?|[Which|What] {e} is {v} the {c} of?|Whose {c} is {v}?|[Find|Show|Give me|Name] the {e} with "
        "[the |]{c} {v}|{e} with {c} {v}|[Which|What] is the {e} whose {c} is {v}?]",
        e=voice.entity(entity, False), v=said, c=voice.column(field),
    )  # fmt: skip
    return Question(text, given(*ask.shown(entity), "where", "eq", field.token, token), "one")


def tied(ask: Asking) -> Question:
    """Which rows, or how many, are tied to another row of their own table, and which row has most ties."""
    voice = ask.voice
    if not ask.study.ties:
        raise NothingToSay
    tie = ask.rng.choice(ask.study.ties)
    target = ask.study.field(tie.rows.name, tie.target)
    direct = tie.rows.naming == (target,)
    if direct and voice.chance(0.15):
        down = voice.chance(0.75)
        phrase = ask.rng.choice([t for t in tie_said(tie) if not t.startswith("{v}")] or ["linked to {v}"])
        text = voice.say(
            "[[Which|What] {e} is {p}?|[Which|What] is the {e} {p}?|Name the {e} {p}]", e=voice.entity(tie.rows, False),
            p=forms(phrase, False).format(v=f"{'the most' if down else 'the fewest'} {voice.entity(tie.rows, True)}"),
        ).replace(" is that ", " ").replace(" is which ", " ")  # fmt: skip
        order = ("order", "desc" if down else "asc", "count", tie.other.token, "limit", "1")
        return Question(text, given(tie.one.token, "group", tie.one.token, *order), "one")
    said, inner = ask.conditions.tied_to(tie)
    phrase = forms(ask.rng.choice(tie_said(tie)), True).format(v=said)
    bare = phrase.split(" ", 1)[1] if phrase.startswith(("that ", "which ", "who ")) else phrase  # "that border" -> "border"
    counting = voice.chance(0.3)
    # A verb asks by itself ("which states border"); what is no verb needs one ("which states are next to").
    asks = bare if bare != phrase or phrase.startswith(said) else f"[are |]{bare}"
    template = (
        "[How many {n} $?|How many {n} are there {m}?|number of {n} {m}|count the {n} {m}]"
        if counting
        else "[[Which|What] {n} $?|[What are|Name|List|Give me|Show] [the |all |all the |]{n} {m}|{n} {m}]"
    )
    text = voice.say(template.replace("$", asks), n=voice.entity(tie.rows, True), m=phrase)
    if not direct:
        where = ("where", "in", target.token, "select", tie.other.token, "where", *inner, "end")
        return Question(text, given("count", tie.rows.token, *where) if counting else given(*ask.shown(tie.rows), *where), "some")
    return Question(text, given("count", tie.other.token, "where", *inner) if counting else given(tie.other.token, "where", *inner), "some")


def referred(ask: Asking) -> Question:
    """By a key to rows of the table itself, or by one of several to another table: "who is the manager of …", "whose destination is …"."""
    voice = ask.voice
    if not ask.study.references:
        raise NothingToSay
    key = ask.rng.choice(ask.study.references)
    entity, other = ask.study.entities[key.table], ask.study.entities[key.other_table]
    field = ask.study.field(key.table, key.column)
    words = [word for word in field.words if word not in ("id", "code", "key", "no", "number", "ref")]
    if not words:
        raise NothingToSay
    role, nouns = " ".join(words), voice.entity(entity, True)
    naming = tuple(part for f in other.naming for part in ("via", field.token, f.token))
    roll = ask.rng.random()
    if roll < 0.3:
        said, condition = ask.conditions.named(entity)
        text = voice.say(
            "[[Who|What] is the {r} of {n}?|[What is|What's|Tell me|Give me] {n}'s {r}?|{r} of {n}|{n}: {r}|[Who|What] does {n} have as "
            "{r}?|name the {r} of {n}]", r=role, n=said,
        )  # fmt: skip
        return Question(text, given(*naming, "where", *condition), "one")
    if roll < 0.5:
        fields = [f for f in other.fields if f.role not in ("id", "text") and f.values and f not in other.naming]
        if not fields:
            raise NothingToSay
        far = ask.rng.choice(fields)
        said, condition = ask.conditions.named(entity)
        text = voice.say(
            "[[What is|What's|Tell me|Give me] the {c} of the {r} of {n}?|{c} of {n}'s {r}|What {c} does the {r} of {n} have?|{n}, {r}: {c}]",
            r=role, n=said, c=voice.column(far),
        )  # fmt: skip
        return Question(text, given("via", field.token, far.token, "where", *condition), "one")
    if roll < 0.8:
        target = ask.rng.choice(other.naming)
        said, value = ask.draft.value(target, ask.rng.choice(target.values))
        where = ("where", "eq", "via", field.token, target.token, value)
        counting = voice.chance(0.3)
        text = voice.say(
            "[How many {e} have {v} as [their |]{r}?|number of {e} [with|whose] {r} [is |]{v}|count the {e} whose {r} is {v}]"
            if counting
            else "[[Which|What] {e} have {v} as [their |]{r}?|[List|Show|Name|Give me] [the |all |]{e} whose {r} is {v}|{e} with {v} as {r}|"
            "{e} with {r} {v}]", e=nouns, r=role, v=said,
        )  # fmt: skip
        return Question(text, given("count", entity.token, *where) if counting else given(*ask.shown(entity), *where), "some")
    if roll < 0.9:
        text = voice.say("[List|Show|Give me] [the |all |]{e} [with|and] their {r}|{e} and their {r}s|{e} with {r}", e=nouns, r=role)
        return Question(text, given(*ask.shown(entity), *naming), "several")
    text = voice.say("[How many {e} are there |Number of {e} |{e} ][for each|per|by] {r}", e=nouns, r=role)
    return Question(text, given(*naming, "count", entity.token, "group", *naming), "several")


def parent_of_first(ask: Asking) -> Question:
    """The row to which the first of others belongs: "which state has the longest river?"."""
    voice = ask.voice
    key = ask.key(
        lambda k: (
            bool(ask.study.entities[k.other_table].naming)
            and any(f.type == "number" and len(f.values) > 2 for f in ask.study.entities[k.table].having("measure"))
        )
    )
    entity, other = ask.study.entities[key.table], ask.study.entities[key.other_table]
    field = ask.measure(entity)
    down = greatest_first(voice, field, 0.62)
    adjective, tail = extreme(voice, entity, field, down)
    if not adjective and not entity.naming:
        thing = tail
    else:
        thing = f"{adjective} {voice.entity(entity, False)}" if adjective else f"{voice.entity(entity, False)} with the {tail}"
    extra = [f for f in other.fields if f not in other.naming and f.role in ("measure", "place", "category", "label") and f.values]
    if extra and voice.chance(0.25):
        shown = ask.rng.choice(extra)
        text = voice.say(
            "[What is|What's|Give me|Show] the {c} of the {o} with the {t}?", c=voice.column(shown), o=voice.entity(other, False), t=thing
        )
        tokens: tuple[Part, ...] = (shown.token,)
    else:
        text = voice.say(
            "[[Which|What] {o} has the {t}?|[Which|What] {o} is the {t} in?|In [which|what] {o} is the {t}?|[What is|Name|Give me] the {o} "
            "with the {t}|the {o} [with|that has] the {t}|[Which|What] {o} [contains|has got] the {t}?]",
            o=voice.entity(other, False), t=thing,
        )  # fmt: skip
        tokens = tuple(f.token for f in other.naming)
    return Question(text, given(*tokens, "order", "desc" if down else "asc", field.token, "limit", "1"), "one")
