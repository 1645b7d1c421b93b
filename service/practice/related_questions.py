"""Questions across tables: what a customer spent, what was never ordered, who did both."""

from __future__ import annotations

from service.practice.asking import Asking
from service.practice.asking import Question
from service.practice.asking import given
from service.practice.asking import summable
from service.practice.conditions import NothingToSay
from service.practice.conditions import date_verb
from service.practice.conditions import relation_of
from service.practice.group_questions import EACH
from service.practice.lexicon import CUSTOMERS
from service.practice.lexicon import MONEY
from service.practice.lexicon import PURCHASES
from service.practice.list_questions import SHOW
from service.practice.phrasing import Part
from service.practice.phrasing import Things
from service.practice.study import Entity
from tools.evidence import ForeignKey


def spending(ask: Asking) -> Question:
    """A product of two columns summed: quantity times price."""
    voice = ask.voice
    found = []
    for name, entity in ask.study.entities.items():
        near = {name} | {k.other_table for k in ask.study.parents if k.table == name}
        quantities = [
            f
            for f in entity.fields
            if f.role == "measure" and f.type == "number" and f.words[-1] in ("quantity", "units", "pieces", "nights", "tickets", "packets")
        ]
        prices = [
            f
            for t in sorted(near)
            for f in ask.study.entities[t].fields
            if f.role == "measure"
            and f.type == "number"
            and any(w in ("price", "cost", "rate", "fare") for w in f.words)
            and "interest" not in f.words
        ]
        found += [(entity, q, p) for q in quantities for p in prices if q is not p]
    if not found:
        raise NothingToSay
    entity, quantity, price = ask.rng.choice(found)
    term: tuple[Part, ...] = ("sum", "mul", quantity.token, price.token)
    p = voice.entity(entity, True)
    roll = ask.rng.random()
    if roll < 0.3:
        text = voice.say(
            "[What is|What's|What was|Calculate|Show|Give me] the [total|overall|combined] [revenue|turnover|value|sales value|"
            "amount|income] [of|from] [all |the |]{p}?|How much [money|revenue] did we make [with|from] {p}[ in total|]?"
            if voice.chance(0.1)
            else "[What is|What's|What was] [our|the] [total|overall|combined|] [revenue|turnover|sales|sales value|income] [of|from] "
            "[all |the |]{p}?",
            p=p,
        )
        return Question(text, given(*term), "number")
    if roll < 0.65:
        reach = [k for k in ask.study.parents if k.table == entity.name] + [
            k for k in ask.study.parents if k.table in {j.other_table for j in ask.study.parents if j.table == entity.name}
        ]
        owners = [k for k in reach if ask.study.entities[k.other_table].naming]
        if not owners:
            raise NothingToSay
        other = ask.study.entities[ask.rng.choice(owners).other_table]
        if voice.chance(0.6):
            said, condition = ask.conditions.named(other)
            text = voice.say(
                "[How much [did|has] {n} [spend|spent] [in total|altogether|so far|]?|How much money has {n} spent?|[What is the|] "
                "total spending of {n}|[What is the|] total spent by {n}|What did {n} spend [in total|altogether]?|How much [revenue|"
                "turnover] did {n} bring [in|us]?]"
                if other.person
                else "[How much [revenue|turnover|money|sales] did {n} [make|generate|bring in]?|[What is|What was] the [total|] [revenue|"
                "turnover|sales] [of|for|from] {n}?|[revenue|turnover|total sales|sales] {n}|How much did we [sell|make] [with|of|"
                "from] {n} in total?]",
                n=said,
            )
            return Question(text, given(*term, "where", *condition), "number", given(*term))
        one = voice.entity(other, False)
        text = voice.say(
            f"[[What is|Show|Give me|calculate] the [total|] [revenue|turnover|sales value|value|spending] {EACH}|[revenue|turnover|"
            f"sales|total spending] {EACH}|How much [revenue|turnover] [per {{g}}|for each {{g}}|does each {{g}} bring in]?]",
            g=one,
        )
        key = ask.shown(other)
        if voice.chance(0.35):
            text = voice.say(
                "[Which {g} [brought in|generated|has] the [most|highest] [revenue|turnover|sales]?|{g} with the [highest|most] "
                "[revenue|turnover]]"
                if not other.person
                else "[Who|Which {g}] [spent the most|spent the most money|has the highest spending|brought in the most revenue]?",
                g=one,
            )
            return Question(text, given(*key, "group", *key, "order", "desc", *term, "limit", "1"), "one")
        return Question(text, given(*key, *term, "group", *key), "several")
    things = ask.things(entity, least=1, most=1, depth=2)
    if things.multiplies:
        raise NothingToSay
    text = voice.say(
        "[What is|What's|What was|Give me|Show] the [total|overall|] [revenue|turnover|value|sales value] [of|from|for] {p}?|"
        "[revenue|turnover|total value] of {p}"
        if voice.chance(0.2)
        else "[What is|What was|Calculate|Tell me] the [total|overall|] [revenue|turnover|value|worth] [of|from] [all |the |]{p}",
        p=things.said(voice),
    )
    return Question(text, given(*term, *things.where), "number", given(*term))


