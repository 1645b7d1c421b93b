"""Practice on what a document and a database say together: the document names a row, the question says only what it says of that row."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from models.examples import Example
from retrieval.schema import relevant_schema
from service.practice.asking import Asking
from service.practice.checking import all_shown, run, shuffled
from service.practice.documents import among, paragraph, tried
from service.practice.phrasing import Part
from service.practice.study import Study
from tools.evidence import Evidence, Span

DISTINCTIONS = (  # (what is said of {n}, one of the {o}s), (what a question calls it)
    ("{n} was chosen for the pilot.|The pilot runs with {n}.|We try it out with {n} first.", "chosen for the pilot|in the pilot"),
    ("{n} is our {o} of the month.|{o} of the month: {n}.", "of the month|that got this month's title"),
    ("{n} was named in the complaint.|The complaint was about {n}.", "that the complaint was about|from the complaint"),
    ("The auditors looked at {n}.|For the audit, {n} was drawn.", "drawn for the audit|that the auditors looked at"),
    ("The newspaper wrote about {n} in spring.|{n} was in the press in spring.", "in the newspaper|that the press wrote about"),
    ("If in doubt, start with {n}.|When unsure, turn to {n} first.", "to turn to first|to begin with when in doubt"),
    ("{n} is insured separately.|A policy of its own covers {n}.", "with a policy of its own|that is insured apart from the others"),
    ("The sponsor pays for {n}.|{n} is paid for by the sponsor.", "that the sponsor pays for|on the sponsor's bill"),
    ("{n} takes part in the trial until autumn.|Until autumn, the trial is with {n}.", "in the trial|that is on trial"),
    ("{n} won the award last year.|Last year's award went to {n}.", "that won the award|with last year's award"),
    ("Visitors are shown {n} first.|Every tour begins with {n}.", "that every tour begins with|shown to visitors first"),
    ("{n} is exempt from the new rule.|The new rule does not hold for {n}.", "exempt from the new rule|outside the new rule"),
    ("For the handover, {n} is the example.|The training uses {n} as its example.", "used in the training|that serves as the example"),
    ("The mayor will meet {n} on Friday.|On Friday {n} is presented to the mayor.", "that the mayor meets|presented to the mayor"),
)


def named_rows(studies: Sequence[Study], n: int, seed: int) -> Iterator[Example]:
    """Up to `n` queries that compare with words of a passage: "the price of the boat chosen for the pilot"."""
    return tried(studies, n, random.Random(f"{seed}/named rows"), _named_row)


def _named_row(ask: Asking, rng: random.Random) -> Example | None:
    voice, study = ask.voice, ask.study
    entity = ask.entity(lambda e: len(e.naming) == 1)
    (naming,) = entity.naming
    name, noun = str(rng.choice(naming.values)), voice.entity(entity, False)
    says, calls = rng.choice(DISTINCTIONS)
    sentence = rng.choice(says.split("|")).format(n=name, o=noun)
    passage, start = paragraph(sentence[:1].upper() + sentence[1:], rng, "notes")
    at = passage.text.find(name, start)
    if at < 0 or len(name) < 3:
        return None
    call, keys = rng.choice(calls.split("|")), [k for k in study.parents if k.other_table == entity.name]
    if keys and rng.random() < 0.4:
        key = rng.choice(keys)
        other = study.entities[key.table]
        text = voice.say("[How many {m} [are there|do we have] for the {o} {d}?|[number of|count] {m} of the {o} {d}]",
                         m=voice.entity(other, True), o=noun, d=call)  # fmt: skip
        shown: tuple[Part, ...] = ("count", other.token)
    else:
        fields = [f for f in entity.fields if f.role not in ("id", "text") and f.values and f is not naming]
        field = rng.choice(fields)
        text = voice.say("[[What is|What's|Tell me|Give me] the {c} of the {o} {d}?|{c} of the {o} {d}|the {o} {d}: {c}]",
                         c=voice.column(field), o=noun, d=call)  # fmt: skip
        shown = (field.token,)
    schema = shuffled(relevant_schema(text, study.schema, study.index), rng)
    blocks, block = among(passage, rng, schema)
    span = Span(block, at, at + len(name))
    finished = ask.draft.finish(text, ("query", "select", *shown, "where", "eq", naming.token, span, "end", "give", "r1"))
    if finished is None or not all_shown(finished[2], schema):
        return None
    result = run(finished[2], study.connection, study.schema, blocks)
    if not isinstance(result, list) or not result or result[0][0] in (None, 0):
        return None
    return Example(Evidence(finished[0], blocks, finished[1]), finished[2], "practice", study.schema.database)
