"""Questions for a property of one row, which is known by its name or its number."""

from __future__ import annotations

from service.practice.asking import Asking
from service.practice.asking import Question
from service.practice.asking import given
from service.practice.conditions import columns_said
from service.practice.conditions import date_verb
from service.practice.conditions import relation_of
from service.practice.lexicon import MONEY
from service.practice.lexicon import PLACES
from service.practice.phrasing import Part
from service.practice.phrasing import measure_of


def look_up(ask: Asking) -> Question:
    """A property of one row, by the row's name."""
    voice = ask.voice
    entity = ask.entity(lambda e: bool(e.naming) and any(f not in e.naming and f.role not in ("id", "name") for f in e.fields))
    within = [k for k in ask.study.parents if k.table == entity.name]
    if within and not entity.person and voice.chance(0.15):
        said, condition = ask.conditions.named_within(entity, ask.rng.choice(within))
    else:
        said, condition = ask.conditions.named(entity)
    fields = [f for f in entity.fields if f not in entity.naming and f.role not in ("id", "first", "last") and f.values]
    fields = [f for f in fields if len(f.values) > 1] or fields  # nobody asks for what is the same in every row
    field = ask.rng.choice(fields)
    noun, column = voice.entity(entity, False), voice.column(field)
    named = voice.say("[{n}|{n}|{n}|the {e} {n}|{e} {n}]", n=said, e=noun)
    if len(fields) > 2 and voice.chance(0.12):
        other = ask.rng.choice([f for f in fields if f is not field])
        text = voice.say(
            "[What are|Give me|Tell me|Show me|I need] the {c} of {n}[?|]", c=columns_said(voice, [field, other], False), n=named
        )
        return Question(text, given(field.token, other.token, "where", *condition), "one")
    templates = ["[What is|What's|What was] the {c} of {n}?"] * 2 + [
        "[What is|What's] {n}'s {c}?",
        "[give me|show me|tell me|look up|find|get] the {c} [of|for] {n}",
        "{n} {c}",
        "{c} of {n}",
        "{c} {n}",
        "What {c} does {n} have?",
        "[can|could] you [tell|give] me the {c} of {n}?",
        "Do you know {n}'s {c}?",
        "I need {n}'s {c}",
        "[Please give me|I'd like to know|I need|what about] the {c} [for|of] {n}",
        "Which {c} does {n} have?",
    ]
    measure = measure_of(field) if field.role == "measure" else None
    if field.role in ("date", "year"):
        templates = [t for t in templates if "What {c} does" not in t and "Which {c} does" not in t]
    if field.role == "flag":
        words = [w for w in field.words if w not in ("is", "has", "if")] or list(field.words)
        templates = (
            ["Is {n} {f}?", "Is {n} {f} or not?", "{n} {f}?"]
            if field.words[0] != "has"
            else ["Does {n} have [a |]{f}?", "Is there [a |]{f} at {n}?", "Has {n} got [a |]{f}?"]
        )
        return Question(voice.say(ask.rng.choice(templates), n=named, f=" ".join(words)), given(field.token, "where", *condition), "one")
    if measure and measure.how and voice.chance(0.6):
        templates = [
            f"{form.replace('{n}', '{{n}}').replace('{{n}}', '{n}')}?" for form in measure.how if entity.person or "earn" not in form
        ]
    elif field.counting and voice.chance(0.75):
        templates = [
            "How many {cs} does {n} have?",
            "How many {cs} are there [in|for] {n}?",
            "How many {cs} has {n} [got|]?",
            "[number of|how many] {cs} {n}",
        ]
    elif any(w in MONEY for w in field.words) and field.role == "measure" and voice.chance(0.4):
        templates = ["How much is the {c} of {n}?", "How much is {n}'s {c}?", "How high is the {c} of {n}?"]
    elif field.role == "date" and voice.chance(0.75):
        verb = date_verb(voice, field)
        if verb in ("joined", "started", "died", "ended", "finished", "expired", "graduated", "opened", "closed", "premiered"):
            base = {
                "joined": "join",
                "started": "start",
                "died": "die",
                "ended": "end",
                "finished": "finish",
                "expired": "expire",
                "graduated": "graduate",
                "opened": "open",
                "closed": "close",
                "premiered": "premiere",
            }[verb]
            templates = [
                f"When did {{n}} {base}?",
                f"[Since when has {{n}} {verb}|On what day did {{n}} {base}|What day did {{n}} {base}|When exactly did {{n}} {base}]?"[0:]
                if verb != "joined"
                else "On [what|which] [day|date] did {n} join?",
            ]
        elif verb:
            templates = [f"When was {{n}} {verb}?", f"On [what|which] [date|day] was {{n}} {verb}?", f"When exactly was {{n}} {verb}?"]
        else:
            templates = ["When [is|was] the {c} of {n}?", "When [is|was] {n}'s {c}?"]
    elif field.role == "year" and voice.chance(0.6):
        verb = date_verb(voice, field)
        templates = (
            [f"[In what year|When|In which year] was {{n}} {verb}?"]
            if verb and verb not in ("joined", "started", "died", "opened")
            else ["[What|Which] year is {n} from?", "What is the {c} of {n}?"]
        )
    elif field.role == "place" and voice.chance(0.6):
        templates = (
            [
                "Where does {n} [live|come from]?",
                "Where is {n} [from|based]?",
                "[In which|In what] {c} does {n} live?",
                "[Which|What] {c} is {n} [from|in]?",
            ]
            if entity.person
            else [
                "Where is {n}?",
                "Where is {n} [located|based]?",
                "[In which|In what] {c} is {n}?",
                "[Which|What] {c} is {n} in?",
                "[Which|What] {c} does {n} [come from|belong to]?",
            ]
        )
    elif field.role == "category" and voice.chance(0.45):
        templates = [
            "[What|Which] {c} is {n}?",
            "[What|Which] {c} does {n} [have|belong to]?",
            "[Which|What] {c} is {n} in?",
            "In [which|what] {c} is {n}?",
            "What kind of {c} [is|does] {n}[ have|]?",
        ]
    elif field.head in ("phone", "mobile", "email") and voice.chance(0.45):
        templates = [
            "How can I reach {n} by {c}?",
            "[What number do I call to reach|How do I contact|At which number can I reach] {n}?"
            if field.head != "email"
            else "[How do I write to|Where can I email|How do I contact] {n}?",
        ]
    elif field.role == "label" and field.head in (
        "author",
        "director",
        "writer",
        "artist",
        "producer",
        "founder",
        "architect",
        "builder",
        "manager",
        "owner",
        "coach",
        "captain",
        "creator",
        "designer",
        "composer",
        "singer",
        "president",
        "leader",
    ):
        verb = {
            "author": "wrote",
            "writer": "wrote",
            "director": "directed",
            "producer": "produced",
            "founder": "founded",
            "builder": "built",
            "owner": "owns",
            "manager": "manages",
            "designer": "designed",
            "composer": "composed",
            "coach": "coaches",
            "leader": "leads",
            "creator": "created",
        }.get(field.head, "")
        templates = ["Who is the {c} of {n}?", f"Who {verb} {{n}}?" if verb else "Who is {n}'s {c}?", "{n} is by [whom|who]?"]
    text = voice.say(ask.rng.choice(templates), n=named, c=column, cs=voice.columns(field).removeprefix("number of "))
    once: tuple[Part, ...] = ("distinct",) if entity.repeated else ()
    return Question(text, given(*once, field.token, "where", *condition), "one")