def never(ask: Asking) -> Question:
    """Rows that nothing points at: customers who never ordered."""
    voice = ask.voice
    key = ask.key(lambda k: bool(ask.study.entities[k.other_table].naming))
    child, entity = ask.study.entities[key.table], ask.study.entities[key.other_table]
    target = ask.study.field(key.other_table, key.other_column)
    source = ask.study.field(key.table, key.column)
    verb = ask.rng.choice(relation_of(voice, child, entity, source)[1])
    nouns, noun, p = voice.entity(child, True), voice.entity(child, False), voice.entity(entity, True)
    inner: tuple[Part, ...] = ("select", source.token, "end")
    where: tuple[Part, ...] = ("where", "not", "in", target.token, *inner)
    w = "who" if entity.person else voice.pick("[that|which]")
    if child.words == ("order",) and entity.person and voice.chance(0.35):
        gap = voice.pick(
            f"[{w} never ordered anything|{w} have never ordered|{w} have not ordered anything yet|{w} haven't bought anything|{w} "
            f"have never bought anything]"
        )
    else:
        gap = voice.say(
            "[without [any|a single|] {cs}|without a {c}|with no {cs}|{w} have no {cs}|{w} have never had a {c}|{w} do not have any "
            "{cs}|{w} don't have a {c}|{w} never had any {cs}|not [linked|assigned] to any {c}]"
            if verb in ("has", "had", "contains", "employs", "stores", "carried")
            else "[{w} never {v} [a|any|a single] {c}|{w} have never {v} a {c}|without [any|a single|] {cs}|with no {cs}|{w} have no {cs}|"
            "{w} have not {v} any {cs}|{w} haven't {v} any {cs}]",
            w=w,
            cs=nouns,
            c=noun,
            v=verb,
        )
    phrase = f"{p} {gap}"
    if voice.chance(0.35):
        text = voice.say("[How many {p} [are there|do we have|]?|[count|number of] [the |]{p}|What is the number of {p}?]", p=phrase)
        return Question(text, given("count", entity.token, *where), "number")
    text = voice.say(
        f"[{SHOW} [all |the |]{{p}}|Which {{p}}?|{{p}}|Are there any {{p}}?|[names of|list the names of] [the |all |]{{p}}|Which {{x}}?]",
        p=phrase,
        x=f"{p} {gap.removeprefix(w + ' ')}" if gap.startswith(w) else f"{p} are {gap}",
    )
    return Question(text, given(*ask.shown(entity), *where), "some", given(*ask.shown(entity)))


def both(ask: Asking) -> Question:
    """Rows tied to two things at once, to one but not another, or either of two."""
    voice = ask.voice
    key = ask.key(lambda k: bool(ask.study.entities[k.other_table].naming) and not ask.study.entities[k.table].link)
    child, entity = ask.study.entities[key.table], ask.study.entities[key.other_table]
    first = ask.conditions.any_of(child, 1)
    second = ask.conditions.any_of(child, 1)
    if entity.name in first.tables | second.tables or first.multiplies or second.multiplies:
        raise NothingToSay
    operation = ask.rng.choices(("intersect", "except", "union"), (4, 4, 1))[0]
    shown = ask.shown(entity)
    verb = ask.rng.choice(relation_of(voice, child, entity, ask.study.field(key.table, key.column))[1])
    one, two = Things(child, (first,)).said(voice), Things(child, (second,)).said(voice)
    nouns, w = voice.entity(entity, True), "who" if entity.person else "that"
    have = "have" if verb in ("has", "had") else verb
    text = voice.say(
        {
            "intersect": "[Which {n} {h} both {a} and {b}?|[list|show|find] [all |the |]{n} {w} {h} {a} and also {b}|"
            "{n} with both {a} and {b}|[list|show] [the |all |]{n} with {a} as well as {b}]",
            "except": "[Which {n} {h} {a} but [no|not] {b}?|[list|show|find] [all |the |]{n} {w} {h} {a} but [no|not] {b}|{n} with {a} but "
            "without {b}|[list|show] [the |all |]{n} with {a} except those with {b}]",
            "union": "[Which {n} {h} {a} or {b}?|[list|show|find] [all |the |]{n} {w} {h} [either |]{a} or {b}|{n} with {a} or {b}]",
        }[operation],
        n=nouns,
        h=have,
        a=one,
        b=two,
        w=w,
    )
    arms = tuple(
        part for phrased in (first, second) for part in ("select", *shown, *("join", child.token), "where", *phrased.condition, "end")
    )
    return Question(text, ("query", operation, *arms, "give", "r1"), "some")


