"""The kinds of question that practice asks of a database, each with its program and its wordings.

A family draws what to ask from a study and returns a `Question`: text and program with slots still open. Whether the result
is sensible is settled by running it (service/prepare/practice.py); families only say what result they hope for.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tools.language import ForeignKey

from service.prepare.conditions import Conditions, NothingToSay, columns_said, date_verb, relation_of
from service.prepare.lexicon import CUSTOMERS, MONEY, PURCHASES
from service.prepare.phrasing import Draft, Part, Things, Voice, forms, measure_of
from service.prepare.study import Entity, Field, Study, plural

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


_NOT_SUMMED = frozenset("age rating score rate percentage percent temperature height rank ranking speed level humidity elevation altitude latitude longitude year gpa average stars grade position order version".split())


def summable(field: Field) -> bool:
    """Whether a sum over it means something."""
    return not any(w in _NOT_SUMMED for w in field.words)


def query(*parts: Part) -> tuple[Part, ...]:
    return ("query", "select", *parts, "end")


def given(*parts: Part) -> tuple[Part, ...]:
    return (*query(*parts), "give", "r1")


def _who(entity: Entity, noun: str, many: bool) -> str:
    return "who" if entity.person else f"which {noun}"


# --- Look-ups -----------------------------------------------------------------------------------------------------


def look_up(ask: Asking) -> Question:
    """A property of one row, by the row's name."""
    voice = ask.voice
    entity = ask.entity(lambda e: bool(e.naming) and any(f not in e.naming and f.role not in ("id", "name") for f in e.fields))
    said, condition = ask.conditions.named(entity)
    fields = [f for f in entity.fields if f not in entity.naming and f.role not in ("id", "first", "last") and f.values]
    field = ask.rng.choice(fields)
    noun, column = voice.entity(entity, False), voice.column(field)
    named = voice.say("[{n}|{n}|{n}|the {e} {n}|{e} {n}]", n=said, e=noun)
    if len(fields) > 2 and voice.chance(0.12):
        other = ask.rng.choice([f for f in fields if f is not field])
        text = voice.say("[What are|Give me|Tell me|Show me|I need] the {c} of {n}[?|]", c=columns_said(voice, [field, other], False), n=named)
        return Question(text, given(field.token, other.token, "where", *condition), "one")
    templates = ["[What is|What's|What was] the {c} of {n}?"] * 2 + [
        "[What is|What's] {n}'s {c}?", "[give me|show me|tell me|look up|find|get] the {c} [of|for] {n}", "{n} {c}", "{c} of {n}", "{c} {n}", "What {c} does {n} have?",
        "[can|could] you [tell|give] me the {c} of {n}?", "Do you know {n}'s {c}?", "I need {n}'s {c}", "[Please give me|I'd like to know|I need|what about] the {c} [for|of] {n}", "Which {c} does {n} have?",
    ]  # fmt: skip
    measure = measure_of(field) if field.role == "measure" else None
    if field.role in ("date", "year"):
        templates = [t for t in templates if "What {c} does" not in t and "Which {c} does" not in t]
    if field.role == "flag":
        words = [w for w in field.words if w not in ("is", "has", "if")] or list(field.words)
        templates = ["Is {n} {f}?", "Is {n} {f} or not?", "{n} {f}?"] if field.words[0] != "has" else ["Does {n} have [a |]{f}?", "Is there [a |]{f} at {n}?", "Has {n} got [a |]{f}?"]
        return Question(voice.say(ask.rng.choice(templates), n=named, f=" ".join(words)), given(field.token, "where", *condition), "one")
    if measure and measure.how and voice.chance(0.6):
        templates = [f"{form.replace('{n}', '{{n}}').replace('{{n}}', '{n}')}?" for form in measure.how if entity.person or "earn" not in form]
    elif field.counting and voice.chance(0.75):
        templates = ["How many {cs} does {n} have?", "How many {cs} are there [in|for] {n}?", "How many {cs} has {n} [got|]?", "[number of|how many] {cs} {n}"]
    elif any(w in MONEY for w in field.words) and field.role == "measure" and voice.chance(0.4):
        templates = ["How much is the {c} of {n}?", "How much is {n}'s {c}?", "How high is the {c} of {n}?"]
    elif field.role == "date" and voice.chance(0.75):
        verb = date_verb(voice, field)
        if verb in ("joined", "started", "died", "ended", "finished", "expired", "graduated", "opened", "closed", "premiered"):
            base = {"joined": "join", "started": "start", "died": "die", "ended": "end", "finished": "finish", "expired": "expire", "graduated": "graduate", "opened": "open", "closed": "close", "premiered": "premiere"}[verb]
            templates = [f"When did {{n}} {base}?", f"[Since when has {{n}} {verb}|On what day did {{n}} {base}|What day did {{n}} {base}|When exactly did {{n}} {base}]?"[0:] if verb != "joined" else "On [what|which] [day|date] did {n} join?"]
        elif verb:
            templates = [f"When was {{n}} {verb}?", f"On [what|which] [date|day] was {{n}} {verb}?", f"When exactly was {{n}} {verb}?"]
        else:
            templates = ["When [is|was] the {c} of {n}?", "When [is|was] {n}'s {c}?"]
    elif field.role == "year" and voice.chance(0.6):
        verb = date_verb(voice, field)
        templates = [f"[In what year|When|In which year] was {{n}} {verb}?"] if verb and verb not in ("joined", "started", "died", "opened") else ["[What|Which] year is {n} from?", "What is the {c} of {n}?"]
    elif field.role == "place" and voice.chance(0.6):
        templates = (
            ["Where does {n} [live|come from]?", "Where is {n} [from|based]?", "[In which|In what] {c} does {n} live?", "[Which|What] {c} is {n} [from|in]?"]
            if entity.person
            else ["Where is {n}?", "Where is {n} [located|based]?", "[In which|In what] {c} is {n}?", "[Which|What] {c} is {n} in?", "[Which|What] {c} does {n} [come from|belong to]?"]
        )
    elif field.role == "category" and voice.chance(0.45):
        templates = ["[What|Which] {c} is {n}?", "[What|Which] {c} does {n} [have|belong to]?", "[Which|What] {c} is {n} in?", "In [which|what] {c} is {n}?", "What kind of {c} [is|does] {n}[ have|]?"]
    elif field.head in ("phone", "mobile", "email") and voice.chance(0.45):
        templates = ["How can I reach {n} by {c}?", "[What number do I call to reach|How do I contact|At which number can I reach] {n}?" if field.head != "email" else "[How do I write to|Where can I email|How do I contact] {n}?"]
    elif field.role == "label" and field.head in ("author", "director", "writer", "artist", "producer", "founder", "architect", "builder", "manager", "owner", "coach", "captain", "creator", "designer", "composer", "singer", "president", "leader"):
        verb = {"author": "wrote", "writer": "wrote", "director": "directed", "producer": "produced", "founder": "founded", "builder": "built", "owner": "owns", "manager": "manages", "designer": "designed", "composer": "composed", "coach": "coaches", "leader": "leads", "creator": "created"}.get(field.head, "")
        templates = ["Who is the {c} of {n}?", f"Who {verb} {{n}}?" if verb else "Who is {n}'s {c}?", "{n} is by [whom|who]?"]
    text = voice.say(ask.rng.choice(templates), n=named, c=column, cs=voice.columns(field).removeprefix("number of "))
    return Question(text, given(field.token, "where", *condition), "one")