def look_up_parent(ask: Asking) -> Question:
    """What a named row points at, or a property of that: "which department is Anna Berg in"."""
    voice = ask.voice
    key = ask.key(lambda k: bool(ask.study.entities[k.table].naming and ask.study.entities[k.other_table].naming))
    entity, other = ask.study.entities[key.table], ask.study.entities[key.other_table]
    said, condition = ask.conditions.named(entity)
    noun, target = voice.entity(entity, False), voice.entity(other, False)
    named = voice.say("[{n}|{n}|{n}|the {e} {n}]", n=said, e=noun)
    extra = [
        f
        for f in other.fields
        if f not in other.naming and f.role in ("measure", "place", "category", "contact", "date", "year") and f.values
    ]
    if extra and voice.chance(0.4):
        field = ask.rng.choice(extra)
        text = voice.say(
            "{c} of {n}'s {t}|What {c} does {n}'s {t} have?|Give me the {c} of [the {t} of {n}|{n}'s {t}]"
            if voice.chance(0.2)
            else "[What is|What's|Tell me|Show|Do you know] the {c} of [the {t} of {n}|{n}'s {t}|the {t} that {n} belongs to]?",
            c=voice.column(field),
            t=target,
            n=named,
        )
        return Question(text, given(field.token, "where", *condition), "one")
    relation = ask.rng.choice(relation_of(voice, entity, other, ask.study.field(key.table, key.column))[0])
    if other.person:
        template = (
            "[Who is the {t} of {n}?|Who is {n}'s {t}?|[What is|What's|Tell me] the name of {n}'s {t}|Which {t} does {n} have?|{n} {t}|"
            "Which {t} is {n} {r}?|Which {t} is [responsible for|in charge of|assigned to] {n}?|Who does {n} belong to?]"
        )
    else:
        template = (
            "[[Which|What] {t} is {n} {r}?|[Which|What] {t} does {n} [belong to|have|come from]?|[What is|What's|Give me] the {t} of "
            "{n}[?|]|{n}'s {t}?|{t} of {n}|To which {t} does {n} belong?|[Tell me|Show|Find] the {t} [of|for] {n}]"
        )
    if other.words[-1] in PLACES and not entity.person and voice.chance(0.3):
        template = "[Where is {n}?|Where [can I find|is] {n}?|In [which|what] {t} is {n}?|Where is {n} [located|situated]?]"
    if " " in relation and relation.split()[-1] not in ("by", "in", "from", "at", "of", "with", "for", "on", "to"):
        relation = "of"
    text = voice.say(template, n=named, t=target, r=relation.split()[-1] if not other.person else relation)
    return Question(text, given(*ask.shown(other), "where", *condition), "one")