_DID: dict[str, tuple[str, ...]] = {
    "order": ("place", "make"),
    "purchase": ("make",),
    "booking": ("make",),
    "reservation": ("make",),
    "rental": ("make",),
    "payment": ("make",),
    "donation": ("make", "give"),
    "review": ("write", "leave"),
    "book": ("write", "publish"),
    "film": ("direct", "make"),
    "movie": ("direct", "make"),
    "song": ("record",),
    "album": ("release", "record"),
    "article": ("write",),
    "paper": ("write", "publish"),
    "ticket": ("open", "raise"),
    "claim": ("file", "make"),
    "trip": ("make", "take"),
    "visit": ("make",),
    "painting": ("paint",),
    "artwork": ("make", "create"),
    "loan": ("take out",),
    "lesson": ("give",),
    "product": ("make", "supply"),
    "course": ("teach", "give"),
    "repair": ("do",),
    "shipment": ("send",),
}


_OFTEN: dict[str, tuple[str, str]] = {
    "order": ("order", "ordered"),
    "purchase": ("buy something", "bought something"),
    "booking": ("book", "booked"),
    "reservation": ("book", "booked"),
    "rental": ("rent something", "rented something"),
    "payment": ("pay", "paid"),
    "donation": ("donate", "donated"),
    "visit": ("visit us", "visited us"),
    "loan": ("borrow something", "borrowed something"),
    "claim": ("file a claim", "filed a claim"),
    "appointment": ("have an appointment", "had an appointment"),
    "trip": ("travel", "travelled"),
    "absence": ("miss work", "missed work"),
    "match": ("play", "played"),
    "concert": ("play", "played"),
    "repair": ("get repaired", "been repaired"),
    "inspection": ("get inspected", "been inspected"),
    "outage": ("go down", "gone down"),
}


def _owner(ask: Asking) -> tuple[Entity, Entity, ForeignKey]:
    key = ask.key(lambda k: bool(ask.study.entities[k.other_table].naming) and not ask.study.entities[k.table].link)
    return ask.study.entities[key.table], ask.study.entities[key.other_table], key


def how_often(ask: Asking) -> Question:
    """How many rows point at a named one: "how many orders did Anna Berg place?"."""
    voice = ask.voice
    child, other, _ = _owner(ask)
    said, condition = ask.conditions.named(other)
    named = said if voice.chance(0.7) else f"{voice.entity(other, False)} {said}"
    word = child.words[-1]
    active = (other.person or word == "product") and (word not in PURCHASES or other.words[-1] in CUSTOMERS)
    things = ask.things(child, most=1, depth=0) if voice.chance(0.25) else Things(child)
    if things.multiplies:
        raise NothingToSay
    p = things.said(voice)
    options = [
        "How many {p} does {n} have?",
        "[number of|count of] {p} [of|for] {n}",
        "How many {p} [are there|do we have] [for|from|of] {n}?",
        "How many {p} has {n} [got|had]?",
        "{n}: how many {p}?",
        "How many {p} [are linked to|belong to] {n}?",
        "[count|count up] {n}'s {p}",
        "How many of the {p} are {n}'s?",
    ]
    if active and word in _DID:
        did = ask.rng.choice(_DID[word])
        options += [f"How many {{p}} did {{n}} {did}?"] * 6
    if active and word in _OFTEN and not things.phrased:
        base, done = _OFTEN[word]
        options += [
            f"How often [did|does] {{n}} {base}?",
            f"How often has {{n}} {done}?",
            f"How many times did {{n}} {base}?",
            f"How many times has {{n}} {done}?",
        ] * 3
    text = voice.say(ask.rng.choice(options), p=p, n=named)
    where = ("and", *condition, *things.condition) if things.phrased else condition
    return Question(text, given("count", child.token, "where", *where), "number", given("count", child.token))