def look_up_parent(ask: Asking) -> Question:
    """What a named row points at, or a property of that: "which department is Anna Berg in"."""
    voice = ask.voice
    key = ask.key(lambda k: bool(ask.study.entities[k.table].naming and ask.study.entities[k.other_table].naming))
    entity, other = ask.study.entities[key.table], ask.study.entities[key.other_table]
    said, condition = ask.conditions.named(entity)
    noun, target = voice.entity(entity, False), voice.entity(other, False)
    named = voice.say("[{n}|{n}|{n}|the {e} {n}]", n=said, e=noun)
    extra = [f for f in other.fields if f not in other.naming and f.role in ("measure", "place", "category", "contact", "date", "year") and f.values]
    if extra and voice.chance(0.4):
        field = ask.rng.choice(extra)
        text = voice.say(
            "{c} of {n}'s {t}|What {c} does {n}'s {t} have?|Give me the {c} of [the {t} of {n}|{n}'s {t}]"
            if voice.chance(0.2)
            else "[What is|What's|Tell me|Show|Do you know] the {c} of [the {t} of {n}|{n}'s {t}|the {t} that {n} belongs to]?",
            c=voice.column(field), t=target, n=named,
        )  # fmt: skip
        return Question(text, given(field.token, "where", *condition), "one")
    relation = ask.rng.choice(relation_of(voice, entity, other, ask.study.field(key.table, key.column))[0])
    if other.person:
        template = "[Who is the {t} of {n}?|Who is {n}'s {t}?|[What is|What's|Tell me] the name of {n}'s {t}|Which {t} does {n} have?|{n} {t}|Which {t} is {n} {r}?|Which {t} is [responsible for|in charge of|assigned to] {n}?|Who does {n} belong to?]"
    else:
        template = "[[Which|What] {t} is {n} {r}?|[Which|What] {t} does {n} [belong to|have|come from]?|[What is|What's|Give me] the {t} of {n}[?|]|{n}'s {t}?|{t} of {n}|To which {t} does {n} belong?|[Tell me|Show|Find] the {t} [of|for] {n}]"
    if " " in relation and not relation.split()[-1] in ("by", "in", "from", "at", "of", "with", "for", "on", "to"):
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
    row = voice.say("[{e} {x}|{e} number {x}|{e} no. {x}|{e} #{x}|the {e} with [id|number|the id] {x}]", e=voice.entity(entity, False), x=number)
    parents = [k for k in ask.study.parents if k.table == entity.name and ask.study.entities[k.other_table].naming]
    if parents and voice.chance(0.4):
        other = ask.study.entities[ask.rng.choice(parents).other_table]
        template = "[[Who|Which {t}] is {r} for?|Who is the {t} [of|for|on] {r}?|Which {t} does {r} belong to?|{t} of {r}|Show the {t} of {r}]" if other.person else "[Which {t} does {r} belong to?|What is the {t} of {r}?|{r}: which {t}?|{t} for {r}]"
        return Question(voice.say(template, r=row, t=voice.entity(other, False)), given(*ask.shown(other), "where", "eq", primary.token, token), "one")
    fields = [f for f in entity.fields if f.role != "id" and f.values]
    if not fields or voice.chance(0.12):
        text = voice.say("[Show|Show me|Give me|List|Display] [all|the] details of {r}|[What do we know about|Tell me everything about] {r}?" if voice.chance(0.3) else "[Show|Show me|Give me] {r}", r=row)
        return Question(text, given(entity.token, "where", "eq", primary.token, token), "one")
    field = ask.rng.choice(fields)
    verb = date_verb(voice, field) if field.role == "date" else ""
    template = "[When was {r} {v}?|When was {r} {v}?|On [what|which] [day|date] was {r} {v}?]" if verb else "[[What is|What's|what was] the {c} [of|for] {r}?|{c} of {r}|[show me|give me|tell me] the {c} of {r}|What {c} does {r} have?|{r} {c}]"
    if field.role == "measure" and any(w in MONEY for w in field.words) and voice.chance(0.4):
        template = "[How much [was|is] {r}?|How much did {r} cost?|What did {r} cost?|How much is the {c} of {r}?]"
    return Question(voice.say(template, r=row, c=voice.column(field), v=verb), given(field.token, "where", "eq", primary.token, token), "one")


# --- Lists --------------------------------------------------------------------------------------------------------

_SHOW = "[list|show|show me|give me|find|get|display|which are|what are|tell me|I need|return|fetch|provide|i want to see|pull up|look up|print]"


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
    options = [f"{_SHOW} [all |all the |the |every|]{{p}}".replace("every|", "")] * 3 + ["{p}", "Which {p} [are there|do we have|exist]?", "What {p} do we have?", "Do we have any {p}?", "Are there any {p}?", "I'm looking for {p}", "[Can|Could] you [list|show me] [all|the] {p}?", "Any {p}?"]
    if entity.naming:
        options += [f"{_SHOW} the {names} of [all |the |]{{p}}"] * 2 + [f"[What are|What're] the {names} of [the |all |]{{p}}?", f"{names} of {{p}}"]
    text = voice.say(ask.rng.choice(options), p=phrase)
    single = [p for p in things.phrased if p.after and not p.before]
    if len(single) == len(things.phrased) and voice.chance(0.4):
        text = _relative_question(ask, things) or text
    if len(things.phrased) == 1 and voice.chance(0.06):
        text = f"{things.phrased[0].bare} {voice.entity(entity, True)}"
    distinct = ("distinct",) if things.multiplies and entity.naming else ()
    if things.multiplies and not entity.naming:
        raise NothingToSay
    return Question(text, given(*distinct, *shown, *things.where), "some", given(*distinct, *shown))


def _relative_question(ask: Asking, things: Things) -> str:
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
            rest = f"<are/is> {after}" if not after.startswith(("having", "containing", "costing", "weighing", "earning", "born", "starting", "beginning")) else ""
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
        said = " ".join([voice.pick("[name and|names and|name,|the name and]"), columns_said(voice, [f for f in chosen if f not in entity.naming], voice.chance(0.5))])
    else:
        said = columns_said(voice, chosen, voice.chance(0.6))
    tail = ""
    order: tuple[Part, ...] = ()
    if voice.chance(0.15):
        by = ask.rng.choice(fields)
        down = voice.chance(0.4)
        order = ("order", "desc" if down else "asc", by.token)
        tail = voice.say("[, sorted by {c}|, ordered by {c}| sorted by {c}| in order of {c}]" if not down else "[, sorted by {c} [descending|in descending order|from high to low|, highest first]|, ordered by {c} in descending order]", c=voice.column(by))
    text = voice.say(
        "[[what are|what is] the {c} of {p}{t}?|[what are|what is] the {c} [of|for] [the|all|all the] {p}{t}?|" + _SHOW + " the {c} of [all |the |all the |]{p}{t}|{c} of {p}{t}|" + _SHOW + " the {c} [for|of] [each of the|every one of the|all] {p}{t}|For [all|the] {p}, [what are|show|give me|list] the {c}{t}|{p}: {c}{t}]",
        c=said, p=things.said(voice), t=tail,
    )  # fmt: skip
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
        text = voice.say("[How many|What number of] [different|distinct|unique|] {c} [do [the |our |]{p} have|are there [for|among|in] [the |all |]{p}]?|[count|number of|the number of|total number of] [different|distinct|unique] {c} [of|among|across|for] {p}" if voice.chance(0.3) else "How many [different|distinct|unique|separate|various] {c} [are there|exist|do we have|are there [among|for] [the |]{p}|do {p} have|" + origin + "]?", c=c, p=p)
        if things.phrased and things.entity.noun not in text and p not in text:
            raise NothingToSay
        return Question(text, given("unique", field.token, *things.where), "number", given("unique", field.token) if things.phrased else ())
    text = voice.say("[[What|Which] [different|distinct|unique|] {c} [are there [for|among] {p}|do [the |our |]{p} have]?|[list|show|give me|show me] [all|the] [different|distinct|unique] {c} of [the |]{p}|[What are the|list the] [different|distinct|unique|] {c} of [the |all |]{p}|[different|distinct|unique] {c} of {p}|{c} of {p}, without [duplicates|repeats]]", c=c, p=p)
    return Question(text, given("distinct", field.token, *things.where), "several", given("distinct", field.token) if things.phrased else ())