def look_up_number(ask: Asking) -> Question:
    """A property of a row that is known by its number: "what is the status of order 1043?"."""
    voice = ask.voice
    entity = ask.entity(lambda e: any(f.key == "primary" and f.type == "number" for f in e.fields) and not e.naming)
    primary = next(f for f in entity.fields if f.key == "primary" and f.type == "number")
    number, token = ask.draft.number(ask.rng.choice(primary.values))  # type: ignore[arg-type]
    ask.draft.slots[-1].surface = ask.draft.slots[-1].first
    row = voice.say(
        "[{e} {x}|{e} number {x}|{e} no. {x}|{e} #{x}|the {e} with [id|number|the id] {x}]", e=voice.entity(entity, False), x=number
    )
    parents = [k for k in ask.study.parents if k.table == entity.name and ask.study.entities[k.other_table].naming]
    if parents and voice.chance(0.4):
        other = ask.study.entities[ask.rng.choice(parents).other_table]
        template = (
            "[[Who|Which {t}] is {r} for?|Who is the {t} [of|for|on] {r}?|Which {t} does {r} belong to?|{t} of {r}|Show the {t} of {r}]"
            if other.person
            else "[Which {t} does {r} belong to?|What is the {t} of {r}?|{r}: which {t}?|{t} for {r}]"
        )
        return Question(
            voice.say(template, r=row, t=voice.entity(other, False)), given(*ask.shown(other), "where", "eq", primary.token, token), "one"
        )
    fields = [f for f in entity.fields if f.role != "id" and f.values]
    if not fields or voice.chance(0.12):
        text = voice.say(
            "[Show|Show me|Give me|List|Display] [all|the] details of {r}|[What do we know about|Tell me everything about] {r}?"
            if voice.chance(0.3)
            else "[Show|Show me|Give me] {r}",
            r=row,
        )
        return Question(text, given(entity.token, "where", "eq", primary.token, token), "one")
    field = ask.rng.choice(fields)
    verb = date_verb(voice, field) if field.role == "date" else ""
    template = (
        "[When was {r} {v}?|When was {r} {v}?|On [what|which] [day|date] was {r} {v}?]"
        if verb
        else "[[What is|What's|what was] the {c} [of|for] {r}?|{c} of {r}|[show me|give me|tell me] the {c} of {r}|What {c} does {r} "
        "have?|{r} {c}]"
    )
    if field.role == "measure" and any(w in MONEY for w in field.words) and voice.chance(0.4):
        template = "[How much [was|is] {r}?|How much did {r} cost?|What did {r} cost?|How much is the {c} of {r}?]"
    return Question(
        voice.say(template, r=row, c=voice.column(field), v=verb), given(field.token, "where", "eq", primary.token, token), "one"
    )