def last_time(ask: Asking) -> Question:
    """The first or the last date, of all rows or of those of a named one."""
    voice = ask.voice
    last = voice.chance(0.68)
    operation = "max" if last else "min"
    extreme = voice.pick("[last|latest|most recent|newest]" if last else "[first|earliest|oldest]")
    if voice.chance(0.6):
        child, other, _ = _owner(ask)
        dates = [f for f in child.having("date") if f.values]
        if not dates:
            raise NothingToSay
        field = ask.rng.choice(dates)
        said, condition = ask.conditions.named(other)
        c = voice.entity(child, False)
        options = [
            "When was {n}'s {x} {c}?",
            "When was the {x} {c} [of|for|from] {n}?",
            "What is the date of {n}'s {x} {c}?",
            "date of the {x} {c} of {n}",
            "{n} {x} {c} date",
            "When did {n} have [its|their|the] {x} {c}?",
        ]
        if len(dates) > 1:
            options = ["What is the {x} {d} of {n}'s {cs}?", "What was the {x} {d} among the {cs} of {n}?", "{x} {d} of {n}'s {cs}"]
        elif other.words[-1] in CUSTOMERS and other.person and child.words[-1] in _OFTEN:
            options += [f"When did {{n}} {'last' if last else 'first'} {_OFTEN[child.words[-1]][0]}?"] * 4 + [
                f"When was the {'last' if last else 'first'} time {{n}} {_OFTEN[child.words[-1]][1]}?"
            ] * 2
        text = voice.say(ask.rng.choice(options), n=said, x=extreme, c=c, cs=voice.entity(child, True), d=voice.column(field))
        return Question(text, given(operation, field.token, "where", *condition), "one")
    entity = ask.entity(lambda e: bool(e.having("date")))
    dates = [f for f in entity.having("date") if f.values]
    field = ask.rng.choice(dates)
    things = ask.things(entity, most=1)
    if any(f.token in p.condition for p in things.phrased for f in dates):
        raise NothingToSay
    verb = date_verb(voice, field)
    if verb and voice.chance(0.65):
        text = voice.say(
            "When was the {x} {p} {v}?|[What is|What was] the date on which the {x} {p} was {v}?"
            if verb not in ("joined", "started", "ended", "died", "opened", "closed", "expired", "finished")
            else "When [has|] the {x} {p} {v}?|What is the {x} [date|day] on which a {p} {v}?",
            x=voice.pick("[last|latest|most recent]" if last else "[first|earliest]"),
            p=things.said(voice, False),
            v=verb,
        )
    else:
        text = voice.say(
            "What is the {x} {d} of [all |the |]{p}?|{x} {d} [of|among] {p}|[find|show|give me] the {x} {d} [for|of|among] {p}",
            x=extreme,
            d=voice.column(field),
            p=things.said(voice),
        )
    return Question(text, given(operation, field.token, *things.where), "one")


_PAID: dict[str, str] = {
    "order": "How much did {n} spend|How much has {n} spent|How much money did {n} spend|What did {n} spend",
    "purchase": "How much did {n} spend|How much has {n} spent",
    "donation": "How much did {n} donate|How much has {n} given|How much money did {n} give",
    "payment": "How much did {n} pay|How much has {n} paid",
    "expense": "How much did {n} spend|How much did {n} claim",
    "loan": "How much did {n} borrow|How much money has {n} borrowed",
    "booking": "How much did {n} spend|How much did {n} pay",
    "invoice": "How much did {n} have to pay|How much was {n} billed",
    "bill": "How much did {n} have to pay|How much was {n} billed",
    "reservation": "How much did {n} pay",
    "claim": "How much did {n} claim",
    "transaction": "How much money did {n} move",
    "ticket": "How much did {n} spend on tickets|How much did {n} pay for tickets",
    "rental": "How much did {n} pay|How much did {n} spend",
    "sale": "How much did {n} sell|How much revenue did {n} make",
    "fine": "How much did {n} have to pay",
}