# --- Counts and sums ----------------------------------------------------------------------------------------------


def count_rows(ask: Asking) -> Question:
    voice = ask.voice
    entity = ask.entity()
    things = ask.things(entity, least=1 if voice.chance(0.82) else 0, depth=2)
    if things.multiplies:
        if len(entity.naming) != 1:
            raise NothingToSay
        counted: tuple[Part, ...] = ("unique", entity.naming[0].token)
    else:
        counted = ("count", entity.token)
    p = things.said(voice)
    templates = [
        "How many {p} [are there|do we have|exist|are in the database|are there in total|have we got|are on record|did we have|were there|can you find]?",
        "How many {p}[?|]", "[What is|What's] the [total |overall |]number of {p}?", "[count|number of|count of|total number of|total|# of] {p}",
        "[count|count the number of|tell me the number of|give me the number of|find the number of|give me a count of|show the count of|calculate the number of] [all |the |]{p}",
        "[Can|Could] you count [the |all |all the |]{p}?",
        "[Do you know|Can you tell me|Tell me|I'd like to know|I want to know|Please tell me] how many {p} [there are|we have|exist]",
    ]  # fmt: skip
    text = voice.say(ask.rng.choices(templates, (6, 2, 3, 2, 2, 0.7, 2))[0], p=p)
    if things.phrased and all(p.after and not p.before for p in things.phrased) and voice.chance(0.4):
        relative = _relative_question(ask, things)
        if relative.startswith(("which ", "what ")) and " of our " not in relative and " of the " not in relative.split("?")[0][:14]:
            text = "how many " + relative.split(" ", 1)[1]
    elif len(things.phrased) == 1 and things.phrased[0].before and voice.chance(0.3):
        text = voice.say("How many [of the|of our] {n} are {v}?", n=voice.entity(entity, True), v=things.phrased[0].before)
    return Question(text, given(*counted, *things.where), "number", given(*counted) if things.phrased else ())


_TOTALS = {
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
    total = voice.pick(_TOTALS[operation])
    money = any(w in MONEY for w in field.words)
    templates = [
        "What is the {t} {c} of [all |the |]{p}?", "What's the {t} {c} [of|for] {p}?", "[give me|show me|calculate|find|compute|tell me|work out|determine|get] the {t} {c} [of|for] [all |the |]{p}", "{t} {c} of {p}", "{t} {c} {p}",
        "What was the {t} {c} [of|for|across|over] [all |the |]{p}?", "[Can|Could] you [tell|give] me the {t} {c} of {p}?", "I [need|want|would like] the {t} {c} [of|for] {p}", "For {p}, what is the {t} {c}?",
    ]  # fmt: skip
    if operation == "sum":
        templates += (
            ["How much {c} [in total|altogether|in all|] do {p} have?", "How much {c} is there for {p} [in total|altogether|all together|]?", "How much is the {c} of {p} [in total|altogether|combined|summed up]?", "[add up|sum up|total up|sum] the {c} of [all |the |]{p}", "What do the {cs} of {p} add up to?", "{p}, {c} [in total|altogether]"]
            if money or not field.counting
            else ["How many {cs} [do|did] {p} have [in total|altogether|in all|combined|all together|overall]?", "How many {cs} are there [in total|altogether|in all] [for|across|over] {p}?", "[sum|add up] the {cs} of {p}"]
        ) * 2
    elif operation == "avg":
        templates += ["What {c} do {p} have on average?", "On average, what is the {c} of {p}?", "How [high|big] is the {c} of {p} on average?" if not field.counting else "How many {cs} do {p} have on average?", "{p}: {c} on average", "What is the {c} of [a typical|the average] " + things.said(voice, False) + "?"]
        measure = measure_of(field)
        if measure and measure.how:
            how = ask.rng.choice(measure.how)
            asked = {"How old is {n}": "How old are {p} on average?", "How tall is {n}": "How tall are {p} on average?", "How much does {n} cost": "How much do {p} cost on average?", "How much does {n} earn": "How much do {p} earn on average?", "How long is {n}": "How long are {p} on average?", "How much does {n} weigh": "How much do {p} weigh on average?", "How long does {n} last": "How long do {p} [last|take] on average?"}.get(how)
            if asked and ("earn" not in asked or entity.person):
                templates += [asked, asked, asked.replace("on average", "[typically|on average|usually]")]
    c_many = voice.columns(field).removeprefix("number of ")
    text = voice.say(ask.rng.choice(templates), t=total, c=c, cs=c_many, p=p)
    if len(things.phrased) == 1 and voice.chance(0.07):
        text = f"{total} {c} {things.phrased[0].bare}"
    return Question(text, given(operation, field.token, *things.where), "number", given(operation, field.token) if things.phrased and operation in ("sum", "avg") else ())


def several_aggregates(ask: Asking) -> Question:
    voice = ask.voice
    entity = ask.entity(lambda e: any(f.role == "measure" and f.type == "number" for f in e.fields))
    field = ask.measure(entity)
    things = ask.things(entity, most=1)
    if things.multiplies:
        raise NothingToSay
    operations = ask.rng.choice((("min", "max"), ("max", "min"), ("avg", "max"), ("min", "avg", "max"), ("avg", "min", "max"), ("sum", "avg")))
    words = [voice.pick("[total|combined|overall]" if o == "sum" else _TOTALS[o]) for o in operations]
    said = ", ".join(words[:-1]) + " and " + words[-1]
    text = voice.say("[What are the|What is the|Give me the|Show the|Show me the|I need the|] {o} {c} of [all |the |]{p}[?|]", o=said, c=voice.column(field), p=things.said(voice))
    return Question(text, given(*(part for o in operations for part in (o, field.token)), *things.where), "one")


# --- Superlatives -------------------------------------------------------------------------------------------------


def superlative(ask: Asking) -> Question:
    """The row that comes first by some measure or date; its name, or another column of it."""
    voice = ask.voice
    entity = ask.entity(lambda e: bool(e.naming) and any(f.role in ("measure", "date", "year") and len(f.values) > 2 for f in e.fields))
    field = ask.rng.choice([f for f in entity.having("measure", "date", "year") if len(f.values) > 2])
    down = voice.chance(0.62)
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
    adjective, tail = _extreme(ask, field, down)
    noun = things.said(voice, many)
    order: tuple[Part, ...] = ("order", "desc" if down else "asc", field.token, "limit", *count)
    shown: tuple[Part, ...] = ask.shown(entity)
    others = [f for f in entity.fields if f not in entity.naming and f is not field and f.role not in ("id", "text") and f.values]
    if not many and others and voice.chance(0.18):
        other = ask.rng.choice(others)
        phrase = f"the {adjective} {noun}" if adjective else f"the {noun} with the {tail}"
        text = voice.say("[What is|What's|Give me|Show me|Tell me|Find] the {c} of {p}?|{c} of {p}" if voice.chance(0.1) else "[What is|What's|what was] the {c} of {p}?", c=voice.column(other), p=phrase)
        return Question(text, given(other.token, *things.where, *order), "one")
    if not many and voice.chance(0.1):
        shown = (*shown, field.token)
        phrase = f"the {adjective} {noun}" if adjective else f"the {noun} with the {tail}"
        text = voice.say("[[Which|What] is {p}, and what is its {c}?|[Show|Give me] {p} and its {c}|Name and {c} of {p}]", p=phrase, c=voice.column(field))
        return Question(text, given(*shown, *things.where, *order), "one")
    if many:
        if adjective:
            text = voice.say(
                "[list|show|show me|give me|what are|find|which are|tell me|name] the {x} {a} {p}|the {x} {a} {p}|{x} {a} {p}|What are the names of the {x} {a} {p}?|Which {x} {p} are the {a}?" if voice.chance(0.5)
                else "[list|show|give me|what are|which are|display|name] [our|the] {x} {a} {p}",
                x=number, a=adjective, p=noun,
            )  # fmt: skip
        else:
            first = "top" if down else "bottom"
            text = voice.say(f"[list|show|show me|give me|what are|find|which are] the [{first} |]{{x}} {{p}} [with|by] the {{t}}|[list|show|give me|what are] the {first} {{x}} {{p}} by {{c}}", x=number, p=noun, t=tail, c=voice.column(field))
        return Question(text, given(*shown, *things.where, *order), "several")
    options = []
    who = "Who" if entity.person else "What"
    if adjective:
        options += [f"{who} is the {{a}} {{p}}?", "Which {p} is the {a}?", "[name of|name|show|show me|find|give me|get] the {a} {p}", "the {a} {p}", "{a} {p}", "[What is|What's] the name of the {a} {p}?", "[Which|What] is [the|our] {a} {p}?", "[Can|Could] you [tell|show] me the {a} {p}?", "[Who|What] is our {a} {p}?".replace("[Who|What]", who)]
    else:
        options += ["Which {p} has the {t}?", f"{who} has the {{t}}[ among {{ps}}|]?" if not things.phrased and entity.person else "Which {p} has the {t}?", "[What is|What's|Show|Give me|Find] the {p} with the {t}", "{p} with the {t}", "[Which|What] {p} [has got|has] the {t}?", "What is the name of the {p} with the {t}?"]
    text = voice.say(ask.rng.choice(options), a=adjective, p=noun, t=tail, ps=voice.entity(entity, True))
    measure = measure_of(field)
    if measure and measure.top and down and voice.chance(0.3):
        start = "Who" if entity.person and not things.phrased else f"Which {noun}"
        text = f"{start} {ask.rng.choice(measure.top)}?" if entity.person or "earns" not in measure.top[0] else text
    return Question(text, given(*shown, *things.where, *order), "one")


def _extreme(ask: Asking, field: Field, down: bool) -> tuple[str, str]:
    """An adjective before the noun, or else what to put after "with the"."""
    voice = ask.voice
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
    measure = measure_of(field)
    if measure and voice.chance(0.62):
        return ask.rng.choice(measure.most if down else measure.least), ""
    if field.counting:
        return "", voice.say("[most|highest number of|largest number of|greatest number of|most]  {c}" if down else "[fewest|lowest number of|least|smallest number of] {c}", c=voice.columns(field).removeprefix("number of "))
    return "", voice.say("[highest|largest|biggest|greatest|maximum|top] {c}" if down else "[lowest|smallest|least|minimum] {c}", c=voice.column(field))


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
        phrase = voice.say("{p} [with|that have|having] {m} {c} than [average|the average|the average {n}]", p=p, n=voice.entity(entity, False), m=voice.pick("[more]" if above else "[fewer|less]"), c=voice.columns(field).removeprefix("number of "))
    elif measure and voice.chance(0.4):
        text = forms(ask.rng.choice(measure.above if above else measure.below).format(x=voice.pick("[average|the average]")), True)
        if not entity.person:
            text = text.replace("who ", "that ")
        phrase = f"{p} {text}"
        if any(w in text for w in (" years old", " in stock", " stars", " people", " inhabitants", " residents", "space for", "running", "units", " tall", " long", "funding", "to spend")):
            phrase = f"{p} with {c} {spoken} average"
    else:
        phrase = voice.say("{p} [with [a|] {c} {s} [average|the average|the mean|the average {c}]|whose {c} is {s} [average|the average|that of the average {n}]|@ <have/has> an {s}-average {c}]" if spoken in ("above", "below") else "{p} [with a {c} {s} [average|the average]|whose {c} is {s} [the average|average]]", p=p, c=c, s=spoken, n=voice.entity(entity, False))
        phrase = forms(phrase.replace("@", "who" if entity.person else "that"), True)
    if voice.chance(0.35):
        text = voice.say("[How many {p} [are there|do we have|]?|[count|number of] {p}|[What is|What's] the number of {p}?]", p=phrase)
        return Question(text, given("count", entity.token, "where", *condition), "number")
    text = voice.say(f"[{_SHOW} [all |the |]{{p}}|Which {{p}} [are there|do we have]?|{{p}}]", p=phrase)
    return Question(text, given(*ask.shown(entity), "where", *condition), "some")


# --- Groups -------------------------------------------------------------------------------------------------------

_EACH = "[per {g}|by {g}|for each {g}|for every {g}|in each {g}|grouped by {g}|in every {g}|, per {g}|broken down by {g}|split by {g}]"


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
    each = voice.say(_EACH, g=one)
    text = voice.say(
        "[How many {p} [are there|do we have|] {e}?|[number of|count of|count|total number of] {p} {e}|[What is|What's] the number of {p} {e}?|[show|give me|list|find|count|show me|return|calculate] the number of {p} {e}"
        "|{p} {e}, how many?|For each {g}, how many {p} are there?|For [each|every] {g}, [count|show|give me|find] the [number of |]{p}|How many {p} does each {g} have?|[show|list|give me] [each|every] {g} [with|and|together with] [its|the|their] number of {p}"
        "|How are the {p} [distributed|spread|split] over the {gs}?|[List|Show] {gs} and [how many {p} they have|the number of {p} in each]]",
        p=p, e=each, g=one, gs=plural(one),
    )  # fmt: skip
    order = _ordered(ask, ("count", entity.token))
    return Question(text.rstrip("?") + order[0] + ("?" if text.endswith("?") else ""), given(*key, "count", entity.token, *things.where, "group", *key, *order[1]), "several")


def _ordered(ask: Asking, quantity: tuple[Part, ...]) -> tuple[str, tuple[Part, ...]]:
    if not ask.voice.chance(0.12):
        return "", ()
    down = ask.voice.chance(0.75)
    said = ask.voice.pick("[, highest first|, most first|, in descending order|, sorted from high to low|, largest first|, from most to least]" if down else "[, lowest first|, in ascending order|, from low to high|, fewest first]")
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
    total, c = voice.pick(_TOTALS[operation]), voice.column(field)
    p = things.said(voice)
    of = f" of {p}" if things.phrased or voice.chance(0.5) else ""
    text = voice.say(
        "[What is the {t} {c}{of} {e}?|[show|give me|list|find|calculate|show me|compute|return] the {t} {c}{of} {e}|{t} {c}{of} {e}|For [each|every] {g}, what is the {t} {c}{of}?|For [each|every] {g}, [show|give me|find] the {t} {c}{of}"
        "|[show|list] [each|every] {g} [with|and] [its|the|their] {t} {c}{of}|{t} {c} {e}|How [high|large] is the {t} {c}{of} {e}?|[What are|List|Show] the {gs} and their {t} {c}{of}]",
        t=total, c=c, of=of, e=voice.say(_EACH, g=one), g=one, gs=many,
    )  # fmt: skip
    if things.phrased and of not in text:
        raise NothingToSay
    order = _ordered(ask, (operation, field.token))
    return Question(text.rstrip("?") + order[0] + ("?" if text.endswith("?") else ""), given(*key, operation, field.token, *things.where, "group", *key, *order[1]), "several")


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
        what = voice.say("[highest|largest|biggest|greatest] {t} {c}" if down else "[lowest|smallest] {t} {c}", t=voice.pick("[average|mean]" if operation == "avg" else "[total|combined|overall]"), c=voice.column(field))
        if things.phrased or voice.chance(0.4):
            what += f" of {p}"
        verb = "has" if verb not in ("has", "had") else verb
    else:
        what = voice.say("[most|most|most|largest number of|highest number of|greatest number of]" if down else "[fewest|least|smallest number of|lowest number of]") + f" {p}"
    if many:
        text = voice.say(
            "[Which {x} {gs} {v} the {w}?|[list|show|what are|give me|find] the {x} {gs} with the {w}|[top|the top|show the top|list the top] {x} {gs} by {by}|[What are|Show me] the [top |]{x} {gs} with the {w}]" if down
            else "[Which {x} {gs} {v} the {w}?|[list|show|what are|give me] the {x} {gs} with the {w}]",
            x=x, gs=plural(one), v=verb.replace("has written", "have written").replace("has", "have"), w=what, by=what.split(" ", 1)[1] if measured[0] != "count" else f"number of {p}",
        )  # fmt: skip
        hope: Hope = "several"
    else:
        start = "Who" if person and voice.chance(0.45) else f"{voice.pick('[Which|Which|What]')} {one}"
        text = voice.say("[{s} {v} the {w}?|{s} {v} the {w}?|[show|find|give me|name|tell me] the {g} with the {w}|{g} with [the |]{w}|What is the {g} with the {w}?|In which {g} are there the {w}?|{s} has the {w}?]" if not person else "[{s} {v} the {w}?|{s} {v} the {w}?|[show|find|give me|tell me|name] the {g} with the {w}|{g} with the {w}|{s} has the {w}?|What is the name of the {g} [with|who {v}] the {w}?]", s=start, v=verb, w=what, g=one)
        hope = "one"
        if measured[0] == "count" and not things.phrased and key[0] not in ("year", "month") and voice.chance(0.12) and down:
            text = voice.say("[What is the most [common|frequent] {g} [of|among|for] [the |]{p}?|[Which|What] {g} is [the most common|most common|the most frequent] among [the |]{p}?|most [common|frequent] {g} of {p}|[Which|What] {g} occurs most often [among|for|in] [the |]{p}?]", g=one, p=p)
    shown: tuple[Part, ...] = key
    if voice.chance(0.1):
        shown = (*key, *measured)
        text = text.rstrip("?") + voice.pick("[, and how many|, and how many is it|, with the number]" if measured[0] == "count" else "[, and how much is it|, and what is it]") + ("?" if text.endswith("?") else "")
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
        spoken = voice.say("[above|over|greater than|of more than|higher than|exceeding]" if operation == "gt" else "[below|under|less than|lower than]")
        t = voice.pick("[average|mean]" if how == "avg" else "[total|combined|overall]")
        text = voice.say("[Which {gs} have [a|an] {t} {c} {s} {x}?|[list|show|find|show me|give me] [all |the |]{gs} [with|{w} have] a {t} {c} {s} {x}|{gs} with [a |]{t} {c} {s} {x}|[list|show|find] [all |the |]{gs} whose {t} {c} is {s} {x}]", gs=many, t=t, c=voice.column(field), s=spoken, x=x, w=pronoun).replace(" is of more", " is more")
        return Question(text, given(*key, "group", *key, "having", operation, how, field.token, later), "some", given(*key, "group", *key))
    x, later = ask.draft.number(ask.rng.choices((1, 2, 3, 4, 5, 6, 8, 10, 15, 20), (5, 5, 4, 3, 4, 2, 1, 3, 1, 1))[0])
    spoken = {"gt": "[more than|over]", "ge": "[at least|no fewer than]", "lt": "[fewer than|less than]", "eq": "[exactly|just]", "le": "[at most|no more than]"}[operation]
    p = voice.entity(entity, True)
    text = voice.say(
        f"[Which {{gs}} have {spoken} {{x}} {{p}}?|[list|show|find|show me|give me|name] [all |the |]{{gs}} [with|{{w}} have|having] {spoken} {{x}} {{p}}|{{gs}} with {spoken} {{x}} {{p}}|What are the {{gs}} with {spoken} {{x}} {{p}}?|[Which|What] {{gs}} [appear|occur] {spoken} {{x}} times [among|for] [the |]{{p}}?]",
        gs=many, x=x, p=p, w=pronoun,
    )  # fmt: skip
    return Question(text, given(*key, "group", *key, "having", operation, "count", entity.token, later), "some", given(*key, "group", *key))


# --- Several tables -----------------------------------------------------------------------------------------------


def spending(ask: Asking) -> Question:
    """A product of two columns summed: quantity times price."""
    voice = ask.voice
    found = []
    for name, entity in ask.study.entities.items():
        near = {name} | {k.other_table for k in ask.study.parents if k.table == name}
        quantities = [f for f in entity.fields if f.role == "measure" and f.type == "number" and f.words[-1] in ("quantity", "units", "pieces", "nights", "tickets", "packets")]
        prices = [f for t in near for f in ask.study.entities[t].fields if f.role == "measure" and f.type == "number" and any(w in ("price", "cost", "rate", "fare") for w in f.words) and "interest" not in f.words]
        found += [(entity, q, p) for q in quantities for p in prices if q is not p]
    if not found:
        raise NothingToSay
    entity, quantity, price = ask.rng.choice(found)
    term: tuple[Part, ...] = ("sum", "mul", quantity.token, price.token)
    p = voice.entity(entity, True)
    roll = ask.rng.random()
    if roll < 0.3:
        text = voice.say("[What is|What's|What was|Calculate|Show|Give me] the [total|overall|combined] [revenue|turnover|value|sales value|amount|income] [of|from] [all |the |]{p}?|How much [money|revenue] did we make [with|from] {p}[ in total|]?" if voice.chance(0.1) else "[What is|What's|What was] [our|the] [total|overall|combined|] [revenue|turnover|sales|sales value|income] [of|from] [all |the |]{p}?", p=p)
        return Question(text, given(*term), "number")
    if roll < 0.65:
        reach = [k for k in ask.study.parents if k.table == entity.name] + [k for k in ask.study.parents if k.table in {j.other_table for j in ask.study.parents if j.table == entity.name}]
        owners = [k for k in reach if ask.study.entities[k.other_table].naming]
        if not owners:
            raise NothingToSay
        other = ask.study.entities[ask.rng.choice(owners).other_table]
        if voice.chance(0.6):
            said, condition = ask.conditions.named(other)
            text = voice.say("[How much [did|has] {n} [spend|spent] [in total|altogether|so far|]?|How much money has {n} spent?|[What is the|] total spending of {n}|[What is the|] total spent by {n}|What did {n} spend [in total|altogether]?|How much [revenue|turnover] did {n} bring [in|us]?]" if other.person else "[How much [revenue|turnover|money|sales] did {n} [make|generate|bring in]?|[What is|What was] the [total|] [revenue|turnover|sales] [of|for|from] {n}?|[revenue|turnover|total sales|sales] {n}|How much did we [sell|make] [with|of|from] {n} in total?]", n=said)
            return Question(text, given(*term, "where", *condition), "number", given(*term))
        one = voice.entity(other, False)
        text = voice.say(f"[[What is|Show|Give me|calculate] the [total|] [revenue|turnover|sales value|value|spending] {_EACH}|[revenue|turnover|sales|total spending] {_EACH}|How much [revenue|turnover] [per {{g}}|for each {{g}}|does each {{g}} bring in]?]", g=one)
        key = ask.shown(other)
        if voice.chance(0.35):
            text = voice.say("[Which {g} [brought in|generated|has] the [most|highest] [revenue|turnover|sales]?|{g} with the [highest|most] [revenue|turnover]]" if not other.person else "[Who|Which {g}] [spent the most|spent the most money|has the highest spending|brought in the most revenue]?", g=one)
            return Question(text, given(*key, "group", *key, "order", "desc", *term, "limit", "1"), "one")
        return Question(text, given(*key, *term, "group", *key), "several")
    things = ask.things(entity, least=1, most=1, depth=2)
    if things.multiplies:
        raise NothingToSay
    text = voice.say("[What is|What's|What was|Give me|Show] the [total|overall|] [revenue|turnover|value|sales value] [of|from|for] {p}?|[revenue|turnover|total value] of {p}" if voice.chance(0.2) else "[What is|What was|Calculate|Tell me] the [total|overall|] [revenue|turnover|value|worth] [of|from] [all |the |]{p}", p=things.said(voice))
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
        gap = voice.pick(f"[{w} never ordered anything|{w} have never ordered|{w} have not ordered anything yet|{w} haven't bought anything|{w} have never bought anything]")
    else:
        gap = voice.say("[without [any|a single|] {cs}|without a {c}|with no {cs}|{w} have no {cs}|{w} have never had a {c}|{w} do not have any {cs}|{w} don't have a {c}|{w} never had any {cs}|not [linked|assigned] to any {c}]" if verb in ("has", "had", "contains", "employs", "stores", "carried") else "[{w} never {v} [a|any|a single] {c}|{w} have never {v} a {c}|without [any|a single|] {cs}|with no {cs}|{w} have no {cs}|{w} have not {v} any {cs}|{w} haven't {v} any {cs}]", w=w, cs=nouns, c=noun, v=verb)
    phrase = f"{p} {gap}"
    if voice.chance(0.35):
        text = voice.say("[How many {p} [are there|do we have|]?|[count|number of] [the |]{p}|What is the number of {p}?]", p=phrase)
        return Question(text, given("count", entity.token, *where), "number")
    text = voice.say(f"[{_SHOW} [all |the |]{{p}}|Which {{p}}?|{{p}}|Are there any {{p}}?|[names of|list the names of] [the |all |]{{p}}|Which {{x}}?]", p=phrase, x=f"{p} {gap.removeprefix(w + ' ')}" if gap.startswith(w) else f"{p} are {gap}")
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
            "intersect": "[Which {n} {h} both {a} and {b}?|[list|show|find] [all |the |]{n} {w} {h} {a} and also {b}|{n} with both {a} and {b}|[list|show] [the |all |]{n} with {a} as well as {b}]",
            "except": "[Which {n} {h} {a} but [no|not] {b}?|[list|show|find] [all |the |]{n} {w} {h} {a} but [no|not] {b}|{n} with {a} but without {b}|[list|show] [the |all |]{n} with {a} except those with {b}]",
            "union": "[Which {n} {h} {a} or {b}?|[list|show|find] [all |the |]{n} {w} {h} [either |]{a} or {b}|{n} with {a} or {b}]",
        }[operation],
        n=nouns, h=have, a=one, b=two, w=w,
    )  # fmt: skip
    arms = tuple(part for phrased in (first, second) for part in ("select", *shown, *( "join", child.token), "where", *phrased.condition, "end"))  # fmt: skip
    return Question(text, ("query", operation, *arms, "give", "r1"), "some")