def paid_in_all(ask: Asking) -> Question:
    """What a named one spent, gave or sold in all, where the rows hold an amount."""
    voice = ask.voice
    child, other, _ = _owner(ask)
    measures = [f for f in child.having("measure") if f.type == "number" and summable(f) and any(w in MONEY for w in f.words)]
    hours = [
        f
        for f in child.having("measure")
        if f.type == "number"
        and f.words[-1] in ("hours", "minutes", "days", "quantity", "units", "nights", "points", "participants", "attendance")
    ]
    if not measures and not hours:
        raise NothingToSay
    field = ask.rng.choice(measures or hours)
    said, condition = ask.conditions.named(other)
    when: tuple[Part, ...] = ()
    spoken = ""
    if child.having("date") and voice.chance(0.35):
        date = ask.conditions.date(child, ask.rng.choice(child.having("date")))
        when, spoken = (
            date.condition,
            f" {date.after}".replace("@ ", "")
            if date.after.startswith(("in ", "on ", "since", "before", "after", "between", "from", "during", "until"))
            else "",
        )
        if not spoken:
            raise NothingToSay
    word = child.words[-1]
    if measures and word in _PAID and len(measures) == 1 and other.person and (other.words[-1] in CUSTOMERS or word == "sale"):
        text = (
            voice.say(_PAID[word], n=said)
            + spoken
            + voice.pick("[ in total| altogether| in all|| so far|]" if not spoken else "[ in total| altogether||]")
            + "?"
        )
    else:
        c, p = voice.column(field), voice.entity(child, True)
        text = voice.say(
            "[What is|What's|Give me|Calculate] the [total|combined|overall] {c} of {n}'s {p}{s}[?|]|[total|combined|sum of the] {c} "
            "of {p} [of|from|for] {n}{s}|{n} total {c}{s}|What do {n}'s {p}{s} come to in total {c}?",
            c=c,
            n=said,
            p=p,
            s=spoken,
        )
        if field.counting:
            text = voice.say(
                "How many {c} [did|does] {n} have in total{s}?|[total|sum of] {c} of {n}{s}|How many {c} has {n} [got|had] altogether{s}?",
                c=voice.columns(field).removeprefix("number of "),
                n=said,
                s=spoken,
            )
    where = ("and", *condition, *when) if when else condition
    return Question(text, given("sum", field.token, "where", *where), "number", given("sum", field.token))


def best_selling(ask: Asking) -> Question:
    """What sells or is used most, by a quantity in the rows that point at it."""
    voice = ask.voice
    child, other, _ = _owner(ask)
    quantities = [
        f
        for f in child.having("measure")
        if f.type == "number" and f.words[-1] in ("quantity", "units", "tickets", "pieces", "sold", "plays")
    ]
    if not quantities or other.person:
        raise NothingToSay
    field = ask.rng.choice(quantities)
    down = voice.chance(0.8)
    condition: tuple[Part, ...] = ()
    things = ask.things(other, most=1, depth=0) if voice.chance(0.25) else Things(other)
    count: tuple[Part, ...] = ("1",)
    if voice.chance(0.3):
        x, later = ask.draft.number(ask.rng.choice((3, 5, 10)))
        count = (later,)
        text = voice.say(
            "[What are|Show|List|Give me] [our|the] {x} [best-selling|best selling|most sold|most popular] {p}|top {x} [best-selling "
            "|best selling |]{p} by [quantity|units sold|amount sold]|Which {x} {p} [sell|sold] best?"
            if down
            else "[What are|Show|List] [our|the] {x} [worst-selling|least sold|least popular] {p}",
            x=x,
            p=things.said(voice),
        )
    else:
        text = voice.say(
            "[What is|What's|Which is|Show me] [our|the] [best-selling|best selling|most sold|most popular|top-selling] {p}?|[Which|"
            "What] {p} [sells best|sold best|was sold the most|sold the most|do we sell most of|did we sell the most of|sells the "
            "most]?|best[-| ]selling {p}|[Which|What] {p} has the [highest|largest] total {q}?"
            if down
            else "[What is|Which is] [our|the] [worst-selling|least sold|least popular] {p}?|[Which|What] {p} [sells worst|sold the least|"
            "was sold the least]?",
            p=things.said(voice, False),
            q=voice.column(field),
        )
    key = ask.shown(other)
    condition = things.where
    return Question(
        text, given(*key, *condition, "group", *key, "order", "desc" if down else "asc", "sum", field.token, "limit", *count), "some"
    )