# --- More than one step -------------------------------------------------------------------------------------------


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
        described = forms(f"are {rest}" if phrased.before or not rest.startswith(("with", "@", "whose", "that", "where", "who", "having")) else rest.removeprefix("@ ").replace("with ", "have ", 1) if rest.startswith(("with ", "@")) else "", True).replace("@ ", "")
        if described and "whose" not in described and voice.chance(0.65):
            text = voice.say("[What [percentage|share|percent|proportion] of [the |our |all |]{n} {d}?|[percentage|share] of {n} that {d}|What is the [percentage|share] of {n} that {d}?|How many percent of [the |our |]{n} {d}?]", n=nouns, d=described)
        else:
            text = voice.say("[What [percentage|share|percent] of [the |our |]{n} are {p}?|[percentage|share|percent] of {p}|[What is|Calculate] the [percentage|share|proportion] of {p} [among|out of] all {n}?]", n=nouns, p=p)
    else:
        field = ask.measure(entity)
        if not summable(field):
            raise NothingToSay
        what = ("sum", field.token)
        p = things.said(voice, noun=nouns)
        text = voice.say("[What [percentage|share|part] of the total {c} [comes from|is from|is due to|do|is made up by] {p}[ make up|]?|[What is|Calculate] the share of {p} in the total {c}|share of {p} in [the |]total {c}|How many percent of the total {c} [comes|come] from {p}?]", c=voice.column(field), p=p).replace("do " + p + "?", "do " + p + " make up?").replace("from " + p + " make up", "from " + p)
    return Question(text, (*query(*what, *things.where), *query(*what), "calc", "share", "r1", "r2", "give", "r3"), "number")


def difference(ask: Asking) -> Question:
    """How far apart two groups are, or what changed from one to the other."""
    voice = ask.voice
    entity = ask.entity()
    fields = [f for f in entity.having("category", "place") if f.type == "text" and 2 <= len(f.values) <= 40 and all(2 < len(str(v)) < 25 for v in f.values)]
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
            text = voice.say("[By how many percent did the {q} of {n} [change|grow|rise|go up|increase] from {a} to {b}?|[What is|What was] the [percentage change|change in percent|growth in percent] [in|of] the {q} of {n} [from {a} to {b}|between {a} and {b}]?|[percent|percentage] change of the {q} of {n} from {a} to {b}|How much did the {q} of {n} [change|grow] in percent between {a} and {b}?]", q=quantity, n=nouns, a=a, b=b)
            last: tuple[Part, ...] = ("calc", "change", "r1", "r2")
        else:
            text = voice.say("[How many more {n} were there in {b} than in {a}?|What is the difference [in|between] the {q} of {n} [between|in] {b} and {a}?]" if what[0] == "count" else "[What is the difference in {q} of {n} between {b} and {a}?|How much higher was the {q} of {n} in {b} than in {a}?|How much did the {q} of {n} go up between {a} and {b}?]", q=quantity, n=nouns, a=a, b=b)
            last = ("calc", "sub", "r2", "r1")
    else:
        field = ask.rng.choice(fields)
        one, two = ask.rng.sample(field.values, 2)
        (a, value_a), (b, value_b) = ask.draft.value(field, one), ask.draft.value(field, two)
        conditions = [("eq", field.token, value_a), ("eq", field.token, value_b)]
        c = voice.column(field)
        text = voice.say(
            "[How many more {a} {n} than {b} {n} are there?|How many more {n} [are|do we have] [with {c} {a}|in {a}] than [with {c} {b}|in {b}]?|[What is|What's] the difference between the number of {a} [{n} |]and {b} {n}?]" if what[0] == "count"
            else "[How much higher is the {q} of {a} {n} than [that of |the one of |]{b} {n}?|[What is|What's|calculate] the difference [between|in] the {q} of {a} [{n} |]and {b} {n}?|difference in {q} between {a} and {b} {n}|How much more is the {q} of {n} with {c} {a} than of those with {c} {b}?]",
            a=a, b=b, n=nouns, c=c, q=quantity,
        )  # fmt: skip
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
        subject = voice.say("the {t} {c} of {p}", t=voice.pick(_TOTALS[operation]), c=c, p=things.said(voice))
    roll = ask.rng.random()
    if roll < 0.45:
        percent = ask.rng.choice((5, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 80, 2.5, 7.5))
        x, later = ask.draft.number(percent)
        ask.draft.slots[-1].surface = ask.rng.choice((f"{percent}%", f"{percent} %", f"{percent} percent", f"{percent} per cent"))
        text = voice.say("[[What is|What's|How much is|Calculate|Work out] {x} of {s}?|{x} of {s}|[Tell me|Give me] {x} of {s}]", x=x, s=subject)
        return Question(text, (*first, "calc", "percent", later, "r1", "give", "r2"), "number")
    if roll < 0.75:
        number = ask.rng.choice((2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 40, 50, 100))
        x, later = ask.draft.number(number)
        if named:
            text = voice.say("[What [do|would] {x} times {s} [come to|make|be]?|What is {x} times {s}?|How much is {s} times {x}?|multiply {s} by {x}|{x} x {s}|How much [are|do|would] {x} [units of|of] {n} cost?]" if any(w in ("price", "cost", "fee", "fare") for w in field.words) else "[What is {x} times {s}?|How much is {s} times {x}?|multiply {s} by {x}]", x=x, s=subject, n=said)
        else:
            text = voice.say("[What is {x} times {s}?|How much is {s} times {x}?|multiply {s} by {x}]", x=x, s=subject)
        return Question(text, (*first, "calc", "mul", "r1", later, "give", "r2"), "number")
    if roll < 0.9:
        number = ask.rng.choice((2, 3, 4, 5, 6, 10, 12, 20))
        x, later = ask.draft.number(number)
        text = voice.say("[What is {s} divided by {x}?|divide {s} by {x}|If we split {s} [by|among|between] {x}, how much is each [part|share]?]", x=x, s=subject)
        return Question(text, (*first, "calc", "div", "r1", later, "give", "r2"), "number")
    number = ask.conditions.threshold(field)
    x, later = ask.draft.number(number)
    text = voice.say("[How much [more|higher] than {x} is {s}?|By how much does {s} exceed {x}?|What is {s} minus {x}?|What is the difference between {s} and {x}?]", x=x, s=subject)
    return Question(text, (*first, "calc", "sub", "r1", later, "give", "r2"), "number")


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
            tail = voice.say("[ sorted by {c}| ordered by {c}| by {c}|, in order of {c}]" if not down else "[ in reverse order of {c}| sorted by {c} descending| by {c} in descending order| by {c}, from z to a]" if by.type == "text" else "[ sorted by {c}, [descending|highest first|latest first|from high to low]| by {c} in descending order| from [highest|largest] to [lowest|smallest] {c}]", c=voice.column(by))
        text = voice.say(f"[{_SHOW} [all|all the|the|our] {{p}}{{t}}|{_SHOW} the names of all {{p}}{{t}}|Which {{p}} [do we have|are there]{{t}}?|all {{p}}{{t}}]", p=p, t=tail)
        return Question(text, given(*ask.shown(entity), *order), "several")
    if not fields:
        raise NothingToSay
    if voice.chance(0.4):
        text = voice.say(f"[{_SHOW} [all [details|information|data] [of|on|about]|everything about] [all |the |]{{p}}|[show|give me] the [whole|entire|full] [table of {{p}}|{{p}} table|list of {{p}}]]", p=p)
        return Question(text, given(entity.token), "several")
    chosen = ask.rng.sample(fields, min(len(fields), ask.rng.choice((1, 2, 2, 3))))
    text = voice.say(f"[{_SHOW} the {{c}} of [all|all the|every one of the|the] {{p}}|[What are|list] the {{c}} of [all|the] {{p}}|{{c}} of all {{p}}]", c=columns_said(voice, chosen, voice.chance(0.6)), p=p)
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
        "[show|list|give me|display|find] [[each|every] {n}'s {c} and {o}|the {c} of [each|every] {n} [and|with|together with|along with] [the name of |]its {o}|the {c} and {o} of [all |the |]{p}]|{c} and {o} of {p}|What are the {c} and {o} of {p}?",
        n=Things(entity, things.phrased).said(voice, False), c=said, o=voice.entity(other, False), p=things.said(voice),
    )  # fmt: skip
    return Question(text, given(*(f.token for f in own), *ask.shown(other), *things.where), "some")


_DID: dict[str, tuple[str, ...]] = {
    "order": ("place", "make"), "purchase": ("make",), "booking": ("make",), "reservation": ("make",), "rental": ("make",), "payment": ("make",), "donation": ("make", "give"),
    "review": ("write", "leave"), "book": ("write", "publish"), "film": ("direct", "make"), "movie": ("direct", "make"), "song": ("record",), "album": ("release", "record"),
    "article": ("write",), "paper": ("write", "publish"), "ticket": ("open", "raise"), "claim": ("file", "make"), "trip": ("make", "take"), "visit": ("make",), "painting": ("paint",),
    "artwork": ("make", "create"), "loan": ("take out",), "lesson": ("give",), "product": ("make", "supply"), "course": ("teach", "give"), "repair": ("do",), "shipment": ("send",),
}  # fmt: skip
_OFTEN: dict[str, tuple[str, str]] = {
    "order": ("order", "ordered"), "purchase": ("buy something", "bought something"), "booking": ("book", "booked"), "reservation": ("book", "booked"), "rental": ("rent something", "rented something"),
    "payment": ("pay", "paid"), "donation": ("donate", "donated"), "visit": ("visit us", "visited us"), "loan": ("borrow something", "borrowed something"), "claim": ("file a claim", "filed a claim"),
    "appointment": ("have an appointment", "had an appointment"), "trip": ("travel", "travelled"), "absence": ("miss work", "missed work"), "match": ("play", "played"), "concert": ("play", "played"),
    "repair": ("get repaired", "been repaired"), "inspection": ("get inspected", "been inspected"), "outage": ("go down", "gone down"),
}  # fmt: skip


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
    options = ["How many {p} does {n} have?", "[number of|count of] {p} [of|for] {n}", "How many {p} [are there|do we have] [for|from|of] {n}?", "How many {p} has {n} [got|had]?", "{n}: how many {p}?", "How many {p} [are linked to|belong to] {n}?", "[count|count up] {n}'s {p}", "How many of the {p} are {n}'s?"]
    if active and word in _DID:
        did = ask.rng.choice(_DID[word])
        options += [f"How many {{p}} did {{n}} {did}?"] * 6
    if active and word in _OFTEN and not things.phrased:
        base, done = _OFTEN[word]
        options += [f"How often [did|does] {{n}} {base}?", f"How often has {{n}} {done}?", f"How many times did {{n}} {base}?", f"How many times has {{n}} {done}?"] * 3
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
        options = ["When was {n}'s {x} {c}?", "When was the {x} {c} [of|for|from] {n}?", "What is the date of {n}'s {x} {c}?", "date of the {x} {c} of {n}", "{n} {x} {c} date", "When did {n} have [its|their|the] {x} {c}?"]
        if len(dates) > 1:
            options = ["What is the {x} {d} of {n}'s {cs}?", "What was the {x} {d} among the {cs} of {n}?", "{x} {d} of {n}'s {cs}"]
        elif other.words[-1] in CUSTOMERS and other.person and child.words[-1] in _OFTEN:
            options += [f"When did {{n}} {'last' if last else 'first'} {_OFTEN[child.words[-1]][0]}?"] * 4 + [f"When was the {'last' if last else 'first'} time {{n}} {_OFTEN[child.words[-1]][1]}?"] * 2
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
        text = voice.say("When was the {x} {p} {v}?|[What is|What was] the date on which the {x} {p} was {v}?" if verb not in ("joined", "started", "ended", "died", "opened", "closed", "expired", "finished") else "When [has|] the {x} {p} {v}?|What is the {x} [date|day] on which a {p} {v}?", x=voice.pick("[last|latest|most recent]" if last else "[first|earliest]"), p=things.said(voice, False), v=verb)
    else:
        text = voice.say("What is the {x} {d} of [all |the |]{p}?|{x} {d} [of|among] {p}|[find|show|give me] the {x} {d} [for|of|among] {p}", x=extreme, d=voice.column(field), p=things.said(voice))
    return Question(text, given(operation, field.token, *things.where), "one")


_PAID: dict[str, str] = {
    "order": "How much did {n} spend|How much has {n} spent|How much money did {n} spend|What did {n} spend", "purchase": "How much did {n} spend|How much has {n} spent", "donation": "How much did {n} donate|How much has {n} given|How much money did {n} give",
    "payment": "How much did {n} pay|How much has {n} paid", "expense": "How much did {n} spend|How much did {n} claim", "loan": "How much did {n} borrow|How much money has {n} borrowed", "booking": "How much did {n} spend|How much did {n} pay",
    "invoice": "How much did {n} have to pay|How much was {n} billed", "bill": "How much did {n} have to pay|How much was {n} billed", "reservation": "How much did {n} pay", "claim": "How much did {n} claim", "transaction": "How much money did {n} move",
    "ticket": "How much did {n} spend on tickets|How much did {n} pay for tickets", "rental": "How much did {n} pay|How much did {n} spend", "sale": "How much did {n} sell|How much revenue did {n} make", "fine": "How much did {n} have to pay",
}  # fmt: skip


def paid_in_all(ask: Asking) -> Question:
    """What a named one spent, gave or sold in all, where the rows hold an amount."""
    voice = ask.voice
    child, other, _ = _owner(ask)
    measures = [f for f in child.having("measure") if f.type == "number" and summable(f) and any(w in MONEY for w in f.words)]
    hours = [f for f in child.having("measure") if f.type == "number" and f.words[-1] in ("hours", "minutes", "days", "quantity", "units", "nights", "points", "participants", "attendance")]
    if not measures and not hours:
        raise NothingToSay
    field = ask.rng.choice(measures or hours)
    said, condition = ask.conditions.named(other)
    when: tuple[Part, ...] = ()
    spoken = ""
    if child.having("date") and voice.chance(0.35):
        date = ask.conditions.date(child, ask.rng.choice(child.having("date")))
        when, spoken = date.condition, f" {date.after}".replace("@ ", "") if date.after.startswith(("in ", "on ", "since", "before", "after", "between", "from", "during", "until")) else ""
        if not spoken:
            raise NothingToSay
    word = child.words[-1]
    if measures and word in _PAID and len(measures) == 1 and other.person and (other.words[-1] in CUSTOMERS or word == "sale"):
        text = voice.say(_PAID[word], n=said) + spoken + voice.pick("[ in total| altogether| in all|| so far|]" if not spoken else "[ in total| altogether||]") + "?"
    else:
        c, p = voice.column(field), voice.entity(child, True)
        text = voice.say("[What is|What's|Give me|Calculate] the [total|combined|overall] {c} of {n}'s {p}{s}[?|]|[total|combined|sum of the] {c} of {p} [of|from|for] {n}{s}|{n} total {c}{s}|What do {n}'s {p}{s} come to in total {c}?", c=c, n=said, p=p, s=spoken)
        if field.counting:
            text = voice.say("How many {c} [did|does] {n} have in total{s}?|[total|sum of] {c} of {n}{s}|How many {c} has {n} [got|had] altogether{s}?", c=voice.columns(field).removeprefix("number of "), n=said, s=spoken)
    where = ("and", *condition, *when) if when else condition
    return Question(text, given("sum", field.token, "where", *where), "number", given("sum", field.token))


def best_selling(ask: Asking) -> Question:
    """What sells or is used most, by a quantity in the rows that point at it."""
    voice = ask.voice
    child, other, _ = _owner(ask)
    quantities = [f for f in child.having("measure") if f.type == "number" and f.words[-1] in ("quantity", "units", "tickets", "pieces", "sold", "plays")]
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
        text = voice.say("[What are|Show|List|Give me] [our|the] {x} [best-selling|best selling|most sold|most popular] {p}|top {x} [best-selling |best selling |]{p} by [quantity|units sold|amount sold]|Which {x} {p} [sell|sold] best?" if down else "[What are|Show|List] [our|the] {x} [worst-selling|least sold|least popular] {p}", x=x, p=things.said(voice))
    else:
        text = voice.say("[What is|What's|Which is|Show me] [our|the] [best-selling|best selling|most sold|most popular|top-selling] {p}?|[Which|What] {p} [sells best|sold best|was sold the most|sold the most|do we sell most of|did we sell the most of|sells the most]?|best[-| ]selling {p}|[Which|What] {p} has the [highest|largest] total {q}?" if down else "[What is|Which is] [our|the] [worst-selling|least sold|least popular] {p}?|[Which|What] {p} [sells worst|sold the least|was sold the least]?", p=things.said(voice, False), q=voice.column(field))
    key = ask.shown(other)
    condition = things.where
    return Question(text, given(*key, *condition, "group", *key, "order", "desc" if down else "asc", "sum", field.token, "limit", *count), "some")


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
    text = voice.say("How many days [were there|passed|are there|lie] between the {a} and the {b} of {n}?|[How many days|How long] was it from the {a} to the {b} [of|for] {n}?|days between {a} and {b} of {n}|For {n}, how many days are between {a} and {b}?|How many days after the {a} was the {b} of {n}?", a=a, b=b, n=said)
    return Question(text, (*query(first.token, "where", *condition), *query(last.token, "where", *condition), "calc", "days_between", "r1", "r2", "give", "r3"), "number")


FAMILIES: dict[Callable[[Asking], Question], float] = {
    look_up: 10, look_up_parent: 6, look_up_number: 3.5, list_rows: 12, list_column: 7, different: 6, count_rows: 11, aggregate: 10,
    several_aggregates: 1, superlative: 9, above_average: 1.5, group_count: 5, group_aggregate: 8, most_frequent: 5, having: 6, spending: 16,
    never: 2, both: 2, share: 2.2, difference: 4, part_of: 2.2, every_row: 2, parent_list: 1.6, how_often: 5, last_time: 5, paid_in_all: 12,
    best_selling: 16, days_taken: 2,
}  # fmt: skip
"""How often each is drawn. Some fit few databases and are drawn more often than they are asked."""
